/* SPDX-License-Identifier: MIT */
/*
 * The reader of ECMA-262 patterns. It goes over the source twice: first for the
 * groups, which a reference may name before they begin, then to write the
 * translation. Private to the module.
 */
#ifndef SLO_JSCHEMA_PATTERN_PARSE_H
#define SLO_JSCHEMA_PATTERN_PARSE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PATTERN_SOURCE_MAX = 1 << 16, /* bytes of a pattern */
	PATTERN_OUT_MAX = 1 << 22,    /* bytes of its translation */
	PATTERN_GROUPS = 1000,        /* parentheses in a pattern */
	PATTERN_DEPTH = 200,          /* parentheses within each other; PCRE2 has 250 */
	PATTERN_REPEAT_MAX = 65535,   /* PCRE2's largest count */
};

enum slo_pattern_kind { PATTERN_ALL, PATTERN_CAPTURE, PATTERN_PLAIN, PATTERN_AHEAD, PATTERN_BEHIND };

struct slo_pattern_group {
	uint32_t open, close;  /* bytes of the source: its parenthesis, and after the closing one */
	uint32_t out;          /* byte of the translation where it begins */
	uint32_t name_at;      /* byte of the source */
	uint16_t name_len;     /* 0 = no name */
	uint16_t number;       /* of the capture, from 1; 0 = none */
	uint16_t parent;       /* index of the group around it; group 0 is the whole pattern */
	uint8_t kind;          /* enum slo_pattern_kind */
	bool branches;         /* has | at its top */
	bool optional;         /* may be repeated zero times */
	bool repeated;         /* may be repeated more than once */
	bool empty;            /* may match nothing, as far as can be seen without following references */
};

struct slo_pattern_parse {
	struct slo_str src;
	size_t at;                /* next byte of @src */
	struct slo_buf *out;      /* NULL: the syntax is checked, and nothing is written */
	struct slo_err *err;
	bool second;              /* the groups are known */
	bool referred;            /* there is a reference back */
	bool consumed;            /* the alternative that is being read takes at least one character */
	unsigned int depth;
	uint16_t in;              /* the group that is being read */
	uint16_t next;            /* the group that begins next */
	uint16_t groups;          /* all of them, group 0 included */
	uint16_t captures;
	struct slo_pattern_group group[PATTERN_GROUPS];
};

/**
 * slo_pattern_parse - check @source, and translate it to PCRE2
 * @p:   scratch; keeps the groups, to say where an error of the engine is
 * @out: where the translation goes (empty; at most PATTERN_OUT_MAX bytes); NULL = is it ECMA-262 at all?
 *       Without it nothing is allocated, and what ECMA-262 has but PCRE2 does not is no error.
 *
 * Return: 0; -EINVAL with @err; -ENOMEM.
 */
int slo_pattern_parse(struct slo_pattern_parse *p, struct slo_str source, struct slo_buf *out, struct slo_err *err);

/* The parts below call each other. */

/** slo_pattern_fail - "byte N: what"; returns -EINVAL. */
int slo_pattern_fail(struct slo_pattern_parse *p, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** slo_pattern_peek - the byte @n after the next one, -1 beyond the end. */
static inline int slo_pattern_peek(const struct slo_pattern_parse *p, size_t n)
{
	return n < p->src.len - p->at ? (unsigned char)p->src.p[p->at + n] : -1;
}

void slo_pattern_put(struct slo_pattern_parse *p, const char *text);
void slo_pattern_put_char(struct slo_pattern_parse *p, uint32_t cp);

/** slo_pattern_escape - the escape of a character whose backslash was read; 0 or -EINVAL. */
int slo_pattern_escape(struct slo_pattern_parse *p, bool in_class, uint32_t *cp);

/** slo_pattern_set - \d \s \w \p or an opposite, whose letter is next. Return: 1 written, 0 none of them, -EINVAL. */
int slo_pattern_set(struct slo_pattern_parse *p, bool in_class);

/** slo_pattern_class - from after [ to after ]. */
int slo_pattern_class(struct slo_pattern_parse *p);

/** slo_pattern_property - what is in the braces of \p{} as PCRE2 items; NULL when ECMA-262 or PCRE2 has no such. */
bool slo_pattern_property(struct slo_str name, bool negated, bool in_class, struct slo_buf *out);

/** slo_pattern_name - the name of a group and its >; where it is goes to @at and @len. */
int slo_pattern_name(struct slo_pattern_parse *p, size_t *at, size_t *len);

/** slo_pattern_name_eq - the same name? */
bool slo_pattern_name_eq(const struct slo_pattern_parse *p, size_t at, size_t len, const struct slo_pattern_group *g);

/** slo_pattern_reference - what refers back to the capture @number, written at byte @at. */
int slo_pattern_reference(struct slo_pattern_parse *p, size_t at, uint16_t number);

#endif
