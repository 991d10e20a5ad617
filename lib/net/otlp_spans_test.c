/* SPDX-License-Identifier: MIT */
/* Spans of others: what becomes of them as span, slo and sli_window records. */
#include "config/config.h"
#include "net/otlp_in.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define START "1771666200000000000" /* on an edge of a window of 5 s */
#define START_NS INT64_C(1771666200000000000)
#define S INT64_C(1000000000)

static struct slo_config config;
static struct slo_otlp_in *in;
static struct slo_err err;

/* What came out, strings of spans copied. */
static struct {
	struct slo_event ev[64];
	struct slo_buf text[64]; /* the record as a line */
	unsigned int n;
} out;

static void collect(void *arg, const struct slo_event *e)
{
	(void)arg;
	ck_assert_uint_lt(out.n, 64);
	out.ev[out.n] = *e;
	slo_buf_init(&out.text[out.n], 1 << 20);
	ck_assert_int_eq(slo_event_encode(e, &out.text[out.n]), 0);
	out.n++;
}

static void prepare(void)
{
	struct slo_otlp_in_opts o = { .emit = collect, .config = &config, .cluster = SLO_STR("here") };

	slo_config_defaults(&config);
	slo_err_reset(&err);
	out.n = 0;
	ck_assert_int_eq(slo_otlp_in_new(&o, &in), 0);
}

static void clean(void)
{
	slo_otlp_in_free(in);
	for (unsigned int i = 0; i < out.n; i++)
		slo_buf_fini(&out.text[i]);
}

/* One span with these members beside ids and start. */
static void give(const char *members)
{
	struct slo_otlp_answer answer = { 0 };
	struct slo_buf b;
	int r;

	slo_buf_init(&b, 1 << 20);
	slo_buf_addf(&b,
		     "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
		     "{\"stringValue\":\"chat\"}},{\"key\":\"k8s.namespace.name\",\"value\":{\"stringValue\":\"llm\"}},"
		     "{\"key\":\"host.name\",\"value\":{\"stringValue\":\"n1\"}},"
		     "{\"key\":\"process.pid\",\"value\":{\"intValue\":\"77\"}}]},"
		     "\"scopeSpans\":[{\"scope\":{\"name\":\"opentelemetry.instrumentation.openai\"},\"spans\":[{"
		     "\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"00000000000000ff\","
		     "\"startTimeUnixNano\":\"" START "\",%s}]}]}]}", members);
	r = slo_otlp_in_body(in, SLO_OTLP_TRACES, SLO_OTLP_JSON, slo_buf_str(&b), &answer, &err);
	ck_assert_msg(r == 0, "%s: %s", err.where, err.what);
	ck_assert_msg(answer.rejected == 0, "%.*s", SLO_STR_ARG(answer.message));
	slo_buf_fini(&b);
}

#define TEXT(k, v) "{\"key\":\"" k "\",\"value\":{\"stringValue\":\"" v "\"}}"
#define INT(k, v)  "{\"key\":\"" k "\",\"value\":{\"intValue\":\"" v "\"}}"
#define DBL(k, v)  "{\"key\":\"" k "\",\"value\":{\"doubleValue\":" v "}}"
#define END(s)     "\"endTimeUnixNano\":\"177166620" s "\""

/* The window of @sli, NULL = none came. */
static const struct slo_sli_window *window_of(int sli)
{
	for (unsigned int i = 0; i < out.n; i++)
		if (out.ev[i].kind == SLO_KIND_SLI_WINDOW && out.ev[i].sli_window.sli == sli)
			return &out.ev[i].sli_window;
	return NULL;
}

static const struct slo_sli_event *event_of(int sli)
{
	for (unsigned int i = 0; i < out.n; i++)
		if (out.ev[i].kind == SLO_KIND_SLO && out.ev[i].slo.sli_name == sli)
			return &out.ev[i].slo;
	return NULL;
}

static unsigned int count_of(int kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < out.n; i++)
		n += out.ev[i].kind == kind;
	return n;
}

