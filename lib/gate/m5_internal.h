/* SPDX-License-Identifier: MIT */
/* The parts of the release gate. Private to this folder. */
#ifndef SLO_GATE_M5_INTERNAL_H
#define SLO_GATE_M5_INTERNAL_H

#include "gate/m5.h"

static const double SLO_M5_POWER = 0.8; /* chance with which a needed number of runs decides */

/* How a metric is put on the scale of the tests, where more is worse. */
struct slo_m5_scale {
	bool ratio;  /* logarithm */
	double sign;
};
extern const struct slo_m5_scale slo_m5_scale[SLO_M5_METRIC__COUNT];

/* The value of @run on the scale of the test; NaN = not known. */
double slo_m5_scaled(const struct slo_m5_run *run, int metric);

/* Percent worse (or points) from the scale of the test, and back. */
double slo_m5_to_pct(int metric, double shift);
double slo_m5_from_pct(int metric, double pct);

/* Share of alpha that one of @members tests of a family must reach in the worst case. */
double slo_m5_alpha_of(const struct slo_m5_limits *l, int family, size_t members);

/* The first run of a side whose samples are those of an earlier one, @of; or NULL. */
const struct slo_m5_run *slo_m5_repeated(const struct slo_m5_side *side, const struct slo_m5_run **of);

/* Write a reason, unless there is one already. */
void slo_m5_reason(char *reason, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int slo_m5_regressions(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, size_t n,
		       struct slo_m5_regression *out);
int slo_m5_variances(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, size_t n,
		     struct slo_m5_variance *out);
int slo_m5_overheads(const struct slo_m5_limits *l, const struct slo_m5_costs *c, struct slo_m5_overhead *out);

#endif
