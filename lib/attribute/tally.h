/* SPDX-License-Identifier: MIT */
/*
 * How good a method's answers are over many recorded incidents: counts first,
 * then the metrics that follow from them. A metric that cannot be computed is NaN
 * and has a reason. For scorers only. Pure.
 */
#ifndef SLO_ATTRIBUTE_TALLY_H
#define SLO_ATTRIBUTE_TALLY_H

#include "attribute/outcome.h"
#include "stat/confusion.h"

/* The class beside the domains: as truth a healthy run, as answer a missed incident. */
enum { SLO_TALLY_NONE = SLO_DOMAIN__COUNT, SLO_TALLY_CLASSES };

struct slo_tally {
	bool told;                          /* that there is an incident: nothing to miss or to raise */
	struct slo_confusion single;        /* single faults: truth against the domain blamed first */
	struct slo_confusion all;           /* and faults outside the domains, and healthy runs */
	uint64_t cases[SLO_CASE__COUNT];
	uint64_t missed[SLO_CASE__COUNT];
	uint64_t correct[SLO_CASE__COUNT]; /* see slo_outcome_correct(); of a healthy run: no incident */
	uint64_t exact[SLO_CASE__COUNT];
	uint64_t partial[SLO_CASE__COUNT]; /* the domain blamed first is among the true ones */
	uint64_t abstained[SLO_CASE__COUNT];
	double covered[SLO_CASE__COUNT]; /* sum of |truth and listed| / |truth| */
	struct slo_class_score set[SLO_DOMAIN__COUNT]; /* in the cause set or not; positives, healthy runs */
	uint64_t calm, alarms, blamed;      /* calm phases, those with an opening, those with a named domain */
	uint64_t delays;                    /* positives with a detection delay */
	double delay_median_s, delay_p95_s; /* type 7; NaN without any */
};

/**
 * slo_tally_make - count
 * @pick: indices into @cases and @outcomes, @n of them; NULL = 0 .. @n - 1
 * @scratch: @n doubles
 */
void slo_tally_make(const struct slo_case *cases, const struct slo_outcome *outcomes, const uint32_t *pick, size_t n,
		    bool told, double *scratch, struct slo_tally *out);

enum slo_metric {
	SLO_METRIC_ACCURACY,       /* correct of all positives */
	SLO_METRIC_MACRO_F1,       /* mean over the domains, single faults */
	SLO_METRIC_EXACT_SINGLE,
	SLO_METRIC_EXACT_DUAL,
	SLO_METRIC_EXACT_TRIPLE,
	SLO_METRIC_EXACT,          /* of all positives */
	SLO_METRIC_MICRO_F1,       /* cause sets, all domains together, named ones */
	SLO_METRIC_PARTIAL,        /* of all positives */
	SLO_METRIC_COVERAGE,
	SLO_METRIC_OUTSIDE,        /* unknown said of faults outside the domains */
	SLO_METRIC_ABSTAIN,        /* unknown said of named faults */
	SLO_METRIC_MISSED,         /* positives without an answer */
	SLO_METRIC_ALARMS,         /* calm phases with an opening */
	SLO_METRIC_BLAMED,         /* calm phases with a named domain */
	SLO_METRIC_DELAY_MEDIAN,   /* s */
	SLO_METRIC_DELAY_P95,      /* s */
	SLO_METRIC__COUNT
};

struct slo_metric_info {
	const char *name;          /* of the summary */
	const char *title;         /* of a table */
	bool share;                /* k of n: an exact interval exists */
	bool more_is_better;
};

extern const struct slo_metric_info slo_metric_info[SLO_METRIC__COUNT];

/** slo_metric_value - NaN when it cannot be computed. */
double slo_metric_value(const struct slo_tally *t, int metric);

/** slo_metric_why - why the value is NaN; NULL when it is not. */
const char *slo_metric_why(const struct slo_tally *t, int metric);

/** slo_metric_parts - of a share: @k of @n; false for other metrics and where @n is 0. */
bool slo_metric_parts(const struct slo_tally *t, int metric, uint64_t *k, uint64_t *n);

#endif
