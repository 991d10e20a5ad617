/* SPDX-License-Identifier: MIT */
/* Which spans an event fits. */
#include "correlate/recorder.h"

#include <stdlib.h>

START_TEST(event_three_seconds_into_a_long_request_is_found)
{
	struct slo_span s = span_at(0, 5000);
	struct slo_probe_event p = probe_at(SLO_SIGNAL_DNS_LATENCY, 3000, 50);

	s.trace_id = p.trace_id = slo_str("0af7651916cd43dd8448eb211c80319c");
	ck_assert_int_eq(pair(&s, &p).tier, SLO_TIER_TRACE);
	ck_assert_double_eq(seen.decision[1].confidence, 1);
	ck_assert_double_eq(seen.result[1].value[SLO_SIGNAL_DNS_LATENCY], 50);
	ck_assert_uint_eq(seen.result[1].joined, 1);
}
END_TEST

START_TEST(overlap_counts_both_ends_and_the_length_of_the_event)
{
	struct slo_span s = span_at(1000, 2000);
	struct slo_probe_event p = probe_at(SLO_SIGNAL_CONNECT_LATENCY, 2100, 100);

	s.pod = p.pod = slo_str("chat-0");
	s.pid = p.pid = 7;
	ck_assert_int_eq(pair(&s, &p).tier, SLO_TIER_PROCESS); /* it lasted from 2000 */
	p.ts_unix_nano += 1;
	ck_assert_int_eq(pair(&s, &p).tier, -1);
	s.clock_error_ns = 1;
	ck_assert_int_eq(pair(&s, &p).tier, SLO_TIER_PROCESS);
	s.clock_error_ns = SLO_ABSENT_I64;
	p.clock_error_ns = 1;
	ck_assert_int_eq(pair(&s, &p).tier, SLO_TIER_PROCESS);
	p = probe_at(SLO_SIGNAL_CONNECT_ERRORS, 999, 1);
	p.pod = s.pod;
	p.pid = 7;
	ck_assert_int_eq(pair(&s, &p).tier, -1);
	opts.slack_ns = MS;
	ck_assert_int_eq(pair(&s, &p).tier, SLO_TIER_PROCESS);
}
END_TEST

