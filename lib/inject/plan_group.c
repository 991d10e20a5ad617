/* SPDX-License-Identifier: MIT */
/* Faults of cgroups: CPU, memory, disk. */
#include "inject/plan.h"

#include "base/cleanup.h"
#include "base/num.h"
#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { PAGE = 4096, MIB = 1 << 20, WEIGHT_V1 = 1024, WEIGHT_V2 = 100, V1_MARGIN_PCT = 11 };

/* The pids in a cgroup, as text; "" when it cannot be read. */
static char *pids_in(const struct slo_cg_io *cg, const char *dir)
{
	char *text = calloc(1, SLO_CG_TEXT_MAX);

	if (text && slo_cg_read(cg, dir, "cgroup.procs", text, SLO_CG_TEXT_MAX) < 0)
		text[0] = '\0';
	return text;
}

static int count_others(const char *text, const int64_t *own, size_t n)
{
	int others = 0;

	for (const char *p = text; *p; p += strspn(p, "\n")) {
		struct slo_str s = slo_str_n(p, strcspn(p, "\n"));
		int64_t pid = 0;
		bool known = false;

		p += s.len;
		slo_parse_i64(s, &pid);
		for (size_t i = 0; i < n; i++)
			known |= own[i] == pid;
		others += !known;
	}
	return others;
}

/* Processes of the cgroup that are neither the target nor descend from it; without a target, those nobody may touch. */
static int strangers(const struct slo_fault_spec *spec, const struct slo_cg_io *cg, const char *dir)
{
	slo_autofree char *text = pids_in(cg, dir);
	int64_t pids[SLO_CG_PIDS_MAX] = { spec->pid };
	size_t n = 1;

	if (!text)
		return 1;
	if (spec->pid) {
		slo_cg_tree(cg, spec->pid, pids, SLO_CG_PIDS_MAX, &n, NULL);
		return count_others(text, pids, n);
	}
	pids[0] = 1;
	pids[1] = getpid();
	return count_others(text, NULL, 0) - count_others(text, pids, 2);
}

static int home_of_dir(const struct slo_fault_spec *spec, const struct slo_cg_io *cg, const char *controller,
		       struct slo_cg_home *h, struct slo_err *err)
{
	char text[512];

	/* Our own place tells where the hierarchy is mounted. */
	int ret = slo_cg_locate(cg, controller, getpid(), h, err);

	if (ret)
		return ret;
	if (strncmp(spec->cgroup, h->mount, strlen(h->mount)) != 0 || spec->cgroup[strlen(h->mount)] != '/' ||
	    strstr(spec->cgroup, "/.."))
		return slo_err_set(err, -EINVAL, "%s is not below %s, where the %s controller is", spec->cgroup, h->mount,
				   controller);
	slo_str_copy(h->dir, sizeof(h->dir), slo_str(spec->cgroup));
	ret = slo_cg_read(cg, h->dir, "cgroup.procs", text, sizeof(text));
	return ret == -ENOENT ? slo_err_set(err, ret, "%s: no such cgroup", h->dir) : 0;
}

/* @alone: the fault changes the group itself, so nobody else may be in it. */
static int locate(const struct slo_fault_spec *spec, const struct slo_cg_io *cg, const char *controller, bool alone,
		  struct slo_cg_home *h, struct slo_err *err)
{
	int ret;

	if (!spec->cgroup[0] && !spec->pid)
		return slo_err_set(err, -EINVAL, "--pid or --target cgroup:DIR is required");
	ret = spec->cgroup[0] ? home_of_dir(spec, cg, controller, h, err) : slo_cg_locate(cg, controller, spec->pid, h, err);
	if (ret || !alone)
		return ret;
	if (strcmp(h->dir, h->mount) == 0)
		return slo_err_set(err, -EPERM, "the target is in the root %s cgroup: put it into one of its own", controller);
	if (!spec->yes_this_host && strangers(spec, cg, h->dir))
		return slo_err_set(err, -EPERM,
				   "%s holds other processes: put the target into a cgroup of its own, or say --yes-this-host",
				   h->dir);
	return 0;
}

static void name_target(const struct slo_fault_spec *spec, struct slo_plan *p)
{
	if (spec->pid)
		snprintf(p->target, sizeof(p->target), "pid:%lld", (long long)spec->pid);
	else
		snprintf(p->target, sizeof(p->target), "cgroup:%.150s", spec->cgroup);
}

static struct slo_step *add_file(struct slo_plan *p, const char *dir, const char *file, struct slo_err *err)
{
	struct slo_step *s = slo_plan_step(p, SLO_STEP_FILE, err);

	if (s)
		snprintf(s->path, sizeof(s->path), "%.*s/%s", (int)(sizeof(s->path) - 64), dir, file);
	return s;
}

