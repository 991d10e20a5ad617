/* SPDX-License-Identifier: MIT */
/*
 * The Mann-Whitney test against values of R (coin, wilcox.test), SciPy and benchstat, against
 * brute force over all splits, and, where it is installed, against R's wilcox.test itself.
 */
#include "base/rng.h"
#include "base/str.h"
#include "stat/ranktest.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define V(...) (const double[]){ __VA_ARGS__ }, sizeof((double[]){ __VA_ARGS__ }) / sizeof(double)

/* Wanted: exact two-sided, less, greater; normal two-sided. NaN = not given. */
static const struct row {
	const double *x;
	size_t n;
	const double *y;
	size_t m;
	double u, two, less, greater, normal, delta, shift;
} rows[] = {
	{ V(2, 1, 3, 5), V(12, 11, 13, 15), 0, 1.0 / 35, .0142857143, 1, .0303828220, -1, -10 },
	{ V(2, 1, 3, 5), V(0, 4, 6, 7), 5, .4857142857, .2428571429, .8285714286, .4704864221, -.375, -2 },
	{ V(2, 1, 3, 5), V(2, 2, 2, 2), 10, 5.0 / 7, .8571428571, .3571428571, .6198391187, .25, .5 },
	{ V(2, 1, 3, 5), V(1, 1, 1, 1, 1), 17.5, 1.0 / 21, 1, .0476190476, .0416200629, .75, 1.5 },
	{ V(10, 10, 10, 12, 14), V(10, 11, 12, 12, 15, 18), 8.5, 19.0 / 77, .1190476190, .9155844156, .2576104069,
	  -.4333333333, -1.5 },
	{ V(1.1, 1.2, 1.2, 1.3, 1.5, 1.5, 1.7, 2.0), V(1.2, 1.4, 1.5, 1.6, 1.6, 1.9, 2.1, 2.2), 18, 323.0 / 2145,
	  .0752913753, .9323232323, .1535049225, -.4375, -.25 },
	{ V(1, -1, -1, -1), V(-1, 1, 1, 1), 4, 17.0 / 35, .2428571429, .9857142857, .2470615251, -.5, -2 },
	{ V(19, 22, 16, 29, 24), V(20, 11, 17, 12), 17, 1.0 / 9, .9682539683, .0555555556, .1113468865, .7, 7 },
	{ V(.80, .83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, .73, 1.46), V(1.15, .88, .90, .74, 1.21), 35, .2544122544,
	  .8967698968, .1272061272, .2446236051, .4, .305 },
	{ V(3069, 3075, 3069, 3067, 3207, 3064, 3064, 3058, 3059, 3062),
	  V(3075, 3065, 3059, 3065, 3060, 3081, 3186, 3135, 3087, 3062), 39.5, .4461018857, .2230509, .7879798,
	  .4486666231, -.21, -3 },
};

/* What is printed with fewer digits is compared with as many. */
static void near(double got, double want, double digit)
{
	ck_assert_msg(fabs(got - want) <= digit, "%.17g is not %.17g", got, want);
}

START_TEST(reference_values)
{
	const struct row *r = &rows[_i];
	double rough = _i == 9 ? 5e-8 : 5.1e-11;
	struct slo_rank_test t;
	struct slo_interval hl, delta;

	ck_assert_int_eq(slo_mann_whitney(r->x, r->n, r->y, r->m, &t), 0);
	ck_assert(t.exact);
	ck_assert_double_eq(t.u, r->u);
	near(t.p_two, r->two, 1e-10);
	near(t.p_less, r->less, rough);
	near(t.p_greater, r->greater, rough);
	ck_assert_int_eq(slo_mann_whitney_normal(r->x, r->n, r->y, r->m, &t), 0);
	ck_assert(!t.exact);
	near(t.p_two, r->normal, 1e-10);
	ck_assert_int_eq(slo_cliffs_delta(r->x, r->n, r->y, r->m, 0.95, &delta, NULL), 0);
	near(delta.estimate, r->delta, 1e-10);
	near(delta.estimate, 2 * t.u / (double)(r->n * r->m) - 1, 1e-12);
	ck_assert_int_eq(slo_hodges_lehmann(r->x, r->n, r->y, r->m, 0.95, &hl), 0);
	near(hl.estimate, r->shift, 1e-10);
}
END_TEST

