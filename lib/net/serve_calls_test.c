/* SPDX-License-Identifier: MIT */
#include "net/serve_calls.h"

#include "base/str.h"
#include "base/time.h"
#include "net/serve_otlp.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A service that gives the same answer to every request, one connection each. */
static struct {
	int fd, port, requests, connections;
	const char *answer;
	bool silent;
	char last[16384];
	pthread_t thread;
} stub;

static void serve_one(int c)
{
	size_t have = 0, whole = 0;
	char *end;
	ssize_t n;

	while ((n = recv(c, stub.last + have, sizeof(stub.last) - 1 - have, 0)) > 0) {
		const char *length;

		have += (size_t)n;
		stub.last[have] = '\0';
		end = strstr(stub.last, "\r\n\r\n");
		if (!end)
			continue;
		length = strstr(stub.last, "Content-Length: ");
		whole = (size_t)(end + 4 - stub.last) + (length ? (size_t)atoi(length + 16) : 0);
		if (have < whole)
			continue;
		have = 0;
		stub.requests++;
		if (!stub.silent)
			send(c, stub.answer, strlen(stub.answer), MSG_NOSIGNAL);
	}
}

static void *stub_main(void *arg)
{
	int c;

	(void)arg;
	while ((c = accept(stub.fd, NULL, NULL)) >= 0) {
		stub.connections++;
		serve_one(c);
		close(c);
	}
	return NULL;
}

static void stub_start(const char *answer)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(sa);

	memset(&stub, 0, sizeof(stub));
	stub.answer = answer;
	stub.fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert(bind(stub.fd, (void *)&sa, len) == 0 && listen(stub.fd, 8) == 0);
	ck_assert_int_eq(getsockname(stub.fd, (void *)&sa, &len), 0);
	stub.port = ntohs(sa.sin_port);
	ck_assert_int_eq(pthread_create(&stub.thread, NULL, stub_main, NULL), 0);
}

static void stub_stop(void)
{
	shutdown(stub.fd, SHUT_RDWR);
	pthread_join(stub.thread, NULL);
	close(stub.fd);
}

static bool always(void *arg)
{
	(void)arg;
	return true;
}

static struct slo_calls_opts options(char *url, size_t size, bool provider)
{
	struct slo_calls_opts o = {
		.resolver = "", .lookup = "", .retrieval = "", .provider = "", .ca_file = "", .read_file = "",
		.lookup_timeout_ns = SLO_NS_PER_S, .timeout_ns = 300 * SLO_NS_PER_MS,
	};

	snprintf(url, size, "http://127.0.0.1:%d", stub.port);
	*(provider ? &o.provider : &o.retrieval) = url;
	return o;
}

#define OK200 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

