/* SPDX-License-Identifier: MIT */
/* E3: has the candidate become worse than the baseline? */
#include "base/cleanup.h"
#include "base/table.h"
#include "gate/m5_internal.h"
#include "stat/bootstrap.h"
#include "stat/holm.h"
#include "stat/power.h"
#include "stat/quantile.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double P95 = 0.95, CONFIDENCE = 0.95;

/* One value for each run that has one, on the scale of the test. */
struct values {
	double v[SLO_M5_RUNS_MAX];
	size_t n;
};

static void collect(const struct slo_m5_side *side, int metric, struct values *out)
{
	out->n = 0;
	for (size_t i = 0; i < side->count; i++) {
		double v = slo_m5_scaled(&side->runs[i], metric);

		if (!isnan(v))
			out->v[out->n++] = v;
	}
}

static double squares(const struct values *x)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < x->n; i++)
		mean += x->v[i] / (double)x->n;
	for (size_t i = 0; i < x->n; i++)
		sum += (x->v[i] - mean) * (x->v[i] - mean);
	return sum;
}

static double limit_of(const struct slo_m5_limits *l, int metric)
{
	const double pct[SLO_M5_METRIC__COUNT] = { l->ttft_pct, l->tokens_pct, l->errors_pp };

	return pct[metric];
}

static struct slo_interval in_pct(int metric, const struct slo_interval *shift)
{
	return (struct slo_interval){ slo_m5_to_pct(metric, shift->estimate), slo_m5_to_pct(metric, shift->lo),
				      slo_m5_to_pct(metric, shift->hi), shift->confidence };
}

/* The figures of one comparison, before anything is decided. */
static int measure(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, int metric, size_t family,
		   struct slo_m5_compare *c)
{
	double alpha = slo_m5_alpha_of(l, metric, family);
	struct slo_interval shift;
	struct values x, y;
	int r;

	collect(&s->candidate, metric, &x);
	collect(&s->baseline, metric, &y);
	*c = (struct slo_m5_compare){ .verdict = SLO_M5_INCONCLUSIVE, .n = x.n, .m = y.n };
	c->test = (struct slo_rank_test){ NAN, 1, 1, 1, true };
	c->change = c->delta = (struct slo_interval){ NAN, NAN, NAN, NAN };
	c->sd = c->min_detectable = NAN;
	if (x.n == 0 || y.n == 0)
		return 0;
	r = slo_mann_whitney(x.v, x.n, y.v, y.n, &c->test);
	if (!r)
		r = slo_hodges_lehmann(x.v, x.n, y.v, y.n, 1 - 2 * l->alpha + 1e-12, &shift);
	if (!r)
		r = slo_cliffs_delta(x.v, x.n, y.v, y.n, CONFIDENCE, &c->delta, NULL);
	if (r)
		return r;
	c->change = in_pct(metric, &shift);
	if (x.n + y.n > 2) {
		c->sd = sqrt((squares(&x) + squares(&y)) / (double)(x.n + y.n - 2));
		c->min_detectable = slo_m5_to_pct(metric, slo_min_detectable(c->sd, x.n, y.n, alpha, SLO_M5_POWER));
	}
	return 0;
}

/* Runs on each side that are likely to settle it, taking the estimate for the truth. */
static size_t needed(const struct slo_m5_limits *l, int metric, size_t family, const struct slo_m5_compare *c)
{
	double limit = slo_m5_from_pct(metric, limit_of(l, metric)), alpha = slo_m5_alpha_of(l, metric, family);
	double shift = slo_m5_from_pct(metric, c->change.estimate);
	size_t least = slo_values_to_reach(alpha, SLO_M5_NEED_MAX), n;

	if (least < SLO_M5_RUNS_MIN)
		least = SLO_M5_RUNS_MIN;
	if (least < l->min_runs)
		least = l->min_runs;
	if (isnan(c->sd))
		return least;
	n = shift > limit ? slo_values_needed(c->sd, shift, alpha, SLO_M5_POWER, SLO_M5_NEED_MAX)
			  : slo_values_needed(c->sd, limit - fmax(shift, 0), l->alpha, SLO_M5_POWER, SLO_M5_NEED_MAX);
	return n > least ? n : least;
}

static bool side_is_short(const struct slo_m5_limits *l, const struct slo_m5_side *side, const char *which, int metric,
			  struct slo_m5_compare *c)
{
	const struct slo_m5_run *copy, *of = NULL;
	size_t pooled = 0;

