/* SPDX-License-Identifier: MIT */
#include "inject/throttle.h"

#include "base/cleanup.h"
#include "base/num.h"
#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

enum {
	UNDO_PASSES = 32,          /* a process that forks while it is moved needs another pass */
	UNDO_PAUSE_NS = 50000000,
};

int64_t slo_throttle_quota_us(double severity)
{
	int64_t us = (int64_t)llround((1 - severity) * SLO_THROTTLE_PERIOD_US);

	return us < SLO_THROTTLE_FLOOR_US ? SLO_THROTTLE_FLOOR_US : us;
}

static int plan_moves(const struct slo_cg_io *io, bool tree, struct slo_throttle *t, struct slo_err *err)
{
	int64_t pids[SLO_CG_PIDS_MAX] = { t->pid };
	size_t n = 1;
	int ret = tree ? slo_cg_tree(io, t->pid, pids, SLO_CG_PIDS_MAX, &n, err) : 0;

	for (size_t i = 0; i < n && !ret; i++) {
		struct slo_throttle_move *m = &t->moves[t->moves_count];

		ret = slo_cg_dir_of(io, &t->home, pids[i], m->from, i ? NULL : err);
		if (ret == -ESRCH && i) {
			ret = 0; /* a descendant that ended meanwhile */
			continue;
		}
		if (ret)
			return slo_err_set(err, ret, "process %lld: %s", (long long)pids[i], slo_strerror(ret));
		m->pid = pids[i];
		t->moves_count++;
	}
	return ret;
}

int slo_throttle_plan(const struct slo_cg_io *io, int64_t pid, bool tree, double severity, const char *name,
		      struct slo_throttle *out, struct slo_err *err)
{
	slo_autofree struct slo_throttle *t = calloc(1, sizeof(*t));
	char base[SLO_CG_PATH_MAX];
	int ret;

	if (!t)
		return -ENOMEM;
	t->pid = pid;
	t->period_us = SLO_THROTTLE_PERIOD_US;
	t->quota_us = slo_throttle_quota_us(severity);
	ret = slo_cg_locate(io, "cpu", pid, &t->home, err);
	if (ret)
		return ret;
	slo_str_copy(base, sizeof(base), slo_str(t->home.dir));
	if (t->home.version == 2) {
		slo_cg_parent(&t->home, t->home.dir, base);
		ret = slo_cg_missing(io, &t->home, base, t->enables, &t->enables_count, err);
	}
	if (!ret && snprintf(t->dir, sizeof(t->dir), "%s/" SLO_STEP_PREFIX "%s", base, name) >= (int)sizeof(t->dir))
		ret = slo_err_set(err, -ENAMETOOLONG, "the cgroup path is too long");
	if (!ret)
		ret = plan_moves(io, tree, t, err);
	if (!ret)
		*out = *t;
	return ret;
}

static int write_or_say(const struct slo_cg_io *io, const char *dir, const char *file, const char *text,
			struct slo_err *err)
{
	int ret = slo_cg_write(io, dir, file, text);

	if (!ret)
		return 0;
	return slo_err_set(err, ret, "%s/%s: cannot write %s: %s%s", dir, file, text, slo_strerror(ret),
			   ret == -EINVAL ? " (a cgroup above may allow less)" : "");
}

static int set_quota(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err)
{
	char text[64];
	int ret;

	if (t->home.version == 2) {
		snprintf(text, sizeof(text), "%lld %lld", (long long)t->quota_us, (long long)t->period_us);
		return write_or_say(io, t->dir, "cpu.max", text, err);
	}
	snprintf(text, sizeof(text), "%lld", (long long)t->period_us);
	ret = write_or_say(io, t->dir, "cpu.cfs_period_us", text, err);
	if (ret)
		return ret;
	snprintf(text, sizeof(text), "%lld", (long long)t->quota_us);
	return write_or_say(io, t->dir, "cpu.cfs_quota_us", text, err);
}

