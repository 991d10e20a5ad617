/* SPDX-License-Identifier: MIT */
/*
 * The bytes of one direction in order. A segment that is ahead is held until
 * what is missing arrives, or until it is certain that it will not: the other
 * end has acknowledged it, the connection ends, or there is no room to hold more.
 */
#include <stdlib.h>
#include <string.h>

#include "decode/flow_conn.h"

#define NIL UINT32_MAX
/* No window is this large: a sequence number further away is another part of the connection's life. */
#define FAR_AWAY (1 << 26)

int flow_stream_init(struct slo_flow_tracker *t)
{
	t->held_free = NIL;
	if (t->o.max_held == 0)
		return 0;
	t->held = calloc(t->o.max_held, sizeof(*t->held));
	if (!t->held)
		return -1;
	for (uint32_t i = t->o.max_held; i-- > 0;) {
		t->held[i].next = t->held_free;
		t->held_free = i;
	}
	return 0;
}

void flow_stream_fini(struct slo_flow_tracker *t)
{
	free(t->held);
}

static int32_t distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

static void release_first(struct slo_flow_tracker *t, struct stream *s)
{
	struct held *h = &t->held[s->held];
	uint32_t i = s->held;

	s->held = h->next;
	s->held_count--;
	h->next = t->held_free;
	t->held_free = i;
}

void flow_stream_drop(struct slo_flow_tracker *t, struct stream *s)
{
	while (s->held_count > 0)
		release_first(t, s);
}

/* Return: false when there is no room. */
static bool hold(struct slo_flow_tracker *t, struct stream *s, const struct run *r)
{
	uint32_t *at = &s->held, i = t->held_free;
	struct held *h;

	if (s->held_count == SLO_FLOW_MAX_HELD || i == NIL)
		return false;
	h = &t->held[i];
	t->held_free = h->next;
	for (uint32_t n = 0; n < s->held_count && distance(t->held[*at].seq, r->seq) >= 0; n++)
		at = &t->held[*at].next;
	h->next = *at;
	*at = i;
	s->held_count++;
	h->seq = r->seq;
	h->len = r->len;
	h->cap = r->cap < HELD_BYTES ? r->cap : HELD_BYTES;
	h->ts_ns = r->ts_ns;
	h->fin = r->fin;
	memcpy(h->data, r->data, h->cap);
	t->c.held++;
	return true;
}

/* The part of @r from @from on. Return: false when nothing is left. */
static bool cut_front(struct run *r, uint32_t from)
{
	uint32_t n = from - r->seq;

	if (n >= r->len + r->fin)
		return false;
	r->seq = from;
	r->len -= n;
	r->data += n < r->cap ? n : r->cap;
	r->cap -= n < r->cap ? n : r->cap;
	return true;
}

/* Give @r, which starts at or before the next byte, to the parser. */
static void deliver(struct slo_flow_tracker *t, struct conn *c, unsigned int which, struct run *r)
{
	struct stream *s = &c->s[which];

	if (distance(r->seq, s->next) > 0 && !cut_front(r, s->next))
		return;
	s->next = r->seq + r->len + r->fin;
	if (r->len > 0) {
		s->last_ns = r->ts_ns;
		flow_exchange_bytes(t, c, which, r);
	}
	if (r->fin && !c->dead)
		flow_exchange_end(t, c, which, false, r->ts_ns);
}

/* Deliver the first held segment if its turn has come. */
static bool deliver_held(struct slo_flow_tracker *t, struct conn *c, unsigned int which)
{
	struct stream *s = &c->s[which];
	struct held *h = s->held_count > 0 ? &t->held[s->held] : NULL;
	struct run r;

	if (!h || c->dead || distance(s->next, h->seq) > 0)
		return false;
	r = (struct run){ h->seq, h->len, h->cap, h->data, h->fin, h->ts_ns };
	deliver(t, c, which, &r);
	release_first(t, s);
	return true;
}

/* Everything before @to that is not held will not come any more. */
static void give_up_before(struct slo_flow_tracker *t, struct conn *c, unsigned int which, uint32_t to, int64_t ts_ns)
{
	struct stream *s = &c->s[which];

	while (!c->dead && distance(s->next, to) > 0) {
		uint32_t until = to;

		if (s->held_count > 0 && distance(t->held[s->held].seq, to) > 0)
			until = t->held[s->held].seq;
		if (distance(s->next, until) > 0) {
			flow_exchange_gap(t, c, which, until - s->next, ts_ns);
			s->next = until;
		}
		while (deliver_held(t, c, which))
			;
	}
}

/* What is known about this stream has nothing to do with what comes now. */
static void restart(struct slo_flow_tracker *t, struct conn *c, unsigned int which, uint32_t next)
{
	flow_stream_drop(t, &c->s[which]);
	c->s[which].next = next;
	c->lost_sync = true;
	t->c.gaps++;
	slo_http_desync(&c->s[which].http);
	if (which == RESPONSES)
		flow_exchange_void(t, c);
}

static bool far(uint32_t a, uint32_t b)
{
	int32_t d = distance(a, b);

	return d > FAR_AWAY || d < -FAR_AWAY;
}

void flow_stream_arrive(struct slo_flow_tracker *t, struct conn *c, unsigned int which, struct run r)
{
	struct stream *s = &c->s[which];

	if (r.len + r.fin == 0)
		return;
	if (!s->started) {
		s->started = true;
		s->next = r.seq;
	}
	if (far(s->next, r.seq))
		restart(t, c, which, r.seq);
	if (distance(s->next, r.seq) > 0) {
		if (hold(t, s, &r))
			return;
		give_up_before(t, c, which, r.seq, r.ts_ns);
	}
	if (!c->dead)
		deliver(t, c, which, &r);
	while (deliver_held(t, c, which))
		;
}

void flow_stream_acked(struct slo_flow_tracker *t, struct conn *c, unsigned int which, uint32_t ack, int64_t ts_ns)
{
	struct stream *s = &c->s[which];

	if (!s->started || ack == s->next)
		return;
	if (far(s->next, ack))
		restart(t, c, which, ack);
	else
		give_up_before(t, c, which, ack, ts_ns);
}
