/* SPDX-License-Identifier: MIT */
/*
 * A small HTTP server for what tools tell about themselves and take in: a table
 * of routes, bodies bounded, one thread of its own (libmicrohttpd, epoll).
 */
#ifndef SLO_NET_HTTPD_H
#define SLO_NET_HTTPD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_HTTPD_CONNECTIONS = 64, /* at once; more wait in the listen queue */
	SLO_HTTPD_ROUTES = 32,
	SLO_HTTPD_IDLE_S = 30,      /* a connection that does nothing for so long is closed */
	SLO_HTTPD_REQUEST_S = 60,   /* so is one that has not got a request through in so long, however busy */
	SLO_HTTPD_GRACE_S = 2,      /* slo_httpd_stop() waits so long for requests under way */
	SLO_HTTPD_SWALLOW = 1 << 20, /* bytes read of a body that is refused anyway, so that its sender hears why */
};

struct slo_httpd_request {
	const char *method, *path;  /* path without its query, percent-decoded */
	struct slo_str body;        /* whole; decoded where Content-Encoding is gzip */
	const char *content_type;   /* as sent; "" = none */
	const void *connection;     /* for slo_httpd_header(), slo_httpd_query(); nobody else's business */
};

/* The handler's answer; @body is empty and @status 200 when it is called. */
struct slo_httpd_reply {
	unsigned int status;
	const char *content_type;   /* static or valid until the handler's next call; NULL = plain text in UTF-8 */
	int retry_after_s;          /* sent when > 0 */
	struct slo_buf body;
};

/* Runs on the server's thread: what it shares with others is its own business to guard. */
typedef void slo_httpd_fn(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re);

struct slo_httpd_route {
	const char *method;         /* "GET" also answers HEAD */
	const char *path;           /* exact */
	slo_httpd_fn *fn;
};

struct slo_httpd_opts {
	const char *listen;         /* numeric "host:port", "[v6]:port", ":port" (every address); port 0 = any free */
	const struct slo_httpd_route *routes; /* ends with a NULL path; outlives the server */
	void *arg;
	size_t body_max;            /* bytes of a request, before and after decoding; 0 = none is taken. Over it: 413;
				     * in an encoding other than gzip: 415; no good gzip: 400 */
	size_t reply_max;           /* bytes of an answer; 0 = 1 MiB. Over it: 500, counted */
	const char *cert_file, *key_file; /* TLS, PEM; NULL = plain */
	uint64_t bodies_max;        /* bytes of all bodies being read at once; 0 = no such bound. Over it: 429 */
	int64_t request_ns;         /* instead of SLO_HTTPD_REQUEST_S; 0 = that */
	slo_httpd_fn *refused;      /* may rewrite a refusal: called with its status and text in the answer, an empty
				     * body in the request; NULL = plain text */
	bool held;                  /* listen, but start no thread before slo_httpd_run(): clients wait */
};

struct slo_httpd_stats {
	uint64_t requests; /* whole ones, whatever became of them */
	uint64_t refused;  /* of those: no route, other method, too large or too much, or in no encoding we know */
	uint64_t failed;   /* answers that could not be made: over reply_max, no memory */
	uint64_t cut;      /* connections closed because they took longer than SLO_HTTPD_REQUEST_S */
};

struct slo_httpd;

/**
 * slo_httpd_start - listen and answer, on a thread of its own (signals blocked in it)
 *
 * Unknown paths get 404, other methods of a known path 405. Handlers run one at a time, on that thread.
 * Return: 0; -EINVAL (@listen, certificate or key); -EADDRINUSE, -EACCES, … when the address cannot be had;
 * -ENOENT, … when a file cannot be read; -ENOTSUP when TLS is asked for and not built in; -ENOMEM.
 */
int slo_httpd_start(const struct slo_httpd_opts *o, struct slo_httpd **out, struct slo_err *err);

/**
 * slo_httpd_run - start the thread of a server that was held
 *
 * For who has to be alone while it gives up privileges, and listens before. Return: 0 or negative errno (-EAGAIN).
 */
int slo_httpd_run(struct slo_httpd *h);

/** slo_httpd_stop - listen no more, finish the requests under way (SLO_HTTPD_GRACE_S at most), end. NULL is fine. */
void slo_httpd_stop(struct slo_httpd *h);

/** slo_httpd_port - the port it listens on. */
int slo_httpd_port(const struct slo_httpd *h);

/** slo_httpd_stats - since the start; from any thread. */
void slo_httpd_stats(const struct slo_httpd *h, struct slo_httpd_stats *out);

/** slo_httpd_header, slo_httpd_query - a header, a decoded parameter; NULL = none. Valid in the handler. */
const char *slo_httpd_header(const struct slo_httpd_request *rq, const char *name);
const char *slo_httpd_query(const struct slo_httpd_request *rq, const char *name);

#endif
