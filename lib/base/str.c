/* SPDX-License-Identifier: MIT */
#include "base/str.h"

bool slo_str_copy(char *dst, size_t size, struct slo_str s)
{
	size_t n = s.len;

	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
			n--;
	}
	if (n > 0)
		memcpy(dst, s.p, n);
	dst[n] = '\0';
	return n == s.len;
}
