/* SPDX-License-Identifier: MIT */
/* attributor evaluate: answers and their scores, over a whole part and over what it is made of. */
#include "evaluate.h"

#include "base/cleanup.h"
#include "base/time.h"
#include "stat/proportion.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name, *about;
} methods[METHOD__COUNT] = {
	[METHOD_MODEL] = { "model", "noisy-OR, the model under test" },
	[METHOD_NAIVE] = { "naive", "exclusive naive Bayes by the published table" },
	[METHOD_RULES] = { "rules", "ordered threshold rules" },
	[METHOD_LOUDEST] = { "largest-z", "domain of the largest robust z; is told when the fault was" },
	[METHOD_OVR] = { "logistic", "ridge logistic regression, one domain against the others, same findings" },
	[METHOD_MAJORITY] = { "majority", "what most training incidents were" },
	[METHOD_RANDOM] = { "random", "one of eight domains" },
};

/* Which incidents a stratum is of. */
struct wanted {
	bool (*fits)(const struct item *it, const struct wanted *w); /* NULL = all */
	int stream, number;
	struct slo_str (*of)(const struct slo_recorded *r);
	struct slo_str name;
	bool below; /* also faults that nobody was hurt by: not to notice them is no mistake */
};

/* The answers of one stream, both halves, as far as they are wanted. */
static size_t pick(const struct cases *c, const struct wanted *w, uint32_t *index)
{
	size_t n = 0;

	for (size_t i = 0; i < 2 * c->count; i++) {
		const struct item *it = &c->items[i % c->count];

		if (i < c->count && it->rec->stratum == SLO_STRATUM_BELOW && !w->below)
			continue;
		if (it->stream == w->stream && (!w->fits || w->fits(it, w)))
			index[n++] = (uint32_t)i;
	}
	return n;
}

int evaluation_choose(struct evaluation *e)
{
	const struct wanted all = { .stream = e->stream };

	e->index = malloc((2 * e->cases.count + 1) * sizeof(*e->index));
	if (!e->index)
		return -ENOMEM;
	e->index_count = pick(&e->cases, &all, e->index);
	for (size_t i = 0; i < e->cases.count; i++) {
		bool scored = e->cases.items[i].stream == e->stream;

		e->incidents += scored;
		e->below += scored && e->cases.items[i].rec->stratum == SLO_STRATUM_BELOW;
	}
	return 0;
}

static int score_interval(const struct evaluation *e, const struct slo_eval_case *cases, const uint32_t *index,
			  size_t n, bool brief, struct slo_eval *eval, struct slo_interval *interval)
{
	const struct slo_eval_resampling how = { .iterations = brief && e->iterations > STRATA_RESAMPLES
								       ? STRATA_RESAMPLES
								       : e->iterations,
						 .confidence = e->confidence,
						 .seed = (uint64_t)e->seed,
						 .brief = brief };
	int r = slo_eval_score(cases, index, n, eval);

	for (int i = 0; i < SLO_EVAL_VALUES; i++)
		interval[i].lo = interval[i].hi = NAN;
	if (!r && evaluation_n(eval) >= INTERVAL_LEAST)
		r = slo_eval_intervals(cases, index, n, &how, interval);
	/* Resampling makes nothing but zeros of a zero. */
	if (eval->healthy)
		slo_clopper_pearson(eval->healthy_blamed, eval->healthy, e->confidence,
				    &interval[SLO_EVAL_HEALTHY_BLAMED].lo, &interval[SLO_EVAL_HEALTHY_BLAMED].hi);
	return r;
}

static int answer_all(struct evaluation *e, const struct cases *train)
{
	slo_autofree struct ovr *ovr = malloc(sizeof(*ovr));
	const struct cases *c = &e->cases;
	struct slo_model naive = slo_model_naive, rule = slo_model_rule;
	struct slo_rng rng;
	int r = ovr ? ovr_fit(ovr, train) : -ENOMEM;

	for (int i = 0; i < METHOD__COUNT && !r; i++) {
		e->methods[i].name = methods[i].name;
		e->methods[i].about = methods[i].about;
		r = answers_new(&e->methods[i].answers, c);
	}
	if (r)
		return r;
	naive.weighs = rule.weighs = false;
	slo_rng_seed(&rng, (uint64_t)e->seed);
	answers_model(&e->methods[METHOD_MODEL].answers, c, &e->noisyor->model, -1, -1);
	answers_model(&e->methods[METHOD_NAIVE].answers, c, &naive, e->stream, -1);
	answers_model(&e->methods[METHOD_RULES].answers, c, &rule, e->stream, -1);
	answers_loudest(&e->methods[METHOD_LOUDEST].answers, c);
	answers_ovr(&e->methods[METHOD_OVR].answers, c, ovr);
	answers_majority(&e->methods[METHOD_MAJORITY].answers, c, train);
	answers_random(&e->methods[METHOD_RANDOM].answers, c, &rng);
	return 0;
}

int evaluation_methods(struct evaluation *e, const struct cases *train)
{
	int r = answer_all(e, train);

	for (int i = 0; i < METHOD__COUNT && !r; i++) {
		struct scored *s = &e->methods[i];

		r = score_interval(e, s->answers.cases, e->index, e->index_count, false, &s->eval, s->interval);
	}
	return r;
}

