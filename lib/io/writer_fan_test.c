/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "io/internal.h"
#include "io/testing_writer.h"

static size_t line_len = 40; /* of every line, its end included */

/* What arrives at the other end of a queue: whole lines, in order, counted by class. */
struct arrivals {
	char part[512];
	size_t part_len;
	uint64_t count[SLO_WRITE_CLASS__COUNT];
	int last;
};

static void arrive(struct arrivals *a, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int id;

		/* Check notes every assertion in a file: too slow for every byte. */
		if (a->part_len >= sizeof(a->part) - 1)
			ck_abort_msg("a line without an end");
		a->part[a->part_len++] = p[i];
		if (p[i] != '\n')
			continue;
		a->part[a->part_len] = '\0';
		ck_assert_uint_eq(a->part_len, line_len);
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
	char line[512];

	snprintf(line, sizeof(line), "%c%08d %0*d\n", class == SLO_WRITE_WINDOW ? 'w' : 'e', id, (int)line_len - 11, 0);
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

/*
 * Hide /proc while the writer is opened: the pipe cannot be opened again. Long
 * lines, because a write that gathers more than PIPE_BUF would block.
 */
START_TEST(a_slow_reader_never_blocks_the_writer_without_proc_either)
{
	struct slo_writer_opts o = { .queued = true, .queue_bytes = QUEUE };
	struct slo_writer *w;
	int fds[2];

	if (!private_tmpfs("/proc", "size=4k"))
		return;
	line_len = 400;
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

static Suite *suite(void)
{
	Suite *s = suite_create("io/writer_fan");
	TCase *t = tcase_create("writer_fan");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, make_test_dir, remove_test_dir);
	tcase_add_loop_test(t, a_slow_reader_of_a_pipe_never_blocks_the_writer, 0, 2);
	tcase_add_test(t, a_slow_reader_of_a_socket_never_blocks_the_writer);
	tcase_add_test(t, a_slow_reader_never_blocks_the_writer_without_proc_either);
	tcase_add_loop_test(t, others_who_share_a_pipe_keep_their_blocking_writes, 0, 2);
	tcase_add_test(t, a_queued_regular_file_gets_everything);
	tcase_add_test(t, a_slow_client_costs_a_fast_one_nothing);
	tcase_add_test(t, lines_wait_for_the_first_client);
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
