/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "stat/ranktest.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <string.h>

START_TEST(shift_and_interval_are_those_of_wilcox_test)
{
	double x[] = { .80, .83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, .73, 1.46 }, y[] = { 1.15, .88, .90, .74, 1.21 };
	double a[] = { 0.7552, 1.1816, 0.1457, 0.1398, 0.4361, 2.895, 1.2296, 0.5397 };
	double b[] = { 1.2566, 0.447, 1.6907, 1.062, 1.5376, 4.7239, 1.3545, 1.3352 };
	struct slo_interval i;

	ck_assert_int_eq(slo_hodges_lehmann(x, 10, y, 5, 0.95, &i), 0);
	ck_assert_double_eq_tol(i.estimate, .305, 1e-12);
	ck_assert_double_eq_tol(i.lo, -.15, 1e-12);
	ck_assert_double_eq_tol(i.hi, .76, 1e-12);
	ck_assert_double_ge(i.confidence, 0.95);
	ck_assert_int_eq(slo_hodges_lehmann(x, 10, y, 5, 0.9, &i), 0);
	ck_assert_double_eq_tol(i.lo, -.08, 1e-12);
	ck_assert_double_eq_tol(i.hi, .72, 1e-12);
	ck_assert_int_eq(slo_hodges_lehmann(a, 8, b, 8, 0.9, &i), 0);
	ck_assert_double_eq_tol(i.estimate, -0.6714, 1e-12);
	ck_assert_double_eq_tol(i.lo, -1.1954, 1e-12);
	ck_assert_double_eq_tol(i.hi, -0.0750, 1e-12);
}
END_TEST

START_TEST(too_few_values_have_no_bound)
{
	double x[] = { 1, 2, 3 }, y[] = { 4, 5, 7 };
	struct slo_interval i;

	/* 3 against 3: the rarest outcome has one-sided p = 1/20. */
	ck_assert_int_eq(slo_hodges_lehmann(x, 3, y, 3, 0.95, &i), 0);
	ck_assert(isinf(i.lo) && i.lo < 0 && isinf(i.hi) && i.hi > 0);
	ck_assert_double_eq(i.confidence, 1);
	ck_assert_int_eq(slo_hodges_lehmann(x, 3, y, 3, 0.9, &i), 0);
	ck_assert_double_eq(i.lo, -6);
	ck_assert_double_eq(i.hi, -1);
	ck_assert_double_eq_tol(i.confidence, 0.9, 1e-12);
}
END_TEST

START_TEST(the_interval_covers_as_often_as_it_says)
{
	struct slo_rng rng;
	int covered = 0;

	slo_rng_seed(&rng, 3);
	for (int k = 0; k < 2000; k++) {
		double x[8], y[6];
		struct slo_interval i;

		for (int j = 0; j < 8; j++)
			x[j] = slo_rng_exp(&rng, 1) + 2;
		for (int j = 0; j < 6; j++)
			y[j] = slo_rng_exp(&rng, 1);
		ck_assert_int_eq(slo_hodges_lehmann(x, 8, y, 6, 0.9, &i), 0);
		covered += i.lo <= 2 && 2 <= i.hi;
	}
	/* It reaches 91.9 %; three standard errors are 1.9 points. */
	ck_assert_int_ge(covered, 1800);
	ck_assert_int_le(covered, 1880);
}
END_TEST

START_TEST(many_values_use_the_normal_law)
{
	double x[150], y[150];
	struct slo_interval i;
	struct slo_rng rng;

	slo_rng_seed(&rng, 5);
	for (int j = 0; j < 150; j++) {
		x[j] = slo_rng_unit(&rng) + 0.5;
		y[j] = slo_rng_unit(&rng);
	}
	ck_assert_int_eq(slo_hodges_lehmann(x, 150, y, 150, 0.95, &i), 0);
	ck_assert(i.lo < i.estimate && i.estimate < i.hi);
	ck_assert_double_eq_tol(i.estimate, 0.5, 0.1);
	ck_assert_double_eq_tol(i.hi - i.lo, 2 * 1.96 * sqrt(1.0 / 12 / 75) , 0.03);
}
END_TEST

START_TEST(delta_and_its_interval)
{
	double x[] = { 10, 10, 10, 12, 14 }, y[] = { 10, 11, 12, 12, 15, 18 }, var;
	struct slo_interval i;

	/* effsize::cliff.delta */
	ck_assert_int_eq(slo_cliffs_delta(x, 5, y, 6, 0.95, &i, &var), 0);
	ck_assert_double_eq_tol(i.estimate, -13.0 / 30, 1e-12);
	ck_assert_double_eq_tol(var, .1011111111, 5.1e-11);
	ck_assert_double_eq_tol(i.lo, -.8516511904, 1e-10);
	ck_assert_double_eq_tol(i.hi, .3222417410, 1e-10);
	ck_assert_int_eq(slo_cliffs_delta(y, 6, x, 5, 0.95, &i, &var), 0);
	ck_assert_double_eq_tol(i.lo, -.3222417410, 1e-10);
}
END_TEST

START_TEST(delta_of_separated_values_has_an_honest_inner_end)
{
	double x[] = { 5, 6, 7, 8 }, y[] = { 1, 2, 3, 4 };
	struct slo_interval i;

	ck_assert_int_eq(slo_cliffs_delta(x, 4, y, 4, 0.95, &i, NULL), 0);
	ck_assert_double_eq(i.estimate, 1);
	ck_assert_double_eq(i.hi, 1);
	ck_assert_double_lt(i.lo, 1);
	ck_assert_int_eq(slo_cliffs_delta(y, 4, x, 4, 0.95, &i, NULL), 0);
	ck_assert_double_eq(i.lo, -1);
	ck_assert_double_gt(i.hi, -1);
	ck_assert_int_eq(slo_cliffs_delta(x, 1, y, 4, 0.95, &i, NULL), 0);
	ck_assert_double_eq(i.lo, -1);
	ck_assert_double_eq(i.hi, 1);
}
END_TEST

START_TEST(names_of_sizes)
{
	ck_assert_str_eq(slo_delta_size(-0.1469), "negligible");
	ck_assert_str_eq(slo_delta_size(0.147), "small");
	ck_assert_str_eq(slo_delta_size(0.33), "medium");
	ck_assert_str_eq(slo_delta_size(-0.474), "large");
}
END_TEST

START_TEST(refuses_what_it_cannot_hold)
{
	static double v[4096];
	struct slo_interval i = { .estimate = 3 };

	ck_assert_int_eq(slo_hodges_lehmann(v, 4096, v, 4096, 0.9, &i), -E2BIG);
	ck_assert_int_eq(slo_hodges_lehmann(v, 0, v, 4, 0.9, &i), -EINVAL);
	ck_assert_int_eq(slo_hodges_lehmann(v, 4, v, 4, 1, &i), -EINVAL);
	ck_assert_int_eq(slo_cliffs_delta(v, 4, v, 0, 0.9, &i, NULL), -EINVAL);
	ck_assert_double_eq(i.estimate, 3);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("shift");
	TCase *t = tcase_create("shift");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, shift_and_interval_are_those_of_wilcox_test);
	tcase_add_test(t, too_few_values_have_no_bound);
	tcase_add_test(t, the_interval_covers_as_often_as_it_says);
	tcase_add_test(t, many_values_use_the_normal_law);
	tcase_add_test(t, delta_and_its_interval);
	tcase_add_test(t, delta_of_separated_values_has_an_honest_inner_end);
	tcase_add_test(t, names_of_sizes);
	tcase_add_test(t, refuses_what_it_cannot_hold);
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
