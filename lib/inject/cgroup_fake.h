/* SPDX-License-Identifier: MIT */
/*
 * An imitation of the kernel's cgroup files in memory, in which any one operation
 * can be made to fail. For tests: included by exactly one source file each.
 */
#ifndef SLO_INJECT_CGROUP_FAKE_H
#define SLO_INJECT_CGROUP_FAKE_H

#include "base/str.h"
#include "inject/cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILES = 64, PROCS = 8 };

/* A tree of cgroups; processes hang in them. */
struct fake {
	int version;
	struct {
		char path[256];
		char quota[64], period[64], max[64], control[64];
		bool used;
	} dirs[FILES];
	struct {
		int pid, parent;
		char dir[256];
		bool split;    /* one of its threads is elsewhere */
	} procs[PROCS];
	int fail_at;           /* the operation that fails, from 1; 0 = none */
	int fail_with;
	int ops;               /* operations that change something */
	bool fail_once;        /* later ones work again */
	bool clamp;            /* the kernel "accepts" a quota but keeps its own */
	int fork_on_move;      /* when this process is moved, a child of it appears in the old place */
};

static struct fake k;
static int find_dir(const char *path)
{
	for (int i = 0; i < FILES; i++)
		if (k.dirs[i].used && strcmp(k.dirs[i].path, path) == 0)
			return i;
	return -1;
}

static int add_dir(const char *path, const char *control)
{
	for (int i = 0; i < FILES; i++) {
		if (k.dirs[i].used)
			continue;
		memset(&k.dirs[i], 0, sizeof(k.dirs[i]));
		k.dirs[i].used = true;
		snprintf(k.dirs[i].path, sizeof(k.dirs[i].path), "%s", path);
		snprintf(k.dirs[i].control, sizeof(k.dirs[i].control), "%s", control);
		snprintf(k.dirs[i].quota, sizeof(k.dirs[i].quota), "-1\n");
		snprintf(k.dirs[i].period, sizeof(k.dirs[i].period), "100000\n");
		snprintf(k.dirs[i].max, sizeof(k.dirs[i].max), "max 100000\n");
		return i;
	}
	return -1;
}

static void add_proc(int pid, int parent, const char *dir)
{
	for (int i = 0; i < PROCS; i++) {
		if (k.procs[i].pid)
			continue;
		k.procs[i].pid = pid;
		k.procs[i].parent = parent;
		slo_str_copy(k.procs[i].dir, sizeof(k.procs[i].dir), slo_str(dir));
		return;
	}
}

static int find_proc(int pid)
{
	for (int i = 0; i < PROCS; i++)
		if (k.procs[i].pid == pid)
			return i;
	return -1;
}

static const char *mount_of(void)
{
	return k.version == 1 ? "/cg/cpu" : "/cg";
}

static const char *relative(const char *dir)
{
	const char *rest = dir + strlen(mount_of());

	return *rest ? rest : "/";
}

static int give(char *to, size_t size, const char *text)
{
	return (size_t)snprintf(to, size, "%s", text) < size ? (int)strlen(text) : -EFBIG;
}

static int read_cgroup(int i, const char *of_thread, char *to, size_t size)
{
	char text[600];

	snprintf(text, sizeof(text), k.version == 1 ? "4:memory:/m\n1:cpu,cpuacct:%s%s\n0::/\n" : "0::%s%s\n",
		 relative(k.procs[i].dir), k.procs[i].split && strcmp(of_thread, "2") == 0 ? "/elsewhere" : "");
	return give(to, size, text);
}

