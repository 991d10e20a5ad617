/* SPDX-License-Identifier: MIT */
#include "stat/resample.h"

#include "base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct single {
	slo_statistic_fn *statistic;
	void *arg;
	size_t undefined;
};

static void take(void *arg, const uint32_t *pick, size_t n, double *values)
{
	struct single *s = arg;

	values[0] = s->statistic(s->arg, pick, n);
	if (isnan(values[0]))
		s->undefined++;
}

int slo_bootstrap_cases(size_t n, slo_statistic_fn *statistic, void *arg, size_t iterations, double confidence,
			struct slo_rng *rng, struct slo_resampled *out)
{
	struct single s = { statistic, arg, 0 };
	slo_autofree uint32_t *all = NULL;
	int rc;

	if (!(confidence > 0 && confidence < 1))
		return -EINVAL;
	rc = slo_bootstrap_metrics(n, iterations, confidence, rng, take, &s, 1, &out->interval);
	if (rc)
		return rc;
	all = malloc(n * sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		all[i] = (uint32_t)i;
	out->interval.estimate = statistic(arg, all, n);
	out->undefined = s.undefined;
	return 0;
}
