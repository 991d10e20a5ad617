/* SPDX-License-Identifier: MIT */
#include "slo/series.h"

#include "base/time.h"
#include "event/tables.h"
#include "slo/burn.h"

#include <errno.h>
#include <stdlib.h>

/* One slot. Either windows or, where none came, single observations. */
struct slo_slot {
	int64_t index;    /* slot number since the epoch; SLO_ABSENT_I64 = unused */
	int64_t start_ns; /* earliest start of its records */
	uint32_t valid, bad, bad_by[SLO_BAD__COUNT]; /* saturating */
	bool windows;
};

/* A record's numbers, judged by our objective. */
struct tally {
	uint64_t valid, bad, bad_by[SLO_BAD__COUNT];
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t ceil_div(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

int64_t slo_series_width_ns(const struct slo_objective *o)
{
	int64_t width_s = ceil_div(o->long_s, SLO_SERIES_SLOTS);

	if (width_s > o->short_s)
		width_s = o->short_s;
	return (width_s < 1 ? 1 : width_s) * SLO_NS_PER_S;
}

int slo_series_init(struct slo_series *s, const struct slo_objective *o, int64_t lateness_ns)
{
	int64_t width = slo_series_width_ns(o), slots, ahead;

	if (!(o->target > 0 && o->target < 1) || o->short_s <= 0 || o->short_s > o->long_s || lateness_ns < 0 ||
	    o->long_s > INT64_MAX / SLO_NS_PER_S / 4)
		return -EINVAL;
	slots = ceil_div(o->long_s * SLO_NS_PER_S, width);
	slots = slots < SLO_SERIES_SLOTS ? slots : SLO_SERIES_SLOTS;
	/* One slot for the tick in progress, one because the watermark need not lie on a slot's edge. */
	ahead = ceil_div(lateness_ns, width) + 2;
	*s = (struct slo_series){ .objective = *o, .width_ns = width, .long_slots = (uint32_t)slots,
				  .short_slots = (uint32_t)ceil_div(o->short_s * SLO_NS_PER_S, width),
				  .done_ns = SLO_ABSENT_I64, .data_ns = SLO_ABSENT_I64 };
	s->ring_slots = s->long_slots + (uint32_t)(ahead < SLO_SERIES_AHEAD_MAX ? ahead : SLO_SERIES_AHEAD_MAX);
	s->ring = malloc(s->ring_slots * sizeof(*s->ring));
	if (!s->ring)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->ring_slots; i++)
		s->ring[i].index = SLO_ABSENT_I64;
	return 0;
}

void slo_series_fini(struct slo_series *s)
{
	free(s->ring);
	s->ring = NULL;
}

static struct slo_slot *at(const struct slo_series *s, int64_t index)
{
	int64_t i = index % s->ring_slots;

	return &s->ring[i < 0 ? i + s->ring_slots : i];
}

/* The slot a record ending at @end_ns belongs to, emptied of older content; NULL, counted, when it has none. */
static struct slo_slot *take(struct slo_series *s, int64_t end_ns)
{
	int64_t index = floor_div(end_ns - 1, s->width_ns);
	int64_t next = s->done_ns == SLO_ABSENT_I64 ? index : s->done_ns / s->width_ns;
	struct slo_slot *slot = at(s, index);

