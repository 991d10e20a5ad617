/* SPDX-License-Identifier: MIT */
/*
 * How good stated probabilities are, once it is known what happened: proper
 * scores, calibration error, and what abstaining below a confidence is worth. Pure.
 */
#ifndef SLO_STAT_FORECAST_H
#define SLO_STAT_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLO_ECE_BINS_MAX = 100 };

#define SLO_LOG_LOSS_FLOOR 1e-15 /* probabilities are kept this far from 0 and 1 */

/* One statement: probability @p, and whether it came true. */
struct slo_forecast {
	double p;   /* 0 .. 1, not NaN */
	bool y;
};

/** slo_brier - mean of (p - y)^2; NaN for n = 0. Brier 1950. */
double slo_brier(const struct slo_forecast *f, size_t n);

/** slo_log_loss - mean of -ln of what was said about what happened; NaN for n = 0. */
double slo_log_loss(const struct slo_forecast *f, size_t n);

/* One bin of a reliability diagram. */
struct slo_reliability {
	size_t n;
	double lo, hi;   /* smallest and largest p; equal widths: the bin's edges */
	double said;     /* mean p; NaN when empty */
	double happened; /* share of y; NaN when empty */
};

/**
 * slo_ece - expected calibration error: sum over bins of n_b / n * |happened - said|
 * @f:    @n forecasts; sorted by p in place, equal ones by y
 * @bins: 1 .. SLO_ECE_BINS_MAX
 * @out:  one for each bin; or NULL
 *
 * Bins of equal mass: the i-th ends at the forecast floor(i n / bins); equal probabilities are
 * never torn apart, they stay in the bin of the first of them. Bins of equal width are biased on
 * few forecasts and are for comparison with what others report.
 * Return: NaN for n = 0.
 */
double slo_ece(struct slo_forecast *f, size_t n, uint32_t bins, struct slo_reliability *out);

/** slo_ece_width - the same with bins of equal width; the last one includes 1. @f is not reordered. */
double slo_ece_width(const struct slo_forecast *f, size_t n, uint32_t bins, struct slo_reliability *out);

/* Of the most confident cases, how many are wrong. */
struct slo_risk_point {
	double threshold; /* answers are given from this confidence on */
	double coverage;  /* share answered, (0, 1] */
	double risk;      /* share of wrong ones among them */
};

/**
 * slo_risk_coverage - the risk at each coverage that a threshold on confidence can give
 * @f:   p = confidence of the answer given, y = it was right; sorted in place, most confident first
 * @out: room for @n points, ascending coverage; or NULL
 * @aurc: mean over k = 1 .. n of the risk among the k most confident, equal confidences in random
 *        order on average (Geifman and El-Yaniv 2017); NaN for n = 0; or NULL
 *
 * Return: points.
 */
size_t slo_risk_coverage(struct slo_forecast *f, size_t n, struct slo_risk_point *out, double *aurc);

#endif
