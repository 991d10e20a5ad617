/* SPDX-License-Identifier: MIT */
/* URIs (RFC 3986), IRIs (RFC 3987) and templates of them (RFC 6570). */
#include "jschema/format_parts.h"
#include "jschema/pattern_utf8.h"

enum kind {
	URI,
	IRI,
	IRI_QUERY, /* where private use is allowed */
};

/* RFC 3987, ucschar; the planes from 1 on end before their two noncharacters. */
static bool is_ucschar(uint32_t cp)
{
	if (cp < 0x10000)
		return (cp >= 0xa0 && cp <= 0xd7ff) || (cp >= 0xf900 && cp <= 0xfdcf) || (cp >= 0xfdf0 && cp <= 0xffef);
	return cp <= 0xefffd && (cp & 0xffff) <= 0xfffd && !(cp >= 0xe0000 && cp < 0xe1000);
}

static bool is_private(uint32_t cp)
{
	return (cp >= 0xe000 && cp <= 0xf8ff) || (cp >= 0xf0000 && (cp & 0xffff) <= 0xfffd);
}

static bool is_escape(struct slo_str s)
{
	return s.len >= 3 && s.p[0] == '%' && format_hex(s.p[1]) && format_hex(s.p[2]);
}

/* All of @s is unreserved, escaped, a sub-delimiter or one of @more? */
static bool only(struct slo_str s, const char *more, enum kind kind)
{
	uint32_t cp = 0;
	size_t n;

	for (; s.len; s = format_rest(s, n)) {
		char c = s.p[0];

		n = is_escape(s) ? 3 : slo_pattern_utf8(s, &cp);
		if (!n)
			return false;
		if (n == 3 && c == '%')
			continue;
		if (n == 1) {
			if (!format_alpha(c) && !format_digit(c) && !(c && strchr("-._~!$&'()*+,;=", c)) &&
			    !(c && strchr(more, c)))
				return false;
		} else if (kind == URI || !(is_ucschar(cp) || (kind == IRI_QUERY && is_private(cp)))) {
			return false;
		}
	}
	return true;
}

/* IPvFuture, RFC 3986, 3.2.2. */
static bool future_address(struct slo_str s)
{
	size_t dot = format_find(s, '.');

	if (dot < 2 || dot + 1 >= s.len || (s.p[0] != 'v' && s.p[0] != 'V'))
		return false;
	for (size_t i = 1; i < dot; i++) {
		if (!format_hex(s.p[i]))
			return false;
	}
	return format_find(s, '%') == s.len && only(format_rest(s, dot + 1), ":", URI);
}

static bool all_digits(struct slo_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!format_digit(s.p[i]))
			return false;
	}
	return true;
}

static bool authority(struct slo_str s, enum kind kind)
{
	size_t at = format_find(s, '@'), end;
	struct slo_str inside;

	if (at < s.len) {
		if (!only(slo_str_n(s.p, at), ":", kind))
			return false;
		s = format_rest(s, at + 1);
	}
	if (s.len && s.p[0] == '[') {
		end = format_find(s, ']');
		if (end == s.len)
			return false;
		inside = slo_str_n(s.p + 1, end - 1);
		if (!slo_format_ipv6(inside) && !future_address(inside))
			return false;
		end++;
	} else {
		end = format_find(s, ':');
		if (!only(slo_str_n(s.p, end), "", kind))
			return false;
	}
	return end == s.len || (s.p[end] == ':' && all_digits(format_rest(s, end + 1)));
}

/* Bytes of the scheme and its colon; 0 = none. */
static size_t scheme(struct slo_str s)
{
	size_t n = 0;

	if (!s.len || !format_alpha(s.p[0]))
		return 0;
	while (n < s.len && (format_alpha(s.p[n]) || format_digit(s.p[n]) || (s.p[n] && strchr("+-.", s.p[n]))))
		n++;
	return n < s.len && s.p[n] == ':' ? n + 1 : 0;
}

