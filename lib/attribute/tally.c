/* SPDX-License-Identifier: MIT */
#include "attribute/tally.h"

#include "stat/quantile.h"

#include <math.h>

static bool positive(int stratum)
{
	return stratum != SLO_CASE_HEALTHY && stratum != SLO_CASE_BELOW;
}

/* The class of a truth of at most one domain. */
static int class_of(uint32_t truth)
{
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		if (truth == 1u << d)
			return d;
	return SLO_TALLY_NONE;
}

static void count_calm(struct slo_tally *t, const struct slo_case *c, const struct slo_outcome *o)
{
	int phases = c->truth == 0 ? SLO_CALM__COUNT : SLO_CALM_CONTROL;

	if (t->told || !c->timed)
		return;
	for (int p = 0; p < phases; p++) {
		t->calm++;
		t->alarms += o->alarm[p];
		t->blamed += o->blamed[p];
	}
}

static void count_classes(struct slo_tally *t, const struct slo_case *c, const struct slo_outcome *o, int stratum)
{
	int actual = class_of(c->truth), said = o->found ? o->domain : SLO_TALLY_NONE;

	if (slo_domains_count(c->truth) > 1 || stratum == SLO_CASE_BELOW || (t->told && stratum == SLO_CASE_HEALTHY))
		return;
	slo_confusion_add(&t->all, actual, said);
	if (stratum == SLO_CASE_SINGLE)
		slo_confusion_add(&t->single, actual, said);
}

static void count_set(struct slo_tally *t, const struct slo_case *c, const struct slo_outcome *o)
{
	uint32_t said = o->found ? o->named : 0;

	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		bool is = c->truth >> d & 1, was = said >> d & 1;

		t->set[d].support += is;
		t->set[d].tp += is && was;
		t->set[d].fp += !is && was;
		t->set[d].fn += is && !was;
	}
}

static void count_case(struct slo_tally *t, const struct slo_case *c, const struct slo_outcome *o)
{
	int s = slo_case_kind(c);

	t->cases[s]++;
	count_calm(t, c, o);
	count_classes(t, c, o, s);
	if (positive(s) || (s == SLO_CASE_HEALTHY && !t->told))
		count_set(t, c, o);
	if (!o->found) {
		t->missed[s]++;
		t->correct[s] += c->truth == 0;
		t->exact[s] += c->truth == 0;
		return;
	}
	t->correct[s] += slo_outcome_correct(o, c);
	t->exact[s] += slo_outcome_exact(o, c);
	t->partial[s] += c->truth >> o->domain & 1;
	t->abstained[s] += o->domain == SLO_DOMAIN_UNKNOWN;
	if (c->truth)
		t->covered[s] += (double)slo_domains_count(c->truth & o->listed) / slo_domains_count(c->truth);
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

static void rates(struct slo_class_score *s)
{
	s->precision = ratio(s->tp, s->tp + s->fp);
	s->recall = ratio(s->tp, s->support);
	s->f1 = ratio(2 * s->tp, 2 * s->tp + s->fp + s->fn);
}

void slo_tally_make(const struct slo_case *cases, const struct slo_outcome *outcomes, const uint32_t *pick, size_t n,
		    bool told, double *scratch, struct slo_tally *out)
{
	size_t delays = 0;

	*out = (struct slo_tally){ .told = told };
	slo_confusion_init(&out->single, SLO_TALLY_CLASSES);
	slo_confusion_init(&out->all, SLO_TALLY_CLASSES);
	for (size_t i = 0; i < n; i++) {
		const struct slo_case *c = &cases[pick ? pick[i] : i];
		const struct slo_outcome *o = &outcomes[pick ? pick[i] : i];
		double delay = slo_outcome_delay_s(o, c);

		count_case(out, c, o);
		if (positive(slo_case_kind(c)) && !isnan(delay))
			scratch[delays++] = delay;
	}
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		rates(&out->set[d]);
	slo_sort_f64(scratch, delays);
	out->delays = delays;
	out->delay_median_s = slo_quantile(scratch, delays, 0.5);
	out->delay_p95_s = slo_quantile(scratch, delays, 0.95);
}
