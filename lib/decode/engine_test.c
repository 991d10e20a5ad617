/* SPDX-License-Identifier: MIT */
/* Pages of metrics as the engines write them, and the windows that follow. */
#include "decode/engine.h"

#include "base/time.h"
#include "config/config.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { T0_S = 1700000000, WINDOWS = 16 };

static struct slo_config config;
static struct slo_engine *engine;
static struct slo_sli_window got[WINDOWS];
static size_t got_n;
static int64_t now_ns;

static void keep(void *arg, const struct slo_event *ev)
{
	(void)arg;
	ck_assert_int_eq(ev->kind, SLO_KIND_SLI_WINDOW);
	ck_assert_uint_lt(got_n, WINDOWS);
	got[got_n++] = ev->sli_window;
}

static void objective(int sli, double threshold)
{
	config.objectives[config.objectives_count] =
		(struct slo_objective){ .sli = sli, .threshold = threshold, .target = 0.95 };
	strcpy(config.objectives[config.objectives_count++].service, "*");
}

static void setup(void)
{
	const struct slo_engine_opts o = { SLO_STR("c1"), SLO_STR("n1"), SLO_STR("ns1"), SLO_STR("chat"), &config };

	memset(&config, 0, sizeof(config));
	objective(SLO_SLI_TTFT, 500);
	objective(SLO_SLI_LATENCY, 2000);
	objective(SLO_SLI_THROUGHPUT, 20);
	ck_assert_int_eq(slo_engine_new(&o, &engine), 0);
	now_ns = T0_S * SLO_NS_PER_S;
}

static void teardown(void)
{
	slo_engine_free(engine);
}

/* A scrape, ten seconds after the last. */
static int take(const char *text)
{
	struct slo_err err = { .what = "" };
	int r;

	got_n = 0;
	now_ns += 10 * SLO_NS_PER_S;
	r = slo_engine_take(engine, slo_str(text), now_ns, keep, NULL, &err);
	ck_assert(!r == !err.what[0]);
	return r;
}

static const struct slo_sli_window *window(int sli)
{
	for (size_t i = 0; i < got_n; i++)
		if (got[i].sli == sli)
			return &got[i];
	return NULL;
}

static struct slo_engine_stats stats(void)
{
	struct slo_engine_stats n;

	slo_engine_stats(engine, &n);
	return n;
}

/* TTFT of vLLM, engine @i: so many up to 0.1, 0.5, 1 s, and in all. */
static const char *ttft(int i, int a, int b, int c, int all, double sum)
{
	static char text[4][1024];
	char *to = text[i];

	snprintf(to, sizeof(text[i]),
		 "# HELP vllm:time_to_first_token_seconds Histogram of time to first token in seconds.\n"
		 "# TYPE vllm:time_to_first_token_seconds histogram\n"
		 "vllm:time_to_first_token_seconds_bucket{engine=\"%d\",le=\"0.1\",model_name=\"m\"} %d.0\n"
		 "vllm:time_to_first_token_seconds_bucket{engine=\"%d\",le=\"0.5\",model_name=\"m\"} %d.0\n"
		 "vllm:time_to_first_token_seconds_bucket{engine=\"%d\",le=\"1.0\",model_name=\"m\"} %d.0\n"
		 "vllm:time_to_first_token_seconds_bucket{engine=\"%d\",le=\"+Inf\",model_name=\"m\"} %d.0\n"
		 "vllm:time_to_first_token_seconds_count{engine=\"%d\",model_name=\"m\"} %d.0\n"
		 "vllm:time_to_first_token_seconds_sum{engine=\"%d\",model_name=\"m\"} %g\n",
		 i, a, i, b, i, c, i, all, i, all, i, sum);
	return to;
}

static void close_to(double a, double b)
{
	ck_assert_msg(fabs(a - b) <= 1e-6 * fabs(b) + 1e-12, "%.9g is not %.9g", a, b);
}

