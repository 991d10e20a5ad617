/* SPDX-License-Identifier: MIT */
/*
 * How long a stand-in server waits: a distribution of times and draws from it.
 * Pure but for reading the file of "file:".
 *
 *   100                    always 100 ms ("fixed:100" too)
 *   uniform:50:150         evenly between the two
 *   lognormal:100:0.5      median, and sigma of the logarithm
 *   file:/path             one of the numbers in the file, each as likely; one per line, '#' comments
 */
#ifndef SLO_NET_SERVE_DIST_H
#define SLO_NET_SERVE_DIST_H

#include "base/err.h"
#include "base/rng.h"

#include <stddef.h>

enum { SLO_DIST_VALUES_MAX = 1000000 };
#define SLO_DIST_MAX_MS 3600000.0 /* a longer draw is cut to this */

enum slo_dist_kind { SLO_DIST_FIXED, SLO_DIST_UNIFORM, SLO_DIST_LOGNORMAL, SLO_DIST_VALUES };

struct slo_dist {
	enum slo_dist_kind kind;
	double a, b;     /* ms; lognormal: median in ms, sigma */
	double *values;  /* ms */
	size_t n;
};

/** slo_dist_parse - Return: 0; -EINVAL and the errnos of a file, with @err. Free with slo_dist_fini(). */
int slo_dist_parse(const char *spec, struct slo_dist *d, struct slo_err *err);
void slo_dist_fini(struct slo_dist *d);

/** slo_dist_draw - one time, in milliseconds, 0 .. SLO_DIST_MAX_MS. */
double slo_dist_draw(const struct slo_dist *d, struct slo_rng *rng);

#endif
