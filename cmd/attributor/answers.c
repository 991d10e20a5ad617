/* SPDX-License-Identifier: MIT */
#include "answers.h"

#include "attribute/guess.h"
#include "base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { FEATURES = 2 * SLO_FINDING__COUNT };

#define NAMED ((1u << SLO_DOMAIN_UNKNOWN) - 1)
#define RIDGE 1.0 /* one standard deviation of a weight */
#define SURE  0.5 /* from this probability on a domain is in the set of the regression */

int answers_new(struct answers *a, const struct cases *c)
{
	a->count = 2 * c->count;
	a->cases = calloc(a->count + 1, sizeof(*a->cases));
	if (!a->cases)
		return -ENOMEM;
	for (size_t i = 0; i < a->count; i++) {
		const struct item *it = &c->items[i % c->count];
		bool early = i >= c->count;

		a->cases[i] = (struct slo_eval_case){ .truth = early ? 0 : it->truth.truth, .delay_s = NAN,
						      .opened = (early ? it->early_count : it->count) > 0,
						      .domain = SLO_DOMAIN_UNKNOWN };
	}
	return 0;
}

void answers_free(struct answers *a)
{
	free(a->cases);
	a->cases = NULL;
}

/* The moments of answer @i. */
static const struct moment *moments_of(const struct cases *c, size_t i, uint32_t *count)
{
	const struct item *it = &c->items[i % c->count];

	*count = i < c->count ? it->count : it->early_count;
	return i < c->count ? it->moments : it->early;
}

static double delay_s(const struct item *it, const struct moment *m)
{
	return (double)(m->at_ns - it->truth.fault_start_ns) / 1e9;
}

static void hide(struct slo_facts *f, int subject)
{
	static const struct slo_fact gone = { .state = SLO_STATE_NOT_CAPTURED, .value = NAN, .baseline = NAN,
					      .spread = NAN, .iqr = NAN };
	double threshold;

	if (subject < 0)
		return;
	if (subject >= SLO_SIGNAL__COUNT) {
		threshold = f->app[subject - SLO_SIGNAL__COUNT].threshold;
		f->app[subject - SLO_SIGNAL__COUNT] = gone;
		f->app[subject - SLO_SIGNAL__COUNT].threshold = threshold;
		return;
	}
	for (int r = 0; r < SLO_ROLE__COUNT; r++) {
		threshold = f->by_role[subject][r].threshold;
		f->by_role[subject][r] = gone;
		f->by_role[subject][r].threshold = threshold;
	}
	slo_facts_choose(f);
}

static void judge(struct slo_eval_case *to, const struct slo_model *m, const struct moment *at, int without, bool last)
{
	struct slo_facts facts = at->facts;
	struct slo_posterior p = { .p = { 0 } };
	struct slo_verdict v;

	hide(&facts, without);
	slo_verdict_make(m, &facts, &v);
	if (last)
		m->posterior(m, &facts, &p);
	slo_eval_case_set(to, &v, &p);
}

/*
 * The last verdict in force counts, and when the first right one came: what is said between them does
 * not. Who is blamed once in a false alarm was blamed.
 */
static void listen(struct slo_eval_case *to, const struct item *it, const struct moment *at, uint32_t n,
		   const struct slo_model *m, int without)
{
	uint32_t k = to->truth && !(to->truth & NAMED) && n ? n - 1 : 0;

	for (; k < n; k++) {
		judge(to, m, &at[k], without, k + 1 == n || !to->truth);
		if (to->domain == SLO_DOMAIN_UNKNOWN)
			continue;
		if (!to->truth)
			return;
		if (!isnan(to->delay_s) || !(to->truth >> to->domain & 1))
			continue;
		to->delay_s = delay_s(it, &at[k]);
		if (k + 2 < n)
			k = n - 2;
	}
}

void answers_model(struct answers *a, const struct cases *c, const struct slo_model *m, int stream, int without)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct item *it = &c->items[i % c->count];
		uint32_t n;
		const struct moment *at = moments_of(c, i, &n);

		if (stream < 0 || it->stream == stream)
			listen(&a->cases[i], it, at, n, m, without);
	}
}

double answers_captured(const struct item *it, const struct slo_noisyor_model *n)
{
	struct slo_measure x[SLO_FINDING__COUNT];
	struct slo_noisyor_view v;

	if (!it->count)
		return NAN;
	slo_findings_measure(&it->moments[it->count - 1].facts, x);
	slo_noisyor_judge(n, x, &v);
	return v.captured;
}

