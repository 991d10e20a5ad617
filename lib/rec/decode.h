/* SPDX-License-Identifier: MIT */
/* The decoder's state, and what it says when it refuses. Private to this folder. */
#ifndef SLO_REC_DECODE_H
#define SLO_REC_DECODE_H

#include "rec/internal.h"

struct decoder {
	struct slo_lex *lex;
	struct slo_rec_ctx *ctx;
	struct slo_err *err; /* NULL when nobody asks, or a reason is recorded already */
};

/* All of these record a reason and return -EINVAL (or the lexer's failure). */

/* The value at hand is not @want; says what it is. */
int slo_dec_mismatch(struct decoder *d, const char *want);

/* The same, quoting the value. */
int slo_dec_mismatch_text(struct decoder *d, const char *want, struct slo_str found);
int slo_dec_refuse(struct decoder *d, struct slo_str found, const char *why);
int slo_dec_out_of_range(struct decoder *d, const struct slo_rec_field *f, struct slo_str found);
int slo_dec_does_not_fit(struct decoder *d, struct slo_str found, int64_t lo, int64_t hi);
int slo_dec_not_in(struct decoder *d, const struct slo_enum *e, struct slo_str found);

/* Put a member's name or an element's index in front of the path; hand @r on. */
int slo_dec_at_member(struct decoder *d, int r, struct slo_str key);
int slo_dec_inside(struct decoder *d, int r, uint32_t index);

/* Write one member's absent value into the struct @out. */
void slo_rec_clear_field(const struct slo_rec_field *f, char *out);

/* The number at hand. */
static inline int slo_dec_number(struct decoder *d, const char *want, struct slo_number *n)
{
	char c = slo_lex_peek(d->lex);

	if (c != '-' && (unsigned char)(c - '0') > 9)
		return slo_dec_mismatch(d, want);
	return slo_lex_number(d->lex, n);
}

#endif
