/* SPDX-License-Identifier: MIT */
#include "net/serve_ends.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in6 loopback(bool mapped)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6 };

	inet_pton(AF_INET6, mapped ? "::ffff:127.0.0.1" : "::1", &a.sin6_addr);
	return a;
}

/* A TCP connection; the ends as both sides see them. */
static void connect_pair(bool mapped, struct slo_ends *mine, struct slo_ends *theirs)
{
	struct sockaddr_in6 a = loopback(mapped);
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET6, SOCK_STREAM, 0), fd = socket(AF_INET6, SOCK_STREAM, 0), accepted;

	ck_assert_int_eq(bind(listener, (void *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (void *)&a, &len), 0);
	ck_assert_int_eq(connect(fd, (void *)&a, sizeof(a)), 0);
	accepted = accept(listener, NULL, NULL);
	ck_assert_int_ge(accepted, 0);
	ck_assert(slo_ends_of(fd, false, mine));
	ck_assert(slo_ends_of(accepted, true, theirs));
	ck_assert_int_eq(mine->dst_port, ntohs(a.sin6_port));
	close(accepted);
	close(fd);
	close(listener);
}

START_TEST(both_sides_name_the_connection_alike)
{
	struct slo_ends mine, theirs;

	connect_pair(_i == 1, &mine, &theirs);
	ck_assert_str_eq(mine.src_ip, _i == 1 ? "127.0.0.1" : "::1");
	ck_assert_str_eq(mine.src_ip, theirs.src_ip);
	ck_assert_str_eq(mine.dst_ip, theirs.dst_ip);
	ck_assert_int_eq(mine.src_port, theirs.src_port);
	ck_assert_int_eq(mine.dst_port, theirs.dst_port);
	ck_assert_int_gt(mine.src_port, 0);
	ck_assert(!mine.udp);
}
END_TEST

START_TEST(datagrams_are_told_and_what_is_not_connected_has_no_ends)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct slo_ends e;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert(!slo_ends_of(fd, false, &e));
	ck_assert_str_eq(e.src_ip, "");
	ck_assert_int_eq(connect(fd, (void *)&to, sizeof(to)), 0);
	ck_assert(slo_ends_of(fd, false, &e));
	ck_assert(e.udp);
	ck_assert_int_eq(e.dst_port, 53);
	close(fd);
	ck_assert(!slo_ends_of(-1, false, &e));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("serve_ends");
	TCase *t = tcase_create("serve_ends");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, both_sides_name_the_connection_alike, 0, 2);
	tcase_add_test(t, datagrams_are_told_and_what_is_not_connected_has_no_ends);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
