/* SPDX-License-Identifier: MIT */
#include "net/http_client_tally.h"

#include "base/time.h"

#include <math.h>

static const char *const metric_names[SLO_LOAD_METRIC__COUNT] = {
	[SLO_LOAD_TTFT] = "ttft_ms",
	[SLO_LOAD_E2E] = "e2e_ms",
	[SLO_LOAD_TPOT] = "tpot_ms",
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

void slo_load_tally_init(struct slo_load_tally *t, int64_t from_ns, double slo_ttft_ms)
{
	memset(t, 0, sizeof(*t));
	t->from_ns = from_ns;
	t->slo_ttft_ms = slo_ttft_ms;
	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		slo_hist_init(&t->dist[m].hist);
		t->dist[m].min = INFINITY;
		t->dist[m].max = -INFINITY;
	}
}

void slo_load_tally_drop(struct slo_load_tally *t, int64_t intended_ns, bool failed)
{
	if (intended_ns < t->from_ns)
		t->warmup++;
	else if (failed)
		t->failed_send++;
	else
		t->dropped++;
}

static double span_ms(int64_t from_ns, int64_t to_ns)
{
	return (double)(to_ns - from_ns) / (double)SLO_NS_PER_MS;
}

bool slo_load_value(const struct slo_client_result *r, enum slo_load_metric m, double *ms)
{
	if (m == SLO_LOAD_DISPATCH) {
		if (!r->sent_ns)
			return false;
		*ms = span_ms(r->intended_ns, r->sent_ns);
		return true;
	}
	if (r->outcome != SLO_OUTCOME_OK)
		return false;
	if (m == SLO_LOAD_E2E) {
		*ms = span_ms(r->intended_ns, r->last_token_ns ? r->last_token_ns : r->end_ns);
		return true;
	}
	if (!r->first_token_ns)
		return false;
	if (m == SLO_LOAD_TTFT) {
		*ms = span_ms(r->intended_ns, r->first_token_ns);
		return true;
	}
	if (!r->tokens_from_usage || r->tokens < 2)
		return false;
	*ms = span_ms(r->first_token_ns, r->last_token_ns) / (double)(r->tokens - 1);
	return true;
}

static void dist_add(struct slo_load_dist *d, double ms)
{
	slo_hist_add(&d->hist, ms, 1);
	d->sum += ms;
	d->min = fmin(d->min, ms);
	d->max = fmax(d->max, ms);
}

void slo_load_tally_add(struct slo_load_tally *t, const struct slo_client_result *r)
{
	double ms;

	if (r->intended_ns < t->from_ns) {
		t->warmup++;
		return;
	}
	t->sent++;
	t->outcomes[r->outcome]++;
	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++)
		if (slo_load_value(r, (enum slo_load_metric)m, &ms))
			dist_add(&t->dist[m], ms);
	if (r->outcome != SLO_OUTCOME_OK)
		return;
	t->tokens += r->tokens;
	t->chunk_counted += !r->tokens_from_usage && r->tokens > 0;
	if (!slo_load_value(r, SLO_LOAD_TTFT, &ms))
		t->no_token++;
	else if (ms <= t->slo_ttft_ms)
		t->good++;
}

double slo_load_quantile(const struct slo_load_tally *t, enum slo_load_metric m, double q)
{
	const struct slo_load_dist *d = &t->dist[m];
	double v = slo_hist_quantile(&d->hist, q);

	return isnan(v) ? v : fmin(fmax(v, d->min), d->max);
}

bool slo_load_valid(const struct slo_load_tally *t)
{
	return slo_load_quantile(t, SLO_LOAD_DISPATCH, 0.5) < SLO_LOAD_VALID_MS;
}
