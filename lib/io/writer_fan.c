/* SPDX-License-Identifier: MIT */
#include "io/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	PIECES = 64,              /* of one write */
	PUMP_BYTES = 64 << 10,    /* gathered before a push writes on its own */
	CHUNK_BYTES = 256 << 10,  /* of one write where it cannot block */
};

/*
 * Where one queue goes. A client must be written without blocking, yet O_NONBLOCK
 * belongs to the open file description, and that of a standard stream is shared with
 * the shell and with whatever else writes there: set on ours, their writes would
 * start to fail with EAGAIN. So:
 *  - a socket is asked for it call by call (MSG_DONTWAIT);
 *  - a pipe is opened again through /proc, which gives a description of our own;
 *  - what is left (no /proc, a terminal, whose master end would open as a new one)
 *    is written at most PIPE_BUF bytes at a time after poll() said there is room.
 *    Only another process filling that same pipe between the two calls can block it;
 *  - a regular file never blocks in this sense.
 */
enum sink_kind { SINK_NONE, SINK_SOCKET, SINK_DIRECT, SINK_POLLED };

struct sink {
	int fd; /* -1 with SINK_NONE: nobody yet */
	enum sink_kind kind;
	struct slo_wqueue queue;
};

struct slo_fan {
	struct slo_listener listener; /* fd -1: one fixed sink */
	size_t queue_bytes;
	size_t unpumped;              /* bytes pushed since the last pump */
	struct sink *sinks[SLO_WRITER_CLIENTS_MAX];
	size_t count;
};

static int add_sink(struct slo_fan *f, int fd, enum sink_kind kind)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->fd = fd;
	s->kind = kind;
	slo_wqueue_init(&s->queue, f->queue_bytes);
	f->sinks[f->count++] = s;
	return 0;
}

static int reopen(int fd)
{
	char path[64];

	(void)!snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

/* Replaces *@fd by a description of our own where that is possible. */
static enum sink_kind prepare(int *fd)
{
	struct stat st;
	int own;

	if (fstat(*fd, &st) < 0)
		return SINK_POLLED;
	if (S_ISSOCK(st.st_mode))
		return SINK_SOCKET;
	if (S_ISREG(st.st_mode))
		return SINK_DIRECT;
	own = S_ISFIFO(st.st_mode) ? reopen(*fd) : -1;
	if (own < 0)
		return SINK_POLLED;
	close(*fd);
	*fd = own;
	return SINK_DIRECT;
}

static struct slo_fan *new_fan(size_t queue_bytes)
{
	struct slo_fan *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->listener = (struct slo_listener){ .fd = -1, .spare = -1 };
	f->queue_bytes = queue_bytes ? queue_bytes : SLO_WRITER_QUEUE_BYTES;
	return f;
}

int slo_fan_open_fd(int fd, size_t queue_bytes, struct slo_fan **out)
{
	slo_autofree struct slo_fan *f = new_fan(queue_bytes);

	if (!f || add_sink(f, -1, SINK_NONE) < 0)
		return -ENOMEM;
	f->sinks[0]->kind = prepare(&fd);
	f->sinks[0]->fd = fd;
	*out = SLO_TAKE(f);
	return 0;
}

int slo_fan_open_listen(const char *path, size_t queue_bytes, struct slo_fan **out, struct slo_err *err)
{
	slo_autofree struct slo_fan *f = new_fan(queue_bytes);
	int rc;

	if (!f)
		return -ENOMEM;
	rc = slo_listener_open(&f->listener, path, err);
	if (rc < 0)
		return rc;
	if (add_sink(f, -1, SINK_NONE) < 0) {
		slo_listener_close(&f->listener);
		return -ENOMEM;
	}
	*out = SLO_TAKE(f);
	return 0;
}

static ssize_t sink_write(const struct sink *s, struct iovec *iov, int n)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = (size_t)n };
	ssize_t rc;

	if (s->kind == SINK_SOCKET)
		rc = sendmsg(s->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (s->kind == SINK_POLLED && slo_wait(s->fd, POLLOUT, 0) != 0)
		return -EAGAIN;
	else
		rc = writev(s->fd, iov, n);
	return rc < 0 ? -errno : rc;
}

