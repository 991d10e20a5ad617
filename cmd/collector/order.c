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
		free(o->heap[i]);
	free(o->heap);
}

static bool before(const struct held *a, const struct held *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

int order_push(struct order *o, int64_t at, int kind, struct slo_str text)
{
	uint32_t i = o->count;
	struct held *h;

	if (o->count == ORDER_MAX || (o->count && o->bytes + text.len > ORDER_BYTES))
		return -ENOBUFS;
	h = malloc(sizeof(*h) + text.len);
	if (!h)
		return -ENOMEM;
	h->at = at;
	h->seq = o->seq++;
	h->kind = kind;
	h->len = (uint32_t)text.len;
	memcpy(h->text, text.p, text.len);
	o->bytes += text.len;
	o->count++;
	for (; i > 0 && before(h, o->heap[(i - 1) / 2]); i = (i - 1) / 2)
		o->heap[i] = o->heap[(i - 1) / 2];
	o->heap[i] = h;
	return 0;
}

int64_t order_first(const struct order *o)
{
	return o->heap[0]->at;
}

struct held *order_pop(struct order *o)
{
	struct held *first = o->heap[0], *last = o->heap[--o->count];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < o->count) {
		if (child + 1 < o->count && before(o->heap[child + 1], o->heap[child]))
			child++;
		if (!before(o->heap[child], last))
			break;
		o->heap[i] = o->heap[child];
		i = child;
	}
	if (o->count)
		o->heap[i] = last;
	o->bytes -= first->len;
	return first;
}
