/* SPDX-License-Identifier: MIT */
/* attributor evaluate: the report as one HTML file. */
#include "evaluate_chart.h"

#include "base/cleanup.h"
#include "base/version.h"
#include "render/html.h"
#include "stat/proportion.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void intro(const struct evaluation *e, struct slo_buf *out)
{
	const struct slo_eval *v = &e->methods[METHOD_MODEL].eval;
	double lo, hi;

	slo_html_paraf(out,
		       "%zu incidents of the part %s as the %s agent saw them: %llu with a fault by which an objective "
		       "was missed, %zu with one "
		       "by which none was (they are in the row \"below\" only), %llu quiet phases. Model %s, %s.",
		       e->incidents, e->part, slo_enum_name(&slo_stream_enum, e->stream), (unsigned long long)v->faulty,
		       e->below, (unsigned long long)v->healthy, e->model, evaluation_apart(e));
	if (!v->healthy)
		return;
	slo_clopper_pearson(v->healthy_blamed, v->healthy, e->confidence, &lo, &hi);
	slo_html_paraf(
		out, "In %llu of %llu quiet phases somebody was blamed: at most %.1f %% (Clopper-Pearson, %g %%).",
		(unsigned long long)v->healthy_blamed, (unsigned long long)v->healthy, hi * 100, e->confidence * 100);
}

static void main_table(const struct evaluation *e, struct slo_buf *out)
{
	const char *heads[METHOD__COUNT + 1] = { "" };

	slo_html_section(out, "Model and baselines");
	for (int m = 0; m < METHOD__COUNT; m++)
		heads[m + 1] = e->methods[m].name;
	slo_html_table(out, heads, METHOD__COUNT + 1);
	for (int i = 0; i < SLO_EVAL__COUNT; i++) {
		const struct shown *s = &evaluation_shown[i];

		slo_html_row(out, s->title, s->about);
		for (int m = 0; m < METHOD__COUNT; m++) {
			const struct scored *of = &e->methods[m];
			double value = of->eval.figure[s->figure];
			const struct slo_interval *in = &of->interval[s->figure];
			const char *why = evaluation_why_not(&of->eval, value, in);

			slo_html_estimate(out, value, why ? NAN : in->lo, why ? NAN : in->hi, why);
		}
		slo_html_row_end(out);
	}
	slo_html_table_end(out);
	slo_html_paraf(out,
		       "In brackets: %g %% percentile intervals over %zu resamples of incidents. A figure without one "
		       "is of fewer "
		       "than %d incidents, or had no value in half of the resamples.",
		       e->confidence * 100, e->iterations, INTERVAL_LEAST);
	for (int m = 0; m < METHOD__COUNT; m++)
		slo_html_paraf(out, "%s: %s.", e->methods[m].name, e->methods[m].about);
	slo_html_section_end(out);
}

static void meanings(struct slo_buf *out)
{
	static const char *const heads[] = { "figure", "what it is" };

	slo_html_section(out, "What the figures mean");
	slo_html_table(out, heads, SLO_ARRAY_LEN(heads));
	for (int i = 0; i < SLO_EVAL__COUNT; i++) {
		slo_html_row(out, evaluation_shown[i].title, NULL);
		slo_html_cellf(out, "%s", evaluation_shown[i].about);
		slo_html_row_end(out);
	}
	slo_html_table_end(out);
	slo_html_section_end(out);
}

static void matrices(const struct evaluation *e, struct slo_buf *out)
{
	const struct slo_eval *v = &e->methods[METHOD_MODEL].eval;

	slo_html_section(out, "What was blamed for what");
	slo_html_figure(out);
	chart_confusion(out, &v->matrix);
	slo_html_figure_end(
		out,
		"Incidents with one true domain (row) by the domain blamed first (column). Shade: share of the row. "
		"In the row unknown: faults outside of all domains; in its column: the model abstained or nothing was "
		"opened.");
	slo_html_figure(out);
	chart_cofault(out, &v->sets);
	slo_html_figure_end(
		out,
		"Incidents in which a domain was true (row, alone or among others) by the domains in the cause set "
		"(column). A second true domain belongs beside the diagonal; shade: share of the incidents of the "
		"row.");
	slo_html_section_end(out);
}

static void domain_table(const struct evaluation *e, struct slo_buf *out)
{
	static const char *const heads[] = { "domain", "true", "blamed", "precision", "recall", "F1" };

	slo_html_table(out, heads, SLO_ARRAY_LEN(heads));
	for (int d = 0; d < SLO_DOMAIN_UNKNOWN; d++) {
		struct domain_row r;

		evaluation_domain(e, d, &r);
		slo_html_row(out, slo_enum_name(&slo_domain_enum, d), NULL);
		slo_html_cellf(out, "%llu", (unsigned long long)r.is);
		slo_html_cellf(out, "%llu", (unsigned long long)r.said);
		slo_html_estimate(out, r.precision, r.precision_in.lo, r.precision_in.hi, "never blamed");
		slo_html_estimate(out, r.recall, r.recall_in.lo, r.recall_in.hi, "never true");
		slo_html_estimate(out, r.f1, r.f1_in.lo, r.f1_in.hi, "fewer than 10 incidents");
		slo_html_row_end(out);
	}
	slo_html_table_end(out);
}

