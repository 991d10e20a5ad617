/* SPDX-License-Identifier: MIT */
#include "correlate/testing.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

enum { TAGS = 4096 };

struct seen {
	struct slo_join_result result[TAGS];
	bool done[TAGS];
	struct slo_join_decision decision[TAGS];
	uint64_t first[TAGS]; /* candidate of it */
	bool decided[TAGS];
	uint32_t spans, events;
};

static struct seen seen;
static struct slo_join *j;
static struct slo_join_opts opts;

static void on_span(void *arg, uint64_t tag, const struct slo_join_result *r)
{
	(void)arg;
	ck_assert(!seen.done[tag]);
	seen.done[tag] = true;
	seen.result[tag] = *r;
	seen.spans++;
}

static void on_event(void *arg, uint64_t tag, const struct slo_join_decision *d)
{
	(void)arg;
	ck_assert(!seen.decided[tag]);
	seen.decided[tag] = true;
	seen.decision[tag] = *d;
	seen.first[tag] = d->tags && d->candidates ? d->tags[0] : TAGS;
	seen.events++;
}

static void start(void)
{
	memset(&seen, 0, sizeof(seen));
	opts.span_done = on_span;
	opts.decided = on_event;
	ck_assert_int_eq(slo_join_new(&opts, &j), 0);
}

static void setup(void)
{
	opts = plain_opts();
	start();
}

static void teardown(void)
{
	slo_join_free(j);
}

static void restart(void)
{
	slo_join_free(j);
	start();
}

static struct slo_join_stats stats(void)
{
	struct slo_join_stats st;

	slo_join_stats(j, &st);
	return st;
}

/* An event is settled alone against one span. */
static struct slo_join_decision pair(const struct slo_span *s, const struct slo_probe_event *p)
{
	restart();
	slo_join_span(j, s, 1);
	slo_join_probe(j, p, 1);
	slo_join_drain(j);
	ck_assert(seen.done[1] && seen.decided[1]);
	return seen.decision[1];
}

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

START_TEST(retrieval_time_is_of_all_events_and_overlaps_count_once)
{
	struct slo_span s = span_at(0, 1000);
	/* two lookups side by side, four connects in a row: more than the fan-out keeps */
	static const struct { int signal; int64_t at; double value; } e[] = {
		{ SLO_SIGNAL_DNS_LATENCY, 100, 50 },     { SLO_SIGNAL_DNS_LATENCY, 110, 50 },
		{ SLO_SIGNAL_CONNECT_LATENCY, 250, 50 }, { SLO_SIGNAL_CONNECT_LATENCY, 350, 50 },
		{ SLO_SIGNAL_CONNECT_LATENCY, 450, 50 }, { SLO_SIGNAL_CONNECT_LATENCY, 550, 50 },
		{ SLO_SIGNAL_TLS_HANDSHAKE, 600, 50 },   { SLO_SIGNAL_SYSCALL_LATENCY, 900, 200 },
	};

	s.node = slo_str("n");
	s.pid = 5;
	slo_join_span(j, &s, 0);
	for (size_t i = 0; i < SLO_ARRAY_LEN(e); i++) {
		struct slo_probe_event p = probe_at(e[i].signal, e[i].at, e[i].value);

		p.node = slo_str("n");
		p.pid = 5;
		slo_join_probe(j, &p, i);
	}
	slo_join_drain(j);
	ck_assert_double_eq_tol(seen.result[0].retrieval_ms, 60 + 200 + 50, 1e-9);
	ck_assert_uint_eq(seen.result[0].joined, 8);
	ck_assert_uint_eq(stats().fanout_dropped, 1);
}
END_TEST

START_TEST(five_retransmits_in_ten_seconds_are_a_storm)
{
	for (int spread = 10000; spread <= 10001; spread++) {
		struct slo_span s = span_at(0, 12000);

		opts.hold_ns = 30000 * MS;
		restart();
		s.pod = slo_str("a");
		slo_join_span(j, &s, 0);
		for (int i = 0; i < 5; i++) {
			struct slo_probe_event p = probe_at(SLO_SIGNAL_TCP_RETRANSMITS, i < 4 ? 100 + i : 100 + spread, 1);

			p.pod = slo_str("a");
			slo_join_probe(j, &p, (uint64_t)i);
		}
		slo_join_drain(j);
		ck_assert(seen.result[0].retry_storm == (spread == 10000));
	}
}
END_TEST

START_TEST(counts_add_up_and_latencies_keep_the_largest)
{
	struct slo_span s = span_at(0, 1000);

	s.node = slo_str("n");
	s.pid = 5;
	slo_join_span(j, &s, 0);
	for (uint64_t i = 0; i < 6; i++) {
		struct slo_probe_event p = probe_at(i % 2 ? SLO_SIGNAL_TCP_RETRANSMITS : SLO_SIGNAL_DNS_LATENCY,
						    100 * (int64_t)(i + 1), (double)(i + 1));

		p.node = slo_str("n");
		p.pid = 5;
		slo_join_probe(j, &p, i);
	}
	slo_join_drain(j);
	ck_assert_double_eq(seen.result[0].value[SLO_SIGNAL_TCP_RETRANSMITS], 2 + 4 + 6);
	ck_assert_double_eq(seen.result[0].value[SLO_SIGNAL_DNS_LATENCY], 5);
	ck_assert_int_eq(seen.result[0].tier, SLO_TIER_PROCESS);
	ck_assert_double_eq(seen.result[0].confidence, 0.9);
}
END_TEST

