/* SPDX-License-Identifier: MIT */
/*
 * When requests are meant to be sent: an open-loop schedule that does not wait
 * for answers. Pure; the same seed gives the same schedule.
 */
#ifndef SLO_NET_HTTP_CLIENT_ARRIVALS_H
#define SLO_NET_HTTP_CLIENT_ARRIVALS_H

#include "base/rng.h"
#include "net/http_client_trace.h"

#include <stdbool.h>
#include <stdint.h>

/* How the arrivals of a rate are spaced. */
enum slo_arrivals { SLO_ARRIVALS_CONSTANT, SLO_ARRIVALS_POISSON, SLO_ARRIVALS__COUNT };

struct slo_schedule {
	enum slo_arrivals kind;
	double rate;       /* requests per second at the start, > 0 */
	double slope;      /* change of the rate, per second squared; 0 = none */
	int64_t span_ns;   /* length of the schedule */
	struct slo_rng rng;
	uint64_t index;    /* arrivals handed out */
	double sum;        /* arrivals expected until the last one, Poisson */
	const struct slo_trace *trace; /* replayed in place of a rate; NULL = none */
	double speed;      /* of the replay */
};

/** slo_schedule_init - arrivals at @rate (> 0) per second over @span_ns, from a generator seeded with @seed. */
void slo_schedule_init(struct slo_schedule *s, enum slo_arrivals kind, double rate, int64_t span_ns, uint64_t seed);

/** slo_schedule_ramp - likewise, at a rate that changes linearly from @from to @to (both > 0) over @span_ns. */
void slo_schedule_ramp(struct slo_schedule *s, enum slo_arrivals kind, double from, double to, int64_t span_ns,
		       uint64_t seed);

/** slo_schedule_trace - the arrivals of @t, @speed (> 0) times as fast, those before @span_ns; @t outlives @s. */
void slo_schedule_trace(struct slo_schedule *s, const struct slo_trace *t, double speed, int64_t span_ns);

/**
 * slo_schedule_next - the next arrival
 * @at_ns: nanoseconds after the start, 0 <= @at_ns < span, never decreasing
 *
 * With N(t) the arrivals expected until t, rate t + slope t^2 / 2: constant puts
 * number i (from 0) where N = i, computed from the index, so that rounding does not
 * add up; Poisson puts it where N is the sum of i + 1 exponential draws of mean 1.
 * Return: false when the schedule is over; @at_ns is then unchanged.
 */
bool slo_schedule_next(struct slo_schedule *s, int64_t *at_ns);

/** slo_schedule_row - the row of the trace slo_schedule_next() gave last; NULL when no trace is replayed. */
const struct slo_trace_row *slo_schedule_row(const struct slo_schedule *s);

#endif
