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

void slo_m5_weights_fini(struct slo_m5_weights *w)
{
	for (int i = 0; i < SLO_M5_METRIC__COUNT; i++)
		free(w->of[i]);
	*w = (struct slo_m5_weights){ 0 };
}

static int room(struct slo_m5_weights *w, int metric, size_t n)
{
	if (w->n[metric] == n)
		return 0;
	free(w->of[metric]);
	w->n[metric] = 0;
	w->of[metric] = malloc(n * sizeof(*w->of[metric]));
	return w->of[metric] ? 0 : -ENOMEM;
}

/* The variance is of the logarithm: what another set of requests in the same run would change. */
static int quantile_value(struct slo_m5_run *run, int metric, double *sorted, size_t n, struct slo_m5_weights *w)
{
	slo_autofree double *logs = malloc((n ? n : 1) * sizeof(*logs));

	run->value[metric] = NAN;
	run->within[metric] = NAN;
	if (!logs || (n && room(w, metric, n)))
		return -ENOMEM;
	if (n == 0)
		return 0;
	slo_sort_f64(sorted, n);
	run->value[metric] = slo_quantile(sorted, n, quantile_of[metric]);
	for (size_t i = 0; i < n; i++)
		logs[i] = log(sorted[i]);
	run->within[metric] = slo_quantile_variance(logs, n, quantile_of[metric], w->of[metric], w->n[metric] != n);
	w->n[metric] = n;
	return 0;
}

int slo_m5_summarise(struct slo_m5_run *run, struct slo_m5_weights *w)
{
	double n = (double)run->requests, p = run->requests ? run->errors / n : NAN;
	int r = quantile_value(run, SLO_M5_TTFT, run->ttft, run->ttft_n, w);

	if (!r)
		r = quantile_value(run, SLO_M5_TOKENS, run->tokens, run->tokens_n, w);
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

const struct slo_m5_run *slo_m5_repeated(const struct slo_m5_side *side, const struct slo_m5_run **of)
{
	for (size_t i = 1; i < side->count; i++)
		for (size_t j = 0; j < i; j++)
			if (side->runs[i].content == side->runs[j].content) {
				*of = &side->runs[j];
				return &side->runs[i];
			}
	return NULL;
}
