/* SPDX-License-Identifier: MIT */
#include "gate/judge.h"

#include "base/time.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Queries of the plan below: value, long value, samples, age, baseline, its samples. */
enum { V, L, N, A, B, BN, QUERIES };

static struct slo_gate_plan plan;
static struct slo_gate_metric metric;
static struct slo_gate_reading r[QUERIES];
static struct slo_gate_measure m;

static void put(int q, double value)
{
	r[q].state = SLO_GATE_VALUE;
	r[q].value = value;
}

/* A p95 of 500 ms, under 800, of a hundred requests, a second old. */
static void setup(void)
{
	plan = (struct slo_gate_plan){
		.target = 0.99, .min_samples = 20, .tolerance = 0.25, .max_age_ns = 60 * SLO_NS_PER_S
	};
	metric = (struct slo_gate_metric){ .name = "m", .kind = SLO_GATE_TTFT, .op = SLO_GATE_LE, .threshold = 800,
					   .value = V, .long_value = SLO_GATE_NONE, .samples = N, .age = A,
					   .base_value = SLO_GATE_NONE, .base_samples = SLO_GATE_NONE };
	memset(r, 0, sizeof(r));
	put(V, 500);
	put(N, 100);
	put(A, 1);
}

static int judge(void)
{
	slo_gate_measure(&plan, &metric, r, &m);
	/* Only a pass may be without a reason. */
	ck_assert(m.outcome == SLO_GATE_PASS || m.reason[0]);
	return m.outcome;
}

START_TEST(passes_what_it_has_seen_and_found_good)
{
	ck_assert_int_eq(judge(), SLO_GATE_PASS);
	ck_assert_double_eq(m.value, 500);
	ck_assert_double_eq(m.samples, 100);
	put(V, 800);
	ck_assert_int_eq(judge(), SLO_GATE_PASS);
	put(V, 800.1);
	ck_assert_int_eq(judge(), SLO_GATE_FAIL);
}
END_TEST

static const struct {
	int query, state;
	double value;
	int want;
	const char *words;
} doubtful[] = {
	{ V, SLO_GATE_VALUE, NAN, SLO_GATE_INCONCLUSIVE, "NaN" },
	{ V, SLO_GATE_VALUE, INFINITY, SLO_GATE_INCONCLUSIVE, "infinite" },
	{ V, SLO_GATE_VALUE, -INFINITY, SLO_GATE_INCONCLUSIVE, "infinite" },
	{ V, SLO_GATE_EMPTY, 0, SLO_GATE_INCONCLUSIVE, "no data" },
	{ V, SLO_GATE_MANY, 1, SLO_GATE_INCONCLUSIVE, "series" },
	{ V, SLO_GATE_UNAVAILABLE, 1, SLO_GATE_ERROR, "because" },
	{ V, SLO_GATE_REFUSED, 1, SLO_GATE_ERROR, "because" },
	{ V, SLO_GATE_NOT_ASKED, 1, SLO_GATE_ERROR, "because" },
	{ N, SLO_GATE_VALUE, NAN, SLO_GATE_INCONCLUSIVE, "count" },
	{ N, SLO_GATE_VALUE, 19, SLO_GATE_INCONCLUSIVE, "19 requests" },
	{ N, SLO_GATE_VALUE, 0, SLO_GATE_INCONCLUSIVE, "0 requests" },
	{ N, SLO_GATE_EMPTY, 0, SLO_GATE_INCONCLUSIVE, "count" },
	{ N, SLO_GATE_MANY, 0, SLO_GATE_INCONCLUSIVE, "count" },
	{ N, SLO_GATE_UNAVAILABLE, 0, SLO_GATE_ERROR, "because" },
	{ N, SLO_GATE_REFUSED, 0, SLO_GATE_ERROR, "because" },
	{ A, SLO_GATE_VALUE, 61, SLO_GATE_INCONCLUSIVE, "stale" },
	{ A, SLO_GATE_EMPTY, 0, SLO_GATE_INCONCLUSIVE, "age" },
	{ A, SLO_GATE_UNAVAILABLE, 0, SLO_GATE_ERROR, "because" },
};

