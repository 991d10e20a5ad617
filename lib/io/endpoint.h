/* SPDX-License-Identifier: MIT */
/*
 * Where lines come from or go to, named by one word of the command line, and
 * the unix sockets behind two of its forms.
 */
#ifndef SLO_IO_ENDPOINT_H
#define SLO_IO_ENDPOINT_H

#include "base/err.h"

#include <sys/types.h>

enum slo_endpoint_kind {
	SLO_ENDPOINT_STD,         /* "-" */
	SLO_ENDPOINT_FILE,        /* a path */
	SLO_ENDPOINT_UNIX,        /* "unix:/path" */
	SLO_ENDPOINT_UNIX_LISTEN, /* "unix-listen:/path" */
};

struct slo_endpoint {
	enum slo_endpoint_kind kind;
	const char *path; /* points into the text; "-" for SLO_ENDPOINT_STD */
};

/** slo_endpoint_parse - what @text means. Return: 0; -EINVAL with @err for an empty path. */
int slo_endpoint_parse(const char *text, struct slo_endpoint *out, struct slo_err *err);

/** slo_unix_connect - connect to a stream socket. Return: the descriptor, or a negative errno with @err. */
int slo_unix_connect(const char *path, struct slo_err *err);

/* A listening stream socket and the file that stands for it. */
struct slo_listener {
	int fd;     /* non-blocking; -1 = none */
	int spare;  /* given up for a moment to refuse a client when descriptors run out; -1 = none */
	char *path;
	dev_t dev;  /* which file it was, so that a successor's is not removed */
	ino_t ino;
};

/**
 * slo_listener_open - listen on @path with mode 0660
 *
 * A socket there that nobody listens on is replaced; any other file is
 * -EEXIST, a live socket -EADDRINUSE.
 * Return: 0; negative errno with @err, and *@l holds nothing.
 */
int slo_listener_open(struct slo_listener *l, const char *path, struct slo_err *err);

/**
 * slo_listener_accept - the next client waiting, if any
 *
 * Return: its non-blocking descriptor; -EAGAIN when none waits; -EMFILE when one was
 * turned away for want of a descriptor; another negative errno.
 */
int slo_listener_accept(struct slo_listener *l);

/** slo_listener_close - stop listening, remove the file if it is still ours. */
void slo_listener_close(struct slo_listener *l);

#endif