	if (side->count == 0)
		slo_m5_reason(c->reason, "the %s has no runs", which);
	for (size_t i = 0; i < side->count; i++) {
		pooled += side->runs[i].ttft_n;
		if (isnan(side->runs[i].value[metric]))
			slo_m5_reason(c->reason, "%s %s has no value of %s", which, side->runs[i].name,
				      slo_m5_metric_name[metric]);
	}
	c->missing = c->reason[0];
	for (size_t i = 0; i < side->count; i++)
		if (side->runs[i].requests < l->min_samples)
			slo_m5_reason(c->reason, "%s %s has %zu requests, fewer than %zu", which, side->runs[i].name,
				      side->runs[i].requests, l->min_samples);
	copy = slo_m5_repeated(side, &of);
	if (copy)
		slo_m5_reason(c->reason, "%s %s holds the samples of %s: not a run of its own", which, copy->name,
			      of->name);
	if (metric == SLO_M5_TTFT && pooled < SLO_M5_P95_MIN)
		slo_m5_reason(c->reason, "the %s has %zu values, a p95 takes %d", which, pooled, SLO_M5_P95_MIN);
	return c->reason[0];
}

static bool too_little(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, int metric, size_t family,
		       struct slo_m5_compare *c)
{
	double alpha = slo_m5_alpha_of(l, metric, family);

	if (side_is_short(l, &s->candidate, "candidate", metric, c) ||
	    side_is_short(l, &s->baseline, "baseline", metric, c))
		return true;
	if (c->n < SLO_M5_RUNS_MIN || c->m < SLO_M5_RUNS_MIN)
		slo_m5_reason(c->reason, "%zu against %zu runs, a comparison takes %d", c->n, c->m, SLO_M5_RUNS_MIN);
	/* A gate that could not fail must not pass. */
	if (slo_rank_min_p(c->n, c->m) > alpha)
		slo_m5_reason(c->reason, "%zu against %zu runs cannot show a regression at p <= %.4g", c->n, c->m,
			      alpha);
	return c->reason[0];
}

static void decide(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, int metric, size_t family,
		   struct slo_m5_compare *c)
{
	double limit = limit_of(l, metric), alpha = l->alpha * slo_m5_share[metric];
	const char *unit = slo_m5_scale[metric].ratio ? "%" : "points";
	bool beyond = c->change.estimate > limit, shown = c->p_adjusted <= alpha;

	if (too_little(l, s, metric, family, c)) {
		c->runs_needed = needed(l, metric, family, c);
	} else if (beyond && shown && fabs(c->delta.estimate) >= l->min_delta) {
		c->verdict = SLO_M5_FAIL;
		slo_m5_reason(c->reason, "%s worse by %.2f %s (limit %g), p = %.3g of at most %.3g",
			      slo_m5_metric_name[metric], c->change.estimate, unit, limit, c->p_adjusted, alpha);
	} else if (c->change.hi <= limit && c->n >= l->min_runs && c->m >= l->min_runs) {
		c->verdict = SLO_M5_PASS;
	} else {
		c->runs_needed = needed(l, metric, family, c);
		if (c->change.hi <= limit)
			slo_m5_reason(c->reason, "within the limit, but %zu against %zu runs are fewer than %zu", c->n,
				      c->m, l->min_runs);
		else
			slo_m5_reason(c->reason, "%s may be worse by up to %.2f %s (limit %g)%s",
				      slo_m5_metric_name[metric], c->change.hi, unit, limit,
				      beyond && shown ? ", in an effect too small to fail" : "");
	}
}

static double *pool(const struct slo_m5_side *side, bool tokens, size_t *n)
{
	size_t total = 0;
	double *all;

	for (size_t i = 0; i < side->count; i++)
		total += tokens ? side->runs[i].tokens_n : side->runs[i].ttft_n;
	all = malloc((total ? total : 1) * sizeof(*all));
	for (size_t i = *n = 0; all && i < side->count; i++) {
		const struct slo_m5_run *run = &side->runs[i];
		size_t k = tokens ? run->tokens_n : run->ttft_n;

		if (k)
			memcpy(all + *n, tokens ? run->tokens : run->ttft, k * sizeof(*all));
		*n += k;
	}
	if (all)
		slo_sort_f64(all, *n);
	return all;
}

static int pooled_tokens(const struct slo_m5_side *side, double *median)
{
	size_t n;
	slo_autofree double *all = pool(side, true, &n);

	if (!all)
		return -ENOMEM;
	*median = slo_quantile(all, n, 0.5);
	return 0;
}

