/* SPDX-License-Identifier: MIT */
#include "net/http_client_tally.h"

#include "base/time.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define MS SLO_NS_PER_MS
#define NEVER INT64_MAX

static struct slo_load_tally t;

static void init(double slo_ttft_ms)
{
	const struct slo_load_objectives o = { .ttft_ms = slo_ttft_ms };

	slo_load_tally_init(&t, 0, NEVER, &o);
}

static struct slo_client_result ok_result(int64_t intended_ms)
{
	return (struct slo_client_result){
		.outcome = SLO_OUTCOME_OK,
		.intended_ns = intended_ms * MS,
		.sent_ns = (intended_ms + 2) * MS,
		.first_token_ns = (intended_ms + 40) * MS,
		.last_token_ns = (intended_ms + 100) * MS,
		.end_ns = (intended_ms + 101) * MS,
		.tokens = 16,
		.tokens_from_usage = true,
	};
}

START_TEST(counts_latency_from_the_intended_time)
{
	struct slo_client_result r = ok_result(1000);
	double v;

	r.sent_ns = 1500 * MS; /* sent half a second late: the user waited for that too */
	r.first_token_ns = 1540 * MS;
	ck_assert(slo_load_value(&r, SLO_LOAD_TTFT, &v));
	ck_assert_double_eq_tol(v, 540, 1e-9);
	ck_assert(slo_load_value(&r, SLO_LOAD_DISPATCH, &v));
	ck_assert_double_eq_tol(v, 500, 1e-9);
}
END_TEST

START_TEST(divides_by_the_gaps_between_tokens)
{
	struct slo_client_result r = ok_result(1);
	double v;

	ck_assert(slo_load_value(&r, SLO_LOAD_TPOT, &v));
	ck_assert_double_eq_tol(v, 4, 1e-9); /* 60 ms over 15 gaps */
	r.tokens = 1;
	ck_assert(!slo_load_value(&r, SLO_LOAD_TPOT, &v));
	r.tokens = 16;
	r.tokens_from_usage = false;
	ck_assert(!slo_load_value(&r, SLO_LOAD_TPOT, &v));
}
END_TEST

START_TEST(keeps_failures_out_of_the_latencies_and_in_the_counts)
{
	struct slo_client_result r = ok_result(1);

	init(50);
	slo_load_tally_add(&t, &r);
	r.outcome = SLO_OUTCOME_TIMEOUT;
	slo_load_tally_add(&t, &r);
	r.outcome = SLO_OUTCOME_RATE_LIMITED;
	slo_load_tally_add(&t, &r);
	slo_load_tally_drop(&t, 5, false);
	slo_load_tally_drop(&t, 5, true);
	ck_assert_int_eq((int)t.sent, 3);
	ck_assert_int_eq((int)t.dropped, 1);
	ck_assert_int_eq((int)t.failed_send, 1);
	ck_assert_int_eq((int)t.outcomes[SLO_OUTCOME_TIMEOUT], 1);
	ck_assert_int_eq((int)slo_hist_count(&t.dist[SLO_LOAD_TTFT].hist), 1);
	ck_assert_int_eq((int)slo_hist_count(&t.dist[SLO_LOAD_DISPATCH].hist), 3);
	ck_assert_int_eq((int)t.tokens, 16);
}
END_TEST

START_TEST(an_answer_without_a_token_has_no_ttft_and_is_not_good)
{
	struct slo_client_result r = ok_result(1);
	double v;

	init(1e9);
	r.first_token_ns = r.last_token_ns = 0;
	r.tokens = 0;
	slo_load_tally_add(&t, &r);
	ck_assert(!slo_load_value(&r, SLO_LOAD_TTFT, &v));
	ck_assert(slo_load_value(&r, SLO_LOAD_E2E, &v));
	ck_assert_double_eq_tol(v, 101, 1e-9);
	ck_assert_int_eq((int)t.no_token, 1);
	ck_assert_int_eq((int)t.good, 0);
	ck_assert(isnan(slo_load_quantile(&t, SLO_LOAD_TTFT, 0.5)));
}
END_TEST

START_TEST(goodput_counts_the_threshold_itself_as_good)
{
	struct slo_client_result r = ok_result(1);

	init(40);
	slo_load_tally_add(&t, &r);
	r.first_token_ns += 1;
	slo_load_tally_add(&t, &r);
	ck_assert_int_eq((int)t.good, 1);
}
END_TEST

