/* SPDX-License-Identifier: MIT */
/* A connection to a watched port, said line by line. */
#ifndef SLO_DECODE_TEST_HTTP_H
#define SLO_DECODE_TEST_HTTP_H

#include "decode/test_flow.h"

enum { C0 = 100, S0 = 1000, SMALL_SNAP = 120 };

#define GET "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST_HEAD "POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n" \
		  "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n"
#define OK_5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define STREAM "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define EVENT_ROLE "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
#define EVENT_A "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n"
#define EVENT_DONE "data: [DONE]\n\n"

static uint32_t cseq, sseq;
static size_t snap;

static inline void connect_watched(void)
{
	cseq = C0;
	sseq = S0;
	snap = TF_MAX;
	tcp(0, client, watched, SLO_TCP_SYN, C0 - 1, 0, NULL);
	tcp(0, watched, client, SLO_TCP_SYN | SLO_TCP_ACK, S0 - 1, C0, NULL);
	tcp(0, client, watched, SLO_TCP_ACK, C0, S0, NULL);
}

static inline void setup_connection(void)
{
	setup();
	connect_watched();
}

static inline void raw(int64_t ms, bool from_client, uint8_t flags, uint32_t seq, uint32_t ack, const char *p, size_t n)
{
	tf_tcp(&frame, from_client ? client : watched, from_client ? watched : client, flags, seq, ack, p, n);
	tf_give(tracker, &frame, TF_T0 + ms * TF_MS, 2, SLO_PKT_HOST, snap);
}

/* The next segment of the client (server). */
static inline void cl(int64_t ms, const char *text)
{
	raw(ms, true, SLO_TCP_ACK, cseq, sseq, text, strlen(text));
	cseq += (uint32_t)strlen(text);
}

static inline void sv(int64_t ms, const char *text)
{
	raw(ms, false, SLO_TCP_ACK, sseq, cseq, text, strlen(text));
	sseq += (uint32_t)strlen(text);
}

static inline void fin(int64_t ms, bool from_client)
{
	raw(ms, from_client, SLO_TCP_FIN | SLO_TCP_ACK, from_client ? cseq : sseq, from_client ? sseq : cseq, "", 0);
	if (from_client)
		cseq++;
	else
		sseq++;
}

static inline void chunk(int64_t ms, const char *text)
{
	char b[2048];

	snprintf(b, sizeof(b), "%zx\r\n%s\r\n", strlen(text), text);
	sv(ms, b);
}

static inline int64_t ms_of(int64_t ns)
{
	return ns == 0 ? -1 : (ns - TF_T0) / TF_MS;
}

static inline void balanced(void)
{
	counters();
	ck_assert_uint_eq(c.requests, c.answered + c.timed_out + c.aborted + c.request_void + c.requests_evicted +
					      c.pending_requests);
	ck_assert_uint_eq(got.req_count, c.answered + c.timed_out + c.aborted);
}

#endif
