/* SPDX-License-Identifier: MIT */
/*
 * syscall_latency_ms: how long system calls of the read and write family took on regular files and block
 * devices. In the same calls on sockets, pipes and terminals a process mostly waits
 * for somebody else's data: those are counted apart (map waits), never as latency.
 *
 * What the descriptor is, is read at the entry from the task's own table. A call the kernel restarts
 * counts each time. Not seen: io_uring and memory-mapped files, which make no such call; calls of 32-bit
 * programs on a 64-bit kernel, whose numbers differ; sendfile, splice and copy_file_range, which have two ends.
 *
 * Cost: with a program on sys_enter the kernel takes the long way into and out of every
 * system call of the machine.
 *
 * info: enum slo_sys_op, enum slo_sys_class, system call number, descriptor
 * other: name of the file (its last component)
 */
#include "slots.bpf.h"

#include "syscall.h"

#include <asm/unistd.h>

enum { S_TABLE_MAX = 1 << 20 };

struct inode {
	__u16 i_mode;
} CORE;

struct qstr {
	const unsigned char *name;
} CORE;

struct dentry {
	struct qstr d_name;
} CORE;

struct path {
	struct dentry *dentry;
} CORE;

struct file {
	struct path f_path;
	struct inode *f_inode;
} CORE;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} CORE;

struct files_struct {
	struct fdtable *fdt;
} CORE;

struct task_struct___files {
	struct files_struct *files;
} CORE;

/* The first argument, under the kernel's own name for it; libbpf's macro reads the user space one's. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs___kernel {
	unsigned long di;
} CORE;
#define FIRST_ARGUMENT di
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs___kernel {
	__u64 orig_x0;
} CORE;
#define FIRST_ARGUMENT orig_x0
#else
#error "which register holds the first argument of a system call here?"
#endif

struct start {
	__u64 ns; /* 0 = not in a call */
	const struct file *file;
	__u32 slot, op, class, fd;
	__u32 number, pad;
};

#include "task_starts.bpf.h" /* of struct start */

/* Calls of class SLO_SYS_WAIT, by slot. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLO_BPF_SLOTS);
	__type(key, __u32);
	__type(value, struct slo_bpf_hist);
} waits SEC(".maps");

static __always_inline __u32 op_of(long number)
{
	switch (number) {
	case __NR_read:
	case __NR_pread64:
	case __NR_readv:
	case __NR_preadv:
	case __NR_preadv2:
		return SLO_SYS_READ;
	case __NR_write:
	case __NR_pwrite64:
	case __NR_writev:
	case __NR_pwritev:
	case __NR_pwritev2:
		return SLO_SYS_WRITE;
	case __NR_fsync:
	case __NR_fdatasync:
	case __NR_sync_file_range:
		return SLO_SYS_SYNC;
	default:
		return SLO_SYS_NONE;
	}
}

/* @storage is a constant in every call, see there. */

static __always_inline struct start *make_start(bool storage)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct start fresh = { 0 }, *s;

	if (storage)
		return bpf_task_storage_get(&task_starts, bpf_get_current_task_btf(), NULL,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);
	s = start_of_current(false);
	if (s)
		return s;
	if (bpf_map_update_elem(&tid_starts, &tid, &fresh, BPF_ANY) == 0)
		COUNT(SYSCALL, inserted);
	return start_of_current(false);
}

static __always_inline const struct file *file_of(const void *task, __u32 fd)
{
	const struct task_struct___files *p = task;
	struct fdtable *table = BPF_CORE_READ(p, files, fdt);
	struct file **all = BPF_CORE_READ(table, fd), *file = NULL;

	if (fd >= BPF_CORE_READ(table, max_fds) || fd >= S_TABLE_MAX)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), all + fd);
	return file;
}

static __always_inline int enter(const struct pt_regs *regs, long number, bool storage)
{
	const struct task_struct *p = (const struct task_struct *)bpf_get_current_task();
	const struct slo_bpf_config *c = config();
	__u32 op = op_of(number), slot;
	const struct file *file;
	struct start *s;

	if (!c || op == SLO_SYS_NONE)
		return 0;
	slot = slot_of_task(c, p);
	if (slot == SLO_BPF_NOBODY)
		return 0;
	s = make_start(storage);
	if (!s) {
		COUNT(SYSCALL, insert_failed);
		return 0;
	}
	s->fd = (__u32)BPF_CORE_READ((const struct pt_regs___kernel *)regs, FIRST_ARGUMENT);
	file = file_of(p, s->fd);
	if (!file)
		return 0;
	s->file = file;
	s->class = slo_sys_class(BPF_CORE_READ(file, f_inode, i_mode));
	s->op = op;
	s->number = (__u32)number;
	s->slot = slot;
	s->ns = bpf_ktime_get_boot_ns();
	return 0;
}

static __always_inline void emit(const struct slo_bpf_config *c, const struct start *s, __u64 now, long ret)
{
	const struct task_struct *p = (const struct task_struct *)bpf_get_current_task();
	struct slo_bpf_event *e = emit_begin(SLO_BPF_SYSCALL, s->slot, now);
	const unsigned char *name;
	const struct file *file;

	if (!e)
		return;
	file = s->file;
	name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	e->value = now - s->ns;
	e->err = ret < 0 ? (__s32)-ret : 0;
	e->info[0] = s->op;
	e->info[1] = s->class;
	e->info[2] = s->number;
	e->info[3] = s->fd;
	bpf_probe_read_kernel_str(&e->other, sizeof(e->other), name);
	emit_task(c, e, p);
	emit_end(c, e);
}

static __always_inline void count_wait(const struct slo_bpf_config *c, __u32 slot, __u64 value)
{
	struct slo_bpf_hist *h = bpf_map_lookup_elem(&waits, &slot);

	if (h)
		hist_add(h, c->epoch, value);
}

static __always_inline int leave(long ret, bool storage)
{
	const struct slo_bpf_config *c = config();
	struct start *s = start_of_current(storage);
	__u64 now;

	if (!c || !s || !s->ns)
		return 0;
	now = bpf_ktime_get_boot_ns();
	if (s->ns >= c->since[SLO_BPF_SYSCALL] && now >= s->ns) {
		if (s->class == SLO_SYS_WAIT)
			count_wait(c, s->slot, now - s->ns);
		else if (observe(c, SLO_BPF_SYSCALL, s->slot, now - s->ns))
			emit(c, s, now, ret);
	}
	s->ns = 0;
	return 0;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(btf_enter, struct pt_regs *regs, long number)
{
	return enter(regs, number, true);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(btf_exit, struct pt_regs *regs, long ret)
{
	return leave(ret, true);
}

SEC("?raw_tp/sys_enter")
int BPF_PROG(raw_enter, struct pt_regs *regs, long number)
{
	return enter(regs, number, false);
}

SEC("?raw_tp/sys_exit")
int BPF_PROG(raw_exit, struct pt_regs *regs, long ret)
{
	return leave(ret, false);
}
