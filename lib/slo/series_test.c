/* SPDX-License-Identifier: MIT */
#include "slo/series.h"

#include <check.h>
#include <errno.h>
#include <math.h>

#define S INT64_C(1000000000)
#define T0 (INT64_C(1767225600) * S)

static struct slo_objective objective(void)
{
	return (struct slo_objective){ .service = "*", .sli = SLO_SLI_TTFT, .threshold = 400, .target = 0.95,
				       .short_s = 5, .long_s = 30, .burn = 2, .budget_pct = 2, .period_s = 86400,
				       .min_events = 20 };
}

static struct slo_sli_window record(int64_t at_s, uint64_t valid, uint64_t bad)
{
	return (struct slo_sli_window){ .start_ns = T0 + at_s * S, .end_ns = T0 + (at_s + 1) * S, .sli = SLO_SLI_TTFT,
					.threshold = 400, .valid = valid, .good = valid - bad, .bad = bad, .sum = NAN,
					.min = NAN, .max = NAN };
}

static void put(struct slo_series *s, int64_t at_s, uint64_t valid, uint64_t bad)
{
	struct slo_sli_window w = record(at_s, valid, bad);

	slo_series_add(s, &w);
}

static struct slo_burn_state at(struct slo_series *s, int64_t at_s)
{
	struct slo_burn_state b;

	slo_series_eval(s, T0 + at_s * S, &b);
	return b;
}

START_TEST(windows_count_exactly_the_slots_they_span)
{
	struct slo_objective o = objective();
	struct slo_series s;
	struct slo_burn_state b;

	ck_assert_int_eq(slo_series_init(&s, &o, 40 * S), 0);
	for (int i = 0; i < 40; i++)
		put(&s, i, 10 + (uint64_t)i, 1);
	b = at(&s, 40);
	ck_assert_uint_eq(b.brief.valid, 45 + 46 + 47 + 48 + 49);
	ck_assert_uint_eq(b.brief.bad, 5);
	ck_assert_uint_eq(b.lengthy.valid, 30 * (20 + 49) / 2);
	ck_assert_uint_eq(b.lengthy.bad, 30);
	slo_series_fini(&s);
}
END_TEST

START_TEST(burning_needs_both_windows)
{
	struct slo_objective o = objective();
	struct slo_series s;
	struct slo_burn_state b;

	ck_assert_int_eq(slo_series_init(&s, &o, 10 * S), 0);
	for (int i = 0; i < 30; i++) {
		put(&s, i, 10, 0);
		at(&s, i + 1);
	}
	/* 29 of 50: 11.6 short; 29 of 300 over 0.05: 1.93 long. One more reaches 2. */
	for (int i = 30; i < 35; i++)
		put(&s, i, 10, i < 34 ? 6 : 5);
	b = at(&s, 35);
	ck_assert_double_eq_tol(b.brief.rate, 11.6, 1e-9);
	ck_assert_double_eq_tol(b.lengthy.rate, 29. / 300 / 0.05, 1e-9);
	ck_assert(!b.burning);
	put(&s, 35, 10, 7);
	b = at(&s, 36);
	ck_assert(b.burning && b.enough && b.data);
	/* Good again for a whole short window: the long one still burns. */
	for (int i = 36; i < 41; i++)
		put(&s, i, 10, 0);
	b = at(&s, 41);
	ck_assert(b.lengthy.rate >= 2 && b.data && !b.burning);
	slo_series_fini(&s);
}
END_TEST

START_TEST(without_requests_there_is_no_data_and_no_burning)
{
	struct slo_objective o = objective();
	struct slo_series s;
	struct slo_burn_state b;

	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	b = at(&s, 0);
	ck_assert(!b.data && !b.burning && !b.enough);
	put(&s, 0, 10, 10);
	b = at(&s, 1);
	ck_assert(b.data && b.burning && !b.enough);
	b = at(&s, 20);
	ck_assert(!b.data && !b.burning);
	ck_assert_double_eq(b.brief.rate, 0);
	ck_assert_double_eq_tol(b.lengthy.rate, 20, 1e-9);
	ck_assert_int_eq(s.data_ns, T0 + S);
	b = at(&s, 100);
	ck_assert_uint_eq(b.lengthy.valid, 0);
	slo_series_fini(&s);
}
END_TEST

