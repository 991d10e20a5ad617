/* SPDX-License-Identifier: MIT */
/* DNS over UDP: a query and its answer, and the names that answers give to addresses. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "decode/flow_internal.h"

/* A repeated query this soon after its answer crossed it on the way. */
#define CROSSED_NS SLO_NS_PER_S

struct query_key {
	uint8_t src[16], dst[16]; /* src asked */
	uint16_t src_port, dst_port, id, zero;
};

/* In order of their start, because nothing ever touches them again. */
struct query {
	struct query_key key;
	bool answered;
	struct flow_home home;
	struct flow_gen gen;
	uint32_t retries;
	int64_t start_ns, answer_ns;
	uint64_t name_hash;
	char name[SLO_DNS_NAME_MAX];
};

struct name {
	uint8_t addr[16];
	char name[SLO_DNS_NAME_MAX];
};

int flow_dns_init(struct slo_flow_tracker *t)
{
	int r = slo_table_init(&t->dns, sizeof(struct query_key), sizeof(struct query), t->o.max_dns, t->o.seed);

	return r < 0 ? r : slo_table_init(&t->names, 16, sizeof(struct name), t->o.max_names, t->o.seed);
}

void flow_dns_fini(struct slo_flow_tracker *t)
{
	slo_table_fini(&t->dns);
	slo_table_fini(&t->names);
}

uint64_t flow_dns_pending(const struct slo_flow_tracker *t)
{
	const struct slo_flow_counters *c = &t->c;

	return c->dns_queries - c->dns_answers - c->dns_timeouts - c->dns_refused - c->dns_voided - c->dns_evicted;
}

struct slo_str slo_flow_name(const struct slo_flow_tracker *t, const uint8_t addr[16])
{
	const struct name *n = t->names.count > 0 ? slo_table_find(&t->names, addr) : NULL;

	return slo_str(n ? n->name : NULL);
}

static bool is_dns_port(const struct slo_flow_tracker *t, uint16_t port)
{
	for (uint32_t i = 0; i < t->o.dns_count; i++)
		if (t->o.dns_port[i] == port)
			return true;
	return false;
}

bool flow_dns_is(const struct slo_flow_tracker *t, const struct slo_packet *p)
{
	return is_dns_port(t, p->dst_port) || is_dns_port(t, p->src_port);
}

static struct query_key make_key(const struct slo_packet *p, uint16_t id, bool response)
{
	struct query_key k = { .id = id };

	memcpy(k.src, response ? p->dst : p->src, sizeof(k.src));
	memcpy(k.dst, response ? p->src : p->dst, sizeof(k.dst));
	k.src_port = response ? p->dst_port : p->src_port;
	k.dst_port = response ? p->src_port : p->dst_port;
	return k;
}

static bool is_stub(const uint8_t addr[16])
{
	static const uint8_t v4[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 };

	return memcmp(addr, v4, sizeof(v4)) == 0 || memcmp(addr, &in6addr_loopback, 16) == 0;
}

/* @m: the answer, NULL when there is none. */
static void report(struct slo_flow_tracker *t, const struct query *q, int64_t end_ns, int err, const struct slo_dns *m)
{
	struct slo_obs o = { .signal = SLO_SIGNAL_DNS_LATENCY,
			     .provider = "packet",
			     .end_ns = end_ns,
			     .times = 1,
			     .err = err,
			     .failed = !m || slo_dns_failed(m->rcode),
			     .value = flow_ms(end_ns - q->start_ns),
			     .has_tuple = true };
	int n = snprintf(o.detail, sizeof(o.detail), "%s", q->name);

	memcpy(o.tuple.src, q->key.src, 16);
	memcpy(o.tuple.dst, q->key.dst, 16);
	o.tuple.src_port = q->key.src_port;
	o.tuple.dst_port = q->key.dst_port;
	o.tuple.proto = IPPROTO_UDP;
	if (m && m->rcode != 0)
		n += snprintf(o.detail + n, sizeof(o.detail) - (size_t)n, " %s", slo_dns_rcode(m->rcode));
	if (m && m->truncated)
		n += snprintf(o.detail + n, sizeof(o.detail) - (size_t)n, " tc");
	if (is_stub(q->key.dst))
		n += snprintf(o.detail + n, sizeof(o.detail) - (size_t)n, " stub");
	if (q->retries > 0)
		snprintf(o.detail + n, sizeof(o.detail) - (size_t)n, " retries=%u", q->retries < 99 ? q->retries : 99);
	o.service = t->o.owner ? t->o.owner(t->o.arg, &o.tuple) : SLO_SERVICE_NONE;
	o.role = SLO_ROLE_RESOLVER;
	flow_emit(t, &o);
}

