/* SPDX-License-Identifier: MIT */
/*
 * The receiving end of OTLP/HTTP: POST /v1/logs, /v1/metrics, /v1/traces, protobuf and JSON on one port, gzip or
 * plain. Bodies are handed on as bytes; what is in them is the consumer's business.
 *
 * Answers (OTLP 1.x, "OTLP/HTTP Response"): 200 with nothing, or with a partial success; 400 what cannot be read, bad
 * gzip among it; 401 without the token; 404, 405; 413 over body_max, before or after decoding; 415 another content type
 * or encoding; 429 with Retry-After while the consumer has no room, or too many bodies are being read; 503 when it
 * failed.
 * Every one that is not 200 has a google.rpc.Status for its body, in the encoding of the request (protobuf
 * where that is neither).
 *
 * Slow senders are bounded by what httpd.h says: connections, the time of one request, idleness.
 */
#ifndef SLO_NET_OTLP_RECEIVE_H
#define SLO_NET_OTLP_RECEIVE_H

#include "net/otlp_codec.h"
#include "net/otlp_config.h"

enum {
	SLO_OTLP_PORT = 4318,
	SLO_OTLP_RETRY_AFTER_S = 1,         /* default */
	SLO_OTLP_REQUEST_S = 30,            /* a connection that has not got a request through in so long is closed */
	SLO_OTLP_BODIES_MAX = 64 << 20,     /* default bytes of bodies being read at once */
};

/**
 * slo_otlp_consume - take a batch
 * @signal, @encoding: enum slo_otlp_signal, enum slo_otlp_encoding
 * @body:   decoded of gzip; valid during the call
 * @answer: all zero; set what was rejected, or why the whole of it is refused. Its message must live until the next
 *          call, or the receiver's stop
 *
 * On the receiver's thread, one at a time: while it runs nothing else is read. Return: 0, all but
 * @answer->rejected items were taken; -EAGAIN: no room now (429); -EINVAL, -EBADMSG: it cannot be
 * read (400); -EMSGSIZE: it is too much (413); any other: 503. With each of them nothing was taken.
 */
typedef int slo_otlp_consume(void *arg, int signal, int encoding, struct slo_str body,
			     struct slo_otlp_answer *answer);

struct slo_otlp_receive_opts {
	const char *listen;        /* as for slo_httpd_start(); "" or NULL = ":4318" */
	size_t body_max;           /* bytes of a body; 0 = SLO_OTLP_BODY_MAX */
	uint64_t bodies_max;       /* of all being read; 0 = SLO_OTLP_BODIES_MAX, but body_max at least */
	int retry_after_s;         /* said with 429; 0 = SLO_OTLP_RETRY_AFTER_S */
	int64_t request_ns;        /* 0 = SLO_OTLP_REQUEST_S */
	const char *token_file;    /* "Authorization: Bearer TOKEN" is wanted; NULL or "" = none */
	const char *cert_file, *key_file; /* TLS, PEM; NULL = plain */
	bool held;                 /* listen, start with slo_otlp_receive_run() */
	slo_otlp_consume *consume;
	void *arg;
};

struct slo_otlp_receive_stats {
	uint64_t requests[SLO_OTLP_SIGNAL__COUNT]; /* whole ones that reached the consumer, with their bytes, decoded */
	uint64_t bytes[SLO_OTLP_SIGNAL__COUNT];
	uint64_t taken, partial;   /* of those: all taken; some items rejected, or a warning */
	uint64_t rejected_items;
	uint64_t unreadable;       /* 400 and 413 by the consumer */
	uint64_t busy;             /* 429 by the consumer */
	uint64_t failed;           /* 503 */
	uint64_t wrong_type;       /* 415 for the content type */
	uint64_t unauthorized;     /* 401 */
	uint64_t refused;          /* by httpd: no route, other method or encoding, bad gzip, too large, too much */
	uint64_t cut;              /* connections closed for their slowness */
};

struct slo_otlp_receive;

/** slo_otlp_receive_start - Return: as slo_httpd_start(), and errnos of the token's file. */
int slo_otlp_receive_start(const struct slo_otlp_receive_opts *o, struct slo_otlp_receive **out, struct slo_err *err);

/** slo_otlp_receive_run - as slo_httpd_run(). */
int slo_otlp_receive_run(struct slo_otlp_receive *r);

/** slo_otlp_receive_port - the port it listens on. */
int slo_otlp_receive_port(const struct slo_otlp_receive *r);

/** slo_otlp_receive_stats - since the start; from any thread. */
void slo_otlp_receive_stats(const struct slo_otlp_receive *r, struct slo_otlp_receive_stats *out);

/** slo_otlp_receive_stop - as slo_httpd_stop(): what was read whole is answered. NULL is fine. */
void slo_otlp_receive_stop(struct slo_otlp_receive *r);

#endif
