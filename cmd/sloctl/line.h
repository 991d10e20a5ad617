/* SPDX-License-Identifier: MIT */
/* A labelled line that is filled piece by piece and never gets wider than the terminal. */
#ifndef SLOCTL_LINE_H
#define SLOCTL_LINE_H

#include "render/text.h"

enum { LABEL_WIDTH = 12, STYLE_NONE = -1 };

struct line {
	struct slo_buf *out;
	const struct slo_term *t;
	int left; /* columns */
	bool empty;
};

/** line_start - begin a line with @label (may be ""), padded to LABEL_WIDTH columns. */
struct line line_start(struct slo_buf *out, const struct slo_term *t, const char *label);

/** line_str - add data in @style (enum slo_style or STYLE_NONE), cut where the line ends. */
void line_str(struct line *l, int style, struct slo_str s);

/** line_add - the same for text of ours. */
void line_add(struct line *l, int style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/**
 * line_part - add a part after a blank, or in a new line without a label when it does not fit
 *
 * A part that is wider than a whole line is cut.
 */
void line_part(struct line *l, int style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** line_end - end it. */
void line_end(struct line *l);

#endif
