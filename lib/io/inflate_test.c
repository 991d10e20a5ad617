/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/rng.h"
#include "io/internal.h"
#include "io/testing.h"

enum { ROOM = 1 << 20, TRAILER = 8 }; /* TRAILER: bytes of checksum and length behind a member */

/* Return: bytes of one gzip member holding @text, appended at @to. */
static size_t pack(unsigned char *to, size_t room, const char *text, size_t len)
{
	z_stream z = { 0 };

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)text;
	z.avail_in = (uInt)len;
	z.next_out = to;
	z.avail_out = (uInt)room;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static const char *file_of(const char *name, const unsigned char *bytes, size_t len)
{
	const char *path = in_dir("", name);
	slo_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	return path;
}

static struct slo_reader *open_file(const char *path)
{
	struct slo_err err = { "", "" };
	struct slo_reader *r;

	ck_assert_msg(slo_reader_open(path, &r, &err) == 0, "%s: %s", err.where, err.what);
	return r;
}

static void expect_line(struct slo_reader *r, const char *want, uint64_t number)
{
	struct slo_str line = { NULL, 0 };

	ck_assert_int_eq(slo_reader_next(r, &line, 0), SLO_READ_LINE);
	ck_assert_msg(slo_str_is(line, want), "want %s, found %.*s", want, SLO_STR_ARG(line));
	ck_assert_uint_eq(slo_reader_line(r), number);
}

static void expect(struct slo_reader *r, int want)
{
	struct slo_str line = SLO_STR("untouched");

	ck_assert_int_eq(slo_reader_next(r, &line, 0), want);
	ck_assert_ptr_null(line.p);
}

START_TEST(lines_inside_a_gzip_file_are_read_as_lines)
{
	unsigned char packed[512];
	size_t n = pack(packed, sizeof(packed), "one\r\n\ntwo\nlast", 14);
	struct slo_reader *r = open_file(file_of("a.ndjson.gz", packed, n));

	expect_line(r, "one", 1);
	expect_line(r, "two", 3);
	expect_line(r, "last", 4);
	expect(r, SLO_READ_EOF);
	expect(r, SLO_READ_EOF);
	ck_assert_str_eq(slo_reader_name(r), in_dir("", "a.ndjson.gz"));
	ck_assert_uint_eq(slo_reader_stats(r)->bytes, 3 + 3 + 4);
	slo_reader_close(r);
}
END_TEST

START_TEST(a_name_without_gz_is_read_as_it_is)
{
	unsigned char packed[512];
	size_t n = pack(packed, sizeof(packed), "one\n", 4);
	struct slo_reader *r = open_file(file_of("a.ndjson", packed, n));
	struct slo_str line = { NULL, 0 };

	ck_assert_int_eq(slo_reader_next(r, &line, 0), SLO_READ_LINE);
	ck_assert_uint_eq((unsigned char)line.p[0], 0x1f);
	slo_reader_close(r);
}
END_TEST

/* As gzip(1) and every log rotation write them. */
START_TEST(members_one_after_the_other_are_one_text)
{
	unsigned char packed[512];
	size_t n = pack(packed, sizeof(packed), "a\nb", 3);
	struct slo_reader *r;

	n += pack(packed + n, sizeof(packed) - n, "", 0);
	n += pack(packed + n, sizeof(packed) - n, "c\nd\n", 4);
	r = open_file(file_of("m.gz", packed, n));
	expect_line(r, "a", 1);
	expect_line(r, "bc", 2);
	expect_line(r, "d", 3);
	expect(r, SLO_READ_EOF);
	slo_reader_close(r);
}
END_TEST

/* Every length but the whole one, none of which may pass for a shorter text. */
START_TEST(a_cut_file_is_an_error_after_the_lines_before_the_cut)
{
	static const char text[] = "one\ntwo\nthree\n";
	unsigned char packed[512];
	size_t n = pack(packed, sizeof(packed), text, sizeof(text) - 1);

	for (size_t cut = 0; cut < n; cut++) {
		struct slo_reader *r = open_file(file_of("cut.gz", packed, cut));
		struct slo_str line;
		int rc;

		while ((rc = slo_reader_next(r, &line, 0)) == SLO_READ_LINE)
			ck_assert_uint_le(line.len, 5);
		ck_assert_int_eq(rc, -EBADMSG);
		ck_assert_str_eq(slo_reader_why(r, rc), "truncated gzip: the file ends inside it");
		expect(r, -EBADMSG);
		slo_reader_close(r);
	}
}
END_TEST

