/* SPDX-License-Identifier: MIT */
#include "decode/flow.h"

#include "decode/test_flow.h"

enum { ACK = SLO_TCP_ACK, FIN = SLO_TCP_ACK | SLO_TCP_FIN, RST = SLO_TCP_RST | SLO_TCP_ACK, MOST = 16 };

static const struct tf_end provider = { 2, 443, false }, retrieval = { 3, 6333, false }, other = { 4, 80, false };

static struct {
	struct slo_exchange e[MOST];
	size_t count;
} seen;

static void on_exchange(void *arg, const struct slo_exchange *e)
{
	(void)arg;
	ck_assert_uint_lt(seen.count, MOST);
	seen.e[seen.count++] = *e;
}

static int role_of(void *arg, const uint8_t addr[16], uint16_t port, struct slo_str name)
{
	(void)arg;
	(void)port;
	(void)name;
	return addr[15] == provider.host ? SLO_ROLE_PROVIDER : addr[15] == retrieval.host ? SLO_ROLE_RETRIEVAL :
	       SLO_ROLE_OTHER;
}

static int owner_of(void *arg, const struct slo_tuple *tuple)
{
	(void)arg;
	return tuple->src_port == client.port ? 3 : SLO_SERVICE_NONE;
}

static void peer_setup(void)
{
	const struct slo_obs_sink sink = { .arg = &got, .obs = tf_obs, .request = tf_req, .exchange = on_exchange };
	struct slo_err err = { { 0 }, { 0 } };

	memset(&got, 0, sizeof(got));
	memset(&seen, 0, sizeof(seen));
	slo_flow_opts_defaults(&opts);
	opts.watch[0] = (struct slo_watch){ .port = 8000, .service = 3 };
	opts.watch_count = 1;
	opts.role = role_of;
	opts.owner = owner_of;
	ck_assert_msg(slo_flow_new(&opts, &sink, &tracker, &err) == 0, "%s", err.what);
}

static void opened(int64_t ms, struct tf_end to)
{
	tcp(ms, client, to, SLO_TCP_SYN, 100, 0, NULL);
	tcp(ms, to, client, SLO_TCP_SYN | SLO_TCP_ACK, 900, 101, NULL);
}

START_TEST(from_the_first_byte_asked_to_the_last_one_answered)
{
	opened(0, retrieval);
	tcp(5, client, retrieval, ACK, 101, 901, "GET /a ");
	tcp(6, client, retrieval, ACK, 108, 901, "HTTP/1.1\r\n\r\n");
	tcp(35, retrieval, client, ACK, 901, 120, "HTTP/1.1 200 OK\r\n\r\n");
	tcp(40, retrieval, client, ACK, 920, 120, "body");
	ck_assert_uint_eq(seen.count, 0);
	tcp(41, retrieval, client, FIN, 924, 120, NULL);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.e[0].start_ns, TF_T0 + 5 * TF_MS);
	ck_assert_int_eq(seen.e[0].end_ns, TF_T0 + 40 * TF_MS);
	ck_assert_int_eq(seen.e[0].status, 200);
	ck_assert_int_eq(seen.e[0].outcome, -1);
	ck_assert_int_eq(seen.e[0].role, SLO_ROLE_RETRIEVAL);
	ck_assert_int_eq(seen.e[0].service, 3);
}
END_TEST

START_TEST(a_kept_connection_has_one_for_each_turn)
{
	opened(0, provider);
	tcp(1, client, provider, ACK, 101, 901, "one");
	tcp(11, provider, client, ACK, 901, 104, "HTTP/1.1 429 Too Many\r\n");
	tcp(20, client, provider, ACK, 104, 924, "two");
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.e[0].status, 429);
	tcp(50, provider, client, ACK, 924, 107, "HTTP/1.1 503 No\r\n");
	slo_flow_tick(tracker, TF_T0 + 1049 * TF_MS);
	ck_assert_uint_eq(seen.count, 1);
	slo_flow_tick(tracker, TF_T0 + 1051 * TF_MS);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_int_eq(seen.e[1].status, 503);
	ck_assert_int_eq(seen.e[1].end_ns - seen.e[1].start_ns, 30 * TF_MS);
	counters();
	ck_assert_uint_eq(c.exchanges, 2);
	ck_assert_uint_eq(c.exchange_answers, 2);
	ck_assert_uint_eq(c.pending_exchanges, 0);
}
END_TEST

/* The handshake is no request, and the ticket after it is not the end of the first answer. */
START_TEST(of_tls_the_whole_turn_counts_and_there_is_no_status)
{
	opened(0, provider);
	tcp(1, client, provider, ACK, 101, 901, "\x16\x03\x01\x01\x01\x01");
	tcp(2, provider, client, ACK, 901, 107, "\x16\x03\x03\x01\x01\x02");
	tcp(3, client, provider, ACK, 107, 907, "\x14\x03\x03\x01\x01\x01");
	ck_assert_uint_eq(seen.count, 0);
	tcp(10, client, provider, ACK, 113, 907, "\x17\x03\x03\x01\x01q");
	tcp(11, provider, client, ACK, 907, 119, "\x17\x03\x03\x01\x01t");
	slo_flow_tick(tracker, TF_T0 + 2000 * TF_MS);
	ck_assert_uint_eq(seen.count, 0);
	tcp(2510, provider, client, ACK, 913, 119, "\x17\x03\x03\x01\x01" "a");
	tcp(2600, client, provider, FIN, 119, 919, NULL);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.e[0].start_ns, TF_T0 + 10 * TF_MS);
	ck_assert_int_eq(seen.e[0].end_ns, TF_T0 + 2510 * TF_MS);
	ck_assert_int_eq(seen.e[0].status, 0);
	ck_assert_int_eq(seen.e[0].outcome, -1);
}
END_TEST

