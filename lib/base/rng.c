/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <math.h>

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void slo_rng_seed(struct slo_rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
		z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
		r->s[i] = z ^ (z >> 31);
	}
}

uint64_t slo_rng_u64(struct slo_rng *r)
{
	uint64_t *s = r->s, result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t slo_rng_below(struct slo_rng *r, uint64_t n)
{
	uint64_t reject_under = (0 - n) % n, x;

	do
		x = slo_rng_u64(r);
	while (x < reject_under);
	return x % n;
}

double slo_rng_unit(struct slo_rng *r)
{
	return (double)(slo_rng_u64(r) >> 11) * 0x1p-53;
}

double slo_rng_exp(struct slo_rng *r, double mean)
{
	return -mean * log1p(-slo_rng_unit(r));
}
