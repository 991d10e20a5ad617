/* SPDX-License-Identifier: MIT */
#include "attribute/track.h"

#include "rec/rec.h"
#include "stat/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static void *reserve(struct slo_track_budget *b, size_t size)
{
	void *p = b->used + size <= b->max ? calloc(1, size) : NULL;

	if (p)
		b->used += size;
	else
		b->refused++;
	return p;
}

static void release(struct slo_track_budget *b, void *p, size_t size)
{
	if (p)
		b->used -= size;
	free(p);
}

struct slo_track *slo_track_new(int64_t chunk_ns, enum slo_scalar how, struct slo_track_budget *budget)
{
	struct slo_track *t = reserve(budget, sizeof(*t));

	if (!t)
		return NULL;
	t->chunk_ns = chunk_ns;
	t->how = how;
	t->first = SLO_ABSENT_I64;
	t->budget = budget;
	slo_merged_reset(&t->trouble);
	for (int i = 0; i < SLO_TRACK_RING; i++)
		slo_merged_reset(&t->ring[i]);
	return t;
}

void slo_track_free(struct slo_track *t)
{
	if (!t)
		return;
	for (int i = 0; i < SLO_TRACK_RING; i++)
		release(t->budget, t->ring[i].hist, sizeof(struct slo_hist));
	release(t->budget, t->trouble.hist, sizeof(struct slo_hist));
	release(t->budget, t, sizeof(*t));
}

static struct slo_merged *chunk(struct slo_track *t, int64_t index)
{
	int64_t i = index % SLO_TRACK_RING;

	return &t->ring[i < 0 ? i + SLO_TRACK_RING : i];
}

static const struct slo_merged *chunk_of(const struct slo_track *t, int64_t index)
{
	int64_t i = index % SLO_TRACK_RING;

	return &t->ring[i < 0 ? i + SLO_TRACK_RING : i];
}

static void remember(struct slo_track *t, double v, int64_t end_ns)
{
	if (isnan(v))
		return;
	t->known = false;
	t->past[t->past_at] = v;
	t->past_end[t->past_at] = end_ns;
	t->past_at = (t->past_at + 1) % SLO_TRACK_PAST;
	if (t->past_n < SLO_TRACK_PAST)
		t->past_n++;
}

static void offer_hist(struct slo_track *t, struct slo_merged *m)
{
	if (m->hist)
		return;
	m->hist = reserve(t->budget, sizeof(*m->hist));
	if (m->hist)
		slo_hist_init(m->hist);
}

static void add_trouble(struct slo_track *t, int64_t index, const struct slo_merged *m)
{
	if ((index + 1) * t->chunk_ns <= t->onset_ns || index * t->chunk_ns >= t->until_ns)
		return;
	if (m->hist && m->in_hist)
		offer_hist(t, &t->trouble);
	slo_merged_join(&t->trouble, m);
}

/* Make @first the oldest chunk; what leaves becomes past unless it overlaps [from, to). */
static void roll(struct slo_track *t, int64_t first, bool keep, int64_t from, int64_t to)
{
	int64_t end = first - t->first > SLO_TRACK_RING ? t->first + SLO_TRACK_RING : first;

	for (int64_t i = t->first; i < end; i++) {
		struct slo_merged *m = chunk(t, i);

		if (i * t->chunk_ns < to && (i + 1) * t->chunk_ns > from)
			add_trouble(t, i, m);
		else if (keep)
			remember(t, slo_merged_scalar(m, t->how), (i + 1) * t->chunk_ns);
		slo_merged_reset(m);
	}
	t->known = t->known && t->first * t->chunk_ns >= t->calm_ns;
	t->first = first;
}

/* The chunk a window ending at @end_ns belongs to, or NULL when it is gone. */
static struct slo_merged *take(struct slo_track *t, int64_t end_ns)
{
	int64_t index = floor_div(end_ns - 1, t->chunk_ns);

