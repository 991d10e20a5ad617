/* SPDX-License-Identifier: MIT */
#include "probe/procfs.h"
#include "base/cleanup.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

static int __attribute__((format(printf, 2, 0))) format_path(char path[SLO_PROCFS_PATH], const char *fmt, va_list ap)
{
	int n = vsnprintf(path, SLO_PROCFS_PATH, fmt, ap);

	return n < 0 || n >= SLO_PROCFS_PATH ? -ENAMETOOLONG : 0;
}

static int read_fd(int fd, struct slo_buf *b)
{
	for (;;) {
		size_t want = b->max - b->len < 4096 ? b->max - b->len : 4096;
		char *to, extra;
		ssize_t n;

		if (want == 0) {
			n = read(fd, &extra, 1);
			return n < 0 ? -errno : n > 0 ? -EFBIG : 0;
		}
		to = slo_buf_room(b, want);
		if (!to)
			return b->err;
		n = read(fd, to, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		b->len += (size_t)n;
	}
}

int slo_procfs_read(struct slo_buf *b, const char *fmt, ...)
{
	char path[SLO_PROCFS_PATH];
	slo_autoclose int fd = -1;
	va_list ap;
	int r;

	slo_buf_reset(b);
	va_start(ap, fmt);
	r = format_path(path, fmt, ap);
	va_end(ap);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : read_fd(fd, b);
}

int slo_procfs_link(char *to, size_t size, const char *fmt, ...)
{
	char path[SLO_PROCFS_PATH];
	va_list ap;
	ssize_t n;
	int r;

	va_start(ap, fmt);
	r = format_path(path, fmt, ap);
	va_end(ap);
	if (r < 0)
		return r;
	n = readlink(path, to, size - 1);
	if (n < 0)
		return -errno;
	to[n] = '\0';
	return 0;
}

DIR *slo_procfs_opendir(const char *fmt, ...)
{
	char path[SLO_PROCFS_PATH];
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = format_path(path, fmt, ap);
	va_end(ap);
	if (r < 0) {
		errno = -r;
		return NULL;
	}
	return opendir(path);
}

int64_t slo_procfs_next_pid(DIR *d)
{
	struct dirent *e;
	int64_t pid;

	while ((e = readdir(d)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && slo_parse_i64(slo_str(e->d_name), &pid) == 0)
			return pid;
	return 0;
}
