/* SPDX-License-Identifier: MIT */
/* What the kernel and the proxy counted of a fault in force. */
#ifndef SLO_INJECT_MEASURE_H
#define SLO_INJECT_MEASURE_H

#include "inject/session.h"

enum { SLO_MEASURES_MAX = 8 };

struct slo_measure {
	struct {
		const char *name; /* "packets", "throttled_ms", … */
		double value;     /* only ever grows */
	} v[SLO_MEASURES_MAX];
	size_t count;
};

/**
 * slo_measure_take - the counters of the session's fault, as they are now
 *
 * The same session gives the same counters in the same order, but for those that cannot be
 * read any more: the difference of two is what happened between.
 */
void slo_measure_take(const struct slo_session *s, struct slo_measure *out);

/** slo_measure_find - by name; 0 when it is not there. */
double slo_measure_find(const struct slo_measure *m, const char *name);

#endif
