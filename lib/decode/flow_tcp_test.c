/* SPDX-License-Identifier: MIT */
#include "decode/flow.h"

#include "decode/test_flow.h"

START_TEST(syn_to_syn_ack_is_the_connect_latency)
{
	tcp(0, client, server, SLO_TCP_SYN, 100, 0, NULL);
	tcp(7, server, client, SLO_TCP_SYN | SLO_TCP_ACK, 900, 101, NULL);
	tcp(8, client, server, SLO_TCP_ACK, 101, 901, NULL);
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_int_eq(got.obs[0].signal, SLO_SIGNAL_CONNECT_LATENCY);
	ck_assert_double_eq(got.obs[0].value, 7);
	ck_assert_int_eq(got.obs[0].service, SLO_SERVICE_NONE);
	ck_assert_int_eq(got.obs[0].role, SLO_ROLE_OTHER);
	ck_assert_uint_eq(got.obs[0].tuple.dst_port, 443);
}
END_TEST

START_TEST(a_wrong_ack_is_no_answer_to_a_syn)
{
	tcp(0, client, server, SLO_TCP_SYN, 100, 0, NULL);
	tcp(1, server, client, SLO_TCP_SYN | SLO_TCP_ACK, 900, 100, NULL);
	tcp(2, server, client, SLO_TCP_SYN | SLO_TCP_ACK, 900, 102, NULL);
	tcp(3, server, client, SLO_TCP_RST | SLO_TCP_ACK, 0, 555, NULL);
	counters();
	ck_assert_uint_eq(c.connect_answers + c.connect_refused, 0);
	ck_assert_uint_eq(c.pending_connects, 1);
}
END_TEST

START_TEST(a_reset_refuses_a_connect)
{
	tcp(0, client, server, SLO_TCP_SYN, 100, 0, NULL);
	tcp(1, server, client, SLO_TCP_RST | SLO_TCP_ACK, 0, 101, NULL);
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_int_eq(got.obs[0].signal, SLO_SIGNAL_CONNECT_ERRORS);
	ck_assert_double_eq(got.obs[0].value, 1);
	ck_assert_int_eq(got.obs[0].err, ECONNREFUSED);
	counters();
	ck_assert_uint_eq(c.pending_connects, 0);
}
END_TEST

START_TEST(a_late_syn_of_a_timed_out_connect_is_no_new_one)
{
	tcp(0, client, server, SLO_TCP_SYN, 100, 0, NULL);
	slo_flow_tick(tracker, TF_T0 + 31000 * TF_MS);
	tcp(31000, client, server, SLO_TCP_SYN, 100, 0, NULL);
	slo_flow_tick(tracker, TF_T0 + 62000 * TF_MS);
	tcp(63000, client, server, SLO_TCP_SYN, 100, 0, NULL);
	slo_flow_tick(tracker, TF_T0 + 99000 * TF_MS);
	counters();
	ck_assert_uint_eq(c.connects, 1);
	ck_assert_uint_eq(c.timeouts, 1);
	ck_assert_uint_eq(c.syn_retries, 2);
	/* the port is used again */
	tcp(100000, client, server, SLO_TCP_SYN, 7000, 0, NULL);
	tcp(100003, server, client, SLO_TCP_SYN | SLO_TCP_ACK, 900, 7001, NULL);
	counters();
	ck_assert_uint_eq(c.connects, 2);
	ck_assert_uint_eq(c.connect_answers, 1);
}
END_TEST

START_TEST(a_connect_without_answer_times_out_once)
{
	tcp(0, client, server, SLO_TCP_SYN, 100, 0, NULL);
	tcp(1000, client, server, SLO_TCP_SYN, 100, 0, NULL);
	slo_flow_tick(tracker, TF_T0 + 31000 * TF_MS);
	slo_flow_tick(tracker, TF_T0 + 61000 * TF_MS);
	ck_assert_uint_eq(got.obs_count, 2); /* the second SYN is a retransmit as well */
	ck_assert_int_eq(got.obs[0].signal, SLO_SIGNAL_TCP_RETRANSMITS);
	ck_assert_str_eq(got.obs[0].detail, "from client syn");
	ck_assert_int_eq(got.obs[1].signal, SLO_SIGNAL_CONNECT_ERRORS);
	ck_assert_int_eq(got.obs[1].err, ETIMEDOUT);
	ck_assert_str_eq(got.obs[1].detail, "syn retries=1");
	ck_assert_int_eq(got.obs[1].end_ns, TF_T0 + 30000 * TF_MS);
}
END_TEST

