/* SPDX-License-Identifier: MIT */
#include "stat/bootstrap.h"

#include "base/cleanup.h"
#include "stat/dist.h"
#include "stat/quantile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct item {
	double value;
	size_t from; /* position in the concatenation of the runs */
};

/*
 * All values of a side in ascending order, and where each value of each run is
 * therein: a resample is then a count for each, and no resample is sorted.
 */
struct side {
	const struct slo_runs *r;
	double *sorted;
	uint32_t *at;     /* place in @sorted of a value, run after run */
	uint32_t *count;  /* of the resample, by place */
	size_t *start;    /* of each run in @at */
	size_t total;
};

static void free_side(struct side *s)
{
	free(s->sorted);
	free(s->at);
	free(s->count);
	free(s->start);
}

#define autoside __attribute__((cleanup(free_side)))

static int ascending(const void *a, const void *b)
{
	double x = ((const struct item *)a)->value, y = ((const struct item *)b)->value;

	return (x > y) - (x < y);
}

static int prepare(const struct slo_runs *r, struct side *s)
{
	slo_autofree struct item *all = NULL;
	size_t k = 0;

	*s = (struct side){ .r = r };
	for (size_t i = 0; i < r->runs; i++) {
		if (r->size[i] == 0 || r->size[i] > SLO_RANK_MAX - s->total)
			return -EINVAL;
		s->total += r->size[i];
	}
	if (s->total == 0)
		return -EINVAL;
	all = malloc(s->total * sizeof(*all));
	s->sorted = malloc(s->total * sizeof(*s->sorted));
	s->at = malloc(s->total * sizeof(*s->at));
	s->count = malloc(s->total * sizeof(*s->count));
	s->start = malloc(r->runs * sizeof(*s->start));
	if (!all || !s->sorted || !s->at || !s->count || !s->start)
		return -ENOMEM;
	for (size_t i = 0; i < r->runs; i++) {
		s->start[i] = k;
		for (size_t j = 0; j < r->size[i]; j++, k++)
			all[k] = (struct item){ r->values[i][j], k };
	}
	qsort(all, s->total, sizeof(*all), ascending);
	for (k = 0; k < s->total; k++) {
		s->sorted[k] = all[k].value;
		s->at[all[k].from] = (uint32_t)k;
	}
	return 0;
}

/* As many runs as there were, each with as many values as it has. Return: values drawn. */
static size_t draw(struct side *s, struct slo_rng *rng)
{
	size_t drawn = 0;

	for (size_t i = 0; i < s->total; i++)
		s->count[i] = 0;
	for (size_t i = 0; i < s->r->runs; i++) {
		size_t run = slo_rng_below(rng, s->r->runs), size = s->r->size[run];

		for (size_t j = 0; j < size; j++)
			s->count[s->at[s->start[run] + slo_rng_below(rng, size)]]++;
		drawn += size;
	}
	return drawn;
}

/* The type-7 quantile of a resample: rank q * (n - 1), between two neighbours. */
static double quantile_of(const struct side *s, size_t n, double q)
{
	double at = q * (double)(n - 1), part;
	size_t rank = (size_t)at, seen = 0, i = 0, j;

	part = at - (double)rank;
	while (seen + s->count[i] <= rank)
		seen += s->count[i++];
	if (part <= 0 || seen + s->count[i] > rank + 1)
		return s->sorted[i];
	for (j = i + 1; j < s->total && s->count[j] == 0;)
		j++;
	return j < s->total ? s->sorted[i] + part * (s->sorted[j] - s->sorted[i]) : s->sorted[i];
}

static double observed(struct side *s, double q)
{
	return slo_quantile(s->sorted, s->total, q);
}

int slo_bootstrap_quantile(const struct slo_runs *x, const struct slo_runs *y, double q, size_t iterations,
			   double confidence, struct slo_rng *rng, struct slo_interval *out)
{
	autoside struct side sx = { 0 }, sy = { 0 };
	slo_autofree double *delta = NULL;
	int r;

	if (iterations < SLO_BOOT_MIN || iterations > SLO_BOOT_MAX || !(confidence > 0 && confidence < 1))
		return -EINVAL;
	r = prepare(x, &sx);
	if (!r)
		r = prepare(y, &sy);
	if (r)
		return r;
	delta = malloc(iterations * sizeof(*delta));
	if (!delta)
		return -ENOMEM;
	for (size_t i = 0; i < iterations; i++) {
		double a = quantile_of(&sx, draw(&sx, rng), q);

		delta[i] = a - quantile_of(&sy, draw(&sy, rng), q);
	}
	slo_sort_f64(delta, iterations);
	out->estimate = observed(&sx, q) - observed(&sy, q);
	out->lo = slo_quantile(delta, iterations, (1 - confidence) / 2);
	out->hi = slo_quantile(delta, iterations, (1 + confidence) / 2);
	out->confidence = confidence;
	return 0;
}

/* Weight of each order statistic: how likely a resample's quantile is that one. */
static void weigh(double *w, size_t n, double q)
{
	double a = q * (double)(n - 1) + 1, b = (double)(n + 1) - a, before = 0;

	for (size_t i = 0; i < n; i++) {
		double upto = slo_beta_cdf((double)(i + 1) / (double)n, a, b);

		w[i] = upto - before;
		before = upto;
	}
}

double slo_quantile_variance(const double *sorted, size_t n, double q, double *weights, bool fresh)
{
	double mean = 0, square = 0;

	if (n < 2)
		return 0;
	if (fresh)
		weigh(weights, n, q);
	for (size_t i = 0; i < n; i++)
		mean += weights[i] * sorted[i];
	for (size_t i = 0; i < n; i++)
		square += weights[i] * (sorted[i] - mean) * (sorted[i] - mean);
	return square;
}
