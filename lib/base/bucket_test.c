/* SPDX-License-Identifier: MIT */
#include "base/bucket.h"

#include <check.h>

#define S INT64_C(1000000000)

START_TEST(burst_passes_at_once_then_the_rate)
{
	struct slo_bucket b;
	int passed = 0;

	slo_bucket_init(&b, 10, 20);
	for (int i = 0; i < 100; i++)
		passed += slo_bucket_take(&b, 5 * S);
	ck_assert_int_eq(passed, 20);
	ck_assert_uint_eq(b.dropped, 80);
	for (int i = 0; i < 1000; i++) /* 2 s in steps of 2 ms */
		passed += slo_bucket_take(&b, 5 * S + (i + 1) * (S / 500));
	ck_assert_int_ge(passed, 39);
	ck_assert_int_le(passed, 40);
}
END_TEST

START_TEST(idle_time_never_gives_more_than_the_burst)
{
	struct slo_bucket b;
	int passed = 0;

	slo_bucket_init(&b, 1000, 5);
	ck_assert(slo_bucket_take(&b, 0));
	for (int i = 0; i < 50; i++)
		passed += slo_bucket_take(&b, 3600 * S);
	ck_assert_int_eq(passed, 5);
}
END_TEST

START_TEST(time_that_goes_backwards_adds_nothing)
{
	struct slo_bucket b;

	slo_bucket_init(&b, 1, 1);
	ck_assert(slo_bucket_take(&b, 100 * S));
	ck_assert(!slo_bucket_take(&b, 10 * S));
	ck_assert(!slo_bucket_take(&b, 100 * S + S / 2));
	ck_assert(slo_bucket_take(&b, 101 * S));
}
END_TEST

START_TEST(a_burst_below_one_still_lets_single_events_pass)
{
	struct slo_bucket b;

	slo_bucket_init(&b, 1, 0);
	ck_assert(slo_bucket_take(&b, 0));
	ck_assert(!slo_bucket_take(&b, 0));
	ck_assert(slo_bucket_take(&b, S));
}
END_TEST

START_TEST(another_rate_and_burst_leave_the_tokens_that_are_there)
{
	struct slo_bucket b;

	slo_bucket_init(&b, 1, 10);
	for (int i = 0; i < 6; i++)
		ck_assert(slo_bucket_take(&b, 0));
	slo_bucket_change(&b, 1000, 2); /* of four tokens two have room */
	ck_assert(slo_bucket_take(&b, 0) && slo_bucket_take(&b, 0) && !slo_bucket_take(&b, 0));
	slo_bucket_change(&b, 1000, 100);
	ck_assert(!slo_bucket_take(&b, 0));
	ck_assert(slo_bucket_take(&b, S / 1000) && !slo_bucket_take(&b, S / 1000));
	ck_assert_uint_eq(b.taken, 9);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("bucket");
	TCase *t = tcase_create("bucket");

	tcase_add_test(t, burst_passes_at_once_then_the_rate);
	tcase_add_test(t, idle_time_never_gives_more_than_the_burst);
	tcase_add_test(t, time_that_goes_backwards_adds_nothing);
	tcase_add_test(t, a_burst_below_one_still_lets_single_events_pass);
	tcase_add_test(t, another_rate_and_burst_leave_the_tokens_that_are_there);
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
