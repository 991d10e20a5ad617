/* SPDX-License-Identifier: MIT */
/* The probes there are, and the ladder of each. */
#include "probe/bpf_internal.h"

#define OBJECT(name)                                                                   \
	extern const unsigned char slo_bpf_obj_##name[] __attribute__((visibility("hidden"))), \
		slo_bpf_obj_##name##_end[] __attribute__((visibility("hidden")))

OBJECT(runqueue);
OBJECT(connect);
OBJECT(retransmit);
OBJECT(disk);
OBJECT(throttle);
OBJECT(reclaim);
OBJECT(syscall);
OBJECT(tls);
OBJECT(dns);

#define RECLAIM(hook)                                                                        \
	#hook "_direct_begin", #hook "_direct_end", #hook "_memcg_begin", #hook "_memcg_end", \
	"?" #hook "_node_begin", "?" #hook "_node_end", "?" #hook "_throttled"

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
	{
		.probe = SLO_BPF_CONNECT,
		.object = slo_bpf_obj_connect,
		.object_end = slo_bpf_obj_connect_end,
		.peers = true,
		.starts = "addr_starts",
		.rungs = {
			{ "tp_btf", { "btf_state", "btf_retransmit" }, { "addr_starts" } },
			{ "raw_tp", { "raw_state", "raw_retransmit" }, { "sk_starts" } },
			{ "fentry", { "fentry_state", "fentry_retransmit" }, { "addr_starts" } },
			{ "kprobe", { "kprobe_state", "kprobe_retransmit" }, { "sk_starts" } },
			{ "tp", { "tp_state", "tp_retransmit" }, { "sk_starts" } },
		},
	},
	{
		.probe = SLO_BPF_RETRANSMIT,
		.object = slo_bpf_obj_retransmit,
		.object_end = slo_bpf_obj_retransmit_end,
		.peers = true,
		.starts = "addr_records",
		.rungs = {
			{ "tp_btf", { "btf_state", "btf_retransmit", "btf_synack" }, { "addr_records", "calls" } },
			{ "raw_tp", { "raw_state", "raw_retransmit", "raw_synack" }, { "sk_records", "calls" } },
			{ "fentry", { "fentry_state", "fexit_retransmit", "fexit_inner", "fexit_synack" },
			  { "addr_records", "calls" } },
			{ "kprobe", { "kprobe_state", "kprobe_retransmit", "kretprobe_retransmit", "kprobe_inner",
				      "kretprobe_inner", "kprobe_synack", "kretprobe_synack" }, { "sk_records" } },
			{ "tp", { "tp_state", "tp_retransmit", "tp_synack" }, { "sk_records", "calls" } },
		},
	},
	{
		.probe = SLO_BPF_DISK,
		.object = slo_bpf_obj_disk,
		.object_end = slo_bpf_obj_disk_end,
		.everybody = true,
		.starts = "requests",
		.rungs = {
			{ "tp_btf", { "btf_bio_queue", "btf_bio_remap", "btf_bio_merge", "btf_bio_complete",
				      "btf_rq_insert", "btf_rq_issue", "btf_rq_requeue", "btf_rq_complete" }, { 0 } },
			{ "raw_tp", { "raw_bio_queue", "raw_bio_remap", "raw_bio_merge", "raw_bio_complete",
				      "raw_rq_insert", "raw_rq_issue", "raw_rq_requeue", "raw_rq_complete" }, { 0 } },
		},
	},
	{
		.probe = SLO_BPF_THROTTLE,
		.object = slo_bpf_obj_throttle,
		.object_end = slo_bpf_obj_throttle_end,
		.rungs = {
			{ "fentry", { "fentry_unthrottle", "fexit_unthrottle" }, { 0 } },
			{ "kprobe", { "kprobe_unthrottle", "kretprobe_unthrottle" }, { 0 } },
		},
	},
	{
		.probe = SLO_BPF_RECLAIM,
		.object = slo_bpf_obj_reclaim,
		.object_end = slo_bpf_obj_reclaim_end,
		.starts = "tid_starts",
		/* The sleep over memory.high has no tracepoint: the better rungs have a function hook for it beside them. */
		.rungs = {
			{ "fentry", { RECLAIM(btf), "?fentry_high", "?fexit_high", "?fentry_high_inner", "?fexit_high_inner" },
			  { "tid_starts" } },
			{ "kprobe", { RECLAIM(raw), "?kprobe_high", "?kretprobe_high", "?kprobe_high_inner",
				      "?kretprobe_high_inner" }, { "task_starts" } },
			{ "tp_btf", { RECLAIM(btf) }, { "tid_starts" } },
			{ "raw_tp", { RECLAIM(raw) }, { "task_starts" } },
		},
	},
	{
		.probe = SLO_BPF_SYSCALL,
		.object = slo_bpf_obj_syscall,
		.object_end = slo_bpf_obj_syscall_end,
		.waits = "waits",
		.starts = "tid_starts",
		.rungs = {
			{ "tp_btf", { "btf_enter", "btf_exit" }, { "tid_starts" } },
			{ "raw_tp", { "raw_enter", "raw_exit" }, { "task_starts" } },
		},
	},
	{
		.probe = SLO_BPF_TLS,
		.object = slo_bpf_obj_tls,
		.object_end = slo_bpf_obj_tls_end,
		.peers = true,
		.more = &bpf_tls,
		.starts = "conns",
		.rungs = {
			{ "uprobe", { "handshake_enter", "handshake_return", "io_enter", "io_return", "set_fd", "set_state",
				      "error_enter", "error_return", "drop", "?received" }, { 0 } },
		},
	},
	{
		.probe = SLO_BPF_DNS,
		.object = slo_bpf_obj_dns,
		.object_end = slo_bpf_obj_dns_end,
		.peers = true,
		.role = SLO_ROLE_RESOLVER,
		.starts = "dns_queries",
		.sweep = bpf_dns_sweep,
		.rungs = {
			{ "fentry", { "fentry_udp", "fexit_udp", "?fentry_udp6", "?fexit_udp6", "fentry_take",
				      "?fentry_error", "fentry_tcp", "fentry_read", "fexit_read" }, { 0 } },
			{ "tp_btf", { "btf_leave", "btf_arrive" }, { "dns_sending", "dns_reading", "dns_last" } },
			{ "kprobe", { "kprobe_udp", "kretprobe_udp", "?kprobe_udp6", "?kretprobe_udp6", "kprobe_take",
				      "?kprobe_error", "kprobe_tcp", "kprobe_read", "kretprobe_read" }, { 0 } },
			{ "cgroup_skb", { "cgroup_leave", "cgroup_arrive" }, { "dns_sending", "dns_reading", "dns_last" } },
		},
	},
};

const size_t slo_bpf_defs_count = SLO_ARRAY_LEN(slo_bpf_defs);
