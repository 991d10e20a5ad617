/* SPDX-License-Identifier: MIT */
/* The life of incidents under a simulated clock. */
#include "incident/test_world.h"

START_TEST(good_traffic_opens_nothing)
{
	traffic(0, 200, 0);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(w.n, 0);
}
END_TEST

START_TEST(opens_when_both_windows_burn_and_says_since_when)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	slo_incidents_drain(w.inc);
	/* 6 of 10 a second: 30 of 300 bad is burn 2 at 45. */
	ck_assert_int_eq(w.lines[0].status, SLO_INCIDENT_STATUS_OPEN);
	ck_assert_int_eq(w.lines[0].at_s, 45);
	ck_assert_int_eq(w.lines[0].detected_s, 45);
	ck_assert_int_eq(w.lines[0].started_s, 40);
	ck_assert_int_eq(w.lines[0].resolved_s, -1);
	ck_assert_double_eq_tol(w.lines[0].burn, 2, 1e-9);
	ck_assert_double_eq_tol(w.lines[0].burn_short, 12, 1e-9);
	ck_assert_double_eq_tol(w.lines[0].value, 1000, 22); /* a bucket is 2.2 % wide */
	ck_assert_double_eq_tol(w.lines[0].baseline, 100, 2.2);
	ck_assert_int_eq(w.lines[0].update, 0);
	ck_assert_str_eq(w.lines[0].sli, "ttft_ms");
	ck_assert_uint_eq(slo_incidents_open(w.inc), 1);
}
END_TEST

START_TEST(too_few_requests_open_nothing)
{
	for (int t = 0; t < 60; t++)
		feed(requests("chat", SLO_SLI_TTFT, t, 3, 3)); /* 15 in the short window */
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(w.n, 0);
}
END_TEST

START_TEST(resolves_after_holding_good_for_a_short_window)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(50, 80, 0);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 1);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_RESOLVED);
	/* At 54 one bad second is left (2.4), at 55 none; five good ticks end at 59. */
	ck_assert_int_eq(last()->at_s, 59);
	ck_assert_int_eq(last()->resolved_s, 59);
	ck_assert_str_eq(last()->id, w.lines[0].id);
	ck_assert_uint_eq(slo_incidents_open(w.inc), 0);
}
END_TEST

START_TEST(a_relapse_within_the_hold_time_does_not_resolve)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(50, 57, 0);
	traffic(57, 60, 9);
	traffic(60, 63, 0);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 0);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 1);
}
END_TEST

START_TEST(no_data_goes_stale_and_is_never_resolved)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	slo_incidents_advance(w.inc, T0 + 5000 * S);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 0);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_STALE), 1);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_STALE);
	ck_assert_int_eq(last()->at_s, 110); /* 60 s after the last request's slot */
	ck_assert_uint_eq(slo_incidents_open(w.inc), 0);
}
END_TEST

START_TEST(records_without_requests_are_no_data)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	for (int t = 50; t < 200; t++)
		feed(requests("chat", SLO_SLI_TTFT, t, 0, 0));
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 0);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_STALE);
}
END_TEST

START_TEST(a_stale_incident_goes_on_when_requests_come_back)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(200, 220, 6);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_UPDATED);
	ck_assert_str_eq(last()->id, w.lines[0].id);
	ck_assert_uint_eq(slo_incidents_open(w.inc), 1);
	traffic(220, 240, 0);
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_RESOLVED);
	ck_assert_str_eq(last()->id, w.lines[0].id);
}
END_TEST

START_TEST(reopening_within_five_minutes_keeps_the_id)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(50, 300, 0);
	traffic(300, 310, 6);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 2);
	ck_assert_str_eq(last()->id, w.lines[0].id);
	ck_assert_int_eq(last()->started_s, 40);
	for (size_t i = 0; i < w.n; i++)
		ck_assert_int_eq(w.lines[i].update, (int64_t)i);
}
END_TEST

START_TEST(later_than_five_minutes_is_another_incident)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(50, 400, 0);
	traffic(400, 410, 6);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 2);
	ck_assert_str_ne(last()->id, w.lines[0].id);
	ck_assert_int_eq(last()->started_s, 400);
}
END_TEST

