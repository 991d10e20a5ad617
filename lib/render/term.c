/* SPDX-License-Identifier: MIT */
#include "render/term.h"

#include <strings.h>

static const char *const styles[SLO_STYLE__COUNT] = {
	[SLO_STYLE_BOLD] = "\033[1m",  [SLO_STYLE_DIM] = "\033[2m",   [SLO_STYLE_BAD] = "\033[31m",
	[SLO_STYLE_WARN] = "\033[33m", [SLO_STYLE_GOOD] = "\033[32m", [SLO_STYLE_ACCENT] = "\033[36m",
};

/* "C.UTF-8", "de_DE.utf8@euro" */
static bool is_utf8_locale(const char *lang)
{
	const char *dot = lang ? strchr(lang, '.') : NULL;
	size_t len = dot ? strcspn(dot + 1, "@") : 0;

	return (len == 5 && strncasecmp(dot + 1, "UTF-8", 5) == 0) || (len == 4 && strncasecmp(dot + 1, "UTF8", 4) == 0);
}

static int between(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

struct slo_term slo_term_decide(const struct slo_term_facts *f)
{
	bool dumb = !f->term || !f->term[0] || strcmp(f->term, "dumb") == 0;
	bool no_color = f->no_color && f->no_color[0];
	int width = f->want_width ? f->want_width : f->columns ? f->columns : SLO_TERM_WIDTH;
	struct slo_term t = {
		.width = between(width, SLO_TERM_WIDTH_MIN, SLO_TERM_WIDTH_MAX),
		.height = f->rows > 0 ? f->rows : SLO_TERM_HEIGHT,
		.tty = f->isatty && !dumb,
		.utf8 = is_utf8_locale(f->lang),
	};

	t.colour = f->colour == SLO_COLOUR_ALWAYS || (f->colour == SLO_COLOUR_AUTO && t.tty && !no_color);
	return t;
}

void slo_style_on(struct slo_buf *out, const struct slo_term *t, enum slo_style s)
{
	if (t->colour)
		slo_buf_adds(out, styles[s]);
}

void slo_style_off(struct slo_buf *out, const struct slo_term *t)
{
	if (t->colour)
		slo_buf_adds(out, "\033[0m");
}

/* DEC private modes: 1049 alternate screen, 25 cursor, 7 wrap at the right margin. */
const char slo_screen_leave[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

void slo_screen_enter(struct slo_buf *out)
{
	slo_buf_adds(out, "\033[?1049h\033[?25l\033[?7l");
}

void slo_screen_frame(struct slo_buf *out, const struct slo_term *t, struct slo_str text)
{
	const char *p = text.p, *end = text.p + text.len;

	slo_buf_adds(out, "\033[H");
	for (int row = 0; row < t->height && p < end; row++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		/* A line feed on the last row would scroll the frame away. */
		if (row > 0)
			slo_buf_adds(out, "\r\n");
		slo_buf_add(out, p, (size_t)((nl ? nl : end) - p));
		slo_buf_adds(out, "\033[K");
		p = nl ? nl + 1 : end;
	}
	slo_buf_adds(out, "\033[J");
}
