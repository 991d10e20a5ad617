/* SPDX-License-Identifier: MIT */
/* TCP connects in progress: SYN to SYN-ACK, RST, an ICMP error, or nothing. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "decode/flow_internal.h"

struct connect_key {
	uint8_t src[16], dst[16]; /* src connects */
	uint16_t src_port, dst_port;
};

/* In order of their start, because nothing ever touches them again. */
struct connect {
	struct connect_key key;
	uint32_t seq;   /* of the SYN */
	uint32_t data;  /* bytes the SYN carried (fast open) */
	uint32_t retries;
	struct flow_gen gen;
	int64_t start_ns;
};

/* A connect that was told to have timed out; the kernel may go on sending its SYN for two minutes. */
struct gave_up {
	struct connect_key key;
	uint32_t seq;
};

int flow_connect_init(struct slo_flow_tracker *t)
{
	int r = slo_table_init(&t->gave_up, sizeof(struct connect_key), sizeof(struct gave_up), t->o.max_connects,
			       t->o.seed);

	return r ? r : slo_table_init(&t->connects, sizeof(struct connect_key), sizeof(struct connect), t->o.max_connects,
			      t->o.seed);
}

void flow_connect_fini(struct slo_flow_tracker *t)
{
	slo_table_fini(&t->connects);
	slo_table_fini(&t->gave_up);
}

static struct connect_key make_key(const struct slo_packet *p, bool answer)
{
	struct connect_key k;

	memcpy(k.src, answer ? p->dst : p->src, sizeof(k.src));
	memcpy(k.dst, answer ? p->src : p->dst, sizeof(k.dst));
	k.src_port = answer ? p->dst_port : p->src_port;
	k.dst_port = answer ? p->src_port : p->dst_port;
	return k;
}

static void report(struct slo_flow_tracker *t, const struct connect *c, int64_t end_ns, int err)
{
	struct slo_obs o = { .provider = "packet", .end_ns = end_ns, .times = 1, .err = err, .has_tuple = true };

	o.signal = err ? SLO_SIGNAL_CONNECT_ERRORS : SLO_SIGNAL_CONNECT_LATENCY;
	o.value = err ? 1 : flow_ms(end_ns - c->start_ns);
	memcpy(o.tuple.src, c->key.src, 16);
	memcpy(o.tuple.dst, c->key.dst, 16);
	o.tuple.src_port = c->key.src_port;
	o.tuple.dst_port = c->key.dst_port;
	o.tuple.proto = IPPROTO_TCP;
	if (c->retries > 0)
		snprintf(o.detail, sizeof(o.detail), "syn retries=%u", c->retries);
	flow_parties(t, &o.tuple, flow_watched(t, o.tuple.dst_port, o.tuple.dst), &o);
	flow_emit(t, &o);
}

static void evict(void *arg, void *entry)
{
	struct slo_flow_tracker *t = arg;

	(void)entry;
	t->c.connect_evicted++;
}

static void remember(struct slo_flow_tracker *t, const struct connect *c)
{
	bool created;
	struct gave_up *g = slo_table_get(&t->gave_up, &c->key, &created, NULL, NULL);

	g->seq = c->seq;
}

/* Is this SYN of a connect that was given up? A new one from the same port is not. */
static bool given_up(struct slo_flow_tracker *t, const struct connect_key *key, uint32_t seq)
{
	struct gave_up *g = slo_table_find(&t->gave_up, key);

	if (!g)
		return false;
	if (g->seq == seq)
		return true;
	slo_table_del(&t->gave_up, g);
	return false;
}

static void started(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f)
{
	struct connect_key key = make_key(p, false);
	struct connect *c = slo_table_find(&t->connects, &key);
	bool created;

	if (c && c->seq == p->seq) {
		c->retries++;
		t->c.syn_retries++;
		return;
	}
	if (!c && given_up(t, &key, p->seq)) {
		t->c.syn_retries++;
		return;
	}
	if (c) { /* given up by the client, which uses the port again */
		t->c.connect_voided++;
		slo_table_del(&t->connects, c);
	}
	c = slo_table_get(&t->connects, &key, &created, evict, t);
	c->seq = p->seq;
	c->data = p->len;
	c->gen = t->gen;
	c->start_ns = f->ts_ns;
	t->c.connects++;
}

/* An outcome that has a duration. Return: false when the clock does not allow one. */
static bool timed(struct slo_flow_tracker *t, const struct connect *c, const struct slo_frame *f)
{
	if (c->gen.clock == t->gen.clock && f->ts_ns >= c->start_ns)
		return true;
	t->c.backwards += c->gen.clock == t->gen.clock;
	t->c.connect_voided++;
	return false;
}

static void answered(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f)
{
	struct connect_key key = make_key(p, true);
	struct connect *c = slo_table_find(&t->connects, &key);
	bool refused = p->tcp_flags & SLO_TCP_RST;

	if (!c || !(p->tcp_flags & SLO_TCP_ACK) || (p->ack != c->seq + 1 && p->ack != c->seq + 1 + c->data))
		return;
	if (refused) {
		t->c.connect_refused++;
		report(t, c, f->ts_ns, ECONNREFUSED);
	} else if (timed(t, c, f)) {
		t->c.connect_answers++;
		report(t, c, f->ts_ns, 0);
	}
	slo_table_del(&t->connects, c);
}

void flow_connect_packet(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f)
{
	if ((p->tcp_flags & (SLO_TCP_SYN | SLO_TCP_ACK | SLO_TCP_RST)) == SLO_TCP_SYN)
		started(t, p, f);
	else if (p->tcp_flags & (SLO_TCP_SYN | SLO_TCP_RST))
		answered(t, p, f);
}

void flow_connect_unreachable(struct slo_flow_tracker *t, const struct slo_packet *quoted, int err,
			      const struct slo_frame *f)
{
	struct connect_key key = make_key(quoted, false);
	struct connect *c = slo_table_find(&t->connects, &key);

	if (!c || c->seq != quoted->seq) {
		t->c.ignored++;
		return;
	}
	t->c.connect_unreachable++;
	report(t, c, f->ts_ns, err);
	slo_table_del(&t->connects, c);
}

/* Return: whether @c was due. */
static bool expire(struct slo_flow_tracker *t, struct connect *c, int64_t now_ns)
{
	bool stepped = c->gen.clock != t->gen.clock;

	if (!stepped && now_ns - c->start_ns < t->o.connect_timeout_ns)
		return false;
	if (c->gen.loss != t->gen.loss) {
		t->c.connect_voided++;
	} else {
		t->c.connect_timeouts++;
		report(t, c, c->start_ns + t->o.connect_timeout_ns, ETIMEDOUT);
		remember(t, c);
	}
	slo_table_del(&t->connects, c);
	return true;
}

bool flow_connect_tick(struct slo_flow_tracker *t, int64_t now_ns)
{
	for (int i = 0; i < FLOW_TICK_STEPS; i++) {
		struct connect *c = slo_table_oldest(&t->connects);

		if (!c || !expire(t, c, now_ns))
			return false;
	}
	return true;
}
