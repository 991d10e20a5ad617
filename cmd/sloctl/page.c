/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { INDENT = 2, LABEL = 14, TEXT_MAX = 1024 };

void page_init(struct page *p, struct slo_buf *out, const struct slo_term *t, bool markdown)
{
	*p = (struct page){ .out = out, .t = *t, .markdown = markdown };
	if (markdown)
		p->t = (struct slo_term){ .width = SLO_TERM_WIDTH_MAX, .height = SLO_TERM_HEIGHT, .utf8 = true };
}

/* Data in Markdown: safe as on a terminal, and nothing in it means anything. */
static void escape(struct page *p, struct slo_str s)
{
	struct slo_buf safe;

	slo_buf_init(&safe, 1 << 16);
	slo_text_add(&safe, s, TEXT_MAX, &p->t);
	for (size_t i = 0; i < safe.len; i++) {
		if (strchr("\\`*[]<>|#", safe.data[i]))
			slo_buf_addc(p->out, '\\');
		slo_buf_addc(p->out, safe.data[i]);
	}
	slo_buf_fini(&safe);
}

/* Markdown: an empty line, unless there is one. */
static void end_paragraph(struct page *p)
{
	const struct slo_buf *b = p->out;

	if (b->len > 1 && b->data[b->len - 2] != '\n')
		slo_buf_addc(p->out, '\n');
}

/* @s up to its first blank. */
static struct slo_str word(struct slo_str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] != ' ')
		n++;
	return slo_str_n(s.p, n);
}

/* @column: where the cursor is; further lines begin at @hang. */
static void wrap(struct page *p, int column, int hang, struct slo_str s)
{
	bool first = true;

	while (s.len) {
		struct slo_str w = word(s);
		int width = slo_text_width(w, &p->t);

		if (!first && column + 1 + width > p->t.width) {
			slo_buf_addc(p->out, '\n');
			slo_text_pad(p->out, hang);
			column = hang;
			first = true;
		}
		if (!first)
			slo_buf_addc(p->out, ' ');
		column += !first + slo_text_add(p->out, w, p->t.width - column - !first, &p->t);
		first = false;
		s = slo_str_n(s.p + w.len, s.len - w.len);
		while (s.len && s.p[0] == ' ')
			s = slo_str_n(s.p + 1, s.len - 1);
	}
}

void page_answer(struct page *p, enum slo_style style, const char *text)
{
	if (p->markdown) {
		slo_buf_adds(p->out, "## ");
		escape(p, slo_str(text));
		slo_buf_adds(p->out, "\n\n");
		return;
	}
	slo_style_on(p->out, &p->t, style);
	wrap(p, 0, 0, slo_str(text));
	slo_style_off(p->out, &p->t);
	slo_buf_addc(p->out, '\n');
}

void page_head(struct page *p, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->markdown) {
		end_paragraph(p);
		slo_buf_adds(p->out, "### ");
		escape(p, slo_str(text));
		slo_buf_adds(p->out, "\n\n");
		return;
	}
	slo_buf_addc(p->out, '\n');
	slo_style_on(p->out, &p->t, SLO_STYLE_BOLD);
	wrap(p, 0, INDENT, slo_str(text));
	slo_style_off(p->out, &p->t);
	slo_buf_addc(p->out, '\n');
}

static void item_text(struct page *p, const char *label, struct slo_str text)
{
	int column = INDENT + LABEL;

	slo_text_pad(p->out, INDENT);
	slo_style_on(p->out, &p->t, SLO_STYLE_DIM);
	if (slo_text_width(slo_str(label), &p->t) < LABEL) {
		slo_text_cell(p->out, slo_str(label), LABEL, SLO_ALIGN_LEFT, &p->t);
	} else {
		slo_text_add(p->out, slo_str(label), p->t.width - INDENT, &p->t);
		slo_buf_addc(p->out, '\n');
		slo_text_pad(p->out, column);
	}
	slo_style_off(p->out, &p->t);
	wrap(p, column, column, text);
	slo_buf_addc(p->out, '\n');
}

void page_item(struct page *p, const char *label, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!p->markdown) {
		item_text(p, label, slo_str(text));
		return;
	}
	slo_buf_adds(p->out, label[0] ? "- **" : "  ");
	escape(p, slo_str(label));
	slo_buf_adds(p->out, label[0] ? "**: " : "");
	escape(p, slo_str(text));
	slo_buf_addc(p->out, '\n');
}

void page_note(struct page *p, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->markdown) {
		end_paragraph(p);
		escape(p, slo_str(text));
		slo_buf_adds(p->out, "\n\n");
		return;
	}
	slo_text_pad(p->out, INDENT);
	slo_style_on(p->out, &p->t, SLO_STYLE_DIM);
	wrap(p, INDENT, INDENT, slo_str(text));
	slo_style_off(p->out, &p->t);
	slo_buf_addc(p->out, '\n');
}

static void markdown_row(struct page *p, const char *const *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		slo_buf_adds(p->out, i ? " | " : "| ");
		escape(p, slo_str(cells[i]));
	}
	slo_buf_adds(p->out, " |\n");
}

static void markdown_table(struct page *p, const struct slo_grid *g, const char *const *titles)
{
	const char *row[SLO_GRID_MAX_COLUMNS], *at = g->text.data;

	end_paragraph(p);
	markdown_row(p, titles, g->n);
	for (size_t i = 0; i < g->n; i++)
		slo_buf_adds(p->out, g->columns[i].align == SLO_ALIGN_RIGHT ? "|---:" : "|---");
	slo_buf_adds(p->out, "|\n");
	for (size_t c = 0; c + g->n <= g->cells; c += g->n) {
		for (size_t i = 0; i < g->n; i++) {
			row[i] = at;
			at += strlen(at) + 1;
		}
		markdown_row(p, row, g->n);
	}
	slo_buf_addc(p->out, '\n');
}

void page_table(struct page *p, const struct slo_grid *g, const char *const *titles)
{
	if (!g->cells)
		return;
	if (p->markdown)
		markdown_table(p, g, titles);
	else
		(void)slo_grid_draw(g, INDENT, &p->t, p->out);
}
