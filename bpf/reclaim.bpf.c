/* SPDX-License-Identifier: MIT */
/*
 * mem_reclaim_latency_ms: how long a task was held up to give memory back before it could have more.
 *
 * Kinds: direct reclaim (the whole machine is short), memcg reclaim (its group's limit), node reclaim,
 * and the sleep of a group over memory.high, which under that limit is nearly the whole stall: the kernel
 * puts the task to sleep on its way back to user space. Reclaim inside that is part of it and not
 * counted a second time; slo_bpf_event.part has it apart. A sleep because reclaim makes no progress
 * (mm_vmscan_throttled) lies inside the reclaim that it delays. kswapd works for nobody in particular and is left out.
 *
 * The sum is what memory.pressure counts as stalled for one task, less swap-in and refaults.
 * Not seen: the wait before direct reclaim for kswapd's reserves (throttle_direct_reclaim), which no hook tells.
 *
 * info: enum reclaim_kind (reclaim.h), pages given back, enum slo_reclaim_throttle bits of sleeps inside
 */
#include "slots.bpf.h"

#include "reclaim.h"

enum { PF_KSWAPD = 0x00020000 };

struct task_struct___memcg {
	unsigned int memcg_nr_pages_over_high;
} CORE;

/* What holds the task up, the outermost kind first. */
struct start {
	__u64 ns;      /* 0 = not held up */
	__u64 inner;   /* since when, of the reclaim inside; 0 = none */
	__u64 part;    /* ns of reclaim inside so far */
	__u32 kind, slot;
	__u32 pages, throttled;
};

#include "task_starts.bpf.h" /* of struct start */

/* @storage is a constant in every call, see there. */

static __always_inline void remember(struct start *fresh, bool storage)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct start *s = start_of_current(storage);

	if (s) {
		*s = *fresh;
		return;
	}
	if (storage ? !bpf_task_storage_get(&task_starts, bpf_get_current_task_btf(), fresh,
					    BPF_LOCAL_STORAGE_GET_F_CREATE) :
		      bpf_map_update_elem(&tid_starts, &tid, fresh, BPF_ANY) != 0)
		COUNT(RECLAIM, insert_failed);
	else
		COUNT(RECLAIM, inserted);
}

static __always_inline int begin(__u32 kind, bool storage)
{
	const struct task_struct *p = (const struct task_struct *)bpf_get_current_task();
	const struct slo_bpf_config *c = config();
	struct start fresh = { .kind = kind }, *s = start_of_current(storage);

	if (!c)
		return 0;
	if (kind == SLO_RECLAIM_DIRECT)
		COUNT(RECLAIM, looked);
	if (s && s->ns) {
		s->inner = bpf_ktime_get_boot_ns();
		return 0;
	}
	fresh.slot = slot_of_task(c, p);
	if (fresh.slot == SLO_BPF_NOBODY)
		return 0;
	fresh.ns = bpf_ktime_get_boot_ns();
	remember(&fresh, storage);
	return 0;
}

static __always_inline void emit(const struct slo_bpf_config *c, const struct start *s, __u64 now)
{
	struct slo_bpf_event *e = emit_begin(SLO_BPF_RECLAIM, s->slot, now);

	if (!e)
		return;
	e->value = now - s->ns;
	e->part = s->part;
	e->info[0] = s->kind;
	e->info[1] = s->pages;
	e->info[2] = s->throttled;
	emit_task(c, e, (const struct task_struct *)bpf_get_current_task());
	emit_end(c, e);
}

static __always_inline void finish(const struct slo_bpf_config *c, struct start *s, bool storage)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_boot_ns();

	if (s->ns >= c->since[SLO_BPF_RECLAIM] && now >= s->ns &&
	    observe(c, SLO_BPF_RECLAIM, s->slot, now - s->ns))
		emit(c, s, now);
	s->ns = 0;
	if (!storage && bpf_map_delete_elem(&tid_starts, &tid) == 0)
		COUNT(RECLAIM, removed);
}

static __always_inline int end(__u32 kind, __u32 pages, bool storage)
{
	const struct slo_bpf_config *c = config();
	struct start *s = start_of_current(storage);

	if (!c || !s || !s->ns)
		return 0;
	s->pages += pages;
	if (s->kind == kind && !s->inner) {
		finish(c, s, storage);
	} else if (s->inner) {
		s->part += bpf_ktime_get_boot_ns() - s->inner;
		s->inner = 0;
	}
	return 0;
}

