/* SPDX-License-Identifier: MIT */
#include "decode/flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "decode/flow_internal.h"
#include "decode/flow_request.h"
#include "decode/flow_wait.h"

double flow_ms(int64_t ns)
{
	return (double)ns / (double)SLO_NS_PER_MS;
}

struct slo_tuple flow_tuple(const struct slo_packet *p)
{
	struct slo_tuple t = { .src_port = p->src_port, .dst_port = p->dst_port, .proto = p->proto };

	memcpy(t.src, p->src, sizeof(t.src));
	memcpy(t.dst, p->dst, sizeof(t.dst));
	return t;
}

struct slo_tuple flow_oriented(const struct flow *f)
{
	struct slo_tuple t = { .proto = IPPROTO_TCP };
	bool a = f->client == 0;

	memcpy(t.src, a ? f->key.a : f->key.b, sizeof(t.src));
	memcpy(t.dst, a ? f->key.b : f->key.a, sizeof(t.dst));
	t.src_port = a ? f->key.port_a : f->key.port_b;
	t.dst_port = a ? f->key.port_b : f->key.port_a;
	return t;
}

int flow_watched(const struct slo_flow_tracker *t, uint16_t port, const uint8_t addr[16])
{
	for (uint32_t i = 0; i < t->o.watch_count; i++)
		if (t->o.watch[i].port == port)
			return !t->o.local || t->o.local(t->o.arg, addr) ? (int)i : -1;
	return -1;
}

/* Service and role: of a watched port, or what the owner and the peer are configured to be. */
void flow_parties(struct slo_flow_tracker *t, const struct slo_tuple *tuple, int watch, struct slo_obs *o)
{
	if (watch >= 0) {
		o->service = t->o.watch[watch].service;
		o->role = SLO_ROLE_CLIENT;
		return;
	}
	o->service = t->o.owner ? t->o.owner(t->o.arg, tuple) : SLO_SERVICE_NONE;
	o->role =
		t->o.role ? t->o.role(t->o.arg, tuple->dst, tuple->dst_port, slo_flow_name(t, tuple->dst)) : SLO_ROLE_OTHER;
}

void flow_emit(struct slo_flow_tracker *t, const struct slo_obs *o)
{
	t->c.obs++;
	if (t->sink.obs)
		t->sink.obs(t->sink.arg, o);
}

void slo_flow_opts_defaults(struct slo_flow_opts *o)
{
	*o = (struct slo_flow_opts){
		.dns_port = { 53 }, .dns_count = 1,
		.dns_timeout_ns = 5 * SLO_NS_PER_S, .connect_timeout_ns = 30 * SLO_NS_PER_S,
		.request_timeout_ns = 30 * SLO_NS_PER_S,
		.max_flows = 16384, .max_dns = 4096, .max_connects = 4096, .max_exchanges = 2048,
		.max_conns = 1024, .max_requests = 4096,
		.max_names = 1024, .max_held = 64,
	};
}

static int check(const struct slo_flow_opts *o, struct slo_err *err)
{
	const uint32_t sizes[] = { o->max_flows, o->max_dns,	  o->max_connects, o->max_exchanges,
				   o->max_conns, o->max_requests, o->max_names };

	if (o->watch_count > SLO_FLOW_MAX_PORTS || o->dns_count > SLO_FLOW_MAX_PORTS)
		return slo_err_set(err, -EINVAL, "more than %d ports to watch", SLO_FLOW_MAX_PORTS);
	if (o->dns_timeout_ns <= 0 || o->connect_timeout_ns <= 0 || o->request_timeout_ns <= 0)
		return slo_err_set(err, -EINVAL, "a timeout must be positive");
	for (size_t i = 0; i < SLO_ARRAY_LEN(sizes); i++)
		if (sizes[i] == 0 || sizes[i] > 1u << 24)
			return slo_err_set(err, -EINVAL, "a table must have 1 to 2^24 entries");
	if (o->max_held > 1u << 16)
		return slo_err_set(err, -EINVAL, "more than 65536 held segments");
	return 0;
}

int slo_flow_new(const struct slo_flow_opts *o, const struct slo_obs_sink *sink, struct slo_flow_tracker **out,
		 struct slo_err *err)
{
	struct slo_flow_tracker *t;
	int r = check(o, err);

