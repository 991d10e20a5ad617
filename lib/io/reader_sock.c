/* SPDX-License-Identifier: MIT */
/*
 * unix-listen for reading: a hub of clients, one stream each. Clients are
 * served in turn, one buffer's worth of lines at a time, so that a busy one
 * does not starve the others.
 */
#include "io/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"

enum { FIRST_CAP = 64 << 10 };

struct client {
	struct slo_stream stream;
	bool ready;     /* poll() said there is something to read */
	char name[200]; /* "path#number", numbered from 1 in order of arrival */
};

struct slo_hub {
	struct slo_listener listener;
	size_t max_line;
	struct client *clients[SLO_READER_CLIENTS_MAX];
	size_t count;
	size_t turn;        /* whose lines are being handed out */
	bool named;         /* the last call returned a line of clients[turn] */
	uint64_t last_line;
	uint64_t last_id;
};

int slo_hub_open(const char *path, size_t max_line, struct slo_hub **out, struct slo_err *err)
{
	slo_autofree struct slo_hub *h = calloc(1, sizeof(*h));
	int rc;

	if (!h)
		return -ENOMEM;
	rc = slo_listener_open(&h->listener, path, err);
	if (rc < 0)
		return rc;
	h->max_line = max_line;
	*out = SLO_TAKE(h);
	return 0;
}

static void remove_client(struct slo_hub *h, size_t i)
{
	slo_stream_fini(&h->clients[i]->stream);
	free(h->clients[i]);
	h->count--;
	/* The order stays, so that nobody loses their turn. */
	memmove(&h->clients[i], &h->clients[i + 1], (h->count - i) * sizeof(h->clients[0]));
	if (h->turn >= h->count)
		h->turn = 0;
}

static int add_client(struct slo_hub *h, int fd)
{
	slo_autofree struct client *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	rc = slo_stream_init(&c->stream, fd, FIRST_CAP, h->max_line);
	if (rc < 0)
		return rc;
	(void)!snprintf(c->name, sizeof(c->name), "%.160s#%" PRIu64, h->listener.path, ++h->last_id);
	h->clients[h->count++] = SLO_TAKE(c);
	return 0;
}

static int accept_clients(struct slo_hub *h, struct slo_reader_stats *st)
{
	while (h->count < SLO_READER_CLIENTS_MAX) {
		int fd = slo_listener_accept(&h->listener);

		if (fd == -EAGAIN)
			break;
		if (fd < 0 && fd != -EMFILE)
			return fd;
		if (fd >= 0 && add_client(h, fd) == 0) {
			st->clients++;
			continue;
		}
		st->refused_clients++;
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* The next line out of what was read from anybody, starting with whose turn it is. */
static int buffered_line(struct slo_hub *h, struct slo_str *line)
{
	for (size_t tried = 0; tried < h->count;) {
		struct client *c = h->clients[h->turn];
		int rc = slo_stream_line(&c->stream, line);

		if (rc == SLO_READ_LINE || rc == SLO_READ_TOO_LONG) {
			h->last_line = c->stream.line;
			h->named = true;
			return rc;
		}
		if (rc == SLO_READ_EOF) {
			remove_client(h, h->turn);
			continue;
		}
		tried++;
		h->turn = (h->turn + 1) % h->count;
	}
	return SLO_STREAM_MORE;
}

/* Wait for bytes or clients. Return: as slo_wait(). */
static int wait_any(struct slo_hub *h, int timeout_ms, bool *knock)
{
	struct pollfd p[1 + SLO_READER_CLIENTS_MAX];
	int n;

	/* A full hub leaves newcomers in the backlog; a negative descriptor is ignored. */
	p[0] = (struct pollfd){ .fd = h->count < SLO_READER_CLIENTS_MAX ? h->listener.fd : -1, .events = POLLIN };
	for (size_t i = 0; i < h->count; i++)
		p[1 + i] = (struct pollfd){ .fd = h->clients[i]->stream.fd, .events = POLLIN };
	n = poll(p, (nfds_t)(1 + h->count), timeout_ms);
	if (n < 0)
		return errno == EINTR ? SLO_READ_WAKE : -errno;
	*knock = p[0].revents != 0;
	for (size_t i = 0; i < h->count; i++)
		h->clients[i]->ready = p[1 + i].revents != 0;
	return n == 0 ? SLO_READ_TIMEOUT : 0;
}

static int read_ready(struct slo_hub *h)
{
	for (size_t i = 0; i < h->count; i++) {
		struct client *c = h->clients[i];
		int rc = c->ready ? slo_stream_fill(&c->stream) : 0;

		if (rc == -ENOMEM)
			return rc;
		/* Any other failure is the end of that client, not of the reader. */
		if (rc < 0 && rc != -EAGAIN && rc != -EINTR)
			c->stream.eof = true;
	}
	return 0;
}

int slo_hub_next(struct slo_hub *h, struct slo_str *line, int timeout_ms, struct slo_reader_stats *st)
{
	int64_t deadline = -1;
	bool knock = false;
	int rc;

	h->named = false;
	for (int fills = 0; (rc = buffered_line(h, line)) == SLO_STREAM_MORE; fills++) {
		if (fills >= SLO_FILLS_MAX)
			return SLO_READ_WAKE;
		if (deadline < 0)
			deadline = slo_deadline(timeout_ms);
		rc = wait_any(h, slo_left_ms(deadline), &knock);
		if (rc == 0)
			rc = read_ready(h);
		if (rc == 0 && knock)
			rc = accept_clients(h, st);
		if (rc != 0)
			return rc;
	}
	return rc;
}

uint64_t slo_hub_line(const struct slo_hub *h)
{
	return h->last_line;
}

const char *slo_hub_name(const struct slo_hub *h)
{
	return h->named ? h->clients[h->turn]->name : NULL;
}

void slo_hub_free(struct slo_hub *h)
{
	while (h->count > 0)
		remove_client(h, h->count - 1);
	slo_listener_close(&h->listener);
	free(h);
}