START_TEST(large_samples_use_the_normal_law_with_ties)
{
	double l1[500], l2[600], l3[600];
	struct slo_rank_test t;

	for (int i = 0; i < 500; i++)
		l1[i] = 2 * i;
	for (int i = 0; i < 600; i++) {
		l2[i] = 2 * i - 41;
		l3[i] = i < 30 ? l1[i] : l2[i];
	}
	ck_assert_int_eq(slo_mann_whitney(l1, 500, l2, 600, &t), 0);
	ck_assert(!t.exact);
	ck_assert_double_eq(t.u, 135250);
	near(t.p_two, .0049335360814172, 1e-15);
	ck_assert_int_eq(slo_mann_whitney(l1, 500, l3, 600, &t), 0);
	ck_assert_double_eq(t.u, 134845);
	near(t.p_two, .0038703814239618, 1e-15);
}
END_TEST

START_TEST(the_smallest_p_that_so_many_values_can_give)
{
	static const double two[] = { 1, 1.0 / 3, .1, .0285714, .0079365, .0021645, .00058275, .00015540, 4.1135e-5 };
	double x[9], y[9];

	for (size_t n = 1; n <= 9; n++) {
		struct slo_rank_test t;

		for (size_t i = 0; i < n; i++) {
			x[i] = (double)i + 100;
			y[i] = (double)i;
		}
		ck_assert_int_eq(slo_mann_whitney(x, n, y, n, &t), 0);
		near(t.p_two / two[n - 1], 1, 2e-5);
		near(t.p_greater, slo_rank_min_p(n, n), 1e-15);
	}
}
END_TEST

START_TEST(all_equal_is_no_evidence_at_any_size)
{
	double x[150] = { 0 }, y[150] = { 0 };
	struct slo_rank_test t;
	size_t sizes[] = { 3, 150 };

	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(slo_mann_whitney(x, sizes[i], y, sizes[i], &t), 0);
		ck_assert_double_eq(t.p_two, 1);
		ck_assert_double_eq(t.p_less, 1);
		ck_assert_double_eq(t.p_greater, 1);
	}
}
END_TEST

START_TEST(at_the_mean_the_continuity_correction_does_not_overshoot)
{
	double x[] = { 1, 4 }, y[] = { 2, 3 };
	struct slo_rank_test t;

	ck_assert_int_eq(slo_mann_whitney_normal(x, 2, y, 2, &t), 0);
	ck_assert_double_eq(t.u, 2);
	ck_assert_double_eq(t.p_two, 1);
}
END_TEST

/* All splits of the pooled values, one by one. */
struct brute {
	double all[16];
	size_t n, m;
	double at, off;
	double splits, less, greater, two;
};

static double u_of(const struct brute *b, unsigned int mask)
{
	double u = 0;

	for (size_t i = 0; i < b->n + b->m; i++)
		for (size_t j = 0; j < b->n + b->m; j++)
			if ((mask >> i & 1) && !(mask >> j & 1))
				u += b->all[i] > b->all[j] ? 1 : b->all[i] == b->all[j] ? 0.5 : 0;
	return u;
}

static void try_all(struct brute *b)
{
	double mean = (double)(b->n * b->m) / 2;

	b->at = u_of(b, (1u << b->n) - 1);
	b->off = fabs(b->at - mean);
	for (unsigned int mask = 0; mask < 1u << (b->n + b->m); mask++) {
		double u;

		if ((size_t)__builtin_popcount(mask) != b->n)
			continue;
		u = u_of(b, mask);
		b->splits++;
		b->less += u <= b->at;
		b->greater += u >= b->at;
		b->two += fabs(u - mean) >= b->off;
	}
}

START_TEST(small_cases_with_ties_equal_brute_force)
{
	struct slo_rng rng;

	slo_rng_seed(&rng, 20261);
	for (int i = 0; i < 500; i++) {
		struct brute b = { .n = 1 + slo_rng_below(&rng, 6), .m = 1 + slo_rng_below(&rng, 6) };
		uint64_t distinct = 1 + slo_rng_below(&rng, 8);
		struct slo_rank_test t;

		for (size_t j = 0; j < b.n + b.m; j++)
			b.all[j] = (double)slo_rng_below(&rng, distinct);
		try_all(&b);
		ck_assert_int_eq(slo_mann_whitney(b.all, b.n, b.all + b.n, b.m, &t), 0);
		ck_assert_double_eq(t.u, b.at);
		near(t.p_less, b.less / b.splits, 1e-13);
		near(t.p_greater, b.greater / b.splits, 1e-13);
		near(t.p_two, b.two / b.splits, 1e-13);
	}
}
END_TEST

START_TEST(a_hundred_on_each_side_is_exact_and_near_the_normal_law)
{
	double x[100], y[100];
	struct slo_rank_test exact, normal;
	struct slo_rng rng;

	slo_rng_seed(&rng, 7);
	for (int i = 0; i < 100; i++) {
		x[i] = (double)slo_rng_below(&rng, 40) + 2;
		y[i] = (double)slo_rng_below(&rng, 40);
	}
	ck_assert_int_eq(slo_mann_whitney(x, 100, y, 100, &exact), 0);
	ck_assert_int_eq(slo_mann_whitney_normal(x, 100, y, 100, &normal), 0);
	ck_assert(exact.exact);
	near(exact.p_two / normal.p_two, 1, 0.02);
	near(exact.p_greater / normal.p_greater, 1, 0.02);
	ck_assert_double_le(exact.p_greater, 0.5);
}
END_TEST

