/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * runqueue_delay_ms: from the moment a thread could run until it ran. That is
 * when it was woken, when it was made, and when it was taken off the CPU while
 * still runnable, which under contention is most of the wait.
 *
 * The wait belongs to the thread that is switched in, never to the one that happens to be current.
 * Time its CPU quota kept it from running is part of the wait; where the kernel
 * tells it, slo_bpf_event.part has it apart.
 *
 * info: CPU, tid of who ran before, enum start_kind, runnable threads on that CPU
 * other: name of who ran before
 */
#include "slots.bpf.h"

enum start_kind { WOKEN, MADE, PREEMPTED };

struct rq {
	unsigned int nr_running;
} CORE;

struct cfs_rq {
	struct rq *rq;
	__u64 throttled_clock_pelt_time; /* absent without bandwidth control, and before 5.18 */
} CORE;

struct sched_entity {
	struct cfs_rq *cfs_rq;
} CORE;

struct task_struct___fair {
	struct sched_entity se;
} CORE;

struct start {
	__u64 ns;        /* 0 = not waiting */
	__u64 throttled; /* the queue's throttled time at that moment */
	__u64 queue;     /* which queue: it is another one after a migration */
	__u32 slot, kind;
};

#include "task_starts.bpf.h" /* of struct start */

/* The 4th argument came with 5.18 and was ported back here and there: ask the kernel's types, not its version. */
typedef void (*btf_trace_sched_switch)(void *, bool, struct task_struct *, struct task_struct *, unsigned int);

static __always_inline bool still_runnable(bool preempt, const struct task_struct *prev, unsigned int prev_state)
{
	if (preempt)
		return true;
	if (bpf_core_type_matches(btf_trace_sched_switch))
		return prev_state == 0;
	if (bpf_core_field_exists(prev->__state))
		return BPF_CORE_READ(prev, __state) == 0;
	return BPF_CORE_READ((const struct task_struct___before_state *)prev, state) == 0;
}

static __always_inline __u64 throttled_time(const struct task_struct *p, __u64 *queue)
{
	struct cfs_rq *q = BPF_CORE_READ((const struct task_struct___fair *)p, se.cfs_rq);

	*queue = (__u64)q;
	return q && bpf_core_field_exists(q->throttled_clock_pelt_time) ?
		       BPF_CORE_READ(q, throttled_clock_pelt_time) : 0;
}

static __always_inline void begin(struct start *s, const struct task_struct *p, __u32 slot, __u32 kind)
{
	s->slot = slot;
	s->kind = kind;
	s->throttled = throttled_time(p, &s->queue);
	s->ns = bpf_ktime_get_boot_ns();
}

static __always_inline void emit(const struct slo_bpf_config *c, const struct start *s, const struct task_struct *prev,
				 const struct task_struct *next, __u64 now)
{
	struct slo_bpf_event *e = emit_begin(SLO_BPF_RUNQUEUE, s->slot, now);
	__u64 queue, throttled;

	if (!e)
		return;
	e->value = now - s->ns;
	throttled = throttled_time(next, &queue) - s->throttled;
	if (queue == s->queue)
		e->part = throttled < e->value ? throttled : e->value;
	e->info[0] = bpf_get_smp_processor_id();
	e->info[1] = BPF_CORE_READ(prev, pid);
	e->info[2] = s->kind;
	e->info[3] = BPF_CORE_READ((const struct task_struct___fair *)next, se.cfs_rq, rq, nr_running);
	BPF_CORE_READ_STR_INTO(&e->other, prev, comm);
	emit_task(c, e, next);
	emit_end(c, e);
}

/* @next has waited since @s and runs now. */
static __always_inline void end(const struct slo_bpf_config *c, struct start *s, const struct task_struct *prev,
				const struct task_struct *next)
{
	__u64 now = bpf_ktime_get_boot_ns();

	if (s->ns >= c->since[SLO_BPF_RUNQUEUE] && now >= s->ns &&
	    observe(c, SLO_BPF_RUNQUEUE, s->slot, now - s->ns))
		emit(c, s, prev, next, now);
	s->ns = 0;
}

/* Rung tp_btf: stamps in task storage, which ends with the task. */

