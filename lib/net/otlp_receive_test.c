/* SPDX-License-Identifier: MIT */
/* The receiver as its clients see it: good ones, wrong ones, hostile ones. */
#include "net/otlp_receive.h"

#include "base/rng.h"
#include "base/time.h"
#include "net/gzip.h"
#include "net/httpd.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 20000, BODY_MAX = 12 << 20 };

static struct slo_otlp_receive *rx;
static struct slo_buf body;        /* the last one consumed */
static int signal_seen;
static int encoding_seen;
static int verdict;
static struct slo_otlp_answer say;
static char got[1 << 16];
static size_t got_len;

static int consume(void *arg, int s, int e, struct slo_str b, struct slo_otlp_answer *a)
{
	(void)arg;
	signal_seen = s;
	encoding_seen = e;
	slo_buf_reset(&body);
	slo_buf_add(&body, b.p, b.len);
	*a = say;
	return verdict;
}

static void start(const struct slo_otlp_receive_opts *more)
{
	struct slo_otlp_receive_opts o = more ? *more : (struct slo_otlp_receive_opts){ .body_max = BODY_MAX };
	struct slo_err err = { .what = "" };

	o.listen = "127.0.0.1:0";
	o.consume = consume;
	verdict = 0;
	say = (struct slo_otlp_answer){ .rejected = 0 };
	slo_buf_init(&body, 32 << 20);
	ck_assert_msg(slo_otlp_receive_start(&o, &rx, &err) == 0, "%s %s", err.where, err.what);
}

static struct slo_otlp_receive_stats stop(void)
{
	struct slo_otlp_receive_stats n;

	slo_otlp_receive_stats(rx, &n);
	slo_otlp_receive_stop(rx);
	slo_buf_fini(&body);
	return n;
}

static int dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)slo_otlp_receive_port(rx)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval limit = { WAIT_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)), 0);
	return fd;
}

/* As much as the peer takes. */
static void say_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

/* Everything until the server closes. Return: the status, 0 for none. */
static int hear(int fd)
{
	ssize_t r;

	got_len = 0;
	while ((r = recv(fd, got + got_len, sizeof(got) - 1 - got_len, 0)) > 0)
		got_len += (size_t)r;
	got[got_len] = '\0';
	close(fd);
	return got_len > 12 ? atoi(got + 9) : 0;
}

static int post(const char *path, const char *headers, struct slo_str b)
{
	char head[512];
	int fd = dial();

	snprintf(head, sizeof(head),
		 "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n", path, headers,
		 b.len);
	say_all(fd, head, strlen(head));
	say_all(fd, b.p, b.len);
	return hear(fd);
}

#define PB "Content-Type: application/x-protobuf\r\n"
#define JSON "Content-Type: application/json; charset=utf-8\r\n"
#define GZ "Content-Encoding: gzip\r\n"

static struct slo_str answer_body(void)
{
	const char *p = strstr(got, "\r\n\r\n");

	return p ? slo_str_n(p + 4, got_len - (size_t)(p + 4 - got)) : slo_str(NULL);
}

/* What a refusal says, by the encoding its Content-Type claims. */
static const char *status_words(void)
{
	static char said[256];
	struct slo_otlp_decoder *d;
	struct slo_str words;
	bool json = strcasestr(got, "\r\nContent-Type: application/json\r\n") != NULL;

	ck_assert(json || strcasestr(got, "\r\nContent-Type: application/x-protobuf\r\n"));
	ck_assert_int_eq(slo_otlp_decoder_new(NULL, &d), 0);
	ck_assert_int_eq(
		slo_otlp_status_decode(d, json ? SLO_OTLP_JSON : SLO_OTLP_PROTOBUF, answer_body(), &words, NULL), 0);
	slo_str_copy(said, sizeof(said), words);
	slo_otlp_decoder_free(d);
	ck_assert(said[0]);
	return said;
}