static void evict(void *arg, void *entry)
{
	struct slo_flow_tracker *t = arg;
	const struct query *q = entry;

	t->c.dns_evicted += !q->answered;
}

/* Return: whether @q is a query that is being repeated, as opposed to a new one that reuses port and id. */
static bool repeated(const struct query *q, const struct slo_dns *m, int64_t now_ns)
{
	return q->name_hash == m->name_hash && (!q->answered || now_ns - q->answer_ns <= CROSSED_NS);
}

static void asked(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f,
		  const struct slo_dns *m)
{
	struct query_key key = make_key(p, m->id, false);
	struct query *q = slo_table_find(&t->dns, &key);
	bool created;

	if (q && repeated(q, m, f->ts_ns)) {
		if (!flow_same_home(&q->home, f)) {
			t->c.duplicates++;
			return;
		}
		q->retries++;
		t->c.dns_retries++;
		return;
	}
	if (q) {
		t->c.dns_voided += !q->answered;
		slo_table_del(&t->dns, q);
	}
	q = slo_table_get(&t->dns, &key, &created, evict, t);
	q->home = flow_home_of(f);
	q->gen = t->gen;
	q->start_ns = f->ts_ns;
	q->name_hash = m->name_hash;
	memcpy(q->name, m->name, sizeof(q->name));
	t->c.dns_queries++;
}

static void keep_names(struct slo_flow_tracker *t, const struct query *q, const struct slo_dns *m)
{
	for (uint32_t i = 0; i < m->addr_count; i++) {
		bool created;
		struct name *n = slo_table_get(&t->names, m->addr[i], &created, NULL, NULL);

		memcpy(n->name, q->name, sizeof(n->name));
	}
}

static void answered(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f,
		     const struct slo_dns *m)
{
	struct query_key key = make_key(p, m->id, true);
	struct query *q = slo_table_find(&t->dns, &key);

	if (!q || q->answered || (m->has_question && m->name_hash != q->name_hash)) {
		t->c.dns_unmatched++;
		return;
	}
	q->answered = true;
	q->answer_ns = f->ts_ns;
	keep_names(t, q, m);
	if (q->gen.clock != t->gen.clock || f->ts_ns < q->start_ns) {
		t->c.backwards += q->gen.clock == t->gen.clock;
		t->c.dns_voided++;
		return;
	}
	t->c.dns_answers++;
	t->c.dns_truncated += m->truncated;
	report(t, q, f->ts_ns, 0, m);
}

void flow_dns_packet(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f)
{
	struct slo_dns m;

	if (slo_dns_parse(p->payload, p->cap, &m) < 0)
		t->c.dns_malformed++;
	else if (m.response && is_dns_port(t, p->src_port))
		answered(t, p, f, &m);
	else if (!m.response && is_dns_port(t, p->dst_port))
		asked(t, p, f, &m);
	else
		t->c.dns_malformed++;
}

void flow_dns_unreachable(struct slo_flow_tracker *t, const struct slo_packet *quoted, int err,
			  const struct slo_frame *f)
{
	struct query_key key;
	struct query *q = NULL;

	if (is_dns_port(t, quoted->dst_port) && quoted->cap >= 2) {
		key = make_key(quoted, (uint16_t)(quoted->payload[0] << 8 | quoted->payload[1]), false);
		q = slo_table_find(&t->dns, &key);
	}
	if (!q || q->answered || q->gen.clock != t->gen.clock || f->ts_ns < q->start_ns) {
		t->c.ignored++;
		return;
	}
	q->answered = true;
	q->answer_ns = f->ts_ns;
	t->c.dns_refused++;
	report(t, q, f->ts_ns, err, NULL);
}

/* Return: whether @q was due. */
static bool expire(struct slo_flow_tracker *t, struct query *q, int64_t now_ns)
{
	bool stepped = q->gen.clock != t->gen.clock;

	if (!stepped && now_ns - q->start_ns < t->o.dns_timeout_ns)
		return false;
	if (!q->answered && q->gen.loss != t->gen.loss) {
		t->c.dns_voided++;
	} else if (!q->answered) {
		t->c.dns_timeouts++;
		report(t, q, q->start_ns + t->o.dns_timeout_ns, ETIMEDOUT, NULL);
	}
	slo_table_del(&t->dns, q);
	return true;
}

bool flow_dns_tick(struct slo_flow_tracker *t, int64_t now_ns)
{
	struct query *q;

	for (int i = 0; i < FLOW_TICK_STEPS; i++) {
		q = slo_table_oldest(&t->dns);
		if (!q || !expire(t, q, now_ns))
			return false;
	}
	return true;
}
