/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMALLEST = 256 };

void slo_buf_init(struct slo_buf *b, size_t max)
{
	*b = (struct slo_buf){ .max = max };
}

void slo_buf_fini(struct slo_buf *b)
{
	free(b->data);
	slo_buf_init(b, b->max);
}

void slo_buf_reset(struct slo_buf *b)
{
	b->len = 0;
	b->err = 0;
	if (b->data)
		b->data[0] = '\0';
}

static int grow(struct slo_buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : SMALLEST;
	char *data;

	while (cap < need)
		cap *= 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	data = realloc(b->data, cap);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

char *slo_buf_room(struct slo_buf *b, size_t n)
{
	if (b->err)
		return NULL;
	if (n > b->max - b->len) {
		b->err = -EMSGSIZE;
		return NULL;
	}
	if (b->len + n + 1 > b->cap) {
		b->err = grow(b, b->len + n + 1);
		if (b->err)
			return NULL;
	}
	return b->data + b->len;
}

void slo_buf_add(struct slo_buf *b, const void *p, size_t n)
{
	char *to = slo_buf_room(b, n);

	if (!to)
		return;
	if (n > 0)
		memcpy(to, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void slo_buf_adds(struct slo_buf *b, const char *s)
{
	slo_buf_add(b, s, strlen(s));
}

void slo_buf_addc(struct slo_buf *b, char c)
{
	slo_buf_add(b, &c, 1);
}

void slo_buf_addf(struct slo_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	char *to;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	to = n < 0 ? NULL : slo_buf_room(b, (size_t)n);
	if (to) {
		vsnprintf(to, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void slo_buf_drop(struct slo_buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	b->data[b->len] = '\0';
}

struct slo_str slo_buf_str(const struct slo_buf *b)
{
	return (struct slo_str){ b->data ? b->data : "", b->len };
}
