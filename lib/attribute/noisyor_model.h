/* SPDX-License-Identifier: MIT */
/*
 * The noisy-OR model behind struct slo_model. Its probabilities are marginals:
 * they need not add up to 1, for several causes may be at work. "unknown" is the
 * probability that no named cause is: nothing, or the unmodelled cause alone.
 */
#ifndef SLO_ATTRIBUTE_NOISYOR_MODEL_H
#define SLO_ATTRIBUTE_NOISYOR_MODEL_H

#include "attribute/model.h"
#include "attribute/params.h"

#define SLO_NOISYOR_CAUSE 0.5    /* from this marginal on a cause is in the cause set */
#define SLO_NOISYOR_SPEAKS 0.3   /* least link with which a finding speaks for a cause */

struct slo_noisyor_model {
	struct slo_model model;          /* first member: what callers hand around */
	struct slo_model_params params;
	struct slo_noisyor engine;
	char name[SLO_PARAMS_NAME_MAX + 8];  /* "noisyor", or "noisyor:" and the name in the file */
	char version[SLO_PARAMS_HASH_MAX + 8]; /* "sha256:…" once slo_noisyor_model_file() was told */
	double weight[SLO_FINDINGS_MAX]; /* the most a finding can say: its largest link; 0 = not trained */
};

/* One judgement, with all there is to say about it. */
struct slo_noisyor_view {
	struct slo_finding x[SLO_FINDINGS_MAX];
	struct slo_noisyor_posterior posterior; /* before calibration */
	double captured;         /* share of the findings' weight that had a say, 0 .. 1 */
	double marginal[SLO_CAUSES], not_marginal[SLO_CAUSES]; /* calibrated; the last one is "no named cause" */
};

/** slo_noisyor_model_init - ready for use with @p, the expert table when NULL. Nothing to release. */
void slo_noisyor_model_init(struct slo_noisyor_model *n, const struct slo_model_params *p);

/** slo_noisyor_model_file - @hex: SHA-256 of the file the parameters came from, 64 hex digits. */
void slo_noisyor_model_file(struct slo_noisyor_model *n, const char *hex);

/** slo_noisyor_judge - the posterior of @n->params.nor.findings measurements */
void slo_noisyor_judge(const struct slo_noisyor_model *n, const struct slo_measure *m, struct slo_noisyor_view *out);

/**
 * slo_noisyor_abstains - the answer is unknown: no calibrated marginal of a named cause
 * reaches tau, "no named cause" is more probable than each of them, too little was
 * captured, or @v surprises more than training ever did
 */
bool slo_noisyor_abstains(const struct slo_noisyor_model *n, const struct slo_noisyor_view *v);

/** slo_noisyor_abstentions - which of these hold, bit set of enum SLO_ABSTENTION; 0 = it answers */
uint32_t slo_noisyor_abstentions(const struct slo_noisyor_model *n, const struct slo_noisyor_view *v);

/** slo_noisyor_replaced - of the lines of one signal, finding @j is one that is silent while the others speak */
bool slo_noisyor_replaced(const struct slo_measure *m, uint32_t j);

/** slo_noisyor_argue - slo_model.argue: one point for each finding (noisyor_argue.c) */
void slo_noisyor_argue(const struct slo_model *m, const struct slo_facts *f, struct slo_argument *out);

#endif
