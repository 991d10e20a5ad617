/* SPDX-License-Identifier: MIT */
/*
 * D3: do the candidate's runs agree with each other?
 *
 * A run's p95 also varies because a run has only so many requests. That part is estimated from
 * within the runs (slo_quantile_variance, p(1-p)/n for the error rate); what the limit speaks of
 * is the rest. With s the spread seen, w the part within and L the limit, (n-1) s^2 / (L^2 + w)
 * is chi-square on n - 1 degrees of freedom for runs exactly at the limit.
 *
 * A noisy machine is not the candidate's fault: to fail, its runs must also spread further than
 * the baseline's do (variance ratio). The larger of the two p-values is taken, so both hold.
 */
#include "gate/m5_internal.h"
#include "stat/dist.h"
#include "stat/holm.h"

#include <math.h>

/* One metric of one scenario on the scale of the test. */
struct sample {
	size_t n;
	double square; /* sum of squares about the mean */
	double within; /* mean variance within a run */
	double limit;  /* standard deviation */
};

/* A coefficient of variation as the standard deviation of a logarithm, and back (lognormal). */
static double from_cv(int metric, double pct)
{
	return slo_m5_scale[metric].ratio ? sqrt(log1p(pct * pct / 1e4)) : pct / 100;
}

static double to_cv(int metric, double variance)
{
	variance = fmax(variance, 0);
	return 100 * (slo_m5_scale[metric].ratio ? sqrt(expm1(variance)) : sqrt(variance));
}

static void as_measured(const struct slo_m5_side *side, int metric, struct slo_m5_spread *out)
{
	double sum = 0, square = 0;

	for (size_t i = 0; i < side->count; i++)
		if (!isnan(side->runs[i].value[metric])) {
			sum += side->runs[i].value[metric];
			out->n++;
		}
	out->mean = out->n ? sum / (double)out->n : NAN;
	for (size_t i = 0; i < side->count; i++)
		if (!isnan(side->runs[i].value[metric]))
			square += pow(side->runs[i].value[metric] - out->mean, 2);
	out->sd = out->n > 1 ? sqrt(square / (double)(out->n - 1)) : 0;
	out->cv_pct = out->mean > 0 ? 100 * out->sd / out->mean : 0;
}

static void on_scale(const struct slo_m5_limits *l, const struct slo_m5_side *side, int metric, struct sample *x)
{
	double mean = 0;

	*x = (struct sample){ .limit = from_cv(metric, l->variance_pct) };
	for (size_t i = 0; i < side->count; i++)
		if (!isnan(side->runs[i].value[metric])) {
			mean += slo_m5_scaled(&side->runs[i], metric);
			x->within += side->runs[i].within[metric];
			x->n++;
		}
	if (x->n == 0)
		return;
	mean /= (double)x->n;
	x->within /= (double)x->n;
	for (size_t i = 0; i < side->count; i++)
		if (!isnan(side->runs[i].value[metric]))
			x->square += pow(slo_m5_scaled(&side->runs[i], metric) - mean, 2);
}

/* Runs that show it with SLO_M5_POWER, if the spread between them is what it seems to be. */
static size_t needed(const struct slo_m5_limits *l, const struct sample *x, double between)
{
	double at_limit = x->limit * x->limit + x->within, is = between + x->within;
	size_t lo = l->min_runs < SLO_M5_RUNS_MIN ? SLO_M5_RUNS_MIN : l->min_runs, hi = SLO_M5_NEED_MAX;

	if (!(is < at_limit))
		return SLO_M5_NEED_MAX;
	while (lo < hi) {
		size_t n = lo + (hi - lo) / 2;
		double df = (double)n - 1;

		if (is * slo_chi2_quantile(SLO_M5_POWER, df) <= at_limit * slo_chi2_quantile(l->alpha, df))
			hi = n;
		else
			lo = n + 1;
	}
	return lo;
}

/* P of a spread this much larger than the baseline's, by chance; 1 where there is none to compare with. */
static double p_of_ratio(const struct sample *x, const struct sample *base)
{
	double d1 = (double)x->n - 1, d2 = (double)base->n - 1;

	if (base->n < SLO_M5_RUNS_MIN || !(x->square > 0))
		return 1;
	/* F = (x / d1) / (base / d2); P(F > f) = I(d2 / (d2 + d1 f)) with halved degrees of freedom. */
	return slo_beta_cdf(base->square / (base->square + x->square), d2 / 2, d1 / 2);
}

static void measure(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, int metric,
		    struct slo_m5_spread *out)
{
	const struct slo_m5_side *side = &s->candidate;
	struct sample x, base;
	double df, between;

