/* SPDX-License-Identifier: MIT */
#include "render/text.h"

#include <stdio.h>

struct range {
	int32_t first, last;
};

/*
 * No columns: combining marks of the scripts in use, and variation selectors.
 * Source: Unicode 15, general categories Mn and Me (the frequent blocks).
 */
static const struct range combining[] = {
	{ 0x0300, 0x036f },   { 0x0483, 0x0489 },   { 0x0591, 0x05bd },   { 0x0610, 0x061a },   { 0x064b, 0x065f },
	{ 0x06d6, 0x06dc },   { 0x0900, 0x0902 },   { 0x093c, 0x093c },   { 0x0941, 0x0948 },   { 0x094d, 0x094d },
	{ 0x0e31, 0x0e31 },   { 0x0e34, 0x0e3a },   { 0x0e47, 0x0e4e },   { 0x1ab0, 0x1ace },   { 0x1dc0, 0x1dff },
	{ 0x20d0, 0x20f0 },   { 0x302a, 0x302d },   { 0x3099, 0x309a },   { 0xfe00, 0xfe0f },   { 0xfe20, 0xfe2f },
	{ 0xe0100, 0xe01ef },
};

/* Two columns. Source: Unicode 15, EastAsianWidth W and F, and emoji presentation. */
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },   { 0x23e9, 0x23ec },   { 0x23f0, 0x23f0 },
	{ 0x23f3, 0x23f3 },   { 0x25fd, 0x25fe },   { 0x2614, 0x2615 },   { 0x2648, 0x2653 },   { 0x267f, 0x267f },
	{ 0x2693, 0x2693 },   { 0x26a1, 0x26a1 },   { 0x26aa, 0x26ab },   { 0x26bd, 0x26be },   { 0x26c4, 0x26c5 },
	{ 0x26ce, 0x26ce },   { 0x26d4, 0x26d4 },   { 0x26ea, 0x26ea },   { 0x26f2, 0x26f3 },   { 0x26f5, 0x26f5 },
	{ 0x26fa, 0x26fa },   { 0x26fd, 0x26fd },   { 0x2705, 0x2705 },   { 0x270a, 0x270b },   { 0x2728, 0x2728 },
	{ 0x274c, 0x274c },   { 0x274e, 0x274e },   { 0x2753, 0x2755 },   { 0x2757, 0x2757 },   { 0x2795, 0x2797 },
	{ 0x27b0, 0x27b0 },   { 0x27bf, 0x27bf },   { 0x2b1b, 0x2b1c },   { 0x2b50, 0x2b50 },   { 0x2b55, 0x2b55 },
	{ 0x2e80, 0x303e },   { 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0xa4cf },   { 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe10, 0xfe19 },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },   { 0x16fe0, 0x18cff }, { 0x1aff0, 0x1b2fb }, { 0x1f004, 0x1f004 }, { 0x1f0cf, 0x1f0cf },
	{ 0x1f18e, 0x1f18e }, { 0x1f191, 0x1f19a }, { 0x1f200, 0x1f320 }, { 0x1f32d, 0x1f335 }, { 0x1f337, 0x1f37c },
	{ 0x1f37e, 0x1f393 }, { 0x1f3a0, 0x1f3ca }, { 0x1f3cf, 0x1f3d3 }, { 0x1f3e0, 0x1f3f0 }, { 0x1f3f4, 0x1f3f4 },
	{ 0x1f3f8, 0x1f43e }, { 0x1f440, 0x1f440 }, { 0x1f442, 0x1f4fc }, { 0x1f4ff, 0x1f53d }, { 0x1f54b, 0x1f54e },
	{ 0x1f550, 0x1f567 }, { 0x1f57a, 0x1f57a }, { 0x1f595, 0x1f596 }, { 0x1f5a4, 0x1f5a4 }, { 0x1f5fb, 0x1f64f },
	{ 0x1f680, 0x1f6c5 }, { 0x1f6cc, 0x1f6cc }, { 0x1f6d0, 0x1f6d2 }, { 0x1f6d5, 0x1f6d7 }, { 0x1f6dc, 0x1f6df },
	{ 0x1f6eb, 0x1f6ec }, { 0x1f6f4, 0x1f6fc }, { 0x1f7e0, 0x1f7eb }, { 0x1f7f0, 0x1f7f0 }, { 0x1f90c, 0x1f93a },
	{ 0x1f93c, 0x1f945 }, { 0x1f947, 0x1f9ff }, { 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd },
};

/*
 * Never shown as they are: controls, line separators, what reorders or hides
 * text, what has no agreed width. Source: Unicode 15, categories Cc, Cf, Zl, Zp, Cs, Co.
 */
static const struct range unsafe[] = {
	{ 0x0000, 0x001f },   { 0x007f, 0x009f },   { 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x0600, 0x0605 },
	{ 0x061c, 0x061c },   { 0x06dd, 0x06dd },   { 0x070f, 0x070f },   { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },
	{ 0xd800, 0xf8ff },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe00ff }, { 0xe01f0, 0x10ffff },
};

