/* SPDX-License-Identifier: MIT */
/*
 * How good verdicts are, given the truth. Only scorers include this: nothing
 * that predicts may.
 */
#ifndef SLO_ATTRIBUTE_SCORE_H
#define SLO_ATTRIBUTE_SCORE_H

#include "attribute/model.h"
#include "stat/confusion.h"

/* What a fault sample says really happened. */
struct slo_truth {
	int domain;       /* expected_domain, else the first of expected_domains, else the fault label's domain */
	uint32_t set;     /* bit set of expected_domains; {domain} when the sample has none */
	bool has_set;     /* the sample has expected_domains */
};

struct slo_score {
	struct slo_confusion matrix;  /* over enum SLO_DOMAIN */
	uint64_t n;
	uint64_t in_set;              /* predicted domain is in the set */
	double coverage;              /* sum over samples of |set and found| / |set| */
	bool has_sets;                /* any sample has expected_domains */
	uint64_t unreadable;          /* truth named a domain nobody knows: counted as unknown */
};

/** slo_truth_read - Return: false when a domain name was not known (taken as unknown). */
bool slo_truth_read(const struct slo_fault_sample *s, struct slo_truth *out);

void slo_score_init(struct slo_score *s);

/** slo_score_add - found = predicted domain and the rest of the cause set. */
void slo_score_add(struct slo_score *s, const struct slo_verdict *v, const struct slo_truth *t);

/** slo_score_accuracy, _partial, _coverage - shares in 0 .. 1; NaN without samples. Contract section 9.3. */
double slo_score_accuracy(const struct slo_score *s);
double slo_score_partial(const struct slo_score *s);
double slo_score_coverage(const struct slo_score *s);

#endif