/* An answer that comes with the opening, all of its certainty on what it names. */
static void set_answer(struct slo_eval_case *to, const struct item *it, const struct slo_outcome *o)
{
	to->domain = o->domain;
	to->causes = o->named;
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		to->p[d] = o->named >> d & 1;
	if (it->count && to->truth >> o->domain & 1 && o->domain != SLO_DOMAIN_UNKNOWN)
		to->delay_s = delay_s(it, &it->moments[0]);
}

void answers_loudest(struct answers *a, const struct cases *c)
{
	for (size_t i = 0; i < c->count; i++)
		set_answer(&a->cases[i], &c->items[i], &c->items[i].loudest);
}

void answers_majority(struct answers *a, const struct cases *c, const struct cases *train)
{
	slo_autofree struct slo_case *truths = calloc(train->count + 1, sizeof(*truths));
	struct slo_outcome o;
	uint32_t set = 0;

	for (size_t i = 0; truths && i < train->count; i++)
		truths[i] = train->items[i].truth;
	if (!truths || !slo_guess_majority(truths, train->count, &set))
		return;
	slo_outcome_init(&o);
	slo_guess_set(set, &o);
	for (size_t i = 0; i < a->count; i++)
		set_answer(&a->cases[i], &c->items[i % c->count], &o);
}

void answers_random(struct answers *a, const struct cases *c, struct slo_rng *rng)
{
	for (size_t i = 0; i < a->count; i++) {
		struct slo_outcome o;

		slo_outcome_init(&o);
		slo_guess_random(rng, &o);
		set_answer(&a->cases[i], &c->items[i % c->count], &o);
		for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
			a->cases[i].p[d] = 1.0 / SLO_DOMAIN__COUNT;
	}
}

/* How unusual each finding is, and whether anybody knows. */
static void features(const struct moment *m, double x[FEATURES])
{
	struct slo_measure all[SLO_FINDING__COUNT];

	slo_findings_measure(&m->facts, all);
	for (int j = 0; j < SLO_FINDING__COUNT; j++) {
		bool known = all[j].state == SLO_MEASURE_TAKEN && !isnan(all[j].z);

		x[j] = known ? slo_detector_scale(all[j].z) : 0;
		x[SLO_FINDING__COUNT + j] = known;
	}
}

/* Rows of features with the truth behind them; quiet windows have none. */
struct rows {
	double *x, *y;
	uint32_t *truth;
	size_t n;
};

static void add_row(struct rows *r, const struct moment *m, uint32_t truth)
{
	features(m, &r->x[r->n * FEATURES]);
	r->truth[r->n++] = truth;
}

static void add_rows(struct rows *r, const struct item *it)
{
	if (it->truth.positive && it->count)
		add_row(r, &it->moments[it->count - 1], it->truth.truth);
	for (uint32_t k = 0; k < it->quiet_count; k++)
		add_row(r, &it->quiet[k], 0);
}

int ovr_fit(struct ovr *o, const struct cases *train)
{
	size_t most = 1;
	struct rows r = { .n = 0 };
	int rc = 0;

	for (size_t i = 0; i < train->count; i++)
		most += 1 + train->items[i].quiet_count;
	r.x = calloc(most * FEATURES, sizeof(*r.x));
	r.y = calloc(most, sizeof(*r.y));
	r.truth = calloc(most, sizeof(*r.truth));
	if (!r.x || !r.y || !r.truth)
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < train->count; i++)
		add_rows(&r, &train->items[i]);
	for (int d = 0; d < SLO_DOMAIN__COUNT && !rc; d++) {
		for (size_t i = 0; i < r.n; i++)
			r.y[i] = r.truth[i] >> d & 1;
		rc = slo_logreg_fit(r.x, r.y, r.n, FEATURES, RIDGE, &o->of[d]);
	}
	free(r.x);
	free(r.y);
	free(r.truth);
	return rc;
}

void answers_ovr(struct answers *a, const struct cases *c, const struct ovr *o)
{
	for (size_t i = 0; i < a->count; i++) {
		struct slo_eval_case *to = &a->cases[i];
		double x[FEATURES];
		uint32_t n;
		const struct moment *at = moments_of(c, i, &n);
		int top = SLO_DOMAIN_UNKNOWN;

		if (!n)
			continue;
		features(&at[n - 1], x);
		for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
			to->p[d] = slo_logreg_predict(&o->of[d], x);
			to->causes |= to->p[d] >= SURE ? 1u << d : 0;
			top = to->p[d] > to->p[top] ? d : top;
		}
		to->domain = to->p[top] >= SURE ? top : SLO_DOMAIN_UNKNOWN;
		if (to->truth >> to->domain & 1 && to->domain != SLO_DOMAIN_UNKNOWN)
			to->delay_s = delay_s(&c->items[i % c->count], &at[n - 1]);
	}
}
