/* SPDX-License-Identifier: MIT */
/*
 * A client of OpenAI-compatible chat servers that times what a user would see.
 *
 * Many requests at once on one thread (libcurl's multi interface on one epoll
 * set, so that a stream that has nothing to say costs nothing; connections
 * reused). Every time is CLOCK_MONOTONIC nanoseconds, stamped in the write
 * callback before anything is parsed. Latencies count from the moment a request
 * was meant to be sent; how late it was really sent is reported apart.
 */
#ifndef SLO_NET_HTTP_CLIENT_H
#define SLO_NET_HTTP_CLIENT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_CLIENT_INFLIGHT_MAX = 16384,
	SLO_CLIENT_PROMPT_MAX = 65536,  /* words */
	SLO_CLIENT_GAPS_MAX = 65536,    /* kept of one answer */
};

enum slo_outcome {
	SLO_OUTCOME_OK,           /* 2xx, complete */
	SLO_OUTCOME_RATE_LIMITED, /* 429 */
	SLO_OUTCOME_SERVER_ERROR, /* 5xx, or an error event inside a 200 stream */
	SLO_OUTCOME_TIMEOUT,      /* no complete answer in time */
	SLO_OUTCOME_ABORTED,      /* refused, reset, or ended inside the answer */
	SLO_OUTCOME_CLIENT_ERROR, /* any other status: our request was wrong */
	SLO_OUTCOME_CANCELLED,    /* we gave up: the run was ended early */
	SLO_OUTCOME__COUNT
};

/** slo_outcome_name - "ok", "rate_limited", … (names of SLO_BAD_CLASSES where there is one). */
const char *slo_outcome_name(enum slo_outcome o);

enum slo_http_version {
	SLO_HTTP_1_1,
	SLO_HTTP_2, /* negotiated over TLS (1.1 where the server has no more), prior knowledge over plain TCP */
};

/* Both within the bounds of struct slo_client_opts. */
struct slo_client_size {
	int64_t prompt_tokens, max_tokens;
};

struct slo_client_opts {
	const char *url;        /* base ("http://host:port") or the full address of the endpoint */
	const char *model;      /* sent as "model" */
	int64_t timeout_ns;     /* of one request, from its sending */
	uint32_t max_inflight;  /* requests at once, 1 .. SLO_CLIENT_INFLIGHT_MAX */
	int64_t max_tokens;     /* sent as "max_tokens" */
	int64_t prompt_tokens;  /* length of the prompt in words, 1 .. SLO_CLIENT_PROMPT_MAX */
	uint64_t id_seed;       /* of the request and trace ids */
	bool loopback_only;     /* refuse a target that resolves to anything else */
	enum slo_http_version http;
	const char *ca_file;    /* PEM, for https; NULL or "" = the system's. Peer and host are always verified */
};

/* One request, over. Times are 0 when the thing did not happen. */
struct slo_client_result {
	uint64_t seq;              /* given to slo_client_send() */
	enum slo_outcome outcome;
	int status;                /* HTTP status; 0 = none came */
	int64_t intended_ns;       /* meant to be sent */
	int64_t sent_ns;           /* handed to the transport */
	int64_t first_byte_ns;     /* first byte of the body */
	int64_t first_event_ns;    /* first data event, an empty role chunk too */
	int64_t first_token_ns;    /* first non-empty content, reasoning or tool call delta */
	int64_t last_token_ns;
	int64_t end_ns;            /* complete, failed, or given up */
	uint64_t chunks;           /* deltas that carried something */
	uint64_t tokens;           /* completion tokens */
	bool tokens_from_usage;    /* the server counted them; otherwise @tokens = @chunks */
	const uint32_t *gaps_us;   /* between each two successive chunks; valid during the callback */
	size_t gaps;               /* their number, at most SLO_CLIENT_GAPS_MAX */
	uint64_t gaps_lost;        /* further ones */
	char request_id[48];       /* ours, sent as X-Request-Id */
	char trace_id[33];         /* ours, sent in traceparent */
	char error[96];            /* reason in words; "" when ok */
};

struct slo_client_stats {
	uint64_t sent, done;
	uint64_t refused;     /* slo_client_send() when max_inflight were under way */
	uint64_t connections; /* new connections made */
	uint64_t bad_events;  /* data events that were no JSON object */
	uint64_t oversized;   /* events over the parser's bound */
	uint64_t http2;       /* answers that came over HTTP/2 */
};

struct slo_client;

/**
 * slo_client_new - a client of one target
 *
 * @o is copied except its strings, which must outlive the client.
 * Return: 0; -EINVAL for an unusable address; -ENOENT and the like for @ca_file; -EPERM when @loopback_only and the
 * target is elsewhere; -ENOMEM.
 */
int slo_client_new(const struct slo_client_opts *o, struct slo_client **out, struct slo_err *err);
void slo_client_free(struct slo_client *c);

/**
 * slo_client_send - start one request now
 * @intended_ns: when it was meant to be sent, CLOCK_MONOTONIC; latencies count from here
 *
 * Return: 0; -EAGAIN when @max_inflight are under way (counted in refused);
 * -ENOMEM; -EIO when the transport refused it.
 */
int slo_client_send(struct slo_client *c, uint64_t seq, int64_t intended_ns);

/** slo_client_send_sized - likewise, with a prompt and an answer of its own size (-EINVAL: out of bounds). */
int slo_client_send_sized(struct slo_client *c, uint64_t seq, int64_t intended_ns, const struct slo_client_size *size);

/**
 * slo_client_poll - move data until @until_ns (CLOCK_MONOTONIC) or until something ended
 * @on_done: called for each request that ended; may call slo_client_send()
 *
 * Return: 0, or a negative errno when the transport itself failed. An
 * interrupted wait is 0.
 */
int slo_client_poll(struct slo_client *c, int64_t until_ns,
		    void (*on_done)(void *arg, const struct slo_client_result *r), void *arg);

/** slo_client_cancel - end every request under way as SLO_OUTCOME_CANCELLED, through @on_done. */
void slo_client_cancel(struct slo_client *c, void (*on_done)(void *arg, const struct slo_client_result *r), void *arg);

/** slo_client_inflight - requests under way. */
uint32_t slo_client_inflight(const struct slo_client *c);

const struct slo_client_stats *slo_client_stats(const struct slo_client *c);

#endif
