/* SPDX-License-Identifier: MIT */
/* Six cases small enough to count by hand; the counting is beside each figure. */
#include "attribute/evaluate.h"

#include <check.h>
#include <errno.h>
#include <math.h>

#define DNS  (1u << SLO_DOMAIN_NETWORK_DNS)
#define EGR  (1u << SLO_DOMAIN_NETWORK_EGRESS)
#define CPU  (1u << SLO_DOMAIN_CPU_THROTTLE)
#define OUT  (1u << SLO_DOMAIN_UNKNOWN)
#define P(...) .p = { __VA_ARGS__ }

static const struct slo_eval_case cases[] = {
	/* right */
	{ .truth = DNS, .opened = true, .domain = SLO_DOMAIN_NETWORK_DNS, .causes = DNS, .delay_s = 4,
	  P(.9, .1, .1, 0, 0, 0, 0, .05) },
	/* two faults, one found, the other second */
	{ .truth = DNS | CPU, .opened = true, .domain = SLO_DOMAIN_CPU_THROTTLE, .causes = CPU, .delay_s = 8,
	  P(.4, .1, .8, 0, 0, 0, 0, .1) },
	/* wrong */
	{ .truth = EGR, .opened = true, .domain = SLO_DOMAIN_NETWORK_DNS, .causes = DNS | OUT, .delay_s = NAN,
	  P(.7, .2, 0, 0, 0, 0, 0, .3) },
	/* a fault outside, rightly unknown */
	{ .truth = OUT, .opened = true, .domain = SLO_DOMAIN_UNKNOWN, .causes = OUT, .delay_s = NAN,
	  P(.1, 0, 0, 0, 0, 0, 0, .9) },
	/* healthy and blamed */
	{ .truth = 0, .opened = true, .domain = SLO_DOMAIN_CPU_THROTTLE, .causes = CPU, .delay_s = NAN,
	  P(0, 0, .6, 0, 0, 0, 0, .4) },
	/* a fault nobody noticed; what is in the rest must not be read */
	{ .truth = CPU, .opened = false, .domain = SLO_DOMAIN_CPU_THROTTLE, .causes = CPU, .delay_s = 1,
	  P(9, 9, 9, 9, 9, 9, 9, 9) },
};

enum { N = sizeof(cases) / sizeof(cases[0]) };

static struct slo_eval e;

static double figure(enum slo_eval_figure f)
{
	return e.figure[f];
}

static void setup(void)
{
	ck_assert_int_eq(slo_eval_score(cases, NULL, N, &e), 0);
}

START_TEST(cases_are_counted)
{
	ck_assert_uint_eq(e.n, 6);
	ck_assert_uint_eq(e.faulty, 5);
	ck_assert_uint_eq(e.healthy, 1);
	ck_assert_uint_eq(e.opened, 5);
	ck_assert_uint_eq(e.healthy_blamed, 1);
	ck_assert_uint_eq(e.never, 2);
}
END_TEST

START_TEST(figures_of_single_faults)
{
	/* dns, egress, outside, cpu; right: dns, outside */
	ck_assert_double_eq_tol(figure(SLO_EVAL_ACCURACY), 2. / 4, 1e-15);
	/* dns: tp 1 fp 1 = 2/3; egress 0; cpu 0; outside: tp 1, fp 1 (the unnoticed) = 2/3 */
	ck_assert_double_eq_tol(figure(SLO_EVAL_MACRO_F1), (2. / 3 + 0 + 0 + 2. / 3) / 4, 1e-15);
	ck_assert_uint_eq(e.matrix.count[SLO_DOMAIN_CPU_THROTTLE][SLO_DOMAIN_UNKNOWN], 1);
}
END_TEST

