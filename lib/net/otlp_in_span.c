/* SPDX-License-Identifier: MIT */
/* Spans, our own and others', into span records; requests among those of others into windows. */
#include "net/otlp_reader.h"
#include "net/otlp_span.h"
#include "net/otlp_spans.h"

#include <arpa/inet.h>

enum { VALUE_MAX = 4096 }; /* bytes of an attribute that is kept */

/* What a request or an answer said has no place in our records. */
static bool is_content(const char *key)
{
	static const char *const contents[] = { "gen_ai.input.messages", "gen_ai.output.messages",
						"gen_ai.system_instructions", "gen_ai.prompt", "gen_ai.completion",
						"gen_ai.tool.definitions", "input.value", "output.value", "llm.prompts",
						"llm.completions", "llm.input_messages", "llm.output_messages" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(contents); i++) {
		size_t n = strlen(contents[i]);

		if (strncmp(key, contents[i], n) == 0 && (key[n] == '\0' || key[n] == '.'))
			return true;
	}
	return false;
}

/* A value as plain JSON: ["a",1]. Members of lists only; depth is bounded by the decoder. */
static void write_plain(const Otlp__AnyValue *v, struct slo_buf *to)
{
	switch (v->value_case) {
	case OTLP__ANY_VALUE__VALUE_STRING_VALUE:
		slo_json_add_str(to, slo_str(v->string_value));
		break;
	case OTLP__ANY_VALUE__VALUE_BOOL_VALUE:
		slo_buf_adds(to, v->bool_value ? "true" : "false");
		break;
	case OTLP__ANY_VALUE__VALUE_INT_VALUE:
		slo_buf_addf(to, "%lld", (long long)v->int_value);
		break;
	case OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE:
		slo_json_add_f64(to, v->double_value);
		break;
	case OTLP__ANY_VALUE__VALUE_ARRAY_VALUE:
		for (size_t i = 0; i < v->array_value->n_values && !to->err; i++) {
			slo_buf_addc(to, i ? ',' : '[');
			write_plain(v->array_value->values[i], to);
		}
		slo_buf_adds(to, v->array_value->n_values ? "]" : "[]");
		break;
	case OTLP__ANY_VALUE__VALUE_KVLIST_VALUE:
		for (size_t i = 0; i < v->kvlist_value->n_values && !to->err; i++) {
			const Otlp__KeyValue *pair = v->kvlist_value->values[i];

			slo_buf_addc(to, i ? ',' : '{');
			slo_json_add_str(to, slo_str(otlp_key(pair)));
			slo_buf_addc(to, ':');
			if (pair->value)
				write_plain(pair->value, to);
			else
				slo_buf_adds(to, "null");
		}
		slo_buf_adds(to, v->kvlist_value->n_values ? "}" : "{}");
		break;
	default:
		slo_buf_adds(to, "null");
	}
}

/* A value as text; absent without memory, and for nothing and bytes. */
static struct slo_str text_of(struct slo_otlp_in *in, const Otlp__AnyValue *v)
{
	struct slo_otlp_arena *arena = &in->decoder->arena;
	struct slo_str s = { NULL, 0 };
	struct slo_buf text;

	if (v->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE)
		return slo_str(v->string_value);
	if (v->value_case == OTLP__ANY_VALUE__VALUE__NOT_SET || v->value_case == OTLP__ANY_VALUE__VALUE_BYTES_VALUE)
		return s;
	slo_buf_init(&text, VALUE_MAX);
	write_plain(v, &text);
	if (!text.err)
		s = slo_str(slo_otlp_arena_text(arena, slo_buf_str(&text)));
	slo_buf_fini(&text);
	return s;
}

static void add_attribute(struct slo_otlp_in *in, const char *key, const Otlp__AnyValue *v)
{
	struct slo_span *s = &in->ev.span;
	struct slo_str value = text_of(in, v);

	if (!value.p || value.len > VALUE_MAX || s->attributes_count == SLO_MAX_SPAN_ATTRS ||
	    otlp_has_key(s->attributes, s->attributes_count, sizeof(*s->attributes), slo_str(key))) {
		in->n.attributes_cut++;
		return;
	}
	s->attributes[s->attributes_count++] = (struct slo_pair){ slo_str(key), value };
}

