/* SPDX-License-Identifier: MIT */
/* Bodies of requests: how large they may be, and in which encoding. */
#include "net/test_httpd.h"

#include <stdio.h>
#include <zlib.h>

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

int main(void)
{
	Suite *s = suite_create("net/httpd_body");
	TCase *t = tcase_create("body");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_body_is_taken_up_to_its_bound);
	tcase_add_test(t, a_body_without_a_length_is_bounded_as_well);
	tcase_add_test(t, nobody_is_listened_to_for_ever);
	tcase_add_test(t, gzip_bodies_are_unpacked);
	tcase_add_test(t, a_gzip_bomb_does_not_go_off);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
