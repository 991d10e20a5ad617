/* SPDX-License-Identifier: MIT */
#include "net/otlp_codec.h"

#include <check.h>
#include <errno.h>
#include <otlp.pb-c.h>
#include <stdlib.h>

static struct slo_otlp_decoder *d;
static struct slo_buf buf;
static struct slo_err err;

static void prepare(void)
{
	ck_assert_int_eq(slo_otlp_decoder_new(NULL, &d), 0);
	slo_buf_init(&buf, 64 << 20);
	slo_err_reset(&err);
}

static void clean(void)
{
	slo_otlp_decoder_free(d);
	slo_buf_fini(&buf);
}

/* The example of the OTLP specification's repository, in its members of logs; unknown ones beside. */
static const char logs_json[] =
	"{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"my."
	"service\"}}],"
	"\"entityRefs\":[{\"a\":1}]},\"scopeLogs\":[{\"scope\":{\"name\":\"my.library\",\"version\":\"1.0.0\"},"
	"\"logRecords\":[{\"timeUnixNano\":\"1544712660300000000\",\"observedTimeUnixNano\":1544712660300000001,"
	"\"severityNumber\":10,\"severityText\":\"Information\",\"traceId\":\"5B8EFFF798038103D269B633813FC60C\","
	"\"spanId\":\"eee19b7ec3c1b174\",\"body\":{\"stringValue\":\"Ex\\u00e4mple \\\"log\\\"\"},\"attributes\":["
	"{\"key\":\"b\",\"value\":{\"boolValue\":true}},{\"key\":\"i\",\"value\":{\"intValue\":\"-10\"}},"
	"{\"key\":\"i2\",\"value\":{\"intValue\":9223372036854775807}},{\"key\":\"d\",\"value\":{\"doubleValue\":637."
	"704}},"
	"{\"key\":\"nan\",\"value\":{\"doubleValue\":\"NaN\"}},{\"key\":\"y\",\"value\":{\"bytesValue\":\"AP8Q\"}},"
	"{\"key\":\"a\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"many\"},{\"intValue\":\"2\"}]}}},"
	"{\"key\":\"m\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}}]}}},"
	"{\"key\":\"none\",\"value\":{}},{\"key\":\"null\",\"value\":null}],\"eventName\":\"my.event\",\"flags\":1}]}]}"
	"]}";

static const Otlp__LogRecord *decode_logs(int encoding, struct slo_str body)
{
	struct slo_otlp_request r;
	int ret = slo_otlp_decode(d, SLO_OTLP_LOGS, encoding, body, &r, &err);

	ck_assert_msg(ret == 0, "%s: %s", err.where, err.what);
	ck_assert_int_eq(r.signal, SLO_OTLP_LOGS);
	ck_assert_uint_eq(r.logs->n_resource_logs, 1);
	ck_assert_str_eq(r.logs->resource_logs[0]->resource->attributes[0]->value->string_value, "my.service");
	ck_assert_str_eq(r.logs->resource_logs[0]->scope_logs[0]->scope->name, "my.library");
	return r.logs->resource_logs[0]->scope_logs[0]->log_records[0];
}

static void check_record(const Otlp__LogRecord *l)
{
	static const uint8_t trace[16] = { 0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03,
					   0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0c };

	ck_assert_uint_eq(l->time_unix_nano, 1544712660300000000u);
	ck_assert_uint_eq(l->observed_time_unix_nano, 1544712660300000001u);
	ck_assert_int_eq(l->severity_number, 10);
	ck_assert_str_eq(l->event_name, "my.event");
	ck_assert_uint_eq(l->flags, 1);
	ck_assert_str_eq(l->body->string_value, "Ex\xc3\xa4mple \"log\"");
	ck_assert_uint_eq(l->trace_id.len, 16);
	ck_assert_mem_eq(l->trace_id.data, trace, 16);
	ck_assert_uint_eq(l->span_id.len, 8);
	ck_assert_uint_eq(l->n_attributes, 10);
	ck_assert(l->attributes[0]->value->bool_value);
	ck_assert_int_eq(l->attributes[1]->value->int_value, -10);
	ck_assert_int_eq(l->attributes[2]->value->int_value, INT64_MAX);
	ck_assert_double_eq(l->attributes[3]->value->double_value, 637.704);
	ck_assert_double_nan(l->attributes[4]->value->double_value);
	ck_assert_uint_eq(l->attributes[5]->value->bytes_value.len, 3);
	ck_assert_mem_eq(l->attributes[5]->value->bytes_value.data, "\0\xff\x10", 3);
	ck_assert_str_eq(l->attributes[6]->value->array_value->values[0]->string_value, "many");
	ck_assert_str_eq(l->attributes[7]->value->kvlist_value->values[0]->value->string_value, "v");
	ck_assert_int_eq(l->attributes[8]->value->value_case, OTLP__ANY_VALUE__VALUE__NOT_SET);
	ck_assert_ptr_null(l->attributes[9]->value);
}

