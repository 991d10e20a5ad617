/* SPDX-License-Identifier: MIT */
/* Cursor primitives of the lexer, the decoder and the encoder. */
#ifndef SLO_REC_INTERNAL_H
#define SLO_REC_INTERNAL_H

#include "rec/lex.h"

#include <errno.h>

/* What may come next. */
enum {
	WANT_VALUE,          /* a value */
	WANT_VALUE_OR_CLOSE, /* behind '[' */
	WANT_KEY,            /* behind ',' in an object */
	WANT_KEY_OR_CLOSE,   /* behind '{' */
	WANT_COMMA_OR_CLOSE, /* behind a value inside a container */
	WANT_NOTHING,        /* behind the whole text's value */
};

#define SLO_LOW_BITS  UINT64_C(0x0101010101010101)
#define SLO_HIGH_BITS UINT64_C(0x8080808080808080)

static inline uint64_t slo_load8(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/*
 * The lowest high bit set belongs to the first byte that is a quote, a
 * backslash, a control character or not ASCII. Borrows may set bits above it
 * falsely; bytes of 0x80 and more stop anyway, so the usual "& ~w" is not needed.
 */
static inline uint64_t slo_special_bits(uint64_t w)
{
	return ((w - 0x20 * SLO_LOW_BITS) | ((w ^ '"' * SLO_LOW_BITS) - SLO_LOW_BITS) |
		((w ^ '\\' * SLO_LOW_BITS) - SLO_LOW_BITS) | w) & SLO_HIGH_BITS;
}

static inline bool slo_is_special(char c)
{
	unsigned char u = (unsigned char)c;

	return u < 0x20 || u >= 0x80 || u == '"' || u == '\\';
}

/* The first byte from @p on that a JSON string cannot hold as plain ASCII, or @end. */
static inline const char *slo_plain_end(const char *p, const char *end)
{
	for (; end - p >= 8; p += 8) {
		uint64_t bits = slo_special_bits(slo_load8(p));

		if (bits)
			return p + (__builtin_ctzll(bits) >> 3);
	}
	while (p < end && !slo_is_special(*p))
		p++;
	return p;
}

/* Same @n bytes; short ones, so not worth a call. */
static inline bool slo_same(const char *a, const char *b, size_t n)
{
	uint64_t x, y;
	uint32_t v, w, s, t;

	if (n > 16)
		return memcmp(a, b, n) == 0;
	if (n >= 8) {
		x = slo_load8(a) ^ slo_load8(b);
		y = slo_load8(a + n - 8) ^ slo_load8(b + n - 8);
		return (x | y) == 0;
	}
	if (n >= 4) {
		memcpy(&v, a, 4);
		memcpy(&w, b, 4);
		memcpy(&s, a + n - 4, 4);
		memcpy(&t, b + n - 4, 4);
		return v == w && s == t;
	}
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

/* Length of the valid UTF-8 sequence of two to four bytes at @p, or 0. */
size_t slo_utf8_seq(const char *p, const char *end);

/* Record the reason; the first one stays. Return: -EINVAL. */
int slo_lex_refuse(struct slo_lex *l, const char *at, const char *why);

/* The rest of a string that is not plain ASCII up to its quote: @from its first byte, @p the first special one. */
int slo_lex_string_rest(struct slo_lex *l, const char *from, const char *p, struct slo_str *out);

/* The number at @l->p. */
int slo_lex_number(struct slo_lex *l, struct slo_number *n);

/* "true", "false" or "null" at @l->p. Return: its token or SLO_LEX_ERROR. */
int slo_lex_literal(struct slo_lex *l);

/* The string at @l->p, which is its opening quote. @out NULL: check only. */
static inline int slo_lex_string(struct slo_lex *l, struct slo_str *out)
{
	const char *from = l->p + 1, *p = slo_plain_end(from, l->end);

	if (p == l->end || *p != '"')
		return slo_lex_string_rest(l, from, p, out);
	if (out)
		*out = slo_str_n(from, (size_t)(p - from));
	l->p = p + 1;
	return 0;
}

static inline bool slo_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next byte that is not white space, left in place; 0 at the end (and for a NUL, which no rule accepts). */
static inline char slo_lex_peek(struct slo_lex *l)
{
	while (l->p < l->end && slo_is_space(*l->p))
		l->p++;
	return l->p < l->end ? *l->p : '\0';
}

/* Enter the container whose opening bracket is at @l->p. */
static inline int slo_lex_open(struct slo_lex *l, bool object)
{
	if (l->depth == SLO_LEX_DEPTH_MAX)
		return slo_lex_refuse(l, l->p, "nesting over 64 levels");
	l->objects = (l->objects & ~(UINT64_C(1) << l->depth)) | (uint64_t)object << l->depth;
	l->depth++;
	l->p++;
	return 0;
}

/* Leave the innermost container, whose closing bracket is at @l->p. */
static inline void slo_lex_close(struct slo_lex *l)
{
	l->depth--;
	l->p++;
}

#endif
