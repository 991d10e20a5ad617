/* SPDX-License-Identifier: MIT */
/*
 * Exact arithmetic on the decimals that were written: bounds, multipleOf and
 * equality never go through a double. What a schema says reaches us as int64 or
 * as a double, which counts as the shortest decimal that reads back as it, so
 * 0.1 is one tenth. Numbers of an instance are limited only by the lexer (below
 * the largest double); cost grows with the digits written, not with exponents.
 */
#ifndef SLO_JSCHEMA_NUMBER_H
#define SLO_JSCHEMA_NUMBER_H

#include "jschema/tape.h"

/* (-1)^neg * 0.DDD... * 10^top */
struct slo_jdec {
	uint64_t head;      /* the first 19 significant digits, as a number of 19 digits; 0 for zero */
	int64_t top;        /* 0 for zero */
	const char *rest;   /* further digits, with a '.' perhaps among them */
	const char *end;    /* behind the last that is not zero; = @rest when there are none */
	bool neg;           /* never for zero */
};

void slo_jdec_init(struct slo_jdec *d, const struct slo_jnode *n);

/** slo_jdec_cmp - Return: less than, equal to or greater than 0, as @a is to @b. */
int slo_jdec_cmp(const struct slo_jdec *a, const struct slo_jdec *b);

/** slo_jdec_integral - has it no fraction? */
bool slo_jdec_integral(const struct slo_jdec *d);

/** slo_jdec_multiple - is @a an integer times @b? @b not zero, of at most 19 digits. */
bool slo_jdec_multiple(const struct slo_jdec *a, const struct slo_jdec *b);

/** slo_jdec_hash - equal numbers have equal ones. */
uint64_t slo_jdec_hash(const struct slo_jdec *d);

#endif