START_TEST(a_span_becomes_a_record)
{
	give("\"name\":\"POST /v1/chat\",\"kind\":3,\"parentSpanId\":\"00000000000000ee\"," END("2500000000")
	     ",\"attributes\":["
	     TEXT("http.request.method", "POST") "," INT("http.response.status_code", "200") ","
	     DBL("x", "0.5") "," TEXT("network.peer.address", "10.0.0.2") "," INT("network.peer.port", "443") ","
	     TEXT("network.local.address", "10.0.0.1") "," INT("network.local.port", "51000") ","
	     TEXT("gen_ai.prompt.0.content", "secret") ","
	     "{\"key\":\"list\""
	       ",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"a\"},{\"intValue\":\"2\"}]}}}]");
	ck_assert_uint_eq(out.n, 1);
	ck_assert_str_eq(out.text[0].data,
		"{\"kind\":\"span\",\"v\":\"1.0\",\"payload\":{\"trace_id\":\"5b8efff798038103d269b633813fc60c\","
		"\"span_id\":\"00000000000000ff\",\"parent_span_id\":\"00000000000000ee\",\"name\":\"POST /v1/chat\","
		"\"span_kind\":\"client\",\"start_ns\":1771666200000000000,\"end_ns\":1771666202500000000,"
		"\"status\":\"unset\",\"service\":\"chat\",\"cluster\":\"here\",\"node\":\"n1\",\"namespace\":"
		"\"llm\",\"pid\":77,\"conn_tuple\":{\"src_ip\":\"10.0.0.1\",\"dst_ip\":\"10.0.0.2\",\"src_port\":51000,"
		"\"dst_port\":443,\"protocol\":\"tcp\"},\"attributes\":{\"http.request.method\":\"POST\","
		"\"http.response.status_code\":\"200\",\"x\":\"0.5\",\"network.peer.address\":\"10.0.0.2\","
		"\"network.peer.port\":\"443\",\"network.local.address\":\"10.0.0.1\",\"network.local.port\":\"51000\","
		"\"list\":\"[\\\"a\\\",2]\"}}}\n");
	slo_otlp_in_drain(in);
	ck_assert_uint_eq(out.n, 1); /* a call from inside is no request of the service */
}
END_TEST

START_TEST(a_chat_that_streams_gives_all_slis)
{
	const struct slo_sli_event *e;
	const struct slo_sli_window *w;

	give("\"name\":\"chat m\",\"kind\":3," END("2500000000") ",\"attributes\":["
	     TEXT("gen_ai.operation.name", "chat") "," TEXT("gen_ai.provider.name", "openai") ","
	     DBL("gen_ai.response.time_to_first_chunk", "0.5") "," INT("gen_ai.usage.output_tokens", "100") "]");
	ck_assert_uint_eq(count_of(SLO_KIND_SPAN), 1);
	ck_assert_uint_eq(count_of(SLO_KIND_SLO), 4);
	e = event_of(SLO_SLI_TTFT);
	ck_assert_double_eq(e->sli_value, 500);
	ck_assert_double_eq(event_of(SLO_SLI_LATENCY)->sli_value, 2500);
	ck_assert_double_eq(event_of(SLO_SLI_THROUGHPUT)->sli_value, 50);
	ck_assert_double_eq(event_of(SLO_SLI_ERROR_RATE)->sli_value, 0);
	ck_assert_int_eq(e->timestamp, START_NS + 5 * S / 2);
	ck_assert_uint_eq(count_of(SLO_KIND_SLI_WINDOW), 0);
	slo_otlp_in_drain(in);
	ck_assert_uint_eq(count_of(SLO_KIND_SLI_WINDOW), 4);
	w = window_of(SLO_SLI_TTFT);
	ck_assert_int_eq(w->start_ns, START_NS);
	ck_assert_int_eq(w->end_ns, START_NS + 5 * S);
	ck_assert_uint_eq(w->valid, 1);
	ck_assert_double_eq(w->sum, 500);
	ck_assert_int_eq(w->source, SLO_SOURCE_OTLP);
}
END_TEST