static __always_inline void wake_btf(struct task_struct *p, __u32 kind)
{
	const struct slo_bpf_config *c = config();
	struct start *s;
	__u32 slot;

	if (!c || p->pid == 0)
		return;
	slot = slot_of_task(c, p);
	if (slot == SLO_BPF_NOBODY) {
		s = bpf_task_storage_get(&task_starts, p, NULL, 0);
		if (s)
			s->ns = 0;
		return;
	}
	s = bpf_task_storage_get(&task_starts, p, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!s)
		COUNT(RUNQUEUE, insert_failed);
	else if (s->ns == 0)
		begin(s, p, slot, kind);
}

/* Off the CPU: waiting again, or asleep. What a wakeup of a running thread left behind is overwritten here. */
static __always_inline void leave_btf(const struct slo_bpf_config *c, struct task_struct *prev, bool runnable)
{
	struct start *s;
	__u32 slot;

	if (prev->pid == 0)
		return;
	s = bpf_task_storage_get(&task_starts, prev, NULL, 0);
	if (s)
		s->ns = 0;
	if (!runnable)
		return;
	slot = slot_of_task(c, prev);
	if (slot == SLO_BPF_NOBODY)
		return;
	if (!s)
		s = bpf_task_storage_get(&task_starts, prev, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (s)
		begin(s, prev, slot, PREEMPTED);
	else
		COUNT(RUNQUEUE, insert_failed);
}

SEC("?tp_btf/sched_wakeup")
int BPF_PROG(btf_wakeup, struct task_struct *p)
{
	wake_btf(p, WOKEN);
	return 0;
}

SEC("?tp_btf/sched_wakeup_new")
int BPF_PROG(btf_wakeup_new, struct task_struct *p)
{
	wake_btf(p, MADE);
	return 0;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(btf_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	const struct slo_bpf_config *c = config();
	unsigned int state = 0;
	struct start *s;

	if (!c)
		return 0;
	if (bpf_core_type_matches(btf_trace_sched_switch))
		state = (unsigned int)ctx[3];
	leave_btf(c, prev, still_runnable(preempt, prev, state));
	if (next->pid == 0)
		return 0;
	s = bpf_task_storage_get(&task_starts, next, NULL, 0);
	if (s && s->ns)
		end(c, s, prev, next);
	return 0;
}

/* Rung raw_tp: no trusted pointers, so stamps by thread id. */

static __always_inline void begin_tid(const struct slo_bpf_config *c, const struct task_struct *p, __u32 kind)
{
	struct start fresh = { 0 }, *s;
	__u32 tid = BPF_CORE_READ(p, pid), slot;

	if (tid == 0)
		return;
	slot = slot_of_task(c, p);
	if (slot == SLO_BPF_NOBODY)
		return;
	s = bpf_map_lookup_elem(&tid_starts, &tid);
	if (s && kind != PREEMPTED && s->ns)
		return;
	begin(&fresh, p, slot, kind);
	if (bpf_map_update_elem(&tid_starts, &tid, &fresh, BPF_ANY))
		COUNT(RUNQUEUE, insert_failed);
	else if (!s)
		COUNT(RUNQUEUE, inserted);
}

static __always_inline void forget_tid(__u32 tid)
{
	if (bpf_map_delete_elem(&tid_starts, &tid) == 0)
		COUNT(RUNQUEUE, removed);
}

SEC("?raw_tp/sched_wakeup")
int BPF_PROG(raw_wakeup, struct task_struct *p)
{
	const struct slo_bpf_config *c = config();

	if (c)
		begin_tid(c, p, WOKEN);
	return 0;
}

SEC("?raw_tp/sched_wakeup_new")
int BPF_PROG(raw_wakeup_new, struct task_struct *p)
{
	const struct slo_bpf_config *c = config();

	if (c)
		begin_tid(c, p, MADE);
	return 0;
}

SEC("?raw_tp/sched_switch")
int BPF_PROG(raw_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	const struct slo_bpf_config *c = config();
	unsigned int state = 0;
	__u32 tid;
	struct start *s;

	if (!c)
		return 0;
	if (bpf_core_type_matches(btf_trace_sched_switch))
		state = (unsigned int)ctx[3];
	if (still_runnable(preempt, prev, state))
		begin_tid(c, prev, PREEMPTED);
	else
		forget_tid(BPF_CORE_READ(prev, pid));
	tid = BPF_CORE_READ(next, pid);
	s = tid ? bpf_map_lookup_elem(&tid_starts, &tid) : NULL;
	if (!s)
		return 0;
	end(c, s, prev, next);
	forget_tid(tid);
	return 0;
}
