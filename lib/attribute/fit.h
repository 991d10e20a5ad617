/* SPDX-License-Identifier: MIT */
/*
 * Learning the parameters of the noisy-OR model from incidents whose causes are
 * known. Deterministic: no randomness, a fixed order, a fixed number of steps at
 * most. Pure; only what says so allocates.
 *
 * A subcommand that fits runs, in this order:
 *   slo_fit_params()     priors, leaks, links, detectors    on the training incidents
 *   slo_fit_surprise()   how surprising training was        on the training incidents
 *   slo_fit_platt()      calibration of the marginals       on the validation incidents
 *   slo_fit_tau()        below which probability to abstain on the validation incidents
 * and writes the result with slo_params_write(). Nothing here sees a test incident.
 */
#ifndef SLO_ATTRIBUTE_FIT_H
#define SLO_ATTRIBUTE_FIT_H

#include "attribute/params.h"

#include <stddef.h>

enum { SLO_FIT_CASES_MAX = 100000 };

/* One incident, or one fault-free window. */
struct slo_fit_case {
	uint32_t truth;              /* bit set of enum SLO_DOMAIN; unknown's bit = a fault outside the named domains;
					0 = fault-free */
	const struct slo_measure *x; /* as many as the prior model has findings */
};

struct slo_fit_opts {
	double pseudo;               /* pseudo-observations of the expert's link and leak, > 0; 1 */
	double pseudo_unmodelled;    /* the same for the unmodelled cause, whose faults of tomorrow are others; 20 */
	double ridge_a, ridge_b;     /* standard deviations around the detector to start from; 1, 1 */
	int steps;                   /* of expectation maximisation, at most; 2000 */
	double enough;               /* stop when no probability changed by more; 1e-7 */
	bool hard;                   /* evidence by thresholds: no detectors are fitted */
};

/* The detector to start from: an even chance at z = 3, 0.4 % at 0, 98 % at 10. */
extern const struct slo_detector slo_fit_detector;

void slo_fit_opts_default(struct slo_fit_opts *o);

struct slo_fit_report {
	int steps;                   /* the longest any finding took */
	uint32_t unfinished;         /* findings that had not settled after opts.steps */
};

/**
 * slo_fit_params - priors, leaks, links and detectors
 * @prior: the model to shrink to, whose findings @cases hold; slo_params_expert() for the shipped list
 * @out:   @prior's calibration and abstention, no hashes; may be @prior itself
 *
 * Priors: pi_k = (n_k + 1) / (N + 10) over incidents with a fault, mean under Beta(1, 9).
 * Given the causes findings are independent, so each is fitted alone, by expectation
 * maximisation: y = P(e = 1 | x, S) of the hidden bit "elevated"; responsibility of cause k for it
 * r_k = w_k / (1 - q(S)); then
 *   w_k  = (m w0_k + sum of y r_k over cases with k) / (m + N_k)
 *   leak = (m l0 + sum of y over fault-free cases) / (m + N_0), from fault-free cases only
 *   detector of each class: logistic regression of y on ln(1 + max(z, 0)), ridge to slo_fit_detector;
 *   its rate: (sum of y + 1) / (N + 2)
 * A class without a measurement gets no detector. Measurements without baseline are left out.
 * Source: Heckerman and Breese 1996 (causal independence); attribution.md 1.3.
 * Return: 0; -EINVAL for no case, too many, or a truth beyond the causes; -ENOMEM.
 */
int slo_fit_params(const struct slo_model_params *prior, const struct slo_fit_case *cases, size_t count,
		   const struct slo_fit_opts *o, struct slo_model_params *out, struct slo_fit_report *report);

/* A weighted logistic regression with one regressor. */
struct slo_logistic {
	double a, b;                 /* P = 1 / (1 + exp(-(a + b x))) */
	int steps;                   /* Newton steps taken */
	bool settled;
};

/**
 * slo_logistic_fit - maximum likelihood with a normal prior, by Newton's method with halved steps
 * @x, @y:  @n regressors and targets; y in [0, 1], fractions are soft labels
 * @around: a and b to start from and to shrink to
 * @sd_a, @sd_b: of the prior; INFINITY = none
 */
struct slo_logistic slo_logistic_fit(const double *x, const double *y, size_t n, struct slo_logistic around,
				     double sd_a, double sd_b);

/**
 * slo_fit_platt - calibration of marginals on their logit
 * @p, @not_p: @n marginals before calibration and their opposites
 * @y:         whether the cause was there
 *
 * Targets (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) as Platt 1999 has them; the slope is at least 0.
 * With fewer than one marginal of each kind nothing is changed (a = 0, b = 1).
 * Return: 0; -ENOMEM.
 */
int slo_fit_platt(const double *p, const double *not_p, const bool *y, size_t n, struct slo_platt *out);

/**
 * slo_fit_tau - the threshold that abstains least among those that keep the risk
 * @confidence: @n calibrated marginals of the predicted domain
 * @wrong:      whether that prediction was wrong
 * @risk:       largest tolerated share of wrong ones among the answered
 *
 * Thresholds tried: 0 and every confidence. Where none keeps the risk, the one of the least
 * risk that answers at least half. Return: 0; -ENOMEM. @tau in [0, 1].
 */
int slo_fit_tau(const double *confidence, const bool *wrong, size_t n, double risk, double *tau);

/**
 * slo_fit_surprise - the type-7 quantile @q of the cases' surprise -ln P(x) under @p
 * Return: 0; -EINVAL for no case; -ENOMEM.
 */
int slo_fit_surprise(const struct slo_model_params *p, const struct slo_fit_case *cases, size_t count, double q,
		     double *out);

#endif
