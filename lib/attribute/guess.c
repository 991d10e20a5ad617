/* SPDX-License-Identifier: MIT */
#include "attribute/guess.h"

#include <math.h>

void slo_guess_random(struct slo_rng *rng, struct slo_outcome *out)
{
	slo_guess_set(1u << slo_rng_below(rng, SLO_DOMAIN__COUNT), out);
}

void slo_guess_set(uint32_t set, struct slo_outcome *out)
{
	int first = 0;

	while (first < SLO_DOMAIN_UNKNOWN && !(set >> first & 1))
		first++;
	slo_outcome_answer(out, first, set, NAN);
}

bool slo_guess_majority(const struct slo_case *cases, size_t n, uint32_t *set)
{
	uint32_t seen[1u << SLO_DOMAIN__COUNT] = { 0 }, best = 0;

	for (size_t i = 0; i < n; i++)
		if (cases[i].positive && cases[i].truth && cases[i].truth < SLO_ARRAY_LEN(seen))
			seen[cases[i].truth]++;
	/* Bits are in domain order: of two sets of a size the smaller number has the earlier domains. */
	for (uint32_t s = 1; s < SLO_ARRAY_LEN(seen); s++) {
		bool smaller = slo_domains_count(s) < slo_domains_count(best);

		if (seen[s] > seen[best] || (seen[s] && seen[s] == seen[best] && smaller))
			best = s;
	}
	if (!seen[best])
		return false;
	*set = best;
	return true;
}
