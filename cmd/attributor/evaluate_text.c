/* SPDX-License-Identifier: MIT */
/* attributor evaluate: what the figures are called, and the report as text. */
#include "evaluate.h"

#include "render/grid.h"
#include "stat/proportion.h"

#include <math.h>

const struct shown evaluation_shown[SLO_EVAL__COUNT] = {
	{ SLO_EVAL_MACRO_F1, "macro-F1",
	  "mean F1 over the domains, of incidents with one true domain; outside faults are a class" },
	{ SLO_EVAL_ACCURACY, "accuracy", "of the same incidents: the domain blamed first is the true one" },
	{ SLO_EVAL_EXACT_TWO, "exact of 2", "of incidents with two true domains: the cause set is exactly these" },
	{ SLO_EVAL_EXACT, "exact set", "of incidents with a fault: the cause set is exactly the true one" },
	{ SLO_EVAL_MICRO_F1, "micro-F1",
	  "F1 of all true and all blamed domains of incidents with a fault, counted together" },
	{ SLO_EVAL_PR1, "PR@1", "the most probable named domain is a true one" },
	{ SLO_EVAL_PR2, "PR@2", "share of the truth among the two most probable, of at most two" },
	{ SLO_EVAL_PR3, "PR@3", "the same of three" },
	{ SLO_EVAL_PARTIAL, "partial", "of incidents with a fault: the verdict is one of the true domains" },
	{ SLO_EVAL_COVERED, "coverage", "mean share of the true domains that are in the cause set" },
	{ SLO_EVAL_BRIER, "Brier", "mean squared error of the probability of each named domain; less is better" },
	{ SLO_EVAL_LOG_LOSS, "log loss",
	  "mean surprise at the truth by the same probabilities, in nats; less is better" },
	{ SLO_EVAL_ECE, "ECE", "mean distance of said from happened, over ten bins of equal mass; less is better" },
	{ SLO_EVAL_AURC, "AURC",
	  "mean share of wrong verdicts over all coverages, most confident first; less is better" },
	{ SLO_EVAL_ANSWERED, "answered", "of incidents with a named fault: a named domain was blamed" },
	{ SLO_EVAL_RISK, "risk", "of those answered: the verdict is not a true domain; less is better" },
	{ SLO_EVAL_HEALTHY_BLAMED, "healthy blamed",
	  "of quiet phases: somebody was blamed; less is better; interval: Clopper-Pearson" },
	{ SLO_EVAL_DELAY, "delay, s",
	  "median time from the fault's start to the first verdict that is true; less is better" },
};

uint64_t evaluation_n(const struct slo_eval *e)
{
	return e->faulty ? e->faulty : e->healthy;
}

const char *evaluation_why_not(const struct slo_eval *e, double value, const struct slo_interval *i)
{
	return isnan(value)			  ? "no case to count"
	       : evaluation_n(e) < INTERVAL_LEAST ? "fewer than 10 incidents"
	       : isnan(i->lo)			  ? "no value in half of the resamples, or not resampled"
						  : NULL;
}

const char *evaluation_apart(const struct evaluation *e)
{
	return !e->train_sha256[0] ? "not learned"
	       : e->apart	   ? "learned from the part train of this set only (its hash agrees)"
			  : "NOT learned from the part train of this set only: it may know what is scored here";
}

static double share(uint64_t k, uint64_t n, double confidence, struct slo_interval *in)
{
	*in = (struct slo_interval){ .estimate = NAN, .lo = NAN, .hi = NAN, .confidence = confidence };
	if (n) {
		in->estimate = (double)k / (double)n;
		slo_clopper_pearson(k, n, confidence, &in->lo, &in->hi);
	}
	return in->estimate;
}

void evaluation_domain(const struct evaluation *e, int domain, struct domain_row *out)
{
	const struct scored *m = &e->methods[METHOD_MODEL];
	const struct slo_labelset *s = &m->eval.sets;

	*out = (struct domain_row){ .is = s->tp[domain] + s->fn[domain],
				    .said = s->tp[domain] + s->fp[domain],
				    .both = s->tp[domain] };
	out->precision = share(out->both, out->said, e->confidence, &out->precision_in);
	out->recall = share(out->both, out->is, e->confidence, &out->recall_in);
	out->f1 = slo_labelset_f1(s, (uint32_t)domain);
	out->f1_in = m->interval[SLO_EVAL__COUNT + domain];
	if (out->is < INTERVAL_LEAST)
		out->f1_in.lo = out->f1_in.hi = NAN;
}

static void figure(struct slo_grid *g, double v)
{
	if (isnan(v))
		slo_grid_cellf(g, "-");
	else
		slo_grid_cellf(g, "%.3f", v);
}

static void with_interval(struct slo_grid *g, const struct slo_interval *i, double v)
{
	if (isnan(v) || isnan(i->lo))
		figure(g, v);
	else
		slo_grid_cellf(g, "%.3f [%.3f, %.3f]", v, i->lo, i->hi);
}

static int main_table(const struct evaluation *e, const struct slo_term *t, struct slo_buf *out)
{
	static const struct slo_column columns[] = {
		{ "", SLO_ALIGN_LEFT, 0 },	     { "model", SLO_ALIGN_RIGHT, 0 },
		{ "naive", SLO_ALIGN_RIGHT, 0 },     { "rules", SLO_ALIGN_RIGHT, 0 },
		{ "largest-z", SLO_ALIGN_RIGHT, 0 }, { "logistic", SLO_ALIGN_RIGHT, 0 },
		{ "majority", SLO_ALIGN_RIGHT, 0 },  { "random", SLO_ALIGN_RIGHT, 0 },
	};
	struct slo_grid g;
	int r;

	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (size_t i = 0; i < SLO_EVAL__COUNT; i++) {
		enum slo_eval_figure f = evaluation_shown[i].figure;

		slo_grid_cellf(&g, "%s", evaluation_shown[i].title);
		for (int m = 0; m < METHOD__COUNT; m++) {
			const struct scored *s = &e->methods[m];

			if (m == METHOD_MODEL)
				with_interval(&g, &s->interval[f], s->eval.figure[f]);
			else
				figure(&g, s->eval.figure[f]);
		}
	}
	r = slo_grid_draw(&g, 2, t, out);
	slo_grid_fini(&g);
	return r;
}