/* Write what @s takes now. Return: 0, or why it takes nothing any more. */
static int pump_sink(struct sink *s, struct slo_writer_stats *st)
{
	size_t chunk = s->kind == SINK_POLLED ? PIPE_BUF : CHUNK_BYTES;
	struct iovec iov[PIECES];
	ssize_t rc = 0;

	if (s->kind == SINK_NONE)
		return 0;
	for (;;) {
		int n = slo_wqueue_gather(&s->queue, iov, PIECES, chunk);

		if (n == 0)
			return 0;
		rc = sink_write(s, iov, n);
		if (rc == -EAGAIN)
			return 0;
		if (rc < 0 && rc != -EINTR)
			return (int)rc;
		if (rc > 0)
			slo_wqueue_advance(&s->queue, (size_t)rc, st);
	}
}

static void close_sink(struct sink *s, struct slo_writer_stats *st)
{
	slo_wqueue_fini(&s->queue, st);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->kind = SINK_NONE;
}

/* A client went away. The last one leaves an empty queue for the next to come. */
static void remove_client(struct slo_fan *f, size_t i, struct slo_writer_stats *st)
{
	close_sink(f->sinks[i], st);
	if (f->count == 1)
		return;
	free(f->sinks[i]);
	f->sinks[i] = f->sinks[--f->count];
}

static void accept_clients(struct slo_fan *f, struct slo_writer_stats *st)
{
	while (f->count < SLO_WRITER_CLIENTS_MAX) {
		int fd = slo_listener_accept(&f->listener);

		if (fd == -EMFILE)
			continue;
		if (fd < 0)
			return;
		if (f->sinks[0]->kind == SINK_NONE) {
			f->sinks[0]->fd = fd;
			f->sinks[0]->kind = SINK_SOCKET;
		} else if (add_sink(f, fd, SINK_SOCKET) < 0) {
			close(fd);
			return;
		}
		st->clients++;
	}
}

/* Write what everybody takes. Return: 0; the failure of a fixed sink. */
static int pump_sinks(struct slo_fan *f, struct slo_writer_stats *st)
{
	f->unpumped = 0;
	for (size_t i = f->count; i-- > 0;) {
		int rc = pump_sink(f->sinks[i], st);

		if (rc < 0 && f->listener.fd < 0) {
			close_sink(f->sinks[i], st);
			return rc;
		}
		if (rc < 0)
			remove_client(f, i, st);
	}
	return 0;
}

int slo_fan_pump(struct slo_fan *f, struct slo_writer_stats *st)
{
	if (f->listener.fd >= 0)
		accept_clients(f, st);
	return pump_sinks(f, st);
}

int slo_fan_push(struct slo_fan *f, struct slo_str line, enum slo_write_class class, struct slo_writer_stats *st)
{
	bool full = false;
	int rc = 0;

	for (size_t i = 0; i < f->count; i++)
		full |= !slo_wqueue_fits(&f->sinks[i]->queue, line);
	if (full)
		rc = pump_sinks(f, st);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < f->count; i++)
		slo_wqueue_push(&f->sinks[i]->queue, line, class, st);
	f->unpumped += line.len;
	return f->unpumped >= PUMP_BYTES ? slo_fan_pump(f, st) : 0;
}

/* Sinks that somebody reads and that have not taken everything. */
static nfds_t waiting(const struct slo_fan *f, struct pollfd *p)
{
	nfds_t n = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct sink *s = f->sinks[i];

		if (s->kind != SINK_NONE && s->queue.used > 0)
			p[n++] = (struct pollfd){ .fd = s->fd, .events = POLLOUT };
	}
	return n;
}

int slo_fan_flush(struct slo_fan *f, int timeout_ms, struct slo_writer_stats *st)
{
	int64_t deadline = slo_deadline(timeout_ms);
	struct pollfd p[SLO_WRITER_CLIENTS_MAX];

	for (;;) {
		int rc = slo_fan_pump(f, st), left = slo_left_ms(deadline);
		nfds_t n = waiting(f, p);

		if (rc < 0 || n == 0 || left == 0)
			return rc;
		/* Interrupted or not: look again, until the deadline. */
		(void)!poll(p, n, left);
	}
}

void slo_fan_free(struct slo_fan *f, struct slo_writer_stats *st)
{
	for (size_t i = 0; i < f->count; i++) {
		close_sink(f->sinks[i], st);
		free(f->sinks[i]);
	}
	slo_listener_close(&f->listener);
	free(f);
}
