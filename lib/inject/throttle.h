/* SPDX-License-Identifier: MIT */
/*
 * A real CPU quota on a running process: planned first, then applied, checked
 * by reading back, and undone. Undoing is idempotent and works from the plan alone,
 * whatever part of it was applied.
 */
#ifndef SLO_INJECT_THROTTLE_H
#define SLO_INJECT_THROTTLE_H

#include "inject/step.h"

enum {
	SLO_THROTTLE_PERIOD_US = 100000, /* the kernel's default period */
	SLO_THROTTLE_FLOOR_US = 2000,    /* 2 % of a core: the target must stay able to answer and to be moved */
};

struct slo_throttle_move {
	int64_t pid;
	char from[SLO_CG_PATH_MAX]; /* cgroup directory to put it back into */
};

struct slo_throttle {
	struct slo_cg_home home;                  /* of the target */
	int64_t pid;
	int64_t period_us, quota_us;
	char dir[SLO_CG_PATH_MAX];                /* the cgroup made for the fault */
	struct slo_throttle_move moves[SLO_CG_PIDS_MAX];
	size_t moves_count;
	/* v2: where "+cpu" has to be written to cgroup.subtree_control, from the root down */
	char enables[SLO_CG_ENABLES_MAX][SLO_CG_PATH_MAX];
	size_t enables_count;
};

/**
 * slo_throttle_quota_us - the quota of a severity
 * @severity: 0 .. 1
 *
 * (1 - severity) of one core, at least SLO_THROTTLE_FLOOR_US, per
 * SLO_THROTTLE_PERIOD_US: severity 0.8 leaves 20 ms of CPU in each 100 ms.
 * A process that used less than that does not notice.
 */
int64_t slo_throttle_quota_us(double severity);

/**
 * slo_throttle_plan - what will be done; reads only
 * @tree: the descendants of @pid too
 * @name: makes the cgroup's name unique; letters, digits and '-'
 *
 * Version 1: a child of the target's cgroup. Version 2, where a cgroup with
 * processes cannot have controlled children: a sibling, and the controller
 * switched on above it where it is off.
 * Return: 0 or a negative errno with @err.
 */
int slo_throttle_plan(const struct slo_cg_io *io, int64_t pid, bool tree, double severity, const char *name,
		      struct slo_throttle *out, struct slo_err *err);

/** slo_throttle_apply - do it, and check it; on failure everything is undone again. Return: 0 or a negative errno with @err. */
int slo_throttle_apply(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err);

/** slo_throttle_check - the quota reads back as planned and the target is under it. Return: 0; -ESTALE with @err. */
int slo_throttle_check(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err);

/**
 * slo_throttle_undo - put every process in the cgroup back, remove it, switch
 * off what was switched on, and check by reading back
 *
 * Processes born meanwhile go where the target goes. A second call finds nothing
 * to do. Return: 0; a negative errno with @err naming what is left.
 */
int slo_throttle_undo(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_err *err);

struct slo_throttle_stat {
	int64_t periods, throttled; /* of the quota */
	int64_t throttled_ns;       /* time run queues of the group stood still, summed over CPUs */
};

/** slo_throttle_read_stat - what the kernel counted so far, from cpu.stat. */
int slo_throttle_read_stat(const struct slo_cg_io *io, const struct slo_throttle *t, struct slo_throttle_stat *out);

#endif