START_TEST(records_of_evaluated_slots_are_late)
{
	struct slo_objective o = objective();
	struct slo_series s;
	struct slo_burn_state b;

	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	put(&s, 0, 10, 0);
	at(&s, 3);
	put(&s, 2, 10, 10); /* ends at 3 */
	ck_assert_uint_eq(s.stats.late, 1);
	put(&s, 3, 10, 1);
	ck_assert_uint_eq(s.stats.late, 1);
	b = at(&s, 4);
	ck_assert_uint_eq(b.brief.bad, 1);
	put(&s, 3000, 10, 1);
	ck_assert_uint_eq(s.stats.ahead, 1);
	slo_series_fini(&s);
}
END_TEST

START_TEST(another_threshold_is_judged_again_from_the_histogram)
{
	struct slo_objective o = objective();
	struct slo_sli_window w = record(0, 100, 10);
	struct slo_series s;
	struct slo_burn_state b;

	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	w.threshold = 800;
	w.has_hist = w.has_bad_by = true;
	slo_hist_init(&w.hist);
	slo_hist_add(&w.hist, 100, 60); /* 4 requests failed and have no value */
	slo_hist_add(&w.hist, 600, 30);
	slo_hist_add(&w.hist, 2000, 6);
	w.bad_by = (struct slo_bad_counts){ .server_error = 3, .rate_limited = 1, .slow = 6 };
	slo_series_add(&s, &w);
	b = at(&s, 1);
	ck_assert_uint_eq(s.stats.rejudged, 1);
	ck_assert_uint_eq(b.brief.valid, 100);
	ck_assert_uint_eq(b.brief.bad, 3 + 1 + 36);
	ck_assert_uint_eq(b.brief.bad_by[SLO_BAD_SLOW], 36);
	ck_assert_uint_eq(b.brief.bad_by[SLO_BAD_SERVER_ERROR], 3);
	slo_series_fini(&s);
}
END_TEST

START_TEST(requests_overdue_by_a_wider_threshold_stay_bad_when_judged_again)
{
	struct slo_objective o = objective();
	struct slo_series s;
	struct slo_sli_window w = record(0, 10, 6);

	ck_assert_int_eq(slo_series_init(&s, &o, 40 * S), 0);
	w.threshold = 800;
	w.has_bad_by = w.has_hist = true;
	w.bad_by.slow = 6; /* one of them known to have taken 900 ms, five still waiting */
	slo_hist_init(&w.hist);
	slo_hist_add(&w.hist, 900, 1);
	slo_hist_add(&w.hist, 600, 1);
	slo_hist_add(&w.hist, 100, 3);
	slo_series_add(&s, &w);
	ck_assert_uint_eq(at(&s, 1).brief.bad, 7);
	w = record(1, 10, 6);
	w.threshold = 200; /* over 200 says nothing about 400 */
	w.has_bad_by = w.has_hist = true;
	w.bad_by.slow = 6;
	slo_hist_init(&w.hist);
	slo_hist_add(&w.hist, 900, 1);
	slo_series_add(&s, &w);
	ck_assert_uint_eq(at(&s, 2).brief.bad, 7 + 1);
	slo_series_fini(&s);
}
END_TEST

START_TEST(another_threshold_without_histogram_is_used_and_counted)
{
	struct slo_objective o = objective();
	struct slo_sli_window w = record(0, 100, 10);
	struct slo_series s;

	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	w.threshold = 800;
	slo_series_add(&s, &w);
	ck_assert_uint_eq(s.stats.foreign, 1);
	ck_assert_uint_eq(at(&s, 1).brief.bad, 10);
	slo_series_fini(&s);
}
END_TEST

START_TEST(throughput_is_bad_below_its_threshold)
{
	struct slo_objective o = objective();
	struct slo_sli_window w = record(0, 100, 0);
	struct slo_series s;

	o.sli = w.sli = SLO_SLI_THROUGHPUT;
	o.threshold = 10;
	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	w.threshold = 3;
	w.has_hist = true;
	slo_hist_init(&w.hist);
	slo_hist_add(&w.hist, 5, 25);
	slo_hist_add(&w.hist, 40, 75);
	slo_series_add(&s, &w);
	ck_assert_uint_eq(at(&s, 1).brief.bad, 25);
	slo_series_fini(&s);
}
END_TEST

