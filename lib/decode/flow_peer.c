/* SPDX-License-Identifier: MIT */
/*
 * Exchanges with the peers a service depends on: see struct slo_exchange.
 *
 * The end of an answer shows in what comes next: the client asks again, somebody
 * closes, or nothing comes for IDLE_NS. Under TLS a pause is no end, for tickets
 * follow a handshake long before the first answer; there the exchange waits on.
 */
#include "base/time.h"
#include "decode/flow_internal.h"

#include <string.h>

#define IDLE_NS SLO_NS_PER_S

struct exchange {
	struct flow_key key;
	struct slo_exchange x;     /* end_ns 0 = no answer yet */
	bool tls;
	struct flow_gen gen;
};

int flow_peer_init(struct slo_flow_tracker *t)
{
	int r = slo_table_init(&t->asked, sizeof(struct flow_key), sizeof(struct exchange), t->o.max_exchanges,
			       t->o.seed);

	return r ? r : slo_table_init(&t->answered, sizeof(struct flow_key), sizeof(struct exchange),
				      t->o.max_exchanges, t->o.seed);
}

void flow_peer_fini(struct slo_flow_tracker *t)
{
	slo_table_fini(&t->asked);
	slo_table_fini(&t->answered);
}

static void evict(void *arg, void *entry)
{
	struct slo_flow_tracker *t = arg;

	(void)entry;
	t->c.exchange_evicted++;
}

/* The role of the other end, when it is one whose answers are timed. */
static int peer_of(struct slo_flow_tracker *t, struct flow *f)
{
	struct slo_tuple tuple;
	int role;

	if (f->peer != PEER_UNASKED)
		return f->peer;
	tuple = flow_oriented(f);
	role = t->o.role && t->sink.exchange && f->watch < 0 ?
		t->o.role(t->o.arg, tuple.dst, tuple.dst_port, slo_flow_name(t, tuple.dst)) : SLO_ROLE_OTHER;
	f->peer = (int8_t)(role == SLO_ROLE_PROVIDER || role == SLO_ROLE_RETRIEVAL ? role : (int)PEER_NONE);
	return f->peer;
}

static bool tls_record(const struct slo_packet *p, uint8_t first, uint8_t last)
{
	return p->cap >= 3 && p->payload[0] >= first && p->payload[0] <= last && p->payload[1] == 3 && p->payload[2] <= 4;
}

