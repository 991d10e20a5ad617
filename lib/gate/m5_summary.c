/* SPDX-License-Identifier: MIT */
/* From the requests of a run to one value for each metric. */
#include "base/cleanup.h"
#include "gate/m5_internal.h"
#include "stat/bootstrap.h"
#include "stat/quantile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static const double quantile_of[SLO_M5_METRIC__COUNT] = { [SLO_M5_TTFT] = 0.95, [SLO_M5_TOKENS] = 0.5 };

/* Variance of the logarithm of the quantile: what another set of requests in the same run would change. */
static int quantile_value(struct slo_m5_run *run, int metric, double *sorted, size_t n)
{
	slo_autofree double *logs = NULL, *weights = NULL;

	run->value[metric] = NAN;
	run->within[metric] = NAN;
	if (n == 0)
		return 0;
	slo_sort_f64(sorted, n);
	run->value[metric] = slo_quantile(sorted, n, quantile_of[metric]);
	logs = malloc(n * sizeof(*logs));
	weights = malloc(n * sizeof(*weights));
	if (!logs || !weights)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		logs[i] = log(sorted[i]);
	run->within[metric] = slo_quantile_variance(logs, n, quantile_of[metric], weights, true);
	return 0;
}

int slo_m5_summarise(struct slo_m5_run *run)
{
	double n = (double)run->requests, p = run->requests ? run->errors / n : NAN;
	int r = quantile_value(run, SLO_M5_TTFT, run->ttft, run->ttft_n);

	if (!r)
		r = quantile_value(run, SLO_M5_TOKENS, run->tokens, run->tokens_n);
	run->value[SLO_M5_ERRORS] = p;
	run->within[SLO_M5_ERRORS] = p * (1 - p) / n;
	return r;
}

const struct slo_m5_scale slo_m5_scale[SLO_M5_METRIC__COUNT] = {
	[SLO_M5_TTFT] = { .ratio = true, .sign = 1 },
	[SLO_M5_TOKENS] = { .ratio = true, .sign = -1 },
	[SLO_M5_ERRORS] = { .ratio = false, .sign = 1 },
};

double slo_m5_scaled(const struct slo_m5_run *run, int metric)
{
	const struct slo_m5_scale *s = &slo_m5_scale[metric];
	double v = run->value[metric];

	return s->sign * (s->ratio ? log(v) : v);
}

double slo_m5_to_pct(int metric, double shift)
{
	const struct slo_m5_scale *s = &slo_m5_scale[metric];

	return 100 * (s->ratio ? s->sign * expm1(s->sign * shift) : shift);
}

double slo_m5_from_pct(int metric, double pct)
{
	const struct slo_m5_scale *s = &slo_m5_scale[metric];

	return s->ratio ? s->sign * log1p(s->sign * pct / 100) : pct / 100;
}
