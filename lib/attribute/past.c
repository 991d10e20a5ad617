/* SPDX-License-Identifier: MIT */
#include "attribute/past.h"

#include <float.h>
#include <math.h>

enum { GAP_MAX = 15 };

float slo_past_float(double value)
{
	return (float)fmin(fmax(value, -FLT_MAX), FLT_MAX);
}

static uint8_t gap_at(const struct slo_past *p, uint8_t at)
{
	return p->gaps[at / 2] >> (at % 2 ? 4 : 0) & GAP_MAX;
}

static void set_gap(struct slo_past *p, uint8_t at, int64_t gap)
{
	unsigned int shift = at % 2 ? 4 : 0, bits = gap > GAP_MAX ? GAP_MAX : (unsigned int)gap;

	p->gaps[at / 2] = (uint8_t)((p->gaps[at / 2] & ~((unsigned int)GAP_MAX << shift)) | bits << shift);
}

void slo_past_add(struct slo_past *p, int64_t index, double value)
{
	int64_t gap = p->n ? index - p->newest : 0;

	p->newest = index;
	set_gap(p, p->at, gap);
	p->value[p->at] = slo_past_float(value);
	p->at = (uint8_t)((p->at + 1) % SLO_TRACK_PAST);
	if (p->n < SLO_TRACK_PAST)
		p->n++;
}

double slo_past_at(const struct slo_past *p, uint32_t back)
{
	return (double)p->value[(p->at + 2u * SLO_TRACK_PAST - 1 - back) % SLO_TRACK_PAST];
}

uint32_t slo_past_forget(struct slo_past *p, int64_t index)
{
	uint32_t gone = 0;

	for (; p->n && p->newest >= index; gone++) {
		p->at = (uint8_t)((p->at + SLO_TRACK_PAST - 1) % SLO_TRACK_PAST);
		p->newest -= gap_at(p, p->at);
		p->n--;
	}
	return gone;
}
