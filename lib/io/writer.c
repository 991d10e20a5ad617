/* SPDX-License-Identifier: MIT */
#include "io/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/internal.h"

enum { BUFFER_BYTES = 128 << 10, CLOSE_WAIT_MS = 1000 };

struct slo_writer {
	char *name;
	bool streaming;
	int err;                /* sticky */
	struct slo_writer_stats stats;
	struct slo_fan *fan;    /* queued mode; else the members below */
	int fd;
	bool socket;
	char *buf;
	size_t len;             /* bytes buffered, whole lines only */
};

static int new_writer(const char *name, const struct slo_writer_opts *o, struct slo_writer **out)
{
	slo_autofree struct slo_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->name = strdup(name);
	if (!w->name)
		return -ENOMEM;
	w->streaming = o && o->streaming;
	w->fd = -1;
	*out = SLO_TAKE(w);
	return 0;
}

static void free_writer(struct slo_writer *w)
{
	free(w->buf);
	free(w->name);
	free(w);
}

static int use_fd(struct slo_writer *w, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	w->buf = malloc(BUFFER_BYTES);
	if (!w->buf)
		return -ENOMEM;
	w->socket = S_ISSOCK(st.st_mode);
	w->fd = fd;
	return 0;
}

int slo_writer_fd(int fd, const char *name, const struct slo_writer_opts *o, struct slo_writer **out)
{
	struct slo_writer *w;
	int rc = new_writer(name, o, &w);

	if (rc < 0)
		return rc;
	rc = o && o->queued ? slo_fan_open_fd(fd, o->queue_bytes, &w->fan) : use_fd(w, fd);
	if (rc < 0)
		free_writer(w);
	else
		*out = w;
	return rc;
}

static int open_listen(const char *path, const struct slo_writer_opts *o, struct slo_writer **out,
		       struct slo_err *err)
{
	struct slo_writer *w;
	int rc = new_writer(path, o, &w);

	if (rc < 0)
		return rc;
	rc = slo_fan_open_listen(path, o ? o->queue_bytes : 0, &w->fan, err);
	if (rc < 0)
		free_writer(w);
	else
		*out = w;
	return rc;
}

static int open_file(const char *path, bool append, struct slo_err *err)
{
	int rc = slo_mkdirs(path), fd;

	if (rc < 0)
		return slo_err_set(err, rc, "cannot make its directory: %s", slo_strerror(rc));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (append ? O_APPEND : O_TRUNC), 0644);
	if (fd >= 0)
		return fd;
	rc = -errno;
	return slo_err_set(err, rc, "cannot open: %s", slo_strerror(rc));
}

static int open_plain(const struct slo_endpoint *e, bool append, struct slo_err *err)
{
	int fd, rc;

	if (e->kind == SLO_ENDPOINT_UNIX)
		return slo_unix_connect(e->path, err);
	if (e->kind == SLO_ENDPOINT_FILE)
		return open_file(e->path, append, err);
	/* A copy: closing it reports what close() has to say, and leaves descriptor 1 taken. */
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd >= 0)
		return fd;
	rc = -errno;
	return slo_err_set(err, rc, "cannot open: %s", slo_strerror(rc));
}

static int open_stream(const struct slo_endpoint *e, const char *name, const struct slo_writer_opts *o,
		       struct slo_writer **out, struct slo_err *err)
{
	slo_autoclose int fd = open_plain(e, o && o->append, err);
	int rc = fd < 0 ? fd : slo_writer_fd(fd, name, o, out);

	if (rc == 0)
		(void)SLO_TAKE_FD(fd);
	return rc;
}

int slo_writer_open(const char *endpoint, const struct slo_writer_opts *o, struct slo_writer **out,
		    struct slo_err *err)
{
	struct slo_endpoint e;
	const char *name;
	int rc = slo_endpoint_parse(endpoint, &e, err);

	if (rc < 0)
		return rc;
	name = e.kind == SLO_ENDPOINT_STD ? "stdout" : e.path;
	rc = e.kind == SLO_ENDPOINT_UNIX_LISTEN ? open_listen(name, o, out, err) : open_stream(&e, name, o, out, err);
	if (rc < 0 && err && err->where[0] == '\0') {
		slo_err_set(err, rc, "%s", slo_strerror(rc));
		slo_err_at(err, "%s", name);
	}
	return rc;
}

static int write_all(struct slo_writer *w, const char *p, size_t n)
{
	while (n > 0 && w->err == 0) {
		ssize_t done = w->socket ? send(w->fd, p, n, MSG_NOSIGNAL) : write(w->fd, p, n);

		if (done >= 0) {
			p += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN) {
			/* Somebody who shares the description made it non-blocking. */
			(void)!slo_wait(w->fd, POLLOUT, -1);
		} else if (errno != EINTR) {
			w->err = -errno;
		}
	}
	return w->err;
}

static int flush_buffer(struct slo_writer *w)
{
	size_t n = w->len;

	w->len = 0;
	return write_all(w, w->buf, n);
}

/* Buffer a whole line, so that each write ends with one: others may write to the same pipe or file. */
static int put_line(struct slo_writer *w, struct slo_str line)
{
	bool bare = line.len == 0 || line.p[line.len - 1] != '\n';

	if (line.len + bare > BUFFER_BYTES - w->len)
		flush_buffer(w);
	if (line.len + bare > BUFFER_BYTES) {
		write_all(w, line.p, line.len);
		return bare ? write_all(w, "\n", 1) : w->err;
	}
	if (line.len > 0)
		memcpy(w->buf + w->len, line.p, line.len);
	w->len += line.len;
	if (bare)
		w->buf[w->len++] = '\n';
	return w->err;
}

int slo_writer_line(struct slo_writer *w, struct slo_str line, enum slo_write_class class)
{
	if (w->err)
		return w->err;
	w->stats.lines++;
	w->stats.bytes += line.len;
	if (!w->fan)
		put_line(w, line);
	else
		w->err = slo_fan_push(w->fan, line, class, &w->stats);
	if (w->err == 0 && w->streaming)
		return w->fan ? slo_writer_pump(w) : flush_buffer(w);
	return w->err;
}

int slo_writer_flush(struct slo_writer *w, int timeout_ms)
{
	if (w->err)
		return w->err;
	if (!w->fan)
		return flush_buffer(w);
	w->err = slo_fan_flush(w->fan, timeout_ms, &w->stats);
	return w->err;
}

int slo_writer_pump(struct slo_writer *w)
{
	if (w->err == 0 && w->fan)
		w->err = slo_fan_pump(w->fan, &w->stats);
	return w->err;
}

const struct slo_writer_stats *slo_writer_stats(const struct slo_writer *w)
{
	return &w->stats;
}

int slo_writer_close(struct slo_writer *w, struct slo_err *err)
{
	int rc;

	if (!w)
		return 0;
	rc = slo_writer_flush(w, CLOSE_WAIT_MS);
	if (w->fan)
		slo_fan_free(w->fan, &w->stats);
	else if (close(w->fd) < 0 && errno != EINTR && rc == 0)
		rc = -errno;
	if (rc < 0) {
		slo_err_set(err, rc, "cannot write: %s", slo_strerror(rc));
		slo_err_at(err, "%s", w->name);
	}
	free_writer(w);
	return rc;
}
