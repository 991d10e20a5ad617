/* SPDX-License-Identifier: MIT */
/* Answers that look at nothing: what any method must beat. Pure; randomness is an argument. */
#ifndef SLO_ATTRIBUTE_GUESS_H
#define SLO_ATTRIBUTE_GUESS_H

#include "attribute/outcome.h"
#include "base/rng.h"

/** slo_guess_random - one of the eight domains, each as likely. */
void slo_guess_random(struct slo_rng *rng, struct slo_outcome *out);

/**
 * slo_guess_majority - the truth seen most often among the positives of @cases
 * @set: the cause set; among equals the one of fewer domains, then the first in domain order
 *
 * Return: false, @set unchanged, when none is positive.
 */
bool slo_guess_majority(const struct slo_case *cases, size_t n, uint32_t *set);

/** slo_guess_set - answer @set, the first of its domains first. */
void slo_guess_set(uint32_t set, struct slo_outcome *out);

#endif
