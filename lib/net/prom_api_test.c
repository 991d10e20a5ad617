/* SPDX-License-Identifier: MIT */
#include "net/prom_api.h"

#include "base/time.h"
#include "net/testing_http.h"

#include <errno.h>
#include <math.h>

static struct slo_prom_api_answer a;
static struct slo_err err;

static int parse(const char *text)
{
	slo_err_reset(&err);
	return slo_prom_api_parse(text, strlen(text), &a, &err);
}

#define VECTOR(items) "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" items "]}}"
#define SAMPLE(value) VECTOR("{\"metric\":{\"a\":\"b\"},\"value\":[1700000000.25,\"" value "\"]}")

START_TEST(reads_a_vector)
{
	ck_assert_msg(
		parse(VECTOR("{\"metric\":{\"__name__\":\"up\",\"job\":\"x\\\"y\"},\"value\":[1700000000.25,\"1.5\"]},"
			     "{\"metric\":{},\"value\":[1700000000.25,\"2\"]}")) == 0,
		"%s", err.what);
	ck_assert(a.success);
	ck_assert_int_eq(a.type, SLO_PROM_API_VECTOR);
	ck_assert_int_eq((int)a.series_count, 2);
	ck_assert_str_eq(a.series[0].labels, "up{job=\"x\\\"y\"}");
	ck_assert_str_eq(a.series[1].labels, "");
	ck_assert_double_eq(a.points[0].value, 1.5);
	ck_assert_int_eq(a.points[0].t_ns, INT64_C(1700000000250000000));
	ck_assert_double_eq(a.points[1].value, 2);
}
END_TEST

START_TEST(reads_a_scalar_a_matrix_and_nothing)
{
	ck_assert_int_eq(parse("{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"-3\"]}}"),
			 0);
	ck_assert_int_eq(a.type, SLO_PROM_API_SCALAR);
	ck_assert_int_eq((int)a.series_count, 1);
	ck_assert_double_eq(a.points[0].value, -3);
	ck_assert_int_eq(parse("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
			       "\"values\":[[1,\"4\"],[2,\"NaN\"]]},{\"metric\":{},\"values\":[[3,\"5\"]]}]}}"), 0);
	ck_assert_int_eq((int)a.series_count, 2);
	ck_assert_int_eq((int)a.series[1].first, 2);
	ck_assert_int_eq((int)a.series[1].count, 1);
	ck_assert(isnan(a.points[1].value));
	ck_assert_int_eq(parse(VECTOR("")), 0);
	ck_assert_int_eq((int)a.series_count, 0);
}
END_TEST

static const struct {
	const char *text;
	double want;
} values[] = {
	{ SAMPLE("0"), 0 }, { SAMPLE("1e+06"), 1e6 }, { SAMPLE("1.5e-05"), 1.5e-5 }, { SAMPLE("-0"), 0 },
	{ SAMPLE("+Inf"), INFINITY }, { SAMPLE("-Inf"), -INFINITY }, { SAMPLE("NaN"), NAN },
};

START_TEST(reads_numbers_and_what_is_none)
{
	ck_assert_msg(parse(values[_i].text) == 0, "%s", err.what);
	ck_assert(isnan(values[_i].want) ? isnan(a.points[0].value) : a.points[0].value == values[_i].want);
}
END_TEST

static const char *const malformed[] = {
	"",
	"null",
	"[]",
	"{}",
	"<html>",
	"{\"status\":\"ok\"}",
	"{\"status\":\"success\"}",
	"{\"status\":\"success\",\"data\":{}}",
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1,\"2\"]",
	"{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[1,\"x\"]}}",
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":{}}}",
	SAMPLE(""),
	SAMPLE("nan"),
	SAMPLE("1x"),
	SAMPLE("0x10"),
	SAMPLE("1e999"),
	VECTOR("{\"metric\":{},\"value\":[1,2]}"),
	VECTOR("{\"metric\":{},\"value\":[\"1\",\"2\"]}"),
	VECTOR("{\"metric\":{},\"value\":[1e300,\"2\"]}"),
	VECTOR("{\"metric\":{},\"value\":[1]}"),
	VECTOR("{\"value\":[1,\"2\"]}"),
	VECTOR("{\"metric\":{},\"histogram\":[1,{}]}"),
	VECTOR("7"),
	"{\"status\":\"success\",\"status\":\"error\"}",
	"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
};

START_TEST(refuses_what_is_no_answer)
{
	ck_assert_int_eq(parse(malformed[_i]), -EBADMSG);
	ck_assert_str_ne(err.what, "");
}
END_TEST

