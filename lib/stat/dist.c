/* SPDX-License-Identifier: MIT */
#include "stat/dist.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

enum { MAX_TERMS = 10000, MAX_HALVINGS = 1100 };
static const double TINY = 1e-300;

double slo_norm_sf(double z)
{
	return 0.5 * erfc(z * M_SQRT1_2);
}

/* Bisection between two ends that hold the answer, until no double lies between them. */
static double invert(double (*f)(double x, const double *par), const double *par, double p, double lo, double hi)
{
	for (int i = 0; i < MAX_HALVINGS; i++) {
		double mid = lo + (hi - lo) / 2;

		if (mid <= lo || mid >= hi)
			break;
		if (f(mid, par) < p)
			lo = mid;
		else
			hi = mid;
	}
	return lo + (hi - lo) / 2;
}

static double norm_cdf(double z, const double *par)
{
	(void)par;
	return slo_norm_sf(-z);
}

double slo_norm_quantile(double p)
{
	if (!(p >= 0 && p <= 1))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? -INFINITY : INFINITY;
	/* The upper half by symmetry: 1 - p is exact there, and the tail is where erfc() is precise. */
	return p > 0.5 ? -invert(norm_cdf, NULL, 1 - p, -40, 0) : invert(norm_cdf, NULL, p, -40, 0);
}

static double lentz_step(double term, double old, double *d, double *c)
{
	*d = 1 + term * *d;
	*c = 1 + term / *c;
	if (fabs(*d) < TINY)
		*d = TINY;
	if (fabs(*c) < TINY)
		*c = TINY;
	*d = 1 / *d;
	return old * *d * *c;
}

/* The continued fraction converges quickly for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1), h;

	if (fabs(d) < TINY)
		d = TINY;
	d = 1 / d;
	h = d;
	for (int m = 1; m < MAX_TERMS; m++) {
		double before = h;

		h = lentz_step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), h, &d, &c);
		h = lentz_step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), h, &d, &c);
		if (fabs(h - before) <= DBL_EPSILON * fabs(h))
			break;
	}
	return h;
}

static double log_beta_front(double x, double a, double b)
{
	return lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x);
}

double slo_beta_cdf(double x, double a, double b)
{
	if (x <= 0)
		return 0;
	if (x >= 1)
		return 1;
	if (x < (a + 1) / (a + b + 2))
		return exp(log_beta_front(x, a, b)) * beta_fraction(x, a, b) / a;
	return 1 - exp(log_beta_front(x, a, b)) * beta_fraction(1 - x, b, a) / b;
}

static double beta_cdf(double x, const double *par)
{
	return slo_beta_cdf(x, par[0], par[1]);
}

double slo_beta_quantile(double p, double a, double b)
{
	double par[2] = { a, b };

	if (p <= 0 || p >= 1)
		return p <= 0 ? 0 : 1;
	return invert(beta_cdf, par, p, 0, 1);
}

/* P(T <= t) for t <= 0. */
static double t_cdf(double t, const double *df)
{
	return 0.5 * slo_beta_cdf(*df / (*df + t * t), *df / 2, 0.5);
}

double slo_t_quantile(double p, double df)
{
	double lo = -1;

	if (!(p > 0 && p < 1))
		return slo_norm_quantile(p);
	if (p == 0.5)
		return 0;
	if (p > 0.5)
		return -slo_t_quantile(1 - p, df);
	while (t_cdf(lo, &df) > p)
		lo *= 2;
	return invert(t_cdf, &df, p, lo, 0);
}

static double gamma_series(double x, double a)
{
	double term = 1 / a, sum = term;

	for (int n = 1; n < MAX_TERMS && term > sum * DBL_EPSILON; n++) {
		term *= x / (a + n);
		sum += term;
	}
	return sum;
}

static double gamma_fraction(double x, double a)
{
	double b = x + 1 - a, c = 1 / TINY, d = 1 / b, h = d;

	for (int n = 1; n < MAX_TERMS; n++) {
		double an = -n * (n - a), step;

		b += 2;
		d = an * d + b;
		c = b + an / c;
		if (fabs(d) < TINY)
			d = TINY;
		if (fabs(c) < TINY)
			c = TINY;
		d = 1 / d;
		step = d * c;
		h *= step;
		if (fabs(step - 1) <= DBL_EPSILON)
			break;
	}
	return h;
}

double slo_gamma_cdf(double x, double a)
{
	double front;

	if (x <= 0)
		return 0;
	front = exp(a * log(x) - x - lgamma(a));
	return x < a + 1 ? front * gamma_series(x, a) : 1 - front * gamma_fraction(x, a);
}

static double chi2_cdf(double x, const double *df)
{
	return slo_gamma_cdf(x / 2, *df / 2);
}

double slo_chi2_quantile(double p, double df)
{
	double hi = df + 1;

	if (p <= 0 || p >= 1)
		return p <= 0 ? 0 : INFINITY;
	while (chi2_cdf(hi, &df) < p)
		hi *= 2;
	return invert(chi2_cdf, &df, p, 0, hi);
}
