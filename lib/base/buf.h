/* SPDX-License-Identifier: MIT */
/*
 * A growable byte buffer with a hard maximum and a sticky error, so that a
 * long sequence of adds is checked once at its end.
 *
 * Life cycle: slo_buf_init, add…, slo_buf_reset to reuse the memory,
 * slo_buf_fini to release it (which leaves an empty buffer of the same maximum).
 */
#ifndef SLO_BASE_BUF_H
#define SLO_BASE_BUF_H

#include "base/str.h"

struct slo_buf {
	char *data;  /* @len bytes and a NUL after them, or NULL while empty */
	size_t len;  /* bytes in use */
	size_t cap;  /* bytes allocated */
	size_t max;  /* bytes @len may never exceed */
	int err;     /* 0, or the first -ENOMEM / -EMSGSIZE; later adds do nothing */
};

/** slo_buf_init - an empty buffer that refuses to hold more than @max bytes. */
void slo_buf_init(struct slo_buf *b, size_t max);
void slo_buf_fini(struct slo_buf *b);

/** slo_buf_reset - empty it, keep the memory, clear the sticky error. */
void slo_buf_reset(struct slo_buf *b);

/**
 * slo_buf_room - make room for @n more bytes
 *
 * Return: where to write them (the caller then adds to @b->len), or NULL with
 * @b->err set.
 */
char *slo_buf_room(struct slo_buf *b, size_t n);

void slo_buf_add(struct slo_buf *b, const void *p, size_t n);
void slo_buf_adds(struct slo_buf *b, const char *s);
void slo_buf_addc(struct slo_buf *b, char c);
void slo_buf_addf(struct slo_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** slo_buf_drop - remove the first @n bytes (@n <= len). */
void slo_buf_drop(struct slo_buf *b, size_t n);

/** slo_buf_str - a view of the contents; valid until the next add. */
struct slo_str slo_buf_str(const struct slo_buf *b);

#endif
