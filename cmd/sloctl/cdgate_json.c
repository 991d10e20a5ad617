/* SPDX-License-Identifier: MIT */
/* Verdicts for programs. The members of the published tool come first and mean what they meant. */
#include "cdgate.h"

#include "base/cleanup.h"
#include "base/time.h"
#include "render/json.h"

#include <errno.h>
#include <stdlib.h>

static json_t *text_or_null(const char *s)
{
	json_t *j = s[0] ? json_string(s) : json_null();

	/* What a server said need not be UTF-8. */
	return j ? j : json_string("(not UTF-8)");
}

static json_t *timestamp(int64_t ns)
{
	char at[SLO_RFC3339_MAX];
	size_t len = slo_fmt_rfc3339(at, ns / SLO_NS_PER_MS * SLO_NS_PER_MS);

	return json_stringn(at, len);
}

static json_t *violations(const struct cdgate_verdict *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		const struct slo_gate_measure *d = cdgate_decider(v, i);

		if (cdgate_verdict_of(v, i) == SLO_GATE_FAIL)
			json_array_append_new(list,
					      json_pack("{ss so so}", "metric", v->plan.metrics[i].name, "threshold",
							slo_json_number(d->limit), "actual", slo_json_number(d->value)));
	}
	return list;
}

static json_t *attempts(const struct cdgate_verdict *v, size_t i)
{
	json_t *list = json_array();

	for (uint64_t r = 0; r < v->rounds && r < ATTEMPTS_MAX; r++) {
		const struct cdgate_attempt *a = &v->attempts[r * v->plan.metrics_count + i];

		json_array_append_new(list, json_pack("{so so ss so}", "at", timestamp(a->at_ns), "value",
						      slo_json_number(a->value), "verdict", slo_gate_outcome_names[a->outcome],
						      "reason", text_or_null(a->reason)));
	}
	return list;
}

static json_t *metric(const struct cdgate_verdict *v, size_t i)
{
	const struct slo_gate_metric *m = &v->plan.metrics[i];
	const struct slo_gate_measure *d = cdgate_decider(v, i);
	json_t *j = json_pack(
		"{ss ss so so so ss so so sf so so so}", "name", m->name, "verdict",
		slo_gate_outcome_names[cdgate_verdict_of(v, i)], "query", text_or_null(cdgate_query(v, m)), "value",
		slo_json_number(d->value), "reason", text_or_null(d->reason), "comparator", slo_gate_op_names[m->op],
		"threshold", slo_json_number(d->limit), "samples", slo_json_number(d->samples), "min_samples", v->plan.min_samples,
		"warning", text_or_null(d->warning), "info", text_or_null(d->info), "attempts", attempts(v, i));

	if (j && m->compared)
		json_object_set_new(j, "baseline", slo_json_number(d->base));
	if (j && m->kind == SLO_GATE_BURN_RATE) {
		json_object_set_new(j, "query_long", json_string(v->plan.queries[m->long_value].data));
		json_object_set_new(j, "burn_short", slo_json_number(d->burn_short));
		json_object_set_new(j, "burn_long", slo_json_number(d->burn_long));
		json_object_set_new(j, "target", json_real(v->plan.target));
	}
	return j;
}

/* The first metric that could not be asked for, in the words of the published tool. */
static json_t *error(const struct cdgate_verdict *v)
{
	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		char text[700];

		if (cdgate_verdict_of(v, i) != SLO_GATE_ERROR)
			continue;
		snprintf(text, sizeof(text), "query %s failed: %s%s", v->plan.metrics[i].name,
			 cdgate_decider(v, i)->reason,
			 v->result.degraded ? " (fail-open: passing despite query error)" : "");
		return text_or_null(text);
	}
	return NULL;
}

json_t *cdgate_json(const struct cdgate_verdict *v)
{
	json_t *list = json_array(), *why = error(v), *j;

	for (size_t i = 0; i < v->plan.metrics_count; i++)
		json_array_append_new(list, metric(v, i));
	j = json_pack("{sb so so ss sb si ss so so sI sI so}", "pass", v->result.outcome == SLO_GATE_PASS, "violations",
		      violations(v), "timestamp", timestamp(v->finished_ns), "verdict",
		      slo_gate_outcome_names[v->result.outcome], "degraded", v->result.degraded, "exit_code",
		      slo_gate_exit_status(v->result.outcome), "schema_version", "1.0", "started",
		      timestamp(v->started_ns), "finished", timestamp(v->finished_ns), "rounds", (json_int_t)v->rounds,
		      "attempts_dropped", (json_int_t)(v->rounds > ATTEMPTS_MAX ? v->rounds - ATTEMPTS_MAX : 0),
		      "metrics", list);
	if (j)
		json_object_set_new(j, "prometheus", text_or_null(v->gate->url));
	if (j && why)
		json_object_set(j, "error", why);
	json_decref(why);
	return j;
}

static void put(json_t *j, struct slo_buf *out)
{
	slo_autofree char *text = j ? json_dumps(j, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : NULL;

	if (text) {
		slo_buf_adds(out, text);
		slo_buf_addc(out, '\n');
	} else {
		out->err = out->err ? out->err : -ENOMEM;
	}
	json_decref(j);
}

void cdgate_put_json(const struct cdgate_verdict *v, struct slo_buf *out)
{
	put(cdgate_json(v), out);
}

/* --dry-run: what would be asked, and held to what. */
void cdgate_put_plan(const struct cdgate_verdict *v, bool json, struct slo_buf *out)
{
	static const struct {
		const char *name;
		size_t off;
	} parts[] = {
		{ "query", offsetof(struct slo_gate_metric, value) },
		{ "query_long", offsetof(struct slo_gate_metric, long_value) },
		{ "samples", offsetof(struct slo_gate_metric, samples) },
		{ "age", offsetof(struct slo_gate_metric, age) },
		{ "baseline", offsetof(struct slo_gate_metric, base_value) },
		{ "baseline_samples", offsetof(struct slo_gate_metric, base_samples) },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		const struct slo_gate_metric *m = &v->plan.metrics[i];
		json_t *one = json_pack("{ss ss so}", "name", m->name, "comparator", slo_gate_op_names[m->op],
					"threshold", m->compared ? json_null() : json_real(m->threshold));

		if (!json && m->compared)
			slo_buf_addf(out, "%s: must be %s the baseline's, with a tolerance of %g\n", m->name,
				     slo_gate_op_names[m->op], v->plan.tolerance);
		else if (!json)
			slo_buf_addf(out, "%s: must be %s %.6g\n", m->name, slo_gate_op_names[m->op], m->threshold);
		for (size_t k = 0; k < SLO_ARRAY_LEN(parts); k++) {
			const int *at = (const void *)((const char *)m + parts[k].off);

			if (*at == SLO_GATE_NONE)
				continue;
			json_object_set_new(one, parts[k].name, json_string(v->plan.queries[*at].data));
			if (!json)
				slo_buf_addf(out, "  %s: %s\n", parts[k].name, v->plan.queries[*at].data);
		}
		json_array_append_new(list, one);
	}
	if (json)
		put(json_pack("{ss so}", "prometheus", v->gate->url, "metrics", list), out);
	else
		json_decref(list);
}