/* What each tier asks for: a span and an event that fit, with one thing changed. */
static const struct {
	const char *what;
	const char *s_pod, *e_pod, *s_node, *e_node, *s_trace, *e_trace, *s_service, *e_service, *s_ns, *e_ns;
	int64_t s_pid, e_pid, e_ns_pid, s_start, e_start, s_netns, e_netns;
	int s_port, e_port;
	bool translated;
	int tier;
} cases[] = {
	{ "nothing said", .tier = -1 },
	{ "trace", .s_trace = "t", .e_trace = "t", .tier = SLO_TIER_TRACE },
	{ "another trace, same process", .s_trace = "t", .e_trace = "u", .s_pod = "a", .e_pod = "a", .s_pid = 1,
	  .e_pid = 1, .tier = -1 },
	{ "pod and pid", .s_pod = "a", .e_pod = "a", .s_pid = 5, .e_pid = 5, .tier = SLO_TIER_PROCESS },
	{ "pod and the container's own pid", .s_pod = "a", .e_pod = "a", .s_pid = 1, .e_pid = 5123, .e_ns_pid = 1,
	  .tier = SLO_TIER_PROCESS },
	{ "node and pid", .s_node = "n", .e_node = "n", .s_pid = 5, .e_pid = 5, .tier = SLO_TIER_PROCESS },
	{ "a container's pid is not the node's", .s_pod = "a", .s_node = "n", .e_node = "n", .s_pid = 1, .e_pid = 1,
	  .tier = -1 },
	{ "pid in another pod", .s_pod = "a", .e_pod = "b", .s_pid = 5, .e_pid = 5, .tier = -1 },
	{ "pid alone", .s_pid = 5, .e_pid = 5, .tier = -1 },
	{ "pid used again", .s_pod = "a", .e_pod = "a", .s_pid = 5, .e_pid = 5, .s_start = 5000000000,
	  .e_start = 9000000000, .tier = -1 },
	{ "pid and start rounded", .s_pod = "a", .e_pod = "a", .s_pid = 5, .e_pid = 5, .s_start = 5000000000,
	  .e_start = 5010000000, .tier = SLO_TIER_PROCESS },
	{ "pod of another namespace", .s_pod = "a", .e_pod = "a", .s_pid = 5, .e_pid = 5, .s_ns = "x", .e_ns = "y",
	  .tier = -1 },
	{ "connection in a pod", .s_pod = "a", .e_pod = "a", .s_port = 4000, .e_port = 4000, .tier = SLO_TIER_CONNECTION },
	{ "connection in a network namespace", .s_netns = 3, .e_netns = 3, .s_port = 4000, .e_port = 4000,
	  .tier = SLO_TIER_CONNECTION },
	{ "same addresses elsewhere", .s_netns = 3, .e_netns = 4, .s_pod = "a", .e_pod = "a", .s_port = 4000,
	  .e_port = 4000, .tier = -1 },
	{ "same addresses, nobody knows where", .s_port = 4000, .e_port = 4000, .tier = -1 },
	{ "the other end translated", .s_pod = "a", .e_pod = "a", .s_port = 4000, .e_port = 4000, .translated = true,
	  .tier = SLO_TIER_CONNECTION },
	{ "the other end translated, another pod", .s_pod = "a", .e_pod = "b", .s_port = 4000, .e_port = 4000,
	  .translated = true, .tier = -1 },
	{ "another port", .s_pod = "a", .e_pod = "a", .s_port = 4000, .e_port = 4001, .tier = -1 },
	{ "service and node", .s_service = "chat", .e_service = "chat", .s_node = "n", .e_node = "n",
	  .tier = SLO_TIER_SERVICE },
	{ "service elsewhere", .s_service = "chat", .e_service = "chat", .s_node = "n", .e_node = "m", .tier = -1 },
	{ "service alone", .s_service = "chat", .e_service = "chat", .tier = -1 },
	{ "another process of the service", .s_service = "chat", .e_service = "chat", .s_node = "n", .e_node = "n",
	  .s_pid = 5, .e_pid = 6, .tier = -1 },
	{ "no pid on one side", .s_service = "chat", .e_service = "chat", .s_node = "n", .e_node = "n", .s_pid = 5,
	  .tier = SLO_TIER_SERVICE },
};

START_TEST(each_tier_wants_what_it_stands_for)
{
	struct slo_span s = span_at(0, 1000);
	struct slo_probe_event p = probe_at(SLO_SIGNAL_CONNECT_ERRORS, 500, 1);

	s.service = slo_str(cases[_i].s_service);
	p.service = slo_str(cases[_i].e_service);
	s.pod = slo_str(cases[_i].s_pod);
	p.pod = slo_str(cases[_i].e_pod);
	s.node = slo_str(cases[_i].s_node);
	p.node = slo_str(cases[_i].e_node);
	s.namespace = slo_str(cases[_i].s_ns);
	p.namespace = slo_str(cases[_i].e_ns);
	s.trace_id = slo_str(cases[_i].s_trace);
	p.trace_id = slo_str(cases[_i].e_trace);
	s.pid = cases[_i].s_pid ? cases[_i].s_pid : SLO_ABSENT_I64;
	p.pid = cases[_i].e_pid;
	p.ns_pid = cases[_i].e_ns_pid ? cases[_i].e_ns_pid : SLO_ABSENT_I64;
	s.pid_start_ns = cases[_i].s_start ? cases[_i].s_start : SLO_ABSENT_I64;
	p.pid_start_ns = cases[_i].e_start ? cases[_i].e_start : SLO_ABSENT_I64;
	s.netns_cookie = cases[_i].s_netns ? cases[_i].s_netns : SLO_ABSENT_I64;
	p.netns_cookie = cases[_i].e_netns ? cases[_i].e_netns : SLO_ABSENT_I64;
	s.has_conn_tuple = cases[_i].s_port > 0;
	s.conn_tuple = tuple_of(cases[_i].s_port);
	p.has_conn_tuple = cases[_i].e_port > 0;
	p.conn_tuple = (struct slo_conn_tuple){ slo_str("10.0.0.2"), slo_str("10.0.0.1"), 443, cases[_i].e_port,
						slo_str("tcp") }; /* seen from the other end */
	if (cases[_i].translated)
		p.conn_tuple.src_ip = slo_str("10.0.0.77");
	ck_assert_msg(pair(&s, &p).tier == cases[_i].tier, "%s: tier %d", cases[_i].what, seen.decision[1].tier);
}
END_TEST

