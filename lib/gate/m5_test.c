/* SPDX-License-Identifier: MIT */
#include "gate/m5_world.h"

#include <errno.h>
#include <string.h>

static struct world w;
static struct slo_m5_limits l;
static struct slo_m5_result out;

/* Quiet runs, so that whatever is asked has an answer. */
static void setup(void)
{
	l = world_limits();
	world_init(&w, 1, 20, 400, 0.005);
}

static void teardown(void)
{
	slo_m5_result_fini(&out);
	slo_m5_weights_fini(&w.weights);
}

static void fill(uint64_t seed)
{
	struct slo_rng rng;

	slo_rng_seed(&rng, seed);
	world_fill(&w, &rng);
}

static void judge(void)
{
	ck_assert_int_eq(slo_m5_evaluate(&l, w.s, w.scenarios, &w.costs, &out), 0);
}

static void evaluate(uint64_t seed)
{
	fill(seed);
	judge();
}

START_TEST(an_unchanged_candidate_with_enough_runs_passes)
{
	evaluate(1);
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_PASS);
	ck_assert_int_eq(out.variance_verdict, SLO_M5_PASS);
	ck_assert_int_eq(out.regression_verdict, SLO_M5_PASS);
	ck_assert_int_eq(out.verdict, SLO_M5_PASS);
	ck_assert(!out.missing);
	ck_assert_uint_eq(out.regression[0].metric[SLO_M5_TTFT].runs_needed, 0);
}
END_TEST

START_TEST(a_slower_candidate_fails_and_says_by_how_much)
{
	const struct slo_m5_compare *c;

	w.ttft[0] = 1.2;
	evaluate(2);
	c = &out.regression[0].metric[SLO_M5_TTFT];
	ck_assert_int_eq(out.verdict, SLO_M5_FAIL);
	ck_assert_int_eq(c->verdict, SLO_M5_FAIL);
	ck_assert_double_eq_tol(c->change.estimate, 20, 3);
	ck_assert(c->change.lo < c->change.estimate && c->change.estimate < c->change.hi);
	ck_assert_double_ge(c->delta.estimate, 0.9);
	ck_assert_ptr_nonnull(strstr(c->reason, "ttft_p95 worse by"));
}
END_TEST

START_TEST(fewer_tokens_and_more_errors_fail_as_well)
{
	w.errors[0] = 0.2;
	evaluate(3);
	ck_assert_int_eq(out.regression[0].metric[SLO_M5_ERRORS].verdict, SLO_M5_FAIL);
	ck_assert_double_eq_tol(out.regression[0].metric[SLO_M5_ERRORS].change.estimate, 20, 3);
	ck_assert_int_eq(out.regression[0].metric[SLO_M5_TTFT].verdict, SLO_M5_PASS);
	slo_m5_result_fini(&out);
	world_init(&w, 1, 20, 400, 0.005);
	w.ttft[0] = 1.69; /* tokens go with its root: 1 / 1.3 */
	evaluate(3);
	ck_assert_int_eq(out.regression[0].metric[SLO_M5_TOKENS].verdict, SLO_M5_FAIL);
	ck_assert_double_eq_tol(out.regression[0].metric[SLO_M5_TOKENS].change.estimate, 100 * (1 - 1 / 1.3), 2);
}
END_TEST

START_TEST(an_improvement_is_not_a_regression)
{
	w.ttft[0] = 0.7;
	evaluate(4);
	ck_assert_int_eq(out.regression_verdict, SLO_M5_PASS);
	ck_assert_double_lt(out.regression[0].metric[SLO_M5_TTFT].change.hi, 0);
}
END_TEST

START_TEST(a_regression_within_the_limit_does_not_fail_however_certain)
{
	w.ttft[0] = 1.1;
	l.ttft_pct = 25;
	l.tokens_pct = 30;
	evaluate(5);
	ck_assert_double_le(out.regression[0].metric[SLO_M5_TTFT].test.p_greater, 1e-6);
	ck_assert_int_eq(out.regression_verdict, SLO_M5_PASS);
}
END_TEST