START_TEST(an_icmp_error_ends_a_connect)
{
	tcp(0, client, server, SLO_TCP_SYN, 100, 0, NULL);
	tf_ip(&frame, (struct tf_end){ 254, 0, false }, client, IPPROTO_ICMP, 8 + 28);
	tf_add(&frame, "\x03\x01\0\0\0\0\0\0", 8);
	tf_add(&frame, "\x45\0\0\x28\0\1\x40\0\x40\x06\0\0\x0a\0\0\1\x0a\0\0\2", 20);
	tf_16(&frame, client.port);
	tf_16(&frame, server.port);
	tf_32(&frame, 99); /* not the SYN's sequence number */
	give(1);
	ck_assert_uint_eq(got.obs_count, 0);
	frame.buf[frame.len - 1] = 100;
	give(2);
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_int_eq(got.obs[0].err, EHOSTUNREACH);
}
END_TEST

START_TEST(connects_to_a_watched_port_are_its_clients)
{
	tcp(0, client, watched, SLO_TCP_SYN, 100, 0, NULL);
	tcp(1, watched, client, SLO_TCP_SYN | SLO_TCP_ACK, 5, 101, NULL);
	ck_assert_int_eq(got.obs[0].service, 3);
	ck_assert_int_eq(got.obs[0].role, SLO_ROLE_CLIENT);
}
END_TEST

static bool only_host_1(void *arg, const uint8_t addr[16])
{
	(void)arg;
	return addr[15] == 1;
}

START_TEST(a_remote_service_on_the_same_port_is_not_the_watched_one)
{
	opts.local = only_host_1;
	restart();
	tcp(0, client, watched, SLO_TCP_SYN, 100, 0, NULL);
	tcp(1, watched, client, SLO_TCP_SYN | SLO_TCP_ACK, 5, 101, NULL);
	ck_assert_int_eq(got.obs[0].service, SLO_SERVICE_NONE);
}
END_TEST

START_TEST(connects_work_over_ipv6_and_are_not_invented)
{
	tcp(0, client6, server6, SLO_TCP_SYN, 100, 0, NULL);
	tcp(4, server6, client6, SLO_TCP_SYN | SLO_TCP_ACK, 5, 101, NULL);
	tcp(5, server, client, SLO_TCP_SYN | SLO_TCP_ACK, 5, 101, NULL); /* nobody saw the SYN */
	tcp(6, client, server, SLO_TCP_ACK, 101, 6, "x");
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_double_eq(got.obs[0].value, 4);
}
END_TEST

START_TEST(ports_used_again_start_a_new_connection)
{
	tcp(0, client, server, SLO_TCP_SYN, 100, 0, NULL);
	tcp(1, server, client, SLO_TCP_SYN | SLO_TCP_ACK, 5, 101, NULL);
	tcp(2, client, server, SLO_TCP_ACK, 101, 6, "hello");
	tcp(3, client, server, SLO_TCP_RST, 106, 0, NULL);
	tcp(4, client, server, SLO_TCP_SYN, 50, 0, NULL);
	tcp(6, server, client, SLO_TCP_SYN | SLO_TCP_ACK, 3, 51, NULL);
	tcp(7, client, server, SLO_TCP_ACK, 51, 4, "hello");
	counters();
	ck_assert_uint_eq(c.connect_answers, 2);
	ck_assert_uint_eq(c.retransmits, 0);
	ck_assert_double_eq(got.obs[1].value, 2);
}
END_TEST

/* ---- retransmits */

static void connect_pair(void)
{
	tcp(0, client, server, SLO_TCP_SYN, 99, 0, NULL);
	tcp(0, server, client, SLO_TCP_SYN | SLO_TCP_ACK, 999, 100, NULL);
	tcp(0, client, server, SLO_TCP_ACK, 100, 1000, NULL);
	got.obs_count = 0;
}