START_TEST(updates_are_as_rare_as_asked)
{
	traffic(0, 40, 0);
	traffic(40, 96, 6);
	slo_incidents_drain(w.inc);
	/* Opened at 45; the long window fills until 70, afterwards no number changes. */
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_UPDATED), 3);
	ck_assert_int_eq(w.lines[1].at_s, 55);
	ck_assert_int_eq(w.lines[2].at_s, 65);
	ck_assert_int_eq(w.lines[3].at_s, 75);
}
END_TEST

START_TEST(two_burning_slis_are_one_incident_and_the_worst_is_its_impact)
{
	teardown();
	objective("error_rate,target=0.99,short=5s,long=30s,burn=2,min_events=20");
	begin();
	for (int t = 0; t < 60; t++) {
		traffic(t, t + 1, t >= 40 ? 6 : 0);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, t >= 40 ? 5 : 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 1);
	ck_assert_str_eq(last()->sli, "error_rate"); /* half bad of 1 % allowed beats 60 % of 5 % */
	ck_assert_double_gt(last()->burn, 12);
}
END_TEST

START_TEST(one_good_sli_does_not_resolve_what_another_broke)
{
	teardown();
	objective("error_rate,target=0.99,short=5s,long=30s,burn=2,min_events=20");
	begin();
	for (int t = 0; t < 100; t++) {
		traffic(t, t + 1, t >= 40 && t < 50 ? 6 : 0);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, t >= 40 ? 5 : 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 0);
	ck_assert_uint_eq(slo_incidents_open(w.inc), 1);
}
END_TEST

START_TEST(a_silent_sli_is_not_taken_for_a_good_one)
{
	teardown();
	objective("error_rate,target=0.99,short=5s,long=30s,burn=2,min_events=20");
	begin();
	for (int t = 0; t < 200; t++) {
		if (t < 50) /* then nobody gets a first token any more */
			traffic(t, t + 1, t >= 40 ? 6 : 0);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, t >= 40 && t < 50 ? 5 : 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_RESOLVED);
	/* Silent since 50; after 60 s it no longer has a say, and five ticks later all is well. */
	ck_assert_int_eq(last()->at_s, 114);
}
END_TEST

START_TEST(unusable_objectives_are_refused)
{
	struct slo_err err = { .what = "" };
	struct slo_incidents_opts o;
	struct slo_incidents *inc;

	slo_incidents_opts_default(&o);
	o.config = &w.config;
	w.config.objectives[0].target = 1;
	ck_assert_int_lt(slo_incidents_new(&o, &inc, &err), 0);
	ck_assert_str_ne(err.what, "");
	w.config.objectives[0].target = 0.9;
	o.lateness_ns = 3600 * S;
	ck_assert_int_lt(slo_incidents_new(&o, &inc, NULL), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("incident");
	TCase *t = tcase_create("incident");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, good_traffic_opens_nothing);
	tcase_add_test(t, opens_when_both_windows_burn_and_says_since_when);
	tcase_add_test(t, too_few_requests_open_nothing);
	tcase_add_test(t, resolves_after_holding_good_for_a_short_window);
	tcase_add_test(t, a_relapse_within_the_hold_time_does_not_resolve);
	tcase_add_test(t, no_data_goes_stale_and_is_never_resolved);
	tcase_add_test(t, records_without_requests_are_no_data);
	tcase_add_test(t, a_stale_incident_goes_on_when_requests_come_back);
	tcase_add_test(t, reopening_within_five_minutes_keeps_the_id);
	tcase_add_test(t, later_than_five_minutes_is_another_incident);
	tcase_add_test(t, updates_are_as_rare_as_asked);
	tcase_add_test(t, two_burning_slis_are_one_incident_and_the_worst_is_its_impact);
	tcase_add_test(t, one_good_sli_does_not_resolve_what_another_broke);
	tcase_add_test(t, a_silent_sli_is_not_taken_for_a_good_one);
	tcase_add_test(t, unusable_objectives_are_refused);
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
