/* SPDX-License-Identifier: MIT */
/*
 * How good verdicts on incidents are, given what was really injected: every
 * figure from one list of cases, whichever model judged them, so that a baseline
 * and a model stand in one table. Only scorers include this. Pure.
 *
 * A subcommand that evaluates fills one slo_eval_case for each incident, calls
 * slo_eval_score() on all of them and on each stratum (by the indices it picks:
 * domain, severity, kernel, profile, provider class), and slo_eval_intervals() for the
 * intervals of all figures.
 */
#ifndef SLO_ATTRIBUTE_EVALUATE_H
#define SLO_ATTRIBUTE_EVALUATE_H

#include "attribute/model.h"
#include "stat/bootstrap.h"
#include "stat/confusion.h"
#include "stat/forecast.h"
#include "stat/labelset.h"

enum {
	SLO_EVAL_K = 3,              /* PR@1 .. PR@3 */
	SLO_EVAL_BINS = 10,          /* of the calibration error, equal mass */
};

/* What was true, and what was said. */
struct slo_eval_case {
	uint32_t truth;              /* bit set of the injected named domains; unknown's bit = outside of them;
					0 = nothing was injected */
	bool opened;                 /* an incident was opened; the rest is only read then */
	int domain;                  /* enum SLO_DOMAIN: the verdict */
	uint32_t causes;             /* the verdict's cause set; unknown's bit has no say */
	double p[SLO_DOMAIN__COUNT]; /* probability of each domain, 0 .. 1 */
	double delay_s;              /* from the fault's start to the first incident line that named a true domain;
					NaN = never */
};

/** slo_eval_case_set - take a verdict's part over into @c, @p of every domain included. */
void slo_eval_case_set(struct slo_eval_case *c, const struct slo_verdict *v, const struct slo_posterior *p);

/* All figures over some cases; NaN where there is nothing to count. */
enum slo_eval_figure {
	SLO_EVAL_ACCURACY,           /* cases of one true domain, "outside" included: the verdict is it */
	SLO_EVAL_MACRO_F1,           /* of the same cases, over the domains among them */
	SLO_EVAL_EXACT,              /* cases with a fault: named causes = named truth */
	SLO_EVAL_EXACT_TWO,          /* of those with two true domains */
	SLO_EVAL_MICRO_F1,           /* over domains, of cases with a fault */
	SLO_EVAL_PR1,                /* PR@1 .. PR@3: named truth among the most probable; cases with a named fault */
	SLO_EVAL_PR2,
	SLO_EVAL_PR3,
	SLO_EVAL_PARTIAL,            /* cases with a fault: the verdict is in the truth */
	SLO_EVAL_COVERED,            /* cases with a named fault: mean share of the truth in the cause set */
	SLO_EVAL_BRIER,              /* over the marginals of the named domains, of all cases opened */
	SLO_EVAL_LOG_LOSS,
	SLO_EVAL_ECE,
	SLO_EVAL_AURC,               /* confidence = the verdict's probability, wrong = it is not in the truth */
	SLO_EVAL_ANSWERED,           /* cases with a named fault: a named domain was blamed */
	SLO_EVAL_RISK,               /* of those answered, cases with a fault: the verdict is not in the truth */
	SLO_EVAL_HEALTHY_BLAMED,     /* cases without fault: a named domain was blamed */
	SLO_EVAL_DELAY,              /* median delay of cases with a named fault that were ever right, seconds */
	SLO_EVAL__COUNT
};

extern const char *const slo_eval_names[SLO_EVAL__COUNT];

struct slo_eval {
	uint64_t n, faulty, healthy, opened;
	uint64_t healthy_blamed;     /* for slo_clopper_pearson() with @healthy */
	uint64_t never;              /* cases with a named fault that were never right */
	double figure[SLO_EVAL__COUNT];
	struct slo_confusion matrix; /* cases of one true domain; a case that was not opened counts as unknown */
	struct slo_labelset sets;    /* cases with a fault, named domains */
	struct slo_reliability reliability[SLO_EVAL_BINS];
};

/**
 * slo_eval_score - every figure of the cases @index names, @n of them, repeats included; NULL = the first @n
 *
 * A case without an incident counts as the verdict unknown with no named cause, and has no say in
 * the scores of probabilities. Return: 0; -ENOMEM.
 */
int slo_eval_score(const struct slo_eval_case *cases, const uint32_t *index, size_t n, struct slo_eval *out);

/* Values that are resampled: enum slo_eval_figure, and after them F1 of each named domain. */
enum { SLO_EVAL_VALUES = SLO_EVAL__COUNT + SLO_DOMAIN_UNKNOWN };

struct slo_eval_resampling {
	size_t iterations;           /* SLO_BOOT_MIN to SLO_BOOT_MAX */
	double confidence;           /* two-sided, in (0, 1) */
	uint64_t seed;               /* the same one draws the same cases, whatever is computed of them */
	bool brief;                  /* nothing of probabilities: Brier, log loss, ECE and AURC get no interval */
};

/**
 * slo_eval_intervals - bootstrap intervals over incidents, every value of each resample at once
 * @index: as above; the cases are drawn from it
 *
 * @out: estimate is left alone; lo and hi as slo_bootstrap_metrics(). Return: as that one.
 */
int slo_eval_intervals(const struct slo_eval_case *cases, const uint32_t *index, size_t n,
		       const struct slo_eval_resampling *how, struct slo_interval out[SLO_EVAL_VALUES]);

/**
 * slo_eval_curve - the risk at each coverage if the most probable named domain were always the answer
 * @out:    room for @n points
 * @points: how many there are
 * @aurc:   the area below
 *
 * Of the cases with a fault that were opened: what a threshold for abstaining is chosen on. SLO_EVAL_AURC
 * is of the verdicts as they were given, abstentions and quiet cases included. Return: 0; -ENOMEM.
 */
int slo_eval_curve(const struct slo_eval_case *cases, const uint32_t *index, size_t n, struct slo_risk_point *out,
		   size_t *points, double *aurc);

#endif
