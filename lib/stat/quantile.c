/* SPDX-License-Identifier: MIT */
#include "stat/quantile.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void slo_sort_f64(double *v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), ascending);
}

double slo_quantile(const double *sorted, size_t n, double q)
{
	double at;
	size_t i;

	if (n == 0)
		return NAN;
	at = q * (double)(n - 1);
	i = (size_t)at;
	if (i >= n - 1)
		return sorted[n - 1];
	return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

double slo_mad(double *v, size_t n)
{
	double middle;

	slo_sort_f64(v, n);
	middle = slo_quantile(v, n, 0.5);
	for (size_t i = 0; i < n; i++)
		v[i] = fabs(v[i] - middle);
	slo_sort_f64(v, n);
	return slo_quantile(v, n, 0.5);
}