START_TEST(time_settles_and_what_comes_later_is_counted)
{
	struct slo_span s = span_at(0, 100), old = span_at(0, 50);
	struct slo_probe_event p = probe_at(SLO_SIGNAL_DNS_LATENCY, 60, 10), late = p;

	s.node = old.node = p.node = late.node = slo_str("n");
	s.pid = old.pid = p.pid = late.pid = 5;
	slo_join_span(j, &s, 0);
	slo_join_probe(j, &p, 0);
	slo_join_seen(j, T0 + (60 + 10000 + 2000) * MS);
	ck_assert_uint_eq(seen.events, 0);
	slo_join_seen(j, T0 + (60 + 10000 + 2000) * MS + 1);
	ck_assert_uint_eq(seen.events, 1);
	ck_assert_uint_eq(seen.spans, 0);
	slo_join_probe(j, &late, 1);
	ck_assert(seen.decision[1].late);
	slo_join_seen(j, T0 + (100 + 20000 + 2000) * MS + 1);
	ck_assert_uint_eq(seen.spans, 1);
	ck_assert_uint_eq(seen.result[0].joined, 1);
	slo_join_span(j, &old, 1);
	ck_assert(seen.result[1].late);
	ck_assert_uint_eq(stats().lost_events, 1);
	ck_assert_uint_eq(stats().lost_spans, 1);
}
END_TEST

START_TEST(full_tables_settle_the_oldest_and_count)
{
	opts.max_spans = 8;
	opts.max_events = 8;
	restart();
	for (int i = 0; i < 20; i++) {
		struct slo_span s = span_at(i, i + 5);
		struct slo_probe_event p = probe_at(SLO_SIGNAL_DNS_LATENCY, i, 1);

		s.node = p.node = slo_str("n");
		s.pid = p.pid = 100 + i;
		slo_join_span(j, &s, (uint64_t)i);
		slo_join_probe(j, &p, (uint64_t)i);
	}
	ck_assert_uint_eq(stats().evicted_spans, 12);
	ck_assert_uint_eq(stats().evicted_events, 12);
	ck_assert(seen.result[0].evicted);
	slo_join_drain(j);
	ck_assert_uint_eq(seen.spans, 20);
	ck_assert_uint_eq(seen.events, 20);
}
END_TEST

START_TEST(enriched_span_says_what_and_how_sure)
{
	struct slo_join_result r = { .tier = SLO_TIER_CONNECTION, .confidence = 0.8, .candidates = 1, .retrieval_ms = 12.5,
				     .retry_storm = true, .sources = 1u << SLO_SOURCE_SYNTHETIC };
	struct slo_span s = span_at(0, 1);
	char text[SLO_JOIN_ATTRS_BYTES];
	struct slo_buf b;

	r.has[SLO_SIGNAL_DNS_LATENCY] = true;
	r.value[SLO_SIGNAL_DNS_LATENCY] = 12.5;
	r.has[SLO_SIGNAL_CONNECT_LATENCY] = true;
	r.value[SLO_SIGNAL_CONNECT_LATENCY] = 3;
	s.attributes[0] = (struct slo_pair){ slo_str("llm.ebpf.net.connect_latency_ms"), slo_str("7") };
	s.attributes_count = 1;
	ck_assert_uint_eq(slo_join_enrich(&r, &s, text), 0);
	slo_buf_init(&b, 1 << 16);
	ck_assert_int_eq(slo_event_encode_payload(SLO_KIND_SPAN, &s, &b), 0);
	ck_assert_ptr_nonnull(strstr(b.data, "\"attributes\":{\"llm.ebpf.net.connect_latency_ms\":\"7\","
					     "\"llm.ebpf.dns.latency_ms\":\"12.5\","
					     "\"llm.ebpf.retrieval.kernel_attributed_ms\":\"12.5\","
					     "\"llm.ebpf.tcp.retry_storm\":\"true\",\"llm.ebpf.source\":\"synthetic\","
					     "\"llm.ebpf.correlation_confidence\":\"0.8\","
					     "\"llm.ebpf.correlation_tier\":\"connection\"}"));
	ck_assert_ptr_nonnull(strstr(b.data, "\"tier\":\"connection\",\"confidence\":0.8,\"candidates\":1}}"));
	slo_buf_fini(&b);
}
END_TEST

START_TEST(options_out_of_range_are_refused)
{
	struct slo_join_opts o = opts;
	struct slo_join *none = NULL;

	o.fan_out = 0;
	ck_assert_int_eq(slo_join_new(&o, &none), -EINVAL);
	o = opts;
	o.precision[1] = 1.5;
	ck_assert_int_eq(slo_join_new(&o, &none), -EINVAL);
	o = opts;
	o.max_events = SLO_JOIN_MAX + 1;
	ck_assert_int_eq(slo_join_new(&o, &none), -EINVAL);
	ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("join");
	TCase *t = tcase_create("join");
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
	tcase_add_test(t, retrieval_time_is_of_all_events_and_overlaps_count_once);
	tcase_add_test(t, five_retransmits_in_ten_seconds_are_a_storm);
	tcase_add_test(t, counts_add_up_and_latencies_keep_the_largest);
	tcase_add_test(t, time_settles_and_what_comes_later_is_counted);
	tcase_add_test(t, full_tables_settle_the_oldest_and_count);
	tcase_add_test(t, enriched_span_says_what_and_how_sure);
	tcase_add_test(t, options_out_of_range_are_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
