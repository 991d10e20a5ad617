/* SPDX-License-Identifier: MIT */
/* On this machine's cgroups, as root, with a real process that burns CPU. */
#include "inject/measure.h"

#include "base/time.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

static char skip[400]; /* why these tests cannot run here; "" = they can */

#define SKIP_IF_UNABLE() \
	do { \
		if (skip[0]) { \
			printf("SKIP: %s\n", skip); \
			return; \
		} \
	} while (0)

static char dir[64]; /* of the journals */
static pid_t burner;

static void pause_ms(long ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void setup(void)
{
	if (skip[0])
		return;
	snprintf(dir, sizeof(dir), "/tmp/slo-inject-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	burner = fork();
	ck_assert_int_ge(burner, 0);
	for (volatile unsigned long n = 0; burner == 0; n++)
		;
}

static void teardown(void)
{
	char path[128];

	if (skip[0])
		return;
	kill(burner, SIGKILL);
	waitpid(burner, NULL, 0);
	snprintf(path, sizeof(path), "rm -rf %s", dir);
	ck_assert_int_eq(system(path), 0);
}

static int64_t cpu_ns(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	ck_assert_int_eq(clock_getcpuclockid(pid, &clock), 0);
	ck_assert_int_eq(clock_gettime(clock, &t), 0);
	return t.tv_sec * SLO_NS_PER_S + t.tv_nsec;
}

static void ignore_report(void *arg, const char *path, enum slo_undo_state state, struct slo_str label,
			  const struct slo_err *err)
{
	int *last = arg;

	(void)path;
	(void)label;
	(void)err;
	*last = (int)state;
}

/* Journals left, and what becomes of the last of them. */
static int leftover(void)
{
	int state = -1;

	ck_assert_int_ge(slo_journal_undo_all(dir, false, ignore_report, &state), 0);
	return state;
}

static void assert_home(const struct slo_cg_home *was)
{
	struct slo_cg_home now;

	ck_assert_int_eq(slo_cg_locate(&slo_cg_live, "cpu", burner, &now, NULL), 0);
	ck_assert_str_eq(now.dir, was->dir);
}

static struct slo_fault_spec throttle_of(int64_t pid, double left_pct)
{
	return (struct slo_fault_spec){ .fault = SLO_FAULT_CPU_THROTTLE, .pid = pid, .strength = left_pct };
}

START_TEST(holds_a_real_process_to_its_share_and_lets_go)
{
	static struct slo_session s;
	const struct slo_fault_spec spec = throttle_of(burner, 3);
	struct slo_measure before, after;
	char cgroup[SLO_CG_PATH_MAX];
	struct slo_cg_home home, now;
	struct slo_err err = { .what = "" };
	int64_t cpu, wall;
	double share;

	SKIP_IF_UNABLE();
	ck_assert_int_eq(slo_cg_locate(&slo_cg_live, "cpu", burner, &home, NULL), 0);
	ck_assert_msg(slo_session_begin(&s, &spec, dir, false, &err) == 0, "%s", err.what);
	ck_assert_int_eq(leftover(), SLO_UNDO_RUNNING);
	slo_measure_take(&s, &before);
	cpu = cpu_ns(burner);
	wall = slo_now_mono_ns();
	pause_ms(1500);
	share = (double)(cpu_ns(burner) - cpu) / (double)(slo_now_mono_ns() - wall);
	/* 3 ms in each 100 ms, less than a busy machine gives anyway; a slice of 5 ms may run over. */
	ck_assert_double_lt(share, 0.12);
	slo_measure_take(&s, &after);
	ck_assert_double_ge(slo_measure_find(&after, "nr_throttled") - slo_measure_find(&before, "nr_throttled"), 3);
	ck_assert_double_gt(slo_measure_find(&after, "throttled_ms") - slo_measure_find(&before, "throttled_ms"), 200);
	slo_cg_locate(&slo_cg_live, "cpu", burner, &now, NULL);
	snprintf(cgroup, sizeof(cgroup), "%s", now.dir);
	ck_assert_str_ne(cgroup, home.dir);
	ck_assert_msg(slo_session_undo(&s, &err) == 0, "%s", err.what);
	slo_session_close(&s, true);
	assert_home(&home);
	ck_assert_int_eq(leftover(), -1);
	ck_assert_int_eq(slo_cg_read(&slo_cg_live, cgroup, "tasks", (char[64]){ 0 }, 64), -ENOENT);
}
END_TEST

/* Bring a fault into force in a process that then waits to be killed. Return: its pid. */
static pid_t injector(void)
{
	int ready[2];
	pid_t pid;
	char c = 0;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		static struct slo_session s;
		const struct slo_fault_spec spec = throttle_of(burner, 20);

		c = slo_session_begin(&s, &spec, dir, false, NULL) == 0 ? 'y' : 'n';
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_int_eq(c, 'y');
	close(ready[0]);
	return pid;
}

START_TEST(the_watcher_undoes_when_the_injector_is_killed)
{
	struct slo_cg_home home, now;
	int64_t until;
	pid_t pid;

	SKIP_IF_UNABLE();
	ck_assert_int_eq(slo_cg_locate(&slo_cg_live, "cpu", burner, &home, NULL), 0);
	pid = injector();
	ck_assert_int_eq(slo_cg_locate(&slo_cg_live, "cpu", burner, &now, NULL), 0);
	ck_assert_str_ne(now.dir, home.dir);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	until = slo_now_mono_ns() + 2 * SLO_NS_PER_S;
	while (slo_now_mono_ns() < until && access(now.dir, F_OK) == 0)
		pause_ms(10);
	ck_assert_int_ne(access(now.dir, F_OK), 0);
	assert_home(&home);
}
END_TEST

#ifdef __x86_64__
/* Text at @addr of the stopped process, cut at 255 bytes. */
static void peek(pid_t pid, unsigned long long addr, char *to)
{
	for (size_t i = 0; i < 256; i += sizeof(long)) {
		long word = ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)(addr + i), NULL);

		memcpy(to + i, &word, sizeof(word));
		if (memchr(&word, 0, sizeof(word)))
			return;
	}
	to[255] = '\0';
}