START_TEST(slo_records_say_where_they_come_from)
{
	give("\"name\":\"chat m\",\"kind\":3," END("1000000000")
	     ",\"attributes\":[" TEXT("gen_ai.operation.name", "chat") ","
	     INT("gen_ai.usage.output_tokens", "20") "]");
	for (unsigned int i = 0; i < out.n; i++) {
		if (out.ev[i].kind != SLO_KIND_SLO)
			continue;
		ck_assert_ptr_nonnull(strstr(out.text[i].data, "\"source\":\"otlp\""));
		ck_assert_ptr_nonnull(strstr(out.text[i].data, "\"trace_id\":\"5b8efff798038103d269b633813fc60c\""));
		ck_assert_ptr_nonnull(strstr(out.text[i].data, "\"request_id\":\"chat-255\""));
		ck_assert_ptr_nonnull(strstr(out.text[i].data, "\"cluster\":\"here\",\"namespace\":\"llm\""));
		ck_assert_ptr_null(strstr(out.text[i].data, "chunks"));
	}
	/* Without a first token the tokens are those of the whole span. */
	ck_assert_double_eq(event_of(SLO_SLI_THROUGHPUT)->sli_value, 20);
	ck_assert_ptr_null(event_of(SLO_SLI_TTFT));
}
END_TEST

START_TEST(a_call_of_the_provider_is_no_request_of_the_service)
{
	give("\"name\":\"chat m\",\"kind\":3,\"parentSpanId\":\"00000000000000ee\"," END("2500000000")
	     ",\"attributes\":["
	     TEXT("gen_ai.system", "openai") "," INT("gen_ai.usage.completion_tokens", "100") ","
	     TEXT("error.type", "RateLimitError") "]");
	slo_otlp_in_drain(in);
	ck_assert_ptr_null(window_of(SLO_SLI_LATENCY));
	ck_assert_ptr_null(window_of(SLO_SLI_ERROR_RATE));
	ck_assert_uint_eq(window_of(SLO_SLI_PROVIDER_ERROR_RATE)->bad, 1);
	ck_assert_uint_eq(window_of(SLO_SLI_PROVIDER_ERROR_RATE)->bad_by.rate_limited, 1);
	ck_assert_double_eq(event_of(SLO_SLI_PROVIDER_ERROR_RATE)->sli_value, 1);
	ck_assert_uint_eq(count_of(SLO_KIND_SLO), 1);
}
END_TEST

START_TEST(a_call_of_the_provider_has_no_latency_of_the_service)
{
	give("\"name\":\"chat m\",\"kind\":3,\"parentSpanId\":\"00000000000000ee\"," END("2500000000")
	     ",\"attributes\":["
	     TEXT("gen_ai.system", "openai") "," DBL("gen_ai.response.time_to_first_chunk", "0.5") "]");
	slo_otlp_in_drain(in);
	ck_assert_ptr_null(window_of(SLO_SLI_LATENCY));
	ck_assert_uint_eq(window_of(SLO_SLI_TTFT)->valid, 1);
	ck_assert_uint_eq(window_of(SLO_SLI_PROVIDER_ERROR_RATE)->bad, 0);
	ck_assert_ptr_nonnull(strstr(out.text[2].data, "\"event_id\":\"chat-255-provider_error_rate\""));
	ck_assert_uint_eq(count_of(SLO_KIND_SLO), 2);
}
END_TEST

