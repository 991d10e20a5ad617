/* SPDX-License-Identifier: MIT */
/* What incidents are made of, and what does not get in. */
#include "incident/test_world.h"

START_TEST(another_cause_is_told_at_once)
{
	for (int t = 0; t < 60; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 40 ? 300 : 5));
		feed(signal_window("chat", SLO_SIGNAL_MEM_RECLAIM, t, SLO_STATE_VALUE, t >= 48 ? 90 : 1));
		feed(signal_window("chat", SLO_SIGNAL_DISK_IO, t, SLO_STATE_VALUE, t >= 48 ? 90 : 1));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(w.lines[0].domain, SLO_DOMAIN_NETWORK_DNS);
	ck_assert_str_eq(w.lines[0].first_signal, "dns_latency_ms");
	ck_assert_int_eq(w.lines[1].status, SLO_INCIDENT_STATUS_UPDATED);
	ck_assert_int_eq(w.lines[1].at_s, 49);
	ck_assert_int_eq(w.lines[1].domain, SLO_DOMAIN_MEMORY_PRESSURE);
}
END_TEST

START_TEST(a_short_history_is_a_baseline_already)
{
	for (int t = 0; t < 30; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 12 ? 300 : 5));
		traffic(t, t + 1, t >= 12 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(w.lines[0].started_s, 12);
	ck_assert_double_eq(w.lines[0].first_baseline, 5);
	ck_assert_double_eq(w.lines[0].baseline, 100);
}
END_TEST

START_TEST(a_relapse_does_not_take_the_last_trouble_for_its_past)
{
	for (int t = 0; t < 60; t++) {
		bool bad = (t >= 30 && t < 38) || t >= 48;

		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 30 ? 300 : 5));
		traffic(t, t + 1, bad ? 8 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 1);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 2);
	ck_assert_double_eq(last()->first_baseline, 5);
	ck_assert_double_eq(last()->first_value, 300);
}
END_TEST

START_TEST(what_came_between_two_incidents_is_past_of_the_second)
{
	for (int t = 0; t < 40; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE,
				   t >= 2 && t < 6 ? 900 : t >= 34 ? 300 : 5));
		traffic(t, t + 1, (t >= 2 && t < 6) || t >= 34 ? 8 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 2);
	ck_assert_double_eq(last()->first_value, 300);
	ck_assert_double_eq(last()->first_baseline, 5);
}
END_TEST

START_TEST(signals_that_were_always_high_explain_nothing)
{
	for (int t = 0; t < 60; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, 300));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_ge(w.n, 1);
	ck_assert_int_eq(w.lines[0].domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_uint_eq(w.lines[0].evidence, 1);
}
END_TEST

START_TEST(a_breach_noticed_late_is_not_its_own_baseline)
{
	teardown();
	w.config.objectives_count = 0;
	objective("ttft_ms<=400,target=0.9,short=60s,long=240s,burn=4,min_events=20");
	begin();
	/* The windows of 1 s make chunks of 15 s; 60 % bad from 600 on is burn 4 of the long window at 760. */
	for (int t = 0; t < 800; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 600 ? 300 : 5));
		traffic(t, t + 1, t >= 600 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(w.lines[0].at_s, 760);
	ck_assert_int_eq(w.lines[0].started_s, 600);
	ck_assert_double_eq(w.lines[0].first_value, 300);
	ck_assert_double_eq(w.lines[0].first_baseline, 5);
	teardown();
	/* Chunks of 1 s for the sake of one objective, and another that takes 50 s to burn. */
	w.n = 0;
	w.config.objectives_count = 0;
	objective("ttft_ms<=400,target=0.9,short=5s,long=30s,burn=2,min_events=2000");
	objective("error_rate,target=0.9,short=60s,long=60s,burn=5,min_events=20");
	begin();
	for (int t = 0; t < 90; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 30 ? 300 : 5));
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, t >= 30 ? 6 : 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(w.lines[0].at_s, 80);
	ck_assert_int_eq(w.lines[0].started_s, 30);
	ck_assert_double_eq(w.lines[0].first_baseline, 5);
	ck_assert_int_eq(w.lines[0].domain, SLO_DOMAIN_NETWORK_DNS);
}
END_TEST

