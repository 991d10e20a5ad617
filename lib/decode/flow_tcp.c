/* SPDX-License-Identifier: MIT */
/* TCP connections by their headers: who opened them, copies of packets, retransmits. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "decode/flow_internal.h"

/* A hole this far behind will not be filled any more, bytes. */
#define HOLE_FORGOTTEN (1 << 24)

/* How long after its end packets of a connection may still come: Linux' TCP_TIMEWAIT_LEN. */
#define LINGER_NS (60 * SLO_NS_PER_S)

struct closed_flow {
	struct flow *f;
	int64_t ns;
};

int flow_tcp_init(struct slo_flow_tracker *t)
{
	t->closed = calloc(t->o.max_flows, sizeof(*t->closed));
	if (!t->closed)
		return -ENOMEM;
	return slo_table_init(&t->flows, sizeof(struct flow_key), sizeof(struct flow), t->o.max_flows, t->o.seed);
}

void flow_tcp_fini(struct slo_flow_tracker *t)
{
	slo_table_fini(&t->flows);
	free(t->closed);
}

/* Return: the direction, 0 when the sender is end a of @k. */
static unsigned int make_key(const struct slo_packet *p, struct flow_key *k)
{
	int order = memcmp(p->src, p->dst, 16);
	bool swap = order > 0 || (order == 0 && p->src_port > p->dst_port);

	memcpy(k->a, swap ? p->dst : p->src, 16);
	memcpy(k->b, swap ? p->src : p->dst, 16);
	k->port_a = swap ? p->dst_port : p->src_port;
	k->port_b = swap ? p->src_port : p->dst_port;
	return swap;
}

/* Who opened the connection: the SYN says; else a watched port was connected to; else the higher port connects. */
static void orient(struct slo_flow_tracker *t, struct flow *f, const struct segment *s)
{
	const struct slo_packet *p = s->p;
	unsigned int client;
	struct slo_tuple tuple;

	f->client_known = p->tcp_flags & SLO_TCP_SYN;
	if (f->client_known)
		client = p->tcp_flags & SLO_TCP_ACK ? !s->dir : s->dir;
	else if (flow_watched(t, p->dst_port, p->dst) >= 0)
		client = s->dir;
	else if (flow_watched(t, p->src_port, p->src) >= 0)
		client = !s->dir;
	else
		client = p->src_port >= p->dst_port ? s->dir : !s->dir;
	f->client = client & 1;
	tuple = flow_oriented(f);
	f->watch = (int16_t)flow_watched(t, tuple.dst_port, tuple.dst);
	f->peer = PEER_UNASKED;
}

static void evict(void *arg, void *entry)
{
	struct slo_flow_tracker *t = arg;
	const struct flow *f = entry;

	t->c.evicted_flows += !f->closed;
}

static void begin(struct slo_flow_tracker *t, struct flow *f, const struct segment *s)
{
	const struct flow_key key = f->key;

	memset(f, 0, sizeof(*f));
	f->key = key;
	orient(t, f, s);
}

/* A SYN with a sequence number of its own on ports that were used before. */
static bool reused(const struct flow *f, const struct segment *s)
{
	const struct slo_packet *p = s->p;
	const struct flow_dir *d = &f->dir[s->dir];

	if (!(p->tcp_flags & SLO_TCP_SYN) || (p->tcp_flags & SLO_TCP_RST))
		return false;
	return f->closed || (d->started && (!d->first_known || d->first != p->seq + 1));
}

static struct flow *find(struct slo_flow_tracker *t, struct segment *s)
{
	struct flow_key key;
	struct flow *f;
	bool created;

	s->dir = make_key(s->p, &key);
	f = slo_table_find(&t->flows, &key);
	if (!f) {
		if (s->p->tcp_flags & SLO_TCP_RST || (s->p->len == 0 && !(s->p->tcp_flags & SLO_TCP_SYN)))
			return NULL;
		f = slo_table_get(&t->flows, &key, &created, evict, t);
		begin(t, f, s);
		return f;
	}
	slo_table_touch(&t->flows, f);
	if (reused(f, s)) {
		flow_http_reset(t, f);
		flow_peer_reset(t, f);
		begin(t, f, s);
	}
	return f;
}

static uint32_t sequence_end(const struct slo_packet *p)
{
	return p->seq + p->len + !!(p->tcp_flags & SLO_TCP_SYN) + !!(p->tcp_flags & SLO_TCP_FIN);
}

/*
 * The first interface that shows a direction is nearest to its sender; what others
 * show are copies, until one of them brings something new (the route changed).
 */
static bool is_copy(struct flow_dir *d, const struct segment *s)
{
	uint32_t end = sequence_end(s->p);

	if (!d->seen) {
		d->seen = true;
		d->home = flow_home_of(s->f);
		return false;
	}
	if (flow_same_home(&d->home, s->f))
		return false;
	if (s->p->tcp_flags & SLO_TCP_RST)
		return false;
	if (end != s->p->seq && (!d->started || (int32_t)(end - d->next) > 0)) {
		d->home = flow_home_of(s->f);
		return false;
	}
	return true;
}

