/* SPDX-License-Identifier: MIT */
/*
 * Models that are there to be beaten: what they score is what a better one has
 * to exceed on the same cases. Not for users; nothing selects them but scorers.
 */
#ifndef SLO_ATTRIBUTE_BASELINE_H
#define SLO_ATTRIBUTE_BASELINE_H

#include "attribute/model.h"

#define SLO_BASELINE_Z 3.0 /* below this no z is a deviation: the verdict is unknown */

/*
 * The finding with the largest robust z names the domain. This is what ties the state of the
 * art where the onset is known (attribution.md 1.6: BARO, NSigma). Each finding points to the
 * domain under which the expert's table finds it most probable, the first of equals. The
 * "probability" of a domain is its largest z over the sum of all domains' and
 * SLO_BASELINE_Z: a ranking, not calibrated; unknown has the rest.
 */
extern const struct slo_model slo_model_largest_z;

/** slo_baseline_domain - the domain finding @j points to. */
int slo_baseline_domain(int j);

#endif
