/* SPDX-License-Identifier: MIT */
/* What a series keeps of its slots: the sums over them, when they began, and the same out of a checkpoint. */
#include "slo/series.h"

#include "base/rng.h"

#include <check.h>
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

static struct slo_burn_state at(struct slo_series *s, int64_t at_s)
{
	struct slo_burn_state b;

	slo_series_eval(s, T0 + at_s * S, &b);
	return b;
}

/* The sums follow the slots one by one; made anew at each tick they must be the same. */
START_TEST(sums_that_follow_equal_sums_made_anew)
{
	struct slo_objective o = objective();
	struct slo_series a, b;
	struct slo_burn_state x, y;
	struct slo_rng rng;
	int64_t t = 0;

	slo_rng_seed(&rng, (uint64_t)_i + 1);
	ck_assert_int_eq(slo_series_init(&a, &o, 3 * S), 0);
	ck_assert_int_eq(slo_series_init(&b, &o, 3 * S), 0);
	for (int n = 0; n < 3000; n++) {
		struct slo_sli_window w = record(t + (int64_t)slo_rng_below(&rng, 4), slo_rng_below(&rng, 50), 0);
		struct slo_sli_event e = { .timestamp = w.start_ns, .sli_name = w.sli, .sli_value = 1000 };

		w.bad = slo_rng_below(&rng, w.valid + 1);
		w.good = w.valid - w.bad;
		if (n < 300 || slo_rng_below(&rng, 3) == 0) {
			slo_series_add_event(&a, &e);
			slo_series_add_event(&b, &e);
		} else {
			slo_series_add(&a, &w);
			slo_series_add(&b, &w);
		}
		/* Mostly a second; at times many, or none. */
		t += slo_rng_below(&rng, 40) ? (int64_t)slo_rng_below(&rng, 2) : (int64_t)slo_rng_below(&rng, 60);
		x = at(&a, t);
		b.summed = false;
		y = at(&b, t);
		ck_assert_uint_eq(x.brief.valid, y.brief.valid);
		ck_assert_uint_eq(x.brief.bad, y.brief.bad);
		ck_assert_uint_eq(x.lengthy.valid, y.lengthy.valid);
		ck_assert_uint_eq(x.lengthy.bad, y.lengthy.bad);
		ck_assert_int_eq(a.data_ns, b.data_ns);
		ck_assert_int_eq(slo_series_onset(&a), slo_series_onset(&b));
	}
	slo_series_fini(&a);
	slo_series_fini(&b);
}
END_TEST

START_TEST(records_that_began_before_their_slot_tell_the_onset)
{
	static const int64_t leads[] = { 0, 1, 999999999, 2 * S, 2 * S + 1000000, 4 * S };

	for (size_t i = 0; i < SLO_ARRAY_LEN(leads); i++) {
		struct slo_objective o = objective();
		struct slo_sli_window w = record(7, 100, 100);
		struct slo_series s;

		ck_assert_int_eq(slo_series_init(&s, &o, 2 * S), 0);
		w.start_ns -= leads[i];
		slo_series_add(&s, &w);
		w.start_ns += 1; /* the earliest counts */
		slo_series_add(&s, &w);
		at(&s, 8);
		ck_assert_int_eq(slo_series_onset(&s), T0 + 7 * S - leads[i]);
		slo_series_fini(&s);
	}
}
END_TEST

START_TEST(a_series_comes_back_from_its_bytes)
{
	struct slo_objective o = objective(), other = objective();
	struct slo_series a, b, c;
	struct slo_burn_state x, y;
	struct slo_buf bytes;
	struct slo_pack p = { .out = &bytes };

	slo_buf_init(&bytes, 1 << 20);
	ck_assert_int_eq(slo_series_init(&a, &o, 2 * S), 0);
	ck_assert_int_eq(slo_series_init(&b, &o, 5 * S), 0); /* another lateness */
	other.short_s = 6;
	ck_assert_int_eq(slo_series_init(&c, &other, 2 * S), 0);
	for (int64_t t = 0; t < 50; t++) {
		struct slo_sli_window w = record(t, 100, t > 30 ? 60 : 1);

		w.start_ns -= 7;
		slo_series_add(&a, &w);
		if (t < 49)
			at(&a, t);
	}
	ck_assert(slo_series_pack(&a, &p));
	p = (struct slo_pack){ .in = slo_buf_str(&bytes) };
	ck_assert(slo_series_pack(&b, &p));
	ck_assert_uint_eq(p.in.len, 0);
	for (int64_t t = 49; t < 60; t++) {
		x = at(&a, t);
		y = at(&b, t);
		ck_assert_uint_eq(x.brief.bad, y.brief.bad);
		ck_assert_uint_eq(x.lengthy.valid, y.lengthy.valid);
		ck_assert_int_eq(slo_series_onset(&a), slo_series_onset(&b));
	}
	/* Of another window only the time of the newest request is used. */
	p = (struct slo_pack){ .in = slo_buf_str(&bytes) };
	ck_assert(!slo_series_pack(&c, &p));
	ck_assert(!p.bad);
	ck_assert_int_eq(c.data_ns, T0 + 48 * S);
	ck_assert_uint_eq(at(&c, 50).lengthy.valid, 0);
	for (size_t cut = 0; cut < bytes.len; cut++) {
		p = (struct slo_pack){ .in = slo_str_n(bytes.data, cut) };
		ck_assert(!slo_series_pack(&c, &p));
		ck_assert(p.bad);
	}
	slo_series_fini(&a);
	slo_series_fini(&b);
	slo_series_fini(&c);
	slo_buf_fini(&bytes);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("series_pack");
	TCase *t = tcase_create("series_pack");

	tcase_add_loop_test(t, sums_that_follow_equal_sums_made_anew, 0, 6);
	tcase_add_test(t, records_that_began_before_their_slot_tell_the_onset);
	tcase_add_test(t, a_series_comes_back_from_its_bytes);
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
