/* SPDX-License-Identifier: MIT */
#include "decode/flow.h"

#include "decode/test_http.h"

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
	raw(12, false, SLO_TCP_ACK, at + 40, cseq, &OK_5[40], strlen(OK_5) - 40);
	raw(13, false, SLO_TCP_ACK, at + 20, cseq, &OK_5[20], 20);
	raw(14, false, SLO_TCP_ACK, at + 20, cseq, &OK_5[20], 20);
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

START_TEST(held_segments_are_taken_by_their_number_not_their_arrival)
{
	static const size_t at[] = { 10, 20, 30, 0 };

	cl(0, GET);
	for (size_t i = 0; i < 4; i++)
		raw(10 + (int64_t)i, false, SLO_TCP_ACK, S0 + (uint32_t)at[i], cseq, &OK_5[at[i]],
		    at[i] == 30 ? strlen(OK_5) - 30 : 10);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(got.req[0].status, 200);
	ck_assert_uint_eq(got.req[0].body_bytes, 5);
}
END_TEST

START_TEST(an_answer_lost_among_several_is_not_mistaken_for_the_next)
{
	cl(0, GET GET);
	sseq += 40;
	sv(10, "end of the first answer");
	cl(20, GET);
	sv(30, OK_5); /* to the second, not the third */
	ck_assert_uint_eq(got.req_count, 0);
	balanced();
	ck_assert_uint_eq(c.request_void, 2);
}
END_TEST

START_TEST(retransmitted_and_overlapping_bytes_count_once)
{
	uint32_t at = sseq;

	cl(0, GET);
	cseq = C0;
	cl(5, GET);
	raw(10, false, SLO_TCP_ACK, at, cseq, OK_5, 30);
	raw(11, false, SLO_TCP_ACK, at + 10, cseq, &OK_5[10], strlen(OK_5) - 10);
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

/* Everything that is said on the connection, cut into pieces of @piece bytes, the first one of @first. */
static void replay(size_t first, size_t piece)
{
	static const char *const turns[] = {
		POST_HEAD "0123456789",
		STREAM "72\r\n" EVENT_ROLE EVENT_A "\r\n0\r\n\r\n",
		GET GET,
		OK_5 "HTTP/1.1 304 Not\r\n\r\n",
		"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n",
		OK_5,
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
			ck_assert_msg(memcmp(&want[k], &got.req[k], sizeof(want[k])) == 0, "request %zu, pieces %zu", k,
				      i);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_hole_in_a_body_of_known_length_keeps_step,
		a_hole_in_a_head_voids_the_request_and_the_next_one_counts,
		a_hole_in_the_requests_loses_those_in_it_only, segments_out_of_order_are_put_in_order,
		held_segments_are_taken_by_their_number_not_their_arrival,
		an_answer_lost_among_several_is_not_mistaken_for_the_next,
		retransmitted_and_overlapping_bytes_count_once,
		payload_beyond_the_snap_length_counts_by_its_wire_length, cut_chunks_find_their_end_again,
		a_connection_older_than_the_capture_is_picked_up, any_segmentation_gives_the_same_requests,
	};

	setup_hook = setup_connection;
	return run_tests("flow_stream", tests, SLO_ARRAY_LEN(tests));
}