START_TEST(host_wide_windows_count_for_every_service_of_the_node)
{
	for (int t = 0; t < 60; t++) {
		struct slo_event far = signal_window("", SLO_SIGNAL_MEM_RECLAIM, t, SLO_STATE_VALUE, 500);

		far.window.node = slo_str("n2");
		feed(requests("rag", SLO_SLI_TTFT, t, 10, t >= 40 ? 6 : 0));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
		feed(signal_window("", SLO_SIGNAL_CPU_STEAL, t, SLO_STATE_VALUE, t >= 40 ? 20 : 0.5));
		feed(far); /* another node's trouble */
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_ge(w.n, 2);
	ck_assert_str_eq(w.lines[0].service, "chat"); /* by name within a tick */
	ck_assert_str_eq(w.lines[1].service, "rag");
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(w.lines[i].domain, SLO_DOMAIN_CPU_THROTTLE);
		ck_assert_uint_eq(w.lines[i].evidence, 1);
		ck_assert_str_eq(w.lines[i].first_signal, "cpu_steal_pct");
	}
}
END_TEST

START_TEST(a_relapse_does_not_make_the_first_incident_its_baseline)
{
	for (int t = 30; t < 75; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 40 ? 300 : 5));
		traffic(t, t + 1, (t >= 40 && t < 50) || t >= 60 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 2);
	ck_assert_double_eq(last()->first_value, 300);
	ck_assert_double_eq(last()->first_baseline, 5);
}
END_TEST

START_TEST(late_windows_are_no_evidence)
{
	struct slo_incidents_stats st;

	for (int t = 0; t < 60; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, 5));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
		if (t == 46)
			feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, 42, SLO_STATE_VALUE, 4000));
	}
	slo_incidents_drain(w.inc);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.late, 1);
	ck_assert_double_eq(last()->first_value, 5);
}
END_TEST

START_TEST(late_records_are_counted_and_change_nothing)
{
	struct slo_incidents_stats st;

	traffic(0, 40, 0);
	for (int i = 0; i < 5; i++)
		feed(requests("chat", SLO_SLI_TTFT, 30, 1000, 1000));
	traffic(40, 60, 0);
	slo_incidents_drain(w.inc);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.late, 5);
	ck_assert_uint_eq(w.n, 0);
}
END_TEST

START_TEST(observations_alone_are_aggregated_and_kept_as_examples)
{
	for (int ms = 0; ms < 60000; ms += 100) {
		struct slo_event ev = { .kind = SLO_KIND_SLO };
		char id[32];

		(void)!snprintf(id, sizeof(id), "req-%d", ms);
		ev.slo = (struct slo_sli_event){ .timestamp = T0 + ms * (S / 1000), .cluster = slo_str("c"),
						 .namespace = slo_str("ns"), .service = slo_str("chat"),
						 .request_id = slo_str(id), .sli_name = SLO_SLI_TTFT,
						 .sli_value = ms >= 40000 && ms % 1000 < 600 ? 900 : 100 };
		feed(ev);
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(w.lines[0].status, SLO_INCIDENT_STATUS_OPEN);
	ck_assert_int_eq(w.lines[0].at_s, 45);
	ck_assert_int_eq(w.lines[0].started_s, 40);
	ck_assert_uint_eq(w.lines[0].requests, 16); /* four of each of the five bad seconds, at most 16 */
	ck_assert_double_eq_tol(w.lines[0].value, 900, 20);
}
END_TEST

START_TEST(a_synthetic_record_marks_the_incident)
{
	struct slo_event ev = requests("chat", SLO_SLI_TTFT, 10, 10, 0);

	traffic(0, 10, 0);
	ev.sli_window.source = SLO_SOURCE_SYNTHETIC;
	feed(ev);
	traffic(11, 40, 0);
	traffic(40, 50, 6);
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(w.lines[0].source, SLO_SOURCE_SYNTHETIC);
}
END_TEST

START_TEST(services_beyond_the_maximum_push_out_the_oldest)
{
	struct slo_incidents_stats st;
	char name[32];

	traffic(0, 40, 0);
	traffic(40, 50, 6);
	ck_assert_uint_eq(slo_incidents_open(w.inc), 1);
	for (int i = 0; i < SLO_INCIDENT_SERVICES_MAX + 5; i++) {
		(void)!snprintf(name, sizeof(name), "s%d", i);
		feed(requests(name, SLO_SLI_TTFT, 50, 10, 0));
	}
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.services, SLO_INCIDENT_SERVICES_MAX);
	ck_assert_uint_eq(st.services_evicted, 6);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_STALE); /* no longer watched, and said so */
	ck_assert_uint_eq(slo_incidents_open(w.inc), 0);
}
END_TEST

