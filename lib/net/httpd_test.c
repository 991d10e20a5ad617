/* SPDX-License-Identifier: MIT */
/* The server as clients find it: real sockets, polite ones and others. */
#include "net/httpd_internal.h"

#include "base/time.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum { BODY_MAX = 65536, REPLY_MAX = 1 << 20, WAIT_MS = 10000 };

static struct slo_httpd *server;
static sem_t entered, leave;
static char got[REPLY_MAX + 4096];

static void hello(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	const char *name = slo_httpd_query(rq, "name"), *agent = slo_httpd_header(rq, "user-agent");

	(void)arg;
	slo_buf_addf(&re->body, "hello %s from %s by %s", name ? name : "?", agent ? agent : "?", rq->method);
	re->content_type = "text/x-hello";
	re->retry_after_s = 7;
}

static void echo(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	(void)arg;
	re->status = 201;
	slo_buf_addf(&re->body, "%s %zu %.20s", rq->content_type, rq->body.len, rq->body.p ? rq->body.p : "");
}

static void flood(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	(void)arg;
	(void)rq;
	for (int i = 0; i < 2 * REPLY_MAX / 1024; i++)
		slo_buf_addf(&re->body, "%1024d", i);
}

static void linger(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	(void)arg;
	(void)rq;
	sem_post(&entered);
	sem_wait(&leave);
	slo_buf_adds(&re->body, "done at last");
}

static const struct slo_httpd_route routes[] = {
	{ "GET", "/hello", hello }, { "POST", "/echo", echo },     { "PUT", "/echo", echo },
	{ "GET", "/flood", flood }, { "GET", "/linger", linger },  { NULL, NULL, NULL },
};

static void setup(void)
{
	const struct slo_httpd_opts o = { .listen = "127.0.0.1:0", .routes = routes, .body_max = BODY_MAX };
	struct slo_err err = { .what = "" };

	sem_init(&entered, 0, 0);
	sem_init(&leave, 0, 0);
	ck_assert_msg(slo_httpd_start(&o, &server, &err) == 0, "%s", err.what);
	ck_assert_int_gt(slo_httpd_port(server), 0);
}

static void teardown(void)
{
	slo_httpd_stop(server);
}

static int dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)slo_httpd_port(server)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval limit = { WAIT_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)), 0);
	return fd;
}

static void say(int fd, const void *text, size_t len)
{
	ck_assert_int_eq((int)send(fd, text, len, MSG_NOSIGNAL), (int)len);
}

/* Everything until the server closes, into got[]. Return: the status, 0 for none. */
static int hear(int fd)
{
	size_t n = 0;
	ssize_t r;

	while ((r = recv(fd, got + n, sizeof(got) - 1 - n, 0)) > 0)
		n += (size_t)r;
	got[n] = '\0';
	close(fd);
	return n > 12 ? atoi(got + 9) : 0;
}

static int ask(const char *text)
{
	int fd = dial();

	say(fd, text, strlen(text));
	return hear(fd);
}

#define CLOSE "Host: x\r\nConnection: close\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" CLOSE "\r\n"

START_TEST(a_known_path_is_answered)
{
	ck_assert_int_eq(ask("GET /hello?x=1&name=a%20b%C3%A4 HTTP/1.1\r\nUser-Agent: me\r\n" CLOSE "\r\n"), 200);
	ck_assert_ptr_nonnull(strstr(got, "\r\n\r\nhello a b\xc3\xa4 from me by GET"));
	ck_assert_ptr_nonnull(strstr(got, "Content-Type: text/x-hello\r\n"));
	ck_assert_ptr_nonnull(strstr(got, "Retry-After: 7\r\n"));
	ck_assert_int_eq(ask(GET("/hell%6f")), 200);
	ck_assert_ptr_nonnull(strstr(got, "hello ? from ? by GET"));
}
END_TEST

START_TEST(head_is_get_without_its_body)
{
	ck_assert_int_eq(ask("HEAD /hello HTTP/1.1\r\n" CLOSE "\r\n"), 200);
	ck_assert_ptr_nonnull(strstr(got, "Content-Length: 22\r\n"));
	ck_assert_str_eq(strstr(got, "\r\n\r\n"), "\r\n\r\n");
}
END_TEST