START_TEST(what_the_buckets_grew_by_is_the_window)
{
	const struct slo_sli_window *w;

	ck_assert_int_eq(take(ttft(0, 10, 20, 30, 40, 25)), 0);
	ck_assert_uint_eq(got_n, 0);
	ck_assert_str_eq(slo_engine_name(engine), "vLLM");
	ck_assert(slo_engine_has(engine, SLO_SLI_TTFT) && !slo_engine_has(engine, SLO_SLI_LATENCY));
	ck_assert_int_eq(take(ttft(0, 13, 27, 38, 50, 35.5)), 0);
	ck_assert_uint_eq(got_n, 1);
	w = window(SLO_SLI_TTFT);
	ck_assert_int_eq(w->start_ns, (T0_S + 10) * SLO_NS_PER_S);
	ck_assert_int_eq(w->end_ns, (T0_S + 20) * SLO_NS_PER_S);
	ck_assert(slo_str_is(w->cluster, "c1") && slo_str_is(w->node, "n1") && slo_str_is(w->namespace, "ns1"));
	ck_assert(slo_str_is(w->service, "chat") && slo_str_is(w->unit, "ms"));
	/* 3 up to 100 ms, 4 more up to 500, 1 up to 1000, 2 beyond. */
	ck_assert_uint_eq(w->valid, 10);
	ck_assert_uint_eq(w->good, 7);
	ck_assert_uint_eq(w->bad, 3);
	ck_assert(w->has_bad_by && w->bad_by.slow == 3);
	close_to(w->threshold, 500);
	close_to(w->sum, 10500);
	ck_assert(w->has_hist && isnan(w->min) && isnan(w->max));
	ck_assert_uint_eq(slo_hist_count(&w->hist), 10);
	ck_assert_uint_eq(slo_hist_above(&w->hist, 500), 3);
	ck_assert_uint_eq(slo_hist_above(&w->hist, 1000), 2);
	ck_assert_uint_eq(slo_hist_above(&w->hist, 100), 7);
	ck_assert_int_eq(w->source, SLO_SOURCE_LIVE);
}
END_TEST

START_TEST(a_threshold_within_a_bucket_splits_it_in_proportion)
{
	config.objectives[0].threshold = 300;
	take(ttft(0, 0, 0, 0, 0, 0));
	take(ttft(0, 10, 90, 90, 100, 0));
	/* 10 up to 100 ms, half of the 80 between 100 and 500; none of those beyond the last bound. */
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->good, 50);
	config.objectives[0].threshold = 1e9;
	take(ttft(0, 20, 180, 180, 200, 0));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->good, 90);
	config.objectives_count = 0;
	take(ttft(0, 30, 270, 270, 300, 0));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->good, 100);
	ck_assert(isnan(window(SLO_SLI_TTFT)->threshold));
}
END_TEST

START_TEST(nothing_happened_is_a_window_of_nothing)
{
	take(ttft(0, 1, 2, 3, 4, 5));
	take(ttft(0, 1, 2, 3, 4, 5));
	ck_assert_uint_eq(got_n, 1);
	ck_assert_uint_eq(got[0].valid + got[0].good + got[0].bad, 0);
	ck_assert(!got[0].has_hist && isnan(got[0].sum));
}
END_TEST

static const char *both(const char *a, const char *b)
{
	static char text[8192];

	snprintf(text, sizeof(text), "%s%s", a, b);
	return text;
}

START_TEST(several_series_are_summed_each_from_its_own_past)
{
	take(both(ttft(0, 5, 5, 5, 5, 1), ttft(1, 100, 100, 100, 100, 1)));
	/* The first restarts, the second goes on; then a third is new. */
	take(both(ttft(0, 2, 2, 2, 2, 1), ttft(1, 101, 101, 101, 101, 1)));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->valid, 3);
	ck_assert_uint_eq(stats().resets, 1);
	take(both(ttft(1, 101, 101, 101, 101, 1), ttft(2, 7, 7, 7, 7, 1)));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->valid, 7);
	/* One that was away and comes back goes on from where it was. */
	take(both(ttft(0, 4, 4, 4, 4, 1), ttft(2, 7, 7, 7, 7, 1)));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->valid, 2);
}
END_TEST

START_TEST(a_new_start_time_is_a_restart_even_where_counts_grew)
{
	take(both(ttft(0, 5, 5, 5, 5, 1), "process_start_time_seconds 1.7e+09\n"));
	take(both(ttft(0, 9, 9, 9, 9, 1), "process_start_time_seconds 1.7e+09\n"));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->valid, 4);
	take(both(ttft(0, 20, 20, 20, 20, 2), "process_start_time_seconds 1.70000005e+09\n"));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->valid, 20);
	close_to(window(SLO_SLI_TTFT)->sum, 2000);
	ck_assert_uint_eq(stats().resets, 1);
}
END_TEST