START_TEST(one_form_in_memory_serves_both_encodings)
{
	struct slo_otlp_counters n;
	struct slo_otlp_request r;

	check_record(decode_logs(SLO_OTLP_JSON, slo_str(logs_json)));
	slo_otlp_decoder_counters(d, &n);
	ck_assert_uint_eq(n.unknown, 1);
	ck_assert_int_eq(slo_otlp_decode(d, SLO_OTLP_LOGS, SLO_OTLP_JSON, slo_str(logs_json), &r, &err), 0);
	for (int e = 0; e < SLO_OTLP_ENCODING__COUNT; e++) {
		struct slo_otlp_decoder *other = d;

		slo_buf_reset(&buf);
		ck_assert_int_eq(slo_otlp_request_encode(&r, e, &buf), 0);
		ck_assert_int_eq(slo_otlp_decoder_new(NULL, &d), 0);
		check_record(decode_logs(e, slo_buf_str(&buf)));
		slo_otlp_decoder_free(d);
		d = other;
	}
}
END_TEST

START_TEST(json_is_written_as_the_specification_says)
{
	struct slo_otlp_request r;

	ck_assert_int_eq(slo_otlp_decode(d, SLO_OTLP_LOGS, SLO_OTLP_JSON, slo_str(logs_json), &r, &err), 0);
	ck_assert_int_eq(slo_otlp_request_encode(&r, SLO_OTLP_JSON, &buf), 0);
	ck_assert_ptr_nonnull(strstr(buf.data, "\"timeUnixNano\":\"1544712660300000000\""));
	ck_assert_ptr_nonnull(strstr(buf.data, "\"traceId\":\"5b8efff798038103d269b633813fc60c\""));
	ck_assert_ptr_nonnull(strstr(buf.data, "\"severityNumber\":10,"));
	ck_assert_ptr_nonnull(strstr(buf.data, "{\"intValue\":\"-10\"}"));
	ck_assert_ptr_nonnull(strstr(buf.data, "{\"doubleValue\":\"NaN\"}"));
	ck_assert_ptr_nonnull(strstr(buf.data, "{\"bytesValue\":\"AP8Q\"}"));
	ck_assert_ptr_nonnull(strstr(buf.data, "\"value\":{}}"));
}
END_TEST

/* What is wrong, where it says that is, and what is said. */
static const struct {
	int signal;
	const char *body, *where, *what;
} bad_json[] = {
	{ SLO_OTLP_LOGS, "", "", "" },
	{ SLO_OTLP_LOGS, "[]", "", "want an object" },
	{ SLO_OTLP_LOGS, "{} x", "", "" },
	{ SLO_OTLP_LOGS, "{\"resourceLogs\":{}}", "resourceLogs", "want an array" },
	{ SLO_OTLP_LOGS, "{\"resourceLogs\":[{},7]}", "resourceLogs[1]", "want an object" },
	{ SLO_OTLP_LOGS, "{\"resourceLogs\":[{\"scopeLogs\":[{},{\"logRecords\":[{\"traceId\":\"5b8x\"}]}]}]}",
	  "resourceLogs[0].scopeLogs[1].logRecords[0].traceId", "want hex digits" },
	{ SLO_OTLP_LOGS, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"-1\"}]}]}]}",
	  "resourceLogs[0].scopeLogs[0].logRecords[0].timeUnixNano", "want an integer" },
	{ SLO_OTLP_LOGS,
	  "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"18446744073709551616\"}]}]}]}",
	  "resourceLogs[0].scopeLogs[0].logRecords[0].timeUnixNano", "want an integer" },
	{ SLO_OTLP_LOGS,
	  "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"severityNumber\":\"SEVERITY_NUMBER_INFO\"}]}]}]}",
	  "resourceLogs[0].scopeLogs[0].logRecords[0].severityNumber", "want an integer" },
	{ SLO_OTLP_LOGS, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"bytesValue\":\"A*\"}}]}]}]}",
	  "resourceLogs[0].scopeLogs[0].logRecords[0].body.bytesValue", "want base64" },
	{ SLO_OTLP_LOGS, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"boolValue\":1}}]}]}]}",
	  "resourceLogs[0].scopeLogs[0].logRecords[0].body.boolValue", "want true or false" },
	{ SLO_OTLP_TRACES, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"kind\":99999999999}]}]}]}",
	  "resourceSpans[0].scopeSpans[0].spans[0].kind", "out of range" },
	{ SLO_OTLP_METRICS,
	  "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"sum\":{\"dataPoints\":[{\"asDouble\":1e999}]}}]}]}"
	  "]}",
	  "resourceMetrics[0].scopeMetrics[0].metrics[0].sum.dataPoints[0].asDouble", "" },
};