START_TEST(a_segment_seen_before_is_a_retransmit)
{
	connect_pair();
	tcp(1, client, server, SLO_TCP_ACK, 100, 1000, "0123456789");
	tcp(2, client, server, SLO_TCP_ACK, 110, 1000, "0123456789");
	tcp(300, client, server, SLO_TCP_ACK, 110, 1000, "0123456789");
	tcp(301, server, client, SLO_TCP_ACK, 1000, 120, "abc");
	tcp(302, server, client, SLO_TCP_ACK, 1000, 120, "abc");
	ck_assert_uint_eq(got.obs_count, 2);
	ck_assert_int_eq(got.obs[0].signal, SLO_SIGNAL_TCP_RETRANSMITS);
	ck_assert_double_eq(got.obs[0].value, 1);
	ck_assert_str_eq(got.obs[0].detail, "from client");
	ck_assert_str_eq(got.obs[1].detail, "from server");
	ck_assert_uint_eq(got.obs[1].tuple.dst_port, 443); /* the tuple is the connection's */
}
END_TEST

START_TEST(new_bytes_with_old_ones_are_no_retransmit)
{
	connect_pair();
	tcp(1, client, server, SLO_TCP_ACK, 100, 1000, "0123456789");
	tcp(2, client, server, SLO_TCP_ACK, 105, 1000, "0123456789");
	tcp(3, client, server, SLO_TCP_ACK, 115, 1000, NULL);
	tcp(4, client, server, SLO_TCP_ACK, 115, 1000, NULL);
	ck_assert_uint_eq(got.obs_count, 0);
}
END_TEST

START_TEST(keep_alive_and_window_probes_are_no_retransmits)
{
	connect_pair();
	tcp(1, client, server, SLO_TCP_ACK, 100, 1000, "0123456789");
	tcp(7000, client, server, SLO_TCP_ACK, 109, 1000, NULL);
	tcp(7001, client, server, SLO_TCP_ACK, 109, 1000, "9");
	tf_tcp(&frame, server, client, SLO_TCP_ACK, 1000, 110, NULL, 0);
	frame.buf[34] = frame.buf[35] = 0; /* window */
	give(7002);
	tcp(7003, client, server, SLO_TCP_ACK, 105, 1000, "5");
	counters();
	ck_assert_uint_eq(got.obs_count, 0);
	ck_assert_uint_eq(c.keepalives, 3);
}
END_TEST

START_TEST(late_bytes_not_seen_before_are_no_retransmit)
{
	connect_pair();
	tcp(1, client, server, SLO_TCP_ACK, 100, 1000, "0123456789");
	tcp(2, client, server, SLO_TCP_ACK, 120, 1000, "0123456789");
	tcp(3, client, server, SLO_TCP_ACK, 110, 1000, "0123456789");
	counters();
	ck_assert_uint_eq(c.reordered, 1);
	ck_assert_uint_eq(got.obs_count, 0);
	tcp(4, client, server, SLO_TCP_ACK, 110, 1000, "0123456789"); /* now they were */
	ck_assert_uint_eq(got.obs_count, 1);
}
END_TEST

START_TEST(sequence_numbers_wrap)
{
	tcp(0, client, server, SLO_TCP_SYN, UINT32_MAX - 4, 0, NULL);
	tcp(1, client, server, SLO_TCP_ACK, UINT32_MAX - 3, 1, "0123456789");
	tcp(2, client, server, SLO_TCP_ACK, 6, 1, "0123456789");
	ck_assert_uint_eq(got.obs_count, 0);
	tcp(3, client, server, SLO_TCP_ACK, UINT32_MAX - 3, 1, "0123456789");
	ck_assert_uint_eq(got.obs_count, 1);
}
END_TEST