START_TEST(never_passes_what_it_has_not_seen)
{
	struct slo_gate_reading *q = &r[doubtful[_i].query];

	q->state = doubtful[_i].state;
	q->value = doubtful[_i].value;
	snprintf(q->why, sizeof(q->why), "because");
	ck_assert_int_eq(judge(), doubtful[_i].want);
	ck_assert_msg(strstr(m.reason, doubtful[_i].words) != NULL, "%s", m.reason);
	ck_assert_int_eq(m.unavailable, doubtful[_i].state == SLO_GATE_UNAVAILABLE);
}
END_TEST

/* The value is over its limit, and something else about it is wrong. */
START_TEST(keeps_a_violation_it_has_seen)
{
	bool too_few = doubtful[_i].query == N && doubtful[_i].state == SLO_GATE_VALUE && !isnan(doubtful[_i].value);

	put(V, 900);
	if (doubtful[_i].query == V)
		return;
	r[doubtful[_i].query].state = doubtful[_i].state;
	r[doubtful[_i].query].value = doubtful[_i].value;
	ck_assert_int_eq(judge(), too_few ? SLO_GATE_INCONCLUSIVE : SLO_GATE_FAIL);
}
END_TEST

START_TEST(does_not_pass_with_a_warning_but_fails_with_one)
{
	r[V].warnings = 1;
	snprintf(r[V].warning, sizeof(r[V].warning), "partial response");
	ck_assert_int_eq(judge(), SLO_GATE_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(m.reason, "partial response"));
	put(V, 900);
	ck_assert_int_eq(judge(), SLO_GATE_FAIL);
	ck_assert_str_eq(m.warning, "partial response");
	r[V].warnings = 0;
	r[V].infos = 1;
	snprintf(r[V].info, sizeof(r[V].info), "not a counter?");
	put(V, 500);
	ck_assert_int_eq(judge(), SLO_GATE_PASS);
	ck_assert_str_eq(m.info, "not a counter?");
}
END_TEST

START_TEST(needs_one_sample_even_where_none_are_asked_for)
{
	plan.min_samples = 0;
	put(N, 0);
	ck_assert_int_eq(judge(), SLO_GATE_INCONCLUSIVE);
	put(N, 1);
	ck_assert_int_eq(judge(), SLO_GATE_PASS);
}
END_TEST

static const struct {
	int op;
	bool below, equal, above;
} ops[] = {
	{ SLO_GATE_LE, true, true, false },  { SLO_GATE_LT, true, false, false }, { SLO_GATE_GE, false, true, true },
	{ SLO_GATE_GT, false, false, true }, { SLO_GATE_EQ, false, true, false }, { SLO_GATE_NE, true, false, true },
};

START_TEST(holds_values_to_each_comparison)
{
	metric.op = ops[_i].op;
	put(V, 799);
	ck_assert_int_eq(judge(), ops[_i].below ? SLO_GATE_PASS : SLO_GATE_FAIL);
	put(V, 800);
	ck_assert_int_eq(judge(), ops[_i].equal ? SLO_GATE_PASS : SLO_GATE_FAIL);
	put(V, 801);
	ck_assert_int_eq(judge(), ops[_i].above ? SLO_GATE_PASS : SLO_GATE_FAIL);
}
END_TEST

static const struct {
	double one, two;
	int want;
	double value;
} burns[] = {
	{ 0.05, 0.05, SLO_GATE_FAIL, 5 },     /* both windows burn five budgets */
	{ 0.05, 0.01, SLO_GATE_PASS, 1 },     /* a peak that the long window does not see */
	{ 0.01, 0.05, SLO_GATE_PASS, 1 },     /* over already */
	{ 0.02, 0.02, SLO_GATE_PASS, 2 },     /* exactly the limit: 0.02 / (1 - 0.99) is not exactly 2 */
	{ 0, 0, SLO_GATE_PASS, 0 },
	{ NAN, 0.05, SLO_GATE_INCONCLUSIVE, NAN },
	{ 0.05, NAN, SLO_GATE_INCONCLUSIVE, NAN },
};

