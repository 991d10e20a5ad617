/* SPDX-License-Identifier: MIT */
/* What the agent does after its start, call by call; the C library's and libbpf's calls with it. */
#include "probe/seccomp_table.h"

#include "base/str.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* the C library names its memory */
#endif

#define LET(name) { .nr = __NR_##name, .verdict = SECCOMP_LET }
#define KILL(name) { .nr = __NR_##name, .verdict = SECCOMP_KILL }
#define NONE(name) { .nr = __NR_##name, .verdict = SECCOMP_NONE }
#define COUNT(...) ((int)(sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)))
#define IF(name, which, bits, ...)                                                                        \
	{ .nr = __NR_##name, .verdict = SECCOMP_IF, .arg = (which), .mask = (bits), .n = COUNT(__VA_ARGS__), \
	  .values = { __VA_ARGS__ } }

#define WHOLE UINT32_MAX
/* To write or to make something. Of O_TMPFILE without the bit it shares with O_DIRECTORY. */
#define TO_WRITE (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY))

const struct seccomp_rule slo_seccomp_rules[] = {
	/* The loop, most frequent first. */
	LET(read), LET(write), LET(ppoll), LET(clock_gettime), LET(getsockopt), LET(sendto), LET(sendmsg), LET(recvfrom),
	LET(recvmsg), LET(close), LET(fstat), LET(newfstatat), LET(statx), LET(lseek), LET(pread64), LET(getdents64),
	LET(readlinkat), IF(openat, 2, TO_WRITE, 0), LET(writev), LET(readv), LET(epoll_pwait), LET(futex),
	LET(clock_nanosleep), LET(nanosleep), LET(gettimeofday), LET(clock_getres), LET(restart_syscall),
	IF(bpf, 0, WHOLE, BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY,
	   BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	   BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH, BPF_OBJ_GET_INFO_BY_FD, BPF_RAW_TRACEPOINT_OPEN,
	   BPF_LINK_CREATE, BPF_LINK_DETACH, BPF_ENABLE_STATS),
	LET(perf_event_open),
	IF(ioctl, 1, WHOLE, (uint32_t)PERF_EVENT_IOC_ENABLE, (uint32_t)PERF_EVENT_IOC_DISABLE,
	   (uint32_t)PERF_EVENT_IOC_SET_BPF, SIOCGIFINDEX, SIOCGIFNAME, TCGETS, TIOCGWINSZ, FIONBIO, FIONREAD),
	/* Memory: never executable. */
	LET(brk), IF(mmap, 2, PROT_EXEC, 0), IF(mprotect, 2, PROT_EXEC, 0), LET(munmap), LET(mremap), LET(madvise),
	/* Files that are open, and what is known of others. */
	LET(faccessat), LET(faccessat2), LET(fstatfs), LET(statfs), LET(fcntl), LET(fsync), LET(fdatasync), LET(dup),
	LET(open_by_handle_at), LET(name_to_handle_at), LET(unlinkat), LET(getcwd),
	/* Sockets: of the output, of metrics, of the list of addresses, of the guard. */
	IF(socket, 0, WHOLE, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET), LET(bind), LET(listen), LET(accept4),
	LET(accept), LET(connect), LET(shutdown), LET(getsockname), LET(getpeername), LET(setsockopt),
	LET(sendmmsg), LET(recvmmsg), LET(pselect6), LET(epoll_create1), LET(epoll_ctl), LET(eventfd2), LET(pipe2),
	LET(timerfd_create), LET(timerfd_settime), LET(sendfile),
	/* Itself and its threads. */
	IF(clone, 0, CLONE_THREAD, CLONE_THREAD), NONE(clone3), LET(exit), LET(exit_group), LET(set_robust_list),
	LET(rt_sigaction), LET(rt_sigprocmask), LET(rt_sigreturn), LET(sigaltstack), LET(rt_sigtimedwait),
	IF(tgkill, 0, WHOLE, SECCOMP_OWN_PID), LET(getpid), LET(gettid), LET(getppid), LET(getuid), LET(geteuid),
	LET(getgid), LET(getegid), LET(getrusage), LET(sysinfo), LET(uname), LET(getrandom), LET(capget),
	LET(sched_yield), LET(sched_getaffinity), LET(getcpu), LET(umask),
	IF(prlimit64, 2, WHOLE, 0), /* to ask only */
	IF(prctl, 0, WHOLE, PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_CAPBSET_READ, PR_GET_DUMPABLE),
#ifdef __NR_rseq
	LET(rseq),
#endif
#ifdef __x86_64__
	LET(poll), LET(stat), LET(lstat), LET(access), LET(readlink), LET(unlink), LET(time), LET(epoll_wait),
	LET(epoll_create), LET(select), LET(pipe), LET(getdents), IF(open, 1, TO_WRITE, 0), LET(dup2),
	KILL(fork), KILL(vfork),
#else
	LET(dup3),
#endif
	NONE(openat2),
	KILL(execve), KILL(execveat), KILL(ptrace), KILL(process_vm_readv), KILL(process_vm_writev),
	KILL(init_module), KILL(finit_module), KILL(delete_module), KILL(kexec_load), KILL(kexec_file_load),
};

const size_t slo_seccomp_rules_count = SLO_ARRAY_LEN(slo_seccomp_rules);
