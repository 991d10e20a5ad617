/* SPDX-License-Identifier: MIT */
/*
 * One connection of a watched port: two byte streams put in order, and the
 * exchange of requests and answers on them. Private to the flow_*.c files.
 */
#ifndef SLO_DECODE_FLOW_CONN_H
#define SLO_DECODE_FLOW_CONN_H

#include "decode/flow_request.h"

enum { REQUESTS, RESPONSES }; /* the two streams of a connection */
enum { HELD_BYTES = 2048 };

/* A segment that waits for an earlier one. Bytes that do not fit count as not captured. */
struct held {
	uint32_t next;   /* in the stream's list or the free list */
	uint32_t seq, len, cap;
	int64_t ts_ns;
	bool fin;
	uint8_t data[HELD_BYTES];
};

struct stream {
	bool started;    /* @next is known */
	uint32_t next;   /* sequence number of the next byte */
	uint32_t held;   /* first held segment, by sequence number */
	uint32_t held_count;
	int64_t last_ns; /* of the last byte */
	struct slo_http http;
};

struct conn {
	struct flow_key key;
	bool dead;                /* to be removed: closed, or not HTTP/1.1 */
	bool lost_sync;           /* a message boundary is looked for */
	int16_t watch;
	uint64_t id;
	uint64_t first_no, next_no; /* requests waiting for an answer */
	uint32_t overflow;        /* requests after those that were not kept */
	uint16_t head_mask, connect_mask; /* methods of the waiting ones, by number modulo 16 */
	bool last_kept;           /* the request being received is one of them */
	int64_t request_ns;       /* first byte of the request being received */
	struct slo_tuple tuple;
	bool answering;           /* an answer is coming in */
	bool silent;              /* it is for a request that was given up, evicted or not kept */
	struct request current;   /* what it answers, unless @silent */
	struct answer answer;
	struct stream s[2];
};

/* A run of stream bytes, of which the first @cap were captured. */
struct run {
	uint32_t seq, len, cap;
	const uint8_t *data;
	bool fin;
	int64_t ts_ns;
};

/* flow_stream.c: order. */
int flow_stream_init(struct slo_flow_tracker *t);
void flow_stream_fini(struct slo_flow_tracker *t);
void flow_stream_arrive(struct slo_flow_tracker *t, struct conn *c, unsigned int which, struct run r);

/* flow_stream_acked - the other end has everything before @ack: what did not come by was not captured. */
void flow_stream_acked(struct slo_flow_tracker *t, struct conn *c, unsigned int which, uint32_t ack, int64_t ts_ns);
void flow_stream_drop(struct slo_flow_tracker *t, struct stream *s);

/* flow_exchange.c: requests and answers. */
void flow_exchange_bytes(struct slo_flow_tracker *t, struct conn *c, unsigned int which, const struct run *r);
void flow_exchange_gap(struct slo_flow_tracker *t, struct conn *c, unsigned int which, uint32_t len, int64_t ts_ns);

/* flow_exchange_end - the side that sends @which has closed; @reset: by RST. */
void flow_exchange_end(struct slo_flow_tracker *t, struct conn *c, unsigned int which, bool reset, int64_t ts_ns);

/* flow_exchange_void - nothing pending can be judged any more. */
void flow_exchange_void(struct slo_flow_tracker *t, struct conn *c);

/* flow_exchange_evict - the same, because the connection is pushed out of its table. */
void flow_exchange_evict(struct slo_flow_tracker *t, struct conn *c);

#endif
