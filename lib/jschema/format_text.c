/* SPDX-License-Identifier: MIT */
/* Pointers (RFC 6901), UUIDs (RFC 4122) and patterns (ECMA-262). */
#include "jschema/format_parts.h"
#include "jschema/pattern_parse.h"

bool slo_format_json_pointer(struct slo_str s)
{
	if (s.len && s.p[0] != '/')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '~' && (i + 1 == s.len || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
			return false;
	}
	return true;
}

/* draft-bhutton-relative-json-pointer-00, 3. */
bool slo_format_relative_json_pointer(struct slo_str s)
{
	size_t n = 0;

	while (n < s.len && format_digit(s.p[n]))
		n++;
	if (!n || (n > 1 && s.p[0] == '0'))
		return false;
	if (n + 1 == s.len && s.p[n] == '#')
		return true;
	return n == s.len || slo_format_json_pointer(format_rest(s, n));
}

bool slo_format_uuid(struct slo_str s)
{
	if (s.len != 36)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.p[i] != '-' : !format_hex(s.p[i]))
			return false;
	}
	return true;
}

/* What ECMA-262 allows; PCRE2 cannot run all of it, so that a pattern of this format may still be refused. */
bool slo_format_regex(struct slo_str s)
{
	struct slo_pattern_parse p;

	return slo_pattern_parse(&p, s, NULL, NULL) == 0;
}