static void read_attributes(struct slo_otlp_in *in, const Otlp__Span *s, bool own)
{
	const size_t before = strlen(OTLP_SPAN_ESCAPE);

	for (size_t i = 0; i < s->n_attributes; i++) {
		const Otlp__AnyValue *v = s->attributes[i]->value;
		const char *key = otlp_key(s->attributes[i]);

		if (!v)
			continue;
		if (own && strncmp(key, OTLP_SPAN_ESCAPE, before) == 0)
			add_attribute(in, key + before, v);
		else if (own ? !otlp_span_reserved(slo_str(key)) : !is_content(key))
			add_attribute(in, key, v);
	}
}

/* Kind, status and parent that the fields could not hold. */
static void read_odd(struct slo_otlp_in *in, const Otlp__Span *s)
{
	const struct {
		const char *key;
		struct slo_str *to;
	} odd[] = {
		{ OTLP_SPAN_PARENT, &in->ev.span.parent_span_id },
		{ OTLP_SPAN_KIND, &in->ev.span.span_kind },
		{ OTLP_SPAN_STATUS, &in->ev.span.status },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(odd); i++) {
		struct slo_str v = otlp_find_text(s->n_attributes, s->attributes, odd[i].key);

		if (v.p)
			*odd[i].to = v;
	}
}

static bool is_address(struct slo_str s)
{
	unsigned char raw[16];
	char text[64];

	return slo_str_copy(text, sizeof(text), s) &&
	       (inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1);
}

/* An end of the connection of an HTTP span: @names of address and port, newest convention first. */
static bool read_end(const Otlp__Span *s, const char *const names[][2], size_t n, struct slo_str *ip, int32_t *port)
{
	for (size_t i = 0; i < n; i++) {
		struct slo_str a = otlp_find_text(s->n_attributes, s->attributes, names[i][0]);
		int64_t p = otlp_find_int(s->n_attributes, s->attributes, names[i][1]);

		if (!a.p || !is_address(a) || p < 1 || p > 65535)
			continue;
		*ip = a;
		*port = (int32_t)p;
		return true;
	}
	return false;
}

/* The connection, where both ends are known. */
static void read_tuple(struct slo_span *out, const Otlp__Span *s)
{
	static const char *const peers[][2] = { { "network.peer.address", "network.peer.port" },
						{ "net.sock.peer.addr", "net.sock.peer.port" },
						{ "net.peer.ip", "net.peer.port" } };
	static const char *const locals[][2] = { { "network.local.address", "network.local.port" },
						 { "net.sock.host.addr", "net.sock.host.port" },
						 { "net.host.ip", "net.host.port" } };
	struct slo_conn_tuple *t = &out->conn_tuple;
	bool client = slo_str_is(out->span_kind, "client") || slo_str_is(out->span_kind, "producer");

	out->has_conn_tuple =
		read_end(s, peers, SLO_ARRAY_LEN(peers), client ? &t->dst_ip : &t->src_ip,
			 client ? &t->dst_port : &t->src_port) &&
		read_end(s, locals, SLO_ARRAY_LEN(locals), client ? &t->src_ip : &t->dst_ip,
			 client ? &t->src_port : &t->dst_port);
	t->protocol = slo_str("tcp");
}

