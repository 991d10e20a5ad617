/* SPDX-License-Identifier: MIT */
/*
 * Comparing two independent samples by ranks: the Mann-Whitney test, the
 * Hodges-Lehmann shift and Cliff's delta. Pure. Values must not be NaN;
 * infinities count as the largest values and tie with each other.
 */
#ifndef SLO_STAT_RANKTEST_H
#define SLO_STAT_RANKTEST_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SLO_RANK_EXACT_MAX = 100,       /* values on each side up to which p is exact, ties or not */
	SLO_RANK_MAX = 1 << 20,         /* values on one side */
	SLO_SHIFT_PAIRS_MAX = 1 << 22,  /* differences slo_hodges_lehmann() looks at: n * m */
};

/* Which p an exact computation yields, all of them at once. */
struct slo_rank_test {
	double u;         /* U of x: pairs with x > y, ties half; 0 .. n * m */
	double p_two;     /* P(|U - E| >= |u - E|) with E = n * m / 2 */
	double p_less;    /* P(U <= u): x tends to be smaller */
	double p_greater; /* P(U >= u): x tends to be larger */
	bool exact;       /* over all splits of the pooled values; else normal, tie-corrected, with continuity */
};

/**
 * slo_mann_whitney - is @x shifted against @y?
 *
 * Exact up to SLO_RANK_EXACT_MAX values on each side: counts, by dynamic programming over
 * the distinct values, the splits of the pooled sample that give each U, so that ties are
 * not approximated. Above, the normal approximation with the variance
 * nm/12 * ((N + 1) - sum(t^3 - t) / (N (N - 1))) and a continuity correction of at most 1/2
 * towards the mean; all values equal give p = 1.
 *
 * Return: 0; -EINVAL for an empty side or over SLO_RANK_MAX values; -ENOMEM.
 */
int slo_mann_whitney(const double *x, size_t n, const double *y, size_t m, struct slo_rank_test *out);

/** slo_mann_whitney_normal - the normal approximation at any size. */
int slo_mann_whitney_normal(const double *x, size_t n, const double *y, size_t m, struct slo_rank_test *out);

/** slo_rank_min_p - the smallest one-sided p that @n against @m values without ties can give: 1 / C(n + m, n). */
double slo_rank_min_p(size_t n, size_t m);

/* An estimate and where the truth may lie. */
struct slo_interval {
	double estimate, lo, hi; /* an end that the sample is too small for is infinite */
	double confidence;       /* reached, 0..1: at least what was asked for unless an end is infinite */
};

/**
 * slo_hodges_lehmann - how far @x lies above @y: the median of all differences x - y
 * @confidence: two-sided, in (0, 1)
 *
 * The ends are differences chosen by the exact distribution of U without ties up to
 * SLO_RANK_EXACT_MAX on each side (conservative with ties), by its normal approximation
 * above. For a one-sided bound at level c ask for confidence 2c - 1.
 * Return: 0; -EINVAL for an empty side, -E2BIG over SLO_SHIFT_PAIRS_MAX pairs; -ENOMEM.
 */
int slo_hodges_lehmann(const double *x, size_t n, const double *y, size_t m, double confidence,
		       struct slo_interval *out);

/**
 * slo_cliffs_delta - P(x > y) - P(x < y), -1 .. 1
 * @confidence: two-sided, in (0, 1)
 *
 * Interval: Cliff 1996, the asymmetric one with the unbiased variance and Student's t on
 * n + m - 2 degrees of freedom. Where nothing overlaps the variance is 0 and tells nothing:
 * the inner end is then (k - t^2) / (k + t^2), k the smaller size. With fewer than two
 * values on a side the interval is -1 .. 1.
 * @variance: of the estimate; may be NULL. Return: as slo_mann_whitney().
 */
int slo_cliffs_delta(const double *x, size_t n, const double *y, size_t m, double confidence,
		     struct slo_interval *out, double *variance);

/** slo_delta_size - "negligible" below .147, "small" below .33, "medium" below .474, else "large" (Romano 2006). */
const char *slo_delta_size(double delta);

#endif