static int set_file(struct slo_plan *p, const char *dir, const char *file, const char *value, const char *want,
		    const char *back, struct slo_err *err)
{
	struct slo_step *s = add_file(p, dir, file, err);

	if (!s)
		return -E2BIG;
	slo_str_copy(s->value, sizeof(s->value), slo_str(value));
	slo_str_copy(s->want, sizeof(s->want), slo_str(want));
	slo_str_copy(s->back, sizeof(s->back), slo_str_n(back, strcspn(back, "\n")));
	return 0;
}

/* v2: the controller handed down as far as @base, and taken back at the end. */
static int enable(const struct slo_cg_io *cg, const struct slo_cg_home *h, const char *base, struct slo_plan *p,
		  struct slo_err *err)
{
	slo_autofree char (*dirs)[SLO_CG_PATH_MAX] = calloc(SLO_CG_ENABLES_MAX, sizeof(*dirs));
	char on[24], off[24];
	size_t n = 0;
	int ret = dirs ? slo_cg_missing(cg, h, base, dirs, &n, err) : -ENOMEM;

	snprintf(on, sizeof(on), "+%s", h->controller);
	snprintf(off, sizeof(off), "-%s", h->controller);
	for (size_t i = 0; i < n && !ret; i++)
		ret = set_file(p, dirs[i], "cgroup.subtree_control", on, h->controller, off, err);
	return ret;
}

static int enable_for(const struct slo_cg_io *cg, const struct slo_cg_home *h, struct slo_plan *p, struct slo_err *err)
{
	char parent[SLO_CG_PATH_MAX];

	if (h->version == 1)
		return 0;
	slo_cg_parent(h, h->dir, parent);
	return enable(cg, h, parent, p, err);
}

/* --- CPU ----------------------------------------------------------------- */

/* The quota written into the target's own group. */
static int quota_here(const struct slo_cg_io *cg, const struct slo_cg_home *h, double share, struct slo_plan *p,
		      struct slo_err *err)
{
	const char *file = h->version == 2 ? "cpu.max" : "cpu.cfs_quota_us";
	char old[64] = "max 100000", text[64], value[64];
	long long quota = -1, period = SLO_THROTTLE_PERIOD_US;
	int64_t us;

	if (slo_cg_read(cg, h->dir, file, old, sizeof(old)) < 0 && h->version == 1)
		return slo_err_set(err, -ENOTSUP, "%s/%s cannot be read", h->dir, file);
	if (h->version == 2 && sscanf(old, "%lld %lld", &quota, &period) != 2)
		sscanf(old, "max %lld", &period);
	if (h->version == 1 && (sscanf(old, "%lld", &quota) != 1 ||
				slo_cg_read(cg, h->dir, "cpu.cfs_period_us", text, sizeof(text)) < 0 ||
				sscanf(text, "%lld", &period) != 1))
		return slo_err_set(err, -EIO, "%s/%s: no quota in it", h->dir, file);
	us = llround(share / 100 * (double)period);
	if (us < 1000)
		us = 1000; /* the kernel's least */
	if (quota > 0 && us >= quota)
		return slo_err_set(err, -EINVAL, "%s has a tighter quota already", h->dir);
	snprintf(value, sizeof(value), h->version == 2 ? "%lld %lld" : "%lld", (long long)us, period);
	return set_file(p, h->dir, file, value, value, old, err);
}

int slo_plan_throttle(const struct slo_fault_spec *spec, double share, const struct slo_plan_env *env,
		      struct slo_plan *p, struct slo_err *err)
{
	const struct slo_cg_io *cg = env->io->cg;
	struct slo_cg_home h;
	int ret = locate(spec, cg, "cpu", spec->cgroup[0], &h, err);

	name_target(spec, p);
	if (ret)
		return ret;
	p->mechanism = h.version == 2 ? "cgroup2 cpu.max" : "cgroup1 cpu.cfs_quota_us";
	/* A group that is the target's alone is throttled where it is: what else is done to it stays in force. */
	if (spec->cgroup[0] || (h.version == 2 && strcmp(h.dir, h.mount) != 0 && !strangers(spec, cg, h.dir))) {
		ret = enable_for(cg, &h, p, err);
		return ret ? ret : quota_here(cg, &h, share, p, err);
	}
	p->has_throttle = true;
	return slo_throttle_plan(cg, spec->pid, spec->tree, 1 - share / 100, env->name, &p->throttle, err);
}

static int first_pid(const struct slo_fault_spec *spec, const struct slo_cg_io *cg, int64_t *pid)
{
	slo_autofree char *text = spec->pid ? NULL : pids_in(cg, spec->cgroup);

	*pid = spec->pid;
	return spec->pid ? 0 : text && text[0] ? slo_parse_i64(slo_str_n(text, strcspn(text, "\n")), pid) : -ESRCH;
}

