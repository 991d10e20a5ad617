/* SPDX-License-Identifier: MIT */
/* Order statistics of small arrays. Pure. */
#ifndef SLO_STAT_QUANTILE_H
#define SLO_STAT_QUANTILE_H

#include <stddef.h>

/** slo_sort_f64 - ascending; NaN must not occur. */
void slo_sort_f64(double *v, size_t n);

/**
 * slo_quantile - type-7 quantile of the ascending @sorted
 *
 * Linear interpolation at rank q * (n - 1) (Hyndman and Fan 1996, definition 7).
 * @q in [0, 1]. Return: NaN for n = 0.
 */
double slo_quantile(const double *sorted, size_t n, double q);

/** slo_mad - median absolute deviation from the median; sorts @v and reorders it. NaN for n = 0. */
double slo_mad(double *v, size_t n);

#endif
