/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/cleanup.h"
#include "base/rng.h"
#include "io/internal.h"
#include "io/testing.h"

static struct slo_reader *reader_of_bytes(const void *data, size_t len)
{
	struct slo_reader *r;
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(slo_reader_fd(fd, "bytes", &r), 0);
	return r;
}

static void expect_line(struct slo_reader *r, const char *want, size_t len, uint64_t number)
{
	struct slo_str line;

	ck_assert_int_eq(slo_reader_next(r, &line, 0), SLO_READ_LINE);
	ck_assert_uint_eq(line.len, len);
	ck_assert(memcmp(line.p, want, len) == 0);
	ck_assert_uint_eq(slo_reader_line(r), number);
}

static void expect(struct slo_reader *r, int want)
{
	struct slo_str line = SLO_STR("untouched");

	ck_assert_int_eq(slo_reader_next(r, &line, 0), want);
	ck_assert_ptr_null(line.p);
}

START_TEST(crlf_and_lf_end_lines_and_empty_ones_are_skipped_but_numbered)
{
	static const char text[] = "one\r\n\n\r\ntwo\n\rthree\n\n\nfour\r\r\n";
	struct slo_reader *r = reader_of_bytes(text, sizeof(text) - 1);

	expect_line(r, "one", 3, 1);
	expect_line(r, "two", 3, 4);
	expect_line(r, "\rthree", 6, 5);
	expect_line(r, "four\r", 5, 8);
	expect(r, SLO_READ_EOF);
	expect(r, SLO_READ_EOF);
	ck_assert_uint_eq(slo_reader_stats(r)->lines, 4);
	ck_assert_uint_eq(slo_reader_stats(r)->bytes, 3 + 3 + 6 + 5);
	slo_reader_close(r);
}
END_TEST

START_TEST(a_last_line_needs_no_newline)
{
	static const struct {
		const char *text, *last;
	} cases[] = { { "a\nb", "b" }, { "a\nb\r", "b" }, { "a\n\r", NULL }, { "a\n", NULL } };
	struct slo_reader *r = reader_of_bytes(cases[_i].text, strlen(cases[_i].text));

	expect_line(r, "a", 1, 1);
	if (cases[_i].last)
		expect_line(r, cases[_i].last, strlen(cases[_i].last), 2);
	expect(r, SLO_READ_EOF);
	slo_reader_close(r);
}
END_TEST

START_TEST(nul_and_invalid_utf8_are_handed_on)
{
	static const char text[] = "a\0b\n\xff\xfe\xc0\x80\n\0\n";
	struct slo_reader *r = reader_of_bytes(text, sizeof(text) - 1);

	expect_line(r, "a\0b", 3, 1);
	expect_line(r, "\xff\xfe\xc0\x80", 4, 2);
	expect_line(r, "\0", 1, 3);
	expect(r, SLO_READ_EOF);
	slo_reader_close(r);
}
END_TEST

START_TEST(nothing_in_gives_nothing_out)
{
	struct slo_reader *r = reader_of_bytes("", 0);

	expect(r, SLO_READ_EOF);
	ck_assert_uint_eq(slo_reader_stats(r)->lines, 0);
	slo_reader_close(r);
}
END_TEST

/* A line of exactly the maximum is a line, one byte more is not, however it ends. */
START_TEST(a_line_may_have_exactly_the_maximum)
{
	static const char *const ends[] = { "\n", "\r\n" };
	size_t end_len = strlen(ends[_i]), size = 2 * SLO_LINE_MAX + 64, len = 0;
	slo_autofree char *text = malloc(size);
	slo_autofree char *want = malloc(SLO_LINE_MAX);
	struct slo_reader *r;

	memset(text, 'x', size);
	memset(want, 'x', SLO_LINE_MAX);
	len += SLO_LINE_MAX;
	memcpy(text + len, ends[_i], end_len);
	len += end_len + SLO_LINE_MAX + 1;
	memcpy(text + len, ends[_i], end_len);
	len += end_len;
	memcpy(text + len, "after\n", 6);
	r = reader_of_bytes(text, len + 6);
	expect_line(r, want, SLO_LINE_MAX, 1);
	expect(r, SLO_READ_TOO_LONG);
	ck_assert_uint_eq(slo_reader_line(r), 2);
	expect_line(r, "after", 5, 3);
	expect(r, SLO_READ_EOF);
	ck_assert_uint_eq(slo_reader_stats(r)->too_long, 1);
	ck_assert_uint_eq(slo_reader_stats(r)->lines, 2);
	slo_reader_close(r);
}
END_TEST