static int read_fields(struct slo_otlp_in *in, const Otlp__Span *s, struct slo_err *err)
{
	const uint64_t latest = UINT64_C(9200000000000000000);
	struct slo_span *out = &in->ev.span;
	int code = s->status ? s->status->code : 0;

	if (s->trace_id.len != 16 || s->span_id.len != 8)
		return slo_err_set(err, -EINVAL, "traceId, spanId: want 16 and 8 bytes");
	if (s->start_time_unix_nano > latest || s->end_time_unix_nano > latest)
		return slo_err_set(err, -EINVAL, "startTimeUnixNano or endTimeUnixNano is out of range");
	out->trace_id = otlp_hex(&in->decoder->arena, &s->trace_id);
	out->span_id = otlp_hex(&in->decoder->arena, &s->span_id);
	out->parent_span_id = otlp_hex(&in->decoder->arena, &s->parent_span_id);
	out->name = slo_str(s->name ? s->name : "");
	out->span_kind = slo_str(s->kind >= 0 && s->kind < otlp_span_kind_enum.count
					 ? otlp_span_kind_enum.names[s->kind] : "");
	out->status = slo_str(code >= 0 && code < otlp_span_status_enum.count ? otlp_span_status_enum.names[code] : "");
	out->start_ns = (int64_t)s->start_time_unix_nano;
	out->end_ns = (int64_t)s->end_time_unix_nano;
	return 0;
}

static void read_request(struct slo_otlp_in *in, const Otlp__Span *s, const struct otlp_origin *from)
{
	struct otlp_whose whose = { .cluster = from->labels[OTLP_CLUSTER], .node = from->labels[OTLP_NODE],
				    .namespace = from->labels[OTLP_NAMESPACE], .workload = from->workload,
				    .service = from->labels[OTLP_SERVICE], .pod = from->labels[OTLP_POD],
				    .container = from->labels[OTLP_CONTAINER] };
	struct slo_request r = { .status = 0 };

	if (!in->windows || !whose.service.len || !otlp_span_request(s, &r, &whose.role))
		return;
	for (size_t i = 0; i < 8; i++)
		r.seq = r.seq << 8 | s->span_id.data[i];
	in->n.requests++;
	(void)otlp_windows_add(in->windows, &whose, &r);
}

static int read_own(struct slo_otlp_in *in, const Otlp__Span *s, struct slo_err *err)
{
	read_odd(in, s);
	return otlp_members_in(slo_event_rec[SLO_KIND_SPAN], otlp_names[SLO_KIND_SPAN].names, false, s->n_attributes,
			       s->attributes, &in->ev.span, err);
}

static void read_foreign(struct slo_otlp_in *in, const Otlp__Span *s, const struct otlp_origin *from)
{
	struct slo_span *out = &in->ev.span;

	in->n.foreign[SLO_OTLP_TRACES]++;
	out->pid = from->pid > 0 ? from->pid : SLO_ABSENT_I64;
	if (!out->span_kind.len)
		out->span_kind = slo_str("internal");
	if (!out->status.len)
		out->status = slo_str("unset");
	read_tuple(out, s);
}

static void read_span(struct slo_otlp_in *in, const Otlp__Span *s, const struct otlp_origin *from)
{
	struct slo_err err = { .what = "" };
	int r;

	in->n.items[SLO_OTLP_TRACES]++;
	otlp_begin(in, SLO_KIND_SPAN, from);
	r = read_fields(in, s, &err);
	if (r == 0 && from->own)
		r = read_own(in, s, &err);
	if (r == 0)
		r = otlp_members_check(slo_event_rec[SLO_KIND_SPAN], &in->ev.span, &err);
	if (r == 0 && !from->own)
		read_foreign(in, s, from);
	if (r == 0) {
		read_attributes(in, s, from->own);
		r = otlp_whole(in, &err);
	}
	if (r) {
		otlp_reject(in, "span", &err);
		return;
	}
	otlp_emit(in);
	if (!from->own)
		read_request(in, s, from);
}

void otlp_spans_in(struct slo_otlp_in *in, const Otlp__ExportTraceServiceRequest *m)
{
	for (size_t i = 0; i < m->n_resource_spans; i++) {
		const Otlp__ResourceSpans *r = m->resource_spans[i];
		struct otlp_origin from;

		otlp_origin_of(r->resource, &from);
		for (size_t k = 0; k < r->n_scope_spans; k++) {
			const Otlp__ScopeSpans *s = r->scope_spans[k];

			from.own = otlp_is_ours(s->scope);
			if (!from.own && !from.labels[OTLP_CLUSTER].p)
				from.labels[OTLP_CLUSTER] = in->o.cluster;
			for (size_t j = 0; j < s->n_spans; j++)
				read_span(in, s->spans[j], &from);
		}
	}
}
