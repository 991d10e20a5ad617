/* SPDX-License-Identifier: MIT */
#include "decode/flow.h"

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

static void connect_watched(void)
{
	cseq = C0;
	sseq = S0;
	snap = TF_MAX;
	tcp(0, client, watched, SLO_TCP_SYN, C0 - 1, 0, NULL);
	tcp(0, watched, client, SLO_TCP_SYN | SLO_TCP_ACK, S0 - 1, C0, NULL);
	tcp(0, client, watched, SLO_TCP_ACK, C0, S0, NULL);
}

static void setup_connection(void)
{
	setup();
	connect_watched();
}

static void raw(int64_t ms, bool from_client, uint8_t flags, uint32_t seq, uint32_t ack, const char *p, size_t n)
{
	tf_tcp(&frame, from_client ? client : watched, from_client ? watched : client, flags, seq, ack, p, n);
	tf_give(tracker, &frame, TF_T0 + ms * TF_MS, 2, SLO_PKT_HOST, snap);
}

/* The next segment of the client (server). */
static void cl(int64_t ms, const char *text)
{
	raw(ms, true, SLO_TCP_ACK, cseq, sseq, text, strlen(text));
	cseq += (uint32_t)strlen(text);
}

static void sv(int64_t ms, const char *text)
{
	raw(ms, false, SLO_TCP_ACK, sseq, cseq, text, strlen(text));
	sseq += (uint32_t)strlen(text);
}

static void fin(int64_t ms, bool from_client)
{
	raw(ms, from_client, SLO_TCP_FIN | SLO_TCP_ACK, from_client ? cseq : sseq, from_client ? sseq : cseq, "", 0);
	if (from_client)
		cseq++;
	else
		sseq++;
}

static void chunk(int64_t ms, const char *text)
{
	char b[2048];

	snprintf(b, sizeof(b), "%zx\r\n%s\r\n", strlen(text), text);
	sv(ms, b);
}

static int64_t ms_of(int64_t ns)
{
	return ns == 0 ? -1 : (ns - TF_T0) / TF_MS;
}

static void balanced(void)
{
	counters();
	ck_assert_uint_eq(c.requests, c.answered + c.timed_out + c.aborted + c.request_void + c.requests_evicted +
					      c.pending_requests);
	ck_assert_uint_eq(got.req_count, c.answered + c.timed_out + c.aborted);
}

