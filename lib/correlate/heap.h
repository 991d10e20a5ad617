/* SPDX-License-Identifier: MIT */
/* A binary heap of items by time, earliest first. Private to the module. */
#ifndef SLO_CORRELATE_HEAP_H
#define SLO_CORRELATE_HEAP_H

#include <stdint.h>

struct heap {
	struct heap_item {
		int64_t at;
		uint32_t item;
	} *items;
	uint32_t count;
};

/** heap_push - the caller has seen to it that there is room. Items of one time leave in the order of their numbers. */
void heap_push(struct heap *h, int64_t at, uint32_t item);

/** heap_pop - remove the earliest; there is one. Return: the item. */
uint32_t heap_pop(struct heap *h);

#endif
