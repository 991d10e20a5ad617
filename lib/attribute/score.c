/* SPDX-License-Identifier: MIT */
#include "attribute/score.h"

#include "attribute/outcome.h"

#include <math.h>

static int domain_of(struct slo_str name, bool *known)
{
	int d = slo_enum_find(&slo_domain_enum, name);

	if (d >= 0)
		return d;
	*known = false;
	return SLO_DOMAIN_UNKNOWN;
}

bool slo_truth_read(const struct slo_fault_sample *s, struct slo_truth *out)
{
	bool known = true;

	*out = (struct slo_truth){ .domain = -1, .has_set = s->expected_domains_count > 0 };
	if (s->expected_domain.len)
		out->domain = domain_of(s->expected_domain, &known);
	for (uint32_t i = 0; i < s->expected_domains_count; i++) {
		int d = domain_of(s->expected_domains[i], &known);

		out->set |= 1u << d;
		if (out->domain < 0)
			out->domain = d;
	}
	if (out->domain < 0)
		out->domain = slo_fault_domain_of(s->fault_label);
	if (!out->set)
		out->set = 1u << out->domain;
	return known;
}

void slo_score_init(struct slo_score *s)
{
	*s = (struct slo_score){ .n = 0 };
	slo_confusion_init(&s->matrix, SLO_DOMAIN__COUNT);
}

void slo_score_add(struct slo_score *s, const struct slo_verdict *v, const struct slo_truth *t)
{
	slo_confusion_add(&s->matrix, t->domain, v->domain);
	s->n++;
	s->in_set += t->set >> v->domain & 1;
	s->coverage += (double)slo_domains_count(t->set & v->causes) / slo_domains_count(t->set);
	s->has_sets = s->has_sets || t->has_set;
}

double slo_score_accuracy(const struct slo_score *s)
{
	return slo_confusion_accuracy(&s->matrix);
}

double slo_score_partial(const struct slo_score *s)
{
	return s->n ? (double)s->in_set / (double)s->n : NAN;
}

double slo_score_coverage(const struct slo_score *s)
{
	return s->n ? s->coverage / (double)s->n : NAN;
}