static bool reference(struct slo_str s, bool absolute, enum kind kind)
{
	enum kind query_kind = kind == URI ? URI : IRI_QUERY;
	size_t n = scheme(s), hash, query, slash;

	if (absolute && !n)
		return false;
	s = format_rest(s, n);
	hash = format_find(s, '#');
	if (hash < s.len && !only(format_rest(s, hash + 1), ":@/?", kind))
		return false;
	s.len = hash;
	query = format_find(s, '?');
	if (query < s.len && !only(format_rest(s, query + 1), ":@/?", query_kind))
		return false;
	s.len = query;
	if (s.len >= 2 && s.p[0] == '/' && s.p[1] == '/') {
		s = format_rest(s, 2);
		slash = format_find(s, '/');
		return authority(slo_str_n(s.p, slash), kind) && only(format_rest(s, slash), ":@/", kind);
	}
	/* Without a scheme, a colon in the first segment would make one of it. */
	if (!n && format_find(s, ':') < format_find(s, '/'))
		return false;
	return only(s, ":@/", kind);
}

bool slo_format_uri(struct slo_str s)
{
	return reference(s, true, URI);
}

bool slo_format_uri_reference(struct slo_str s)
{
	return reference(s, false, URI);
}

bool slo_format_iri(struct slo_str s)
{
	return reference(s, true, IRI);
}

bool slo_format_iri_reference(struct slo_str s)
{
	return reference(s, false, IRI);
}

/* Bytes of a variable's name: letters, digits, _ and escapes, with single dots between. 0 = none. */
static size_t variable_name(struct slo_str s)
{
	size_t i = 0, n;

	for (; i < s.len; i += n) {
		char c = s.p[i];

		if (format_alpha(c) || format_digit(c) || c == '_')
			n = 1;
		else if (is_escape(format_rest(s, i)))
			n = 3;
		else if (c == '.' && i && s.p[i - 1] != '.')
			n = 1;
		else
			break;
	}
	return i && s.p[i - 1] != '.' ? i : 0;
}

/* What follows a name: * or :1 to :9999. */
static bool modifier(struct slo_str s)
{
	if (s.len == 1 && s.p[0] == '*')
		return true;
	return s.len == 0 ||
	       (s.len >= 2 && s.len <= 5 && s.p[0] == ':' && s.p[1] != '0' && all_digits(format_rest(s, 1)));
}

static bool expression(struct slo_str s)
{
	/* The last five are reserved for extensions; the grammar has them. */
	if (s.len && s.p[0] && strchr("+#./;?&=,!@|", s.p[0]))
		s = format_rest(s, 1);
	for (;;) {
		size_t comma = format_find(s, ','), n;
		struct slo_str one = slo_str_n(s.p, comma);

		n = variable_name(one);
		if (!n || !modifier(format_rest(one, n)))
			return false;
		if (comma == s.len)
			return true;
		s = format_rest(s, comma + 1);
	}
}

/* RFC 6570, 2.1; the apostrophe is allowed by erratum 6937. */
static bool literal(struct slo_str s)
{
	uint32_t cp;
	size_t n;

	for (; s.len; s = format_rest(s, n)) {
		n = slo_pattern_utf8(s, &cp);
		if (!n)
			return false;
		if (cp >= 0x80 ? !is_ucschar(cp) && !is_private(cp) : cp <= ' ' || cp == 0x7f)
			return false;
		if (cp < 0x80 && strchr("\"<>\\^`{|}", (int)cp))
			return false;
		if (cp == '%' && !is_escape(s))
			return false;
	}
	return true;
}

bool slo_format_uri_template(struct slo_str s)
{
	for (;;) {
		size_t open = format_find(s, '{'), close;

		if (!literal(slo_str_n(s.p, open)))
			return false;
		if (open == s.len)
			return true;
		s = format_rest(s, open + 1);
		close = format_find(s, '}');
		if (close == s.len || !expression(slo_str_n(s.p, close)))
			return false;
		s = format_rest(s, close + 1);
	}
}