	if (index < next || (slot->index != SLO_ABSENT_I64 && slot->index > index)) {
		s->stats.late++;
		return NULL;
	}
	if (index - next >= s->ring_slots - s->long_slots) {
		s->stats.ahead++;
		return NULL;
	}
	if (slot->index != index)
		*slot = (struct slo_slot){ .index = index, .start_ns = index * s->width_ns };
	return slot;
}

static uint32_t saturate(uint32_t have, uint64_t more)
{
	return more > UINT32_MAX - have ? UINT32_MAX : have + (uint32_t)more;
}

static void put(struct slo_slot *slot, const struct tally *t)
{
	slot->valid = saturate(slot->valid, t->valid);
	slot->bad = saturate(slot->bad, t->bad);
	for (int i = 0; i < SLO_BAD__COUNT; i++)
		slot->bad_by[i] = saturate(slot->bad_by[i], t->bad_by[i]);
}

static bool is_ratio(int sli)
{
	return sli == SLO_SLI_ERROR_RATE || sli == SLO_SLI_PROVIDER_ERROR_RATE;
}

static void read_classes(const struct slo_sli_window *w, struct tally *t)
{
	const struct slo_bad_counts *b = &w->bad_by;
	const uint64_t by[SLO_BAD__COUNT] = { b->rate_limited, b->server_error, b->timeout, b->aborted, b->slow };

	for (int i = 0; w->has_bad_by && i < SLO_BAD__COUNT; i++)
		t->bad_by[i] = by[i] < w->bad ? by[i] : w->bad;
}

/* Requests that were slow by the window's own threshold before their value was known. */
static uint64_t overdue(const struct slo_objective *o, const struct slo_sli_window *w)
{
	uint64_t known = slo_hist_above(&w->hist, w->threshold);

	if (!w->has_bad_by || !(w->threshold >= o->threshold) || w->bad_by.slow <= known)
		return 0;
	return w->bad_by.slow - known;
}

/* Requests over the objective's threshold come from the histogram; failed ones stay failed. */
static void judge_again(const struct slo_objective *o, const struct slo_sli_window *w, struct tally *t)
{
	uint64_t seen = slo_hist_count(&w->hist), over = slo_hist_above(&w->hist, o->threshold), failed = 0;

	if (slo_sli_info[w->sli].higher_is_bad)
		over += overdue(o, w);
	else
		over = seen - over;
	for (int i = 0; i < SLO_BAD_SLOW; i++)
		failed += t->bad_by[i];
	t->bad_by[SLO_BAD_SLOW] = over < t->valid ? over : t->valid;
	t->bad = failed + over < t->valid ? failed + over : t->valid;
}

void slo_series_add(struct slo_series *s, const struct slo_sli_window *w)
{
	struct tally t = { .valid = w->valid, .bad = w->bad };
	struct slo_slot *slot;

	if (w->bad > w->valid || w->good > w->valid || w->end_ns <= w->start_ns ||
	    (w->has_hist && !slo_hist_valid(&w->hist))) {
		s->stats.invalid++;
		return;
	}
	slot = take(s, w->end_ns);
	if (!slot)
		return;
	s->stats.records++;
	s->windows = true;
	if (!slot->windows)
		*slot = (struct slo_slot){ .index = slot->index, .start_ns = slot->index * s->width_ns,
					   .windows = true };
	read_classes(w, &t);
	if (!is_ratio(w->sli) && w->valid && !(w->threshold == s->objective.threshold)) {
		if (w->has_hist) {
			judge_again(&s->objective, w, &t);
			s->stats.rejudged++;
		} else {
			s->stats.foreign++;
		}
	}
	if (w->start_ns < slot->start_ns)
		slot->start_ns = w->start_ns;
	put(slot, &t);
}

bool slo_series_bad_event(const struct slo_series *s, const struct slo_sli_event *e)
{
	double limit = s->objective.threshold;

	/* The ratio of one request is 0 or 1; of several it is bad where the SLI's own threshold says so. */
	if (is_ratio(e->sli_name) && !(limit > 0 && limit < 1))
		return slo_sli_status(e->sli_name, e->sli_value) == SLO_SLI_STATUS_BREACH;
	return slo_sli_info[e->sli_name].higher_is_bad ? e->sli_value > limit : e->sli_value < limit;
}

void slo_series_add_event(struct slo_series *s, const struct slo_sli_event *e)
{
	struct slo_slot *slot = take(s, e->timestamp + 1);
	struct tally t = { .valid = 1 };

	if (!slot)
		return;
	s->stats.records++;
	if (slot->windows)
		return;
	t.bad = slo_series_bad_event(s, e);
	if (!is_ratio(e->sli_name)) /* why a request failed, its ratio does not say */
		t.bad_by[SLO_BAD_SLOW] = t.bad;
	put(slot, &t);
}

/* The slot's content as far as it counts, or NULL. */
static const struct slo_slot *counted(const struct slo_series *s, int64_t index)
{
	const struct slo_slot *slot = at(s, index);

	return slot->index == index && (slot->windows || !s->windows) && slot->valid ? slot : NULL;
}

static void sum(const struct slo_slot *slot, struct slo_burn *b)
{
	b->valid += slot->valid;
	b->bad += slot->bad;
	for (int i = 0; i < SLO_BAD__COUNT; i++)
		b->bad_by[i] += slot->bad_by[i];
}

void slo_series_eval(struct slo_series *s, int64_t at_ns, struct slo_burn_state *out)
{
	int64_t last = floor_div(at_ns, s->width_ns) - 1;
	const struct slo_objective *o = &s->objective;

	*out = (struct slo_burn_state){ .need = slo_objective_burn(o) };
	s->done_ns = (last + 1) * s->width_ns;
	for (uint32_t i = 0; i < s->long_slots; i++) {
		const struct slo_slot *slot = counted(s, last - i);

		if (!slot)
			continue;
		if (s->data_ns == SLO_ABSENT_I64 || s->data_ns < (slot->index + 1) * s->width_ns)
			s->data_ns = (slot->index + 1) * s->width_ns;
		sum(slot, &out->lengthy);
		if (i < s->short_slots)
			sum(slot, &out->brief);
	}
	slo_burn_rate(out->brief.bad, out->brief.valid, o->target, &out->brief.rate);
	slo_burn_rate(out->lengthy.bad, out->lengthy.valid, o->target, &out->lengthy.rate);
	out->data = out->brief.valid > 0;
	out->enough = out->data && out->brief.valid >= (uint64_t)(o->min_events > 0 ? o->min_events : 0);
	out->burning = out->brief.bad && slo_burn_reached(out->brief.rate, out->need) &&
		       slo_burn_reached(out->lengthy.rate, out->need);
}

/* Log likelihood of @bad among @valid at their own rate, which half an event of each kind keeps from 0 and 1. */
static double likelihood(uint64_t bad, uint64_t valid)
{
	double b = (double)bad, good = (double)(valid - bad), p = (b + 0.5) / ((double)valid + 1);

	return b * log(p) + good * log1p(-p);
}

/* More was bad per request in @b of @v than in the rest of @all_b of @all_v. */
static bool worse(uint64_t b, uint64_t v, uint64_t all_b, uint64_t all_v)
{
	return v == all_v || (double)b * (double)(all_v - v) > (double)(all_b - b) * (double)v;
}

int64_t slo_series_onset(const struct slo_series *s)
{
	uint64_t bad = 0, valid = 0, all_bad = 0, all_valid = 0;
	int64_t onset = SLO_ABSENT_I64, last;
	double best = -INFINITY;

	if (s->done_ns == SLO_ABSENT_I64)
		return SLO_ABSENT_I64;
	last = s->done_ns / s->width_ns - 1;
	for (uint32_t i = 0; i < s->long_slots; i++) {
		const struct slo_slot *slot = counted(s, last - i);

		all_bad += slot ? slot->bad : 0;
		all_valid += slot ? slot->valid : 0;
	}
	for (uint32_t i = 0; i < s->long_slots; i++) {
		const struct slo_slot *slot = counted(s, last - i);
		double now;

		if (!slot)
			continue;
		bad += slot->bad;
		valid += slot->valid;
		now = likelihood(bad, valid) + likelihood(all_bad - bad, all_valid - valid);
		if (!slot->bad || now < best || !worse(bad, valid, all_bad, all_valid))
			continue;
		best = now;
		onset = slot->start_ns;
	}
	return onset;
}
