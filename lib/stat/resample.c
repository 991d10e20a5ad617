/* SPDX-License-Identifier: MIT */
#include "stat/resample.h"

#include "base/cleanup.h"
#include "stat/quantile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int slo_bootstrap_cases(size_t n, slo_statistic_fn *statistic, void *arg, size_t iterations, double confidence,
			struct slo_rng *rng, struct slo_resampled *out)
{
	slo_autofree uint32_t *index = NULL;
	slo_autofree double *value = NULL;
	size_t defined = 0;

	if (n == 0 || n > UINT32_MAX || iterations < SLO_BOOT_MIN || iterations > SLO_BOOT_MAX ||
	    !(confidence > 0 && confidence < 1))
		return -EINVAL;
	index = malloc(n * sizeof(*index));
	value = malloc(iterations * sizeof(*value));
	if (!index || !value)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		index[i] = (uint32_t)i;
	out->interval.estimate = statistic(arg, index, n);
	for (size_t k = 0; k < iterations; k++) {
		for (size_t i = 0; i < n; i++)
			index[i] = (uint32_t)slo_rng_below(rng, n);
		value[defined] = statistic(arg, index, n);
		if (!isnan(value[defined]))
			defined++;
	}
	slo_sort_f64(value, defined);
	out->undefined = iterations - defined;
	out->interval.lo = slo_quantile(value, defined, (1 - confidence) / 2);
	out->interval.hi = slo_quantile(value, defined, (1 + confidence) / 2);
	out->interval.confidence = confidence;
	return 0;
}
