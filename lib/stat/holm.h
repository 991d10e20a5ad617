/* SPDX-License-Identifier: MIT */
/* Several tests at once: p-values adjusted for the size of the family. Pure. */
#ifndef SLO_STAT_HOLM_H
#define SLO_STAT_HOLM_H

#include <stddef.h>

enum { SLO_HOLM_MAX = 1024 }; /* tests in a family */

/**
 * slo_holm - Holm 1979: rejecting adjusted p <= alpha bounds the chance of any false rejection by alpha
 * @adjusted: @n values, may be @p itself
 *
 * Return: 0; -E2BIG over SLO_HOLM_MAX, @adjusted unchanged. No p may be NaN.
 */
int slo_holm(const double *p, size_t n, double *adjusted);

/** slo_benjamini_hochberg - the same for the false discovery rate (Benjamini and Hochberg 1995). */
int slo_benjamini_hochberg(const double *p, size_t n, double *adjusted);

#endif