START_TEST(ambiguous_is_said_and_joined_to_none)
{
	struct slo_probe_event p = probe_at(SLO_SIGNAL_DNS_LATENCY, 500, 90);

	p.node = slo_str("n");
	p.pid = 5;
	for (uint64_t i = 0; i < 3; i++) {
		struct slo_span s = span_at(100 * (int64_t)i, 1000);

		s.node = p.node;
		s.pid = 5;
		slo_join_span(j, &s, i);
	}
	slo_join_probe(j, &p, 1);
	slo_join_drain(j);
	ck_assert_uint_eq(seen.decision[1].candidates, 3);
	ck_assert_double_eq_tol(seen.decision[1].confidence, 0.3, 1e-12);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(seen.result[i].ambiguous, 1);
		ck_assert_uint_eq(seen.result[i].candidates, 3);
		ck_assert_int_eq(seen.result[i].tier, -1);
		ck_assert(!seen.result[i].has[SLO_SIGNAL_DNS_LATENCY]);
	}
	ck_assert_uint_eq(stats().ambiguous[SLO_TIER_PROCESS], 1);
}
END_TEST

START_TEST(connection_tells_requests_of_one_process_apart)
{
	struct slo_probe_event p = probe_at(SLO_SIGNAL_TCP_RETRANSMITS, 500, 1);

	p.node = slo_str("n");
	p.pid = 5;
	p.has_conn_tuple = true;
	p.conn_tuple = tuple_of(4002);
	for (int i = 0; i < 3; i++) {
		struct slo_span s = span_at(0, 1000);

		s.node = p.node;
		s.pid = 5;
		s.has_conn_tuple = true;
		s.conn_tuple = tuple_of(4000 + i);
		slo_join_span(j, &s, (uint64_t)i);
	}
	slo_join_probe(j, &p, 1);
	slo_join_drain(j);
	ck_assert_int_eq(seen.decision[1].tier, SLO_TIER_CONNECTION);
	ck_assert_uint_eq(seen.decision[1].candidates, 1);
	ck_assert_uint_eq(seen.first[1], 2);
}
END_TEST

static void family(uint64_t tag, int64_t from, int64_t to, const char *id, const char *parent)
{
	struct slo_span s = span_at(from, to);

	s.trace_id = slo_str("t");
	s.span_id = slo_str(id);
	s.parent_span_id = slo_str(parent);
	s.node = slo_str("n");
	s.pid = 5;
	slo_join_span(j, &s, tag);
}

START_TEST(innermost_call_gets_the_event)
{
	struct slo_probe_event p = probe_at(SLO_SIGNAL_CONNECT_LATENCY, 450, 20);

	p.node = slo_str("n");
	p.pid = 5;
	family(0, 0, 1000, "a", NULL);
	family(1, 300, 700, "b", "a");
	family(2, 400, 500, "c", "b");
	slo_join_probe(j, &p, 1);
	p.ts_unix_nano = T0 + 800 * MS;
	slo_join_probe(j, &p, 2);
	slo_join_drain(j);
	ck_assert_uint_eq(seen.decision[1].candidates, 1);
	ck_assert_uint_eq(seen.first[1], 2);
	ck_assert_uint_eq(seen.first[2], 0);
}
END_TEST

START_TEST(call_that_only_slack_reaches_does_not_take_the_event_from_its_caller)
{
	struct slo_probe_event p = probe_at(SLO_SIGNAL_DNS_LATENCY, 295, 40);

	opts.slack_ns = 10 * MS;
	restart();
	p.node = slo_str("n");
	p.pid = 5;
	family(0, 0, 1000, "a", NULL);
	family(1, 300, 700, "b", "a"); /* begins 5 ms after the lookup was answered */
	slo_join_probe(j, &p, 1);
	slo_join_drain(j);
	ck_assert_uint_eq(seen.decision[1].candidates, 1);
	ck_assert_uint_eq(seen.first[1], 0);
}
END_TEST

