/* SPDX-License-Identifier: MIT */
#include "probe/hooks_internal.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>

/* Functions that neither this process nor the measuring of it calls often, and that every kernel has out of line. */
#define FUNCTIONS { "skb_consume_udp", "tcp_v4_connect", "vfs_fsync_range" }

static const struct hook_kind kinds[SLO_HOOK__COUNT] = {
	[SLO_HOOK_RINGBUF] = { .name = "ring_buffer", .whole = hook_try_ringbuf },
	[SLO_HOOK_TP_BTF] = { "tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_", BTF_KIND_TYPEDEF,
			      { "sched_process_exec", "sched_switch" }, hook_attach_raw, NULL },
	[SLO_HOOK_RAW_TP] = { "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL, 0, { "sched_process_exec" },
			      hook_attach_raw, NULL },
	[SLO_HOOK_TRACEPOINT] = { "tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, NULL, 0, { "sched/sched_process_exec" },
				  hook_attach_tracepoint, NULL },
	[SLO_HOOK_FENTRY] = { "fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "", BTF_KIND_FUNC, FUNCTIONS,
			      hook_attach_trampoline, NULL },
	[SLO_HOOK_FEXIT] = { "fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "", BTF_KIND_FUNC, FUNCTIONS,
			     hook_attach_trampoline, NULL },
	[SLO_HOOK_KPROBE] = { "kprobe", BPF_PROG_TYPE_KPROBE, 0, NULL, 0, { "tcp_v4_connect" }, hook_attach_kprobe,
			      NULL },
	[SLO_HOOK_KRETPROBE] = { "kretprobe", BPF_PROG_TYPE_KPROBE, 0, NULL, 0, { "tcp_v4_connect" },
				 hook_attach_kretprobe, NULL },
	[SLO_HOOK_KPROBE_MULTI] = { "kprobe.multi", BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, NULL, 0,
				    { "tcp_v4_connect" }, hook_attach_kprobe_multi, NULL },
	[SLO_HOOK_UPROBE] = { "uprobe", BPF_PROG_TYPE_KPROBE, 0, NULL, 0, { "this program" }, hook_attach_uprobe, NULL },
	[SLO_HOOK_CGROUP_SKB] = { "cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, NULL, 0,
				  { "this process's cgroup" }, hook_attach_cgroup, NULL },
	[SLO_HOOK_SOCKET_FILTER] = { "socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, 0, NULL, 0, { "a socket of our own" },
				     hook_attach_socket, NULL },
	[SLO_HOOK_TASK_STORAGE] = { .name = "task_storage", .whole = hook_try_task_storage },
	[SLO_HOOK_SK_STORAGE] = { .name = "sk_storage", .whole = hook_try_sk_storage },
	[SLO_HOOK_STATS] = { .name = "bpf_stats", .whole = hook_try_stats },
};

const char *slo_hook_name(int hook)
{
	return kinds[hook].name;
}

void hook_say(struct hook_try *t, const char *fmt, ...)
{
	va_list args;

	if (t->result->words[0])
		return;
	va_start(args, fmt);
	vsnprintf(t->result->words, sizeof(t->result->words), fmt, args);
	va_end(args);
}

/* The first target the kernel's types know; where none are needed, the first one. */
static int find_target(struct hook_try *t, __u32 *id)
{
	char name[128];

	*id = 0;
	t->target = t->kind->targets[0];
	if (!t->kind->btf_kind)
		return 0;
	if (!t->types) {
		hook_say(t, "the kernel does not describe its types (no BTF)");
		return -ENOENT;
	}
	for (size_t i = 0; i < SLO_ARRAY_LEN(t->kind->targets) && t->kind->targets[i]; i++) {
		int found;

		snprintf(name, sizeof(name), "%s%s", t->kind->btf_prefix, t->kind->targets[i]);
		found = btf__find_by_name_kind(t->types, name, (__u32)t->kind->btf_kind);
		if (found > 0) {
			t->target = t->kind->targets[i];
			*id = (__u32)found;
			return 0;
		}
	}
	hook_say(t, "%s is not in the kernel's BTF", t->kind->targets[0]);
	return -ESRCH;
}

/* The first line of what the verifier wrote says why; its statistics do not. */
static void take_words(struct hook_try *t, const char *log)
{
	size_t n = strcspn(log, "\n");

	if (n > 0 && strncmp(log, "processed ", 10) != 0)
		hook_say(t, "%.*s", (int)n, log);
}

static int load(struct hook_try *t, __u32 btf_id)
{
	/* r0 = 1; exit. A cgroup filter that returned 0 would drop packets; the others do not care. */
	static const struct bpf_insn two[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	/* What tracing programs return is checked: only 0 is allowed. */
	static const struct bpf_insn zero[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[1024] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = t->kind->attach_type, .attach_btf_id = btf_id);

	t->prog = bpf_prog_load(t->kind->type, "slo_try", "Dual MIT/GPL",
				t->kind->type == BPF_PROG_TYPE_CGROUP_SKB ? two : zero, 2, &opts);
	if (t->prog >= 0)
		return 0;
	opts.log_buf = log;
	opts.log_size = sizeof(log);
	opts.log_level = 1;
	t->prog = bpf_prog_load(t->kind->type, "slo_try", "Dual MIT/GPL",
				t->kind->type == BPF_PROG_TYPE_CGROUP_SKB ? two : zero, 2, &opts);
	take_words(t, log);
	return t->prog < 0 ? t->prog : 0;
}

static int try_program(struct hook_try *t)
{
	__u32 btf_id;
	int r = find_target(t, &btf_id);

	t->result->stage = "find";
	if (r)
		return r;
	t->result->stage = "load";
	r = load(t, btf_id);
	if (r)
		return r;
	t->result->stage = "attach";
	r = t->kind->attach(t);
	close(t->prog);
	if (!r)
		hook_say(t, "%s", t->target);
	return r;
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

void slo_hooks_try(struct slo_hook_result out[SLO_HOOK__COUNT])
{
	libbpf_print_fn_t before = libbpf_set_print(silent);
	struct btf *types = btf__load_vmlinux_btf();

	if (libbpf_get_error(types))
		types = NULL;
	for (int i = 0; i < SLO_HOOK__COUNT; i++) {
		struct hook_try t = { &kinds[i], &out[i], types, "", -1 };

		out[i] = (struct slo_hook_result){ .stage = "load" };
		out[i].err = kinds[i].whole ? kinds[i].whole(&t) : try_program(&t);
		if (!out[i].err)
			out[i].stage = "";
	}
	btf__free(types);
	libbpf_set_print(before);
}
