/* SPDX-License-Identifier: MIT */
#include "attribute/track.h"

#include "rec/rec.h"
#include "stat/quantile.h"

#include <math.h>
#include <string.h>

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static size_t size_of(uint32_t ring)
{
	return sizeof(struct slo_track) + ring * sizeof(struct slo_chunk);
}

struct slo_track *slo_track_new(int64_t chunk_ns, uint32_t ahead, enum slo_scalar how,
				struct slo_track_budget *budget)
{
	uint32_t ring = SLO_TRACK_RECENT + (ahead < SLO_TRACK_AHEAD ? ahead : SLO_TRACK_AHEAD);
	struct slo_track *t = slo_budget_take(budget, size_of(ring));

	if (!t)
		return NULL;
	t->ring_n = (uint8_t)ring;
	t->chunk_ns = chunk_ns;
	t->how = (uint8_t)how;
	t->first = SLO_ABSENT_I64;
	t->budget = budget;
	slo_chunk_reset(&t->trouble, how, budget);
	for (int i = 0; i < t->ring_n; i++)
		slo_chunk_reset(&t->ring[i], how, budget);
	return t;
}

void slo_track_free(struct slo_track *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->ring_n; i++)
		slo_chunk_reset(&t->ring[i], t->how, t->budget);
	slo_chunk_reset(&t->trouble, t->how, t->budget);
	slo_budget_give(t->budget, t->past, sizeof(*t->past));
	slo_budget_give(t->budget, t->why, SLO_TRACK_WHY);
	slo_budget_give(t->budget, t, size_of(t->ring_n));
}

static bool is_calm(const struct slo_track *t, int64_t index)
{
	return (index + 1) * t->chunk_ns <= t->calm_ns;
}

static bool remember(struct slo_track *t, int64_t index)
{
	double v = slo_chunk_scalar(&t->ring[slo_track_place(t, index)], t->how);

	if (!isnan(v) && !t->past)
		t->past = slo_budget_take(t->budget, sizeof(*t->past));
	if (isnan(v) || !t->past)
		return false;
	slo_past_add(t->past, index, v);
	return true;
}

static void add_trouble(struct slo_track *t, int64_t index)
{
	const struct slo_chunk *c = &t->ring[slo_track_place(t, index)];
	struct slo_hist hist;
	/* cppcheck-suppress uninitvar ; it is emptied below */
	struct slo_merged m = { .hist = t->how == SLO_SCALAR_LATENCY ? &hist : NULL };

	if ((index + 1) * t->chunk_ns <= t->onset_ns || index * t->chunk_ns >= t->until_ns)
		return;
	slo_merged_reset(&m);
	slo_chunk_join(c, t->how, &m);
	/* Watched time adds up here; within one chunk the longest counts. */
	if (t->how != SLO_SCALAR_LATENCY)
		t->trouble.amount.watched_s = fminf(t->trouble.amount.watched_s + c->amount.watched_s,
						    SLO_CHUNK_TIME_MAX_S);
	slo_chunk_put(&t->trouble, t->how, &m, m.in_hist ? &hist : NULL, t->budget);
}

/* Make @first the oldest chunk; what leaves becomes past unless it overlaps [from, to). */
static void roll(struct slo_track *t, int64_t first, bool keep, int64_t from, int64_t to)
{
	int64_t end = first - t->first > t->ring_n ? t->first + t->ring_n : first;

	for (int64_t i = t->first; i < end; i++) {
		bool counts = is_calm(t, i), kept = false;

		if (i * t->chunk_ns < to && (i + 1) * t->chunk_ns > from)
			add_trouble(t, i);
		else if (keep)
			kept = remember(t, i);
		t->known = t->known && counts == kept;
		slo_chunk_reset(&t->ring[slo_track_place(t, i)], t->how, t->budget);
	}
	t->first = first;
}

/* The chunk a window ending at @end_ns belongs to, or NULL when it is gone. */
static struct slo_chunk *take(struct slo_track *t, int64_t end_ns)
{
	int64_t index = floor_div(end_ns - 1, t->chunk_ns);

	if (t->first == SLO_ABSENT_I64)
		t->first = index - SLO_TRACK_RECENT;
	if (index < t->first)
		return NULL;
	/* Beyond the ring only when nobody ages the track: too old to be an honest past. */
	if (index >= t->first + t->ring_n)
		roll(t, index - t->ring_n + 1, false, 0, 0);
	return &t->ring[slo_track_place(t, index)];
}

bool slo_track_add(struct slo_track *t, const struct slo_window *w)
{
	struct slo_chunk *c = take(t, w->end_ns);
	struct slo_merged one = { .hist = NULL };

	slo_merged_reset(&one);
	if (!c || !slo_merged_add(&one, w))
		return false;
	slo_chunk_put(c, t->how, &one, w->has_hist ? &w->hist : NULL, t->budget);
	return true;
}

