/* SPDX-License-Identifier: MIT */
#include "net/http_client_tally.h"

#include "base/time.h"
#include "net/http_client_arrivals.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define MS SLO_NS_PER_MS

static struct slo_load_tally t;

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
	struct slo_client_result r = ok_result(0);
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
	struct slo_client_result r = ok_result(0);

	slo_load_tally_init(&t, 0, 50);
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
	struct slo_client_result r = ok_result(0);
	double v;

	slo_load_tally_init(&t, 0, 1e9);
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
	struct slo_client_result r = ok_result(0);

	slo_load_tally_init(&t, 0, 40);
	slo_load_tally_add(&t, &r);
	r.first_token_ns += 1;
	slo_load_tally_add(&t, &r);
	ck_assert_int_eq((int)t.good, 1);
}
END_TEST

START_TEST(leaves_the_warm_up_out)
{
	struct slo_client_result r = ok_result(0);

	slo_load_tally_init(&t, 10 * MS, 0);
	slo_load_tally_add(&t, &r);
	slo_load_tally_drop(&t, 9 * MS, false);
	r = ok_result(10);
	slo_load_tally_add(&t, &r);
	ck_assert_int_eq((int)t.warmup, 2);
	ck_assert_int_eq((int)t.sent, 1);
	ck_assert_int_eq((int)t.dropped, 0);
}
END_TEST

START_TEST(a_late_client_invalidates_the_run)
{
	struct slo_client_result r = ok_result(0);

	slo_load_tally_init(&t, 0, 0);
	ck_assert(!slo_load_valid(&t)); /* nothing was sent */
	slo_load_tally_add(&t, &r);
	ck_assert(slo_load_valid(&t));
	slo_load_tally_init(&t, 0, 0);
	r.sent_ns = 11 * MS;
	slo_load_tally_add(&t, &r);
	ck_assert(!slo_load_valid(&t));
}
END_TEST

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
	tcase_add_test(c, leaves_the_warm_up_out);
	tcase_add_test(c, a_late_client_invalidates_the_run);
	tcase_add_test(c, constant_arrivals_do_not_drift);
	tcase_add_test(c, poisson_arrivals_have_exponential_gaps_and_repeat_by_seed);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
