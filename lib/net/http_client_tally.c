/* SPDX-License-Identifier: MIT */
#include "net/http_client_tally.h"

#include "base/time.h"
#include "stat/quantile.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const metric_names[SLO_LOAD_METRIC__COUNT] = {
	[SLO_LOAD_TTFB] = "ttfb_ms",
	[SLO_LOAD_TTFC] = "ttfc_ms",
	[SLO_LOAD_TTFT] = "ttft_ms",
	[SLO_LOAD_GAP] = "chunk_gap_ms",
	[SLO_LOAD_TPOT] = "tpot_ms",
	[SLO_LOAD_E2E] = "e2e_ms",
	[SLO_LOAD_DURATION] = "duration_ms",
	[SLO_LOAD_DISPATCH] = "dispatch_delay_ms",
};

static const char *const outcome_names[SLO_OUTCOME__COUNT] = {
	[SLO_OUTCOME_OK] = "ok",
	[SLO_OUTCOME_RATE_LIMITED] = "rate_limited",
	[SLO_OUTCOME_SERVER_ERROR] = "server_error",
	[SLO_OUTCOME_TIMEOUT] = "timeout",
	[SLO_OUTCOME_ABORTED] = "aborted",
	[SLO_OUTCOME_CLIENT_ERROR] = "client_error",
	[SLO_OUTCOME_CANCELLED] = "cancelled",
};

const char *slo_load_metric_name(enum slo_load_metric m)
{
	return metric_names[m];
}

const char *slo_outcome_name(enum slo_outcome o)
{
	return outcome_names[o];
}

static void dist_init(struct slo_load_dist *d)
{
	slo_hist_init(&d->hist);
	d->sum = 0;
	d->min = INFINITY;
	d->max = -INFINITY;
}

static void dist_add(struct slo_load_dist *d, double ms)
{
	slo_hist_add(&d->hist, ms, 1);
	d->sum += ms;
	d->min = fmin(d->min, ms);
	d->max = fmax(d->max, ms);
}

void slo_load_tally_init(struct slo_load_tally *t, int64_t from_ns, int64_t to_ns, const struct slo_load_objectives *o)
{
	memset(t, 0, sizeof(*t));
	t->from_ns = from_ns;
	t->to_ns = to_ns;
	t->objectives = *o;
	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		dist_init(&t->dist[m]);
		for (int i = 0; i < SLO_OUTCOME__COUNT; i++)
			dist_init(&t->by_outcome[i][m]);
	}
}

/* Return: true when a request meant for this moment is not measured; it is counted apart. */
static bool outside(struct slo_load_tally *t, int64_t intended_ns)
{
	t->warmup += intended_ns < t->from_ns;
	t->cooldown += intended_ns >= t->to_ns;
	return intended_ns < t->from_ns || intended_ns >= t->to_ns;
}

void slo_load_tally_drop(struct slo_load_tally *t, int64_t intended_ns, bool failed)
{
	if (outside(t, intended_ns))
		return;
	if (failed)
		t->failed_send++;
	else
		t->dropped++;
}

/* One clock that never goes back: a negative span is an error of this program. */
static bool span(int64_t from_ns, int64_t to_ns, double *ms)
{
	if (!to_ns || !from_ns)
		return false;
	assert(to_ns >= from_ns);
	*ms = (double)(to_ns - from_ns) / (double)SLO_NS_PER_MS;
	return true;
}

bool slo_load_measured(const struct slo_client_result *r, enum slo_load_metric m, double *ms)
{
	const int64_t at[SLO_LOAD_METRIC__COUNT] = {
		[SLO_LOAD_TTFB] = r->first_byte_ns,
		[SLO_LOAD_TTFC] = r->first_event_ns,
		[SLO_LOAD_TTFT] = r->first_token_ns,
		[SLO_LOAD_E2E] = r->last_token_ns ? r->last_token_ns : r->end_ns,
		[SLO_LOAD_DURATION] = r->end_ns,
		[SLO_LOAD_DISPATCH] = r->sent_ns,
	};

	if (m != SLO_LOAD_TPOT)
		return span(r->intended_ns, at[m], ms);
	if (!r->tokens_from_usage || r->tokens < 2 || !span(r->first_token_ns, r->last_token_ns, ms))
		return false;
	*ms /= (double)(r->tokens - 1);
	return true;
}

bool slo_load_value(const struct slo_client_result *r, enum slo_load_metric m, double *ms)
{
	return (r->outcome == SLO_OUTCOME_OK || m == SLO_LOAD_DISPATCH) && slo_load_measured(r, m, ms);
}

static void add_main(struct slo_load_tally *t, int m, double ms)
{
	struct slo_load_exact *e = &t->exact[m];

	dist_add(&t->dist[m], ms);
	if (e->n < SLO_LOAD_EXACT)
		e->ms[e->n++] = ms;
}

static void add_values(struct slo_load_tally *t, const struct slo_client_result *r)
{
	double ms;

	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		if (!slo_load_measured(r, (enum slo_load_metric)m, &ms))
			continue;
		dist_add(&t->by_outcome[r->outcome][m], ms);
		if (r->outcome == SLO_OUTCOME_OK || m == SLO_LOAD_DISPATCH)
			add_main(t, m, ms);
	}
	t->gaps_lost += r->gaps_lost;
	for (size_t i = 0; i < r->gaps; i++) {
		ms = r->gaps_us[i] / 1e3;
		dist_add(&t->by_outcome[r->outcome][SLO_LOAD_GAP], ms);
		if (r->outcome == SLO_OUTCOME_OK)
			add_main(t, SLO_LOAD_GAP, ms);
	}
}