static int move_all(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err)
{
	for (size_t i = 0; i < t->moves_count; i++) {
		char text[32];
		int ret;

		snprintf(text, sizeof(text), "%lld", (long long)t->moves[i].pid);
		ret = slo_cg_write(io, t->dir, "cgroup.procs", text);
		if (ret == -ESRCH && i)
			continue; /* a descendant that ended meanwhile */
		if (ret)
			return slo_err_set(err, ret, "cannot move process %s to %s: %s", text, t->dir, slo_strerror(ret));
	}
	return 0;
}

static int do_apply(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err)
{
	int ret;

	for (size_t i = 0; i < t->enables_count; i++) {
		ret = write_or_say(io, t->enables[i], "cgroup.subtree_control", "+cpu", err);
		if (ret)
			return ret;
	}
	ret = io->mkdir(io->arg, t->dir);
	if (ret)
		return slo_err_set(err, ret, "%s: cannot make it: %s", t->dir, slo_strerror(ret));
	ret = set_quota(io, t, err);
	if (!ret)
		ret = move_all(io, t, err);
	return ret ? ret : slo_throttle_check(io, t, err);
}

int slo_throttle_apply(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err)
{
	struct slo_err left = { .what = "" };
	int ret = do_apply(io, t, err);

	if (ret && slo_throttle_undo(io, t, &left))
		slo_err_at(err, "not undone (%s)", left.what);
	return ret;
}

/* The quota and period in force, in microseconds; -1 = no limit. */
static int read_quota(const struct slo_cg_io *io, const struct slo_throttle *t, long long *quota, long long *period)
{
	char text[128];

	*quota = *period = -1;
	if (t->home.version == 2)
		return slo_cg_read(io, t->dir, "cpu.max", text, sizeof(text)) >= 0 &&
				       sscanf(text, "%lld %lld", quota, period) == 2 ? 0 : -EIO;
	if (slo_cg_read(io, t->dir, "cpu.cfs_quota_us", text, sizeof(text)) < 0 || sscanf(text, "%lld", quota) != 1 ||
	    slo_cg_read(io, t->dir, "cpu.cfs_period_us", text, sizeof(text)) < 0 || sscanf(text, "%lld", period) != 1)
		return -EIO;
	return 0;
}

int slo_throttle_check(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err)
{
	char dir[SLO_CG_PATH_MAX];
	long long quota, period;
	int ret;

	if (read_quota(io, t, &quota, &period) || quota != t->quota_us || period != t->period_us)
		return slo_err_set(err, -ESTALE, "%s: the quota does not read back as written", t->dir);
	ret = slo_cg_dir_of(io, &t->home, t->pid, dir, err);
	if (ret)
		return ret;
	if (strcmp(dir, t->dir) != 0)
		return slo_err_set(err, -ESTALE, "process %lld is in %s instead of %s", (long long)t->pid, dir, t->dir);
	return 0;
}

static const char *home_of(const struct slo_throttle *t, int64_t pid)
{
	for (size_t i = 0; i < t->moves_count; i++)
		if (t->moves[i].pid == pid)
			return t->moves[i].from;
	return t->home.dir;
}

/* Return: processes found in the cgroup, or a negative errno. */
static int move_back_once(const struct slo_cg_io *io, const struct slo_throttle *t, char *text, struct slo_err *err)
{
	int n = 0, ret = slo_cg_read(io, t->dir, "cgroup.procs", text, SLO_CG_TEXT_MAX);

	if (ret < 0)
		return ret == -ENOENT || ret == -ENODEV ? 0 : slo_err_set(err, ret, "%s: %s", t->dir, slo_strerror(ret));
	for (char *p = text; *p; p += strspn(p, "\n")) {
		size_t len = strcspn(p, "\n");
		char pid[32];
		int64_t id;

		slo_str_copy(pid, sizeof(pid), slo_str_n(p, len));
		p += len;
		if (slo_parse_i64(slo_str(pid), &id))
			continue;
		n++;
		ret = slo_cg_write(io, home_of(t, id), "cgroup.procs", pid);
		if (ret && ret != -ESRCH && strcmp(home_of(t, id), t->home.dir) != 0)
			ret = slo_cg_write(io, t->home.dir, "cgroup.procs", pid); /* its own place is gone */
		if (ret && ret != -ESRCH)
			return slo_err_set(err, ret, "cannot move process %s back to %s: %s", pid, home_of(t, id),
					   slo_strerror(ret));
	}
	return n;
}