static bool is_handshake(const struct slo_packet *p)
{
	return tls_record(p, 20, 22);
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 429 ..." is 429; 0 for anything else. */
static int status_in(const struct slo_packet *p)
{
	const uint8_t *b = p->payload;

	if (p->cap < 12 || memcmp(b, "HTTP/1.", 7) != 0 || b[8] != ' ' || !is_digit(b[9]) || !is_digit(b[10]) ||
	    !is_digit(b[11]))
		return 0;
	return (b[9] - '0') * 100 + (b[10] - '0') * 10 + (b[11] - '0');
}

static bool stepped(struct slo_flow_tracker *t, const struct exchange *e)
{
	bool backwards = e->x.end_ns < e->x.start_ns;

	if (e->gen.clock == t->gen.clock && !backwards)
		return false;
	t->c.backwards += backwards && e->gen.clock == t->gen.clock;
	t->c.exchange_void++;
	return true;
}

static void count(struct slo_flow_tracker *t, int outcome)
{
	if (outcome < 0)
		t->c.exchange_answers++;
	else if (outcome == SLO_BAD_TIMEOUT)
		t->c.exchange_timeouts++;
	else
		t->c.exchange_aborted++;
}

/* @e is over; what came last was the end of the answer, or @end_ns when none came. */
static void done(struct slo_flow_tracker *t, struct slo_table *from, struct exchange *e, int outcome, int64_t end_ns)
{
	if (e->x.end_ns == 0) {
		e->x.end_ns = end_ns;
		e->x.outcome = outcome;
	}
	if (!stepped(t, e)) {
		count(t, e->x.outcome);
		t->sink.exchange(t->sink.arg, &e->x);
	}
	slo_table_del(from, e);
}

static void move(struct slo_flow_tracker *t, struct slo_table *from, struct exchange *e, struct slo_table *to)
{
	const struct exchange copy = *e;
	bool created;
	struct exchange *n;

	slo_table_del(from, e);
	n = slo_table_get(to, &copy.key, &created, evict, t);
	*n = copy;
}

static void ask(struct slo_flow_tracker *t, const struct flow *f, const struct segment *s)
{
	struct exchange *e;
	struct slo_obs parties;
	bool created;

	e = slo_table_get(&t->asked, &f->key, &created, evict, t);
	e->x = (struct slo_exchange){ .start_ns = s->f->ts_ns, .outcome = -1, .tuple = flow_oriented(f) };
	flow_parties(t, &e->x.tuple, -1, &parties);
	e->x.service = parties.service;
	e->x.role = f->peer;
	e->tls = tls_record(s->p, 23, 23);
	e->gen = t->gen;
	t->c.exchanges++;
}

static void from_client(struct slo_flow_tracker *t, const struct flow *f, const struct segment *s)
{
	struct exchange *waits = slo_table_find(&t->asked, &f->key), *over = slo_table_find(&t->answered, &f->key);

	if (is_handshake(s->p))
		return;
	if (over)
		done(t, &t->answered, over, -1, 0);
	else if (waits && waits->x.end_ns == 0)
		return; /* more of the request */
	else if (waits)
		done(t, &t->asked, waits, -1, 0);
	ask(t, f, s);
}

static void from_server(struct slo_flow_tracker *t, const struct flow *f, const struct segment *s)
{
	struct exchange *e = slo_table_find(&t->answered, &f->key);

	if (e) {
		slo_table_touch(&t->answered, e);
		e->x.end_ns = s->f->ts_ns;
		return;
	}
	e = slo_table_find(&t->asked, &f->key);
	if (!e)
		return;
	if (e->x.end_ns == 0)
		e->x.status = status_in(s->p);
	e->x.end_ns = s->f->ts_ns;
	move(t, &t->asked, e, &t->answered);
}

/* A client that is through with sending may still wait for the answer; who resets does not. */
static void closed(struct slo_flow_tracker *t, const struct flow *f, const struct segment *s)
{
	bool client = s->dir == f->client, reset = s->p->tcp_flags & SLO_TCP_RST;
	struct exchange *e = slo_table_find(&t->answered, &f->key);

	if (e) {
		done(t, &t->answered, e, -1, 0);
		return;
	}
	e = slo_table_find(&t->asked, &f->key);
	if (e && (reset || !client || e->x.end_ns))
		done(t, &t->asked, e, client ? SLO_BAD_TIMEOUT : SLO_BAD_ABORTED, s->f->ts_ns);
}

void flow_peer_packet(struct slo_flow_tracker *t, struct flow *f, const struct segment *s)
{
	const struct slo_packet *p = s->p;
	const struct flow_dir *d = &f->dir[s->dir];
	bool client = s->dir == f->client;

	if ((p->len == 0 && !(p->tcp_flags & (SLO_TCP_FIN | SLO_TCP_RST))) || peer_of(t, f) == PEER_NONE)
		return;
	/* A segment that was seen before says nothing new. */
	if (p->len > 0 && !(p->tcp_flags & SLO_TCP_RST) &&
	    (!d->started || (int32_t)(p->seq + p->len - d->next) > 0)) {
		if (client)
			from_client(t, f, s);
		else
			from_server(t, f, s);
	}
	if (p->tcp_flags & (SLO_TCP_FIN | SLO_TCP_RST))
		closed(t, f, s);
}

static void drop(struct slo_flow_tracker *t, struct slo_table *from, const struct flow_key *key)
{
	struct exchange *e = slo_table_find(from, key);

	if (!e)
		return;
	t->c.exchange_void++;
	slo_table_del(from, e);
}

void flow_peer_reset(struct slo_flow_tracker *t, const struct flow *f)
{
	if (f->peer < 0)
		return;
	drop(t, &t->asked, &f->key);
	drop(t, &t->answered, &f->key);
}

/* Return: whether @e, that waits, is given up. */
static bool give_up(struct slo_flow_tracker *t, struct exchange *e, int64_t now_ns)
{
	if (e->gen.clock == t->gen.clock && now_ns - e->x.start_ns < t->o.request_timeout_ns)
		return false;
	if (e->x.end_ns == 0 && e->gen.loss != t->gen.loss) {
		t->c.exchange_void++; /* its answer may be among what was lost */
		slo_table_del(&t->asked, e);
	} else {
		done(t, &t->asked, e, SLO_BAD_TIMEOUT, e->x.start_ns + t->o.request_timeout_ns);
	}
	return true;
}

/* Return: whether nothing more of the answer in @e is expected. */
static bool settle(struct slo_flow_tracker *t, struct exchange *e, int64_t now_ns)
{
	if (e->gen.clock == t->gen.clock && now_ns - e->x.end_ns < IDLE_NS)
		return false;
	if (e->tls)
		move(t, &t->answered, e, &t->asked);
	else
		done(t, &t->answered, e, -1, 0);
	return true;
}

bool flow_peer_tick(struct slo_flow_tracker *t, int64_t now_ns)
{
	for (int i = 0; i < FLOW_TICK_STEPS; i++) {
		struct exchange *e = slo_table_oldest(&t->answered);
		bool some = e && settle(t, e, now_ns);

		e = slo_table_oldest(&t->asked);
		some |= e && give_up(t, e, now_ns);
		if (!some)
			return false;
	}
	return true;
}