enum judgement { MET, MISSED, UNKNOWN };

static enum judgement judge(const struct slo_client_result *r, enum slo_load_metric m, double most_ms)
{
	double ms;

	if (most_ms <= 0)
		return MET;
	if (m == SLO_LOAD_TPOT && r->tokens_from_usage && r->tokens < 2)
		return MET; /* there was nothing to wait for between tokens */
	if (!slo_load_measured(r, m, &ms))
		return m == SLO_LOAD_TPOT ? UNKNOWN : MISSED;
	return ms <= most_ms ? MET : MISSED;
}

static enum judgement judge_all(const struct slo_load_objectives *o, const struct slo_client_result *r)
{
	enum judgement tpot = judge(r, SLO_LOAD_TPOT, o->tpot_ms);

	if (judge(r, SLO_LOAD_TTFT, o->ttft_ms) == MISSED || judge(r, SLO_LOAD_E2E, o->e2e_ms) == MISSED)
		return MISSED;
	return tpot;
}

void slo_load_tally_add(struct slo_load_tally *t, const struct slo_client_result *r)
{
	enum judgement j;

	if (outside(t, r->intended_ns))
		return;
	t->sent++;
	t->outcomes[r->outcome]++;
	add_values(t, r);
	if (r->outcome != SLO_OUTCOME_OK)
		return;
	t->tokens += r->tokens;
	t->no_token += !r->first_token_ns;
	t->chunk_counted += !r->tokens_from_usage && r->tokens > 0;
	if (r->tokens_from_usage && r->tokens > 0) {
		t->usage_tokens += r->tokens;
		t->usage_chunks += r->chunks;
	}
	j = judge_all(&t->objectives, r);
	t->good += j == MET;
	t->unjudged += j == UNKNOWN;
}

double slo_load_dist_quantile(const struct slo_load_dist *d, double q)
{
	double v = slo_hist_quantile(&d->hist, q);

	return isnan(v) ? v : fmin(fmax(v, d->min), d->max);
}

void slo_load_tally_seal(struct slo_load_tally *t)
{
	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		slo_sort_f64(t->exact[m].ms, t->exact[m].n);
		t->exact[m].sorted = true;
	}
}

double slo_load_quantile(const struct slo_load_tally *t, enum slo_load_metric m, double q)
{
	const struct slo_load_exact *e = &t->exact[m];
	size_t rank = (size_t)ceil(q * (double)e->n);

	if (e->sorted && e->n > 0 && e->n == slo_hist_count(&t->dist[m].hist))
		return e->ms[rank ? rank - 1 : 0];
	return slo_load_dist_quantile(&t->dist[m], q);
}

double slo_load_dist_mean(const struct slo_load_dist *d)
{
	uint64_t n = slo_hist_count(&d->hist);

	return n ? d->sum / (double)n : (double)NAN;
}

static uint64_t meant(const struct slo_load_tally *t)
{
	return t->sent + t->dropped + t->failed_send;
}

uint64_t slo_load_count_valid(const struct slo_load_tally *t)
{
	return meant(t) - t->outcomes[SLO_OUTCOME_CANCELLED] - t->outcomes[SLO_OUTCOME_CLIENT_ERROR];
}

double slo_load_chunk_ratio(const struct slo_load_tally *t)
{
	return t->usage_tokens ? (double)t->usage_chunks / (double)t->usage_tokens : (double)NAN;
}

static void __attribute__((format(printf, 2, 3))) because(struct slo_load_verdict *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->why[v->n++], sizeof(v->why[0]), fmt, ap);
	va_end(ap);
}

void slo_load_judge(const struct slo_load_tally *t, double cores, struct slo_load_verdict *v)
{
	double p50 = slo_load_quantile(t, SLO_LOAD_DISPATCH, 0.5), p99 = slo_load_quantile(t, SLO_LOAD_DISPATCH, 0.99);
	double unsent = meant(t) ? (double)(t->dropped + t->failed_send) / (double)meant(t) : 0;

	v->n = 0;
	if (!t->sent)
		because(v, "nothing was sent");
	if (p50 >= SLO_LOAD_VALID_MS)
		because(v, "the median dispatch delay of %.3g ms is not below %g ms: this client was late", p50,
			SLO_LOAD_VALID_MS);
	else if (t->sent >= SLO_LOAD_VALID_P99_FROM && p99 >= SLO_LOAD_VALID_P99_MS)
		because(v, "one request in a hundred left %.3g ms late or more: at most %g ms are allowed", p99,
			SLO_LOAD_VALID_P99_MS);
	if (cores >= SLO_LOAD_VALID_CORES)
		because(v, "this client used %.2f of its one core: it was the limit", cores);
	if (unsent > SLO_LOAD_VALID_UNSENT)
		because(v, "%.1f %% of the requests were not sent (dropped %llu, refused by the transport %llu)",
			100 * unsent, (unsigned long long)t->dropped, (unsigned long long)t->failed_send);
	v->valid = v->n == 0;
}
