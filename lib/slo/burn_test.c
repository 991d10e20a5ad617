/* SPDX-License-Identifier: MIT */
#include "slo/burn.h"

#include <check.h>
#include <errno.h>
#include <math.h>

#define DAY 86400

START_TEST(share_of_bad_over_what_the_target_allows)
{
	double r = -1;

	ck_assert_int_eq(slo_burn_rate(1, 1000, 0.999, &r), 0);
	ck_assert_double_eq_tol(r, 1, 1e-9);
	ck_assert_int_eq(slo_burn_rate(30, 50, 0.95, &r), 0);
	ck_assert_double_eq_tol(r, 12, 1e-12);
	ck_assert_int_eq(slo_burn_rate(7, 7, 0.5, &r), 0);
	ck_assert_double_eq_tol(r, 2, 1e-12);
}
END_TEST

/* One failure in n at 99.9 %: 100, 20, 10, 1. */
START_TEST(one_failure_weighs_more_when_traffic_is_low)
{
	static const struct { uint64_t n; double burn; } rows[] = { { 10, 100 }, { 50, 20 }, { 100, 10 }, { 1000, 1 } };
	double r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(slo_burn_rate(1, rows[i].n, 0.999, &r), 0);
		ck_assert_double_eq_tol(r, rows[i].burn, 1e-9);
	}
}
END_TEST

START_TEST(no_requests_burn_nothing)
{
	double r = -1;

	ck_assert_int_eq(slo_burn_rate(0, 0, 0.999, &r), 0);
	ck_assert_double_eq(r, 0);
}
END_TEST

START_TEST(refuses_targets_without_a_budget_and_more_bad_than_all)
{
	static const double targets[] = { 0, 1, -0.1, 1.5, NAN };
	double r = 42;

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		ck_assert_int_eq(slo_burn_rate(1, 2, targets[i], &r), -EDOM);
	ck_assert_int_eq(slo_burn_rate(3, 2, 0.9, &r), -EDOM);
	ck_assert_double_eq(r, 42);
}
END_TEST

START_TEST(a_rate_that_is_exactly_enough_is_enough)
{
	double r;

	ck_assert_int_eq(slo_burn_rate(30, 300, 0.95, &r), 0);
	ck_assert(r < 2); /* by the last bit */
	ck_assert(slo_burn_reached(r, 2));
	ck_assert_int_eq(slo_burn_rate(2999, 30000, 0.95, &r), 0);
	ck_assert(!slo_burn_reached(r, 2));
}
END_TEST

/* The table of the SRE Workbook for 30 days, and the same budgets over 28 and 7 days. */
START_TEST(budget_share_per_window_gives_the_published_burn_rates)
{
	static const struct { double pct; int64_t period, window; double burn; } rows[] = {
		{ 2, 30 * DAY, 3600, 14.4 },     { 5, 30 * DAY, 6 * 3600, 6 },     { 10, 30 * DAY, DAY, 3 },
		{ 10, 30 * DAY, 3 * DAY, 1 },    { 2, 28 * DAY, 3600, 13.44 },     { 5, 28 * DAY, 6 * 3600, 5.6 },
		{ 10, 28 * DAY, DAY, 2.8 },      { 10, 28 * DAY, 3 * DAY, 28. / 30 }, { 10, 7 * DAY, 3600, 16.8 },
		{ 20, 7 * DAY, 6 * 3600, 5.6 },  { 40, 7 * DAY, DAY, 2.8 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_double_eq_tol(slo_burn_for_budget(rows[i].pct, rows[i].period, rows[i].window), rows[i].burn,
					1e-12);
	ck_assert(isnan(slo_burn_for_budget(2, 0, 3600)));
	ck_assert(isnan(slo_burn_for_budget(2, DAY, 0)));
}
END_TEST

START_TEST(time_to_exhaustion_is_the_rest_of_the_period_over_the_rate)
{
	ck_assert_double_eq_tol(slo_burn_exhaust_s(14.4, 0, 30 * DAY), 30. * DAY / 14.4, 1e-6);
	ck_assert_double_eq_tol(slo_burn_exhaust_s(2, 0.5, 30 * DAY), 7.5 * DAY, 1e-6);
	ck_assert_double_eq(slo_burn_exhaust_s(2, 1, 30 * DAY), 0);
	ck_assert(isinf(slo_burn_exhaust_s(0, 0.5, 30 * DAY)));
}
END_TEST

/* 99.9 %, 14.4, 1 h: all bad fires after 52 s, 10 % after 8.6 min, 1.44 % after the hour. */
START_TEST(time_to_fire_matches_the_published_examples)
{
	ck_assert_double_eq_tol(slo_burn_fire_s(14.4, 0.999, 3600, 1), 51.84, 1e-9);
	ck_assert_double_eq_tol(slo_burn_fire_s(14.4, 0.999, 3600, 0.1), 518.4, 1e-8);
	ck_assert_double_eq_tol(slo_burn_fire_s(14.4, 0.999, 3600, 0.0144000001), 3600, 1e-3);
	ck_assert(isinf(slo_burn_fire_s(14.4, 0.999, 3600, 0.0143)));
	ck_assert(isinf(slo_burn_fire_s(14.4, 0.999, 3600, 0)));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("burn");
	TCase *t = tcase_create("burn");

	tcase_add_test(t, share_of_bad_over_what_the_target_allows);
	tcase_add_test(t, one_failure_weighs_more_when_traffic_is_low);
	tcase_add_test(t, no_requests_burn_nothing);
	tcase_add_test(t, refuses_targets_without_a_budget_and_more_bad_than_all);
	tcase_add_test(t, a_rate_that_is_exactly_enough_is_enough);
	tcase_add_test(t, budget_share_per_window_gives_the_published_burn_rates);
	tcase_add_test(t, time_to_exhaustion_is_the_rest_of_the_period_over_the_rate);
	tcase_add_test(t, time_to_fire_matches_the_published_examples);
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
