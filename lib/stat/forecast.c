/* SPDX-License-Identifier: MIT */
#include "stat/forecast.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

double slo_brier(const struct slo_forecast *f, size_t n)
{
	double total = 0;

	for (size_t i = 0; i < n; i++)
		total += (f[i].p - f[i].y) * (f[i].p - f[i].y);
	return n ? total / (double)n : NAN;
}

double slo_log_loss(const struct slo_forecast *f, size_t n)
{
	double total = 0;

	for (size_t i = 0; i < n; i++)
		total -= log(fmax(f[i].y ? f[i].p : 1 - f[i].p, SLO_LOG_LOSS_FLOOR));
	return n ? total / (double)n : NAN;
}

static int ascending(const void *a, const void *b)
{
	const struct slo_forecast *x = a, *y = b;

	if (x->p < y->p || x->p > y->p)
		return x->p < y->p ? -1 : 1;
	return x->y - y->y;
}

static int descending(const void *a, const void *b)
{
	return ascending(b, a);
}

/* What bin @b holds beside its edges, and its part of the error. */
static double close_bin(struct slo_reliability *b, double said, double happened, size_t n)
{
	b->said = b->n ? said / (double)b->n : NAN;
	b->happened = b->n ? happened / (double)b->n : NAN;
	return b->n ? fabs(happened - said) / (double)n : 0;
}

double slo_ece(struct slo_forecast *f, size_t n, uint32_t bins, struct slo_reliability *out)
{
	double error = 0;
	size_t from = 0;

	assert(bins >= 1 && bins <= SLO_ECE_BINS_MAX);
	if (n)
		qsort(f, n, sizeof(*f), ascending);
	for (uint32_t b = 0; b < bins; b++) {
		struct slo_reliability bin = { .lo = NAN, .hi = NAN };
		size_t to = n * (b + 1) / bins;
		double said = 0, happened = 0;

		while (to > from && to < n && f[to].p <= f[to - 1].p)
			to++;
		for (; from < to; from++, bin.n++) {
			bin.lo = bin.n ? bin.lo : f[from].p;
			bin.hi = f[from].p;
			said += f[from].p;
			happened += f[from].y;
		}
		error += close_bin(&bin, said, happened, n);
		if (out)
			out[b] = bin;
	}
	return n ? error : NAN;
}

double slo_ece_width(const struct slo_forecast *f, size_t n, uint32_t bins, struct slo_reliability *out)
{
	double error = 0;

	assert(bins >= 1 && bins <= SLO_ECE_BINS_MAX);
	for (uint32_t b = 0; b < bins; b++) {
		struct slo_reliability bin = { .lo = (double)b / bins, .hi = (double)(b + 1) / bins };
		double said = 0, happened = 0;

		for (size_t i = 0; i < n; i++) {
			if (fmin(floor(f[i].p * bins), bins - 1) != b)
				continue;
			bin.n++;
			said += f[i].p;
			happened += f[i].y;
		}
		error += close_bin(&bin, said, happened, n);
		if (out)
			out[b] = bin;
	}
	return n ? error : NAN;
}

size_t slo_risk_coverage(struct slo_forecast *f, size_t n, struct slo_risk_point *out, double *aurc)
{
	double wrong = 0, area = 0;
	size_t points = 0, from = 0;

	if (n)
		qsort(f, n, sizeof(*f), descending);
	while (from < n) {
		size_t to = from;
		double here = 0;

		while (to < n && f[to].p >= f[from].p)
			here += !f[to++].y;
		/* Within equals, each further one is wrong at their own rate. */
		for (size_t k = from; k < to; k++)
			area += (wrong + here * (double)(k - from + 1) / (double)(to - from)) / (double)(k + 1);
		wrong += here;
		if (out)
			out[points] = (struct slo_risk_point){ f[from].p, (double)to / (double)n, wrong / (double)to };
		points++;
		from = to;
	}
	if (aurc)
		*aurc = n ? area / (double)n : NAN;
	return points;
}
