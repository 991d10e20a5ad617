/* SPDX-License-Identifier: MIT */
/*
 * Where the cgroup file systems are mounted, and the directory of a process in
 * each: v1 controllers of their own, v2, or both side by side (hybrid).
 */
#ifndef SLO_PROBE_CGROUP_H
#define SLO_PROBE_CGROUP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum slo_cgroup_tree {
	SLO_CGROUP_V1_CPU,
	SLO_CGROUP_V1_MEMORY,
	SLO_CGROUP_V2,
	SLO_CGROUP__COUNT
};

enum { SLO_CGROUP_PATH = 512 };

struct slo_cgroup_mount {
	bool found;
	char point[256]; /* where the hierarchy is mounted */
	char root[256];  /* the part of it that is mounted there, "/" for all */
};

struct slo_cgroup_mounts {
	struct slo_cgroup_mount tree[SLO_CGROUP__COUNT];
	char prefix[256]; /* put in front of mount points; "" live */
};

/**
 * slo_cgroup_find - read @proc_root/self/mountinfo
 * @prefix: put in front of each mount point (recorded trees, a host's root mounted elsewhere); NULL = none
 *
 * A tree that is not mounted is not an error. Return: 0 or negative errno.
 */
int slo_cgroup_find(struct slo_cgroup_mounts *m, const char *proc_root, const char *prefix, struct slo_err *err);

/* The paths of one process, as its cgroup file has them. */
struct slo_cgroup_paths {
	char path[SLO_CGROUP__COUNT][SLO_CGROUP_PATH]; /* "" = not in that tree */
};

/** slo_cgroup_of - read @proc_root/@pid/cgroup. Return: 0, -ESRCH when it is gone, or negative errno. */
int slo_cgroup_of(const char *proc_root, int64_t pid, struct slo_cgroup_paths *out);

/**
 * slo_cgroup_dir - the directory of @path in the mounted @tree
 *
 * Return: 0; -ENOENT when the tree is not mounted or @path lies outside of what
 * is mounted (another cgroup namespace); -ENAMETOOLONG.
 */
int slo_cgroup_dir(const struct slo_cgroup_mounts *m, enum slo_cgroup_tree tree, const char *path, char *dir,
		   size_t size);

#endif
