/* SPDX-License-Identifier: MIT */
/*
 * Requests that spans told of, into sli_windows and slo records: one aggregator (decode/aggregate.h) for each service
 * and interval, so that spans may come late and out of order. Private to the otlp files.
 */
#ifndef SLO_NET_OTLP_WINDOWS_H
#define SLO_NET_OTLP_WINDOWS_H

#include "base/table.h"
#include "decode/aggregate.h"

/* What a span's request is to the service that tells of it. */
enum otlp_role {
	OTLP_ENTRY,    /* a request of the service */
	OTLP_PROVIDER, /* the service's own call of a model */
};

struct otlp_windows_opts {
	slo_emit_fn *emit; /* slo and sli_window records, with source otlp */
	void *arg;
	const struct slo_config *config; /* borrowed */
	int64_t window_ns, lateness_ns;
};

/* Whose request it is. */
struct otlp_whose {
	struct slo_str cluster, node, namespace, workload, service, pod, container;
	enum otlp_role role;
};

struct otlp_windows {
	struct otlp_windows_opts o;
	struct slo_table table;  /* of open windows */
	int64_t seen_ns;         /* newest end of a request; INT64_MIN = none */
	int64_t closed_ns;       /* windows that end by then are closed */
	uint32_t jumps;          /* requests in a row that were far ahead of all others */
	uint64_t late, evicted, dropped;
	uint32_t evictions_left; /* of the body at hand: each costs more than the request that asks for it */
	struct slo_event ev;     /* being handed on */
};

/** otlp_windows_new - Return: 0 or -ENOMEM. */
int otlp_windows_new(const struct otlp_windows_opts *o, struct otlp_windows **out);
void otlp_windows_free(struct otlp_windows *w);

/** otlp_windows_body - a new body begins: it may push out as many windows as there are; then requests are dropped. */
void otlp_windows_body(struct otlp_windows *w);

/** otlp_windows_add - count a request in; service and ttft_told of @r are not looked at. Return: 0 or -ENOMEM. */
int otlp_windows_add(struct otlp_windows *w, const struct otlp_whose *whose, const struct slo_request *r);

/** otlp_windows_advance - emit windows that end lateness_ns before @watermark_ns or earlier. */
void otlp_windows_advance(struct otlp_windows *w, int64_t watermark_ns);
void otlp_windows_drain(struct otlp_windows *w);

#endif
