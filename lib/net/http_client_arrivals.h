/* SPDX-License-Identifier: MIT */
/*
 * When requests are meant to be sent: an open-loop schedule that does not wait
 * for answers. Pure; the same seed gives the same schedule.
 */
#ifndef SLO_NET_HTTP_CLIENT_ARRIVALS_H
#define SLO_NET_HTTP_CLIENT_ARRIVALS_H

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

enum slo_arrivals { SLO_ARRIVALS_CONSTANT, SLO_ARRIVALS_POISSON, SLO_ARRIVALS__COUNT };

struct slo_schedule {
	enum slo_arrivals kind;
	double rate;       /* requests per second, > 0 */
	int64_t span_ns;   /* length of the schedule */
	struct slo_rng rng;
	uint64_t index;    /* arrivals handed out */
	double at_s;       /* time of the last one, Poisson */
};

/** slo_schedule_init - arrivals at @rate (> 0) per second over @span_ns, from a generator seeded with @seed. */
void slo_schedule_init(struct slo_schedule *s, enum slo_arrivals kind, double rate, int64_t span_ns, uint64_t seed);

/**
 * slo_schedule_next - the next arrival
 * @at_ns: nanoseconds after the start, 0 <= @at_ns < span, never decreasing
 *
 * Constant: i / rate from i = 0, computed from the index, so that rounding does
 * not add up. Poisson: exponential gaps of mean 1 / rate, the first one included.
 * Return: false when the schedule is over; @at_ns is then unchanged.
 */
bool slo_schedule_next(struct slo_schedule *s, int64_t *at_ns);

#endif
