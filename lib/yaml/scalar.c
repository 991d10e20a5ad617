/* SPDX-License-Identifier: MIT */
#include "yaml/scalar.h"

#include "base/num.h"

#include <errno.h>
#include <stdio.h>

enum { NUMBER_MAX = 400 }; /* characters of a float that is still taken for one */

enum word { WORD_NULL, WORD_TRUE, WORD_FALSE, WORD_NOT_FINITE };

static const struct {
	const char *text;
	enum word means;
} words[] = {
	{ "", WORD_NULL },           { "~", WORD_NULL },          { "null", WORD_NULL },
	{ "Null", WORD_NULL },       { "NULL", WORD_NULL },       { "true", WORD_TRUE },
	{ "True", WORD_TRUE },       { "TRUE", WORD_TRUE },       { "false", WORD_FALSE },
	{ "False", WORD_FALSE },     { "FALSE", WORD_FALSE },     { ".inf", WORD_NOT_FINITE },
	{ ".Inf", WORD_NOT_FINITE }, { ".INF", WORD_NOT_FINITE }, { ".nan", WORD_NOT_FINITE },
	{ ".NaN", WORD_NOT_FINITE }, { ".NAN", WORD_NOT_FINITE },
};

static const char *const too_large = "integer beyond 64 bits";
static const char *const not_finite = "infinities and NaN are not supported";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(struct slo_str s, size_t i)
{
	size_t from = i;

	while (i < s.len && is_digit(s.p[i]))
		i++;
	return i - from;
}

static int digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* "0x1F" and "0o17", which have no sign. Return: 1 taken, 0 not of this form, -ERANGE. */
static int parse_based(struct slo_str s, json_int_t *out)
{
	int base = 0;
	json_int_t v = 0;

	if (s.len > 2 && s.p[0] == '0')
		base = s.p[1] == 'x' ? 16 : s.p[1] == 'o' ? 8 : 0;
	if (!base)
		return 0;
	for (size_t i = 2; i < s.len; i++) {
		if (digit_value(s.p[i]) >= base)
			return 0;
	}
	for (size_t i = 2; i < s.len; i++) {
		if (v > (INT64_MAX - digit_value(s.p[i])) / base)
			return -ERANGE;
		v = v * base + digit_value(s.p[i]);
	}
	*out = v;
	return 1;
}

/* [-+]digits; leading zeros do not make it octal. Return: as parse_based(). */
static int parse_decimal(struct slo_str s, json_int_t *out)
{
	size_t i = s.len > 0 && (s.p[0] == '-' || s.p[0] == '+');
	bool negative = i && s.p[0] == '-';
	json_int_t v = 0; /* kept negative: INT64_MIN has no positive twin */

	if (i == s.len || digits(s, i) != s.len - i)
		return 0;
	for (; i < s.len; i++) {
		int d = s.p[i] - '0';

		if (v < (INT64_MIN + d) / 10)
			return -ERANGE;
		v = v * 10 - d;
	}
	if (!negative && v == INT64_MIN)
		return -ERANGE;
	*out = negative ? v : -v;
	return 1;
}

/* Copy [-+]?(.d+|d+(.d*)?)([eE][-+]?d+)? as JSON would write it. Return: its length, 0 when it is no number. */
static size_t normalise_float(struct slo_str s, char to[NUMBER_MAX + 8])
{
	size_t i = s.len > 0 && (s.p[0] == '-' || s.p[0] == '+');
	size_t n = 0, whole, fraction = 0, exponent;

	if (s.len > NUMBER_MAX)
		return 0;
	if (i && s.p[0] == '-')
		to[n++] = '-';
	whole = digits(s, i);
	while (whole > 1 && s.p[i] == '0') {
		i++;
		whole--;
	}
	if (whole == 0)
		to[n++] = '0';
	memcpy(to + n, s.p + i, whole);
	n += whole;
	i += whole;
	if (i < s.len && s.p[i] == '.') {
		fraction = digits(s, ++i);
		if (fraction) {
			to[n++] = '.';
			memcpy(to + n, s.p + i, fraction);
		}
		n += fraction;
		i += fraction;
	}
	if (whole + fraction == 0)
		return 0;
	if (i < s.len && (s.p[i] == 'e' || s.p[i] == 'E')) {
		to[n++] = 'e';
		i++;
		if (i < s.len && (s.p[i] == '-' || s.p[i] == '+'))
			to[n++] = s.p[i++];
		exponent = digits(s, i);
		if (!exponent)
			return 0;
		memcpy(to + n, s.p + i, exponent);
		n += exponent;
		i += exponent;
	}
	return i == s.len ? n : 0;
}

static json_t *word_value(enum word w, const char **why)
{
	switch (w) {
	case WORD_NULL:
		return json_null();
	case WORD_TRUE:
		return json_true();
	case WORD_FALSE:
		return json_false();
	case WORD_NOT_FINITE:
		break;
	}
	*why = not_finite;
	return NULL;
}

json_t *slo_yaml_scalar(struct slo_str s, const char **why)
{
	char number[NUMBER_MAX + 8];
	struct slo_str bare = s;
	json_int_t integer = 0;
	double real = 0;
	size_t n;
	int is_int;

	if (s.len > 1 && (s.p[0] == '-' || s.p[0] == '+') && s.p[1] == '.' && s.len == 5)
		bare = slo_str_n(s.p + 1, s.len - 1);
	for (size_t i = 0; i < SLO_ARRAY_LEN(words); i++) {
		if (slo_str_is(words[i].means == WORD_NOT_FINITE ? bare : s, words[i].text))
			return word_value(words[i].means, why);
	}
	is_int = parse_based(s, &integer);
	if (is_int == 0)
		is_int = parse_decimal(s, &integer);
	if (is_int < 0) {
		*why = too_large;
		return NULL;
	}
	if (is_int)
		return json_integer(integer);
	n = normalise_float(s, number);
	if (n == 0)
		return json_stringn(s.p, s.len);
	if (slo_parse_f64(slo_str_n(number, n), &real)) {
		*why = "number too large";
		return NULL;
	}
	return json_real(real);
}
