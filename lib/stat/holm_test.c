/* SPDX-License-Identifier: MIT */
#include "stat/holm.h"

#include <check.h>
#include <errno.h>

/* R: p.adjust() */
static const double p[] = { .001, .04, .03, .005, .2, .6, .012 };

START_TEST(holm_values)
{
	static const double want[] = { .007, .12, .12, .03, .4, .6, .06 };
	double got[7];

	ck_assert_int_eq(slo_holm(p, 7, got), 0);
	for (int i = 0; i < 7; i++)
		ck_assert_double_eq_tol(got[i], want[i], 1e-15);
}
END_TEST

START_TEST(benjamini_hochberg_values)
{
	static const double want[] = { .007, .056, .0525, .0175, .7 / 3, .6, .028 };
	double got[7];

	ck_assert_int_eq(slo_benjamini_hochberg(p, 7, got), 0);
	for (int i = 0; i < 7; i++)
		ck_assert_double_eq_tol(got[i], want[i], 1e-15);
}
END_TEST

START_TEST(adjusts_in_place_and_never_beyond_one)
{
	double v[] = { .9, .8, .01 };

	ck_assert_int_eq(slo_holm(v, 3, v), 0);
	ck_assert_double_eq(v[0], 1);
	ck_assert_double_eq(v[1], 1);
	ck_assert_double_eq_tol(v[2], .03, 1e-15);
}
END_TEST

START_TEST(a_family_has_a_limit)
{
	static double many[SLO_HOLM_MAX + 1];

	ck_assert_int_eq(slo_holm(many, SLO_HOLM_MAX + 1, many), -E2BIG);
	ck_assert_int_eq(slo_holm(many, SLO_HOLM_MAX, many), 0);
	ck_assert_int_eq(slo_holm(many, 0, many), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("holm");
	TCase *t = tcase_create("holm");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, holm_values);
	tcase_add_test(t, benjamini_hochberg_values);
	tcase_add_test(t, adjusts_in_place_and_never_beyond_one);
	tcase_add_test(t, a_family_has_a_limit);
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