START_TEST(what_is_no_page_of_metrics_is_forgotten)
{
	static const char *const none[] = { "", "<html><body>502</body></html>", "{\"error\":\"x\"}", "not found\n",
					    "a 1\n<b>\n<c>\n" };

	take(ttft(0, 5, 5, 5, 5, 1));
	for (size_t i = 0; i < SLO_ARRAY_LEN(none); i++)
		ck_assert_int_eq(take(none[i]), -EBADMSG);
	ck_assert_str_eq(slo_engine_name(engine), "vLLM");
	take(ttft(0, 8, 8, 8, 8, 1));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->valid, 3);
	ck_assert_int_eq(window(SLO_SLI_TTFT)->start_ns, (T0_S + 10) * SLO_NS_PER_S);
	now_ns -= 20 * SLO_NS_PER_S;
	ck_assert_int_eq(take(ttft(0, 9, 9, 9, 9, 1)), -EINVAL);
}
END_TEST

START_TEST(counts_that_do_not_add_up_are_left_out_and_never_counted_as_new)
{
	take(ttft(0, 9, 5, 5, 5, 1));
	ck_assert_uint_eq(stats().inconsistent, 1);
	ck_assert(!slo_engine_has(engine, SLO_SLI_TTFT));
	/* Sound now: where it began is not known. */
	take(ttft(0, 1000, 1000, 1000, 1000, 1));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->valid, 0);
	take(ttft(0, 1001, 1001, 1001, 1001, 1));
	ck_assert_uint_eq(window(SLO_SLI_TTFT)->valid, 1);
	take(both(ttft(0, 1001, 1001, 1001, 1001, 1), ttft(0, 1001, 1001, 1001, 1001, 1)));
	ck_assert_uint_eq(got_n, 0);
	take("vllm:time_to_first_token_seconds_bucket{le=\"x\"} "
	     "1\nvllm:time_to_first_token_seconds_bucket{le=\"+Inf\"} -1\n");
	ck_assert_uint_eq(got_n, 0);
	ck_assert_uint_eq(stats().inconsistent, 3);
}
END_TEST

#define TPOT(name, a, b, c)                                                                                            \
	name "_bucket{le=\"0.025\"} " #a "\n" name "_bucket{le=\"0.05\"} " #b "\n" name "_bucket{le=\"+Inf\"} " #c     \
	     "\n" name "_sum 1\n"

START_TEST(time_per_output_token_becomes_tokens_per_second)
{
	const struct slo_sli_window *w;

	take(TPOT("vllm:request_time_per_output_token_seconds", 0, 0, 0));
	take(TPOT("vllm:request_time_per_output_token_seconds", 4, 7, 9));
	w = window(SLO_SLI_THROUGHPUT);
	/* 20 tokens/s is 0.05 s a token: 7 are as fast or faster. */
	ck_assert_uint_eq(w->valid, 9);
	ck_assert_uint_eq(w->good, 7);
	ck_assert(slo_str_is(w->unit, "tps"));
	ck_assert(isnan(w->sum));
	/* Faster than 40: 4. Slower than 20: 2. */
	ck_assert_uint_eq(slo_hist_above(&w->hist, 40), 4);
	ck_assert_uint_eq(slo_hist_above(&w->hist, 20), 7);
}
END_TEST

START_TEST(an_older_name_counts_only_where_the_newer_one_is_not_there)
{
	take(TPOT("sglang:time_per_output_token_seconds", 0, 0, 0));
	take(TPOT("sglang:time_per_output_token_seconds", 1, 1, 1));
	ck_assert_uint_eq(window(SLO_SLI_THROUGHPUT)->valid, 1);
	take(TPOT("sglang:time_per_output_token_seconds", 1, 1, 1)
		     TPOT("sglang:request_time_per_output_token_seconds", 0, 0, 0));
	take(TPOT("sglang:time_per_output_token_seconds", 3, 3, 3)
		     TPOT("sglang:request_time_per_output_token_seconds", 2, 2, 2));
	ck_assert_uint_eq(window(SLO_SLI_THROUGHPUT)->valid, 2);
	ck_assert_str_eq(slo_engine_name(engine), "SGLang");
}
END_TEST

#define DONE(stop, abort, error)                                                                                       \
	"vllm:request_success_total{finished_reason=\"stop\"} " #stop                                                  \
	"\nvllm:request_success_total{finished_reason=\"abort\"} " #abort                                              \
	"\nvllm:request_success_total{finished_reason=\"error\"} " #error "\n"

