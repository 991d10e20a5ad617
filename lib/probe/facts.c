/* SPDX-License-Identifier: MIT */
#include "probe/facts.h"

#include "base/num.h"
#include "probe/cgroup.h"
#include "probe/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 16 };

/* Inodes that the kernel gives its first namespaces (include/linux/proc_ns.h). */
#define FIRST_PID_NS  "pid:[4026531836]"
#define FIRST_USER_NS "user:[4026531837]"

struct reading {
	struct slo_facts *f;
	const char *root;
	struct slo_buf b;
};

/* The whole file, with a NUL after it. */
static int read_text(struct reading *r, const char *path)
{
	int err = slo_procfs_read(&r->b, "%s%s", r->root, path);

	slo_buf_add(&r->b, "", 0);
	return err ? err : r->b.err;
}

static bool exists(const char *root, const char *path)
{
	char full[SLO_PROCFS_PATH];
	struct stat st;

	return snprintf(full, sizeof(full), "%s%s", root, path) < (int)sizeof(full) && stat(full, &st) == 0;
}

static struct slo_str trimmed(const struct slo_buf *b)
{
	struct slo_str s = slo_buf_str(b);

	while (s.len > 0 && (s.p[s.len - 1] == '\n' || s.p[s.len - 1] == ' '))
		s.len--;
	return s;
}

static int64_t read_number(struct reading *r, const char *path)
{
	int64_t v;

	if (read_text(r, path) || slo_parse_i64(trimmed(&r->b), &v))
		return SLO_FACT_UNKNOWN;
	return v;
}

static void read_identity(struct reading *r)
{
	struct slo_facts *f = r->f;
	struct utsname u;
	int64_t euid;

	if (r->root[0] && read_text(r, "/uname") == 0) {
		if (sscanf(r->b.data, "%64s %64s %64s", f->sysname, f->release, f->machine) != 3)
			f->release[0] = '\0';
	} else if (uname(&u) == 0) {
		slo_str_copy(f->sysname, sizeof(f->sysname), slo_str(u.sysname));
		slo_str_copy(f->release, sizeof(f->release), slo_str(u.release));
		slo_str_copy(f->machine, sizeof(f->machine), slo_str(u.machine));
	}
	euid = r->root[0] ? read_number(r, "/euid") : SLO_FACT_UNKNOWN;
	f->euid = euid == SLO_FACT_UNKNOWN ? geteuid() : (uint32_t)euid;
}

static void read_caps(struct reading *r)
{
	const char *line;

	r->f->caps_err = read_text(r, "/proc/self/status");
	if (r->f->caps_err)
		return;
	line = strstr(r->b.data, "\nCapEff:");
	if (line)
		r->f->caps = strtoull(line + strlen("\nCapEff:"), NULL, 16);
	else
		r->f->caps_err = -EINVAL;
}

static int readable(struct reading *r, const char *path)
{
	char full[SLO_PROCFS_PATH];

	snprintf(full, sizeof(full), "%s%s", r->root, path);
	return faccessat(AT_FDCWD, full, R_OK, AT_EACCESS) ? -errno : 0;
}

static enum slo_lockdown mode_of(struct slo_str text)
{
	static const struct {
		const char *marked;
		enum slo_lockdown mode;
	} modes[] = {
		{ "[none]", SLO_LOCKDOWN_NONE },
		{ "[integrity]", SLO_LOCKDOWN_INTEGRITY },
		{ "[confidentiality]", SLO_LOCKDOWN_CONFIDENTIALITY },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(modes); i++)
		if (memmem(text.p, text.len, modes[i].marked, strlen(modes[i].marked)))
			return modes[i].mode;
	return SLO_LOCKDOWN_OTHER;
}

static void read_lockdown(struct reading *r)
{
	struct slo_facts *f = r->f;
	struct slo_str text;

	if (read_text(r, "/sys/kernel/security/lockdown") == 0 && r->b.len > 0) {
		text = trimmed(&r->b);
		slo_str_copy(f->lockdown_text, sizeof(f->lockdown_text), text);
		f->lockdown = mode_of(text);
		return;
	}
	/* The directory is in sysfs, securityfs mounted on it or not; a mounted one has its list of modules. */
	f->lockdown = exists(r->root, "/sys/kernel/security/lsm") && !exists(r->root, "/sys/kernel/security/lockdown") ?
		      SLO_LOCKDOWN_NOT_COMPILED : SLO_LOCKDOWN_UNREADABLE;
}

static void read_tracefs(struct reading *r)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[96];

	r->f->tracefs_err = -ENOENT;
	for (size_t i = 0; i < SLO_ARRAY_LEN(places) && r->f->tracefs_err; i++) {
		int err;

		snprintf(path, sizeof(path), "%s/events/sched/sched_switch/id", places[i]);
		err = readable(r, path);
		if (err == -ENOENT)
			continue;
		r->f->tracefs_err = err;
		slo_str_copy(r->f->tracefs, sizeof(r->f->tracefs), slo_str(places[i]));
	}
}

