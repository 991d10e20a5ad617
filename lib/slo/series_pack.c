/* SPDX-License-Identifier: MIT */
/* A series in a checkpoint: the slots that hold something, each with its number. */
#include "slo/series.h"
#include "slo/series_slot.h"

#include <math.h>

/* What the numbers were judged by, and how they were cut in time. */
static bool pack_terms(struct slo_series *s, struct slo_pack *p)
{
	struct slo_objective o = s->objective;
	int64_t width_ns = s->width_ns;

	SLO_PACK(p, width_ns);
	SLO_PACK(p, o.threshold);
	SLO_PACK(p, o.target);
	SLO_PACK(p, o.short_s);
	SLO_PACK(p, o.long_s);
	return width_ns == s->width_ns && o.target == s->objective.target && o.short_s == s->objective.short_s &&
	       o.long_s == s->objective.long_s &&
	       (o.threshold == s->objective.threshold || (isnan(o.threshold) && isnan(s->objective.threshold)));
}

static void write_slots(struct slo_series *s, struct slo_pack *p)
{
	uint32_t n = 0;

	for (uint32_t back = 0; s->head != SLO_ABSENT_I64 && back < s->ring_slots; back++)
		n += slo_slot_used(slo_slot_at(s, s->head - back));
	slo_pack_count(p, n, s->ring_slots);
	for (uint32_t back = 0; n && back < s->ring_slots; back++) {
		struct slo_slot *slot = slo_slot_at(s, s->head - back);

		if (!slo_slot_used(slot))
			continue;
		SLO_PACK(p, back);
		SLO_PACK(p, *slot);
	}
}

static void read_slots(struct slo_series *s, bool fits, struct slo_pack *p)
{
	enum { MOST = SLO_SERIES_SLOTS + SLO_SERIES_AHEAD_MAX };

	for (uint32_t n = slo_pack_count(p, 0, MOST); n; n--) {
		uint32_t back = slo_pack_count(p, 0, MOST);
		struct slo_slot slot;

		SLO_PACK(p, slot);
		p->bad = p->bad || slot.bad > slot.valid;
		/* With less lateness there are fewer slots: what is lost then is of no window any more. */
		if (!p->bad && fits && s->head != SLO_ABSENT_I64 && back < s->ring_slots)
			*slo_slot_at(s, s->head - back) = slot;
	}
}

bool slo_series_pack(struct slo_series *s, struct slo_pack *p)
{
	bool fits = pack_terms(s, p), windows = s->windows;
	int64_t done_ns = s->done_ns, data_ns = s->data_ns, head = s->head;

	slo_pack_time(p, &done_ns, 1);
	slo_pack_time(p, &data_ns, 1);
	slo_pack_time(p, &head, s->width_ns);
	slo_pack_bool(p, &windows);
	if (p->out) {
		write_slots(s, p);
		return true;
	}
	s->data_ns = data_ns;
	if (fits) {
		s->done_ns = done_ns;
		s->head = head;
		s->windows = windows;
	}
	read_slots(s, fits, p);
	return fits && !p->bad;
}
