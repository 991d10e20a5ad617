/* SPDX-License-Identifier: MIT */
/*
 * A pull lexer for JSON text (RFC 8259) over a pointer and a length: the
 * caller asks for one token after the other, nothing is built. The record
 * codec and the schema validator read through it.
 *
 * It checks everything as it goes: grammar, UTF-8, escapes, surrogate pairs. On
 * top of the RFC it refuses NUL in a string (\u0000, unless told otherwise), nesting over
 * SLO_LEX_DEPTH_MAX levels and numbers beyond the largest double. It does not
 * look for duplicate members.
 *
 * A lexer is a plain value: copy it to remember a place, assign the copy to go
 * back there (strings unescaped since then are overwritten).
 */
#ifndef SLO_REC_LEX_H
#define SLO_REC_LEX_H

#include "rec/rec.h"

enum { SLO_LEX_DEPTH_MAX = 64 };

enum slo_lex_token {
	SLO_LEX_ERROR = -1, /* see slo_lex_fail() */
	SLO_LEX_END,        /* the text ended after one whole value */
	SLO_LEX_OBJECT,
	SLO_LEX_OBJECT_END,
	SLO_LEX_ARRAY,
	SLO_LEX_ARRAY_END,
	SLO_LEX_KEY,        /* a member's name; its value comes next */
	SLO_LEX_STRING,
	SLO_LEX_NUMBER,
	SLO_LEX_TRUE,
	SLO_LEX_FALSE,
	SLO_LEX_NULL
};

/* A number as it was written: (-1)^neg * digits * 10^exp10, unless cut. */
struct slo_number {
	struct slo_str text;
	uint64_t digits;
	int32_t exp10;
	bool neg;
	bool cut;      /* more digits than @digits holds; use slo_number_f64() */
	bool integer;  /* no fraction, no exponent */
	bool fits;     /* @integer and within int64: @i64 is exact */
	int64_t i64;
};

struct slo_lex {
	const char *p;            /* next byte */
	const char *start, *end;
	struct slo_buf *scratch;  /* holds unescaped strings; NULL: escapes are checked and left as they are */
	size_t used;              /* bytes of scratch in use */
	uint64_t objects;         /* bit d-1: the container at depth d is an object */
	uint32_t depth;           /* open containers */
	uint32_t state;           /* private: what may come next */
	bool nul;                 /* may be set after init: \u0000 is a character like any other */
	const char *why;          /* reason of a failure, or NULL */
	int ret;                  /* 0, -EINVAL or -ENOMEM */
};

/* One token. Views live as long as the text, or, with escapes, as the scratch. */
struct slo_lex_value {
	struct slo_str str;       /* KEY, STRING: unescaped */
	struct slo_number num;    /* NUMBER */
	const char *from;         /* first byte of the token */
};

/**
 * slo_lex_init - start reading @len bytes at @text (need not be NUL-terminated)
 * @scratch: borrowed; its contents are overwritten from the start. It grows at most
 *           once per text, before the first unescaped string, so views into it hold.
 */
void slo_lex_init(struct slo_lex *l, const char *text, size_t len, struct slo_buf *scratch);

/** slo_lex_next - the next token. Return: enum slo_lex_token; after ERROR and END always the same again. */
int slo_lex_next(struct slo_lex *l, struct slo_lex_value *v);

/**
 * slo_lex_skip - pass over one value, checking it
 * @raw: set to the value's bytes; may be NULL
 *
 * To be called where a value may stand. Return: 0, -EINVAL.
 */
int slo_lex_skip(struct slo_lex *l, struct slo_str *raw);

/** slo_lex_leave - pass over the rest of the innermost open container and its end. Return: 0, -EINVAL. */
int slo_lex_leave(struct slo_lex *l);

/**
 * slo_lex_fail - hand the lexer's failure on
 * @err: gets "reason at byte N" (from 1)
 *
 * Return: @l->ret.
 */
int slo_lex_fail(const struct slo_lex *l, struct slo_err *err);

/** slo_lex_validate - the text is exactly one JSON value. Return: 0; -EINVAL with @err. */
int slo_lex_validate(const char *text, size_t len, struct slo_err *err);

/** slo_number_f64 - the nearest double. Return: 0, or -ERANGE beyond the largest double. */
int slo_number_f64(const struct slo_number *n, double *out);

/**
 * slo_rec_decode_at - as slo_rec_decode(), for the object at the lexer's place
 *
 * For a caller that reads an envelope of its own with slo_lex_next(); the lexer
 * must unescape into @c->scratch. Afterwards the lexer stands behind the object.
 */
int slo_rec_decode_at(struct slo_rec_ctx *c, const struct slo_rec *r, struct slo_lex *l, void *out,
		      struct slo_err *err);

#endif
