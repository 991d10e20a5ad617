/* SPDX-License-Identifier: MIT */
/* From answers to figures with intervals, the same way for every method. */
#include "benchgen.h"

#include "attribute/guess.h"
#include "base/cleanup.h"
#include "stat/bootstrap.h"
#include "stat/proportion.h"
#include "stat/quantile.h"

#include <errno.h>
#include <math.h>

#define CONFIDENCE 0.95

const char *const method_name[METHOD__COUNT] = {
	[METHOD_OURS] = "attributor", [METHOD_RULES] = "rules", [METHOD_LOUDEST] = "largest_z",
	[METHOD_MAJORITY] = "majority", [METHOD_RANDOM] = "random",
};

const char *const method_about[METHOD__COUNT] = {
	[METHOD_OURS] = "the attributor under test",
	[METHOD_RULES] = "the same attributor with --attribution-mode rule: ordered thresholds",
	[METHOD_LOUDEST] = "the signal with the largest robust z against the incident's own baseline, mapped to a "
			   "domain; is told when the fault began and ended",
	[METHOD_MAJORITY] = "always the most frequent truth of the train split; is told that there is an incident",
	[METHOD_RANDOM] = "one of the eight domains, each as likely, expected over draws; is told that there is an "
			  "incident",
};

/* Each statistic is drawn from a stream of its own, so that one method more changes no other's figures. */
static uint64_t seed_of(const struct bench *b, int method)
{
	return (uint64_t)b->o->seed * 16 + (uint64_t)method;
}

struct resample {
	const struct bench *b;
	int method;
	double *scratch;
};

static void metrics_of(void *arg, const uint32_t *pick, size_t n, double *values)
{
	struct resample *r = arg;
	struct slo_tally t;

	slo_tally_make(r->b->cases, r->b->out[r->method], pick, n, r->b->result[r->method].told, r->scratch, &t);
	for (int m = 0; m < SLO_METRIC__COUNT; m++)
		values[m] = slo_metric_value(&t, m);
}

/* Shares have an exact interval; the others one from drawing incidents again. */
static int score_one(struct bench *b, int method, double *scratch)
{
	struct result *res = &b->result[method];
	struct resample r = { b, method, scratch };
	struct slo_interval boot[SLO_METRIC__COUNT];
	struct slo_rng rng;
	int ret;

	slo_tally_make(b->cases, b->out[method], NULL, b->count, res->told, scratch, &res->tally);
	slo_rng_seed(&rng, seed_of(b, method));
	ret = slo_bootstrap_metrics(b->count, BOOT_ITERATIONS, CONFIDENCE, &rng, metrics_of, &r, SLO_METRIC__COUNT,
				  boot);
	if (ret)
		return ret;
	for (int m = 0; m < SLO_METRIC__COUNT; m++) {
		struct figure *f = &res->metric[m];
		uint64_t k, n;

		*f = (struct figure){ slo_metric_value(&res->tally, m), boot[m].lo, boot[m].hi,
				      slo_metric_why(&res->tally, m) };
		if (slo_metric_info[m].share && slo_metric_parts(&res->tally, m, &k, &n))
			slo_clopper_pearson(k, n, CONFIDENCE, &f->lo, &f->hi);
		else if (f->why || f->lo >= f->hi) /* draws that all agree: there are few */
			f->lo = f->hi = NAN;
	}
	return 0;
}

/* The mean over draws, and where 95 % of the draws fall. */
static int score_random(struct bench *b, double *scratch)
{
	struct result *res = &b->result[METHOD_RANDOM];
	slo_autofree double *draws = malloc((size_t)RANDOM_DRAWS * SLO_METRIC__COUNT * sizeof(*draws));
	struct slo_rng rng;

	if (!draws)
		return -ENOMEM;
	slo_rng_seed(&rng, seed_of(b, METHOD_RANDOM));
	for (size_t d = 0; d < RANDOM_DRAWS; d++) {
		for (size_t i = 0; i < b->count; i++)
			slo_guess_random(&rng, &b->out[METHOD_RANDOM][i]);
		slo_tally_make(b->cases, b->out[METHOD_RANDOM], NULL, b->count, true, scratch, &res->tally);
		for (int m = 0; m < SLO_METRIC__COUNT; m++)
			draws[(size_t)m * RANDOM_DRAWS + d] = slo_metric_value(&res->tally, m);
	}
	for (int m = 0; m < SLO_METRIC__COUNT; m++) {
		double *v = draws + (size_t)m * RANDOM_DRAWS, sum = 0;

		res->metric[m] = (struct figure){ NAN, NAN, NAN, slo_metric_why(&res->tally, m) };
		if (res->metric[m].why)
			continue;
		for (size_t d = 0; d < RANDOM_DRAWS; d++)
			sum += v[d];
		slo_sort_f64(v, RANDOM_DRAWS);
		res->metric[m].value = sum / RANDOM_DRAWS;
		res->metric[m].lo = slo_quantile(v, RANDOM_DRAWS, (1 - CONFIDENCE) / 2);
		res->metric[m].hi = slo_quantile(v, RANDOM_DRAWS, (1 + CONFIDENCE) / 2);
	}
	return 0;
}

static void decide_who_answers(struct bench *b)
{
	for (int m = 0; m < METHOD__COUNT; m++)
		b->result[m].told = !b->recorded || (m != METHOD_OURS && m != METHOD_RULES);
	if (!b->recorded) {
		b->result[METHOD_LOUDEST].absent = "fault samples have no windows from before the fault";
		b->result[METHOD_MAJORITY].absent = "fault samples have no train split";
	} else if (!b->majority) {
		b->result[METHOD_MAJORITY].absent = "no positive incident in the train split";
	}
	for (size_t i = 0; i < b->count && b->majority; i++)
		slo_guess_set(b->majority, &b->out[METHOD_MAJORITY][i]);
}

int score_all(struct bench *b)
{
	slo_autofree double *scratch = malloc((b->count ? b->count : 1) * sizeof(*scratch));
	int r = scratch ? 0 : -ENOMEM;

	decide_who_answers(b);
	for (int m = 0; m < METHOD__COUNT && !r; m++) {
		if (b->result[m].absent)
			for (int k = 0; k < SLO_METRIC__COUNT; k++)
				b->result[m].metric[k] = (struct figure){ NAN, NAN, NAN, b->result[m].absent };
		else
			r = m == METHOD_RANDOM ? score_random(b, scratch) : score_one(b, m, scratch);
	}
	return r;
}
