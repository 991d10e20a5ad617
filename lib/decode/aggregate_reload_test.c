/* SPDX-License-Identifier: MIT */
/* What changes while the aggregator runs: the configuration behind it, and what is known of the probes' coverage. */
#include "config/config.h"
#include "decode/aggregate.h"

#include <check.h>
#include <math.h>
#include <string.h>

#define T0 INT64_C(1767225600000000000)

static struct slo_config config;
static const struct slo_agg_service services[2] = { { .name = { "chat", 4 } }, { .name = { "embed", 5 } } };
static struct slo_agg *agg;
static int windows[SLO_SIGNAL__COUNT], exemplars;
static double coverage[2][SLO_SIGNAL__COUNT];

static void exemplar(void *arg, const struct slo_event *ev)
{
	(void)arg;
	(void)ev;
	exemplars++;
}

static void window(void *arg, const struct slo_event *ev)
{
	(void)arg;
	if (ev->kind != SLO_KIND_WINDOW)
		return;
	windows[ev->window.signal]++;
	coverage[slo_str_is(ev->window.service, "embed")][ev->window.signal] = ev->window.coverage_ratio;
}

static void setup(void)
{
	struct slo_agg_opts o = { .services = services, .services_count = 2, .config = &config,
				  .source = SLO_SOURCE_LIVE, .emit = exemplar };

	slo_config_defaults(&config);
	config.events_per_second_limit = 1;
	config.burst_limit = 2;
	ck_assert_int_eq(slo_agg_new(&agg, &o), 0);
}

static void teardown(void)
{
	slo_agg_free(agg);
}

static void flush(void)
{
	memset(windows, 0, sizeof(windows));
	slo_agg_flush(agg, T0, T0 + 1000000000, window, NULL);
}

static void observe(int n, int64_t at)
{
	struct slo_obs_sink sink = slo_agg_sink(agg);
	struct slo_obs o = { .signal = SLO_SIGNAL_DNS_LATENCY, .service = 0, .role = SLO_ROLE_RESOLVER, .provider = "test",
			     .end_ns = at, .value = 500, .times = 1 };

	for (int i = 0; i < n; i++)
		sink.obs(sink.arg, &o);
}

START_TEST(signals_come_and_go_with_the_configuration)
{
	flush();
	ck_assert_int_eq(windows[SLO_SIGNAL_CPU_STEAL], 2);
	config.signal_enabled[SLO_SIGNAL_CPU_STEAL] = false;
	flush();
	ck_assert_int_eq(windows[SLO_SIGNAL_CPU_STEAL], 2);
	slo_agg_reload(agg);
	flush();
	ck_assert_int_eq(windows[SLO_SIGNAL_CPU_STEAL], 0);
	ck_assert_int_eq(windows[SLO_SIGNAL_DISK_IO], 2);
	config.signal_enabled[SLO_SIGNAL_CPU_STEAL] = true;
	slo_agg_reload(agg);
	flush();
	ck_assert_int_eq(windows[SLO_SIGNAL_CPU_STEAL], 2);
}
END_TEST

START_TEST(the_rate_of_exemplars_changes_and_spent_tokens_stay_spent)
{
	observe(10, T0);
	ck_assert_int_eq(exemplars, 2);
	config.events_per_second_limit = 100;
	config.burst_limit = 50;
	slo_agg_reload(agg);
	observe(10, T0);
	ck_assert_int_eq(exemplars, 2);
	observe(100, T0 + 200000000);
	ck_assert_int_eq(exemplars, 22);
	config.burst_limit = 3;
	slo_agg_reload(agg);
	observe(100, T0 + INT64_C(60000000000));
	ck_assert_int_eq(exemplars, 25);
}
END_TEST

START_TEST(a_reload_that_changes_nothing_keeps_what_was_observed)
{
	struct slo_agg_counters n;

	observe(7, T0);
	slo_agg_reload(agg);
	slo_agg_counters(agg, &n);
	ck_assert_uint_eq(n.observations, 7);
	flush();
	ck_assert_int_eq(windows[SLO_SIGNAL_DNS_LATENCY], 2);
}
END_TEST

START_TEST(the_coverage_is_in_the_windows_of_its_service_until_it_changes)
{
	flush();
	ck_assert(isnan(coverage[0][SLO_SIGNAL_DISK_IO]));
	slo_agg_coverage(agg, SLO_SERVICE_ALL, SLO_SIGNAL_DISK_IO, 0.97);
	slo_agg_coverage(agg, 1, SLO_SIGNAL_RUNQUEUE_DELAY, 0.25);
	slo_agg_coverage(agg, 2, SLO_SIGNAL_RUNQUEUE_DELAY, 3);
	slo_agg_coverage(agg, 0, SLO_SIGNAL__COUNT, 3);
	for (int i = 0; i < 2; i++) {
		flush();
		ck_assert_double_eq(coverage[0][SLO_SIGNAL_DISK_IO], 0.97);
		ck_assert_double_eq(coverage[1][SLO_SIGNAL_DISK_IO], 0.97);
		ck_assert(isnan(coverage[0][SLO_SIGNAL_RUNQUEUE_DELAY]));
		ck_assert_double_eq(coverage[1][SLO_SIGNAL_RUNQUEUE_DELAY], 0.25);
	}
	slo_agg_coverage(agg, SLO_SERVICE_ALL, SLO_SIGNAL_DISK_IO, NAN);
	flush();
	ck_assert(isnan(coverage[1][SLO_SIGNAL_DISK_IO]));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("aggregate_reload");
	TCase *t = tcase_create("aggregate_reload");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, signals_come_and_go_with_the_configuration);
	tcase_add_test(t, the_rate_of_exemplars_changes_and_spent_tokens_stay_spent);
	tcase_add_test(t, a_reload_that_changes_nothing_keeps_what_was_observed);
	tcase_add_test(t, the_coverage_is_in_the_windows_of_its_service_until_it_changes);
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