START_TEST(error_rates_use_good_and_bad_whatever_the_threshold)
{
	struct slo_objective o = objective();
	struct slo_sli_window w = record(0, 100, 10);
	struct slo_series s;

	o.sli = w.sli = SLO_SLI_ERROR_RATE;
	o.threshold = 0;
	w.threshold = NAN;
	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	slo_series_add(&s, &w);
	ck_assert_uint_eq(s.stats.foreign + s.stats.rejudged, 0);
	ck_assert_uint_eq(at(&s, 1).brief.bad, 10);
	slo_series_fini(&s);
}
END_TEST

static struct slo_sli_event event(int64_t at_ms, double value)
{
	return (struct slo_sli_event){ .timestamp = T0 + at_ms * (S / 1000), .sli_name = SLO_SLI_TTFT,
				       .sli_value = value };
}

START_TEST(single_observations_count_only_where_no_window_comes)
{
	struct slo_objective o = objective();
	struct slo_sli_event e;
	struct slo_series s;

	ck_assert_int_eq(slo_series_init(&s, &o, 10 * S), 0);
	for (int i = 0; i < 10; i++) {
		e = event(i * 100, i < 3 ? 900 : 400);
		slo_series_add_event(&s, &e);
	}
	ck_assert_uint_eq(at(&s, 1).brief.valid, 10);
	ck_assert_uint_eq(at(&s, 1).brief.bad, 3);
	/* In one slot with a window, in either order, the window counts alone. */
	e = event(1500, 900);
	slo_series_add_event(&s, &e);
	put(&s, 1, 7, 0);
	slo_series_add_event(&s, &e);
	ck_assert_uint_eq(at(&s, 2).brief.valid, 7);
	ck_assert_uint_eq(at(&s, 2).brief.bad, 0);
	slo_series_fini(&s);
}
END_TEST

START_TEST(a_failed_request_and_a_breaching_ratio_are_bad)
{
	struct slo_objective o = objective();
	struct slo_sli_event e = event(0, 0);
	struct slo_series s;

	o.sli = e.sli_name = SLO_SLI_ERROR_RATE;
	o.threshold = 0;
	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	ck_assert(!slo_series_bad_event(&s, &e));
	e.sli_value = 1;
	ck_assert(slo_series_bad_event(&s, &e));
	e.sli_value = 0.03;
	ck_assert(!slo_series_bad_event(&s, &e));
	e.sli_value = 0.05;
	ck_assert(slo_series_bad_event(&s, &e));
	s.objective.threshold = 0.2; /* its own limit */
	ck_assert(!slo_series_bad_event(&s, &e));
	slo_series_fini(&s);
}
END_TEST

START_TEST(contradicting_records_are_left_out)
{
	struct slo_objective o = objective();
	struct slo_sli_window w = record(0, 10, 0);
	struct slo_series s;

	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	w.bad = 11;
	slo_series_add(&s, &w);
	w = record(0, 10, 0);
	w.end_ns = w.start_ns;
	slo_series_add(&s, &w);
	ck_assert_uint_eq(s.stats.invalid, 2);
	ck_assert(!at(&s, 1).data);
	slo_series_fini(&s);
}
END_TEST

START_TEST(onset_is_the_first_slot_of_the_breach_that_is_still_on)
{
	struct slo_objective o = objective();
	struct slo_series s;

	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	ck_assert_int_eq(slo_series_onset(&s), SLO_ABSENT_I64);
	for (int i = 0; i < 25; i++) {
		/* An old blip at 3, then six quiet slots: another story. One quiet slot at 22 is not. */
		put(&s, i, 10, i == 3 || (i >= 20 && i != 22) ? 8 : 0);
		at(&s, i + 1);
	}
	ck_assert_int_eq(slo_series_onset(&s), T0 + 20 * S);
	slo_series_fini(&s);
}
END_TEST

