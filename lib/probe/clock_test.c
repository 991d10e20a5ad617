/* SPDX-License-Identifier: MIT */
#include "probe/clock.h"

#include "base/time.h"

#include <check.h>
#include <stdlib.h>

START_TEST(the_narrowest_reading_wins)
{
	struct slo_clock c = { .error_ns = INT64_MAX };

	slo_clock_take(&c, 1000, 100, 1200);
	ck_assert_int_eq(c.offset_ns, 1000);
	ck_assert_int_eq(c.error_ns, 100);
	slo_clock_take(&c, 2000, 990, 2020);
	ck_assert_int_eq(c.offset_ns, 1020);
	ck_assert_int_eq(c.error_ns, 10);
	slo_clock_take(&c, 9000, 0, 9500);
	ck_assert_int_eq(c.offset_ns, 1020);
}
END_TEST

START_TEST(a_reading_across_a_step_backwards_is_not_used)
{
	struct slo_clock c = { .offset_ns = 7, .error_ns = INT64_MAX };

	slo_clock_take(&c, 5000, 100, 4000);
	ck_assert_int_eq(c.offset_ns, 7);
}
END_TEST

START_TEST(boot_time_becomes_wall_time)
{
	struct slo_clock c = { 0 };
	int64_t before, wall;

	slo_clock_sync(&c);
	before = slo_now_wall_ns();
	wall = slo_clock_wall(&c, (uint64_t)slo_now_boot_ns());
	ck_assert_int_ge(wall, before - c.error_ns - SLO_NS_PER_MS);
	ck_assert_int_le(wall, slo_now_wall_ns() + c.error_ns + SLO_NS_PER_MS);
	ck_assert_int_lt(c.error_ns, 100 * SLO_NS_PER_MS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, the_narrowest_reading_wins);
	tcase_add_test(t, a_reading_across_a_step_backwards_is_not_used);
	tcase_add_test(t, boot_time_becomes_wall_time);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
