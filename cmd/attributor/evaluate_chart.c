/* SPDX-License-Identifier: MIT */
#include "evaluate_chart.h"

#include "base/cleanup.h"
#include "render/svg.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CELL_W = 47,
	CELL_H = 30,
	NAME_W = 132,
	HEAD_H = 92, /* of a heat map */
	PLOT = 380,
	PLOT_LEFT = 62,
	PLOT_TOP = 34,
	PLOT_BELOW = 46, /* of a square plot */
	ROW_H = 24,
	ROW_H_3 = 32,
	DOT_NAME_W = 250,
	DOT_W = 430,
	DOT_TOP = 34,
	DOT_BELOW = 46,
	MARK = 9,
	LABEL_APART = 26,
	LEGEND_APART = 150,
	TIP_MAX = 256,
};

#define HEAT_MOST 0.85 /* of the colour, so that a count stays readable on it */

static const char *const series[] = { "s1", "s2", "s3" };
static const enum slo_svg_mark marks[] = { SLO_SVG_CIRCLE, SLO_SVG_DIAMOND, SLO_SVG_SQUARE };

/* One cell: a count, shaded by its share of the row. */
static void cell(struct slo_buf *out, int row, int column, uint64_t k, uint64_t of)
{
	char tip[TIP_MAX];
	double x = NAME_W + column * CELL_W, y = HEAD_H + row * CELL_H, share = of ? (double)k / (double)of : 0;

	(void)!snprintf(tip, sizeof(tip), "true %s, said %s: %llu of %llu", slo_enum_name(&slo_domain_enum, row),
			slo_enum_name(&slo_domain_enum, column), (unsigned long long)k, (unsigned long long)of);
	slo_svg_rect(out, "heat", x, y, CELL_W, CELL_H, share * HEAT_MOST, tip);
	slo_svg_textf(out, k ? row == column ? "m b" : "m" : "m dim", x + CELL_W / 2.0, y + CELL_H / 2.0 + 4, 0, "%llu",
		      (unsigned long long)k);
}

static void heads(struct slo_buf *out, int n)
{
	for (int d = 0; d < n; d++) {
		const char *name = slo_enum_name(&slo_domain_enum, d);

		slo_svg_textf(out, "e", NAME_W - 8, HEAD_H + d * CELL_H + CELL_H / 2.0 + 4, 0, "%s", name);
		slo_svg_textf(out, "", NAME_W + d * CELL_W + CELL_W / 2.0, HEAD_H - 8, -40, "%s", name);
	}
}

void chart_confusion(struct slo_buf *out, const struct slo_confusion *m)
{
	slo_svg_begin(out, NAME_W + m->classes * CELL_W + 70, HEAD_H + m->classes * CELL_H + 4,
		      "Confusion matrix: true domain in rows, domain blamed first in columns");
	heads(out, m->classes);
	for (int a = 0; a < m->classes; a++) {
		uint64_t of = 0;

		for (int p = 0; p < m->classes; p++)
			of += m->count[a][p];
		for (int p = 0; p < m->classes; p++)
			cell(out, a, p, m->count[a][p], of);
	}
	slo_svg_end(out);
}

void chart_cofault(struct slo_buf *out, const struct slo_labelset *s)
{
	int n = (int)s->labels;

	slo_svg_begin(out, NAME_W + n * CELL_W + 70, HEAD_H + n * CELL_H + 4,
		      "Co-fault matrix: true domain in rows, domain in the cause set in columns");
	heads(out, n);
	for (int a = 0; a < n; a++)
		for (int p = 0; p < n; p++)
			cell(out, a, p, s->both[a][p], s->tp[a] + s->fn[a]);
	slo_svg_end(out);
}

/* Axes of a square plot. */
struct square {
	struct slo_scale x, y;
};

static struct square square_begin(struct slo_buf *out, const char *title, const char *across, const char *up,
				  double most)
{
	struct square q = { .x = { 0, 1, PLOT_LEFT, PLOT_LEFT + PLOT }, .y = { 0, most, PLOT_TOP + PLOT, PLOT_TOP } };

	slo_svg_begin(out, PLOT_LEFT + PLOT + 24, PLOT_TOP + PLOT + PLOT_BELOW, title);
	slo_svg_axis_x(out, &q.x, q.y.from, q.y.to, across);
	slo_svg_axis_y(out, &q.y, q.x.from, q.x.to, up);
	return q;
}

