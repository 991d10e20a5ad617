/* SPDX-License-Identifier: MIT */
#include "attribute/scalar.h"

#include <check.h>
#include <math.h>

#define S INT64_C(1000000000)

static struct slo_window window(int signal, int64_t from_s, int64_t to_s)
{
	return (struct slo_window){ .start_ns = from_s * S, .end_ns = to_s * S, .signal = signal,
				    .state = SLO_STATE_ZERO, .sum = NAN, .min = NAN, .max = NAN };
}

static void observe(struct slo_window *w, double value, uint64_t times)
{
	if (w->state != SLO_STATE_VALUE) {
		w->state = SLO_STATE_VALUE;
		w->sum = 0;
		w->has_hist = true;
		slo_hist_init(&w->hist);
	}
	w->count += times;
	w->sum += value * (double)times;
	w->min = fmin(w->min, value);
	w->max = fmax(w->max, value);
	slo_hist_add(&w->hist, value, times);
}

START_TEST(latency_is_p95_from_five_observations_on)
{
	struct slo_window w = window(SLO_SIGNAL_DNS_LATENCY, 0, 1);

	observe(&w, 10, 3);
	observe(&w, 200, 1);
	ck_assert_double_eq(slo_window_scalar(&w), 200); /* 4: the maximum */
	observe(&w, 10, 96);
	/* 1 of 100 is over 10: p95 is 10, within a bucket's 2.2 %. */
	ck_assert_double_eq_tol(slo_window_scalar(&w), 10, 0.22);
	observe(&w, 200, 9);
	ck_assert_double_eq_tol(slo_window_scalar(&w), 200, 4.4);
}
END_TEST

START_TEST(latency_merges_histograms_not_percentiles)
{
	struct slo_window a = window(SLO_SIGNAL_CONNECT_LATENCY, 0, 1), b = window(SLO_SIGNAL_CONNECT_LATENCY, 1, 2);
	struct slo_hist h;
	struct slo_merged m = { .hist = &h };

	observe(&a, 5, 990);
	observe(&b, 500, 10);
	slo_merged_reset(&m);
	ck_assert(slo_merged_add(&m, &a));
	ck_assert(slo_merged_add(&m, &b));
	/* The mean of the two p95 would be 252. */
	ck_assert_double_eq_tol(slo_merged_scalar(&m, SLO_SCALAR_LATENCY), 5, 0.11);
	ck_assert_int_eq(slo_merged_state(&m), SLO_STATE_VALUE);
}
END_TEST

START_TEST(latency_without_a_histogram_is_the_maximum)
{
	struct slo_window w = window(SLO_SIGNAL_RUNQUEUE_DELAY, 0, 1);

	observe(&w, 3, 99);
	observe(&w, 70, 1);
	w.has_hist = false;
	ck_assert_double_eq(slo_window_scalar(&w), 70);
}
END_TEST

START_TEST(p95_stays_within_what_was_observed)
{
	struct slo_window w = window(SLO_SIGNAL_DISK_IO, 0, 1);

	observe(&w, 7.123, 50);
	ck_assert_double_eq(slo_window_scalar(&w), 7.123);
}
END_TEST

START_TEST(totals_are_per_second_of_watched_time)
{
	struct slo_window a = window(SLO_SIGNAL_TCP_RETRANSMITS, 0, 10), b = window(SLO_SIGNAL_TCP_RETRANSMITS, 10, 20);
	struct slo_merged m = { .hist = NULL };

	observe(&a, 1, 30);
	ck_assert_double_eq_tol(slo_window_scalar(&a), 3, 1e-12);
	slo_merged_reset(&m);
	slo_merged_add(&m, &a);
	slo_merged_add(&m, &b); /* watched, and quiet: dilutes */
	ck_assert_double_eq_tol(slo_merged_scalar(&m, SLO_SCALAR_RATE), 1.5, 1e-12);
	ck_assert_int_eq(slo_signal_info[SLO_SIGNAL_CFS_THROTTLED].scalar, SLO_SCALAR_RATE);
}
END_TEST

START_TEST(percentages_are_means)
{
	struct slo_window w = window(SLO_SIGNAL_CPU_STEAL, 0, 1);

	observe(&w, 2, 3);
	observe(&w, 10, 1);
	ck_assert_double_eq_tol(slo_window_scalar(&w), 4, 1e-12);
}
END_TEST

START_TEST(quiet_is_zero_and_blind_is_not_a_number)
{
	struct slo_window w = window(SLO_SIGNAL_DNS_LATENCY, 0, 1);
	struct slo_merged m = { .hist = NULL };

	ck_assert_double_eq(slo_window_scalar(&w), 0);
	w.state = SLO_STATE_NOT_CAPTURED;
	ck_assert(isnan(slo_window_scalar(&w)));
	slo_merged_reset(&m);
	ck_assert_int_eq(slo_merged_state(&m), SLO_STATE_NOT_CAPTURED);
	slo_merged_add(&m, &w);
	ck_assert_int_eq(slo_merged_state(&m), SLO_STATE_NOT_CAPTURED);
	ck_assert_uint_eq(m.blind, 1);
	w.state = SLO_STATE_ZERO;
	slo_merged_add(&m, &w);
	ck_assert_int_eq(slo_merged_state(&m), SLO_STATE_ZERO);
}
END_TEST