START_TEST(calls_one_after_the_other_are_told_apart_in_spite_of_slack)
{
	struct slo_probe_event p = probe_at(SLO_SIGNAL_DNS_LATENCY, 398, 90);

	opts.slack_ns = 10 * MS;
	restart();
	p.node = slo_str("n");
	p.pid = 5;
	family(0, 0, 1000, "a", NULL);
	family(1, 300, 400, "b", "a"); /* the lookup */
	family(2, 401, 700, "c", "a"); /* what it was for */
	slo_join_probe(j, &p, 1);
	slo_join_drain(j);
	ck_assert_uint_eq(seen.decision[1].candidates, 1);
	ck_assert_uint_eq(seen.first[1], 1);
}
END_TEST

START_TEST(parallel_calls_of_one_request_are_ambiguous)
{
	struct slo_probe_event p = probe_at(SLO_SIGNAL_DNS_LATENCY, 450, 20);

	p.node = slo_str("n");
	p.pid = 5;
	family(0, 0, 1000, "a", NULL);
	family(1, 300, 700, "b", "a");
	family(2, 400, 500, "c", "a");
	slo_join_probe(j, &p, 1);
	slo_join_drain(j);
	ck_assert_uint_eq(seen.decision[1].candidates, 2);
	ck_assert_uint_eq(seen.result[0].ambiguous, 0);
	ck_assert_uint_eq(seen.result[1].ambiguous, 1);
}
END_TEST

START_TEST(shared_signals_reach_every_span_of_their_scope_and_are_no_pairs)
{
	struct slo_probe_event p = probe_at(SLO_SIGNAL_RUNQUEUE_DELAY, 500, 30), node = p;

	p.pod = slo_str("a");
	p.node = node.node = slo_str("n");
	node.signal = SLO_SIGNAL_CPU_STEAL;
	node.value = 12;
	node.pod = slo_str("agent");
	for (int i = 0; i < 4; i++) {
		struct slo_span s = span_at(0, 1000);

		s.node = slo_str("n");
		s.pod = slo_str(i < 2 ? "a" : "b");
		slo_join_span(j, &s, (uint64_t)i);
	}
	slo_join_probe(j, &p, 1);
	slo_join_probe(j, &node, 2);
	slo_join_drain(j);
	ck_assert(seen.decision[1].context && seen.decision[1].tier == -1);
	ck_assert_uint_eq(seen.decision[1].candidates, 2);
	ck_assert_uint_eq(seen.decision[2].candidates, 4);
	for (int i = 0; i < 4; i++) {
		ck_assert(seen.result[i].has[SLO_SIGNAL_RUNQUEUE_DELAY] == (i < 2));
		ck_assert_double_eq(seen.result[i].value[SLO_SIGNAL_CPU_STEAL], 12);
		ck_assert_int_eq(seen.result[i].tier, -1);
		ck_assert_uint_eq(seen.result[i].ambiguous, 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("match");
	TCase *t = tcase_create("match");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, event_three_seconds_into_a_long_request_is_found);
	tcase_add_test(t, overlap_counts_both_ends_and_the_length_of_the_event);
	tcase_add_loop_test(t, each_tier_wants_what_it_stands_for, 0, (int)SLO_ARRAY_LEN(cases));
	tcase_add_test(t, ambiguous_is_said_and_joined_to_none);
	tcase_add_test(t, connection_tells_requests_of_one_process_apart);
	tcase_add_test(t, innermost_call_gets_the_event);
	tcase_add_test(t, call_that_only_slack_reaches_does_not_take_the_event_from_its_caller);
	tcase_add_test(t, calls_one_after_the_other_are_told_apart_in_spite_of_slack);
	tcase_add_test(t, parallel_calls_of_one_request_are_ambiguous);
	tcase_add_test(t, shared_signals_reach_every_span_of_their_scope_and_are_no_pairs);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