START_TEST(other_paths_and_methods_are_refused)
{
	struct slo_httpd_stats st;

	ck_assert_int_eq(ask(GET("/")), 404);
	ck_assert_int_eq(ask(GET("/hello/")), 404);
	ck_assert_int_eq(ask("DELETE /echo HTTP/1.1\r\n" CLOSE "\r\n"), 405);
	ck_assert_ptr_nonnull(strstr(got, "Allow: POST, PUT\r\n"));
	ck_assert_int_eq(ask("POST /hello HTTP/1.1\r\nContent-Length: 5\r\n" CLOSE "\r\nabcde"), 405);
	ck_assert_ptr_nonnull(strstr(got, "Allow: GET, HEAD\r\n"));
	ck_assert_int_eq(ask(GET("/echo")), 405);
	slo_httpd_stats(server, &st);
	ck_assert_uint_eq(st.requests, 5);
	ck_assert_uint_eq(st.refused, 5);
	ck_assert_uint_eq(st.failed, 0);
}
END_TEST

/* A POST to /echo of @len bytes with @more header lines. */
static int post(const char *more, const void *body, size_t len)
{
	char head[512];
	int fd = dial();

	snprintf(head, sizeof(head), "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: %zu\r\n%s\r\n", len, more);
	say(fd, head, strlen(head));
	for (size_t at = 0; at < len; at += 4096)
		if (send(fd, (const char *)body + at, len - at < 4096 ? len - at : 4096, MSG_NOSIGNAL) < 0)
			break; /* refused early: the answer is there all the same */
	return hear(fd);
}

START_TEST(a_body_is_taken_up_to_its_bound)
{
	static char body[BODY_MAX + 1];

	memset(body, 'b', sizeof(body));
	ck_assert_int_eq(post("Content-Type: a/b\r\n", body, BODY_MAX), 201);
	ck_assert_ptr_nonnull(strstr(got, "\r\n\r\na/b 65536 bbbbbbbbbbbbbbbbbbbb"));
	ck_assert_int_eq(post("", "", 0), 201);
	ck_assert_int_eq(post("", body, BODY_MAX + 1), 413);
	ck_assert_int_eq(post("Expect: 100-continue\r\n", body, BODY_MAX + 1), 413);
	ck_assert_int_eq(ask("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 999999999999\r\n\r\nx"), 413);
}
END_TEST

static const char chunked[] = "POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n";

START_TEST(a_body_without_a_length_is_bounded_as_well)
{
	static char piece[4096];
	int fd = dial();

	memset(piece, 'c', sizeof(piece));
	say(fd, chunked, strlen(chunked));
	for (int i = 0; i < 20; i++) {
		say(fd, "1000\r\n", 6);
		say(fd, piece, sizeof(piece));
		say(fd, "\r\n", 2);
	}
	say(fd, "0\r\n\r\n", 5);
	ck_assert_int_eq(hear(fd), 413);
}
END_TEST

START_TEST(nobody_is_listened_to_for_ever)
{
	static char piece[65536];
	ssize_t r = 1;
	size_t sent = 0;
	int fd = dial();

	memset(piece, 'c', sizeof(piece));
	memcpy(piece, "fff8\r\n", 6);
	memcpy(piece + sizeof(piece) - 2, "\r\n", 2);
	say(fd, chunked, strlen(chunked));
	while (r > 0 && sent < (size_t)64 << 20) {
		r = send(fd, piece, sizeof(piece), MSG_NOSIGNAL);
		sent += r > 0 ? (size_t)r : 0;
	}
	ck_assert_int_lt((int)r, 0); /* it was cut off, long before 64 MiB */
	close(fd);
	ck_assert_int_eq(ask(GET("/hello")), 200);
}
END_TEST

/* @len bytes of 'z' in gzip. */
static size_t pack(unsigned char *to, size_t room, size_t len)
{
	z_stream z = { .next_out = to, .avail_out = (uInt)room };
	unsigned char *from = malloc(len);

	memset(from, 'z', len);
	z.next_in = from;
	z.avail_in = (uInt)len;
	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	free(from);
	return room - z.avail_out;
}

START_TEST(gzip_bodies_are_unpacked)
{
	static unsigned char packed[32768];
	size_t n = pack(packed, sizeof(packed), 1000);

	ck_assert_int_eq(post("Content-Encoding: gzip\r\n", packed, n), 201);
	ck_assert_ptr_nonnull(strstr(got, " 1000 zzzzzzzzzzzzzzzzzzzz"));
	n += pack(packed + n, sizeof(packed) - n, 24); /* members may follow each other */
	ck_assert_int_eq(post("Content-Encoding: X-GZIP\r\n", packed, n), 201);
	ck_assert_ptr_nonnull(strstr(got, " 1024 zzzzzzzzzzzzzzzzzzzz"));
	ck_assert_int_eq(post("Content-Encoding: gzip\r\n", packed, n - 1), 400);
	ck_assert_int_eq(post("Content-Encoding: gzip\r\n", "zzzz", 4), 400);
	ck_assert_int_eq(post("Content-Encoding: gzip\r\n", "", 0), 400);
	ck_assert_int_eq(post("Content-Encoding: br\r\n", packed, n), 415);
	ck_assert_int_eq(post("Content-Encoding: identity\r\n", "zz", 2), 201);
}
END_TEST

