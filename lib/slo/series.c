/* SPDX-License-Identifier: MIT */
#include "slo/series.h"

#include "base/time.h"
#include "event/tables.h"
#include "slo/burn.h"
#include "slo/series_slot.h"

#include <errno.h>
#include <stdlib.h>

enum { LEAD_MAX = (1 << 30) - 1 };

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
				  .done_ns = SLO_ABSENT_I64, .data_ns = SLO_ABSENT_I64, .head = SLO_ABSENT_I64 };
	s->ring_slots = s->long_slots + (uint32_t)(ahead < SLO_SERIES_AHEAD_MAX ? ahead : SLO_SERIES_AHEAD_MAX);
	s->ring = calloc(s->ring_slots, sizeof(*s->ring));
	return s->ring ? 0 : -ENOMEM;
}

void slo_series_fini(struct slo_series *s)
{
	free(s->ring);
	s->ring = NULL;
}

/* Make @index the newest slot; all between is empty. */
static void advance(struct slo_series *s, int64_t index)
{
	int64_t from = s->head == SLO_ABSENT_I64 || index - s->head > s->ring_slots ? index - s->ring_slots : s->head;

	for (int64_t i = from + 1; i <= index; i++)
		*slo_slot_at(s, i) = (struct slo_slot){ .valid = 0 };
	s->head = index;
}

/* The slot a record ending at @end_ns belongs to; NULL, counted, when it has none. */
static struct slo_slot *take(struct slo_series *s, int64_t end_ns, int64_t *start_ns)
{
	int64_t index = floor_div(end_ns - 1, s->width_ns);
	int64_t next = s->done_ns == SLO_ABSENT_I64 ? index : s->done_ns / s->width_ns;

	if (index < next || (s->head != SLO_ABSENT_I64 && s->head - index >= s->ring_slots)) {
		s->stats.late++;
		return NULL;
	}
	if (index - next >= s->ring_slots - s->long_slots) {
		s->stats.ahead++;
		return NULL;
	}
	if (s->head == SLO_ABSENT_I64 || index > s->head)
		advance(s, index);
	*start_ns = index * s->width_ns;
	return slo_slot_at(s, index);
}

static int64_t lead_ns(const struct slo_slot *slot)
{
	return slot->lead_ms ? slot->lead * SLO_NS_PER_MS : slot->lead;
}

static void set_lead(struct slo_slot *slot, int64_t ns)
{
	int64_t ms = (ns + SLO_NS_PER_MS - 1) / SLO_NS_PER_MS;

	if (ns <= lead_ns(slot))
		return;
	slot->lead_ms = ns > LEAD_MAX;
	slot->lead = (uint32_t)(ns <= LEAD_MAX ? ns : ms <= LEAD_MAX ? ms : LEAD_MAX) & LEAD_MAX;
}

static uint32_t saturate(uint32_t have, uint64_t more)
{
	return more > UINT32_MAX - have ? UINT32_MAX : have + (uint32_t)more;
}

static void put(struct slo_slot *slot, const struct tally *t)
{
	slot->valid = saturate(slot->valid, t->valid);
	slot->bad = saturate(slot->bad, t->bad);
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
	int64_t start_ns;

	if (w->bad > w->valid || w->good > w->valid || w->end_ns <= w->start_ns ||
	    (w->has_hist && !slo_hist_valid(&w->hist))) {
		s->stats.invalid++;
		return;
	}
	slot = take(s, w->end_ns, &start_ns);
	if (!slot)
		return;
	s->stats.records++;
	s->summed = s->summed && s->windows; /* single observations count no longer */
	s->windows = true;
	if (!slot->windows)
		*slot = (struct slo_slot){ .windows = true };
	read_classes(w, &t);
	if (!is_ratio(w->sli) && w->valid && !(w->threshold == s->objective.threshold)) {
		if (w->has_hist) {
			judge_again(&s->objective, w, &t);
			s->stats.rejudged++;
		} else {
			s->stats.foreign++;
		}
	}
	set_lead(slot, start_ns - w->start_ns);
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
	int64_t start_ns;
	struct slo_slot *slot = take(s, e->timestamp + 1, &start_ns);
	struct tally t = { .valid = 1 };

	if (!slot)
		return;
	s->stats.records++;
	if (slot->windows)
		return;
	t.bad = slo_series_bad_event(s, e);
	put(slot, &t);
}

/* The slot's content as far as it counts, or NULL. */
static const struct slo_slot *counted(const struct slo_series *s, int64_t index)
{
	const struct slo_slot *slot = slo_slot_at(s, index);

	if (s->head == SLO_ABSENT_I64 || index > s->head || s->head - index >= s->ring_slots)
		return NULL;
	return (slot->windows || !s->windows) && slot->valid ? slot : NULL;
}

/* A slot that is done enters both sums; those that are now too old for them leave. */
static void step(struct slo_series *s, int64_t index)
{
	const struct slo_slot *new = counted(s, index), *brief = counted(s, index - s->short_slots),
			      *lengthy = counted(s, index - s->long_slots);

	if (new) {
		s->data_ns = (index + 1) * s->width_ns;
		s->brief.valid += new->valid;
		s->brief.bad += new->bad;
		s->lengthy.valid += new->valid;
		s->lengthy.bad += new->bad;
	}
	if (brief) {
		s->brief.valid -= brief->valid;
		s->brief.bad -= brief->bad;
	}
	if (lengthy) {
		s->lengthy.valid -= lengthy->valid;
		s->lengthy.bad -= lengthy->bad;
	}
}

static void sum(struct slo_series *s, int64_t last)
{
	s->brief = s->lengthy = (struct slo_burn){ .valid = 0 };
	for (uint32_t i = 0; i < s->long_slots; i++) {
		const struct slo_slot *slot = counted(s, last - i);

		if (!slot)
			continue;
		if (s->data_ns == SLO_ABSENT_I64 || s->data_ns < (last - i + 1) * s->width_ns)
			s->data_ns = (last - i + 1) * s->width_ns;
		s->lengthy.valid += slot->valid;
		s->lengthy.bad += slot->bad;
		s->brief.valid += i < s->short_slots ? slot->valid : 0;
		s->brief.bad += i < s->short_slots ? slot->bad : 0;
	}
	s->summed = true;
}

void slo_series_eval(struct slo_series *s, int64_t at_ns, struct slo_burn_state *out)
{
	int64_t last = floor_div(at_ns, s->width_ns) - 1, done = s->done_ns / s->width_ns - 1;
	const struct slo_objective *o = &s->objective;

	/* What was evaluated once changes no more, so the sums can follow slot by slot. */
	if (s->summed && last - done <= s->long_slots)
		for (int64_t i = done + 1; i <= last; i++)
			step(s, i);
	else
		sum(s, last);
	s->done_ns = (last + 1) * s->width_ns;
	*out = (struct slo_burn_state){ .need = slo_objective_burn(o), .brief = s->brief, .lengthy = s->lengthy };
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
		onset = (last - i) * s->width_ns - lead_ns(slot);
	}
	return onset;
}
