/* SPDX-License-Identifier: MIT */
/* The live source's counters as a stats record. */
#include "live.h"

#include "base/time.h"
#include "decode/kernel.h"

#include <stdio.h>

enum { KEY_MAX = 40 };

struct pairs {
	struct slo_num_pair p[SLO_MAX_COUNTERS];
	char keys[SLO_MAX_COUNTERS][KEY_MAX];
	uint32_t n;
};

static void add(struct pairs *to, const char *key, double value)
{
	if (to->n == SLO_MAX_COUNTERS)
		return;
	snprintf(to->keys[to->n], KEY_MAX, "%s", key);
	to->p[to->n] = (struct slo_num_pair){ slo_str(to->keys[to->n]), value };
	to->n++;
}

/* What happened is always told, what was lost only where something was. */
static void add_probe(struct pairs *to, const char *name, const struct slo_bpf_stats *s)
{
	const struct {
		const char *key;
		uint64_t value;
		bool always;
	} rows[] = {
		{ "seen", s->kernel.seen, true },          { "emitted", s->kernel.emitted, true },
		{ "ring_full", s->kernel.ring_full, true }, { "insert_failed", s->kernel.insert_failed, false },
		{ "evicted", s->evicted, false },          { "voided", s->voided, false },
		{ "unmatched", s->kernel.unmatched, false }, { "rows_over", s->kernel.rows_over, false },
		{ "missed", s->missed, false },
		{ "run_ns", s->run_ns, false },            { "runs", s->run_count, false },
	};
	char key[KEY_MAX];

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++) {
		if (!rows[i].always && rows[i].value == 0)
			continue;
		snprintf(key, sizeof(key), "bpf_%s_%s", name, rows[i].key);
		add(to, key, (double)rows[i].value);
	}
	for (int i = 0; i < s->more_count; i++) {
		snprintf(key, sizeof(key), "bpf_%s_%s", name, s->more[i].name);
		add(to, key, (double)s->more[i].value);
	}
}

static void add_probes(struct pairs *to, const struct live *l)
{
	for (int i = 0; l->bpf && i < SLO_BPF__PROBES; i++) {
		struct slo_bpf_stats s;

		if (slo_bpf_stats(l->bpf, i, &s) == 0)
			add_probe(to, slo_kernel_probes[i].name, &s);
	}
}

void live_report_stats(struct live *l, bool final)
{
	struct slo_packet_stats p = { 0 };
	struct slo_flow_counters f;
	struct slo_agg_counters g;
	uint64_t drops[SLO_DROP__COUNT];
	static struct pairs all;

	if (l->packet)
		slo_packet_stats(l->packet, &p);
	slo_flow_counters(l->tracker, &f);
	slo_agg_counters(l->agg, &g);
	live_drops(l, drops);
	const struct {
		const char *key;
		double value;
	} rows[] = {
		{ "drop_rate_limit", (double)drops[SLO_DROP_RATE_LIMIT] },
		{ "drop_ring_full", (double)drops[SLO_DROP_RING_FULL] },
		{ "drop_shed", (double)drops[SLO_DROP_SHED] }, { "drop_evicted", (double)drops[SLO_DROP_EVICTED] },
		{ "drop_malformed", (double)drops[SLO_DROP_MALFORMED] }, { "packets_wanted", (double)(p.received + p.shed) },
		{ "packets_seen", (double)p.seen },            { "packets_duplicate", (double)f.duplicates },
		{ "packets_unread", (double)(p.received - p.ring_dropped) - (double)p.seen },
		{ "requests_overdue", (double)f.overdue },
		{ "observations", (double)g.observations },    { "requests", (double)f.requests },
		{ "requests_answered", (double)f.answered },   { "requests_timed_out", (double)f.timed_out },
		{ "requests_aborted", (double)f.aborted },     { "requests_void", (double)f.request_void },
		{ "requests_evicted", (double)f.requests_evicted },
		{ "exchanges", (double)f.exchanges },          { "exchanges_answered", (double)f.exchange_answers },
		{ "requests_pending", (double)f.pending_requests }, { "timeouts", (double)f.timeouts },
		{ "timeouts_withheld", (double)f.voided },     { "clock_steps", (double)p.clock_steps },
		{ "shed_level", (double)l->guard.level },      { "cpu_pct", l->cpu_pct },
		{ "bpf_cpu_pct", l->bpf_pct },                 { "probe_silent", (double)l->silent.trips },
		{ "reloads", (double)l->reloads },             { "reload_failed", (double)l->reload_failed },
		{ "bpf_watch_over", l->bpf ? (double)slo_bpf_watch_over(l->bpf) : 0 },
	};

	all.n = 0;
	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++)
		add(&all, rows[i].key, rows[i].value);
	add_probes(&all, l);
	agent_emit_stats(l->a, all.p, all.n, slo_now_wall_ns(), final);
}