bool slo_track_add_hist(struct slo_track *t, int64_t start_ns, int64_t end_ns, uint64_t count, double sum, double min,
			double max, const struct slo_hist *hist)
{
	struct slo_chunk *c = take(t, end_ns);
	struct slo_merged one = { .hist = NULL };

	if (!c)
		return false;
	slo_merged_reset(&one);
	slo_merged_watch(&one, end_ns - start_ns);
	one.count = count;
	if (count) {
		one.sum = isnan(sum) ? 0 : sum;
		one.min = min;
		one.max = isnan(max) && hist ? slo_hist_quantile(hist, 1) : max;
	}
	slo_chunk_put(c, t->how, &one, hist, t->budget);
	return true;
}

bool slo_track_add_value(struct slo_track *t, int64_t ts_ns, double value)
{
	struct slo_chunk *c = take(t, ts_ns + 1);
	struct slo_merged one = { .count = 1, .windows = 1, .sum = value, .min = value, .max = value };
	struct slo_hist hist;

	if (!c || !isfinite(value))
		return false;
	slo_hist_init(&hist);
	slo_hist_add(&hist, value, 1);
	slo_chunk_put(c, t->how, &one, &hist, t->budget);
	return true;
}

void slo_track_why(struct slo_track *t, struct slo_str why)
{
	if (!t->why)
		t->why = slo_budget_take(t->budget, SLO_TRACK_WHY);
	if (t->why)
		slo_str_copy(t->why, SLO_TRACK_WHY, why);
}

float slo_track_watched(const struct slo_track *t, int64_t end_ns)
{
	int64_t index = floor_div(end_ns - 1, t->chunk_ns);

	if (t->first == SLO_ABSENT_I64 || index < t->first || index >= t->first + t->ring_n)
		return 0;
	return t->ring[slo_track_place(t, index)].amount.watched_s;
}

void slo_track_watch(struct slo_track *t, int64_t end_ns, float s)
{
	struct slo_chunk *c = take(t, end_ns);

	if (c)
		c->amount.watched_s = fmaxf(c->amount.watched_s, s);
}

void slo_track_quiet(struct slo_track *t, const struct slo_track *like)
{
	t->first = like->first;
	t->calm_ns = like->calm_ns;
	t->onset_ns = like->onset_ns;
	t->until_ns = like->until_ns;
	for (int i = 0; i < t->ring_n; i++)
		t->ring[i].amount.watched_s = like->ring[i].amount.watched_s;
	t->trouble.amount.watched_s = like->trouble.amount.watched_s;
	t->past = like->past ? slo_budget_take(t->budget, sizeof(*t->past)) : NULL;
	if (!t->past)
		return;
	*t->past = *like->past;
	memset(t->past->value, 0, sizeof(t->past->value));
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
	for (int64_t i = t->first; i < t->first + t->ring_n; i++) {
		if (i * t->chunk_ns >= to_ns || (i + 1) * t->chunk_ns <= from_ns)
			continue;
		add_trouble(t, i);
		slo_chunk_reset(&t->ring[slo_track_place(t, i)], t->how, t->budget);
	}
	t->known = false;
}

void slo_track_forget(struct slo_track *t, int64_t from_ns)
{
	/* A chunk goes when it ended after @from_ns. */
	if (t->past && slo_past_forget(t->past, floor_div(from_ns, t->chunk_ns)))
		t->known = false;
}

void slo_track_onset(struct slo_track *t, int64_t onset_ns, int64_t until_ns)
{
	slo_chunk_reset(&t->trouble, t->how, t->budget);
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
	slo_chunk_join(&t->trouble, t->how, out);
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
	hi = hi > t->first + t->ring_n ? t->first + t->ring_n : hi;
	for (int64_t i = lo; i < hi; i++)
		slo_chunk_join(&t->ring[slo_track_place(t, i)], t->how, out);
}

/* The newest SLO_TRACK_PAST numbers, those still in the ring first. */
static uint32_t collect(const struct slo_track *t, double v[SLO_TRACK_PAST])
{
	uint32_t n = 0;

	for (int64_t i = t->first; t->first != SLO_ABSENT_I64 && i < t->first + t->ring_n; i++) {
		double one = is_calm(t, i) ? slo_chunk_scalar(&t->ring[slo_track_place(t, i)], t->how) : NAN;

		if (!isnan(one))
			v[n++] = (double)slo_past_float(one); /* as it will be kept */
	}
	for (uint32_t i = 0; t->past && i < t->past->n && n < SLO_TRACK_PAST; i++)
		v[n++] = slo_past_at(t->past, i);
	return n;
}

/* Sorting is worth doing once: the past stands still while an incident is open. */
static void summarise(struct slo_track *t)
{
	double v[SLO_TRACK_PAST];
	uint32_t n = collect(t, v);

	t->known = true;
	t->known_n = (uint8_t)n;
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