START_TEST(a_packet_seen_on_several_interfaces_counts_once)
{
	static const struct {
		uint32_t ifindex;
		uint8_t type;
	} taps[] = { { 1, SLO_PKT_OUTGOING }, { 1, SLO_PKT_HOST }, { 5, SLO_PKT_HOST } };
	const struct tf_end from[] = { client, server, client, client, client };
	const struct tf_end to[] = { server, client, server, server, server };
	const uint8_t flags[] = { SLO_TCP_SYN, SLO_TCP_SYN | SLO_TCP_ACK, SLO_TCP_ACK, SLO_TCP_ACK, SLO_TCP_ACK };
	const uint32_t seq[] = { 99, 999, 100, 103, 103 }, ack[] = { 0, 100, 1000, 1000, 1000 };

	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 3; k++) {
			tf_tcp(&frame, from[i], to[i], flags[i], seq[i], ack[i], "abc", i >= 2 ? 3 : 0);
			tf_give(tracker, &frame, TF_T0 + i * TF_MS + k * 5000, taps[k].ifindex, taps[k].type, TF_MAX);
		}
	counters();
	ck_assert_uint_eq(c.connects, 1);
	ck_assert_uint_eq(c.connect_answers, 1);
	ck_assert_uint_eq(c.syn_retries, 0);
	ck_assert_uint_eq(c.retransmits, 1); /* the last one was really sent twice */
	ck_assert_uint_eq(c.duplicates, 10);
}
END_TEST

START_TEST(a_query_seen_twice_is_no_retry)
{
	dns(0, client, resolver, 7, QUERY, "a.example");
	tf_give(tracker, &frame, TF_T0 + 4000, 3, SLO_PKT_OUTGOING, TF_MAX);
	dns(5, resolver, client, 7, ANSWER, "a.example");
	tf_give(tracker, &frame, TF_T0 + 5 * TF_MS + 4000, 3, SLO_PKT_OUTGOING, TF_MAX);
	counters();
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_uint_eq(c.dns_retries, 0);
	ck_assert_uint_eq(c.duplicates, 1);
	ck_assert_str_eq(got.obs[0].detail, "a.example");
}
END_TEST

START_TEST(a_flow_that_changes_interface_is_followed)
{
	connect_pair();
	tcp(1, client, server, SLO_TCP_ACK, 100, 1000, "0123456789");
	tf_tcp(&frame, client, server, SLO_TCP_ACK, 110, 1000, "0123456789", 10);
	tf_give(tracker, &frame, TF_T0 + 2 * TF_MS, 7, SLO_PKT_HOST, TF_MAX);
	tf_give(tracker, &frame, TF_T0 + 300 * TF_MS, 7, SLO_PKT_HOST, TF_MAX);
	ck_assert_uint_eq(got.obs_count, 1);
}
END_TEST

START_TEST(full_tables_push_out_the_oldest_and_count_it)
{
	opts.max_connects = 4;
	opts.max_flows = 4;
	restart();
	for (uint16_t i = 0; i < 10; i++)
		tcp(i, (struct tf_end){ 1, (uint16_t)(40000 + i), false }, server, SLO_TCP_SYN, 100, 0, NULL);
	counters();
	ck_assert_uint_eq(c.connects, 10);
	ck_assert_uint_eq(c.connect_evicted, 6);
	ck_assert_uint_eq(c.pending_connects, 4);
	ck_assert_uint_eq(c.evicted_flows, 6);
	ck_assert_uint_eq(c.flows, 4);
}
END_TEST

START_TEST(connections_that_ended_are_forgotten_a_minute_later)
{
	const struct tf_end other = { 1, 40777, false };

	for (int i = 0; i < 3; i++) { /* the same ports again and again, within one moment */
		tcp(0, client, server, SLO_TCP_SYN, 100 + (uint32_t)i * 1000, 0, NULL);
		tcp(0, server, client, SLO_TCP_RST | SLO_TCP_ACK, 0, 101 + (uint32_t)i * 1000, NULL);
	}
	tcp(1, other, server, SLO_TCP_SYN, 100, 0, NULL);
	tcp(2, other, server, SLO_TCP_FIN | SLO_TCP_ACK, 101, 0, NULL); /* half closed */
	slo_flow_tick(tracker, TF_T0 + 59999 * TF_MS);
	counters();
	ck_assert_uint_eq(c.flows, 2);
	slo_flow_tick(tracker, TF_T0 + 60000 * TF_MS);
	counters();
	ck_assert_uint_eq(c.flows, 1);
	tcp(60001, server, other, SLO_TCP_RST | SLO_TCP_ACK, 0, 102, NULL);
	slo_flow_tick(tracker, TF_T0 + 120001 * TF_MS);
	counters();
	ck_assert_uint_eq(c.flows, 0);
	ck_assert_uint_eq(c.evicted_flows, 0);
}
END_TEST

