/* SPDX-License-Identifier: MIT */
/* The summary as JSON: the published members first, then what this version knows besides. */
#include "m5gate.h"

#include "base/time.h"
#include "render/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

enum { DIGITS = 15 };

static json_t *text(const char *s)
{
	json_t *v = json_string(s);

	return v ? v : json_null();
}

static json_t *count(size_t n)
{
	return json_integer((json_int_t)n);
}

static void verdict(json_t *o, enum slo_m5_verdict v, const char *reason)
{
	json_object_set_new(o, "verdict", text(slo_m5_verdict_name(v)));
	json_object_set_new(o, "pass", json_boolean(v == SLO_M5_PASS));
	if (reason && reason[0])
		json_object_set_new(o, v == SLO_M5_FAIL ? "failure_reason" : "reason", text(reason));
}

/* NULL leaves the member out. */
static void optional(json_t *o, const char *key, const char *s)
{
	if (s[0])
		json_object_set_new(o, key, text(s));
}

static json_t *pair(double a, double b)
{
	json_t *v = json_array();

	json_array_append_new(v, slo_json_number(a));
	json_array_append_new(v, slo_json_number(b));
	return v;
}

static json_t *interval(const struct slo_interval *i)
{
	json_t *o = json_object();

	json_object_set_new(o, "estimate", slo_json_number(i->estimate));
	json_object_set_new(o, "low", slo_json_number(i->lo));
	json_object_set_new(o, "high", slo_json_number(i->hi));
	return o;
}

static json_t *baseline(const struct report *r)
{
	const struct provenance *p = r->from;
	json_t *o = json_object();

	verdict(o, p->verdict, p->reason);
	json_object_set_new(o, "manifest_required", json_boolean(r->o->require_manifest));
	json_object_set_new(o, "manifest_path", text(p->manifest));
	optional(o, "source_ref", p->baseline_ref);
	optional(o, "source_commit", p->baseline_commit);
	optional(o, "candidate_ref", p->candidate_ref);
	optional(o, "candidate_commit", p->candidate_commit);
	json_object_set_new(o, "same_source", json_boolean(p->same_source));
	return o;
}

static json_t *node(const struct slo_m5_node *n)
{
	json_t *o = json_object();

	verdict(o, n->verdict, n->reason);
	json_object_set_new(o, "runs", count(n->runs));
	json_object_set_new(o, "measure", n->measure ? text(n->measure) : json_null());
	json_object_set_new(o, "mean_difference_pct", interval(&n->mean));
	json_object_set_new(o, "p95_difference_pct", interval(&n->p95));
	json_object_set_new(o, "own_mean_pct", slo_json_number(n->own_mean));
	json_object_set_new(o, "own_p95_pct", slo_json_number(n->own_p95));
	json_object_set_new(o, "runs_needed", count(n->runs_needed));
	return o;
}

static json_t *overhead(const struct report *r)
{
	const struct slo_m5_overhead *x = &r->result.overhead;
	const struct slo_m5_costs *c = &r->b->costs;
	json_t *o = json_object(), *p95 = json_object(), *nodes = json_object();
	size_t on = 0;

	for (size_t i = 0; i < c->count; i++)
		on += !c->rows[i].off;
	verdict(o, x->verdict, x->reason);
	json_object_set_new(o, "threshold_pct", slo_json_number(r->limits->overhead_pct));
	json_object_set_new(o, "max_observed_pct", slo_json_number(x->max_p95));
	json_object_set_new(o, "mean_observed_pct", slo_json_number(x->mean));
	json_object_set_new(o, "sample_count", count(on));
	json_object_set_new(o, "files_checked", count(c->files));
	for (size_t i = 0; x->nodes && i < c->nodes_count; i++) {
		json_object_set_new(p95, c->nodes[i], slo_json_number(x->nodes[i].own_p95));
		json_object_set_new(nodes, c->nodes[i], node(&x->nodes[i]));
	}
	json_object_set_new(o, "node_p95_observed", p95);
	json_object_set_new(o, "max_node_p95_pct", slo_json_number(x->max_p95));
	if (x->nodes)
		json_object_set_new(o, "max_node_p95_node", text(c->nodes[x->max_node]));
	json_object_set_new(o, "bpf_run_time_included", json_boolean(x->bpf_counted));
	json_object_set_new(o, "nodes", nodes);
	return o;
}