START_TEST(a_gzip_bomb_does_not_go_off)
{
	static unsigned char packed[65536];
	size_t n = pack(packed, sizeof(packed), BODY_MAX);

	ck_assert_int_eq(post("Content-Encoding: gzip\r\n", packed, n), 201);
	n = pack(packed, sizeof(packed), BODY_MAX + 1);
	ck_assert_int_eq(post("Content-Encoding: gzip\r\n", packed, n), 413);
	n = pack(packed, sizeof(packed), 32 << 20);
	ck_assert_uint_lt(n, BODY_MAX);
	ck_assert_int_eq(post("Content-Encoding: gzip\r\n", packed, n), 413);
}
END_TEST

START_TEST(an_answer_over_its_bound_is_a_failure_that_is_counted)
{
	struct slo_httpd_stats st;

	ck_assert_int_eq(ask(GET("/flood")), 500);
	slo_httpd_stats(server, &st);
	ck_assert_uint_eq(st.failed, 1);
	ck_assert_uint_eq(st.refused, 0);
}
END_TEST

START_TEST(a_connection_is_kept_for_more_requests)
{
	static const char two[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" GET("/hello?name=2");

	ck_assert_int_eq(ask(two), 200);
	ck_assert_ptr_nonnull(strstr(got, "hello ? from"));
	ck_assert_ptr_nonnull(strstr(got, "hello 2 from"));
}
END_TEST

static const char *const halves[] = {
	"", "G", "GET /hello HTTP/1.1\r\n", "GET /hello HTTP/1.1\r\nHost: x\r\n",
	"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", "\0\0\0\0", "\r\n\r\n\r\n", "SSH-2.0-x\r\n",
};

START_TEST(who_leaves_in_the_middle_disturbs_nobody)
{
	int64_t began = slo_now_mono_ns();
	int fd = dial();

	say(fd, halves[_i], strlen(halves[_i]) ? strlen(halves[_i]) : 4 * (_i > 0));
	shutdown(fd, SHUT_WR);
	hear(fd);
	ck_assert_int_eq(ask(GET("/hello")), 200);
	/* Nobody waited for the rest of it to come. */
	ck_assert_int_lt(slo_now_mono_ns() - began, 5 * SLO_NS_PER_S);
}
END_TEST

START_TEST(who_is_slow_holds_nobody_up_and_is_cut_off)
{
	static const char head[] = "GET /hello HTTP/1.1\r\nX: ";
	int64_t began = slo_now_mono_ns();
	struct slo_httpd_stats st;
	struct pollfd p;
	int fd;

	server->request_ns = SLO_NS_PER_S / 2;
	fd = dial();
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	say(fd, head, strlen(head));
	/* A byte now and then never is idle for long. */
	while (poll(&p, 1, 20) == 0) {
		if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
			break;
		ck_assert_int_eq(ask(GET("/hello")), 200);
		ck_assert_int_lt(slo_now_mono_ns() - began, WAIT_MS * SLO_NS_PER_MS);
	}
	close(fd);
	slo_httpd_stats(server, &st);
	ck_assert_uint_eq(st.cut, 1);
}
END_TEST

START_TEST(more_clients_than_there_is_room_for_wait)
{
	static int fd[SLO_HTTPD_CONNECTIONS + 1];
	struct pollfd p = { .events = POLLIN };
	int n = SLO_HTTPD_CONNECTIONS;

	for (int i = 0; i <= n; i++) {
		fd[i] = dial();
		if (i < n) /* an answer says that it is in */
			say(fd[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 33);
		p.fd = fd[i];
		ck_assert_int_eq(i < n ? poll(&p, 1, WAIT_MS) : 1, 1);
	}
	say(fd[n], GET("/hello"), strlen(GET("/hello")));
	ck_assert_int_eq(poll(&p, 1, 100), 0);
	close(fd[0]);
	ck_assert_int_eq(hear(fd[n]), 200);
	for (int i = 1; i < n; i++)
		close(fd[i]);
}
END_TEST

static void *stop_it(void *arg)
{
	slo_httpd_stop(arg);
	return NULL;
}

START_TEST(stopping_lets_a_request_finish)
{
	pthread_t t;
	int fd = dial(), late;

	say(fd, GET("/linger"), strlen(GET("/linger")));
	sem_wait(&entered);
	late = dial(); /* in the backlog, never accepted */
	ck_assert_int_eq(pthread_create(&t, NULL, stop_it, server), 0);
	sem_post(&leave);
	ck_assert_int_eq(hear(fd), 200);
	ck_assert_ptr_nonnull(strstr(got, "done at last"));
	ck_assert_int_eq(hear(late), 0);
	pthread_join(t, NULL);
	server = NULL;
}
END_TEST

static bool listening(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)slo_httpd_port(server)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)) == 0;

	close(fd);
	return yes;
}

