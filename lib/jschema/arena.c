/* SPDX-License-Identifier: MIT */
#include "jschema/arena.h"

#include <errno.h>
#include <stdlib.h>

enum { CHUNK = 16384, FIRST_SLOTS = 64, FIRST_CAP = 16 };

struct slo_jchunk {
	struct slo_jchunk *next;
	size_t used, size;
	_Alignas(16) char bytes[];
};

void *slo_jarena_get(struct slo_jarena *a, size_t n)
{
	struct slo_jchunk *c = a->chunks;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK ? n : CHUNK;

		c = calloc(1, sizeof(*c) + size);
		if (!c)
			return NULL;
		c->size = size;
		c->next = a->chunks;
		a->chunks = c;
	}
	p = c->bytes + c->used;
	c->used += n;
	return p;
}

struct slo_str slo_jarena_str(struct slo_jarena *a, struct slo_str s)
{
	char *p = slo_jarena_get(a, s.len + 1);

	if (!p)
		return (struct slo_str){ NULL, 0 };
	if (s.len)
		memcpy(p, s.p, s.len);
	return slo_str_n(p, s.len);
}

void slo_jarena_fini(struct slo_jarena *a)
{
	while (a->chunks) {
		struct slo_jchunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
}

static void place(struct slo_jindex *x, uint64_t hash, uint32_t value)
{
	uint32_t at = (uint32_t)hash & x->mask;

	while (x->slots[at].value)
		at = (at + 1) & x->mask;
	x->slots[at] = (struct slo_jslot){ hash, value };
	x->used++;
}

static int enlarge(struct slo_jindex *x)
{
	uint32_t n = x->slots ? (x->mask + 1) * 2 : FIRST_SLOTS;
	struct slo_jindex bigger = { calloc(n, sizeof(*bigger.slots)), n - 1, 0 };

	if (!bigger.slots)
		return -ENOMEM;
	for (uint32_t i = 0; x->slots && i <= x->mask; i++)
		if (x->slots[i].value)
			place(&bigger, x->slots[i].hash, x->slots[i].value);
	free(x->slots);
	*x = bigger;
	return 0;
}

int slo_jindex_add(struct slo_jindex *x, uint64_t hash, uint32_t value)
{
	if ((!x->slots || x->used * 2 > x->mask) && enlarge(x))
		return -ENOMEM;
	place(x, hash, value + 1);
	return 0;
}

uint32_t slo_jindex_next(const struct slo_jindex *x, uint64_t hash, uint32_t *at)
{
	if (!x->slots)
		return UINT32_MAX;
	*at = *at == UINT32_MAX ? (uint32_t)hash & x->mask : (*at + 1) & x->mask;
	for (; x->slots[*at].value; *at = (*at + 1) & x->mask)
		if (x->slots[*at].hash == hash)
			return x->slots[*at].value - 1;
	return UINT32_MAX;
}

void slo_jindex_fini(struct slo_jindex *x)
{
	free(x->slots);
	*x = (struct slo_jindex){ 0 };
}

void *slo_jgrow(void *v, uint32_t count, uint32_t *cap, size_t size)
{
	uint32_t n = *cap ? *cap * 2 : FIRST_CAP;
	void *p;

	if (count < *cap)
		return v;
	p = realloc(v, n * size);
	if (p)
		*cap = n;
	return p;
}