/* What a span says of its first token, ms; NaN = nothing that is believed. */
static const struct {
	const char *members;
	double ttft;
} firsts[] = {
	{ "\"attributes\":[" DBL("gen_ai.latency.time_to_first_token", "0.25") ","
	  TEXT("gen_ai.request.model", "m") "]", 250 },
	{ "\"attributes\":[" DBL("gen_ai.server.time_to_first_token", "0.125") ","
	  TEXT("gen_ai.request.model", "m") "]", 125 },
	{ "\"attributes\":[" DBL("ai.response.msToFirstChunk", "75.5") "," TEXT("gen_ai.system", "m") "]", 75.5 },
	{ "\"attributes\":[" TEXT("gen_ai.operation.name", "text_completion") "],\"events\":["
	  "{\"name\":\"x\",\"timeUnixNano\":\""
	  START "\"},{\"name\":\"First Token Stream Event\",\"timeUnixNano\":\"1771666200100000000\"}]", 100 },
	{ "\"attributes\":[" TEXT("llm.request.type", "chat") "],"
	  "\"events\":[{\"name\":\"llm.content.completion.chunk\","
	  "\"timeUnixNano\":\"1771666200300000000\"},{\"name\":\"llm.content.completion.chunk\",\"timeUnixNano\":"
	  "\"1771666200900000000\"}]", 300 },
	{ "\"attributes\":[" DBL("gen_ai.server.time_to_first_token", "125") ","
	  TEXT("gen_ai.request.model", "m") "]", NAN },
	{ "\"attributes\":[" TEXT("gen_ai.operation.name", "embeddings") ","
	  DBL("gen_ai.response.time_to_first_chunk", "0.25") "]", NAN },
	{ "\"attributes\":[" DBL("gen_ai.response.time_to_first_chunk", "-1") "," TEXT("gen_ai.system", "m") "]", NAN },
};

START_TEST(first_tokens_are_found_under_all_names)
{
	char members[800];

	(void)!snprintf(members, sizeof(members), "\"kind\":2,%s,%s", "\"endTimeUnixNano\":\"1771666201000000000\"",
			firsts[_i].members);
	give(members);
	if (isnan(firsts[_i].ttft))
		ck_assert_ptr_null(event_of(SLO_SLI_TTFT));
	else
		ck_assert_double_eq_tol(event_of(SLO_SLI_TTFT)->sli_value, firsts[_i].ttft, 1e-6);
}
END_TEST

/* What is bad about an HTTP request; the count of the class, in the order of SLO_BAD_CLASSES. */
static const struct {
	const char *members;
	int bad; /* enum SLO_BAD, -1 = nothing */
} outcomes[] = {
	{ "\"attributes\":[" INT("http.status_code", "200") "]", -1 },
	{ "\"attributes\":[" INT("http.response.status_code", "404") "]", -1 },
	{ "\"attributes\":[" INT("http.response.status_code", "429") "]", SLO_BAD_RATE_LIMITED },
	{ "\"attributes\":[" INT("http.response.status_code", "503") "]", SLO_BAD_SERVER_ERROR },
	{ "\"attributes\":[" TEXT("http.method", "GET") "," TEXT("error.type", "502") "]", SLO_BAD_SERVER_ERROR },
	{ "\"attributes\":[" TEXT("http.method", "GET") "," TEXT("error.type", "java.net.SocketTimeoutException") "]",
	  SLO_BAD_TIMEOUT },
	{ "\"attributes\":[" TEXT("http.method", "GET") "," TEXT("error.type", "CancelledError") "]", SLO_BAD_ABORTED },
	{ "\"attributes\":[" TEXT("http.method", "GET") "],\"status\":{\"code\":2}", SLO_BAD_SERVER_ERROR },
	{ "\"attributes\":[" TEXT("http.method", "GET") "],\"status\":{\"code\":1}", -1 },
};

START_TEST(errors_have_their_class)
{
	const struct slo_sli_window *w;
	char members[400];

	(void)!snprintf(members, sizeof(members), "\"kind\":2,\"endTimeUnixNano\":\"1771666200200000000\",%s",
			outcomes[_i].members);
	give(members);
	slo_otlp_in_drain(in);
	w = window_of(SLO_SLI_ERROR_RATE);
	ck_assert_ptr_nonnull(w);
	ck_assert_uint_eq(w->valid, 1);
	ck_assert_uint_eq(w->bad, outcomes[_i].bad >= 0);
	ck_assert_uint_eq(w->bad_by.rate_limited, outcomes[_i].bad == SLO_BAD_RATE_LIMITED);
	ck_assert_uint_eq(w->bad_by.server_error, outcomes[_i].bad == SLO_BAD_SERVER_ERROR);
	ck_assert_uint_eq(w->bad_by.timeout, outcomes[_i].bad == SLO_BAD_TIMEOUT);
	ck_assert_uint_eq(w->bad_by.aborted, outcomes[_i].bad == SLO_BAD_ABORTED);
}
END_TEST

