/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What every probe has: the shared maps, whose observation something is, and
 * the two ways out of the kernel: the owner's histogram for every observation, the ring for
 * those over the threshold.
 */
#ifndef SLO_BPF_COMMON_H
#define SLO_BPF_COMMON_H

#include <linux/bpf.h>

#include "kernel.h"

#include <asm/ptrace.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.h"
#include "hist.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

enum { SLO_BPF_NOBODY = ~0u }; /* slot of what is not watched */

/* The maps named slo_* exist once for all probes: user space makes them and gives them to each object. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slo_bpf_config);
} slo_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLO_BPF__PROBES);
	__type(key, __u32);
	__type(value, struct slo_bpf_counters);
} slo_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} slo_ring SEC(".maps");

/* Process (tgid) -> slot, cgroup id -> slot, local port (host order) -> slot. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} slo_tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} slo_cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} slo_ports SEC(".maps");

static const __u32 slo_zero = 0;

static __always_inline struct slo_bpf_config *config(void)
{
	return bpf_map_lookup_elem(&slo_config, &slo_zero);
}

static __always_inline struct slo_bpf_counters *counters(__u32 probe)
{
	return bpf_map_lookup_elem(&slo_counters, &probe);
}

/* COUNT(RUNQUEUE, seen): one more on this CPU. */
#define COUNT(probe, member)                                                  \
	do {                                                                  \
		struct slo_bpf_counters *counters_ = counters(SLO_BPF_##probe); \
		if (counters_)                                                \
			counters_->member++;                                  \
	} while (0)

/* Works on trusted pointers (tp_btf) and plain ones (raw_tp, kprobe) alike. */
static __always_inline __u64 task_cgroup_id(const struct slo_bpf_config *c, const struct task_struct *p)
{
	if (!c->cgroup_v1)
		return BPF_CORE_READ(p, cgroups, dfl_cgrp, kn, id);
	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, cpu_cgrp_id))
		return 0;

	struct css_set *set = BPF_CORE_READ(p, cgroups);
	struct cgroup_subsys_state **all = __builtin_preserve_access_index(&set->subsys[0]), *css = NULL;

	bpf_probe_read_kernel(&css, sizeof(css), all + bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id));
	return BPF_CORE_READ(css, cgroup, kn, id);
}

/* Whose observation is one of a process in a cgroup? The process is looked at first: it says more. */
static __always_inline __u32 slot_of_ids(const struct slo_bpf_config *c, __u32 tgid, __u64 cgroup)
{
	__u32 *slot;

	if (tgid == 0 || tgid == c->self)
		return SLO_BPF_NOBODY;
	if (c->all)
		return 0;
	slot = bpf_map_lookup_elem(&slo_tasks, &tgid);
	if (!slot && cgroup)
		slot = bpf_map_lookup_elem(&slo_cgroups, &cgroup);
	return slot ? *slot : SLO_BPF_NOBODY;
}

static __always_inline __u32 slot_of_task(const struct slo_bpf_config *c, const struct task_struct *p)
{
	return slot_of_ids(c, BPF_CORE_READ(p, tgid), task_cgroup_id(c, p));
}

/* Extremes belong to an epoch; the first value of a new one starts them afresh. */
static __always_inline void hist_extremes(struct slo_bpf_hist *h, __u32 epoch, __u64 value)
{
	__u32 i = epoch & 1;

	if (h->epoch[i] != epoch) {
		h->epoch[i] = epoch;
		h->max[i] = h->min[i] = value;
	}
	if (value > h->max[i])
		h->max[i] = value;
	if (value < h->min[i])
		h->min[i] = value;
}

/* For maps with a value per CPU. */
static __always_inline void hist_add(struct slo_bpf_hist *h, __u32 epoch, __u64 value)
{
	__u32 i = slo_bpf_bucket(value);

	h->count++;
	h->sum += value;
	if (i < SLO_BPF_BUCKETS)
		h->bucket[i]++;
	hist_extremes(h, epoch, value);
}

/* For maps whose value all CPUs share. */
static __always_inline void hist_add_shared(struct slo_bpf_hist *h, __u32 epoch, __u64 value)
{
	__u32 i = slo_bpf_bucket(value);

	__sync_fetch_and_add(&h->count, 1);
	__sync_fetch_and_add(&h->sum, value);
	if (i < SLO_BPF_BUCKETS)
		__sync_fetch_and_add(&h->bucket[i], 1);
	hist_extremes(h, epoch, value);
}

/*
 * Room for an exemplar, all zero but probe, slot and clock; NULL (counted) when
 * the ring is full. Hand it over with emit_end().
 */
static __always_inline struct slo_bpf_event *emit_begin(__u32 probe, __u32 slot, __u64 now)
{
	struct slo_bpf_event *e = bpf_ringbuf_reserve(&slo_ring, sizeof(*e), 0);
	struct slo_bpf_counters *n = counters(probe);

	if (!e) {
		if (n)
			n->ring_full++;
		return NULL;
	}
	if (n)
		n->emitted++;
	__builtin_memset(e, 0, sizeof(*e));
	e->end_ns = now;
	e->probe = (__u8)probe;
	e->slot = slot;
	return e;
}

/* The reader looks often by itself; it is only woken when the ring fills up. */
static __always_inline void emit_end(const struct slo_bpf_config *c, struct slo_bpf_event *e)
{
	__u64 waiting = bpf_ringbuf_query(&slo_ring, BPF_RB_AVAIL_DATA);

	bpf_ringbuf_submit(e, waiting >= c->wakeup_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline void emit_task(const struct slo_bpf_config *c, struct slo_bpf_event *e,
				      const struct task_struct *p)
{
	e->tgid = BPF_CORE_READ(p, tgid);
	e->tid = BPF_CORE_READ(p, pid);
	e->cgroup_id = task_cgroup_id(c, p);
	BPF_CORE_READ_STR_INTO(&e->comm, p, comm);
}

#endif
