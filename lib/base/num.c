/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Powers of ten that a double holds exactly. */
static const double exact_pow10[] = {
	1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

enum { EXACT_POW10 = 22, EXACT_DIGITS_BITS = 53 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int slo_parse_i64(struct slo_str s, int64_t *out)
{
	bool neg = s.len > 0 && s.p[0] == '-';
	uint64_t limit = neg ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
	uint64_t v = 0;

	if (s.len == (size_t)neg)
		return -EINVAL;
	for (size_t i = neg; i < s.len; i++) {
		uint64_t d = (uint64_t)(unsigned char)s.p[i] - '0';

		if (d > 9)
			return -EINVAL;
		if (v > (limit - d) / 10)
			return -ERANGE;
		v = v * 10 + d;
	}
	*out = neg ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

/* A number taken apart: (-1)^neg * digits * 10^exp10. */
struct decimal {
	uint64_t digits;
	int exp10;
	int used;  /* significant digits taken into @digits */
	bool neg;
	bool cut;  /* more digits were there than fit */
};

static const char *scan_digits(const char *p, const char *end, struct decimal *d, int shift)
{
	for (; p < end && is_digit(*p); p++) {
		if (d->used >= 19) {
			d->cut = true;
			d->exp10 += 1 - shift;
			continue;
		}
		d->digits = d->digits * 10 + (uint64_t)(*p - '0');
		d->used += d->digits != 0;
		d->exp10 -= shift;
	}
	return p;
}

static const char *scan_exponent(const char *p, const char *end, struct decimal *d)
{
	bool neg = false;
	int e = 0;

	if (p == end || (*p != 'e' && *p != 'E'))
		return p;
	p++;
	if (p < end && (*p == '+' || *p == '-'))
		neg = *p++ == '-';
	if (p == end || !is_digit(*p))
		return NULL;
	for (; p < end && is_digit(*p); p++)
		e = e < 100000 ? e * 10 + (*p - '0') : e;
	d->exp10 += neg ? -e : e;
	return p;
}

/* JSON grammar. Return: true when all of @s is a number. */
static bool scan(struct slo_str s, struct decimal *d)
{
	const char *p = s.p, *end = s.p + s.len, *from;

	d->neg = p < end && *p == '-';
	p += d->neg;
	from = p;
	p = scan_digits(p, end, d, 0);
	if (p == from || (*from == '0' && p - from > 1))
		return false;
	if (p < end && *p == '.') {
		from = ++p;
		p = scan_digits(p, end, d, 1);
		if (p == from)
			return false;
	}
	return scan_exponent(p, end, d) == end;
}

/*
 * The rare numbers that the exact path cannot take. No tool calls setlocale(),
 * so strtod() reads the C locale's dot.
 */
static int parse_slow(struct slo_str s, double *out)
{
	char text[1100];
	char *heap = NULL, *to = text;
	double v;

	if (s.len >= sizeof(text)) {
		heap = malloc(s.len + 1);
		if (!heap)
			return -ENOMEM;
		to = heap;
	}
	memcpy(to, s.p, s.len);
	to[s.len] = '\0';
	v = strtod(to, NULL);
	free(heap);
	if (isinf(v))
		return -ERANGE;
	*out = v;
	return 0;
}

int slo_parse_f64(struct slo_str s, double *out)
{
	struct decimal d = { 0 };
	double v;

	if (!scan(s, &d))
		return -EINVAL;
	if (d.cut || d.digits >> EXACT_DIGITS_BITS || d.exp10 < -EXACT_POW10 || d.exp10 > EXACT_POW10) {
		if (d.digits != 0 || d.cut)
			return parse_slow(s, out);
		d.exp10 = 0;
	}
	/* Both operands are exact, so one rounding is all there is (Clinger 1990). */
	v = (double)d.digits;
	v = d.exp10 < 0 ? v / exact_pow10[-d.exp10] : v * exact_pow10[d.exp10];
	*out = d.neg ? -v : v;
	return 0;
}

static size_t fmt_u64(char *to, uint64_t v)
{
	static const char pairs[] =
		"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
		"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
		"8081828384858687888990919293949596979899";
	char tmp[20];
	size_t at = sizeof(tmp);

	while (v >= 100) {
		const char *two = pairs + 2 * (v % 100);

		tmp[--at] = two[1];
		tmp[--at] = two[0];
		v /= 100;
	}
	if (v >= 10) {
		tmp[--at] = pairs[2 * v + 1];
		tmp[--at] = pairs[2 * v];
	} else {
		tmp[--at] = (char)('0' + v);
	}
	memcpy(to, tmp + at, sizeof(tmp) - at);
	return sizeof(tmp) - at;
}

size_t slo_fmt_i64(char *to, int64_t v)
{
	if (v >= 0)
		return fmt_u64(to, (uint64_t)v);
	*to = '-';
	return 1 + fmt_u64(to + 1, 0 - (uint64_t)v);
}

/*
 * @v as digits / 10^k with the smallest k that reads back equal: division of
 * two exact doubles rounds once, exactly as the parser does.
 */
static size_t fmt_short_decimal(char *to, double v)
{
	for (int k = 1; k <= EXACT_POW10; k++) {
		double scaled = v * exact_pow10[k];
		uint64_t digits;
		char tmp[24];
		size_t n, whole;

		if (scaled >= 9007199254740992.0)
			return 0;
		digits = (uint64_t)(scaled + 0.5);
		if ((double)digits / exact_pow10[k] != v)
			continue;
		n = fmt_u64(tmp, digits);
		whole = n > (size_t)k ? n - (size_t)k : 0;
		size_t at = 0;
		if (whole == 0)
			to[at++] = '0';
		memcpy(to + at, tmp, whole);
		at += whole;
		to[at++] = '.';
		for (size_t pad = n; pad < (size_t)k; pad++)
			to[at++] = '0';
		memcpy(to + at, tmp + whole, n - whole);
		return at + n - whole;
	}
	return 0;
}

/* @n significant digits, the first of which counts 10^@exp10. */
static size_t lay_out(char *to, const char *digits, size_t n, int exp10)
{
	size_t at = 0, whole = exp10 < 0 ? 0 : (size_t)exp10 + 1;
	bool exponent = exp10 < -6 || exp10 >= 21;

	while (n > 1 && digits[n - 1] == '0')
		n--;
	if (exponent)
		whole = 1;
	else if (whole == 0)
		to[at++] = '0';
	for (size_t i = 0; i < whole; i++)
		to[at++] = i < n ? digits[i] : '0';
	if (n > whole) {
		to[at++] = '.';
		for (int zeros = exponent ? 0 : -1 - exp10; zeros > 0; zeros--)
			to[at++] = '0';
		memcpy(to + at, digits + whole, n - whole);
		at += n - whole;
	}
	if (!exponent)
		return at;
	to[at++] = 'e';
	to[at++] = exp10 < 0 ? '-' : '+';
	return at + fmt_u64(to + at, (uint64_t)(exp10 < 0 ? -exp10 : exp10));
}

/*
 * @v in @want digits, 16 or 17, in exact arithmetic: @v is m / 2^s, so the digits are
 * m * 10^k / 2^s rounded, and they read back as @v when the rounding moved them less
 * than half of the gap between doubles, 10^k / 2 on this scale.
 * Return: 0 when they do not.
 */
static size_t fmt_exact(char *to, double v, int want)
{
	__extension__ typedef unsigned __int128 u128;
	int exp2, whole = 0, s, k;
	u128 pow10 = 1, p, q, moved;
	uint64_t m = (uint64_t)ldexp(frexp(v, &exp2), EXACT_DIGITS_BITS);
	char tmp[24];
	size_t n;

	for (double edge = 0.1; v < edge; edge /= 10)
		whole--;
	while (v >= exact_pow10[whole < 0 ? 0 : whole])
		whole++;
	s = EXACT_DIGITS_BITS - exp2;
	k = want - whole;
	for (int i = 0; i < k; i++)
		pow10 *= 10;
	p = m * pow10;
	q = (p + ((u128)1 << (s - 1))) >> s;
	moved = q << s > p ? (q << s) - p : p - (q << s);
	/* The narrower gap below a power of two needs no care: those between 1e-5 and 2^53 are short. */
	if (moved * 2 >= pow10)
		return 0;
	n = fmt_u64(tmp, (uint64_t)q);
	return lay_out(to, tmp, n, (int)n - k - 1);
}

/*
 * All other numbers. Any 15 digits survive in a normal double, so fewer need
 * not be tried; zeros at their end go away.
 */
static size_t fmt_printf(char *to, double v)
{
	char text[40];
	int digits = v < DBL_MIN ? 1 : 15;
	char *e;

	for (;; digits++) {
		snprintf(text, sizeof(text), "%.*e", digits - 1, v);
		if (digits == 17 || strtod(text, NULL) == v)
			break;
	}
	e = strchr(text, 'e');
	if (digits > 1)
		memmove(text + 1, text + 2, (size_t)(digits - 1));
	return lay_out(to, text, (size_t)digits, atoi(e + 1));
}

size_t slo_fmt_f64(char *to, double v)
{
	size_t sign = 0, n;

	if (signbit(v)) {
		*to++ = '-';
		sign = 1;
		v = -v;
	}
	if (v < 9007199254740992.0 && v == (double)(uint64_t)v)
		return sign + fmt_u64(to, (uint64_t)v);
	n = v >= 1e-6 && v < 1e15 ? fmt_short_decimal(to, v) : 0;
	/* Not integral, so below 2^53. */
	for (int digits = 16; n == 0 && digits <= 17 && v >= 1e-5 && v < 9007199254740992.0; digits++)
		n = fmt_exact(to, v, digits);
	return sign + (n ? n : fmt_printf(to, v));
}

double slo_round_digits(double v, int digits)
{
	double scale;

	if (!isfinite(v) || v == 0)
		return v;
	scale = pow(10, digits - 1 - floor(log10(fabs(v))));
	return isfinite(scale) && scale != 0 ? nearbyint(v * scale) / scale : v;
}