START_TEST(figures_of_sets)
{
	ck_assert_double_eq_tol(figure(SLO_EVAL_EXACT), 2. / 5, 1e-15); /* the first, and outside */
	ck_assert_double_eq(figure(SLO_EVAL_EXACT_TWO), 0);
	/* tp: dns, cpu; fp: dns; fn: dns, egress, cpu */
	ck_assert_double_eq_tol(figure(SLO_EVAL_MICRO_F1), 4. / (4 + 1 + 3), 1e-15);
	ck_assert_double_eq_tol(figure(SLO_EVAL_PARTIAL), 3. / 5, 1e-15);
	ck_assert_double_eq_tol(figure(SLO_EVAL_COVERED), (1 + .5 + 0 + 0) / 4, 1e-15);
	ck_assert_double_eq_tol(figure(SLO_EVAL_PR1), (1 + 1 + 0 + 0) / 4., 1e-15);
	ck_assert_double_eq_tol(figure(SLO_EVAL_PR2), (1 + 1 + 1 + 0) / 4., 1e-15);
}
END_TEST

START_TEST(figures_of_probabilities_leave_out_what_was_not_opened)
{
	/* Squares of the five opened, seven domains each. */
	double sum = .01 + .01 + .01 + (.36 + .01 + .04) + (.49 + .64) + .01 + .36;

	ck_assert_double_eq_tol(figure(SLO_EVAL_BRIER), sum / 35, 1e-12);
	ck_assert(isfinite(figure(SLO_EVAL_LOG_LOSS)));
	/* By confidence: .9 right twice, .8 right, .7 wrong, .6 wrong: (0 + 0 + 0 + 1/4 + 2/5) / 5 */
	ck_assert_double_eq_tol(figure(SLO_EVAL_AURC), .13, 1e-12);
}
END_TEST

START_TEST(figures_of_abstention_and_delay)
{
	ck_assert_double_eq_tol(figure(SLO_EVAL_ANSWERED), 3. / 4, 1e-15);
	ck_assert_double_eq_tol(figure(SLO_EVAL_RISK), 1. / 3, 1e-15);
	ck_assert_double_eq(figure(SLO_EVAL_HEALTHY_BLAMED), 1);
	ck_assert_double_eq(figure(SLO_EVAL_DELAY), 6);
}
END_TEST

START_TEST(a_stratum_is_what_its_indices_name)
{
	static const uint32_t first[] = { 0, 0 };

	ck_assert_int_eq(slo_eval_score(cases, first, 2, &e), 0);
	ck_assert_uint_eq(e.n, 2);
	ck_assert_double_eq(figure(SLO_EVAL_EXACT), 1);
	ck_assert(isnan(figure(SLO_EVAL_EXACT_TWO)));
	ck_assert(isnan(figure(SLO_EVAL_HEALTHY_BLAMED)));
}
END_TEST

START_TEST(blaming_nobody_is_right_where_nothing_was_injected)
{
	static const struct slo_eval_case calm = { .opened = true, .domain = SLO_DOMAIN_UNKNOWN, .causes = OUT,
						   P(0, 0, 0, 0, 0, 0, 0, 1) };

	ck_assert_int_eq(slo_eval_score(&calm, NULL, 1, &e), 0);
	ck_assert_double_eq(figure(SLO_EVAL_AURC), 0);
	ck_assert_double_eq(figure(SLO_EVAL_HEALTHY_BLAMED), 0);
}
END_TEST

START_TEST(without_cases_there_is_no_figure)
{
	ck_assert_int_eq(slo_eval_score(cases, NULL, 0, &e), 0);
	for (int f = 0; f < SLO_EVAL__COUNT; f++) {
		ck_assert_msg(isnan(e.figure[f]), "%s is %g", slo_eval_names[f], e.figure[f]);
		ck_assert_ptr_nonnull(slo_eval_names[f]);
	}
}
END_TEST

static const struct slo_eval_resampling how = { .iterations = 1000, .confidence = .95, .seed = 5 };

START_TEST(intervals_are_over_incidents)
{
	static const uint32_t two[] = { 0, 2 }; /* one right, one wrong: 0, 1/2 or 1 */
	struct slo_interval in[SLO_EVAL_VALUES];

	ck_assert_int_eq(slo_eval_intervals(cases, two, 2, &how, in), 0);
	ck_assert_double_eq(in[SLO_EVAL_PARTIAL].lo, 0);
	ck_assert_double_eq(in[SLO_EVAL_PARTIAL].hi, 1);
	ck_assert_double_eq(in[SLO_EVAL_PARTIAL].confidence, .95);
	ck_assert(isnan(in[SLO_EVAL_EXACT_TWO].lo)); /* no such case in any resample */
	/* F1 of DNS by the sets: 1 where only the first is drawn, 2/3 of both, 0 (said, not true) of the other. */
	ck_assert_double_eq(in[SLO_EVAL__COUNT + SLO_DOMAIN_NETWORK_DNS].lo, 0);
	ck_assert_double_eq(in[SLO_EVAL__COUNT + SLO_DOMAIN_NETWORK_DNS].hi, 1);
	ck_assert(isnan(in[SLO_EVAL__COUNT + SLO_DOMAIN_MEMORY_PRESSURE].lo));
}
END_TEST

