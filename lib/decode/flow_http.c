/* SPDX-License-Identifier: MIT */
/* The connections of watched ports. */
#include <stdlib.h>
#include <string.h>

#include "decode/flow_conn.h"

int flow_http_init(struct slo_flow_tracker *t)
{
	int r = slo_table_init(&t->conns, sizeof(struct flow_key), sizeof(struct conn), t->o.max_conns, t->o.seed);

	if (r == 0)
		r = flow_request_init(t);
	return r < 0 ? r : flow_stream_init(t);
}

void flow_http_fini(struct slo_flow_tracker *t)
{
	slo_table_fini(&t->conns);
	flow_request_fini(t);
	flow_stream_fini(t);
}

static void forget(struct slo_flow_tracker *t, struct conn *c)
{
	flow_stream_drop(t, &c->s[REQUESTS]);
	flow_stream_drop(t, &c->s[RESPONSES]);
}

static void evict(void *arg, void *entry)
{
	struct slo_flow_tracker *t = arg;

	flow_exchange_evict(t, entry);
	forget(t, entry);
	t->c.evicted_flows++;
}

static void begin_stream(struct stream *s, const struct flow_dir *d, bool response)
{
	slo_http_init(&s->http, response, d->first_known);
	s->started = d->first_known;
	s->next = d->first;
}

static struct conn *begin(struct slo_flow_tracker *t, const struct flow *f)
{
	bool created;
	struct conn *c = slo_table_get(&t->conns, &f->key, &created, evict, t);

	c->id = ++t->conn_ids;
	c->watch = f->watch;
	c->tuple = flow_oriented(f);
	begin_stream(&c->s[REQUESTS], &f->dir[f->client], false);
	begin_stream(&c->s[RESPONSES], &f->dir[!f->client], true);
	return c;
}

static void end(struct slo_flow_tracker *t, struct conn *c, struct flow *f)
{
	flow_exchange_void(t, c); /* dead connections have nothing pending, except those that left HTTP */
	forget(t, c);
	slo_table_del(&t->conns, c);
	f->http_done = true;
}

/* The data of @s as a run of its stream; a SYN takes the sequence number before its data. */
static struct run run_of(const struct segment *s)
{
	const struct slo_packet *p = s->p;

	return (struct run){ .seq = p->seq + !!(p->tcp_flags & SLO_TCP_SYN), .len = p->len, .cap = p->cap,
			     .data = p->payload, .fin = p->tcp_flags & SLO_TCP_FIN, .ts_ns = s->f->ts_ns };
}

void flow_http_packet(struct slo_flow_tracker *t, struct flow *f, const struct segment *s)
{
	unsigned int which = s->dir == f->client ? REQUESTS : RESPONSES;
	uint8_t flags = s->p->tcp_flags;
	struct conn *c;

	if (f->http_done)
		return;
	c = slo_table_find(&t->conns, &f->key);
	if (!c && (s->p->len == 0 || flags & SLO_TCP_RST))
		return;
	if (!c)
		c = begin(t, f);
	else
		slo_table_touch(&t->conns, c);
	if (flags & SLO_TCP_ACK && !(flags & SLO_TCP_RST))
		flow_stream_acked(t, c, !which, s->p->ack, s->f->ts_ns);
	if (!c->dead && flags & SLO_TCP_RST)
		flow_exchange_end(t, c, which, true, s->f->ts_ns);
	else if (!c->dead)
		flow_stream_arrive(t, c, which, run_of(s));
	if (c->dead)
		end(t, c, f);
}

void flow_http_reset(struct slo_flow_tracker *t, struct flow *f)
{
	struct conn *c = slo_table_find(&t->conns, &f->key);

	if (c)
		end(t, c, f);
}