START_TEST(errors_are_known_only_where_the_engine_counts_them)
{
	const struct slo_sli_window *w;

	take("vllm:request_success_total{finished_reason=\"stop\"} 1\n");
	take("vllm:request_success_total{finished_reason=\"stop\"} 5\n");
	ck_assert_uint_eq(got_n, 0);
	take(DONE(5, 0, 0));
	take(DONE(105, 7, 3));
	w = window(SLO_SLI_ERROR_RATE);
	ck_assert_uint_eq(w->valid, 103);
	ck_assert_uint_eq(w->bad, 3);
	ck_assert_uint_eq(w->bad_by.server_error, 3);
	ck_assert(isnan(w->threshold) && !w->has_hist);
}
END_TEST

START_TEST(tgi_tells_latency_and_failures_by_their_reason)
{
	const struct slo_sli_window *w;

	/* Its series come into being when they are first needed. */
	take("tgi_queue_size 0\n");
	take("tgi_request_duration_bucket{le=\"1\"} 3\ntgi_request_duration_bucket{le=\"4\"} 5\n"
	     "tgi_request_duration_bucket{le=\"+Inf\"} 5\ntgi_request_duration_sum 6\ntgi_request_duration_count 5\n"
	     "tgi_request_success 5\ntgi_request_failure{err=\"overloaded\"} "
	     "2\ntgi_request_failure{err=\"generation\"} 1\n"
	     "tgi_request_failure{err=\"validation\"} 4\ntgi_request_failure{err=\"dropped\"} 9\n");
	ck_assert_str_eq(slo_engine_name(engine), "TGI");
	w = window(SLO_SLI_ERROR_RATE);
	ck_assert_uint_eq(w->valid, 12);
	ck_assert_uint_eq(w->bad, 3);
	ck_assert_uint_eq(w->bad_by.rate_limited, 2);
	ck_assert_uint_eq(w->bad_by.server_error, 1);
	w = window(SLO_SLI_LATENCY);
	ck_assert_uint_eq(w->valid, 5);
	/* 2 s is a third of the way from 1 to 4. */
	ck_assert_uint_eq(w->good, 4);
	close_to(w->sum, 6000);
	ck_assert_ptr_null(window(SLO_SLI_TTFT));
}
END_TEST

START_TEST(of_an_engine_without_histograms_nothing_is_made_up)
{
	static const char page[] = "# TYPE llamacpp:prompt_tokens_total counter\nllamacpp:prompt_tokens_total 100\n"
				   "llamacpp:tokens_predicted_total 50\nllamacpp:tokens_predicted_seconds_total 2.5\n"
				   "llamacpp:predicted_tokens_seconds 20\nllamacpp:requests_processing 1\n";

	take(page);
	take(page);
	ck_assert_uint_eq(got_n, 0);
	ck_assert_str_eq(slo_engine_name(engine), "llama.cpp");
	take("up 1\n");
	ck_assert_ptr_null(slo_engine_name(engine));
}
END_TEST

START_TEST(more_series_than_are_held_are_counted_not_taken)
{
	static char text[1 << 20];
	size_t n = 0;

	for (int i = 0; i < SLO_ENGINE_SERIES + 10; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "vllm:time_to_first_token_seconds_bucket{e=\"%d\",le=\"+Inf\"} 1\n", i);
	take(text);
	ck_assert_uint_eq(stats().overflow, 10);
	n = 0;
	for (int i = 0; i < SLO_ENGINE_BUCKETS + 5; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "vllm:e2e_request_latency_seconds_bucket{le=\"%d\"} 1\n", i);
	teardown();
	setup();
	take(text);
	ck_assert_uint_eq(stats().overflow, 5);
	ck_assert_uint_eq(stats().inconsistent, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine");
	TCase *t = tcase_create("engine");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_the_buckets_grew_by_is_the_window);
	tcase_add_test(t, a_threshold_within_a_bucket_splits_it_in_proportion);
	tcase_add_test(t, nothing_happened_is_a_window_of_nothing);
	tcase_add_test(t, several_series_are_summed_each_from_its_own_past);
	tcase_add_test(t, a_new_start_time_is_a_restart_even_where_counts_grew);
	tcase_add_test(t, what_is_no_page_of_metrics_is_forgotten);
	tcase_add_test(t, counts_that_do_not_add_up_are_left_out_and_never_counted_as_new);
	tcase_add_test(t, time_per_output_token_becomes_tokens_per_second);
	tcase_add_test(t, an_older_name_counts_only_where_the_newer_one_is_not_there);
	tcase_add_test(t, errors_are_known_only_where_the_engine_counts_them);
	tcase_add_test(t, tgi_tells_latency_and_failures_by_their_reason);
	tcase_add_test(t, of_an_engine_without_histograms_nothing_is_made_up);
	tcase_add_test(t, more_series_than_are_held_are_counted_not_taken);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
