/* SPDX-License-Identifier: MIT */
/* Escapes and classes of characters. */
#include "jschema/pattern_parse.h"
#include "jschema/pattern_utf8.h"

#include <errno.h>

/* White space and line ends of ECMA-262 (Unicode 14's Zs among them), as items of a class; and everything else. */
#define SPACES \
	"\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NOT_SPACES \
	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}" \
	"\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
#define NOT_DIGITS "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}"
#define NOT_WORDS  "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}"

static const struct {
	char letter;
	const char *items; /* of a class */
} sets[] = {
	{ 'd', "0-9" },
	{ 'D', NOT_DIGITS },
	{ 's', SPACES },
	{ 'S', NOT_SPACES },
	{ 'w', "0-9A-Z_a-z" },
	{ 'W', NOT_WORDS },
};

static int hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly @n digits. */
static bool read_hex(struct slo_pattern_parse *p, size_t n, uint32_t *v)
{
	uint32_t r = 0;

	for (size_t i = 0; i < n; i++) {
		int c = slo_pattern_peek(p, i), h = c < 0 ? -1 : hex(c);

		if (h < 0)
			return false;
		r = r << 4 | (uint32_t)h;
	}
	p->at += n;
	*v = r;
	return true;
}

/* After \u. */
static int read_unicode(struct slo_pattern_parse *p, uint32_t *cp)
{
	size_t at = p->at - 2;
	uint32_t v = 0, low;

	if (slo_pattern_peek(p, 0) == '{') {
		size_t from = ++p->at;

		for (uint32_t d; v <= 0x10ffff && read_hex(p, 1, &d);)
			v = v << 4 | d;
		if (p->at == from || slo_pattern_peek(p, 0) != '}' || v > 0x10ffff)
			return slo_pattern_fail(p, at, "\\u{ wants hexadecimal digits up to 10ffff and }");
		p->at++;
		*cp = v;
		return 0;
	}
	if (!read_hex(p, 4, &v))
		return slo_pattern_fail(p, at, "\\u is not followed by four hexadecimal digits or {");
	if (v >= 0xd800 && v <= 0xdbff && slo_pattern_peek(p, 0) == '\\' && slo_pattern_peek(p, 1) == 'u') {
		size_t back = p->at;

		p->at += 2;
		if (read_hex(p, 4, &low) && low >= 0xdc00 && low <= 0xdfff)
			v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
		else
			p->at = back;
	}
	*cp = v;
	return 0;
}

int slo_pattern_escape(struct slo_pattern_parse *p, bool in_class, uint32_t *cp)
{
	static const char letters[] = "tnvfr", means[] = "\t\n\v\f\r", syntax[] = "^$\\.*+?()[]{}|/";
	size_t at = p->at - 1;
	int c = slo_pattern_peek(p, 0), next = slo_pattern_peek(p, 1);
	const char *found;

	if (c < 0)
		return slo_pattern_fail(p, at, "\\ at the end");
	p->at++;
	found = c ? strchr(letters, c) : NULL;
	if (found) {
		*cp = (uint32_t)means[found - letters];
		return 0;
	}
	if ((c && strchr(syntax, c)) || (in_class && c == '-')) {
		*cp = (uint32_t)c;
		return 0;
	}
	if (c == 'c' && ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'))) {
		p->at++;
		*cp = (uint32_t)next & 31;
		return 0;
	}
	if (c == '0' && (next < '0' || next > '9')) {
		*cp = 0;
		return 0;
	}
	if (c == 'x' && read_hex(p, 2, cp))
		return 0;
	if (c == 'u')
		return read_unicode(p, cp);
	if (c > 0x20 && c < 0x7f)
		return slo_pattern_fail(p, at, "\\%c is no escape of ECMA-262 here", c);
	return slo_pattern_fail(p, at, "\\ before a character that has no escape");
}

static int read_property(struct slo_pattern_parse *p, bool negated, bool in_class)
{
	size_t at = p->at - 2, from = p->at + 1;
	struct slo_str name;
	const char *end;

	if (slo_pattern_peek(p, 0) != '{')
		return slo_pattern_fail(p, at, "\\p is not followed by {");
	end = memchr(p->src.p + from, '}', p->src.len - from);
	if (!end)
		return slo_pattern_fail(p, at, "\\p{ without }");
	name = slo_str_n(p->src.p + from, (size_t)(end - p->src.p) - from);
	p->at = from + name.len + 1;
	if (!slo_pattern_property(name, negated, in_class, p->second ? p->out : NULL))
		return slo_pattern_fail(p, at, "no property \"%.*s\"", name.len > 60 ? 60 : (int)name.len, name.p);
	return 1;
}

int slo_pattern_set(struct slo_pattern_parse *p, bool in_class)
{
	int c = slo_pattern_peek(p, 0);

	if (c == 'p' || c == 'P') {
		p->at++;
		return read_property(p, c == 'P', in_class);
	}
	for (size_t i = 0; i < SLO_ARRAY_LEN(sets); i++) {
		if (sets[i].letter != c)
			continue;
		p->at++;
		slo_pattern_put(p, in_class ? "" : "[");
		slo_pattern_put(p, sets[i].items);
		slo_pattern_put(p, in_class ? "" : "]");
		return 1;
	}
	return 0;
}

/* One item of a class: 1 a set, which is written already; 0 a character; -EINVAL. */
static int read_item(struct slo_pattern_parse *p, uint32_t *cp)
{
	size_t n;
	int rc;

	if (slo_pattern_peek(p, 0) != '\\') {
		n = slo_pattern_utf8(slo_str_n(p->src.p + p->at, p->src.len - p->at), cp);
		p->at += n;
		return n ? 0 : slo_pattern_fail(p, p->at, "not UTF-8");
	}
	p->at++;
	if (slo_pattern_peek(p, 0) == 'b') {
		p->at++;
		*cp = '\b';
		return 0;
	}
	rc = slo_pattern_set(p, true);
	return rc ? rc : slo_pattern_escape(p, true, cp);
}

static int read_range(struct slo_pattern_parse *p)
{
	uint32_t first = 0, last = 0;
	size_t at = p->at;
	int rc = read_item(p, &first), set;

	if (rc < 0)
		return rc;
	if (slo_pattern_peek(p, 0) != '-' || slo_pattern_peek(p, 1) == ']') {
		if (!rc)
			slo_pattern_put_char(p, first);
		return 0;
	}
	p->at++;
	set = rc;
	rc = read_item(p, &last);
	if (rc < 0)
		return rc;
	if (set || rc)
		return slo_pattern_fail(p, at, "a range between sets of characters");
	if (first > last)
		return slo_pattern_fail(p, at, "a range whose end is before its beginning");
	slo_pattern_put_char(p, first);
	slo_pattern_put(p, "-");
	slo_pattern_put_char(p, last);
	return 0;
}

int slo_pattern_class(struct slo_pattern_parse *p)
{
	size_t at = p->at - 1;
	bool negated = slo_pattern_peek(p, 0) == '^';
	int rc;

	p->at += negated;
	if (slo_pattern_peek(p, 0) == ']') {
		p->at++;
		slo_pattern_put(p, negated ? "[\\x{0}-\\x{10ffff}]" : "[^\\x{0}-\\x{10ffff}]");
		return 0;
	}
	slo_pattern_put(p, negated ? "[^" : "[");
	while (slo_pattern_peek(p, 0) != ']') {
		if (p->at >= p->src.len)
			return slo_pattern_fail(p, at, "[ without ]");
		rc = read_range(p);
		if (rc)
			return rc;
	}
	p->at++;
	slo_pattern_put(p, "]");
	return 0;
}
