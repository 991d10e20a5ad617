/* SPDX-License-Identifier: MIT */
#include "jschema/number.h"

enum { HEAD = 19, PLAIN_EXP = 90000 /* the lexer gives larger exponents up */ };

__extension__ typedef unsigned __int128 u128;

static const uint64_t pow10[] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
	1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
	1000000000000000000, 10000000000000000000u,
};

static int count_digits(uint64_t v)
{
	/* 1233 / 4096 is a little over log10(2). */
	int guess = ((64 - __builtin_clzll(v)) * 1233) >> 12;

	return guess + (v >= pow10[guess]);
}

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

static int64_t read_exponent(const char *p, const char *end)
{
	bool neg = false;
	int64_t v = 0;

	if (p == end)
		return 0;
	p++;
	if (*p == '+' || *p == '-')
		neg = *p++ == '-';
	for (; p < end; p++)
		v = v < INT64_C(1000000000000000) ? v * 10 + (*p - '0') : v;
	return neg ? -v : v;
}

/* Any number of digits, any exponent. */
static void init_text(struct slo_jdec *d, const char *p, const char *end)
{
	const char *exp = p, *first, *dot;
	int n = 0;

	while (exp < end && *exp != 'e' && *exp != 'E')
		exp++;
	dot = memchr(p, '.', (size_t)(exp - p));
	for (first = p; first < exp && !(is_digit(*first) && *first != '0'); first++)
		;
	if (first == exp)
		return;
	d->neg = *p == '-';
	dot = dot ? dot : exp;
	d->top = read_exponent(exp, end) + (first < dot ? dot - first : dot - first + 1);
	for (p = first; p < exp && n < HEAD; p++)
		if (is_digit(*p)) {
			d->head = d->head * 10 + (uint64_t)(*p - '0');
			n++;
		}
	d->head *= pow10[HEAD - n];
	d->rest = d->end = p;
	for (; p < exp; p++)
		if (is_digit(*p) && *p != '0')
			d->end = p + 1;
}

void slo_jdec_init(struct slo_jdec *d, const struct slo_jnode *n)
{
	int digits;

	*d = (struct slo_jdec){ 0 };
	if (n->p && (n->cut || n->exp10 <= -PLAIN_EXP || n->exp10 >= PLAIN_EXP)) {
		init_text(d, n->p, n->p + n->len);
		return;
	}
	if (n->digits == 0)
		return;
	digits = count_digits(n->digits);
	d->neg = n->neg;
	d->top = (int64_t)digits + n->exp10;
	/* Nineteen digits at most, or the node were cut. */
	d->head = n->digits * pow10[HEAD - digits];
}

static int cmp_rest(const struct slo_jdec *a, const struct slo_jdec *b)
{
	const char *p = a->rest, *q = b->rest;

	for (;; p++, q++) {
		while (p < a->end && *p == '.')
			p++;
		while (q < b->end && *q == '.')
			q++;
		if (p == a->end || q == b->end)
			return (p < a->end) - (q < b->end);
		if (*p != *q)
			return *p < *q ? -1 : 1;
	}
}

static int cmp_size(const struct slo_jdec *a, const struct slo_jdec *b)
{
	if (!a->head || !b->head)
		return (a->head > 0) - (b->head > 0);
	if (a->top != b->top)
		return a->top < b->top ? -1 : 1;
	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	return cmp_rest(a, b);
}

int slo_jdec_cmp(const struct slo_jdec *a, const struct slo_jdec *b)
{
	if (a->neg != b->neg)
		return a->neg ? -1 : 1;
	return a->neg ? cmp_size(b, a) : cmp_size(a, b);
}

/* The digits that matter. Return: how many; @head keeps only as many of its 19 as it needs. */
static int64_t significant(const struct slo_jdec *d, uint64_t *head)
{
	int64_t n = HEAD;

	*head = d->head;
	if (d->rest == d->end) {
		while (*head && *head % 10 == 0) {
			*head /= 10;
			n--;
		}
		return n;
	}
	for (const char *p = d->rest; p < d->end; p++)
		n += *p != '.';
	return n;
}

bool slo_jdec_integral(const struct slo_jdec *d)
{
	uint64_t head;

	return !d->head || d->top >= significant(d, &head);
}

/* @r * 10^n modulo @m. */
static uint64_t shift_modulo(uint64_t r, uint64_t n, uint64_t m)
{
	u128 base = 10 % m, v = r % m;

	for (; n; n >>= 1) {
		if (n & 1)
			v = v * base % m;
		base = base * base % m;
	}
	return (uint64_t)v;
}

bool slo_jdec_multiple(const struct slo_jdec *a, const struct slo_jdec *b)
{
	uint64_t head, unit, r;
	int64_t shift;

	if (!a->head)
		return true;
	shift = a->top - significant(a, &head);
	shift -= b->top - significant(b, &unit);
	/* @a's last digit is not zero, so it is no multiple of ten units. */
	if (shift < 0)
		return false;
	r = head % unit;
	for (const char *p = a->rest; p < a->end; p++)
		if (*p != '.')
			r = (uint64_t)(((u128)r * 10 + (unsigned int)(*p - '0')) % unit);
	return shift_modulo(r, (uint64_t)shift, unit) == 0;
}

uint64_t slo_jdec_hash(const struct slo_jdec *d)
{
	return (d->head ^ (uint64_t)d->top << 40 ^ d->neg) * UINT64_C(0x9e3779b97f4a7c15);
}
