/* SPDX-License-Identifier: MIT */
/*
 * Spans by key and time: a hash table of keys, each with a treap of intervals
 * ordered by their beginning that knows the latest end below each node. Adding and
 * removing cost O(log n), a query O(log n + found). Private to the module.
 */
#ifndef SLO_CORRELATE_INDEX_H
#define SLO_CORRELATE_INDEX_H

#include "base/table.h"

struct index_node {
	int64_t lo, hi, max_hi;
	uint32_t left, right, priority, item;
};

struct index {
	struct slo_table roots; /* by key */
	struct index_node *nodes;
	uint32_t max, used, free_head;
};

/** index_init - room for @max entries. Return: 0 or -ENOMEM. */
int index_init(struct index *x, uint32_t max, uint64_t seed);
void index_fini(struct index *x);

/** index_add - [@lo, @hi] of @item under @key; the caller has seen to it that there is room. */
void index_add(struct index *x, uint64_t key, int64_t lo, int64_t hi, uint32_t item);

/** index_del - the reverse; it is there. */
void index_del(struct index *x, uint64_t key, int64_t lo, uint32_t item);

/**
 * index_visit - call @fn with each item under @key that overlaps [@lo, @hi], both ends included
 *
 * Ends when @fn returns false. Return: whether it never did.
 */
bool index_visit(const struct index *x, uint64_t key, int64_t lo, int64_t hi, bool (*fn)(void *arg, uint32_t item),
		 void *arg);

#endif
