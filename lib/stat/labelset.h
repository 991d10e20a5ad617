/* SPDX-License-Identifier: MIT */
/* Scores where truth and prediction are sets of labels: several may be right at once. Pure. */
#ifndef SLO_STAT_LABELSET_H
#define SLO_STAT_LABELSET_H

#include <stddef.h>
#include <stdint.h>

enum { SLO_LABELS_MAX = 32 };

struct slo_labelset {
	uint32_t labels;      /* 1 .. SLO_LABELS_MAX; bits beyond are ignored */
	uint64_t n;           /* cases */
	uint64_t exact;       /* predicted = true */
	uint64_t tp[SLO_LABELS_MAX], fp[SLO_LABELS_MAX], fn[SLO_LABELS_MAX];
	uint64_t both[SLO_LABELS_MAX][SLO_LABELS_MAX]; /* [a][b]: a was true and b was predicted */
};

void slo_labelset_init(struct slo_labelset *s, uint32_t labels);

/** slo_labelset_add - one case: bit sets of labels. */
void slo_labelset_add(struct slo_labelset *s, uint32_t truth, uint32_t predicted);

/** slo_labelset_exact - share of cases with all right; NaN when empty. */
double slo_labelset_exact(const struct slo_labelset *s);

/** slo_labelset_f1 - of one label; NaN where it was neither true nor predicted. */
double slo_labelset_f1(const struct slo_labelset *s, uint32_t label);

/** slo_labelset_micro_f1 - 2 TP / (2 TP + FP + FN) over all labels; NaN where nothing was true or predicted. */
double slo_labelset_micro_f1(const struct slo_labelset *s);

/** slo_labelset_macro_f1 - mean F1 over the labels that were ever true; NaN without any. */
double slo_labelset_macro_f1(const struct slo_labelset *s);

/**
 * slo_pr_at_k - share of the truth among the first @k of a ranking: |R[:k] & V| / min(k, |V|)
 * @ranked: @n labels, best first
 * @truth:  bit set V
 *
 * Source: LEMMA-RCA's PR@K. Return: NaN for an empty truth or k = 0.
 */
double slo_pr_at_k(const int *ranked, size_t n, uint32_t truth, size_t k);

#endif
