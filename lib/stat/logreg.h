/* SPDX-License-Identifier: MIT */
/* Ridge logistic regression with a few dozen regressors. Pure, deterministic. */
#ifndef SLO_STAT_LOGREG_H
#define SLO_STAT_LOGREG_H

#include <stdbool.h>
#include <stddef.h>

enum { SLO_LOGREG_MAX = 128 }; /* regressors */

struct slo_logreg {
	size_t k;                        /* regressors */
	double w[SLO_LOGREG_MAX + 1];    /* of each, and behind them the intercept */
	int steps;                       /* Newton steps taken */
	bool settled;
};

/**
 * slo_logreg_fit - maximise sum of log likelihoods - ridge / 2 * |w|^2; the intercept is free
 * @x:     @n rows of @k regressors, 1 <= k <= SLO_LOGREG_MAX
 * @y:     targets in [0, 1]
 * @ridge: > 0
 *
 * Newton's method with halved steps, Cholesky decomposition of the Hessian.
 * Return: 0; -EINVAL for arguments out of range; -ENOMEM.
 */
int slo_logreg_fit(const double *x, const double *y, size_t n, size_t k, double ridge, struct slo_logreg *out);

/** slo_logreg_predict - P(y = 1) of the @r->k regressors at @x. */
double slo_logreg_predict(const struct slo_logreg *r, const double *x);

#endif
