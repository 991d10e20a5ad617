/* SPDX-License-Identifier: MIT */
#include "attribute/model.h"

#include <math.h>
#include <string.h>

static const struct slo_model *const models[] = { &slo_model_naive, &slo_model_rule };

const struct slo_model *slo_model_find(const char *name)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(models); i++)
		if (strcmp(models[i]->name, name) == 0)
			return models[i];
	return NULL;
}

uint32_t slo_verdict_speakers(const struct slo_model *m, const struct slo_facts *f, int domain, int *out)
{
	uint32_t n = 0;

	for (int s = 0; s < m->subjects; s++) {
		uint32_t at = n;

		if (!m->speaks_for(m, f, s, domain))
			continue;
		for (; at && strcmp(slo_subject_name(out[at - 1]), slo_subject_name(s)) > 0; at--)
			out[at] = out[at - 1];
		out[at] = s;
		n++;
	}
	return n;
}

int slo_verdict_detail(const struct slo_facts *f)
{
	const struct slo_fact *throttled = slo_facts_of(f, SLO_SIGNAL_CFS_THROTTLED);

	if (throttled->elevated)
		return SLO_DETAIL_QUOTA;
	if (slo_facts_of(f, SLO_SIGNAL_CPU_STEAL)->elevated)
		return SLO_DETAIL_STEAL;
	/* Waiting without throttling is contention only where somebody looked at throttling. */
	if (slo_facts_of(f, SLO_SIGNAL_RUNQUEUE_DELAY)->elevated && throttled->state != SLO_STATE_NOT_CAPTURED)
		return SLO_DETAIL_CONTENTION;
	return SLO_DETAIL_NONE;
}

/* Equal up to rounding noise: then neither is more probable. */
static bool more(double a, double b)
{
	return a > b * (1 + 1e-9);
}

/* @a is listed before @b. */
static bool before(const struct slo_ranked *a, const struct slo_ranked *b)
{
	if (more(a->posterior, b->posterior) || more(b->posterior, a->posterior))
		return a->posterior > b->posterior;
	if ((a->domain == SLO_DOMAIN_UNKNOWN) != (b->domain == SLO_DOMAIN_UNKNOWN))
		return a->domain == SLO_DOMAIN_UNKNOWN;
	return a->domain < b->domain;
}

static void rank(const struct slo_posterior *p, struct slo_ranked *out)
{
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		struct slo_ranked one = { d, p->p[d] };
		int at = d;

		for (; at && before(&one, &out[at - 1]); at--)
			out[at] = out[at - 1];
		out[at] = one;
	}
}

static void predict(struct slo_verdict *v, const struct slo_facts *f, const struct slo_posterior *p)
{
	int speakers[SLO_SUBJECT__COUNT], top = v->hypotheses[0].domain;

	v->domain = SLO_DOMAIN_UNKNOWN;
	if (top != SLO_DOMAIN_UNKNOWN && slo_verdict_speakers(v->model, f, top, speakers) &&
	    !(v->model->abstains && v->model->abstains(v->model, f))) {
		v->domain = top;
		v->claimed = true;
	}
	v->confidence = p->p[v->domain];
	v->detail = v->domain == SLO_DOMAIN_CPU_THROTTLE ? slo_verdict_detail(f) : SLO_DETAIL_NONE;
}

static double logit(const struct slo_posterior *p, int domain)
{
	return log(p->p[domain]) - log(p->not_p[domain]);
}

static void silence(struct slo_fact *f)
{
	f->state = SLO_STATE_NOT_CAPTURED;
	f->elevated = false;
}

void slo_verdict_without(const struct slo_model *m, const struct slo_facts *f, int subject, struct slo_posterior *out)
{
	struct slo_facts without = *f;

	if (subject >= SLO_SIGNAL__COUNT)
		silence(&without.app[subject - SLO_SIGNAL__COUNT]);
	for (int r = 0; r < SLO_ROLE__COUNT && subject < SLO_SIGNAL__COUNT; r++)
		silence(&without.by_role[subject][r]);
	m->posterior(m, &without, out);
}

static void weigh(struct slo_verdict *v, const struct slo_facts *f, const struct slo_posterior *p)
{
	struct slo_posterior q;

	for (int s = 0; s < v->model->subjects; s++) {
		if (slo_facts_of(f, s)->state == SLO_STATE_NOT_CAPTURED)
			continue;
		slo_verdict_without(v->model, f, s, &q);
		v->weight[s] = logit(p, v->domain) - logit(&q, v->domain);
	}
}

/* Subject @a is stronger evidence than @b. */
static bool stronger(const struct slo_verdict *v, const struct slo_facts *f, int a, int b)
{
	const struct slo_fact *x = slo_facts_of(f, a), *y = slo_facts_of(f, b);
	double wx = fabs(v->weight[a]), wy = fabs(v->weight[b]);

	if ((x->state == SLO_STATE_NOT_CAPTURED) != (y->state == SLO_STATE_NOT_CAPTURED))
		return x->state != SLO_STATE_NOT_CAPTURED;
	if (fabs(wx - wy) > 1e-9)
		return wx > wy;
	return x->elevated && !y->elevated;
}

static void sort_subjects(struct slo_verdict *v, const struct slo_facts *f)
{
	for (int s = 0; s < v->model->subjects; s++) {
		int at = s;

		for (; at && stronger(v, f, s, v->order[at - 1]); at--)
			v->order[at] = v->order[at - 1];
		v->order[at] = s;
	}
}

uint32_t slo_verdict_blamed(const struct slo_verdict *v)
{
	uint32_t unknown = 1u << SLO_DOMAIN_UNKNOWN;

	/* Beside a named cause, that it may be something else is no cause. */
	return v->domain == SLO_DOMAIN_UNKNOWN ? unknown : v->causes & ~unknown;
}

bool slo_verdict_captured(const struct slo_model *m, const struct slo_facts *f)
{
	for (int s = 0; s < m->subjects; s++)
		if (slo_facts_of(f, s)->state != SLO_STATE_NOT_CAPTURED)
			return true;
	return false;
}

void slo_verdict_make(const struct slo_model *m, const struct slo_facts *f, struct slo_verdict *out)
{
	struct slo_posterior p;
	struct slo_ranked ranked[SLO_DOMAIN__COUNT];

	*out = (struct slo_verdict){ .model = m, .domain = SLO_DOMAIN_UNKNOWN };
	sort_subjects(out, f);
	out->causes = 1u << SLO_DOMAIN_UNKNOWN;
	m->posterior(m, f, &p);
	if (!slo_verdict_captured(m, f)) {
		/* Rules have no prior. */
		out->confidence = m->weighs ? p.p[SLO_DOMAIN_UNKNOWN] : 1.0 / SLO_DOMAIN__COUNT;
		return;
	}
	rank(&p, ranked);
	memcpy(out->hypotheses, ranked, sizeof(ranked));
	predict(out, f, &p);
	out->causes = 1u << out->domain;
	for (int i = 0; i < SLO_DOMAIN__COUNT && ranked[i].posterior >= SLO_VERDICT_MIN; i++) {
		out->hypotheses_count++;
		/* Of what a model abstains from nothing is left. */
		if (ranked[i].posterior >= m->cause && (out->claimed || !m->abstains))
			out->causes |= 1u << ranked[i].domain;
	}
	if (m->weighs)
		weigh(out, f, &p);
	sort_subjects(out, f);
}
