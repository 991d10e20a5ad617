/* SPDX-License-Identifier: MIT */
/*
 * What a spool promises. The calls that make a message durable are watched by definitions of our own, which the
 * linker prefers to the C library's: a kill cannot show whether something was synced, only a power cut could.
 */
#include "io/spool.h"

#include "base/time.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000 };

static char calls[4096];
static int fail_fsync, fail_rename; /* the how-manieth call from now on fails; 0 = none */
static char dir[64];
static struct slo_spool *s;
static struct slo_err err;

static void note(const char *what, int fd)
{
	char link[64], path[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), "%s(%s) ", what,
		 strcmp(path, dir) == 0 ? "dir" : strstr(path, "tmp-") ? "tmp" : strstr(path, "dead") ? "dead" : "?");
}

int fsync(int fd)
{
	note("fsync", fd);
	if (fail_fsync && --fail_fsync == 0) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int renameat(int from, const char *a, int to, const char *b)
{
	note("rename", to);
	if (fail_rename && --fail_rename == 0) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from, a, to, b, 0);
}

static void open_spool(const struct slo_spool_opts *more)
{
	struct slo_spool_opts o = more ? *more : (struct slo_spool_opts){ .dir = NULL };

	o.dir = dir;
	slo_err_reset(&err);
	ck_assert_msg(slo_spool_open(&o, &s, &err) == 0, "%s", err.what);
}

static void start(const struct slo_spool_opts *more)
{
	strcpy(dir, "/tmp/slo-spool.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	open_spool(more);
	calls[0] = '\0';
}

static void stop(void)
{
	char command[128];

	slo_spool_close(s);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static int put(const char *key, const char *id, const char *body, int64_t now_ns)
{
	struct slo_spool_message m = { .tag = "t", .body = slo_str(body) };

	slo_str_copy(m.id, sizeof(m.id), slo_str(id));
	slo_err_reset(&err);
	return slo_spool_put(s, &m, slo_str(key), now_ns, &err);
}

/* Ids in order, blanks between. */
static const char *ids(enum slo_spool_where w)
{
	static char text[4096];
	struct slo_spool_entry *list;
	struct slo_spool_message m;
	struct slo_buf b;
	size_t n;

	text[0] = '\0';
	slo_buf_init(&b, 4 << 20);
	ck_assert_int_eq(slo_spool_list(s, w, &list, &n), 0);
	for (size_t i = 0; i < n; i++) {
		int r = slo_spool_read(s, w, list[i].name, &b, &m);

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 r == 0 ? m.id : r == -EBADMSG ? "(damaged)" : "(?)");
	}
	free(list);
	slo_buf_fini(&b);
	return text;
}

static char *first_name(enum slo_spool_where w)
{
	static char name[SLO_SPOOL_NAME_MAX];
	struct slo_spool_entry *list;
	size_t n;

	ck_assert_int_eq(slo_spool_list(s, w, &list, &n), 0);
	ck_assert_uint_gt(n, 0);
	strcpy(name, list[0].name);
	free(list);
	return name;
}

START_TEST(a_message_is_synced_renamed_and_its_directory_synced_in_this_order)
{
	start(NULL);
	ck_assert_int_eq(put("k", "a", "body", SECOND), 0);
	ck_assert_str_eq(calls, "fsync(tmp) rename(dir) fsync(dir) ");
	calls[0] = '\0';
	ck_assert_int_eq(slo_spool_bury(s, first_name(SLO_SPOOL_WAITING), 400, "no", SECOND), 0);
	ck_assert_str_eq(calls, "fsync(tmp) rename(dir) fsync(dir) rename(dead) fsync(dead) fsync(dir) ");
	calls[0] = '\0';
	ck_assert_int_eq(slo_spool_revive(s, first_name(SLO_SPOOL_DEAD)), 0);
	ck_assert_str_eq(calls, "rename(dir) fsync(dir) fsync(dead) ");
	stop();
}
END_TEST

START_TEST(what_could_not_be_made_durable_leaves_no_trace)
{
	start(NULL);
	fail_fsync = _i == 0 ? 1 : _i == 1 ? 2 : 0;
	fail_rename = _i == 2;
	ck_assert_int_eq(put("k", "a", "body", SECOND), -EIO);
	ck_assert_ptr_nonnull(strstr(err.what, "cannot keep a message: EIO"));
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "");
	ck_assert_int_eq(put("k", "b", "body", SECOND), 0);
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "b");
	stop();
}
END_TEST

START_TEST(messages_are_listed_as_they_came_even_if_the_clock_is_set_back)
{
	start(NULL);
	put("k", "a", "1", 50 * INT64_C(1000000000));
	put("k", "b", "2", 40 * INT64_C(1000000000));
	put("j", "c", "3", 60 * INT64_C(1000000000));
	slo_spool_close(s);
	open_spool(NULL);
	put("k", "d", "4", 10 * INT64_C(1000000000));
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "a b c d");
	stop();
}
END_TEST