START_TEST(a_request_and_its_answer_are_timed)
{
	const struct slo_request *r = &got.req[0];

	cl(10, POST_HEAD);
	cl(12, "0123456789");
	sv(50, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
	sv(55, "hel");
	sv(60, "lo");
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(r->service, 3);
	ck_assert_int_eq(ms_of(r->start_ns), 10);
	ck_assert_int_eq(ms_of(r->sent_ns), 12);
	ck_assert_int_eq(ms_of(r->first_ns), 55);
	ck_assert_int_eq(ms_of(r->end_ns), 60);
	ck_assert_int_eq(r->status, 200);
	ck_assert_int_eq(r->outcome, -1);
	ck_assert(!r->streaming);
	ck_assert_uint_eq(r->chunks, 0);
	ck_assert_uint_eq(r->body_bytes, 5);
	ck_assert_str_eq(r->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
	ck_assert_uint_eq(r->tuple.dst_port, 8000);
	ck_assert_uint_eq(r->tuple.src_port, 40000);
	ck_assert_uint_eq(r->seq, 1);
	balanced();
}
END_TEST

START_TEST(a_stream_is_timed_by_its_content)
{
	const struct slo_request *r = &got.req[0];

	cl(0, GET);
	sv(20, STREAM);
	chunk(30, EVENT_ROLE);
	chunk(40, EVENT_A);
	chunk(50, EVENT_A EVENT_A);
	chunk(60, ": ping\n\n");
	chunk(70, EVENT_DONE);
	sv(80, "0\r\n\r\n");
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert(r->streaming);
	ck_assert_int_eq(ms_of(r->first_ns), 40);
	ck_assert_uint_eq(r->chunks, 3);
	ck_assert_int_eq(ms_of(r->first_chunk_ns), 40);
	ck_assert_int_eq(ms_of(r->last_chunk_ns), 50);
	ck_assert_int_eq(ms_of(r->end_ns), 80);
	balanced();
}
END_TEST

START_TEST(keep_alive_and_pipelining_match_in_order)
{
	cl(0, GET GET "HEAD / HTTP/1.1\r\n\r\n" GET);
	sv(10, OK_5 "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
	sv(20, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"); /* of HEAD: no body */
	sv(30, "HTTP/1.1 204 No Content\r\n\r\n");
	cl(40, GET);
	sv(50, "HTTP/1.1 100 Continue\r\n\r\n");
	sv(60, OK_5);
	ck_assert_uint_eq(got.req_count, 5);
	for (size_t i = 0; i < 5; i++) {
		static const int status[] = { 200, 404, 200, 204, 200 }, end[] = { 10, 10, 20, 30, 60 };

		ck_assert_int_eq(got.req[i].status, status[i]);
		ck_assert_int_eq(ms_of(got.req[i].end_ns), end[i]);
		ck_assert_uint_eq(got.req[i].seq, i + 1);
	}
	balanced();
}
END_TEST

START_TEST(too_deep_a_pipeline_is_counted_and_stays_in_step)
{
	for (int i = 0; i < 20; i++)
		cl(i, GET);
	for (int i = 0; i < 20; i++)
		sv(100 + i, OK_5);
	cl(200, GET);
	sv(210, OK_5);
	counters();
	ck_assert_uint_eq(c.pipeline_overflow, 4);
	ck_assert_uint_eq(got.req_count, 17);
	ck_assert_int_eq(ms_of(got.req[16].start_ns), 200);
	ck_assert_int_eq(ms_of(got.req[16].end_ns), 210);
	balanced();
}
END_TEST

START_TEST(a_body_without_length_ends_with_the_connection)
{
	cl(0, GET);
	sv(10, "HTTP/1.0 200 OK\r\n\r\nabc");
	fin(20, false);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(got.req[0].outcome, -1);
	ck_assert_int_eq(ms_of(got.req[0].end_ns), 20);
	ck_assert_uint_eq(got.req[0].body_bytes, 3);
	balanced();
}
END_TEST

START_TEST(connections_that_end_early_abort_requests)
{
	static const struct {
		bool from_client, reset, answering;
	} cases[] = { { true, false, false }, { true, true, true }, { false, false, true }, { false, true, false } };

	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
		restart();
		connect_watched();
		cl(0, GET);
		if (cases[i].answering)
			sv(10, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
		if (cases[i].reset)
			raw(20, cases[i].from_client, SLO_TCP_RST, cases[i].from_client ? cseq : sseq, 0, "", 0);
		else
			fin(20, cases[i].from_client);
		ck_assert_uint_eq(got.req_count, 1);
		ck_assert_int_eq(got.req[0].outcome, SLO_BAD_ABORTED);
		ck_assert_int_eq(got.req[0].status, cases[i].answering ? 200 : 0);
		ck_assert_int_eq(ms_of(got.req[0].first_ns), cases[i].answering ? 10 : -1);
		ck_assert_int_eq(ms_of(got.req[0].end_ns), 20);
		balanced();
		ck_assert_uint_eq(c.conns, 0);
	}
}
END_TEST

START_TEST(a_request_without_answer_times_out_once)
{
	cl(0, GET);
	slo_flow_tick(tracker, TF_T0 + 29999 * TF_MS);
	ck_assert_uint_eq(got.req_count, 0);
	slo_flow_tick(tracker, TF_T0 + 30100 * TF_MS);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(got.req[0].outcome, SLO_BAD_TIMEOUT);
	ck_assert_int_eq(ms_of(got.req[0].end_ns), 30000);
	sv(31000, OK_5);
	cl(32000, GET);
	sv(32010, OK_5);
	ck_assert_uint_eq(got.req_count, 2);
	ck_assert_int_eq(ms_of(got.req[1].start_ns), 32000);
	balanced();
}
END_TEST

START_TEST(an_answer_in_progress_is_no_timeout)
{
	cl(0, GET);
	sv(10, STREAM);
	slo_flow_tick(tracker, TF_T0 + 90000 * TF_MS);
	chunk(90001, EVENT_A);
	sv(90002, "0\r\n\r\n");
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(got.req[0].outcome, -1);
}
END_TEST

START_TEST(lost_packets_withhold_a_timeout)
{
	cl(0, GET);
	slo_flow_void(tracker, SLO_VOID_LOSS);
	slo_flow_tick(tracker, TF_T0 + 60000 * TF_MS);
	ck_assert_uint_eq(got.req_count, 0);
	balanced();
	ck_assert_uint_eq(c.request_void, 1);
	sv(65000, OK_5);
	cl(70000, GET);
	slo_flow_void(tracker, SLO_VOID_CLOCK);
	sv(70010, OK_5);
	ck_assert_uint_eq(got.req_count, 0);
	balanced();
	ck_assert_uint_eq(c.request_void, 2);
}
END_TEST

START_TEST(a_hole_in_a_body_of_known_length_keeps_step)
{
	cl(0, GET);
	sv(10, "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n0123456789");
	sseq += 200; /* never captured */
	sv(20, "0123456789012345678901234567890123456789012345678901234567890123456789"
	       "01234567890123456789");
	ck_assert_uint_eq(got.req_count, 0); /* held: the missing part may still come */
	raw(21, true, SLO_TCP_ACK, cseq, sseq, "", 0);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_uint_eq(got.req[0].body_bytes, 300);
	ck_assert_int_eq(ms_of(got.req[0].end_ns), 20);
	cl(30, GET);
	sv(40, OK_5);
	ck_assert_uint_eq(got.req_count, 2);
	balanced();
	ck_assert_uint_eq(c.gaps, 1);
	ck_assert_uint_eq(c.request_void, 0);
}
END_TEST

START_TEST(a_hole_in_a_head_voids_the_request_and_the_next_one_counts)
{
	cl(0, GET);
	sseq += 40;
	sv(10, "more of an answer whose head was not captured");
	cl(20, GET); /* acknowledges all of it */
	sv(30, OK_5);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(ms_of(got.req[0].start_ns), 20);
	balanced();
	ck_assert_uint_eq(c.request_void, 1);
	ck_assert_uint_eq(c.timed_out, 0);
}
END_TEST

START_TEST(a_hole_in_the_requests_loses_those_in_it_only)
{
	cl(0, GET);
	sv(5, OK_5);
	cseq += (uint32_t)strlen(GET);
	sv(15, OK_5); /* to the request nobody saw */
	cl(20, GET);
	sv(25, OK_5);
	ck_assert_uint_eq(got.req_count, 2);
	ck_assert_int_eq(ms_of(got.req[1].start_ns), 20);
	ck_assert_int_eq(ms_of(got.req[1].end_ns), 25);
	balanced();
	ck_assert_uint_eq(c.resyncs, 1);
}
END_TEST

START_TEST(segments_out_of_order_are_put_in_order)
{
	uint32_t at = sseq;

	cl(0, GET);
	raw(12, false, SLO_TCP_ACK, at + 40, cseq, OK_5 + 40, strlen(OK_5) - 40);
	raw(13, false, SLO_TCP_ACK, at + 20, cseq, OK_5 + 20, 20);
	raw(14, false, SLO_TCP_ACK, at + 20, cseq, OK_5 + 20, 20);
	ck_assert_uint_eq(got.req_count, 0);
	raw(15, false, SLO_TCP_ACK, at, cseq, OK_5, 20);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(got.req[0].status, 200);
	ck_assert_uint_eq(got.req[0].body_bytes, 5);
	counters();
	ck_assert_uint_eq(c.gaps, 0);
	ck_assert_uint_eq(c.held, 3);
}
END_TEST

START_TEST(retransmitted_and_overlapping_bytes_count_once)
{
	uint32_t at = sseq;

	cl(0, GET);
	cseq = C0;
	cl(5, GET);
	raw(10, false, SLO_TCP_ACK, at, cseq, OK_5, 30);
	raw(11, false, SLO_TCP_ACK, at + 10, cseq, OK_5 + 10, strlen(OK_5) - 10);
	raw(12, false, SLO_TCP_ACK, at, cseq, OK_5, strlen(OK_5));
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(ms_of(got.req[0].start_ns), 0);
	ck_assert_uint_eq(got.req[0].body_bytes, 5);
	balanced();
	ck_assert_uint_eq(c.requests, 1);
}
END_TEST

START_TEST(payload_beyond_the_snap_length_counts_by_its_wire_length)
{
	static char body[3001];
	char head[64];

	memset(body, 'x', 3000);
	snap = SMALL_SNAP; /* 40 bytes of headers, 80 of payload */
	for (int i = 0; i < 3; i++) {
		snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 3000);
		cl(i * 100, GET);
		sv(i * 100 + 10, head);
		sv(i * 100 + 20, body);
	}
	ck_assert_uint_eq(got.req_count, 3);
	ck_assert_uint_eq(got.req[2].body_bytes, 3000);
	ck_assert_int_eq(ms_of(got.req[2].first_ns), 220);
	balanced();
}
END_TEST

START_TEST(cut_chunks_find_their_end_again)
{
	static char text[1001];

	memset(text, 'x', 1000);
	snap = SMALL_SNAP;
	cl(0, GET);
	sv(10, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	chunk(20, "short");
	chunk(30, text); /* its end is cut off */
	chunk(40, text);
	sv(50, "0\r\n\r\n");
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(ms_of(got.req[0].first_ns), 20);
	ck_assert_int_eq(ms_of(got.req[0].end_ns), 50);
	ck_assert_int_eq(got.req[0].outcome, -1);
	counters();
	ck_assert_uint_ge(c.resyncs, 1);
	/* an end that cannot be seen: the next request tells */
	cl(100, GET);
	sv(110, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	memset(text, 'x', 1000);
	memcpy(text, "3dc\r\n", 5);
	memcpy(text + 993, "\r\n0\r\n\r\n", 7);
	sv(120, text);
	ck_assert_uint_eq(got.req_count, 1);
	cl(200, GET);
	ck_assert_uint_eq(got.req_count, 2);
	ck_assert_int_eq(ms_of(got.req[1].end_ns), 120);
	sv(210, OK_5);
	ck_assert_uint_eq(got.req_count, 3);
	balanced();
}
END_TEST

START_TEST(a_connection_older_than_the_capture_is_picked_up)
{
	restart();
	cseq = 5000;
	sseq = 6000;
	snap = TF_MAX;
	sv(0, "rest of some answer, chunk 1");
	cl(1, "rest of some upload");
	sv(2, "rest of some answer, chunk 2");
	cl(10, GET);
	sv(20, OK_5);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(ms_of(got.req[0].start_ns), 10);
	ck_assert_uint_eq(got.obs_count, 0);
	balanced();
}
END_TEST

START_TEST(upgraded_connections_are_left_alone)
{
	cl(0, "GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
	sv(5, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
	cl(10, GET);
	sv(20, OK_5);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(got.req[0].status, 101);
	balanced();
	ck_assert_uint_eq(c.upgraded, 1);
}
END_TEST

static int told[SLO_NOT_CAPTURED__COUNT];

static void tell(void *arg, int service, uint16_t port, enum slo_not_captured why)
{
	(void)arg;
	ck_assert_int_eq(service, 3);
	ck_assert_uint_eq(port, 8000);
	told[why]++;
}

START_TEST(tls_and_h2_are_reported_once_and_not_guessed)
{
	static const char *const first[] = { "\x16\x03\x01\x02", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" };

	opts.not_captured = tell;
	for (int k = 0; k < 2; k++) {
		memset(told, 0, sizeof(told));
		restart();
		for (uint16_t i = 0; i < 3; i++) {
			tcp(i, (struct tf_end){ 1, (uint16_t)(41000 + i), false }, watched, SLO_TCP_SYN, 9, 0, NULL);
			tcp(i, (struct tf_end){ 1, (uint16_t)(41000 + i), false }, watched, SLO_TCP_ACK, 10, 1, first[k]);
		}
		counters();
		ck_assert_int_eq(told[SLO_NOT_CAPTURED_TLS + k], 1);
		ck_assert_uint_eq(c.not_captured[SLO_NOT_CAPTURED_TLS + k], 3);
		ck_assert_int_eq((int)slo_flow_not_captured(tracker, 8000), SLO_NOT_CAPTURED_TLS + k);
		ck_assert_uint_eq(c.requests, 0);
		ck_assert_uint_eq(c.conns, 0);
	}
	ck_assert_str_eq(slo_not_captured_name(SLO_NOT_CAPTURED_H2), "h2");
}
END_TEST

START_TEST(every_request_is_accounted_for_when_tables_are_full)
{
	opts.max_conns = 4;
	opts.max_requests = 6;
	restart();
	for (uint32_t i = 0; i < 60; i++) {
		struct tf_end from = { 1, (uint16_t)(42000 + i % 9), false };

		tcp(i, from, watched, SLO_TCP_ACK, 100 + i / 9 * (uint32_t)strlen(GET), 1, GET);
		if (i % 2)
			tcp(i, watched, from, SLO_TCP_ACK, 1 + i / 9 * 100, 0, OK_5);
	}
	balanced();
	ck_assert_uint_eq(c.requests, 60);
	ck_assert_uint_gt(c.requests_evicted, 0);
	ck_assert_uint_le(c.conns, 4);
	slo_flow_tick(tracker, TF_T0 + 100000 * TF_MS);
	balanced();
	ck_assert_uint_eq(c.pending_requests, 0);
}
END_TEST

/* Everything that is said on the connection, cut into pieces of @piece bytes, the first one of @first. */
static void replay(size_t first, size_t piece)
{
	static const char *const turns[] = {
		POST_HEAD "0123456789", STREAM "72\r\n" EVENT_ROLE EVENT_A "\r\n0\r\n\r\n", GET GET, OK_5 "HTTP/1.1 304 Not\r\n\r\n",
		"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n", OK_5,
	};

	restart();
	connect_watched();
	for (size_t i = 0; i < SLO_ARRAY_LEN(turns); i++)
		for (size_t at = 0, n, len = strlen(turns[i]); at < len; at += n) {
			uint32_t *seq = i % 2 ? &sseq : &cseq;

			n = at == 0 && first > 0 ? first : piece;
			n = n < len - at ? n : len - at;
			raw((int64_t)i, i % 2 == 0, SLO_TCP_ACK, *seq, i % 2 ? cseq : sseq, turns[i] + at, n);
			*seq += (uint32_t)n;
		}
}

START_TEST(any_segmentation_gives_the_same_requests)
{
	struct slo_request want[4];

	replay(0, 10000);
	ck_assert_uint_eq(got.req_count, 4);
	memcpy(want, got.req, sizeof(want));
	ck_assert_uint_eq(want[0].chunks, 1);
	ck_assert_uint_eq(want[0].body_bytes, 0x72);
	ck_assert_int_eq(want[2].status, 304);
	for (size_t i = 1; i < 400; i++) {
		replay(i < 200 ? i : 0, i < 200 ? 10000 : i - 199);
		ck_assert_uint_eq(got.req_count, 4);
		for (size_t k = 0; k < 4; k++)
			ck_assert_msg(memcmp(&want[k], &got.req[k], sizeof(want[k])) == 0, "request %zu, pieces %zu", k, i);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_request_and_its_answer_are_timed, a_stream_is_timed_by_its_content, keep_alive_and_pipelining_match_in_order,
		too_deep_a_pipeline_is_counted_and_stays_in_step, a_body_without_length_ends_with_the_connection,
		connections_that_end_early_abort_requests, a_request_without_answer_times_out_once,
		an_answer_in_progress_is_no_timeout, lost_packets_withhold_a_timeout,
		a_hole_in_a_body_of_known_length_keeps_step, a_hole_in_a_head_voids_the_request_and_the_next_one_counts,
		a_hole_in_the_requests_loses_those_in_it_only, segments_out_of_order_are_put_in_order,
		retransmitted_and_overlapping_bytes_count_once,
		payload_beyond_the_snap_length_counts_by_its_wire_length, cut_chunks_find_their_end_again,
		a_connection_older_than_the_capture_is_picked_up, upgraded_connections_are_left_alone,
		tls_and_h2_are_reported_once_and_not_guessed, every_request_is_accounted_for_when_tables_are_full,
		any_segmentation_gives_the_same_requests,
	};

	setup_hook = setup_connection;
	return run_tests("flow_http", tests, SLO_ARRAY_LEN(tests));
}
