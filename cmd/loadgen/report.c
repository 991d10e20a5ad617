/* SPDX-License-Identifier: MIT */
#include "loadgen.h"

#include "base/str.h"
#include "base/time.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

static const struct {
	double q;
	const char *name;
} quantiles[] = { { 0.5, "p50" }, { 0.9, "p90" }, { 0.95, "p95" }, { 0.99, "p99" } };

static double mean(const struct slo_load_tally *t, int m)
{
	return t->dist[m].sum / (double)slo_hist_count(&t->dist[m].hist);
}

static void text_metrics(FILE *to, const struct slo_load_tally *t)
{
	fprintf(to, "%-18s %8s %10s %10s %10s %10s %10s %10s\n", "", "count", "mean", "p50", "p90", "p95", "p99", "max");
	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		unsigned long long n = slo_hist_count(&t->dist[m].hist);

		fprintf(to, "%-18s %8llu", slo_load_metric_name((enum slo_load_metric)m), n);
		if (n) {
			fprintf(to, " %10.2f", mean(t, m));
			for (size_t i = 0; i < SLO_ARRAY_LEN(quantiles); i++)
				fprintf(to, " %10.2f", slo_load_quantile(t, (enum slo_load_metric)m, quantiles[i].q));
			fprintf(to, " %10.2f", t->dist[m].max);
		}
		fputc('\n', to);
	}
}

static void text_outcomes(FILE *to, const struct slo_load_tally *t)
{
	fprintf(to, "outcomes          ");
	for (int i = 0; i < SLO_OUTCOME__COUNT; i++)
		if (i == SLO_OUTCOME_OK || t->outcomes[i])
			fprintf(to, " %s %llu", slo_outcome_name((enum slo_outcome)i), (unsigned long long)t->outcomes[i]);
	fprintf(to, "\nnot sent           dropped %llu, refused by the transport %llu\n", (unsigned long long)t->dropped,
		(unsigned long long)t->failed_send);
}

/* Nothing measured is no rate: 0 in the table, null in JSON (see number()). */
static double per(double a, double b)
{
	return b > 0 ? a / b : 0;
}

static uint64_t ok_count(const struct slo_load_tally *t)
{
	return t->outcomes[SLO_OUTCOME_OK];
}

void loadgen_report_text(FILE *to, const struct loadgen_report *r)
{
	const struct slo_load_tally *t = r->tally;

	fprintf(to, "target             %s\n", r->o->target);
	fprintf(to, "arrivals           %s, seed %lld\n", r->o->arrivals == 0 ? "constant" : "poisson", (long long)r->o->seed);
	fprintf(to, "measured           %.3f s%s, %llu requests, %llu more in the warm-up\n", r->measured_s,
		r->ended_early ? " (ended early)" : "", (unsigned long long)t->sent, (unsigned long long)t->warmup);
	fprintf(to, "rate               requested %.3f/s, achieved %.3f/s, answered ok %.3f/s\n", r->o->rate,
		per((double)t->sent, r->measured_s), per((double)ok_count(t), r->measured_s));
	text_outcomes(to, t);
	if (r->o->slo_ttft_ms > 0)
		fprintf(to, "goodput            %.3f/s, %.2f %% of the requests meant to be sent had ttft <= %g ms\n",
			per((double)t->good, r->measured_s),
			100 * per((double)t->good, (double)(t->sent + t->dropped + t->failed_send)), r->o->slo_ttft_ms);
	fprintf(to, "tokens             %llu, %.1f/s%s\n", (unsigned long long)t->tokens, per((double)t->tokens, r->measured_s),
		t->chunk_counted ? "; some are counted chunks, the server sent no usage" : "");
	text_metrics(to, t);
	fprintf(to, "own CPU            %.1f %% of one core, %llu connections made\n", 100 * r->cpu_share,
		(unsigned long long)r->client->connections);
	if (t->sent)
		fprintf(to, "load_valid         %s (median dispatch delay %s %g ms)\n", slo_load_valid(t) ? "true" : "false",
			slo_load_valid(t) ? "below" : "not below", SLO_LOAD_VALID_MS);
	else
		fprintf(to, "load_valid         false (nothing was sent)\n");
}

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *count(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *json_metrics(const struct slo_load_tally *t)
{
	json_t *all = json_object();

	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		uint64_t n = slo_hist_count(&t->dist[m].hist);
		json_t *one = json_object();

		json_object_set_new(one, "count", count(n));
		json_object_set_new(one, "mean", number(mean(t, m)));
		json_object_set_new(one, "min", number(t->dist[m].min));
		for (size_t i = 0; i < SLO_ARRAY_LEN(quantiles); i++)
			json_object_set_new(one, quantiles[i].name,
					    number(slo_load_quantile(t, (enum slo_load_metric)m, quantiles[i].q)));
		json_object_set_new(one, "max", number(t->dist[m].max));
		json_object_set_new(all, slo_load_metric_name((enum slo_load_metric)m), one);
	}
	return all;
}

