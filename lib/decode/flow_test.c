/* SPDX-License-Identifier: MIT */
#include "decode/flow.h"

#include "decode/test_flow.h"

START_TEST(a_query_and_its_answer_give_one_latency)
{
	const struct slo_obs *o = &got.obs[0];

	dns(0, client, resolver, 7, QUERY, "Api.Example.COM");
	dns(12, resolver, client, 7, ANSWER, "api.example.com");
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_int_eq(o->signal, SLO_SIGNAL_DNS_LATENCY);
	ck_assert_double_eq(o->value, 12);
	ck_assert_int_eq(o->role, SLO_ROLE_RESOLVER);
	ck_assert_int_eq(o->service, SLO_SERVICE_NONE);
	ck_assert_int_eq(o->err, 0);
	ck_assert_uint_eq(o->times, 1);
	ck_assert_str_eq(o->detail, "api.example.com");
	ck_assert_str_eq(o->provider, "packet");
	ck_assert_uint_eq(o->tuple.src_port, 40000);
	ck_assert_uint_eq(o->tuple.dst_port, 53);
	ck_assert_uint_eq(o->tuple.src[15], 1);
	ck_assert_int_eq(o->end_ns, TF_T0 + 12 * TF_MS);
}
END_TEST

START_TEST(answers_must_match_id_tuple_and_name)
{
	dns(0, client, resolver, 7, QUERY, "a.example");
	dns(1, resolver, client, 8, ANSWER, "a.example");
	dns(2, resolver, (struct tf_end){ 1, 40001, false }, 7, ANSWER, "a.example");
	dns(3, (struct tf_end){ 54, 53, false }, client, 7, ANSWER, "a.example");
	dns(4, resolver, client, 7, ANSWER, "b.example");
	ck_assert_uint_eq(got.obs_count, 0);
	counters();
	ck_assert_uint_eq(c.dns_unmatched, 4);
	ck_assert_uint_eq(c.pending_dns, 1);
	dns(5, resolver, client, 7, ANSWER, "a.example");
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_double_eq(got.obs[0].value, 5);
}
END_TEST

START_TEST(a_repeated_query_keeps_its_first_time_and_counts_once)
{
	dns(0, client, resolver, 7, QUERY, "a.example");
	dns(1000, client, resolver, 7, QUERY, "a.example");
	dns(1500, resolver, client, 7, ANSWER, "a.example");
	dns(1501, resolver, client, 7, ANSWER, "a.example");
	counters();
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_double_eq(got.obs[0].value, 1500);
	ck_assert_str_eq(got.obs[0].detail, "a.example retries=1");
	ck_assert_uint_eq(c.dns_queries, 1);
	ck_assert_uint_eq(c.dns_retries, 1);
	ck_assert_uint_eq(c.dns_unmatched, 1);
}
END_TEST

START_TEST(a_repeat_that_crosses_the_answer_is_no_new_query)
{
	dns(0, client, resolver, 7, QUERY, "a.example");
	dns(10, resolver, client, 7, ANSWER, "a.example");
	dns(11, client, resolver, 7, QUERY, "a.example");
	slo_flow_tick(tracker, TF_T0 + 20000 * TF_MS);
	ck_assert_uint_eq(got.obs_count, 1);
	dns(30000, client, resolver, 7, QUERY, "a.example");
	dns(30001, resolver, client, 7, ANSWER, "a.example");
	ck_assert_uint_eq(got.obs_count, 2);
}
END_TEST

START_TEST(an_unanswered_query_is_reported_at_its_timeout)
{
	dns(0, client, resolver, 7, QUERY, "a.example");
	slo_flow_tick(tracker, TF_T0 + 4999 * TF_MS);
	ck_assert_uint_eq(got.obs_count, 0);
	slo_flow_tick(tracker, TF_T0 + 5600 * TF_MS);
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_double_eq(got.obs[0].value, 5000);
	ck_assert_int_eq(got.obs[0].err, ETIMEDOUT);
	ck_assert(got.obs[0].failed);
	ck_assert_int_eq(got.obs[0].end_ns, TF_T0 + 5000 * TF_MS);
	slo_flow_tick(tracker, TF_T0 + 9000 * TF_MS);
	ck_assert_uint_eq(got.obs_count, 1);
}
END_TEST

