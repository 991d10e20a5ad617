/* SPDX-License-Identifier: MIT */
#include "stat/hist_pack.h"

#include "base/rng.h"

#include <check.h>
#include <string.h>

static uint8_t bytes[SLO_HIST_PACKED_MAX];

static void same(const struct slo_hist *a, const struct slo_hist *b)
{
	ck_assert_int_eq(a->scale, b->scale);
	ck_assert_uint_eq(a->zero, b->zero);
	ck_assert_uint_eq(slo_hist_count(a), slo_hist_count(b));
	for (double q = 0; q <= 1; q += 0.01)
		ck_assert_double_eq(slo_hist_quantile(a, q), slo_hist_quantile(b, q));
}

START_TEST(what_was_packed_comes_back)
{
	struct slo_hist h, back;
	struct slo_rng rng;

	slo_rng_seed(&rng, (uint64_t)_i + 1);
	slo_hist_init(&h);
	for (uint64_t n = slo_rng_below(&rng, 400) + 1; n; n--)
		slo_hist_add(&h, slo_rng_exp(&rng, 1 << _i) - (_i % 3 ? 0 : 1e-3),
			     slo_rng_below(&rng, 4) ? 1 : slo_rng_u64(&rng) >> 20);
	ck_assert(slo_hist_unpack(bytes, slo_hist_pack(&h, bytes, sizeof(bytes)), &back));
	same(&h, &back);
}
END_TEST

START_TEST(twenty_observations_need_some_fifty_bytes)
{
	struct slo_hist h;
	struct slo_rng rng;

	slo_rng_seed(&rng, 7);
	slo_hist_init(&h);
	ck_assert_uint_eq(slo_hist_pack(&h, bytes, sizeof(bytes)), 3);
	for (int i = 0; i < 20; i++)
		slo_hist_add(&h, slo_rng_exp(&rng, 30), 1);
	ck_assert_uint_le(slo_hist_pack(&h, bytes, sizeof(bytes)), 50);
}
END_TEST

START_TEST(the_fullest_histogram_fits)
{
	struct slo_hist h = { .scale = 20, .offset = -1000, .zero = 9, .n = SLO_HIST_MAX_BUCKETS }, back;

	for (int i = 0; i < SLO_HIST_MAX_BUCKETS; i++)
		h.counts[i] = UINT64_MAX / 200;
	ck_assert_uint_le(slo_hist_pack(&h, bytes, sizeof(bytes)), SLO_HIST_PACKED_MAX);
	ck_assert(slo_hist_unpack(bytes, slo_hist_pack(&h, bytes, sizeof(bytes)), &back));
	ck_assert_int_eq(memcmp(&h, &back, sizeof(h)), 0);
	ck_assert_uint_le(slo_hist_pack(&h, bytes, 64), 64);
	ck_assert(slo_hist_unpack(bytes, slo_hist_pack(&h, bytes, 64), &back));
	ck_assert_uint_eq(slo_hist_count(&h), slo_hist_count(&back));
}
END_TEST

START_TEST(in_less_room_it_is_coarser)
{
	struct slo_hist h, back;
	struct slo_rng rng;

	slo_rng_seed(&rng, 11);
	slo_hist_init(&h);
	for (int i = 0; i < 5000; i++)
		slo_hist_add(&h, slo_rng_exp(&rng, 30), 1);
	ck_assert_uint_gt(slo_hist_pack(&h, bytes, sizeof(bytes)), 90);
	ck_assert_uint_le(slo_hist_pack(&h, bytes, 90), 90);
	ck_assert(slo_hist_unpack(bytes, slo_hist_pack(&h, bytes, 90), &back));
	ck_assert_uint_eq(slo_hist_count(&back), 5000);
	ck_assert_int_eq(back.scale, h.scale - 1);
	ck_assert_double_eq_tol(slo_hist_quantile(&back, 0.95) / 89.87, 1, 0.09); /* -30 ln 0.05 */
}
END_TEST

START_TEST(damaged_bytes_are_refused_or_a_valid_histogram)
{
	struct slo_hist h, back;
	struct slo_rng rng;
	size_t n, refused = 0;

	slo_rng_seed(&rng, 3);
	slo_hist_init(&h);
	for (int i = 0; i < 40; i++)
		slo_hist_add(&h, slo_rng_exp(&rng, 30), 1 + slo_rng_below(&rng, 1000));
	n = slo_hist_pack(&h, bytes, sizeof(bytes));
	for (size_t cut = 0; cut < n; cut++)
		ck_assert(!slo_hist_unpack(bytes, cut, &back) || slo_hist_count(&back) < 40 * 1001);
	ck_assert(!slo_hist_unpack(bytes, 1, &back));
	ck_assert_uint_eq(slo_hist_count(&back), 0);
	for (int i = 0; i < 20000; i++) {
		uint8_t *at = &bytes[slo_rng_below(&rng, n)], was = *at;

		*at = (uint8_t)slo_rng_u64(&rng);
		refused += !slo_hist_unpack(bytes, n, &back);
		ck_assert(slo_hist_valid(&back));
		*at = was;
	}
	ck_assert_uint_gt(refused, 1000);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("hist_pack");
	TCase *t = tcase_create("hist_pack");

	tcase_add_loop_test(t, what_was_packed_comes_back, 0, 24);
	tcase_add_test(t, twenty_observations_need_some_fifty_bytes);
	tcase_add_test(t, the_fullest_histogram_fits);
	tcase_add_test(t, in_less_room_it_is_coarser);
	tcase_add_test(t, damaged_bytes_are_refused_or_a_valid_histogram);
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