START_TEST(broken_json_is_refused_at_its_place)
{
	struct slo_otlp_request r;
	int ret = slo_otlp_decode(d, bad_json[_i].signal, SLO_OTLP_JSON, slo_str(bad_json[_i].body), &r, &err);

	ck_assert_int_eq(ret, -EINVAL);
	ck_assert_str_eq(err.where, bad_json[_i].where);
	ck_assert_msg(strstr(err.what, bad_json[_i].what), "%s", err.what);
	ck_assert_str_ne(err.what, "");
}
END_TEST

#define WIRE(b) { b, sizeof(b) - 1 }

static const struct {
	struct slo_str body;
	const char *where, *what;
} bad_wire[] = {
	{ WIRE("\x0a"), "resourceLogs[0]", "length does not end" },
	{ WIRE("\x0a\x05\x0a"), "resourceLogs[0]", "5 bytes are announced, 1 are left" },
	{ WIRE("\x0a\x02\x12\x03"), "resourceLogs[0].scopeLogs[0]", "3 bytes are announced" },
	{ WIRE("\x08\x01"), "resourceLogs[0]", "wire type 0 where 2 belongs" },
	{ WIRE("\x0b"), "resourceLogs[0]", "wire type 3 where" },
	{ WIRE("\x7b"), "", "not part of OTLP" },
	{ WIRE("\x00"), "", "no field starts here" },
	{ WIRE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "", "no field starts here" },
	{ WIRE("\x0a\x07\x12\x05\x12\x03\x09\x01\x02"), "resourceLogs[0].scopeLogs[0].logRecords[0].timeUnixNano",
	  "ends inside a number" },
	{ WIRE("\x0a\x02\x12\x00\x0a"), "resourceLogs[1]", "length does not end" },
};

START_TEST(broken_protobuf_is_refused_at_its_place)
{
	struct slo_otlp_request r;
	int ret = slo_otlp_decode(d, SLO_OTLP_LOGS, SLO_OTLP_PROTOBUF, bad_wire[_i].body, &r, &err);

	ck_assert_int_eq(ret, -EINVAL);
	ck_assert_str_eq(err.where, bad_wire[_i].where);
	ck_assert_msg(strstr(err.what, bad_wire[_i].what), "%s", err.what);
}
END_TEST

START_TEST(empty_bodies_are_requests_without_content)
{
	struct slo_otlp_request r;

	ck_assert_int_eq(slo_otlp_decode(d, SLO_OTLP_TRACES, SLO_OTLP_PROTOBUF, slo_str(""), &r, &err), 0);
	ck_assert_uint_eq(r.traces->n_resource_spans, 0);
	ck_assert_int_eq(slo_otlp_decode(d, SLO_OTLP_METRICS, SLO_OTLP_JSON, slo_str("{}"), &r, &err), 0);
	ck_assert_uint_eq(r.metrics->n_resource_metrics, 0);
}
END_TEST

/* An AnyValue of arrays within arrays, @depth of them, as protobuf: from the inside out. */
static struct slo_str nested(unsigned int depth)
{
	size_t cap = depth * 10 + 64, at = cap;
	char *p = malloc(cap);
	/* AnyValue.array_value, ArrayValue.values … LogRecord.body, log_records, scope_logs, resource_logs */
	static const char outer[] = { 0x2a, 0x12, 0x12, 0x0a };