START_TEST(a_message_comes_back_as_it_was_put)
{
	static char body[200000];
	struct slo_spool_message m;
	struct slo_buf b;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)(i * 7);
	start(NULL);
	m = (struct slo_spool_message){ .id = "msg_1", .tag = "trigger", .body = slo_str_n(body, sizeof(body)) };
	ck_assert_int_eq(slo_spool_put(s, &m, slo_str("inc\n1"), SECOND, NULL), 0);
	slo_buf_init(&b, 1 << 20);
	ck_assert_int_eq(slo_spool_read(s, SLO_SPOOL_WAITING, first_name(SLO_SPOOL_WAITING), &b, &m), 0);
	ck_assert_str_eq(m.id, "msg_1");
	ck_assert_str_eq(m.tag, "trigger");
	ck_assert_str_eq(m.key, "inc?1");
	ck_assert_int_eq(m.time_ns, SECOND);
	ck_assert_uint_eq(m.body.len, sizeof(body));
	ck_assert_mem_eq(m.body.p, body, sizeof(body));
	slo_buf_fini(&b);
	stop();
}
END_TEST

START_TEST(a_dead_one_has_status_and_reason_and_can_be_revived)
{
	struct slo_spool_message m;
	struct slo_buf b;
	char name[SLO_SPOOL_NAME_MAX];

	start(NULL);
	put("k", "a", "1", SECOND);
	put("k", "b", "2", SECOND);
	strcpy(name, first_name(SLO_SPOOL_WAITING));
	ck_assert_int_eq(slo_spool_bury(s, name, 410, "HTTP 410:\ngone", 7), 0);
	ck_assert_int_eq(slo_spool_bury(s, name, 410, "twice", 7), 0);
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "b");
	ck_assert_str_eq(ids(SLO_SPOOL_DEAD), "a");
	slo_buf_init(&b, 1 << 20);
	ck_assert_int_eq(slo_spool_read(s, SLO_SPOOL_DEAD, name, &b, &m), 0);
	ck_assert_int_eq(m.status, 410);
	ck_assert_str_eq(m.reason, "HTTP 410:?gone");
	ck_assert_int_eq(m.dead_ns, 7);
	ck_assert_str_eq(m.key, "k");
	ck_assert_int_eq(slo_spool_revive(s, name), 0);
	ck_assert_int_eq(slo_spool_revive(s, name), -ENOENT);
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "a b");
	ck_assert_str_eq(ids(SLO_SPOOL_DEAD), "");
	slo_buf_fini(&b);
	stop();
}
END_TEST

START_TEST(where_a_new_one_does_not_fit_the_oldest_go_aside)
{
	struct slo_spool_opts few = { .messages_max = 3 }, small = { .bytes_max = 20000 };
	struct slo_spool_stats st;
	char id[16];

	start(_i ? &small : &few);
	for (int i = 0; i < 8; i++) {
		static char big[5001];

		memset(big, 'x', sizeof(big) - 1);
		snprintf(id, sizeof(id), "m%d", i);
		ck_assert_int_eq(put("k", id, _i ? big : "1", SECOND + i), 0);
	}
	slo_spool_stats(s, &st);
	/* 5 KB and its head each, and room for the largest head there could be: three. */
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "m5 m6 m7");
	ck_assert_uint_eq(st.pushed_out, 5);
	/* The dead have the same bounds. */
	ck_assert_str_eq(ids(SLO_SPOOL_DEAD), "m2 m3 m4");
	ck_assert_uint_eq(st.dead_dropped, 2);
	stop();
}
END_TEST

START_TEST(what_is_expendable_goes_aside_before_the_oldest)
{
	const struct slo_spool_opts o = { .messages_max = 4, .expendable_key = slo_spool_key(slo_str("soft")) };
	static const char *const keys[] = { "k", "soft", "k", "soft", "k", "k", "k" };
	char id[16];

	start(&o);
	for (size_t i = 0; i < SLO_ARRAY_LEN(keys); i++) {
		snprintf(id, sizeof(id), "m%zu", i);
		ck_assert_int_eq(put(keys[i], id, "1", SECOND + (int64_t)i), 0);
	}
	/* m1 and m3, then the oldest; those that stay keep their order. */
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "m2 m4 m5 m6");
	stop();
}
END_TEST

START_TEST(old_ones_are_put_aside_and_count_anew_when_revived)
{
	struct slo_spool_opts o = { .age_ns = 100 * INT64_C(1000000000) };
	struct timespec past[2] = { { .tv_sec = time(NULL) - 200 }, { .tv_sec = time(NULL) - 200 } };
	char path[256];

	start(&o);
	put("k", "a", "1", SECOND);
	snprintf(path, sizeof(path), "%s/%s", dir, first_name(SLO_SPOOL_WAITING));
	ck_assert_int_eq(utimensat(AT_FDCWD, path, past, 0), 0);
	put("k", "b", "2", SECOND);
	ck_assert_int_eq(slo_spool_expire(s, slo_now_wall_ns()), 1);
	ck_assert_str_eq(ids(SLO_SPOOL_DEAD), "a");
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "b");
	ck_assert_int_eq(slo_spool_revive(s, first_name(SLO_SPOOL_DEAD)), 0);
	ck_assert_int_eq(slo_spool_expire(s, slo_now_wall_ns()), 0);
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "a b");
	stop();
}
END_TEST