static void retransmitted(struct slo_flow_tracker *t, const struct flow *f, const struct segment *s)
{
	struct slo_obs o = { .signal = SLO_SIGNAL_TCP_RETRANSMITS,
			     .provider = "packet",
			     .end_ns = s->f->ts_ns,
			     .value = 1,
			     .times = 1,
			     .has_tuple = true,
			     .tuple = flow_oriented(f) };

	snprintf(o.detail, sizeof(o.detail), "from %s%s", s->dir == f->client ? "client" : "server",
		 s->p->tcp_flags & SLO_TCP_SYN ? " syn" : "");
	flow_parties(t, &o.tuple, f->watch, &o);
	t->c.retransmits++;
	flow_emit(t, &o);
}

/* Return: whether the segment lies in the hole, which then shrinks; a piece out of its middle leaves it as it is. */
static bool fills_hole(struct flow_dir *d, uint32_t seq, uint32_t end)
{
	if ((int32_t)(seq - d->hole_from) < 0 || (int32_t)(d->hole_to - end) < 0)
		return false;
	if (seq == d->hole_from)
		d->hole_from = end;
	else if (end == d->hole_to)
		d->hole_to = seq;
	return true;
}

/* A segment all of whose bytes lie before the highest one seen. */
static void repeated(struct slo_flow_tracker *t, struct flow *f, const struct segment *s)
{
	const struct slo_packet *p = s->p;
	struct flow_dir *d = &f->dir[s->dir];
	uint32_t end = sequence_end(p);
	bool syn = p->tcp_flags & SLO_TCP_SYN;

	if (!syn && p->len <= 1 && !(p->tcp_flags & SLO_TCP_FIN) &&
	    (p->seq == d->next - 1 || (p->len == 1 && f->dir[!s->dir].window == 0)))
		t->c.keepalives++;
	else if (!syn && p->len == 0)
		return;
	else if (d->hole_from != d->hole_to && fills_hole(d, p->seq, end))
		t->c.reordered++;
	else
		retransmitted(t, f, s);
}

/* Several holes are remembered as one that spans them all, so a retransmit inside it may go uncounted. */
static void advance(struct flow_dir *d, uint32_t seq, uint32_t end)
{
	if ((int32_t)(seq - d->next) > 0) {
		if (d->hole_from == d->hole_to)
			d->hole_from = d->next;
		d->hole_to = seq;
	}
	d->next = end;
	if (d->next - d->hole_from > HOLE_FORGOTTEN)
		d->hole_from = d->hole_to = d->next;
}

static void sequence(struct slo_flow_tracker *t, struct flow *f, const struct segment *s)
{
	const struct slo_packet *p = s->p;
	struct flow_dir *d = &f->dir[s->dir];
	uint32_t end = sequence_end(p);

	d->window = p->window;
	if (!d->started) {
		d->started = true;
		d->next = d->hole_from = d->hole_to = end;
		d->first_known = p->tcp_flags & SLO_TCP_SYN;
		d->first = p->seq + 1;
	} else if ((int32_t)(end - d->next) > 0) {
		advance(d, p->seq, end);
	} else {
		repeated(t, f, s);
	}
}

/* Without room in the ring it stays until it is pushed out. */
static void close_flow(struct slo_flow_tracker *t, struct flow *f, int64_t ns)
{
	f->closed = true;
	f->closed_ns = ns;
	if (t->closed_count < t->o.max_flows) {
		t->closed[(t->closed_first + t->closed_count) % t->o.max_flows] = (struct closed_flow){ f, ns };
		t->closed_count++;
	}
}

/* The place may be another connection's by now. */
bool flow_tcp_tick(struct slo_flow_tracker *t, int64_t now_ns)
{
	for (int i = 0; i < FLOW_TICK_STEPS && t->closed_count > 0; i++) {
		const struct closed_flow *c = &t->closed[t->closed_first];

		if (now_ns - c->ns < LINGER_NS)
			return false;
		if (c->f->closed && c->f->closed_ns == c->ns) {
			c->f->closed = false; /* it may be in the ring twice */
			slo_table_del(&t->flows, c->f);
		}
		t->closed_first = (t->closed_first + 1) % t->o.max_flows;
		t->closed_count--;
	}
	return t->closed_count > 0;
}

static void finish(struct slo_flow_tracker *t, struct flow *f, const struct segment *s)
{
	uint8_t flags = s->p->tcp_flags;

	if (flags & SLO_TCP_FIN)
		f->dir[s->dir].fin = true;
	if (!(flags & SLO_TCP_RST) && !(flags & SLO_TCP_FIN))
		return;
	flow_tls_closed(t, f, s);
	if (flags & SLO_TCP_RST || (f->dir[0].fin && f->dir[1].fin))
		close_flow(t, f, s->f->ts_ns);
}

void flow_tcp_packet(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *frame)
{
	struct segment s = { .p = p, .f = frame };
	struct flow *f = find(t, &s);

	if (!f) {
		flow_connect_packet(t, p, frame);
		return;
	}
	if (f->closed)
		return;
	if (is_copy(&f->dir[s.dir], &s)) {
		t->c.duplicates++;
		return;
	}
	flow_connect_packet(t, p, frame);
	flow_peer_packet(t, f, &s);
	if (!(p->tcp_flags & SLO_TCP_RST))
		sequence(t, f, &s);
	if (f->watch >= 0)
		flow_http_packet(t, f, &s);
	flow_tls_packet(t, f, &s);
	finish(t, f, &s);
}
