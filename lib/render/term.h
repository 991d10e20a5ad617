/* SPDX-License-Identifier: MIT */
/*
 * What a text renderer must know about where its text goes, and how that is
 * decided. A tool collects the facts (struct slo_term_facts), the rest is pure.
 */
#ifndef SLO_RENDER_TERM_H
#define SLO_RENDER_TERM_H

#include "base/buf.h"

#include <stdbool.h>

enum {
	SLO_TERM_WIDTH = 80,      /* when nobody knows better */
	SLO_TERM_WIDTH_MIN = 40,  /* narrower ones are treated as this wide */
	SLO_TERM_WIDTH_MAX = 500,
	SLO_TERM_HEIGHT = 24,
};

struct slo_term {
	int width;   /* columns, SLO_TERM_WIDTH_MIN .. SLO_TERM_WIDTH_MAX */
	int height;  /* rows */
	bool tty;    /* a terminal that understands cursor movement */
	bool utf8;   /* else only ASCII is written */
	bool colour; /* SGR sequences are wanted */
};

enum slo_colour_mode { SLO_COLOUR_AUTO, SLO_COLOUR_ALWAYS, SLO_COLOUR_NEVER, SLO_COLOUR__COUNT };

/* What a tool found out about its standard output and environment. */
struct slo_term_facts {
	bool isatty;
	int columns, rows;     /* of the terminal; 0 = not known */
	int want_width;        /* --width; 0 = not given */
	enum slo_colour_mode colour; /* --color */
	const char *no_color;  /* $NO_COLOR or NULL */
	const char *term;      /* $TERM or NULL */
	const char *lang;      /* first non-empty of $LC_ALL, $LC_CTYPE, $LANG; or NULL */
};

/**
 * slo_term_decide - the facts made into a decision
 *
 * Colour in auto mode needs a terminal, $TERM other than "dumb", and no
 * non-empty $NO_COLOR (no-color.org); always and never are obeyed. UTF-8 needs
 * a locale name that ends in .UTF-8 or .utf8 (a modifier may follow). Cursor
 * movement needs a terminal that is not dumb.
 */
struct slo_term slo_term_decide(const struct slo_term_facts *f);

enum slo_style {
	SLO_STYLE_BOLD,
	SLO_STYLE_DIM,
	SLO_STYLE_BAD,     /* red: burning, failed */
	SLO_STYLE_WARN,    /* yellow */
	SLO_STYLE_GOOD,    /* green */
	SLO_STYLE_ACCENT,  /* cyan: names */
	SLO_STYLE__COUNT
};

/** slo_style_on - begin a style; nothing when colour is off. */
void slo_style_on(struct slo_buf *out, const struct slo_term *t, enum slo_style s);

/** slo_style_off - end all styles; nothing when colour is off. */
void slo_style_off(struct slo_buf *out, const struct slo_term *t);

/*
 * A screen that is redrawn whole. It lives on the alternate screen with line
 * wrap off and every frame starts at the top left corner, so a resize between
 * two frames leaves nothing wrong behind, and what the user had on screen is
 * back after slo_screen_leave().
 */

/** slo_screen_enter - switch to the alternate screen, hide the cursor. */
void slo_screen_enter(struct slo_buf *out);

/**
 * slo_screen_frame - draw @text
 * @text: lines ending in "\n", already no wider than the terminal; those that
 * do not fit its height are left out
 */
void slo_screen_frame(struct slo_buf *out, const struct slo_term *t, struct slo_str text);

/* What undoes slo_screen_enter(); constant, so that a signal handler can write it. */
extern const char slo_screen_leave[];

#endif
