/* SPDX-License-Identifier: MIT */
/*
 * Distribution functions the tests and intervals of this folder need: normal,
 * Student's t, chi-square, beta. Pure. Relative error about 1e-13.
 */
#ifndef SLO_STAT_DIST_H
#define SLO_STAT_DIST_H

/** slo_norm_sf - P(Z > z), accurate far into the tail. */
double slo_norm_sf(double z);

/** slo_norm_quantile - the z with P(Z <= z) = @p; -inf and +inf for 0 and 1, NaN outside [0, 1]. */
double slo_norm_quantile(double p);

/**
 * slo_beta_cdf - regularised incomplete beta function I_x(a, b)
 *
 * @a, @b > 0; @x in [0, 1]. Continued fraction, modified Lentz evaluation (DLMF 8.17.22).
 */
double slo_beta_cdf(double x, double a, double b);

/** slo_beta_quantile - the x with I_x(@a, @b) = @p, @p in [0, 1]. */
double slo_beta_quantile(double p, double a, double b);

/** slo_t_quantile - the t with P(T <= t) = @p for @df > 0 degrees of freedom. */
double slo_t_quantile(double p, double df);

/**
 * slo_gamma_cdf - regularised lower incomplete gamma function P(a, x)
 *
 * @a > 0, @x >= 0. Series below x = a + 1 (DLMF 8.7.1), continued fraction above (8.9.2).
 */
double slo_gamma_cdf(double x, double a);

/** slo_chi2_quantile - the x with P(X <= x) = @p for @df > 0 degrees of freedom. */
double slo_chi2_quantile(double p, double df);

#endif
