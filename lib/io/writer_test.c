/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "io/internal.h"
#include "io/testing.h"

static void expect_file(const char *path, const char *want)
{
	struct slo_err err = { .what = "" };
	char *got = NULL;
	size_t len;

	ck_assert_msg(slo_file_read(path, 1 << 20, &got, &len, &err) == 0, "%s: %s", err.where, err.what);
	ck_assert_str_eq(got, want);
	free(got);
}

static struct slo_writer *open_writer(const char *endpoint, struct slo_writer_opts o)
{
	struct slo_err err = { .what = "" };
	struct slo_writer *w = NULL;

	ck_assert_msg(slo_writer_open(endpoint, &o, &w, &err) == 0, "%s: %s", err.where, err.what);
	return w;
}

static int put(struct slo_writer *w, const char *text)
{
	return slo_writer_line(w, slo_str(text), SLO_WRITE_WINDOW);
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

/* In a mount namespace of our own, so that nothing is left behind. */
static bool private_tmpfs(const char *dir, const char *opts)
{
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", dir, "tmpfs", 0, opts) == 0)
		return true;
	printf("SKIP: no private mount: %s\n", slo_strerror(-errno));
	return false;
}

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

/* What arrives at the other end of a queue: whole lines, in order, counted by class. */
struct arrivals {
	char part[64];
	size_t part_len;
	uint64_t count[SLO_WRITE_CLASS__COUNT];
	int last;
};

static void arrive(struct arrivals *a, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int id;

		ck_assert_uint_lt(a->part_len, sizeof(a->part) - 1);
		a->part[a->part_len++] = p[i];
		if (p[i] != '\n')
			continue;
		a->part[a->part_len] = '\0';
		ck_assert_uint_eq(a->part_len, 40);
		ck_assert(a->part[0] == 'w' || a->part[0] == 'e');
		id = atoi(a->part + 1);
		ck_assert_int_gt(id, a->last);
		a->last = id;
		a->count[a->part[0] == 'w' ? SLO_WRITE_WINDOW : SLO_WRITE_EXEMPLAR]++;
		a->part_len = 0;
	}
}

/* Take at most @max bytes that are there. */
static bool take(int fd, struct arrivals *a, size_t max)
{
	char buf[8192];
	ssize_t n;

	if (slo_wait(fd, POLLIN, 0) != 0)
		return false;
	n = read(fd, buf, max < sizeof(buf) ? max : sizeof(buf));
	if (n > 0)
		arrive(a, buf, (size_t)n);
	return n > 0;
}

static enum slo_write_class push(struct slo_writer *w, int id)
{
	enum slo_write_class class = id % 5 == 0 ? SLO_WRITE_WINDOW : SLO_WRITE_EXEMPLAR;
	char line[64];

	snprintf(line, sizeof(line), "%c%08d %029d\n", class == SLO_WRITE_WINDOW ? 'w' : 'e', id, 0);
	ck_assert_int_eq(slo_writer_line(w, slo_str(line), class), 0);
	return class;
}

enum { MANY = 20000, QUEUE = 128 << 10 };

/* Nobody reads, then somebody reads slowly, then everything: the sums must come out exactly. */
static void starve(struct slo_writer *w, int fd)
{
	const struct slo_writer_stats *st = slo_writer_stats(w);
	struct arrivals a = { .last = 0 };
	uint64_t sent[SLO_WRITE_CLASS__COUNT] = { 0 };

	for (int id = 1; id <= MANY; id++) {
		sent[push(w, id)]++;
		if (id > MANY / 2 && id % 50 == 0)
			take(fd, &a, 777);
	}
	ck_assert_uint_gt(st->dropped[SLO_WRITE_EXEMPLAR], 0);
	while (st->pending > 0) {
		ck_assert_int_eq(slo_writer_pump(w), 0);
		take(fd, &a, 5000);
	}
	while (take(fd, &a, 5000))
		;
	ck_assert_uint_eq(a.part_len, 0);
	ck_assert_uint_eq(st->lines, MANY);
	ck_assert_int_eq(a.last, MANY); /* the newest window is the last to go */
	for (int c = 0; c < SLO_WRITE_CLASS__COUNT; c++)
		ck_assert_uint_eq(sent[c], a.count[c] + st->dropped[c]);
}

START_TEST(a_slow_reader_of_a_pipe_never_blocks_the_writer)
{
	struct slo_writer_opts o = { .queued = true, .queue_bytes = QUEUE, .streaming = _i };
	struct slo_writer *w;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(slo_writer_fd(fds[1], "pipe", &o, &w), 0);
	starve(w, fds[0]);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	close(fds[0]);
}
END_TEST

START_TEST(a_slow_reader_of_a_socket_never_blocks_the_writer)
{
	struct slo_writer_opts o = { .queued = true, .queue_bytes = QUEUE };
	struct slo_writer *w;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(slo_writer_fd(fds[1], "socket", &o, &w), 0);
	starve(w, fds[0]);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	close(fds[0]);
}
END_TEST