START_TEST(brief_intervals_are_the_same_without_those_of_probabilities)
{
	struct slo_interval whole[SLO_EVAL_VALUES], brief[SLO_EVAL_VALUES];
	struct slo_eval_resampling quick = how;

	quick.brief = true;
	ck_assert_int_eq(slo_eval_intervals(cases, NULL, N, &how, whole), 0);
	ck_assert_int_eq(slo_eval_intervals(cases, NULL, N, &quick, brief), 0);
	for (int i = 0; i < SLO_EVAL_VALUES; i++) {
		bool probability = i >= SLO_EVAL_BRIER && i <= SLO_EVAL_AURC;

		ck_assert_msg(isnan(brief[i].lo) == (probability || isnan(whole[i].lo)), "%d", i);
		if (!isnan(brief[i].lo))
			ck_assert_msg(brief[i].lo == whole[i].lo && brief[i].hi == whole[i].hi, "%d", i);
	}
	ck_assert(!isnan(whole[SLO_EVAL_BRIER].lo));
}
END_TEST

START_TEST(intervals_refuse_what_the_bootstrap_refuses)
{
	struct slo_interval in[SLO_EVAL_VALUES];
	struct slo_eval_resampling bad = how;

	ck_assert_int_eq(slo_eval_intervals(cases, NULL, 0, &how, in), -EINVAL);
	bad.iterations = SLO_BOOT_MIN - 1;
	ck_assert_int_eq(slo_eval_intervals(cases, NULL, N, &bad, in), -EINVAL);
	bad = how;
	bad.confidence = 1;
	ck_assert_int_eq(slo_eval_intervals(cases, NULL, N, &bad, in), -EINVAL);
}
END_TEST

START_TEST(the_curve_is_of_the_most_probable_named_domain)
{
	struct slo_risk_point p[N];
	double aurc;
	size_t n;

	/* .9 DNS right; .8 CPU right; .7 DNS wrong; .1 DNS wrong; quiet and unopened cases have no say */
	ck_assert_int_eq(slo_eval_curve(cases, NULL, N, p, &n, &aurc), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_double_eq(p[0].threshold, .9);
	ck_assert_double_eq(p[1].coverage, .5);
	ck_assert_double_eq(p[1].risk, 0);
	ck_assert_double_eq_tol(p[2].risk, 1 / 3., 1e-12);
	ck_assert_double_eq(p[3].coverage, 1);
	ck_assert_double_eq(p[3].risk, .5);
	ck_assert_double_eq_tol(aurc, (0 + 0 + 1 / 3. + .5) / 4, 1e-12);
	ck_assert_int_eq(slo_eval_curve(cases, NULL, 0, p, &n, &aurc), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert(isnan(aurc));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("evaluate");
	TCase *t = tcase_create("evaluate");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, cases_are_counted);
	tcase_add_test(t, figures_of_single_faults);
	tcase_add_test(t, figures_of_sets);
	tcase_add_test(t, figures_of_probabilities_leave_out_what_was_not_opened);
	tcase_add_test(t, figures_of_abstention_and_delay);
	tcase_add_test(t, a_stratum_is_what_its_indices_name);
	tcase_add_test(t, blaming_nobody_is_right_where_nothing_was_injected);
	tcase_add_test(t, without_cases_there_is_no_figure);
	tcase_add_test(t, intervals_are_over_incidents);
	tcase_add_test(t, brief_intervals_are_the_same_without_those_of_probabilities);
	tcase_add_test(t, intervals_refuse_what_the_bootstrap_refuses);
	tcase_add_test(t, the_curve_is_of_the_most_probable_named_domain);
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
