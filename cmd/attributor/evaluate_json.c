/* SPDX-License-Identifier: MIT */
/* attributor evaluate: the report as JSON, every incident's answer included. */
#include "evaluate.h"

#include "base/version.h"
#include "render/json.h"

#include <errno.h>
#include <stdlib.h>

static json_t *interval(const struct slo_interval *i)
{
	return isnan(i->lo) ? json_null() : json_pack("[o, o]", slo_json_number(i->lo), slo_json_number(i->hi));
}

static json_t *figures(const struct slo_eval *e)
{
	json_t *o = json_object();

	for (int f = 0; f < SLO_EVAL__COUNT; f++)
		json_object_set_new(o, slo_eval_names[f], slo_json_number(e->figure[f]));
	json_object_set_new(o, "with_fault", json_integer((json_int_t)e->faulty));
	json_object_set_new(o, "quiet", json_integer((json_int_t)e->healthy));
	json_object_set_new(o, "quiet_blamed", json_integer((json_int_t)e->healthy_blamed));
	json_object_set_new(o, "never_right", json_integer((json_int_t)e->never));
	return o;
}

/* Figures, their intervals, and why some have none. */
static void add_figures(json_t *to, const struct slo_eval *e, const struct slo_interval *in)
{
	json_t *intervals = json_object(), *none = json_object();

	for (int f = 0; f < SLO_EVAL__COUNT; f++) {
		const char *why = evaluation_why_not(e, e->figure[f], &in[f]);

		if (why)
			json_object_set_new(none, slo_eval_names[f], json_string(why));
		else
			json_object_set_new(intervals, slo_eval_names[f], interval(&in[f]));
	}
	json_object_set_new(to, "n", json_integer((json_int_t)evaluation_n(e)));
	json_object_set_new(to, "figures", figures(e));
	json_object_set_new(to, "intervals", intervals);
	json_object_set_new(to, "no_interval", none);
}

