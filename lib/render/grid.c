/* SPDX-License-Identifier: MIT */
#include "render/grid.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	GAP = 2,        /* blanks between columns */
	CELL_MAX = 512, /* bytes of a formatted cell */
};

void slo_grid_init(struct slo_grid *g, const struct slo_column *columns, size_t n)
{
	assert(n >= 1 && n <= SLO_GRID_MAX_COLUMNS);
	memset(g, 0, sizeof(*g));
	g->columns = columns;
	g->n = n;
	slo_buf_init(&g->text, SLO_GRID_MAX_BYTES);
}

void slo_grid_fini(struct slo_grid *g)
{
	slo_buf_fini(&g->text);
	slo_grid_init(g, g->columns, g->n);
}

void slo_grid_style(struct slo_grid *g, size_t i, enum slo_style s)
{
	g->styles[i].styled = true;
	g->styles[i].style = s;
}

void slo_grid_cell(struct slo_grid *g, struct slo_str s)
{
	if (g->cells / g->n >= SLO_GRID_MAX_ROWS) {
		g->dropped += ++g->cells % g->n == 0;
		return;
	}
	slo_buf_add(&g->text, s.p, s.p ? strnlen(s.p, s.len) : 0);
	slo_buf_addc(&g->text, '\0');
	g->cells++;
}

void slo_grid_cellf(struct slo_grid *g, const char *fmt, ...)
{
	char text[CELL_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	slo_grid_cell(g, slo_str(text));
}

/* Complete rows that are stored. */
static size_t rows_of(const struct slo_grid *g)
{
	size_t rows = g->cells / g->n;

	return rows < SLO_GRID_MAX_ROWS ? rows : SLO_GRID_MAX_ROWS;
}

static void natural_widths(const struct slo_grid *g, const struct slo_term *t, int *widths)
{
	const char *cell = g->text.data;

	for (size_t i = 0; i < g->n; i++)
		widths[i] = g->columns[0].title ? slo_text_width(slo_str(g->columns[i].title), t) : 0;
	for (size_t k = 0; k < rows_of(g) * g->n; k++) {
		int w = slo_text_width(slo_str(cell), t);

		if (w > widths[k % g->n])
			widths[k % g->n] = w;
		cell += strlen(cell) + 1;
	}
}

/* Take columns away from the widest flexible one until all fit or none gives more. */
static void shrink(const struct slo_grid *g, int room, int *widths)
{
	int total = (int)(g->n - 1) * GAP;

	for (size_t i = 0; i < g->n; i++)
		total += widths[i];
	while (total > room) {
		size_t widest = g->n;

		for (size_t i = 0; i < g->n; i++) {
			if (g->columns[i].min > 0 && widths[i] > g->columns[i].min &&
			    (widest == g->n || widths[i] > widths[widest]))
				widest = i;
		}
		if (widest == g->n)
			return;
		widths[widest]--;
		total--;
	}
}

static void draw_cell(const struct slo_grid *g, size_t i, struct slo_str s, int width, const struct slo_term *t,
		      struct slo_buf *out)
{
	bool last = i + 1 == g->n;

	if (g->styles[i].styled)
		slo_style_on(out, t, g->styles[i].style);
	if (last && g->columns[i].align == SLO_ALIGN_LEFT)
		slo_text_add(out, s, width, t);
	else
		slo_text_cell(out, s, width, g->columns[i].align, t);
	if (g->styles[i].styled)
		slo_style_off(out, t);
	if (!last)
		slo_text_pad(out, GAP);
}

static void end_row(struct slo_buf *out)
{
	while (out->len > 0 && !out->err && out->data[out->len - 1] == ' ')
		out->len--;
	slo_buf_addc(out, '\n');
}

static void draw_heading(const struct slo_grid *g, int indent, const int *widths, const struct slo_term *t,
			 struct slo_buf *out)
{
	slo_text_pad(out, indent);
	for (size_t i = 0; i < g->n; i++) {
		slo_style_on(out, t, SLO_STYLE_DIM);
		slo_text_cell(out, slo_str(g->columns[i].title), widths[i], g->columns[i].align, t);
		slo_style_off(out, t);
		if (i + 1 < g->n)
			slo_text_pad(out, GAP);
	}
	end_row(out);
}

int slo_grid_draw(const struct slo_grid *g, int indent, const struct slo_term *t, struct slo_buf *out)
{
	int widths[SLO_GRID_MAX_COLUMNS];
	const char *cell = g->text.data;

	if (g->text.err)
		return g->text.err;
	natural_widths(g, t, widths);
	shrink(g, t->width - indent, widths);
	if (g->columns[0].title)
		draw_heading(g, indent, widths, t, out);
	for (size_t row = 0; row < rows_of(g); row++) {
		slo_text_pad(out, indent);
		for (size_t i = 0; i < g->n; i++) {
			draw_cell(g, i, slo_str(cell), widths[i], t, out);
			cell += strlen(cell) + 1;
		}
		end_row(out);
	}
	return out->err;
}