START_TEST(a_batch_reaches_the_consumer_by_path_and_type)
{
	int e = _i % 2;
	struct slo_otlp_receive_stats n;

	start(NULL);
	ck_assert_int_eq(post(slo_otlp_path(_i / 2), e ? JSON : PB, slo_str("the bytes")), 200);
	ck_assert_int_eq(signal_seen, _i / 2);
	ck_assert_int_eq(encoding_seen, e);
	ck_assert_str_eq(body.data, "the bytes");
	ck_assert_str_eq(answer_body().p, e ? "{}" : "");
	ck_assert_ptr_nonnull(strcasestr(got, slo_otlp_content_type(e)));
	n = stop();
	ck_assert_uint_eq(n.requests[_i / 2], 1);
	ck_assert_uint_eq(n.bytes[_i / 2], 9);
	ck_assert_uint_eq(n.taken, 1);
}
END_TEST

START_TEST(a_partial_success_is_told_in_the_encoding_of_the_request)
{
	struct slo_otlp_receive_stats n;
	struct slo_otlp_decoder *d;
	struct slo_otlp_answer a;

	start(NULL);
	say = (struct slo_otlp_answer){ .rejected = 3, .message = SLO_STR("three were too old") };
	ck_assert_int_eq(slo_otlp_decoder_new(NULL, &d), 0);
	ck_assert_int_eq(post("/v1/logs", _i ? JSON : PB, slo_str("x")), 200);
	ck_assert_int_eq(slo_otlp_answer_decode(d, SLO_OTLP_LOGS, _i ? SLO_OTLP_JSON : SLO_OTLP_PROTOBUF, answer_body(),
						&a, NULL),
			 0);
	ck_assert_int_eq(a.rejected, 3);
	ck_assert(slo_str_is(a.message, "three were too old"));
	slo_otlp_decoder_free(d);
	n = stop();
	ck_assert_uint_eq(n.partial, 1);
	ck_assert_uint_eq(n.rejected_items, 3);
}
END_TEST

static const struct {
	const char *path, *headers, *text;
	int verdict, status;
	const char *words;
} refused[] = {
	{ "/v1/logs", "", "x", 0, 415, "want application/x-protobuf" },
	{ "/v1/logs", "Content-Type: text/plain\r\n", "x", 0, 415, "want application/x-protobuf" },
	{ "/v1/logs", "Content-Type: application/x-www-form-urlencoded\r\n", "a=b", 0, 415,
	  "want application/x-protobuf" },
	{ "/v1/logs", PB "Content-Encoding: br\r\n", "x", 0, 415, "Content-Encoding" },
	{ "/v1/logs", JSON "Content-Encoding: zstd\r\n", "x", 0, 415, "Content-Encoding" },
	{ "/v1/logs", PB GZ, "no gzip", 0, 400, "gzip" },
	{ "/v1/logs", JSON GZ, "\x1f\x8b\x08", 0, 400, "gzip" },
	{ "/v1/logs", PB GZ, "", 0, 400, "gzip" },
	{ "/v1/spans", JSON, "x", 0, 404, "no such resource" },
	{ "/v1/logs/", PB, "x", 0, 404, "no such resource" },
	{ "/", "", "x", 0, 404, "no such resource" },
	{ "/v1/traces", PB, "x", -EAGAIN, 429, "come back later" },
	{ "/v1/traces", JSON, "x", -EBADMSG, 400, "cannot be read" },
	{ "/v1/traces", PB, "x", -EINVAL, 400, "cannot be read" },
	{ "/v1/traces", PB, "x", -EMSGSIZE, 413, "too large" },
	{ "/v1/traces", JSON, "x", -EIO, 503, "could not be taken" },
};

START_TEST(what_is_not_taken_is_refused_with_a_status_in_the_right_encoding)
{
	start(NULL);
	verdict = refused[_i].verdict;
	ck_assert_int_eq(post(refused[_i].path, refused[_i].headers, slo_str(refused[_i].text)), refused[_i].status);
	ck_assert_msg(strstr(status_words(), refused[_i].words) != NULL, "%s", status_words());
	ck_assert_int_eq(strcasestr(got, "\r\nContent-Type: application/json\r\n") != NULL,
			 strstr(refused[_i].headers, "json") != NULL);
	ck_assert_int_eq(strcasestr(got, "\r\nRetry-After: 1\r\n") != NULL, refused[_i].status == 429);
	stop();
}
END_TEST

