/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "io/internal.h"
#include "io/testing.h"

static struct slo_reader *listen_in(const char *name)
{
	struct slo_reader *r;
	struct slo_err err = { .what = "" };

	ck_assert_msg(slo_reader_open(in_dir("unix-listen:", name), &r, &err) == 0, "%s", err.what);
	return r;
}

static int join(const char *name)
{
	int fd = slo_unix_connect(in_dir("", name), NULL);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void expect(struct slo_reader *r, const char *text, const char *client, uint64_t number)
{
	struct slo_str line;

	ck_assert_int_eq(slo_reader_next(r, &line, 0), SLO_READ_LINE);
	ck_assert_msg(slo_str_is(line, text), "got \"%.*s\"", SLO_STR_ARG(line));
	ck_assert_str_eq(slo_reader_name(r), client);
	ck_assert_uint_eq(slo_reader_line(r), number);
}

static void expect_nothing(struct slo_reader *r)
{
	struct slo_str line;

	ck_assert_int_eq(slo_reader_next(r, &line, 0), SLO_READ_TIMEOUT);
}

START_TEST(lines_of_several_clients_are_interleaved_whole)
{
	struct slo_reader *r = listen_in("s");
	int a = join("s"), b = join("s");
	char one[256], two[256];

	snprintf(one, sizeof(one), "%s#1", in_dir("", "s"));
	snprintf(two, sizeof(two), "%s#2", in_dir("", "s"));
	expect_nothing(r);
	say(a, "a1\na");
	say(b, "b1\r\n\nb");
	expect(r, "a1", one, 1);
	expect(r, "b1", two, 1);
	expect_nothing(r);
	say(b, "3\n");
	say(a, "2\n");
	expect(r, "b3", two, 3);
	expect(r, "a2", one, 2);
	expect_nothing(r);
	ck_assert_str_eq(slo_reader_name(r), in_dir("", "s"));
	ck_assert_uint_eq(slo_reader_stats(r)->clients, 2);
	close(a);
	close(b);
	slo_reader_close(r);
}
END_TEST

START_TEST(the_last_line_of_a_client_needs_no_newline)
{
	struct slo_reader *r = listen_in("s");
	int a = join("s");
	struct slo_str line;

	say(a, "whole\nlast");
	close(a);
	ck_assert_int_eq(slo_reader_next(r, &line, 1000), SLO_READ_LINE);
	ck_assert(slo_str_is(line, "whole"));
	ck_assert_int_eq(slo_reader_next(r, &line, 1000), SLO_READ_LINE);
	ck_assert(slo_str_is(line, "last"));
	expect_nothing(r); /* not the end: others may come */
	slo_reader_close(r);
}
END_TEST

START_TEST(a_busy_client_does_not_starve_another)
{
	struct slo_reader *r = listen_in("s");
	int busy = join("s"), quiet = join("s"), before = 0;
	char text[100 * 1024];
	struct slo_str line;

	memset(text, '\n', sizeof(text));
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		text[i] = 'x';
	ck_assert_int_eq(write(busy, text, sizeof(text)), (ssize_t)sizeof(text));
	say(quiet, "here\n");
	while (slo_reader_next(r, &line, 1000) == SLO_READ_LINE && !slo_str_is(line, "here"))
		before++;
	ck_assert(slo_str_is(line, "here"));
	ck_assert_int_le(before, 64 * 1024 / 2);
	close(busy);
	close(quiet);
	slo_reader_close(r);
}
END_TEST

START_TEST(thirty_two_clients_are_served_and_more_wait_their_turn)
{
	struct slo_reader *r = listen_in("s");
	int fds[SLO_READER_CLIENTS_MAX + 3], n = SLO_READER_CLIENTS_MAX, got = 0;
	struct slo_str line;

	for (int i = 0; i < n + 3; i++) {
		fds[i] = join("s");
		say(fds[i], "hello\n");
	}
	while (slo_reader_next(r, &line, 0) != SLO_READ_TIMEOUT || got == 0)
		got += slo_str_is(line, "hello");
	ck_assert_int_eq(got, n);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(slo_reader_next(r, &line, 1000), SLO_READ_LINE);
		got++;
	}
	ck_assert_uint_eq(slo_reader_stats(r)->clients, (uint64_t)n + 3);
	ck_assert_uint_eq(slo_reader_stats(r)->refused_clients, 0);
	for (int i = 3; i < n + 3; i++)
		close(fds[i]);
	slo_reader_close(r);
}
END_TEST

START_TEST(a_client_is_turned_away_when_descriptors_run_out)
{
	struct slo_reader *r = listen_in("s");
	int a = join("s"), b = join("s");
	struct rlimit old, few;
	struct slo_str line;
	char c;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = (rlim_t)b + 1; /* none beyond those in use */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	say(a, "a\n");
	ck_assert_int_eq(slo_reader_next(r, &line, 0), SLO_READ_TIMEOUT);
	ck_assert_uint_eq(slo_reader_stats(r)->refused_clients, 2);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	ck_assert_int_le(read(b, &c, 1), 0);
	close(a);
	close(b);
	a = join("s");
	say(a, "again\n");
	ck_assert_int_eq(slo_reader_next(r, &line, 1000), SLO_READ_LINE);
	ck_assert_uint_eq(slo_reader_stats(r)->clients, 1);
	close(a);
	slo_reader_close(r);
}
END_TEST

