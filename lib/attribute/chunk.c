/* SPDX-License-Identifier: MIT */
#include "attribute/chunk.h"

#include "base/time.h"
#include "stat/hist_pack.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(struct slo_chunk) == 24, "sixteen of them for each signal and role");

enum { HEAD = offsetof(struct slo_packed, bytes), STEP = 16, MALLOC = 8 }; /* what an allocator adds, and rounds to */

void *slo_budget_take(struct slo_track_budget *b, size_t size)
{
	void *p = b->used + size <= b->max ? calloc(1, size) : NULL;

	if (p)
		b->used += size;
	else
		b->refused++;
	return p;
}

void slo_budget_give(struct slo_track_budget *b, void *p, size_t size)
{
	if (p)
		b->used -= size;
	free(p);
}

static bool has_hist(const struct slo_chunk *c, enum slo_scalar how)
{
	return how == SLO_SCALAR_LATENCY && c->latency.hist;
}

void slo_chunk_reset(struct slo_chunk *c, enum slo_scalar how, struct slo_track_budget *budget)
{
	if (has_hist(c, how))
		slo_budget_give(budget, c->latency.hist, HEAD + (size_t)c->latency.hist->room);
	memset(c, 0, sizeof(*c));
	if (how == SLO_SCALAR_LATENCY)
		c->latency.max = NAN;
}

/* Make room for @len bytes in place of what is there. */
static struct slo_packed *make_room(struct slo_chunk *c, size_t len, struct slo_track_budget *budget)
{
	struct slo_packed *p = c->latency.hist;
	size_t size = (HEAD + len + MALLOC + STEP - 1) / STEP * STEP - MALLOC;

	if (p && p->room >= len)
		return p;
	slo_budget_give(budget, p, p ? HEAD + (size_t)p->room : 0);
	p = c->latency.hist = slo_budget_take(budget, size);
	if (p)
		p->room = (uint16_t)(size - HEAD);
	return p;
}

void slo_chunk_keep(struct slo_chunk *c, double min, const uint8_t *bytes, size_t len,
		    struct slo_track_budget *budget)
{
	struct slo_packed *p = make_room(c, len, budget);

	if (!p)
		return; /* what is left has fewer observations than the chunk: its maximum counts */
	p->min = min;
	p->len = (uint16_t)len;
	memcpy(p->bytes, bytes, len);
}

static void put_hist(struct slo_chunk *c, double min, const struct slo_hist *hist, struct slo_track_budget *budget)
{
	uint8_t bytes[SLO_CHUNK_HIST_MAX] = { 0 };
	const struct slo_packed *p = c->latency.hist;
	struct slo_hist all;

	if (p && p->len) {
		slo_hist_unpack(p->bytes, p->len, &all);
		slo_hist_merge(&all, hist);
		min = fmin(min, p->min);
		hist = &all;
	}
	slo_chunk_keep(c, min, bytes, slo_hist_pack(hist, bytes, SLO_CHUNK_HIST_MAX), budget);
}

void slo_chunk_put(struct slo_chunk *c, enum slo_scalar how, const struct slo_merged *m, const struct slo_hist *hist,
		   struct slo_track_budget *budget)
{
	c->count = m->count > UINT32_MAX - c->count ? UINT32_MAX : c->count + (uint32_t)m->count;
	c->windows =
		m->windows > (uint32_t)(UINT16_MAX - c->windows) ? UINT16_MAX : (uint16_t)(c->windows + m->windows);
	c->blind = m->blind > (uint32_t)(UINT16_MAX - c->blind) ? UINT16_MAX : (uint16_t)(c->blind + m->blind);
	if (how == SLO_SCALAR_LATENCY) {
		c->latency.max = fmax(c->latency.max, m->max);
		if (hist && m->count)
			put_hist(c, m->min, hist, budget);
		return;
	}
	c->amount.sum += m->sum;
	c->amount.time_s = fminf(c->amount.time_s + (float)((double)m->time_ns / SLO_NS_PER_S), SLO_CHUNK_TIME_MAX_S);
	c->amount.watched_s = fmaxf(c->amount.watched_s, c->amount.time_s);
}

static void join_hist(const struct slo_packed *p, struct slo_merged *out)
{
	struct slo_hist h;

	slo_hist_unpack(p->bytes, p->len, &h);
	out->min = fmin(out->min, p->min);
	out->in_hist += slo_hist_count(&h);
	slo_hist_merge(out->hist, &h);
}

void slo_chunk_join(const struct slo_chunk *c, enum slo_scalar how, struct slo_merged *out)
{
	out->count += c->count;
	out->windows += c->windows;
	out->blind += c->blind;
	if (how == SLO_SCALAR_LATENCY) {
		out->max = fmax(out->max, c->latency.max);
		if (c->latency.hist && c->latency.hist->len && out->hist)
			join_hist(c->latency.hist, out);
		return;
	}
	out->sum += c->amount.sum;
	out->time_ns += (int64_t)((double)c->amount.time_s * SLO_NS_PER_S);
	out->watched_ns += (int64_t)((double)c->amount.watched_s * SLO_NS_PER_S);
}

double slo_chunk_scalar(const struct slo_chunk *c, enum slo_scalar how)
{
	bool full = how == SLO_SCALAR_LATENCY && c->count >= SLO_SCALAR_P95_MIN;
	struct slo_hist hist;
	/* cppcheck-suppress uninitvar ; it is emptied below */
	struct slo_merged m = { .hist = full ? &hist : NULL };

	slo_merged_reset(&m);
	slo_chunk_join(c, how, &m);
	return slo_merged_scalar(&m, how);
}