static void read_cgroups(struct reading *r)
{
	static struct slo_cgroup_mounts m;
	char proc[SLO_PROCFS_PATH];

	snprintf(proc, sizeof(proc), "%s/proc", r->root);
	if (slo_cgroup_find(&m, proc, NULL, NULL))
		return;
	r->f->cgroup_v1 = m.tree[SLO_CGROUP_V1_CPU].found || m.tree[SLO_CGROUP_V1_MEMORY].found;
	r->f->cgroup_v2 = m.tree[SLO_CGROUP_V2].found;
}

static bool in_path(const struct reading *r, const char *path, const char *program)
{
	char full[SLO_PROCFS_PATH];

	while (path && *path) {
		size_t n = strcspn(path, ":");
		int len = snprintf(full, sizeof(full), "%s%.*s/%s", r->root, (int)n, path, program);

		if (n > 0 && len < (int)sizeof(full) && access(full, X_OK) == 0)
			return true;
		path += n + (path[n] == ':');
	}
	return false;
}

static void read_tools(struct reading *r, const char *path)
{
	char build[128];

	r->f->bpftool = in_path(r, path, "bpftool");
	r->f->clang = in_path(r, path, "clang");
	r->f->kind = in_path(r, path, "kind");
	r->f->helm = in_path(r, path, "helm");
	snprintf(build, sizeof(build), "/lib/modules/%s/build", r->f->release);
	r->f->headers = r->f->release[0] && exists(r->root, build);
}

static int own_namespace(const struct reading *r, const char *which, const char *first)
{
	char is[64];

	if (slo_procfs_link(is, sizeof(is), "%s/proc/self/ns/%s", r->root, which))
		return -1;
	return strcmp(is, first) != 0;
}

/* Signs of a container; each may be missing in one, none is in a plain host. */
static void read_container(struct reading *r)
{
	static const char *const files[] = { "/.dockerenv", "/run/.containerenv" };
	static const char *const words[] = { "docker", "kubepods", "libpod", "containerd", "/lxc" };
	struct slo_facts *f = r->f;
	struct slo_str text;

	f->own_pids = own_namespace(r, "pid", FIRST_PID_NS);
	f->own_users = own_namespace(r, "user", FIRST_USER_NS);
	if (read_text(r, "/run/systemd/container") == 0) {
		text = trimmed(&r->b);
		snprintf(f->container_sign, sizeof(f->container_sign), "/run/systemd/container says %.*s",
			 (int)(text.len < 32 ? text.len : 32), text.p);
	}
	for (size_t i = 0; i < SLO_ARRAY_LEN(files) && !f->container_sign[0]; i++)
		if (exists(r->root, files[i]))
			snprintf(f->container_sign, sizeof(f->container_sign), "%s exists", files[i]);
	if (!f->container_sign[0] && read_text(r, "/proc/self/cgroup") == 0)
		for (size_t i = 0; i < SLO_ARRAY_LEN(words) && !f->container_sign[0]; i++)
			if (strstr(r->b.data, words[i]))
				snprintf(f->container_sign, sizeof(f->container_sign),
					 "/proc/self/cgroup names %s", words[i]);
	if (!f->container_sign[0] && f->own_pids == 1)
		slo_str_copy(f->container_sign, sizeof(f->container_sign),
			     slo_str("/proc/self/ns/pid is not the first"));
	f->container = f->container_sign[0];
}

void slo_facts_read(struct slo_facts *f, const char *root, const char *path)
{
	struct reading r = { .f = f, .root = root };

	memset(f, 0, sizeof(*f));
	slo_buf_init(&r.b, FILE_MAX);
	read_identity(&r);
	read_caps(&r);
	f->btf_err = readable(&r, "/sys/kernel/btf/vmlinux");
	read_lockdown(&r);
	f->paranoid = read_number(&r, "/proc/sys/kernel/perf_event_paranoid");
	f->unprivileged_bpf = read_number(&r, "/proc/sys/kernel/unprivileged_bpf_disabled");
	read_tracefs(&r);
	read_cgroups(&r);
	f->psi_err = read_text(&r, "/proc/pressure/memory");
	read_tools(&r, path);
	read_container(&r);
	slo_buf_fini(&r.b);
}

bool slo_facts_kernel(const char *release, int *major, int *minor)
{
	return sscanf(release, "%d.%d", major, minor) == 2;
}

bool slo_facts_cap(const struct slo_facts *f, enum slo_cap cap)
{
	uint64_t held = f->caps_err ? 0 : f->caps;

	if ((cap == SLO_CAP_BPF || cap == SLO_CAP_PERFMON) && held >> SLO_CAP_SYS_ADMIN & 1)
		return true;
	return held >> cap & 1;
}