START_TEST(a_side_without_runs_is_missing_data)
{
	fill(6);
	w.s[0].baseline.count = 0;
	judge();
	ck_assert_int_eq(out.verdict, SLO_M5_INCONCLUSIVE);
	ck_assert(out.missing);
	ck_assert_str_eq(out.regression[0].metric[SLO_M5_TTFT].reason, "the baseline has no runs");
	ck_assert_int_eq(out.variance_verdict, SLO_M5_PASS);
	slo_m5_result_fini(&out);
	w.s[0].candidate.count = 0;
	judge();
	ck_assert_int_eq(out.variance_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_str_eq(out.variance[0].metric[SLO_M5_TTFT].reason, "the candidate has no runs");
}
END_TEST

START_TEST(a_run_without_a_first_token_is_missing_data)
{
	fill(7);
	w.run[0][0][3].ttft_n = 0;
	ck_assert_int_eq(slo_m5_summarise(&w.run[0][0][3], &w.weights), 0);
	judge();
	ck_assert(out.missing);
	ck_assert_int_eq(out.regression[0].metric[SLO_M5_TTFT].verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_int_eq(out.variance[0].metric[SLO_M5_TTFT].verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_int_eq(out.regression[0].metric[SLO_M5_ERRORS].verdict, SLO_M5_PASS);
}
END_TEST

START_TEST(a_run_with_too_few_requests_is_no_evidence)
{
	fill(8);
	w.run[0][1][0].requests = 99;
	judge();
	ck_assert_int_eq(out.regression_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert(!out.missing);
	ck_assert_ptr_nonnull(strstr(out.regression[0].metric[SLO_M5_TTFT].reason, "99 requests, fewer than 100"));
}
END_TEST

START_TEST(a_copied_run_does_not_count_as_a_run)
{
	fill(9);
	w.run[0][0][5].content = w.run[0][0][2].content;
	judge();
	ck_assert_int_eq(out.regression_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_int_eq(out.variance_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(out.variance[0].metric[0].reason, "not a run of its own"));
}
END_TEST

START_TEST(fewer_runs_than_asked_for_cannot_pass_but_can_fail)
{
	world_init(&w, 1, 6, 400, 0.005);
	evaluate(10);
	ck_assert_int_eq(out.regression_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_uint_eq(out.regression[0].metric[SLO_M5_ERRORS].runs_needed, 8);
	slo_m5_result_fini(&out);
	w.ttft[0] = 1.3;
	evaluate(10);
	ck_assert_int_eq(out.regression_verdict, SLO_M5_FAIL);
}
END_TEST

START_TEST(runs_too_few_to_ever_fail_cannot_pass)
{
	l.min_runs = 2;
	world_init(&w, 1, 4, 400, 0);
	w.ttft[0] = 1.3;
	evaluate(11);
	ck_assert_int_eq(out.regression_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_str_eq(out.regression[0].metric[SLO_M5_TTFT].reason, "4 against 4 runs, a comparison takes 5");
	ck_assert_uint_ge(out.regression[0].metric[SLO_M5_TTFT].runs_needed, 5);
	slo_m5_result_fini(&out);
	world_init(&w, 1, 5, 400, 0);
	l.alpha = 0.01;
	evaluate(11);
	ck_assert_int_eq(out.regression[0].metric[SLO_M5_TOKENS].verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(out.regression[0].metric[SLO_M5_TOKENS].reason, "cannot show a regression"));
	ck_assert_uint_ge(out.regression[0].metric[SLO_M5_TOKENS].runs_needed, 6);
}
END_TEST

START_TEST(an_effect_below_the_smallest_that_fails_is_inconclusive)
{
	w.ttft[0] = 1.08;
	evaluate(12);
	ck_assert_int_eq(out.regression_verdict, SLO_M5_FAIL);
	ck_assert_double_lt(out.regression[0].metric[SLO_M5_TTFT].delta.estimate, 1);
	slo_m5_result_fini(&out);
	l.min_delta = 1;
	judge();
	ck_assert_int_eq(out.regression_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(out.regression[0].metric[SLO_M5_TTFT].reason, "too small to fail"));
}
END_TEST

START_TEST(each_of_many_scenarios_has_to_show_more)
{
	double alone;

	world_init(&w, 7, 8, 100, 0.03);
	w.ttft[2] = 1.2;
	fill(13);
	ck_assert_int_eq(slo_m5_evaluate(&l, &w.s[2], 1, &w.costs, &out), 0);
	alone = out.regression[0].metric[SLO_M5_TTFT].p_adjusted;
	slo_m5_result_fini(&out);
	judge();
	ck_assert_double_eq_tol(out.regression[2].metric[SLO_M5_TTFT].p_adjusted, 7 * alone, 1e-12);
}
END_TEST

START_TEST(runs_that_differ_too_much_fail)
{
	world_init(&w, 1, 12, 200, 0.02);
	w.candidate_cv = 0.5;
	l.ttft_pct = 1000;
	evaluate(14);
	ck_assert_int_eq(out.variance_verdict, SLO_M5_FAIL);
	ck_assert_double_gt(out.variance[0].metric[SLO_M5_TTFT].lower_pct, 10);
	ck_assert_double_eq_tol(out.variance[0].metric[SLO_M5_TTFT].between_pct, 50, 25);
}
END_TEST

START_TEST(a_noisy_machine_is_not_the_candidates_fault)
{
	world_init(&w, 1, 12, 200, 0.5);
	l.ttft_pct = 1000;
	evaluate(14);
	ck_assert_int_eq(out.variance_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert(out.variance[0].metric[SLO_M5_TTFT].beyond);
	ck_assert_ptr_nonnull(strstr(out.variance[0].metric[SLO_M5_TTFT].reason, "the baseline"));
	slo_m5_result_fini(&out);
	w.s[0].baseline.count = 0;
	judge();
	ck_assert_int_eq(out.variance_verdict, SLO_M5_INCONCLUSIVE);
}
END_TEST

START_TEST(what_so_few_requests_explain_is_not_held_against_the_runs)
{
	const struct slo_m5_spread *v;

	world_init(&w, 1, 30, 100, 0);
	evaluate(15);
	v = &out.variance[0].metric[SLO_M5_TTFT];
	ck_assert_double_gt(v->cv_pct, 5);
	ck_assert_double_eq_tol(v->within_pct, v->cv_pct, 3);
	ck_assert_double_lt(v->between_pct, 4);
	ck_assert_int_eq(v->verdict, SLO_M5_PASS);
}
END_TEST

START_TEST(an_agent_that_costs_too_much_fails_with_or_without_a_control)
{
	w.cost = 4;
	evaluate(16);
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_FAIL);
	slo_m5_result_fini(&out);
	w.no_control = true;
	evaluate(16);
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_FAIL);
}
END_TEST

START_TEST(the_time_of_programs_in_the_kernel_counts)
{
	/* 2.6 alone is within 3; a quarter more is not. */
	w.cost = 2.6;
	evaluate(17);
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_FAIL);
	ck_assert(out.overhead.bpf_counted);
}
END_TEST

START_TEST(without_a_control_or_kernel_time_overhead_is_not_a_pass)
{
	w.no_control = true;
	evaluate(18);
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert(out.missing);
	slo_m5_result_fini(&out);
	w.no_control = false;
	w.no_bpf = true;
	evaluate(18);
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert(!out.overhead.bpf_counted);
	slo_m5_result_fini(&out);
	w.costs.count = 0;
	judge();
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_str_eq(out.overhead.reason, "no overhead was measured");
}
END_TEST

START_TEST(the_whole_node_is_compared_where_it_was_measured)
{
	fill(19);
	for (size_t i = 0; i < w.costs.count; i++) {
		w.rows[i].bpf = NAN;
		w.rows[i].total = 50 + (w.rows[i].off ? 0 : 1.5) + 0.01 * (double)(i % 7);
	}
	judge();
	ck_assert_str_eq(out.overhead.nodes[0].measure, "node");
	ck_assert_double_eq_tol(out.overhead.nodes[0].mean.estimate, 1.5, 0.05);
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_PASS);
}
END_TEST

START_TEST(a_run_without_figures_of_overhead_keeps_it_from_passing)
{
	fill(20);
	w.costs.absent = 1;
	judge();
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert(out.missing);
}
END_TEST

START_TEST(a_few_runs_of_overhead_are_inconclusive_and_say_how_many_it_takes)
{
	world_init(&w, 1, 5, 400, 0.005);
	w.cost = 2;
	fill(21);
	for (size_t i = 0; i < w.costs.count; i++)
		if (!w.rows[i].off)
			w.rows[i].own += (double)w.rows[i].run / 5;
	judge();
	ck_assert_int_eq(out.overhead_verdict, SLO_M5_INCONCLUSIVE);
	ck_assert_uint_gt(out.overhead.nodes[0].runs_needed, 5);
}
END_TEST

START_TEST(a_seed_of_its_own_for_each_scenario)
{
	struct slo_interval first;

	world_init(&w, 3, 8, 100, 0.03);
	l.bootstrap_iters = 100;
	evaluate(22);
	first = out.regression[2].bootstrap;
	ck_assert(isfinite(first.lo) && first.lo < first.hi);
	ck_assert(out.regression[0].bootstrap_seed != out.regression[1].bootstrap_seed);
	slo_m5_result_fini(&out);
	ck_assert_int_eq(slo_m5_evaluate(&l, &w.s[2], 1, &w.costs, &out), 0);
	ck_assert_double_eq(out.regression[0].bootstrap.lo, first.lo);
	ck_assert_double_eq(out.regression[0].bootstrap.hi, first.hi);
}
END_TEST

START_TEST(the_shares_of_alpha_add_up)
{
	double sum = 0;

	for (int i = 0; i < SLO_M5_FAMILY__COUNT; i++)
		sum += slo_m5_share[i];
	ck_assert_double_eq_tol(sum, 1.2, 1e-12);
}
END_TEST

START_TEST(a_verdict_is_as_bad_as_its_worst_part)
{
	ck_assert_int_eq(slo_m5_worse(SLO_M5_PASS, SLO_M5_INCONCLUSIVE), SLO_M5_INCONCLUSIVE);
	ck_assert_int_eq(slo_m5_worse(SLO_M5_INCONCLUSIVE, SLO_M5_FAIL), SLO_M5_FAIL);
	ck_assert_int_eq(slo_m5_worse(SLO_M5_FAIL, SLO_M5_PASS), SLO_M5_FAIL);
	ck_assert_int_eq(slo_m5_worse(SLO_M5_PASS, SLO_M5_PASS), SLO_M5_PASS);
}
END_TEST

START_TEST(commits_tell_sources_apart_and_references_where_there_are_none)
{
	ck_assert(slo_m5_same_source("main", "abc", "v1", "abc"));
	ck_assert(!slo_m5_same_source("main", "abc", "main", "def"));
	ck_assert(slo_m5_same_source("main", "", "main", "def"));
	ck_assert(slo_m5_same_source("main", "local", "main", ""));
	ck_assert(!slo_m5_same_source("local", "local", "local", "local"));
	ck_assert(!slo_m5_same_source("", "", "", ""));
	ck_assert(!slo_m5_same_source("v2", "local", "v1", "abc"));
}
END_TEST

START_TEST(a_run_of_the_baseline_in_the_candidate_is_found)
{
	fill(23);
	ck_assert_ptr_null(slo_m5_copied_run(&w.s[0]));
	w.run[0][0][4].content = w.run[0][1][7].content;
	w.run[0][0][4].name = "run-05";
	ck_assert_str_eq(slo_m5_copied_run(&w.s[0]), "run-05");
}
END_TEST

START_TEST(refuses_more_than_its_maxima)
{
	fill(24);
	ck_assert_int_eq(slo_m5_evaluate(&l, w.s, 0, &w.costs, &out), -EINVAL);
	ck_assert_int_eq(slo_m5_evaluate(&l, w.s, SLO_M5_SCENARIOS_MAX + 1, &w.costs, &out), -EINVAL);
	w.s[0].candidate.count = SLO_M5_RUNS_MAX + 1;
	ck_assert_int_eq(slo_m5_evaluate(&l, w.s, 1, &w.costs, &out), -EINVAL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("m5");
	TCase *t = tcase_create("m5");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_unchanged_candidate_with_enough_runs_passes);
	tcase_add_test(t, a_slower_candidate_fails_and_says_by_how_much);
	tcase_add_test(t, fewer_tokens_and_more_errors_fail_as_well);
	tcase_add_test(t, an_improvement_is_not_a_regression);
	tcase_add_test(t, a_regression_within_the_limit_does_not_fail_however_certain);
	tcase_add_test(t, a_side_without_runs_is_missing_data);
	tcase_add_test(t, a_run_without_a_first_token_is_missing_data);
	tcase_add_test(t, a_run_with_too_few_requests_is_no_evidence);
	tcase_add_test(t, a_copied_run_does_not_count_as_a_run);
	tcase_add_test(t, fewer_runs_than_asked_for_cannot_pass_but_can_fail);
	tcase_add_test(t, runs_too_few_to_ever_fail_cannot_pass);
	tcase_add_test(t, an_effect_below_the_smallest_that_fails_is_inconclusive);
	tcase_add_test(t, each_of_many_scenarios_has_to_show_more);
	tcase_add_test(t, runs_that_differ_too_much_fail);
	tcase_add_test(t, a_noisy_machine_is_not_the_candidates_fault);
	tcase_add_test(t, what_so_few_requests_explain_is_not_held_against_the_runs);
	tcase_add_test(t, an_agent_that_costs_too_much_fails_with_or_without_a_control);
	tcase_add_test(t, the_time_of_programs_in_the_kernel_counts);
	tcase_add_test(t, without_a_control_or_kernel_time_overhead_is_not_a_pass);
	tcase_add_test(t, the_whole_node_is_compared_where_it_was_measured);
	tcase_add_test(t, a_run_without_figures_of_overhead_keeps_it_from_passing);
	tcase_add_test(t, a_few_runs_of_overhead_are_inconclusive_and_say_how_many_it_takes);
	tcase_add_test(t, a_seed_of_its_own_for_each_scenario);
	tcase_add_test(t, the_shares_of_alpha_add_up);
	tcase_add_test(t, a_verdict_is_as_bad_as_its_worst_part);
	tcase_add_test(t, commits_tell_sources_apart_and_references_where_there_are_none);
	tcase_add_test(t, a_run_of_the_baseline_in_the_candidate_is_found);
	tcase_add_test(t, refuses_more_than_its_maxima);
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
