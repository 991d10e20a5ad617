/* SPDX-License-Identifier: MIT */
#include "attribute/evaluate.h"

#include "base/cleanup.h"
#include "stat/quantile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define UNKNOWN_BIT (1u << SLO_DOMAIN_UNKNOWN)
#define NAMED       (UNKNOWN_BIT - 1) /* every other domain */

enum { NAMED_COUNT = SLO_DOMAIN_UNKNOWN };

const char *const slo_eval_names[SLO_EVAL__COUNT] = {
	[SLO_EVAL_ACCURACY] = "accuracy",     [SLO_EVAL_MACRO_F1] = "macro_f1",
	[SLO_EVAL_EXACT] = "exact_set",       [SLO_EVAL_EXACT_TWO] = "exact_set_of_two",
	[SLO_EVAL_MICRO_F1] = "micro_f1",     [SLO_EVAL_PR1] = "pr_at_1",
	[SLO_EVAL_PR2] = "pr_at_2",           [SLO_EVAL_PR3] = "pr_at_3",
	[SLO_EVAL_PARTIAL] = "partial",       [SLO_EVAL_COVERED] = "coverage",
	[SLO_EVAL_BRIER] = "brier",           [SLO_EVAL_LOG_LOSS] = "log_loss",
	[SLO_EVAL_ECE] = "ece",               [SLO_EVAL_AURC] = "aurc",
	[SLO_EVAL_ANSWERED] = "answered",     [SLO_EVAL_RISK] = "selective_risk",
	[SLO_EVAL_HEALTHY_BLAMED] = "healthy_blamed", [SLO_EVAL_DELAY] = "delay_s",
};

void slo_eval_case_set(struct slo_eval_case *c, const struct slo_verdict *v, const struct slo_posterior *p)
{
	c->opened = true;
	c->domain = v->domain;
	c->causes = v->causes;
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		c->p[d] = p->p[d];
}

/* A mean in the making. */
struct mean {
	double sum;
	uint64_t n;
};

static void count(struct mean *m, double v)
{
	m->sum += v;
	m->n++;
}

static double value(const struct mean *m)
{
	return m->n ? m->sum / (double)m->n : NAN;
}

/* One pass over the cases. */
struct pass {
	struct slo_eval *out;
	struct mean exact, exact_two, partial, covered, pr[SLO_EVAL_K], answered, risk;
	struct slo_forecast *marginal, *verdict;
	size_t marginals, verdicts;
	double *delay;
	size_t delays;
	bool brief;          /* nothing about probabilities: they are what takes long */
};

static int size_of(uint32_t set)
{
	int n = 0;

	for (; set; set &= set - 1)
		n++;
	return n;
}

static void rank(const struct slo_eval_case *c, int ranked[NAMED_COUNT])
{
	for (int d = 0; d < NAMED_COUNT; d++) {
		int at = d;

		for (; at && c->p[d] > c->p[ranked[at - 1]]; at--)
			ranked[at] = ranked[at - 1];
		ranked[at] = d;
	}
}

static void take_named(struct pass *s, const struct slo_eval_case *c, uint32_t causes, int domain)
{
	uint32_t truth = c->truth & NAMED;
	int ranked[NAMED_COUNT];

	count(&s->answered, domain != SLO_DOMAIN_UNKNOWN);
	count(&s->covered, (double)size_of(truth & causes) / size_of(truth));
	rank(c, ranked);
	for (size_t k = 0; k < SLO_EVAL_K; k++)
		count(&s->pr[k], c->opened ? slo_pr_at_k(ranked, NAMED_COUNT, truth, k + 1) : 0);
	if (c->opened && !isnan(c->delay_s))
		s->delay[s->delays++] = c->delay_s;
	else
		s->out->never++;
}

static void take_faulty(struct pass *s, const struct slo_eval_case *c, uint32_t causes, int domain)
{
	uint32_t named = c->truth & NAMED;
	bool right = c->truth >> domain & 1, exact = named == causes;

	s->out->faulty++;
	if (size_of(c->truth) == 1)
		slo_confusion_add(&s->out->matrix, __builtin_ctz(c->truth), domain);
	slo_labelset_add(&s->out->sets, named, causes);
	count(&s->exact, exact);
	if (size_of(named) == 2)
		count(&s->exact_two, exact);
	count(&s->partial, right);
	if (domain != SLO_DOMAIN_UNKNOWN)
		count(&s->risk, !right);
	if (named)
		take_named(s, c, causes, domain);
}

static void take(struct pass *s, const struct slo_eval_case *c)
{
	uint32_t causes = c->opened ? c->causes & NAMED : 0;
	int domain = c->opened ? c->domain : SLO_DOMAIN_UNKNOWN;

	s->out->n++;
	s->out->opened += c->opened;
	if (c->truth) {
		take_faulty(s, c, causes, domain);
	} else {
		s->out->healthy++;
		s->out->healthy_blamed += domain != SLO_DOMAIN_UNKNOWN;
	}
	if (!c->opened || s->brief)
		return;
	for (int d = 0; d < NAMED_COUNT; d++)
		s->marginal[s->marginals++] = (struct slo_forecast){ c->p[d], c->truth >> d & 1 };
	/* Blaming nobody is right where nothing, or nothing named, was at work. */
	s->verdict[s->verdicts++] = (struct slo_forecast){
		c->p[domain], domain == SLO_DOMAIN_UNKNOWN ? !(c->truth & NAMED) : c->truth >> domain & 1 };
}