START_TEST(detail_names_rcode_truncation_and_stub)
{
	struct tf_end local = { 53, 53, false };

	dns(0, client, resolver, 1, QUERY, "no.example");
	dns(1, resolver, client, 1, NXDOMAIN, "no.example");
	ck_assert_str_eq(got.obs[0].detail, "no.example NXDOMAIN");
	ck_assert(!got.obs[0].failed);
	dns(2, client, resolver, 2, QUERY, "big.example");
	dns(3, resolver, client, 2, TRUNCATED, "big.example");
	ck_assert_str_eq(got.obs[1].detail, "big.example tc");
	dns(4, client, local, 3, QUERY, "x.example");
	frame.buf[16] = 127; /* the resolver's address */
	frame.buf[19] = 53;
	give(4);
	dns(5, local, client, 3, ANSWER, "x.example");
	frame.buf[12] = 127;
	give(5);
	ck_assert_str_eq(got.obs[got.obs_count - 1].detail, "x.example stub");
}
END_TEST

START_TEST(an_icmp_error_ends_a_query)
{
	uint8_t inner[200];
	size_t n;

	dns(0, client, resolver, 7, QUERY, "a.example");
	n = frame.len;
	memcpy(inner, frame.buf, n);
	tf_ip(&frame, resolver, client, IPPROTO_ICMP, 8 + n);
	tf_add(&frame, "\x03\x03\0\0\0\0\0\0", 8);
	tf_add(&frame, inner, n);
	give(2);
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_int_eq(got.obs[0].err, ECONNREFUSED);
	ck_assert_double_eq(got.obs[0].value, 2);
}
END_TEST

START_TEST(dns_works_over_ipv6)
{
	struct tf_end c6 = { 1, 40000, true }, r6 = { 53, 53, true };

	dns(0, c6, r6, 7, QUERY, "a.example");
	dns(3, r6, c6, 7, ANSWER, "a.example");
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_double_eq(got.obs[0].value, 3);
	ck_assert_uint_eq(got.obs[0].tuple.src[0], 0xfd);
}
END_TEST

START_TEST(loss_withholds_timeouts_but_not_answers)
{
	dns(0, client, resolver, 7, QUERY, "a.example");
	dns(0, client, resolver, 8, QUERY, "b.example");
	tcp(0, client, server, SLO_TCP_SYN, 100, 0, NULL);
	slo_flow_void(tracker, SLO_VOID_LOSS);
	dns(1, resolver, client, 8, ANSWER, "b.example");
	dns(2, client, resolver, 9, QUERY, "c.example");
	slo_flow_tick(tracker, TF_T0 + 60000 * TF_MS);
	counters();
	ck_assert_uint_eq(got.obs_count, 2);
	ck_assert_str_eq(got.obs[0].detail, "b.example");
	ck_assert_str_eq(got.obs[1].detail, "c.example");
	ck_assert_int_eq(got.obs[1].err, ETIMEDOUT);
	ck_assert_uint_eq(c.dns_voided, 1);
	ck_assert_uint_eq(c.connect_voided, 1);
	ck_assert_uint_eq(c.voided, 2);
}
END_TEST

START_TEST(a_clock_step_withholds_every_duration)
{
	dns(0, client, resolver, 7, QUERY, "a.example");
	tcp(0, client, server, SLO_TCP_SYN, 100, 0, NULL);
	slo_flow_void(tracker, SLO_VOID_CLOCK);
	dns(3600000, resolver, client, 7, ANSWER, "a.example");
	tcp(3600000, server, client, SLO_TCP_SYN | SLO_TCP_ACK, 900, 101, NULL);
	ck_assert_uint_eq(got.obs_count, 0);
	dns(-10000, client, resolver, 8, QUERY, "a.example");
	dns(-20000, resolver, client, 8, ANSWER, "a.example");
	counters();
	ck_assert_uint_eq(got.obs_count, 0);
	ck_assert_uint_eq(c.backwards, 1);
	ck_assert_uint_eq(c.dns_voided, 2);
}
END_TEST

START_TEST(every_query_is_accounted_for)
{
	opts.max_dns = 8;
	restart();
	for (uint16_t i = 0; i < 50; i++) {
		dns(i, client, resolver, i, QUERY, "a.example");
		if (i % 3 == 0)
			dns(i, resolver, client, i, ANSWER, "a.example");
	}
	slo_flow_tick(tracker, TF_T0 + 5046 * TF_MS);
	counters();
	ck_assert_uint_eq(c.dns_queries, 50);
	ck_assert_uint_eq(c.dns_answers, 17);
	ck_assert_uint_eq(c.pending_dns, 2); /* 47 and 49: 48 was answered */
	ck_assert_uint_gt(c.dns_evicted, 0);
	ck_assert_uint_eq(c.dns_answers + c.dns_timeouts + c.dns_evicted + c.dns_voided + c.dns_refused + c.pending_dns,
			  50);
	ck_assert_uint_eq(c.obs, c.dns_answers + c.dns_timeouts);
}
END_TEST