static int strata_table(const struct stratum *s, size_t n, const struct slo_term *t, struct slo_buf *out)
{
	static const struct slo_column columns[] = {
		{ "", SLO_ALIGN_LEFT, 0 },	    { "", SLO_ALIGN_LEFT, 0 },
		{ "n", SLO_ALIGN_RIGHT, 0 },	    { "macro-F1", SLO_ALIGN_RIGHT, 0 },
		{ "exact", SLO_ALIGN_RIGHT, 0 },    { "micro-F1", SLO_ALIGN_RIGHT, 0 },
		{ "partial", SLO_ALIGN_RIGHT, 0 },  { "Brier", SLO_ALIGN_RIGHT, 0 },
		{ "ECE", SLO_ALIGN_RIGHT, 0 },	    { "healthy blamed", SLO_ALIGN_RIGHT, 0 },
		{ "delay, s", SLO_ALIGN_RIGHT, 0 },
	};
	static const enum slo_eval_figure of[] = { SLO_EVAL_MACRO_F1,	    SLO_EVAL_EXACT, SLO_EVAL_MICRO_F1,
						   SLO_EVAL_PARTIAL,	    SLO_EVAL_BRIER, SLO_EVAL_ECE,
						   SLO_EVAL_HEALTHY_BLAMED, SLO_EVAL_DELAY };
	static const struct slo_interval none = { .lo = NAN, .hi = NAN };
	enum { WITH_INTERVAL = 2 };
	struct slo_grid g;
	int r;

	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (size_t i = 0; i < n; i++) {
		slo_grid_cellf(&g, "%s", i && strcmp(s[i].group, s[i - 1].group) == 0 ? "" : s[i].group);
		slo_grid_cellf(&g, "%s", s[i].label);
		slo_grid_cellf(&g, "%llu", (unsigned long long)evaluation_n(&s[i].eval));
		for (size_t k = 0; k < SLO_ARRAY_LEN(of); k++)
			with_interval(&g, k < WITH_INTERVAL ? &s[i].interval[of[k]] : &none, s[i].eval.figure[of[k]]);
	}
	r = slo_grid_draw(&g, 2, t, out);
	slo_grid_fini(&g);
	return r;
}

static int domains_table(const struct evaluation *e, const struct slo_term *t, struct slo_buf *out)
{
	static const struct slo_column columns[] = {
		{ "", SLO_ALIGN_LEFT, 0 }, { "true", SLO_ALIGN_RIGHT, 0 }, { "blamed", SLO_ALIGN_RIGHT, 0 },
		{ "precision", SLO_ALIGN_RIGHT, 0 }, { "recall", SLO_ALIGN_RIGHT, 0 }, { "F1", SLO_ALIGN_RIGHT, 0 },
	};
	struct slo_grid g;
	int r;

	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (int d = 0; d < SLO_DOMAIN_UNKNOWN; d++) {
		struct domain_row row;

		evaluation_domain(e, d, &row);
		slo_grid_cellf(&g, "%s", slo_enum_name(&slo_domain_enum, d));
		slo_grid_cellf(&g, "%llu", (unsigned long long)row.is);
		slo_grid_cellf(&g, "%llu", (unsigned long long)row.said);
		with_interval(&g, &row.precision_in, row.precision);
		with_interval(&g, &row.recall_in, row.recall);
		with_interval(&g, &row.f1_in, row.f1);
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

	slo_buf_addf(out,
		     "%zu incidents of the part %s, stream %s: %llu with a fault that hurt, %zu with one that did not, "
		     "%llu quiet phases\n",
		     e->incidents, e->part, slo_enum_name(&slo_stream_enum, e->stream), (unsigned long long)v->faulty,
		     e->below, (unsigned long long)v->healthy);
	slo_buf_addf(out, "model %s, %s\n", e->model, evaluation_apart(e));
	if (v->healthy) {
		slo_clopper_pearson(v->healthy_blamed, v->healthy, e->confidence, &lo, &hi);
		slo_buf_addf(out,
			     "quiet phases in which somebody was blamed: %llu of %llu, at most %.1f %% "
			     "(Clopper-Pearson, %g %%)\n",
			     (unsigned long long)v->healthy_blamed, (unsigned long long)v->healthy, hi * 100,
			     e->confidence * 100);
	}
	slo_buf_addf(out,
		     "intervals: %zu resamples of incidents (strata: at most %d), %g %%, seed %lld; none of fewer than "
		     "%d\n\n",
		     e->iterations, STRATA_RESAMPLES, e->confidence * 100, (long long)e->seed, INTERVAL_LEAST);
}

int evaluation_text(const struct evaluation *e, struct slo_buf *out)
{
	struct slo_term t = { .width = 1000 };
	int r;

	heading(e, out);
	r = main_table(e, &t, out);
	matrix(&e->methods[METHOD_MODEL].eval.matrix, out);
	if (!r) {
		slo_buf_adds(out, "\nEach domain, by the cause sets\n");
		r = domains_table(e, &t, out);
	}
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
