/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * cfs_throttled_ms: how long a CPU of a cgroup stood still because the group's
 * quota was used up. One observation for each throttle of each CPU, when
 * it ends; their sum is what cpu.stat counts as throttled_usec.
 *
 * Taken where the kernel adds to its own count, from the same two stamps: when
 * unthrottle_cfs_rq() begins, throttled_clock says since when somebody has been
 * kept from running (0: nobody has); when it is over, the run queue's clock is
 * the present. What throttle_cfs_rq() was asked for does not matter then: it may find runtime left and
 * throttle nothing. Nor does unthrottle_cfs_rq() always end a throttle.
 *
 * A throttle counts for every watched service that has a process in the group with the quota or below
 * it. One under way is not seen before it ends.
 *
 * info: CPU, quota and period in us, groups' throttles so far
 * other: name of the cgroup's directory
 */
#include "slots.bpf.h"

struct rq {
	__u64 clock;
	int cpu;
} CORE;

struct cfs_bandwidth {
	__s64 period;
	__u64 quota;
	int nr_throttled;
} CORE;

struct task_group {
	struct cgroup_subsys_state css;
	struct cfs_bandwidth cfs_bandwidth;
} CORE;

struct cfs_rq {
	struct rq *rq;
	struct task_group *tg;
	__u64 throttled_clock;
	int throttled;
} CORE;

struct kernfs_node___name {
	const char *name;
} CORE;

/* The call under way on this CPU: it holds the queue's lock with interrupts off. */
struct call {
	const struct cfs_rq *queue; /* NULL = none, or nobody was kept waiting */
	__u64 since;                /* run queue clock */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

/* Cgroup id -> whom its quota holds back: bit i is slot i. A service is held back by those above its own as well. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} quotas SEC(".maps");

static __always_inline void emit(const struct slo_bpf_config *c, const struct cfs_rq *q, __u32 slot, __u64 cgroup,
				 __u64 value)
{
	struct slo_bpf_event *e = emit_begin(SLO_BPF_THROTTLE, slot, bpf_ktime_get_boot_ns());
	const struct kernfs_node *node;
	const char *name;

	if (!e) /* at once: what is known of it does not outlive a call on Linux 6.1 */
		return;
	node = BPF_CORE_READ(q, tg, css.cgroup, kn);
	name = BPF_CORE_READ((const struct kernfs_node___name *)node, name);
	e->value = value;
	e->cgroup_id = cgroup;
	e->info[0] = (__u32)BPF_CORE_READ(q, rq, cpu);
	e->info[1] = (__u32)(BPF_CORE_READ(q, tg, cfs_bandwidth.quota) / 1000);
	e->info[2] = (__u32)((__u64)BPF_CORE_READ(q, tg, cfs_bandwidth.period) / 1000);
	e->info[3] = (__u32)BPF_CORE_READ(q, tg, cfs_bandwidth.nr_throttled);
	bpf_probe_read_kernel_str(&e->other, sizeof(e->other), name);
	emit_end(c, e);
}

static __always_inline void count(const struct slo_bpf_config *c, const struct cfs_rq *q, __u32 slot, __u64 cgroup,
				  __u64 value)
{
	if (observe(c, SLO_BPF_THROTTLE, slot, value))
		emit(c, q, slot, cgroup, value);
}

static __always_inline int enter(const struct cfs_rq *q)
{
	struct call *call = bpf_map_lookup_elem(&calls, &slo_zero);

	if (!call)
		return 0;
	call->since = BPF_CORE_READ(q, throttled) ? BPF_CORE_READ(q, throttled_clock) : 0;
	call->queue = call->since ? q : NULL;
	return 0;
}

static __always_inline int leave(void)
{
	struct call *call = bpf_map_lookup_elem(&calls, &slo_zero);
	const struct slo_bpf_config *c = config();
	const struct cfs_rq *q = call ? call->queue : NULL;
	__u64 now, cgroup, *slots;

	if (!c || !q)
		return 0;
	call->queue = NULL;
	now = BPF_CORE_READ(q, rq, clock);
	if (BPF_CORE_READ(q, throttled) || now < call->since)
		return 0;
	cgroup = BPF_CORE_READ(q, tg, css.cgroup, kn, id);
	if (c->all) {
		count(c, q, 0, cgroup, now - call->since);
		return 0;
	}
	slots = bpf_map_lookup_elem(&quotas, &cgroup);
	for (__u32 i = 1; slots && i < SLO_BPF_SLOTS; i++)
		if (*slots & 1ULL << i)
			count(c, q, i, cgroup, now - call->since);
	return 0;
}

SEC("?fentry/unthrottle_cfs_rq")
int BPF_PROG(fentry_unthrottle, struct cfs_rq *q)
{
	return enter(q);
}

SEC("?fexit/unthrottle_cfs_rq")
int BPF_PROG(fexit_unthrottle, struct cfs_rq *q)
{
	return leave();
}

SEC("?kprobe/unthrottle_cfs_rq")
int BPF_KPROBE(kprobe_unthrottle, struct cfs_rq *q)
{
	return enter(q);
}

SEC("?kretprobe/unthrottle_cfs_rq")
int BPF_KRETPROBE(kretprobe_unthrottle)
{
	return leave();
}