START_TEST(other_methods_are_told_which_one_is_taken)
{
	static const char get[] = "GET /v1/logs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	int fd;

	start(NULL);
	fd = dial();
	say_all(fd, get, sizeof(get) - 1);
	ck_assert_int_eq(hear(fd), 405);
	ck_assert_ptr_nonnull(strcasestr(got, "\r\nAllow: POST\r\n"));
	status_words();
	stop();
}
END_TEST

START_TEST(what_the_consumer_says_of_a_bad_batch_is_handed_on)
{
	start(NULL);
	verdict = -EBADMSG;
	say.message = slo_str("field 2: want a length");
	ck_assert_int_eq(post("/v1/logs", PB, slo_str("x")), 400);
	ck_assert_str_eq(status_words(), "field 2: want a length");
	ck_assert_uint_eq(stop().unreadable, 1);
}
END_TEST

/* Bytes that gzip cannot make much smaller. */
static void noise(struct slo_buf *b, size_t n)
{
	struct slo_rng rng;

	slo_rng_seed(&rng, 1);
	slo_buf_init(b, n);
	while (b->len < n)
		slo_buf_addc(b, (char)slo_rng_u64(&rng));
}

START_TEST(ten_mebibytes_arrive_whole_plain_and_packed)
{
	struct slo_buf plain, packed;

	noise(&plain, 10 << 20);
	slo_buf_init(&packed, 12 << 20);
	ck_assert_int_eq(slo_gzip(slo_buf_str(&plain), &packed), 0);
	start(NULL);
	ck_assert_int_eq(post("/v1/logs", PB, slo_buf_str(&plain)), 200);
	ck_assert_uint_eq(body.len, plain.len);
	ck_assert_int_eq(memcmp(body.data, plain.data, plain.len), 0);
	ck_assert_int_eq(post("/v1/logs", PB GZ, slo_buf_str(&packed)), 200);
	ck_assert_uint_eq(body.len, plain.len);
	ck_assert_int_eq(memcmp(body.data, plain.data, plain.len), 0);
	stop();
	slo_buf_fini(&plain);
	slo_buf_fini(&packed);
}
END_TEST

START_TEST(over_the_bound_is_413_before_and_after_unpacking)
{
	const struct slo_otlp_receive_opts o = { .body_max = 1 << 20 };
	struct slo_buf zeros, bomb;

	slo_buf_init(&zeros, 200 << 20);
	ck_assert_ptr_nonnull(slo_buf_room(&zeros, 200 << 20));
	zeros.len = 200 << 20;
	memset(zeros.data, 0, zeros.len);
	slo_buf_init(&bomb, 1 << 20);
	ck_assert_int_eq(slo_gzip(slo_buf_str(&zeros), &bomb), 0);
	ck_assert_uint_lt(bomb.len, 1 << 20);
	start(&o);
	ck_assert_int_eq(post("/v1/logs", PB GZ, slo_buf_str(&bomb)), 413);
	ck_assert_ptr_nonnull(strstr(status_words(), "too large"));
	ck_assert_int_eq(post("/v1/logs", JSON, slo_str_n(zeros.data, (1 << 20) + 1)), 413);
	ck_assert_ptr_nonnull(strstr(status_words(), "too large"));
	ck_assert_int_eq(post("/v1/logs", PB, slo_str_n(zeros.data, 1 << 20)), 200);
	ck_assert_uint_eq(stop().refused, 2);
	slo_buf_fini(&zeros);
	slo_buf_fini(&bomb);
}
END_TEST

/* What is said to a body of @len bytes before any of it was sent: 100, or that it is not taken. */
static int knock(size_t len)
{
	char head[256];
	ssize_t n;
	int fd = dial();

	snprintf(head, sizeof(head), "POST /v1/logs HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" PB
				     "Content-Length: %zu\r\n\r\n", len);
	say_all(fd, head, strlen(head));
	n = recv(fd, got, sizeof(got) - 1, 0);
	close(fd);
	got[n > 0 ? n : 0] = '\0';
	return n > 12 ? atoi(got + 9) : 0;
}

