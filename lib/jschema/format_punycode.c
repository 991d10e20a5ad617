/* SPDX-License-Identifier: MIT */
/* Punycode: RFC 3492. */
#include "jschema/format_idna.h"

enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_N = 128 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	for (delta += delta / points; delta > ((BASE - TMIN) * TMAX) / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
	return k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0' + 26;
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

/* One variable-length integer, added to @i. */
static bool read_delta(struct slo_str s, size_t *at, uint32_t bias, uint32_t *i)
{
	uint64_t v = *i, w = 1;

	for (uint32_t k = BASE;; k += BASE) {
		int d = *at < s.len ? digit_of(s.p[(*at)++]) : -1;
		uint32_t t = threshold(k, bias);

		if (d < 0)
			return false;
		v += (uint64_t)d * w;
		if (v > UINT32_MAX / 2)
			return false;
		if ((uint32_t)d < t) {
			*i = (uint32_t)v;
			return true;
		}
		w *= BASE - t;
		if (w > UINT32_MAX)
			return false;
	}
}

size_t slo_punycode_decode(struct slo_str s, uint32_t cp[LABEL_MAX])
{
	uint32_t n = FIRST_N, i = 0, bias = FIRST_BIAS;
	size_t basic = s.len, points = 0, at = 0;

	if (s.len > LABEL_MAX)
		return 0;
	while (basic && s.p[basic - 1] != '-')
		basic--;
	for (; at + 1 < basic; at++)
		cp[points++] = (unsigned char)(s.p[at] >= 'A' && s.p[at] <= 'Z' ? s.p[at] | 0x20 : s.p[at]);
	for (at = basic; at < s.len; i++) {
		uint32_t from = i;

		if (points == LABEL_MAX || !read_delta(s, &at, bias, &i))
			return 0;
		points++;
		bias = adapt(i - from, (uint32_t)points, from == 0);
		n += i / (uint32_t)points;
		i %= (uint32_t)points;
		if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff))
			return 0;
		memmove(cp + i + 1, cp + i, (points - 1 - i) * sizeof(*cp));
		cp[i] = n;
	}
	return points;
}

static bool put_delta(char *text, size_t *len, uint32_t bias, uint32_t q)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = threshold(k, bias);

		if (*len == LABEL_MAX)
			return false;
		if (q < t) {
			text[(*len)++] = digits[q];
			return true;
		}
		text[(*len)++] = digits[t + (q - t) % (BASE - t)];
		q = (q - t) / (BASE - t);
	}
}

static uint32_t next_point(const uint32_t *cp, size_t n, uint32_t least)
{
	uint32_t found = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		if (cp[i] >= least && cp[i] < found)
			found = cp[i];
	}
	return found;
}

/* At most 63 points below 2^21: their deltas stay below 2^32. */
size_t slo_punycode_encode(const uint32_t *cp, size_t n, char text[LABEL_MAX])
{
	uint32_t at = FIRST_N, delta = 0, bias = FIRST_BIAS;
	size_t len = 0, done, basic;

	if (n > LABEL_MAX)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (cp[i] < 0x80)
			text[len++] = (char)cp[i];
	}
	basic = done = len;
	if (basic && len < LABEL_MAX)
		text[len++] = '-';
	while (done < n) {
		uint32_t m = next_point(cp, n, at);

		delta += (m - at) * (uint32_t)(done + 1);
		at = m;
		for (size_t i = 0; i < n; i++) {
			delta += cp[i] < at;
			if (cp[i] != at)
				continue;
			if (!put_delta(text, &len, bias, delta))
				return 0;
			bias = adapt(delta, (uint32_t)(done + 1), done == basic);
			delta = 0;
			done++;
		}
		delta++;
		at++;
	}
	return len;
}
