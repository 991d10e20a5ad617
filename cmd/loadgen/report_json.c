/* SPDX-License-Identifier: MIT */
#include "loadgen.h"

#include "base/str.h"
#include "base/time.h"
#include "render/json.h"

#include <errno.h>
#include <jansson.h>

static json_t *count(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static void set(json_t *obj, const char *key, json_t *value)
{
	json_object_set_new(obj, key, value);
}

/* The form of a window's histogram: those of several runs and machines can be added up. */
static json_t *histogram(const struct slo_hist *h)
{
	json_t *counts = json_array();

	for (uint32_t i = 0; i < h->n; i++)
		json_array_append_new(counts, count(h->counts[i]));
	return json_pack("{s:i,s:o,s:i,s:o}", "scale", h->scale, "zero", count(h->zero), "offset", h->offset, "counts",
			 counts);
}

/* @t: where the quantiles may be exact; NULL = from the histogram */
static json_t *metric(const struct slo_load_dist *d, const struct slo_load_tally *t, enum slo_load_metric m)
{
	json_t *one = json_object();

	set(one, "count", count(slo_hist_count(&d->hist)));
	set(one, "mean", slo_json_number(slo_load_dist_mean(d)));
	set(one, "min", slo_json_number(d->min));
	for (size_t i = 0; i < SLO_ARRAY_LEN(loadgen_quantiles); i++)
		set(one, loadgen_quantiles[i].name, slo_json_number(t ? slo_load_quantile(t, m, loadgen_quantiles[i].q)
							     : slo_load_dist_quantile(d, loadgen_quantiles[i].q)));
	set(one, "max", slo_json_number(d->max));
	set(one, "hist", histogram(&d->hist));
	return one;
}

static json_t *metrics(const struct slo_load_dist *dist, const struct slo_load_tally *t)
{
	json_t *all = json_object();

	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++)
		if (t || slo_hist_count(&dist[m].hist))
			set(all, slo_load_metric_name((enum slo_load_metric)m),
			    metric(&dist[m], t, (enum slo_load_metric)m));
	return all;
}

static json_t *outcomes(const struct slo_load_tally *t)
{
	json_t *all = json_object();

	for (int i = 0; i < SLO_OUTCOME__COUNT; i++)
		set(all, slo_outcome_name((enum slo_outcome)i), count(t->outcomes[i]));
	return all;
}

/* Those that did not end ok; the others are in "metrics". */
static json_t *outcome_metrics(const struct slo_load_tally *t)
{
	json_t *all = json_array();

	for (int i = 0; i < SLO_OUTCOME__COUNT; i++)
		if (i != SLO_OUTCOME_OK && t->outcomes[i])
			json_array_append_new(all,
					      json_pack("{s:s,s:o}", "outcome", slo_outcome_name((enum slo_outcome)i),
							"metrics", metrics(t->by_outcome[i], NULL)));
	return all;
}

static json_t *config(const struct loadgen_run_opts *o)
{
	const double s = (double)SLO_NS_PER_S;
	json_t *c = json_object();

	set(c, "target", json_string(o->target));
	set(c, "http", json_string(o->http == SLO_HTTP_2 ? "2" : "1.1"));
	set(c, "mode", json_string(loadgen_mode_name(o->mode)));
	set(c, "rate", slo_json_number(o->rate));
	set(c, "ramp_to", o->mode == LOADGEN_RAMP ? slo_json_number(o->ramp_to) : json_null());
	set(c, "sweep_to", o->mode == LOADGEN_SWEEP ? slo_json_number(o->sweep_to) : json_null());
	set(c, "sweep_share", o->mode == LOADGEN_SWEEP ? slo_json_number(o->sweep_share) : json_null());
	set(c, "concurrency", o->mode == LOADGEN_CLOSED ? json_integer(o->concurrency) : json_null());
	set(c, "trace", o->mode == LOADGEN_TRACE ? json_string(o->trace) : json_null());
	set(c, "trace_speed", o->mode == LOADGEN_TRACE ? slo_json_number(o->trace_speed) : json_null());
	set(c, "duration_s", slo_json_number((double)o->duration_ns / s));
	set(c, "warmup_s", slo_json_number((double)o->warmup_ns / s));
	set(c, "cooldown_s", slo_json_number((double)o->cooldown_ns / s));
	set(c, "arrivals", json_string(o->arrivals == SLO_ARRIVALS_CONSTANT ? "constant" : "poisson"));
	set(c, "seed", json_integer(o->seed));
	set(c, "max_requests", json_integer(o->max_requests));
	set(c, "max_inflight", json_integer(o->max_inflight));
	set(c, "timeout_ms", json_integer(o->timeout_ns / SLO_NS_PER_MS));
	set(c, "max_tokens", json_integer(o->max_tokens));
	set(c, "prompt_tokens", json_integer(o->prompt_tokens));
	set(c, "model", json_string(o->model));
	return c;
}

