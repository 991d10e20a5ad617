/* SPDX-License-Identifier: MIT */
/* Strings that are more than plain ASCII: UTF-8 and escapes. */
#include "rec/internal.h"

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Well-formed byte sequences: The Unicode Standard, table 3-7. */
size_t slo_utf8_seq(const char *p, const char *end)
{
	unsigned char a = (unsigned char)p[0], b = end - p > 1 ? (unsigned char)p[1] : 0;
	unsigned char lo = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
	unsigned char hi = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
	size_t n = a < 0xc2 ? 0 : a < 0xe0 ? 2 : a < 0xf0 ? 3 : a < 0xf5 ? 4 : 0;

	if (n == 0 || (size_t)(end - p) < n || b < lo || b > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (!is_tail(p[i]))
			return 0;
	return n;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of "\uXXXX" at @p, or -1. */
static int code_unit(const char *p, const char *end)
{
	int v = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* What a one-letter escape stands for, or 0. */
static char short_escape(char c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : '\0';
}

/*
 * The escape at @p, which is a backslash. Return: its length and the code point,
 * or 0 and @why.
 */
static size_t read_escape(const char *p, const char *end, uint32_t *code, const char **why)
{
	int unit, low;

	*why = "invalid escape";
	if (end - p < 2)
		return 0;
	if (p[1] != 'u') {
		*code = (unsigned char)short_escape(p[1]);
		return *code ? 2 : 0;
	}
	unit = code_unit(p, end);
	if (unit < 0)
		return 0;
	*code = (uint32_t)unit;
	if (unit < 0xd800 || unit > 0xdfff)
		return 6;
	*why = "half a surrogate pair";
	low = unit < 0xdc00 ? code_unit(p + 6, end) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*code = 0x10000 + (((uint32_t)unit & 0x3ff) << 10 | ((uint32_t)low & 0x3ff));
	return 12;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Check from the special byte @p on. Return: the closing quote, or NULL. */
static const char *check_string(struct slo_lex *l, const char *p, bool *escapes)
{
	const char *why;
	uint32_t code;
	size_t n;

	for (;; p = slo_plain_end(p + n, l->end)) {
		if (p == l->end) {
			slo_lex_refuse(l, p, "unterminated string");
			return NULL;
		}
		if (*p == '"')
			return p;
		if (*p == '\\') {
			n = read_escape(p, l->end, &code, &why);
			*escapes = true;
			if (n && !code && !l->nul) {
				n = 0;
				why = "NUL in a string";
			}
		} else {
			n = slo_utf8_seq(p, l->end);
			why = (unsigned char)*p < 0x20 ? "control character in a string" : "invalid UTF-8";
		}
		if (n == 0) {
			slo_lex_refuse(l, p, why);
			return NULL;
		}
	}
}

/* No escape is shorter than what it stands for, so scratch as large as the text holds all of its strings. */
static int unescape(struct slo_lex *l, const char *p, const char *end, struct slo_str *out)
{
	struct slo_buf *b = l->scratch;
	size_t need = (size_t)(l->end - l->start), n;
	const char *run, *why;
	char *to, *from;
	uint32_t code;

	b->len = 0;
	if (l->used + (size_t)(end - p) > need || !slo_buf_room(b, need)) {
		slo_lex_refuse(l, p, "no room to unescape");
		l->ret = -ENOMEM;
		return l->ret;
	}
	from = to = b->data + l->used;
	while (p < end) {
		run = memchr(p, '\\', (size_t)(end - p));
		n = (size_t)((run ? run : end) - p);
		memcpy(to, p, n);
		to += n;
		p += n;
		if (run) {
			p += read_escape(p, end, &code, &why);
			to += put_utf8(to, code);
		}
	}
	*out = slo_str_n(from, (size_t)(to - from));
	l->used += out->len;
	return 0;
}

int slo_lex_string_rest(struct slo_lex *l, const char *from, const char *p, struct slo_str *out)
{
	bool escapes = false;
	const char *quote = check_string(l, p, &escapes);

	if (!quote)
		return l->ret;
	l->p = quote + 1;
	if (!out)
		return 0;
	if (escapes && l->scratch)
		return unescape(l, from, quote, out);
	*out = slo_str_n(from, (size_t)(quote - from));
	return 0;
}