	for (unsigned int i = 0; i < 2 * depth + sizeof(outer); i++) {
		char tag = i < 2 * depth ? (i % 2 ? 0x2a : 0x0a) : outer[i - 2 * depth];
		size_t len = cap - at;
		char size[5];
		size_t n = 0;

		do {
			size[n++] = (char)((len & 0x7f) | (len > 0x7f ? 0x80 : 0));
			len >>= 7;
		} while (len);
		at -= n;
		memcpy(p + at, size, n);
		p[--at] = tag;
	}
	memmove(p, p + at, cap - at);
	return slo_str_n(p, cap - at);
}

START_TEST(nesting_is_bounded_in_protobuf)
{
	struct slo_otlp_counters n;
	struct slo_otlp_request r;
	struct slo_str deep = nested(500000), flat = nested(10);

	ck_assert_int_eq(slo_otlp_decode(d, SLO_OTLP_LOGS, SLO_OTLP_PROTOBUF, flat, &r, &err), 0);
	ck_assert_int_eq(slo_otlp_decode(d, SLO_OTLP_LOGS, SLO_OTLP_PROTOBUF, deep, &r, &err), -EMSGSIZE);
	ck_assert_msg(strstr(err.what, "nested over 32"), "%s", err.what);
	slo_otlp_decoder_counters(d, &n);
	ck_assert_uint_eq(n.oversize, 1);
	ck_assert_uint_eq(n.bodies, 1);
	free((char *)(uintptr_t)deep.p);
	free((char *)(uintptr_t)flat.p);
}
END_TEST

START_TEST(nesting_is_bounded_in_json)
{
	struct slo_otlp_request r;
	int ret;

	slo_buf_adds(&buf, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":");
	for (int i = 0; i < 100000; i++)
		slo_buf_adds(&buf, "{\"arrayValue\":{\"values\":[");
	ret = slo_otlp_decode(d, SLO_OTLP_LOGS, SLO_OTLP_JSON, slo_buf_str(&buf), &r, &err);
	ck_assert(ret == -EMSGSIZE || ret == -EINVAL);
	ck_assert_msg(strstr(err.what, "nest"), "%s", err.what);
}
END_TEST

START_TEST(bodies_messages_and_memory_are_bounded)
{
	static const struct slo_otlp_limits limits[] = {
		{ .body_max = 100 }, { .messages_max = 100 }, { .memory_max = 20000 },
	};
	static const char *const said[] = { "at most 100 are read", "more than 100 messages", "20000 bytes in memory" };
	struct slo_otlp_request r;

	/* 1000 empty resources. */
	for (int e = 0; e < SLO_OTLP_ENCODING__COUNT; e++) {
		slo_buf_reset(&buf);
		slo_buf_adds(&buf, e == SLO_OTLP_JSON ? "{\"resourceLogs\":[{}" : "");
		for (int i = 0; i < 1000; i++)
			slo_buf_add(&buf, e == SLO_OTLP_JSON ? ",{}" : "\x0a\0", e == SLO_OTLP_JSON ? 3 : 2);
		slo_buf_adds(&buf, e == SLO_OTLP_JSON ? "]}" : "");
		ck_assert_int_eq(slo_otlp_decode(d, SLO_OTLP_LOGS, e, slo_buf_str(&buf), &r, &err), 0);
		for (size_t i = 0; i < SLO_ARRAY_LEN(limits); i++) {
			struct slo_otlp_decoder *small;

			slo_err_reset(&err);
			ck_assert_int_eq(slo_otlp_decoder_new(&limits[i], &small), 0);
			ck_assert_int_eq(slo_otlp_decode(small, SLO_OTLP_LOGS, e, slo_buf_str(&buf), &r, &err),
					 -EMSGSIZE);
			ck_assert_msg(strstr(err.what, said[i]), "%s", err.what);
			slo_otlp_decoder_free(small);
		}
		slo_err_reset(&err);
	}
}
END_TEST

