/* SPDX-License-Identifier: MIT */
/* What an experiment of a given size can see, and what size it takes. Pure. */
#ifndef SLO_STAT_POWER_H
#define SLO_STAT_POWER_H

#include <stddef.h>

/**
 * slo_min_detectable - the smallest shift a one-sided rank test is likely to find
 * @sd:    of one value, in the unit of the answer
 * @alpha: of the test, one-sided, in (0, 0.5]
 * @power: chance to find it, in (0, 1), e.g. 0.8
 *
 * (z_alpha + z_power) * sd * sqrt(1/n + 1/m) / sqrt(3/pi): normal values, asymptotic relative
 * efficiency 3/pi of the rank test. Too good by some percent below ten values on a side.
 */
double slo_min_detectable(double sd, size_t n, size_t m, double alpha, double power);

/**
 * slo_values_needed - values on each side that make @shift the minimal detectable one
 *
 * At least what it takes for the exact test to reach @alpha at all; at most @max, also for @shift <= 0.
 */
size_t slo_values_needed(double sd, double shift, double alpha, double power, size_t max);

/** slo_values_to_reach - fewest values on each side with which an exact test can give p <= @alpha; at most @max. */
size_t slo_values_to_reach(double alpha, size_t max);

#endif
