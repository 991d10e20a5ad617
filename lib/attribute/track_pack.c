/* SPDX-License-Identifier: MIT */
/* A track in a checkpoint: its chunks that hold something, and its past. */
#include "attribute/track.h"

#include "stat/hist_pack.h"

#include <math.h>
#include <string.h>

static void pack_hist(struct slo_chunk *c, struct slo_track_budget *budget, struct slo_pack *p)
{
	const struct slo_packed *have = c->latency.hist;
	uint8_t bytes[SLO_CHUNK_HIST_MAX];
	struct slo_hist hist;
	double min = have ? have->min : NAN;
	uint32_t len = slo_pack_count(p, have ? have->len : 0, sizeof(bytes));

	if (!len)
		return;
	if (p->out)
		memcpy(bytes, have->bytes, len);
	SLO_PACK(p, min);
	slo_pack_bytes(p, bytes, len);
	if (p->out)
		return;
	p->bad = p->bad || !slo_hist_unpack(bytes, len, &hist);
	if (!p->bad)
		slo_chunk_keep(c, min, bytes, len, budget);
}

static void pack_chunk(struct slo_chunk *c, enum slo_scalar how, struct slo_track_budget *budget, struct slo_pack *p)
{
	SLO_PACK(p, c->count);
	SLO_PACK(p, c->windows);
	SLO_PACK(p, c->blind);
	if (how == SLO_SCALAR_LATENCY) {
		SLO_PACK(p, c->latency.max);
		pack_hist(c, budget, p);
		return;
	}
	SLO_PACK(p, c->amount);
	p->bad = p->bad || !(c->amount.time_s >= 0) || !(c->amount.watched_s >= 0) || !isfinite(c->amount.sum) ||
		 c->amount.watched_s > SLO_CHUNK_TIME_MAX_S || c->amount.time_s > c->amount.watched_s;
	/* A rate is over the time watched. */
	p->bad = p->bad || (how == SLO_SCALAR_RATE && c->windows && c->amount.watched_s <= 0);
}

static bool is_empty(const struct slo_chunk *c, enum slo_scalar how)
{
	return !c->windows && !c->blind && (how == SLO_SCALAR_LATENCY || c->amount.watched_s <= 0);
}

static void pack_ring(struct slo_track *t, struct slo_pack *p)
{
	uint32_t used = 0;

	for (uint32_t i = 0; t->first != SLO_ABSENT_I64 && i < t->ring_n; i++)
		used |= is_empty(&t->ring[slo_track_place(t, t->first + i)], t->how) ? 0 : 1u << i;
	SLO_PACK(p, used);
	/* With less lateness the ring is shorter; records that are that new will come again, or are lost. */
	for (uint32_t i = 0; used && i < SLO_TRACK_RING; i++) {
		struct slo_chunk spare, *c = &spare;

		if (!(used >> i & 1))
			continue;
		memset(&spare, 0, sizeof(spare));
		if (t->first != SLO_ABSENT_I64 && i < t->ring_n)
			c = &t->ring[slo_track_place(t, t->first + i)];
		pack_chunk(c, t->how, t->budget, p);
		if (c == &spare)
			slo_chunk_reset(c, t->how, t->budget);
	}
}

static void pack_past(struct slo_track *t, struct slo_pack *p)
{
	bool any = t->past;
	struct slo_past past;

	if (!slo_pack_bool(p, &any))
		return;
	if (p->out)
		past = *t->past;
	SLO_PACK(p, past);
	slo_pack_when(p, &past.newest, t->chunk_ns);
	p->bad = p->bad || past.n > SLO_TRACK_PAST || past.at >= SLO_TRACK_PAST;
	for (uint32_t i = 0; i < SLO_TRACK_PAST; i++)
		p->bad = p->bad || !isfinite(past.value[i]);
	if (p->out || p->bad)
		return;
	t->past = slo_budget_take(t->budget, sizeof(*t->past));
	if (t->past)
		*t->past = past;
}

static void pack_why(struct slo_track *t, struct slo_pack *p)
{
	char why[SLO_TRACK_WHY] = "";
	bool any = t->why;

	if (!slo_pack_bool(p, &any))
		return;
	if (p->out)
		memcpy(why, t->why, sizeof(why));
	slo_pack_text(p, why, sizeof(why));
	if (!p->out && !p->bad)
		slo_track_why(t, slo_str(why));
}

static void clear(struct slo_track *t)
{
	for (uint32_t i = 0; i < t->ring_n; i++)
		slo_chunk_reset(&t->ring[i], t->how, t->budget);
	slo_chunk_reset(&t->trouble, t->how, t->budget);
	slo_budget_give(t->budget, t->past, sizeof(*t->past));
	slo_budget_give(t->budget, t->why, SLO_TRACK_WHY);
	t->past = NULL;
	t->why = NULL;
	t->first = SLO_ABSENT_I64;
	t->onset_ns = t->until_ns = t->calm_ns = 0;
}

bool slo_track_pack(struct slo_track *t, struct slo_pack *p)
{
	int64_t chunk_ns = t->chunk_ns;
	uint8_t how = t->how;

	SLO_PACK(p, how);
	SLO_PACK(p, chunk_ns);
	slo_pack_time(p, &t->first, t->chunk_ns);
	slo_pack_when(p, &t->onset_ns, 1);
	slo_pack_when(p, &t->until_ns, 1);
	slo_pack_when(p, &t->calm_ns, 1);
	SLO_PACK(p, t->source);
	p->bad = p->bad || how != t->how || t->source < 0 || t->source >= SLO_EVIDENCE__COUNT;
	pack_chunk(&t->trouble, t->how, t->budget, p);
	pack_ring(t, p);
	pack_past(t, p);
	pack_why(t, p);
	if (p->out)
		return true;
	if (p->bad || chunk_ns != t->chunk_ns)
		clear(t);
	return !p->bad && chunk_ns == t->chunk_ns;
}