START_TEST(other_spans_are_no_requests)
{
	static const char *const others[] = {
		"\"kind\":1," END("0100000000") ",\"attributes\":[" TEXT("db.system", "redis") "]",
		"\"kind\":2," END("0100000000"),
		"\"kind\":1," END("0100000000") ",\"attributes\":[" TEXT("gen_ai.operation.name", "execute_tool") "]",
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(others); i++)
		give(others[i]);
	slo_otlp_in_drain(in);
	ck_assert_uint_eq(count_of(SLO_KIND_SPAN), 3);
	ck_assert_uint_eq(out.n, 3);
}
END_TEST

/* A server's span of 10 ms that ends @end ms after the first window's start. */
static void request_at(int64_t end_ms)
{
	char members[300];

	(void)!snprintf(members, sizeof(members), "\"kind\":2,\"endTimeUnixNano\":\"%lld\",\"attributes\":["
			INT("http.response.status_code", "200") "]", (long long)(START_NS + end_ms * 1000000));
	give(members);
}

START_TEST(windows_close_when_time_has_passed_them)
{
	struct slo_otlp_in_counters n;

	request_at(100);
	request_at(4900);
	request_at(14999);
	ck_assert_uint_eq(count_of(SLO_KIND_SLI_WINDOW), 0);
	request_at(15000); /* 10 s after the end of the first */
	ck_assert_uint_eq(count_of(SLO_KIND_SLI_WINDOW), 2);
	ck_assert_uint_eq(window_of(SLO_SLI_LATENCY)->valid, 2);
	request_at(200);
	slo_otlp_in_counters(in, &n);
	ck_assert_uint_eq(n.late, 1);
	ck_assert_uint_eq(n.requests, 5);
	slo_otlp_in_advance(in, START_NS + 60 * S);
	ck_assert_uint_eq(count_of(SLO_KIND_SLI_WINDOW), 8);
}
END_TEST

/* A body of @n requests, each of a service of its own. */
static void many_services(unsigned int n)
{
	struct slo_otlp_answer answer = { 0 };
	struct slo_buf b;

	slo_buf_init(&b, 1 << 20);
	slo_buf_adds(&b, "{\"resourceSpans\":[");
	for (unsigned int i = 0; i < n; i++)
		slo_buf_addf(&b,
			     "%s{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
			     "{\"stringValue\":\"s%u\"}}]},"
			     "\"scopeSpans\":[{\"spans\":[{\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":"
			     "\"00000000000000ff\",\"kind\":2,\"startTimeUnixNano\":\"" START "\","
			     "\"endTimeUnixNano\":\"" START "\",\"attributes\":[" INT("http.status_code", "200") "]}]}]}",
			     i ? "," : "", i);
	slo_buf_adds(&b, "]}");
	ck_assert_int_eq(slo_otlp_in_body(in, SLO_OTLP_TRACES, SLO_OTLP_JSON, slo_buf_str(&b), &answer, &err), 0);
	slo_buf_fini(&b);
}

static uint64_t windows_seen, spans_seen;

static void tally(void *arg, const struct slo_event *e)
{
	(void)arg;
	windows_seen += e->kind == SLO_KIND_SLI_WINDOW;
	spans_seen += e->kind == SLO_KIND_SPAN;
}

START_TEST(services_are_bounded)
{
	struct slo_otlp_in_opts o = { .emit = tally, .config = &config };
	struct slo_otlp_in_counters n;

	slo_otlp_in_free(in);
	ck_assert_int_eq(slo_otlp_in_new(&o, &in), 0);
	many_services(3 * SLO_OTLP_IN_WINDOWS);
	slo_otlp_in_counters(in, &n);
	ck_assert_uint_eq(n.windows_evicted, SLO_OTLP_IN_WINDOWS);
	ck_assert_uint_eq(n.requests_dropped, SLO_OTLP_IN_WINDOWS);
	ck_assert_uint_eq(spans_seen, 3 * SLO_OTLP_IN_WINDOWS);
	ck_assert_uint_eq(windows_seen, 2 * SLO_OTLP_IN_WINDOWS); /* latency and error rate of those pushed out */
	slo_otlp_in_drain(in);
	ck_assert_uint_eq(windows_seen, 4 * SLO_OTLP_IN_WINDOWS);
}
END_TEST

