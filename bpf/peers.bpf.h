/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Histograms of the probes whose observations have a peer: one row per owner
 * and peer, shared by all CPUs. Who a peer is to the service, user space knows;
 * it also removes rows that have been idle for long.
 */
#ifndef SLO_BPF_PEERS_H
#define SLO_BPF_PEERS_H

#include "common.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLO_BPF_PEERS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct slo_bpf_peer);
	__type(value, struct slo_bpf_hist);
} peers SEC(".maps");

/* A row of zeros to start from: too large for the stack. Never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slo_bpf_hist);
} empty_row SEC(".maps");

static __always_inline struct slo_bpf_hist *row_of(const struct slo_bpf_peer *peer)
{
	struct slo_bpf_hist *h = bpf_map_lookup_elem(&peers, peer), *empty;

	if (h)
		return h;
	empty = bpf_map_lookup_elem(&empty_row, &slo_zero);
	if (!empty)
		return NULL;
	bpf_map_update_elem(&peers, peer, empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(&peers, peer);
}

/* The row of @peer, else the owner's row without a peer. */
static __always_inline struct slo_bpf_hist *row_or_rest(__u32 probe, const struct slo_bpf_peer *peer)
{
	struct slo_bpf_peer rest = { .slot = peer->slot };
	struct slo_bpf_hist *h = row_of(peer);
	struct slo_bpf_counters *n = counters(probe);

	if (h)
		return h;
	if (n)
		n->rows_over++;
	return row_of(&rest);
}

/* Count @value for @peer. Return: whether it is over the probe's threshold for exemplars. */
static __always_inline bool observe(const struct slo_bpf_config *c, __u32 probe, const struct slo_bpf_peer *peer,
				    __u64 value)
{
	struct slo_bpf_hist *h = row_or_rest(probe, peer);
	struct slo_bpf_counters *n = counters(probe);

	if (n)
		n->seen++;
	if (h)
		hist_add_shared(h, c->epoch, value);
	return probe < SLO_BPF__PROBES && value >= c->threshold[probe];
}

/* What was observed just now had failed. */
static __always_inline void observe_failed(__u32 probe, const struct slo_bpf_peer *peer)
{
	struct slo_bpf_hist *h = row_or_rest(probe, peer);

	if (h)
		__sync_fetch_and_add(&h->errors, 1);
}

/* Count a failed attempt, which has no latency. */
static __always_inline void observe_error(__u32 probe, const struct slo_bpf_peer *peer)
{
	struct slo_bpf_hist *h = row_or_rest(probe, peer);
	struct slo_bpf_counters *n = counters(probe);

	if (n)
		n->seen++;
	if (h)
		__sync_fetch_and_add(&h->errors, 1);
}

#endif
