/* SPDX-License-Identifier: MIT */
/*
 * A report as one HTML file that needs nothing else: style sheet inside, no script,
 * no network; dark where the reader's system is, and fit to be printed. It is
 * well-formed XML as well. Any bytes may be handed in, see markup.h.
 */
#ifndef SLO_RENDER_HTML_H
#define SLO_RENDER_HTML_H

#include "base/buf.h"

/** slo_html_begin - up to and with the heading @title; slo_html_end() closes it. */
void slo_html_begin(struct slo_buf *out, const char *title);
void slo_html_end(struct slo_buf *out);

void slo_html_section(struct slo_buf *out, const char *title);
void slo_html_section_end(struct slo_buf *out);

/** slo_html_paraf - a paragraph, at most SLO_MARKUP_MAX bytes. */
void slo_html_paraf(struct slo_buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** slo_html_figure - a picture follows, then slo_html_figure_end(), whose caption says what it shows. */
void slo_html_figure(struct slo_buf *out);
void slo_html_figure_end(struct slo_buf *out, const char *caption);

/** slo_html_table - @heads: @n of them, the first over the rows' names */
void slo_html_table(struct slo_buf *out, const char *const *heads, size_t n);
void slo_html_table_end(struct slo_buf *out);

/** slo_html_row - begin a row called @name; @tip: what pointing at it says, or NULL. Cells follow. */
void slo_html_row(struct slo_buf *out, const char *name, const char *tip);
void slo_html_row_end(struct slo_buf *out);

void slo_html_cellf(struct slo_buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * slo_html_estimate - a cell "0.732 [0.638, 0.813]"; a dash for NaN
 * @lo, @hi: NaN = there is no interval, and @why says why (or NULL)
 */
void slo_html_estimate(struct slo_buf *out, double v, double lo, double hi, const char *why);

/**
 * slo_html_data - what the page shows, for programs: an element of @id that holds @json and is not displayed
 *
 * Nothing in it can end the element: "<", ">" and "&", which valid JSON has in strings only,
 * become \u003c, ...
 */
void slo_html_data(struct slo_buf *out, const char *id, const char *json);

#endif
