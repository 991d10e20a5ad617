/* SPDX-License-Identifier: MIT */
/*
 * Bootstrap of the difference of two quantiles where the values come in runs:
 * runs are drawn first, then values within each drawn run, so that what values
 * of a run have in common is not taken for evidence. Pure: randomness is an argument.
 */
#ifndef SLO_STAT_BOOTSTRAP_H
#define SLO_STAT_BOOTSTRAP_H

#include "base/rng.h"
#include "stat/ranktest.h"

#include <stddef.h>
#include <stdint.h>

enum { SLO_BOOT_MIN = 100, SLO_BOOT_MAX = 1000000 }; /* resamplings */

/* One side: @runs runs, run i holds size[i] > 0 values at values[i]. */
struct slo_runs {
	const double *const *values;
	const size_t *size;
	size_t runs;
};

/**
 * slo_bootstrap_quantile - percentile interval for quantile(x) - quantile(y) of the pooled values
 * @q:          quantile, type 7, in [0, 1]
 * @iterations: SLO_BOOT_MIN to SLO_BOOT_MAX
 * @confidence: two-sided, in (0, 1)
 * @rng:        x's runs and values are drawn before y's, run by run
 *
 * Ends are the type-7 quantiles of the differences. Percentile and not BCa: the jackknife that
 * BCa accelerates with is inconsistent for quantiles. With five runs or fewer it is coarse.
 * Return: 0; -EINVAL for an empty side or run or @iterations out of range; -ENOMEM.
 */
int slo_bootstrap_quantile(const struct slo_runs *x, const struct slo_runs *y, double q, size_t iterations,
			   double confidence, struct slo_rng *rng, struct slo_interval *out);

/* Statistics of a resample: @pick holds @n indices of cases; fills the values, NaN where there is none. */
typedef void slo_bootstrap_fn(void *arg, const uint32_t *pick, size_t n, double *values);

/**
 * slo_bootstrap_metrics - percentile intervals for @k statistics of @n cases that are drawn whole, with replacement
 * @iterations: SLO_BOOT_MIN to SLO_BOOT_MAX
 * @fn:         called for each resample, one after the other
 * @out:        @k intervals; estimate is left alone, lo and hi are NaN where fewer than
 *              half of the resamples had a value, and over those that had one otherwise
 *
 * Return: 0; -EINVAL for no case, more than SLO_RANK_MAX, or @iterations out of range; -ENOMEM.
 */
int slo_bootstrap_metrics(size_t n, size_t iterations, double confidence, struct slo_rng *rng, slo_bootstrap_fn *fn,
			void *arg, size_t k, struct slo_interval *out);

/**
 * slo_quantile_variance - variance of the type-7 sample quantile @q of the ascending @sorted
 *
 * Maritz and Jarrett 1978: the bootstrap variance of an order statistic, computed and not
 * drawn, at the rank of type 7, q (n - 1) + 1. For a p95 of 100 normal values it is 1.2 times
 * the variance, on average. @sorted of @n values; 0 for fewer than two. Weights into @weights
 * (n doubles of the caller's), which depend on @n and @q only: @fresh false takes them as they are.
 */
double slo_quantile_variance(const double *sorted, size_t n, double q, double *weights, bool fresh);

#endif
