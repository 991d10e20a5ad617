/* SPDX-License-Identifier: MIT */
#include "net/otlp_out.h"

#include "base/table.h"
#include "base/version.h"
#include "net/otlp_batch.h"

#include <stdlib.h>

enum { HEADROOM = 8 << 20 }; /* bytes of the one record that goes over a batch's bound */

struct slo_otlp_out {
	struct slo_otlp_out_opts o;
	struct slo_otlp_out_counters n;
	struct otlp_batch batches[SLO_OTLP_SIGNAL__COUNT];
};

/* What the messages around the records are, by signal. */
static const struct {
	const ProtobufCMessageDescriptor *request, *resource, *scope;
	size_t scope_size;
} layers[SLO_OTLP_SIGNAL__COUNT] = {
	[SLO_OTLP_LOGS] = { &otlp__export_logs_service_request__descriptor, &otlp__resource_logs__descriptor,
			    &otlp__scope_logs__descriptor, sizeof(Otlp__ScopeLogs) },
	[SLO_OTLP_METRICS] = { &otlp__export_metrics_service_request__descriptor, &otlp__resource_metrics__descriptor,
			       &otlp__scope_metrics__descriptor, sizeof(Otlp__ScopeMetrics) },
	[SLO_OTLP_TRACES] = { &otlp__export_trace_service_request__descriptor, &otlp__resource_spans__descriptor,
			      &otlp__scope_spans__descriptor, sizeof(Otlp__ScopeSpans) },
};

/* The three differ in the type of the list's elements only, so that those of logs stand for all. */
#define SAME(a, b, member_a, member_b) \
	_Static_assert(sizeof(a) == sizeof(b) && offsetof(a, member_a) == offsetof(b, member_b), "one layout")
SAME(Otlp__ResourceLogs, Otlp__ResourceMetrics, scope_logs, scope_metrics);
SAME(Otlp__ResourceLogs, Otlp__ResourceSpans, scope_logs, scope_spans);
SAME(Otlp__ResourceLogs, Otlp__ResourceSpans, resource, resource);
SAME(Otlp__ResourceLogs, Otlp__ResourceMetrics, resource, resource);
SAME(Otlp__ScopeLogs, Otlp__ScopeMetrics, scope, scope);
SAME(Otlp__ScopeLogs, Otlp__ScopeSpans, scope, scope);
SAME(Otlp__ScopeLogs, Otlp__ScopeMetrics, n_log_records, n_metrics);
SAME(Otlp__ScopeLogs, Otlp__ScopeSpans, n_log_records, n_spans);
SAME(Otlp__ExportLogsServiceRequest, Otlp__ExportMetricsServiceRequest, resource_logs, resource_metrics);
SAME(Otlp__ExportLogsServiceRequest, Otlp__ExportTraceServiceRequest, resource_logs, resource_spans);

static void batch_reset(struct otlp_batch *b)
{
	slo_otlp_arena_reset(&b->arena);
	b->resources_count = b->records = b->items = b->last = 0;
	b->scope = NULL;
	protobuf_c_message_init(layers[b->signal].request, &b->request);
}

int slo_otlp_out_new(const struct slo_otlp_out_opts *opts, struct slo_otlp_out **out)
{
	struct slo_otlp_out *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->o = *opts;
	if (!o->o.items_max)
		o->o.items_max = SLO_OTLP_BATCH_ITEMS;
	if (!o->o.bytes_max)
		o->o.bytes_max = SLO_OTLP_BATCH_BYTES;
	for (int i = 0; i < SLO_OTLP_SIGNAL__COUNT; i++) {
		o->batches[i].signal = i;
		slo_otlp_arena_init(&o->batches[i].arena, o->o.bytes_max + HEADROOM);
		batch_reset(&o->batches[i]);
	}
	*out = o;
	return 0;
}

void slo_otlp_out_free(struct slo_otlp_out *o)
{
	for (int i = 0; o && i < SLO_OTLP_SIGNAL__COUNT; i++)
		slo_otlp_arena_fini(&o->batches[i].arena);
	free(o);
}

int slo_otlp_out_signal(int kind)
{
	return otlp_names[kind].signal;
}

