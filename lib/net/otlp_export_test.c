/* SPDX-License-Identifier: MIT */
/* Exports to peers that do everything a peer can do, on real sockets. */
#include "net/otlp_export.h"

#include "base/time.h"
#include "net/delivery.h"
#include "net/gzip.h"
#include "net/otlp_send.h"
#include "net/testing_http.h"

#include <errno.h>
#include <signal.h>

enum { WAIT_S = 20, REPORTS = 16 };

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"

static struct script srv;
static struct slo_otlp_config config;
static char base[64];
static char reports[REPORTS][512];
static atomic_int reported;

static void on_report(void *arg, const struct slo_err *err)
{
	int i = reported++;

	(void)arg;
	if (i < REPORTS)
		snprintf(reports[i], sizeof(reports[i]), "%s: %s", err->where, err->what);
}

static void resolve(struct slo_otlp_layer *flags)
{
	struct slo_err err = { .what = "" };

	script_start(&srv, false);
	snprintf(base, sizeof(base), "http://127.0.0.1:%d", srv.port);
	flags->all[SLO_OTLP_ENDPOINT] = base;
	ck_assert_msg(slo_otlp_config_resolve(flags, NULL, NULL, NULL, &config, &err) == 0, "%s", err.what);
}

static struct slo_otlp_export *start(struct slo_otlp_layer *flags, const struct slo_otlp_export_opts *more)
{
	struct slo_otlp_export_opts o = more ? *more : (struct slo_otlp_export_opts){ .config = NULL };
	struct slo_otlp_export *x = NULL;
	struct slo_err err = { .what = "" };
	struct slo_otlp_layer none = { .all = { NULL } };

	reported = 0;
	resolve(flags ? flags : &none);
	o.config = &config;
	o.backoff_ns = o.backoff_ns ? o.backoff_ns : 5 * SLO_NS_PER_MS;
	o.report = on_report;
	ck_assert_msg(slo_otlp_export_new(&o, &x, &err) == 0, "%s", err.what);
	return x;
}

static int put(struct slo_otlp_export *x, int signal, const char *body, uint32_t items, bool expendable)
{
	const struct slo_otlp_batch b = { signal, slo_str(body), items, expendable };

	return slo_otlp_export_put(x, &b);
}

static struct slo_otlp_export_stats end(struct slo_otlp_export *x, int64_t wait_ns)
{
	struct slo_otlp_export_stats n;

	slo_otlp_export_end(x, wait_ns, NULL);
	slo_otlp_export_stats(x, &n);
	slo_otlp_export_free(x);
	script_stop(&srv);
	slo_otlp_config_fini(&config);
	return n;
}

/* Until so many were delivered. */
static void wait_delivered(struct slo_otlp_export *x, uint64_t want)
{
	struct slo_otlp_export_stats n;

	for (int64_t until = slo_now_mono_ns() + WAIT_S * SLO_NS_PER_S;; usleep(1000)) {
		slo_otlp_export_stats(x, &n);
		if (n.delivered >= want)
			return;
		ck_assert_msg(slo_now_mono_ns() < until, "%llu of %llu delivered", (unsigned long long)n.delivered,
			      (unsigned long long)want);
	}
}

static struct slo_str request_body(void)
{
	const char *body = strstr(srv.request.data, "\r\n\r\n") + 4;

	return slo_str_n(body, srv.request.len - (size_t)(body - srv.request.data));
}

/* SLO_OTLP_LOGS, … as the loop's index. */
START_TEST(a_batch_arrives_whole_on_the_path_of_its_signal)
{
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;
	char line[64];
	struct slo_buf plain;

	srv.parts[0] = (struct script_part){ .say = OK, .stay = true };
	x = start(NULL, NULL);
	ck_assert_int_eq(put(x, _i, "the body, the body, the body", 3, false), 0);
	wait_delivered(x, 1);
	snprintf(line, sizeof(line), "POST %s HTTP/1.1\r\n", slo_otlp_path(_i));
	ck_assert_int_eq(strncmp(srv.request.data, line, strlen(line)), 0);
	ck_assert_ptr_nonnull(strcasestr(srv.request.data, "\r\nContent-Type: application/x-protobuf\r\n"));
	ck_assert_ptr_nonnull(strcasestr(srv.request.data, "\r\nContent-Encoding: gzip\r\n"));
	slo_buf_init(&plain, 1 << 16);
	ck_assert_int_eq(slo_gunzip(request_body(), &plain), 0);
	ck_assert_str_eq(plain.data, "the body, the body, the body");
	slo_buf_fini(&plain);
	n = end(x, SLO_NS_PER_S);
	ck_assert_uint_eq(n.delivered_items, 3);
	ck_assert_uint_eq(n.attempts, 1);
	ck_assert_uint_eq(n.refused + n.dropped + n.lost + n.unreadable + n.waiting, 0);
}
END_TEST