static int competitors(const struct slo_fault_spec *spec, const struct slo_cg_io *cg, cpu_set_t *set, struct slo_err *err)
{
	int64_t pid;

	if (first_pid(spec, cg, &pid) || sched_getaffinity((pid_t)pid, sizeof(*set), set))
		return slo_err_set(err, -ESRCH, "the target has no process");
	if (!spec->yes_this_host && CPU_COUNT(set) >= sysconf(_SC_NPROCESSORS_ONLN))
		return slo_err_set(err, -EPERM,
				   "the target may run on every CPU, so this would slow the whole machine: pin it to some "
				   "(taskset), or say --yes-this-host");
	return 0;
}

int slo_plan_contention(const struct slo_fault_spec *spec, double weight, const struct slo_plan_env *env,
			struct slo_plan *p, struct slo_err *err)
{
	const struct slo_cg_io *cg = env->io->cg;
	struct slo_helper_job *job = &p->jobs[0];
	struct slo_cg_home h;
	struct slo_step *s;
	char base[SLO_CG_PATH_MAX], value[32];
	int ret = locate(spec, cg, "cpu", false, &h, err);

	name_target(spec, p);
	if (!ret)
		ret = competitors(spec, cg, &job->cpus, err);
	if (ret)
		return ret;
	slo_cg_parent(&h, h.dir, base);
	if (h.version == 2 && (ret = enable(cg, &h, base, p, err)))
		return ret;
	if (!(s = slo_plan_step(p, SLO_STEP_CGROUP, err)))
		return -E2BIG;
	if (snprintf(s->path, sizeof(s->path), "%s/" SLO_STEP_PREFIX "%s", base, env->name) >= (int)sizeof(s->path))
		return slo_err_set(err, -ENAMETOOLONG, "the cgroup path is too long");
	slo_str_copy(job->cgroup, sizeof(job->cgroup), slo_str(s->path));
	snprintf(value, sizeof(value), "%lld", llround(weight * (h.version == 2 ? WEIGHT_V2 : WEIGHT_V1)));
	/* Nothing to write back: the group goes. */
	ret = set_file(p, job->cgroup, h.version == 2 ? "cpu.weight" : "cpu.shares", value, value, value, err);
	if (ret || !(s = slo_plan_step(p, SLO_STEP_HELPER, err)))
		return ret ? ret : -E2BIG;
	slo_str_copy(s->name, sizeof(s->name), slo_str("spinning"));
	job->kind = SLO_HELPER_SPIN;
	p->jobs_count = 1;
	p->mechanism = "spinning processes in a sibling cgroup";
	return 0;
}

/* --- memory -------------------------------------------------------------- */

static int64_t stat_of(const char *text, const char *key)
{
	long long v;

	for (const char *p = text; (p = strstr(p, key)); p++)
		if ((p == text || p[-1] == '\n') && sscanf(p + strlen(key), " %lld", &v) == 1)
			return v;
	return 0;
}

/* Bytes in use that are not file cache: what cannot be given back without swap. */
static int64_t held_bytes(const struct slo_cg_io *cg, const struct slo_cg_home *h)
{
	slo_autofree char *text = calloc(1, SLO_CG_TEXT_MAX);
	const char *usage = h->version == 2 ? "memory.current" : "memory.usage_in_bytes";
	const char *in = h->version == 2 ? "inactive_file" : "total_inactive_file";
	const char *act = h->version == 2 ? "active_file" : "total_active_file";
	char used[64];
	long long bytes;

	if (!text || slo_cg_read(cg, h->dir, usage, used, sizeof(used)) < 0 || sscanf(used, "%lld", &bytes) != 1 ||
	    slo_cg_read(cg, h->dir, "memory.stat", text, SLO_CG_TEXT_MAX) < 0)
		return -1;
	return bytes - stat_of(text, in) - stat_of(text, act);
}

static int limit_memory(const struct slo_cg_io *cg, const struct slo_cg_home *h, int64_t bytes, struct slo_plan *p,
			struct slo_err *err)
{
	const char *file = h->version == 2 ? "memory.high" : "memory.limit_in_bytes";
	char old[64], value[32];
	long long was;
	int ret = 0;

	snprintf(value, sizeof(value), "%lld", (long long)(bytes / PAGE * PAGE));
	if (slo_cg_read(cg, h->dir, file, old, sizeof(old)) < 0)
		return slo_err_set(err, -ENOTSUP, "%s/%s cannot be read", h->dir, file);
	if (sscanf(old, "%lld", &was) == 1 && was > 0 && was <= bytes)
		return slo_err_set(err, -EINVAL, "%s has a tighter limit already", h->dir);
	/* Version 1 would kill where version 2 makes wait. */
	if (h->version == 1)
		ret = set_file(p, h->dir, "memory.oom_control", "1", "oom_kill_disable 1", "0", err);
	return ret ? ret : set_file(p, h->dir, file, value, value, old, err);
}

