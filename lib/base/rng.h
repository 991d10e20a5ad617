/* SPDX-License-Identifier: MIT */
/*
 * Seeded randomness: xoshiro256** (Blackman and Vigna 2018), state filled by
 * splitmix64. The same seed gives the same stream on every machine.
 */
#ifndef SLO_BASE_RNG_H
#define SLO_BASE_RNG_H

#include <stdint.h>

struct slo_rng {
	uint64_t s[4];
};

void slo_rng_seed(struct slo_rng *r, uint64_t seed);
uint64_t slo_rng_u64(struct slo_rng *r);

/** slo_rng_below - uniform in [0, @n), without modulo bias; @n > 0. */
uint64_t slo_rng_below(struct slo_rng *r, uint64_t n);

/** slo_rng_unit - uniform in [0, 1), 53 bits. */
double slo_rng_unit(struct slo_rng *r);

/** slo_rng_exp - exponentially distributed with mean @mean. */
double slo_rng_exp(struct slo_rng *r, double mean);

#endif
