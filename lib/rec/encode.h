/* SPDX-License-Identifier: MIT */
/* Appending without a NUL after every piece. Private to this folder. */
#ifndef SLO_REC_ENCODE_H
#define SLO_REC_ENCODE_H

#include "rec/internal.h"

/* Where to write @n more bytes, or NULL with @b->err set. */
static inline char *slo_enc_room(struct slo_buf *b, size_t n)
{
	if (!b->err && n < b->cap - b->len && n <= b->max - b->len)
		return b->data + b->len;
	return slo_buf_room(b, n);
}

static inline void slo_enc_add(struct slo_buf *b, const char *p, size_t n)
{
	char *to = slo_enc_room(b, n);

	if (to && n) {
		memcpy(to, p, n);
		b->len += n;
	}
}

void slo_enc_str(struct slo_buf *out, struct slo_str s);
void slo_enc_f64(struct slo_buf *out, double v); /* finite */
void slo_enc_i64(struct slo_buf *out, int64_t v);

#endif
