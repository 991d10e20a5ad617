/* SPDX-License-Identifier: MIT */
#include "attribute/detector.h"

#include "stat/dist.h"

#include <math.h>

enum { COUNT_Z_MAX = 37 }; /* a tail of 1e-300 */

double slo_robust_z(double value, double median, double iqr, double spread, double floor)
{
	double scale = fmax(fmax(floor, 0.05 * fabs(median)), fmax(iqr / 1.349, spread)); /* fmax ignores NaN */
	double z = (value - median) / scale;

	return isnan(z) ? NAN : fmin(fmax(z, -SLO_Z_MAX), SLO_Z_MAX);
}

double slo_count_tail(double n0, double t0_s, double n, double t_s)
{
	if (!(n0 >= 0 && t0_s >= 0 && n >= 0 && t_s > 0) || isinf(n0) || isinf(t0_s) || isinf(n) || isinf(t_s))
		return NAN;
	return n > 0 ? slo_beta_cdf(t_s / (t_s + t0_s + 1), n, n0 + 0.5) : 1;
}

double slo_count_z(double n0, double t0_s, double n, double t_s)
{
	double tail = slo_count_tail(n0, t0_s, n, t_s);

	if (isnan(tail))
		return NAN;
	if (tail >= 0.5)
		return 0;
	return tail > 0 ? fmin(-slo_norm_quantile(tail), COUNT_Z_MAX) : COUNT_Z_MAX;
}

double slo_detector_scale(double z)
{
	return log1p(fmax(z, 0));
}

double slo_detector_lambda(const struct slo_detector *d, double z)
{
	double lambda;

	if (isnan(z))
		return NAN;
	lambda = d->a + d->b * slo_detector_scale(z) - log(d->rate / (1 - d->rate));
	return fmin(fmax(lambda, -SLO_LAMBDA_MAX), SLO_LAMBDA_MAX);
}
