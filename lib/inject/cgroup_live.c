/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "inject/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { RMDIR_TRIES = 50, RMDIR_PAUSE_MS = 10 };

static int live_read(void *arg, const char *path, char *to, size_t size)
{
	slo_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	(void)arg;
	if (fd < 0)
		return -errno;
	while (len < size) {
		ssize_t n = read(fd, to + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) {
			to[len] = '\0';
			return (int)len;
		}
		len += (size_t)n;
	}
	return -EFBIG;
}

static int live_write(void *arg, const char *path, const char *text)
{
	slo_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	(void)arg;
	if (fd < 0)
		return -errno;
	do {
		n = write(fd, text, strlen(text));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int live_list(void *arg, const char *path, char *to, size_t size)
{
	DIR *d = opendir(path);
	struct dirent *e;
	size_t len = 0;

	(void)arg;
	if (!d)
		return -errno;
	to[0] = '\0';
	while ((e = readdir(d))) {
		int n;

		if (e->d_name[0] == '.')
			continue;
		n = snprintf(to + len, size - len, "%s\n", e->d_name);
		if ((size_t)n >= size - len) {
			closedir(d);
			return -EFBIG;
		}
		len += (size_t)n;
	}
	closedir(d);
	return (int)len;
}

static int live_mkdir(void *arg, const char *path)
{
	(void)arg;
	return mkdir(path, 0755) ? -errno : 0;
}

/* A process that has just ended or moved can keep its cgroup busy for a moment. */
static int live_rmdir(void *arg, const char *path)
{
	const struct timespec pause = { .tv_nsec = RMDIR_PAUSE_MS * 1000000L };

	(void)arg;
	for (int i = 0; i < RMDIR_TRIES; i++) {
		if (rmdir(path) == 0)
			return 0;
		if (errno != EBUSY)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

const struct slo_cg_io slo_cg_live = {
	.read = live_read, .write = live_write, .list = live_list, .mkdir = live_mkdir, .rmdir = live_rmdir,
};
