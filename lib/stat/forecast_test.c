/* SPDX-License-Identifier: MIT */
/* The toy forecasts and their scores are a published check; the rest was computed by hand, beside each value. */
#include "stat/forecast.h"

#include <check.h>
#include <math.h>

static const struct slo_forecast toy[8] = {
	{ .9, true }, { .8, true }, { .7, false }, { .6, true },
	{ .4, false }, { .3, true }, { .2, false }, { .1, false },
};

START_TEST(scores_are_the_reference_values)
{
	ck_assert_double_eq_tol(slo_brier(toy, 8), 0.175, 1e-12);
	ck_assert_double_eq_tol(slo_log_loss(toy, 8), 0.510825623766, 1e-12);
	ck_assert_double_eq_tol(slo_ece_width(toy, 8, 4, NULL), 0.15, 1e-12);
}
END_TEST

START_TEST(without_forecasts_there_is_no_score)
{
	struct slo_forecast none[1] = { { 0, false } };
	double aurc;

	ck_assert(isnan(slo_brier(none, 0)));
	ck_assert(isnan(slo_log_loss(none, 0)));
	ck_assert(isnan(slo_ece(none, 0, 4, NULL)));
	ck_assert(isnan(slo_ece_width(none, 0, 4, NULL)));
	ck_assert_uint_eq(slo_risk_coverage(none, 0, NULL, &aurc), 0);
	ck_assert(isnan(aurc));
}
END_TEST

START_TEST(certainty_that_was_wrong_costs_a_finite_amount)
{
	static const struct slo_forecast f[2] = { { 0, true }, { 1, false } };

	ck_assert_double_eq_tol(slo_log_loss(f, 2), 34.538776394910684, 1e-9); /* -ln 1e-15 */
}
END_TEST

/* Five forecasts in two bins: the first holds floor(5 / 2) of them. */
START_TEST(bins_of_equal_mass_hold_as_many_each)
{
	struct slo_forecast f[5] = { { .9, true }, { .1, false }, { .2, true }, { .8, false }, { .7, true } };
	struct slo_reliability bin[2];

	/* |1/2 - .15| * 2/5 + |2/3 - .8| * 3/5 = .14 + .08 */
	ck_assert_double_eq_tol(slo_ece(f, 5, 2, bin), .22, 1e-12);
	ck_assert_uint_eq(bin[0].n, 2);
	ck_assert_uint_eq(bin[1].n, 3);
	ck_assert_double_eq(bin[0].lo, .1);
	ck_assert_double_eq(bin[0].hi, .2);
	ck_assert_double_eq_tol(bin[0].said, .15, 1e-12);
	ck_assert_double_eq_tol(bin[0].happened, .5, 1e-12);
	ck_assert_double_eq_tol(bin[1].said, .8, 1e-12);
	ck_assert_double_eq_tol(bin[1].happened, 2. / 3, 1e-12);
}
END_TEST

START_TEST(equal_probabilities_are_never_torn_apart)
{
	struct slo_forecast f[4] = { { .5, false }, { .5, true }, { .5, true }, { .9, true } };
	struct slo_reliability bin[2];

	/* |2/3 - .5| * 3/4 + |1 - .9| * 1/4; the order of the input must not matter. */
	ck_assert_double_eq_tol(slo_ece(f, 4, 2, bin), .15, 1e-12);
	ck_assert_uint_eq(bin[0].n, 3);
	ck_assert_uint_eq(bin[1].n, 1);
}
END_TEST

START_TEST(more_bins_than_forecasts_leave_bins_empty)
{
	struct slo_forecast f[2] = { { .25, false }, { .75, true } };
	struct slo_reliability bin[8];
	size_t n = 0;

	ck_assert_double_eq_tol(slo_ece(f, 2, 8, bin), .25, 1e-12);
	for (int b = 0; b < 8; b++) {
		n += bin[b].n;
		ck_assert(bin[b].n || isnan(bin[b].said));
	}
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(a_probability_of_one_is_in_the_last_bin_of_equal_width)
{
	static const struct slo_forecast f[2] = { { 1, true }, { 0, false } };
	struct slo_reliability bin[3];

	ck_assert_double_eq(slo_ece_width(f, 2, 3, bin), 0);
	ck_assert_uint_eq(bin[0].n, 1);
	ck_assert_uint_eq(bin[2].n, 1);
}
END_TEST

START_TEST(risk_grows_with_coverage_as_computed_by_hand)
{
	struct slo_forecast f[8];
	struct slo_risk_point point[8];
	double aurc;

	for (int i = 0; i < 8; i++)
		f[i] = toy[7 - i];
	ck_assert_uint_eq(slo_risk_coverage(f, 8, point, &aurc), 8);
	/* (0 + 0 + 1/3 + 1/4 + 2/5 + 2/6 + 3/7 + 4/8) / 8 */
	ck_assert_double_eq_tol(aurc, 0.28065476190476186, 1e-12);
	ck_assert_double_eq(point[2].threshold, .7);
	ck_assert_double_eq_tol(point[2].coverage, 3. / 8, 1e-12);
	ck_assert_double_eq_tol(point[2].risk, 1. / 3, 1e-12);
	ck_assert_double_eq(point[7].coverage, 1);
	ck_assert_double_eq(point[7].risk, .5);
}
END_TEST

START_TEST(equal_confidences_share_one_point_whatever_their_order)
{
	struct slo_forecast f[3] = { { .5, true }, { .9, true }, { .5, false } };
	struct slo_forecast g[3] = { { .5, false }, { .9, true }, { .5, true } };
	struct slo_risk_point point[3];
	double a, b;

	ck_assert_uint_eq(slo_risk_coverage(f, 3, point, &a), 2);
	slo_risk_coverage(g, 3, NULL, &b);
	/* 0, then half an error on average of the two, then one of three: (0 + 1/4 + 1/3) / 3 */
	ck_assert_double_eq_tol(a, 7. / 36, 1e-12);
	ck_assert_double_eq(a, b);
	ck_assert_double_eq_tol(point[1].risk, 1. / 3, 1e-12);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("forecast");
	TCase *t = tcase_create("forecast");

	tcase_add_test(t, scores_are_the_reference_values);
	tcase_add_test(t, without_forecasts_there_is_no_score);
	tcase_add_test(t, certainty_that_was_wrong_costs_a_finite_amount);
	tcase_add_test(t, bins_of_equal_mass_hold_as_many_each);
	tcase_add_test(t, equal_probabilities_are_never_torn_apart);
	tcase_add_test(t, more_bins_than_forecasts_leave_bins_empty);
	tcase_add_test(t, a_probability_of_one_is_in_the_last_bin_of_equal_width);
	tcase_add_test(t, risk_grows_with_coverage_as_computed_by_hand);
	tcase_add_test(t, equal_confidences_share_one_point_whatever_their_order);
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