int slo_plan_memory(const struct slo_fault_spec *spec, double pct, const struct slo_plan_env *env, struct slo_plan *p,
		    struct slo_err *err)
{
	const struct slo_cg_io *cg = env->io->cg;
	struct slo_cg_home h;
	int64_t held, margin;
	int ret = locate(spec, cg, "memory", true, &h, err);

	name_target(spec, p);
	if (ret)
		return ret;
	held = held_bytes(cg, &h);
	if (held < MIB)
		return slo_err_set(err, -ENOTSUP, held < 0 ? "%s: its memory is not accounted (no memory controller there)"
							   : "%s: it holds less than 1 MiB", h.dir);
	p->mechanism = h.version == 2 ? "cgroup2 memory.high" : "cgroup1 memory.limit_in_bytes";
	if (h.version == 2)
		return limit_memory(cg, &h, llround((double)held * (1 - pct / 100)), p, err);
	/* A limit below what is held is refused there: a margin above it that shrinks instead. */
	margin = pct < V1_MARGIN_PCT ? llround((double)held * (V1_MARGIN_PCT - pct) / 100) : 0;
	return limit_memory(cg, &h, held + (margin < MIB ? MIB : margin), p, err);
}

/* --- disk ---------------------------------------------------------------- */

/* The whole disk @path is, is a part of, or lies on: "8:0". */
static int disk_of(const char *path, char *to, size_t size, struct slo_err *err)
{
	char link[96], above[128];
	struct stat st;
	FILE *f;
	dev_t dev;

	if (!path)
		return slo_err_set(err, -EINVAL, "--disk is required: a block device, or a file on it");
	if (stat(path, &st))
		return slo_err_set(err, -errno, "--disk %s: %s", path, slo_strerror(-errno));
	dev = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
	snprintf(to, size, "%u:%u", major(dev), minor(dev));
	snprintf(link, sizeof(link), "/sys/dev/block/%s", to);
	if (access(link, F_OK))
		return slo_err_set(err, -ENOTSUP, "--disk %s: it is on no block device", path);
	snprintf(above, sizeof(above), "%s/partition", link);
	if (access(above, F_OK))
		return 0;
	snprintf(above, sizeof(above), "%s/../dev", link);
	f = fopen(above, "re");
	if (!f || !fgets(to, (int)size, f))
		snprintf(to, size, "%u:%u", major(dev), minor(dev));
	if (f)
		fclose(f);
	to[strcspn(to, "\n")] = '\0';
	return 0;
}

static int refuse_limited(const struct slo_cg_io *cg, const char *dir, const char *file, const char *disk, struct slo_err *err)
{
	char text[4096];
	size_t len = strlen(disk);

	if (slo_cg_read(cg, dir, file, text, sizeof(text)) < 0)
		return 0; /* comes with the controller */
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, disk, len) == 0 && p[len] == ' ')
			return slo_err_set(err, -EEXIST, "%s/%s: it has a limit for %s already", dir, file, disk);
	return 0;
}

int slo_plan_disk(const struct slo_fault_spec *spec, double iops, const struct slo_plan_env *env, struct slo_plan *p,
		  struct slo_err *err)
{
	static const char *const v1[] = { "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device" };
	const struct slo_cg_io *cg = env->io->cg;
	char disk[24], value[64], want[40], back[64];
	struct slo_cg_home h;
	int ret = disk_of(spec->disk, disk, sizeof(disk), err);

	if (!ret)
		ret = locate(spec, cg, "io", true, &h, err);
	name_target(spec, p);
	if (ret)
		return ret;
	p->mechanism = h.version == 2 ? "cgroup2 io.max" : "cgroup1 blkio.throttle";
	if (h.version == 2) {
		snprintf(want, sizeof(want), "riops=%lld wiops=%lld", llround(iops), llround(iops));
		snprintf(value, sizeof(value), "%s %s", disk, want);
		snprintf(back, sizeof(back), "%s riops=max wiops=max", disk);
		ret = enable_for(cg, &h, p, err);
		if (!ret)
			ret = refuse_limited(cg, h.dir, "io.max", disk, err);
		return ret ? ret : set_file(p, h.dir, "io.max", value, want, back, err);
	}
	snprintf(value, sizeof(value), "%s %lld", disk, llround(iops));
	snprintf(back, sizeof(back), "%s 0", disk);
	for (size_t i = 0; i < SLO_ARRAY_LEN(v1) && !ret; i++) {
		ret = refuse_limited(cg, h.dir, v1[i], disk, err);
		if (!ret)
			ret = set_file(p, h.dir, v1[i], value, value, back, err);
	}
	return ret;
}
