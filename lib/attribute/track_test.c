/* SPDX-License-Identifier: MIT */
#include "attribute/track.h"

#include <check.h>
#include <math.h>

#define S INT64_C(1000000000)

static struct slo_track_budget budget;

static struct slo_track *rate_track(void)
{
	budget = (struct slo_track_budget){ .max = 1 << 20 };
	return slo_track_new(S, SLO_SCALAR_RATE, &budget);
}

/* One second from @at_s on in which something happened @n times. */
static bool put(struct slo_track *t, int64_t at_s, uint64_t n)
{
	return slo_track_add_hist(t, at_s * S, (at_s + 1) * S, n, (double)n, NAN, NAN, NULL);
}

static double rate(const struct slo_track *t, int64_t from_s, int64_t to_s)
{
	struct slo_merged m = { .hist = NULL };

	slo_track_merge(t, from_s * S, to_s * S, &m);
	return slo_merged_scalar(&m, t->how);
}

START_TEST(merges_the_chunks_of_the_interval_only)
{
	struct slo_track *t = rate_track();

	for (int i = 100; i < 110; i++)
		ck_assert(put(t, i, (uint64_t)i));
	ck_assert_double_eq_tol(rate(t, 103, 106), 104, 1e-12);
	ck_assert_double_eq_tol(rate(t, 0, 200), 104.5, 1e-12);
	ck_assert(isnan(rate(t, 150, 152)));
	slo_track_free(t);
}
END_TEST

START_TEST(an_interval_that_just_began_still_has_its_newest_chunk)
{
	struct slo_track *t = rate_track();

	put(t, 100, 7);
	put(t, 101, 9);
	ck_assert_double_eq(rate(t, 102, 102), 9);
	slo_track_free(t);
}
END_TEST

START_TEST(a_chunk_half_inside_counts)
{
	struct slo_track *t = rate_track();
	struct slo_merged m = { .hist = NULL };

	put(t, 100, 6);
	put(t, 101, 8);
	slo_track_merge(t, 100 * S + S / 2, 102 * S, &m);
	ck_assert_uint_eq(m.count, 14);
	slo_track_merge(t, 100 * S + S / 2 + 1, 102 * S, &m);
	ck_assert_uint_eq(m.count, 8);
	slo_track_free(t);
}
END_TEST

START_TEST(past_is_what_left_the_recent_chunks)
{
	struct slo_track *t = rate_track();
	double spread;

	for (int i = 0; i < 30; i++) {
		put(t, 1000 + i, i < 20 ? 4 + (uint64_t)(i % 3) : 500);
		slo_track_age(t, (1001 + i) * S, 0, 0);
	}
	/* 1030 - 12 = 1018: eighteen chunks of 4, 5, 6 went; the jump at 1020 is still recent. */
	ck_assert_uint_eq(t->past_n, 18);
	ck_assert_double_eq(slo_track_baseline(t, &spread), 5);
	/* Deviations 1 0 1 …: their median is 1. */
	ck_assert_double_eq_tol(spread, 1.4826, 1e-9);
	ck_assert_double_eq(slo_track_iqr(t), 2); /* 6 - 4 */
	slo_track_free(t);
}
END_TEST

START_TEST(too_short_a_past_is_no_baseline)
{
	struct slo_track *t = rate_track();
	double spread = 0;

	for (int i = 0; i < SLO_TRACK_RECENT + SLO_TRACK_PAST_MIN - 1; i++)
		put(t, i, 1);
	slo_track_age(t, (SLO_TRACK_RECENT + SLO_TRACK_PAST_MIN - 1) * S, 0, 0);
	ck_assert(isnan(slo_track_baseline(t, &spread)));
	ck_assert(isnan(spread));
	ck_assert(isnan(slo_track_iqr(t)));
	slo_track_age(t, (SLO_TRACK_RECENT + SLO_TRACK_PAST_MIN) * S, 0, 0);
	ck_assert_double_eq(slo_track_baseline(t, NULL), 1);
	slo_track_free(t);
}
END_TEST