static int read_proc(const char *path, char *to, size_t size)
{
	char what[32] = "", tid[16] = "", text[200] = "";
	int pid, i;

	if (strcmp(path, "/proc/self/mountinfo") == 0)
		return give(to, size, k.version == 1 ? "20 1 0:1 / / rw - ext4 /dev/x rw\n"
						       "30 20 0:5 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
						       "31 20 0:6 / /cg/two rw - cgroup2 cgroup2 rw\n"
						     : "30 20 0:5 / /cg rw - cgroup2 cgroup2 rw\n");
	if (sscanf(path, "/proc/%d/task/%15[0-9]/%31s", &pid, tid, what) != 3 &&
	    sscanf(path, "/proc/%d/%31s", &pid, what) != 2)
		return -ENOENT;
	i = find_proc(pid);
	if (i < 0)
		return -ENOENT;
	if (strcmp(what, "cgroup") == 0)
		return read_cgroup(i, tid, to, size);
	for (int j = 0; j < PROCS; j++)
		if (k.procs[j].parent == pid && strcmp(tid, "1") == 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d ", k.procs[j].pid);
	return give(to, size, text);
}

static int split_path(const char *path, char *file)
{
	const char *slash = strrchr(path, '/');
	char dir[256];

	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	snprintf(file, 64, "%.63s", slash + 1);
	return find_dir(dir);
}

static int fake_read(void *arg, const char *path, char *to, size_t size)
{
	char file[64], text[200] = "";
	int d;

	(void)arg;
	if (strncmp(path, "/proc/", 6) == 0)
		return read_proc(path, to, size);
	d = split_path(path, file);
	if (d < 0)
		return -ENOENT;
	if (strcmp(file, "cgroup.procs") == 0) {
		for (int j = 0; j < PROCS; j++)
			if (k.procs[j].pid && strcmp(k.procs[j].dir, k.dirs[d].path) == 0)
				snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d\n", k.procs[j].pid);
		return give(to, size, text);
	}
	if (strcmp(file, "cpu.stat") == 0)
		return give(to, size, k.version == 1 ? "nr_periods 5\nnr_throttled 4\nthrottled_time 7000\n"
						     : "usage_usec 1\nnr_periods 5\nnr_throttled 4\nthrottled_usec 7\n");
	if (strcmp(file, "cgroup.controllers") == 0)
		return k.version == 2 ? give(to, size, "cpuset cpu io\n") : -ENOENT;
	if (strcmp(file, "cgroup.subtree_control") == 0)
		return give(to, size, k.dirs[d].control);
	if (strcmp(file, "cpu.cfs_quota_us") == 0)
		return give(to, size, k.dirs[d].quota);
	if (strcmp(file, "cpu.cfs_period_us") == 0)
		return give(to, size, k.dirs[d].period);
	return strcmp(file, "cpu.max") == 0 ? give(to, size, k.dirs[d].max) : -ENOENT;
}

static int failing(void)
{
	k.ops++;
	return k.fail_at && (k.fail_once ? k.ops == k.fail_at : k.ops >= k.fail_at) ? k.fail_with : 0;
}

static int move(const char *dir, int pid)
{
	int i = find_proc(pid);

	if (i < 0)
		return -ESRCH;
	if (pid == k.fork_on_move) {
		k.fork_on_move = 0;
		add_proc(pid + 1000, pid, k.procs[i].dir);
	}
	slo_str_copy(k.procs[i].dir, sizeof(k.procs[i].dir), slo_str(dir));
	return 0;
}

static int fake_write(void *arg, const char *path, const char *text)
{
	char file[64];
	int d, ret = failing();

	(void)arg;
	if (ret)
		return ret;
	d = split_path(path, file);
	if (d < 0)
		return -ENOENT;
	if (strcmp(file, "cgroup.procs") == 0)
		return move(k.dirs[d].path, atoi(text));
	if (strcmp(file, "cgroup.subtree_control") == 0)
		snprintf(k.dirs[d].control, sizeof(k.dirs[d].control), "%s", text[0] == '+' ? "memory cpu\n" : "memory\n");
	else if (strcmp(file, "cpu.cfs_quota_us") == 0)
		snprintf(k.dirs[d].quota, sizeof(k.dirs[d].quota), "%s\n", k.clamp ? "-1" : text);
	else if (strcmp(file, "cpu.cfs_period_us") == 0)
		snprintf(k.dirs[d].period, sizeof(k.dirs[d].period), "%s\n", text);
	else if (strcmp(file, "cpu.max") == 0)
		snprintf(k.dirs[d].max, sizeof(k.dirs[d].max), "%s\n", k.clamp ? "max 100000" : text);
	return 0;
}

static int fake_list(void *arg, const char *path, char *to, size_t size)
{
	int pid;

	(void)arg;
	if (sscanf(path, "/proc/%d/task", &pid) != 1 || find_proc(pid) < 0)
		return -ENOENT;
	return give(to, size, "1\n2\n");
}

static int fake_mkdir(void *arg, const char *path)
{
	int ret = failing();

	(void)arg;
	if (ret)
		return ret;
	if (find_dir(path) >= 0)
		return -EEXIST;
	add_dir(path, "");
	return 0;
}

static int fake_rmdir(void *arg, const char *path)
{
	int d = find_dir(path), ret = failing();

	(void)arg;
	if (ret)
		return ret;
	if (d < 0)
		return -ENOENT;
	for (int j = 0; j < PROCS; j++)
		if (k.procs[j].pid && strcmp(k.procs[j].dir, path) == 0)
			return -EBUSY;
	k.dirs[d].used = false;
	return 0;
}

static const struct slo_cg_io io = {
	.read = fake_read, .write = fake_write, .list = fake_list, .mkdir = fake_mkdir, .rmdir = fake_rmdir,
};

static void fake_init(int version)
{
	memset(&k, 0, sizeof(k));
	k.version = version;
	k.fail_with = -EIO;
	if (version == 1) {
		add_dir("/cg/cpu", "");
		add_dir("/cg/cpu/pod", "");
		add_dir("/cg/cpu/side", "");
		add_proc(100, 1, "/cg/cpu/pod");
		add_proc(101, 100, "/cg/cpu/side");
	} else {
		add_dir("/cg", "memory\n");
		add_dir("/cg/pods", "memory\n");
		add_dir("/cg/pods/pod", "");
		add_dir("/cg/pods/side", "");
		add_proc(100, 1, "/cg/pods/pod");
		add_proc(101, 100, "/cg/pods/side");
	}
}

#endif
