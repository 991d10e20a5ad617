/* SPDX-License-Identifier: MIT */
#include "attribute/outcome.h"

#include "attribute/model.h"

#include <math.h>

#define UNKNOWN (1u << SLO_DOMAIN_UNKNOWN)

int slo_case_kind(const struct slo_case *c)
{
	int n = slo_domains_count(c->truth & ~UNKNOWN);

	if (c->truth == 0)
		return SLO_CASE_HEALTHY;
	if (!c->positive)
		return SLO_CASE_BELOW;
	if (n == 0)
		return SLO_CASE_OUTSIDE;
	return n == 1 ? SLO_CASE_SINGLE : n == 2 ? SLO_CASE_DUAL : SLO_CASE_TRIPLE;
}

void slo_outcome_init(struct slo_outcome *o)
{
	*o = (struct slo_outcome){ .domain = SLO_DOMAIN_UNKNOWN, .confidence = NAN, .at_ns = SLO_ABSENT_I64,
				   .opened_ns = SLO_ABSENT_I64 };
}

/* The calm phase @at_ns falls into, or -1. */
static int calm_at(const struct slo_case *c, int64_t at_ns)
{
	if (at_ns <= c->fault_start_ns)
		return SLO_CALM_BASELINE;
	return c->truth == 0 ? SLO_CALM_CONTROL : -1;
}

static uint32_t listed(const struct slo_incident *line)
{
	uint32_t set = 1u << line->predicted_fault_domain;

	for (uint32_t i = 0; i < line->fault_hypotheses_count; i++) {
		int d = slo_enum_find(&slo_domain_enum, line->fault_hypotheses[i].domain);

		if (d >= 0 && line->fault_hypotheses[i].posterior >= SLO_VERDICT_CAUSE)
			set |= 1u << d;
	}
	return set;
}

static void answer(struct slo_outcome *o, const struct slo_incident *line)
{
	uint32_t all = listed(line);
	bool abstains = line->predicted_fault_domain == SLO_DOMAIN_UNKNOWN;

	slo_outcome_answer(o, line->predicted_fault_domain, abstains ? UNKNOWN : all & ~UNKNOWN, line->confidence);
	o->listed = all;
	o->at_ns = line->timestamp;
}

static void forget(struct slo_outcome *o)
{
	o->found = false;
	o->at_ns = SLO_ABSENT_I64;
}

void slo_outcome_take(struct slo_outcome *o, const struct slo_case *c, const struct slo_incident *line)
{
	int calm = calm_at(c, line->timestamp);
	bool old = o->found && o->at_ns <= c->fault_start_ns; /* the answer was given before the fault began */
	bool ended = line->status == SLO_INCIDENT_STATUS_RESOLVED || line->status == SLO_INCIDENT_STATUS_STALE;

	if (line->status == SLO_INCIDENT_STATUS_OPEN) {
		if (calm >= 0)
			o->alarm[calm] = true;
		else if (o->opened_ns == SLO_ABSENT_I64)
			o->opened_ns = line->timestamp;
	}
	if (ended) {
		if (old && line->timestamp <= c->fault_end_ns)
			forget(o);
		return;
	}
	if (calm >= 0 && line->predicted_fault_domain != SLO_DOMAIN_UNKNOWN)
		o->blamed[calm] = true;
	if (line->timestamp <= c->fault_end_ns || !o->found || o->at_ns > c->fault_end_ns)
		answer(o, line);
}

void slo_outcome_answer(struct slo_outcome *o, int domain, uint32_t named, double confidence)
{
	o->found = true;
	o->domain = domain;
	o->named = named;
	o->listed = named | 1u << domain;
	o->confidence = confidence;
}

bool slo_outcome_exact(const struct slo_outcome *o, const struct slo_case *c)
{
	return o->found && o->named == c->truth;
}

bool slo_outcome_correct(const struct slo_outcome *o, const struct slo_case *c)
{
	if (slo_domains_count(c->truth) == 1)
		return o->found && c->truth == 1u << o->domain;
	return slo_outcome_exact(o, c);
}

double slo_outcome_delay_s(const struct slo_outcome *o, const struct slo_case *c)
{
	if (!c->timed || o->opened_ns == SLO_ABSENT_I64)
		return NAN;
	return (double)(o->opened_ns - c->fault_start_ns) / 1e9;
}
