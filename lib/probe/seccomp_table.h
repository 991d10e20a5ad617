/* SPDX-License-Identifier: MIT */
/* Between seccomp.c (how the filter is built) and seccomp_table.c (what it lets through). */
#ifndef SLO_PROBE_SECCOMP_TABLE_H
#define SLO_PROBE_SECCOMP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seccomp_verdict { SECCOMP_LET, SECCOMP_IF, SECCOMP_KILL, SECCOMP_NONE /* as if the kernel had none */ };

enum { SECCOMP_VALUES = 20, SECCOMP_OWN_PID = -1 };

struct seccomp_rule {
	int nr;
	enum seccomp_verdict verdict;
	/* SECCOMP_IF: let through when the low 32 bits of argument @arg, under @mask, are one of @values. */
	int arg;
	uint32_t mask;
	int n;
	int64_t values[SECCOMP_VALUES]; /* SECCOMP_OWN_PID: of the process that builds the filter */
};

extern const struct seccomp_rule slo_seccomp_rules[];
extern const size_t slo_seccomp_rules_count;

#endif
