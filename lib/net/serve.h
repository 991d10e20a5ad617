/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for an LLM server whose slowness is real: an OpenAI-compatible
 * streaming endpoint where prefill and every token burn a set amount of CPU.
 *
 * Work is counted in iterations of integer arithmetic, calibrated once against
 * CLOCK_THREAD_CPUTIME_ID, so whatever takes CPU away (a quota, a neighbour,
 * steal) lengthens the answers as it would lengthen those of a real model server.
 *
 *   POST /v1/chat/completions   streaming or not
 *   GET  /v1/models, /health
 *   GET  /metrics               for Prometheus, see net/serve_metrics.h
 */
#ifndef SLO_NET_SERVE_H
#define SLO_NET_SERVE_H

#include "base/err.h"

#include <stdint.h>

enum {
	SLO_SERVE_WORKERS_MAX = 256,
	SLO_SERVE_QUEUE_MAX = 4096,
	SLO_SERVE_TOKENS_MAX = 4096,       /* of one answer */
	SLO_SERVE_CONNECTIONS_MAX = 4096,
	SLO_SERVE_BODY_MAX = 1 << 20,      /* bytes of a request */
};

enum slo_serve_role {
	SLO_ROLE_AT_FIRST_TOKEN, /* role chunk together with the first token, as servers without chunked prefill do */
	SLO_ROLE_AT_START,       /* role chunk when a worker takes the request, before prefill */
};

struct slo_serve_opts {
	const char *listen;        /* "host:port" or "[v6]:port", numeric; port 0 = any free one */
	const char *model;
	int64_t workers;           /* requests worked on at once */
	int64_t queue;             /* requests waiting for a worker; more get 429 */
	int64_t connections;       /* at once; more are refused */
	int64_t tokens;            /* of an answer when the request names no max_tokens */
	double prefill_ms;         /* CPU time before the first token */
	double prefill_us_per_token; /* more CPU time per prompt token */
	double token_ms;           /* CPU time per token */
	int64_t retry_after_s;     /* sent with 429 */
	int role;                  /* enum slo_serve_role */
};

struct slo_serve_stats {
	uint64_t requests;       /* POST /v1/chat/completions, whatever became of them */
	uint64_t completed;      /* answered in full */
	uint64_t rejected;       /* 429: the queue was full */
	uint64_t bad;            /* 400, 413 */
	uint64_t abandoned;      /* the client went away first */
	uint64_t tokens;         /* produced */
	uint64_t queue_high;     /* most requests that waited at once */
	double iterations_per_ms; /* what calibration found */
	double calibration_spread; /* (slowest - fastest) / fastest of the calibration rounds */
};

struct slo_serve;

/**
 * slo_serve_start - calibrate, bind, start the workers
 *
 * @o's strings must outlive the server. Return: 0; -EINVAL for a bad address or
 * number; -EADDRINUSE and other errnos of the socket; -ENOMEM.
 */
int slo_serve_start(const struct slo_serve_opts *o, struct slo_serve **out, struct slo_err *err);

/** slo_serve_port - the port in use. */
int slo_serve_port(const struct slo_serve *s);

/** slo_serve_read_stats - a consistent copy of the counters so far. */
void slo_serve_read_stats(struct slo_serve *s, struct slo_serve_stats *out);

/** slo_serve_stop - cut off what is under way, join every thread, release; NULL is allowed. Takes well under a second. */
void slo_serve_stop(struct slo_serve *s);

#endif
