/* SPDX-License-Identifier: MIT */
#include "decode/flow.h"

#include "decode/test_http.h"

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
			tcp(i, (struct tf_end){ 1, (uint16_t)(41000 + i), false }, watched, SLO_TCP_ACK, 10, 1,
			    first[k]);
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

START_TEST(services_count_their_requests_each)
{
	static const struct {
		uint16_t port;
		int service;
		uint64_t seq;
	} asked[] = { { 8000, 3, 1 }, { 8001, 4, 1 }, { 8002, 3, 2 }, { 8001, 4, 2 } };

	opts.watch[1] = (struct slo_watch){ .port = 8001, .service = 4 };
	opts.watch[2] = (struct slo_watch){ .port = 8002, .service = 3 };
	opts.watch_count = 3;
	restart();
	for (uint16_t i = 0; i < 4; i++) {
		struct tf_end from = { 1, (uint16_t)(42000 + i), false }, to = { 9, asked[i].port, false };

		tcp(0, from, to, SLO_TCP_ACK, 1, 1, GET);
		tcp(1, to, from, SLO_TCP_ACK, 1, 1 + (uint32_t)strlen(GET), OK_5);
		ck_assert_uint_eq(got.req_count, i + 1u);
		ck_assert_int_eq(got.req[i].service, asked[i].service);
		ck_assert_uint_eq(got.req[i].seq, asked[i].seq);
	}
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

int main(void)
{
	const TTest *const tests[] = {
		a_request_and_its_answer_are_timed, a_stream_is_timed_by_its_content,
		keep_alive_and_pipelining_match_in_order, too_deep_a_pipeline_is_counted_and_stays_in_step,
		a_body_without_length_ends_with_the_connection, connections_that_end_early_abort_requests,
		a_request_without_answer_times_out_once, an_answer_in_progress_is_no_timeout,
		lost_packets_withhold_a_timeout, upgraded_connections_are_left_alone,
		tls_and_h2_are_reported_once_and_not_guessed, services_count_their_requests_each,
		every_request_is_accounted_for_when_tables_are_full,
	};

	setup_hook = setup_connection;
	return run_tests("flow_http", tests, SLO_ARRAY_LEN(tests));
}
