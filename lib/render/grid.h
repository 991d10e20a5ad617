/* SPDX-License-Identifier: MIT */
/*
 * A table of text cells: columns get the width of their widest cell, the
 * flexible ones give way until everything fits the terminal.
 */
#ifndef SLO_RENDER_GRID_H
#define SLO_RENDER_GRID_H

#include "render/text.h"

enum {
	SLO_GRID_MAX_COLUMNS = 16,
	SLO_GRID_MAX_ROWS = 4096,        /* further ones are counted in @dropped */
	SLO_GRID_MAX_BYTES = 4 << 20,    /* of cell text */
};

struct slo_column {
	const char *title;    /* NULL in the first column = no heading line */
	enum slo_align align;
	int min;              /* columns it may be shrunk to; 0 = never shrunk */
};

struct slo_grid {
	const struct slo_column *columns;
	size_t n;
	struct slo_buf text;  /* cells, each NUL-terminated, row by row */
	size_t cells;         /* complete and pending */
	struct {
		enum slo_style style;
		bool styled;
	} styles[SLO_GRID_MAX_COLUMNS]; /* of whole columns */
	uint64_t dropped;     /* rows that did not fit */
};

/** slo_grid_init - an empty table of @n columns (1 to SLO_GRID_MAX_COLUMNS); @columns must outlive it. */
void slo_grid_init(struct slo_grid *g, const struct slo_column *columns, size_t n);
void slo_grid_fini(struct slo_grid *g);

/** slo_grid_style - draw the cells of column @i in style @s. */
void slo_grid_style(struct slo_grid *g, size_t i, enum slo_style s);

/** slo_grid_cell - the next cell, in row order; a NUL in @s ends it. */
void slo_grid_cell(struct slo_grid *g, struct slo_str s);

/** slo_grid_cellf - the same, formatted. */
void slo_grid_cellf(struct slo_grid *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * slo_grid_draw - append the table
 * @indent: blanks before each line
 *
 * Two blanks separate columns; trailing blanks are not written.
 * Return: 0, or the sticky error of the table or of @out.
 */
int slo_grid_draw(const struct slo_grid *g, int indent, const struct slo_term *t, struct slo_buf *out);

#endif
