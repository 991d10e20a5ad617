/* SPDX-License-Identifier: MIT */
#include "probe/seccomp.h"

#include "probe/seccomp_table.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#else
#define OWN_ARCH 0
#endif

enum {
	X32_BIT = 0x40000000,
	UNKNOWN_FROM = 463, /* the first number that had no call when the table was written */
};

#define REFUSED (SECCOMP_RET_ERRNO | EPERM)
#define UNKNOWN (SECCOMP_RET_ERRNO | ENOSYS)
#define FIELD(member) ((uint32_t)offsetof(struct seccomp_data, member))

/* Not called, only looked for: the run times of sanitizers and of coverage trace, fork and write files. */
extern void __asan_init(void) __attribute__((weak));
extern void __gcov_dump(void) __attribute__((weak));

struct gen {
	struct sock_filter *code;
	int n;
};

static void put(struct gen *g, int code, uint32_t k, int jt, int jf)
{
	if (g->n < SLO_SECCOMP_MAX)
		g->code[g->n] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	g->n++;
}

static void load(struct gen *g, uint32_t at)
{
	put(g, BPF_LD | BPF_W | BPF_ABS, at, 0, 0);
}

static void ret(struct gen *g, uint32_t verdict)
{
	put(g, BPF_RET | BPF_K, verdict, 0, 0);
}

/* Arguments are 64 bits wide; both processors keep the low half first. */
static void put_condition(struct gen *g, const struct seccomp_rule *r)
{
	uint32_t self = (uint32_t)getpid();

	load(g, FIELD(args) + 8 * (uint32_t)r->arg);
	if (r->mask != UINT32_MAX)
		put(g, BPF_ALU | BPF_AND | BPF_K, r->mask, 0, 0);
	for (int i = 0; i < r->n; i++)
		put(g, BPF_JMP | BPF_JEQ | BPF_K, r->values[i] == SECCOMP_OWN_PID ? self : (uint32_t)r->values[i],
		    r->n - i, 0);
	ret(g, REFUSED);
	ret(g, SECCOMP_RET_ALLOW);
}

/* The number of the call stays in the accumulator until a rule is about it. */
static void put_rule(struct gen *g, const struct seccomp_rule *r)
{
	static const uint32_t verdicts[] = { [SECCOMP_LET] = SECCOMP_RET_ALLOW,
					     [SECCOMP_KILL] = SECCOMP_RET_KILL_PROCESS, [SECCOMP_NONE] = UNKNOWN };
	int skip = r->verdict == SECCOMP_IF ? 1 + (r->mask != UINT32_MAX) + r->n + 2 : 1;

	put(g, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->nr, 0, skip);
	if (r->verdict == SECCOMP_IF)
		put_condition(g, r);
	else
		ret(g, verdicts[r->verdict]);
}

int slo_seccomp_build(struct sock_filter code[SLO_SECCOMP_MAX])
{
	struct gen g = { .code = code };

	if (!OWN_ARCH)
		return -EOPNOTSUPP;
	load(&g, FIELD(arch));
	put(&g, BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0);
	ret(&g, SECCOMP_RET_KILL_PROCESS);
	load(&g, FIELD(nr));
	/* On x86_64 the second ABI has other numbers for the same calls; elsewhere the bit is in no number. */
	put(&g, BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 1);
	ret(&g, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < slo_seccomp_rules_count; i++)
		put_rule(&g, &slo_seccomp_rules[i]);
	put(&g, BPF_JMP | BPF_JGE | BPF_K, UNKNOWN_FROM, 0, 1);
	ret(&g, UNKNOWN);
	ret(&g, REFUSED);
	return g.n > SLO_SECCOMP_MAX ? -E2BIG : g.n;
}

int slo_seccomp_install(struct slo_err *err)
{
	struct sock_filter code[SLO_SECCOMP_MAX];
	struct sock_fprog prog = { .filter = code };
	int n = slo_seccomp_build(code);
	long r;

	if (__asan_init || __gcov_dump)
		return slo_err_set(err, -EOPNOTSUPP, "not in a build with sanitizers or coverage");
	if (n < 0)
		return slo_err_set(err, n, "no table of system calls for this processor");
	prog.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return slo_err_set(err, -errno, "no_new_privs: %s", slo_strerror(-errno));
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG, &prog);
	if (r > 0)
		return slo_err_set(err, -EBUSY, "thread %ld has a filter of its own", r);
	/* EINVAL: built without filters; EFAULT cannot be. */
	if (r < 0)
		return slo_err_set(err, errno == EINVAL ? -ENOSYS : -errno, "seccomp(2): %s", slo_strerror(-errno));
	return 0;
}