static int journals(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		n += strlen(e->d_name) > 5 && strcmp(e->d_name + strlen(e->d_name) - 5, ".json") == 0;
	if (d)
		closedir(d);
	return n;
}

static void __attribute__((noreturn)) traced(void)
{
	static struct slo_session s;
	const struct slo_fault_spec spec = throttle_of(burner, 20);

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	_exit(slo_session_begin(&s, &spec, dir, false, NULL) ? 1 : 0);
}

/* Stopped at the entry of the call that makes the cgroup: killed right there, undo has to know. */
START_TEST(the_journal_is_on_disk_before_the_first_change)
{
	struct user_regs_struct regs;
	int status, changes = 0;
	pid_t pid;

	SKIP_IF_UNABLE();
	pid = fork();
	if (pid == 0)
		traced();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	while (!changes && ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		char path[256];

		ck_assert_int_eq(ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0);
		if (regs.orig_rax != SYS_mkdir)
			continue;
		peek(pid, regs.rdi, path);
		changes += strstr(path, SLO_STEP_PREFIX "cpu_throttle") != NULL;
	}
	ck_assert_int_eq(changes, 1);
	ck_assert_int_eq(journals(), 1);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	for (int i = 0; i < 200 && leftover() >= 0; i++) /* the watcher, or we */
		pause_ms(10);
	ck_assert_int_eq(journals(), 0);
}
END_TEST
#endif

START_TEST(refuses_init_itself_and_what_does_not_exist)
{
	static const int64_t pids[] = { 0, 1, 4194304, -5 };
	static struct slo_session s;
	struct slo_fault_spec own;

	SKIP_IF_UNABLE();
	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		const struct slo_fault_spec spec = throttle_of(pids[i], 50);
		struct slo_err err = { .what = "" };

		ck_assert_int_lt(slo_session_begin(&s, &spec, dir, false, &err), 0);
		slo_session_close(&s, true);
		ck_assert(err.what[0]);
	}
	own = throttle_of(getpid(), 50);
	ck_assert_int_eq(slo_session_begin(&s, &own, dir, false, NULL), -EPERM);
	slo_session_close(&s, true);
	ck_assert_int_eq(leftover(), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session");
	TCase *c = tcase_create("session");
	SRunner *r = srunner_create(suite);
	struct slo_cg_home home;
	struct slo_err err = { .what = "" };
	int failed;

	suite_add_tcase(suite, c);
	tcase_set_timeout(c, 20);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, holds_a_real_process_to_its_share_and_lets_go);
	tcase_add_test(c, the_watcher_undoes_when_the_injector_is_killed);
#ifdef __x86_64__
	tcase_add_test(c, the_journal_is_on_disk_before_the_first_change);
#endif
	tcase_add_test(c, refuses_init_itself_and_what_does_not_exist);
	if (geteuid() != 0 || slo_cg_locate(&slo_cg_live, "cpu", getpid(), &home, &err) || access(home.dir, W_OK))
		snprintf(skip, sizeof(skip), "%s", err.what[0] ? err.what : "needs root and a writable cpu cgroup");
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
