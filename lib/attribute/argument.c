/* SPDX-License-Identifier: MIT */
#include "attribute/argument.h"

#include <math.h>

const char *slo_point_name(const struct slo_point *p)
{
	return p->finding ? p->finding : slo_subject_name(p->subject);
}

static void weigh_subject(const struct slo_model *m, const struct slo_facts *f, const struct slo_posterior *all,
			  struct slo_point *p)
{
	struct slo_posterior rest;

	slo_verdict_without(m, f, p->subject, &rest);
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		p->weight[d] = slo_logit(all->p[d], all->not_p[d]) - slo_logit(rest.p[d], rest.not_p[d]);
}

/* A model that has nothing to add: a point for each subject. */
static void argue(const struct slo_model *m, const struct slo_facts *f, struct slo_argument *out)
{
	struct slo_posterior all;
	struct slo_facts nothing;
	uint32_t captured = 0;

	m->posterior(m, f, &all);
	for (int s = 0; s < m->subjects; s++) {
		const struct slo_fact *fact = slo_facts_of(f, s);
		struct slo_point *p = &out->points[out->count];

		captured += fact->state != SLO_STATE_NOT_CAPTURED;
		if (!fact->told)
			continue;
		*p = (struct slo_point){ .subject = s, .fact = fact, .state = fact->state, .z = NAN, .lambda = NAN,
					 .role = s < SLO_SIGNAL__COUNT ? f->role[s] : -1,
					 .roles = (1u << SLO_ROLE__COUNT) - 1, .loud = fact->elevated };
		if (fact->state != SLO_STATE_NOT_CAPTURED && m->weighs)
			weigh_subject(m, f, &all, p);
		out->count++;
	}
	out->captured = (double)captured / m->subjects;
	if (!m->weighs)
		return;
	out->no_named_cause = all.p[SLO_DOMAIN_UNKNOWN];
	slo_facts_clear(&nothing);
	m->posterior(m, &nothing, &all);
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		out->prior[d] = all.p[d];
}

static uint32_t abstentions(const struct slo_verdict *v, const struct slo_facts *f)
{
	const struct slo_model *m = v->model;
	uint32_t why;

	if (v->domain != SLO_DOMAIN_UNKNOWN)
		return 0;
	if (!slo_verdict_captured(m, f))
		return 1u << SLO_ABSTENTION_NOTHING_CAPTURED;
	why = m->abstains ? m->abstains(m, f) : 0;
	if (v->hypotheses[0].domain == SLO_DOMAIN_UNKNOWN)
		return why | 1u << SLO_ABSTENTION_NOTHING_NAMED;
	return why ? why : 1u << SLO_ABSTENTION_NO_SUPPORT;
}

/* @a is listed before @b; the same order on every machine. */
static bool before(const struct slo_point *a, const struct slo_point *b, int lead)
{
	double wa = fabs(a->weight[lead]), wb = fabs(b->weight[lead]);

	if ((a->state == SLO_STATE_NOT_CAPTURED) != (b->state == SLO_STATE_NOT_CAPTURED))
		return a->state != SLO_STATE_NOT_CAPTURED;
	if (fabs(wa - wb) > 1e-9)
		return wa > wb;
	return a->fact->elevated && !b->fact->elevated;
}

static void sort(struct slo_argument *a)
{
	for (uint32_t i = 1; i < a->count; i++) {
		struct slo_point one = a->points[i];
		uint32_t at = i;

		for (; at && before(&one, &a->points[at - 1], a->lead); at--)
			a->points[at] = a->points[at - 1];
		a->points[at] = one;
	}
}

void slo_argument_make(const struct slo_verdict *v, const struct slo_facts *f, struct slo_argument *out)
{
	const struct slo_model *m = v->model;

	*out = (struct slo_argument){ .lead = v->hypotheses_count ? v->hypotheses[0].domain : v->domain, .map_p = NAN,
				      .no_named_cause = NAN, .captured = NAN, .surprise = NAN };
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		out->prior[d] = NAN;
	(m->argue ? m->argue : argue)(m, f, out);
	out->abstained = abstentions(v, f);
	sort(out);
}

double slo_point_for(const struct slo_verdict *v, const struct slo_facts *f, const struct slo_point *p)
{
	const struct slo_model *m = v->model;
	uint32_t named = slo_verdict_blamed(v) & ~(1u << SLO_DOMAIN_UNKNOWN);
	double most = 0;

	if (!p->loud)
		return 0;
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		if (named >> d & 1)
			most = fmax(most, m->weighs ? p->weight[d] : m->speaks_for(m, f, p->subject, d));
	return named ? most : 1;
}