/* ---- TLS */

#define HELLO "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"
#define DATA "\x17\x03\x03\x00\x35 finished"
#define CCS "\x14\x03\x03\x00\x01\x01"

static void tls(int64_t ms, struct tf_end s, struct tf_end d, uint32_t seq, const char *bytes, size_t n)
{
	tf_tcp(&frame, s, d, SLO_TCP_ACK, seq, 0, bytes, n);
	give(ms);
}

START_TEST(a_tls_handshake_ends_with_the_clients_first_data)
{
	connect_pair();
	tls(1, client, server, 100, HELLO, 9);
	tls(10, server, client, 1000, "\x16\x03\x03\x00\x7a\x02", 6);
	tls(12, server, client, 1006, DATA, 10);
	tls(21, client, server, 109, CCS DATA, 16);
	tls(30, client, server, 125, DATA, 10);
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_int_eq(got.obs[0].signal, SLO_SIGNAL_TLS_HANDSHAKE);
	ck_assert_double_eq(got.obs[0].value, 20);
}
END_TEST

START_TEST(a_handshake_is_only_seen_where_a_connection_starts)
{
	tls(1, client, server, 100, HELLO, 9); /* no SYN was seen */
	tls(2, client, server, 109, DATA, 10);
	restart();
	connect_pair();
	tls(1, client, server, 100, "GET / HTT", 9);
	tls(2, client, server, 109, HELLO, 9);
	tls(3, client, server, 118, DATA, 10);
	counters();
	ck_assert_uint_eq(c.tls_handshakes + c.tls_failures, 0);
}
END_TEST

START_TEST(an_alert_or_an_end_fails_a_handshake)
{
	connect_pair();
	tls(1, client, server, 100, HELLO, 9);
	tls(2, server, client, 1000, "\x15\x03\x03\x00\x02\x02\x28", 7);
	tcp(3, server, client, SLO_TCP_FIN | SLO_TCP_ACK, 1007, 109, NULL);
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_int_eq(got.obs[0].signal, SLO_SIGNAL_TLS_FAILS);
	restart();
	connect_pair();
	tls(1, client, server, 100, HELLO, 9);
	tcp(3, server, client, SLO_TCP_RST, 1000, 0, NULL);
	ck_assert_uint_eq(got.obs_count, 1);
	ck_assert_int_eq(got.obs[0].signal, SLO_SIGNAL_TLS_FAILS);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		syn_to_syn_ack_is_the_connect_latency,
		a_wrong_ack_is_no_answer_to_a_syn,
		a_reset_refuses_a_connect,
		a_late_syn_of_a_timed_out_connect_is_no_new_one, a_connect_without_answer_times_out_once,
		an_icmp_error_ends_a_connect,
		connects_to_a_watched_port_are_its_clients,
		a_remote_service_on_the_same_port_is_not_the_watched_one,
		connects_work_over_ipv6_and_are_not_invented,
		ports_used_again_start_a_new_connection,
		a_segment_seen_before_is_a_retransmit,
		new_bytes_with_old_ones_are_no_retransmit,
		keep_alive_and_window_probes_are_no_retransmits,
		late_bytes_not_seen_before_are_no_retransmit,
		sequence_numbers_wrap,
		a_packet_seen_on_several_interfaces_counts_once,
		a_query_seen_twice_is_no_retry,
		a_flow_that_changes_interface_is_followed,
		full_tables_push_out_the_oldest_and_count_it,
		connections_that_ended_are_forgotten_a_minute_later,
		a_tls_handshake_ends_with_the_clients_first_data,
		a_handshake_is_only_seen_where_a_connection_starts,
		an_alert_or_an_end_fails_a_handshake,
	};

	return run_tests("flow_tcp", tests, SLO_ARRAY_LEN(tests));
}