void chart_reliability(struct slo_buf *out, const struct slo_eval *e)
{
	struct square q = square_begin(out, "Reliability: what was said against what happened",
				       "said (mean of the bin)", "happened (share of the bin)", 1);
	double x[SLO_EVAL_BINS], y[SLO_EVAL_BINS], labelled = -LABEL_APART;
	size_t n = 0;

	slo_svg_line(out, "guide", q.x.from, q.y.from, q.x.to, q.y.to);
	for (int i = 0; i < SLO_EVAL_BINS; i++) {
		const struct slo_reliability *b = &e->reliability[i];

		if (!b->n)
			continue;
		x[n] = slo_scale_at(&q.x, b->said);
		y[n++] = slo_scale_at(&q.y, b->happened);
	}
	slo_svg_path(out, "s1", x, y, n);
	n = 0;
	for (int i = 0; i < SLO_EVAL_BINS; i++) {
		const struct slo_reliability *b = &e->reliability[i];
		char tip[TIP_MAX];

		if (!b->n)
			continue;
		(void)!snprintf(tip, sizeof(tip), "%zu statements from %.3f to %.3f: said %.3f, happened %.3f", b->n,
				b->lo, b->hi, b->said, b->happened);
		slo_svg_mark(out, "s1", SLO_SVG_CIRCLE, x[n], y[n], MARK, tip);
		if (x[n] - labelled >= LABEL_APART) {
			slo_svg_textf(out, "dim m", x[n], y[n] - 10, 0, "%zu", b->n);
			labelled = x[n];
		}
		n++;
	}
	slo_svg_end(out);
}

/* What a curve of one method needs. */
struct curve {
	const char *name;
	struct slo_risk_point *points;
	size_t count;
	double aurc;
};

static void draw_curve(struct slo_buf *out, const struct square *q, const struct curve *c, int which, double *x,
		       double *y)
{
	for (size_t i = 0; i < c->count; i++) {
		x[i] = slo_scale_at(&q->x, c->points[i].coverage);
		y[i] = slo_scale_at(&q->y, c->points[i].risk);
	}
	slo_svg_path(out, series[which], x, y, c->count);
	slo_svg_mark(out, series[which], marks[which], which * LEGEND_APART + 14, 12, MARK, NULL);
	slo_svg_textf(out, "", which * LEGEND_APART + 24, 16, 0, "%s, AURC %.3f", c->name, c->aurc);
}

/* The last point whose answers all reach tau. */
static void draw_tau(struct slo_buf *out, const struct square *q, const struct curve *c, double tau)
{
	const struct slo_risk_point *p = NULL;
	double x, y;
	bool left;

	for (size_t i = 0; i < c->count && c->points[i].threshold >= tau; i++)
		p = &c->points[i];
	if (!p || !(tau > 0))
		return;
	x = slo_scale_at(&q->x, p->coverage);
	y = slo_scale_at(&q->y, p->risk);
	slo_svg_line(out, "guide", x, q->y.from, x, q->y.to);
	slo_svg_mark(out, "s1", SLO_SVG_CIRCLE, x, y, MARK + 3, "the model's tau");
	left = x > PLOT_LEFT + PLOT / 2.0;
	slo_svg_textf(out, left ? "e b" : "b", left ? x - 8 : x + 8, PLOT_TOP + 16, 0, "tau %.3f", tau);
	slo_svg_textf(out, left ? "e" : "", left ? x - 8 : x + 8, PLOT_TOP + 32, 0, "%.0f %% answered, %.1f %% wrong",
		      p->coverage * 100, p->risk * 100);
}

/* Room for the highest risk of all, in tenths. */
static double highest(const struct curve *c, size_t n)
{
	double most = 0.1;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c[i].count; k++)
			most = fmax(most, c[i].points[k].risk);
	return fmin(ceil(most * 10 + 0.5) / 10, 1);
}

