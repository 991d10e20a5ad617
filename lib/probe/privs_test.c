/* SPDX-License-Identifier: MIT */
/* Privileges given up by a process of its own; as root, for only root has any. */
#include "probe/privs.h"

#include "base/str.h"
#include "probe/facts.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NET_RAW (1ULL << SLO_CAP_NET_RAW)
enum { SOMEBODY = 64999, SETPCAP = 8 };

static char theirs[64]; /* a file that only SOMEBODY may read */

/* Exit status of a child that runs @body: 0, or the line of the check that failed. */
static int in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

#define WANT(condition)             \
	do {                        \
		if (!(condition))   \
			return __LINE__ % 250 + 1; \
	} while (0)

static bool powerful(const char *what)
{
	struct slo_privs p;

	ck_assert_int_eq(slo_privs_read(&p), 0);
	if (geteuid() == 0 && p.effective & NET_RAW && p.effective >> SETPCAP & 1)
		return true;
	printf("SKIP: %s: not root\n", what);
	return false;
}

static int drop_all(void)
{
	struct slo_privs p;

	WANT(slo_privs_drop(0, NULL, NULL) == 0);
	WANT(slo_privs_read(&p) == 0);
	WANT(p.effective == 0 && p.permitted == 0 && p.inheritable == 0 && p.ambient == 0);
	WANT(p.no_new_privs);
	return 0;
}

START_TEST(anybody_can_give_up_everything)
{
	ck_assert_int_eq(in_child(drop_all), 0);
}
END_TEST

static int keep_one(void)
{
	struct slo_privs p;

	WANT(slo_privs_drop(NET_RAW, NULL, NULL) == 0);
	WANT(slo_privs_read(&p) == 0);
	WANT(p.effective == NET_RAW && p.permitted == NET_RAW && p.inheritable == 0 && p.bounding == 0);
	WANT(prctl(PR_GET_SECUREBITS) & 1);
	WANT(socket(AF_PACKET, SOCK_DGRAM, 0) >= 0);
	WANT(open(theirs, O_RDONLY) < 0 && errno == EACCES);
	WANT(setuid(1) < 0 && errno == EPERM);
	return 0;
}

START_TEST(what_is_kept_works_and_root_without_it_is_nobody)
{
	if (powerful("what is kept"))
		ck_assert_int_eq(in_child(keep_one), 0);
}
END_TEST

static int keep_as_somebody(void)
{
	const struct slo_privs_user u = { "64999", SOMEBODY, SOMEBODY, false };
	struct slo_privs p;

	WANT(slo_privs_drop(NET_RAW, &u, NULL) == 0);
	WANT(getuid() == SOMEBODY && geteuid() == SOMEBODY && getegid() == SOMEBODY && getgroups(0, NULL) == 0);
	WANT(slo_privs_read(&p) == 0);
	WANT(p.effective == NET_RAW && p.permitted == NET_RAW && p.bounding == 0);
	WANT(socket(AF_PACKET, SOCK_DGRAM, 0) >= 0);
	WANT(open(theirs, O_RDONLY) >= 0);
	WANT(setuid(0) < 0 && errno == EPERM);
	return 0;
}

START_TEST(another_user_is_become_with_what_is_kept)
{
	if (powerful("another user"))
		ck_assert_int_eq(in_child(keep_as_somebody), 0);
}
END_TEST

static void *wait_for_end(void *arg)
{
	char c;

	(void)!read(*(int *)arg, &c, 1);
	return NULL;
}

static int drop_beside_a_thread(void)
{
	struct slo_privs before, after;
	struct slo_err err = { 0 };
	pthread_t t;
	int ends[2];

	WANT(pipe(ends) == 0 && slo_privs_read(&before) == 0);
	WANT(pthread_create(&t, NULL, wait_for_end, &ends[0]) == 0);
	WANT(slo_privs_drop(0, NULL, &err) == -EBUSY);
	WANT(strstr(err.what, "1 more thread"));
	WANT(slo_privs_read(&after) == 0);
	WANT(after.effective == before.effective && after.no_new_privs == before.no_new_privs);
	WANT(close(ends[1]) == 0 && pthread_join(t, NULL) == 0);
	return 0;
}

START_TEST(a_thread_that_would_keep_all_is_an_error)
{
	ck_assert_int_eq(in_child(drop_beside_a_thread), 0);
}
END_TEST

static const struct {
	const char *text;
	int want;
	uid_t uid;
	gid_t gid;
} users[] = {
	{ "root", 0, 0, 0 },          { "0", 0, 0, 0 },        { "64999", 0, 64999, 64999 },
	{ "64999:7", 0, 64999, 7 },   { "nobody-at-all", -ENOENT, 0, 0 }, { "64999:", -EINVAL, 0, 0 },
	{ "root:0", -EINVAL, 0, 0 },  { "-1", -ENOENT, 0, 0 }, { "4294967295", -ENOENT, 0, 0 },
};

START_TEST(a_user_is_a_name_or_numbers)
{
	struct slo_privs_user u;
	struct slo_err err = { 0 };

	ck_assert_int_eq(slo_privs_user_find(users[_i].text, &u, &err), users[_i].want);
	if (users[_i].want == 0)
		ck_assert(u.uid == users[_i].uid && u.gid == users[_i].gid);
	else
		ck_assert(err.what[0]);
}
END_TEST

static void make_file(void)
{
	int fd;

	strcpy(theirs, "/tmp/slo-privs-XXXXXX");
	fd = mkstemp(theirs);
	ck_assert_int_ge(fd, 0);
	if (geteuid() == 0)
		ck_assert_int_eq(fchown(fd, SOMEBODY, SOMEBODY), 0);
	close(fd);
}

static void remove_file(void)
{
	unlink(theirs);
}

static Suite *suite(void)
{
	Suite *s = suite_create("privs");
	TCase *c = tcase_create("privs");

	tcase_add_checked_fixture(c, make_file, remove_file);
	tcase_add_test(c, anybody_can_give_up_everything);
	tcase_add_test(c, what_is_kept_works_and_root_without_it_is_nobody);
	tcase_add_test(c, another_user_is_become_with_what_is_kept);
	tcase_add_test(c, a_thread_that_would_keep_all_is_an_error);
	tcase_add_loop_test(c, a_user_is_a_name_or_numbers, 0, SLO_ARRAY_LEN(users));
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