START_TEST(time_nobody_watched_does_not_dilute_a_rate)
{
	struct slo_window a = window(SLO_SIGNAL_CONNECT_ERRORS, 0, 10);
	struct slo_window blind = window(SLO_SIGNAL_CONNECT_ERRORS, 10, 20);
	struct slo_merged m = { .hist = NULL };

	observe(&a, 1, 30);
	blind.state = SLO_STATE_NOT_CAPTURED;
	slo_merged_reset(&m);
	slo_merged_add(&m, &a);
	slo_merged_add(&m, &blind);
	ck_assert_double_eq_tol(slo_merged_scalar(&m, SLO_SCALAR_RATE), 3, 1e-12);
}
END_TEST

START_TEST(a_rate_is_over_all_time_the_signal_was_watched)
{
	struct slo_window w = window(SLO_SIGNAL_TCP_RETRANSMITS, 3, 4);
	struct slo_merged a = { .hist = NULL }, quiet = { .hist = NULL };

	observe(&w, 1, 12);
	slo_merged_reset(&a);
	slo_merged_reset(&quiet);
	slo_merged_add(&a, &w);
	ck_assert_double_eq_tol(slo_merged_scalar(&a, SLO_SCALAR_RATE), 12, 1e-12);
	quiet.watched_ns = 3 * S; /* three seconds of which this role says nothing */
	ck_assert_int_eq(slo_merged_state(&quiet), SLO_STATE_ZERO);
	ck_assert_double_eq(slo_merged_scalar(&quiet, SLO_SCALAR_RATE), 0);
	slo_merged_join(&a, &quiet);
	ck_assert_double_eq_tol(slo_merged_scalar(&a, SLO_SCALAR_RATE), 3, 1e-12);
}
END_TEST

START_TEST(joining_equals_adding_one_by_one)
{
	struct slo_hist h[3];
	struct slo_merged a = { .hist = &h[0] }, b = { .hist = &h[1] }, both = { .hist = &h[2] };

	slo_merged_reset(&a);
	slo_merged_reset(&b);
	slo_merged_reset(&both);
	for (int i = 1; i <= 20; i++) {
		struct slo_window w = window(SLO_SIGNAL_TLS_HANDSHAKE, i, i + 1);

		observe(&w, i * 7, (uint64_t)i);
		slo_merged_add(i % 2 ? &a : &b, &w);
		slo_merged_add(&both, &w);
	}
	slo_merged_join(&a, &b);
	ck_assert_uint_eq(a.count, both.count);
	ck_assert_double_eq(a.min, both.min);
	ck_assert_double_eq(a.max, both.max);
	ck_assert_int_eq(a.time_ns, both.time_ns);
	ck_assert_double_eq(slo_merged_scalar(&a, SLO_SCALAR_LATENCY), slo_merged_scalar(&both, SLO_SCALAR_LATENCY));
}
END_TEST

START_TEST(windows_without_the_numbers_they_need_are_refused)
{
	struct slo_window w = window(SLO_SIGNAL_TCP_RETRANSMITS, 0, 1);
	struct slo_merged m = { .hist = NULL };

	slo_merged_reset(&m);
	w.state = SLO_STATE_VALUE;
	w.count = 3;
	ck_assert(!slo_merged_add(&m, &w)); /* no sum */
	w = window(SLO_SIGNAL_DNS_LATENCY, 0, 1);
	w.state = SLO_STATE_VALUE;
	w.count = 3;
	ck_assert(!slo_merged_add(&m, &w)); /* neither histogram nor maximum */
	w = window(SLO_SIGNAL_DNS_LATENCY, 1, 1);
	ck_assert(!slo_merged_add(&m, &w)); /* no time */
	ck_assert_uint_eq(m.windows, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("scalar");
	TCase *t = tcase_create("scalar");

	tcase_add_test(t, latency_is_p95_from_five_observations_on);
	tcase_add_test(t, latency_merges_histograms_not_percentiles);
	tcase_add_test(t, latency_without_a_histogram_is_the_maximum);
	tcase_add_test(t, p95_stays_within_what_was_observed);
	tcase_add_test(t, totals_are_per_second_of_watched_time);
	tcase_add_test(t, percentages_are_means);
	tcase_add_test(t, quiet_is_zero_and_blind_is_not_a_number);
	tcase_add_test(t, time_nobody_watched_does_not_dilute_a_rate);
	tcase_add_test(t, a_rate_is_over_all_time_the_signal_was_watched);
	tcase_add_test(t, joining_equals_adding_one_by_one);
	tcase_add_test(t, windows_without_the_numbers_they_need_are_refused);
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