START_TEST(a_gap_of_years_ends_promptly)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(INT64_C(200000000), INT64_C(200000030), 0);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_STALE), 1);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_RESOLVED);
}
END_TEST

START_TEST(one_wrong_clock_does_not_carry_time_away)
{
	struct slo_incidents_stats st;

	traffic(0, 40, 0);
	for (int64_t t = 40; t < 60; t++) {
		traffic(t, t + 1, 6);
		feed(requests("chat", SLO_SLI_TTFT, t + INT64_C(3000000000), 10, 0));
	}
	slo_incidents_drain(w.inc);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.ahead, 20);
	ck_assert_uint_eq(st.late, 0);
	ck_assert_int_eq(w.lines[0].at_s, 45);
}
END_TEST

START_TEST(records_from_before_the_epoch_are_invalid)
{
	struct slo_incidents_stats st;

	traffic(0, 2, 0);
	feed(requests("chat", SLO_SLI_TTFT, -INT64_C(1767225600) - 5, 10, 0));
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.invalid, 1);
}
END_TEST

START_TEST(memory_for_evidence_is_bounded_and_incidents_open_without_it)
{
	struct slo_incidents_opts o;
	struct slo_incidents_stats st;

	teardown();
	slo_incidents_opts_default(&o);
	o.config = &w.config;
	o.evidence_bytes = 1000;
	o.emit = on_line;
	o.arg = &w;
	ck_assert_int_eq(slo_incidents_new(&o, &w.inc, NULL), 0);
	for (int t = 0; t < 60; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 40 ? 300 : 5));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.evidence_refused, 60);
	ck_assert_int_eq(w.lines[0].status, SLO_INCIDENT_STATUS_OPEN);
	ck_assert_int_eq(w.lines[0].domain, SLO_DOMAIN_UNKNOWN);
}
END_TEST

START_TEST(what_happened_at_the_onset_stays_evidence)
{
	for (int t = 0; t < 100; t++) {
		/* Retransmits for six seconds; the queue they made takes a minute to drain. */
		feed(signal_window("chat", SLO_SIGNAL_TCP_RETRANSMITS, t, SLO_STATE_VALUE, t >= 40 && t < 46 ? 60 : 0.1));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_ge(last()->at_s, 75);
	ck_assert_int_eq(last()->domain, SLO_DOMAIN_NETWORK_EGRESS);
	/* Detected at 45, so the beginning is [40, 50): 360 in six seconds, then a tenth in each of four. */
	ck_assert_int_eq(w.lines[0].at_s, 45);
	ck_assert_double_eq_tol(last()->first_value, (360 + 4 * 0.1) / 10, 1e-4);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("engine");
	TCase *t = tcase_create("engine");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, another_cause_is_told_at_once);
	tcase_add_test(t, a_short_history_is_a_baseline_already);
	tcase_add_test(t, a_relapse_does_not_take_the_last_trouble_for_its_past);
	tcase_add_test(t, what_came_between_two_incidents_is_past_of_the_second);
	tcase_add_test(t, signals_that_were_always_high_explain_nothing);
	tcase_add_test(t, a_breach_noticed_late_is_not_its_own_baseline);
	tcase_add_test(t, host_wide_windows_count_for_every_service_of_the_node);
	tcase_add_test(t, a_relapse_does_not_make_the_first_incident_its_baseline);
	tcase_add_test(t, late_windows_are_no_evidence);
	tcase_add_test(t, late_records_are_counted_and_change_nothing);
	tcase_add_test(t, observations_alone_are_aggregated_and_kept_as_examples);
	tcase_add_test(t, a_synthetic_record_marks_the_incident);
	tcase_add_test(t, services_beyond_the_maximum_push_out_the_oldest);
	tcase_add_test(t, a_gap_of_years_ends_promptly);
	tcase_add_test(t, one_wrong_clock_does_not_carry_time_away);
	tcase_add_test(t, records_from_before_the_epoch_are_invalid);
	tcase_add_test(t, memory_for_evidence_is_bounded_and_incidents_open_without_it);
	tcase_add_test(t, what_happened_at_the_onset_stays_evidence);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
