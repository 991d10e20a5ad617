/* SPDX-License-Identifier: MIT */
/* Bootstrap over whole cases, several statistics of each resample at once. */
#include "base/cleanup.h"
#include "stat/bootstrap.h"
#include "stat/quantile.h"

#include <errno.h>
#include <math.h>

static void interval(double *values, size_t n, size_t iterations, double confidence, struct slo_interval *out)
{
	double tail = (1 - confidence) / 2;

	out->confidence = confidence;
	out->lo = out->hi = NAN;
	if (n == 0 || 2 * n < iterations)
		return;
	slo_sort_f64(values, n);
	out->lo = slo_quantile(values, n, tail);
	out->hi = slo_quantile(values, n, 1 - tail);
}

int slo_bootstrap_metrics(size_t n, size_t iterations, double confidence, struct slo_rng *rng, slo_bootstrap_fn *fn,
			void *arg, size_t k, struct slo_interval *out)
{
	slo_autofree uint32_t *pick = NULL;
	slo_autofree double *values = NULL, *column = NULL;

	if (n == 0 || n > SLO_RANK_MAX || iterations < SLO_BOOT_MIN || iterations > SLO_BOOT_MAX)
		return -EINVAL;
	pick = malloc(n * sizeof(*pick));
	values = malloc(iterations * (k ? k : 1) * sizeof(*values));
	column = malloc(iterations * sizeof(*column));
	if (!pick || !values || !column)
		return -ENOMEM;
	for (size_t i = 0; i < iterations; i++) {
		for (size_t j = 0; j < n; j++)
			pick[j] = (uint32_t)slo_rng_below(rng, n);
		fn(arg, pick, n, values + i * k);
	}
	for (size_t s = 0; s < k; s++) {
		size_t have = 0;

		for (size_t i = 0; i < iterations; i++)
			if (!isnan(values[i * k + s]))
				column[have++] = values[i * k + s];
		interval(column, have, iterations, confidence, &out[s]);
	}
	return 0;
}
