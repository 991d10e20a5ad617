/* SPDX-License-Identifier: MIT */
/*
 * One incident that was recorded, what really happened in it, and what a method
 * made of it. For scorers: nothing that predicts may include this. Pure.
 */
#ifndef SLO_ATTRIBUTE_OUTCOME_H
#define SLO_ATTRIBUTE_OUTCOME_H

#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

/* What a case can show. */
enum slo_case_kind {
	SLO_CASE_SINGLE,  /* one domain was hit and the objective was missed */
	SLO_CASE_DUAL,
	SLO_CASE_TRIPLE,  /* three or more */
	SLO_CASE_OUTSIDE, /* missed for a reason no domain has: the answer is unknown */
	SLO_CASE_HEALTHY, /* nothing was done */
	SLO_CASE_BELOW,   /* something was done, and the objective was met all the same */
	SLO_CASE__COUNT
};

/* The truth. */
struct slo_case {
	uint32_t truth;          /* bit set of enum SLO_DOMAIN; 0 = healthy, {unknown} = outside */
	bool positive;           /* an objective was really missed */
	bool timed;              /* the times below are known; a fault sample has none */
	int64_t start_ns, fault_start_ns, fault_end_ns, end_ns;
};

/** slo_domains_count - domains in a bit set. */
static inline int slo_domains_count(uint32_t set)
{
	int n = 0;

	for (; set; set &= set - 1)
		n++;
	return n;
}

/** slo_case_kind - enum slo_case_kind; by distinct domains, so two faults of one domain are a single. */
int slo_case_kind(const struct slo_case *c);

/* The phases in which nothing was wrong: each is a window in which an incident is a false alarm. */
enum slo_calm { SLO_CALM_BASELINE, SLO_CALM_CONTROL, SLO_CALM__COUNT };

/* The answer. */
struct slo_outcome {
	bool found;              /* there is an answer; false = the incident was missed */
	int domain;              /* enum SLO_DOMAIN; when @found */
	uint32_t named;          /* the cause set: named domains, or {unknown} for an abstention */
	uint32_t listed;         /* @domain and every hypothesis of SLO_VERDICT_CAUSE and more (contract 9.3) */
	double confidence;       /* 0 .. 1, NaN = the method has none */
	int64_t at_ns;           /* when the answer was given, SLO_ABSENT_I64 = not known */
	int64_t opened_ns;       /* first opening after the fault began, SLO_ABSENT_I64 = none */
	bool alarm[SLO_CALM__COUNT];  /* opened in this calm phase */
	bool blamed[SLO_CALM__COUNT]; /* a named domain was blamed in it */
};

void slo_outcome_init(struct slo_outcome *o);

/**
 * slo_outcome_take - the next line an attributor wrote about the service of case @c
 *
 * Lines come in the order written; the time of a line is its timestamp, that of an
 * opening the timestamp of its line of status open. The answer is the line in force
 * at the end of the fault: the last one of status open or updated that is not later,
 * unless its incident was resolved before it spoke of the fault. Where there is none
 * yet, it is the last line before the end of input. An opening not later than the
 * beginning of the fault, or at any time of a healthy run, is a false alarm.
 */
void slo_outcome_take(struct slo_outcome *o, const struct slo_case *c, const struct slo_incident *line);

/** slo_outcome_answer - the answer of a method that was told that there is an incident. */
void slo_outcome_answer(struct slo_outcome *o, int domain, uint32_t named, double confidence);

/** slo_outcome_exact - the cause set is the truth. */
bool slo_outcome_exact(const struct slo_outcome *o, const struct slo_case *c);

/** slo_outcome_correct - of one domain: it was blamed first; of several: the cause set is exact. */
bool slo_outcome_correct(const struct slo_outcome *o, const struct slo_case *c);

/** slo_outcome_delay_s - from the beginning of the fault to the opening, in seconds; NaN when there is none. */
double slo_outcome_delay_s(const struct slo_outcome *o, const struct slo_case *c);

#endif
