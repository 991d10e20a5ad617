/* SPDX-License-Identifier: MIT */
/* Overdue requests: told once, when their objective is missed, and not again when they are answered. */
#include "decode/test_flow.h"

#define GET   "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#define HEAD  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
#define BODY  "ok"

static struct {
	int overdue, first;
	struct slo_request last;
} told;

static void ttft(void *arg, const struct slo_request *r)
{
	(void)arg;
	told.overdue += r->first_ns == 0;
	told.first += r->first_ns != 0;
	told.last = *r;
}

static void setup_wait(void)
{
	const struct slo_obs_sink sink = { .arg = &got, .obs = tf_obs, .request = tf_req, .ttft = ttft };
	struct slo_err err = { { 0 }, { 0 } };

	memset(&got, 0, sizeof(got));
	memset(&told, 0, sizeof(told));
	slo_flow_opts_defaults(&opts);
	opts.watch[0] = (struct slo_watch){ .port = 8000, .service = 3, .overdue_ns = 400 * TF_MS };
	opts.watch_count = 1;
	ck_assert_int_eq(slo_flow_new(&opts, &sink, &tracker, &err), 0);
	tcp(0, client, watched, SLO_TCP_SYN, 1000, 0, NULL);
	tcp(1, watched, client, SLO_TCP_SYN | SLO_TCP_ACK, 5000, 1001, NULL);
	tcp(2, client, watched, SLO_TCP_ACK, 1001, 5001, NULL);
	tcp(10, client, watched, SLO_TCP_ACK, 1001, 5001, GET);
}

static void tick(int64_t ms)
{
	slo_flow_tick(tracker, TF_T0 + ms * TF_MS);
}

static void answer(int64_t ms)
{
	tcp(ms, watched, client, SLO_TCP_ACK, 5001, 1001 + sizeof(GET) - 1, HEAD BODY);
}

START_TEST(a_request_in_time_is_told_once_with_its_first_content)
{
	tick(100);
	answer(110);
	tick(1000);
	ck_assert_int_eq(told.overdue, 0);
	ck_assert_int_eq(told.first, 1);
	ck_assert_int_eq(told.last.service, 3);
	ck_assert_int_eq(told.last.first_ns - told.last.sent_ns, 100 * TF_MS);
	ck_assert(!told.last.ttft_told);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert(got.req[0].ttft_told);
}
END_TEST

START_TEST(an_overdue_request_is_told_when_it_is_due_and_only_once)
{
	tick(409);
	ck_assert_int_eq(told.overdue, 0);
	tick(410);
	ck_assert_int_eq(told.overdue, 1);
	ck_assert_int_eq(told.last.end_ns, TF_T0 + 410 * TF_MS);
	tick(800);
	ck_assert_int_eq(told.overdue, 1);
	counters();
	ck_assert_uint_eq(c.overdue, 1);
}
END_TEST

START_TEST(the_late_answer_says_that_it_was_told_before)
{
	tick(500);
	answer(900);
	ck_assert_int_eq(told.overdue, 1);
	ck_assert_int_eq(told.first, 1);
	ck_assert(told.last.ttft_told);
	ck_assert_int_eq(told.last.first_ns - told.last.sent_ns, 890 * TF_MS);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert(got.req[0].ttft_told);
	tick(5000);
	ck_assert_int_eq(told.overdue, 1);
}
END_TEST

START_TEST(a_request_whose_answer_has_only_a_head_is_overdue_as_well)
{
	tcp(50, watched, client, SLO_TCP_ACK, 5001, 1001 + sizeof(GET) - 1, HEAD);
	tick(500);
	ck_assert_int_eq(told.overdue, 1);
	ck_assert_int_eq(told.first, 0);
}
END_TEST

START_TEST(after_lost_packets_nothing_is_overdue)
{
	slo_flow_void(tracker, SLO_VOID_LOSS);
	tick(2000);
	ck_assert_int_eq(told.overdue, 0);
}
END_TEST

START_TEST(a_timed_out_request_was_told_before)
{
	tick(500);
	tick(40000);
	ck_assert_int_eq(told.overdue, 1);
	ck_assert_uint_eq(got.req_count, 1);
	ck_assert_int_eq(got.req[0].outcome, SLO_BAD_TIMEOUT);
	ck_assert(got.req[0].ttft_told);
}
END_TEST

START_TEST(another_limit_holds_for_a_request_that_waits_already)
{
	tick(100);
	slo_flow_overdue(tracker, 3, 200 * TF_MS);
	tick(209);
	ck_assert_int_eq(told.overdue, 0);
	tick(210);
	ck_assert_int_eq(told.overdue, 1);
	slo_flow_overdue(tracker, 3, 600 * TF_MS);
	tick(700);
	ck_assert_int_eq(told.overdue, 1);
	ck_assert_uint_eq(got.req_count, 0);
}
END_TEST

START_TEST(a_longer_limit_and_none_let_it_wait)
{
	slo_flow_overdue(tracker, 4, 10 * TF_MS); /* somebody else's */
	slo_flow_overdue(tracker, 3, 900 * TF_MS);
	tick(410);
	ck_assert_int_eq(told.overdue, 0);
	slo_flow_overdue(tracker, 3, 0);
	tick(5000);
	ck_assert_int_eq(told.overdue, 0);
	slo_flow_overdue(tracker, 3, 900 * TF_MS);
	tick(5100);
	ck_assert_int_eq(told.overdue, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_request_in_time_is_told_once_with_its_first_content,
		an_overdue_request_is_told_when_it_is_due_and_only_once,
		the_late_answer_says_that_it_was_told_before,
		a_request_whose_answer_has_only_a_head_is_overdue_as_well,
		after_lost_packets_nothing_is_overdue,
		a_timed_out_request_was_told_before,
		another_limit_holds_for_a_request_that_waits_already,
		a_longer_limit_and_none_let_it_wait,
	};

	setup_hook = setup_wait;
	return run_tests("flow_wait", tests, SLO_ARRAY_LEN(tests));
}
