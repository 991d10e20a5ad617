/* SPDX-License-Identifier: MIT */
/*
 * Percentile bootstrap of any statistic of whole cases: a case is drawn with all
 * that belongs to it, so that what is measured several times in one incident does
 * not count as several incidents. Pure: randomness is an argument.
 */
#ifndef SLO_STAT_RESAMPLE_H
#define SLO_STAT_RESAMPLE_H

#include "stat/bootstrap.h"

/**
 * slo_statistic_fn - the statistic of the @n cases whose numbers are in @index, repeats included
 * Return: NaN where it is not defined for them.
 */
typedef double slo_statistic_fn(void *arg, const uint32_t *index, size_t n);

struct slo_resampled {
	struct slo_interval interval; /* estimate: of all cases once; lo, hi: as slo_bootstrap_metrics() */
	size_t undefined;             /* resamples without a value; the ends are of the others */
};

/**
 * slo_bootstrap_cases - slo_bootstrap_metrics() of a single statistic, with its estimate
 * @iterations: SLO_BOOT_MIN to SLO_BOOT_MAX
 * @confidence: two-sided, in (0, 1)
 *
 * Return: 0; -EINVAL for no case, more than SLO_RANK_MAX, or arguments out of range; -ENOMEM.
 */
int slo_bootstrap_cases(size_t n, slo_statistic_fn *statistic, void *arg, size_t iterations, double confidence,
			struct slo_rng *rng, struct slo_resampled *out);

#endif
