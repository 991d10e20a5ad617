/* SPDX-License-Identifier: MIT */
/* The packet source on a real loopback, in a network namespace of its own. Needs root; skipped otherwise. */
#include "probe/packet.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "probe/filter.h"

enum { PATIENCE_MS = 10000 };

static struct slo_flow_opts opts;
static struct slo_packet_opts popts;
static struct slo_flow_tracker *tracker;
static struct slo_packet_src *src;
static struct slo_flow_counters c;
static struct slo_packet_stats st;
static uint64_t requests_seen;
static struct slo_request last_request;

static void on_request(void *arg, const struct slo_request *r)
{
	(void)arg;
	requests_seen++;
	last_request = *r;
}

/* Return: false when this system does not let us. */
static bool own_network(void)
{
	struct ifreq r = { .ifr_flags = 0 };
	int fd;

	if (unshare(CLONE_NEWNET) < 0) {
		printf("SKIP: no network namespace: %s\n", strerror(errno));
		return false;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	memcpy(r.ifr_name, "lo", 3);
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &r), 0);
	close(fd);
	return true;
}

static int open_socket(int type, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, type, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)(void *)&a, sizeof(a)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)(void *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static int connect_to(int type, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type, 0);

	if (connect(fd, (struct sockaddr *)(void *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
}

static void hear(int fd, size_t n)
{
	char b[4096];

	for (ssize_t r; n > 0; n -= (size_t)r) {
		r = recv(fd, b, n < sizeof(b) ? n : sizeof(b), 0);
		ck_assert_int_gt(r, 0);
	}
}

static void start(void)
{
	const struct slo_obs_sink sink = { .request = on_request };
	struct slo_err err = { { 0 }, { 0 } };

	ck_assert_int_eq(slo_flow_new(&opts, &sink, &tracker, &err), 0);
	ck_assert_msg(slo_packet_open(&popts, tracker, &src, &err) == 0, "%s", err.what);
}

static void setup(void)
{
	requests_seen = 0;
	slo_flow_opts_defaults(&opts);
	slo_packet_opts_defaults(&popts);
	popts.retire_ms = 5;
}

static void teardown(void)
{
	slo_packet_close(src);
	slo_flow_free(tracker);
	src = NULL;
	tracker = NULL;
}

static void drain(int wait_ms)
{
	struct pollfd p = { slo_packet_fd(src), POLLIN, 0 };

	poll(&p, 1, wait_ms);
	while (slo_packet_poll(src, 100) == 100)
		;
	slo_flow_counters(tracker, &c);
	slo_packet_stats(src, &st);
}

/* Until the ring has handed over all that passed the filter, of which there are to be @want. */
static void drain_until(uint64_t want)
{
	for (int64_t end = slo_now_mono_ns() + PATIENCE_MS * SLO_NS_PER_MS; slo_now_mono_ns() < end;) {
		drain(20);
		if (st.seen + st.ring_dropped >= want)
			break;
	}
	drain(20); /* and nothing more */
	ck_assert_uint_eq(st.seen + st.ring_dropped, want);
	ck_assert_uint_eq(st.received, want);
}

START_TEST(connects_requests_and_refusals_on_loopback_are_counted_exactly)
{
	enum { CONNECTS = 12, REFUSED = 5, REQUESTS = 7 };
	static const char ask[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
			  tell[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	uint16_t port, closed;
	int listener, fd, peer;

	if (!own_network())
		return;
	listener = open_socket(SOCK_STREAM, &port);
	fd = open_socket(SOCK_STREAM, &closed);
	ck_assert_int_eq(listen(listener, 64), 0);
	opts.watch[0] = (struct slo_watch){ .port = port };
	opts.watch_count = 1;
	start();
	for (int i = 0; i < REFUSED; i++)
		ck_assert_int_eq(connect_to(SOCK_STREAM, closed), -1);
	close(fd);
	for (int i = 0; i < CONNECTS; i++) {
		fd = connect_to(SOCK_STREAM, port);
		peer = accept(listener, NULL, NULL);
		for (int k = 0; i == 0 && k < REQUESTS; k++) {
			say(fd, ask);
			hear(peer, sizeof(ask) - 1);
			say(peer, tell);
			hear(fd, sizeof(tell) - 1);
		}
		close(fd);
		close(peer);
	}
	for (int i = 0; i < 100 && requests_seen < REQUESTS; i++)
		drain(20);
	for (int i = 0; i < 100 && c.connect_answers < CONNECTS; i++)
		drain(20);
	drain(20);
	ck_assert_uint_eq(c.connects, CONNECTS + REFUSED);
	ck_assert_uint_eq(c.connect_answers, CONNECTS);
	ck_assert_uint_eq(c.connect_refused, REFUSED);
	ck_assert_uint_eq(c.requests, REQUESTS);
	ck_assert_uint_eq(c.answered, REQUESTS);
	ck_assert_uint_eq(requests_seen, REQUESTS);
	ck_assert_uint_eq(c.retransmits + c.duplicates + c.malformed + c.gaps + c.backwards, 0);
	ck_assert_uint_eq(st.ring_dropped, 0);
	ck_assert_int_eq(last_request.status, 200);
	ck_assert_uint_eq(last_request.body_bytes, 5);
	ck_assert_int_ge(last_request.first_ns, last_request.start_ns);
	ck_assert_int_lt(llabs(slo_now_wall_ns() - last_request.end_ns), 20 * SLO_NS_PER_S);
	close(listener);
}
END_TEST

/* A query for "a" with @id, or its answer. */
static size_t message(uint8_t m[32], uint8_t id, bool answer)
{
	const uint8_t q[] = { 0, id, answer ? 0x81 : 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1 };

	memcpy(m, q, sizeof(q));
	return sizeof(q);
}

START_TEST(queries_on_loopback_are_counted_exactly)
{
	enum { QUERIES = 25, ANSWERED = 23 };
	struct sockaddr_in from;
	socklen_t n;
	uint8_t m[32];
	int server, fd;

	if (!own_network())
		return;
	server = open_socket(SOCK_DGRAM, &opts.dns_port[0]);
	start();
	fd = connect_to(SOCK_DGRAM, opts.dns_port[0]);
	for (uint8_t i = 0; i < QUERIES; i++) {
		ck_assert_int_gt(send(fd, m, message(m, i, false), 0), 0);
		n = sizeof(from);
		ck_assert_int_gt(recvfrom(server, m, sizeof(m), 0, (struct sockaddr *)(void *)&from, &n), 0);
		if (i < ANSWERED)
			ck_assert_int_gt(sendto(server, m, message(m, i, true), 0, (struct sockaddr *)(void *)&from, n),
					 0);
	}
	drain_until(QUERIES + ANSWERED);
	slo_flow_tick(tracker, slo_now_wall_ns() + opts.dns_timeout_ns);
	slo_flow_counters(tracker, &c);
	ck_assert_uint_eq(c.dns_queries, QUERIES);
	ck_assert_uint_eq(c.dns_answers, ANSWERED);
	ck_assert_uint_eq(c.dns_timeouts, QUERIES - ANSWERED);
	ck_assert_uint_eq(c.dns_retries + c.dns_unmatched + c.duplicates, 0);
	close(server);
	close(fd);
}
END_TEST

/* An Ethernet interface 10.9.0.1/24 whose other end is this program. Return: its descriptor, or -1. */
static int open_tap(void)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct arpreq neighbour = { .arp_flags = ATF_PERM | ATF_COM, .arp_ha.sa_data = { 2, 0, 0, 0, 0, 2 } };
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = open("/dev/net/tun", O_RDWR), s = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(r.ifr_name, "tap9", 5);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0) {
		printf("SKIP: no tap interface: %s\n", strerror(errno));
		return -1;
	}
	inet_pton(AF_INET, "10.9.0.1", &a.sin_addr);
	memcpy(&r.ifr_addr, &a, sizeof(a));
	ck_assert_int_eq(ioctl(s, SIOCSIFADDR, &r), 0);
	inet_pton(AF_INET, "255.255.255.0", &a.sin_addr);
	memcpy(&r.ifr_addr, &a, sizeof(a));
	ck_assert_int_eq(ioctl(s, SIOCSIFNETMASK, &r), 0);
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	ck_assert_int_eq(ioctl(s, SIOCSIFFLAGS, &r), 0);
	inet_pton(AF_INET, "10.9.0.2", &a.sin_addr);
	memcpy(&neighbour.arp_pa, &a, sizeof(a));
	memcpy(neighbour.arp_dev, "tap9", 5);
	ck_assert_int_eq(ioctl(s, SIOCSARP, &neighbour), 0);
	close(s);
	return fd;
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

/* Read frames until a query to port 53 is among them, and send it back as its own answer. */
static void answer_on_tap(int tap)
{
	uint8_t f[2048];
	ssize_t n;

	do {
		n = read(tap, f, sizeof(f));
		ck_assert_int_gt(n, 0);
	} while (n < 54 || f[12] != 8 || f[13] != 0 || f[23] != 17 || f[37] != 53);
	swap(f, f + 6, 6);
	swap(f + 26, f + 30, 4);
	swap(f + 34, f + 36, 2);
	f[40] = f[41] = 0; /* no UDP checksum */
	f[44] |= 0x80;
	ck_assert_int_eq(write(tap, f, (size_t)n), n);
}

START_TEST(both_directions_of_an_ethernet_interface_are_seen_once)
{
	enum { QUERIES = 9 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(53) };
	uint8_t m[32];
	int tap, fd;

	if (!own_network())
		return;
	tap = open_tap();
	if (tap < 0)
		return;
	start();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, "10.9.0.2", &to.sin_addr);
	for (uint8_t i = 0; i < QUERIES; i++) {
		ck_assert_int_gt(sendto(fd, m, message(m, i, false), 0, (struct sockaddr *)(void *)&to, sizeof(to)), 0);
		answer_on_tap(tap);
		hear(fd, 19);
	}
	for (int i = 0; i < 100 && c.dns_answers < QUERIES; i++) /* the kernel says things of its own here: MLD */
		drain(20);
	drain(20);
	ck_assert_uint_eq(c.dns_queries, QUERIES);
	ck_assert_uint_eq(c.dns_answers, QUERIES);
	ck_assert_uint_eq(c.duplicates + c.dns_retries + c.dns_unmatched + c.malformed, 0);
	close(fd);
	close(tap);
}
END_TEST

START_TEST(shed_and_kept_packets_add_up_to_those_sent)
{
	enum { FLOWS = 64, EACH = 40 };
	uint64_t kept = 0, shed_before = 0;
	uint16_t port;
	uint8_t m[32];
	int server;

	if (!own_network())
		return;
	server = open_socket(SOCK_DGRAM, &opts.dns_port[0]);
	start();
	for (unsigned int level = 0; level <= 3; level++) {
		uint64_t now = 0;

		ck_assert_int_eq(slo_packet_shed(src, level), 0);
		for (int i = 0; i < FLOWS; i++) {
			int fd = open_socket(SOCK_DGRAM, &port);
			struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(opts.dns_port[0]),
						  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

			if ((slo_filter_hash(port, opts.dns_port[0]) & ((1u << level) - 1)) == 0)
				now += EACH;
			for (uint8_t k = 0; k < EACH; k++)
				ck_assert_int_gt(sendto(fd, m, message(m, k, false), 0, (struct sockaddr *)(void *)&to,
							sizeof(to)), 0);
			close(fd);
		}
		kept += now;
		drain_until(kept);
		ck_assert_uint_eq(st.shed - shed_before, FLOWS * EACH - now);
		printf("level %u: sent %d, kept %llu, shed %llu\n", level, FLOWS * EACH, (unsigned long long)now,
		       (unsigned long long)(st.shed - shed_before));
		shed_before = st.shed;
	}
	ck_assert_int_eq(slo_packet_shed(src, SLO_PACKET_MAX_SHED + 1), -EINVAL);
	close(server);
}
END_TEST

START_TEST(a_full_ring_is_noticed_and_voids_timeouts)
{
	uint8_t m[32];
	int server, fd;

	if (!own_network())
		return;
	server = open_socket(SOCK_DGRAM, &opts.dns_port[0]);
	popts.block_size = 16 << 10;
	popts.block_count = 2;
	start();
	fd = connect_to(SOCK_DGRAM, opts.dns_port[0]);
	for (int i = 0; i < 1000; i++) /* nobody reads the ring meanwhile */
		ck_assert_int_gt(send(fd, m, message(m, (uint8_t)i, false), 0), 0);
	drain_until(1000);
	ck_assert_uint_gt(st.ring_dropped, 0);
	ck_assert_uint_ge(st.loss_events, 1);
	slo_flow_tick(tracker, slo_now_wall_ns() + opts.dns_timeout_ns);
	slo_flow_counters(tracker, &c);
	ck_assert_uint_eq(c.dns_timeouts, 0);
	ck_assert_uint_eq(c.dns_voided, c.dns_queries);
	close(server);
	close(fd);
}
END_TEST

START_TEST(a_missing_right_is_named)
{
	struct slo_err err = { { 0 }, { 0 } };
	const struct slo_obs_sink sink = { .arg = NULL };

	if (getuid() == 0 && setresuid(65534, 65534, 65534) < 0) {
		printf("SKIP: cannot change the user\n");
		return;
	}
	ck_assert_int_eq(slo_flow_new(&opts, &sink, &tracker, NULL), 0);
	ck_assert_int_eq(slo_packet_open(&popts, tracker, &src, &err), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.what, "EPERM"));
	ck_assert_ptr_nonnull(strstr(err.what, "need CAP_NET_RAW"));
}
END_TEST

START_TEST(rings_out_of_bounds_are_refused)
{
	const struct slo_obs_sink sink = { .arg = NULL };
	struct slo_err err = { { 0 }, { 0 } };

	ck_assert_int_eq(slo_flow_new(&opts, &sink, &tracker, NULL), 0);
	popts.block_size = 20000;
	ck_assert_int_eq(slo_packet_open(&popts, tracker, &src, &err), -EINVAL);
	slo_packet_opts_defaults(&popts);
	popts.block_count = 1 << 16;
	ck_assert_int_eq(slo_packet_open(&popts, tracker, &src, &err), -EINVAL);
	ck_assert_ptr_null(src);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("packet source");
	TCase *tc = tcase_create("loopback");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	if (getuid() == 0) {
		tcase_add_test(tc, connects_requests_and_refusals_on_loopback_are_counted_exactly);
		tcase_add_test(tc, queries_on_loopback_are_counted_exactly);
		tcase_add_test(tc, both_directions_of_an_ethernet_interface_are_seen_once);
		tcase_add_test(tc, shed_and_kept_packets_add_up_to_those_sent);
		tcase_add_test(tc, a_full_ring_is_noticed_and_voids_timeouts);
	} else {
		printf("SKIP: capturing needs root\n");
	}
	tcase_add_test(tc, a_missing_right_is_named);
	tcase_add_test(tc, rings_out_of_bounds_are_refused);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
