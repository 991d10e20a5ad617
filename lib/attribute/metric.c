/* SPDX-License-Identifier: MIT */
/* The metrics of a tally, each as a row of one table. */
#include "attribute/tally.h"

#include <math.h>

const struct slo_metric_info slo_metric_info[SLO_METRIC__COUNT] = {
	[SLO_METRIC_ACCURACY] = { "attribution_accuracy", "accuracy", true, true },
	[SLO_METRIC_MACRO_F1] = { "attribution_macro_f1", "macro-F1 (one fault)", false, true },
	[SLO_METRIC_EXACT_SINGLE] = { "exact_set_single", "exact set, one fault", true, true },
	[SLO_METRIC_EXACT_DUAL] = { "exact_set_dual", "exact set, two faults", true, true },
	[SLO_METRIC_EXACT_TRIPLE] = { "exact_set_triple", "exact set, three faults", true, true },
	[SLO_METRIC_EXACT] = { "exact_set_accuracy", "exact set", true, true },
	[SLO_METRIC_MICRO_F1] = { "cause_set_micro_f1", "micro-F1 of cause sets", false, true },
	[SLO_METRIC_PARTIAL] = { "partial_accuracy", "partial", true, true },
	[SLO_METRIC_COVERAGE] = { "coverage_accuracy", "coverage", false, true },
	[SLO_METRIC_OUTSIDE] = { "outside_unknown_rate", "unknown said of outside faults", true, true },
	[SLO_METRIC_ABSTAIN] = { "abstain_rate", "abstained", true, false },
	[SLO_METRIC_MISSED] = { "false_negative_rate", "missed", true, false },
	[SLO_METRIC_ALARMS] = { "false_positive_rate", "false alarms, calm windows", true, false },
	[SLO_METRIC_BLAMED] = { "healthy_blamed_rate", "blamed, calm windows", true, false },
	[SLO_METRIC_DELAY_MEDIAN] = { "detection_delay_seconds_median", "detection delay, median (s)", false, false },
	[SLO_METRIC_DELAY_P95] = { "detection_delay_seconds_p95", "detection delay, p95 (s)", false, false },
};

/* Strata as bit sets. */
#define BIT(s) (1u << SLO_CASE_##s)

enum {
	NAMED = BIT(SINGLE) | BIT(DUAL) | BIT(TRIPLE),
	POSITIVE = NAMED | BIT(OUTSIDE),
};

static uint64_t over(const uint64_t *count, uint32_t strata)
{
	uint64_t sum = 0;

	for (int s = 0; s < SLO_CASE__COUNT; s++)
		sum += strata >> s & 1 ? count[s] : 0;
	return sum;
}

static double coverage(const struct slo_tally *t)
{
	uint64_t n = over(t->cases, POSITIVE);
	double sum = 0;

	for (int s = 0; s < SLO_CASE__COUNT; s++)
		sum += POSITIVE >> s & 1 ? t->covered[s] : 0;
	return n ? sum / (double)n : NAN;
}

static double micro_f1(const struct slo_tally *t)
{
	uint64_t tp = 0, wrong = 0;

	for (int d = 0; d < SLO_DOMAIN_UNKNOWN; d++) {
		tp += t->set[d].tp;
		wrong += t->set[d].fp + t->set[d].fn;
	}
	return tp + wrong ? 2 * (double)tp / (double)(2 * tp + wrong) : NAN;
}

/* Which strata a share is of; 0 = another thing. */
static uint32_t strata_of(int metric)
{
	switch (metric) {
	case SLO_METRIC_ACCURACY:
	case SLO_METRIC_EXACT:
	case SLO_METRIC_PARTIAL:
	case SLO_METRIC_MISSED:
		return POSITIVE;
	case SLO_METRIC_EXACT_SINGLE:
		return BIT(SINGLE);
	case SLO_METRIC_EXACT_DUAL:
		return BIT(DUAL);
	case SLO_METRIC_EXACT_TRIPLE:
		return BIT(TRIPLE);
	case SLO_METRIC_OUTSIDE:
		return BIT(OUTSIDE);
	case SLO_METRIC_ABSTAIN:
		return NAMED;
	default:
		return 0;
	}
}

static const uint64_t *hits_of(const struct slo_tally *t, int metric)
{
	switch (metric) {
	case SLO_METRIC_ACCURACY:
		return t->correct;
	case SLO_METRIC_PARTIAL:
		return t->partial;
	case SLO_METRIC_MISSED:
		return t->missed;
	case SLO_METRIC_OUTSIDE:
	case SLO_METRIC_ABSTAIN:
		return t->abstained;
	default:
		return t->exact;
	}
}

bool slo_metric_parts(const struct slo_tally *t, int metric, uint64_t *k, uint64_t *n)
{
	uint32_t strata = strata_of(metric);

	if (metric == SLO_METRIC_ALARMS || metric == SLO_METRIC_BLAMED) {
		*k = metric == SLO_METRIC_ALARMS ? t->alarms : t->blamed;
		*n = t->calm;
	} else if (!strata || (t->told && metric == SLO_METRIC_MISSED)) {
		return false;
	} else {
		*k = over(hits_of(t, metric), strata);
		*n = over(t->cases, strata);
	}
	return *n > 0;
}

double slo_metric_value(const struct slo_tally *t, int metric)
{
	uint64_t k, n;

	switch (metric) {
	case SLO_METRIC_MACRO_F1:
		return slo_confusion_macro_f1(&t->single);
	case SLO_METRIC_MICRO_F1:
		return micro_f1(t);
	case SLO_METRIC_COVERAGE:
		return coverage(t);
	case SLO_METRIC_DELAY_MEDIAN:
		return t->delay_median_s;
	case SLO_METRIC_DELAY_P95:
		return t->delay_p95_s;
	default:
		return slo_metric_parts(t, metric, &k, &n) ? (double)k / (double)n : NAN;
	}
}

/* Metrics that a method which is told that there is an incident does not have. */
static bool of_detection(int metric)
{
	return metric == SLO_METRIC_MISSED || metric == SLO_METRIC_ALARMS || metric == SLO_METRIC_BLAMED ||
	       metric == SLO_METRIC_DELAY_MEDIAN || metric == SLO_METRIC_DELAY_P95;
}

const char *slo_metric_why(const struct slo_tally *t, int metric)
{
	if (!isnan(slo_metric_value(t, metric)))
		return NULL;
	if (t->told && of_detection(metric))
		return "the method is told that there is an incident";
	switch (metric) {
	case SLO_METRIC_MACRO_F1:
	case SLO_METRIC_EXACT_SINGLE:
		return "no incident of one fault";
	case SLO_METRIC_EXACT_DUAL:
		return "no incident of two faults";
	case SLO_METRIC_EXACT_TRIPLE:
		return "no incident of three faults";
	case SLO_METRIC_OUTSIDE:
		return "no fault outside the domains";
	case SLO_METRIC_ALARMS:
	case SLO_METRIC_BLAMED:
		return "no healthy window";
	case SLO_METRIC_DELAY_MEDIAN:
	case SLO_METRIC_DELAY_P95:
		return over(t->cases, POSITIVE) ? "no incident was opened during a fault" : "no positive incident";
	default:
		return "no positive incident";
	}
}
