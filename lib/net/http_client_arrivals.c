/* SPDX-License-Identifier: MIT */
#include "net/http_client_arrivals.h"

#include "base/time.h"

#include <math.h>

void slo_schedule_init(struct slo_schedule *s, enum slo_arrivals kind, double rate, int64_t span_ns, uint64_t seed)
{
	slo_schedule_ramp(s, kind, rate, rate, span_ns, seed);
}

void slo_schedule_ramp(struct slo_schedule *s, enum slo_arrivals kind, double from, double to, int64_t span_ns,
		       uint64_t seed)
{
	*s = (struct slo_schedule){ .kind = kind, .rate = from, .span_ns = span_ns };
	if (span_ns > 0)
		s->slope = (to - from) / ((double)span_ns / (double)SLO_NS_PER_S);
	slo_rng_seed(&s->rng, seed);
}

void slo_schedule_trace(struct slo_schedule *s, const struct slo_trace *t, double speed, int64_t span_ns)
{
	*s = (struct slo_schedule){ .span_ns = span_ns, .trace = t, .speed = speed };
}

/* Where N(t) = n: the root of slope t^2 / 2 + rate t - n, in the form that loses nothing for a small slope. */
static double inverse(const struct slo_schedule *s, double n)
{
	double under = s->rate * s->rate + 2 * s->slope * n;

	if (s->slope == 0)
		return n / s->rate;
	return under >= 0 ? 2 * n / (s->rate + sqrt(under)) : INFINITY;
}

/* Return: seconds after the start; NaN when there is none. */
static double next_s(struct slo_schedule *s)
{
	if (s->trace)
		return s->index < s->trace->n ? (double)s->trace->rows[s->index].at_ns / s->speed / (double)SLO_NS_PER_S
					      : NAN;
	if (s->kind == SLO_ARRIVALS_POISSON)
		s->sum += slo_rng_exp(&s->rng, 1);
	return inverse(s, s->kind == SLO_ARRIVALS_POISSON ? s->sum : (double)s->index);
}

bool slo_schedule_next(struct slo_schedule *s, int64_t *at_ns)
{
	double at = next_s(s);

	/* Compared as doubles: a very late arrival must not overflow the integer. */
	if (!(at * (double)SLO_NS_PER_S < (double)s->span_ns))
		return false;
	s->index++;
	*at_ns = (int64_t)(at * (double)SLO_NS_PER_S);
	return true;
}

const struct slo_trace_row *slo_schedule_row(const struct slo_schedule *s)
{
	return s->trace && s->index ? &s->trace->rows[s->index - 1] : NULL;
}
