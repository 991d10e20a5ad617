/* SPDX-License-Identifier: MIT */
#include "net/http_client_arrivals.h"

#include "base/time.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

START_TEST(constant_arrivals_do_not_drift)
{
	struct slo_schedule s;
	int64_t at, last = -1;
	int n = 0;

	slo_schedule_init(&s, SLO_ARRIVALS_CONSTANT, 3, 100 * SLO_NS_PER_S, 1);
	while (slo_schedule_next(&s, &at)) {
		ck_assert_int_eq(at, (int64_t)((double)n / 3 * 1e9));
		ck_assert_int_gt(at, last);
		last = at;
		n++;
	}
	ck_assert_int_eq(n, 300);
}
END_TEST

START_TEST(poisson_arrivals_have_exponential_gaps_and_repeat_by_seed)
{
	struct slo_schedule a, b, other;
	int64_t at = 0, same, differs, last = 0;
	double n = 0, sum = 0, squares = 0;
	bool different = false;

	slo_schedule_init(&a, SLO_ARRIVALS_POISSON, 50, 1000 * SLO_NS_PER_S, 7);
	slo_schedule_init(&b, SLO_ARRIVALS_POISSON, 50, 1000 * SLO_NS_PER_S, 7);
	slo_schedule_init(&other, SLO_ARRIVALS_POISSON, 50, 1000 * SLO_NS_PER_S, 8);
	while (slo_schedule_next(&a, &at)) {
		double gap = (double)(at - last) / 1e9;

		ck_assert(slo_schedule_next(&b, &same));
		ck_assert_int_eq(at, same);
		if (slo_schedule_next(&other, &differs))
			different |= differs != at;
		ck_assert_int_ge(at, last);
		ck_assert_int_lt(at, 1000 * SLO_NS_PER_S);
		last = at;
		n++;
		sum += gap;
		squares += gap * gap;
	}
	/* 50000 expected, standard deviation 224; mean = standard deviation of the gaps = 20 ms */
	ck_assert_double_eq_tol(n, 50000, 1000);
	ck_assert_double_eq_tol(sum / n, 0.02, 0.0005);
	ck_assert_double_eq_tol(sqrt(squares / n - sum / n * sum / n), 0.02, 0.0005);
	ck_assert(different);
}
END_TEST

/* N(t) of a ramp from @a to @b over @span seconds. */
static double expected(double a, double b, double span, double t)
{
	return a * t + (b - a) * t * t / (2 * span);
}

static const struct {
	double from, to;
} ramps[] = { { 10, 50 }, { 50, 10 }, { 0.5, 100 }, { 20, 20.0001 } };

START_TEST(a_ramp_puts_each_arrival_where_it_is_expected)
{
	double a = ramps[_i].from, b = ramps[_i].to;
	struct slo_schedule s;
	int64_t at, last = -1;
	int n = 0;

	slo_schedule_ramp(&s, SLO_ARRIVALS_CONSTANT, a, b, 100 * SLO_NS_PER_S, 1);
	while (slo_schedule_next(&s, &at)) {
		ck_assert_int_gt(at, last);
		ck_assert_double_eq_tol(expected(a, b, 100, (double)at / 1e9), n, 1e-4);
		last = at;
		n++;
	}
	ck_assert_double_eq_tol(n, (a + b) * 50, 1);
}
END_TEST

START_TEST(a_poisson_ramp_has_as_many_arrivals_in_each_part_as_its_rate_says)
{
	struct slo_schedule s;
	int64_t at;
	int first = 0, second = 0;

	slo_schedule_ramp(&s, SLO_ARRIVALS_POISSON, 10, 90, 400 * SLO_NS_PER_S, 5);
	while (slo_schedule_next(&s, &at))
		*(at < 200 * SLO_NS_PER_S ? &first : &second) += 1;
	/* 6000 and 14000 expected, standard deviations 77 and 118 */
	ck_assert_double_eq_tol(first, 6000, 400);
	ck_assert_double_eq_tol(second, 14000, 600);
}
END_TEST

START_TEST(a_trace_is_replayed_at_its_speed_and_cut_at_the_end)
{
	struct slo_trace_row rows[] = {
		{ 0, 1, 2 }, { SLO_NS_PER_S, 3, 4 }, { SLO_NS_PER_S, 5, 6 }, { 3 * SLO_NS_PER_S, 7, 8 }
	};
	const struct slo_trace t = { rows, 4 };
	struct slo_schedule s;
	int64_t at = -1;

	slo_schedule_trace(&s, &t, 2, 2 * SLO_NS_PER_S);
	ck_assert_ptr_null(slo_schedule_row(&s));
	for (int i = 0; i < 4; i++) {
		ck_assert(slo_schedule_next(&s, &at));
		ck_assert_int_eq(at, rows[i].at_ns / 2);
		ck_assert_ptr_eq(slo_schedule_row(&s), &rows[i]);
	}
	ck_assert(!slo_schedule_next(&s, &at));
	slo_schedule_trace(&s, &t, 1, 3 * SLO_NS_PER_S);
	for (int i = 0; i < 3; i++)
		ck_assert(slo_schedule_next(&s, &at));
	ck_assert(!slo_schedule_next(&s, &at)); /* the last comes when it is over */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_client_arrivals");
	TCase *c = tcase_create("arrivals");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, constant_arrivals_do_not_drift);
	tcase_add_test(c, poisson_arrivals_have_exponential_gaps_and_repeat_by_seed);
	tcase_add_loop_test(c, a_ramp_puts_each_arrival_where_it_is_expected, 0,
			    (int)(sizeof(ramps) / sizeof(ramps[0])));
	tcase_add_test(c, a_poisson_ramp_has_as_many_arrivals_in_each_part_as_its_rate_says);
	tcase_add_test(c, a_trace_is_replayed_at_its_speed_and_cut_at_the_end);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