/* The labels of a record; those that are not there, and required ones that are empty, are absent. */
static uint64_t labels_of(int kind, const char *record, struct slo_str labels[OTLP_LABEL__COUNT])
{
	const struct slo_rec *rec = slo_event_rec[kind];
	uint64_t hash = 0;

	memset(labels, 0, OTLP_LABEL__COUNT * sizeof(*labels));
	for (uint32_t i = 0; i < rec->count; i++) {
		const struct otlp_name *n = &otlp_names[kind].names[i];
		struct slo_str s;

		if (n->where != OTLP_IN_RESOURCE)
			continue;
		s = *(const struct slo_str *)(const void *)(record + rec->fields[i].off);
		if (!s.p || (s.len == 0 && !(rec->fields[i].flags & SLO_REC_OPT)))
			continue;
		labels[n->label] = s;
		hash = slo_hash(s.p, s.len, hash + (uint64_t)n->label + 1);
	}
	return hash;
}

static bool same_labels(const struct otlp_resource *r, uint64_t hash, const struct slo_str labels[OTLP_LABEL__COUNT])
{
	for (int i = 0; r->hash == hash && i < OTLP_LABEL__COUNT; i++)
		if (!r->labels[i].p != !labels[i].p || !slo_str_eq(r->labels[i], labels[i]))
			return false;
	return r->hash == hash;
}

static int add_attributes(struct otlp_batch *b, struct otlp_resource *r, Otlp__Resource *to)
{
	struct otlp_attrs a = { .arena = &b->arena };

	for (int i = 0; i < OTLP_LABEL__COUNT; i++)
		if (r->labels[i].p)
			otlp_attr_text(&a, otlp_labels[i], r->labels[i]);
	if (r->labels[OTLP_NODE].p)
		otlp_attr_text(&a, OTLP_HOST_NAME, r->labels[OTLP_NODE]);
	if (r->labels[OTLP_NAMESPACE].p && r->labels[OTLP_SERVICE].p)
		otlp_attr_text(&a, OTLP_SERVICE_NAMESPACE, r->labels[OTLP_NAMESPACE]);
	return otlp_attrs_end(&a, &to->n_attributes, &to->attributes);
}

/* Our name and version, once for all resources of a batch. */
static int make_scope(struct otlp_batch *b, struct slo_str tool)
{
	struct otlp_attrs a = { .arena = &b->arena };
	Otlp__InstrumentationScope *s = slo_otlp_arena_get(&b->arena, sizeof(*s));

	if (!s)
		return -ENOMEM;
	otlp__instrumentation_scope__init(s);
	s->name = slo_otlp_arena_text(&b->arena, slo_str(SLO_OTLP_SCOPE));
	s->version = slo_otlp_arena_text(&b->arena, slo_str(slo_version()));
	if (tool.len)
		otlp_attr_text(&a, "llm_slo.tool", tool);
	if (!s->name || !s->version || otlp_attrs_end(&a, &s->n_attributes, &s->attributes))
		return -ENOMEM;
	b->scope = s;
	return 0;
}

/* The messages of a new resource around its list of records. */
static int make_resource(struct otlp_batch *b, struct otlp_resource *r)
{
	Otlp__ResourceLogs *outer = slo_otlp_arena_get(&b->arena, sizeof(*outer));
	Otlp__Resource *resource = slo_otlp_arena_get(&b->arena, sizeof(*resource));

	r->logs = slo_otlp_arena_get(&b->arena, layers[b->signal].scope_size);
	if (!outer || !resource || !r->logs)
		return -ENOMEM;
	protobuf_c_message_init(layers[b->signal].resource, outer);
	protobuf_c_message_init(layers[b->signal].scope, r->logs);
	otlp__resource__init(resource);
	for (int i = 0; i < OTLP_LABEL__COUNT; i++) {
		struct slo_str s = r->labels[i];

		if (s.p && !(r->labels[i].p = slo_otlp_arena_text(&b->arena, s)))
			return -ENOMEM;
	}
	if (add_attributes(b, r, resource))
		return -ENOMEM;
	outer->resource = resource;
	r->logs->scope = b->scope;
	if (!slo_otlp_arena_push(&b->arena, &outer->scope_logs, &outer->n_scope_logs, &r->logs, sizeof(r->logs)) ||
	    !slo_otlp_arena_push(&b->arena, &b->request.resource_logs, &b->request.n_resource_logs, &outer,
				 sizeof(outer)))
		return -ENOMEM;
	return 0;
}

