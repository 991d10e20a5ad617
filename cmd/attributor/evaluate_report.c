/* SPDX-License-Identifier: MIT */
#include "evaluate.h"

#include "render/grid.h"
#include "render/json.h"
#include "stat/proportion.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* Main figures, in the order of the table. */
static const struct {
	enum slo_eval_figure figure;
	const char *title;
} shown[] = {
	{ SLO_EVAL_MACRO_F1, "macro-F1" },  { SLO_EVAL_ACCURACY, "accuracy" }, { SLO_EVAL_EXACT_TWO, "exact of 2" },
	{ SLO_EVAL_EXACT, "exact set" },    { SLO_EVAL_MICRO_F1, "micro-F1" }, { SLO_EVAL_PR1, "PR@1" },
	{ SLO_EVAL_PR2, "PR@2" },           { SLO_EVAL_PR3, "PR@3" },	       { SLO_EVAL_PARTIAL, "partial" },
	{ SLO_EVAL_COVERED, "coverage" },   { SLO_EVAL_BRIER, "Brier" },       { SLO_EVAL_LOG_LOSS, "log loss" },
	{ SLO_EVAL_ECE, "ECE" },	    { SLO_EVAL_AURC, "AURC" },	       { SLO_EVAL_ANSWERED, "answered" },
	{ SLO_EVAL_RISK, "risk" },	    { SLO_EVAL_HEALTHY_BLAMED, "healthy blamed" }, { SLO_EVAL_DELAY, "delay, s" },
};

static void figure(struct slo_grid *g, double v)
{
	if (isnan(v))
		slo_grid_cellf(g, "-");
	else
		slo_grid_cellf(g, "%.3f", v);
}

static void with_interval(struct slo_grid *g, const struct slo_resampled *r, double v)
{
	if (isnan(v))
		slo_grid_cellf(g, "-");
	else if (isnan(r->interval.lo))
		slo_grid_cellf(g, "%.3f", v);
	else
		slo_grid_cellf(g, "%.3f [%.3f, %.3f]", v, r->interval.lo, r->interval.hi);
}

static int main_table(const struct evaluation *e, const struct slo_term *t, struct slo_buf *out)
{
	static const struct slo_column columns[] = {
		{ "", SLO_ALIGN_LEFT, 0 }, { "model", SLO_ALIGN_RIGHT, 0 }, { "naive", SLO_ALIGN_RIGHT, 0 },
		{ "rules", SLO_ALIGN_RIGHT, 0 }, { "largest-z", SLO_ALIGN_RIGHT, 0 }, { "logistic", SLO_ALIGN_RIGHT, 0 },
		{ "majority", SLO_ALIGN_RIGHT, 0 }, { "random", SLO_ALIGN_RIGHT, 0 },
	};
	struct slo_grid g;
	int r;

	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (size_t i = 0; i < SLO_ARRAY_LEN(shown); i++) {
		slo_grid_cellf(&g, "%s", shown[i].title);
		for (int m = 0; m < METHOD__COUNT; m++) {
			const struct scored *s = &e->methods[m];

			if (m == METHOD_MODEL)
				with_interval(&g, &s->interval[shown[i].figure], s->eval.figure[shown[i].figure]);
			else
				figure(&g, s->eval.figure[shown[i].figure]);
		}
	}
	r = slo_grid_draw(&g, 2, t, out);
	slo_grid_fini(&g);
	return r;
}

static int strata_table(const struct stratum *s, size_t n, const struct slo_term *t, struct slo_buf *out)
{
	static const struct slo_column columns[] = {
		{ "", SLO_ALIGN_LEFT, 0 }, { "", SLO_ALIGN_LEFT, 0 }, { "n", SLO_ALIGN_RIGHT, 0 },
		{ "macro-F1", SLO_ALIGN_RIGHT, 0 }, { "exact", SLO_ALIGN_RIGHT, 0 }, { "micro-F1", SLO_ALIGN_RIGHT, 0 },
		{ "partial", SLO_ALIGN_RIGHT, 0 }, { "Brier", SLO_ALIGN_RIGHT, 0 }, { "ECE", SLO_ALIGN_RIGHT, 0 },
		{ "healthy blamed", SLO_ALIGN_RIGHT, 0 }, { "delay, s", SLO_ALIGN_RIGHT, 0 },
	};
	static const enum slo_eval_figure of[] = { SLO_EVAL_MACRO_F1, SLO_EVAL_EXACT, SLO_EVAL_MICRO_F1,
						   SLO_EVAL_PARTIAL, SLO_EVAL_BRIER, SLO_EVAL_ECE,
						   SLO_EVAL_HEALTHY_BLAMED, SLO_EVAL_DELAY };
	struct slo_grid g;
	int r;

	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (size_t i = 0; i < n; i++) {
		slo_grid_cellf(&g, "%s", i && strcmp(s[i].group, s[i - 1].group) == 0 ? "" : s[i].group);
		slo_grid_cellf(&g, "%s", s[i].label);
		slo_grid_cellf(&g, "%llu", (unsigned long long)(s[i].eval.faulty ? s[i].eval.faulty : s[i].eval.healthy));
		for (size_t k = 0; k < SLO_ARRAY_LEN(of); k++)
			figure(&g, s[i].eval.figure[of[k]]);
	}
	r = slo_grid_draw(&g, 2, t, out);
	slo_grid_fini(&g);
	return r;
}

