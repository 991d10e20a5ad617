/* SPDX-License-Identifier: MIT */
#include "attribute/tally.h"

#include <check.h>
#include <math.h>

#define BIT(id) (1u << SLO_DOMAIN_##id)
#define S INT64_C(1000000000)

enum { DNS = SLO_DOMAIN_NETWORK_DNS, CPU = SLO_DOMAIN_CPU_THROTTLE, MEM = SLO_DOMAIN_MEMORY_PRESSURE,
       NOT = SLO_DOMAIN_UNKNOWN, MISS = -1, CASES_MAX = 16 };

struct world {
	struct slo_case cases[CASES_MAX];
	struct slo_outcome out[CASES_MAX];
	double scratch[CASES_MAX];
	size_t n;
};

static void put(struct world *w, uint32_t truth, bool positive, int said, uint32_t named, int64_t delay_s)
{
	struct slo_case *c = &w->cases[w->n];
	struct slo_outcome *o = &w->out[w->n++];

	*c = (struct slo_case){ .truth = truth, .positive = positive, .timed = true, .start_ns = 0,
				.fault_start_ns = 20 * S, .fault_end_ns = 40 * S, .end_ns = 45 * S };
	slo_outcome_init(o);
	if (said == MISS)
		return;
	slo_outcome_answer(o, said, named, 0.5);
	o->opened_ns = c->fault_start_ns + delay_s * S;
}

/* Nine incidents, counted by hand below. */
static void fill(struct world *w)
{
	w->n = 0;
	put(w, BIT(NETWORK_DNS), true, DNS, BIT(NETWORK_DNS), 4);
	put(w, BIT(NETWORK_DNS), true, CPU, BIT(CPU_THROTTLE) | BIT(NETWORK_DNS), 6);
	put(w, BIT(CPU_THROTTLE), true, CPU, BIT(CPU_THROTTLE), 8);
	put(w, BIT(MEMORY_PRESSURE), true, MISS, 0, 0);
	put(w, BIT(NETWORK_DNS) | BIT(CPU_THROTTLE), true, DNS, BIT(NETWORK_DNS) | BIT(CPU_THROTTLE), 10);
	put(w, BIT(NETWORK_DNS) | BIT(MEMORY_PRESSURE), true, NOT, BIT(UNKNOWN), 5);
	put(w, BIT(UNKNOWN), true, NOT, BIT(UNKNOWN), 7);
	put(w, 0, false, MISS, 0, 0);
	put(w, 0, false, MEM, BIT(MEMORY_PRESSURE), 0);
	w->out[8].opened_ns = SLO_ABSENT_I64;
	w->out[8].alarm[SLO_CALM_CONTROL] = w->out[8].blamed[SLO_CALM_CONTROL] = true;
	put(w, BIT(CPU_THROTTLE), false, CPU, BIT(CPU_THROTTLE), 1); /* below: counted apart */
	w->out[0].alarm[SLO_CALM_BASELINE] = true;
}

START_TEST(metrics_are_those_counted_by_hand)
{
	static const struct {
		int metric;
		double want;
	} rows[] = {
		/* correct: 1st, 3rd, 5th, 7th of 7 positives */
		{ SLO_METRIC_ACCURACY, 4. / 7 },
		/* dns: 1 of 2, nothing wrong: 2/3; cpu: 1 found, 1 wrong: 2/3; memory: missed: 0 */
		{ SLO_METRIC_MACRO_F1, (2. / 3 + 2. / 3 + 0) / 3 },
		{ SLO_METRIC_EXACT_SINGLE, 2. / 4 },
		{ SLO_METRIC_EXACT_DUAL, 1. / 2 },
		{ SLO_METRIC_EXACT_TRIPLE, NAN },
		{ SLO_METRIC_EXACT, 4. / 7 },
		/* named sets: tp dns 3 (1st, 2nd, 5th), cpu 2 (3rd, 5th); fp cpu 1 (2nd), memory 1 (healthy);
		 * fn memory 2, dns 1 (6th) */
		{ SLO_METRIC_MICRO_F1, 10. / (10 + 2 + 3) },
		/* 1st, 3rd, 5th, 7th; the 2nd blamed CPU first */
		{ SLO_METRIC_PARTIAL, 4. / 7 },
		/* 1, 1, 1, 0, 1, 0, 1 */
		{ SLO_METRIC_COVERAGE, 5. / 7 },
		{ SLO_METRIC_OUTSIDE, 1 },
		{ SLO_METRIC_ABSTAIN, 1. / 6 },
		{ SLO_METRIC_MISSED, 1. / 7 },
		/* 8 baselines of faults, two phases of each healthy run */
		{ SLO_METRIC_ALARMS, 2. / 12 },
		{ SLO_METRIC_BLAMED, 1. / 12 },
		/* 4 5 6 7 8 10 */
		{ SLO_METRIC_DELAY_MEDIAN, 6.5 },
		{ SLO_METRIC_DELAY_P95, 9.5 },
	};
	struct world w;
	struct slo_tally t;

	ck_assert_uint_eq(SLO_ARRAY_LEN(rows), SLO_METRIC__COUNT);
	fill(&w);
	slo_tally_make(w.cases, w.out, NULL, w.n, false, w.scratch, &t);
	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++) {
		double got = slo_metric_value(&t, rows[i].metric);
		const char *name = slo_metric_info[rows[i].metric].name;

		ck_assert_msg(isnan(got) == isnan(rows[i].want), "%s is %g", name, got);
		ck_assert_msg(isnan(got) || fabs(got - rows[i].want) < 1e-12, "%s is %g, not %g", name, got,
			      rows[i].want);
		ck_assert_msg(!slo_metric_why(&t, rows[i].metric) == !isnan(got), "%s", name);
	}
	ck_assert_uint_eq(t.cases[SLO_CASE_BELOW], 1);
	ck_assert_uint_eq(t.correct[SLO_CASE_HEALTHY], 1);
	ck_assert_uint_eq(t.delays, 6);
}
END_TEST

