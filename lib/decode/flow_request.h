/* SPDX-License-Identifier: MIT */
/* Requests of watched ports that wait for an answer. Private to the flow_*.c files. */
#ifndef SLO_DECODE_FLOW_REQUEST_H
#define SLO_DECODE_FLOW_REQUEST_H

#include "decode/flow_internal.h"

struct request_key {
	uint64_t conn, no;
};

/* In order of their start, because nothing ever touches them again. */
struct request {
	struct request_key key;
	int64_t start_ns, sent_ns;
	struct flow_gen gen;
	uint64_t seq;
	int16_t watch;
	struct slo_tuple tuple;
	char trace_id[33];
	bool ttft_told;
};

/* What has come of an answer. */
struct answer {
	int status;
	bool streaming;
	uint32_t chunks;
	int64_t first_ns, first_chunk_ns, last_chunk_ns;
	uint64_t body_bytes;
};

int flow_request_init(struct slo_flow_tracker *t);
void flow_request_fini(struct slo_flow_tracker *t);

/** flow_request_new - @r is copied and gets its number in the service; start_ns, watch, tuple, key are set. */
void flow_request_new(struct slo_flow_tracker *t, const struct request *r);

/** flow_request_find - NULL when it was answered, timed out or evicted. */
struct request *flow_request_find(struct slo_flow_tracker *t, uint64_t conn, uint64_t no);

/** flow_request_take - move it out of the table. Return: false when it is not there. */
bool flow_request_take(struct slo_flow_tracker *t, uint64_t conn, uint64_t no, struct request *out);

/** flow_request_record - what is known of @r before its answer. */
struct slo_request flow_request_record(const struct slo_flow_tracker *t, const struct request *r);

/**
 * flow_request_done - report @r, answered in full (@outcome -1), ABORTED, or TIMEOUT
 *
 * Withheld when the clock stepped since it began.
 */
void flow_request_done(struct slo_flow_tracker *t, const struct request *r, const struct answer *a, int outcome,
		       int64_t end_ns);

bool flow_request_tick(struct slo_flow_tracker *t, int64_t now_ns);

#endif
