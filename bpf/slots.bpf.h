/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Histograms of the probes whose observations belong to an owner only: one row per slot and CPU. */
#ifndef SLO_BPF_SLOTS_H
#define SLO_BPF_SLOTS_H

#include "common.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLO_BPF_SLOTS); /* user space lowers it to what is watched */
	__type(key, __u32);
	__type(value, struct slo_bpf_hist);
} slots SEC(".maps");

/* Count @value for @slot. Return: whether it is over the probe's threshold for exemplars. */
static __always_inline bool observe(const struct slo_bpf_config *c, __u32 probe, __u32 slot, __u64 value)
{
	struct slo_bpf_hist *h = bpf_map_lookup_elem(&slots, &slot);
	struct slo_bpf_counters *n = counters(probe);

	if (n)
		n->seen++;
	if (!h) {
		if (n)
			n->rows_over++;
		h = bpf_map_lookup_elem(&slots, &slo_zero);
	}
	if (h)
		hist_add(h, c->epoch, value);
	return probe < SLO_BPF__PROBES && value >= c->threshold[probe];
}

#endif