START_TEST(an_endless_line_is_reported_once_and_ends_with_the_input)
{
	size_t len = 5 * (size_t)SLO_LINE_MAX;
	slo_autofree char *text = malloc(len);
	struct slo_reader *r;

	memset(text, 'x', len);
	r = reader_of_bytes(text, len);
	expect(r, SLO_READ_TOO_LONG);
	expect(r, SLO_READ_EOF);
	ck_assert_uint_eq(slo_reader_stats(r)->too_long, 1);
	slo_reader_close(r);
}
END_TEST

static size_t random_text(struct slo_rng *g, char *to, size_t max)
{
	static const char common[] = "ab\n\n\r\0{}";
	size_t n = slo_rng_below(g, max);

	for (size_t i = 0; i < n; i++)
		to[i] = slo_rng_below(g, 4) ? 'x' : common[slo_rng_below(g, sizeof(common) - 1)];
	return n;
}

/* Everything the reader has now must be what the naive splitter finds next. */
static int drain(struct slo_reader *r, struct naive *n)
{
	struct slo_str got = { NULL, 0 }, want = got;
	int rc;

	while ((rc = slo_reader_next(r, &got, 0)) == SLO_READ_LINE || rc == SLO_READ_TOO_LONG) {
		ck_assert_int_eq(naive_next(n, &want), rc);
		ck_assert_uint_eq(slo_reader_line(r), n->number);
		if (rc == SLO_READ_LINE)
			ck_assert(slo_str_eq(got, want));
	}
	return rc;
}

static void feed(struct slo_rng *g, int fd, struct slo_reader *r, struct naive *n, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t k = 1 + slo_rng_below(g, slo_rng_below(g, 2) ? 7 : 200);

		k = k < len - at ? k : len - at;
		ck_assert_int_eq(write(fd, text + at, k), (ssize_t)k);
		at += k;
		ck_assert_int_eq(drain(r, n), SLO_READ_TIMEOUT);
	}
}

