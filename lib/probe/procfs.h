/* SPDX-License-Identifier: MIT */
/* Reading small files of procfs, cgroupfs and sysfs, and walking their directories. */
#ifndef SLO_PROBE_PROCFS_H
#define SLO_PROBE_PROCFS_H

#include "base/buf.h"

#include <dirent.h>

enum { SLO_PROCFS_PATH = 768 };

/**
 * slo_procfs_read - the whole file at the printf-style path, in place of what @b held
 *
 * Return: 0; negative errno; -EFBIG when it is longer than @b may grow (the
 * beginning is in @b); -ENAMETOOLONG.
 */
int slo_procfs_read(struct slo_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** slo_procfs_link - the target of a symbolic link as text in @to. Return: 0 or negative errno. */
int slo_procfs_link(char *to, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** slo_procfs_opendir - Return: NULL with errno set. */
DIR *slo_procfs_opendir(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** slo_procfs_next_pid - the next entry whose name is a number (> 0). Return: it, or 0 at the end. */
int64_t slo_procfs_next_pid(DIR *d);

#endif
