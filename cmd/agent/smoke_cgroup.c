/* SPDX-License-Identifier: MIT */
/* Stimuli that need a cgroup with a limit: it is made, used by a child, and removed. */
#include "smoke.h"

#include "base/cleanup.h"
#include "base/num.h"
#include "base/time.h"
#include "probe/cgroup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum {
	BURN_MS = 200,
	LIMIT_BYTES = 8 << 20,
	TOUCH_BYTES = 10 << 20,
	REMOVE_TRIES = 50,
};

/* One setting of a limit, in the tree that has it. */
struct limit {
	enum slo_cgroup_tree tree;
	const char *file, *value;
	const char *second_file, *second_value; /* NULL = none */
};

static int put(const char *dir, const char *file, const char *value)
{
	char path[SLO_CGROUP_PATH + 64];
	slo_autoclose int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value) ? 0 : -errno;
}

/* Where a controller is not given to children, a group has no such file: asking for it would change the host. */
static int make_group(const struct limit *limits, size_t n, char *dir, size_t size)
{
	static struct slo_cgroup_mounts mounts;
	int r = slo_cgroup_find(&mounts, "/proc", NULL, NULL);

	for (size_t i = 0; i < n && !r; i++) {
		const struct slo_cgroup_mount *m = &mounts.tree[limits[i].tree];

		if (!m->found)
			continue;
		snprintf(dir, size, "%s/slo-smoke-%d", m->point, (int)getpid());
		if (mkdir(dir, 0755))
			return -errno;
		r = put(dir, limits[i].file, limits[i].value);
		if (!r && limits[i].second_file)
			r = put(dir, limits[i].second_file, limits[i].second_value);
		if (!r)
			return 0;
		rmdir(dir);
		r = 0;
	}
	return r ? r : -EOPNOTSUPP;
}

static int remove_group(const char *dir)
{
	static const struct timespec pause = { 0, 20000000 };

	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (rmdir(dir) == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -errno;
}

static void burn(void)
{
	int64_t end = slo_now_mono_ns() + BURN_MS * SLO_NS_PER_MS;

	while (slo_now_mono_ns() < end)
		;
}

static void touch_memory(void)
{
	volatile char *p = mmap(NULL, TOUCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; p != MAP_FAILED && i < TOUCH_BYTES; i += 4096)
		p[i] = 1;
}

/* Run @work in the group @dir, for a second at most. */
static int run_in(const char *dir, void (*work)(void))
{
	static const struct timespec pause = { 0, 10000000 };
	int64_t end = slo_now_mono_ns() + SLO_NS_PER_S;
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (put(dir, "cgroup.procs", "0"))
			_exit(1);
		work();
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (slo_now_mono_ns() >= end)
			kill(pid, SIGKILL);
		nanosleep(&pause, NULL);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) ? -EACCES : 0;
}

static int in_group(const struct limit *limits, size_t n, void (*work)(void), char why[SMOKE_WHY])
{
	char dir[SLO_CGROUP_PATH];
	int r = make_group(limits, n, dir, sizeof(dir)), removed;

	if (r)
		return smoke_fail(why, r, "no cgroup with a limit can be made");
	r = run_in(dir, work);
	removed = remove_group(dir);
	if (r)
		return smoke_fail(why, r, "a process cannot be put into the cgroup");
	return removed ? smoke_fail(why, removed, dir) : 0;
}

int smoke_throttle(char why[SMOKE_WHY])
{
	static const struct limit limits[] = {
		{ SLO_CGROUP_V2, "cpu.max", "2000 20000", NULL, NULL },
		{ SLO_CGROUP_V1_CPU, "cpu.cfs_period_us", "20000", "cpu.cfs_quota_us", "2000" },
	};

	return in_group(limits, SLO_ARRAY_LEN(limits), burn, why);
}

int smoke_reclaim(char why[SMOKE_WHY])
{
	static const struct limit limits[] = { { SLO_CGROUP_V2, "memory.high", "8388608", NULL, NULL } };

	static_assert(TOUCH_BYTES > LIMIT_BYTES, "more than the limit is touched");
	return in_group(limits, SLO_ARRAY_LEN(limits), touch_memory, why);
}