static bool in_ranges(const struct range *r, size_t n, int32_t cp)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cp > r[mid].last)
			lo = mid + 1;
		else if (cp < r[mid].first)
			hi = mid;
		else
			return true;
	}
	return false;
}

size_t slo_utf8_next(struct slo_str s, int32_t *cp)
{
	static const int32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n;
	int32_t v;

	*cp = -1;
	if (s.len == 0)
		return 0;
	n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	if (n == 0 || n > s.len)
		return 1;
	v = n == 1 ? p[0] : p[0] & (0xff >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < smallest[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 1;
	*cp = v;
	return n;
}

void slo_utf8_put(struct slo_buf *out, int32_t cp)
{
	char b[4];

	if (cp < 0x80) {
		slo_buf_addc(out, (char)cp);
	} else if (cp < 0x800) {
		b[0] = (char)(0xc0 | cp >> 6);
		b[1] = (char)(0x80 | (cp & 0x3f));
		slo_buf_add(out, b, 2);
	} else if (cp < 0x10000) {
		b[0] = (char)(0xe0 | cp >> 12);
		b[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		b[2] = (char)(0x80 | (cp & 0x3f));
		slo_buf_add(out, b, 3);
	} else {
		b[0] = (char)(0xf0 | cp >> 18);
		b[1] = (char)(0x80 | (cp >> 12 & 0x3f));
		b[2] = (char)(0x80 | (cp >> 6 & 0x3f));
		b[3] = (char)(0x80 | (cp & 0x3f));
		slo_buf_add(out, b, 4);
	}
}

int slo_char_width(int32_t cp)
{
	if (cp < 0x300)
		return 1;
	if (in_ranges(combining, SLO_ARRAY_LEN(combining), cp))
		return 0;
	return in_ranges(wide, SLO_ARRAY_LEN(wide), cp) ? 2 : 1;
}

/* One character made safe. */
struct glyph {
	char text[12];
	size_t len;  /* bytes of text */
	int columns;
	size_t used; /* bytes of input */
};

static struct glyph glyph_of(struct slo_str s, const struct slo_term *t)
{
	struct glyph g = { .used = 0 };
	int32_t cp;

	g.used = slo_utf8_next(s, &cp);
	if (cp < 0)
		snprintf(g.text, sizeof(g.text), "\\x%02x", (unsigned int)(unsigned char)s.p[0]);
	else if (cp < 0x20 || cp == 0x7f)
		snprintf(g.text, sizeof(g.text), "\\x%02x", (unsigned int)cp);
	else if (cp < 0x7f || (t->utf8 && !in_ranges(unsafe, SLO_ARRAY_LEN(unsafe), cp)))
		memcpy(g.text, s.p, g.used);
	else
		snprintf(g.text, sizeof(g.text), cp < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned int)cp);
	g.len = strlen(g.text);
	g.columns = g.len == g.used ? slo_char_width(cp) : (int)g.len;
	return g;
}

int slo_text_width(struct slo_str s, const struct slo_term *t)
{
	int width = 0;

	while (s.len > 0) {
		struct glyph g = glyph_of(s, t);

		width += g.columns;
		s = slo_str_n(s.p + g.used, s.len - g.used);
	}
	return width;
}

int slo_text_add(struct slo_buf *out, struct slo_str s, int max, const struct slo_term *t)
{
	int dots = t->utf8 ? 1 : 3, used = 0;
	size_t cut = out->len; /* where an ellipsis would still fit */
	int cut_used = 0;

	if (dots > max)
		dots = max > 0 ? max : 0;
	while (s.len > 0) {
		struct glyph g = glyph_of(s, t);

		if (used + g.columns > max) {
			if (out->err)
				return 0;
			out->len = cut;
			slo_buf_add(out, t->utf8 ? "…" : "...", t->utf8 && dots ? sizeof("…") - 1 : (size_t)dots);
			return cut_used + dots;
		}
		slo_buf_add(out, g.text, g.len);
		used += g.columns;
		if (used + dots <= max && !out->err) {
			cut = out->len;
			cut_used = used;
		}
		s = slo_str_n(s.p + g.used, s.len - g.used);
	}
	return used;
}

void slo_text_pad(struct slo_buf *out, int n)
{
	for (; n > 0; n--)
		slo_buf_addc(out, ' ');
}

void slo_text_cell(struct slo_buf *out, struct slo_str s, int width, enum slo_align a, const struct slo_term *t)
{
	int used = slo_text_width(s, t);

	if (a == SLO_ALIGN_RIGHT)
		slo_text_pad(out, width - used);
	used = slo_text_add(out, s, width, t);
	if (a == SLO_ALIGN_LEFT)
		slo_text_pad(out, width - used);
}
