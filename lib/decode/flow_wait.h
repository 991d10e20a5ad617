/* SPDX-License-Identifier: MIT */
/*
 * Requests that were sent and wait for their first content, so that one that
 * waits longer than its objective allows is told at that moment and not when
 * it is finally answered. Private to the flow_*.c files.
 */
#ifndef SLO_DECODE_FLOW_WAIT_H
#define SLO_DECODE_FLOW_WAIT_H

#include "decode/flow_request.h"

int flow_wait_init(struct slo_flow_tracker *t);
void flow_wait_fini(struct slo_flow_tracker *t);

/** flow_wait_new - @r was sent in full just now. Nothing is kept when nobody listens. */
void flow_wait_new(struct slo_flow_tracker *t, const struct request *r);

/** flow_wait_end - the request of @key waits no longer. Return: whether it was told to be overdue. */
bool flow_wait_end(struct slo_flow_tracker *t, const struct request_key *key);

/** flow_wait_content - the first content of @r came at @ts_ns, its answer having @status: ends the wait and tells the sink. */
void flow_wait_content(struct slo_flow_tracker *t, struct request *r, int status, int64_t ts_ns);

/** flow_wait_tick - tell what is overdue. Return: true when more is due. */
bool flow_wait_tick(struct slo_flow_tracker *t, int64_t now_ns);

#endif