static json_t *json_outcomes(const struct slo_load_tally *t)
{
	json_t *all = json_object();

	for (int i = 0; i < SLO_OUTCOME__COUNT; i++)
		json_object_set_new(all, slo_outcome_name((enum slo_outcome)i), count(t->outcomes[i]));
	return all;
}

static json_t *json_config(const struct loadgen_run_opts *o)
{
	return json_pack("{s:s,s:f,s:f,s:f,s:s,s:I,s:I,s:I,s:I,s:I,s:s}", "target", o->target, "rate", o->rate, "duration_s",
			 (double)o->duration_ns / (double)SLO_NS_PER_S, "warmup_s",
			 (double)o->warmup_ns / (double)SLO_NS_PER_S, "arrivals", o->arrivals == 0 ? "constant" : "poisson",
			 "seed", (json_int_t)o->seed, "max_inflight", (json_int_t)o->max_inflight, "timeout_ms",
			 (json_int_t)(o->timeout_ns / SLO_NS_PER_MS), "max_tokens", (json_int_t)o->max_tokens,
			 "prompt_tokens", (json_int_t)o->prompt_tokens, "model", o->model);
}

static json_t *json_goodput(const struct loadgen_report *r)
{
	const struct slo_load_tally *t = r->tally;

	if (r->o->slo_ttft_ms <= 0)
		return json_null();
	return json_pack("{s:f,s:I,s:o,s:o}", "slo_ttft_ms", r->o->slo_ttft_ms, "good", (json_int_t)t->good, "rate",
			 number((double)t->good / r->measured_s), "ratio",
			 number((double)t->good / (double)(t->sent + t->dropped + t->failed_send)));
}

int loadgen_report_json(FILE *to, const struct loadgen_report *r)
{
	const struct slo_load_tally *t = r->tally;
	char start[SLO_RFC3339_MAX];
	json_t *doc = json_object();
	int ret;

	json_object_set_new(doc, "start", json_stringn(start, slo_fmt_rfc3339(start, r->start_ns)));
	json_object_set_new(doc, "config", json_config(r->o));
	json_object_set_new(doc, "measured_s", number(r->measured_s));
	json_object_set_new(doc, "elapsed_s", number(r->elapsed_s));
	json_object_set_new(doc, "ended_early", json_boolean(r->ended_early));
	json_object_set_new(doc, "requests", count(t->sent));
	json_object_set_new(doc, "warmup_requests", count(t->warmup));
	json_object_set_new(doc, "dropped", count(t->dropped));
	json_object_set_new(doc, "failed_send", count(t->failed_send));
	json_object_set_new(doc, "requested_rate", number(r->o->rate));
	json_object_set_new(doc, "achieved_rate", number((double)t->sent / r->measured_s));
	json_object_set_new(doc, "ok_rate", number((double)ok_count(t) / r->measured_s));
	json_object_set_new(doc, "outcomes", json_outcomes(t));
	json_object_set_new(doc, "goodput", json_goodput(r));
	json_object_set_new(doc, "tokens", count(t->tokens));
	json_object_set_new(doc, "tokens_source", json_string(t->chunk_counted ? "chunks" : "usage"));
	json_object_set_new(doc, "without_token", count(t->no_token));
	json_object_set_new(doc, "metrics", json_metrics(t));
	json_object_set_new(doc, "connections", count(r->client->connections));
	json_object_set_new(doc, "bad_events", count(r->client->bad_events));
	json_object_set_new(doc, "oversized_events", count(r->client->oversized));
	json_object_set_new(doc, "events_dropped", count(r->events_dropped));
	json_object_set_new(doc, "own_cpu_cores", number(r->cpu_share));
	json_object_set_new(doc, "load_valid", json_boolean(slo_load_valid(t)));
	ret = json_dumpf(doc, to, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(doc);
	fputc('\n', to);
	return ret ? -ENOMEM : 0;
}
