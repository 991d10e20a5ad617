/* SPDX-License-Identifier: MIT */
#include "gate/judge.h"

#include "base/time.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

const char *const slo_gate_outcome_names[] = { "pass", "fail", "inconclusive", "error" };

/* One-sided, 5 %: how much worse a share of errors must be before chance is no explanation. */
static const double Z_95 = 1.6448536269514722;

/* The first reason stays. Return: @outcome. */
static int __attribute__((format(printf, 3, 4))) say(struct slo_gate_measure *out, int outcome, const char *fmt, ...)
{
	va_list ap;

	if (out->reason[0])
		return outcome;
	va_start(ap, fmt);
	vsnprintf(out->reason, sizeof(out->reason), fmt, ap);
	va_end(ap);
	return outcome;
}

/* The number of a reading. Return: SLO_GATE_PASS, or why there is none. */
static int number(const struct slo_gate_reading *r, const char *what, double *value, struct slo_gate_measure *out)
{
	switch (r->state) {
	case SLO_GATE_VALUE:
		if (isfinite(r->value)) {
			*value = r->value;
			return SLO_GATE_PASS;
		}
		if (isnan(r->value))
			return say(out, SLO_GATE_INCONCLUSIVE, "%s is NaN: nothing happened in the window", what);
		return say(out, SLO_GATE_INCONCLUSIVE, "%s is infinite: it was divided by nothing", what);
	case SLO_GATE_EMPTY:
		return say(out, SLO_GATE_INCONCLUSIVE, "%s has no data: no such series", what);
	case SLO_GATE_MANY:
		return say(out, SLO_GATE_INCONCLUSIVE, "%s has %u series where one is needed, the first %s", what,
			   r->series, r->why);
	case SLO_GATE_UNAVAILABLE:
		out->unavailable = out->unavailable || !out->reason[0];
		return say(out, SLO_GATE_ERROR, "%s", r->why);
	default:
		out->unavailable = false;
		return say(out, SLO_GATE_ERROR, "%s", r->why[0] ? r->why : "not asked");
	}
}

static void note_warnings(const struct slo_gate_reading *r, struct slo_gate_measure *out)
{
	if (r->warnings && !out->warning[0])
		slo_str_copy(out->warning, sizeof(out->warning), slo_str(r->warning));
	if (r->infos && !out->info[0])
		slo_str_copy(out->info, sizeof(out->info), slo_str(r->info));
}

static bool holds(int op, double value, double limit)
{
	switch (op) {
	case SLO_GATE_LE:
		return value <= limit;
	case SLO_GATE_LT:
		return value < limit;
	case SLO_GATE_GE:
		return value >= limit;
	case SLO_GATE_GT:
		return value > limit;
	case SLO_GATE_EQ:
		return value == limit;
	default:
		return value != limit;
	}
}

/* Budget burned per budget allowed: error ratio over 1 - target. Both windows must burn, so the slower one counts. */
static int burn(const struct slo_gate_plan *p, const struct slo_gate_metric *m, const struct slo_gate_reading *r,
		struct slo_gate_measure *out)
{
	double one = NAN, two = NAN;
	int a = number(&r[m->value], "the error ratio of the short window", &one, out);
	int b = number(&r[m->long_value], "the error ratio of the long window", &two, out);

	note_warnings(&r[m->long_value], out);
	out->burn_short = one / (1 - p->target);
	out->burn_long = two / (1 - p->target);
	if (a || b)
		return a > b ? a : b;
	out->value = out->burn_short < out->burn_long ? out->burn_short : out->burn_long;
	if (fabs(out->value - m->threshold) <= 1e-9 * m->threshold)
		out->value = m->threshold; /* 1 - 0.95 is not exactly 0.05 */
	return SLO_GATE_PASS;
}

/*
 * Whether more errors than the baseline's can be chance: two proportions, pooled, normal
 * approximation (Fleiss, Statistical Methods for Rates and Proportions, ch. 2).
 */
static double z_of(double rate, double n, double base_rate, double base_n)
{
	double pooled = (rate * n + base_rate * base_n) / (n + base_n);
	double se = sqrt(pooled * (1 - pooled) * (1 / n + 1 / base_n));

	return se > 0 ? (rate - base_rate) / se : INFINITY;
}