	*out = (struct slo_m5_spread){ .verdict = SLO_M5_INCONCLUSIVE, .p = 1 };
	as_measured(side, metric, out);
	on_scale(l, side, metric, &x);
	on_scale(l, &s->baseline, metric, &base);
	out->within_pct = out->between_pct = out->lower_pct = out->upper_pct = NAN;
	out->runs_needed = l->min_runs;
	if (x.n < 2)
		return;
	df = (double)x.n - 1;
	between = fmax(x.square / df - x.within, 0);
	out->within_pct = to_cv(metric, x.within);
	out->between_pct = to_cv(metric, between);
	out->lower_pct = to_cv(metric, x.square / slo_chi2_quantile(1 - l->alpha, df) - x.within);
	out->upper_pct = to_cv(metric, x.square / slo_chi2_quantile(l->alpha, df) - x.within);
	if (x.square > 0)
		out->p = 1 - slo_gamma_cdf(x.square / (x.limit * x.limit + x.within) / 2, df / 2);
	out->beyond = out->p <= l->alpha;
	out->p = fmax(out->p, p_of_ratio(&x, &base));
	out->runs_needed = needed(l, &x, between);
}

/* Why there is nothing to judge. Return: true with a reason. */
static bool too_little(const struct slo_m5_limits *l, const struct slo_m5_side *side, int metric,
		       struct slo_m5_spread *out)
{
	const struct slo_m5_run *copy, *of = NULL;

	out->missing = side->count == 0 || out->n < side->count;
	if (side->count == 0)
		slo_m5_reason(out->reason, "the candidate has no runs");
	else if (out->missing)
		slo_m5_reason(out->reason, "%zu of %zu runs have no value of %s", side->count - out->n, side->count,
			      slo_m5_metric_name[metric]);
	else if (out->n < SLO_M5_RUNS_MIN)
		slo_m5_reason(out->reason, "%zu runs, a spread takes %d", out->n, SLO_M5_RUNS_MIN);
	for (size_t i = 0; i < side->count; i++)
		if (side->runs[i].requests < l->min_samples)
			slo_m5_reason(out->reason, "%s has %zu requests, fewer than %zu", side->runs[i].name,
				      side->runs[i].requests, l->min_samples);
	copy = slo_m5_repeated(side, &of);
	if (copy)
		slo_m5_reason(out->reason, "%s holds the samples of %s: not a run of its own", copy->name, of->name);
	return out->reason[0];
}

static void decide(const struct slo_m5_limits *l, const struct slo_m5_side *side, int metric, struct slo_m5_spread *out)
{
	const char *what = slo_m5_metric_name[metric], *unit = slo_m5_scale[metric].ratio ? "%" : "points";
	double limit = l->variance_pct, alpha = l->alpha * slo_m5_share[SLO_M5_FAMILY_VARIANCE];

	if (too_little(l, side, metric, out))
		return;
	if (out->p_adjusted <= alpha) {
		out->verdict = SLO_M5_FAIL;
		slo_m5_reason(out->reason, "%s spreads by %.2f %s between runs (limit %g), p = %.3g of at most %.3g",
			      what, out->between_pct, unit, limit, out->p_adjusted, alpha);
	} else if (out->n < l->min_runs) {
		slo_m5_reason(out->reason, "%zu runs, fewer than %zu", out->n, l->min_runs);
	} else if (out->upper_pct <= limit) {
		out->verdict = SLO_M5_PASS;
	} else {
		slo_m5_reason(out->reason, "%s may spread by up to %.2f %s between runs (limit %g)%s", what,
			      out->upper_pct, unit, limit,
			      out->beyond ? ", not shown to be more than the baseline's" : "");
	}
	if (out->verdict != SLO_M5_INCONCLUSIVE)
		out->runs_needed = 0;
}

int slo_m5_variances(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, size_t n,
		     struct slo_m5_variance *out)
{
	double p[SLO_M5_SCENARIOS_MAX * SLO_M5_METRIC__COUNT] = { 0 };
	size_t k = 0;
	int r;

	for (size_t i = 0; i < n; i++)
		for (int m = 0; m < SLO_M5_METRIC__COUNT; m++) {
			measure(l, &s[i], m, &out[i].metric[m]);
			p[k++] = out[i].metric[m].p;
		}
	r = slo_holm(p, k, p);
	for (size_t i = k = 0; !r && i < n; i++) {
		out[i].verdict = SLO_M5_PASS;
		for (int m = 0; m < SLO_M5_METRIC__COUNT; m++) {
			out[i].metric[m].p_adjusted = p[k++];
			decide(l, &s[i].candidate, m, &out[i].metric[m]);
			out[i].verdict = slo_m5_worse(out[i].verdict, out[i].metric[m].verdict);
		}
	}
	return r;
}
