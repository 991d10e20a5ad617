/* SPDX-License-Identifier: MIT */
/* The proxy in a process of its own, between a client here and a server here, on loopback. */
#include "inject/relay.h"

#include "base/str.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct slo_relay r;
static struct slo_relay_ports p;
static pid_t proxy;
static int server, udp_server;

static int bound(int type, int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)*port) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&a, len) || (type == SOCK_STREAM && listen(fd, 8)) ||
	    getsockname(fd, (struct sockaddr *)&a, &len)) {
		close(fd);
		return -1;
	}
	*port = ntohs(a.sin_port);
	return fd;
}

static void setup(void)
{
	int port = 0;

	memset(&r, 0, sizeof(r));
	server = bound(SOCK_STREAM, &port);
	udp_server = bound(SOCK_DGRAM, &port);
	ck_assert_int_ge(server, 0);
	ck_assert_int_ge(udp_server, 0);
	slo_host_port_parse("127.0.0.1", &r.upstream[0], NULL);
	r.upstream[0].port = port;
	r.upstreams = 1;
	r.udp = true;
	r.share_pm = 1000;
	r.stats = mmap(NULL, sizeof(*r.stats), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void start(void)
{
	ck_assert_int_eq(slo_relay_open(&r, &p), 0);
	proxy = fork();
	if (proxy == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(server);
		close(udp_server);
		_exit(slo_relay_run(&r, &p) ? 1 : 0);
	}
	close(p.tcp[0]);
	if (p.udp[0] >= 0)
		close(p.udp[0]);
}

static void teardown(void)
{
	kill(proxy, SIGKILL);
	waitpid(proxy, NULL, 0);
	close(server);
	close(udp_server);
}

static int dial(int type)
{
	const struct timeval limit = { .tv_sec = 5 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons((uint16_t)p.port[0]) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Send @ask, and have the server at @peer (accepted when -1) answer "ok" where it sees it. Return: what comes back. */
static ssize_t talk(int fd, int *peer, const char *ask, char *to, size_t size)
{
	char seen[256] = "";
	ssize_t n;

	ck_assert_int_gt(send(fd, ask, strlen(ask), MSG_NOSIGNAL), 0);
	if (*peer == -1)
		*peer = accept(server, NULL, NULL);
	n = recv(*peer, seen, sizeof(seen) - 1, 0);
	ck_assert_int_eq(n, (ssize_t)strlen(ask));
	ck_assert_str_eq(seen, ask);
	ck_assert_int_eq(send(*peer, "ok", 2, 0), 2);
	n = recv(fd, to, size - 1, 0);
	to[n < 0 ? 0 : n] = '\0';
	return n;
}

START_TEST(the_share_is_exact_and_evenly_spread)
{
	static const int shares[] = { 0, 1, 100, 333, 500, 600, 999, 1000 };

	for (size_t i = 0; i < SLO_ARRAY_LEN(shares); i++) {
		int all = 0, first = 0;

		for (uint64_t n = 0; n < 1000; n++) {
			all += slo_relay_chosen(n + 5000, shares[i]);
			first += n < 500 && slo_relay_chosen(n, shares[i]);
		}
		ck_assert_int_eq(all, shares[i]);
		ck_assert_int_eq(first, shares[i] / 2);
	}
}
END_TEST

START_TEST(delays_each_request_of_a_connection_that_is_kept)
{
	int fd, peer = -1;
	char text[64];

	r.act = SLO_RELAY_DELAY;
	r.delay_ns = 60 * SLO_NS_PER_MS;
	start();
	fd = dial(SOCK_STREAM);
	for (int i = 0; i < 3; i++) {
		int64_t from = slo_now_mono_ns();

		ck_assert_int_eq(talk(fd, &peer, "GET /x HTTP/1.1\r\n\r\n", text, sizeof(text)), 2);
		ck_assert_str_eq(text, "ok");
		ck_assert_int_ge(slo_now_mono_ns() - from, r.delay_ns);
	}
	ck_assert_uint_eq(atomic_load(&r.stats->requests), 3);
	ck_assert_uint_eq(atomic_load(&r.stats->delay_ns), 180 * SLO_NS_PER_MS);
	shutdown(fd, SHUT_WR);
	ck_assert_int_eq(recv(peer, text, sizeof(text), 0), 0); /* the end of either side reaches the other */
	close(peer);
	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), 0);
}
END_TEST

START_TEST(answers_the_share_429_and_passes_the_rest_on)
{
	int fd, peer = -1;
	char text[512];

	r.act = SLO_RELAY_THROTTLE;
	r.share_pm = 500;
	r.retry_after_s = 9;
	start();
	fd = dial(SOCK_STREAM);
	ck_assert_int_eq(talk(fd, &peer, "POST / HTTP/1.1\r\n\r\n", text, sizeof(text)), 2);
	ck_assert_int_gt(send(fd, "POST / HTTP/1.1\r\n\r\n", 19, 0), 0);
	memset(text, 0, sizeof(text));
	ck_assert_int_gt(recv(fd, text, sizeof(text) - 1, 0), 0);
	ck_assert_ptr_nonnull(strstr(text, "HTTP/1.1 429 "));
	ck_assert_ptr_nonnull(strstr(text, "\r\nRetry-After: 9\r\n"));
	close(fd);
	ck_assert_uint_eq(atomic_load(&r.stats->acted), 1);
}
END_TEST

START_TEST(passes_on_what_it_cannot_answer_and_counts_it)
{
	int fd, peer = -1;
	char text[64];

	r.act = SLO_RELAY_THROTTLE;
	start();
	fd = dial(SOCK_STREAM);
	ck_assert_int_eq(talk(fd, &peer, "\x16\x03\x01hello", text, sizeof(text)), 2);
	ck_assert_uint_eq(atomic_load(&r.stats->not_http), 1);
	ck_assert_uint_eq(atomic_load(&r.stats->acted), 0);
}
END_TEST

START_TEST(fails_in_turn_with_503_500_and_a_reset)
{
	static const char *const want[] = { "HTTP/1.1 503", "HTTP/1.1 500", NULL };

	r.act = SLO_RELAY_ERROR;
	start();
	for (int i = 0; i < 6; i++) {
		int fd = dial(SOCK_STREAM);
		char text[512] = "";
		ssize_t n;

		ck_assert_int_gt(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 0);
		n = recv(fd, text, sizeof(text) - 1, 0);
		if (want[i % 3])
			ck_assert_int_eq(strncmp(text, want[i % 3], 12), 0);
		else
			ck_assert(n < 0 && errno == ECONNRESET);
		close(fd);
	}
}
END_TEST

/* A query over UDP that the server answers when it comes. Return: bytes of the answer, -1 = none within 300 ms. */
static ssize_t ask(int fd, char *to, size_t size)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	struct pollfd both[2] = { { udp_server, POLLIN, 0 }, { fd, POLLIN, 0 } };
	char seen[64];

	ck_assert_int_eq(send(fd, "\1\2\1\0\0\1\0\0\0\0\0\0", 12, 0), 12);
	while (poll(both, 2, 300) > 0) {
		if (both[1].revents)
			return recv(fd, to, size, 0);
		ck_assert_int_eq(recvfrom(udp_server, seen, sizeof(seen), 0, (struct sockaddr *)&from, &len), 12);
		sendto(udp_server, "answer", 6, 0, (struct sockaddr *)&from, len);
	}
	return -1;
}

START_TEST(queries_are_delayed_dropped_or_refused)
{
	static const int acts[] = { SLO_RELAY_DELAY, SLO_RELAY_DROP, SLO_RELAY_SERVFAIL };
	int64_t from = slo_now_mono_ns();
	char text[64];
	ssize_t n;
	int fd;

	r.act = acts[_i];
	r.delay_ns = 50 * SLO_NS_PER_MS;
	start();
	fd = dial(SOCK_DGRAM);
	n = ask(fd, text, sizeof(text));
	if (r.act == SLO_RELAY_DROP) {
		ck_assert_int_eq(n, -1);
	} else if (r.act == SLO_RELAY_DELAY) {
		ck_assert_int_eq(n, 6);
		ck_assert_int_ge(slo_now_mono_ns() - from, r.delay_ns);
	} else {
		ck_assert_int_eq(n, 12);
		ck_assert_int_eq(memcmp(text, "\1\2\x81\2", 4), 0); /* its id, an answer, SERVFAIL */
	}
	ck_assert_uint_eq(atomic_load(&r.stats->acted), 1);
}
END_TEST

START_TEST(an_endpoint_that_is_away_is_a_reset_and_counted)
{
	char text[8];
	int fd;

	r.act = SLO_RELAY_DELAY;
	start();
	close(server);
	fd = dial(SOCK_STREAM);
	ck_assert_int_eq(send(fd, "GET /", 5, 0), 5);
	ck_assert(recv(fd, text, sizeof(text), 0) < 0 && errno == ECONNRESET);
	ck_assert_uint_eq(atomic_load(&r.stats->failed), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("relay");
	TCase *pure = tcase_create("share"), *c = tcase_create("relay");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, pure);
	tcase_add_test(pure, the_share_is_exact_and_evenly_spread);
	suite_add_tcase(s, c);
	tcase_set_timeout(c, 20);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, delays_each_request_of_a_connection_that_is_kept);
	tcase_add_test(c, answers_the_share_429_and_passes_the_rest_on);
	tcase_add_test(c, passes_on_what_it_cannot_answer_and_counts_it);
	tcase_add_test(c, fails_in_turn_with_503_500_and_a_reset);
	tcase_add_loop_test(c, queries_are_delayed_dropped_or_refused, 0, 3);
	tcase_add_test(c, an_endpoint_that_is_away_is_a_reset_and_counted);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