/* Return: SLO_GATE_PASS with the limit, or why there is none. */
static int baseline(const struct slo_gate_plan *p, const struct slo_gate_metric *m, const struct slo_gate_reading *r,
		    double *base_samples, struct slo_gate_measure *out)
{
	bool lower_is_worse = m->op == SLO_GATE_GE || m->op == SLO_GATE_GT;
	int ret = number(&r[m->base_value], "the baseline", &out->base, out);

	note_warnings(&r[m->base_value], out);
	if (!ret && m->base_samples != SLO_GATE_NONE) {
		ret = number(&r[m->base_samples], "the baseline's count of requests", base_samples, out);
		if (!ret && !(*base_samples > 0 && *base_samples >= p->min_samples))
			ret = say(out, SLO_GATE_INCONCLUSIVE,
				  "%.4g requests of the baseline in the window, at least %.4g are needed",
				  *base_samples, p->min_samples > 1 ? p->min_samples : 1);
	}
	if (!ret)
		out->limit = out->base * (lower_is_worse ? 1 - p->tolerance : 1 + p->tolerance);
	return ret;
}

/* What keeps a value that holds from being a pass. */
static int doubts(const struct slo_gate_plan *p, const struct slo_gate_metric *m, const struct slo_gate_reading *r,
		  int counted, struct slo_gate_measure *out)
{
	double age_s = 0;
	int ret = counted;

	if (!ret && m->age != SLO_GATE_NONE) {
		ret = number(&r[m->age], "the age of the newest sample", &age_s, out);
		if (!ret && age_s * (double)SLO_NS_PER_S > (double)p->max_age_ns)
			ret = say(out, SLO_GATE_INCONCLUSIVE, "stale: the newest sample is %.0f s old", age_s);
	}
	if (!ret && out->warning[0])
		ret = say(out, SLO_GATE_INCONCLUSIVE, "the server warns: %s", out->warning);
	return ret;
}

static int judge(const struct slo_gate_plan *p, const struct slo_gate_metric *m, const struct slo_gate_reading *r,
		 struct slo_gate_measure *out)
{
	struct slo_gate_measure aside = { .reason = "" }; /* why there is no count: only told where it decides */
	double base_samples = NAN;
	int ret, counted = SLO_GATE_PASS;
	bool chance = false;

	if (m->samples != SLO_GATE_NONE)
		counted = number(&r[m->samples], "the count of requests", &out->samples, &aside);
	ret = m->kind == SLO_GATE_BURN_RATE ? burn(p, m, r, out) : number(&r[m->value], "the value", &out->value, out);
	if (!ret && m->compared)
		ret = baseline(p, m, r, &base_samples, out);
	if (ret)
		return ret;
	if (m->samples != SLO_GATE_NONE && !counted && !(out->samples > 0 && out->samples >= p->min_samples))
		return say(out, SLO_GATE_INCONCLUSIVE, "%.4g requests in the window, at least %.4g are needed",
			   out->samples, p->min_samples > 1 ? p->min_samples : 1);
	if (!holds(m->op, out->value, out->limit)) {
		chance = m->compared && m->kind == SLO_GATE_ERROR_RATE && !counted &&
			 z_of(out->value, out->samples, out->base, base_samples) < Z_95;
		if (!chance)
			return say(out, SLO_GATE_FAIL, "%.6g is not %s %.6g", out->value, slo_gate_op_names[m->op],
				   out->limit);
	}
	if (counted) {
		out->unavailable = aside.unavailable;
		say(out, counted, "%s", aside.reason);
	}
	ret = doubts(p, m, r, counted, out);
	if (!ret && chance)
		say(out, ret, "above the baseline, but within what chance explains");
	return ret;
}

void slo_gate_measure(const struct slo_gate_plan *p, const struct slo_gate_metric *m, const struct slo_gate_reading *r,
		      struct slo_gate_measure *out)
{
	*out = (struct slo_gate_measure){ .value = NAN,
					  .samples = NAN,
					  .base = NAN,
					  .burn_short = NAN,
					  .burn_long = NAN,
					  .limit = m->compared ? NAN : m->threshold };
	note_warnings(&r[m->value], out);
	out->outcome = judge(p, m, r, out);
}
