/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "stat/quantile.h"

#include <check.h>
#include <math.h>

START_TEST(type_7_values)
{
	double v[11] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20 };

	/* numpy.quantile(v, q) */
	ck_assert_double_eq_tol(slo_quantile(v, 11, 0.95), 15, 1e-12);
	ck_assert_double_eq_tol(slo_quantile(v, 11, 0.5), 6, 1e-12);
	ck_assert_double_eq_tol(slo_quantile(v, 11, 0.25), 3.5, 1e-12);
	ck_assert_double_eq_tol(slo_quantile(v, 11, 0.99), 19, 1e-12);
	ck_assert_double_eq(slo_quantile(v, 11, 0), 1);
	ck_assert_double_eq(slo_quantile(v, 11, 1), 20);
	ck_assert_double_eq_tol(slo_quantile(v, 2, 0.3), 1.3, 1e-12);
}
END_TEST

START_TEST(one_value_is_every_quantile_and_none_is_nan)
{
	double v = 4;

	ck_assert_double_eq(slo_quantile(&v, 1, 0), 4);
	ck_assert_double_eq(slo_quantile(&v, 1, 0.7), 4);
	ck_assert_double_eq(slo_quantile(&v, 1, 1), 4);
	ck_assert(isnan(slo_quantile(NULL, 0, 1)));
	ck_assert(isnan(slo_mad(NULL, 0)));
}
END_TEST

START_TEST(sorting_orders_every_pair)
{
	double v[500], sum = 0, after = 0;
	struct slo_rng r;

	slo_rng_seed(&r, 5);
	for (size_t i = 0; i < 500; i++) {
		v[i] = (double)slo_rng_below(&r, 300);
		sum += v[i];
	}
	slo_sort_f64(v, 500);
	for (size_t i = 0; i < 500; i++) {
		after += v[i];
		if (i > 0)
			ck_assert_double_le(v[i - 1], v[i]);
	}
	ck_assert_double_eq(sum, after);
}
END_TEST

START_TEST(mad_ignores_outliers)
{
	double v[] = { 1000, 1, 2, 4, 2, 6, 9 };

	/* median 4; deviations 0 2 2 2 3 5 996; their median 2 */
	ck_assert_double_eq(slo_mad(v, 7), 2);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("quantile");
	TCase *t = tcase_create("quantile");

	tcase_add_test(t, type_7_values);
	tcase_add_test(t, one_value_is_every_quantile_and_none_is_nan);
	tcase_add_test(t, sorting_orders_every_pair);
	tcase_add_test(t, mad_ignores_outliers);
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
