/* SPDX-License-Identifier: MIT */
/* Addresses of machines (RFC 2673, 3.2; RFC 4291, 2.2) and of mail (RFC 5321, 4.1.2; RFC 6531, 3.3). */
#include "jschema/format_parts.h"

/* Without leading zeros: some readers take those for octal. */
bool slo_format_ipv4(struct slo_str s)
{
	size_t at = 0;

	for (int part = 0; part < 4; part++) {
		size_t from = at;
		int v = 0;

		for (; at < s.len && at < from + 3 && format_digit(s.p[at]); at++)
			v = v * 10 + (s.p[at] - '0');
		if (at == from || v > 255 || (at > from + 1 && s.p[from] == '0'))
			return false;
		if (part < 3 && (at == s.len || s.p[at++] != '.'))
			return false;
	}
	return at == s.len;
}

bool slo_format_ipv6(struct slo_str s)
{
	size_t at = 0, groups = 0;
	bool gap = s.len >= 2 && s.p[0] == ':' && s.p[1] == ':';

	at = gap ? 2 : 0;
	if (gap && at == s.len)
		return true;
	for (;;) {
		size_t from = at;

		while (at < s.len && at < from + 4 && format_hex(s.p[at]))
			at++;
		if (at < s.len && s.p[at] == '.')
			return slo_format_ipv4(format_rest(s, from)) && (gap ? groups <= 5 : groups == 6);
		if (at == from || ++groups > 8)
			return false;
		if (at == s.len)
			return gap ? groups <= 7 : groups == 8;
		if (s.p[at++] != ':' || at == s.len)
			return false;
		if (s.p[at] == ':') {
			if (gap)
				return false;
			gap = true;
			if (++at == s.len)
				return groups <= 7;
		}
	}
}

/* RFC 5322, 3.2.3; with @wide, every character beyond ASCII. */
static bool in_atom(char c, bool wide)
{
	return format_alpha(c) || format_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c)) ||
	       (wide && (unsigned char)c >= 0x80);
}

/* How many bytes of @s are a quoted string; 0 = none. */
static size_t quoted(struct slo_str s, bool wide)
{
	for (size_t i = 1; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"')
			return i + 1;
		if (c == '\\') {
			if (++i == s.len || s.p[i] < ' ' || s.p[i] > '~')
				return 0;
		} else if (c < ' ' || c == 0x7f || (c >= 0x80 && !wide)) {
			return 0;
		}
	}
	return 0;
}

static size_t dot_atoms(struct slo_str s, bool wide)
{
	size_t i = 0;

	while (i < s.len && (in_atom(s.p[i], wide) || (s.p[i] == '.' && i && s.p[i - 1] != '.')))
		i++;
	return i && s.p[i - 1] != '.' ? i : 0;
}

/* What is between the brackets. A tag other than IPv6 is none that is registered (RFC 5321, 4.1.3). */
static bool address_literal(struct slo_str s)
{
	if (s.len > 5 && memcmp(s.p, "IPv6:", 5) == 0)
		return slo_format_ipv6(format_rest(s, 5));
	return slo_format_ipv4(s);
}

static bool mailbox(struct slo_str s, bool wide)
{
	size_t n = s.len && s.p[0] == '"' ? quoted(s, wide) : dot_atoms(s, wide);
	struct slo_str domain;

	if (!n || n > 64 || n + 1 >= s.len || s.p[n] != '@')
		return false;
	domain = format_rest(s, n + 1);
	if (domain.p[0] == '[')
		return domain.p[domain.len - 1] == ']' && address_literal(slo_str_n(domain.p + 1, domain.len - 2));
	return wide ? slo_format_idn_hostname(domain) : slo_format_hostname(domain);
}

bool slo_format_email(struct slo_str s)
{
	return mailbox(s, false);
}

bool slo_format_idn_email(struct slo_str s)
{
	return mailbox(s, true);
}
