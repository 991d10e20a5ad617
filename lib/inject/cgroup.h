/* SPDX-License-Identifier: MIT */
/*
 * Where a process stands in the cgroup hierarchy of a controller, version 1 or 2.
 *
 * All reading and writing goes through struct slo_cg_io, so that a test can put
 * an imitation of the kernel's files in its place and fail any one operation.
 */
#ifndef SLO_INJECT_CGROUP_H
#define SLO_INJECT_CGROUP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SLO_CG_PATH_MAX = 512,     /* bytes of a cgroup directory with its NUL; longer ones are refused */
	SLO_CG_TEXT_MAX = 1 << 17, /* bytes of a file that is read whole */
	SLO_CG_PIDS_MAX = 256,     /* processes one fault may move */
	SLO_CG_ENABLES_MAX = 16,   /* levels at which the v2 controller may have to be switched on */
};

/* Absolute paths everywhere. Negative errno on failure. */
struct slo_cg_io {
	void *arg;
	/* the file's text, NUL-terminated, at most size - 1 bytes; returns its length; -EFBIG when it does not fit */
	int (*read)(void *arg, const char *path, char *to, size_t size);
	int (*write)(void *arg, const char *path, const char *text);
	/* names in a directory, each followed by a newline; returns the length */
	int (*list)(void *arg, const char *path, char *to, size_t size);
	int (*mkdir)(void *arg, const char *path);
	int (*rmdir)(void *arg, const char *path);
};

/* The files of this machine; rmdir waits up to 500 ms for a cgroup that is just becoming empty. */
extern const struct slo_cg_io slo_cg_live;

struct slo_cg_home {
	int version;                 /* 1 or 2 */
	char controller[16];         /* "cpu", "memory", "io" (which version 1 calls blkio) */
	char mount[SLO_CG_PATH_MAX]; /* of the hierarchy with the controller */
	char dir[SLO_CG_PATH_MAX];   /* of the process: mount + its path in the hierarchy */
};

/**
 * slo_cg_locate - the cgroup of process @pid in the hierarchy of @controller ("cpu", "memory", "io")
 *
 * Version 1 when a hierarchy with the controller is mounted, else version 2 when
 * its root offers the controller.
 * Return: 0; -ESRCH for no such process; -ENOTSUP when neither version can do
 * it, or the threads of @pid are in different cgroups; others with @err.
 */
int slo_cg_locate(const struct slo_cg_io *io, const char *controller, int64_t pid, struct slo_cg_home *out,
		  struct slo_err *err);

/** slo_cg_parent - the directory above @dir, but never above the mount of @h, into SLO_CG_PATH_MAX bytes. */
void slo_cg_parent(const struct slo_cg_home *h, const char *dir, char *out);

/**
 * slo_cg_missing - v2: the directories from the root down to @base that do not hand the controller of @h down
 * @out: array of SLO_CG_ENABLES_MAX
 * @n:   how many; "+CONTROLLER" has to be written to cgroup.subtree_control of each, in this order
 */
int slo_cg_missing(const struct slo_cg_io *io, const struct slo_cg_home *h, const char *base,
		   char (*out)[SLO_CG_PATH_MAX], size_t *n, struct slo_err *err);

/**
 * slo_cg_dir_of - the cgroup directory of one process in the hierarchy of @home
 * @out: array of SLO_CG_PATH_MAX bytes
 */
int slo_cg_dir_of(const struct slo_cg_io *io, const struct slo_cg_home *home, int64_t pid, char *out,
		  struct slo_err *err);

/**
 * slo_cg_tree - @pid and the processes that descend from it
 * @pids: array of @max
 * @n:    how many, @pid itself first
 *
 * Return: 0; -E2BIG when there are more than @max; -ESRCH.
 */
int slo_cg_tree(const struct slo_cg_io *io, int64_t pid, int64_t *pids, size_t max, size_t *n, struct slo_err *err);

/** slo_cg_read - @dir/@file through @io. */
int slo_cg_read(const struct slo_cg_io *io, const char *dir, const char *file, char *to, size_t size);

/** slo_cg_write - @text to @dir/@file through @io. */
int slo_cg_write(const struct slo_cg_io *io, const char *dir, const char *file, const char *text);

/** slo_cg_has_word - @text holds @word between white space or commas. */
bool slo_cg_has_word(const char *text, const char *word);

#endif