/* A scenario without runs has null for its values. */
static json_t *values(const struct slo_m5_side *side, int metric)
{
	json_t *a;

	if (side->count == 0)
		return json_null();
	a = json_array();
	for (size_t i = 0; i < side->count; i++)
		json_array_append_new(a, slo_json_number(side->runs[i].value[metric]));
	return a;
}

static json_t *spread(const struct slo_m5_spread *v)
{
	json_t *o = json_object();

	verdict(o, v->verdict, v->reason);
	json_object_set_new(o, "within_runs_pct", slo_json_number(v->within_pct));
	json_object_set_new(o, "between_runs_pct", slo_json_number(v->between_pct));
	json_object_set_new(o, "between_runs_bounds_pct", pair(v->lower_pct, v->upper_pct));
	json_object_set_new(o, "p_value", slo_json_number(v->p));
	json_object_set_new(o, "p_value_holm", slo_json_number(v->p_adjusted));
	json_object_set_new(o, "runs_needed", count(v->runs_needed));
	return o;
}

/* The first reason of the worst metric. */
static const char *worst_spread(const struct slo_m5_variance *v)
{
	for (int m = 0; m < SLO_M5_METRIC__COUNT; m++)
		if (v->metric[m].verdict == v->verdict && v->verdict != SLO_M5_PASS)
			return v->metric[m].reason;
	return NULL;
}

static json_t *variance_of(const struct slo_m5_scenario *s, const struct slo_m5_variance *v)
{
	static const struct {
		const char *values, *mean, *sd, *cv;
	} keys[SLO_M5_METRIC__COUNT] = {
		[SLO_M5_TTFT] = { "ttft_p95_values", "mean_ttft_p95", "stddev_ttft_p95", "variance_pct" },
		[SLO_M5_TOKENS] = { "tokens_p50_values", "mean_tokens_p50", "stddev_tokens_p50",
				    "tokens_variance_pct" },
		[SLO_M5_ERRORS] = { "error_rate_mean_values", "mean_error_rate_mean", "stddev_error_rate_mean",
				    "error_rate_variance_pct" },
	};
	json_t *o = json_object(), *metrics = json_object();

	json_object_set_new(o, "scenario", text(s->name));
	json_object_set_new(o, "run_count", count(s->candidate.count));
	for (int m = 0; m < SLO_M5_METRIC__COUNT; m++) {
		json_object_set_new(o, keys[m].values, values(&s->candidate, m));
		json_object_set_new(o, keys[m].mean, slo_json_number(v->metric[m].mean));
		json_object_set_new(o, keys[m].sd, slo_json_number(v->metric[m].sd));
		json_object_set_new(o, keys[m].cv, slo_json_number(v->metric[m].cv_pct));
		json_object_set_new(metrics, slo_m5_metric_name[m], spread(&v->metric[m]));
	}
	verdict(o, v->verdict, worst_spread(v));
	json_object_set_new(o, "metrics", metrics);
	return o;
}

static json_t *variance(const struct report *r)
{
	json_t *o = json_object(), *all = json_array();

	verdict(o, r->result.variance_verdict, NULL);
	json_object_set_new(o, "threshold_pct", slo_json_number(r->limits->variance_pct));
	json_object_set_new(o, "min_runs", count(r->limits->min_runs));
	for (size_t i = 0; i < r->b->count; i++)
		json_array_append_new(all, variance_of(&r->b->scenarios[i], &r->result.variance[i]));
	json_object_set_new(o, "scenarios", all);
	return o;
}