START_TEST(one_wrong_clock_does_not_move_time)
{
	request_at(100);
	request_at(INT64_C(86400) * 1000);
	request_at(200);
	ck_assert_uint_eq(count_of(SLO_KIND_SLI_WINDOW), 0);
	slo_otlp_in_drain(in);
	ck_assert_uint_eq(count_of(SLO_KIND_SLI_WINDOW), 4);
	ck_assert_uint_eq(window_of(SLO_SLI_LATENCY)->valid, 2);
}
END_TEST

START_TEST(spans_without_ids_are_rejected_one_by_one)
{
	static const char body[] =
		"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"a\"},"
		"{\"traceId\":\"5b8efff798038103d269b633813fc60c\","
		"\"spanId\":\"eee19b7ec3c1b174\",\"name\":\"b\",\"startTimeUnixNano\":\"1\","
		"\"endTimeUnixNano\":\"2\"}]}]}]}";
	struct slo_otlp_answer answer;

	ck_assert_int_eq(slo_otlp_in_line(in, slo_str(body), &answer, &err), 0);
	ck_assert_int_eq(answer.rejected, 1);
	ck_assert_msg(strstr(answer.message.p, "traceId"), "%s", answer.message.p);
	ck_assert_uint_eq(out.n, 1);
	ck_assert_ptr_nonnull(strstr(out.text[0].data, "\"name\":\"b\",\"span_kind\":\"internal\""));
}
END_TEST

