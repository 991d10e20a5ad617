/* SPDX-License-Identifier: MIT */
#include "net/otlp_codec.h"

#include "base/cleanup.h"
#include "net/otlp_internal.h"
#include "rec/lex.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char *const signal_names[] = { "logs", "metrics", "traces" };
static const char *const encoding_names[] = { "protobuf", "json" };
const struct slo_enum slo_otlp_signal_enum = { signal_names, SLO_OTLP_SIGNAL__COUNT };
const struct slo_enum slo_otlp_encoding_enum = { encoding_names, SLO_OTLP_ENCODING__COUNT };

/* What belongs to each signal. */
static const struct {
	const char *path, *member; /* @member: of a request in JSON */
	const ProtobufCMessageDescriptor *request, *response;
} kinds[SLO_OTLP_SIGNAL__COUNT] = {
	[SLO_OTLP_LOGS] = { "/v1/logs", "resourceLogs", &otlp__export_logs_service_request__descriptor,
			    &otlp__export_logs_service_response__descriptor },
	[SLO_OTLP_METRICS] = { "/v1/metrics", "resourceMetrics", &otlp__export_metrics_service_request__descriptor,
			       &otlp__export_metrics_service_response__descriptor },
	[SLO_OTLP_TRACES] = { "/v1/traces", "resourceSpans", &otlp__export_trace_service_request__descriptor,
			      &otlp__export_trace_service_response__descriptor },
};

const char *slo_otlp_path(int signal)
{
	return kinds[signal].path;
}

static const char *const content_types[SLO_OTLP_ENCODING__COUNT] = {
	[SLO_OTLP_PROTOBUF] = "application/x-protobuf",
	[SLO_OTLP_JSON] = "application/json",
};

const char *slo_otlp_content_type(int encoding)
{
	return content_types[encoding];
}

int slo_otlp_encoding_of(struct slo_str type)
{
	const char *semicolon = type.len ? memchr(type.p, ';', type.len) : NULL;

	if (semicolon)
		type.len = (size_t)(semicolon - type.p);
	while (type.len && (type.p[type.len - 1] == ' ' || type.p[type.len - 1] == '\t'))
		type.len--;
	for (int i = 0; i < SLO_OTLP_ENCODING__COUNT; i++)
		if (type.len == strlen(content_types[i]) && strncasecmp(type.p, content_types[i], type.len) == 0)
			return i;
	return -1;
}

int slo_otlp_decoder_new(const struct slo_otlp_limits *limits, struct slo_otlp_decoder **out)
{
	struct slo_otlp_decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	if (limits)
		d->limits = *limits;
	if (!d->limits.body_max)
		d->limits.body_max = 20 << 20;
	if (!d->limits.memory_max)
		d->limits.memory_max = 256 << 20;
	if (!d->limits.depth_max || d->limits.depth_max > OTLP_DEPTH_MAX)
		d->limits.depth_max = OTLP_DEPTH_MAX;
	if (!d->limits.messages_max)
		d->limits.messages_max = 4000000;
	slo_otlp_arena_init(&d->arena, d->limits.memory_max);
	slo_buf_init(&d->scratch, d->limits.body_max + 1);
	*out = d;
	return 0;
}

void slo_otlp_decoder_free(struct slo_otlp_decoder *d)
{
	if (!d)
		return;
	slo_otlp_arena_fini(&d->arena);
	slo_buf_fini(&d->scratch);
	free(d);
}

void slo_otlp_decoder_counters(const struct slo_otlp_decoder *d, struct slo_otlp_counters *out)
{
	*out = d->n;
}