/* A sleep that is over when it is told; alone it is a stall of its own. */
static __always_inline int throttled(__u32 usec, __u32 reason, bool storage)
{
	const struct task_struct *p = (const struct task_struct *)bpf_get_current_task();
	const struct slo_bpf_config *c = config();
	struct start *s = start_of_current(storage), alone = { .kind = SLO_RECLAIM_THROTTLED };

	if (!c || (BPF_CORE_READ(p, flags) & PF_KSWAPD))
		return 0;
	if (s && s->ns) {
		s->throttled |= 1u << (reason & 15);
		return 0;
	}
	alone.slot = slot_of_task(c, p);
	alone.throttled = 1u << (reason & 15);
	alone.ns = bpf_ktime_get_boot_ns() - (__u64)usec * 1000;
	if (alone.slot != SLO_BPF_NOBODY && observe(c, SLO_BPF_RECLAIM, alone.slot, (__u64)usec * 1000))
		emit(c, &alone, alone.ns + (__u64)usec * 1000);
	return 0;
}

/* Called on every way back to user space that has something to do; most have no debt of memory. */
static __always_inline int high_begin(bool storage)
{
	const struct task_struct___memcg *p = (const void *)bpf_get_current_task();

	if (bpf_core_field_exists(p->memcg_nr_pages_over_high) && !BPF_CORE_READ(p, memcg_nr_pages_over_high))
		return 0;
	return begin(SLO_RECLAIM_HIGH, storage);
}

#define TRACEPOINTS(rung, prefix, storage)                                                      \
	SEC("?" rung "/mm_vmscan_direct_reclaim_begin") int prefix##_direct_begin(__u64 *ctx)   \
	{                                                                                       \
		return begin(SLO_RECLAIM_DIRECT, storage);                                      \
	}                                                                                       \
	SEC("?" rung "/mm_vmscan_direct_reclaim_end") int prefix##_direct_end(__u64 *ctx)       \
	{                                                                                       \
		return end(SLO_RECLAIM_DIRECT, (__u32)ctx[0], storage);                         \
	}                                                                                       \
	SEC("?" rung "/mm_vmscan_memcg_reclaim_begin") int prefix##_memcg_begin(__u64 *ctx)     \
	{                                                                                       \
		return begin(SLO_RECLAIM_MEMCG, storage);                                       \
	}                                                                                       \
	SEC("?" rung "/mm_vmscan_memcg_reclaim_end") int prefix##_memcg_end(__u64 *ctx)         \
	{                                                                                       \
		return end(SLO_RECLAIM_MEMCG, (__u32)ctx[0], storage);                          \
	}                                                                                       \
	SEC("?" rung "/mm_vmscan_node_reclaim_begin") int prefix##_node_begin(__u64 *ctx)       \
	{                                                                                       \
		return begin(SLO_RECLAIM_NODE, storage);                                        \
	}                                                                                       \
	SEC("?" rung "/mm_vmscan_node_reclaim_end") int prefix##_node_end(__u64 *ctx)           \
	{                                                                                       \
		return end(SLO_RECLAIM_NODE, (__u32)ctx[0], storage);                           \
	}                                                                                       \
	SEC("?" rung "/mm_vmscan_throttled") int prefix##_throttled(__u64 *ctx)                 \
	{                                                                                       \
		return throttled((__u32)ctx[2], (__u32)ctx[3], storage);                        \
	}

TRACEPOINTS("tp_btf", btf, true)
TRACEPOINTS("raw_tp", raw, false)

/* The function got an inline front in 6.7: one of the two exists. */

SEC("?fentry/mem_cgroup_handle_over_high")
int BPF_PROG(fentry_high)
{
	return high_begin(true);
}

SEC("?fexit/mem_cgroup_handle_over_high")
int BPF_PROG(fexit_high)
{
	return end(SLO_RECLAIM_HIGH, 0, true);
}

SEC("?fentry/__mem_cgroup_handle_over_high")
int BPF_PROG(fentry_high_inner)
{
	return high_begin(true);
}

SEC("?fexit/__mem_cgroup_handle_over_high")
int BPF_PROG(fexit_high_inner)
{
	return end(SLO_RECLAIM_HIGH, 0, true);
}

SEC("?kprobe/mem_cgroup_handle_over_high")
int BPF_KPROBE(kprobe_high)
{
	return high_begin(false);
}

SEC("?kretprobe/mem_cgroup_handle_over_high")
int BPF_KRETPROBE(kretprobe_high)
{
	return end(SLO_RECLAIM_HIGH, 0, false);
}

SEC("?kprobe/__mem_cgroup_handle_over_high")
int BPF_KPROBE(kprobe_high_inner)
{
	return high_begin(false);
}

SEC("?kretprobe/__mem_cgroup_handle_over_high")
int BPF_KRETPROBE(kretprobe_high_inner)
{
	return end(SLO_RECLAIM_HIGH, 0, false);
}