static json_t *compare(const struct slo_m5_compare *c)
{
	json_t *o = json_object();

	verdict(o, c->verdict, c->reason);
	json_object_set_new(o, "candidate_runs", count(c->n));
	json_object_set_new(o, "baseline_runs", count(c->m));
	json_object_set_new(o, "change", interval(&c->change));
	json_object_set_new(o, "mann_whitney_u", slo_json_number(c->test.u));
	json_object_set_new(o, "p_value", slo_json_number(c->test.p_greater));
	json_object_set_new(o, "p_value_two_sided", slo_json_number(c->test.p_two));
	json_object_set_new(o, "p_value_holm", slo_json_number(c->p_adjusted));
	json_object_set_new(o, "exact", json_boolean(c->test.exact));
	json_object_set_new(o, "cliffs_delta", interval(&c->delta));
	json_object_set_new(o, "cliffs_delta_size",
			    isnan(c->delta.estimate) ? json_null() : text(slo_delta_size(c->delta.estimate)));
	json_object_set_new(o, "min_detectable", slo_json_number(c->min_detectable));
	json_object_set_new(o, "runs_needed", count(c->runs_needed));
	return o;
}

static bool enough(const struct report *r, const struct slo_m5_side *side)
{
	for (size_t i = 0; i < side->count; i++)
		if (side->runs[i].requests < r->limits->min_samples)
			return false;
	return side->count > 0;
}

static const char *worst_metric(const struct slo_m5_regression *v)
{
	for (int m = 0; m < SLO_M5_METRIC__COUNT; m++)
		if (v->metric[m].verdict == v->verdict && v->verdict != SLO_M5_PASS)
			return v->metric[m].reason;
	return NULL;
}

static json_t *regression_of(const struct report *r, const struct slo_m5_scenario *s, const struct slo_m5_regression *v)
{
	const struct slo_m5_compare *ttft = &v->metric[SLO_M5_TTFT];
	json_t *o = json_object(), *metrics = json_object();
	char seed[24];

	json_object_set_new(o, "scenario", text(s->name));
	json_object_set_new(o, "candidate_n", count(v->candidate_n));
	json_object_set_new(o, "baseline_n", count(v->baseline_n));
	json_object_set_new(o, "candidate_ttft_p95", slo_json_number(v->candidate_p95));
	json_object_set_new(o, "baseline_ttft_p95", slo_json_number(v->baseline_p95));
	json_object_set_new(o, "ttft_regression_pct", slo_json_number(v->regression_pct));
	json_object_set_new(o, "candidate_tokens_p50", slo_json_number(v->candidate_tokens));
	json_object_set_new(o, "baseline_tokens_p50", slo_json_number(v->baseline_tokens));
	json_object_set_new(o, "mann_whitney_p_value", slo_json_number(ttft->test.p_greater));
	json_object_set_new(o, "bootstrap_delta_ci95", pair(v->bootstrap.lo, v->bootstrap.hi));
	json_object_set_new(o, "cliffs_delta", slo_json_number(ttft->delta.estimate));
	json_object_set_new(o, "practical_effect_pass",
			    json_boolean(ttft->delta.estimate < r->limits->min_delta));
	json_object_set_new(o, "minimum_samples_reached",
			    json_boolean(enough(r, &s->candidate) && enough(r, &s->baseline)));
	verdict(o, v->verdict, worst_metric(v));
	json_object_set_new(o, "interleaved", json_boolean(v->interleaved));
	json_object_set_new(o, "pooled_cliffs_delta", slo_json_number(v->pooled_delta));
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)v->bootstrap_seed);
	json_object_set_new(o, "bootstrap_seed", text(seed));
	for (int m = 0; m < SLO_M5_METRIC__COUNT; m++)
		json_object_set_new(metrics, slo_m5_metric_name[m], compare(&v->metric[m]));
	json_object_set_new(o, "metrics", metrics);
	return o;
}

