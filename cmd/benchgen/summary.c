/* SPDX-License-Identifier: MIT */
/* attribution_summary.json: the published members first, null with a reason where nothing was measured. */
#include "benchgen.h"

#include "base/time.h"
#include "render/json.h"
#include "stat/quantile.h"

#include <math.h>
#include <stdlib.h>

enum { DIGITS = 12 };

static void text(json_t *o, const char *key, const char *s)
{
	json_object_set_new(o, key, s ? json_string(s) : json_null());
}

static void count(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

/* A number, or null and its reason. */
static void measured(json_t *o, json_t *why, const char *key, double v, const char *reason)
{
	json_object_set_new(o, key, slo_json_number(v));
	if (isnan(v) && reason)
		text(why, key, reason);
}

static void run_id(json_t *o, int64_t ns)
{
	char when[SLO_RFC3339_MAX + 1];

	when[slo_fmt_rfc3339(when, ns)] = '\0';
	for (char *c = when; *c; c++)
		if (*c == ':')
			*c = '-';
	text(o, "run_id", when);
}

enum column { CPU, BPF_CPU, MEMORY, EVENTS, DROPPED };

static double cell(const struct cost *c, enum column which)
{
	const double v[] = { [CPU] = c->cpu_pct, [BPF_CPU] = c->bpf_cpu_pct, [MEMORY] = c->memory_mb,
			     [EVENTS] = c->events_s, [DROPPED] = c->dropped };

	return v[which];
}

/* Over the rows that have it: the mean, and their number. */
static double mean(const struct bench *b, enum column which, size_t *n)
{
	double sum = 0;

	*n = 0;
	for (size_t i = 0; i < b->costs.count; i++)
		if (!isnan(cell(&b->costs.rows[i], which))) {
			sum += cell(&b->costs.rows[i], which);
			(*n)++;
		}
	return *n ? sum / (double)*n : NAN;
}

static void overhead(const struct bench *b, json_t *o, json_t *why)
{
	static const char none[] = "no stats record of the agent has it";
	size_t n, rows;
	double cpu = mean(b, CPU, &n), bpf = mean(b, BPF_CPU, &n), events = mean(b, EVENTS, &n);
	double dropped = mean(b, DROPPED, &rows);

	measured(o, why, "collector_cpu_overhead_pct", cpu, none);
	measured(o, why, "bpf_cpu_overhead_pct", bpf, none);
	measured(o, why, "collector_memory_overhead_mb", mean(b, MEMORY, &n), none);
	measured(o, why, "events_per_second", events, none);
	measured(o, why, "dropped_events", rows ? dropped * (double)rows : NAN, none);
}

static json_t *interval(const struct figure *f)
{
	json_t *a;

	if (isnan(f->lo) || isnan(f->hi))
		return json_null();
	a = json_array();
	json_array_append_new(a, slo_json_number(f->lo));
	json_array_append_new(a, slo_json_number(f->hi));
	return a;
}

static json_t *metrics(const struct bench *b)
{
	const struct result *r = &b->result[METHOD_OURS];
	json_t *o = json_object(), *why = json_object(), *ci = json_object();

	for (int m = 0; m < SLO_METRIC__COUNT; m++) {
		measured(o, why, slo_metric_info[m].name, r->metric[m].value, r->metric[m].why);
		json_object_set_new(ci, slo_metric_info[m].name, interval(&r->metric[m]));
	}
	measured(o, why, "burn_rate_prediction_error", NAN, "burn rates are not predicted: nothing to compare");
	overhead(b, o, why);
	json_object_set_new(o, "ci95", ci);
	json_object_set_new(o, "unavailable", why);
	return o;
}

static json_t *method(const struct result *r, int m)
{
	json_t *o = json_object(), *all = json_object(), *why = json_object();

	text(o, "about", method_about[m]);
	json_object_set_new(o, "told_of_incident", json_boolean(r->told));
	for (int k = 0; k < SLO_METRIC__COUNT; k++) {
		json_t *one = json_object();

		measured(one, why, "value", r->metric[k].value, NULL);
		json_object_set_new(one, "ci95", interval(&r->metric[k]));
		if (r->metric[k].why)
			text(why, slo_metric_info[k].name, r->metric[k].why);
		json_object_set_new(all, slo_metric_info[k].name, one);
	}
	json_object_set_new(o, "metrics", all);
	json_object_set_new(o, "unavailable", why);
	return o;
}

static struct slo_str run_of(const struct item *it)
{
	return it->rec->run;
}

static json_t *stats(const struct bench *b)
{
	const struct slo_tally *t = &b->result[METHOD_OURS].tally;
	json_t *o = json_object(), *runs = b->recorded ? distinct_texts(b, run_of) : NULL;
	uint64_t lines = 0, foreign = 0;

	for (size_t i = 0; i < b->count; i++) {
		lines += b->items[i].lines;
		foreign += b->items[i].foreign;
	}
	count(o, "sample_size", b->count);
	json_object_set_new(o, "runs_count", runs ? json_integer((json_int_t)json_array_size(runs)) : json_null());
	json_object_set_new(o, "confidence_level", json_real(0.95));
	count(o, "single", t->cases[SLO_CASE_SINGLE]);
	count(o, "dual", t->cases[SLO_CASE_DUAL]);
	count(o, "triple", t->cases[SLO_CASE_TRIPLE]);
	count(o, "outside", t->cases[SLO_CASE_OUTSIDE]);
	count(o, "healthy", t->cases[SLO_CASE_HEALTHY]);
	count(o, "below", t->cases[SLO_CASE_BELOW]);
	count(o, "calm_windows", t->calm);
	count(o, "train_positives", b->train);
	count(o, "without_stream", b->without_stream);
	count(o, "lines_given", lines);
	count(o, "incidents_of_other_services", foreign);
	count(o, "bootstrap_iterations", BOOT_ITERATIONS);
	count(o, "random_draws", RANDOM_DRAWS);
	count(o, "overhead_rows", b->costs.count);
	count(o, "overhead_rows_dropped", b->costs.dropped);
	json_decref(runs);
	return o;
}

void write_summary(struct slo_buf *to, const struct bench *b)
{
	json_t *o = json_object(), *methods = json_object();
	char *out;

	run_id(o, b->started_ns);
	text(o, "project", "llm-slo");
	text(o, "scenario", benchgen_scenarios[b->o->scenario]);
	text(o, "workload_profile", b->o->workload);
	text(o, "attribution_mode", benchgen_modes[b->o->mode]);
	text(o, "model", b->model[0] ? b->model : NULL);
	text(o, "runner_mode", b->runner_mode);
	json_object_set_new(o, "release_grade", json_boolean(b->release_grade));
	text(o, "release_grade_reason", b->release_why[0] ? b->release_why : NULL);
	json_object_set_new(o, "environment", environment_json(b));
	json_object_set_new(o, "metrics", metrics(b));
	json_object_set_new(o, "stats", stats(b));
	for (int m = 0; m < METHOD__COUNT; m++)
		json_object_set_new(methods, method_name[m], method(&b->result[m], m));
	json_object_set_new(o, "methods", methods);
	out = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
	slo_buf_adds(to, out ? out : "");
	free(out);
	json_decref(o);
}
