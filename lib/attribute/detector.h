/* SPDX-License-Identifier: MIT */
/*
 * From a measured value to evidence: how unusual is it against the service's own
 * past, and how much more probable is that when the finding is really elevated.
 * One detector for each finding and evidence source, for what tracing measures
 * is not distributed as what a packet socket measures. Pure.
 */
#ifndef SLO_ATTRIBUTE_DETECTOR_H
#define SLO_ATTRIBUTE_DETECTOR_H

#include "attribute/noisyor.h"

enum { SLO_CLASSES = 5 }; /* evidence sources: enum SLO_EVIDENCE */

/* P(elevated | z) = sigma(a + b ln(1 + max(z, 0))): monotone, two parameters. */
struct slo_detector {
	double a, b;    /* b >= 0 */
	double rate;    /* share of elevated in training, in (0, 1): what the likelihood ratio is taken against */
	uint64_t n;     /* training measurements; 0 = nobody fitted it, see slo_measure_finding() */
};

/* One finding as it was measured, before any model looked at it. */
enum slo_measure_state {
	SLO_MEASURE_NONE,
	SLO_MEASURE_TAKEN,
	SLO_MEASURE_IDLE, /* watched, and there was nothing to measure: captured, and no evidence of anything */
};

struct slo_measure {
	int state;      /* enum slo_measure_state; NONE = not captured; the rest is of TAKEN only */
	int class;      /* enum SLO_EVIDENCE, 0 .. SLO_CLASSES - 1 */
	bool elevated;  /* by the signal's threshold, see slo_fact_judge() */
	double z;       /* robust z; NaN = no baseline */
};

#define SLO_Z_MAX 1e6 /* |z| is cut here */

/**
 * slo_robust_z - distance from the baseline in its own spread
 * @value:  present scalar; @median of the same scalar before the onset
 * @iqr:    interquartile range before the onset; NaN = not known
 * @spread: 1.4826 * median absolute deviation; NaN = not known
 * @floor:  > 0, in the unit of @value: a smaller spread is not believed
 *
 * z = (value - median) / max(iqr / 1.349, spread, floor, 0.05 |median|).
 * Without the floors what is 0 most of the time (retransmits, throttling,
 * reclaim) would make any event infinitely unusual. Return: within +-SLO_Z_MAX;
 * NaN when @value or @median is NaN, or both are infinite.
 */
double slo_robust_z(double value, double median, double iqr, double spread, double floor);

/**
 * slo_count_z - the same for events too sparse for a spread
 * @n0, @t0_s: events and seconds before the onset, both >= 0
 * @n, @t_s:   events and seconds since, @n >= 0, @t_s > 0
 *
 * The baseline rate is Gamma(n0 + 1/2, t0 + 1), whose mean is (n0 + .5) / (t0 + 1);
 * events since are then negative binomial, and P(N >= n) = I_x(n, n0 + 1/2) with
 * x = t / (t + t0 + 1). Return: the z of a standard normal with that upper tail,
 * at most 37; 0 when the tail is over a half; NaN for arguments out of range.
 */
double slo_count_z(double n0, double t0_s, double n, double t_s);

/** slo_count_tail - P(N >= n) of slo_count_z(), in [0, 1]. */
double slo_count_tail(double n0, double t0_s, double n, double t_s);

/** slo_detector_scale - ln(1 + max(z, 0)), what a detector is linear in. */
double slo_detector_scale(double z);

/**
 * slo_detector_lambda - ln P(z | elevated) / P(z | not): logit P(elevated | z) - logit rate
 *
 * Clipped to +-SLO_LAMBDA_MAX. NaN for a NaN @z.
 */
double slo_detector_lambda(const struct slo_detector *d, double z);

#endif
