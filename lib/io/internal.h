/* SPDX-License-Identifier: MIT */
/*
 * Parts of the reader and the writer that only this folder may see.
 */
#ifndef SLO_IO_INTERNAL_H
#define SLO_IO_INTERNAL_H

#include "io/endpoint.h"
#include "io/reader.h"
#include "io/writer.h"

#include <sys/uio.h>

/*
 * Lines cut out of one descriptor: a buffer that is read into at its end and
 * handed out as views from its start. It grows to one longest line and no more.
 */
struct slo_stream {
	int fd;
	bool eof;
	bool skipping;   /* within a line that was too long */
	size_t max_line; /* bytes */
	char *buf;
	size_t cap;      /* bytes allocated, at most max_line and a line end, or as first given */
	size_t head;     /* first byte not handed out */
	size_t scan;     /* first byte not searched for a line end */
	size_t tail;     /* end of what was read */
	uint64_t line;   /* number of the line handed out last */
	struct slo_inflate *inflate; /* owned; NULL = the bytes are the text */
};

enum {
	SLO_STREAM_MORE = -1,
	SLO_FILLS_MAX = 1024, /* reads in one call: a flood without lines must not keep the caller from its signals */
};

/**
 * slo_stream_init - read @fd (taken over), starting with @cap bytes of buffer
 *
 * Return: 0; -ENOMEM, and @fd is untouched.
 */
int slo_stream_init(struct slo_stream *s, int fd, size_t cap, size_t max_line);
void slo_stream_fini(struct slo_stream *s);

/**
 * slo_stream_line - the next line of what was read
 *
 * Return: SLO_READ_LINE, SLO_READ_TOO_LONG, SLO_READ_EOF, or SLO_STREAM_MORE
 * when slo_stream_fill() must come first.
 */
int slo_stream_line(struct slo_stream *s, struct slo_str *line);

/** slo_stream_fill - read once. Invalidates views. Return: 0, at the end of input too; a negative errno. */
int slo_stream_fill(struct slo_stream *s);

/*
 * What a gzip file holds, read like a file.
 */
struct slo_inflate;

/** slo_inflate_new - Return: 0 or -ENOMEM. */
int slo_inflate_new(struct slo_inflate **out);
void slo_inflate_free(struct slo_inflate *s);

/**
 * slo_inflate_read - the next bytes inside the gzip read from @fd, at most one read() of it
 *
 * Return: 1 to @room; 0 at the end; -EAGAIN when it has to be called again; -EBADMSG for what is no
 * whole gzip file, from then on; another negative errno.
 */
ssize_t slo_inflate_read(struct slo_inflate *s, int fd, char *to, size_t room);

/** slo_inflate_pending - slo_inflate_read() would not read from its descriptor. */
bool slo_inflate_pending(const struct slo_inflate *s);

/** slo_inflate_why - what is wrong with the format after -EBADMSG, else NULL. */
const char *slo_inflate_why(const struct slo_inflate *s);

/* What both kinds of reader are; reader.c dispatches on @hub. */
struct slo_hub;
struct slo_reader {
	struct slo_stream stream;       /* when hub is NULL */
	bool regular;                   /* never waited for */
	struct slo_hub *hub;            /* unix-listen */
	char *name;
	struct slo_reader_stats stats;
};

/** slo_reader_limit - for tests: lower SLO_LINE_MAX and the first buffer, before the first read of a descriptor. */
int slo_reader_limit(struct slo_reader *r, size_t max_line, size_t cap);

/** slo_reader_inflate - what @r reads is gzip. Before the first read. Return: 0 or -ENOMEM. */
int slo_reader_inflate(struct slo_reader *r);

/** slo_wait - poll one descriptor. Return: 0 ready, SLO_READ_TIMEOUT, SLO_READ_WAKE, or a negative errno. */
int slo_wait(int fd, short events, int timeout_ms);

/** slo_left_ms - what is left of a wait until @deadline (monotonic ns; INT64_MAX = for ever), for poll(). */
int slo_left_ms(int64_t deadline);

/** slo_deadline - when a wait of @timeout_ms from now ends; INT64_MAX for -1. */
int64_t slo_deadline(int timeout_ms);

int slo_hub_open(const char *path, size_t max_line, struct slo_hub **out, struct slo_err *err);
int slo_hub_next(struct slo_hub *h, struct slo_str *line, int timeout_ms, struct slo_reader_stats *st);
uint64_t slo_hub_line(const struct slo_hub *h);
const char *slo_hub_name(const struct slo_hub *h);
void slo_hub_free(struct slo_hub *h);

/*
 * A bounded queue of whole lines with two classes: one list each, merged by
 * sequence number on the way out, so that the oldest exemplar is always at hand
 * to be dropped and order is kept.
 */
struct slo_wline;
struct slo_wlist {
	struct slo_wline *head, *tail;
	size_t bytes;
};
struct slo_wqueue {
	struct slo_wlist list[SLO_WRITE_CLASS__COUNT];
	struct slo_wline *cur; /* partly written: never dropped */
	size_t off;            /* bytes of it that are written */
	int cur_class;
	size_t used, max;      /* bytes, with the cost of each line */
	uint64_t seq;
};

void slo_wqueue_init(struct slo_wqueue *q, size_t max);

/**
 * slo_wqueue_push - queue a copy of @line, with "\n" at its end
 *
 * What it displaces is dropped by class, or it is itself; counted in @st.
 */
void slo_wqueue_push(struct slo_wqueue *q, struct slo_str line, enum slo_write_class class,
		     struct slo_writer_stats *st);

/** slo_wqueue_fits - @line could be queued without dropping anything. */
bool slo_wqueue_fits(const struct slo_wqueue *q, struct slo_str line);

/** slo_wqueue_gather - the front of the queue as at most @max pieces and @bytes bytes. Return: pieces. */
int slo_wqueue_gather(struct slo_wqueue *q, struct iovec *iov, int max, size_t bytes);

/** slo_wqueue_advance - @n bytes of what was gathered are written. */
void slo_wqueue_advance(struct slo_wqueue *q, size_t n, struct slo_writer_stats *st);

/** slo_wqueue_fini - empty it, counting what was queued as dropped. */
void slo_wqueue_fini(struct slo_wqueue *q, struct slo_writer_stats *st);

/*
 * The queued half of a writer: one queue for each place lines go to.
 */
struct slo_fan;

/** slo_fan_open_fd - one queue in front of @fd, which is taken over on success. */
int slo_fan_open_fd(int fd, size_t queue_bytes, struct slo_fan **out);

/** slo_fan_open_listen - a queue for each client of the socket at @path. */
int slo_fan_open_listen(const char *path, size_t queue_bytes, struct slo_fan **out, struct slo_err *err);

/** slo_fan_push - queue @line everywhere; where it does not fit, what can be written is written first. */
int slo_fan_push(struct slo_fan *f, struct slo_str line, enum slo_write_class class, struct slo_writer_stats *st);
int slo_fan_pump(struct slo_fan *f, struct slo_writer_stats *st);
int slo_fan_flush(struct slo_fan *f, int timeout_ms, struct slo_writer_stats *st);
void slo_fan_free(struct slo_fan *f, struct slo_writer_stats *st);

#endif
