/* SPDX-License-Identifier: MIT */
#include "net/http_client_arrivals.h"

#include "base/time.h"

void slo_schedule_init(struct slo_schedule *s, enum slo_arrivals kind, double rate, int64_t span_ns, uint64_t seed)
{
	*s = (struct slo_schedule){ .kind = kind, .rate = rate, .span_ns = span_ns };
	slo_rng_seed(&s->rng, seed);
}

bool slo_schedule_next(struct slo_schedule *s, int64_t *at_ns)
{
	double at = s->kind == SLO_ARRIVALS_POISSON ? s->at_s + slo_rng_exp(&s->rng, 1 / s->rate)
						    : (double)s->index / s->rate;

	/* Compared as doubles: a very late arrival must not overflow the integer. */
	if (!(at * (double)SLO_NS_PER_S < (double)s->span_ns))
		return false;
	s->at_s = at;
	s->index++;
	*at_ns = (int64_t)(at * (double)SLO_NS_PER_S);
	return true;
}
