/* SPDX-License-Identifier: MIT */
/* The filter on a process of its own: what goes through, what is refused, what ends it. */
#include "probe/seccomp.h"

#include "base/str.h"
#include "probe/seccomp_table.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GOOD = 0, NO_FILTER = 100, NOT_HERE = 101 };

/* What a call came to, as errno; 0 = it succeeded. */
static int of(long result)
{
	return result < 0 ? errno : 0;
}

static void *nothing(void *arg)
{
	return arg;
}

static int new_thread(void)
{
	pthread_t t;
	int r = pthread_create(&t, NULL, nothing, NULL);

	return r ? r : pthread_join(t, NULL);
}

static int fork_once(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return of(pid);
}

static int bpf_cmd(int cmd)
{
	union bpf_attr a = { .map_fd = UINT32_MAX };

	return of(syscall(SYS_bpf, cmd, &a, sizeof(a)));
}

static int map(int prot)
{
	void *p = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 1000 : of(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int set_limit(void)
{
	struct rlimit l = { 64, 64 };

	return of(setrlimit(RLIMIT_NOFILE, &l));
}

static int ask_limit(void)
{
	struct rlimit l;

	return of(getrlimit(RLIMIT_NOFILE, &l));
}

static int poll_nothing(void)
{
	return of(poll(NULL, 0, 0));
}

#define CALL(name, expression)                      \
	static int name(void)                       \
	{                                           \
		return of((long)(expression));      \
	}

CALL(open_to_read, open("/dev/null", O_RDONLY | O_CLOEXEC))
CALL(open_to_write, open("/dev/null", O_WRONLY))
CALL(open_both_ways, open("/dev/null", O_RDWR))
CALL(open_to_make, open("/tmp/slo-seccomp-no", O_RDONLY | O_CREAT, 0600))
CALL(open_unnamed, open("/tmp", O_TMPFILE | O_RDWR, 0600))
CALL(open_directory, open("/tmp", O_RDONLY | O_DIRECTORY))
CALL(inet, socket(AF_INET, SOCK_STREAM, 0))
CALL(netlink, socket(AF_NETLINK, SOCK_RAW, 0))
CALL(alg, socket(38 /* AF_ALG */, SOCK_SEQPACKET, 0))
CALL(vsock, socket(40 /* AF_VSOCK */, SOCK_STREAM, 0))
CALL(leave_namespaces, unshare(0))
CALL(enter_namespace, setns(-1, 0))
CALL(do_mount, syscall(SYS_mount, "none", "/nowhere", "tmpfs", 0, ""))
CALL(keys, syscall(SYS_keyctl, 0, -3, 0))
CALL(ring, syscall(SYS_io_uring_setup, 1, NULL))
CALL(signal_self, syscall(SYS_tgkill, getpid(), gettid(), 0))
CALL(signal_parent, syscall(SYS_tgkill, getppid(), getppid(), 0))
CALL(send_signal, kill(getpid(), 0))
CALL(change_mode, syscall(SYS_fchmodat, AT_FDCWD, "/nowhere", 0600))
CALL(move, syscall(SYS_renameat2, AT_FDCWD, "/nowhere", AT_FDCWD, "/nowhere2", 0))
CALL(be_dumpable, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
CALL(have_name, prctl(PR_SET_NAME, "slo", 0, 0, 0))
CALL(index_of, if_nametoindex("lo") ? 0 : -1)
CALL(push_input, ioctl(-1, TIOCSTI, "x"))
CALL(newer_clone, syscall(SYS_clone3, NULL, 0))
CALL(newer_open, syscall(SYS_openat2, AT_FDCWD, "/dev/null", NULL, 0))
CALL(unheard_of, syscall(4000))
CALL(other_abi, syscall(0x40000000 | SYS_getpid))
CALL(perf, syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0))
CALL(start_program, execl("/bin/true", "true", NULL))
CALL(start_by_fd, syscall(SYS_execveat, -1, "", NULL, NULL, 0))
CALL(trace, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
CALL(write_memory, syscall(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0))
CALL(load_module, syscall(SYS_init_module, NULL, 0, ""))

static int map_data(void)
{
	return map(PROT_READ | PROT_WRITE);
}

static int map_code(void)
{
	return map(PROT_READ | PROT_EXEC);
}

static int look_up(void)
{
	return bpf_cmd(BPF_MAP_LOOKUP_ELEM);
}

static int make_map(void)
{
	return bpf_cmd(BPF_MAP_CREATE);
}

static int load_program(void)
{
	return bpf_cmd(BPF_PROG_LOAD);
}

static int pin(void)
{
	return bpf_cmd(BPF_OBJ_PIN);
}

static const struct attempt {
	const char *name;
	int (*call)(void);
	int want; /* errno; 0 = succeeds; -SIGSYS = ends the process */
} attempts[] = {
	{ "open to read", open_to_read, 0 },       { "open a directory", open_directory, 0 },
	{ "map data", map_data, 0 },               { "a thread", new_thread, 0 },
	{ "a TCP socket", inet, 0 },               { "a netlink socket", netlink, 0 },
	{ "poll", poll_nothing, 0 },               { "signal itself", signal_self, 0 },
	{ "name itself", have_name, 0 },           { "ask a limit", ask_limit, 0 },
	{ "number of lo", index_of, 0 },           { "perf event", perf, EFAULT },
	{ "read a map", look_up, EBADF },          { "open to write", open_to_write, EPERM },
	{ "open both ways", open_both_ways, EPERM }, { "open to make", open_to_make, EPERM },
	{ "open unnamed", open_unnamed, EPERM },   { "fork", fork_once, EPERM },
	{ "map code", map_code, EPERM },           { "make data code", make_executable, EPERM },
	{ "make a map", make_map, EPERM },         { "load a program", load_program, EPERM },
	{ "pin", pin, EPERM },                     { "crypto socket", alg, EPERM },
	{ "vm socket", vsock, EPERM },             { "unshare", leave_namespaces, EPERM },
	{ "setns", enter_namespace, EPERM },       { "mount", do_mount, EPERM },
	{ "keyctl", keys, EPERM },                 { "io_uring", ring, EPERM },
	{ "signal the parent", signal_parent, EPERM }, { "kill", send_signal, EPERM },
	{ "chmod", change_mode, EPERM },           { "rename", move, EPERM },
	{ "be dumpable", be_dumpable, EPERM },     { "push input", push_input, EPERM },
	{ "set a limit", set_limit, EPERM },       { "clone3", newer_clone, ENOSYS },
	{ "openat2", newer_open, ENOSYS },         { "unheard of", unheard_of, ENOSYS },
	{ "execve", start_program, -SIGSYS },      { "execveat", start_by_fd, -SIGSYS },
	{ "ptrace", trace, -SIGSYS },              { "process_vm_writev", write_memory, -SIGSYS },
	{ "init_module", load_module, -SIGSYS },   { "getpid of x32", other_abi, -SIGSYS },
};

/* Exit status of a child that makes the call behind the filter; 128 and more: the signal that ended it. */
static int behind_filter(int (*call)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int r = slo_seccomp_install(NULL);

		_exit(r == -EOPNOTSUPP || r == -ENOSYS ? NOT_HERE : r ? NO_FILTER : call());
	}
	if (waitpid(pid, &status, 0) != pid)
		return NO_FILTER;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

START_TEST(the_agent_may_do_its_work_and_nothing_else)
{
	const struct attempt *a = &attempts[_i];
	int got = behind_filter(a->call);

	ck_assert_msg(got == (a->want < 0 ? 128 - a->want : a->want), "%s: %d, want %d", a->name, got, a->want);
}
END_TEST

START_TEST(no_call_is_listed_twice)
{
	for (size_t i = 0; i < slo_seccomp_rules_count; i++)
		for (size_t k = i + 1; k < slo_seccomp_rules_count; k++)
			ck_assert_int_ne(slo_seccomp_rules[i].nr, slo_seccomp_rules[k].nr);
}
END_TEST

START_TEST(the_filter_has_room_to_grow)
{
	struct sock_filter code[SLO_SECCOMP_MAX];
	int n = slo_seccomp_build(code);

	if (n == -EOPNOTSUPP) {
		printf("SKIP: seccomp filter: no table for this processor\n");
		return;
	}
	ck_assert_int_gt(n, 100);
	ck_assert_int_lt(n, SLO_SECCOMP_MAX - 50);
	ck_assert_uint_eq(code[n - 1].code, BPF_RET | BPF_K);
}
END_TEST

static int do_nothing(void)
{
	return 0;
}

static Suite *suite(void)
{
	Suite *s = suite_create("seccomp");
	TCase *c = tcase_create("seccomp");

	if (behind_filter(do_nothing) == NOT_HERE)
		printf("SKIP: what the filter lets through: a build with sanitizers, or no filter on this kernel or processor\n");
	else
		tcase_add_loop_test(c, the_agent_may_do_its_work_and_nothing_else, 0, SLO_ARRAY_LEN(attempts));
	tcase_add_test(c, no_call_is_listed_twice);
	tcase_add_test(c, the_filter_has_room_to_grow);
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