START_TEST(a_bad_patch_before_the_breach_is_not_its_onset)
{
	struct slo_objective o = objective();
	struct slo_series s;

	ck_assert_int_eq(slo_series_init(&s, &o, 0), 0);
	for (int i = 0; i < 26; i++)
		put(&s, i, 10, i == 18 ? 2 : i >= 22 ? 9 : 0);
	at(&s, 26);
	ck_assert_int_eq(slo_series_onset(&s), T0 + 22 * S);
	slo_series_fini(&s);
}
END_TEST

START_TEST(where_nothing_came_before_the_oldest_bad_slot_is_the_onset)
{
	struct slo_objective o = objective();
	struct slo_series s;

	ck_assert_int_eq(slo_series_init(&s, &o, 0), 0);
	for (int i = 0; i < 40; i++)
		put(&s, i, 10, 9);
	at(&s, 40);
	ck_assert_int_eq(slo_series_onset(&s), T0 + 10 * S);
	slo_series_fini(&s);
}
END_TEST

START_TEST(onset_reaches_back_to_the_start_of_the_breaching_record)
{
	struct slo_objective o = objective();
	struct slo_sli_window w = record(3, 50, 40);
	struct slo_series s;

	w.end_ns = T0 + 8 * S; /* five seconds in one record */
	ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
	slo_series_add(&s, &w);
	at(&s, 8);
	ck_assert_int_eq(slo_series_onset(&s), T0 + 3 * S);
	slo_series_fini(&s);
}
END_TEST

START_TEST(slots_fit_the_ring_for_every_window)
{
	static const struct { int64_t brief, lengthy, width; } rows[] = {
		{ 5, 30, 1 }, { 300, 3600, 10 }, { 21600, 259200, 720 }, { 1, 1, 1 }, { 1, 86400, 1 }, { 60, 361, 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slo_objective o = objective();
		struct slo_series s;

		o.short_s = rows[i].brief;
		o.long_s = rows[i].lengthy;
		ck_assert_int_eq(slo_series_width_ns(&o), rows[i].width * S);
		ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
		ck_assert_uint_le(s.long_slots, SLO_SERIES_SLOTS);
		ck_assert_uint_ge(s.short_slots, 1);
		slo_series_fini(&s);
	}
}
END_TEST

START_TEST(refuses_objectives_that_mean_nothing)
{
	struct slo_objective o = objective();
	struct slo_series s;

	o.target = 1;
	ck_assert_int_eq(slo_series_init(&s, &o, 0), -EINVAL);
	o = objective();
	o.short_s = 31;
	ck_assert_int_eq(slo_series_init(&s, &o, 0), -EINVAL);
	o = objective();
	o.short_s = 0;
	ck_assert_int_eq(slo_series_init(&s, &o, 0), -EINVAL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("series");
	TCase *t = tcase_create("series");

	tcase_add_test(t, windows_count_exactly_the_slots_they_span);
	tcase_add_test(t, burning_needs_both_windows);
	tcase_add_test(t, without_requests_there_is_no_data_and_no_burning);
	tcase_add_test(t, records_of_evaluated_slots_are_late);
	tcase_add_test(t, another_threshold_is_judged_again_from_the_histogram);
	tcase_add_test(t, requests_overdue_by_a_wider_threshold_stay_bad_when_judged_again);
	tcase_add_test(t, another_threshold_without_histogram_is_used_and_counted);
	tcase_add_test(t, throughput_is_bad_below_its_threshold);
	tcase_add_test(t, error_rates_use_good_and_bad_whatever_the_threshold);
	tcase_add_test(t, single_observations_count_only_where_no_window_comes);
	tcase_add_test(t, a_failed_request_and_a_breaching_ratio_are_bad);
	tcase_add_test(t, contradicting_records_are_left_out);
	tcase_add_test(t, onset_is_the_first_slot_of_the_breach_that_is_still_on);
	tcase_add_test(t, a_bad_patch_before_the_breach_is_not_its_onset);
	tcase_add_test(t, where_nothing_came_before_the_oldest_bad_slot_is_the_onset);
	tcase_add_test(t, onset_reaches_back_to_the_start_of_the_breaching_record);
	tcase_add_test(t, slots_fit_the_ring_for_every_window);
	tcase_add_test(t, refuses_objectives_that_mean_nothing);
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
