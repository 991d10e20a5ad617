/* SPDX-License-Identifier: MIT */
#include "io/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* A line that shows no end within this many bytes beyond max_line cannot fit, "\r" or not. */
enum { LINE_END = 2 };

int slo_stream_init(struct slo_stream *s, int fd, size_t cap, size_t max_line)
{
	char *buf = malloc(cap);

	if (!buf)
		return -ENOMEM;
	*s = (struct slo_stream){ .fd = fd, .max_line = max_line, .buf = buf, .cap = cap };
	return 0;
}

void slo_stream_fini(struct slo_stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->buf);
	slo_inflate_free(s->inflate);
	*s = (struct slo_stream){ .fd = -1 };
}

/* The bytes from head to @end are a line. */
static int cut(struct slo_stream *s, size_t end, struct slo_str *line)
{
	size_t start = s->head, len = end - start;

	s->head = end < s->tail ? end + 1 : end;
	s->scan = s->head;
	if (s->skipping) {
		s->skipping = false;
		return SLO_STREAM_MORE;
	}
	s->line++;
	if (len > 0 && s->buf[end - 1] == '\r')
		len--;
	if (len == 0)
		return SLO_STREAM_MORE;
	if (len > s->max_line)
		return SLO_READ_TOO_LONG;
	*line = (struct slo_str){ s->buf + start, len };
	return SLO_READ_LINE;
}

/* All that was read is the start of a line. */
static int partial(struct slo_stream *s)
{
	s->scan = s->tail;
	if (!s->skipping && s->tail - s->head < s->max_line + LINE_END)
		return SLO_STREAM_MORE;
	s->head = s->tail;
	if (s->skipping)
		return SLO_STREAM_MORE;
	s->skipping = true;
	s->line++;
	return SLO_READ_TOO_LONG;
}

int slo_stream_line(struct slo_stream *s, struct slo_str *line)
{
	while (s->head < s->tail) {
		const char *nl = memchr(s->buf + s->scan, '\n', s->tail - s->scan);
		int rc;

		if (!nl && !s->eof)
			return partial(s);
		rc = cut(s, nl ? (size_t)(nl - s->buf) : s->tail, line);
		if (rc != SLO_STREAM_MORE)
			return rc;
	}
	return s->eof ? SLO_READ_EOF : SLO_STREAM_MORE;
}

static int make_room(struct slo_stream *s)
{
	size_t cap;
	char *buf;

	if (s->head > 0) {
		memmove(s->buf, s->buf + s->head, s->tail - s->head);
		s->scan -= s->head;
		s->tail -= s->head;
		s->head = 0;
	}
	if (s->tail < s->cap)
		return 0;
	cap = s->cap * 2 < s->max_line + LINE_END ? s->cap * 2 : s->max_line + LINE_END;
	buf = realloc(s->buf, cap);
	if (!buf)
		return -ENOMEM;
	s->buf = buf;
	s->cap = cap;
	return 0;
}

int slo_stream_fill(struct slo_stream *s)
{
	int rc = make_room(s);
	ssize_t n;

	if (rc < 0)
		return rc;
	if (s->inflate) {
		n = slo_inflate_read(s->inflate, s->fd, s->buf + s->tail, s->cap - s->tail);
		if (n < 0)
			return (int)n;
	} else {
		n = read(s->fd, s->buf + s->tail, s->cap - s->tail);
		if (n < 0)
			return -errno;
	}
	s->tail += (size_t)n;
	s->eof = n == 0;
	return 0;
}
