/* SPDX-License-Identifier: MIT */
/* How each kind of hook is attached, and taken away again at once. */
#include "probe/hooks_internal.h"

#include "base/cleanup.h"
#include "base/num.h"
#include "probe/cgroup.h"
#include "probe/procfs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum {
	RING_BYTES = 1 << 16, /* a multiple of every page size */
	TASK_VALUE = 8,
};

/* A descriptor that holds an attachment: let go of it. */
static int let_go(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int hook_attach_raw(struct hook_try *t)
{
	/* A program of type tracing carries what it attaches to; the other is told its name. */
	return let_go(bpf_raw_tracepoint_open(t->kind->btf_kind ? NULL : t->target, t->prog));
}

int hook_attach_nothing(struct hook_try *t)
{
	(void)t;
	return 0;
}

static int number_in(const char *path, int64_t *out)
{
	struct slo_buf b;
	struct slo_str s;
	int r;

	slo_buf_init(&b, 64);
	r = slo_procfs_read(&b, "%s", path);
	s = slo_buf_str(&b);
	while (s.len > 0 && s.p[s.len - 1] == '\n')
		s.len--;
	if (!r)
		r = slo_parse_i64(s, out);
	slo_buf_fini(&b);
	return r;
}

/* A perf event of all processes on CPU 0, with the program on it. */
static int attach_perf(struct hook_try *t, struct perf_event_attr *attr)
{
	slo_autoclose int fd = -1;

	attr->size = sizeof(*attr);
	attr->sample_period = 1;
	attr->wakeup_events = 1;
	fd = (int)syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, t->prog) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return 0;
}

int hook_attach_tracepoint(struct hook_try *t)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT };
	char path[160];
	int64_t id = 0;
	int r = -ENOENT;

	for (size_t i = 0; i < SLO_ARRAY_LEN(roots) && r; i++) {
		snprintf(path, sizeof(path), "%s/events/%s/id", roots[i], t->target);
		r = number_in(path, &id);
	}
	if (r) {
		hook_say(t, "%s of tracefs cannot be read", t->target);
		return r;
	}
	attr.config = (uint64_t)id;
	return attach_perf(t, &attr);
}

/* Probes of functions are a PMU of their own each; @bit in its config means "at return". */
static int attach_probe(struct hook_try *t, const char *pmu, bool at_return, const char *what, uint64_t offset)
{
	struct perf_event_attr attr = { .config = at_return, .config1 = (uint64_t)(uintptr_t)what, .config2 = offset };
	char path[96];
	int64_t type;
	int r;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", pmu);
	r = number_in(path, &type);
	if (r) {
		hook_say(t, "this kernel has no %s", pmu);
		return r;
	}
	attr.type = (uint32_t)type;
	return attach_perf(t, &attr);
}

int hook_attach_kprobe(struct hook_try *t)
{
	return attach_probe(t, "kprobe", false, t->target, 0);
}

int hook_attach_kretprobe(struct hook_try *t)
{
	return attach_probe(t, "kprobe", true, t->target, 0);
}

int hook_attach_kprobe_multi(struct hook_try *t)
{
	const char *names[1] = { t->target };
	struct bpf_link_create_opts opts = { .sz = sizeof(opts), .kprobe_multi = { .cnt = 1, .syms = names } };

	return let_go(bpf_link_create(t->prog, 0, BPF_TRACE_KPROBE_MULTI, &opts));
}

/* Where in its file an address of this program is. Return: -1 when not found. */
static int64_t file_offset(const void *address)
{
	slo_autofclose FILE *f = fopen("/proc/self/maps", "re");
	unsigned long from, to, offset;
	uintptr_t at = (uintptr_t)address;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) == 3 && at >= from && at < to)
			return (int64_t)(at - from + offset);
	return -1;
}

int hook_attach_uprobe(struct hook_try *t)
{
	int64_t offset = file_offset(__extension__(const void *)hook_attach_uprobe);
	char path[512];
	int r = slo_procfs_link(path, sizeof(path), "/proc/self/exe");

	if (r || offset < 0)
		return r ? r : -ENOENT;
	return attach_probe(t, "uprobe", false, path, (uint64_t)offset);
}

int hook_attach_cgroup(struct hook_try *t)
{
	static struct slo_cgroup_mounts mounts;
	static struct slo_cgroup_paths paths;
	char dir[SLO_CGROUP_PATH + 256];
	slo_autoclose int fd = -1;
	int r = slo_cgroup_find(&mounts, "/proc", NULL, NULL);

	if (!r)
		r = slo_cgroup_of("/proc", getpid(), &paths);
	if (!r)
		r = slo_cgroup_dir(&mounts, SLO_CGROUP_V2, paths.path[SLO_CGROUP_V2], dir, sizeof(dir));
	if (r) {
		hook_say(t, "this process has no directory in a cgroup v2 tree");
		return r;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : let_go(bpf_link_create(t->prog, fd, BPF_CGROUP_INET_EGRESS, NULL));
}

int hook_attach_socket(struct hook_try *t)
{
	slo_autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &t->prog, sizeof(t->prog)))
		return -errno;
	return 0;
}

static int ignore_event(void *arg, void *data, size_t size)
{
	(void)arg;
	(void)data;
	(void)size;
	return 0;
}

int hook_try_ringbuf(struct hook_try *t)
{
	slo_autoclose int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "slo_try", 0, 0, RING_BYTES, NULL);
	struct ring_buffer *ring;

	if (fd < 0)
		return fd;
	t->result->stage = "attach";
	ring = ring_buffer__new(fd, ignore_event, NULL, NULL);
	if (!ring)
		return -errno;
	ring_buffer__free(ring);
	return 0;
}

/* A storage map of eight bytes; the kernel wants its types described. */
static int storage_map(enum bpf_map_type type)
{
	struct btf *btf = btf__new_empty();
	struct bpf_map_create_opts opts = { .sz = sizeof(opts), .map_flags = BPF_F_NO_PREALLOC };
	int fd, key, value;

	if (libbpf_get_error(btf))
		return -ENOMEM;
	key = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	value = btf__add_int(btf, "long", TASK_VALUE, BTF_INT_SIGNED);
	fd = key < 0 || value < 0 ? -ENOMEM : btf__load_into_kernel(btf);
	if (fd == 0) {
		opts.btf_fd = (__u32)btf__fd(btf);
		opts.btf_key_type_id = (__u32)key;
		opts.btf_value_type_id = (__u32)value;
		fd = bpf_map_create(type, "slo_try", 4, TASK_VALUE, 0, &opts);
	}
	btf__free(btf);
	return fd;
}

/* Store a value with what @owner describes, and read it back. */
static int store(struct hook_try *t, enum bpf_map_type type, int owner)
{
	slo_autoclose int fd = storage_map(type);
	int64_t in = 7, out = 0;
	int r;

	if (fd < 0)
		return fd;
	t->result->stage = "attach";
	r = bpf_map_update_elem(fd, &owner, &in, BPF_NOEXIST);
	if (!r)
		r = bpf_map_lookup_elem(fd, &owner, &out);
	return r ? r : out == in ? 0 : -EIO;
}

int hook_try_task_storage(struct hook_try *t)
{
	slo_autoclose int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

	return self < 0 ? -errno : store(t, BPF_MAP_TYPE_TASK_STORAGE, self);
}

int hook_try_sk_storage(struct hook_try *t)
{
	slo_autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : store(t, BPF_MAP_TYPE_SK_STORAGE, fd);
}

int hook_try_stats(struct hook_try *t)
{
	t->result->stage = "attach";
	return let_go(bpf_enable_stats(BPF_STATS_RUN_TIME));
}
