/* SPDX-License-Identifier: MIT */
/* Tails were summed apart from this code, term by term of the negative binomial; z by Python's NormalDist. */
#include "attribute/detector.h"

#include <check.h>
#include <math.h>

START_TEST(z_is_measured_in_the_largest_of_the_spreads)
{
	ck_assert_double_eq_tol(slo_robust_z(50, 20, 13.49, 5, 1), 3, 1e-12);   /* iqr / 1.349 = 10 */
	ck_assert_double_eq_tol(slo_robust_z(50, 20, 1, 5, 1), 6, 1e-12);       /* spread */
	ck_assert_double_eq_tol(slo_robust_z(50, 20, NAN, 5, 1), 6, 1e-12);     /* range not known */
	ck_assert_double_eq_tol(slo_robust_z(50, 20, 0, 0, 2), 15, 1e-12);      /* floor */
	ck_assert_double_eq_tol(slo_robust_z(50, 20, NAN, NAN, 0.1), 30, 1e-12); /* 5 % of the median */
	ck_assert_double_eq_tol(slo_robust_z(5, 20, NAN, 5, 1), -3, 1e-12);
}
END_TEST

START_TEST(z_is_finite_whenever_there_is_a_baseline)
{
	ck_assert_double_eq(slo_robust_z(INFINITY, 0, 0, 0, 1e-9), SLO_Z_MAX);
	ck_assert_double_eq(slo_robust_z(-1e300, 0, 0, 0, 1e-9), -SLO_Z_MAX);
	ck_assert(isnan(slo_robust_z(1, NAN, 1, 1, 1)));
	ck_assert(isnan(slo_robust_z(NAN, 1, 1, 1, 1)));
	ck_assert(isnan(slo_robust_z(INFINITY, INFINITY, 1, 1, 1)));
}
END_TEST

static const struct {
	double n0, t0, n, t, tail, z;
} counts[] = {
	{ 0, 20, 3, 20, 0.04590446791942564, 1.6859318013401385 },
	{ 4, 100, 5, 10, 0.000386283121933411, 3.3624410328010885 },
	{ 0, 20, 0, 20, 1, 0 },
	{ 50, 20, 200, 20, 1.4533460667630943e-24, 10.162779623677249 },
	{ 2, 60, 1, 10, 0.3158068595710223, 0.4794567645264977 },
	{ 0, 600, 12, 20, 2.037637441298707e-19, 8.934905195977745 },
};

START_TEST(count_tails_are_those_of_the_negative_binomial)
{
	double tail = slo_count_tail(counts[_i].n0, counts[_i].t0, counts[_i].n, counts[_i].t);

	ck_assert_double_eq_tol(tail, counts[_i].tail, 1e-9 * counts[_i].tail);
	ck_assert_double_eq_tol(slo_count_z(counts[_i].n0, counts[_i].t0, counts[_i].n, counts[_i].t), counts[_i].z,
				1e-8);
}
END_TEST

START_TEST(one_event_after_a_short_quiet_past_is_no_evidence_and_after_a_long_one_is)
{
	ck_assert_double_lt(slo_count_z(0, 5, 1, 5), 1);
	ck_assert_double_gt(slo_count_z(0, 3600, 1, 5), 2.5);
}
END_TEST

START_TEST(counts_out_of_range_have_no_z)
{
	ck_assert(isnan(slo_count_z(-1, 1, 1, 1)));
	ck_assert(isnan(slo_count_z(1, 1, 1, 0)));
	ck_assert(isnan(slo_count_z(1, INFINITY, 1, 1)));
	ck_assert(isnan(slo_count_z(NAN, 1, 1, 1)));
	ck_assert_double_eq(slo_count_z(0, 1e6, 1e6, 1), 37);
}
END_TEST

START_TEST(lambda_is_the_log_odds_against_the_training_rate)
{
	struct slo_detector d = { .a = -3, .b = 2, .rate = 0.2, .n = 1 };

	ck_assert_double_eq_tol(slo_detector_lambda(&d, 4), -3 + 2 * log(5) - log(.25), 1e-12);
	ck_assert_double_eq_tol(slo_detector_lambda(&d, 0), -3 - log(.25), 1e-12);
	/* Below its past is as quiet as at it. */
	ck_assert_double_eq(slo_detector_lambda(&d, -5), slo_detector_lambda(&d, 0));
	ck_assert_double_eq(slo_detector_lambda(&d, 1e6), SLO_LAMBDA_MAX);
	d.a = -30;
	ck_assert_double_eq(slo_detector_lambda(&d, 0), -SLO_LAMBDA_MAX);
	ck_assert(isnan(slo_detector_lambda(&d, NAN)));
}
END_TEST

START_TEST(lambda_never_falls_as_z_rises)
{
	struct slo_detector d = { .a = -5.5, .b = 4, .rate = 0.1, .n = 1 };
	double before = -INFINITY;

	for (double z = -10; z < 100; z += 0.25) {
		double now = slo_detector_lambda(&d, z);

		ck_assert_double_ge(now, before);
		before = now;
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("detector");
	TCase *t = tcase_create("detector");

	tcase_add_test(t, z_is_measured_in_the_largest_of_the_spreads);
	tcase_add_test(t, z_is_finite_whenever_there_is_a_baseline);
	tcase_add_loop_test(t, count_tails_are_those_of_the_negative_binomial, 0,
			    (int)(sizeof(counts) / sizeof(counts[0])));
	tcase_add_test(t, one_event_after_a_short_quiet_past_is_no_evidence_and_after_a_long_one_is);
	tcase_add_test(t, counts_out_of_range_have_no_z);
	tcase_add_test(t, lambda_is_the_log_odds_against_the_training_rate);
	tcase_add_test(t, lambda_never_falls_as_z_rises);
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