START_TEST(the_socket_is_for_owner_and_group_and_goes_away_on_close)
{
	mode_t old = umask(0);
	struct slo_reader *r = listen_in("s");
	struct stat st;

	umask(old);
	ck_assert_int_eq(stat(in_dir("", "s"), &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_int_eq(st.st_mode & 07777, 0660);
	slo_reader_close(r);
	ck_assert_int_eq(stat(in_dir("", "s"), &st), -1);
}
END_TEST

START_TEST(a_stale_socket_is_replaced_and_a_successors_is_left_alone)
{
	struct slo_reader *first = listen_in("s"), *second = NULL;
	struct slo_err err = { .what = "" };
	struct stat st;

	ck_assert_int_eq(slo_reader_open(in_dir("unix-listen:", "s"), &second, &err), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.what, "another process listens"));
	/* What a crash leaves: the file of a socket that no longer listens. */
	ck_assert_int_eq(rename(in_dir("", "s"), in_dir("", "moved")), 0);
	slo_reader_close(first);
	ck_assert_int_eq(stat(in_dir("", "moved"), &st), 0);
	ck_assert_int_eq(rename(in_dir("", "moved"), in_dir("", "s")), 0);
	second = listen_in("s");
	close(join("s"));
	/* Replaced behind its back: closing must not remove the new one. */
	ck_assert_int_eq(unlink(in_dir("", "s")), 0);
	first = listen_in("s");
	slo_reader_close(second);
	close(join("s"));
	slo_reader_close(first);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_never_replaced)
{
	struct slo_reader *r = NULL;
	struct slo_err err = { .what = "" };
	struct stat st;
	int fd = open(in_dir("", "f"), O_CREAT | O_WRONLY, 0600);

	say(fd, "precious");
	close(fd);
	ck_assert_int_eq(slo_reader_open(in_dir("unix-listen:", "f"), &r, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.what, "not a socket"));
	ck_assert_str_eq(err.where, in_dir("", "f"));
	ck_assert_int_eq(stat(in_dir("", "f"), &st), 0);
	ck_assert_int_eq(st.st_size, 8);
}
END_TEST

START_TEST(too_long_a_socket_path_is_an_error_not_a_cut)
{
	char path[300] = "unix-listen:/tmp/";
	struct slo_reader *r = NULL;
	struct slo_err err = { .what = "" };

	memset(path + strlen(path), 'x', 150);
	ck_assert_int_eq(slo_reader_open(path, &r, &err), -ENAMETOOLONG);
	ck_assert_ptr_nonnull(strstr(err.what, "107"));
}
END_TEST

START_TEST(a_reader_can_be_a_client_too)
{
	struct slo_writer *w;
	struct slo_reader *r;
	struct slo_str line;

	ck_assert_int_eq(slo_writer_open(in_dir("unix-listen:", "w"), NULL, &w, NULL), 0);
	ck_assert_int_eq(slo_reader_open(in_dir("unix:", "w"), &r, NULL), 0);
	ck_assert_int_eq(slo_writer_line(w, slo_str("over the wire\n"), SLO_WRITE_WINDOW), 0);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	ck_assert_int_eq(slo_reader_next(r, &line, 1000), SLO_READ_LINE);
	ck_assert(slo_str_is(line, "over the wire"));
	ck_assert_int_eq(slo_reader_next(r, &line, 1000), SLO_READ_EOF);
	slo_reader_close(r);
}
END_TEST

START_TEST(too_long_lines_are_counted_for_each_client)
{
	struct slo_reader_stats st = { 0 };
	struct slo_str line;
	struct slo_hub *h;
	int a, b;

	ck_assert_int_eq(slo_hub_open(in_dir("", "s"), 4, &h, NULL), 0);
	a = join("s");
	b = join("s");
	ck_assert_int_eq(slo_hub_next(h, &line, 0, &st), SLO_READ_TIMEOUT);
	ck_assert_uint_eq(st.clients, 2);
	say(a, "12345\n12");
	say(b, "1234\n123456789");
	ck_assert_int_eq(slo_hub_next(h, &line, 0, &st), SLO_READ_TOO_LONG);
	ck_assert_int_eq(slo_hub_next(h, &line, 0, &st), SLO_READ_LINE);
	ck_assert(slo_str_is(line, "1234"));
	ck_assert_int_eq(slo_hub_next(h, &line, 0, &st), SLO_READ_TOO_LONG);
	say(a, "34\n");
	ck_assert_int_eq(slo_hub_next(h, &line, 0, &st), SLO_READ_LINE);
	ck_assert(slo_str_is(line, "1234"));
	ck_assert_int_eq(slo_hub_next(h, &line, 0, &st), SLO_READ_TIMEOUT);
	close(a);
	close(b);
	slo_hub_free(h);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("io/reader_sock");
	TCase *t = tcase_create("reader_sock");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, make_test_dir, remove_test_dir);
	tcase_add_test(t, lines_of_several_clients_are_interleaved_whole);
	tcase_add_test(t, the_last_line_of_a_client_needs_no_newline);
	tcase_add_test(t, a_busy_client_does_not_starve_another);
	tcase_add_test(t, thirty_two_clients_are_served_and_more_wait_their_turn);
	tcase_add_test(t, a_client_is_turned_away_when_descriptors_run_out);
	tcase_add_test(t, the_socket_is_for_owner_and_group_and_goes_away_on_close);
	tcase_add_test(t, a_stale_socket_is_replaced_and_a_successors_is_left_alone);
	tcase_add_test(t, a_file_that_is_no_socket_is_never_replaced);
	tcase_add_test(t, too_long_a_socket_path_is_an_error_not_a_cut);
	tcase_add_test(t, a_reader_can_be_a_client_too);
	tcase_add_test(t, too_long_lines_are_counted_for_each_client);
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