START_TEST(a_damaged_file_is_told_and_put_aside_whole)
{
	struct slo_spool_stats st;
	char path[256];
	FILE *f;

	start(NULL);
	put("k", "a", "the body", SECOND);
	snprintf(path, sizeof(path), "%s/%s", dir, first_name(SLO_SPOOL_WAITING));
	if (_i == 0)
		ck_assert_int_eq(truncate(path, 60), 0);
	else {
		f = fopen(path, "r+");
		fseek(f, -1, SEEK_END);
		fputc('Y', f);
		fclose(f);
	}
	ck_assert_str_eq(ids(SLO_SPOOL_WAITING), "(damaged)");
	ck_assert_int_eq(slo_spool_bury(s, first_name(SLO_SPOOL_WAITING), 0, "damaged", SECOND), 0);
	ck_assert_str_eq(ids(SLO_SPOOL_DEAD), "(damaged)");
	slo_spool_stats(s, &st);
	ck_assert_uint_eq(st.damaged, 1);
	stop();
}
END_TEST

START_TEST(only_one_process_has_the_lock_and_its_death_frees_it)
{
	struct slo_spool_opts o = { .dir = dir };
	int ready[2], status;
	char c;
	pid_t pid;

	start(NULL);
	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct slo_spool *mine;

		_exit(slo_spool_open(&o, &mine, NULL) || slo_spool_lock(mine) || write(ready[1], "x", 1) != 1 ||
		      pause());
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_int_eq(slo_spool_lock(s), -EBUSY);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ck_assert_int_eq(slo_spool_lock(s), 0);
	ck_assert_int_eq(slo_spool_lock(s), 0);
	stop();
}
END_TEST

START_TEST(nobody_else_can_read_it)
{
	struct stat st;
	char path[256];

	start(NULL);
	put("k", "a", "1", SECOND);
	snprintf(path, sizeof(path), "%s/%s", dir, first_name(SLO_SPOOL_WAITING));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/dead", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	stop();
}
END_TEST

START_TEST(half_written_files_of_the_dead_are_removed_once_they_are_old)
{
	struct timespec past[2] = { { .tv_sec = time(NULL) - 700 }, { .tv_sec = time(NULL) - 700 } };
	char fresh[256], old[256];

	start(NULL);
	snprintf(fresh, sizeof(fresh), "%s/tmp-fresh", dir);
	snprintf(old, sizeof(old), "%s/tmp-old", dir);
	close(open(fresh, O_CREAT | O_WRONLY, 0600));
	close(open(old, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(utimensat(AT_FDCWD, old, past, 0), 0);
	ck_assert_int_eq(slo_spool_lock(s), 0);
	ck_assert_int_eq(access(fresh, F_OK), 0);
	ck_assert_int_ne(access(old, F_OK), 0);
	stop();
}
END_TEST

START_TEST(what_is_no_message_is_refused)
{
	struct slo_spool_opts o = { .message_max = 10 };

	start(&o);
	ck_assert_int_eq(put("k", "", "1", SECOND), -EINVAL);
	ck_assert_int_eq(put("k", "a b", "1", SECOND), -EINVAL);
	ck_assert_int_eq(put("k", "a\nstatus: 200", "1", SECOND), -EINVAL);
	ck_assert_int_eq(put("k", "a", "12345678901", SECOND), -EMSGSIZE);
	ck_assert_int_eq(put("k", "a", "1234567890", SECOND), 0);
	stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool");
	TCase *t = tcase_create("spool");
	SRunner *r = srunner_create(suite);
	int failed;

	tcase_add_test(t, a_message_is_synced_renamed_and_its_directory_synced_in_this_order);
	tcase_add_loop_test(t, what_could_not_be_made_durable_leaves_no_trace, 0, 3);
	tcase_add_test(t, messages_are_listed_as_they_came_even_if_the_clock_is_set_back);
	tcase_add_test(t, a_message_comes_back_as_it_was_put);
	tcase_add_test(t, a_dead_one_has_status_and_reason_and_can_be_revived);
	tcase_add_loop_test(t, where_a_new_one_does_not_fit_the_oldest_go_aside, 0, 2);
	tcase_add_test(t, what_is_expendable_goes_aside_before_the_oldest);
	tcase_add_test(t, old_ones_are_put_aside_and_count_anew_when_revived);
	tcase_add_loop_test(t, a_damaged_file_is_told_and_put_aside_whole, 0, 2);
	tcase_add_test(t, only_one_process_has_the_lock_and_its_death_frees_it);
	tcase_add_test(t, nobody_else_can_read_it);
	tcase_add_test(t, half_written_files_of_the_dead_are_removed_once_they_are_old);
	tcase_add_test(t, what_is_no_message_is_refused);
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