/* Bodies that are begun and not ended hold bytes; what does not fit beside them is told when to come back. */
START_TEST(the_bodies_of_all_senders_together_are_bounded)
{
	static const char head[] =
		"POST /v1/logs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" PB "Content-Length: 900000\r\n\r\n";
	const struct slo_otlp_receive_opts o = { .body_max = 1 << 20, .bodies_max = 1 << 20 };
	struct slo_buf b;
	int fd, status;

	noise(&b, 900000);
	start(&o);
	fd = dial();
	say_all(fd, head, sizeof(head) - 1);
	say_all(fd, b.data, 800000);
	for (int i = 0; (status = knock(500000)) == 100 && i < 10000; i++)
		usleep(1000);
	ck_assert_int_eq(status, 429);
	ck_assert_int_eq(post("/v1/logs", PB, slo_str_n(b.data, 500000)), 429);
	ck_assert_ptr_nonnull(strcasestr(got, "\r\nRetry-After: 1\r\n"));
	ck_assert_ptr_nonnull(strstr(status_words(), "come back later"));
	ck_assert_int_eq(post("/v1/logs", PB, slo_str_n(b.data, 1000)), 200);
	say_all(fd, b.data, 100000);
	ck_assert_int_eq(hear(fd), 200);
	ck_assert_int_eq(post("/v1/logs", PB, slo_str_n(b.data, 900000)), 200);
	stop();
	slo_buf_fini(&b);
}
END_TEST

START_TEST(bodies_that_outgrow_the_bound_together_do_not_all_stay)
{
	static const char head[] =
		"POST /v1/logs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" PB "Content-Length: 900000\r\n\r\n";
	const struct slo_otlp_receive_opts o = { .body_max = 1 << 20, .bodies_max = 1 << 20 };
	int fd[2], status[2];
	struct slo_buf b;

	noise(&b, 900000);
	start(&o);
	for (int i = 0; i < 2; i++) {
		fd[i] = dial();
		say_all(fd[i], head, sizeof(head) - 1);
	}
	/* When this is answered the heads have been read, and both were let in. */
	ck_assert_int_eq(post("/v1/logs", PB, slo_str("x")), 200);
	say_all(fd[0], b.data, 600000);
	say_all(fd[1], b.data, 600000);
	say_all(fd[0], b.data, 300000);
	say_all(fd[1], b.data, 300000);
	status[0] = hear(fd[0]);
	status[1] = hear(fd[1]);
	ck_assert_msg(status[0] + status[1] == 200 + 429, "%d %d", status[0], status[1]);
	ck_assert_int_eq(post("/v1/logs", PB, slo_str_n(b.data, 900000)), 200);
	stop();
	slo_buf_fini(&b);
}
END_TEST

/* A byte every now and then holds a connection no longer than the time of a request; others are served meanwhile. */
START_TEST(a_slow_sender_is_cut_and_keeps_nobody_waiting)
{
	static const char head[] = "POST /v1/logs HTTP/1.1\r\nHost: x\r\n" PB "Content-Length: 100000\r\n\r\n";
	const struct slo_otlp_receive_opts o = { .request_ns = 2 * SLO_NS_PER_S };
	int64_t began;
	int slow[8], open = 8;

	start(&o);
	for (int i = 0; i < 8; i++) {
		slow[i] = dial();
		/* Half of them within the head, half within the body. */
		say_all(slow[i], head, i % 2 ? sizeof(head) - 1 : 20);
	}
	began = slo_now_mono_ns();
	while (open > 0) {
		ck_assert_msg(slo_now_mono_ns() - began < 10 * SLO_NS_PER_S, "%d are still there", open);
		ck_assert_int_eq(post("/v1/logs", PB, slo_str("x")), 200);
		for (int i = 0; i < 8; i++) {
			struct pollfd p = { .fd = slow[i], .events = POLLRDHUP };

			if (slow[i] < 0)
				continue;
			say_all(slow[i], "x", 1);
			if (poll(&p, 1, 10) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR))) {
				close(slow[i]);
				slow[i] = -1;
				open--;
			}
		}
	}
	ck_assert_int_ge(slo_now_mono_ns() - began, SLO_NS_PER_S);
	ck_assert_uint_eq(stop().cut, 8);
}
END_TEST