static int pooled_ttft(const struct slo_m5_scenario *s, struct slo_m5_regression *r)
{
	slo_autofree double *c = pool(&s->candidate, false, &r->candidate_n);
	slo_autofree double *b = pool(&s->baseline, false, &r->baseline_n);
	struct slo_interval delta;

	if (!c || !b)
		return -ENOMEM;
	r->candidate_p95 = slo_quantile(c, r->candidate_n, P95);
	r->baseline_p95 = slo_quantile(b, r->baseline_n, P95);
	r->regression_pct = 100 * (r->candidate_p95 - r->baseline_p95) / r->baseline_p95;
	r->pooled_delta = NAN;
	if (slo_cliffs_delta(c, r->candidate_n, b, r->baseline_n, CONFIDENCE, &delta, NULL) == 0)
		r->pooled_delta = delta.estimate;
	return 0;
}

static size_t as_runs(const struct slo_m5_side *side, const double **values, size_t *size)
{
	size_t n = 0;

	for (size_t i = 0; i < side->count; i++)
		if (side->runs[i].ttft_n) {
			values[n] = side->runs[i].ttft;
			size[n++] = side->runs[i].ttft_n;
		}
	return n;
}

/* Each scenario has a stream of its own, so that neither order nor company changes an interval. */
static int bootstrap(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, struct slo_m5_regression *r)
{
	const double *cv[SLO_M5_RUNS_MAX], *bv[SLO_M5_RUNS_MAX];
	size_t cn[SLO_M5_RUNS_MAX], bn[SLO_M5_RUNS_MAX];
	struct slo_runs c = { cv, cn, as_runs(&s->candidate, cv, cn) };
	struct slo_runs b = { bv, bn, as_runs(&s->baseline, bv, bn) };
	struct slo_rng rng;

	r->bootstrap = (struct slo_interval){ NAN, NAN, NAN, CONFIDENCE };
	r->bootstrap_seed = slo_hash(s->name, strlen(s->name), l->seed);
	if (l->bootstrap_iters == 0 || c.runs == 0 || b.runs == 0)
		return 0;
	slo_rng_seed(&rng, r->bootstrap_seed);
	return slo_bootstrap_quantile(&c, &b, P95, l->bootstrap_iters, CONFIDENCE, &rng, &r->bootstrap);
}

static void span(const struct slo_m5_side *side, int64_t *first, int64_t *last)
{
	*first = INT64_MAX;
	*last = INT64_MIN;
	for (size_t i = 0; i < side->count; i++) {
		*first = side->runs[i].first_ns < *first ? side->runs[i].first_ns : *first;
		*last = side->runs[i].last_ns > *last ? side->runs[i].last_ns : *last;
	}
}

static bool overlap(const struct slo_m5_scenario *s)
{
	int64_t c0, c1, b0, b1;

	span(&s->candidate, &c0, &c1);
	span(&s->baseline, &b0, &b1);
	return c0 <= b1 && b0 <= c1;
}

static int describe(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, struct slo_m5_regression *r)
{
	int e = pooled_ttft(s, r);

	r->interleaved = overlap(s);
	if (!e)
		e = pooled_tokens(&s->candidate, &r->candidate_tokens);
	if (!e)
		e = pooled_tokens(&s->baseline, &r->baseline_tokens);
	return e ? e : bootstrap(l, s, r);
}

static int compare_all(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, size_t n, int metric,
		       struct slo_m5_regression *out)
{
	double p[SLO_M5_SCENARIOS_MAX] = { 0 };
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		r = measure(l, &s[i], metric, n, &out[i].metric[metric]);
		p[i] = out[i].metric[metric].test.p_greater;
	}
	if (!r)
		r = slo_holm(p, n, p);
	for (size_t i = 0; !r && i < n; i++) {
		out[i].metric[metric].p_adjusted = p[i];
		decide(l, &s[i], metric, n, &out[i].metric[metric]);
		out[i].verdict = slo_m5_worse(out[i].verdict, out[i].metric[metric].verdict);
	}
	return r;
}

int slo_m5_regressions(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, size_t n,
		       struct slo_m5_regression *out)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		out[i] = (struct slo_m5_regression){ .verdict = SLO_M5_PASS };
		r = describe(l, &s[i], &out[i]);
	}
	for (int metric = 0; !r && metric < SLO_M5_METRIC__COUNT; metric++)
		r = compare_all(l, s, n, metric, out);
	return r;
}
