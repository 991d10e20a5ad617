/* SPDX-License-Identifier: MIT */
/* A verdict as an incident record. */
#include "attribute/model.h"
#include "base/num.h"

#include <math.h>

enum { DIGITS = 6 }; /* histograms are not that exact */

/* To @digits decimals: what is printed must not depend on a libm's last bit. */
static double decimals(double v, double scale)
{
	return isfinite(v) ? nearbyint(v * scale) / scale : v;
}

static void add_captured(const struct slo_verdict *v, const struct slo_facts *f, int subject, struct slo_evidence *e)
{
	const struct slo_fact *fact = slo_facts_of(f, subject);

	e->value = (struct slo_value){ .type = SLO_VALUE_NUM, .num = slo_round_digits(fact->value, DIGITS) };
	e->baseline = slo_round_digits(fact->baseline, DIGITS);
	e->unit = slo_str(slo_subject_unit(subject));
	e->weight = v->model->weighs ? decimals(v->weight[subject], 1e4) : NAN;
}

static void add_blind(const struct slo_fact *fact, struct slo_evidence *e)
{
	e->value = (struct slo_value){ .type = SLO_VALUE_STR, .str = slo_str(fact->why ? fact->why : "not captured") };
}

static void fill_evidence(const struct slo_verdict *v, const struct slo_facts *f, struct slo_incident *out)
{
	for (int i = 0; i < v->model->subjects; i++) {
		int subject = v->order[i];
		const struct slo_fact *fact = slo_facts_of(f, subject);
		struct slo_evidence *e = &out->evidence[out->evidence_count];

		if (!fact->told)
			continue;
		*e = (struct slo_evidence){ .signal = slo_str(slo_subject_name(subject)), .source = fact->source,
					    .baseline = NAN, .weight = NAN, .state = fact->state,
					    .role = subject < SLO_SIGNAL__COUNT ? f->role[subject] : -1 };
		if (fact->state == SLO_STATE_NOT_CAPTURED)
			add_blind(fact, e);
		else
			add_captured(v, f, subject, e);
		out->evidence_count++;
	}
}

static void fill_hypotheses(const struct slo_verdict *v, const struct slo_facts *f, struct slo_incident *out)
{
	int speakers[SLO_SUBJECT__COUNT];

	out->fault_hypotheses_count = v->hypotheses_count;
	for (uint32_t i = 0; i < v->hypotheses_count; i++) {
		struct slo_hypothesis *h = &out->fault_hypotheses[i];

		h->domain = slo_str(slo_enum_name(&slo_domain_enum, v->hypotheses[i].domain));
		h->posterior = decimals(v->hypotheses[i].posterior, 1e9);
		h->evidence_count = slo_verdict_speakers(v->model, f, v->hypotheses[i].domain, speakers);
		for (uint32_t k = 0; k < h->evidence_count; k++)
			h->evidence[k] = slo_str(slo_subject_name(speakers[k]));
	}
}

void slo_verdict_fill(const struct slo_verdict *v, const struct slo_facts *f, struct slo_incident *out)
{
	out->predicted_fault_domain = v->domain;
	out->confidence = decimals(v->confidence, 1e9);
	out->attribution_mode = slo_str(v->model->mode);
	out->model = slo_str(v->model->name);
	out->detail = v->domain == SLO_DOMAIN_CPU_THROTTLE ? v->detail : -1;
	out->evidence_count = 0;
	fill_evidence(v, f, out);
	fill_hypotheses(v, f, out);
}
