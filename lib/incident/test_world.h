/* SPDX-License-Identifier: MIT */
/* For the tests of this folder: an engine, records to feed it, and what it said. */
#ifndef SLO_INCIDENT_TEST_WORLD_H
#define SLO_INCIDENT_TEST_WORLD_H

#include "incident/incident.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define S INT64_C(1000000000)
#define T0 (INT64_C(1767225600) * S)

enum { LINES_MAX = 512 };

/* What a line said, in values of its own. */
struct line {
	char id[40], service[64], sli[32], parent[40];
	int status, domain, source;
	double confidence, burn, burn_short, value, baseline;
	int64_t at_s, started_s, detected_s, resolved_s, update;
	uint32_t evidence, requests, children;
	char first_signal[32];
	double first_value, first_baseline;
};

struct world {
	struct slo_config config;
	struct slo_incidents *inc;
	struct line lines[LINES_MAX];
	size_t n;
};

static struct world w;

static inline int64_t seconds(int64_t ns)
{
	return ns == SLO_ABSENT_I64 ? -1 : (ns - T0) / S;
}

static inline void copy(char *to, size_t size, struct slo_str s)
{
	ck_assert(slo_str_copy(to, size, s));
}

static inline void on_line(void *arg, const struct slo_incident *i)
{
	struct line *l = &w.lines[w.n++];

	ck_assert_ptr_eq(arg, &w);
	ck_assert_uint_lt(w.n, LINES_MAX);
	*l = (struct line){ .status = i->status, .domain = i->predicted_fault_domain, .source = i->source,
			    .confidence = i->confidence, .burn = i->slo_impact.burn_rate,
			    .burn_short = i->slo_impact.burn_rate_short, .value = i->slo_impact.value,
			    .baseline = i->slo_impact.baseline, .at_s = seconds(i->timestamp),
			    .started_s = seconds(i->started_at), .detected_s = seconds(i->detected_at),
			    .resolved_s = seconds(i->resolved_at), .update = i->update, .evidence = i->evidence_count,
			    .requests = i->request_ids_count, .children = i->children_count };
	copy(l->id, sizeof(l->id), i->incident_id);
	copy(l->service, sizeof(l->service), i->service);
	copy(l->parent, sizeof(l->parent), i->parent_id);
	copy(l->sli, sizeof(l->sli), i->slo_impact.sli);
	if (i->evidence_count)
		copy(l->first_signal, sizeof(l->first_signal), i->evidence[0].signal);
	l->first_value = i->evidence_count ? i->evidence[0].value.num : NAN;
	l->first_baseline = i->evidence_count ? i->evidence[0].baseline : NAN;
}

static inline void objective(const char *text)
{
	struct slo_err err = { .what = "" };
	struct slo_objective *o = &w.config.objectives[w.config.objectives_count++];

	slo_objective_defaults(o);
	ck_assert_msg(slo_objective_parse(o, text, &err) == 0, "%s: %s", err.where, err.what);
}

static inline void begin(void)
{
	struct slo_incidents_opts o;
	struct slo_err err = { .what = "" };

	slo_incidents_opts_default(&o);
	o.config = &w.config;
	o.emit = on_line;
	o.arg = &w;
	ck_assert_msg(slo_incidents_new(&o, &w.inc, &err) == 0, "%s", err.what);
}

static inline void setup(void)
{
	memset(&w, 0, sizeof(w));
	objective("ttft_ms<=400,target=0.95,short=5s,long=30s,burn=2,min_events=20");
	begin();
}

static inline void teardown(void)
{
	slo_incidents_free(w.inc);
	w.inc = NULL;
}

static inline struct slo_event requests(const char *service, int sli, int64_t at_s, uint64_t valid, uint64_t bad)
{
	struct slo_event ev = { .kind = SLO_KIND_SLI_WINDOW };
	struct slo_sli_window *x = &ev.sli_window;

	x->start_ns = T0 + at_s * S;
	x->end_ns = x->start_ns + S;
	x->cluster = slo_str("c");
	x->namespace = slo_str("ns");
	x->node = slo_str("n1");
	x->service = slo_str(service);
	x->sli = sli;
	x->threshold = sli == SLO_SLI_TTFT ? 400 : NAN;
	x->valid = valid;
	x->good = valid - bad;
	x->bad = bad;
	x->sum = x->min = x->max = NAN;
	x->source = SLO_SOURCE_LIVE;
	if (sli != SLO_SLI_TTFT || !valid)
		return ev;
	x->has_hist = true;
	slo_hist_init(&x->hist);
	slo_hist_add(&x->hist, 100, valid - bad);
	slo_hist_add(&x->hist, 1000, bad);
	x->min = valid > bad ? 100 : 1000;
	x->max = bad ? 1000 : 100;
	return ev;
}

static inline struct slo_event signal_window(const char *service, int signal, int64_t at_s, int state, double value)
{
	struct slo_event ev = { .kind = SLO_KIND_WINDOW };
	struct slo_window *x = &ev.window;

	x->start_ns = T0 + at_s * S;
	x->end_ns = x->start_ns + S;
	x->cluster = slo_str("c");
	x->node = slo_str("n1");
	x->namespace = slo_str("ns");
	x->service = slo_str(service);
	x->signal = signal;
	x->role = SLO_ROLE_OTHER;
	x->provider = slo_str("packet");
	x->state = state;
	x->sum = x->min = x->max = NAN;
	x->source = SLO_SOURCE_LIVE;
	if (state == SLO_STATE_VALUE) {
		x->count = 1;
		x->sum = x->min = x->max = value;
	}
	return ev;
}

static inline void feed(struct slo_event ev)
{
	slo_incidents_event(w.inc, &ev);
}

/* Seconds [from, to): ten requests each, @bad of them bad. */
static inline void traffic(int64_t from, int64_t to, uint64_t bad)
{
	for (int64_t t = from; t < to; t++)
		feed(requests("chat", SLO_SLI_TTFT, t, 10, bad));
}

static inline size_t count(int status)
{
	size_t n = 0;

	for (size_t i = 0; i < w.n; i++)
		n += w.lines[i].status == status;
	return n;
}

static inline const struct line *last(void)
{
	ck_assert_uint_gt(w.n, 0);
	return &w.lines[w.n - 1];
}

#endif
