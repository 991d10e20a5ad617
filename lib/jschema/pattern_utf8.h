/* SPDX-License-Identifier: MIT */
/* One character of UTF-8. Private to the module. */
#ifndef SLO_JSCHEMA_PATTERN_UTF8_H
#define SLO_JSCHEMA_PATTERN_UTF8_H

#include "base/str.h"

/**
 * slo_pattern_utf8 - decode the character at the start of @s
 * @cp: its code point
 *
 * Return: its length in bytes; 0 at the end of @s and where it is not UTF-8 (RFC 3629); @cp is then unchanged.
 */
static inline size_t slo_pattern_utf8(struct slo_str s, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c;
	uint32_t v;
	size_t n;

	if (!s.len)
		return 0;
	c = (unsigned char)s.p[0];
	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || n > s.len)
		return 0;
	v = c & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*cp = v;
	return n;
}

static inline bool slo_pattern_ascii(struct slo_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	}
	return true;
}

#endif