static int role_of(void *arg, const uint8_t addr[16], uint16_t port, struct slo_str name)
{
	(void)arg, (void)addr, (void)port;
	return slo_str_is(name, "api.provider.example") ? SLO_ROLE_PROVIDER : SLO_ROLE_OTHER;
}

START_TEST(names_from_answers_decide_roles)
{
	struct tf_end provider = { 0, 443, false };

	opts.role = role_of;
	restart();
	dns(0, client, resolver, 7, QUERY, "api.provider.example");
	dns(1, resolver, client, 7, ANSWER, "api.provider.example"); /* 1.2.3.4 */
	for (int i = 0; i < 2; i++) {
		tf_tcp(&frame, client, provider, SLO_TCP_SYN, 100, 0, NULL, 0);
		memcpy(frame.buf + 16, i == 0 ? "\1\2\3\4" : "\1\2\3\5", 4);
		give(2 + i);
		tf_tcp(&frame, provider, client, SLO_TCP_SYN | SLO_TCP_ACK, 7, 101, NULL, 0);
		memcpy(frame.buf + 12, i == 0 ? "\1\2\3\4" : "\1\2\3\5", 4);
		give(3 + i);
	}
	ck_assert_uint_eq(got.obs_count, 3);
	ck_assert_int_eq(got.obs[1].role, SLO_ROLE_PROVIDER);
	ck_assert_int_eq(got.obs[2].role, SLO_ROLE_OTHER);
}
END_TEST

START_TEST(broken_and_foreign_frames_are_counted)
{
	tf_tcp(&frame, client, server, SLO_TCP_SYN, 1, 0, NULL, 0);
	frame.len -= 1;
	frame.buf[3] = (uint8_t)frame.len;
	give(0);
	tf_tcp(&frame, client, server, SLO_TCP_SYN, 1, 0, NULL, 0);
	frame.buf[6] = 0x20;
	give(0);
	tf_ip(&frame, client, server, 47, 0);
	give(0);
	dns(0, client, resolver, 7, 0x7900, "a.example");
	counters();
	ck_assert_uint_eq(c.packets, 4);
	ck_assert_uint_eq(c.malformed, 1);
	ck_assert_uint_eq(c.fragments, 1);
	ck_assert_uint_eq(c.ignored, 1);
	ck_assert_uint_eq(c.dns_malformed, 1);
	ck_assert_uint_eq(c.obs, 0);
}
END_TEST

START_TEST(options_that_make_no_sense_are_refused)
{
	const struct slo_obs_sink none = { .arg = NULL };
	struct slo_flow_tracker *t = NULL;
	struct slo_err err = { { 0 }, { 0 } };

	opts.dns_timeout_ns = 0;
	ck_assert_int_eq(slo_flow_new(&opts, &none, &t, &err), -EINVAL);
	ck_assert_str_ne(err.what, "");
	slo_flow_opts_defaults(&opts);
	opts.watch_count = SLO_FLOW_MAX_PORTS + 1;
	ck_assert_int_eq(slo_flow_new(&opts, &none, &t, NULL), -EINVAL);
	slo_flow_opts_defaults(&opts);
	opts.max_conns = 0;
	ck_assert_int_eq(slo_flow_new(&opts, &none, &t, NULL), -EINVAL);
	ck_assert_ptr_null(t);
}
END_TEST

START_TEST(ticks_do_a_bounded_number_of_steps)
{
	opts.max_dns = 10000;
	restart();
	for (uint32_t i = 0; i < 9000; i++)
		dns(0, (struct tf_end){ 1, (uint16_t)(1000 + i), false }, resolver, (uint16_t)i, QUERY, "a.example");
	ck_assert(slo_flow_tick(tracker, TF_T0 + 60000 * TF_MS));
	counters();
	ck_assert_uint_lt(c.dns_timeouts, 9000);
	while (slo_flow_tick(tracker, TF_T0 + 60000 * TF_MS))
		;
	counters();
	ck_assert_uint_eq(c.dns_timeouts, 9000);
	ck_assert_uint_eq(c.pending_dns, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_query_and_its_answer_give_one_latency, answers_must_match_id_tuple_and_name,
		a_repeated_query_keeps_its_first_time_and_counts_once,
		a_repeat_that_crosses_the_answer_is_no_new_query,
		an_unanswered_query_is_reported_at_its_timeout, detail_names_rcode_truncation_and_stub,
		an_icmp_error_ends_a_query, dns_works_over_ipv6, loss_withholds_timeouts_but_not_answers,
		a_clock_step_withholds_every_duration, every_query_is_accounted_for,
		names_from_answers_decide_roles, broken_and_foreign_frames_are_counted,
		options_that_make_no_sense_are_refused, ticks_do_a_bounded_number_of_steps,
	};

	return run_tests("flow", tests, SLO_ARRAY_LEN(tests));
}