static const struct {
	double ttft, tpot, e2e; /* objectives, ms */
	uint64_t tokens;
	bool usage;
	int good, unjudged;
} goods[] = {
	{ 40, 4, 100, 16, true, 1, 0 },     /* each just met */
	{ 40, 3.99, 100, 16, true, 0, 0 },
	{ 40, 4, 99, 16, true, 0, 0 },
	{ 0, 0, 100, 16, true, 1, 0 },
	{ 0, 4, 0, 1, true, 1, 0 },         /* one token: nothing between tokens */
	{ 0, 4, 0, 16, false, 0, 1 },       /* tokens not counted: unknown is not good */
	{ 39, 4, 0, 16, false, 0, 0 },      /* bad whatever the tpot was */
};

START_TEST(goodput_wants_every_objective)
{
	const struct slo_load_objectives o = { goods[_i].ttft, goods[_i].tpot, goods[_i].e2e };
	struct slo_client_result r = ok_result(1);

	slo_load_tally_init(&t, 0, NEVER, &o);
	r.tokens = goods[_i].tokens;
	r.tokens_from_usage = goods[_i].usage;
	slo_load_tally_add(&t, &r);
	ck_assert_int_eq((int)t.good, goods[_i].good);
	ck_assert_int_eq((int)t.unjudged, goods[_i].unjudged);
}
END_TEST

START_TEST(goodput_is_a_share_of_what_was_meant_to_be_sent)
{
	static const enum slo_outcome all[] = { SLO_OUTCOME_OK, SLO_OUTCOME_RATE_LIMITED, SLO_OUTCOME_SERVER_ERROR,
						SLO_OUTCOME_TIMEOUT, SLO_OUTCOME_ABORTED, SLO_OUTCOME_CLIENT_ERROR,
						SLO_OUTCOME_CANCELLED };
	struct slo_client_result r = ok_result(1);

	init(1000);
	for (size_t i = 0; i < SLO_ARRAY_LEN(all); i++) {
		r.outcome = all[i];
		slo_load_tally_add(&t, &r);
	}
	slo_load_tally_drop(&t, 5, false);
	slo_load_tally_drop(&t, 5, true);
	ck_assert_int_eq((int)t.good, 1);
	ck_assert_int_eq((int)slo_load_count_valid(&t), 7); /* not the client error, not the cancelled one */
}
END_TEST

START_TEST(counts_chunk_gaps_and_tells_them_from_tokens)
{
	static const uint32_t gaps[] = { 0, 1000, 3000 };
	struct slo_client_result r = ok_result(1);

	init(0);
	ck_assert(isnan(slo_load_chunk_ratio(&t)));
	r.gaps_us = gaps;
	r.gaps = 3;
	r.chunks = 4;
	slo_load_tally_add(&t, &r);
	ck_assert_int_eq((int)slo_hist_count(&t.dist[SLO_LOAD_GAP].hist), 3);
	ck_assert_double_eq_tol(slo_load_dist_mean(&t.dist[SLO_LOAD_GAP]), 4.0 / 3, 1e-9);
	ck_assert_double_eq_tol(t.dist[SLO_LOAD_GAP].max, 3, 1e-9);
	ck_assert_double_eq_tol(slo_load_chunk_ratio(&t), 0.25, 1e-9);
	r.outcome = SLO_OUTCOME_ABORTED;
	slo_load_tally_add(&t, &r);
	ck_assert_int_eq((int)slo_hist_count(&t.dist[SLO_LOAD_GAP].hist), 3);
	ck_assert_int_eq((int)slo_hist_count(&t.by_outcome[SLO_OUTCOME_ABORTED][SLO_LOAD_GAP].hist), 3);
}
END_TEST

START_TEST(what_did_not_happen_is_no_observation)
{
	struct slo_client_result r = {
		.outcome = SLO_OUTCOME_TIMEOUT, .intended_ns = 5 * MS, .sent_ns = 6 * MS, .end_ns = 905 * MS
	};

	init(0);
	slo_load_tally_add(&t, &r);
	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		bool is = m == SLO_LOAD_DISPATCH || m == SLO_LOAD_DURATION || m == SLO_LOAD_E2E;

		ck_assert_int_eq((int)slo_hist_count(&t.by_outcome[SLO_OUTCOME_TIMEOUT][m].hist), is);
		ck_assert_int_eq((int)slo_hist_count(&t.dist[m].hist), m == SLO_LOAD_DISPATCH);
	}
	ck_assert_double_eq_tol(t.by_outcome[SLO_OUTCOME_TIMEOUT][SLO_LOAD_DURATION].max, 900, 1e-9);
}
END_TEST

