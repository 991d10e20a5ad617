/* SPDX-License-Identifier: MIT */
#include "net/delivery_held.h"

#include <errno.h>
#include <stdlib.h>

static bool is_soft(const struct slo_held_queue *q, const struct slo_spool_message *m)
{
	return q->expendable && q->expendable(q->arg, m);
}

/* Whether beside @n messages of @bytes there is room for one of @len. */
static bool fits(const struct slo_held_queue *q, uint64_t n, uint64_t bytes, size_t len)
{
	return n < q->max && (!q->bytes_max || (len <= q->bytes_max && bytes <= q->bytes_max - len));
}

/* Nothing is given up for a message that would not fit even then. */
static bool may_fit(const struct slo_held_queue *q, size_t len, bool soft)
{
	uint64_t n = 0, bytes = 0;

	for (const struct slo_held *h = q->head; h; h = h->next) {
		if (h != q->busy && (!soft || is_soft(q, &h->m)))
			continue;
		n++;
		bytes += h->m.body.len;
	}
	return fits(q, n, bytes, len);
}

/* The oldest that is expendable; else, for one that is not @soft itself, the oldest. */
static struct slo_held *victim(const struct slo_held_queue *q, bool soft)
{
	struct slo_held *oldest = NULL;

	for (struct slo_held *h = q->head; h; h = h->next) {
		if (h == q->busy)
			continue;
		if (is_soft(q, &h->m))
			return h;
		oldest = oldest ? oldest : h;
	}
	return soft ? NULL : oldest;
}

static bool make_room(struct slo_held_queue *q, const struct slo_spool_message *m, struct slo_held **gone)
{
	bool soft = is_soft(q, m);

	if (fits(q, q->n, q->bytes, m->body.len))
		return true;
	if (!q->expendable || !may_fit(q, m->body.len, soft))
		return false;
	while (!fits(q, q->n, q->bytes, m->body.len)) {
		struct slo_held *h = victim(q, soft);

		slo_held_unlink(q, h);
		*gone = h;
		gone = &h->next;
	}
	return true;
}

int slo_held_push(struct slo_held_queue *q, const struct slo_spool_message *m, uint64_t key, struct slo_held **gone)
{
	struct slo_held *h = malloc(sizeof(*h) + m->body.len);

	*gone = NULL;
	if (!h)
		return -ENOMEM;
	if (!make_room(q, m, gone)) {
		free(h);
		return -ENOBUFS;
	}
	*h = (struct slo_held){ .key = key, .m = *m };
	if (m->body.len)
		memcpy(h->body, m->body.p, m->body.len);
	h->m.body = slo_str_n(h->body, m->body.len);
	if (q->last)
		q->last->next = h;
	else
		q->head = h;
	q->last = h;
	q->n++;
	q->bytes += h->m.body.len;
	return 0;
}

void slo_held_unlink(struct slo_held_queue *q, struct slo_held *h)
{
	struct slo_held *before = NULL, *at = q->head;

	for (; at != h; at = at->next)
		before = at;
	if (before)
		before->next = h->next;
	else
		q->head = h->next;
	if (q->last == h)
		q->last = before;
	h->next = NULL;
	q->n--;
	q->bytes -= h->m.body.len;
}

void slo_held_fini(struct slo_held_queue *q)
{
	while (q->head) {
		struct slo_held *h = q->head;

		slo_held_unlink(q, h);
		free(h);
	}
}
