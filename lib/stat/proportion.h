/* SPDX-License-Identifier: MIT */
/* Intervals for a proportion: k of n. Pure. */
#ifndef SLO_STAT_PROPORTION_H
#define SLO_STAT_PROPORTION_H

#include <stdint.h>

/**
 * slo_clopper_pearson - the exact interval for @k successes in @n tries, k <= n, n > 0
 * @confidence: two-sided, in (0, 1)
 *
 * Quantiles of the beta distribution (Clopper and Pearson 1934); covers at least @confidence.
 */
void slo_clopper_pearson(uint64_t k, uint64_t n, double confidence, double *lo, double *hi);

/** slo_wilson - the score interval (Wilson 1927), without continuity correction; same arguments. */
void slo_wilson(uint64_t k, uint64_t n, double confidence, double *lo, double *hi);

#endif