START_TEST(a_wrong_byte_or_bytes_behind_the_end_are_errors)
{
	unsigned char packed[512];
	size_t n = pack(packed, sizeof(packed), "one\ntwo\n", 8);
	struct slo_reader *r;

	packed[n] = 'x';
	packed[n + 1] = 'y';
	r = open_file(file_of("tail.gz", packed, n + 2));
	expect_line(r, "one", 1);
	expect_line(r, "two", 2);
	expect(r, -EBADMSG);
	ck_assert_str_eq(slo_reader_why(r, -EBADMSG), "corrupt gzip");
	slo_reader_close(r);
	packed[n - 6] ^= 1; /* the checksum */
	r = open_file(file_of("sum.gz", packed, n));
	while (slo_reader_next(r, &(struct slo_str){ NULL, 0 }, 0) == SLO_READ_LINE)
		;
	expect(r, -EBADMSG);
	slo_reader_close(r);
	r = open_file(file_of("text.gz", (const unsigned char *)"{\"a\":1}\n", 8));
	expect(r, -EBADMSG);
	slo_reader_close(r);
}
END_TEST

/* 4 MiB without a line end out of a few KiB: skipped as one line too long, in the memory of one line. */
START_TEST(the_bounds_hold_for_inflated_bytes)
{
	size_t len = 4 * SLO_LINE_MAX;
	slo_autofree char *text = malloc(len + 4);
	slo_autofree unsigned char *packed = malloc(ROOM);
	struct slo_reader *r;
	size_t n;

	memset(text, 'x', len);
	memcpy(text + len, "\nok\n", 4);
	n = pack(packed, ROOM, text, len + 4);
	ck_assert_uint_lt(n, 16384);
	r = open_file(file_of("bomb.gz", packed, n));
	expect(r, SLO_READ_TOO_LONG);
	expect_line(r, "ok", 2);
	expect(r, SLO_READ_EOF);
	ck_assert_uint_le(r->stream.cap, SLO_LINE_MAX + 2);
	slo_reader_close(r);
}
END_TEST

/* Small buffers, so that the caller's room ends inside what is held. */
START_TEST(long_texts_come_out_whole_through_any_buffer)
{
	enum { LINES = 20000 };
	slo_autofree char *text = malloc(ROOM);
	slo_autofree unsigned char *packed = malloc(ROOM);
	size_t len = 0, n;
	struct slo_reader *r;
	struct slo_rng g;
	char want[32];

	slo_rng_seed(&g, 7);
	for (int i = 0; i < LINES; i++)
		len += (size_t)snprintf(text + len, ROOM - len, "%d-%u\n", i, (unsigned)slo_rng_below(&g, 1u << 31));
	n = pack(packed, ROOM, text, len);
	ck_assert_uint_gt(n, 65536); /* more than one piece of input */
	r = open_file(file_of("long.gz", packed, n));
	ck_assert_int_eq(slo_reader_limit(r, 64, 7), 0);
	slo_rng_seed(&g, 7);
	for (int i = 0; i < LINES; i++) {
		snprintf(want, sizeof(want), "%d-%u", i, (unsigned)slo_rng_below(&g, 1u << 31));
		expect_line(r, want, (uint64_t)i + 1);
	}
	expect(r, SLO_READ_EOF);
	slo_reader_close(r);
}
END_TEST

/* What is held is handed out before the descriptor is waited for. */
START_TEST(a_pipe_is_not_waited_for_while_something_is_held)
{
	slo_autofree char *text = malloc(4096);
	unsigned char packed[512];
	const char *path = in_dir("", "fifo.gz");
	slo_autoclose int fd = -1;
	struct slo_reader *r;
	struct slo_str line;
	size_t n;
	int lines = 0;

	for (int i = 0; i < 2048; i++)
		memcpy(text + 2 * i, "x\n", 2);
	n = pack(packed, sizeof(packed), text, 4096);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	r = open_file(path);
	ck_assert_int_eq(slo_reader_limit(r, 64, 16), 0);
	ck_assert_int_eq(write(fd, packed, n - TRAILER), (ssize_t)n - TRAILER);
	while (slo_reader_next(r, &line, 0) == SLO_READ_LINE)
		lines++;
	ck_assert_int_eq(lines, 2048);
	expect(r, SLO_READ_TIMEOUT);
	ck_assert_int_eq(write(fd, packed + n - TRAILER, TRAILER), TRAILER);
	expect(r, SLO_READ_TIMEOUT);
	slo_reader_close(r);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("inflate");
	TCase *t = tcase_create("inflate");

	tcase_add_checked_fixture(t, make_test_dir, remove_test_dir);
	tcase_add_test(t, lines_inside_a_gzip_file_are_read_as_lines);
	tcase_add_test(t, a_name_without_gz_is_read_as_it_is);
	tcase_add_test(t, members_one_after_the_other_are_one_text);
	tcase_add_test(t, a_cut_file_is_an_error_after_the_lines_before_the_cut);
	tcase_add_test(t, a_wrong_byte_or_bytes_behind_the_end_are_errors);
	tcase_add_test(t, the_bounds_hold_for_inflated_bytes);
	tcase_add_test(t, long_texts_come_out_whole_through_any_buffer);
	tcase_add_test(t, a_pipe_is_not_waited_for_while_something_is_held);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