START_TEST(stopping_waits_for_the_rest_of_a_body)
{
	static const char head[] = "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n";
	struct slo_httpd *h = server;
	int fd = dial();
	pthread_t t;

	say(fd, head, strlen(head));
	ck_assert_int_eq((int)recv(fd, got, 12, MSG_WAITALL), 12);
	ck_assert_mem_eq(got, "HTTP/1.1 100", 12);
	ck_assert_int_eq(pthread_create(&t, NULL, stop_it, h), 0);
	while (listening())
		poll(NULL, 0, 1);
	say(fd, "rest", 4);
	hear(fd);
	ck_assert_ptr_nonnull(strstr(got, " 201 "));
	ck_assert_ptr_nonnull(strstr(got, " 4 rest"));
	pthread_join(t, NULL);
	server = NULL;
}
END_TEST

START_TEST(stopping_does_not_wait_for_who_says_nothing)
{
	int64_t began = slo_now_mono_ns();
	int fd = dial();

	say(fd, "GET /he", 7);
	ck_assert_int_eq(ask(GET("/hello")), 200); /* so the other one was accepted before */
	slo_httpd_stop(server);
	server = NULL;
	ck_assert_int_lt(slo_now_mono_ns() - began, SLO_NS_PER_S);
	ck_assert_int_eq(hear(fd), 0);
}
END_TEST

START_TEST(a_port_in_use_is_told)
{
	struct slo_httpd_opts o = { .routes = routes };
	struct slo_httpd *second = NULL;
	struct slo_err err = { .what = "" };
	char where[32];

	snprintf(where, sizeof(where), "127.0.0.1:%d", slo_httpd_port(server));
	o.listen = where;
	ck_assert_int_eq(slo_httpd_start(&o, &second, &err), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.what, where));
	ck_assert_ptr_null(second);
}
END_TEST

START_TEST(every_address_is_v4_and_v6)
{
	const struct slo_httpd_opts o = { .listen = ":0", .routes = routes };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct slo_httpd *first = server;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	ck_assert_int_eq(slo_httpd_start(&o, &server, NULL), 0);
	ck_assert_int_eq(ask(GET("/hello")), 200);
	to.sin6_port = htons((uint16_t)slo_httpd_port(server));
	if (fd < 0 || connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to))) {
		puts("SKIP: no IPv6 here");
	} else {
		say(fd, GET("/hello"), strlen(GET("/hello")));
		ck_assert_int_eq(hear(fd), 200);
	}
	slo_httpd_stop(first);
}
END_TEST

START_TEST(who_comes_before_it_runs_waits)
{
	const struct slo_httpd_opts o = { .listen = "127.0.0.1:0", .routes = routes, .held = true };
	struct slo_httpd *first = server;
	struct pollfd p = { .events = POLLIN };

	ck_assert_int_eq(slo_httpd_start(&o, &server, NULL), 0);
	p.fd = dial();
	say(p.fd, GET("/hello"), strlen(GET("/hello")));
	ck_assert_int_eq(poll(&p, 1, 100), 0);
	ck_assert_int_eq(slo_httpd_run(server), 0);
	ck_assert_int_eq(hear(p.fd), 200);
	slo_httpd_stop(server);
	/* One that never ran ends as well. */
	ck_assert_int_eq(slo_httpd_start(&o, &server, NULL), 0);
	slo_httpd_stop(server);
	server = first;
}
END_TEST

static const char *const no_addresses[] = {
	"", "2112", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ":-1", ":http", "example.invalid:80", "[::1:80", "::1:80",
};