START_TEST(a_missed_incident_and_a_healthy_run_have_a_class_of_their_own)
{
	struct world w;
	struct slo_tally t;

	fill(&w);
	slo_tally_make(w.cases, w.out, NULL, w.n, false, w.scratch, &t);
	ck_assert_uint_eq(t.all.total, 7); /* 4 singles, 1 outside, 2 healthy */
	ck_assert_uint_eq(t.single.total, 4);
	ck_assert_uint_eq(t.all.count[MEM][SLO_TALLY_NONE], 1);
	ck_assert_uint_eq(t.all.count[SLO_TALLY_NONE][SLO_TALLY_NONE], 1);
	ck_assert_uint_eq(t.all.count[SLO_TALLY_NONE][MEM], 1);
	ck_assert_uint_eq(t.all.count[NOT][NOT], 1);
	ck_assert_uint_eq(t.all.count[DNS][CPU], 1);
	ck_assert_uint_eq(t.set[MEM].support, 2);
	ck_assert_uint_eq(t.set[MEM].fp, 1);
	ck_assert_double_eq_tol(t.set[CPU].precision, 2. / 3, 1e-15);
	ck_assert_double_eq(t.set[CPU].recall, 1);
}
END_TEST

START_TEST(a_resample_counts_a_case_as_often_as_it_was_drawn)
{
	static const uint32_t pick[] = { 2, 2, 3 };
	struct world w;
	struct slo_tally t;
	uint64_t k, n;

	fill(&w);
	slo_tally_make(w.cases, w.out, pick, SLO_ARRAY_LEN(pick), false, w.scratch, &t);
	ck_assert(slo_metric_parts(&t, SLO_METRIC_ACCURACY, &k, &n));
	ck_assert_uint_eq(k, 2);
	ck_assert_uint_eq(n, 3);
	ck_assert_double_eq(slo_metric_value(&t, SLO_METRIC_MACRO_F1), 0.5);
	ck_assert_double_eq(slo_metric_value(&t, SLO_METRIC_DELAY_MEDIAN), 8);
}
END_TEST

START_TEST(who_is_told_of_the_incident_neither_misses_nor_raises_one)
{
	struct world w;
	struct slo_tally t;

	fill(&w);
	slo_tally_make(w.cases, w.out, NULL, w.n, true, w.scratch, &t);
	ck_assert(isnan(slo_metric_value(&t, SLO_METRIC_MISSED)));
	ck_assert(isnan(slo_metric_value(&t, SLO_METRIC_ALARMS)));
	ck_assert_ptr_nonnull(strstr(slo_metric_why(&t, SLO_METRIC_BLAMED), "told"));
	ck_assert_uint_eq(t.all.count[SLO_TALLY_NONE][MEM], 0);
	ck_assert_uint_eq(t.set[MEM].fp, 0);
}
END_TEST

START_TEST(nothing_scored_is_not_a_score_of_zero)
{
	struct slo_tally t;

	slo_tally_make(NULL, NULL, NULL, 0, false, NULL, &t);
	for (int m = 0; m < SLO_METRIC__COUNT; m++) {
		ck_assert(isnan(slo_metric_value(&t, m)));
		ck_assert_ptr_nonnull(slo_metric_why(&t, m));
	}
}
END_TEST

START_TEST(unknown_is_no_cause_and_an_answer_taken_back_is_none)
{
	struct world w = { .n = 0 };
	struct slo_tally t;

	put(&w, BIT(UNKNOWN), true, NOT, BIT(UNKNOWN), 1);
	put(&w, BIT(NETWORK_DNS), true, MISS, 0, 0);
	w.out[1].named = BIT(NETWORK_DNS); /* of an incident that was resolved before the fault */
	slo_tally_make(w.cases, w.out, NULL, w.n, false, w.scratch, &t);
	ck_assert_double_eq(slo_metric_value(&t, SLO_METRIC_MICRO_F1), 0);
	ck_assert_uint_eq(t.set[DNS].fn, 1);
	ck_assert_uint_eq(t.set[NOT].tp, 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tally");
	TCase *t = tcase_create("tally");

	tcase_add_test(t, metrics_are_those_counted_by_hand);
	tcase_add_test(t, a_missed_incident_and_a_healthy_run_have_a_class_of_their_own);
	tcase_add_test(t, a_resample_counts_a_case_as_often_as_it_was_drawn);
	tcase_add_test(t, who_is_told_of_the_incident_neither_misses_nor_raises_one);
	tcase_add_test(t, unknown_is_no_cause_and_an_answer_taken_back_is_none);
	tcase_add_test(t, nothing_scored_is_not_a_score_of_zero);
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
