/* SPDX-License-Identifier: MIT */
/*
 * A bounded hash table of fixed-size entries with least-recently-used
 * eviction: the one map for flows, transactions, services, whatever has a key
 * and must not grow without end.
 *
 * An entry is @entry_size bytes of the caller's struct, whose first @key_len
 * bytes are the key (no padding may vary inside them). Entries never move.
 * Memory for @max entries is reserved at init and touched only when used.
 */
#ifndef SLO_BASE_TABLE_H
#define SLO_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slo_table {
	size_t key_len;    /* bytes of key at the start of an entry */
	size_t entry_size; /* bytes */
	uint32_t max;      /* most entries */
	uint32_t count;    /* entries in use */
	uint64_t evicted;  /* entries pushed out because the table was full */
	uint64_t seed;     /* of the hash */
	/* private */
	unsigned char *slots;
	uint32_t *buckets;
	uint32_t mask, used, free_head, lru_head, lru_tail;
};

/**
 * slo_table_init - an empty table of at most @max entries (1 to 2^24)
 * @seed: varies the hash, so that a peer cannot choose colliding keys; pass 0 in tests
 *
 * Return: 0 or -ENOMEM.
 */
int slo_table_init(struct slo_table *t, size_t key_len, size_t entry_size, uint32_t max, uint64_t seed);
void slo_table_fini(struct slo_table *t);

/** slo_table_find - the entry of @key, or NULL. Does not count as use. */
void *slo_table_find(const struct slo_table *t, const void *key);

/**
 * slo_table_get - the entry of @key, made when it is not there
 * @created: set to true for a new entry (key copied, the rest zero)
 * @evict:   called with the entry that is pushed out when the table is full; may be NULL
 *
 * Counts as use. Return: the entry, never NULL.
 */
void *slo_table_get(struct slo_table *t, const void *key, bool *created,
		    void (*evict)(void *arg, void *entry), void *arg);

/** slo_table_touch - make @entry the most recently used. */
void slo_table_touch(struct slo_table *t, void *entry);

/** slo_table_del - remove @entry (a pointer obtained from this table). */
void slo_table_del(struct slo_table *t, void *entry);

/** slo_table_oldest - the least recently used entry, or NULL. */
void *slo_table_oldest(const struct slo_table *t);

/** slo_table_newer - the entry used next after @entry, or NULL. Fetch it before deleting @entry. */
void *slo_table_newer(const struct slo_table *t, const void *entry);

/** slo_hash - 64-bit hash of @len bytes (wyhash-style multiply-fold; not for security). */
uint64_t slo_hash(const void *p, size_t len, uint64_t seed);

#endif
