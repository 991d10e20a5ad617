/* SPDX-License-Identifier: MIT */
#include "net/otlp_arena.h"

#include <errno.h>
#include <stdlib.h>

enum {
	CHUNK = 256 << 10,    /* bytes of an ordinary chunk */
	KEEP = 16,            /* chunks kept for the next message */
	ALIGN = _Alignof(max_align_t),
};

struct slo_otlp_chunk {
	struct slo_otlp_chunk *next;
	size_t cap, used;
	max_align_t data[];
};

void slo_otlp_arena_init(struct slo_otlp_arena *a, size_t max)
{
	*a = (struct slo_otlp_arena){ .max = max };
}

static void free_from(struct slo_otlp_chunk *c)
{
	while (c) {
		struct slo_otlp_chunk *next = c->next;

		free(c);
		c = next;
	}
}

void slo_otlp_arena_fini(struct slo_otlp_arena *a)
{
	free_from(a->first);
	slo_otlp_arena_init(a, a->max);
}

void slo_otlp_arena_reset(struct slo_otlp_arena *a)
{
	struct slo_otlp_chunk **p = &a->first;

	for (size_t kept = 0; *p;) {
		struct slo_otlp_chunk *c = *p;

		if (c->cap == CHUNK && kept < KEEP) {
			c->used = 0;
			kept++;
			p = &c->next;
			continue;
		}
		*p = c->next;
		free(c);
	}
	a->now = a->first;
	a->used = 0;
	a->err = 0;
}

static struct slo_otlp_chunk *new_chunk(size_t cap)
{
	struct slo_otlp_chunk *c = malloc(sizeof(*c) + cap);

	if (c)
		*c = (struct slo_otlp_chunk){ .cap = cap };
	return c;
}

/* A chunk with room for @n bytes, right behind the one that is being filled. */
static bool add_chunk(struct slo_otlp_arena *a, size_t n)
{
	struct slo_otlp_chunk *c;

	if (n <= CHUNK && a->now && a->now->next && a->now->next->used == 0) {
		a->now = a->now->next;
		return true;
	}
	c = new_chunk(n > CHUNK ? n : CHUNK);
	if (!c)
		return false;
	if (!a->now) {
		a->first = a->now = c;
		return true;
	}
	c->next = a->now->next;
	a->now->next = c;
	a->now = c;
	return true;
}

void *slo_otlp_arena_get(struct slo_otlp_arena *a, size_t n)
{
	char *p;

	if (n > a->max || (n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1)) > a->max - a->used) {
		a->err = -EMSGSIZE;
		return NULL;
	}
	if ((!a->now || a->now->cap - a->now->used < n) && !add_chunk(a, n)) {
		a->err = -ENOMEM;
		return NULL;
	}
	p = (char *)a->now->data + a->now->used;
	a->now->used += n;
	a->used += n;
	return p;
}

char *slo_otlp_arena_text(struct slo_otlp_arena *a, struct slo_str s)
{
	char *p = slo_otlp_arena_get(a, s.len + 1);

	if (p) {
		if (s.len)
			memcpy(p, s.p, s.len);
		p[s.len] = '\0';
	}
	return p;
}

bool slo_otlp_arena_push(struct slo_otlp_arena *a, void *array, size_t *n, const void *item, size_t size)
{
	char *items;

	memcpy(&items, array, sizeof(items));
	/* Full at 0, 4, 8, 16, …: the capacity follows from the count. */
	if (*n == 0 || (*n >= 4 && (*n & (*n - 1)) == 0)) {
		char *more = slo_otlp_arena_get(a, (*n ? *n * 2 : 4) * size);

		if (!more)
			return false;
		if (*n)
			memcpy(more, items, *n * size);
		items = more;
		memcpy(array, &items, sizeof(items));
	}
	memcpy(items + *n * size, item, size);
	(*n)++;
	return true;
}