START_TEST(fifty_against_fifty_as_computed_in_exact_integers)
{
	double x[50], y[50];
	struct slo_rank_test t;

	for (int i = 0; i < 50; i++) {
		x[i] = i * 7 % 23;
		y[i] = i * 5 % 19;
	}
	ck_assert_int_eq(slo_mann_whitney(x, 50, y, 50, &t), 0);
	near(t.p_two, 0.12631094993188619, 1e-12);
}
END_TEST

START_TEST(refuses_nothing_to_compare)
{
	struct slo_rank_test t = { .u = 4 };
	double x = 1;

	ck_assert_int_eq(slo_mann_whitney(&x, 0, &x, 1, &t), -22);
	ck_assert_int_eq(slo_mann_whitney(&x, 1, &x, 0, &t), -22);
	ck_assert_double_eq(t.u, 4);
}
END_TEST

START_TEST(infinite_values_are_the_largest_and_tie)
{
	double x[] = { INFINITY, INFINITY, 1 }, y[] = { INFINITY, 2, 3 };
	struct slo_rank_test t;

	ck_assert_int_eq(slo_mann_whitney(x, 3, y, 3, &t), 0);
	ck_assert_double_eq(t.u, 5);
	ck_assert(t.p_two > 0 && t.p_two <= 1);
}
END_TEST

static double ask_r(const double *x, size_t n, const double *y, size_t m, const char *alternative)
{
	char command[4096], answer[64] = "";
	size_t k = (size_t)snprintf(command, sizeof(command), "Rscript -e 'cat(sprintf(\"%%.17g\", wilcox.test(c(");
	FILE *p;

	for (size_t i = 0; i < n; i++)
		k += (size_t)snprintf(command + k, sizeof(command) - k, "%s%.17g", i ? "," : "", x[i]);
	k += (size_t)snprintf(command + k, sizeof(command) - k, "), c(");
	for (size_t i = 0; i < m; i++)
		k += (size_t)snprintf(command + k, sizeof(command) - k, "%s%.17g", i ? "," : "", y[i]);
	snprintf(command + k, sizeof(command) - k, "), alternative=\"%s\")$p.value))' 2>/dev/null", alternative);
	p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	if (!fgets(answer, sizeof(answer), p))
		answer[0] = '\0';
	ck_assert_int_eq(pclose(p), 0);
	return strtod(answer, NULL);
}

START_TEST(agrees_with_wilcox_test_where_that_is_exact)
{
	struct slo_rng rng;

	if (system("Rscript --version >/dev/null 2>&1") != 0) {
		printf("SKIP: no Rscript (package r-base-core): wilcox.test not asked\n");
		return;
	}
	slo_rng_seed(&rng, 99);
	for (int i = 0; i < 4; i++) {
		double x[40], y[40];
		size_t n = 2 + slo_rng_below(&rng, 38), m = 2 + slo_rng_below(&rng, 38);
		struct slo_rank_test t;

		for (size_t j = 0; j < 40; j++) {
			x[j] = slo_rng_unit(&rng) + 0.15;
			y[j] = slo_rng_unit(&rng);
		}
		ck_assert_int_eq(slo_mann_whitney(x, n, y, m, &t), 0);
		near(t.p_two, ask_r(x, n, y, m, "two.sided"), 1e-10);
		near(t.p_greater, ask_r(x, n, y, m, "greater"), 1e-10);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ranktest");
	TCase *t = tcase_create("ranktest");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, reference_values, 0, (int)SLO_ARRAY_LEN(rows));
	tcase_add_test(t, large_samples_use_the_normal_law_with_ties);
	tcase_add_test(t, the_smallest_p_that_so_many_values_can_give);
	tcase_add_test(t, all_equal_is_no_evidence_at_any_size);
	tcase_add_test(t, at_the_mean_the_continuity_correction_does_not_overshoot);
	tcase_add_test(t, small_cases_with_ties_equal_brute_force);
	tcase_add_test(t, a_hundred_on_each_side_is_exact_and_near_the_normal_law);
	tcase_add_test(t, fifty_against_fifty_as_computed_in_exact_integers);
	tcase_add_test(t, refuses_nothing_to_compare);
	tcase_add_test(t, infinite_values_are_the_largest_and_tie);
	tcase_add_test(t, agrees_with_wilcox_test_where_that_is_exact);
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