static void set_dot(struct dot_row *row, int series, double value, const struct slo_interval *in)
{
	row->value[series] = value;
	row->lo[series] = in->lo;
	row->hi[series] = in->hi;
}

static void domains(const struct evaluation *e, struct dot_plot *p, struct slo_buf *out)
{
	*p = (struct dot_plot){ .title = "Each domain",
				.series = { "precision", "recall", "F1" },
				.whole = { NAN, NAN, NAN },
				.count = SLO_DOMAIN_UNKNOWN };
	for (int d = 0; d < SLO_DOMAIN_UNKNOWN; d++) {
		struct dot_row *row = &p->rows[d];
		struct domain_row r;

		evaluation_domain(e, d, &r);
		*row = (struct dot_row){ .group = "", .label = slo_enum_name(&slo_domain_enum, d), .n = r.is };
		set_dot(row, 0, r.precision, &r.precision_in);
		set_dot(row, 1, r.recall, &r.recall_in);
		set_dot(row, 2, r.f1, &r.f1_in);
	}
	slo_html_section(out, "Each domain");
	slo_html_figure(out);
	chart_dots(out, p);
	slo_html_figure_end(
		out, "By the cause sets of all incidents with a fault; n: incidents in which the domain was at work.");
	domain_table(e, out);
	slo_html_paraf(out, "Intervals of precision and recall: Clopper-Pearson; of F1: resampled.");
	slo_html_section_end(out);
}

static void reliability_table(const struct slo_eval *e, struct slo_buf *out)
{
	static const char *const heads[] = { "bin", "statements", "from", "to", "said", "happened" };

	slo_html_table(out, heads, SLO_ARRAY_LEN(heads));
	for (int i = 0; i < SLO_EVAL_BINS; i++) {
		const struct slo_reliability *b = &e->reliability[i];
		char name[16];

		if (!b->n)
			continue;
		(void)!snprintf(name, sizeof(name), "%d", i + 1);
		slo_html_row(out, name, NULL);
		slo_html_cellf(out, "%zu", b->n);
		slo_html_cellf(out, "%.3f", b->lo);
		slo_html_cellf(out, "%.3f", b->hi);
		slo_html_cellf(out, "%.3f", b->said);
		slo_html_cellf(out, "%.3f", b->happened);
		slo_html_row_end(out);
	}
	slo_html_table_end(out);
}

static int probabilities(const struct evaluation *e, struct slo_buf *out)
{
	const struct slo_eval *v = &e->methods[METHOD_MODEL].eval;
	char text[512];
	int r;

	slo_html_section(out, "Whether the probabilities can be believed");
	slo_html_figure(out);
	chart_reliability(out, v);
	(void)!snprintf(text, sizeof(text),
			"Probabilities of the seven named domains of all opened incidents, in ten bins of equal mass. "
			"ECE %.3f. Beside a mark: how many statements. No intervals: seven statements of one incident "
			"are not seven independent ones.",
			v->figure[SLO_EVAL_ECE]);
	slo_html_figure_end(out, text);
	slo_html_figure(out);
	r = chart_risk(out, e);
	(void)!snprintf(text, sizeof(text),
			"If the most probable named domain were always the answer, of opened incidents with a fault. "
			"At tau the model begins to abstain (0: it never does for that reason). "
			"AURC of its verdicts as they were given, quiet phases and abstentions included: %.3f.",
			v->figure[SLO_EVAL_AURC]);
	slo_html_figure_end(out, text);
	reliability_table(v, out);
	slo_html_section_end(out);
	return r;
}

static void strata_table(const struct stratum *s, size_t n, struct slo_buf *out)
{
	static const struct {
		const char *title;
		enum slo_eval_figure figure;
		bool interval;
	} of[] = { { "macro-F1", SLO_EVAL_MACRO_F1, true },
		   { "exact set", SLO_EVAL_EXACT, true },
		   { "micro-F1", SLO_EVAL_MICRO_F1, false },
		   { "partial", SLO_EVAL_PARTIAL, false },
		   { "Brier", SLO_EVAL_BRIER, false },
		   { "ECE", SLO_EVAL_ECE, false },
		   { "healthy blamed", SLO_EVAL_HEALTHY_BLAMED, false },
		   { "delay, s", SLO_EVAL_DELAY, false } };
	const char *heads[SLO_ARRAY_LEN(of) + 2] = { "", "n" };
	char name[LABEL_MAX + 32];

	for (size_t k = 0; k < SLO_ARRAY_LEN(of); k++)
		heads[k + 2] = of[k].title;
	slo_html_table(out, heads, SLO_ARRAY_LEN(heads));
	for (size_t i = 0; i < n; i++) {
		(void)!snprintf(name, sizeof(name), "%s %s", s[i].group, s[i].label);
		slo_html_row(out, name, NULL);
		slo_html_cellf(out, "%llu", (unsigned long long)evaluation_n(&s[i].eval));
		for (size_t k = 0; k < SLO_ARRAY_LEN(of); k++) {
			const struct slo_interval *in = &s[i].interval[of[k].figure];
			double value = s[i].eval.figure[of[k].figure];
			const char *why = of[k].interval ? evaluation_why_not(&s[i].eval, value, in) : "not resampled";

			slo_html_estimate(out, value, why ? NAN : in->lo, why ? NAN : in->hi, why);
		}
		slo_html_row_end(out);
	}
	slo_html_table_end(out);
}

