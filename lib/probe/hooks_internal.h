/* SPDX-License-Identifier: MIT */
/* Shared by hooks.c (the table, loading) and hooks_attach.c (how each kind attaches). */
#ifndef SLO_PROBE_HOOKS_INTERNAL_H
#define SLO_PROBE_HOOKS_INTERNAL_H

#include "probe/hooks.h"

#include <bpf/btf.h>
#include <linux/bpf.h>

/* A kind of hook being tried. */
struct hook_try {
	const struct hook_kind *kind;
	struct slo_hook_result *result;
	const struct btf *types; /* of the kernel; NULL = not known */
	const char *target;      /* name of what is attached to */
	int prog;                /* descriptor */
};

struct hook_kind {
	const char *name;
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;
	const char *btf_prefix;  /* in front of a target in the kernel's types */
	int btf_kind;            /* of it; 0 = needs no types */
	const struct bpf_insn *program; /* NULL = does nothing and returns 0 */
	size_t program_len;      /* instructions */
	const char *targets[4];  /* the first that exists is used */
	int (*attach)(struct hook_try *t);  /* 0 or negative errno; takes it away itself */
	int (*whole)(struct hook_try *t);   /* in place of all that: a kind of map or switch */
};

/** hook_say - put words into the result, unless there are some. */
void hook_say(struct hook_try *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int hook_attach_raw(struct hook_try *t);
int hook_attach_tracepoint(struct hook_try *t);
int hook_attach_kprobe(struct hook_try *t);
int hook_attach_kretprobe(struct hook_try *t);
int hook_attach_kprobe_multi(struct hook_try *t);
int hook_attach_uprobe(struct hook_try *t);
int hook_attach_cgroup(struct hook_try *t);
int hook_attach_socket(struct hook_try *t);

int hook_attach_nothing(struct hook_try *t);
int hook_try_ringbuf(struct hook_try *t);
int hook_try_task_storage(struct hook_try *t);
int hook_try_sk_storage(struct hook_try *t);
int hook_try_stats(struct hook_try *t);

#endif
