/* SPDX-License-Identifier: MIT */
/* One number per chunk that is long gone, and when that was: a quantity's own past. */
#ifndef SLO_ATTRIBUTE_PAST_H
#define SLO_ATTRIBUTE_PAST_H

#include <stdint.h>

enum { SLO_TRACK_PAST = 120 }; /* numbers in the baseline */

struct slo_past {
	int64_t newest;       /* index of the newest chunk */
	uint8_t n, at;        /* how many; where the next goes */
	uint8_t gaps[SLO_TRACK_PAST / 2]; /* four bits each: chunks since the one before, 15 = as many or more */
	float value[SLO_TRACK_PAST];
};

/** slo_past_add - the chunk @index, newer than all before, had @value; the oldest goes. */
void slo_past_add(struct slo_past *p, int64_t index, double value);

/** slo_past_float - a number as it is kept; what is too large for that is the largest that is not. */
float slo_past_float(double value);

/** slo_past_at - the number that is @back places behind the newest, 0 .. n - 1. */
double slo_past_at(const struct slo_past *p, uint32_t back);

/** slo_past_forget - forget chunks from @index on. Return: how many. */
uint32_t slo_past_forget(struct slo_past *p, int64_t index);

#endif
