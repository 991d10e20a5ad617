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

/** slo_noisyor_judge - the posterior of @n->params.nor.findings measurements */
void slo_noisyor_judge(const struct slo_noisyor_model *n, const struct slo_measure *m, struct slo_noisyor_view *out);

/**
 * slo_noisyor_abstains - the answer is unknown: no calibrated marginal of a named cause
 * reaches tau, "no named cause" is more probable than each of them, too little was
 * captured, or @v surprises more than training ever did
 */
bool slo_noisyor_abstains(const struct slo_noisyor_model *n, const struct slo_noisyor_view *v);

#endif
