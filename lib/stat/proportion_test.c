/* SPDX-License-Identifier: MIT */
#include "stat/proportion.h"

#include <check.h>

START_TEST(reference_values)
{
	double lo, hi;

	slo_clopper_pearson(17, 20, 0.95, &lo, &hi);
	ck_assert_double_eq_tol(lo, .6210731735, 1e-10);
	ck_assert_double_eq_tol(hi, .9679290628, 1e-10);
	slo_wilson(17, 20, 0.95, &lo, &hi);
	ck_assert_double_eq_tol(lo, .6395811353, 1e-10);
	ck_assert_double_eq_tol(hi, .9476312541, 1e-10);
	/* scipy.stats.binomtest(0, 800).proportion_ci() */
	slo_clopper_pearson(0, 800, 0.95, &lo, &hi);
	ck_assert_double_eq(lo, 0);
	ck_assert_double_eq_tol(hi, 0.0046004845207500466, 1e-14);
}
END_TEST

START_TEST(ends_are_at_most_zero_and_one)
{
	double lo, hi;

	slo_clopper_pearson(5, 5, 0.95, &lo, &hi);
	ck_assert_double_eq(hi, 1);
	ck_assert_double_eq_tol(lo, 0.4781762498950185, 1e-12); /* 0.025^(1/5) */
	slo_wilson(0, 5, 0.95, &lo, &hi);
	ck_assert_double_eq(lo, 0);
	slo_wilson(5, 5, 0.95, &lo, &hi);
	ck_assert_double_eq(hi, 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("proportion");
	TCase *t = tcase_create("proportion");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, reference_values);
	tcase_add_test(t, ends_are_at_most_zero_and_one);
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