/* Macro-F1 and exact set of some strata, beside those of the whole. */
static void strata(const struct evaluation *e, struct dot_plot *p, const char *title, const char *caption,
		   const struct stratum *s, size_t n, struct slo_buf *out)
{
	const struct slo_eval *v = &e->methods[METHOD_MODEL].eval;

	if (!n)
		return;
	*p = (struct dot_plot){ .title = title,
				.series = { "macro-F1", "exact set" },
				.whole = { v->figure[SLO_EVAL_MACRO_F1], v->figure[SLO_EVAL_EXACT], NAN } };
	for (; p->count < n && p->count < DOT_ROWS_MAX; p->count++) {
		const struct stratum *from = &s[p->count];
		struct dot_row *row = &p->rows[p->count];

		*row = (struct dot_row){ .group = from->group, .label = from->label, .n = evaluation_n(&from->eval) };
		set_dot(row, 0, from->eval.figure[SLO_EVAL_MACRO_F1], &from->interval[SLO_EVAL_MACRO_F1]);
		set_dot(row, 1, from->eval.figure[SLO_EVAL_EXACT], &from->interval[SLO_EVAL_EXACT]);
	}
	slo_html_section(out, title);
	slo_html_figure(out);
	chart_dots(out, p);
	slo_html_figure_end(out, caption);
	strata_table(s, n, out);
	slo_html_section_end(out);
}

static void line(struct slo_buf *out, const char *name, const char *value)
{
	slo_html_row(out, name, NULL);
	slo_html_cellf(out, "%s", value);
	slo_html_row_end(out);
}

static void provenance(const struct evaluation *e, struct slo_buf *out)
{
	static const char *const heads[] = { "", "" };
	char text[128];

	slo_html_section(out, "Where this comes from");
	slo_html_table(out, heads, SLO_ARRAY_LEN(heads));
	line(out, "tool", slo_version());
	line(out, "model", e->model);
	line(out, "learned from (sha256)", e->train_sha256[0] ? e->train_sha256 : "nothing");
	line(out, "part train of this set (sha256)", e->set_train_sha256);
	(void)!snprintf(text, sizeof(text), "scored: part %s (sha256)", e->part);
	line(out, text, e->cases.sha256);
	line(out, "stream", slo_enum_name(&slo_stream_enum, e->stream));
	(void)!snprintf(text, sizeof(text), "%zu; strata, shifts and left out signals %d at most", e->iterations,
			STRATA_RESAMPLES);
	line(out, "resamples", text);
	(void)!snprintf(text, sizeof(text), "%lld", (long long)e->seed);
	line(out, "seed", text);
	slo_html_table_end(out);
	slo_html_paraf(out, "A hash is of the ids and the checksums of all recordings of a part, both streams. The "
			    "element \"report\" of this "
			    "page holds everything shown here and every incident's answer as JSON.");
	slo_html_section_end(out);
}

static int data(const struct evaluation *e, struct slo_buf *out)
{
	char *text = evaluation_dump(e, JSON_COMPACT | JSON_REAL_PRECISION(5));

	if (!text)
		return -ENOMEM;
	slo_html_data(out, "report", text);
	free(text);
	return 0;
}

int evaluation_html(const struct evaluation *e, struct slo_buf *out)
{
	slo_autofree struct dot_plot *p = malloc(sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	slo_html_begin(out, "Attribution: how good the model is");
	intro(e, out);
	main_table(e, out);
	matrices(e, out);
	domains(e, p, out);
	r = probabilities(e, out);
	strata(e, p, "By kind of incident, severity, place, profile, stream",
	       "Bars are intervals, of ten incidents or more; lines across: all incidents. n: incidents with a fault, "
	       "or quiet phases.",
	       e->strata, e->strata_count, out);
	strata(e, p, "With every onset shifted",
	       "As if the beginning of each incident had been found too early or too late.", e->shifts, e->shifts_count,
	       out);
	strata(e, p, "Without one signal", "As if the signal had not been captured at all.", e->without,
	       e->without_count, out);
	meanings(out);
	provenance(e, out);
	r = r ? r : data(e, out);
	slo_html_end(out);
	return r ? r : out->err;
}