START_TEST(more_connections_than_are_served_wait_and_are_served_then)
{
	const struct slo_otlp_receive_opts o = { .request_ns = 2 * SLO_NS_PER_S };
	int idle[SLO_HTTPD_CONNECTIONS];

	start(&o);
	for (int i = 0; i < SLO_HTTPD_CONNECTIONS; i++) {
		idle[i] = dial();
		say_all(idle[i], "POST /", 6);
	}
	/* All places are taken by those who say nothing more; when they are cut this one's turn has come. */
	ck_assert_int_eq(post("/v1/logs", PB, slo_str("x")), 200);
	for (int i = 0; i < SLO_HTTPD_CONNECTIONS; i++)
		close(idle[i]);
	stop();
}
END_TEST

START_TEST(a_token_is_asked_for_where_there_is_one)
{
	char path[] = "/tmp/slo-token.XXXXXX";
	const struct slo_otlp_receive_opts o = { .token_file = path };
	int fd = mkstemp(path);

	ck_assert_int_eq((int)write(fd, "s3same\n", 7), 7);
	close(fd);
	start(&o);
	ck_assert_int_eq(post("/v1/logs", PB, slo_str("x")), 401);
	status_words();
	ck_assert_int_eq(post("/v1/logs", PB "Authorization: Bearer s3sam\r\n", slo_str("x")), 401);
	ck_assert_int_eq(post("/v1/logs", PB "Authorization: Bearer s3same2\r\n", slo_str("x")), 401);
	ck_assert_int_eq(post("/v1/logs", PB "Authorization: Basic s3same\r\n", slo_str("x")), 401);
	ck_assert_int_eq(post("/v1/logs", PB "Authorization: bearer s3same\r\n", slo_str("x")), 200);
	ck_assert_uint_eq(stop().unauthorized, 4);
	unlink(path);
}
END_TEST

START_TEST(an_address_that_cannot_be_had_is_an_error)
{
	struct slo_otlp_receive_opts o = { .listen = "nonsense", .consume = consume };
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_otlp_receive_start(&o, &rx, &err), -EINVAL);
	ck_assert(err.what[0]);
	o = (struct slo_otlp_receive_opts){ .listen = "127.0.0.1:0", .consume = consume, .token_file = "/nonexistent" };
	ck_assert_int_eq(slo_otlp_receive_start(&o, &rx, &err), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_receive");
	TCase *t = tcase_create("otlp_receive");
	SRunner *r = srunner_create(s);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_batch_reaches_the_consumer_by_path_and_type, 0, 2 * SLO_OTLP_SIGNAL__COUNT);
	tcase_add_loop_test(t, a_partial_success_is_told_in_the_encoding_of_the_request, 0, 2);
	tcase_add_loop_test(t, what_is_not_taken_is_refused_with_a_status_in_the_right_encoding, 0,
			    (int)SLO_ARRAY_LEN(refused));
	tcase_add_test(t, other_methods_are_told_which_one_is_taken);
	tcase_add_test(t, what_the_consumer_says_of_a_bad_batch_is_handed_on);
	tcase_add_test(t, ten_mebibytes_arrive_whole_plain_and_packed);
	tcase_add_test(t, over_the_bound_is_413_before_and_after_unpacking);
	tcase_add_test(t, the_bodies_of_all_senders_together_are_bounded);
	tcase_add_test(t, bodies_that_outgrow_the_bound_together_do_not_all_stay);
	tcase_add_test(t, a_slow_sender_is_cut_and_keeps_nobody_waiting);
	tcase_add_test(t, more_connections_than_are_served_wait_and_are_served_then);
	tcase_add_test(t, a_token_is_asked_for_where_there_is_one);
	tcase_add_test(t, an_address_that_cannot_be_had_is_an_error);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