size_t otlp_name(const ProtobufCFieldDescriptor *f, char *to)
{
	size_t n = 0;

	for (const char *p = f->name; *p && n + 1 < OTLP_NAME_MAX; p++) {
		bool capital = *p == '_' && p[1] != '\0';

		if (capital)
			p++;
		to[n++] = (char)(capital && *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	}
	to[n] = '\0';
	return n;
}

bool otlp_is_id(const ProtobufCFieldDescriptor *f)
{
	size_t n = strlen(f->name);

	return f->type == PROTOBUF_C_TYPE_BYTES && n > 3 && strcmp(f->name + n - 3, "_id") == 0;
}

/* "resourceLogs[0].scopeLogs[2].logRecords[17].traceId" */
static void write_place(const struct otlp_place *place, struct slo_buf *to)
{
	for (uint32_t i = 0; i <= place->depth; i++) {
		char name[OTLP_NAME_MAX];

		if (!place->steps[i].field)
			continue;
		otlp_name(place->steps[i].field, name);
		slo_buf_addf(to, "%s%s", to->len ? "." : "", name);
		if (place->steps[i].index != SIZE_MAX)
			slo_buf_addf(to, "[%zu]", place->steps[i].index);
	}
}

int otlp_fail(struct slo_otlp_decoder *d, int ret, const char *fmt, ...)
{
	char why[200];
	struct slo_buf where;
	va_list ap;

	if (!d->err || d->err->what[0])
		return ret;
	va_start(ap, fmt);
	(void)!vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	slo_err_set(d->err, ret, "%s", why);
	slo_buf_init(&where, 4096);
	write_place(&d->place, &where);
	if (where.len)
		slo_err_at(d->err, "%s", where.data);
	slo_buf_fini(&where);
	return ret;
}

int otlp_no_memory(struct slo_otlp_decoder *d)
{
	if (d->arena.err == -EMSGSIZE)
		return otlp_fail(d, -EMSGSIZE, "more than %zu bytes in memory", d->limits.memory_max);
	return otlp_fail(d, -ENOMEM, "no memory");
}

int otlp_enter(struct slo_otlp_decoder *d, const ProtobufCFieldDescriptor *f, size_t index)
{
	otlp_at(d, f, index);
	if (d->place.depth >= d->limits.depth_max)
		return otlp_fail(d, -EMSGSIZE, "nested over %u levels", d->limits.depth_max);
	if (d->messages >= d->limits.messages_max)
		return otlp_fail(d, -EMSGSIZE, "more than %u messages", d->limits.messages_max);
	d->messages++;
	d->place.depth++;
	otlp_at(d, NULL, SIZE_MAX);
	return 0;
}

void otlp_leave(struct slo_otlp_decoder *d)
{
	d->place.depth--;
}

void otlp_at(struct slo_otlp_decoder *d, const ProtobufCFieldDescriptor *f, size_t index)
{
	d->place.steps[d->place.depth].field = f;
	d->place.steps[d->place.depth].index = index;
}

static int decode(struct slo_otlp_decoder *d, const ProtobufCMessageDescriptor *desc, int encoding, struct slo_str body,
		  const void *out, struct slo_err *err)
{
	const ProtobufCMessage **to = (const ProtobufCMessage **)(uintptr_t)out;
	int r;

	d->place.depth = 0;
	d->messages = 0;
	d->err = err && !err->what[0] ? err : NULL;
	otlp_at(d, NULL, SIZE_MAX);
	slo_otlp_arena_reset(&d->arena);
	if (body.len > d->limits.body_max)
		r = otlp_fail(d, -EMSGSIZE, "%zu bytes, at most %zu are read", body.len, d->limits.body_max);
	else
		r = (encoding == SLO_OTLP_JSON ? otlp_json_decode : otlp_wire_decode)(d, desc, body, to);
	d->n.malformed += r == -EINVAL;
	d->n.oversize += r == -EMSGSIZE;
	d->n.bodies += r == 0;
	d->n.bytes += r == 0 ? body.len : 0;
	d->err = NULL;
	return r;
}

int slo_otlp_decode(struct slo_otlp_decoder *d, int signal, int encoding, struct slo_str body,
		    struct slo_otlp_request *out, struct slo_err *err)
{
	const void *message = NULL;
	int r = decode(d, kinds[signal].request, encoding, body, &message, err);

	if (r == 0)
		*out = (struct slo_otlp_request){ .signal = signal, .message = message };
	return r;
}

int slo_otlp_line_signal(struct slo_str line)
{
	struct slo_lex_value v;
	struct slo_lex l;

	slo_lex_init(&l, line.p, line.len, NULL);
	if (slo_lex_next(&l, &v) != SLO_LEX_OBJECT)
		return -1;
	while (slo_lex_next(&l, &v) == SLO_LEX_KEY) {
		for (int i = 0; i < SLO_OTLP_SIGNAL__COUNT; i++)
			if (slo_str_is(v.str, kinds[i].member))
				return i;
		if (slo_lex_skip(&l, NULL))
			break;
	}
	return -1;
}

int slo_otlp_decode_line(struct slo_otlp_decoder *d, struct slo_str line, struct slo_otlp_request *out,
			 struct slo_err *err)
{
	int signal = slo_otlp_line_signal(line);

	if (signal >= 0)
		return slo_otlp_decode(d, signal, SLO_OTLP_JSON, line, out, err);
	d->n.malformed++;
	return slo_err_set(err, -EINVAL, "want an object with resourceLogs, resourceMetrics or resourceSpans");
}

static int encode(const void *message, int encoding, struct slo_buf *out)
{
	return encoding == SLO_OTLP_JSON ? otlp_json_encode(message, out) : otlp_wire_encode(message, out);
}

int slo_otlp_request_encode(const struct slo_otlp_request *r, int encoding, struct slo_buf *out)
{
	return encode(r->message, encoding, out);
}

/* The structs hold writable strings; nobody writes to them. */
static char *text_of(struct slo_str s, char *room, size_t size)
{
	slo_str_copy(room, size, s);
	return room;
}

/*
 * The three responses and their partial successes differ in names only; their numbers and types
 * are the same, so that one layout serves all (otlp_codec_test.c asserts it).
 */
int slo_otlp_answer_encode(int signal, int encoding, const struct slo_otlp_answer *a, struct slo_buf *out)
{
	char message[1024];
	Otlp__ExportLogsPartialSuccess partial = OTLP__EXPORT_LOGS_PARTIAL_SUCCESS__INIT;
	Otlp__ExportLogsServiceResponse response = OTLP__EXPORT_LOGS_SERVICE_RESPONSE__INIT;
	const ProtobufCMessageDescriptor *desc = kinds[signal].response;

	response.base.descriptor = desc;
	partial.base.descriptor = desc->fields[0].descriptor;
	if (a->rejected || a->message.len) {
		partial.has_rejected_log_records = a->rejected != 0;
		partial.rejected_log_records = a->rejected;
		partial.error_message = a->message.len ? text_of(a->message, message, sizeof(message)) : NULL;
		response.partial_success = &partial;
	}
	return encode(&response, encoding, out);
}

static bool is_blank(struct slo_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr(" \t\r\n", s.p[i]))
			return false;
	return true;
}