/* Return: 0; -ENOSPC too many resources; -ENOMEM. */
static int find_resource(struct slo_otlp_out *o, struct otlp_batch *b, const struct slo_event *ev,
			 struct otlp_resource **out)
{
	struct otlp_resource *r, one;
	int ret;

	one.hash = labels_of(ev->kind, (const char *)&ev->slo, one.labels);
	for (uint32_t i = 0; i < b->resources_count; i++) {
		uint32_t at = (b->last + i) % b->resources_count;

		if (!same_labels(&b->resources[at], one.hash, one.labels))
			continue;
		b->last = at;
		*out = &b->resources[at];
		return 0;
	}
	if (b->resources_count == SLO_OTLP_RESOURCES)
		return -ENOSPC;
	if (!b->scope && make_scope(b, o->o.tool))
		return -ENOMEM;
	r = &b->resources[b->resources_count];
	*r = one;
	ret = make_resource(b, r);
	if (ret)
		return ret;
	b->last = b->resources_count++;
	*out = r;
	return 0;
}

static int put(const struct otlp_job *j)
{
	switch (j->kind) {
	case SLO_KIND_WINDOW: return otlp_window_out(j);
	case SLO_KIND_SLI_WINDOW: return otlp_sli_window_out(j);
	case SLO_KIND_STATS: return otlp_stats_out(j);
	case SLO_KIND_SPAN: return otlp_span_out(j);
	default: return otlp_log_out(j);
	}
}

int slo_otlp_out_put(struct slo_otlp_out *o, const struct slo_event *ev, int64_t now_ns, struct slo_err *err)
{
	struct otlp_batch *b = &o->batches[otlp_names[ev->kind].signal];
	struct otlp_job j = { .batch = b, .kind = ev->kind, .record = &ev->slo, .now_ns = now_ns, .err = err };
	int r;

	if (b->records >= o->o.items_max || (b->records && b->arena.used >= o->o.bytes_max))
		return -ENOSPC;
	r = find_resource(o, b, ev, &j.resource);
	if (r == 0)
		r = put(&j);
	if (r == -ENOMEM && b->arena.err == -EMSGSIZE)
		r = b->records ? -ENOSPC : -EMSGSIZE;
	if (r == 0) {
		b->records++;
		o->n.records[ev->kind]++;
	} else if (b->records == 0) {
		batch_reset(b); /* no resource without records */
	}
	o->n.refused += r == -EINVAL || r == -EMSGSIZE;
	return r;
}

uint32_t slo_otlp_out_count(const struct slo_otlp_out *o, int signal)
{
	return o->batches[signal].records;
}

uint32_t slo_otlp_out_items(const struct slo_otlp_out *o, int signal)
{
	return o->batches[signal].items;
}

/* Resources whose only records were refused are not sent. */
static void prune(struct otlp_batch *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->request.n_resource_logs; i++)
		if (b->request.resource_logs[i]->scope_logs[0]->n_log_records)
			b->request.resource_logs[kept++] = b->request.resource_logs[i];
	b->request.n_resource_logs = kept;
}

int slo_otlp_out_take(struct slo_otlp_out *o, int signal, int encoding, struct slo_buf *to)
{
	struct otlp_batch *b = &o->batches[signal];
	struct slo_otlp_request r = { .signal = signal, .message = &b->request };
	int ret;

	prune(b);
	ret = slo_otlp_request_encode(&r, encoding, to);
	batch_reset(b);
	o->n.bodies += ret == 0;
	return ret;
}

void slo_otlp_out_drop(struct slo_otlp_out *o, int signal)
{
	batch_reset(&o->batches[signal]);
}

void slo_otlp_out_counters(const struct slo_otlp_out *o, struct slo_otlp_out_counters *out)
{
	*out = o->n;
}
