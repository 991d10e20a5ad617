/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "io/internal.h"
#include "io/testing_writer.h"

static void expect_file(const char *path, const char *want)
{
	struct slo_err err = { .what = "" };
	char *got = NULL;
	size_t len;

	ck_assert_msg(slo_file_read(path, 1 << 20, &got, &len, &err) == 0, "%s: %s", err.where, err.what);
	ck_assert_str_eq(got, want);
	free(got);
}

START_TEST(a_file_is_replaced_or_appended_to_and_its_directories_are_made)
{
	const char *path = in_dir("", "a/b//c");

	for (int i = 0; i < 3; i++) {
		struct slo_writer *w = open_writer(path, (struct slo_writer_opts){ .append = i == 2 });

		ck_assert_int_eq(put(w, "one\n"), 0);
		ck_assert_int_eq(put(w, i == 2 ? "three" : "two"), 0);
		ck_assert_uint_eq(slo_writer_stats(w)->lines, 2);
		expect_file(path, i == 2 ? "one\ntwo\n" : "");
		ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	}
	expect_file(path, "one\ntwo\none\nthree\n");
}
END_TEST

START_TEST(streaming_writes_each_line_at_once)
{
	const char *path = in_dir("", "f");
	struct slo_writer *w = open_writer(path, (struct slo_writer_opts){ .streaming = true });

	ck_assert_int_eq(put(w, "one\n"), 0);
	expect_file(path, "one\n");
	ck_assert_int_eq(put(w, "two\n"), 0);
	expect_file(path, "one\ntwo\n");
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
}
END_TEST

START_TEST(flush_writes_what_is_buffered)
{
	const char *path = in_dir("", "f");
	struct slo_writer *w = open_writer(path, (struct slo_writer_opts){ .streaming = false });

	ck_assert_int_eq(put(w, "one\n"), 0);
	expect_file(path, "");
	ck_assert_int_eq(slo_writer_flush(w, 0), 0);
	expect_file(path, "one\n");
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
}
END_TEST

/* Lines of all sizes around the buffer's; what is in the file at any time is whole lines. */
START_TEST(every_write_ends_with_a_line)
{
	const char *path = in_dir("", "f");
	struct slo_writer *w = open_writer(path, (struct slo_writer_opts){ .streaming = false });
	static char line[300 << 10];
	size_t total = 0;
	struct stat st;
	int fd = open(path, O_RDONLY);

	for (size_t n = 1; n < sizeof(line); n = n * 2 + 1) {
		char last = '\n';

		memset(line, 'x', n);
		ck_assert_int_eq(slo_writer_line(w, slo_str_n(line, n), SLO_WRITE_WINDOW), 0);
		total += n + 1;
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert(st.st_size == 0 || pread(fd, &last, 1, st.st_size - 1) == 1);
		ck_assert_int_eq(last, '\n');
	}
	close(fd);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq((size_t)st.st_size, total);
}
END_TEST

static void expect_full(const char *path, bool streaming)
{
	struct slo_writer *w = open_writer(path, (struct slo_writer_opts){ .streaming = streaming });
	struct slo_err err = { .what = "" };
	char line[1001];
	int rc = 0;

	memset(line, 'x', sizeof(line));
	line[1000] = '\0';
	for (int i = 0; i < 1000 && rc == 0; i++)
		rc = put(w, line);
	ck_assert_int_eq(rc, -ENOSPC);
	ck_assert_int_eq(put(w, "more\n"), -ENOSPC);
	ck_assert_int_eq(slo_writer_flush(w, 0), -ENOSPC);
	ck_assert_int_eq(slo_writer_close(w, &err), -ENOSPC);
	ck_assert_str_eq(err.where, path);
	ck_assert_str_eq(err.what, "cannot write: ENOSPC: No space left on device");
}

START_TEST(a_full_device_is_an_error_that_stays)
{
	expect_full("/dev/full", _i);
}
END_TEST

START_TEST(an_error_found_only_by_the_last_flush_is_reported_by_close)
{
	struct slo_writer *w = open_writer("/dev/full", (struct slo_writer_opts){ .streaming = false });

	ck_assert_int_eq(put(w, "x\n"), 0);
	ck_assert_int_eq(slo_writer_close(w, NULL), -ENOSPC);
}
END_TEST

START_TEST(a_full_file_system_is_an_error_that_stays)
{
	if (!private_tmpfs(test_dir, "size=256k"))
		return;
	expect_full(in_dir("", "f"), _i);
	umount2(test_dir, MNT_DETACH);
}
END_TEST

