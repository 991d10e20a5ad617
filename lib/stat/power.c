/* SPDX-License-Identifier: MIT */
#include "stat/power.h"

#include "stat/dist.h"
#include "stat/ranktest.h"

#include <math.h>

static double reach(double alpha, double power)
{
	return (slo_norm_quantile(1 - alpha) + slo_norm_quantile(power)) / sqrt(3 / M_PI);
}

double slo_min_detectable(double sd, size_t n, size_t m, double alpha, double power)
{
	return reach(alpha, power) * sd * sqrt(1 / (double)n + 1 / (double)m);
}

size_t slo_values_to_reach(double alpha, size_t max)
{
	size_t n = 1;

	while (n < max && slo_rank_min_p(n, n) > alpha)
		n++;
	return n;
}

size_t slo_values_needed(double sd, double shift, double alpha, double power, size_t max)
{
	size_t least = slo_values_to_reach(alpha, max);
	double n;

	if (sd <= 0 && shift > 0)
		return least;
	n = shift > 0 ? ceil(2 * pow(reach(alpha, power) * sd / shift, 2)) : INFINITY;
	if (!(n < (double)max))
		return max;
	return n > (double)least ? (size_t)n : least;
}
