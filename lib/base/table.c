/* SPDX-License-Identifier: MIT */
#include "base/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NIL UINT32_MAX

/* What precedes each entry in its slot. */
struct link {
	uint32_t chain;        /* next slot of the same bucket; the free list uses it too */
	uint32_t older, newer; /* neighbours by use */
	uint32_t bucket;
};

static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 m = (u128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t slo_hash(const void *p, size_t len, uint64_t seed)
{
	const unsigned char *c = p;
	uint64_t h = seed ^ 0xa0761d6478bd642f ^ len, w;

	for (; len >= 8; len -= 8, c += 8) {
		memcpy(&w, c, 8);
		h = fold(h ^ w, 0xe7037ed1a0b428db);
	}
	w = 0;
	memcpy(&w, c, len);
	return fold(h ^ w ^ 0x8ebc6af09c88c6e3, 0x589965cc75374cc3);
}

static size_t stride(const struct slo_table *t)
{
	return sizeof(struct link) + ((t->entry_size + 7) & ~(size_t)7);
}

static struct link *link_of(const struct slo_table *t, uint32_t slot)
{
	return (struct link *)(void *)(t->slots + slot * stride(t));
}

static void *entry_of(const struct slo_table *t, uint32_t slot)
{
	return slot == NIL ? NULL : (void *)(link_of(t, slot) + 1);
}

static uint32_t slot_of(const struct slo_table *t, const void *entry)
{
	return (uint32_t)((size_t)((const unsigned char *)entry - t->slots) / stride(t));
}

int slo_table_init(struct slo_table *t, size_t key_len, size_t entry_size, uint32_t max, uint64_t seed)
{
	uint32_t buckets = 16;

	while (buckets < max)
		buckets *= 2;
	*t = (struct slo_table){ .key_len = key_len, .entry_size = entry_size, .max = max, .seed = seed,
				 .mask = buckets - 1, .free_head = NIL, .lru_head = NIL, .lru_tail = NIL };
	t->slots = calloc(max, stride(t));
	t->buckets = malloc(buckets * sizeof(*t->buckets));
	if (!t->slots || !t->buckets) {
		slo_table_fini(t);
		return -ENOMEM;
	}
	memset(t->buckets, 0xff, buckets * sizeof(*t->buckets));
	return 0;
}

void slo_table_fini(struct slo_table *t)
{
	free(t->slots);
	free(t->buckets);
	memset(t, 0, sizeof(*t));
}

static void unlink_use(struct slo_table *t, struct link *l)
{
	if (l->older == NIL)
		t->lru_head = l->newer;
	else
		link_of(t, l->older)->newer = l->newer;
	if (l->newer == NIL)
		t->lru_tail = l->older;
	else
		link_of(t, l->newer)->older = l->older;
}

static void link_newest(struct slo_table *t, uint32_t slot)
{
	struct link *l = link_of(t, slot);

	l->older = t->lru_tail;
	l->newer = NIL;
	if (t->lru_tail == NIL)
		t->lru_head = slot;
	else
		link_of(t, t->lru_tail)->newer = slot;
	t->lru_tail = slot;
}

void slo_table_touch(struct slo_table *t, void *entry)
{
	uint32_t slot = slot_of(t, entry);

	if (t->lru_tail == slot)
		return;
	unlink_use(t, link_of(t, slot));
	link_newest(t, slot);
}

static uint32_t find_slot(const struct slo_table *t, const void *key, uint32_t bucket)
{
	uint32_t slot = t->buckets[bucket];

	while (slot != NIL && memcmp(entry_of(t, slot), key, t->key_len) != 0)
		slot = link_of(t, slot)->chain;
	return slot;
}

void *slo_table_find(const struct slo_table *t, const void *key)
{
	return entry_of(t, find_slot(t, key, (uint32_t)slo_hash(key, t->key_len, t->seed) & t->mask));
}

static uint32_t take_slot(struct slo_table *t, void (*evict)(void *arg, void *entry), void *arg)
{
	uint32_t slot;

	if (t->free_head == NIL && t->used == t->max) {
		if (evict)
			evict(arg, entry_of(t, t->lru_head));
		slo_table_del(t, entry_of(t, t->lru_head));
		t->evicted++;
	}
	if (t->free_head != NIL) {
		slot = t->free_head;
		t->free_head = link_of(t, slot)->chain;
	} else {
		slot = t->used++;
	}
	return slot;
}

void *slo_table_get(struct slo_table *t, const void *key, bool *created,
		    void (*evict)(void *arg, void *entry), void *arg)
{
	uint32_t bucket = (uint32_t)slo_hash(key, t->key_len, t->seed) & t->mask;
	uint32_t slot = find_slot(t, key, bucket);
	struct link *l;

	*created = slot == NIL;
	if (slot != NIL) {
		slo_table_touch(t, entry_of(t, slot));
		return entry_of(t, slot);
	}
	slot = take_slot(t, evict, arg);
	l = link_of(t, slot);
	memset(entry_of(t, slot), 0, t->entry_size);
	memcpy(entry_of(t, slot), key, t->key_len);
	l->bucket = bucket;
	l->chain = t->buckets[bucket];
	t->buckets[bucket] = slot;
	link_newest(t, slot);
	t->count++;
	return entry_of(t, slot);
}

void slo_table_del(struct slo_table *t, void *entry)
{
	uint32_t slot = slot_of(t, entry);
	struct link *l = link_of(t, slot);
	uint32_t *at = &t->buckets[l->bucket];

	while (*at != slot)
		at = &link_of(t, *at)->chain;
	*at = l->chain;
	unlink_use(t, l);
	l->chain = t->free_head;
	t->free_head = slot;
	t->count--;
}

void *slo_table_oldest(const struct slo_table *t)
{
	return entry_of(t, t->lru_head);
}

void *slo_table_newer(const struct slo_table *t, const void *entry)
{
	return entry_of(t, link_of(t, slot_of(t, entry))->newer);
}
