/* SPDX-License-Identifier: MIT */
/* A verdict and its argument as an incident record. */
#include "attribute/argument.h"
#include "base/num.h"

#include <float.h>
#include <math.h>

enum { DIGITS = 6 }; /* histograms are not that exact */

#define WEIGHT_MIN 0.02 /* nats, 0.1 decibans; what does less to a hypothesis is not listed for it */

/* To @scale decimals: what is printed must not depend on a libm's last bit. */
static double decimals(double v, double scale)
{
	return isfinite(v) ? nearbyint(v * scale) / scale : NAN;
}

static struct slo_str text(const char *s)
{
	return slo_str(s && s[0] ? s : NULL);
}

static void add_captured(const struct slo_argument *a, const struct slo_model *m, const struct slo_point *p,
			 struct slo_evidence *e)
{
	const struct slo_fact *fact = p->fact;
	bool seen = fact->state != SLO_STATE_NOT_CAPTURED;
	/* Sums of what a record may say can overflow; a record cannot hold that. */
	double value = fmin(fmax(fact->value, -DBL_MAX), DBL_MAX);

	e->value = (struct slo_value){ .type = SLO_VALUE_NUM, .num = seen ? slo_round_digits(value, DIGITS) : 0 };
	e->baseline = isfinite(fact->baseline) ? slo_round_digits(fact->baseline, DIGITS) : NAN;
	e->unit = slo_str(slo_subject_unit(p->subject));
	e->weight = m->weighs ? decimals(p->weight[a->lead], 1e4) : NAN;
	e->elevated = seen && fact->elevated;
	e->threshold = isfinite(fact->threshold) ? fact->threshold : NAN;
	e->z = decimals(p->z, 1e4);
	e->lambda = decimals(p->lambda, 1e4);
	e->why = text(p->why);
}

static void fill_evidence(const struct slo_argument *a, const struct slo_model *m, struct slo_incident *out)
{
	out->evidence_count = a->count;
	for (uint32_t i = 0; i < a->count; i++) {
		const struct slo_point *p = &a->points[i];
		const char *why = p->fact->why ? p->fact->why : "not captured";

		out->evidence[i] = (struct slo_evidence){
			.signal = slo_str(slo_subject_name(p->subject)), .source = p->fact->source, .baseline = NAN,
			.weight = NAN, .state = p->state, .role = p->role, .finding = text(p->finding), .elevated = -1,
			.threshold = NAN, .z = NAN, .lambda = NAN,
		};
		if (p->state == SLO_STATE_NOT_CAPTURED)
			out->evidence[i].value = (struct slo_value){ .type = SLO_VALUE_STR, .str = slo_str(why) };
		else
			add_captured(a, m, p, &out->evidence[i]);
	}
}

/* The points that move @domain most. */
static uint32_t weightiest(const struct slo_argument *a, int domain, const struct slo_point *out[SLO_MAX_WEIGHTS])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		const struct slo_point *p = &a->points[i];
		double w = fabs(p->weight[domain]);
		uint32_t at = n;

		while (at && w > fabs(out[at - 1]->weight[domain]) + 1e-9)
			at--;
		if (w < WEIGHT_MIN || at == SLO_MAX_WEIGHTS)
			continue;
		n += n < SLO_MAX_WEIGHTS;
		for (uint32_t k = n - 1; k > at; k--)
			out[k] = out[k - 1];
		out[at] = p;
	}
	return n;
}

static void fill_hypothesis(const struct slo_argument *a, const struct slo_model *m, const struct slo_facts *f,
			    const struct slo_ranked *r, struct slo_hypothesis *h)
{
	const struct slo_point *points[SLO_MAX_WEIGHTS];
	int speakers[SLO_SUBJECT__COUNT];

	h->domain = slo_str(slo_enum_name(&slo_domain_enum, r->domain));
	h->posterior = decimals(r->posterior, 1e9);
	h->evidence_count = slo_verdict_speakers(m, f, r->domain, speakers);
	for (uint32_t k = 0; k < h->evidence_count; k++)
		h->evidence[k] = slo_str(slo_subject_name(speakers[k]));
	h->prior = decimals(a->prior[r->domain], 1e9);
	h->weights_count = weightiest(a, r->domain, points);
	for (uint32_t k = 0; k < h->weights_count; k++)
		h->weights[k] = (struct slo_weight){ slo_str(slo_point_name(points[k])),
						     decimals(points[k]->weight[r->domain], 1e4) };
}

static uint32_t members(uint32_t set, int count, int *out)
{
	uint32_t n = 0;

	for (int i = 0; i < count; i++)
		if (set >> i & 1)
			out[n++] = i;
	return n;
}

void slo_argument_fill(const struct slo_argument *a, const struct slo_verdict *v, const struct slo_facts *f,
		       struct slo_incident *out)
{
	const struct slo_model *m = v->model;

	out->predicted_fault_domain = v->domain;
	out->confidence = decimals(v->confidence, 1e9);
	out->attribution_mode = slo_str(m->mode);
	out->model = slo_str(m->name);
	out->model_version = text(m->version);
	out->model_train_sha256 = text(m->train_sha256);
	out->detail = v->domain == SLO_DOMAIN_CPU_THROTTLE ? v->detail : -1;
	fill_evidence(a, m, out);
	out->fault_hypotheses_count = v->hypotheses_count;
	for (uint32_t i = 0; i < v->hypotheses_count; i++)
		fill_hypothesis(a, m, f, &v->hypotheses[i], &out->fault_hypotheses[i]);
	out->cause_set_count = members(slo_verdict_blamed(v), SLO_DOMAIN__COUNT, out->cause_set);
	out->map_set_count = members(a->map, SLO_DOMAIN__COUNT, out->map_set);
	out->map_probability = a->has_map ? decimals(a->map_p, 1e9) : NAN;
	out->no_named_cause = decimals(a->no_named_cause, 1e9);
	out->captured_share = decimals(a->captured, 1e4);
	out->surprise = decimals(a->surprise, 1e4);
	out->has_limits = a->has_limits;
	out->limits = a->limits;
	out->abstained_count = members(a->abstained, SLO_ABSTENTION__COUNT, out->abstained);
}

void slo_verdict_fill(const struct slo_verdict *v, const struct slo_facts *f, struct slo_incident *out)
{
	struct slo_argument a;

	slo_argument_make(v, f, &a);
	slo_argument_fill(&a, v, f, out);
}
