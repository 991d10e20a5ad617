/* SPDX-License-Identifier: MIT */
/*
 * The spans of what a stand-in server did: as `span` records to an endpoint, as OTLP
 * over HTTP with JSON to a collector, or both. May be called from every worker;
 * never waits for a slow reader: what finds no room is dropped and counted.
 */
#ifndef SLO_NET_SERVE_SPANS_H
#define SLO_NET_SERVE_SPANS_H

#include "net/serve_calls.h"

enum { SLO_SPANS_QUEUE_BYTES = 4 << 20 }; /* of spans that wait for the collector */

struct slo_spans_opts {
	const char *endpoint; /* of span records (slo_writer_open()); "" = none */
	const char *otlp;     /* address spans are posted to, "http://host:4318/v1/traces"; "" = none */
	const char *ca_file;  /* for https; "" = the system's */
	const char *service;
};

/* One request answered. */
struct slo_spans_request {
	struct slo_trace_context context; /* its trace, and its own span */
	const char *parent_id;            /* "" = none */
	int64_t start_ns, end_ns;         /* wall clock */
	int status;                       /* HTTP */
	bool complete;                    /* answered in full */
	int64_t tokens;
	const struct slo_calls_report *calls; /* NULL = none */
	const struct slo_ends *ends;          /* of the connection it came by */
};

struct slo_spans;

/** slo_spans_open - Return: 0; the errno of the endpoint; -EINVAL (@otlp is no address); -ENOMEM; with @err. */
int slo_spans_open(const struct slo_spans_opts *o, struct slo_spans **out, struct slo_err *err);

/** slo_spans_add - the request's span and one for each call. */
void slo_spans_add(struct slo_spans *s, const struct slo_spans_request *r);

struct slo_spans_stats {
	uint64_t spans,
		dropped; /* dropped: no room, the endpoint failed, the collector refused them or was not there */
};

/** slo_spans_read_stats - so far. */
void slo_spans_read_stats(struct slo_spans *s, struct slo_spans_stats *out);

/** slo_spans_close - send what is left (at most some 2 s) and release; NULL is allowed. */
void slo_spans_close(struct slo_spans *s);

#endif
