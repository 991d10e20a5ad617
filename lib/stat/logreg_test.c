/* SPDX-License-Identifier: MIT */
/* Coefficients were found apart from this code, by 200,000 steps of plain gradient descent. */
#include "stat/logreg.h"

#include <check.h>
#include <errno.h>
#include <math.h>

static const double x[8][2] = { { 0, 1 }, { 1, 0 }, { 2, 1 }, { 3, 3 }, { 4, 0 }, { 5, 2 }, { 1, 1 }, { 2, 0 } };
static const double y[8] = { 0, 0, 1, 1, 1, 1, 0, 0 };

static const struct {
	double ridge, w[3];
} rows[] = {
	{ .5, { 1.4127170758576388, 0.795365873576492, -3.6120801344901015 } },
	{ .01, { 5.148474540944876, 5.105735719131168, -13.213004584614538 } },
};

START_TEST(coefficients_are_those_of_the_optimum)
{
	struct slo_logreg r;

	ck_assert_int_eq(slo_logreg_fit(&x[0][0], y, 8, 2, rows[_i].ridge, &r), 0);
	ck_assert(r.settled);
	ck_assert_int_lt(r.steps, 30);
	for (int a = 0; a < 3; a++)
		ck_assert_double_eq_tol(r.w[a], rows[_i].w[a], 1e-5);
}
END_TEST

START_TEST(a_prediction_is_the_logistic_of_the_sum)
{
	struct slo_logreg r = { .k = 2, .w = { 1, -2, .5 } };
	double at[2] = { 3, 1 };

	ck_assert_double_eq_tol(slo_logreg_predict(&r, at), 1 / (1 + exp(-1.5)), 1e-15);
}
END_TEST

START_TEST(of_targets_all_alike_the_intercept_takes_all)
{
	static const double ones[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	double at[2] = { 2, 1 };
	struct slo_logreg r;

	ck_assert_int_eq(slo_logreg_fit(&x[0][0], ones, 8, 2, 1, &r), 0);
	for (int a = 0; a < 3; a++)
		ck_assert(isfinite(r.w[a]));
	ck_assert_double_gt(slo_logreg_predict(&r, at), .99);
}
END_TEST

START_TEST(a_regressor_that_never_varies_does_no_harm)
{
	static const double z[4][3] = { { 0, 0, 7 }, { 1, 0, 7 }, { 2, 0, 7 }, { 3, 0, 7 } };
	static const double up[4] = { 0, 0, 1, 1 };
	struct slo_logreg r;

	ck_assert_int_eq(slo_logreg_fit(&z[0][0], up, 4, 3, .1, &r), 0);
	ck_assert(r.settled);
	ck_assert_double_eq_tol(r.w[1], 0, 1e-12);
	ck_assert_double_lt(slo_logreg_predict(&r, z[0]), .3);
	ck_assert_double_gt(slo_logreg_predict(&r, z[3]), .7);
}
END_TEST

START_TEST(arguments_out_of_range_are_refused)
{
	struct slo_logreg r;

	ck_assert_int_eq(slo_logreg_fit(&x[0][0], y, 0, 2, 1, &r), -EINVAL);
	ck_assert_int_eq(slo_logreg_fit(&x[0][0], y, 8, 0, 1, &r), -EINVAL);
	ck_assert_int_eq(slo_logreg_fit(&x[0][0], y, 8, SLO_LOGREG_MAX + 1, 1, &r), -EINVAL);
	ck_assert_int_eq(slo_logreg_fit(&x[0][0], y, 8, 2, 0, &r), -EINVAL);
	ck_assert_int_eq(slo_logreg_fit(&x[0][0], y, 8, 2, NAN, &r), -EINVAL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("logreg");
	TCase *t = tcase_create("logreg");

	tcase_add_loop_test(t, coefficients_are_those_of_the_optimum, 0, 2);
	tcase_add_test(t, a_prediction_is_the_logistic_of_the_sum);
	tcase_add_test(t, of_targets_all_alike_the_intercept_takes_all);
	tcase_add_test(t, a_regressor_that_never_varies_does_no_harm);
	tcase_add_test(t, arguments_out_of_range_are_refused);
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