/* Hide /proc while the writer is opened: the pipe cannot be opened again. */
START_TEST(a_slow_reader_never_blocks_the_writer_without_proc_either)
{
	struct slo_writer_opts o = { .queued = true, .queue_bytes = QUEUE };
	struct slo_writer *w;
	int fds[2];

	if (!private_tmpfs("/proc", "size=4k"))
		return;
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(slo_writer_fd(fds[1], "pipe", &o, &w), 0);
	ck_assert_int_eq(umount2("/proc", MNT_DETACH), 0);
	ck_assert_int_ne(fcntl(fds[1], F_GETFD), -1); /* written as it is */
	starve(w, fds[0]);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	close(fds[0]);
}
END_TEST

START_TEST(others_who_share_a_pipe_keep_their_blocking_writes)
{
	struct slo_writer_opts o = { .queued = true };
	struct slo_writer *w;
	int fds[2];

	ck_assert_int_eq(_i ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe(fds), 0);
	ck_assert_int_eq(slo_writer_fd(dup(fds[1]), "out", &o, &w), 0);
	ck_assert_int_eq(put(w, "x\n"), 0);
	ck_assert_int_eq(slo_writer_flush(w, 0), 0);
	ck_assert_int_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(a_queued_regular_file_gets_everything)
{
	const char *path = in_dir("", "f");
	struct slo_writer *w = open_writer(path, (struct slo_writer_opts){ .queued = true, .queue_bytes = 4096 });
	struct arrivals a = { .last = 0 };
	int fd = open(path, O_RDONLY);

	for (int id = 1; id <= 3000; id++)
		push(w, id);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	while (take(fd, &a, 4096))
		;
	ck_assert_uint_eq(a.count[0] + a.count[1], 3000);
	close(fd);
}
END_TEST

static int join(void)
{
	int fd = slo_unix_connect(in_dir("", "s"), NULL);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(a_slow_client_costs_a_fast_one_nothing)
{
	struct slo_writer *w = open_writer(in_dir("unix-listen:", "s"), (struct slo_writer_opts){ .queue_bytes = QUEUE });
	const struct slo_writer_stats *st = slo_writer_stats(w);
	struct arrivals fast = { .last = 0 }, slow = { .last = 0 };
	int a = join(), b = join();

	ck_assert_int_eq(slo_writer_pump(w), 0);
	ck_assert_uint_eq(st->clients, 2);
	for (int id = 1; id <= MANY; id++) {
		push(w, id);
		ck_assert_int_eq(slo_writer_pump(w), 0);
		while (take(a, &fast, 8192))
			;
	}
	ck_assert_uint_eq(fast.count[0] + fast.count[1], MANY);
	ck_assert_uint_gt(st->dropped[SLO_WRITE_EXEMPLAR], 0);
	while (st->pending > 0) {
		take(b, &slow, 8192);
		ck_assert_int_eq(slo_writer_pump(w), 0);
	}
	while (take(b, &slow, 8192))
		;
	ck_assert_uint_eq(2 * st->lines, fast.count[0] + fast.count[1] + slow.count[0] + slow.count[1] +
					 st->dropped[0] + st->dropped[1]);
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	close(a);
	close(b);
}
END_TEST

START_TEST(lines_wait_for_the_first_client)
{
	struct slo_writer *w = open_writer(in_dir("unix-listen:", "s"), (struct slo_writer_opts){ .streaming = true });
	const struct slo_writer_stats *st = slo_writer_stats(w);
	struct arrivals x = { .last = 0 };
	int a;

	for (int id = 1; id <= 10; id++)
		push(w, id);
	ck_assert_uint_eq(st->pending, 10);
	a = join();
	ck_assert_int_eq(slo_writer_pump(w), 0);
	ck_assert_uint_eq(st->pending, 0);
	take(a, &x, 8192);
	ck_assert_uint_eq(x.count[0] + x.count[1], 10);
	close(a);
	/* The next line finds nobody and is lost with its client; the one after waits for another. */
	push(w, 11);
	ck_assert_uint_eq(st->dropped[SLO_WRITE_EXEMPLAR], 1);
	push(w, 12);
	ck_assert_uint_eq(st->pending, 1);
	a = join();
	x.last = 11;
	ck_assert_int_eq(slo_writer_close(w, NULL), 0);
	take(a, &x, 8192);
	ck_assert_int_eq(x.last, 12);
	close(a);
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
	tcase_add_loop_test(t, a_slow_reader_of_a_pipe_never_blocks_the_writer, 0, 2);
	tcase_add_test(t, a_slow_reader_of_a_socket_never_blocks_the_writer);
	tcase_add_test(t, a_slow_reader_never_blocks_the_writer_without_proc_either);
	tcase_add_loop_test(t, others_who_share_a_pipe_keep_their_blocking_writes, 0, 2);
	tcase_add_test(t, a_queued_regular_file_gets_everything);
	tcase_add_test(t, a_slow_client_costs_a_fast_one_nothing);
	tcase_add_test(t, lines_wait_for_the_first_client);
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