	if (t->first == SLO_ABSENT_I64)
		t->first = index - SLO_TRACK_RECENT;
	if (index < t->first)
		return NULL;
	/* Beyond the ring only when nobody ages the track: too old to be an honest past. */
	if (index >= t->first + SLO_TRACK_RING)
		roll(t, index - SLO_TRACK_RING + 1, false, 0, 0);
	return chunk(t, index);
}

bool slo_track_add(struct slo_track *t, const struct slo_window *w)
{
	struct slo_merged *m = take(t, w->end_ns);

	if (!m)
		return false;
	if (w->has_hist && w->count && w->state == SLO_STATE_VALUE && t->how == SLO_SCALAR_LATENCY)
		offer_hist(t, m);
	return slo_merged_add(m, w);
}

bool slo_track_add_hist(struct slo_track *t, int64_t start_ns, int64_t end_ns, uint64_t count, double sum, double min,
			double max, const struct slo_hist *hist)
{
	struct slo_merged *m = take(t, end_ns);

	if (!m)
		return false;
	slo_merged_watch(m, end_ns - start_ns);
	if (!count)
		return true;
	m->count += count;
	m->sum += isnan(sum) ? 0 : sum;
	m->min = fmin(m->min, min);
	m->max = fmax(m->max, isnan(max) && hist ? slo_hist_quantile(hist, 1) : max);
	if (!hist)
		return true;
	offer_hist(t, m);
	if (m->hist) {
		slo_hist_merge(m->hist, hist);
		m->in_hist += slo_hist_count(hist);
	}
	return true;
}

bool slo_track_add_value(struct slo_track *t, int64_t ts_ns, double value)
{
	struct slo_merged *m = take(t, ts_ns + 1);

	if (!m || !isfinite(value))
		return false;
	m->windows++;
	m->count++;
	m->sum += value;
	m->min = fmin(m->min, value);
	m->max = fmax(m->max, value);
	offer_hist(t, m);
	if (m->hist) {
		slo_hist_add(m->hist, value, 1);
		m->in_hist++;
	}
	return true;
}

int64_t slo_track_watched(const struct slo_track *t, int64_t end_ns)
{
	int64_t index = floor_div(end_ns - 1, t->chunk_ns);

	if (t->first == SLO_ABSENT_I64 || index < t->first || index >= t->first + SLO_TRACK_RING)
		return 0;
	return chunk_of(t, index)->watched_ns;
}

void slo_track_watch(struct slo_track *t, int64_t end_ns, int64_t ns)
{
	struct slo_merged *m = take(t, end_ns);

	if (m && m->watched_ns < ns)
		m->watched_ns = ns;
}

void slo_track_quiet(struct slo_track *t, const struct slo_track *like)
{
	t->first = like->first;
	for (int i = 0; i < SLO_TRACK_RING; i++)
		t->ring[i].watched_ns = like->ring[i].watched_ns;
	t->past_n = like->past_n;
	t->past_at = like->past_at;
	memcpy(t->past_end, like->past_end, sizeof(t->past_end));
	t->calm_ns = like->calm_ns;
	t->onset_ns = like->onset_ns;
	t->until_ns = like->until_ns;
	t->trouble.watched_ns = like->trouble.watched_ns;
}

void slo_track_age(struct slo_track *t, int64_t at_ns, int64_t skip_from, int64_t skip_to)
{
	int64_t first = floor_div(at_ns, t->chunk_ns) - SLO_TRACK_RECENT;

	if (t->first != SLO_ABSENT_I64 && first > t->first)
		roll(t, first, true, skip_from, skip_to);
}

void slo_track_clear(struct slo_track *t, int64_t from_ns, int64_t to_ns)
{
	if (t->first == SLO_ABSENT_I64)
		return;
	for (int64_t i = t->first; i < t->first + SLO_TRACK_RING; i++) {
		if (i * t->chunk_ns >= to_ns || (i + 1) * t->chunk_ns <= from_ns)
			continue;
		add_trouble(t, i, chunk(t, i));
		slo_merged_reset(chunk(t, i));
	}
	t->known = false;
}

