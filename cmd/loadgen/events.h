/* SPDX-License-Identifier: MIT */
#ifndef LOADGEN_EVENTS_H
#define LOADGEN_EVENTS_H

#include "loadgen.h"

#include "base/buf.h"
#include "io/writer.h"

/* slo records of finished requests. */
struct loadgen_events {
	const struct loadgen_run_opts *o;
	struct slo_writer *w; /* NULL = nobody asked */
	struct slo_buf line;
	int err;              /* the writer's first error */
};

/* loadgen_events_open - to @o->events, or to nowhere when that is empty. */
int loadgen_events_open(struct loadgen_events *e, const struct loadgen_run_opts *o, struct slo_err *err);

/*
 * loadgen_events_add - the records of one request: error_rate (0 or 1) of each, and
 * ttft_ms, request_latency_ms and token_throughput_tps of those that ended ok. A
 * cancelled request yields none: we gave it up ourselves.
 */
void loadgen_events_add(struct loadgen_events *e, const struct slo_client_result *r);

/* Return: 0; the first error; -EPIPE when the reader went away. */
int loadgen_events_close(struct loadgen_events *e, uint64_t *dropped, struct slo_err *err);

#endif
