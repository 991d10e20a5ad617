/* SPDX-License-Identifier: MIT */
#include "stat/bootstrap.h"

#include <check.h>
#include <errno.h>
#include <math.h>

/* Mean of the indices drawn; the largest; NaN unless index 0 was drawn. */
static void three(void *arg, const uint32_t *pick, size_t n, double *values)
{
	double sum = 0, max = 0;

	(*(int *)arg)++;
	values[2] = NAN;
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_lt(pick[i], n);
		sum += pick[i];
		max = fmax(max, pick[i]);
		if (pick[i] == 0)
			values[2] = 1;
	}
	values[0] = sum / (double)n;
	values[1] = max;
}

START_TEST(the_interval_of_a_mean_is_that_of_its_standard_error)
{
	struct slo_interval out[3];
	struct slo_rng rng;
	int calls = 0;

	slo_rng_seed(&rng, 7);
	ck_assert_int_eq(slo_bootstrap_metrics(100, 4000, 0.95, &rng, three, &calls, 3, out), 0);
	ck_assert_int_eq(calls, 4000);
	/* 0 .. 99: mean 49.5, standard deviation 28.866, standard error 2.8866; 1.96 of them: 5.66 */
	ck_assert_double_eq_tol(out[0].lo, 49.5 - 5.66, 0.4);
	ck_assert_double_eq_tol(out[0].hi, 49.5 + 5.66, 0.4);
	ck_assert_double_eq(out[1].hi, 99);
	/* drawn in 63 % of the resamples: enough to say that it is always 1 */
	ck_assert_double_eq(out[2].lo, 1);
	ck_assert_double_eq(out[2].confidence, 0.95);
}
END_TEST

static void rare(void *arg, const uint32_t *pick, size_t n, double *values)
{
	(void)arg;
	values[0] = NAN;
	if (pick[0] == 0 && n)
		values[0] = 1;
}

START_TEST(a_statistic_most_resamples_do_not_have_has_no_interval)
{
	struct slo_interval out;
	struct slo_rng rng;

	slo_rng_seed(&rng, 7);
	ck_assert_int_eq(slo_bootstrap_metrics(10, 1000, 0.95, &rng, rare, NULL, 1, &out), 0);
	ck_assert(isnan(out.lo) && isnan(out.hi));
	ck_assert_int_eq(slo_bootstrap_metrics(0, 1000, 0.95, &rng, rare, NULL, 1, &out), -EINVAL);
	ck_assert_int_eq(slo_bootstrap_metrics(10, SLO_BOOT_MIN - 1, 0.95, &rng, rare, NULL, 1, &out), -EINVAL);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_interval)
{
	struct slo_interval a[3], b[3];
	struct slo_rng rng;
	int calls = 0;

	slo_rng_seed(&rng, 9);
	ck_assert_int_eq(slo_bootstrap_metrics(20, 200, 0.9, &rng, three, &calls, 3, a), 0);
	slo_rng_seed(&rng, 9);
	ck_assert_int_eq(slo_bootstrap_metrics(20, 200, 0.9, &rng, three, &calls, 3, b), 0);
	ck_assert_double_eq(a[0].lo, b[0].lo);
	slo_rng_seed(&rng, 10);
	ck_assert_int_eq(slo_bootstrap_metrics(20, 200, 0.9, &rng, three, &calls, 3, b), 0);
	ck_assert_double_ne(a[0].lo, b[0].lo);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("cases");
	TCase *t = tcase_create("cases");

	tcase_add_test(t, the_interval_of_a_mean_is_that_of_its_standard_error);
	tcase_add_test(t, a_statistic_most_resamples_do_not_have_has_no_interval);
	tcase_add_test(t, the_same_seed_gives_the_same_interval);
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
