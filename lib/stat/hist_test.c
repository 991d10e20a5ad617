/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "base/str.h"
#include "stat/hist.h"
#include "stat/quantile.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Values over @octaves powers of two around 1. */
static double draw(struct slo_rng *r, double octaves)
{
	return exp2((slo_rng_unit(r) - 0.5) * octaves);
}

static void fill(struct slo_hist *h, struct slo_rng *r, size_t n, double octaves)
{
	slo_hist_init(h);
	for (size_t i = 0; i < n; i++)
		slo_hist_add(h, draw(r, octaves), 1 + slo_rng_below(r, 3));
}

static void assert_same(const struct slo_hist *a, const struct slo_hist *b)
{
	ck_assert_int_eq(a->scale, b->scale);
	ck_assert_int_eq(a->offset, b->offset);
	ck_assert_uint_eq(a->n, b->n);
	ck_assert_uint_eq(a->zero, b->zero);
	ck_assert_mem_eq(a->counts, b->counts, sizeof(a->counts));
}

START_TEST(merging_is_associative_and_commutative)
{
	struct slo_hist a, b, c, left, right;
	struct slo_rng r;

	slo_rng_seed(&r, 100 + (uint64_t)_i);
	fill(&a, &r, 50, 2 + _i);
	fill(&b, &r, 50, 1 + 3.0 * _i);
	fill(&c, &r, 50, 20);
	slo_hist_add(&b, 0, 7);
	left = a;
	slo_hist_merge(&left, &b);
	slo_hist_merge(&left, &c);
	right = c;
	slo_hist_merge(&right, &b);
	slo_hist_merge(&right, &a);
	assert_same(&left, &right);
	ck_assert_uint_eq(slo_hist_count(&left), slo_hist_count(&a) + slo_hist_count(&b) + slo_hist_count(&c));
}
END_TEST

START_TEST(merging_equals_adding_all_values_to_one)
{
	struct slo_hist parts[4], whole, merged;
	struct slo_rng r;

	slo_rng_seed(&r, 7);
	slo_hist_init(&whole);
	slo_hist_init(&merged);
	for (size_t p = 0; p < 4; p++) {
		slo_hist_init(&parts[p]);
		for (size_t i = 0; i < 200; i++) {
			double v = draw(&r, 1 + 5.0 * (double)p);

			slo_hist_add(&parts[p], v, 1);
			slo_hist_add(&whole, v, 1);
		}
		slo_hist_merge(&merged, &parts[p]);
	}
	assert_same(&whole, &merged);
}
END_TEST

START_TEST(quantiles_stay_within_the_relative_error_of_the_scale)
{
	enum { N = 2000 };
	static const double octaves[] = { 4, 8, 18, 38, 58 }, qs[] = { 0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1 };
	struct slo_hist h;
	double *v = calloc(N, sizeof(*v)), base, bound;
	struct slo_rng r;

	slo_rng_seed(&r, 3);
	slo_hist_init(&h);
	for (size_t i = 0; i < N; i++) {
		v[i] = draw(&r, octaves[_i]);
		slo_hist_add(&h, v[i], 1);
	}
	slo_sort_f64(v, N);
	base = exp2(ldexp(1, -h.scale));
	/* to the geometric midpoint: at most sqrt(base) - 1 away, relative to the value */
	bound = sqrt(base) - 1 + 1e-12;
	for (size_t i = 0; i < SLO_ARRAY_LEN(qs); i++) {
		double rank = ceil(qs[i] * N), exact = v[(size_t)(rank < 1 ? 0 : rank - 1)];

		ck_assert_double_le(fabs(slo_hist_quantile(&h, qs[i]) / exact - 1), bound);
	}
	free(v);
}
END_TEST

START_TEST(downscaling_equals_inserting_at_the_coarser_scale)
{
	struct slo_hist fine, coarse;
	struct slo_rng r;

	slo_rng_seed(&r, 11);
	slo_hist_init(&fine);
	slo_hist_init(&coarse);
	coarse.scale = _i;
	for (size_t i = 0; i < 500; i++) {
		double v = draw(&r, 4.9);

		slo_hist_add(&fine, v, 1);
		slo_hist_add(&coarse, v, 1);
	}
	ck_assert_int_eq(fine.scale, SLO_HIST_SCALE);
	ck_assert_int_eq(coarse.scale, _i);
	/* merging into an empty histogram of scale _i lowers the scale of the fine one */
	struct slo_hist lowered;

	slo_hist_init(&lowered);
	lowered.scale = _i;
	slo_hist_merge(&lowered, &fine);
	assert_same(&coarse, &lowered);
}
END_TEST

START_TEST(bucket_edges_belong_to_the_lower_bucket)
{
	for (int e = -29; e < 1023; e++) {
		struct slo_hist h;

		slo_hist_init(&h);
		slo_hist_add(&h, ldexp(1, e), 1);
		ck_assert_int_eq(h.offset, e * 32 - 1);
		slo_hist_init(&h);
		slo_hist_add(&h, nextafter(ldexp(1, e), INFINITY), 1);
		ck_assert_int_eq(h.offset, e * 32);
	}
}
END_TEST

START_TEST(the_fast_index_agrees_with_the_logarithm)
{
	struct slo_rng r;

	slo_rng_seed(&r, 17);
	for (size_t i = 0; i < 20000; i++) {
		double v = draw(&r, 58), l = log2(v) * 32;
		struct slo_hist h;

		slo_hist_init(&h);
		slo_hist_add(&h, v, 1);
		if (fabs(l - nearbyint(l)) > 1e-9)
			ck_assert_int_eq(h.offset, (int32_t)floor(l));
	}
}
END_TEST

