/* SPDX-License-Identifier: MIT */
#include "collector.h"

#include <errno.h>
#include <stdlib.h>

int order_init(struct order *o)
{
	*o = (struct order){ .heap = malloc(ORDER_MAX * sizeof(o->heap[0])) };
	return o->heap ? 0 : -ENOMEM;
}

void order_fini(struct order *o)
{
	for (uint32_t i = 0; i < o->count; i++)
		free(o->heap[i].held);
	free(o->heap);
}

static bool before(const struct order_item *a, const struct order_item *b)
{
	return a->at != b->at ? a->at < b->at : a->held->seq < b->held->seq;
}

int order_push(struct order *o, int64_t at, int kind, struct slo_str text, const struct slo_join_item *item)
{
	const size_t align = _Alignof(struct slo_join_item);
	size_t behind = (sizeof(struct held) + text.len + align - 1) / align * align;
	struct order_item new = { at, NULL };
	uint32_t i = o->count;
	struct held *h;

	if (o->count == ORDER_MAX || (o->count && o->bytes + text.len > ORDER_BYTES))
		return -ENOBUFS;
	h = new.held = malloc(behind + (item ? sizeof(*item) : 0));
	if (!h)
		return -ENOMEM;
	h->at = at;
	h->seq = o->seq++;
	h->kind = kind;
	h->len = (uint32_t)text.len;
	memcpy(h->text, text.p, text.len);
	h->item = item ? (void *)((char *)h + behind) : NULL;
	if (item)
		*h->item = *item;
	o->bytes += text.len;
	o->count++;
	for (; i > 0 && before(&new, &o->heap[(i - 1) / 2]); i = (i - 1) / 2)
		o->heap[i] = o->heap[(i - 1) / 2];
	o->heap[i] = new;
	return 0;
}

int64_t order_first(const struct order *o)
{
	return o->heap[0].at;
}

struct held *order_pop(struct order *o)
{
	struct held *first = o->heap[0].held;
	const struct order_item last = o->heap[--o->count];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < o->count) {
		if (child + 1 < o->count && before(&o->heap[child + 1], &o->heap[child]))
			child++;
		if (!before(&o->heap[child], &last))
			break;
		o->heap[i] = o->heap[child];
		i = child;
	}
	o->heap[i] = last;
	o->bytes -= first->len;
	return first;
}