/* Whatever memory there is: a span is whole, or rejected, or the body is refused. */
START_TEST(a_span_is_never_cut_for_lack_of_memory)
{
	static const char body[] =
		"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"5b8efff798038103d269b633813fc60c\","
		"\"spanId\":\"eee19b7ec3c1b174\",\"name\":\"b\",\"attributes\":[" INT("n", "7") "]}]}]}]}";
	unsigned int refused = 0, rejected = 0;

	for (size_t max = 1; out.n == 0; max += 16) {
		struct slo_otlp_in_opts o = { .emit = collect, .window_ns = -1, .limits = { .memory_max = max } };
		struct slo_otlp_answer answer = { 0 };
		int r;

		ck_assert_uint_lt(max, 10000);
		slo_otlp_in_free(in);
		ck_assert_int_eq(slo_otlp_in_new(&o, &in), 0);
		r = slo_otlp_in_line(in, slo_str(body), &answer, NULL);
		ck_assert(r == 0 || r == -EMSGSIZE);
		refused += r != 0;
		rejected += r == 0 && answer.rejected;
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_gt(rejected, 0);
	ck_assert_ptr_nonnull(strstr(out.text[0].data, "\"trace_id\":\"5b8efff798038103d269b633813fc60c\""));
	ck_assert_ptr_nonnull(strstr(out.text[0].data, "\"attributes\":{\"n\":\"7\"}"));
}
END_TEST

START_TEST(an_attribute_that_comes_twice_is_there_once)
{
	struct slo_otlp_in_counters n;

	give("\"name\":\"a\",\"kind\":1," END("0100000000") ",\"attributes\":[" TEXT("k", "1") "," TEXT("l", "2") ","
	     TEXT("k", "3") "]");
	ck_assert_ptr_nonnull(strstr(out.text[0].data, "\"attributes\":{\"k\":\"1\",\"l\":\"2\"}"));
	slo_otlp_in_counters(in, &n);
	ck_assert_uint_eq(n.attributes_cut, 1);
}
END_TEST

START_TEST(logs_and_metrics_of_others_are_counted_and_passed_over)
{
	static const char logs[] = "{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":{\"name\":\"x\"},\"logRecords\":["
				   "{\"eventName\":\"llm_slo.slo\"},{}]}]}]}";
	static const char metrics[] = "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"up\""
	  ",\"gauge\":"
				      "{\"dataPoints\":[{\"asInt\":\"1\"},{\"asDouble\":2}]}}]}]}]}";
	struct slo_otlp_in_counters n;
	struct slo_otlp_answer answer;

	ck_assert_int_eq(slo_otlp_in_line(in, slo_str(logs), &answer, &err), 0);
	ck_assert_int_eq(answer.rejected, 0);
	ck_assert_int_eq(slo_otlp_in_line(in, slo_str(metrics), &answer, &err), 0);
	ck_assert_int_eq(answer.rejected, 0);
	slo_otlp_in_counters(in, &n);
	ck_assert_uint_eq(n.foreign[SLO_OTLP_LOGS], 2);
	ck_assert_uint_eq(n.foreign[SLO_OTLP_METRICS], 2);
	ck_assert_uint_eq(out.n, 0);
}
END_TEST

START_TEST(records_of_ours_that_are_not_valid_are_rejected)
{
	static const char logs[] =
		"{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":{\"name\":\"llm-slo\"},\"logRecords\":["
		"{\"eventName\":\"llm_slo.probe\",\"timeUnixNano\":\"5\"},"
		"{\"eventName\":\"llm_slo.probe\",\"attributes\":[{\"key\":\"pid\""
		",\"value\":{\"stringValue\":\"7\"}}]},"
		"{\"eventName\":\"llm_slo.probe\",\"attributes\":[{\"key\":\"pid\",\"value\":{\"intValue\":\"-7\"}}]},"
		"{\"eventName\":\"llm_slo.probe\",\"attributes\":[{\"key\":\"llm.ebpf.correlation_confidence\""
		",\"value\":"
		"{\"doubleValue\":1.5}}]}]}]}]}";
	struct slo_otlp_answer answer;

	ck_assert_int_eq(slo_otlp_in_line(in, slo_str(logs), &answer, &err), 0);
	ck_assert_int_eq(answer.rejected, 4);
	ck_assert_msg(strstr(answer.message.p, "llm_slo.probe: signal: required"), "%s", answer.message.p);
	ck_assert_uint_eq(out.n, 0);
}
END_TEST

START_TEST(a_body_that_is_refused_gives_nothing)
{
	static const char body[] = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
				   "\"5b8efff798038103d269b633813fc60c\""
				   ",\"spanId\":\"eee19b7ec3c1b174\"},{\"kind\":\"x\"}]}]}]}";

	ck_assert_int_eq(slo_otlp_in_body(in, SLO_OTLP_TRACES, SLO_OTLP_JSON, slo_str(body), NULL, &err), -EINVAL);
	ck_assert_uint_eq(out.n, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_spans");
	TCase *t = tcase_create("spans");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, prepare, clean);
	tcase_add_test(t, a_span_becomes_a_record);
	tcase_add_test(t, a_chat_that_streams_gives_all_slis);
	tcase_add_test(t, slo_records_say_where_they_come_from);
	tcase_add_test(t, a_call_of_the_provider_is_no_request_of_the_service);
	tcase_add_test(t, a_call_of_the_provider_has_no_latency_of_the_service);
	tcase_add_loop_test(t, first_tokens_are_found_under_all_names, 0, SLO_ARRAY_LEN(firsts));
	tcase_add_loop_test(t, errors_have_their_class, 0, SLO_ARRAY_LEN(outcomes));
	tcase_add_test(t, other_spans_are_no_requests);
	tcase_add_test(t, windows_close_when_time_has_passed_them);
	tcase_add_test(t, services_are_bounded);
	tcase_add_test(t, one_wrong_clock_does_not_move_time);
	tcase_add_test(t, spans_without_ids_are_rejected_one_by_one);
	tcase_add_test(t, a_span_is_never_cut_for_lack_of_memory);
	tcase_add_test(t, an_attribute_that_comes_twice_is_there_once);
	tcase_add_test(t, logs_and_metrics_of_others_are_counted_and_passed_over);
	tcase_add_test(t, records_of_ours_that_are_not_valid_are_rejected);
	tcase_add_test(t, a_body_that_is_refused_gives_nothing);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