START_TEST(keeps_what_the_server_says_besides)
{
	ck_assert_int_eq(parse("{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"too many samples\"}"), 0);
	ck_assert(!a.success);
	ck_assert_str_eq(a.error_type, "execution");
	ck_assert_str_eq(a.error, "too many samples");
	ck_assert_int_eq(
		parse("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]},"
		      "\"warnings\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"],\"infos\":[\"i\",7]}"),
		0);
	ck_assert_int_eq((int)a.warnings.count, 9);
	ck_assert_str_eq(a.warnings.text[7], "8");
	ck_assert_int_eq((int)a.infos.count, 2);
}
END_TEST

START_TEST(counts_the_series_it_has_no_room_for)
{
	struct slo_buf b;

	slo_buf_init(&b, 1 << 20);
	slo_buf_adds(&b, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	for (int i = 0; i < SLO_PROM_API_SERIES + 3; i++)
		slo_buf_addf(&b, "%s{\"metric\":{\"i\":\"%d\"},\"value\":[1,\"%d\"]}", i ? "," : "", i, i);
	slo_buf_adds(&b, "]}}");
	ck_assert_int_eq(parse(b.data), 0);
	ck_assert_int_eq((int)a.series_count, SLO_PROM_API_SERIES);
	ck_assert_int_eq((int)a.series_dropped, 3);
	slo_buf_fini(&b);
}
END_TEST

/* Over a socket. */
static struct script srv;

static int ask(const char *prefix, const char *promql, int method, int *failure)
{
	const struct slo_fetch_opts o = { .allow_http = true, .timeout_ns = 5 * SLO_NS_PER_S };
	struct slo_prom_api_query q = { .promql = promql, .method = method, .timeout_ns = SLO_NS_PER_S / 2 };
	struct slo_fetch_answer body;
	struct slo_fetch *f;
	char base[128];
	int ret;

	slo_err_reset(&err);
	script_start(&srv, false);
	snprintf(base, sizeof(base), "http://127.0.0.1:%d%s", srv.port, prefix);
	q.base = base;
	ck_assert_int_eq(slo_fetch_new(&o, &f, &err), 0);
	slo_fetch_answer_init(&body, 0);
	ret = slo_prom_api_ask(f, &q, &body, &a, failure, &err);
	slo_fetch_answer_fini(&body);
	slo_fetch_free(f);
	script_stop(&srv);
	return ret;
}

#define OK_ANSWER "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" SAMPLE("7")

static const struct {
	const char *prefix, *promql;
	int method;
	const char *want;
} requests[] = {
	{ "", "up", SLO_PROM_API_AUTO, "GET /api/v1/query?query=up HTTP/1.1\r\n" },
	{ "/", "up", SLO_PROM_API_GET, "GET /api/v1/query?query=up HTTP/1.1\r\n" },
	{ "/team/prom/", "a{b=\"c d\"}[5m]+1&x", SLO_PROM_API_AUTO,
	  "GET /team/prom/api/v1/query?query=a%7Bb%3D%22c%20d%22%7D%5B5m%5D%2B1%26x HTTP/1.1\r\n" },
	{ "/p?ignored=1", "up", SLO_PROM_API_POST, "POST /p/api/v1/query HTTP/1.1\r\n" },
};

START_TEST(asks_where_the_base_path_leads)
{
	int failure = -1;

	srv.parts[0].say = OK_ANSWER;
	ck_assert_msg(ask(requests[_i].prefix, requests[_i].promql, requests[_i].method, &failure) == 0, "%s",
		      err.what);
	ck_assert_int_eq(failure, SLO_PROM_API_OK);
	ck_assert_double_eq(a.points[0].value, 7);
	ck_assert_msg(strncmp(srv.request.data, requests[_i].want, strlen(requests[_i].want)) == 0, "%s",
		      srv.request.data);
	slo_buf_fini(&srv.request);
}
END_TEST

START_TEST(posts_what_is_too_long_for_a_line)
{
	char promql[SLO_PROM_API_URL + 10];
	int failure;

	memset(promql, 'x', sizeof(promql) - 1);
	promql[sizeof(promql) - 1] = '\0';
	srv.parts[0].say = OK_ANSWER;
	ck_assert_int_eq(ask("", promql, SLO_PROM_API_AUTO, &failure), 0);
	ck_assert_int_eq(strncmp(srv.request.data, "POST /api/v1/query HTTP/1.1\r\n", 29), 0);
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\n\r\nquery=xxxx"));
	slo_buf_fini(&srv.request);
}
END_TEST

START_TEST(asks_for_ranges)
{
	const struct slo_fetch_opts o = { .allow_http = true, .timeout_ns = 5 * SLO_NS_PER_S };
	struct slo_prom_api_query q = { .promql = "up", .start_ns = 1700000000500 * SLO_NS_PER_MS,
					.end_ns = 1700000060 * SLO_NS_PER_S, .step_ns = 15 * SLO_NS_PER_S };
	struct slo_fetch_answer body;
	struct slo_fetch *f;
	char base[64];
	int failure;

	srv.parts[0].say =
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"status\":\"success\",\"data\":{\"resultType\":"
		"\"matrix\",\"result\":[{\"metric\":{},\"values\":[[1,\"4\"],[2,\"5\"]]}]}}";
	script_start(&srv, false);
	snprintf(base, sizeof(base), "http://127.0.0.1:%d/x", srv.port);
	q.base = base;
	ck_assert_int_eq(slo_fetch_new(&o, &f, &err), 0);
	slo_fetch_answer_init(&body, 0);
	ck_assert_msg(slo_prom_api_ask(f, &q, &body, &a, &failure, &err) == 0, "%s", err.what);
	ck_assert_int_eq((int)a.points_count, 2);
	ck_assert_ptr_nonnull(strstr(srv.request.data, "GET /x/api/v1/query_range?query=up&start=1700000000.500&"
						       "end=1700000060.000&step=15.000 HTTP/1.1\r\n"));
	slo_fetch_answer_fini(&body);
	slo_fetch_free(f);
	script_stop(&srv);
	slo_buf_fini(&srv.request);
}
END_TEST

#define WITH(status) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n"

static const struct {
	struct script_part part;
	int want, failure;
	const char *words;
} failures[] = {
	{ { .say = WITH("500 No") "oops" }, -EIO, SLO_PROM_API_UNAVAILABLE, "HTTP 500" },
	{ { .say = WITH("503 No") "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"query timed out\"}" },
	  -EIO,
	  SLO_PROM_API_UNAVAILABLE,
	  "HTTP 503: timeout: query timed out" },
	{ { .say = WITH("429 Slow") }, -EIO, SLO_PROM_API_UNAVAILABLE, "HTTP 429" },
	{ { .say = WITH("422 No") "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"many-to-many\"}" },
	  -EIO,
	  SLO_PROM_API_REFUSED,
	  "HTTP 422: execution: many-to-many" },
	{ { .say = WITH("400 No") "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}" },
	  -EIO,
	  SLO_PROM_API_REFUSED,
	  "parse error" },
	{ { .say = WITH("401 No") }, -EIO, SLO_PROM_API_REFUSED, "HTTP 401" },
	{ { .say = WITH("302 Found\r\nLocation: /login") }, -EIO, SLO_PROM_API_REFUSED, "redirect" },
	{ { .say = WITH("200 OK") "<html>sign in</html>" }, -EBADMSG, SLO_PROM_API_REFUSED, "no JSON" },
	{ { .say = WITH("200 OK") "{\"status\":\"success\",\"data\":{\"resultType\":\"vec" },
	  -EBADMSG,
	  SLO_PROM_API_REFUSED,
	  "no JSON" },
	{ { .say = WITH("206 Part") SAMPLE("1") }, -EIO, SLO_PROM_API_REFUSED, "HTTP 206" },
	{ { .hang = true }, -ETIMEDOUT, SLO_PROM_API_UNAVAILABLE, "0.5 s" },
	{ { .drop = true }, -ECONNRESET, SLO_PROM_API_UNAVAILABLE, "connection" },
};

START_TEST(tells_away_from_wrong)
{
	int failure = -1, ret;

	srv.parts[0] = failures[_i].part;
	ret = ask("", "up", SLO_PROM_API_GET, &failure);
	ck_assert_msg(ret == failures[_i].want, "case %d: %d %s", _i, ret, err.what);
	ck_assert_msg(failure == failures[_i].failure, "case %d: %s", _i, err.what);
	ck_assert_msg(strstr(err.what, failures[_i].words) != NULL, "case %d: %s", _i, err.what);
	slo_buf_fini(&srv.request);
}
END_TEST

static void teardown(void)
{
	slo_prom_api_answer_fini(&a);
}

int main(void)
{
	Suite *s = suite_create("net/prom_api");
	TCase *t = tcase_create("parse"), *n = tcase_create("ask");
	SRunner *r;
	int failed;

	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_checked_fixture(n, NULL, teardown);
	tcase_set_timeout(n, 20);
	tcase_add_test(t, reads_a_vector);
	tcase_add_test(t, reads_a_scalar_a_matrix_and_nothing);
	tcase_add_loop_test(t, reads_numbers_and_what_is_none, 0, (int)SLO_ARRAY_LEN(values));
	tcase_add_loop_test(t, refuses_what_is_no_answer, 0, (int)SLO_ARRAY_LEN(malformed));
	tcase_add_test(t, keeps_what_the_server_says_besides);
	tcase_add_test(t, counts_the_series_it_has_no_room_for);
	tcase_add_loop_test(n, asks_where_the_base_path_leads, 0, (int)SLO_ARRAY_LEN(requests));
	tcase_add_test(n, asks_for_ranges);
	tcase_add_test(n, posts_what_is_too_long_for_a_line);
	tcase_add_loop_test(n, tells_away_from_wrong, 0, (int)SLO_ARRAY_LEN(failures));
	suite_add_tcase(s, t);
	suite_add_tcase(s, n);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