static int stratum_score(struct evaluation *e, const char *group, struct slo_str label, const struct wanted *w)
{
	slo_autofree uint32_t *index = malloc((2 * e->cases.count + 1) * sizeof(*index));
	const struct answers *a = &e->methods[METHOD_MODEL].answers;
	struct stratum *s = &e->strata[e->strata_count];
	size_t n = index ? pick(&e->cases, w, index) : 0;

	if (!index)
		return -ENOMEM;
	if (!n)
		return 0;
	if (e->strata_count == STRATA_MAX) {
		e->strata_over++;
		return 0;
	}
	s->group = group;
	slo_str_copy(s->label, sizeof(s->label), label);
	e->strata_count++;
	return score_interval(e, a->cases, index, n, true, &s->eval, s->interval);
}

static bool of_severity(const struct item *it, const struct wanted *w)
{
	int64_t most = 0;

	for (uint32_t i = 0; i < it->rec->faults_count; i++)
		most = it->rec->faults[i].severity > most ? it->rec->faults[i].severity : most;
	return most == w->number && it->truth.positive;
}

static bool of_stratum(const struct item *it, const struct wanted *w)
{
	return it->rec->stratum == w->number;
}

static bool of_name(const struct item *it, const struct wanted *w)
{
	return slo_str_eq(w->of(it->rec), w->name);
}

static struct slo_str place_of(const struct slo_recorded *r)
{
	return r->place;
}

static struct slo_str profile_of(const struct slo_recorded *r)
{
	return r->profile;
}

static bool seen_before(const struct evaluation *e, size_t i, struct slo_str (*of)(const struct slo_recorded *r))
{
	for (size_t k = 0; k < i; k++)
		if (slo_str_eq(of(e->cases.items[k].rec), of(e->cases.items[i].rec)))
			return true;
	return false;
}

static int strata_by_name(struct evaluation *e, const char *group, struct slo_str (*of)(const struct slo_recorded *r))
{
	int r = 0;

	for (size_t i = 0; i < e->cases.count && !r; i++) {
		const struct wanted w = {
			.fits = of_name, .stream = e->stream, .of = of, .name = of(e->cases.items[i].rec)
		};

		if (!seen_before(e, i, of))
			r = stratum_score(e, group, w.name, &w);
	}
	return r;
}

int evaluation_strata(struct evaluation *e)
{
	int r = 0;

	for (int s = 0; s < SLO_STRATUM__COUNT && !r; s++) {
		const struct wanted w = {
			.fits = of_stratum, .stream = e->stream, .number = s, .below = s == SLO_STRATUM_BELOW
		};

		r = stratum_score(e, "kind", slo_str(slo_enum_name(&slo_stratum_enum, s)), &w);
	}
	for (int s = 1; s <= 5 && !r; s++) {
		const struct wanted w = { .fits = of_severity, .stream = e->stream, .number = s };
		char label[16];

		(void)!snprintf(label, sizeof(label), "%d", s);
		r = stratum_score(e, "severity", slo_str(label), &w);
	}
	r = r ? r : strata_by_name(e, "place", place_of);
	r = r ? r : strata_by_name(e, "profile", profile_of);
	for (int s = 0; s < SLO_STREAM__COUNT && !r; s++) {
		const struct wanted w = { .stream = s };

		r = stratum_score(e, "stream", slo_str(slo_enum_name(&slo_stream_enum, s)), &w);
	}
	return r;
}

int evaluation_without(struct evaluation *e)
{
	const struct slo_model *m = &e->noisyor->model;
	int r = 0;

	for (int s = 0; s < m->subjects && !r; s++) {
		struct stratum *to = &e->without[e->without_count++];
		struct answers a;

		to->group = "without";
		slo_str_copy(to->label, sizeof(to->label), slo_str(slo_subject_name(s)));
		r = answers_new(&a, &e->cases);
		if (!r) {
			answers_model(&a, &e->cases, m, e->stream, s);
			r = score_interval(e, a.cases, e->index, e->index_count, true, &to->eval, to->interval);
		}
		answers_free(&a);
	}
	return r;
}

static int score_shifted(struct evaluation *e, const struct cases *c, struct stratum *to)
{
	const struct wanted all = { .stream = e->stream };
	slo_autofree uint32_t *index = malloc((2 * c->count + 1) * sizeof(*index));
	struct answers a;
	int r = answers_new(&a, c);

	r = r || index ? r : -ENOMEM;
	if (!r) {
		answers_model(&a, c, &e->noisyor->model, e->stream, -1);
		r = score_interval(e, a.cases, index, pick(c, &all, index), true, &to->eval, to->interval);
	}
	answers_free(&a);
	return r;
}

/* The recordings are 45 s long: an onset 60 s off would lie outside of them, so they are shifted by what fits. */
int evaluation_shifts(struct evaluation *e, struct slo_err *err)
{
	static const int64_t shift_ns[] = { -15 * SLO_NS_PER_S, -10 * SLO_NS_PER_S, -5 * SLO_NS_PER_S,
					    5 * SLO_NS_PER_S,	10 * SLO_NS_PER_S,  15 * SLO_NS_PER_S };
	const struct cases_want w = { .dir = e->dir, .split = e->split, .stream = e->stream };
	struct cases shifted[SLO_ARRAY_LEN(shift_ns)];
	int r = cases_read_shifted(shifted, shift_ns, SLO_ARRAY_LEN(shift_ns), &w, err);

	for (size_t i = 0; i < SLO_ARRAY_LEN(shift_ns); i++) {
		struct stratum *to = &e->shifts[e->shifts_count++];

		to->group = "onset";
		(void)!snprintf(to->label, sizeof(to->label), "%+d s", (int)(shift_ns[i] / SLO_NS_PER_S));
		r = r ? r : score_shifted(e, &shifted[i], to);
		cases_fini(&shifted[i]);
	}
	return r;
}