START_TEST(what_is_no_address_is_refused)
{
	const struct slo_httpd_opts o = { .listen = no_addresses[_i], .routes = routes };
	struct slo_httpd *h = NULL;
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_httpd_start(&o, &h, &err), -EINVAL);
	ck_assert(err.what[0]);
}
END_TEST

/* Ours is the only other thread. */
START_TEST(signals_are_for_the_rest_of_the_process)
{
	unsigned long long blocked = 0;
	char line[256];
	bool ours = false, found = false;
	FILE *f;

	ck_assert_int_eq(ask(GET("/hello")), 200); /* it runs, and has its name */
	f = popen("cat /proc/$PPID/task/*/status", "r");
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "Name:", 5) == 0)
			ours = strstr(line, "httpd\n") && !strstr(line, "httpd_");
		if (ours && sscanf(line, "SigBlk: %llx", &blocked) == 1)
			found = true;
	}
	pclose(f);
	ck_assert(found);
	ck_assert(blocked & 1ull << (SIGTERM - 1));
	ck_assert(blocked & 1ull << (SIGINT - 1));
}
END_TEST

START_TEST(tls_is_spoken_with_a_certificate)
{
	char dir[] = "/tmp/httpd_test.XXXXXX", cert[64], key[64], cmd[512];
	struct slo_httpd_opts o = { .listen = "127.0.0.1:0", .routes = routes };
	struct slo_httpd *h = NULL;
	struct slo_err err = { .what = "" };
	int before, after;

	if (system("command -v openssl >/dev/null && command -v curl >/dev/null")) {
		puts("SKIP: TLS needs the programs openssl and curl");
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cert, sizeof(cert), "%s/c.pem", dir);
	snprintf(key, sizeof(key), "%s/k.pem", dir);
	snprintf(cmd, sizeof(cmd), "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
				   "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null", key, cert);
	ck_assert_int_eq(system(cmd), 0);
	o.cert_file = cert;
	ck_assert_int_eq(slo_httpd_start(&o, &h, &err), -EINVAL);
	o.key_file = key;
	ck_assert_msg(slo_httpd_start(&o, &h, NULL) == 0, "with its key");
	snprintf(cmd, sizeof(cmd), "test \"$(curl -s --cacert %s https://127.0.0.1:%d/hello?name=tls | cut -d' ' -f2)\" = tls",
		 cert, slo_httpd_port(h));
	ck_assert_int_eq(system(cmd), 0);
	slo_httpd_stop(h);
	/* A file that is no certificate; and no descriptor is closed twice or kept. */
	o.cert_file = key;
	o.key_file = cert;
	before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	slo_err_reset(&err);
	ck_assert_int_eq(slo_httpd_start(&o, &h, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.what, "certificate"));
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(after, before + 1);
	o.cert_file = "/nonexistent";
	ck_assert_int_eq(slo_httpd_start(&o, &h, NULL), -ENOENT);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net/httpd");
	TCase *t = tcase_create("httpd");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_known_path_is_answered);
	tcase_add_test(t, head_is_get_without_its_body);
	tcase_add_test(t, other_paths_and_methods_are_refused);
	tcase_add_test(t, a_body_is_taken_up_to_its_bound);
	tcase_add_test(t, a_body_without_a_length_is_bounded_as_well);
	tcase_add_test(t, nobody_is_listened_to_for_ever);
	tcase_add_test(t, gzip_bodies_are_unpacked);
	tcase_add_test(t, a_gzip_bomb_does_not_go_off);
	tcase_add_test(t, an_answer_over_its_bound_is_a_failure_that_is_counted);
	tcase_add_test(t, a_connection_is_kept_for_more_requests);
	tcase_add_loop_test(t, who_leaves_in_the_middle_disturbs_nobody, 0, SLO_ARRAY_LEN(halves));
	tcase_add_test(t, who_is_slow_holds_nobody_up_and_is_cut_off);
	tcase_add_test(t, more_clients_than_there_is_room_for_wait);
	tcase_add_test(t, stopping_lets_a_request_finish);
	tcase_add_test(t, stopping_waits_for_the_rest_of_a_body);
	tcase_add_test(t, stopping_does_not_wait_for_who_says_nothing);
	tcase_add_test(t, a_port_in_use_is_told);
	tcase_add_test(t, every_address_is_v4_and_v6);
	tcase_add_test(t, who_comes_before_it_runs_waits);
	tcase_add_loop_test(t, what_is_no_address_is_refused, 0, SLO_ARRAY_LEN(no_addresses));
	tcase_add_test(t, signals_are_for_the_rest_of_the_process);
	tcase_add_test(t, tls_is_spoken_with_a_certificate);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
