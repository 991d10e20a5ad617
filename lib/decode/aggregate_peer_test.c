/* SPDX-License-Identifier: MIT */
/* Exchanges with peers, as windows of retrieval_latency_ms and provider_error_rate. */
#include "config/config.h"
#include "decode/aggregate.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define T0 INT64_C(1767225600000000000)

static struct slo_config config;
static struct slo_agg_service services[2];
static struct slo_agg *agg;
static struct slo_sli_window last[SLO_SLI__COUNT];
static size_t count[SLO_SLI__COUNT];

static void keep(void *arg, const struct slo_event *ev)
{
	(void)arg;
	if (ev->kind != SLO_KIND_SLI_WINDOW)
		return;
	last[ev->sli_window.sli] = ev->sli_window;
	count[ev->sli_window.sli]++;
}

static void open_agg(size_t n)
{
	struct slo_agg_opts o = { .cluster = slo_str("c"), .node = slo_str("n"), .services = services,
				  .services_count = n, .config = &config, .source = SLO_SOURCE_LIVE };

	ck_assert_int_eq(slo_agg_new(&agg, &o), 0);
}

static void setup(void)
{
	memset(&config, 0, sizeof(config));
	memset(count, 0, sizeof(count));
	services[0] = (struct slo_agg_service){ .name = slo_str("chat") };
	services[1] = (struct slo_agg_service){ .name = slo_str("embed") };
	open_agg(1);
}

static void teardown(void)
{
	slo_agg_free(agg);
}

static void exchange(int service, int role, int64_t ms, int status, int outcome)
{
	struct slo_obs_sink sink = slo_agg_sink(agg);

	sink.exchange(sink.arg, &(struct slo_exchange){ .service = service, .role = role, .start_ns = T0,
							.end_ns = T0 + ms * MS, .status = status, .outcome = outcome });
}

static void flush(void)
{
	slo_agg_flush(agg, T0, T0 + 1000 * MS, keep, NULL);
}

START_TEST(windows_begin_with_the_first_exchange_and_go_on_without)
{
	flush();
	ck_assert_uint_eq(count[SLO_SLI_RETRIEVAL] + count[SLO_SLI_PROVIDER_ERROR_RATE], 0);
	exchange(0, SLO_ROLE_RETRIEVAL, 30, 200, -1);
	exchange(SLO_SERVICE_NONE, SLO_ROLE_RETRIEVAL, 10, 0, -1);
	flush();
	ck_assert_uint_eq(last[SLO_SLI_RETRIEVAL].valid, 2);
	ck_assert_uint_eq(last[SLO_SLI_RETRIEVAL].bad, 0);
	ck_assert_double_eq(last[SLO_SLI_RETRIEVAL].sum, 40);
	ck_assert_double_eq(last[SLO_SLI_RETRIEVAL].max, 30);
	flush();
	ck_assert_uint_eq(count[SLO_SLI_RETRIEVAL], 2);
	ck_assert_uint_eq(last[SLO_SLI_RETRIEVAL].valid, 0);
	ck_assert_uint_eq(count[SLO_SLI_PROVIDER_ERROR_RATE], 0);
}
END_TEST

START_TEST(an_answer_without_result_has_no_latency_and_giving_up_has)
{
	config.objectives[config.objectives_count++] =
		(struct slo_objective){ .service = "*", .sli = SLO_SLI_RETRIEVAL, .threshold = 100, .target = 0.95 };
	exchange(0, SLO_ROLE_RETRIEVAL, 500, 503, -1);
	exchange(0, SLO_ROLE_RETRIEVAL, 150, 200, -1);
	exchange(0, SLO_ROLE_RETRIEVAL, 50, 200, -1);
	exchange(0, SLO_ROLE_RETRIEVAL, 3000, 0, SLO_BAD_TIMEOUT);
	exchange(0, SLO_ROLE_RETRIEVAL, 1, 0, SLO_BAD_ABORTED);
	flush();
	ck_assert_uint_eq(last[SLO_SLI_RETRIEVAL].valid, 4);
	ck_assert_uint_eq(last[SLO_SLI_RETRIEVAL].bad_by.slow, 1);
	ck_assert_uint_eq(last[SLO_SLI_RETRIEVAL].bad_by.timeout, 1);
	ck_assert_uint_eq(last[SLO_SLI_RETRIEVAL].bad_by.aborted, 1);
	ck_assert_double_eq(last[SLO_SLI_RETRIEVAL].max, 3000);
}
END_TEST

START_TEST(a_provider_is_judged_by_its_status_and_one_that_cannot_be_read_not_at_all)
{
	exchange(0, SLO_ROLE_PROVIDER, 5, 0, -1);
	flush();
	ck_assert_uint_eq(last[SLO_SLI_PROVIDER_ERROR_RATE].valid, 0);
	ck_assert(slo_str_is(last[SLO_SLI_PROVIDER_ERROR_RATE].why, "tls"));
	exchange(0, SLO_ROLE_PROVIDER, 5, 200, -1);
	exchange(0, SLO_ROLE_PROVIDER, 5, 404, -1);
	exchange(0, SLO_ROLE_PROVIDER, 5, 429, -1);
	exchange(0, SLO_ROLE_PROVIDER, 5, 500, -1);
	exchange(0, SLO_ROLE_PROVIDER, 5, 0, SLO_BAD_ABORTED);
	flush();
	ck_assert_uint_eq(last[SLO_SLI_PROVIDER_ERROR_RATE].valid, 5);
	ck_assert_uint_eq(last[SLO_SLI_PROVIDER_ERROR_RATE].bad, 3);
	ck_assert_uint_eq(last[SLO_SLI_PROVIDER_ERROR_RATE].bad_by.rate_limited, 1);
	ck_assert_uint_eq(last[SLO_SLI_PROVIDER_ERROR_RATE].bad_by.server_error, 1);
	ck_assert_uint_eq(last[SLO_SLI_PROVIDER_ERROR_RATE].bad_by.aborted, 1);
	ck_assert(!last[SLO_SLI_PROVIDER_ERROR_RATE].why.len);
}
END_TEST

START_TEST(of_several_services_an_exchange_nobody_owns_is_nobodys)
{
	struct slo_agg_counters n;

	slo_agg_free(agg);
	open_agg(2);
	exchange(SLO_SERVICE_NONE, SLO_ROLE_RETRIEVAL, 10, 200, -1);
	flush();
	ck_assert_uint_eq(count[SLO_SLI_RETRIEVAL], 0);
	slo_agg_counters(agg, &n);
	ck_assert_uint_eq(n.ignored, 1);
	ck_assert_uint_eq(n.exchanges, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aggregate_peer");
	TCase *c = tcase_create("aggregate_peer");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, windows_begin_with_the_first_exchange_and_go_on_without);
	tcase_add_test(c, an_answer_without_result_has_no_latency_and_giving_up_has);
	tcase_add_test(c, a_provider_is_judged_by_its_status_and_one_that_cannot_be_read_not_at_all);
	tcase_add_test(c, of_several_services_an_exchange_nobody_owns_is_nobodys);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