START_TEST(json_goes_as_json_uncompressed_with_the_headers_asked_for)
{
	struct slo_otlp_layer flags = { .all = { [SLO_OTLP_PROTOCOL] = "http/json", [SLO_OTLP_COMPRESSION] = "none",
						 [SLO_OTLP_HEADERS] = "api-key=k%20ey" } };
	struct slo_otlp_export *x;

	srv.parts[0] = (struct script_part){ .say = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
						    "Content-Length: 2\r\n\r\n{}", .stay = true };
	x = start(&flags, NULL);
	ck_assert_int_eq(put(x, SLO_OTLP_LOGS, "{\"a\":1}", 1, false), 0);
	wait_delivered(x, 1);
	ck_assert_ptr_nonnull(strcasestr(srv.request.data, "\r\nContent-Type: application/json\r\n"));
	ck_assert_ptr_nonnull(strcasestr(srv.request.data, "\r\napi-key: k ey\r\n"));
	ck_assert_ptr_null(strcasestr(srv.request.data, "Content-Encoding"));
	ck_assert_str_eq(request_body().p, "{\"a\":1}");
	ck_assert_uint_eq(end(x, SLO_NS_PER_S).unreadable, 0);
}
END_TEST

START_TEST(headers_of_a_file_are_read_anew_for_each_batch)
{
	char path[] = "/tmp/slo-otlp.XXXXXX";
	int fd = mkstemp(path);
	struct slo_otlp_layer flags = { .all = { [SLO_OTLP_HEADERS_FILE] = path } };
	struct slo_otlp_export *x;

	ck_assert_int_eq((int)write(fd, "# mine\n\nAuthorization: Bearer one\r\nX-Scope: a\n", 47), 47);
	srv.parts[0] = (struct script_part){ .say = OK, .stay = true };
	x = start(&flags, NULL);
	put(x, SLO_OTLP_LOGS, "1", 1, false);
	wait_delivered(x, 1);
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nAuthorization: Bearer one\r\n"));
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nX-Scope: a\r\n"));
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq((int)pwrite(fd, "Authorization: Bearer two", 25, 0), 25);
	put(x, SLO_OTLP_LOGS, "2", 1, false);
	wait_delivered(x, 2);
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nAuthorization: Bearer two\r\n"));
	end(x, SLO_NS_PER_S);
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(many_batches_share_a_connection)
{
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;

	srv.parts[0] = (struct script_part){ .say = OK, .stay = true };
	x = start(NULL, NULL);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(put(x, i % SLO_OTLP_SIGNAL__COUNT, "body", 2, false), 0);
	n = end(x, WAIT_S * SLO_NS_PER_S);
	ck_assert_uint_eq(n.delivered, 100);
	ck_assert_uint_eq(n.delivered_items, 200);
	ck_assert_int_eq(srv.connections, 1);
}
END_TEST

#define ANSWER(status, more) "HTTP/1.1 " status "\r\n" more "Content-Length: 0\r\n\r\n"

/* What a peer does wrong once, before it is well; all of it is tried again. */
static const struct script_part passing[] = {
	{ .say = ANSWER("429 Too Many Requests", ""), .stay = true },
	{ .say = ANSWER("429 Too Many Requests", "Retry-After: 0\r\n"), .stay = true },
	{ .say = ANSWER("502 Bad Gateway", ""), .stay = true },
	{ .say = ANSWER("503 Service Unavailable", ""), .stay = true },
	{ .say = ANSWER("504 Gateway Timeout", ""), .stay = true },
	{ .say = NULL },                                             /* reads the request and closes */
	{ .drop = true },                                            /* closes at once */
	{ .hang = true },                                            /* never answers */
	{ .say = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly" }, /* half an answer is none */
	{ .say = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", .drip = "x" },
	{ .say = "220 smtp.example ESMTP\r\n" },                     /* no HTTP */
	{ .say = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", .len = 11 },
};

START_TEST(what_may_pass_is_tried_again_until_it_is_acknowledged)
{
	struct slo_otlp_layer flags = { .all = { [SLO_OTLP_TIMEOUT] = "200" } };
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;

	srv.parts[0] = srv.parts[1] = passing[_i];
	srv.parts[2] = (struct script_part){ .say = OK, .stay = true };
	srv.count = 3;
	x = start(&flags, NULL);
	put(x, SLO_OTLP_LOGS, "kept", 7, false);
	put(x, SLO_OTLP_LOGS, "behind it", 1, false);
	wait_delivered(x, 2);
	n = end(x, SLO_NS_PER_S);
	ck_assert_uint_eq(n.delivered_items, 8);
	/* libcurl itself tries a connection that closed under it once more where nothing was heard. */
	ck_assert_msg(n.attempts == 4 || (n.attempts < 4 && (passing[_i].drop || !passing[_i].say)),
		      "%d: %llu attempts", _i, (unsigned long long)n.attempts);
	ck_assert_uint_eq(n.refused + n.dropped + n.lost + n.unreadable, 0);
}
END_TEST

/* Never again, for reasons of the peer's. */
static const char *const final[] = {
	ANSWER("400 Bad Request", ""),
	ANSWER("401 Unauthorized", ""),
	ANSWER("403 Forbidden", ""),
	ANSWER("404 Not Found", ""),
	ANSWER("405 Method Not Allowed", ""),
	ANSWER("408 Request Timeout", ""),
	ANSWER("413 Content Too Large", ""),
	ANSWER("415 Unsupported Media Type", ""),
	ANSWER("500 Internal Server Error", "Retry-After: 1\r\n"),
	ANSWER("501 Not Implemented", ""),
	ANSWER("505 HTTP Version Not Supported", ""),
	ANSWER("301 Moved Permanently", "Location: http://127.0.0.1:1/\r\n"),
};

START_TEST(every_other_status_drops_the_batch_and_the_next_goes_its_way)
{
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;

	srv.parts[0] = (struct script_part){ .say = final[_i], .stay = true };
	srv.parts[1] = (struct script_part){ .say = OK, .stay = true };
	srv.count = 2;
	x = start(NULL, NULL);
	put(x, SLO_OTLP_TRACES, "refused", 7, false);
	put(x, SLO_OTLP_TRACES, "taken", 2, false);
	wait_delivered(x, 1);
	/* A 408 closes; the connection is then a new one. */
	n = end(x, SLO_NS_PER_S);
	ck_assert_uint_eq(n.attempts, 2);
	ck_assert_uint_eq(n.retries, 0);
	ck_assert_uint_eq(n.refused, 1);
	ck_assert_uint_eq(n.refused_items, 7);
	ck_assert_uint_eq(n.delivered_items, 2);
	ck_assert_int_eq(reported, 1);
	ck_assert_msg(strstr(reports[0], "HTTP ") != NULL, "%s", reports[0]);
}
END_TEST

START_TEST(what_the_peer_says_of_a_refusal_is_told_but_no_secret)
{
	struct slo_otlp_layer flags = { .all = { [SLO_OTLP_HEADERS] = "key=sesame" } };
	struct slo_otlp_export *x;

	srv.parts[0].stay = true;
	srv.parts[0].say = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 37\r\n\r\n"
			   "{\"code\":3,\"message\":\"field 4 is bad\"}";
	srv.parts[1].say = "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n"
			   "{\"message\":\"sesame is no key\"}";
	srv.count = 2;
	x = start(&flags, NULL);
	put(x, SLO_OTLP_LOGS, "1", 1, false);
	put(x, SLO_OTLP_LOGS, "2", 1, false);
	ck_assert_uint_eq(end(x, WAIT_S * SLO_NS_PER_S).refused, 2);
	ck_assert_int_eq(reported, 2);
	ck_assert_msg(strstr(reports[0], "field 4 is bad") != NULL, "%s", reports[0]);
	ck_assert_msg(strstr(reports[1], "HTTP 403") && !strstr(reports[1], "sesame"), "%s", reports[1]);
}
END_TEST

#define PARTIAL "{\"partialSuccess\":{\"rejectedLogRecords\":\"4\",\"errorMessage\":\"no such index\"}}"

START_TEST(a_partial_success_is_counted_told_once_and_never_tried_again)
{
	static char say[512];
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;

	snprintf(say, sizeof(say),
		 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n" PARTIAL,
		 strlen(PARTIAL));
	srv.parts[0] = (struct script_part){ .say = say, .stay = true };
	x = start(NULL, NULL);
	for (int i = 0; i < 5; i++)
		put(x, SLO_OTLP_LOGS, "body", 10, false);
	n = end(x, WAIT_S * SLO_NS_PER_S);
	ck_assert_uint_eq(n.delivered, 5);
	ck_assert_uint_eq(n.attempts, 5);
	ck_assert_uint_eq(n.partial, 5);
	ck_assert_uint_eq(n.rejected_items, 20);
	ck_assert_uint_eq(n.delivered_items, 30);
	ck_assert_int_eq(reported, 1);
	ck_assert_str_eq(reports[0], "/v1/logs: the peer rejected 4 of 10: no such index");
}
END_TEST

START_TEST(a_partial_success_that_repeats_a_secret_is_not_told)
{
	static const char words[] = "{\"partialSuccess\":{\"errorMessage\":\"Bearer sesame has expired\"}}";
	struct slo_otlp_layer flags = { .all = { [SLO_OTLP_HEADERS] = "authorization=Bearer%20sesame" } };
	static char say[512];
	struct slo_otlp_export *x;

	snprintf(say, sizeof(say), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(words), words);
	srv.parts[0] = (struct script_part){ .say = say, .stay = true };
	x = start(&flags, NULL);
	put(x, SLO_OTLP_LOGS, "body", 1, false);
	ck_assert_uint_eq(end(x, WAIT_S * SLO_NS_PER_S).delivered, 1);
	ck_assert_int_eq(reported, 0);
}
END_TEST

/* An answer nobody can read still says 200: sending again would be a duplicate for sure. */
static const char *const odd[] = {
	"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{{{",
	"HTTP/1.1 202 Accepted\r\nContent-Type: application/x-protobuf\r\nContent-Length: 2\r\n\r\n\x0b\x0b",
};

START_TEST(a_good_status_with_a_body_of_nonsense_is_delivered_and_counted)
{
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;

	srv.parts[0] = (struct script_part){ .say = odd[_i], .stay = true };
	x = start(NULL, NULL);
	put(x, SLO_OTLP_LOGS, "body", 1, false);
	n = end(x, WAIT_S * SLO_NS_PER_S);
	ck_assert_uint_eq(n.delivered, 1);
	ck_assert_uint_eq(n.unreadable, 1);
	ck_assert_uint_eq(n.attempts, 1);
}
END_TEST

/* Retry-After in seconds, and as a date two seconds ahead. */
START_TEST(a_peer_that_names_a_time_is_left_alone_until_then)
{
	static char say[256];
	time_t then = time(NULL) + 3;
	struct slo_otlp_export *x;
	int64_t began, took;
	char date[64];
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &tm));
	snprintf(say, sizeof(say), "HTTP/1.1 %d X\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", _i ? 503 : 429,
		 _i ? date : "1");
	srv.parts[0] = (struct script_part){ .say = say, .stay = true };
	srv.parts[1] = (struct script_part){ .say = OK, .stay = true };
	srv.count = 2;
	x = start(NULL, NULL);
	began = slo_now_mono_ns();
	put(x, SLO_OTLP_LOGS, "1", 1, false);
	put(x, SLO_OTLP_TRACES, "2", 1, false);
	wait_delivered(x, 2);
	took = slo_now_mono_ns() - began;
	ck_assert_msg(took >= SLO_NS_PER_S, "after %lld ms", (long long)(took / SLO_NS_PER_MS));
	ck_assert_uint_eq(end(x, SLO_NS_PER_S).attempts, 3);
}
END_TEST

/* Nobody listens there at first, and then somebody does: the wait is cut short at the end. */
START_TEST(the_end_tries_what_waits_once_more_and_is_bounded)
{
	const struct slo_otlp_export_opts o = { .backoff_ns = 3600 * SLO_NS_PER_S,
						.backoff_max_ns = 3600 * SLO_NS_PER_S };
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;
	int64_t began;

	srv.parts[0] = (struct script_part){ .say = ANSWER("503 X", ""), .stay = true };
	srv.parts[1] = (struct script_part){ .say = OK, .stay = true };
	srv.count = 2;
	x = start(NULL, &o);
	put(x, SLO_OTLP_LOGS, "1", 1, false);
	for (int i = 0; i < 10000 && srv.answered == 0; i++)
		usleep(1000);
	began = slo_now_mono_ns();
	n = end(x, WAIT_S * SLO_NS_PER_S);
	ck_assert_uint_eq(n.delivered, 1);
	ck_assert_int_lt(slo_now_mono_ns() - began, WAIT_S * SLO_NS_PER_S / 2);
}
END_TEST

static bool always(void)
{
	return true;
}

START_TEST(a_peer_that_hangs_holds_the_end_no_longer_than_its_bound)
{
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;
	int64_t began;
	uint64_t left;

	srv.parts[0] = (struct script_part){ .hang = true };
	x = start(NULL, NULL);
	put(x, SLO_OTLP_LOGS, "1", 5, false);
	put(x, SLO_OTLP_METRICS, "2", 6, true);
	began = slo_now_mono_ns();
	left = _i ? slo_otlp_export_end(x, 300 * SLO_NS_PER_MS, NULL)
		  : slo_otlp_export_end(x, 3600 * SLO_NS_PER_S, always);
	ck_assert_int_lt(slo_now_mono_ns() - began, (SLO_OTLP_STOP_S + 3) * SLO_NS_PER_S);
	ck_assert_uint_eq(left, 2);
	n = end(x, 0);
	ck_assert_uint_eq(n.lost, 2);
	ck_assert_uint_eq(n.lost_items, 11);
}
END_TEST

START_TEST(a_full_queue_drops_its_oldest_exemplars_then_its_oldest)
{
	const struct slo_otlp_export_opts o = { .queue_max = 4 };
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;

	srv.parts[0] = (struct script_part){ .hang = true };
	x = start(NULL, &o);
	put(x, SLO_OTLP_LOGS, "under way", 1, false);
	for (int i = 0; i < 10000 && srv.answered == 0; i++)
		usleep(1000);
	ck_assert_int_eq(put(x, SLO_OTLP_LOGS, "exemplar 1", 10, true), 0);
	ck_assert_int_eq(put(x, SLO_OTLP_METRICS, "window 1", 100, false), 0);
	ck_assert_int_eq(put(x, SLO_OTLP_LOGS, "exemplar 2", 1000, true), 0);
	/* Full. A newer exemplar takes the place of the oldest, a window that of an exemplar; then of a window. */
	ck_assert_int_eq(put(x, SLO_OTLP_LOGS, "exemplar 3", 10000, true), 0);
	slo_otlp_export_stats(x, &n);
	ck_assert_uint_eq(n.dropped_items, 10);
	ck_assert_int_eq(put(x, SLO_OTLP_METRICS, "window 2", 100, false), 0);
	ck_assert_int_eq(put(x, SLO_OTLP_METRICS, "window 3", 100, false), 0);
	slo_otlp_export_stats(x, &n);
	ck_assert_uint_eq(n.dropped_items, 11010);
	ck_assert_uint_eq(n.dropped_expendable, 3);
	ck_assert_int_eq(put(x, SLO_OTLP_LOGS, "exemplar 4", 5, true), -ENOBUFS);
	ck_assert_int_eq(put(x, SLO_OTLP_METRICS, "window 4", 100, false), 0);
	slo_otlp_export_stats(x, &n);
	ck_assert_uint_eq(n.dropped, 5);
	ck_assert_uint_eq(n.dropped_items, 11115);
	ck_assert_uint_eq(n.waiting, 4);
	slo_otlp_export_end(x, 0, NULL);
	n = end(x, 0);
	ck_assert_uint_eq(n.lost, 4);
	ck_assert_uint_eq(n.lost_items, 301);
}
END_TEST

START_TEST(the_bytes_of_the_queue_are_bounded_too)
{
	static char body[100001];
	struct slo_otlp_layer flags = { .all = { [SLO_OTLP_COMPRESSION] = "none" } };
	const struct slo_otlp_export_opts o = { .queue_bytes = 250000 };
	struct slo_otlp_export *x;
	struct slo_otlp_export_stats n;

	memset(body, 'x', 100000);
	srv.parts[0] = (struct script_part){ .hang = true };
	x = start(&flags, &o);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(put(x, SLO_OTLP_LOGS, body, 1, false), 0);
	slo_otlp_export_stats(x, &n);
	ck_assert_uint_eq(n.waiting, 2);
	ck_assert_uint_eq(n.waiting_bytes, 200000);
	ck_assert_uint_eq(n.dropped, 8);
	slo_otlp_export_end(x, 0, NULL);
	end(x, 0);
}
END_TEST

START_TEST(a_batch_of_nothing_or_of_too_much_is_not_sent)
{
	static char huge[SLO_OTLP_BODY_MAX + 2];
	struct slo_otlp_export *x = start(NULL, NULL);
	struct slo_otlp_export_stats n;

	memset(huge, 'x', sizeof(huge) - 1);
	ck_assert_int_eq(put(x, SLO_OTLP_LOGS, "", 0, false), 0);
	ck_assert_int_eq(put(x, SLO_OTLP_LOGS, huge, 1, false), -EMSGSIZE);
	n = end(x, 0);
	ck_assert_uint_eq(n.too_large, 1);
	ck_assert_uint_eq(n.batches + n.attempts + n.lost, 0);
}
END_TEST

START_TEST(a_spool_keeps_what_was_not_acknowledged_for_the_next_process)
{
	char dir[] = "/tmp/slo-otlp.XXXXXX", command[64];
	const struct slo_otlp_export_opts o = { .spool_dir = mkdtemp(dir) };
	struct slo_otlp_export_stats n;
	struct slo_otlp_export *x;

	srv.parts[0] = (struct script_part){ .say = ANSWER("503 X", ""), .stay = true };
	x = start(NULL, &o);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(put(x, i, "body", 4, false), 0);
	n = end(x, 2 * SLO_NS_PER_S);
	ck_assert_uint_eq(n.delivered + n.lost + n.refused, 0);
	ck_assert_uint_eq(n.waiting, 3);
	slo_buf_fini(&srv.request);
	srv = (struct script){ .parts = { { .say = OK, .stay = true } } };
	x = start(NULL, &o);
	wait_delivered(x, 3);
	n = end(x, SLO_NS_PER_S);
	ck_assert_uint_eq(n.delivered_items, 12);
	ck_assert_uint_eq(n.waiting, 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(the_end_counts_what_the_spool_keeps_even_of_what_was_never_tried)
{
	char dir[] = "/tmp/slo-otlp.XXXXXX", command[64];
	const struct slo_otlp_export_opts o = { .spool_dir = mkdtemp(dir) };
	struct slo_otlp_export *x;

	srv.parts[0] = (struct script_part){ .hang = true };
	x = start(NULL, &o);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(put(x, SLO_OTLP_LOGS, "body", 4, false), 0);
	ck_assert_uint_eq(slo_otlp_export_end(x, 0, NULL), 5);
	ck_assert_uint_eq(end(x, 0).waiting, 5);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(a_peer_that_is_not_there_is_told_once_and_waited_for)
{
	struct slo_otlp_export *x;

	srv.parts[0] = (struct script_part){ .say = ANSWER("503 X", ""), .stay = true };
	srv.parts[1] = srv.parts[2] = srv.parts[3] = srv.parts[4] = srv.parts[0];
	srv.parts[5] = (struct script_part){ .say = OK, .stay = true };
	srv.count = 6;
	x = start(NULL, NULL);
	put(x, SLO_OTLP_LOGS, "body", 4, false);
	wait_delivered(x, 1);
	ck_assert_uint_eq(end(x, 0).retries, 5);
	ck_assert_int_eq(reported, 1);
	ck_assert_msg(strstr(reports[0], "not delivered yet: HTTP 503") != NULL, "%s", reports[0]);
}
END_TEST

START_TEST(a_tag_reads_back_and_fits)
{
	const struct slo_otlp_kind most = { SLO_OTLP_METRICS, SLO_OTLP_JSON, true, SLO_OTLP_ITEMS_MAX };
	static const char *const none[] = { "",
					    "logs",
					    "logs/pb/gz/",
					    "logs/pb/gz/-1",
					    "logs/pb/gz/1x",
					    "spans/pb/gz/1",
					    "logs/pb/xz/1",
					    "logs/pb/gz/10000000",
					    "trigger" };
	struct slo_otlp_kind k;
	char tag[24];

	slo_otlp_tag(&most, tag);
	ck_assert_str_eq(tag, "metrics/json/gz/9999999");
	ck_assert_int_eq(slo_otlp_tag_read(tag, &k), 0);
	ck_assert(k.signal == most.signal && k.encoding == most.encoding && k.gzip && k.items == most.items);
	for (size_t i = 0; i < SLO_ARRAY_LEN(none); i++)
		ck_assert_int_eq(slo_otlp_tag_read(none[i], &k), -EBADMSG);
}
END_TEST

static const struct {
	int error;
	long status;
	enum slo_delivery_verdict verdict;
} judged[] = {
	{ 0, 200, SLO_DELIVERED },
	{ 0, 204, SLO_DELIVERED },
	{ 0, 299, SLO_DELIVERED },
	{ 0, 300, SLO_DELIVERY_NEVER },
	{ 0, 429, SLO_DELIVERY_RETRY },
	{ 0, 502, SLO_DELIVERY_RETRY },
	{ 0, 503, SLO_DELIVERY_RETRY },
	{ 0, 504, SLO_DELIVERY_RETRY },
	{ 0, 408, SLO_DELIVERY_NEVER },
	{ 0, 413, SLO_DELIVERY_NEVER },
	{ 0, 400, SLO_DELIVERY_NEVER },
	{ 0, 500, SLO_DELIVERY_NEVER },
	{ 0, 505, SLO_DELIVERY_NEVER },
	{ -ECONNREFUSED, 0, SLO_DELIVERY_RETRY },
	{ -ETIMEDOUT, 0, SLO_DELIVERY_RETRY },
	{ -ECONNRESET, 200, SLO_DELIVERY_RETRY },
	{ -EPROTO, 0, SLO_DELIVERY_RETRY },
	{ -EIO, 0, SLO_DELIVERY_RETRY },
	{ -ECANCELED, 0, SLO_DELIVERY_RETRY },
	{ -EMSGSIZE, 200, SLO_DELIVERED },
	{ -EMSGSIZE, 400, SLO_DELIVERY_NEVER },
	{ -EMSGSIZE, 0, SLO_DELIVERY_RETRY },
	{ -EPERM, 0, SLO_DELIVERY_BLOCKED },
};

START_TEST(each_outcome_means_what_otlp_says)
{
	ck_assert_int_eq(slo_otlp_judge(judged[_i].error, judged[_i].status), judged[_i].verdict);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_export");
	TCase *t = tcase_create("otlp_export");
	SRunner *r = srunner_create(s);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_batch_arrives_whole_on_the_path_of_its_signal, 0, SLO_OTLP_SIGNAL__COUNT);
	tcase_add_test(t, json_goes_as_json_uncompressed_with_the_headers_asked_for);
	tcase_add_test(t, headers_of_a_file_are_read_anew_for_each_batch);
	tcase_add_test(t, many_batches_share_a_connection);
	tcase_add_loop_test(t, what_may_pass_is_tried_again_until_it_is_acknowledged, 0, (int)SLO_ARRAY_LEN(passing));
	tcase_add_loop_test(t, every_other_status_drops_the_batch_and_the_next_goes_its_way, 0,
			    (int)SLO_ARRAY_LEN(final));
	tcase_add_test(t, what_the_peer_says_of_a_refusal_is_told_but_no_secret);
	tcase_add_test(t, a_partial_success_is_counted_told_once_and_never_tried_again);
	tcase_add_test(t, a_partial_success_that_repeats_a_secret_is_not_told);
	tcase_add_loop_test(t, a_good_status_with_a_body_of_nonsense_is_delivered_and_counted, 0,
			    (int)SLO_ARRAY_LEN(odd));
	tcase_add_loop_test(t, a_peer_that_names_a_time_is_left_alone_until_then, 0, 2);
	tcase_add_test(t, the_end_tries_what_waits_once_more_and_is_bounded);
	tcase_add_loop_test(t, a_peer_that_hangs_holds_the_end_no_longer_than_its_bound, 0, 2);
	tcase_add_test(t, a_full_queue_drops_its_oldest_exemplars_then_its_oldest);
	tcase_add_test(t, the_bytes_of_the_queue_are_bounded_too);
	tcase_add_test(t, a_batch_of_nothing_or_of_too_much_is_not_sent);
	tcase_add_test(t, a_spool_keeps_what_was_not_acknowledged_for_the_next_process);
	tcase_add_test(t, the_end_counts_what_the_spool_keeps_even_of_what_was_never_tried);
	tcase_add_test(t, a_peer_that_is_not_there_is_told_once_and_waited_for);
	tcase_add_test(t, a_tag_reads_back_and_fits);
	tcase_add_loop_test(t, each_outcome_means_what_otlp_says, 0, (int)SLO_ARRAY_LEN(judged));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
