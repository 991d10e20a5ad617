/* SPDX-License-Identifier: MIT */
/* The slots of a series: for series.c and series_pack.c only. */
#ifndef SLO_SLO_SERIES_SLOT_H
#define SLO_SLO_SERIES_SLOT_H

#include "slo/series.h"

#include <assert.h>

/* One slot. Either windows or, where none came, single observations. There are hundreds of each service. */
struct slo_slot {
	uint32_t valid, bad; /* saturating */
	uint32_t lead : 30;  /* how much before the slot its earliest record began, ns; */
	uint32_t lead_ms : 1; /* ms, rounded up, where that is more than fits */
	uint32_t windows : 1;
};

static_assert(sizeof(struct slo_slot) == 12, "360 of them for each objective of each service");

static inline struct slo_slot *slo_slot_at(const struct slo_series *s, int64_t index)
{
	int64_t i = index % s->ring_slots;

	return &s->ring[i < 0 ? i + s->ring_slots : i];
}

static inline bool slo_slot_used(const struct slo_slot *slot)
{
	return slot->valid || slot->lead || slot->windows;
}

#endif