START_TEST(leaves_warm_up_and_cool_down_out)
{
	const struct slo_load_objectives none = { 0, 0, 0 };
	struct slo_client_result r = ok_result(1);

	slo_load_tally_init(&t, 10 * MS, 20 * MS, &none);
	slo_load_tally_add(&t, &r);
	slo_load_tally_drop(&t, 9 * MS, false);
	r = ok_result(10);
	slo_load_tally_add(&t, &r);
	r = ok_result(20);
	slo_load_tally_add(&t, &r);
	slo_load_tally_drop(&t, 21 * MS, true);
	ck_assert_int_eq((int)t.warmup, 2);
	ck_assert_int_eq((int)t.cooldown, 2);
	ck_assert_int_eq((int)t.sent, 1);
	ck_assert_int_eq((int)t.dropped, 0);
	ck_assert_int_eq((int)t.failed_send, 0);
}
END_TEST

static const struct {
	int late_ms, late, prompt, dropped; /* so many requests late, so many at once, so many not sent */
	double cores;
	size_t reasons;
	const char *word;
} runs[] = {
	{ 0, 0, 100, 0, 0.2, 0, NULL },
	{ 0, 0, 0, 0, 0, 1, "nothing" },
	{ 11, 1, 0, 0, 0.2, 1, "median" },
	{ 9, 100, 0, 0, 0.2, 0, NULL },
	{ 150, 3, 97, 0, 0.2, 1, "in a hundred" },
	{ 150, 3, 96, 0, 0.2, 0, NULL }, /* of 99 there is no hundredth */
	{ 150, 1, 999, 0, 0.2, 0, NULL },
	{ 0, 0, 100, 0, 0.95, 1, "core" },
	{ 0, 0, 99, 1, 0.2, 0, NULL },
	{ 0, 0, 97, 3, 0.2, 1, "not sent" },
	{ 20, 10, 0, 10, 1, 3, "median" },
};

START_TEST(quantiles_are_exact_while_there_are_few)
{
	struct slo_client_result r = ok_result(1);

	init(0);
	r.last_token_ns = r.end_ns = 900 * MS;
	for (int i = 100; i >= 1; i--) {
		r.first_token_ns = r.intended_ns + i * MS + 123;
		slo_load_tally_add(&t, &r);
	}
	slo_load_tally_seal(&t);
	ck_assert_double_eq_tol(slo_load_quantile(&t, SLO_LOAD_TTFT, 0.5), 50.000123, 1e-9);
	ck_assert_double_eq_tol(slo_load_quantile(&t, SLO_LOAD_TTFT, 0.99), 99.000123, 1e-9);
	for (int i = 100; i <= SLO_LOAD_EXACT; i++)
		slo_load_tally_add(&t, &r); /* 1.000123 ms */
	ck_assert_double_eq_tol(slo_load_quantile(&t, SLO_LOAD_TTFT, 0.5), 1.000123, 0.05);
}
END_TEST

START_TEST(says_why_a_run_measured_its_client)
{
	struct slo_client_result r = ok_result(1);
	struct slo_load_verdict v;

	init(0);
	r.first_token_ns = r.last_token_ns = r.end_ns = 900 * MS;
	for (int i = 0; i < runs[_i].late + runs[_i].prompt; i++) {
		r.sent_ns = r.intended_ns + (i < runs[_i].late ? runs[_i].late_ms : 0) * MS;
		slo_load_tally_add(&t, &r);
	}
	for (int i = 0; i < runs[_i].dropped; i++)
		slo_load_tally_drop(&t, 5, false);
	slo_load_judge(&t, runs[_i].cores, &v);
	ck_assert_int_eq((int)v.n, (int)runs[_i].reasons);
	ck_assert_int_eq(v.valid, v.n == 0);
	if (runs[_i].word)
		ck_assert_msg(strstr(v.why[0], runs[_i].word) != NULL, "%s", v.why[0]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_client_tally");
	TCase *c = tcase_create("tally");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, counts_latency_from_the_intended_time);
	tcase_add_test(c, divides_by_the_gaps_between_tokens);
	tcase_add_test(c, keeps_failures_out_of_the_latencies_and_in_the_counts);
	tcase_add_test(c, an_answer_without_a_token_has_no_ttft_and_is_not_good);
	tcase_add_test(c, goodput_counts_the_threshold_itself_as_good);
	tcase_add_loop_test(c, goodput_wants_every_objective, 0, (int)SLO_ARRAY_LEN(goods));
	tcase_add_test(c, goodput_is_a_share_of_what_was_meant_to_be_sent);
	tcase_add_test(c, counts_chunk_gaps_and_tells_them_from_tokens);
	tcase_add_test(c, what_did_not_happen_is_no_observation);
	tcase_add_test(c, leaves_warm_up_and_cool_down_out);
	tcase_add_test(c, quantiles_are_exact_while_there_are_few);
	tcase_add_loop_test(c, says_why_a_run_measured_its_client, 0, (int)SLO_ARRAY_LEN(runs));
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
