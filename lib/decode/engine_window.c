/* SPDX-License-Identifier: MIT */
#include "decode/engine_internal.h"

#include "config/config.h"
#include "event/tables.h"

#include <math.h>

/* Where what is beyond the last bound stands: in the next bucket of our own, which are 2.2 % wide. */
#define BEYOND 1.05
#define TOKEN_S_MIN 1e-9

bool engine_settle(struct engine_shot *s, enum engine_shape shape)
{
	if (shape == ENGINE_REQUESTS)
		return !s->bad;
	if (s->bad || s->n == 0)
		return false;
	if (!isinf(s->le[s->n - 1])) {
		/* Some leave the last bucket to the count. */
		if (!s->has_count || s->n == SLO_ENGINE_BUCKETS)
			return false;
		s->le[s->n] = (double)INFINITY;
		s->upto[s->n++] = s->count;
	}
	for (uint32_t i = 1; i < s->n; i++)
		if (s->upto[i] < s->upto[i - 1])
			return false;
	/* One bucket for everything tells no value. */
	if (s->n < 2)
		return false;
	s->count = s->upto[s->n - 1];
	return true;
}

bool engine_begun_anew(const struct engine_shot *now, const struct engine_shot *before)
{
	if (now->count < before->count || now->n != before->n)
		return true;
	for (uint32_t i = 0; i < now->n; i++)
		if (now->le[i] < before->le[i] || now->le[i] > before->le[i] || now->upto[i] < before->upto[i])
			return true;
	return false;
}

/* Observations in bucket @i alone. */
static uint64_t alone(const struct engine_shot *s, uint32_t i)
{
	return s ? s->upto[i] - (i ? s->upto[i - 1] : 0) : 0;
}

/* The value an observation in (@lo, @hi] stands for, s. */
static double middle(double lo, double hi)
{
	if (isinf(hi))
		return lo * BEYOND;
	return lo > 0 ? sqrt(lo * hi) : hi / 2;
}

/* The share of bucket (@lo, @hi] that is at most @most. */
static double share(double lo, double hi, double most)
{
	if (isnan(most) || hi <= most)
		return 1;
	if (most <= lo || isinf(hi))
		return 0;
	return (most - lo) / (hi - lo);
}

/* NaN: without an objective nothing is slow. */
static double threshold_of(const struct slo_engine *e, int sli)
{
	const struct slo_objective *o =
		e->o.config ? slo_config_objective(e->o.config, e->o.service, sli) : NULL;

	return o && sli != SLO_SLI_ERROR_RATE ? o->threshold : (double)NAN;
}

/* The most seconds that are still good. */
static double most_seconds(const struct slo_engine *e, const struct engine_family *f)
{
	double t = threshold_of(e, f->sli);

	if (f->shape == ENGINE_PER_TOKEN)
		return t > 0 ? 1 / t : (double)NAN;
	return t / 1e3;
}

static bool add_histogram(struct engine_sum *to, const struct engine_series *s, const struct engine_shot *before,
			  double most)
{
	const struct engine_shot *now = &s->now;
	double lo = 0;

	for (uint32_t i = 0; i < now->n; i++)
		if (alone(now, i) < alone(before, i))
			return false;
	for (uint32_t i = 0; i < now->n; i++) {
		uint64_t times = alone(now, i) - alone(before, i);
		double hi = now->le[i], v = middle(lo, hi);

		slo_hist_add(&to->hist, s->family->shape == ENGINE_PER_TOKEN ? 1 / fmax(v, TOKEN_S_MIN) : v * 1e3,
			     times);
		to->valid += times;
		to->good += (double)times * share(lo, hi, most);
		lo = hi;
	}
	/* Of reciprocals no sum is known. */
	to->sum += s->family->shape == ENGINE_PER_TOKEN ? (double)NAN : (now->sum - (before ? before->sum : 0)) * 1e3;
	return true;
}

static bool add_requests(struct engine_sum *to, const struct engine_series *s, const struct engine_shot *before)
{
	uint64_t *const by[SLO_BAD__COUNT] = { &to->bad_by.rate_limited, &to->bad_by.server_error, &to->bad_by.timeout,
					       &to->bad_by.aborted, &to->bad_by.slow };
	uint64_t times = s->now.count - (before ? before->count : 0);

	if (s->outcome == ENGINE_NOT_COUNTED)
		return true;
	to->valid += times;
	if (s->outcome == ENGINE_GOOD)
		to->good += (double)times;
	else
		*by[s->outcome] += times;
	return true;
}

bool engine_add(struct slo_engine *e, const struct engine_series *s, const struct engine_shot *before)
{
	struct engine_sum *to = &e->sums[s->family->sli];

	if (s->family->shape == ENGINE_REQUESTS)
		return add_requests(to, s, before);
	return add_histogram(to, s, before, most_seconds(e, s->family));
}

static void fill(const struct slo_engine *e, int sli, struct slo_sli_window *w)
{
	const struct engine_sum *s = &e->sums[sli];
	uint64_t good = (uint64_t)llround(s->good);

	w->cluster = e->o.cluster;
	w->node = e->o.node;
	w->namespace = e->o.namespace;
	w->service = e->o.service;
	w->sli = sli;
	w->unit = slo_str(slo_sli_info[sli].unit);
	w->threshold = threshold_of(e, sli);
	w->valid = s->valid;
	w->good = good < s->valid ? good : s->valid;
	w->bad = w->valid - w->good;
	w->bad_by = s->bad_by;
	if (sli != SLO_SLI_ERROR_RATE)
		w->bad_by.slow = w->bad;
	w->has_bad_by = true;
	w->lost = 0;
	w->source = SLO_SOURCE_LIVE;
	if (s->valid && sli != SLO_SLI_ERROR_RATE) {
		w->sum = isfinite(s->sum) ? s->sum : SLO_ABSENT_F64;
		w->hist = s->hist;
		w->has_hist = true;
	}
}

void engine_emit(struct slo_engine *e, int64_t start_ns, int64_t end_ns, slo_emit_fn *emit, void *arg)
{
	for (int sli = 0; sli < SLO_SLI__COUNT; sli++) {
		struct slo_event ev;

		if (!e->has[sli])
			continue;
		ev.kind = SLO_KIND_SLI_WINDOW;
		slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], &ev.sli_window);
		ev.sli_window.start_ns = start_ns;
		ev.sli_window.end_ns = end_ns;
		fill(e, sli, &ev.sli_window);
		e->n.windows++;
		emit(arg, &ev);
	}
}
