/* SPDX-License-Identifier: MIT */
/*
 * Names of hosts: RFC 1123 with A-labels checked, and with U-labels by IDNA2008
 * (RFC 5890 to 5893). Weaker than that in one thing: a label need not be in
 * Unicode's normal form C.
 */
#include "jschema/format_idna.h"
#include "jschema/format_parts.h"
#include "jschema/pattern_utf8.h"

enum { NAME_MAX_BYTES = 253 };

struct label {
	uint32_t cp[LABEL_MAX];
	size_t n;
};

/* A name one of whose labels is written from right to left holds every label to the rule of RFC 5893. */
struct name {
	size_t bytes; /* as sent, with the dots */
	bool rtl, broken;
};

static bool is_at(const struct label *l, size_t i, enum slo_idna_set set)
{
	return i < l->n && slo_idna_is(l->cp[i], set);
}

static bool joins(const struct label *l, size_t i, enum slo_idna_set one_side)
{
	return is_at(l, i, one_side) || is_at(l, i, IDNA_DUAL);
}

/* RFC 5892, A.1: letters that would join are on both sides, with nothing but marks between. */
static bool between_joining(const struct label *l, size_t i)
{
	size_t before = i - 1, after = i + 1;

	while (before < l->n && is_at(l, before, IDNA_TRANSPARENT))
		before--;
	while (is_at(l, after, IDNA_TRANSPARENT))
		after++;
	return joins(l, before, IDNA_LEFT) && joins(l, after, IDNA_RIGHT);
}

static bool has_in(const struct label *l, uint32_t first, uint32_t last)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->cp[i] >= first && l->cp[i] <= last)
			return true;
	}
	return false;
}

static bool has_kana(const struct label *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (is_at(l, i, IDNA_KANA))
			return true;
	}
	return false;
}

/* RFC 5892, appendix A. */
static bool in_context(const struct label *l, size_t i)
{
	uint32_t cp = l->cp[i];

	if (cp >= 0x660 && cp <= 0x669)
		return !has_in(l, 0x6f0, 0x6f9);
	if (cp >= 0x6f0 && cp <= 0x6f9)
		return !has_in(l, 0x660, 0x669);
	switch (cp) {
	case 0xb7:   return i && i + 1 < l->n && l->cp[i - 1] == 'l' && l->cp[i + 1] == 'l';
	case 0x375:  return is_at(l, i + 1, IDNA_GREEK);
	case 0x5f3:
	case 0x5f4:  return i && is_at(l, i - 1, IDNA_HEBREW);
	case 0x30fb: return has_kana(l);
	case 0x200c: return i && (is_at(l, i - 1, IDNA_VIRAMA) || between_joining(l, i));
	case 0x200d: return i && is_at(l, i - 1, IDNA_VIRAMA);
	default:     return false;
	}
}

static bool hyphens_ok(const struct label *l)
{
	return l->n && l->cp[0] != '-' && l->cp[l->n - 1] != '-';
}

/* RFC 5891, 4.2; of a label with something beyond ASCII. */
static bool u_label(const struct label *l)
{
	if (!hyphens_ok(l) || (l->n >= 4 && l->cp[2] == '-' && l->cp[3] == '-') || is_at(l, 0, IDNA_MARK))
		return false;
	for (size_t i = 0; i < l->n; i++) {
		if (!is_at(l, i, IDNA_VALID) && !in_context(l, i))
			return false;
	}
	return true;
}

static enum slo_idna_set direction(uint32_t cp)
{
	static const enum slo_idna_set sets[] = { IDNA_RTL, IDNA_AN, IDNA_EN, IDNA_NSM, IDNA_NEUTRAL };

	for (size_t i = 0; i < SLO_ARRAY_LEN(sets); i++) {
		if (slo_idna_is(cp, sets[i]))
			return sets[i];
	}
	return IDNA__SETS; /* left to right */
}