void slo_track_forget(struct slo_track *t, int64_t from_ns)
{
	while (t->past_n) {
		uint32_t newest = (t->past_at + SLO_TRACK_PAST - 1) % SLO_TRACK_PAST;

		if (t->past_end[newest] <= from_ns)
			return;
		t->past_at = newest;
		t->past_n--;
		t->known = false;
	}
}

void slo_track_onset(struct slo_track *t, int64_t onset_ns, int64_t until_ns)
{
	slo_merged_reset(&t->trouble);
	t->onset_ns = onset_ns;
	t->until_ns = until_ns;
}

void slo_track_calm(struct slo_track *t, int64_t before_ns)
{
	t->calm_ns = before_ns;
	t->known = false;
}

void slo_track_beginning(const struct slo_track *t, int64_t at_ns, struct slo_merged *out)
{
	int64_t to = at_ns < t->until_ns ? at_ns : t->until_ns;

	slo_merged_reset(out);
	if (t->until_ns == 0)
		return;
	if (t->first != SLO_ABSENT_I64 && to > t->first * t->chunk_ns)
		slo_track_merge(t, t->onset_ns, to, out);
	slo_merged_join(out, &t->trouble);
}

void slo_track_merge(const struct slo_track *t, int64_t from_ns, int64_t to_ns, struct slo_merged *out)
{
	int64_t hi = floor_div(to_ns, t->chunk_ns), lo;

	slo_merged_reset(out);
	if (t->first == SLO_ABSENT_I64)
		return;
	lo = floor_div(from_ns - t->chunk_ns / 2 + t->chunk_ns - 1, t->chunk_ns);
	lo = lo > hi - 1 ? hi - 1 : lo;
	lo = lo < t->first ? t->first : lo;
	hi = hi > t->first + SLO_TRACK_RING ? t->first + SLO_TRACK_RING : hi;
	for (int64_t i = lo; i < hi; i++)
		slo_merged_join(out, chunk_of(t, i));
}

/* The newest SLO_TRACK_PAST numbers, those still in the ring first. */
static uint32_t collect(const struct slo_track *t, double v[SLO_TRACK_PAST])
{
	uint32_t n = 0;

	for (int64_t i = t->first; t->first != SLO_ABSENT_I64 && i < t->first + SLO_TRACK_RING; i++) {
		double one = (i + 1) * t->chunk_ns <= t->calm_ns ? slo_merged_scalar(chunk_of(t, i), t->how) : NAN;

		if (!isnan(one))
			v[n++] = one;
	}
	for (uint32_t i = 0; i < t->past_n && n < SLO_TRACK_PAST; i++)
		v[n++] = t->past[(t->past_at + SLO_TRACK_PAST - 1 - i) % SLO_TRACK_PAST];
	return n;
}

/* Sorting is worth doing once: the past stands still while an incident is open. */
static void summarise(struct slo_track *t)
{
	double v[SLO_TRACK_PAST];
	uint32_t n = collect(t, v);

	t->known = true;
	t->known_n = n;
	if (n < SLO_TRACK_PAST_MIN)
		return;
	slo_sort_f64(v, n);
	t->median = slo_quantile(v, n, 0.5);
	t->iqr = slo_quantile(v, n, 0.75) - slo_quantile(v, n, 0.25);
	t->spread = 1.4826 * slo_mad(v, n);
}

double slo_track_iqr(struct slo_track *t)
{
	return isnan(slo_track_baseline(t, NULL)) ? NAN : t->iqr;
}

double slo_track_baseline(struct slo_track *t, double *spread)
{
	bool any;

	if (!t->known)
		summarise(t);
	any = t->known_n >= SLO_TRACK_PAST_MIN;
	if (spread)
		*spread = any ? t->spread : NAN;
	return any ? t->median : NAN;
}