START_TEST(a_reader_that_went_away_is_epipe)
{
	struct slo_writer_opts o = { .streaming = _i & 1, .queued = _i & 2 };
	struct slo_writer *w;
	struct slo_err err = { .what = "" };
	int fds[2];

	/* Sockets must not even raise the signal; for pipes tools ignore it. */
	if (_i & 4) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	} else {
		signal(SIGPIPE, SIG_IGN);
		ck_assert_int_eq(pipe(fds), 0);
	}
	ck_assert_int_eq(slo_writer_fd(fds[1], "out", &o, &w), 0);
	close(fds[0]);
	put(w, "x\n");
	ck_assert_int_eq(slo_writer_flush(w, 0), -EPIPE);
	ck_assert_int_eq(put(w, "y\n"), -EPIPE);
	ck_assert_int_eq(slo_writer_pump(w), -EPIPE);
	ck_assert_uint_eq(slo_writer_stats(w)->lines, 1);
	ck_assert_uint_eq(slo_writer_stats(w)->pending, 0);
	ck_assert_int_eq(slo_writer_close(w, &err), -EPIPE);
	ck_assert_str_eq(err.where, "out");
}
END_TEST

START_TEST(a_writer_can_be_a_client_too)
{
	struct slo_reader *r;
	struct slo_writer *w;
	struct slo_str line;

	ck_assert_int_eq(slo_reader_open(in_dir("unix-listen:", "s"), &r, NULL), 0);
	w = open_writer(in_dir("unix:", "s"), (struct slo_writer_opts){ .queued = _i });
	ck_assert_int_eq(put(w, "hello"), 0);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	ck_assert_int_eq(slo_reader_next(r, &line, 1000), SLO_READ_LINE);
	ck_assert(slo_str_is(line, "hello"));
	slo_reader_close(r);
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
	static const struct {
		const char *endpoint;
		int rc;
		const char *what;
	} cases[] = {
		{ "/dev/null/x", -ENOTDIR, "ENOTDIR" },
		{ "/", -EISDIR, "cannot open: EISDIR" },
		{ "unix:/nonexistent/x", -ENOENT, "cannot connect: ENOENT" },
		{ "unix-listen:/dev/null", -EEXIST, "not a socket" },
		{ "", -EINVAL, "no path" },
	};
	struct slo_writer *w = NULL;
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_writer_open(cases[_i].endpoint, NULL, &w, &err), cases[_i].rc);
	ck_assert_ptr_null(w);
	ck_assert_msg(strstr(err.what, cases[_i].what) != NULL, "%s", err.what);
}
END_TEST

START_TEST(standard_output_stays_open_after_the_writer_is_closed)
{
	struct slo_writer *w;
	int saved = dup(STDOUT_FILENO), fds[2];
	char got[8] = "";

	ck_assert_int_eq(pipe(fds), 0);
	fflush(stdout);
	ck_assert_int_eq(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
	w = open_writer("-", (struct slo_writer_opts){ .queued = _i });
	ck_assert_int_eq(put(w, "x\n"), 0);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	ck_assert_int_ne(fcntl(STDOUT_FILENO, F_GETFD), -1);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	ck_assert_int_eq(read(fds[0], got, sizeof(got)), 2);
	ck_assert_str_eq(got, "x\n");
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("io/writer");
	TCase *t = tcase_create("writer");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, make_test_dir, remove_test_dir);
	tcase_add_test(t, a_file_is_replaced_or_appended_to_and_its_directories_are_made);
	tcase_add_test(t, streaming_writes_each_line_at_once);
	tcase_add_test(t, flush_writes_what_is_buffered);
	tcase_add_test(t, every_write_ends_with_a_line);
	tcase_add_loop_test(t, a_full_device_is_an_error_that_stays, 0, 2);
	tcase_add_test(t, an_error_found_only_by_the_last_flush_is_reported_by_close);
	tcase_add_loop_test(t, a_full_file_system_is_an_error_that_stays, 0, 2);
	tcase_add_loop_test(t, a_reader_that_went_away_is_epipe, 0, 8);
	tcase_add_loop_test(t, a_writer_can_be_a_client_too, 0, 2);
	tcase_add_loop_test(t, what_cannot_be_opened_says_why, 0, 5);
	tcase_add_loop_test(t, standard_output_stays_open_after_the_writer_is_closed, 0, 2);
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
