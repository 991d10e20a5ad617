/* SPDX-License-Identifier: MIT */
#include "correlate/heap.h"

#include <stdbool.h>

static bool before(const struct heap_item *a, const struct heap_item *b)
{
	return a->at != b->at ? a->at < b->at : a->item < b->item;
}

void heap_push(struct heap *h, int64_t at, uint32_t item)
{
	const struct heap_item new = { at, item };
	uint32_t i = h->count++;

	while (i > 0 && before(&new, &h->items[(i - 1) / 2])) {
		h->items[i] = h->items[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->items[i] = new;
}

uint32_t heap_pop(struct heap *h)
{
	uint32_t first = h->items[0].item, i = 0, child;
	const struct heap_item last = h->items[--h->count];

	while ((child = 2 * i + 1) < h->count) {
		if (child + 1 < h->count && before(&h->items[child + 1], &h->items[child]))
			child++;
		if (!before(&h->items[child], &last))
			break;
		h->items[i] = h->items[child];
		i = child;
	}
	h->items[i] = last;
	return first;
}