int chart_risk(struct slo_buf *out, const struct evaluation *e)
{
	static const int of[] = { METHOD_MODEL, METHOD_NAIVE, METHOD_OVR };
	size_t most = e->index_count + 1;
	slo_autofree struct slo_risk_point *points = calloc(most * SLO_ARRAY_LEN(of), sizeof(*points));
	slo_autofree double *x = calloc(most, sizeof(*x)), *y = calloc(most, sizeof(*y));
	struct curve c[SLO_ARRAY_LEN(of)];
	struct square q;
	int r = points && x && y ? 0 : -ENOMEM;

	for (size_t i = 0; i < SLO_ARRAY_LEN(of) && !r; i++) {
		c[i] = (struct curve){ .name = e->methods[of[i]].name, .points = points + i * most };
		r = slo_eval_curve(e->methods[of[i]].answers.cases, e->index, e->index_count, c[i].points, &c[i].count,
				   &c[i].aurc);
	}
	if (r)
		return r;
	q = square_begin(out, "Risk over coverage", "coverage (share answered, most confident first)",
			 "risk (share of those that is wrong)", highest(c, SLO_ARRAY_LEN(of)));
	for (size_t i = SLO_ARRAY_LEN(of); i-- > 0;)
		draw_curve(out, &q, &c[i], (int)i, x, y);
	draw_tau(out, &q, &c[0], e->noisyor->params.abstain.tau);
	slo_svg_end(out);
	return 0;
}

static void draw_legend(struct slo_buf *out, const struct dot_plot *p)
{
	double x = DOT_NAME_W + 6;

	for (int s = 0; s < DOT_SERIES && p->series[s]; s++) {
		slo_svg_mark(out, series[s], marks[s], x, 12, MARK, NULL);
		slo_svg_textf(out, "", x + 10, 16, 0, "%s", p->series[s]);
		x += LEGEND_APART;
	}
}

static double row_height(const struct dot_plot *p)
{
	return p->series[2] ? ROW_H_3 : ROW_H;
}

static void draw_row(struct slo_buf *out, const struct dot_plot *p, size_t i, const struct slo_scale *x)
{
	const struct dot_row *r = &p->rows[i];
	double middle = DOT_TOP + row_height(p) * ((double)i + 0.5);
	char tip[TIP_MAX];

	if (!i || strcmp(r->group, p->rows[i - 1].group) != 0)
		slo_svg_textf(out, "dim", 0, middle + 4, 0, "%s", r->group);
	slo_svg_textf(out, "e", DOT_NAME_W - 52, middle + 4, 0, "%s", r->label);
	slo_svg_textf(out, "dim e", DOT_NAME_W - 10, middle + 4, 0, "%llu", (unsigned long long)r->n);
	for (int s = 0; s < DOT_SERIES && p->series[s]; s++) {
		double y = middle + (s - (p->series[2] ? 1 : 0.5)) * 7;
		int used = snprintf(tip, sizeof(tip), "%s, %s: %.3f", r->label, p->series[s], r->value[s]);

		if (isfinite(r->lo[s]) && used > 0 && (size_t)used < sizeof(tip))
			(void)!snprintf(tip + used, sizeof(tip) - (size_t)used, " [%.3f, %.3f]", r->lo[s], r->hi[s]);
		slo_svg_line(out, series[s], slo_scale_at(x, r->lo[s]), y, slo_scale_at(x, r->hi[s]), y);
		slo_svg_mark(out, series[s], marks[s], slo_scale_at(x, r->value[s]), y, MARK - 1, tip);
	}
}

void chart_dots(struct slo_buf *out, const struct dot_plot *p)
{
	const struct slo_scale x = { 0, 1, DOT_NAME_W, DOT_NAME_W + DOT_W };
	double bottom = DOT_TOP + row_height(p) * (double)p->count;

	slo_svg_begin(out, DOT_NAME_W + DOT_W + 24, bottom + DOT_BELOW, p->title);
	draw_legend(out, p);
	slo_svg_textf(out, "dim e", DOT_NAME_W - 10, 16, 0, "n");
	slo_svg_axis_x(out, &x, bottom, DOT_TOP, "");
	for (int s = 0; s < DOT_SERIES && p->series[s]; s++) {
		char class[16];
		double at = slo_scale_at(&x, p->whole[s]);

		(void)!snprintf(class, sizeof(class), "%s ref", series[s]);
		slo_svg_line(out, class, at, DOT_TOP, at, bottom);
	}
	for (size_t i = 0; i < p->count; i++)
		draw_row(out, p, i, &x);
	slo_svg_end(out);
}