static int empty(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err)
{
	slo_autofree char *text = malloc(SLO_CG_TEXT_MAX);

	if (!text)
		return -ENOMEM;
	for (int i = 0; i < UNDO_PASSES; i++) {
		int n = move_back_once(io, t, text, err);

		if (n <= 0)
			return n;
		/* Who is on the way out cannot be moved, and is listed until it is gone. */
		if (i > 2)
			nanosleep(&(struct timespec){ .tv_nsec = UNDO_PAUSE_NS }, NULL);
	}
	return slo_err_set(err, -EBUSY, "%s: processes keep appearing in it", t->dir);
}

/* Lift the quota before anything else: even if the rest fails the target can run again. */
static void lift_quota(const struct slo_cg_io *io, const struct slo_throttle *t)
{
	if (t->home.version == 2)
		slo_cg_write(io, t->dir, "cpu.max", "max");
	else
		slo_cg_write(io, t->dir, "cpu.cfs_quota_us", "-1");
}

static int verify_gone(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err)
{
	char dir[SLO_CG_PATH_MAX], text[64];
	int ret = slo_cg_read(io, t->dir, "cgroup.procs", text, sizeof(text));

	if (ret != -ENOENT && ret != -ENODEV)
		return slo_err_set(err, -EBUSY, "%s is still there", t->dir);
	ret = slo_cg_dir_of(io, &t->home, t->pid, dir, NULL);
	if (!ret && strcmp(dir, t->dir) == 0)
		return slo_err_set(err, -EBUSY, "process %lld is still in %s", (long long)t->pid, dir);
	return 0;
}

int slo_throttle_undo(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err)
{
	int ret, rm;

	lift_quota(io, t);
	ret = empty(io, t, err);
	rm = io->rmdir(io->arg, t->dir);
	if (rm && rm != -ENOENT && !ret)
		ret = slo_err_set(err, rm, "%s: cannot remove it: %s", t->dir, slo_strerror(rm));
	for (size_t i = t->enables_count; i-- > 0;) {
		char text[1024];

		if (slo_cg_read(io, t->enables[i], "cgroup.subtree_control", text, sizeof(text)) < 0 ||
		    !slo_cg_has_word(text, "cpu"))
			continue;
		rm = write_or_say(io, t->enables[i], "cgroup.subtree_control", "-cpu", err);
		ret = ret ? ret : rm;
	}
	return ret ? ret : verify_gone(io, t, err);
}

int slo_throttle_read_stat(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_throttle_stat *out)
{
	bool v2 = t->home.version == 2;
	const struct {
		const char *key;
		int64_t *to, scale;
	} want[] = {
		{ "nr_periods ", &out->periods, 1 },
		{ "nr_throttled ", &out->throttled, 1 },
		{ v2 ? "throttled_usec " : "throttled_time ", &out->throttled_ns, v2 ? 1000 : 1 },
	};
	char text[2048];
	int ret = slo_cg_read(io, t->dir, "cpu.stat", text, sizeof(text));

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < SLO_ARRAY_LEN(want); i++) {
		const char *p = strstr(text, want[i].key);
		long long v;

		if (!p || sscanf(p + strlen(want[i].key), "%lld", &v) != 1)
			return -EIO;
		*want[i].to = v * want[i].scale;
	}
	return 0;
}