static const struct {
	const char *answer; /* NULL = silence */
	int status;
	int64_t retry;
} answers[] = {
	{ OK200, 200, -1 },
	{ "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 429, 7 },
	{ "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 502, -1 },
	{ "HTTP/1.1 302 Away\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 502, -1 },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\ncut", 504, -1 },
	{ NULL, 504, -1 },
};

START_TEST(answers_with_what_became_of_the_call)
{
	const struct slo_trace_context trace = { "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331" };
	struct slo_calls_report r;
	struct slo_calls_opts o;
	struct slo_err err = { .what = "" };
	struct slo_calls *c;
	char url[64], want[80];

	stub_start(answers[_i].answer);
	stub.silent = !answers[_i].answer;
	o = options(url, sizeof(url), true);
	ck_assert_int_eq(slo_calls_new(&o, 1, &c, &err), 0);
	slo_calls_run(c, &trace, always, NULL, &r);
	ck_assert_int_eq(r.status, answers[_i].status);
	ck_assert_int_eq(r.retry_after_s, answers[_i].retry);
	ck_assert_int_eq(r.status == 200, r.why[0] == '\0');
	ck_assert_int_eq((int)r.n, 1);
	ck_assert_str_eq(r.spans[0].name, "provider");
	ck_assert_int_eq(r.spans[0].ok, r.status == 200);
	ck_assert_int_ge(r.spans[0].end_ns, r.spans[0].start_ns);
	slo_calls_free(c);
	ck_assert_int_eq(strncmp(stub.last, "POST /v1/chat/completions ", 26), 0);
	snprintf(want, sizeof(want), "traceparent: 00-%s-%s-01\r\n", trace.trace_id, r.spans[0].span_id);
	ck_assert_msg(strstr(stub.last, want) != NULL, "%s", stub.last);
	stub_stop();
}
END_TEST

START_TEST(keeps_a_connection_unless_told_not_to)
{
	const struct slo_trace_context none = { "", "" };
	struct slo_calls_report r;
	struct slo_calls_opts o;
	struct slo_calls *c;
	char url[64];

	stub_start(OK200);
	o = options(url, sizeof(url), false);
	o.fresh = _i;
	ck_assert_int_eq(slo_calls_new(&o, 1, &c, NULL), 0);
	for (int i = 0; i < 3; i++) {
		slo_calls_run(c, &none, always, NULL, &r);
		ck_assert_int_eq(r.status, 200);
	}
	slo_calls_free(c);
	ck_assert_int_eq(stub.connections, _i ? 3 : 1);
	ck_assert_ptr_null(strstr(stub.last, "traceparent"));
	stub_stop();
}
END_TEST

START_TEST(refuses_options_that_do_not_fit)
{
	char url[64];
	struct slo_calls_opts base = options(url, sizeof(url), true), o = base;
	struct slo_calls *c = NULL;

	o.provider = "ftp://x";
	ck_assert_int_eq(slo_calls_new(&o, 1, &c, NULL), -EINVAL);
	o = base;
	o.lookup = "name.test";
	ck_assert_int_eq(slo_calls_new(&o, 1, &c, NULL), -EINVAL);
	o = base;
	o.read_file = "/nonexistent/file";
	ck_assert_int_eq(slo_calls_new(&o, 1, &c, NULL), -ENOENT);
	o.read_file = "/dev/null";
	ck_assert_int_eq(slo_calls_new(&o, 1, &c, NULL), -EINVAL);
	o = base;
	o.touch_mib = SLO_CALLS_TOUCH_MAX + 1;
	ck_assert_int_eq(slo_calls_new(&o, 1, &c, NULL), -EINVAL);
	ck_assert_ptr_null(c);
}
END_TEST

static const struct {
	const char *header;
	bool good;
} parents[] = {
	{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true },
	{ "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", true },
	{ "00-00000000000000000000000000000000-b7ad6b7169203331-01", false },
	{ "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false },
	{ "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false },
	{ "00-0af7651916cd43dd8448eb211c80319c", false },
	{ "", false },
	{ NULL, false },
};

START_TEST(reads_a_trace_context_or_none)
{
	struct slo_trace_context t;

	slo_trace_parse_parent(parents[_i].header, &t);
	ck_assert_str_eq(t.trace_id, parents[_i].good ? "0af7651916cd43dd8448eb211c80319c" : "");
	ck_assert_str_eq(t.parent_id, parents[_i].good ? "b7ad6b7169203331" : "");
}
END_TEST

static struct slo_span a_span(void)
{
	struct slo_span s;

	memset(&s, 0, sizeof(s));
	s.trace_id = slo_str("0af7651916cd43dd8448eb211c80319c");
	s.span_id = slo_str("b7ad6b7169203331");
	s.name = slo_str("a \"name\"");
	s.span_kind = slo_str("client");
	s.status = slo_str("error");
	s.start_ns = 1700000000000000001;
	s.end_ns = 1700000000000000002;
	s.attributes[s.attributes_count++] = (struct slo_pair){ slo_str("k"), slo_str("v") };
	return s;
}

START_TEST(posts_spans_as_otlp_json)
{
	struct slo_span s = a_span();
	struct slo_otlp *o;
	json_t *root, *doc, *span;
	char url[64];

	stub_start(OK200);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1/traces", stub.port);
	ck_assert_int_eq(slo_otlp_start(url, "", "chat", 65536, &o, NULL), 0);
	slo_otlp_add(o, &s);
	slo_otlp_add(o, &s);
	slo_otlp_stop(o);
	stub_stop();
	ck_assert_int_eq(stub.requests, 1);
	ck_assert_int_eq(strncmp(stub.last, "POST /v1/traces ", 16), 0);
	root = json_loads(strstr(stub.last, "\r\n\r\n") + 4, 0, NULL);
	doc = json_array_get(json_object_get(root, "resourceSpans"), 0);
	ck_assert_str_eq(
		json_string_value(json_object_get(
			json_object_get(
				json_array_get(json_object_get(json_object_get(doc, "resource"), "attributes"), 0),
				"value"),
			"stringValue")),
		"chat");
	doc = json_object_get(json_array_get(json_object_get(doc, "scopeSpans"), 0), "spans");
	ck_assert_int_eq((int)json_array_size(doc), 2);
	span = json_array_get(doc, 1);
	ck_assert_str_eq(json_string_value(json_object_get(span, "traceId")), "0af7651916cd43dd8448eb211c80319c");
	ck_assert_str_eq(json_string_value(json_object_get(span, "startTimeUnixNano")), "1700000000000000001");
	ck_assert_str_eq(json_string_value(json_object_get(span, "name")), "a \"name\"");
	ck_assert_int_eq((int)json_integer_value(json_object_get(span, "kind")), 3);
	ck_assert_int_eq((int)json_integer_value(json_object_get(json_object_get(span, "status"), "code")), 2);
	ck_assert_ptr_null(json_object_get(span, "parentSpanId"));
	json_decref(root);
}
END_TEST

static const struct {
	const char *answer;
	int requests;
} refusals[] = {
	{ "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 2 }, /* may be tried again */
	{ "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n", 1 },
};

START_TEST(counts_spans_the_collector_does_not_take)
{
	struct slo_span s = a_span();
	struct slo_otlp *o;
	char url[64];

	stub_start(refusals[_i].answer);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1/traces", stub.port);
	ck_assert_int_eq(slo_otlp_start(url, "", "chat", 1024, &o, NULL), 0);
	for (int i = 0; i < 10; i++)
		slo_otlp_add(o, &s); /* those over the bound are lost at once */
	ck_assert_int_gt((int)slo_otlp_dropped(o), 0);
	while (slo_otlp_dropped(o) < 10) /* the test's own time limit ends this when it never comes */
		usleep(1000);
	slo_otlp_stop(o);
	stub_stop();
	ck_assert_int_eq(stub.requests, refusals[_i].requests);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("serve_calls");
	TCase *c = tcase_create("calls");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 30);
	tcase_add_loop_test(c, answers_with_what_became_of_the_call, 0, (int)SLO_ARRAY_LEN(answers));
	tcase_add_loop_test(c, keeps_a_connection_unless_told_not_to, 0, 2);
	tcase_add_test(c, refuses_options_that_do_not_fit);
	tcase_add_loop_test(c, reads_a_trace_context_or_none, 0, (int)SLO_ARRAY_LEN(parents));
	tcase_add_test(c, posts_spans_as_otlp_json);
	tcase_add_loop_test(c, counts_spans_the_collector_does_not_take, 0, (int)SLO_ARRAY_LEN(refusals));
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
