/* SPDX-License-Identifier: MIT */
/* Numbers: one scan for grammar and digits, then int64 or the nearest double. */
#include "base/num.h"
#include "rec/internal.h"

enum { MAX_DIGITS = 19 /* any 19 digits fit 64 bits */ };

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

/* A run of digits, at least one. Return: behind it, or NULL. */
static const char *take_digits(const char *p, const char *end, uint64_t *digits)
{
	const char *from = p;
	uint64_t v = *digits;

	for (; p < end && is_digit(*p); p++)
		v = v * 10 + (uint64_t)(*p - '0');
	*digits = v;
	return p == from ? NULL : p;
}

/* "e-12" at @p. Return: behind it, or NULL. */
static const char *take_exponent(const char *p, const char *end, int32_t *exp10)
{
	const char *from;
	bool neg = false;
	int32_t e = 0;

	p++;
	if (p < end && (*p == '+' || *p == '-'))
		neg = *p++ == '-';
	for (from = p; p < end && is_digit(*p); p++)
		e = e < 100000 ? e * 10 + (*p - '0') : e;
	*exp10 += neg ? -e : e;
	return p == from ? NULL : p;
}

static void set_i64(struct slo_number *n)
{
	uint64_t limit = (uint64_t)INT64_MAX + n->neg;

	n->integer = true;
	n->fits = !n->cut && n->digits <= limit;
	n->i64 = (int64_t)(n->neg ? 0 - n->digits : n->digits);
}

/* Fraction and exponent, from @p on. Return: behind them, or NULL. */
static const char *take_rest(const char *p, const char *end, struct slo_number *n, size_t whole)
{
	const char *dot = p;

	n->integer = n->fits = false;
	if (*p == '.') {
		p = take_digits(p + 1, end, &n->digits);
		if (!p)
			return NULL;
		n->exp10 = (int32_t)(dot + 1 - p);
		n->cut = whole + (size_t)(p - dot - 1) > MAX_DIGITS;
	}
	if (p < end && (*p == 'e' || *p == 'E'))
		p = take_exponent(p, end, &n->exp10);
	return p;
}

int slo_lex_number(struct slo_lex *l, struct slo_number *n)
{
	const char *p = l->p, *end = l->end, *first;
	double d;

	n->neg = *p == '-';
	p += n->neg;
	first = p;
	n->digits = 0;
	n->exp10 = 0;
	p = take_digits(p, end, &n->digits);
	if (!p)
		return slo_lex_refuse(l, l->p, "'-' without a number");
	if (*first == '0' && p - first > 1)
		return slo_lex_refuse(l, l->p, "number with a leading zero");
	n->cut = p - first > MAX_DIGITS;
	if (p < end && (*p == '.' || *p == 'e' || *p == 'E')) {
		p = take_rest(p, end, n, (size_t)(p - first));
		if (!p)
			return slo_lex_refuse(l, l->p, "number without digits");
	} else {
		set_i64(n);
	}
	n->text = slo_str_n(l->p, (size_t)(p - l->p));
	/* The value is below 10^(digits + exp10); most numbers are far from the largest double. */
	if ((int64_t)n->text.len + n->exp10 > 300 && slo_number_f64(n, &d))
		return slo_lex_refuse(l, l->p, "number beyond the largest double");
	l->p = p;
	return 0;
}

/*
 * @digits / 10^k, correctly rounded: the quotient of the digits shifted to the top
 * of 128 bits has at least 64 bits, and the remainder says whether they are all.
 */
static double divide_exactly(uint64_t digits, int k)
{
	static const uint64_t pow10[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
		100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
		10000000000000000, 100000000000000000, 1000000000000000000, 10000000000000000000u,
	};
	__extension__ typedef unsigned __int128 u128;
	int shift = __builtin_clzll(digits) + 64;
	u128 n = (u128)digits << shift, q = n / pow10[k];
	bool more = q * pow10[k] != n;
	int drop = 0;
	uint64_t top;

	if (q >> 64)
		drop = 64 - __builtin_clzll((uint64_t)(q >> 64));
	more |= (q & (((u128)1 << drop) - 1)) != 0;
	/* 64 bits, the lowest made sticky, round to 53 as all of them would. */
	top = (uint64_t)(q >> drop) | more;
	return ldexp((double)top, drop - shift);
}

int slo_number_f64(const struct slo_number *n, double *out)
{
	static const double exact[] = {
		1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	};
	double v = (double)n->digits;

	if (n->cut)
		return slo_parse_f64(n->text, out);
	if (n->digits >> 53 == 0 && n->exp10 >= -22 && n->exp10 <= 22)
		/* Both operands are exact, so one rounding is all there is (Clinger 1990). */
		v = n->exp10 < 0 ? v / exact[-n->exp10] : v * exact[n->exp10];
	else if (n->exp10 == 0)
		; /* the conversion from 64 bits has rounded already */
	else if (n->digits && n->exp10 < 0 && n->exp10 >= -19)
		v = divide_exactly(n->digits, -n->exp10);
	else
		return slo_parse_f64(n->text, out);
	*out = n->neg ? -v : v;
	return 0;
}
