/* SPDX-License-Identifier: MIT */
/* What different methods say about the same recorded incidents. */
#ifndef ATTRIBUTOR_ANSWERS_H
#define ATTRIBUTOR_ANSWERS_H

#include "cases.h"

#include "attribute/noisyor_model.h"
#include "base/rng.h"
#include "stat/logreg.h"

/*
 * Answers to all items of a struct cases: twice as many as there are items. The
 * first half is the incident, or the control phase of a healthy run; the second
 * half the time before anything was done, in which any incident is a false alarm.
 */
struct answers {
	struct slo_eval_case *cases;
	size_t count;             /* 2 * items */
};

int answers_new(struct answers *a, const struct cases *c);
void answers_free(struct answers *a);

/**
 * answers_model - the verdict of @m in force at the end of the fault
 * @stream:  only of what this agent saw (enum SLO_STREAM), -1 = both
 * @without: a subject (see slo_facts_of()) that is taken for not captured, -1 = none
 */
void answers_model(struct answers *a, const struct cases *c, const struct slo_model *m, int stream, int without);

/** answers_captured - share of the findings' weight that was captured at the end of the fault; NaN = no incident. */
double answers_captured(const struct item *it, const struct slo_noisyor_model *n);

/** answers_loudest - the largest robust z, which is told when the fault was, but not whether. */
void answers_loudest(struct answers *a, const struct cases *c);

/** answers_majority - always the set seen most often in @train. */
void answers_majority(struct answers *a, const struct cases *c, const struct cases *train);

/** answers_random - one of the eight domains, each as likely. */
void answers_random(struct answers *a, const struct cases *c, struct slo_rng *rng);

/* One ridge logistic regression for each domain against all others, on the same findings. */
struct ovr {
	struct slo_logreg of[SLO_DOMAIN__COUNT];
};

/** ovr_fit - on the positive incidents and quiet windows of @train. Return: 0; a negative errno. */
int ovr_fit(struct ovr *o, const struct cases *train);
void answers_ovr(struct answers *a, const struct cases *c, const struct ovr *o);

#endif
