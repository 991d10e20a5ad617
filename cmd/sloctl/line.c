/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <stdarg.h>
#include <stdio.h>

struct line line_start(struct slo_buf *out, const struct slo_term *t, const char *label)
{
	struct line l = { out, t, t->width - LABEL_WIDTH, true };

	slo_text_pad(out, 2);
	if (label[0])
		slo_style_on(out, t, SLO_STYLE_DIM);
	slo_text_cell(out, slo_str(label), LABEL_WIDTH - 2, SLO_ALIGN_LEFT, t);
	if (label[0])
		slo_style_off(out, t);
	return l;
}

void line_str(struct line *l, int style, struct slo_str s)
{
	if (l->left <= 0 || s.len == 0)
		return;
	l->empty = false;
	if (style != STYLE_NONE)
		slo_style_on(l->out, l->t, (enum slo_style)style);
	l->left -= slo_text_add(l->out, s, l->left, l->t);
	if (style != STYLE_NONE)
		slo_style_off(l->out, l->t);
}

void line_add(struct line *l, int style, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	line_str(l, style, slo_str(text));
}

void line_part(struct line *l, int style, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!l->empty && slo_text_width(slo_str(text), l->t) + 1 > l->left) {
		line_end(l);
		*l = line_start(l->out, l->t, "");
	}
	if (!l->empty)
		line_str(l, STYLE_NONE, slo_str(" "));
	line_str(l, style, slo_str(text));
}

void line_end(struct line *l)
{
	slo_buf_addc(l->out, '\n');
}
