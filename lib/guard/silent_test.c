/* SPDX-License-Identifier: MIT */
#include "guard/silent.h"

#include <check.h>
#include <math.h>

static struct slo_silent probe;

static void setup(void)
{
	slo_silent_init(&probe);
}

static void look(double seen, double counted, enum slo_silent_change want)
{
	ck_assert_int_eq(slo_silent_look(&probe, seen, counted), want);
}

START_TEST(what_sees_all_there_is_has_the_ratio_one_and_is_not_silent)
{
	ck_assert(isnan(probe.ratio));
	for (int i = 0; i < 10; i++)
		look(200, 200, SLO_SILENT_SAME);
	ck_assert_double_eq(probe.ratio, 1);
	ck_assert(!probe.silent);
	look(190, 200, SLO_SILENT_SAME);
	ck_assert_double_eq_tol(probe.ratio, 0.95, 1e-9);
}
END_TEST

START_TEST(three_blind_spans_in_a_row_are_silence_and_it_is_told_once_with_their_sums)
{
	look(0, 20, SLO_SILENT_SAME);
	look(0, 30, SLO_SILENT_SAME);
	ck_assert(!probe.silent);
	look(1, 40, SLO_SILENT_FELL); /* one in forty is as good as none */
	ck_assert(probe.silent);
	ck_assert_double_eq(probe.bad_seen, 1);
	ck_assert_double_eq(probe.bad_counted, 90);
	for (int i = 0; i < 100; i++)
		look(0, 50, SLO_SILENT_SAME);
	ck_assert_uint_eq(probe.trips, 1);
	ck_assert_double_eq(probe.ratio, 0);
}
END_TEST

START_TEST(a_span_with_five_percent_ends_the_row)
{
	for (int i = 0; i < 20; i++) {
		look(0, 100, SLO_SILENT_SAME);
		look(0, 100, SLO_SILENT_SAME);
		look(5, 100, SLO_SILENT_SAME);
	}
	ck_assert_uint_eq(probe.trips, 0);
}
END_TEST

START_TEST(few_events_are_put_together_until_there_are_twenty)
{
	for (int i = 0; i < 6; i++)
		look(3, 3, SLO_SILENT_SAME);
	ck_assert(isnan(probe.ratio));
	look(2, 2, SLO_SILENT_SAME);
	ck_assert_double_eq(probe.ratio, 1);
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 4; k++)
			look(0, 5, i == 2 && k == 3 ? SLO_SILENT_FELL : SLO_SILENT_SAME);
}
END_TEST

START_TEST(events_too_few_and_too_far_apart_say_nothing_and_forget_the_ratio)
{
	look(30, 30, SLO_SILENT_SAME);
	for (int i = 0; i < 200; i++)
		look(0, 1, SLO_SILENT_SAME); /* twelve in a span */
	ck_assert(isnan(probe.ratio));
	ck_assert(!probe.silent);
}
END_TEST

START_TEST(a_quiet_counter_is_no_silence)
{
	for (int i = 0; i < 100; i++)
		look(0, 0, SLO_SILENT_SAME);
	ck_assert(!probe.silent);
	ck_assert(isnan(probe.ratio));
}
END_TEST

START_TEST(a_burst_over_the_edge_of_two_spans_is_no_silence)
{
	for (int i = 0; i < 50; i++) {
		look(0, 500, SLO_SILENT_SAME); /* counted before the look */
		look(500, 0, SLO_SILENT_SAME); /* seen after it */
		look(100, 100, SLO_SILENT_SAME);
	}
	ck_assert_uint_eq(probe.trips, 0);
}
END_TEST

START_TEST(it_is_heard_again_from_a_fifth_on_and_nothing_changes_below)
{
	for (int i = 0; i < 3; i++)
		slo_silent_look(&probe, 0, 100);
	ck_assert(probe.silent);
	look(6, 100, SLO_SILENT_SAME);
	look(19, 100, SLO_SILENT_SAME);
	ck_assert(probe.silent);
	look(20, 100, SLO_SILENT_RECOVERED);
	ck_assert(!probe.silent);
	look(6, 100, SLO_SILENT_SAME);
	look(0, 100, SLO_SILENT_SAME);
	look(0, 100, SLO_SILENT_SAME);
	look(0, 100, SLO_SILENT_FELL);
	ck_assert_uint_eq(probe.trips, 2);
}
END_TEST

START_TEST(silence_lasts_while_nothing_happens)
{
	for (int i = 0; i < 3; i++)
		slo_silent_look(&probe, 0, 100);
	for (int i = 0; i < 100; i++)
		look(0, 0, SLO_SILENT_SAME);
	ck_assert(probe.silent);
}
END_TEST

START_TEST(who_sees_many_where_the_counter_has_few_is_heard)
{
	/* Namespaces that the counter does not cover. */
	for (int i = 0; i < 3; i++)
		slo_silent_look(&probe, 0, 100);
	look(19, 1, SLO_SILENT_SAME);
	look(1, 0, SLO_SILENT_RECOVERED);
	look(500, 20, SLO_SILENT_SAME);
	ck_assert_double_gt(probe.ratio, 1);
	ck_assert(!probe.silent);
}
END_TEST

START_TEST(a_counter_that_begins_afresh_throws_the_span_away)
{
	look(0, 19, SLO_SILENT_SAME);
	look(0, -5000, SLO_SILENT_SAME);
	ck_assert_double_eq(probe.counted, 0);
	look(0, 19, SLO_SILENT_SAME);
	ck_assert(isnan(probe.ratio));
	look(-1, 500, SLO_SILENT_SAME);
	ck_assert(isnan(probe.ratio));
	look(0, NAN, SLO_SILENT_SAME);
	ck_assert_double_eq(probe.counted, 0);
}
END_TEST

START_TEST(a_pause_ends_silence_and_the_row)
{
	look(0, 100, SLO_SILENT_SAME);
	look(0, 100, SLO_SILENT_SAME);
	slo_silent_pause(&probe);
	look(0, 100, SLO_SILENT_SAME);
	look(0, 100, SLO_SILENT_SAME);
	look(0, 100, SLO_SILENT_FELL);
	slo_silent_pause(&probe);
	ck_assert(!probe.silent);
	ck_assert(isnan(probe.ratio));
	ck_assert_uint_eq(probe.trips, 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("silent");
	TCase *t = tcase_create("silent");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, what_sees_all_there_is_has_the_ratio_one_and_is_not_silent);
	tcase_add_test(t, three_blind_spans_in_a_row_are_silence_and_it_is_told_once_with_their_sums);
	tcase_add_test(t, a_span_with_five_percent_ends_the_row);
	tcase_add_test(t, few_events_are_put_together_until_there_are_twenty);
	tcase_add_test(t, events_too_few_and_too_far_apart_say_nothing_and_forget_the_ratio);
	tcase_add_test(t, a_quiet_counter_is_no_silence);
	tcase_add_test(t, a_burst_over_the_edge_of_two_spans_is_no_silence);
	tcase_add_test(t, it_is_heard_again_from_a_fifth_on_and_nothing_changes_below);
	tcase_add_test(t, silence_lasts_while_nothing_happens);
	tcase_add_test(t, who_sees_many_where_the_counter_has_few_is_heard);
	tcase_add_test(t, a_counter_that_begins_afresh_throws_the_span_away);
	tcase_add_test(t, a_pause_ends_silence_and_the_row);
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