int slo_otlp_answer_decode(struct slo_otlp_decoder *d, int signal, int encoding, struct slo_str body,
			   struct slo_otlp_answer *out, struct slo_err *err)
{
	const Otlp__ExportLogsServiceResponse *response = NULL;
	int r = 0;

	if (!is_blank(body))
		r = decode(d, kinds[signal].response, encoding, body, &response, err);
	if (r)
		return r;
	*out = (struct slo_otlp_answer){ 0 };
	if (response && response->partial_success) {
		out->rejected = response->partial_success->rejected_log_records;
		out->message = slo_str(response->partial_success->error_message);
	}
	return 0;
}

int slo_otlp_status_encode(int encoding, int code, struct slo_str message, struct slo_buf *out)
{
	Otlp__RpcStatus s = OTLP__RPC_STATUS__INIT;
	char room[1024];

	s.has_code = true;
	s.code = code;
	s.message = text_of(message, room, sizeof(room));
	return encode(&s, encoding, out);
}

int slo_otlp_status_decode(struct slo_otlp_decoder *d, int encoding, struct slo_str body, struct slo_str *message,
			   struct slo_err *err)
{
	const Otlp__RpcStatus *s = NULL;
	int r = decode(d, &otlp__rpc_status__descriptor, encoding, body, &s, err);

	if (r == 0)
		*message = slo_str(s->message);
	return r;
}