	if (r < 0)
		return r;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->o = *o;
	t->sink = *sink;
	if (flow_dns_init(t) < 0 || flow_connect_init(t) < 0 || flow_tcp_init(t) < 0 || flow_http_init(t) < 0 ||
	    flow_peer_init(t) < 0) {
		slo_flow_free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

void slo_flow_free(struct slo_flow_tracker *t)
{
	if (!t)
		return;
	flow_dns_fini(t);
	flow_connect_fini(t);
	flow_tcp_fini(t);
	flow_http_fini(t);
	flow_peer_fini(t);
	free(t);
}

const struct slo_flow_opts *slo_flow_opts(const struct slo_flow_tracker *t)
{
	return &t->o;
}

/* What a connect() sees of an ICMP error (Linux: icmp_err_convert, tab_unreach); 0 = not an error of interest. */
static int unreachable(const struct slo_packet *p)
{
	static const int v4[] = { ENETUNREACH, EHOSTUNREACH, ENOPROTOOPT, ECONNREFUSED, 0, EOPNOTSUPP, ENETUNREACH,
				  EHOSTDOWN, ENONET, ENETUNREACH, EHOSTUNREACH, ENETUNREACH, EHOSTUNREACH, EHOSTUNREACH,
				  EHOSTUNREACH, EHOSTUNREACH };
	static const int v6[] = { ENETUNREACH, EACCES, EHOSTUNREACH, EHOSTUNREACH, ECONNREFUSED, EACCES, EACCES };

	if (p->proto == IPPROTO_ICMP && p->icmp_type == 3 && p->icmp_code < SLO_ARRAY_LEN(v4))
		return v4[p->icmp_code];
	if (p->proto == IPPROTO_ICMPV6 && p->icmp_type == 1 && p->icmp_code < SLO_ARRAY_LEN(v6))
		return v6[p->icmp_code];
	return 0;
}

static void icmp(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f)
{
	struct slo_packet quoted;
	int err = unreachable(p);

	if (err == 0 || slo_packet_quoted(p, &quoted) != SLO_DISSECT_OK)
		t->c.ignored++;
	else if (quoted.proto == IPPROTO_TCP)
		flow_connect_unreachable(t, &quoted, err, f);
	else
		flow_dns_unreachable(t, &quoted, err, f);
}

void slo_flow_packet(struct slo_flow_tracker *t, const struct slo_frame *f)
{
	struct slo_packet p;
	enum slo_dissect d = slo_packet_dissect(f, &p);

	t->c.packets++;
	if (d == SLO_DISSECT_MALFORMED)
		t->c.malformed++;
	else if (d == SLO_DISSECT_FRAGMENT)
		t->c.fragments++;
	else if (d == SLO_DISSECT_OTHER)
		t->c.ignored++;
	else if (p.proto == IPPROTO_TCP)
		flow_tcp_packet(t, &p, f);
	else if (p.proto != IPPROTO_UDP)
		icmp(t, &p, f);
	else if (flow_dns_is(t, &p))
		flow_dns_packet(t, &p, f);
	else
		t->c.ignored++;
}

bool slo_flow_tick(struct slo_flow_tracker *t, int64_t now_ns)
{
	bool more = flow_dns_tick(t, now_ns);

	more |= flow_tcp_tick(t, now_ns);
	more |= flow_connect_tick(t, now_ns);
	more |= flow_peer_tick(t, now_ns);
	more |= flow_wait_tick(t, now_ns);
	more |= flow_request_tick(t, now_ns);
	return more;
}

void slo_flow_void(struct slo_flow_tracker *t, enum slo_void why)
{
	t->gen.loss++;
	if (why == SLO_VOID_CLOCK)
		t->gen.clock++;
}

void slo_flow_counters(const struct slo_flow_tracker *t, struct slo_flow_counters *out)
{
	struct slo_flow_counters c = t->c;

	c.timeouts = c.dns_timeouts + c.connect_timeouts + c.timed_out + c.exchange_timeouts;
	c.voided = c.dns_voided + c.connect_voided + c.request_void + c.exchange_void;
	c.evicted = c.dns_evicted + c.connect_evicted + c.requests_evicted + c.exchange_evicted;
	c.pending_exchanges = t->asked.count + t->answered.count;
	c.pending_dns = flow_dns_pending(t);
	c.pending_connects = t->connects.count;
	c.pending_requests = t->requests.count + t->active_answers;
	c.flows = t->flows.count;
	c.conns = t->conns.count;
	*out = c;
}

enum slo_not_captured slo_flow_not_captured(const struct slo_flow_tracker *t, uint16_t port)
{
	for (uint32_t i = 0; i < t->o.watch_count; i++)
		if (t->o.watch[i].port == port)
			return (enum slo_not_captured)t->why[i];
	return SLO_CAPTURED;
}

const char *slo_not_captured_name(enum slo_not_captured why)
{
	static const char *const names[SLO_NOT_CAPTURED__COUNT] = { "", "tls", "h2" };

	return why < SLO_NOT_CAPTURED__COUNT ? names[why] : "";
}
