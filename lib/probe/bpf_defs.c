/* SPDX-License-Identifier: MIT */
/* The probes there are, and the ladder of each. */
#include "probe/bpf_internal.h"

#define OBJECT(name)                                                                   \
	extern const unsigned char slo_bpf_obj_##name[] __attribute__((visibility("hidden"))), \
		slo_bpf_obj_##name##_end[] __attribute__((visibility("hidden")))

OBJECT(runqueue);

const struct bpf_def slo_bpf_defs[] = {
	{
		.probe = SLO_BPF_RUNQUEUE,
		.object = slo_bpf_obj_runqueue,
		.object_end = slo_bpf_obj_runqueue_end,
		.starts = "tid_starts",
		.rungs = {
			{ "tp_btf", { "btf_wakeup", "btf_wakeup_new", "btf_switch" }, { "tid_starts" } },
			{ "raw_tp", { "raw_wakeup", "raw_wakeup_new", "raw_switch" }, { "task_starts" } },
		},
	},
};

const size_t slo_bpf_defs_count = SLO_ARRAY_LEN(slo_bpf_defs);
