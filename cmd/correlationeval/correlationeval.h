/* SPDX-License-Identifier: MIT */
/* Parts of correlationeval: pairs in, predictions and their score out, a gate over the score. */
#ifndef CORRELATIONEVAL_H
#define CORRELATIONEVAL_H

#include "base/buf.h"
#include "config/config.h"
#include "correlate/pairs.h"
#include "opt/opt.h"

struct eval_opts {
	const char *input, *out, *predictions_out, *config; /* "" = none */
	int64_t window_ns;
	double threshold, min_precision, min_recall;
	int candidates, gate, format; /* indices into the choices */
	bool strict;
};

enum { CANDIDATES_AUTO, CANDIDATES_ALL, CANDIDATES_PAIR };
enum { GATE_TIERS, GATE_OVERALL };
enum { FORMAT_TEXT, FORMAT_JSON };

extern const struct slo_opt eval_options[];

enum { SKEWS = 11 };

extern const int eval_skews_ms[SKEWS];

enum { NO_SKEW = 5 }; /* index of 0 ms */

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_INCONCLUSIVE };

/* One tier, its events showing nothing else. */
struct tier_score {
	struct slo_pairs_score score;
	struct slo_share precision, recall; /* recall: over events that fit one span at most */
	bool gated;                         /* its configured confidence reaches the threshold, so that it decides joins */
};

struct eval {
	const struct eval_opts *o;
	struct slo_config config;
	struct slo_pairs *pairs;
	struct slo_pair_prediction *pred;   /* events showing all they have */
	struct slo_pairs_score score;
	struct slo_share precision, recall, recall_sure;
	struct tier_score tiers[SLO_TIER__COUNT];
	struct slo_pairs_score skew[SKEWS]; /* of events that do not show their trace id; one of them with no shift */
	bool together;
	enum verdict verdict;
	struct slo_err why;                 /* of a verdict other than pass */
	uint64_t malformed;
};

/** eval_measure - predict and score. Return: 0, or a negative errno with @err. */
int eval_measure(struct eval *e, struct slo_err *err);

/** eval_judge - set the verdict. */
void eval_judge(struct eval *e);

/** eval_verdict_name - "PASS", "FAIL", "INCONCLUSIVE". */
const char *eval_verdict_name(const struct eval *e);

/** eval_summary - the summary as JSON. */
void eval_summary(const struct eval *e, struct slo_buf *b);

/** eval_predictions - one row for each pair as CSV. */
void eval_predictions(const struct eval *e, struct slo_buf *b);

/** eval_text - what a person reads. */
void eval_text(const struct eval *e, struct slo_buf *b);

#endif
