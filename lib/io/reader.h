/* SPDX-License-Identifier: MIT */
/*
 * NDJSON in: lines out of an endpoint, however the bytes are cut.
 *
 * Endpoints: "-" (stdin), a path, "unix:/path" (connect), "unix-listen:/path"
 * (several clients at once; their lines are interleaved whole). A line may end
 * in "\n" or "\r\n" or at end of file, after which a "\r" is not part of it
 * either. Empty lines are skipped but have a number. Any other byte, NUL and
 * invalid UTF-8 included, is handed on as it came.
 *
 * A path that ends in ".gz" is read as the text inside it; lines, numbers and bounds
 * are those of the text. What is no whole gzip file is the error -EBADMSG once
 * the lines before the damage were returned.
 *
 * unix-listen replaces a socket nobody listens on, never another kind of file;
 * the socket has mode 0660 and is removed on close.
 */
#ifndef SLO_IO_READER_H
#define SLO_IO_READER_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

enum {
	SLO_LINE_MAX = 1 << 20,      /* bytes in a line without its end */
	SLO_READER_CLIENTS_MAX = 32, /* of unix-listen; further ones wait in the backlog */
};

enum slo_read {
	SLO_READ_LINE = 1,     /* a line was returned */
	SLO_READ_EOF = 0,      /* no more will come (never for unix-listen) */
	SLO_READ_TIMEOUT = 2,  /* nothing within the timeout */
	SLO_READ_TOO_LONG = 3, /* a line over SLO_LINE_MAX is skipped; counted; the view is absent */
	SLO_READ_WAKE = 4,     /* interrupted by a signal (EINTR), or long at work on input without a line */
};

struct slo_reader;

struct slo_reader_stats {
	uint64_t lines, bytes;    /* returned */
	uint64_t too_long;        /* skipped */
	uint64_t clients;         /* accepted so far */
	uint64_t refused_clients; /* closed at once: out of descriptors or memory */
};

/**
 * slo_reader_open - start reading an endpoint
 *
 * Return: 0; negative errno with @err. *@out is then unchanged.
 */
int slo_reader_open(const char *endpoint, struct slo_reader **out, struct slo_err *err);

/**
 * slo_reader_fd - read an open descriptor under @name (copied)
 *
 * Return: 0, and @fd belongs to the reader; -ENOMEM or -EISDIR, and it does not.
 */
int slo_reader_fd(int fd, const char *name, struct slo_reader **out);

/**
 * slo_reader_next - the next line
 * @line: a view, without the line end, valid until the next call
 * @timeout_ms: how long to wait in this call; 0 = not at all, -1 = until a line comes
 *
 * A signal ends the wait even if its handler was installed with SA_RESTART. One
 * that arrives just before the wait does not: who acts on a flag set by a handler
 * gives a timeout. Regular files are read without waiting.
 *
 * Return: enum slo_read, or a negative errno from the operating system.
 */
int slo_reader_next(struct slo_reader *r, struct slo_str *line, int timeout_ms);

/** slo_reader_line - number of the line returned last, from 1; per client for unix-listen. */
uint64_t slo_reader_line(const struct slo_reader *r);

/** slo_reader_name - "stdin", the path, or "path#client" of the line returned last. For messages. */
const char *slo_reader_name(const struct slo_reader *r);

/** slo_reader_why - the reason for the negative @rc of slo_reader_next(), for a message. Valid until the next such call. */
const char *slo_reader_why(const struct slo_reader *r, int rc);

const struct slo_reader_stats *slo_reader_stats(const struct slo_reader *r);
void slo_reader_close(struct slo_reader *r);

#endif
