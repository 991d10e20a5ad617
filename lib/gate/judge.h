/* SPDX-License-Identifier: MIT */
/*
 * What a set of answers says about each metric, and what several rounds of
 * them say about the whole. Nothing passes that was not seen; a violation that
 * was seen is never taken back by something that was not. Pure.
 */
#ifndef SLO_GATE_JUDGE_H
#define SLO_GATE_JUDGE_H

#include "gate/plan.h"

/* What became of one query. */
enum slo_gate_state {
	SLO_GATE_NOT_ASKED,
	SLO_GATE_VALUE,       /* one number; NaN and infinities are numbers here */
	SLO_GATE_EMPTY,       /* the server knows no such series */
	SLO_GATE_MANY,        /* more than one series */
	SLO_GATE_UNAVAILABLE, /* the server did not answer */
	SLO_GATE_REFUSED,     /* it, or what stands in for it, answered with an error, or with nonsense */
};

struct slo_gate_reading {
	int state;            /* enum slo_gate_state */
	double value;
	uint32_t series;
	uint32_t warnings, infos;
	char why[320];        /* of an error; the first series of many */
	char warning[200], info[200]; /* the first of them */
};

enum slo_gate_outcome { SLO_GATE_PASS, SLO_GATE_FAIL, SLO_GATE_INCONCLUSIVE, SLO_GATE_ERROR, SLO_GATE__OUTCOMES };

extern const char *const slo_gate_outcome_names[]; /* "pass", "fail", "inconclusive", "error" */

/* One metric, once. */
struct slo_gate_measure {
	int outcome;          /* enum slo_gate_outcome */
	bool unavailable;     /* an ERROR that may pass by itself */
	double value;         /* NaN = none */
	double samples;       /* NaN = not known */
	double base;          /* of the baseline; NaN = none */
	double limit;         /* what the value was held to; NaN = none */
	double burn_short, burn_long; /* of a burn rate; NaN = none */
	char reason[480];     /* "" only for a plain pass */
	char warning[200], info[200]; /* what the server said besides; "" = nothing */
};

/** slo_gate_measure - judge metric @m of @p by the readings of all queries of the plan, in its order. */
void slo_gate_measure(const struct slo_gate_plan *p, const struct slo_gate_metric *m, const struct slo_gate_reading *r,
		      struct slo_gate_measure *out);

/* How often, and how much is put up with. */
struct slo_gate_patience {
	uint32_t count;              /* measurements without error that each metric needs, >= 1 */
	uint32_t failure_limit;      /* violations that do not fail it yet */
	uint32_t inconclusive_limit; /* likewise */
	uint32_t error_limit;        /* errors in a row that do not end it yet */
};

/* One metric over all rounds. */
struct slo_gate_tally {
	uint32_t passes, violations, inconclusive, errors;
	uint32_t errors_in_row, errors_most; /* now, and at worst: what was over the limit stays over it */
	struct slo_gate_measure worst; /* the last one of the outcome that decided */
};

/** slo_gate_count - take a measurement in. */
void slo_gate_count(struct slo_gate_tally *t, const struct slo_gate_measure *m);

/** slo_gate_verdict - what the tally says so far; @done: further rounds cannot change it, or are not needed. */
int slo_gate_verdict(const struct slo_gate_tally *t, const struct slo_gate_patience *c, bool *done);

/** slo_gate_wait_more - whether another round is due: no metric has failed for good, and one is not done. */
bool slo_gate_wait_more(const struct slo_gate_tally *t, size_t n, const struct slo_gate_patience *c);

struct slo_gate_result {
	int outcome;          /* enum slo_gate_outcome */
	bool degraded;        /* passes only because @fail_open let an unavailable server pass */
};

/**
 * slo_gate_overall - all metrics together: a failed one wins over an error, that over inconclusive, that over a pass
 * @fail_open: metrics that only could not be asked, because the server was unavailable, do not count
 */
struct slo_gate_result slo_gate_overall(const struct slo_gate_tally *t, size_t n, const struct slo_gate_patience *c,
					bool fail_open);

/** slo_gate_exit_status - 0 pass, 1 fail, 3 inconclusive, 4 error. */
int slo_gate_exit_status(int outcome);

#endif
