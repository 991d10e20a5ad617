/* SPDX-License-Identifier: MIT */
#include "jschema/value.h"

#include "base/table.h"
#include "jschema/number.h"

enum { FEW = 8 /* items compared each with each */ };

static bool same_number(const struct slo_jnode *a, const struct slo_jnode *b)
{
	struct slo_jdec x, y;

	if (a->fits && b->fits)
		return a->digits == b->digits && (a->neg == b->neg || a->digits == 0);
	slo_jdec_init(&x, a);
	slo_jdec_init(&y, b);
	return slo_jdec_cmp(&x, &y) == 0;
}

static bool same_items(const struct slo_jnode *a, const struct slo_jnode *b, int64_t *budget)
{
	const struct slo_jnode *q = b + 1;

	SLO_JNODE_EACH(p, a) {
		if (!slo_jnode_eq(p, q, budget))
			return false;
		q += q->skip;
	}
	return true;
}

static bool has_name(const struct slo_jnode *n, struct slo_str key, uint32_t hash)
{
	return n->key_hash == hash && n->key_len == key.len && memcmp(n->key, key.p, key.len) == 0;
}

const struct slo_jnode *slo_jnode_member(const struct slo_jnode *n, struct slo_str key, uint32_t hash)
{
	SLO_JNODE_EACH(c, n)
		if (has_name(c, key, hash))
			return c;
	return NULL;
}

/* Equal objects mostly have their members in the same order. */
static bool same_members(const struct slo_jnode *a, const struct slo_jnode *b, int64_t *budget)
{
	const struct slo_jnode *next = b + 1;

	SLO_JNODE_EACH(p, a) {
		const struct slo_jnode *q = next < b + b->skip ? next : b + 1;

		if (!has_name(q, slo_jnode_key(p), p->key_hash)) {
			*budget -= b->count;
			q = *budget < 0 ? NULL : slo_jnode_member(b, slo_jnode_key(p), p->key_hash);
		}
		if (!q || !slo_jnode_eq(p, q, budget))
			return false;
		next = q + q->skip;
	}
	return true;
}

bool slo_jnode_eq(const struct slo_jnode *a, const struct slo_jnode *b, int64_t *budget)
{
	if (--*budget < 0)
		return false;
	if (slo_jnode_is_number(a))
		return slo_jnode_is_number(b) && same_number(a, b);
	if (a->type != b->type || a->count != b->count)
		return false;
	if (a->type == SLO_JT_STRING)
		return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
	if (a->type == SLO_JT_ARRAY)
		return same_items(a, b, budget);
	return a->type != SLO_JT_OBJECT || same_members(a, b, budget);
}

uint64_t slo_jnode_hash(const struct slo_jnode *n, uint64_t seed)
{
	uint64_t h = seed + n->type;
	struct slo_jdec d;

	switch (n->type) {
	case SLO_JT_INTEGER:
	case SLO_JT_NUMBER:
		slo_jdec_init(&d, n);
		return slo_jdec_hash(&d) ^ seed;
	case SLO_JT_STRING:
		return slo_hash(n->p, n->len, seed);
	case SLO_JT_ARRAY:
		SLO_JNODE_EACH(c, n)
			h = (h ^ slo_jnode_hash(c, seed)) * UINT64_C(0xbf58476d1ce4e5b9) + 1;
		return h;
	case SLO_JT_OBJECT:
		SLO_JNODE_EACH(c, n)
			h += slo_hash(c->key, c->key_len, slo_jnode_hash(c, seed));
		return h;
	}
	return h * UINT64_C(0x94d049bb133111eb);
}

static bool few_unique(const struct slo_jnode *n, int64_t *budget, uint32_t *i, uint32_t *j)
{
	*j = 0;
	SLO_JNODE_EACH(b, n) {
		*i = 0;
		for (const struct slo_jnode *a = n + 1; a < b; a += a->skip, ++*i)
			if (slo_jnode_eq(a, b, budget))
				return false;
		++*j;
	}
	return true;
}

/* The index among the children of @n of the node at @at. */
static uint32_t index_of(const struct slo_jnode *n, const struct slo_jnode *at)
{
	uint32_t i = 0;

	for (const struct slo_jnode *c = n + 1; c < at; c += c->skip)
		i++;
	return i;
}

int slo_jnode_unique(struct slo_jtape *t, const struct slo_jnode *n, int64_t *budget, uint32_t *i, uint32_t *j)
{
	uint64_t seed = (uintptr_t)t;
	uint32_t k = 0;
	int ret;

	if (n->count <= FEW)
		return few_unique(n, budget, i, j);
	ret = slo_jtape_sort_room(t, n->count);
	if (ret)
		return ret;
	SLO_JNODE_EACH(c, n)
		t->sort[k++] = (struct slo_jsort){ slo_jnode_hash(c, seed), (uint32_t)(c - n) };
	*budget -= n->skip;
	slo_jsort(t->sort, k);
	for (uint32_t b = 1; b < k; b++) {
		for (uint32_t a = b; a-- > 0 && t->sort[a].by == t->sort[b].by;) {
			const struct slo_jnode *x = n + t->sort[a].i, *y = n + t->sort[b].i;

			if (!slo_jnode_eq(x, y, budget))
				continue;
			*i = index_of(n, x < y ? x : y);
			*j = index_of(n, x < y ? y : x);
			return 0;
		}
	}
	return 1;
}
