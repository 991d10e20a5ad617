/* SPDX-License-Identifier: MIT */
#include "stat/resample.h"

#include <check.h>
#include <errno.h>
#include <math.h>

/* Cases of a fixed list of values. */
static double mean_of(void *arg, const uint32_t *index, size_t n)
{
	const double *v = arg;
	double total = 0;

	for (size_t i = 0; i < n; i++)
		total += v[index[i]];
	return total / (double)n;
}

/* Defined only where case 0 was drawn. */
static double mean_with_first(void *arg, const uint32_t *index, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (index[i] == 0)
			return mean_of(arg, index, n);
	return NAN;
}

static struct slo_resampled run(slo_statistic_fn *f, double *v, size_t n, uint64_t seed)
{
	struct slo_resampled out;
	struct slo_rng rng;

	slo_rng_seed(&rng, seed);
	ck_assert_int_eq(slo_bootstrap_cases(n, f, v, 4000, 0.95, &rng, &out), 0);
	return out;
}

/* Of 0/1 values the resampled mean is binomial(50, .4) / 50: 2.5 % and 97.5 % at 13 and 27 successes. */
START_TEST(ends_are_the_quantiles_of_the_binomial_for_a_share)
{
	double v[50];
	struct slo_resampled r;

	for (int i = 0; i < 50; i++)
		v[i] = i < 20;
	r = run(mean_of, v, 50, 1);
	ck_assert_double_eq_tol(r.interval.estimate, .4, 1e-15);
	ck_assert_double_eq_tol(r.interval.lo, .26, .021);
	ck_assert_double_eq_tol(r.interval.hi, .54, .021);
	ck_assert_double_eq(r.interval.confidence, .95);
	ck_assert_uint_eq(r.undefined, 0);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_interval)
{
	double v[10] = { 1, 5, 2, 8, 9, 1, 0, 3, 3, 7 };
	struct slo_resampled a = run(mean_of, v, 10, 7), b = run(mean_of, v, 10, 7), c = run(mean_of, v, 10, 8);

	ck_assert_double_eq(a.interval.lo, b.interval.lo);
	ck_assert_double_eq(a.interval.hi, b.interval.hi);
	ck_assert(a.interval.lo != c.interval.lo || a.interval.hi != c.interval.hi);
}
END_TEST

/* A given case is absent from a resample of n with (1 - 1/n)^n: .3487 for 10. */
START_TEST(resamples_without_a_value_are_counted_and_left_out)
{
	double v[10] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	struct slo_resampled r = run(mean_with_first, v, 10, 3);

	ck_assert_double_eq_tol((double)r.undefined / 4000, .3487, .03);
	ck_assert_double_eq(r.interval.lo, 1);
	ck_assert_double_eq(r.interval.hi, 1);
}
END_TEST

START_TEST(arguments_out_of_range_are_refused)
{
	struct slo_resampled out;
	struct slo_rng rng;
	double v[1] = { 1 };

	slo_rng_seed(&rng, 1);
	ck_assert_int_eq(slo_bootstrap_cases(0, mean_of, v, 1000, .95, &rng, &out), -EINVAL);
	ck_assert_int_eq(slo_bootstrap_cases(1, mean_of, v, SLO_BOOT_MIN - 1, .95, &rng, &out), -EINVAL);
	ck_assert_int_eq(slo_bootstrap_cases(1, mean_of, v, 1000, 1, &rng, &out), -EINVAL);
	ck_assert_int_eq(slo_bootstrap_cases(1, mean_of, v, 1000, NAN, &rng, &out), -EINVAL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("resample");
	TCase *t = tcase_create("resample");

	tcase_add_test(t, ends_are_the_quantiles_of_the_binomial_for_a_share);
	tcase_add_test(t, the_same_seed_gives_the_same_interval);
	tcase_add_test(t, resamples_without_a_value_are_counted_and_left_out);
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
