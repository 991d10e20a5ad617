/* SPDX-License-Identifier: MIT */
/*
 * Numbers to text and back: strict, independent of the locale, exact.
 */
#ifndef SLO_BASE_NUM_H
#define SLO_BASE_NUM_H

#include "base/str.h"

#include <stdint.h>

enum { SLO_NUM_MAX = 32 }; /* bytes slo_fmt_*() may write, no NUL */

/**
 * slo_parse_i64 - the whole of @s as a decimal integer
 *
 * Return: 0; -EINVAL if @s is not [-]digits; -ERANGE if it does not fit.
 * @out is unchanged on failure.
 */
int slo_parse_i64(struct slo_str s, int64_t *out);

/**
 * slo_parse_f64 - the whole of @s as a JSON-grammar number
 *
 * Correctly rounded. Return: 0, -EINVAL, or -ERANGE for a value beyond the
 * largest double (underflow gives 0 or a subnormal, as IEEE 754 rounds).
 */
int slo_parse_f64(struct slo_str s, double *out);

/** slo_fmt_i64 - print @v in decimal. Return: bytes written to @to (at least SLO_NUM_MAX large). */
size_t slo_fmt_i64(char *to, int64_t v);

/**
 * slo_fmt_f64 - the shortest decimal that reads back as @v
 *
 * Integral values print without ".0"; an exponent appears below 1e-6 and from
 * 1e21. @v must be finite. Return: bytes written to @to.
 */
size_t slo_fmt_f64(char *to, double v);

/**
 * slo_round_digits - @v to @digits significant decimal digits, 1 to 15
 *
 * For what is printed and must not depend on the last bit of a libm. 0, NaN and infinities come back as they are.
 */
double slo_round_digits(double v, int digits);

#endif
