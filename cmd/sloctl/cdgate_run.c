/* SPDX-License-Identifier: MIT */
/* The rounds: ask everything, judge everything, wait, until there is a verdict. */
#include "cdgate.h"

#include "base/time.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int cdgate_verdict_open(struct cdgate_verdict *v, const struct cdgate *g, const char *selector, struct slo_err *err)
{
	struct slo_gate_opts want = g->want;
	int ret;

	if (selector)
		want.selector = selector;
	v->gate = g;
	ret = slo_gate_plan(&v->plan, &want, err);
	if (ret)
		return ret;
	v->readings = calloc(v->plan.queries_count, sizeof(*v->readings));
	v->attempts = calloc(ATTEMPTS_MAX * v->plan.metrics_count, sizeof(*v->attempts));
	return v->readings && v->attempts ? 0 : slo_err_set(err, -ENOMEM, "out of memory");
}

void cdgate_verdict_close(struct cdgate_verdict *v)
{
	slo_gate_plan_fini(&v->plan);
	free(v->readings);
	free(v->attempts);
	v->readings = NULL;
	v->attempts = NULL;
}

static void take_notes(const struct slo_prom_api_answer *a, struct slo_gate_reading *r)
{
	r->warnings = a->warnings.count;
	r->infos = a->infos.count;
	if (r->warnings)
		slo_str_copy(r->warning, sizeof(r->warning), slo_str(a->warnings.text[0]));
	if (r->infos)
		slo_str_copy(r->info, sizeof(r->info), slo_str(a->infos.text[0]));
}

static void take_answer(const struct slo_prom_api_answer *a, struct slo_gate_reading *r)
{
	take_notes(a, r);
	r->series = a->series_count + a->series_dropped;
	if (a->type == SLO_PROM_API_MATRIX) {
		r->state = SLO_GATE_REFUSED;
		slo_str_copy(r->why, sizeof(r->why),
			     slo_str("the query gives ranges of samples where one number is needed"));
	} else if (r->series == 0) {
		r->state = SLO_GATE_EMPTY;
	} else if (r->series > 1) {
		r->state = SLO_GATE_MANY;
		slo_str_copy(r->why, sizeof(r->why), slo_str(a->series[0].labels));
	} else {
		r->state = SLO_GATE_VALUE;
		r->value = a->points[a->series[0].first].value;
	}
}

static void ask_one(struct cdgate *g, const char *promql, int64_t timeout_ns, struct slo_gate_reading *r)
{
	const struct slo_prom_api_query q = { .base = g->url, .promql = promql, .method = g->o->method,
					      .headers = g->headers, .timeout_ns = timeout_ns };
	struct slo_err err = { "", "" };
	int failure;

	memset(r, 0, sizeof(*r));
	if (slo_prom_api_ask(g->fetch, &q, &g->body, &g->answer, &failure, &err) == 0) {
		take_answer(&g->answer, r);
		return;
	}
	r->state = failure == SLO_PROM_API_UNAVAILABLE ? SLO_GATE_UNAVAILABLE : SLO_GATE_REFUSED;
	snprintf(r->why, sizeof(r->why), "%.100s%s%.200s", err.where, err.where[0] ? ": " : "", err.what);
}

/*
 * A query that hangs must not take the time of those after it: a violation may
 * be among them. Half of the time is kept in equal shares for the rest.
 */
void cdgate_ask(struct cdgate *g, struct cdgate_verdict *v)
{
	int64_t end_ns = slo_now_mono_ns() + g->o->timeout_ns;
	size_t n = v->plan.queries_count;
	int64_t share_ns = g->o->timeout_ns / 2 / (int64_t)n;

	for (size_t i = 0; i < n; i++) {
		int64_t left_ns = end_ns - slo_now_mono_ns() - share_ns * (int64_t)(n - 1 - i);

		if (left_ns < SLO_NS_PER_MS)
			left_ns = SLO_NS_PER_MS;
		ask_one(g, v->plan.queries[i].data, left_ns, &v->readings[i]);
	}
}

static void note_attempt(struct cdgate_verdict *v, size_t i, int64_t at_ns)
{
	const struct slo_gate_measure *m = &v->last[i];
	struct cdgate_attempt *a;

	if (v->rounds >= ATTEMPTS_MAX)
		return;
	a = &v->attempts[v->rounds * v->plan.metrics_count + i];
	a->at_ns = at_ns;
	a->value = m->value;
	a->outcome = m->outcome;
	slo_str_copy(a->reason, sizeof(a->reason), slo_str(m->reason));
}

static void run_round(struct cdgate *g, struct cdgate_verdict *v)
{
	int64_t at_ns = slo_now_wall_ns();

	cdgate_ask(g, v);
	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		slo_gate_measure(&v->plan, &v->plan.metrics[i], v->readings, &v->last[i]);
		slo_gate_count(&v->tallies[i], &v->last[i]);
		note_attempt(v, i, at_ns);
	}
	v->rounds++;
}

static void sleep_until(int64_t mono_ns)
{
	int64_t left_ns;

	while ((left_ns = mono_ns - slo_now_mono_ns()) > 0) {
		struct timespec ts = { left_ns / SLO_NS_PER_S, left_ns % SLO_NS_PER_S };

		nanosleep(&ts, NULL);
	}
}

void cdgate_run(struct cdgate *g, struct cdgate_verdict *v)
{
	int64_t next_ns = slo_now_mono_ns() + g->o->initial_delay_ns;
	size_t n = v->plan.metrics_count;

	sleep_until(next_ns);
	v->started_ns = slo_now_wall_ns();
	run_round(g, v);
	while (slo_gate_wait_more(v->tallies, n, &g->patience)) {
		next_ns += g->o->interval_ns;
		sleep_until(next_ns);
		run_round(g, v);
	}
	v->finished_ns = slo_now_wall_ns();
	v->result = slo_gate_overall(v->tallies, n, &g->patience, g->fail_open);
}

int cdgate_verdict_of(const struct cdgate_verdict *v, size_t i)
{
	bool done;

	return slo_gate_verdict(&v->tallies[i], &v->gate->patience, &done);
}

const struct slo_gate_measure *cdgate_decider(const struct cdgate_verdict *v, size_t i)
{
	/* Where it passed all the same, the last one shows how things are. */
	return cdgate_verdict_of(v, i) == SLO_GATE_PASS ? &v->last[i] : &v->tallies[i].worst;
}