START_TEST(computes_the_burn_rate_of_two_windows)
{
	metric.kind = SLO_GATE_BURN_RATE;
	metric.threshold = 2;
	metric.long_value = L;
	put(V, burns[_i].one);
	put(L, burns[_i].two);
	ck_assert_int_eq(judge(), burns[_i].want);
	if (isnan(burns[_i].value))
		ck_assert(isnan(m.value));
	else
		ck_assert_double_eq_tol(m.value, burns[_i].value, 1e-9);
}
END_TEST

START_TEST(does_not_guess_the_burn_rate_of_one_window)
{
	metric.kind = SLO_GATE_BURN_RATE;
	metric.threshold = 2;
	metric.long_value = L;
	put(V, 0.05);
	r[L].state = SLO_GATE_UNAVAILABLE;
	snprintf(r[L].why, sizeof(r[L].why), "gone");
	snprintf(r[V].why, sizeof(r[V].why), "gone as well");
	ck_assert_int_eq(judge(), SLO_GATE_ERROR);
	ck_assert(m.unavailable);
	ck_assert_double_eq_tol(m.burn_short, 5, 1e-9);
	r[V].state = SLO_GATE_UNAVAILABLE;
	ck_assert_int_eq(judge(), SLO_GATE_ERROR);
	ck_assert(m.unavailable);
	r[V].state = SLO_GATE_REFUSED;
	ck_assert_int_eq(judge(), SLO_GATE_ERROR);
	ck_assert(!m.unavailable);
}
END_TEST

static void compare(int kind)
{
	metric.kind = kind;
	metric.compared = true;
	metric.base_value = B;
	metric.base_samples = BN;
	put(BN, 1000);
}

START_TEST(compares_a_percentile_with_the_baseline)
{
	compare(SLO_GATE_TTFT);
	put(B, 400);
	ck_assert_int_eq(judge(), SLO_GATE_PASS); /* 500 is a quarter more */
	ck_assert_double_eq(m.limit, 500);
	put(V, 501);
	ck_assert_int_eq(judge(), SLO_GATE_FAIL);
	put(BN, 19);
	ck_assert_int_eq(judge(), SLO_GATE_INCONCLUSIVE);
	put(BN, 1000);
	put(B, NAN);
	ck_assert_int_eq(judge(), SLO_GATE_INCONCLUSIVE);
	r[B].state = SLO_GATE_EMPTY;
	ck_assert_int_eq(judge(), SLO_GATE_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(m.reason, "baseline"));
}
END_TEST

START_TEST(compares_upwards_where_more_is_better)
{
	compare(SLO_GATE_OWN);
	metric.op = SLO_GATE_GE;
	put(B, 400);
	put(V, 301);
	ck_assert_int_eq(judge(), SLO_GATE_PASS);
	put(V, 299);
	ck_assert_int_eq(judge(), SLO_GATE_FAIL);
}
END_TEST

START_TEST(does_not_take_chance_for_more_errors)
{
	compare(SLO_GATE_ERROR_RATE);
	put(B, 0.01);
	put(V, 0.02); /* 2 of 100 against 10 of 1000: z = 0.92 */
	ck_assert_int_eq(judge(), SLO_GATE_PASS);
	ck_assert_ptr_nonnull(strstr(m.reason, "chance"));
	put(N, 1000); /* 20 of 1000: z = 1.84 */
	ck_assert_int_eq(judge(), SLO_GATE_FAIL);
	put(B, 0);
	put(V, 0.1);
	ck_assert_int_eq(judge(), SLO_GATE_FAIL);
	put(V, 0);
	ck_assert_int_eq(judge(), SLO_GATE_PASS);
}
END_TEST