/* RFC 5893, 2. */
static void note_direction(struct name *name, const struct label *l)
{
	bool seen[IDNA__SETS + 1] = { false };
	enum slo_idna_set first = direction(l->cp[0]), last = IDNA_NSM;

	for (size_t i = 0; i < l->n; i++) {
		enum slo_idna_set d = direction(l->cp[i]);

		seen[d] = true;
		if (d != IDNA_NSM)
			last = d;
	}
	name->rtl = name->rtl || seen[IDNA_RTL] || seen[IDNA_AN];
	if (first == IDNA_RTL)
		name->broken = name->broken || seen[IDNA__SETS] || (seen[IDNA_EN] && seen[IDNA_AN]) ||
			       last == IDNA_NEUTRAL;
	else
		name->broken = name->broken || first != IDNA__SETS || seen[IDNA_RTL] || seen[IDNA_AN] ||
			       last == IDNA_NEUTRAL;
}

static bool begins_with_xn(struct slo_str s)
{
	return s.len >= 4 && (s.p[0] | 0x20) == 'x' && (s.p[1] | 0x20) == 'n' && s.p[2] == '-' && s.p[3] == '-';
}

static bool beyond_ascii(const struct label *l)
{
	return has_in(l, 0x80, 0x10ffff);
}

/* What it decodes to must be a U-label whose encoding is this. */
static bool a_label(struct slo_str s, struct label *l)
{
	struct slo_str code = format_rest(s, 4);
	char again[LABEL_MAX];

	l->n = slo_punycode_decode(code, l->cp);
	if (!beyond_ascii(l) || !u_label(l) || slo_punycode_encode(l->cp, l->n, again) != code.len)
		return false;
	for (size_t i = 0; i < code.len; i++) {
		char c = code.p[i];

		if (again[i] != (c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c))
			return false;
	}
	return true;
}

static bool ascii_label(const struct label *l)
{
	for (size_t i = 0; i < l->n; i++) {
		char c = (char)l->cp[i];

		if (!format_alpha(c) && !format_digit(c) && c != '-')
			return false;
	}
	return hyphens_ok(l);
}

static bool decode(struct slo_str s, struct label *l)
{
	size_t n;

	for (l->n = 0; s.len; s = format_rest(s, n)) {
		if (l->n == LABEL_MAX)
			return false;
		n = slo_pattern_utf8(s, &l->cp[l->n]);
		if (!n)
			return false;
		l->n++;
	}
	return true;
}

static bool check_label(struct slo_str s, bool wide, struct name *name)
{
	char encoded[LABEL_MAX];
	struct label l;
	size_t n;

	if (!decode(s, &l))
		return false;
	if (!beyond_ascii(&l)) {
		if (!ascii_label(&l) || (begins_with_xn(s) && !a_label(s, &l)))
			return false;
		n = s.len;
	} else {
		if (!wide || !u_label(&l))
			return false;
		n = slo_punycode_encode(l.cp, l.n, encoded);
		if (!n || n + 4 > LABEL_MAX)
			return false;
		n += 4;
	}
	note_direction(name, &l);
	name->bytes += n + 1;
	return name->bytes - 1 <= NAME_MAX_BYTES;
}

/* Bytes up to the first dot, and of the dot itself: U+3002, U+FF0E and U+FF61 are dots too (RFC 3490, 3.1). */
static size_t find_dot(struct slo_str s, bool wide, size_t *dot)
{
	static const char *const dots[] = { "\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1" };

	for (size_t i = 0; i < s.len; i++) {
		*dot = 1;
		if (s.p[i] == '.')
			return i;
		*dot = 3;
		for (size_t k = 0; wide && i + 3 <= s.len && k < SLO_ARRAY_LEN(dots); k++) {
			if (memcmp(s.p + i, dots[k], 3) == 0)
				return i;
		}
	}
	*dot = 0;
	return s.len;
}

static bool host(struct slo_str s, bool wide)
{
	struct name name = { 0 };
	size_t dot;

	do {
		size_t n = find_dot(s, wide, &dot);

		if (!check_label(slo_str_n(s.p, n), wide, &name))
			return false;
		s = format_rest(s, n + dot);
	} while (dot);
	return !name.rtl || !name.broken;
}

bool slo_format_hostname(struct slo_str s)
{
	return host(s, false);
}

bool slo_format_idn_hostname(struct slo_str s)
{
	return host(s, true);
}
