/* SPDX-License-Identifier: MIT */
/*
 * The baseline that is hard to beat: the signal that moved furthest from its own
 * past says what is to blame. Robust z per signal and peer role,
 *
 *   z = (x - median) / max(IQR / 1.349, 1.4826 MAD, floor, 5 % of |median|)
 *
 * median, IQR and MAD (type 7) over the windows that ended before the fault, x the
 * largest window during it (the signed maximum, as BARO has it); the floor is a
 * tenth of the signal's contract threshold, for signals that are 0 most of the time.
 * A signal speaks for the domain the published table finds likeliest, and with the
 * retrieval backend at the other end its connections speak for that. The beginning
 * and end of the fault are given: nothing has to be detected. Pure.
 */
#ifndef SLO_ATTRIBUTE_LOUDEST_H
#define SLO_ATTRIBUTE_LOUDEST_H

#include "attribute/outcome.h"

enum {
	SLO_LOUDEST_PAST = 256, /* windows of a signal and role before the fault */
	SLO_LOUDEST_MIN = 5,    /* fewer are no baseline */
};

#define SLO_LOUDEST_Z 3.0      /* nothing below is blamed: unknown */
#define SLO_LOUDEST_SHARE 0.5  /* domains from this share of the largest z belong to the cause set */

struct slo_loudest {
	int64_t fault_start_ns, fault_end_ns;
	double past[SLO_SIGNAL__COUNT][SLO_ROLE__COUNT][SLO_LOUDEST_PAST];
	uint32_t past_n[SLO_SIGNAL__COUNT][SLO_ROLE__COUNT];
	double peak[SLO_SIGNAL__COUNT][SLO_ROLE__COUNT]; /* NaN = no window during the fault */
	uint64_t dropped; /* windows beyond SLO_LOUDEST_PAST */
};

void slo_loudest_init(struct slo_loudest *l, int64_t fault_start_ns, int64_t fault_end_ns);

/** slo_loudest_add - a window of the service; one that is in neither phase, or not captured, is left out. */
void slo_loudest_add(struct slo_loudest *l, const struct slo_window *w);

/** slo_loudest_z - NaN without SLO_LOUDEST_MIN windows before or one during the fault. */
double slo_loudest_z(const struct slo_loudest *l, int signal, int role);

/** slo_loudest_domain - the domain (enum SLO_DOMAIN) @signal at a peer of @role speaks for. */
int slo_loudest_domain(int signal, int role);

/** slo_loudest_answer - the domain of the largest z, and those near it; unknown below SLO_LOUDEST_Z. */
void slo_loudest_answer(const struct slo_loudest *l, struct slo_outcome *out);

#endif
