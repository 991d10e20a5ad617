/* SPDX-License-Identifier: MIT */
#include "correlate/ident.h"

#include "base/table.h"
#include "base/time.h"

/* Never 0 for a string that says something. */
static uint64_t name_hash(struct slo_str s, uint64_t seed)
{
	return s.len ? slo_hash(s.p, s.len, seed) | 1 : 0;
}

static uint64_t end_hash(struct slo_str ip, int32_t port, uint64_t seed)
{
	return slo_hash(ip.p ? ip.p : "", ip.len, seed + (uint64_t)(uint32_t)port * 0x9e3779b97f4a7c15);
}

/* Who opened the connection is not always seen the same way, so the order of its ends does not count for the whole. */
static void set_tuple(struct ident *id, const struct slo_conn_tuple *t, uint64_t seed)
{
	uint64_t proto = name_hash(t->protocol, seed);
	uint64_t a = end_hash(t->src_ip, t->src_port, seed ^ proto), b = end_hash(t->dst_ip, t->dst_port, seed ^ proto);
	uint64_t ends[2] = { a < b ? a : b, a < b ? b : a };

	id->tuple = slo_hash(ends, sizeof(ends), seed) | 1;
	id->from = a | 1;
	id->to = b | 1;
}

static uint64_t number(int64_t v)
{
	return v > 0 ? (uint64_t)v : 0;
}

static int64_t known(int64_t v)
{
	return v > 0 ? v : 0;
}

void ident_of_span(struct ident *id, const struct slo_span *s, uint64_t seed)
{
	*id = (struct ident){
		.trace = name_hash(s->trace_id, seed),
		.pod = name_hash(s->pod, seed),
		.namespace = name_hash(s->namespace, seed),
		.node = name_hash(s->node, seed),
		.service = name_hash(s->service, seed),
		.netns = number(s->netns_cookie),
		.pid = known(s->pid),
		.pid_start_ns = known(s->pid_start_ns),
		.span = name_hash(s->span_id, seed),
		.parent = name_hash(s->parent_span_id, seed),
	};
	if (s->has_conn_tuple)
		set_tuple(id, &s->conn_tuple, seed);
}

void ident_of_probe(struct ident *id, const struct slo_probe_event *p, uint64_t seed)
{
	*id = (struct ident){
		.trace = name_hash(p->trace_id, seed),
		.pod = name_hash(p->pod, seed),
		.namespace = name_hash(p->namespace, seed),
		.node = name_hash(p->node, seed),
		.service = name_hash(p->service, seed),
		.netns = number(p->netns_cookie),
		.pid = known(p->pid),
		.ns_pid = known(p->ns_pid),
		.pid_start_ns = known(p->pid_start_ns),
	};
	if (p->has_conn_tuple)
		set_tuple(id, &p->conn_tuple, seed);
}

void ident_pack(const struct ident *id, struct slo_join_item *to)
{
	const uint64_t names[] = { id->trace, id->pod,   id->namespace, id->node,  id->service,
				   id->tuple, id->netns, id->span,      id->parent, id->from, id->to };
	const int64_t numbers[] = { id->pid, id->ns_pid, id->pid_start_ns };

	_Static_assert(sizeof(names) == sizeof(to->names) && sizeof(numbers) == sizeof(to->numbers), "all of it");
	memcpy(to->names, names, sizeof(names));
	memcpy(to->numbers, numbers, sizeof(numbers));
}

void ident_unpack(const struct slo_join_item *from, struct ident *id)
{
	const uint64_t *n = from->names;

	*id = (struct ident){ .trace = n[0],   .pod = n[1],   .namespace = n[2], .node = n[3], .service = n[4],
			      .tuple = n[5],   .netns = n[6], .span = n[7],      .parent = n[8], .from = n[9],    .to = n[10],
			      .pid = from->numbers[0], .ns_pid = from->numbers[1], .pid_start_ns = from->numbers[2] };
}

uint64_t ident_key(const struct ident *id, enum key kind, int64_t pid)
{
	uint64_t parts[KEY__COUNT][3] = {
		[KEY_TRACE] = { id->trace, 1, KEY_TRACE },
		[KEY_POD_PID] = { id->pod, (uint64_t)pid, KEY_POD_PID },
		[KEY_NODE_PID] = { id->node, (uint64_t)pid, KEY_NODE_PID },
		[KEY_TUPLE] = { id->tuple, 1, KEY_TUPLE },
		[KEY_FROM] = { id->from, 1, KEY_FROM },
		[KEY_SERVICE] = { id->service, id->node, KEY_SERVICE },
		[KEY_POD] = { id->pod, 1, KEY_POD },
		[KEY_NODE] = { id->node, 1, KEY_NODE },
	};

	return parts[kind][0] && parts[kind][1] ? slo_hash(parts[kind], sizeof(parts[kind]), 0) | 1 : 0;
}

static bool differ(uint64_t a, uint64_t b)
{
	return a && b && a != b;
}

static bool same(uint64_t a, uint64_t b)
{
	return a && a == b;
}

static bool same_number(const struct ident *span, const struct ident *event)
{
	return span->pid && (span->pid == event->pid || (span->pod && span->pid == event->ns_pid));
}

bool ident_same_process(const struct ident *span, const struct ident *event)
{
	int64_t apart = span->pid_start_ns - event->pid_start_ns;

	if (!same_number(span, event) || !(span->pod ? same(span->pod, event->pod) : same(span->node, event->node)))
		return false;
	/* Both were rounded to clock ticks, and one of them went through a clock conversion. */
	return !span->pid_start_ns || !event->pid_start_ns || (apart <= SLO_NS_PER_S && apart >= -SLO_NS_PER_S);
}

/* Both name a process in a way that can be compared, and it is not the same. */
static bool other_process(const struct ident *span, const struct ident *event)
{
	bool comparable = span->pod ? same(span->pod, event->pod) && event->ns_pid : same(span->node, event->node);

	return comparable && span->pid && event->pid && !ident_same_process(span, event);
}

bool ident_apart(const struct ident *span, const struct ident *event, bool pods)
{
	return differ(span->namespace, event->namespace) || differ(span->node, event->node) ||
	       (pods && differ(span->pod, event->pod));
}

/* One network, as far as it is known: the same addresses elsewhere are something else. */
static bool same_network(const struct ident *span, const struct ident *event)
{
	return same(span->pod, event->pod) || same(span->node, event->node) || same(span->netns, event->netns);
}

static bool contradict(const struct ident *span, const struct ident *event)
{
	return differ(span->trace, event->trace) || differ(span->netns, event->netns) || ident_apart(span, event, true);
}

bool ident_same_opener(const struct ident *span, const struct ident *event)
{
	return !contradict(span, event) && (same(span->from, event->from) || same(span->from, event->to)) &&
	       same_network(span, event);
}

bool ident_fits(const struct ident *span, const struct ident *event, int tier)
{
	if (contradict(span, event))
		return false;
	switch (tier) {
	case SLO_TIER_TRACE:
		return same(span->trace, event->trace);
	case SLO_TIER_PROCESS:
		return ident_same_process(span, event);
	case SLO_TIER_CONNECTION:
		return same(span->tuple, event->tuple) && same_network(span, event);
	default:
		return same(span->service, event->service) && same(span->node, event->node) &&
		       !other_process(span, event);
	}
}
