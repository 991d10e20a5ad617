/* SPDX-License-Identifier: MIT */
#include "stat/proportion.h"

#include "stat/dist.h"

#include <math.h>

void slo_clopper_pearson(uint64_t k, uint64_t n, double confidence, double *lo, double *hi)
{
	double tail = (1 - confidence) / 2, dk = (double)k, dn = (double)n;

	*lo = k == 0 ? 0 : slo_beta_quantile(tail, dk, dn - dk + 1);
	*hi = k == n ? 1 : slo_beta_quantile(1 - tail, dk + 1, dn - dk);
}

void slo_wilson(uint64_t k, uint64_t n, double confidence, double *lo, double *hi)
{
	double z = slo_norm_quantile(0.5 + confidence / 2), dn = (double)n, p = (double)k / dn;
	double scale = 1 + z * z / dn, mid = (p + z * z / (2 * dn)) / scale;
	double half = z * sqrt(p * (1 - p) / dn + z * z / (4 * dn * dn)) / scale;

	*lo = k == 0 ? 0 : fmax(0, mid - half);
	*hi = k == n ? 1 : fmin(1, mid + half);
}
