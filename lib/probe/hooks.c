/* SPDX-License-Identifier: MIT */
#include "probe/hooks_internal.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>

/* Functions that neither this process nor the measuring of it calls often, and that every kernel has out of line. */
#define FUNCTIONS "skb_consume_udp", "tcp_v4_connect", "vfs_fsync_range"

/* A cgroup filter that returned 0 would drop packets. */
static const struct bpf_insn let_pass[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
	{ .code = BPF_JMP | BPF_EXIT },
};
/* What a tracing program returns is checked: only 0 is allowed. */
static const struct bpf_insn nothing[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};
/* bpf_probe_read_kernel(fp - 8, 8, ctx) */
static const struct bpf_insn read_kernel[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_1 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10 },
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8 },
	{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

#define TYPED(kind_name, attach_kind, prefix, what, ...)                                                   \
	{ .name = kind_name, .type = BPF_PROG_TYPE_TRACING, .attach_type = attach_kind, .btf_prefix = prefix, \
	  .btf_kind = what, .targets = { __VA_ARGS__ }, .attach = hook_attach_raw }
#define PLAIN(kind_name, prog_type, attach_kind, target, how)                                              \
	{ .name = kind_name, .type = prog_type, .attach_type = attach_kind, .targets = { target }, .attach = how }

static const struct hook_kind kinds[SLO_HOOK__COUNT] = {
	[SLO_HOOK_RINGBUF] = { .name = "ring_buffer", .whole = hook_try_ringbuf },
	[SLO_HOOK_KERNEL_READ] = { .name = "kernel_read", .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .program = read_kernel,
				   .program_len = SLO_ARRAY_LEN(read_kernel), .targets = { "bpf_probe_read_kernel" },
				   .attach = hook_attach_nothing },
	[SLO_HOOK_TP_BTF] = TYPED("tp_btf", BPF_TRACE_RAW_TP, "btf_trace_", BTF_KIND_TYPEDEF, "sched_process_exec"),
	[SLO_HOOK_RAW_TP] = PLAIN("raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, "sched_process_exec", hook_attach_raw),
	[SLO_HOOK_TRACEPOINT] = PLAIN("tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, "sched/sched_process_exec",
				      hook_attach_tracepoint),
	[SLO_HOOK_FENTRY] = TYPED("fentry", BPF_TRACE_FENTRY, "", BTF_KIND_FUNC, FUNCTIONS),
	[SLO_HOOK_FEXIT] = TYPED("fexit", BPF_TRACE_FEXIT, "", BTF_KIND_FUNC, FUNCTIONS),
	[SLO_HOOK_KPROBE] = PLAIN("kprobe", BPF_PROG_TYPE_KPROBE, 0, "tcp_v4_connect", hook_attach_kprobe),
	[SLO_HOOK_KRETPROBE] = PLAIN("kretprobe", BPF_PROG_TYPE_KPROBE, 0, "tcp_v4_connect", hook_attach_kretprobe),
	[SLO_HOOK_KPROBE_MULTI] = PLAIN("kprobe.multi", BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, "tcp_v4_connect",
					hook_attach_kprobe_multi),
	[SLO_HOOK_UPROBE] = PLAIN("uprobe", BPF_PROG_TYPE_KPROBE, 0, "this program", hook_attach_uprobe),
	[SLO_HOOK_CGROUP_SKB] = { .name = "cgroup_skb", .type = BPF_PROG_TYPE_CGROUP_SKB,
				  .attach_type = BPF_CGROUP_INET_EGRESS, .program = let_pass,
				  .program_len = SLO_ARRAY_LEN(let_pass), .targets = { "this process's cgroup" },
				  .attach = hook_attach_cgroup },
	[SLO_HOOK_SOCKET_FILTER] = PLAIN("socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, 0, "a socket of our own",
					 hook_attach_socket),
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

/* The last line of what the verifier wrote says why, but for its statistics. */
static void take_words(struct hook_try *t, const char *log)
{
	const char *stats = strstr(log, "processed "), *end = stats ? stats : log + strlen(log), *from;

	while (end > log && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	for (from = end; from > log && from[-1] != '\n'; from--)
		;
	if (end > from)
		hook_say(t, "%.*s", (int)(end - from), from);
}

static int load(struct hook_try *t, __u32 btf_id)
{
	const struct bpf_insn *program = t->kind->program ? t->kind->program : nothing;
	size_t len = t->kind->program ? t->kind->program_len : SLO_ARRAY_LEN(nothing);
	char log[1024] = "";
	struct bpf_prog_load_opts opts = { .sz = sizeof(opts), .expected_attach_type = t->kind->attach_type,
					   .attach_btf_id = btf_id };

	t->prog = bpf_prog_load(t->kind->type, "slo_try", "Dual MIT/GPL", program, len, &opts);
	if (t->prog >= 0)
		return 0;
	opts.log_buf = log;
	opts.log_size = sizeof(log);
	opts.log_level = 1;
	t->prog = bpf_prog_load(t->kind->type, "slo_try", "Dual MIT/GPL", program, len, &opts);
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