/* Rounds. P pass, F fail, I inconclusive, E error that may pass, R one that will not. */
static const struct {
	const char *rounds;
	struct slo_gate_patience c; /* count, failure, inconclusive, error limits */
	int want;
	bool done;
} runs[] = {
	{ "P", { 1, 0, 0, 0 }, SLO_GATE_PASS, true },
	{ "F", { 1, 0, 0, 0 }, SLO_GATE_FAIL, true },
	{ "I", { 1, 0, 0, 0 }, SLO_GATE_INCONCLUSIVE, true },
	{ "E", { 1, 0, 0, 0 }, SLO_GATE_ERROR, true },
	{ "P", { 3, 0, 0, 0 }, SLO_GATE_INCONCLUSIVE, false },
	{ "PPP", { 3, 0, 0, 0 }, SLO_GATE_PASS, true },
	{ "PPF", { 3, 0, 0, 0 }, SLO_GATE_FAIL, true },
	{ "F", { 3, 0, 0, 0 }, SLO_GATE_FAIL, true },	/* no need to go on */
	{ "FPP", { 3, 1, 0, 0 }, SLO_GATE_PASS, true }, /* one was put up with */
	{ "FPF", { 3, 1, 0, 0 }, SLO_GATE_FAIL, true },
	{ "FFF", { 3, 3, 0, 0 }, SLO_GATE_FAIL, true }, /* nothing ever held */
	{ "IPP", { 3, 0, 0, 0 }, SLO_GATE_INCONCLUSIVE, true },
	{ "IPP", { 3, 0, 1, 0 }, SLO_GATE_PASS, true },
	{ "III", { 3, 0, 9, 0 }, SLO_GATE_INCONCLUSIVE, true },
	{ "EPEP", { 2, 0, 0, 1 }, SLO_GATE_PASS, true }, /* errors are tried again, and do not count as measurements */
	{ "EP", { 2, 0, 0, 1 }, SLO_GATE_INCONCLUSIVE, false },
	{ "EE", { 2, 0, 0, 1 }, SLO_GATE_ERROR, true },
	{ "EPP", { 2, 0, 0, 0 }, SLO_GATE_ERROR, true }, /* over the limit stays over it, while others go on */
	{ "EEPP", { 2, 0, 0, 1 }, SLO_GATE_ERROR, true },
	{ "PEE", { 2, 0, 0, 1 }, SLO_GATE_ERROR, true },
	{ "E", { 1, 0, 0, 4 }, SLO_GATE_ERROR, false },
	{ "FE", { 3, 0, 0, 0 }, SLO_GATE_FAIL, true }, /* a violation stays, whatever comes after it */
	{ "EF", { 3, 0, 0, 0 }, SLO_GATE_FAIL, true },
	{ "FI", { 2, 0, 0, 0 }, SLO_GATE_FAIL, true },
};

static struct slo_gate_tally play(const char *rounds)
{
	struct slo_gate_tally t = { 0 };

	for (; *rounds; rounds++) {
		struct slo_gate_measure one = { .unavailable = *rounds == 'E' };

		one.outcome = *rounds == 'P' ? SLO_GATE_PASS : *rounds == 'F' ? SLO_GATE_FAIL :
			      *rounds == 'I' ? SLO_GATE_INCONCLUSIVE : SLO_GATE_ERROR;
		slo_gate_count(&t, &one);
	}
	return t;
}

START_TEST(has_as_much_patience_as_it_is_told)
{
	struct slo_gate_tally t = play(runs[_i].rounds);
	bool done;

	ck_assert_int_eq(slo_gate_verdict(&t, &runs[_i].c, &done), runs[_i].want);
	ck_assert_int_eq(done, runs[_i].done);
}
END_TEST