/* Whatever memory there is: the whole body, or none of it. */
START_TEST(memory_may_end_anywhere)
{
	struct slo_otlp_request r;
	bool done = false;

	ck_assert_int_eq(slo_otlp_decode(d, SLO_OTLP_LOGS, SLO_OTLP_JSON, slo_str(logs_json), &r, &err), 0);
	ck_assert_int_eq(slo_otlp_request_encode(&r, SLO_OTLP_PROTOBUF, &buf), 0);
	for (size_t max = 1; !done; max += 13) {
		struct slo_otlp_limits limits = { .memory_max = max };
		struct slo_otlp_decoder *small;
		int json, wire;

		ck_assert_uint_lt(max, 100000);
		slo_err_reset(&err);
		ck_assert_int_eq(slo_otlp_decoder_new(&limits, &small), 0);
		json = slo_otlp_decode(small, SLO_OTLP_LOGS, SLO_OTLP_JSON, slo_str(logs_json), &r, &err);
		wire = slo_otlp_decode(small, SLO_OTLP_LOGS, SLO_OTLP_PROTOBUF, slo_buf_str(&buf), &r, NULL);
		ck_assert(json == 0 || json == -EMSGSIZE);
		ck_assert(wire == 0 || wire == -EMSGSIZE);
		done = json == 0 && wire == 0;
		slo_otlp_decoder_free(small);
	}
}
END_TEST

START_TEST(a_line_of_a_file_exporter_is_any_signal)
{
	struct slo_otlp_request r;

	ck_assert_int_eq(slo_otlp_decode_line(d, slo_str("{\"resourceSpans\":[]}"), &r, &err), 0);
	ck_assert_int_eq(r.signal, SLO_OTLP_TRACES);
	ck_assert_int_eq(slo_otlp_decode_line(d, slo_str("{\"x\":[1],\"resourceMetrics\":[]}"), &r, &err), 0);
	ck_assert_int_eq(r.signal, SLO_OTLP_METRICS);
	ck_assert_int_eq(slo_otlp_decode_line(d, slo_str(logs_json), &r, &err), 0);
	ck_assert_int_eq(r.signal, SLO_OTLP_LOGS);
	ck_assert_int_eq(slo_otlp_line_signal(slo_str("{\"kind\":\"slo\",\"v\":\"1.0\"}")), -1);
	ck_assert_int_eq(slo_otlp_decode_line(d, slo_str("{\"kind\":\"slo\"}"), &r, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.what, "resourceSpans"));
}
END_TEST

START_TEST(answers_say_what_was_rejected)
{
	int signal = _i / SLO_OTLP_ENCODING__COUNT, encoding = _i % SLO_OTLP_ENCODING__COUNT;
	const char *member[] = { "rejectedLogRecords", "rejectedDataPoints", "rejectedSpans" };
	struct slo_otlp_answer in = { 17, SLO_STR("no such \"pod\"") }, out = { .rejected = -1 }, none = { 0 };

	ck_assert_int_eq(slo_otlp_answer_encode(signal, encoding, &in, &buf), 0);
	if (encoding == SLO_OTLP_JSON)
		ck_assert_ptr_nonnull(strstr(buf.data, member[signal]));
	ck_assert_int_eq(slo_otlp_answer_decode(d, signal, encoding, slo_buf_str(&buf), &out, &err), 0);
	ck_assert_int_eq(out.rejected, 17);
	ck_assert(slo_str_eq(out.message, in.message));
	slo_buf_reset(&buf);
	ck_assert_int_eq(slo_otlp_answer_encode(signal, encoding, &none, &buf), 0);
	ck_assert_str_eq(buf.data, encoding == SLO_OTLP_JSON ? "{}" : "");
	ck_assert_int_eq(slo_otlp_answer_decode(d, signal, encoding, slo_buf_str(&buf), &out, &err), 0);
	ck_assert_int_eq(out.rejected, 0);
	ck_assert_uint_eq(out.message.len, 0);
	ck_assert_int_eq(slo_otlp_answer_decode(d, signal, encoding, slo_str(NULL), &out, &err), 0);
}
END_TEST

START_TEST(a_rejection_counts_whether_number_or_string)
{
	struct slo_otlp_answer out;

	ck_assert_int_eq(slo_otlp_answer_decode(d, SLO_OTLP_LOGS, SLO_OTLP_JSON,
						slo_str("{\"partialSuccess\":{\"rejectedLogRecords\":3}}"), &out, &err),
			 0);
	ck_assert_int_eq(out.rejected, 3);
	ck_assert_int_eq(slo_otlp_answer_decode(d, SLO_OTLP_LOGS, SLO_OTLP_JSON, slo_str("<html>"), &out, &err),
			 -EINVAL);
}
END_TEST