START_TEST(trouble_never_becomes_baseline)
{
	struct slo_track *t = rate_track();

	for (int i = 0; i < 100; i++) {
		put(t, i, i >= 20 && i < 60 ? 900 : 3);
		slo_track_age(t, (i + 1) * S, 20 * S, 60 * S);
	}
	ck_assert_uint_eq(t->past_n, 100 - SLO_TRACK_RECENT - 40);
	ck_assert_double_eq(slo_track_baseline(t, NULL), 3);
	slo_track_free(t);
}
END_TEST

START_TEST(what_ended_before_the_trouble_is_past_at_once)
{
	struct slo_track *t = rate_track();

	for (int i = 0; i < 15; i++) {
		put(t, i, i < 10 ? 4 + (uint64_t)(i % 3) : 900);
		slo_track_age(t, (i + 1) * S, 0, 0);
	}
	ck_assert(isnan(slo_track_baseline(t, NULL))); /* three chunks have left the ring */
	slo_track_calm(t, 10 * S);
	ck_assert_double_eq(slo_track_baseline(t, NULL), 5);
	slo_track_calm(t, 10 * S - 1); /* the last is not wholly before it: 4 5 6 4 5 6 4 5 6 */
	ck_assert_double_eq(slo_track_iqr(t), 2);
	ck_assert_uint_eq(t->known_n, 9);
	/* As they leave, each is counted once. */
	slo_track_calm(t, 10 * S);
	for (int i = 15; i < 60; i++) {
		put(t, i, 900);
		slo_track_age(t, (i + 1) * S, 10 * S, INT64_MAX);
		ck_assert_double_eq(slo_track_baseline(t, NULL), 5);
		ck_assert_uint_eq(t->known_n, 10);
	}
	slo_track_free(t);
}
END_TEST

START_TEST(the_baseline_is_of_the_newest_numbers)
{
	struct slo_track *t = rate_track();

	for (int i = 0; i < 400; i++) {
		put(t, i, i < 300 ? 1 : 2);
		slo_track_age(t, (i + 1) * S, 0, 0);
	}
	slo_track_calm(t, 400 * S); /* 12 in the ring, 120 behind them: 32 of these must go */
	ck_assert_double_eq(slo_track_baseline(t, NULL), 2);
	ck_assert_uint_eq(t->known_n, SLO_TRACK_PAST);
	ck_assert_double_eq(slo_track_iqr(t), 0);
	slo_track_free(t);
}
END_TEST

START_TEST(the_beginning_of_trouble_outlives_the_ring)
{
	struct slo_track *t = rate_track();
	struct slo_merged m = { .hist = NULL };

	for (int64_t i = 0; i < 100; i++) {
		slo_track_add_hist(t, i * S, (i + 1) * S, 1, i >= 40 && i < 50 ? 7 : 1, 1, 1, NULL);
		if (i == 44)
			slo_track_onset(t, 40 * S, 50 * S);
		slo_track_age(t, (i + 1) * S, i >= 44 ? 40 * S : 0, i >= 44 ? INT64_MAX : 0);
		slo_track_beginning(t, (i + 1) * S, &m);
		if (i < 44)
			ck_assert_uint_eq(m.windows, 0);
		else
			ck_assert_double_eq(m.sum, 7.0 * (double)(i < 50 ? i - 39 : 10));
	}
	slo_track_onset(t, 90 * S, 95 * S);
	slo_track_beginning(t, 100 * S, &m);
	ck_assert_double_eq(m.sum, 5);
	slo_track_free(t);
}
END_TEST

START_TEST(an_onset_noticed_late_is_taken_out_of_the_past)
{
	struct slo_track *t = rate_track();

	for (int i = 0; i < 200; i++) {
		put(t, i, i < 130 ? 3 : 900);
		slo_track_age(t, (i + 1) * S, 0, 0);
	}
	/* 188 chunks left the ring, 120 are kept: 68 to 187. */
	ck_assert_double_eq(t->past[(t->past_at + SLO_TRACK_PAST - 1) % SLO_TRACK_PAST], 900);
	slo_track_forget(t, 130 * S);
	ck_assert_uint_eq(t->past_n, 130 - 68);
	ck_assert_double_eq(slo_track_baseline(t, NULL), 3);
	slo_track_forget(t, 0);
	ck_assert(isnan(slo_track_baseline(t, NULL)));
	for (int i = 0; i < SLO_TRACK_PAST_MIN; i++)
		put(t, 200 + i, 7);
	slo_track_age(t, 217 * S, 0, 200 * S);
	ck_assert_double_eq(slo_track_baseline(t, NULL), 7);
	slo_track_free(t);
}
END_TEST