static double median(double *v, size_t n)
{
	slo_sort_f64(v, n);
	return slo_quantile(v, n, 0.5);
}

static void finish(struct pass *s)
{
	struct slo_eval *e = s->out;
	double *f = e->figure;

	f[SLO_EVAL_ACCURACY] = slo_confusion_accuracy(&e->matrix);
	f[SLO_EVAL_MACRO_F1] = slo_confusion_macro_f1(&e->matrix);
	f[SLO_EVAL_EXACT] = value(&s->exact);
	f[SLO_EVAL_EXACT_TWO] = value(&s->exact_two);
	f[SLO_EVAL_MICRO_F1] = slo_labelset_micro_f1(&e->sets);
	for (int k = 0; k < SLO_EVAL_K; k++)
		f[SLO_EVAL_PR1 + k] = value(&s->pr[k]);
	f[SLO_EVAL_PARTIAL] = value(&s->partial);
	f[SLO_EVAL_COVERED] = value(&s->covered);
	f[SLO_EVAL_BRIER] = slo_brier(s->marginal, s->marginals);
	f[SLO_EVAL_LOG_LOSS] = slo_log_loss(s->marginal, s->marginals);
	f[SLO_EVAL_ECE] = slo_ece(s->marginal, s->marginals, SLO_EVAL_BINS, e->reliability);
	slo_risk_coverage(s->verdict, s->verdicts, NULL, &f[SLO_EVAL_AURC]);
	f[SLO_EVAL_ANSWERED] = value(&s->answered);
	f[SLO_EVAL_RISK] = value(&s->risk);
	f[SLO_EVAL_HEALTHY_BLAMED] = e->healthy ? (double)e->healthy_blamed / (double)e->healthy : NAN;
	f[SLO_EVAL_DELAY] = median(s->delay, s->delays);
}

static int score(const struct slo_eval_case *cases, const uint32_t *index, size_t n, bool brief, struct slo_eval *out)
{
	slo_autofree struct slo_forecast *marginal = malloc((n * NAMED_COUNT + 1) * sizeof(*marginal));
	slo_autofree struct slo_forecast *verdict = malloc((n + 1) * sizeof(*verdict));
	slo_autofree double *delay = malloc((n + 1) * sizeof(*delay));
	struct pass s = { .out = out, .marginal = marginal, .verdict = verdict, .delay = delay, .brief = brief };

	if (!marginal || !verdict || !delay)
		return -ENOMEM;
	*out = (struct slo_eval){ .n = 0 };
	slo_confusion_init(&out->matrix, SLO_DOMAIN__COUNT);
	slo_labelset_init(&out->sets, NAMED_COUNT);
	for (size_t i = 0; i < n; i++)
		take(&s, &cases[index ? index[i] : i]);
	finish(&s);
	return 0;
}

int slo_eval_score(const struct slo_eval_case *cases, const uint32_t *index, size_t n, struct slo_eval *out)
{
	return score(cases, index, n, false, out);
}

struct resampling {
	const struct slo_eval_case *cases;
	const uint32_t *index;
	bool brief;
	uint32_t *drawn;
	int failed;
};

static void values_of(void *arg, const uint32_t *pick, size_t n, double *values)
{
	struct resampling *r = arg;
	struct slo_eval e;
	int rc;

	for (size_t i = 0; i < n; i++)
		r->drawn[i] = r->index ? r->index[pick[i]] : pick[i];
	rc = score(r->cases, r->drawn, n, r->brief, &e);
	r->failed = rc ? rc : r->failed;
	for (int i = 0; i < SLO_EVAL_VALUES; i++)
		values[i] = rc			 ? NAN :
			    i < SLO_EVAL__COUNT ? e.figure[i] :
						  slo_labelset_f1(&e.sets, (uint32_t)(i - SLO_EVAL__COUNT));
}

int slo_eval_intervals(const struct slo_eval_case *cases, const uint32_t *index, size_t n,
		       const struct slo_eval_resampling *how, struct slo_interval out[SLO_EVAL_VALUES])
{
	slo_autofree uint32_t *drawn = malloc((n + 1) * sizeof(*drawn));
	struct resampling r = { cases, index, how->brief, drawn, 0 };
	struct slo_rng rng;
	int rc;

	if (!drawn)
		return -ENOMEM;
	if (!(how->confidence > 0 && how->confidence < 1))
		return -EINVAL;
	slo_rng_seed(&rng, how->seed);
	rc = slo_bootstrap_metrics(n, how->iterations, how->confidence, &rng, values_of, &r, SLO_EVAL_VALUES, out);
	return rc ? rc : r.failed;
}

/* The most probable named domain, as an answer that is always given. */
static struct slo_forecast top_of(const struct slo_eval_case *c)
{
	int ranked[NAMED_COUNT];

	rank(c, ranked);
	return (struct slo_forecast){ c->p[ranked[0]], c->truth >> ranked[0] & 1 };
}

int slo_eval_curve(const struct slo_eval_case *cases, const uint32_t *index, size_t n, struct slo_risk_point *out,
		   size_t *points, double *aurc)
{
	slo_autofree struct slo_forecast *answers = malloc((n + 1) * sizeof(*answers));
	size_t have = 0;

	if (!answers)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct slo_eval_case *c = &cases[index ? index[i] : i];

		if (c->truth && c->opened)
			answers[have++] = top_of(c);
	}
	*points = slo_risk_coverage(answers, have, out, aurc);
	return 0;
}