static json_t *strata(const struct stratum *s, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_pack("{s:s, s:s}", "by", s[i].group, "value", s[i].label);

		add_figures(o, &s[i].eval, s[i].interval);
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *methods(const struct evaluation *e)
{
	json_t *all = json_array();

	for (int i = 0; i < METHOD__COUNT; i++) {
		const struct scored *s = &e->methods[i];
		json_t *o = json_pack("{s:s, s:s}", "name", s->name, "about", s->about);

		add_figures(o, &s->eval, s->interval);
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *confusion(const struct slo_confusion *m)
{
	json_t *rows = json_array();

	for (int a = 0; a < SLO_DOMAIN__COUNT; a++) {
		json_t *row = json_array();

		for (int p = 0; p < SLO_DOMAIN__COUNT; p++)
			json_array_append_new(row, json_integer((json_int_t)m->count[a][p]));
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *cofault(const struct slo_labelset *s)
{
	json_t *rows = json_array();

	for (int a = 0; a < SLO_DOMAIN_UNKNOWN; a++) {
		json_t *row = json_array();

		for (int p = 0; p < SLO_DOMAIN_UNKNOWN; p++)
			json_array_append_new(row, json_integer((json_int_t)s->both[a][p]));
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *names(uint32_t set)
{
	json_t *all = json_array();

	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		if (set >> d & 1)
			json_array_append_new(all, json_string(slo_enum_name(&slo_domain_enum, d)));
	return all;
}

static json_t *domains(const struct evaluation *e)
{
	json_t *all = json_array();

	for (int d = 0; d < SLO_DOMAIN_UNKNOWN; d++) {
		struct domain_row r;

		evaluation_domain(e, d, &r);
		json_array_append_new(all, json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:{s:o, s:o, s:o}}", "domain",
						     slo_enum_name(&slo_domain_enum, d), "true", (json_int_t)r.is,
						     "blamed", (json_int_t)r.said, "both", (json_int_t)r.both,
						     "precision", slo_json_number(r.precision), "recall",
						     slo_json_number(r.recall), "f1", slo_json_number(r.f1),
						     "intervals", "precision", interval(&r.precision_in), "recall",
						     interval(&r.recall_in), "f1", interval(&r.f1_in)));
	}
	return all;
}

static json_t *reliability(const struct slo_eval *e)
{
	json_t *all = json_array();

	for (int i = 0; i < SLO_EVAL_BINS; i++)
		if (e->reliability[i].n)
			json_array_append_new(all, json_pack("{s:I, s:o, s:o}", "n", (json_int_t)e->reliability[i].n,
							     "said", slo_json_number(e->reliability[i].said),
							     "happened", slo_json_number(e->reliability[i].happened)));
	return all;
}

static json_t *posteriors(const struct slo_eval_case *c)
{
	json_t *o = json_object();

	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		json_object_set_new(o, slo_enum_name(&slo_domain_enum, d), slo_json_number(c->p[d]));
	return o;
}

/* The model's answer to one incident, and whether there was a false alarm before it. */
static json_t *incident(const struct evaluation *e, size_t i)
{
	const struct item *it = &e->cases.items[i];
	const struct slo_eval_case *c = &e->methods[METHOD_MODEL].answers.cases[i];
	const struct slo_eval_case *before = &c[e->cases.count];

	return json_pack("{s:s%, s:s, s:o, s:b, s:s, s:o, s:o, s:o, s:o, s:s, s:I}", "id", it->rec->id.p,
			 it->rec->id.len, "kind", slo_enum_name(&slo_stratum_enum, it->rec->stratum), "truth",
			 names(c->truth), "opened", c->opened, "blamed",
			 slo_enum_name(&slo_domain_enum, c->opened ? c->domain : SLO_DOMAIN_UNKNOWN), "causes",
			 names(c->opened ? c->causes : 0), "posteriors", c->opened ? posteriors(c) : json_null(),
			 "delay_s", slo_json_number(c->delay_s), "captured_share",
			 slo_json_number(answers_captured(it, e->noisyor)), "blamed_before",
			 slo_enum_name(&slo_domain_enum, before->opened ? before->domain : SLO_DOMAIN_UNKNOWN),
			 "unkept", (json_int_t)it->unkept);
}

static json_t *incidents(const struct evaluation *e)
{
	json_t *all = json_array();

	for (size_t i = 0; i < e->cases.count; i++)
		if (e->cases.items[i].stream == e->stream)
			json_array_append_new(all, incident(e, i));
	return all;
}

static json_t *provenance(const struct evaluation *e)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:I, s:I, s:f, s:I, s:I, s:I}", "tool",
			 slo_version(), "model", e->model, "model_train_sha256", e->train_sha256, "apart", e->apart,
			 "set_train_sha256", e->set_train_sha256, "part_sha256", e->cases.sha256, "part", e->part,
			 "stream", slo_enum_name(&slo_stream_enum, e->stream), "incidents", (json_int_t)e->incidents,
			 "below", (json_int_t)e->below, "confidence", e->confidence, "seed", (json_int_t)e->seed,
			 "resamples", (json_int_t)e->iterations, "resamples_of_strata",
			 (json_int_t)(e->iterations > STRATA_RESAMPLES ? STRATA_RESAMPLES : e->iterations));
}

char *evaluation_dump(const struct evaluation *e, size_t flags)
{
	const struct scored *m = &e->methods[METHOD_MODEL];
	json_t *o = json_object();
	char *text;

	json_object_set_new(o, "provenance", provenance(e));
	json_object_set_new(o, "methods", methods(e));
	json_object_set_new(o, "domains", domains(e));
	json_object_set_new(o, "confusion", confusion(&m->eval.matrix));
	json_object_set_new(o, "cofault", cofault(&m->eval.sets));
	json_object_set_new(o, "reliability", reliability(&m->eval));
	json_object_set_new(o, "strata", strata(e->strata, e->strata_count));
	json_object_set_new(o, "strata_left_out", json_integer((json_int_t)e->strata_over));
	json_object_set_new(o, "onset_shifted", strata(e->shifts, e->shifts_count));
	json_object_set_new(o, "without", strata(e->without, e->without_count));
	json_object_set_new(o, "incidents", incidents(e));
	text = json_dumps(o, flags);
	json_decref(o);
	return text;
}

int evaluation_json(const struct evaluation *e, struct slo_buf *out)
{
	char *text = evaluation_dump(e, JSON_INDENT(2) | JSON_REAL_PRECISION(9));

	if (!text)
		return -ENOMEM;
	slo_buf_addf(out, "%s\n", text);
	free(text);
	return out->err;
}