START_TEST(statuses_carry_a_message)
{
	for (int e = 0; e < SLO_OTLP_ENCODING__COUNT; e++) {
		struct slo_str message;

		slo_buf_reset(&buf);
		ck_assert_int_eq(slo_otlp_status_encode(e, 8, slo_str("too much"), &buf), 0);
		ck_assert_int_eq(slo_otlp_status_decode(d, e, slo_buf_str(&buf), &message, &err), 0);
		ck_assert(slo_str_is(message, "too much"));
	}
	ck_assert_str_eq(buf.data, "{\"code\":8,\"message\":\"too much\"}");
}
END_TEST

START_TEST(content_types_name_the_encoding)
{
	ck_assert_int_eq(slo_otlp_encoding_of(slo_str("application/json")), SLO_OTLP_JSON);
	ck_assert_int_eq(slo_otlp_encoding_of(slo_str("Application/JSON ; charset=utf-8")), SLO_OTLP_JSON);
	ck_assert_int_eq(slo_otlp_encoding_of(slo_str("application/x-protobuf")), SLO_OTLP_PROTOBUF);
	ck_assert_int_eq(slo_otlp_encoding_of(slo_str("application/x-protobuffer")), -1);
	ck_assert_int_eq(slo_otlp_encoding_of(slo_str("text/plain")), -1);
	ck_assert_int_eq(slo_otlp_encoding_of(slo_str(NULL)), -1);
	ck_assert_str_eq(slo_otlp_path(SLO_OTLP_TRACES), "/v1/traces");
	ck_assert_str_eq(slo_otlp_content_type(SLO_OTLP_PROTOBUF), "application/x-protobuf");
}
END_TEST

/* The tables in otlp_codec.c and otlp_wire.c rely on these. */
START_TEST(the_three_answers_have_one_layout)
{
	ck_assert_uint_eq(sizeof(Otlp__ExportLogsPartialSuccess), sizeof(Otlp__ExportTracePartialSuccess));
	ck_assert_uint_eq(sizeof(Otlp__ExportLogsPartialSuccess), sizeof(Otlp__ExportMetricsPartialSuccess));
	ck_assert_uint_eq(offsetof(Otlp__ExportLogsPartialSuccess, error_message),
			  offsetof(Otlp__ExportTracePartialSuccess, error_message));
	ck_assert_uint_eq(offsetof(Otlp__ExportLogsPartialSuccess, rejected_log_records),
			  offsetof(Otlp__ExportTracePartialSuccess, rejected_spans));
	ck_assert_uint_eq(offsetof(Otlp__ExportLogsPartialSuccess, error_message),
			  offsetof(Otlp__ExportMetricsPartialSuccess, error_message));
	ck_assert_uint_le(otlp__span__descriptor.n_fields, 16);
	ck_assert_uint_le(otlp__log_record__descriptor.n_fields, 16);
	ck_assert_uint_le(otlp__exponential_histogram_data_point__descriptor.n_fields, 16);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_codec");
	TCase *t = tcase_create("codec");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, prepare, clean);
	tcase_add_test(t, one_form_in_memory_serves_both_encodings);
	tcase_add_test(t, json_is_written_as_the_specification_says);
	tcase_add_loop_test(t, broken_json_is_refused_at_its_place, 0, SLO_ARRAY_LEN(bad_json));
	tcase_add_loop_test(t, broken_protobuf_is_refused_at_its_place, 0, SLO_ARRAY_LEN(bad_wire));
	tcase_add_test(t, empty_bodies_are_requests_without_content);
	tcase_add_test(t, nesting_is_bounded_in_protobuf);
	tcase_add_test(t, nesting_is_bounded_in_json);
	tcase_add_test(t, bodies_messages_and_memory_are_bounded);
	tcase_add_test(t, memory_may_end_anywhere);
	tcase_add_test(t, a_line_of_a_file_exporter_is_any_signal);
	tcase_add_loop_test(t, answers_say_what_was_rejected, 0, SLO_OTLP_SIGNAL__COUNT * SLO_OTLP_ENCODING__COUNT);
	tcase_add_test(t, a_rejection_counts_whether_number_or_string);
	tcase_add_test(t, statuses_carry_a_message);
	tcase_add_test(t, content_types_name_the_encoding);
	tcase_add_test(t, the_three_answers_have_one_layout);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