START_TEST(lines_do_not_depend_on_how_the_bytes_were_cut)
{
	char text[2000];
	struct slo_rng g;

	slo_rng_seed(&g, 1000 + (uint64_t)_i);
	for (int round = 0; round < 50; round++) {
		size_t len = random_text(&g, text, sizeof(text)), max = 1 + slo_rng_below(&g, 40);
		struct naive n = { text, text + len, max, 0 };
		struct slo_reader *r;
		struct slo_str line;
		int fds[2];

		ck_assert_int_eq(_i ? pipe(fds) : socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		ck_assert_int_eq(slo_reader_fd(fds[0], "cut", &r), 0);
		ck_assert_int_eq(slo_reader_limit(r, max, 1 + slo_rng_below(&g, max + 2)), 0);
		feed(&g, fds[1], r, &n, text, len);
		close(fds[1]);
		ck_assert_int_eq(drain(r, &n), SLO_READ_EOF);
		ck_assert_int_eq(naive_next(&n, &line), SLO_READ_EOF);
		slo_reader_close(r);
	}
}
END_TEST

START_TEST(an_unfinished_line_waits_for_its_rest)
{
	struct slo_reader *r;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(slo_reader_fd(fds[0], "pipe", &r), 0);
	expect(r, SLO_READ_TIMEOUT);
	ck_assert_int_eq(write(fds[1], "hal", 3), 3);
	expect(r, SLO_READ_TIMEOUT);
	ck_assert_int_eq(write(fds[1], "f\nx", 3), 3);
	expect_line(r, "half", 4, 1);
	expect(r, SLO_READ_TIMEOUT);
	close(fds[1]);
	expect_line(r, "x", 1, 2);
	expect(r, SLO_READ_EOF);
	slo_reader_close(r);
}
END_TEST

static void on_alarm(int sig)
{
	(void)sig;
}

/* The timer repeats, so one signal lost before the wait begins is followed by another. */
START_TEST(a_signal_wakes_the_reader_even_with_sa_restart)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval t = { { 0, 10000 }, { 0, 10000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct slo_reader *r;
	struct slo_str line;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(slo_reader_fd(fds[0], "pipe", &r), 0);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	ck_assert_int_eq(slo_reader_next(r, &line, -1), SLO_READ_WAKE);
	setitimer(ITIMER_REAL, &off, NULL);
	slo_reader_close(r);
	close(fds[1]);
}
END_TEST

START_TEST(a_flood_without_lines_lets_the_caller_go)
{
	struct slo_reader *r;

	ck_assert_int_eq(slo_reader_open("/dev/zero", &r, NULL), 0);
	ck_assert_int_eq(slo_reader_limit(r, 100, 64), 0);
	expect(r, SLO_READ_TOO_LONG);
	expect(r, SLO_READ_WAKE);
	expect(r, SLO_READ_WAKE);
	ck_assert_uint_eq(slo_reader_stats(r)->too_long, 1);
	slo_reader_close(r);
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
	static const struct {
		const char *endpoint;
		int rc;
		const char *where, *what;
	} cases[] = {
		{ "/nonexistent/x", -ENOENT, "/nonexistent/x", "cannot open: ENOENT" },
		{ "/", -EISDIR, "/", "EISDIR" },
		{ "unix:", -EINVAL, "", "no path" },
		{ "unix-listen:", -EINVAL, "", "no path" },
		{ "", -EINVAL, "", "no path" },
		{ "unix:/nonexistent/x", -ENOENT, "/nonexistent/x", "cannot connect: ENOENT" },
		{ "unix-listen:/nonexistent/x", -ENOENT, "/nonexistent/x", "cannot bind: ENOENT" },
	};
	struct slo_reader *r = NULL;
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_reader_open(cases[_i].endpoint, &r, &err), cases[_i].rc);
	ck_assert_ptr_null(r);
	ck_assert_ptr_nonnull(strstr(err.what, cases[_i].what));
	if (cases[_i].where[0])
		ck_assert_str_eq(err.where, cases[_i].where);
}
END_TEST

START_TEST(standard_input_stays_open_after_the_reader_is_closed)
{
	struct slo_reader *r;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
	ck_assert_int_eq(write(fds[1], "x\n", 2), 2);
	ck_assert_int_eq(slo_reader_open("-", &r, NULL), 0);
	expect_line(r, "x", 1, 1);
	ck_assert_str_eq(slo_reader_name(r), "stdin");
	slo_reader_close(r);
	ck_assert_int_ne(fcntl(STDIN_FILENO, F_GETFD), -1);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("io/reader");
	TCase *t = tcase_create("reader");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, crlf_and_lf_end_lines_and_empty_ones_are_skipped_but_numbered);
	tcase_add_loop_test(t, a_last_line_needs_no_newline, 0, 4);
	tcase_add_test(t, nul_and_invalid_utf8_are_handed_on);
	tcase_add_test(t, nothing_in_gives_nothing_out);
	tcase_add_loop_test(t, a_line_may_have_exactly_the_maximum, 0, 2);
	tcase_add_test(t, an_endless_line_is_reported_once_and_ends_with_the_input);
	tcase_add_loop_test(t, lines_do_not_depend_on_how_the_bytes_were_cut, 0, 2);
	tcase_add_test(t, an_unfinished_line_waits_for_its_rest);
	tcase_add_test(t, a_signal_wakes_the_reader_even_with_sa_restart);
	tcase_add_test(t, a_flood_without_lines_lets_the_caller_go);
	tcase_add_loop_test(t, what_cannot_be_opened_says_why, 0, 7);
	tcase_add_test(t, standard_input_stays_open_after_the_reader_is_closed);
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