START_TEST(zero_negative_and_nan_are_handled_apart)
{
	struct slo_hist h;

	slo_hist_init(&h);
	ck_assert(isnan(slo_hist_quantile(&h, 0.5)));
	slo_hist_add(&h, NAN, 1);
	slo_hist_add(&h, INFINITY, 1);
	slo_hist_add(&h, 3, 0);
	ck_assert_uint_eq(slo_hist_count(&h), 0);
	slo_hist_add(&h, 0, 2);
	slo_hist_add(&h, -5, 1);
	slo_hist_add(&h, 1e-9, 1);
	ck_assert_uint_eq(h.zero, 4);
	ck_assert_uint_eq(h.n, 0);
	ck_assert_double_eq(slo_hist_quantile(&h, 0.5), 0);
	slo_hist_add(&h, 10, 4);
	ck_assert_double_eq(slo_hist_quantile(&h, 0.5), 0);
	ck_assert_double_eq_tol(slo_hist_quantile(&h, 0.51), 10, 0.11);
}
END_TEST

START_TEST(every_double_fits_by_lowering_the_scale)
{
	struct slo_hist h;

	slo_hist_init(&h);
	slo_hist_add(&h, 2e-9, 1);
	slo_hist_add(&h, 1.7e308, 1);
	slo_hist_add(&h, 1, 1);
	ck_assert_uint_eq(slo_hist_count(&h), 3);
	ck_assert_int_ge(h.scale, SLO_HIST_SCALE_MIN);
	ck_assert(slo_hist_valid(&h));
}
END_TEST

START_TEST(above_is_exact_at_edges_and_proportional_inside)
{
	struct slo_hist h;

	slo_hist_init(&h);
	slo_hist_add(&h, 0, 5);
	slo_hist_add(&h, 100, 10);
	slo_hist_add(&h, 400, 3);
	slo_hist_add(&h, 512, 4);
	ck_assert_uint_eq(slo_hist_above(&h, -1), 22);
	ck_assert_uint_eq(slo_hist_above(&h, 0), 17);
	ck_assert_uint_eq(slo_hist_above(&h, 200), 7);
	ck_assert_uint_eq(slo_hist_above(&h, 512), 0);  /* an upper edge: nothing above */
	ck_assert_uint_eq(slo_hist_above(&h, 500), 4);  /* the lower edge of 512's bucket is 501.03… */
	ck_assert_uint_eq(slo_hist_above(&h, exp2(9 - 1.0 / 64)), 2); /* the middle of it */
	ck_assert_uint_eq(slo_hist_above(&h, INFINITY), 0);
}
END_TEST

START_TEST(what_comes_from_outside_is_checked)
{
	struct slo_hist h;

	slo_hist_init(&h);
	ck_assert(slo_hist_valid(&h));
	h.scale = 21;
	ck_assert(!slo_hist_valid(&h));
	h.scale = -5;
	ck_assert(!slo_hist_valid(&h));
	slo_hist_init(&h);
	h.n = SLO_HIST_MAX_BUCKETS + 1;
	ck_assert(!slo_hist_valid(&h));
	h.n = 1;
	h.offset = 1024 * 32;
	ck_assert(!slo_hist_valid(&h));
	h.offset--;
	ck_assert(slo_hist_valid(&h));
	h.offset = -1075 * 32 - 1;
	ck_assert(!slo_hist_valid(&h));
	h.scale = -4;
	h.offset = 64;
	ck_assert(!slo_hist_valid(&h));
	h.offset--;
	ck_assert(slo_hist_valid(&h));
	h.scale = SLO_HIST_SCALE;
	h.offset = 0;
	h.n = 2;
	h.counts[0] = UINT64_MAX;
	ck_assert(slo_hist_valid(&h));
	h.counts[1] = 1;
	ck_assert(!slo_hist_valid(&h));
}
END_TEST

START_TEST(a_finer_histogram_from_outside_merges_and_pads_do_not_count)
{
	struct slo_hist h, from;

	slo_hist_init(&h);
	slo_hist_init(&from);
	from.scale = 20;
	from.n = 150; /* mostly empty buckets around one value just below 1 */
	from.offset = -76;
	from.counts[75] = 9;
	slo_hist_merge(&h, &from);
	ck_assert_int_eq(h.scale, SLO_HIST_SCALE);
	ck_assert_uint_eq(h.n, 1);
	ck_assert_int_eq(h.offset, -1);
	ck_assert_uint_eq(h.counts[0], 9);
	slo_hist_init(&from);
	from.scale = 10;
	slo_hist_add(&from, 8, 1);
	ck_assert_int_eq(from.offset, 3 * 1024 - 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("hist");
	TCase *t = tcase_create("hist");

	tcase_add_loop_test(t, merging_is_associative_and_commutative, 0, 20);
	tcase_add_test(t, merging_equals_adding_all_values_to_one);
	tcase_add_loop_test(t, quantiles_stay_within_the_relative_error_of_the_scale, 0, 5);
	tcase_add_loop_test(t, downscaling_equals_inserting_at_the_coarser_scale, -4, 5);
	tcase_add_test(t, bucket_edges_belong_to_the_lower_bucket);
	tcase_add_test(t, the_fast_index_agrees_with_the_logarithm);
	tcase_add_test(t, zero_negative_and_nan_are_handled_apart);
	tcase_add_test(t, every_double_fits_by_lowering_the_scale);
	tcase_add_test(t, above_is_exact_at_edges_and_proportional_inside);
	tcase_add_test(t, what_comes_from_outside_is_checked);
	tcase_add_test(t, a_finer_histogram_from_outside_merges_and_pads_do_not_count);
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