static void matrix(const struct slo_confusion *m, struct slo_buf *out)
{
	slo_buf_adds(out, "\nOne true domain (row) against the one blamed first (column)\n");
	slo_buf_addf(out, "  %-18s", "");
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		slo_buf_addf(out, " %7.7s", slo_enum_name(&slo_domain_enum, d));
	slo_buf_adds(out, "\n");
	for (int a = 0; a < SLO_DOMAIN__COUNT; a++) {
		slo_buf_addf(out, "  %-18s", slo_enum_name(&slo_domain_enum, a));
		for (int p = 0; p < SLO_DOMAIN__COUNT; p++)
			slo_buf_addf(out, " %7llu", (unsigned long long)m->count[a][p]);
		slo_buf_adds(out, "\n");
	}
}

static void heading(const struct evaluation *e, struct slo_buf *out)
{
	const struct slo_eval *v = &e->methods[METHOD_MODEL].eval;
	double lo, hi;

	slo_buf_addf(out, "%zu incidents of the part %s, stream %s: %llu with a fault, %llu quiet phases\n", e->incidents,
		     e->part, slo_enum_name(&slo_stream_enum, e->stream), (unsigned long long)v->faulty,
		     (unsigned long long)v->healthy);
	slo_buf_addf(out, "model %s, %s\n", e->model,
		     !e->train_sha256[0] ? "not learned" :
		     e->apart ? "learned from the part train of this set only (its hash agrees)" :
				"NOT learned from the part train of this set");
	if (v->healthy) {
		slo_clopper_pearson(v->healthy_blamed, v->healthy, e->confidence, &lo, &hi);
		slo_buf_addf(out, "quiet phases in which somebody was blamed: %llu of %llu, at most %.1f %% (Clopper-Pearson, %g %%)\n",
			     (unsigned long long)v->healthy_blamed, (unsigned long long)v->healthy, hi * 100,
			     e->confidence * 100);
	}
	slo_buf_addf(out, "intervals: %zu resamples of incidents, seed %lld\n\n", e->iterations, (long long)e->seed);
}

int evaluation_text(const struct evaluation *e, struct slo_buf *out)
{
	struct slo_term t = { .width = 1000 };
	int r;

	heading(e, out);
	r = main_table(e, &t, out);
	matrix(&e->methods[METHOD_MODEL].eval.matrix, out);
	if (!r && e->strata_count) {
		slo_buf_adds(out, "\nThe model, by\n");
		r = strata_table(e->strata, e->strata_count, &t, out);
	}
	if (!r && e->shifts_count) {
		slo_buf_adds(out, "\nWith every onset shifted\n");
		r = strata_table(e->shifts, e->shifts_count, &t, out);
	}
	if (!r && e->without_count) {
		slo_buf_adds(out, "\nWithout\n");
		r = strata_table(e->without, e->without_count, &t, out);
	}
	return r ? r : out->err;
}

static json_t *figures(const struct slo_eval *e)
{
	json_t *o = json_object();

	for (int f = 0; f < SLO_EVAL__COUNT; f++)
		json_object_set_new(o, slo_eval_names[f], slo_json_number(e->figure[f]));
	json_object_set_new(o, "with_fault", json_integer((json_int_t)e->faulty));
	json_object_set_new(o, "quiet", json_integer((json_int_t)e->healthy));
	json_object_set_new(o, "quiet_blamed", json_integer((json_int_t)e->healthy_blamed));
	return o;
}

static json_t *strata(const struct stratum *s, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, json_pack("{s:s, s:s, s:o}", "by", s[i].group, "value", s[i].label, "figures",
						     figures(&s[i].eval)));
	return all;
}

static json_t *method(const struct scored *s)
{
	json_t *o = json_pack("{s:s, s:s, s:o}", "name", s->name, "about", s->about, "figures", figures(&s->eval));
	json_t *intervals = json_object();

	for (int f = 0; f < SLO_EVAL__COUNT; f++)
		json_object_set_new(intervals, slo_eval_names[f],
				    json_pack("[o, o]", slo_json_number(s->interval[f].interval.lo), slo_json_number(s->interval[f].interval.hi)));
	json_object_set_new(o, "intervals", intervals);
	return o;
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

static json_t *reliability(const struct slo_eval *e)
{
	json_t *all = json_array();

	for (int i = 0; i < SLO_EVAL_BINS; i++)
		if (e->reliability[i].n)
			json_array_append_new(all, json_pack("{s:I, s:o, s:o}", "n", (json_int_t)e->reliability[i].n, "said",
							     slo_json_number(e->reliability[i].said), "happened",
							     slo_json_number(e->reliability[i].happened)));
	return all;
}

int evaluation_json(const struct evaluation *e, struct slo_buf *out)
{
	const struct scored *m = &e->methods[METHOD_MODEL];
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:f, s:I}", "model", e->model, "part", e->part, "stream",
			      slo_enum_name(&slo_stream_enum, e->stream), "train_sha256", e->train_sha256, "apart", e->apart,
			      "incidents", (json_int_t)e->incidents, "confidence", e->confidence, "seed", (json_int_t)e->seed);
	json_t *all = json_array();
	char *text;

	for (int i = 0; i < METHOD__COUNT; i++)
		json_array_append_new(all, method(&e->methods[i]));
	json_object_set_new(o, "methods", all);
	json_object_set_new(o, "confusion", confusion(&m->eval.matrix));
	json_object_set_new(o, "reliability", reliability(&m->eval));
	json_object_set_new(o, "strata", strata(e->strata, e->strata_count));
	json_object_set_new(o, "onset_shifted", strata(e->shifts, e->shifts_count));
	json_object_set_new(o, "without", strata(e->without, e->without_count));
	text = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	json_decref(o);
	if (!text)
		return -ENOMEM;
	slo_buf_addf(out, "%s\n", text);
	free(text);
	return out->err;
}
