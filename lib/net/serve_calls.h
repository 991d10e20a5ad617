/* SPDX-License-Identifier: MIT */
/*
 * What a stand-in server does for a request besides computing: look names up, call a
 * retrieval service and a model provider, read files, touch memory. One struct
 * slo_calls for each worker thread; what it holds is reused from request to request.
 */
#ifndef SLO_NET_SERVE_CALLS_H
#define SLO_NET_SERVE_CALLS_H

#include "base/err.h"
#include "base/rng.h"
#include "net/serve_ends.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SLO_CALLS_SPANS = 8,          /* of one request, at most */
	SLO_CALLS_TOUCH_MAX = 65536,  /* MiB */
	SLO_CALLS_READ_MAX = 1 << 20, /* KiB */
	SLO_CALLS_ANSWER_MAX = 8 << 20, /* bytes taken from a called service; more is an error */
};

/* Strings are never NULL; "" = not done. They outlive what is made of it. */
struct slo_calls_opts {
	const char
		*resolver; /* "HOST:PORT" of a DNS server for the names in the addresses below; "" = the system's way */
	const char *lookup;         /* a name looked up there for each request besides */
	int64_t lookup_timeout_ns;  /* of each of two tries */
	const char *retrieval;      /* http:// or https:// address, GET */
	const char *provider;       /* likewise, base or chat completions endpoint, POST */
	const char *ca_file;        /* for https; peer and host are always verified */
	bool fresh;                 /* a new connection for each call */
	int64_t timeout_ns;         /* of one call */
	int64_t touch_mib;          /* of memory written to, held until the answer is complete */
	const char *read_file;
	int64_t read_kib;           /* read from it, in blocks of 64 KiB at random places */
	bool read_direct;           /* past the page cache */
};

/* W3C trace context; all zero digits or "" = none. */
struct slo_trace_context {
	char trace_id[33], parent_id[17]; /* lower-case hex */
};

/* One thing done. */
struct slo_calls_span {
	const char *name;           /* static */
	const char *peer;           /* name or address; static or of the options */
	int64_t start_ns, end_ns;   /* wall clock, from the monotonic one */
	int status;                 /* HTTP status; 0 = none */
	bool ok;
	char span_id[17];
	struct slo_ends ends;       /* of a lookup or a call */
};

struct slo_calls_report {
	struct slo_calls_span spans[SLO_CALLS_SPANS];
	size_t n;
	int status;                 /* to answer with: 200, 429, 502, 503, 504 */
	int64_t retry_after_s;      /* of the provider's 429; -1 = none */
	char why[400];              /* for a status other than 200 */
};

struct slo_calls;

/** slo_calls_any - whether these options ask for anything. */
bool slo_calls_any(const struct slo_calls_opts *o);

/** slo_calls_new - Return: 0; -EINVAL (an address, options do not fit); the errno of @read_file; -ENOMEM; with @err. */
int slo_calls_new(const struct slo_calls_opts *o, uint64_t seed, struct slo_calls **out, struct slo_err *err);
void slo_calls_free(struct slo_calls *c);

/**
 * slo_calls_run - all of it, in the order lookup, retrieval, file, memory, provider; the first failure ends it
 * @trace: its trace id and span id (parent_id) are passed on in traceparent; an empty trace id passes none
 * @wanted: asked ten times a second; false ends it (status 503)
 */
void slo_calls_run(struct slo_calls *c, const struct slo_trace_context *trace, bool (*wanted)(void *arg), void *arg,
		   struct slo_calls_report *out);

/** slo_calls_release - the answer is complete: give the memory back. */
void slo_calls_release(struct slo_calls *c);

/** slo_trace_parse_parent - a traceparent header ("00-…-…-01"); @out is "" when it is none. */
void slo_trace_parse_parent(const char *header, struct slo_trace_context *out);

/** slo_trace_new_id - @digits lower-case hex digits, not all zero. */
void slo_trace_new_id(struct slo_rng *rng, char *to, int digits);

#endif
