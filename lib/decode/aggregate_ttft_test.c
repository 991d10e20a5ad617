/* SPDX-License-Identifier: MIT */
/* A first token is judged once: when it comes, or when it is overdue. */
#include "config/config.h"
#include "decode/aggregate.h"

#include <check.h>

#define MS INT64_C(1000000)
#define T0 INT64_C(1767225600000000000)

static struct slo_config config;
static struct slo_agg_service service;
static struct slo_agg *agg;
static struct slo_sli_window ttft, latency;

static void ignore(void *arg, const struct slo_event *ev)
{
	(void)arg;
	(void)ev;
}

static void keep(void *arg, const struct slo_event *ev)
{
	(void)arg;
	if (ev->kind == SLO_KIND_SLI_WINDOW && ev->sli_window.sli == SLO_SLI_TTFT)
		ttft = ev->sli_window;
	if (ev->kind == SLO_KIND_SLI_WINDOW && ev->sli_window.sli == SLO_SLI_LATENCY)
		latency = ev->sli_window;
}

static void setup(void)
{
	const struct slo_agg_opts o = { .cluster = slo_str("c"), .node = slo_str("n"), .services = &service,
					.services_count = 1, .config = &config, .emit = ignore };

	service = (struct slo_agg_service){ .name = slo_str("chat") };
	config = (struct slo_config){ .events_per_second_limit = 10, .burst_limit = 10, .objectives_count = 1 };
	config.objectives[0] = (struct slo_objective){ .service = "*", .sli = SLO_SLI_TTFT, .threshold = 400, .target = 0.95 };
	ck_assert_int_eq(slo_agg_new(&agg, &o), 0);
}

static void teardown(void)
{
	slo_agg_free(agg);
}

static void flush(void)
{
	slo_agg_flush(agg, T0, T0 + 1000 * MS, keep, NULL);
}

/* Content after @first_ms (0 = none yet), told before or not; @done: the request is over as well. */
static void tell(int64_t first_ms, bool told, bool done)
{
	const struct slo_obs_sink sink = slo_agg_sink(agg);
	const struct slo_request r = { .sent_ns = T0, .start_ns = T0, .first_ns = first_ms ? T0 + first_ms * MS : 0,
				       .end_ns = T0 + (first_ms + 50) * MS, .status = first_ms ? 200 : 0, .outcome = -1,
				       .ttft_told = told, .seq = 1 };

	if (done)
		sink.request(sink.arg, &r);
	else
		sink.ttft(sink.arg, &r);
}

START_TEST(a_token_in_time_is_good_and_counts_once)
{
	tell(100, false, false);
	tell(100, true, true);
	flush();
	ck_assert_uint_eq(ttft.valid, 1);
	ck_assert_uint_eq(ttft.bad, 0);
	ck_assert_uint_eq(slo_hist_count(&ttft.hist), 1);
	ck_assert_uint_eq(latency.valid, 1);
}
END_TEST

START_TEST(a_late_token_nobody_called_overdue_is_slow)
{
	tell(500, false, false);
	flush();
	ck_assert_uint_eq(ttft.valid, 1);
	ck_assert_uint_eq(ttft.bad_by.slow, 1);
}
END_TEST

START_TEST(an_overdue_request_is_bad_at_once_and_its_value_follows)
{
	tell(0, false, false);
	flush();
	ck_assert_uint_eq(ttft.valid, 1);
	ck_assert_uint_eq(ttft.bad_by.slow, 1);
	ck_assert(!ttft.has_hist);
	tell(900, true, false);
	tell(900, true, true);
	flush();
	ck_assert_uint_eq(ttft.valid, 0);
	ck_assert_uint_eq(ttft.bad, 0);
	ck_assert_uint_eq(slo_hist_count(&ttft.hist), 1);
	ck_assert_double_eq(ttft.max, 900);
	ck_assert_uint_eq(latency.valid, 1);
}
END_TEST

START_TEST(a_source_that_tells_only_ends_is_judged_by_them)
{
	tell(500, false, true);
	flush();
	ck_assert_uint_eq(ttft.valid, 1);
	ck_assert_uint_eq(ttft.bad, 1);
	ck_assert_uint_eq(slo_hist_count(&ttft.hist), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aggregate_ttft");
	TCase *t = tcase_create("aggregate_ttft");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_token_in_time_is_good_and_counts_once);
	tcase_add_test(t, a_late_token_nobody_called_overdue_is_slow);
	tcase_add_test(t, an_overdue_request_is_bad_at_once_and_its_value_follows);
	tcase_add_test(t, a_source_that_tells_only_ends_is_judged_by_them);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
