/* SPDX-License-Identifier: MIT */
/*
 * Which kinds of hook this kernel really grants: for each, a program of two
 * instructions is loaded, attached where it does no harm, and taken away again.
 * Neither the lockdown mode nor the kernel's version nor one refused kind says
 * anything certain about another: only trying does.
 */
#ifndef SLO_PROBE_HOOKS_H
#define SLO_PROBE_HOOKS_H

enum slo_hook {
	SLO_HOOK_RINGBUF,
	SLO_HOOK_KERNEL_READ, /* no hook: the helper every tracing program needs, refused by lockdown */
	SLO_HOOK_TP_BTF,
	SLO_HOOK_RAW_TP,
	SLO_HOOK_TRACEPOINT,
	SLO_HOOK_FENTRY,
	SLO_HOOK_FEXIT,
	SLO_HOOK_KPROBE,
	SLO_HOOK_KRETPROBE,
	SLO_HOOK_KPROBE_MULTI,
	SLO_HOOK_UPROBE,
	SLO_HOOK_CGROUP_SKB,
	SLO_HOOK_SOCKET_FILTER,
	SLO_HOOK_TASK_STORAGE,
	SLO_HOOK_SK_STORAGE,
	SLO_HOOK_STATS,
	SLO_HOOK__COUNT
};

enum { SLO_HOOK_WORDS = 160 };

struct slo_hook_result {
	int err;           /* 0 = it works; else negative errno */
	const char *stage; /* where it failed: "find", "load" or "attach"; "" when it works */
	char words[SLO_HOOK_WORDS]; /* what it was tried on; when refused, the verifier's or our words or "" */
};

/** slo_hook_name - "tp_btf", as in the names of rungs and sections. Static string. */
const char *slo_hook_name(int hook);

/**
 * slo_hooks_try - try every kind of hook
 *
 * Takes some 50 ms; nothing stays attached, pinned or open. Not reentrant: libbpf's log is silenced meanwhile.
 */
void slo_hooks_try(struct slo_hook_result out[SLO_HOOK__COUNT]);

#endif
