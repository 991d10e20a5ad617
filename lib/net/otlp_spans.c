/* SPDX-License-Identifier: MIT */
#include "net/otlp_spans.h"

#include "base/num.h"
#include "net/otlp_reader.h"

#include <math.h>
#include <strings.h>

enum { KIND_SERVER = 2, KIND_CONSUMER = 5, STATUS_ERROR = 2 };

/* The first of several attributes. */
static const Otlp__AnyValue *first_of(const Otlp__Span *s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const Otlp__AnyValue *v = otlp_find(s->n_attributes, s->attributes, names[i]);

		if (v)
			return v;
	}
	return NULL;
}

#define FIRST_OF(s, names) first_of(s, names, SLO_ARRAY_LEN(names))

/* A number, or the text of one; NaN = none. */
static double number(const Otlp__AnyValue *v)
{
	double d = NAN;

	if (!v)
		return NAN;
	switch (v->value_case) {
	case OTLP__ANY_VALUE__VALUE_INT_VALUE:
		return (double)v->int_value;
	case OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE:
		return v->double_value;
	case OTLP__ANY_VALUE__VALUE_STRING_VALUE:
		return slo_parse_f64(slo_str(v->string_value), &d) ? NAN : d;
	default:
		return NAN;
	}
}

static const char *text(const Otlp__AnyValue *v)
{
	return v && v->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE ? v->string_value : NULL;
}

static bool is_one_of(const char *s, const char *const *names, size_t n)
{
	for (size_t i = 0; s && i < n; i++)
		if (strcmp(s, names[i]) == 0)
			return true;
	return false;
}

static bool is_inference(const Otlp__Span *s)
{
	static const char *const operations[] = { "chat", "text_completion", "generate_content", "completion" };
	static const char *const signs[] = { "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.model",
					     "gen_ai.response.model", "llm.request.type" };
	const Otlp__AnyValue *operation = otlp_find(s->n_attributes, s->attributes, "gen_ai.operation.name");

	if (operation)
		return is_one_of(text(operation), operations, SLO_ARRAY_LEN(operations));
	return FIRST_OF(s, signs) != NULL;
}

static const char *const http_statuses[] = { "http.response.status_code", "http.status_code" };

static bool is_http(const Otlp__Span *s)
{
	static const char *const methods[] = { "http.request.method", "http.method" };

	return FIRST_OF(s, methods) || FIRST_OF(s, http_statuses);
}

/* ns from the span's start; -1 = not known, or not to be believed. */
static int64_t first_token(const Otlp__Span *s, int64_t took)
{
	static const char *const seconds[] = { "gen_ai.response.time_to_first_chunk",
					       "gen_ai.server.time_to_first_token",
					       "gen_ai.latency.time_to_first_token" };
	static const char *const events[] = { "gen_ai.content.chunk", "llm.content.completion.chunk",
					      "First Token Stream Event", "first_token" };
	double ns = number(FIRST_OF(s, seconds)) * 1e9;

	if (isnan(ns))
		ns = number(otlp_find(s->n_attributes, s->attributes, "ai.response.msToFirstChunk")) * 1e6;
	for (size_t i = 0; isnan(ns) && i < s->n_events; i++) {
		const Otlp__Event *e = s->events[i];

		if (is_one_of(e->name, events, SLO_ARRAY_LEN(events)) && e->time_unix_nano >= s->start_time_unix_nano)
			ns = (double)(e->time_unix_nano - s->start_time_unix_nano);
	}
	return ns >= 0 && ns <= (double)took ? (int64_t)ns : -1;
}

static bool contains(const char *s, const char *part)
{
	size_t n = strlen(part);

	for (; *s; s++)
		if (strncasecmp(s, part, n) == 0)
			return true;
	return false;
}

static bool contains_one_of(const char *s, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (contains(s, parts[i]))
			return true;
	return false;
}

/* What error.type tells where there is no HTTP status. */
static void judge_error(const char *type, struct slo_request *out)
{
	static const char *const limits[] = { "ratelimit", "rate_limit", "too_many_requests", "throttl" };
	static const char *const timeouts[] = { "timeout", "timed_out", "deadline" };
	static const char *const aborts[] = { "cancel", "abort" };
	double status = NAN;

	if (slo_parse_f64(slo_str(type), &status) == 0 && status >= 100 && status < 600)
		out->status = (int)status;
	else if (contains_one_of(type, limits, SLO_ARRAY_LEN(limits)))
		out->status = 429;
	else if (contains_one_of(type, timeouts, SLO_ARRAY_LEN(timeouts)))
		out->outcome = SLO_BAD_TIMEOUT;
	else if (contains_one_of(type, aborts, SLO_ARRAY_LEN(aborts)))
		out->outcome = SLO_BAD_ABORTED;
	else
		out->status = 500;
}

static void judge(const Otlp__Span *s, struct slo_request *out)
{
	double status = number(FIRST_OF(s, http_statuses));
	const char *type = text(otlp_find(s->n_attributes, s->attributes, "error.type"));

	if (status >= 100 && status < 600)
		out->status = (int)status;
	else if (type && *type)
		judge_error(type, out);
	else if (s->status && s->status->code == STATUS_ERROR)
		out->status = 500;
}

static void read_tokens(const Otlp__Span *s, struct slo_request *out)
{
	static const char *const names[] = { "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
					     "llm.usage.completion_tokens", "llm.token_count.completion" };
	double n = number(FIRST_OF(s, names));
	int64_t first = first_token(s, out->end_ns - out->start_ns);

	if (first >= 0) {
		out->first_ns = out->start_ns + first;
		out->streaming = true;
	}
	if (!(n >= 1 && n <= UINT32_MAX))
		return;
	out->chunks = (uint32_t)n;
	out->first_chunk_ns = out->first_ns ? out->first_ns : out->start_ns;
	out->last_chunk_ns = out->end_ns;
}

static void read_trace(const Otlp__Span *s, char to[33])
{
	to[0] = '\0';
	if (s->trace_id.len != 16)
		return;
	for (size_t i = 0; i < 16; i++) {
		to[2 * i] = "0123456789abcdef"[s->trace_id.data[i] >> 4];
		to[2 * i + 1] = "0123456789abcdef"[s->trace_id.data[i] & 15];
	}
	to[32] = '\0';
}

bool otlp_span_request(const Otlp__Span *s, struct slo_request *out, enum otlp_role *role)
{
	bool inference = is_inference(s), http = is_http(s);
	bool entry = s->kind == KIND_SERVER || s->kind == KIND_CONSUMER || s->parent_span_id.len == 0;

	if ((!inference && !http) || (!entry && !inference))
		return false;
	if (s->start_time_unix_nano == 0 || s->end_time_unix_nano < s->start_time_unix_nano)
		return false;
	out->start_ns = out->sent_ns = (int64_t)s->start_time_unix_nano;
	out->end_ns = (int64_t)s->end_time_unix_nano;
	out->outcome = -1;
	read_trace(s, out->trace_id);
	judge(s, out);
	if (inference)
		read_tokens(s, out);
	*role = entry ? OTLP_ENTRY : OTLP_PROVIDER;
	return true;
}
