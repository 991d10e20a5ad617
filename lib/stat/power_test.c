/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "stat/power.h"
#include "stat/ranktest.h"

#include <check.h>
#include <math.h>

START_TEST(values_to_reach_follow_the_smallest_p)
{
	ck_assert_uint_eq(slo_values_to_reach(0.05, 100), 3);
	ck_assert_uint_eq(slo_values_to_reach(0.049, 100), 4);
	ck_assert_uint_eq(slo_values_to_reach(1.0 / 252, 100), 5);
	ck_assert_uint_eq(slo_values_to_reach(1e-30, 10), 10);
}
END_TEST

START_TEST(needed_is_the_inverse_of_detectable)
{
	size_t n = slo_values_needed(1, 0.5, 0.05, 0.8, 10000);

	ck_assert_double_le(slo_min_detectable(1, n, n, 0.05, 0.8), 0.5);
	ck_assert_double_gt(slo_min_detectable(1, n - 1, n - 1, 0.05, 0.8), 0.5);
	/* Noether 1987 for a normal shift: about 2 (1.645 + 0.842)^2 / 0.25 / 0.955 */
	ck_assert_uint_eq(n, 52);
	ck_assert_uint_eq(slo_values_needed(1, 0, 0.05, 0.8, 777), 777);
	ck_assert_uint_eq(slo_values_needed(1, -1, 0.05, 0.8, 777), 777);
	ck_assert_uint_eq(slo_values_needed(0, 1, 0.05, 0.8, 777), 3);
}
END_TEST

static double normal(struct slo_rng *rng)
{
	/* Box and Muller */
	return sqrt(2 * slo_rng_exp(rng, 1)) * cos(2 * M_PI * slo_rng_unit(rng));
}

START_TEST(what_is_detectable_is_found_as_often_as_said)
{
	double shift = slo_min_detectable(1, 12, 12, 0.05, 0.8);
	struct slo_rng rng;
	int found = 0;

	slo_rng_seed(&rng, 11);
	for (int k = 0; k < 1000; k++) {
		double x[12], y[12];
		struct slo_rank_test t;

		for (int i = 0; i < 12; i++) {
			x[i] = normal(&rng) + shift;
			y[i] = normal(&rng);
		}
		ck_assert_int_eq(slo_mann_whitney(x, 12, y, 12, &t), 0);
		found += t.p_greater <= 0.05;
	}
	ck_assert_int_ge(found, 700);
	ck_assert_int_le(found, 850);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("power");
	TCase *t = tcase_create("power");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, values_to_reach_follow_the_smallest_p);
	tcase_add_test(t, needed_is_the_inverse_of_detectable);
	tcase_add_test(t, what_is_detectable_is_found_as_often_as_said);
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