static json_t *goodput(const struct loadgen_step *s)
{
	const struct slo_load_tally *t = &s->tally;
	json_t *g = json_object();

	if (!loadgen_has_objectives(&t->objectives)) {
		json_decref(g);
		return json_null();
	}
	set(g, "slo_ttft_ms", t->objectives.ttft_ms > 0 ? slo_json_number(t->objectives.ttft_ms) : json_null());
	set(g, "slo_tpot_ms", t->objectives.tpot_ms > 0 ? slo_json_number(t->objectives.tpot_ms) : json_null());
	set(g, "slo_e2e_ms", t->objectives.e2e_ms > 0 ? slo_json_number(t->objectives.e2e_ms) : json_null());
	set(g, "good", count(t->good));
	set(g, "valid", count(slo_load_count_valid(t)));
	set(g, "unjudged", count(t->unjudged));
	set(g, "rate", slo_json_number((double)t->good / s->measured_s));
	set(g, "ratio", slo_json_number((double)t->good / (double)slo_load_count_valid(t)));
	return g;
}

static void add_counts(json_t *doc, const struct loadgen_step *s)
{
	const struct slo_load_tally *t = &s->tally;

	set(doc, "measured_s", slo_json_number(s->measured_s));
	set(doc, "elapsed_s", slo_json_number(s->elapsed_s));
	set(doc, "ended_early", json_boolean(s->ended_early));
	set(doc, "requests", count(t->sent));
	set(doc, "warmup_requests", count(t->warmup));
	set(doc, "cooldown_requests", count(t->cooldown));
	set(doc, "dropped", count(t->dropped));
	set(doc, "failed_send", count(t->failed_send));
	set(doc, "requested_rate", slo_json_number(s->rate));
	set(doc, "achieved_rate", slo_json_number((double)t->sent / s->measured_s));
	set(doc, "ok_rate", slo_json_number((double)t->outcomes[SLO_OUTCOME_OK] / s->measured_s));
	set(doc, "outcomes", outcomes(t));
	set(doc, "goodput", goodput(s));
	set(doc, "tokens", count(t->tokens));
	set(doc, "tokens_source", json_string(t->chunk_counted ? "chunks" : "usage"));
	set(doc, "chunks_per_token", slo_json_number(slo_load_chunk_ratio(t)));
	set(doc, "without_token", count(t->no_token));
	set(doc, "gaps_lost", count(t->gaps_lost));
}

static void add_step(json_t *doc, const struct loadgen_step *s)
{
	json_t *why = json_array();

	add_counts(doc, s);
	set(doc, "metrics", metrics(s->tally.dist, &s->tally));
	set(doc, "outcome_metrics", outcome_metrics(&s->tally));
	set(doc, "inflight_max", count(s->inflight_max));
	set(doc, "inflight_quarters", json_pack("[o,o,o,o]", slo_json_number(s->inflight[0]), slo_json_number(s->inflight[1]),
						slo_json_number(s->inflight[2]), slo_json_number(s->inflight[3])));
	set(doc, "connections", count(s->client.connections));
	set(doc, "http2_answers", count(s->client.http2));
	set(doc, "bad_events", count(s->client.bad_events));
	set(doc, "oversized_events", count(s->client.oversized));
	set(doc, "own_cpu_cores", slo_json_number(s->cpu_share));
	for (size_t i = 0; i < s->valid.n; i++)
		json_array_append_new(why, json_string(s->valid.why[i]));
	set(doc, "load_valid_reasons", why);
	if (s->verdict) {
		set(doc, "verdict", json_string(s->verdict));
		set(doc, "verdict_reason", s->why[0] ? json_string(s->why) : json_null());
	}
	set(doc, "load_valid", json_boolean(s->valid.valid));
}

int loadgen_report_json(FILE *to, const struct loadgen_report *r)
{
	char start[SLO_RFC3339_MAX];
	json_t *doc = json_object(), *steps;
	int ret;

	set(doc, "start", json_stringn(start, slo_fmt_rfc3339(start, r->n ? r->steps[0].start_ns : 0)));
	set(doc, "config", config(r->o));
	set(doc, "events_dropped", count(r->events_dropped));
	if (r->o->mode == LOADGEN_SWEEP) {
		steps = json_array();
		for (size_t i = 0; i < r->n; i++) {
			json_t *one = json_object();

			add_step(one, &r->steps[i]);
			json_array_append_new(steps, one);
		}
		set(doc, "steps", steps);
		set(doc, "knee", json_pack("{s:o,s:o}", "sustained_rate", slo_json_number(r->sustained), "saturated_rate",
					   slo_json_number(r->saturated)));
	} else if (r->n) {
		add_step(doc, &r->steps[0]);
	}
	ret = json_dumpf(doc, to, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	json_decref(doc);
	fputc('\n', to);
	return ret ? -ENOMEM : 0;
}
