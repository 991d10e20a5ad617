/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "io/writer.h"

enum { DIR_MODE = 0755, FILE_MODE = 0644, READ_STEP = 64 << 10 };

static int fail(struct slo_err *err, int rc, const char *path, const char *doing)
{
	slo_err_set(err, rc, "%s: %s", doing, slo_strerror(rc));
	slo_err_at(err, "%s", path);
	return rc;
}

int slo_mkdirs(const char *path)
{
	slo_autofree char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *p = copy + 1; copy[0] && *p; p++) {
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		if (mkdir(copy, DIR_MODE) < 0 && errno != EEXIST) {
			struct stat st;
			int rc = -errno;

			/* A read-only file system or a foreign directory matters only where something is missing. */
			if (stat(copy, &st) < 0)
				return rc;
		}
		*p = '/';
	}
	return 0;
}

static int write_all(int fd, struct slo_str data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.p, data.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data.p += n;
			data.len -= (size_t)n;
		}
	}
	return 0;
}

static int write_in_place(const char *path, struct slo_str data, struct slo_err *err)
{
	bool std = strcmp(path, "-") == 0;
	slo_autoclose int fd = std ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int rc = fd < 0 ? -errno : write_all(fd, data);

	return rc < 0 ? fail(err, rc, std ? "stdout" : path, "cannot write") : 0;
}

/* Without this the rename itself may be lost in a crash. Some file systems cannot do it: no error. */
static void sync_dir_of(const char *path)
{
	slo_autofree char *copy = strdup(path);
	slo_autoclose int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0)
		(void)!fsync(fd);
}

/* Fill the temporary file @fd and make it durable. Takes @fd. */
static int fill_temp(int fd, mode_t mode, struct slo_str data)
{
	int rc = write_all(fd, data);

	if (rc == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		rc = -errno;
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	return rc;
}

static int replace(const char *path, mode_t mode, struct slo_str data, struct slo_err *err)
{
	slo_autofree char *temp = NULL;
	int fd, rc;

	if (asprintf(&temp, "%s.XXXXXX", path) < 0) {
		temp = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, path, "cannot make a temporary file beside it");
	rc = fill_temp(fd, mode, data);
	if (rc == 0 && rename(temp, path) < 0)
		rc = -errno;
	if (rc < 0) {
		unlink(temp);
		return fail(err, rc, path, "cannot write");
	}
	sync_dir_of(path);
	return 0;
}

int slo_file_replace(const char *path, struct slo_str data, struct slo_err *err)
{
	slo_autofree char *real = NULL;
	struct stat st;
	int rc;

	if (strcmp(path, "-") == 0)
		return write_in_place(path, data, err);
	if (stat(path, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			return write_in_place(path, data, err);
		real = realpath(path, NULL);
		return replace(real ? real : path, st.st_mode & 07777, data, err);
	}
	rc = slo_mkdirs(path);
	if (rc < 0)
		return fail(err, rc, path, "cannot make its directory");
	return replace(path, FILE_MODE, data, err);
}

/* Read to the end, or to one byte more than the maximum. */
static int read_all(int fd, struct slo_buf *b)
{
	for (;;) {
		size_t want = b->max - b->len < READ_STEP ? b->max - b->len : READ_STEP;
		char *to = slo_buf_room(b, want);
		ssize_t n;

		if (!to)
			return b->err;
		n = read(fd, to, want);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			b->len += (size_t)n;
		if (n == 0 || b->len == b->max)
			return 0;
	}
}

int slo_file_read(const char *path, size_t max, char **out, size_t *len, struct slo_err *err)
{
	bool std = strcmp(path, "-") == 0;
	const char *name = std ? "stdin" : path;
	slo_autoclose int fd = std ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct slo_buf b;
	int rc;

	if (fd < 0)
		return fail(err, -errno, name, "cannot open");
	slo_buf_init(&b, max + 1);
	rc = read_all(fd, &b);
	if (rc < 0) {
		slo_buf_fini(&b);
		return fail(err, rc, name, "cannot read");
	}
	if (b.len > max) {
		slo_buf_fini(&b);
		slo_err_set(err, 0, "larger than %zu bytes", max);
		slo_err_at(err, "%s", name);
		return -EFBIG;
	}
	b.data[b.len] = '\0';
	*out = b.data;
	*len = b.len;
	return 0;
}
