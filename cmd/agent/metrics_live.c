/* SPDX-License-Identifier: MIT */
/* What the live source adds to the metrics. */
#include "live.h"

#include "decode/kernel.h"
#include "metrics.h"

enum { RING_RECORD = (sizeof(struct slo_bpf_event) + 8 + 7) & ~7U }; /* at least; with the ring's header */

void live_drops(struct live *l, uint64_t drops[SLO_DROP__COUNT])
{
	struct slo_packet_stats p = { 0 };
	struct slo_flow_counters f;
	struct slo_agg_counters g;

	if (l->packet)
		slo_packet_stats(l->packet, &p);
	slo_flow_counters(l->tracker, &f);
	slo_agg_counters(l->agg, &g);
	drops[SLO_DROP_RATE_LIMIT] = g.rate_limited;
	drops[SLO_DROP_RING_FULL] = p.ring_dropped + (l->bpf ? slo_bpf_lost(l->bpf) : 0);
	drops[SLO_DROP_SHED] = p.shed;
	drops[SLO_DROP_EVICTED] = f.evicted;
	drops[SLO_DROP_MALFORMED] = f.malformed;
}

static void fill_rings(struct live *l, struct agent_report *r)
{
	struct slo_packet_stats p;

	r->packet_ring = r->bpf_ring = NAN;
	if (l->packet) {
		slo_packet_stats(l->packet, &p);
		r->packet_ring = (double)p.blocks_waiting / p.blocks;
	}
	if (l->bpf && slo_bpf_fd(l->bpf) >= 0)
		r->bpf_ring = fmin(1, (double)l->ring_high * RING_RECORD / ((double)l->a->o->event_ring_kib * 1024));
	l->ring_high = 0;
}

static void fill_cost(const struct live *l, struct agent_report *r)
{
	int64_t per_s[SLO_SIGNAL__COUNT];

	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		per_s[i] = -1;
	if (!l->bpf || slo_bpf_cost(l->bpf, per_s))
		return;
	for (int i = 0; i < SLO_BPF__PROBES; i++) {
		int signal = slo_kernel_probes[i].signal;

		r->run_s[i] = (double)l->bpf_run_ns[signal] / 1e9;
		r->traced[i] = per_s[signal] >= 0 || r->run_s[i] > 0;
	}
}

static void fill_enabled(const struct live *l, struct agent_report *r)
{
	memcpy(r->enabled, l->a->enabled, sizeof(r->enabled));
	for (int i = 0; i < l->guard.level; i++)
		if (l->guard.shed[i].action.kind == SLO_GUARD_SIGNAL)
			r->enabled[l->guard.shed[i].action.arg] = false;
}

void live_publish(struct live *l)
{
	struct agent_report r = { .kernel_pct = l->bpf_pct,
				  .windows = (uint64_t)l->windows,
				  .shed_level = l->guard.level,
				  .flow_level = l->guard.flow_level };

	if (!l->a->metrics)
		return;
	fill_enabled(l, &r);
	live_drops(l, r.drops);
	fill_rings(l, &r);
	fill_cost(l, &r);
	agent_metrics_publish(l->a, &r);
}
