/* SPDX-License-Identifier: MIT */
/* A page of headings, labelled lines and tables: for a terminal, or as Markdown for a ticket. */
#ifndef SLOCTL_PAGE_H
#define SLOCTL_PAGE_H

#include "render/grid.h"

struct page {
	struct slo_buf *out;
	struct slo_term t;   /* of Markdown: wide, UTF-8, no colour */
	bool markdown;
};

/** page_init - write to @out; @t is ignored for Markdown. */
void page_init(struct page *p, struct slo_buf *out, const struct slo_term *t, bool markdown);

/* Text of all of these is data: made safe here, and wrapped at blanks. */

/** page_answer - the first line, in @style (enum slo_style). */
void page_answer(struct page *p, enum slo_style style, const char *text);

/** page_head - a heading after an empty line. */
void page_head(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** page_item - a labelled line; an empty label goes on with the last. */
void page_item(struct page *p, const char *label, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** page_note - a remark. */
void page_note(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** page_table - draw @g; @titles: of its columns, for Markdown, "" = none. */
void page_table(struct page *p, const struct slo_grid *g, const char *const *titles);

#endif
