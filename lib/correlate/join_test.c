/* SPDX-License-Identifier: MIT */
#include "correlate/recorder.h"

#include <errno.h>
#include <stdlib.h>

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