static json_t *significance(const struct report *r)
{
	const struct slo_m5_limits *l = r->limits;
	json_t *o = json_object(), *all = json_array();

	verdict(o, r->result.regression_verdict, NULL);
	json_object_set_new(o, "regression_pct_limit", slo_json_number(l->ttft_pct));
	json_object_set_new(o, "alpha", slo_json_number(l->alpha));
	json_object_set_new(o, "bootstrap_iterations", count(l->bootstrap_iters));
	json_object_set_new(o, "min_samples_per_scenario", count(l->min_samples * l->min_runs));
	json_object_set_new(o, "min_cliffs_delta_for_failure", slo_json_number(l->min_delta));
	json_object_set_new(o, "min_samples_per_run", count(l->min_samples));
	json_object_set_new(o, "tokens_drop_pct_limit", slo_json_number(l->tokens_pct));
	json_object_set_new(o, "error_increase_pp_limit", slo_json_number(l->errors_pp));
	json_object_set_new(o, "unit_of_inference", text("run"));
	json_object_set_new(o, "multiplicity", text("holm"));
	json_object_set_new(o, "bootstrap",
			    json_pack("{s:s,s:s,s:I}", "method", "percentile, runs then requests", "generator",
				      "xoshiro256**", "seed", (json_int_t)l->seed));
	for (size_t i = 0; i < r->b->count; i++)
		json_array_append_new(all, regression_of(r, &r->b->scenarios[i], &r->result.regression[i]));
	json_object_set_new(o, "scenarios", all);
	return o;
}

static json_t *alpha_shares(const struct report *r)
{
	json_t *o = json_object();

	for (int m = 0; m < SLO_M5_METRIC__COUNT; m++)
		json_object_set_new(o, slo_m5_metric_name[m], slo_json_number(r->limits->alpha * slo_m5_share[m]));
	json_object_set_new(o, "variance", slo_json_number(r->limits->alpha * slo_m5_share[SLO_M5_FAMILY_VARIANCE]));
	json_object_set_new(o, "overhead", slo_json_number(r->limits->alpha * slo_m5_share[SLO_M5_FAMILY_OVERHEAD]));
	return o;
}

static json_t *lines(const struct report *r, enum slo_m5_verdict v)
{
	json_t *all = json_array();
	struct slo_buf line;

	slo_buf_init(&line, REPORT_MAX);
	for (size_t i = 0; i < r->found_count; i++)
		if (r->found[i].verdict == v) {
			slo_buf_reset(&line);
			finding_add(&line, &r->found[i]);
			json_array_append_new(all, text(line.data));
		}
	slo_buf_fini(&line);
	return all;
}

static json_t *summary(const struct report *r)
{
	json_t *o = json_object(), *names = json_array(), *failures = lines(r, SLO_M5_FAIL);
	char when[SLO_RFC3339_MAX + 1];

	when[slo_fmt_rfc3339(when, r->now_ns)] = '\0';
	for (size_t i = 0; i < r->b->count; i++)
		json_array_append_new(names, text(r->b->scenarios[i].name));
	json_object_set_new(o, "generated_at", text(when));
	json_object_set_new(o, "candidate_root", text(r->from->candidate_root));
	json_object_set_new(o, "baseline_root", text(r->from->baseline_root));
	json_object_set_new(o, "scenarios", names);
	json_object_set_new(o, "baseline", baseline(r));
	json_object_set_new(o, "overhead", overhead(r));
	json_object_set_new(o, "variance", variance(r));
	json_object_set_new(o, "significance", significance(r));
	json_object_set_new(o, "pass", json_boolean(r->verdict == SLO_M5_PASS));
	if (json_array_size(failures))
		json_object_set(o, "failures", failures);
	json_decref(failures);
	json_object_set_new(o, "verdict", text(slo_m5_verdict_name(r->verdict)));
	json_object_set_new(o, "data_missing", json_boolean(r->result.missing));
	json_object_set_new(o, "inconclusive", lines(r, SLO_M5_INCONCLUSIVE));
	json_object_set_new(o, "alpha_shares", alpha_shares(r));
	json_object_set_new(o, "exit_code", json_integer(r->status));
	return o;
}

void report_json(struct slo_buf *to, const struct report *r)
{
	json_t *o = summary(r);
	char *text_of = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));

	if (text_of)
		slo_buf_adds(to, text_of);
	slo_buf_addc(to, '\n');
	free(text_of);
	json_decref(o);
}