START_TEST(no_answer_is_aborted_or_timed_out_by_who_ended_it)
{
	opened(0, retrieval);
	tcp(1, client, retrieval, ACK, 101, 901, "q");
	tcp(2, client, retrieval, FIN, 102, 901, NULL);
	ck_assert_uint_eq(seen.count, 0); /* it may still listen */
	tcp(9, retrieval, client, RST, 901, 103, NULL);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.e[0].outcome, SLO_BAD_ABORTED);
	tcp(1000, client, provider, SLO_TCP_SYN, 100, 0, NULL);
	tcp(1000, provider, client, SLO_TCP_SYN | SLO_TCP_ACK, 900, 101, NULL);
	tcp(1001, client, provider, ACK, 101, 901, "q");
	tcp(1501, client, provider, RST, 102, 901, NULL);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_int_eq(seen.e[1].outcome, SLO_BAD_TIMEOUT);
	ck_assert_int_eq(seen.e[1].end_ns - seen.e[1].start_ns, 500 * TF_MS);
	opened(2000, retrieval);
	tcp(2001, client, retrieval, ACK, 101, 901, "q");
	slo_flow_tick(tracker, TF_T0 + 40000 * TF_MS);
	ck_assert_uint_eq(seen.count, 3);
	ck_assert_int_eq(seen.e[2].outcome, SLO_BAD_TIMEOUT);
	ck_assert_int_eq(seen.e[2].end_ns - seen.e[2].start_ns, opts.request_timeout_ns);
}
END_TEST

START_TEST(loss_and_a_clock_that_steps_leave_no_judgement)
{
	opened(0, retrieval);
	tcp(1, client, retrieval, ACK, 101, 901, "q");
	slo_flow_void(tracker, SLO_VOID_LOSS);
	slo_flow_tick(tracker, TF_T0 + 40000 * TF_MS);
	counters();
	ck_assert_uint_eq(c.exchange_void, 1);
	tcp(41000, client, retrieval, ACK, 102, 901, "q");
	slo_flow_void(tracker, SLO_VOID_CLOCK);
	tcp(41010, retrieval, client, ACK, 901, 103, "a");
	slo_flow_tick(tracker, TF_T0 + 43000 * TF_MS);
	counters();
	ck_assert_uint_eq(c.exchange_void, 2);
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

START_TEST(repeated_segments_and_other_peers_are_no_exchange)
{
	opened(0, retrieval);
	tcp(1, client, retrieval, ACK, 101, 901, "q");
	tcp(5, retrieval, client, ACK, 901, 102, "a");
	tcp(6, client, retrieval, ACK, 101, 901, "q"); /* sent again: no new request */
	tcp(7, retrieval, client, FIN, 902, 102, NULL);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_int_eq(seen.e[0].end_ns, TF_T0 + 5 * TF_MS);
	opened(100, other);
	tcp(101, client, other, ACK, 101, 901, "q");
	tcp(105, other, client, FIN, 901, 102, "a");
	tcp(200, client, watched, SLO_TCP_SYN, 100, 0, NULL);
	tcp(201, client, watched, ACK, 101, 901, "q");
	counters();
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_uint_eq(c.exchanges, 1);
}
END_TEST

START_TEST(ports_used_again_end_what_was_pending)
{
	opened(0, retrieval);
	tcp(1, client, retrieval, ACK, 101, 901, "q");
	tcp(50, client, retrieval, SLO_TCP_SYN, 7000, 0, NULL);
	counters();
	ck_assert_uint_eq(c.exchange_void, 1);
	ck_assert_uint_eq(c.pending_exchanges, 0);
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

START_TEST(a_full_table_lets_the_oldest_go_and_counts_it)
{
	opts.max_exchanges = 2;
	teardown();
	const struct slo_obs_sink sink = { .arg = &got, .exchange = on_exchange };
	ck_assert_int_eq(slo_flow_new(&opts, &sink, &tracker, NULL), 0);
	for (uint16_t i = 0; i < 3; i++) {
		struct tf_end from = { 1, (uint16_t)(40000 + i), false };

		tcp(i, from, retrieval, SLO_TCP_SYN, 100, 0, NULL);
		tcp(i, from, retrieval, ACK, 101, 901, "q");
	}
	counters();
	ck_assert_uint_eq(c.exchange_evicted, 1);
	ck_assert_uint_eq(c.pending_exchanges, 2);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		from_the_first_byte_asked_to_the_last_one_answered, a_kept_connection_has_one_for_each_turn,
		of_tls_the_whole_turn_counts_and_there_is_no_status, no_answer_is_aborted_or_timed_out_by_who_ended_it,
		loss_and_a_clock_that_steps_leave_no_judgement, repeated_segments_and_other_peers_are_no_exchange,
		ports_used_again_end_what_was_pending, a_full_table_lets_the_oldest_go_and_counts_it,
	};

	setup_hook = peer_setup;
	return run_tests("flow_peer", tests, SLO_ARRAY_LEN(tests));
}
