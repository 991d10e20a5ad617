/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "io/internal.h"

struct slo_wline {
	struct slo_wline *next;
	uint64_t seq;
	size_t len;
	char text[];
};

static size_t text_len(struct slo_str line)
{
	return line.len + (line.len == 0 || line.p[line.len - 1] != '\n');
}

static size_t cost(size_t len)
{
	return sizeof(struct slo_wline) + len;
}

void slo_wqueue_init(struct slo_wqueue *q, size_t max)
{
	*q = (struct slo_wqueue){ .max = max };
}

static struct slo_wline *take_head(struct slo_wqueue *q, int class)
{
	struct slo_wlist *list = &q->list[class];
	struct slo_wline *l = list->head;

	list->head = l->next;
	if (!list->head)
		list->tail = NULL;
	list->bytes -= cost(l->len);
	return l;
}

static void release(struct slo_wqueue *q, struct slo_wline *l, struct slo_writer_stats *st)
{
	q->used -= cost(l->len);
	st->pending--;
	free(l);
}

static void drop_oldest(struct slo_wqueue *q, int class, struct slo_writer_stats *st)
{
	release(q, take_head(q, class), st);
	st->dropped[class]++;
}

bool slo_wqueue_fits(const struct slo_wqueue *q, struct slo_str line)
{
	return cost(text_len(line)) <= q->max - q->used;
}

/* Drop what a line of @class may displace until @need bytes are free. Return: whether they are. */
static bool make_room(struct slo_wqueue *q, size_t need, enum slo_write_class class, struct slo_writer_stats *st)
{
	size_t firm = q->used;

	/* Nothing is given up for a line that would not fit even then. */
	for (int c = 0; c <= (int)class; c++)
		firm -= q->list[c].bytes;
	if (need > q->max - firm)
		return false;
	for (int c = 0; c <= (int)class; c++) {
		while (need > q->max - q->used && q->list[c].head)
			drop_oldest(q, c, st);
	}
	return true;
}

void slo_wqueue_push(struct slo_wqueue *q, struct slo_str line, enum slo_write_class class,
		     struct slo_writer_stats *st)
{
	struct slo_wlist *list = &q->list[class];
	size_t len = text_len(line);
	struct slo_wline *l = NULL;

	if (cost(len) <= q->max && make_room(q, cost(len), class, st))
		l = malloc(cost(len));
	if (!l) {
		st->dropped[class]++;
		return;
	}
	*l = (struct slo_wline){ .seq = q->seq++, .len = len };
	if (line.len > 0)
		memcpy(l->text, line.p, line.len);
	l->text[len - 1] = '\n';
	if (list->tail)
		list->tail->next = l;
	else
		list->head = l;
	list->tail = l;
	list->bytes += cost(len);
	q->used += cost(len);
	st->pending++;
}

/* The class whose head is the oldest, or -1 when both lists are at their end. */
static int oldest(struct slo_wline *const head[SLO_WRITE_CLASS__COUNT])
{
	int best = -1;

	for (int c = 0; c < SLO_WRITE_CLASS__COUNT; c++) {
		if (head[c] && (best < 0 || head[c]->seq < head[best]->seq))
			best = c;
	}
	return best;
}

int slo_wqueue_gather(struct slo_wqueue *q, struct iovec *iov, int max, size_t bytes)
{
	struct slo_wline *head[SLO_WRITE_CLASS__COUNT];
	struct slo_wline *l = q->cur;
	size_t off = q->off;
	int n = 0, c;

	for (c = 0; c < SLO_WRITE_CLASS__COUNT; c++)
		head[c] = q->list[c].head;
	while (n < max && bytes > 0) {
		if (!l) {
			c = oldest(head);
			if (c < 0)
				break;
			l = head[c];
			head[c] = l->next;
		}
		iov[n].iov_base = l->text + off;
		iov[n].iov_len = l->len - off < bytes ? l->len - off : bytes;
		bytes -= iov[n++].iov_len;
		off = 0;
		l = NULL;
	}
	return n;
}

void slo_wqueue_advance(struct slo_wqueue *q, size_t n, struct slo_writer_stats *st)
{
	while (n > 0) {
		size_t left;

		if (!q->cur) {
			struct slo_wline *const head[] = { q->list[0].head, q->list[1].head };

			q->cur_class = oldest(head);
			assert(q->cur_class >= 0);
			q->cur = take_head(q, q->cur_class);
			q->off = 0;
		}
		left = q->cur->len - q->off;
		if (n < left) {
			q->off += n;
			return;
		}
		n -= left;
		release(q, q->cur, st);
		q->cur = NULL;
		q->off = 0;
	}
}

void slo_wqueue_fini(struct slo_wqueue *q, struct slo_writer_stats *st)
{
	if (q->cur) {
		release(q, q->cur, st);
		st->dropped[q->cur_class]++;
		q->cur = NULL;
	}
	for (int c = 0; c < SLO_WRITE_CLASS__COUNT; c++) {
		while (q->list[c].head)
			drop_oldest(q, c, st);
	}
	slo_wqueue_init(q, q->max);
}
