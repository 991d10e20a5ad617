/* SPDX-License-Identifier: MIT */
/*
 * What the bytes of a chat completion mean: an event stream, a whole JSON
 * document, or an error body, interpreted into a struct slo_client_result.
 * No I/O and no clock; the caller stamps every piece.
 */
#ifndef SLO_NET_HTTP_CLIENT_ANSWER_H
#define SLO_NET_HTTP_CLIENT_ANSWER_H

#include "net/http_client.h"
#include "net/sse.h"

enum { SLO_ANSWER_BODY_MAX = 1 << 20 }; /* bytes kept of a body that is no event stream */

/* How the transport ended. */
enum slo_transport_end { SLO_TRANSPORT_OK, SLO_TRANSPORT_TIMEOUT, SLO_TRANSPORT_FAILED, SLO_TRANSPORT_CANCELLED };

struct slo_answer {
	struct slo_client_result r;
	uint64_t bad_events; /* data events that were no JSON object */
	bool done;           /* "[DONE]" came: nothing after it matters */
	/* private */
	struct slo_sse sse;
	struct slo_buf body;
	struct slo_buf gaps; /* uint32_t each; r.gaps_us points here once finished */
	int64_t now_ns;
	bool stream;         /* the body is an event stream */
	bool finish_reason;  /* the server said it was through */
	bool failed;         /* an error came inside a 2xx answer */
};

void slo_answer_init(struct slo_answer *a);
void slo_answer_fini(struct slo_answer *a);

/** slo_answer_begin - a new request: forget everything, keep the memory. */
void slo_answer_begin(struct slo_answer *a);

/**
 * slo_answer_data - the next piece of the body
 * @now_ns: when it was read, stamped before this call
 * @status: of the answer's head
 * @stream: its content type is text/event-stream
 */
void slo_answer_data(struct slo_answer *a, int64_t now_ns, int status, bool stream, const char *p, size_t len);

/**
 * slo_answer_finish - settle the outcome
 * @why: words for a transport that failed, or NULL
 *
 * Order: [DONE] of a sound stream is ok, whatever the transport did afterwards;
 * then cancelled, timeout, failed transport; then the status; then an error
 * inside the body; then a stream that ended before its end (aborted).
 */
void slo_answer_finish(struct slo_answer *a, int64_t now_ns, int status, enum slo_transport_end end, const char *why);

#endif
