/* SPDX-License-Identifier: MIT */
/*
 * NDJSON out: whole lines to an endpoint, with a sticky error.
 *
 * To a file or a pipe: written when the buffer is full, when asked to flush, or
 * after every line when streaming. To "unix-listen:" and in queued mode: each
 * client has a bounded queue of whole lines and is written without blocking; what
 * does not fit is dropped and counted, never waited for. While no client is
 * connected lines wait in one such queue for the first that comes.
 *
 * Tools ignore SIGPIPE: a pipe whose reader went away then is the error -EPIPE.
 * (Sockets never raise it here.)
 */
#ifndef SLO_IO_WRITER_H
#define SLO_IO_WRITER_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_WRITER_CLIENTS_MAX = 32,      /* of unix-listen; further ones wait in the backlog */
	SLO_WRITER_QUEUE_BYTES = 4 << 20, /* default of queue_bytes */
};

enum slo_write_class {
	SLO_WRITE_EXEMPLAR, /* dropped first, oldest first */
	SLO_WRITE_WINDOW,   /* dropped last */
	SLO_WRITE_CLASS__COUNT
};

struct slo_writer_opts {
	bool streaming;     /* flush after each line (a terminal or a live pipe) */
	bool queued;        /* never block: queue and drop; unix-listen implies it */
	size_t queue_bytes; /* per client, what a line costs beside its text included; 0 = SLO_WRITER_QUEUE_BYTES */
	bool append;        /* files: append instead of replace */
};

struct slo_writer_stats {
	uint64_t lines, bytes;                     /* accepted */
	uint64_t dropped[SLO_WRITE_CLASS__COUNT];  /* lines lost by a queue: no room, or its client left; over all clients */
	uint64_t pending;                          /* lines in queues now, over all clients */
	uint64_t clients;                          /* accepted so far */
};

struct slo_writer;

/** slo_writer_open - "-" (stdout), a path (parent directories are made), "unix:/path", "unix-listen:/path". */
int slo_writer_open(const char *endpoint, const struct slo_writer_opts *o, struct slo_writer **out,
		    struct slo_err *err);

/** slo_writer_fd - write to an open descriptor under @name (copied). It belongs to the writer unless this fails. */
int slo_writer_fd(int fd, const char *name, const struct slo_writer_opts *o, struct slo_writer **out);

/**
 * slo_writer_line - hand over one line, its "\n" included (a missing one is added)
 *
 * In queued mode it is written by the next slo_writer_pump(), at once when
 * streaming, or when 64 KiB have gathered.
 *
 * Return: 0, also when it was dropped (see the statistics); a negative errno
 * once writing has failed: the same from then on.
 */
int slo_writer_line(struct slo_writer *w, struct slo_str line, enum slo_write_class class);

/**
 * slo_writer_flush - write out what is buffered; in queued mode wait at most @timeout_ms
 *
 * What a queue still holds then is in the statistics as pending. Without queues
 * this waits as long as the reader makes it.
 * Return: as slo_writer_line().
 */
int slo_writer_flush(struct slo_writer *w, int timeout_ms);

/**
 * slo_writer_pump - queued mode: accept clients and write what they take, without blocking
 *
 * Return: as slo_writer_line().
 */
int slo_writer_pump(struct slo_writer *w);

const struct slo_writer_stats *slo_writer_stats(const struct slo_writer *w);

/**
 * slo_writer_close - flush (queued mode: at most 1 s) and release
 *
 * Return: the first error of the writer's life; -EPIPE when the reader went
 * away, which a tool treats as a quiet end; -ENOSPC and others are exit status 1.
 */
int slo_writer_close(struct slo_writer *w, struct slo_err *err);

/**
 * slo_file_replace - write @data to a temporary file beside @path, fsync, rename over it
 *
 * Parent directories are made, a symbolic link is followed, the mode of an existing
 * file is kept (else 0644). "-" (stdout) and what is no regular file (a device, a
 * pipe) are written in place.
 * Return: 0; a negative errno with @err, and the old file is as it was.
 */
int slo_file_replace(const char *path, struct slo_str data, struct slo_err *err);

/**
 * slo_file_read - the whole of @path ("-" = stdin), NUL-terminated; caller frees *@out
 *
 * Return: 0; -EFBIG when there is more than @max bytes; another negative errno; with @err.
 */
int slo_file_read(const char *path, size_t max, char **out, size_t *len, struct slo_err *err);

/** slo_mkdirs - make the parent directories of @path, mode 0755. */
int slo_mkdirs(const char *path);

#endif