static const struct {
	const char *metrics[3];
	bool fail_open;
	int want;
	bool degraded;
} wholes[] = {
	{ { "P", "P", "P" }, false, SLO_GATE_PASS, false }, { { "P", "F", "P" }, false, SLO_GATE_FAIL, false },
	{ { "F", "E", "I" }, false, SLO_GATE_FAIL, false }, { { "F", "E", "E" }, true, SLO_GATE_FAIL, false },
	{ { "E", "E", "F" }, true, SLO_GATE_FAIL, false },  { { "P", "I", "P" }, false, SLO_GATE_INCONCLUSIVE, false },
	{ { "P", "I", "E" }, false, SLO_GATE_ERROR, false }, { { "P", "P", "E" }, false, SLO_GATE_ERROR, false },
	{ { "P", "P", "E" }, true, SLO_GATE_PASS, true },   { { "E", "E", "E" }, true, SLO_GATE_PASS, true },
	{ { "I", "E", "E" }, true, SLO_GATE_INCONCLUSIVE, false }, /* no data is no unavailable server */
	{ { "P", "P", "R" }, true, SLO_GATE_ERROR, false },  /* nor is one that says the query is wrong */
	{ { "P", "P", "P" }, true, SLO_GATE_PASS, false },  { { "I", "I", "I" }, true, SLO_GATE_INCONCLUSIVE, false },
};

START_TEST(lets_a_violation_win_over_everything)
{
	const struct slo_gate_patience once = { .count = 1 };
	struct slo_gate_tally t[3];
	struct slo_gate_result all;

	for (int i = 0; i < 3; i++)
		t[i] = play(wholes[_i].metrics[i]);
	all = slo_gate_overall(t, 3, &once, wholes[_i].fail_open);
	ck_assert_int_eq(all.outcome, wholes[_i].want);
	ck_assert_int_eq(all.degraded, wholes[_i].degraded);
	ck_assert(!slo_gate_wait_more(t, 3, &once));
}
END_TEST

START_TEST(goes_on_while_a_metric_is_not_done)
{
	const struct slo_gate_patience twice = { .count = 2, .error_limit = 1 };
	struct slo_gate_tally t[2] = { play("PP"), play("EP") };

	ck_assert(slo_gate_wait_more(t, 2, &twice));
	t[0] = play("F"); /* it cannot get better */
	ck_assert(!slo_gate_wait_more(t, 2, &twice));
	t[0] = play("EE"); /* but a violation of the other may still be seen */
	ck_assert(slo_gate_wait_more(t, 2, &twice));
}
END_TEST

START_TEST(maps_outcomes_to_exit_codes)
{
	ck_assert_int_eq(slo_gate_exit_status(SLO_GATE_PASS), 0);
	ck_assert_int_eq(slo_gate_exit_status(SLO_GATE_FAIL), 1);
	ck_assert_int_eq(slo_gate_exit_status(SLO_GATE_INCONCLUSIVE), 3);
	ck_assert_int_eq(slo_gate_exit_status(SLO_GATE_ERROR), 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gate/judge");
	TCase *t = tcase_create("judge");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, passes_what_it_has_seen_and_found_good);
	tcase_add_loop_test(t, never_passes_what_it_has_not_seen, 0, (int)SLO_ARRAY_LEN(doubtful));
	tcase_add_loop_test(t, keeps_a_violation_it_has_seen, 0, (int)SLO_ARRAY_LEN(doubtful));
	tcase_add_test(t, does_not_pass_with_a_warning_but_fails_with_one);
	tcase_add_test(t, needs_one_sample_even_where_none_are_asked_for);
	tcase_add_loop_test(t, holds_values_to_each_comparison, 0, (int)SLO_ARRAY_LEN(ops));
	tcase_add_loop_test(t, computes_the_burn_rate_of_two_windows, 0, (int)SLO_ARRAY_LEN(burns));
	tcase_add_test(t, does_not_guess_the_burn_rate_of_one_window);
	tcase_add_test(t, compares_a_percentile_with_the_baseline);
	tcase_add_test(t, compares_upwards_where_more_is_better);
	tcase_add_test(t, does_not_take_chance_for_more_errors);
	tcase_add_loop_test(t, has_as_much_patience_as_it_is_told, 0, (int)SLO_ARRAY_LEN(runs));
	tcase_add_loop_test(t, lets_a_violation_win_over_everything, 0, (int)SLO_ARRAY_LEN(wholes));
	tcase_add_test(t, goes_on_while_a_metric_is_not_done);
	tcase_add_test(t, maps_outcomes_to_exit_codes);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
