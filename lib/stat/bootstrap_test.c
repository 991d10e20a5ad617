/* SPDX-License-Identifier: MIT */
#include "stat/bootstrap.h"
#include "stat/quantile.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <string.h>

enum { RUNS = 12, SIZE = 40 };

struct world {
	double v[RUNS][SIZE];
	const double *at[RUNS];
	size_t size[RUNS];
	struct slo_runs runs;
};

static double normal(struct slo_rng *rng)
{
	/* Box and Muller */
	return sqrt(2 * slo_rng_exp(rng, 1)) * cos(2 * M_PI * slo_rng_unit(rng));
}

/* Runs whose means differ by @between, values that differ by 1. */
static void fill(struct world *w, struct slo_rng *rng, double between)
{
	for (size_t i = 0; i < RUNS; i++) {
		double mean = 10 + between * normal(rng);

		for (size_t j = 0; j < SIZE; j++)
			w->v[i][j] = mean + normal(rng);
		w->at[i] = w->v[i];
		w->size[i] = SIZE;
	}
	w->runs = (struct slo_runs){ w->at, w->size, RUNS };
}

static int covered(double between, int trials)
{
	struct slo_rng rng, draws;
	int hits = 0;

	slo_rng_seed(&rng, 17);
	slo_rng_seed(&draws, 18);
	for (int k = 0; k < trials; k++) {
		static struct world x, y;
		struct slo_interval i;

		fill(&x, &rng, between);
		fill(&y, &rng, between);
		ck_assert_int_eq(slo_bootstrap_quantile(&x.runs, &y.runs, 0.95, 200, 0.95, &draws, &i), 0);
		hits += i.lo <= 0 && 0 <= i.hi;
	}
	return hits;
}

START_TEST(covers_when_runs_differ_as_much_as_requests)
{
	/* Pooled requests would cover about a third of the time here. */
	ck_assert_int_ge(covered(1, 200), 174);
}
END_TEST

START_TEST(covers_when_runs_do_not_differ)
{
	ck_assert_int_ge(covered(0, 200), 182);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_interval_and_another_does_not)
{
	static struct world x, y;
	struct slo_interval a, b, c;
	struct slo_rng rng;

	slo_rng_seed(&rng, 1);
	fill(&x, &rng, 1);
	fill(&y, &rng, 1);
	slo_rng_seed(&rng, 42);
	ck_assert_int_eq(slo_bootstrap_quantile(&x.runs, &y.runs, 0.95, 500, 0.95, &rng, &a), 0);
	slo_rng_seed(&rng, 42);
	ck_assert_int_eq(slo_bootstrap_quantile(&x.runs, &y.runs, 0.95, 500, 0.95, &rng, &b), 0);
	slo_rng_seed(&rng, 43);
	ck_assert_int_eq(slo_bootstrap_quantile(&x.runs, &y.runs, 0.95, 500, 0.95, &rng, &c), 0);
	ck_assert_double_eq(a.lo, b.lo);
	ck_assert_double_eq(a.hi, b.hi);
	ck_assert(a.lo != c.lo || a.hi != c.hi);
}
END_TEST

/* The same resample, quantiles by sorting it. */
static double plain_quantile(const struct slo_runs *r, double q, struct slo_rng *rng)
{
	static double all[RUNS * SIZE];
	size_t n = 0;

	for (size_t i = 0; i < r->runs; i++) {
		size_t run = slo_rng_below(rng, r->runs);

		for (size_t j = 0; j < r->size[run]; j++)
			all[n++] = r->values[run][slo_rng_below(rng, r->size[run])];
	}
	slo_sort_f64(all, n);
	return slo_quantile(all, n, q);
}

START_TEST(equals_a_bootstrap_that_sorts_each_resample)
{
	static struct world x, y;
	struct slo_interval got;
	struct slo_rng rng;
	double d[200];

	slo_rng_seed(&rng, 4);
	fill(&x, &rng, 1);
	fill(&y, &rng, 1);
	for (size_t i = 0; i < RUNS; i++) { /* of unequal size, with ties */
		x.size[i] = 1 + i * 3;
		for (size_t j = 0; j < SIZE; j++)
			x.v[i][j] = floor(x.v[i][j]);
	}
	slo_rng_seed(&rng, 9);
	ck_assert_int_eq(slo_bootstrap_quantile(&x.runs, &y.runs, 0.9, 200, 0.9, &rng, &got), 0);
	slo_rng_seed(&rng, 9);
	for (size_t i = 0; i < 200; i++) {
		double a = plain_quantile(&x.runs, 0.9, &rng);

		d[i] = a - plain_quantile(&y.runs, 0.9, &rng);
	}
	slo_sort_f64(d, 200);
	ck_assert_double_eq_tol(got.lo, slo_quantile(d, 200, 0.05), 1e-12);
	ck_assert_double_eq_tol(got.hi, slo_quantile(d, 200, 0.95), 1e-12);
}
END_TEST

START_TEST(refuses_too_few_resamplings_and_empty_runs)
{
	double v = 1;
	const double *at = &v;
	size_t one = 1, none = 0;
	struct slo_runs full = { &at, &one, 1 }, hollow = { &at, &none, 1 }, empty = { &at, &one, 0 };
	struct slo_interval i;
	struct slo_rng rng;

	slo_rng_seed(&rng, 1);
	ck_assert_int_eq(slo_bootstrap_quantile(&full, &full, 0.95, 9, 0.95, &rng, &i), -EINVAL);
	ck_assert_int_eq(slo_bootstrap_quantile(&full, &hollow, 0.95, 100, 0.95, &rng, &i), -EINVAL);
	ck_assert_int_eq(slo_bootstrap_quantile(&empty, &full, 0.95, 100, 0.95, &rng, &i), -EINVAL);
	ck_assert_int_eq(slo_bootstrap_quantile(&full, &full, 0.95, 100, 0.95, &rng, &i), 0);
	ck_assert_double_eq(i.lo, 0);
	ck_assert_double_eq(i.hi, 0);
}
END_TEST

START_TEST(variance_of_a_quantile_is_that_of_repeated_samples)
{
	enum { N = 100, TRIALS = 2000 };
	double v[N], w[N], said = 0, sum = 0, square = 0;
	struct slo_rng rng;

	slo_rng_seed(&rng, 6);
	for (int k = 0; k < TRIALS; k++) {
		double q;

		for (int i = 0; i < N; i++)
			v[i] = normal(&rng);
		slo_sort_f64(v, N);
		said += slo_quantile_variance(v, N, 0.95, w, k == 0) / TRIALS;
		q = slo_quantile(v, N, 0.95);
		sum += q;
		square += q * q;
	}
	square = square / TRIALS - sum * sum / TRIALS / TRIALS;
	ck_assert_double_ge(said, 0.9 * square);
	ck_assert_double_le(said, 1.35 * square);
	ck_assert_double_eq(slo_quantile_variance(v, 1, 0.95, w, true), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("bootstrap");
	TCase *t = tcase_create("bootstrap");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, covers_when_runs_differ_as_much_as_requests);
	tcase_add_test(t, covers_when_runs_do_not_differ);
	tcase_add_test(t, the_same_seed_gives_the_same_interval_and_another_does_not);
	tcase_add_test(t, equals_a_bootstrap_that_sorts_each_resample);
	tcase_add_test(t, refuses_too_few_resamplings_and_empty_runs);
	tcase_add_test(t, variance_of_a_quantile_is_that_of_repeated_samples);
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