START_TEST(the_past_is_bounded_and_forgets_the_oldest)
{
	struct slo_track *t = rate_track();

	for (int i = 0; i < 400; i++) {
		put(t, i, i < 200 ? 1 : 2);
		slo_track_age(t, (i + 1) * S, 0, 0);
	}
	ck_assert_uint_eq(t->past_n, SLO_TRACK_PAST);
	ck_assert_double_eq(slo_track_baseline(t, NULL), 2);
	slo_track_free(t);
}
END_TEST

START_TEST(chunks_nobody_watched_leave_no_past)
{
	struct slo_track *t = rate_track();

	put(t, 0, 5);
	slo_track_age(t, 1000 * S, 0, 0);
	ck_assert_uint_eq(t->past_n, 1);
	slo_track_free(t);
}
END_TEST

START_TEST(records_older_than_the_ring_are_refused)
{
	struct slo_track *t = rate_track();

	ck_assert(put(t, 100, 1));
	slo_track_age(t, 120 * S, 0, 0);
	ck_assert(!put(t, 107, 1));
	ck_assert(put(t, 108, 1));
	slo_track_free(t);
}
END_TEST

START_TEST(memory_stays_within_the_budget_and_is_given_back)
{
	struct slo_track *t[64];
	size_t n = 0;

	budget = (struct slo_track_budget){ .max = sizeof(struct slo_track) * 10 };
	while (n < 64 && (t[n] = slo_track_new(S, SLO_SCALAR_LATENCY, &budget)))
		n++;
	ck_assert_uint_eq(n, 10);
	ck_assert_uint_eq(budget.refused, 1);
	ck_assert(slo_track_add_value(t[0], 0, 3)); /* no room for a histogram: the maximum remains */
	ck_assert_uint_eq(budget.refused, 2);
	while (n)
		slo_track_free(t[--n]);
	ck_assert_uint_eq(budget.used, 0);
}
END_TEST

START_TEST(values_added_one_by_one_give_their_p95)
{
	struct slo_hist h;
	struct slo_merged m = { .hist = &h };
	struct slo_track *t;

	budget = (struct slo_track_budget){ .max = 1 << 20 };
	t = slo_track_new(S, SLO_SCALAR_LATENCY, &budget);
	for (int i = 1; i <= 100; i++)
		ck_assert(slo_track_add_value(t, i, i));
	slo_track_merge(t, 0, S, &m);
	ck_assert_double_eq_tol(slo_merged_scalar(&m, t->how), 95, 2.1);
	slo_track_free(t);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("track");
	TCase *t = tcase_create("track");

	tcase_add_test(t, merges_the_chunks_of_the_interval_only);
	tcase_add_test(t, an_interval_that_just_began_still_has_its_newest_chunk);
	tcase_add_test(t, a_chunk_half_inside_counts);
	tcase_add_test(t, past_is_what_left_the_recent_chunks);
	tcase_add_test(t, too_short_a_past_is_no_baseline);
	tcase_add_test(t, trouble_never_becomes_baseline);
	tcase_add_test(t, what_ended_before_the_trouble_is_past_at_once);
	tcase_add_test(t, the_baseline_is_of_the_newest_numbers);
	tcase_add_test(t, the_beginning_of_trouble_outlives_the_ring);
	tcase_add_test(t, an_onset_noticed_late_is_taken_out_of_the_past);
	tcase_add_test(t, the_past_is_bounded_and_forgets_the_oldest);
	tcase_add_test(t, chunks_nobody_watched_leave_no_past);
	tcase_add_test(t, records_older_than_the_ring_are_refused);
	tcase_add_test(t, memory_stays_within_the_budget_and_is_given_back);
	tcase_add_test(t, values_added_one_by_one_give_their_p95);
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
