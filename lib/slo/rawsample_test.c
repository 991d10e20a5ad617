/* SPDX-License-Identifier: MIT */
#include "slo/rawsample.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define S INT64_C(1000000000)
#define T0 (INT64_C(1767225600) * S)

enum { KEPT = 64 };

static struct slo_sli_window windows[KEPT];
static char services[KEPT][32];
static int windows_count, events_count, statuses[SLO_RAWSAMPLE_SLIS];
static char labels[256];
static struct slo_config config;
static struct slo_rawsamples *raw;

static void on_event(void *arg, const struct slo_event *ev)
{
	(void)arg;
	if (ev->kind == SLO_KIND_SLI_WINDOW && windows_count < KEPT) {
		windows[windows_count] = ev->sli_window;
		slo_str_copy(services[windows_count++], sizeof(services[0]), ev->sli_window.service);
		return;
	}
	events_count++;
	statuses[ev->slo.sli_name] = ev->slo.status;
	labels[0] = '\0';
	for (uint32_t i = 0; i < ev->slo.labels_count; i++)
		snprintf(labels + strlen(labels), sizeof(labels) - strlen(labels), "%.*s=%.*s ",
			 SLO_STR_ARG(ev->slo.labels[i].key), SLO_STR_ARG(ev->slo.labels[i].value));
}

static struct slo_raw_sample sample(const char *service, int64_t at_s, double ttft, double errors)
{
	struct slo_raw_sample s;

	slo_rec_clear(slo_event_rec[SLO_KIND_RAW_SAMPLE], &s);
	s.timestamp = T0 + at_s * S;
	s.service = slo_str(service);
	s.request_id = slo_str("r");
	s.ttft_ms = ttft;
	s.request_latency_ms = 2 * ttft;
	s.token_throughput_tps = 20;
	s.error_rate = errors;
	return s;
}

static void setup(void)
{
	windows_count = events_count = 0;
	slo_config_defaults(&config); /* ttft_ms <= 800, error_rate */
	ck_assert_int_eq(slo_rawsamples_new(&config, 10 * S, on_event, NULL, &raw), 0);
}

static void teardown(void)
{
	slo_rawsamples_free(raw);
}

START_TEST(sample_becomes_four_records_that_say_where_from)
{
	struct slo_raw_sample s = sample("chat", 1, 1100, 0.03);

	s.node = slo_str("node-a");
	s.source = SLO_SOURCE_REPLAY;
	s.fault_label = slo_str("dns_latency");
	slo_rawsamples_add(raw, &s);
	ck_assert_int_eq(events_count, 4);
	ck_assert_int_eq(statuses[SLO_SLI_TTFT], SLO_SLI_STATUS_BREACH);
	ck_assert_int_eq(statuses[SLO_SLI_ERROR_RATE], SLO_SLI_STATUS_WARNING);
	ck_assert_str_eq(labels, "source=replay node=node-a fault_label=dns_latency ");
	s.source = -1;
	slo_rawsamples_add(raw, &s);
	ck_assert_str_eq(labels, "source=live node=node-a fault_label=dns_latency ");
}
END_TEST

START_TEST(windows_count_good_and_bad_by_the_objective)
{
	const double ttft[] = { 500, 800, 801, 2000 };

	for (size_t i = 0; i < SLO_ARRAY_LEN(ttft); i++) {
		struct slo_raw_sample s = sample("chat", (int64_t)i, ttft[i], i == 3 ? 0.05 : 0.049);

		slo_rawsamples_add(raw, &s);
	}
	slo_rawsamples_flush(raw, T0 + 10 * S - 1);
	ck_assert_int_eq(windows_count, 0);
	slo_rawsamples_flush(raw, T0 + 10 * S);
	ck_assert_int_eq(windows_count, 4);
	ck_assert_int_eq(windows[0].start_ns, T0);
	ck_assert_int_eq(windows[0].end_ns, T0 + 10 * S);
	ck_assert_uint_eq(windows[0].valid, 4);
	ck_assert_uint_eq(windows[0].good, 2);
	ck_assert_uint_eq(windows[0].bad_by.slow, 2);
	ck_assert_double_eq(windows[0].sum, 4101);
	ck_assert_double_eq(windows[0].min, 500);
	ck_assert_double_eq(windows[0].max, 2000);
	ck_assert_uint_eq(slo_hist_count(&windows[0].hist), 4);
	ck_assert_uint_eq(windows[1].bad, 0); /* no objective for it */
	ck_assert_uint_eq(windows[SLO_SLI_ERROR_RATE].bad, 1);
	ck_assert(!windows[SLO_SLI_ERROR_RATE].has_bad_by);
	ck_assert_str_eq(services[0], "chat");
}
END_TEST

START_TEST(windows_of_services_and_sources_are_kept_apart_and_leave_in_order)
{
	struct slo_raw_sample s = sample("b", 25, 1, 0);

	slo_rawsamples_add(raw, &s);
	s = sample("a", 5, 1, 0);
	slo_rawsamples_add(raw, &s);
	s.source = SLO_SOURCE_SYNTHETIC;
	slo_rawsamples_add(raw, &s);
	slo_rawsamples_flush(raw, INT64_MAX);
	ck_assert_int_eq(windows_count, 12);
	ck_assert_int_eq(windows[0].source, SLO_SOURCE_LIVE);
	ck_assert_int_eq(windows[4].source, SLO_SOURCE_SYNTHETIC);
	ck_assert_uint_eq(windows[4].valid, 1);
	ck_assert_str_eq(services[8], "b");
}
END_TEST

START_TEST(too_many_services_close_early_and_are_counted)
{
	struct slo_rawsamples_stats st;
	char name[32];

	for (int i = 0; i < SLO_RAWSAMPLE_CELLS + 3; i++) {
		struct slo_raw_sample s;

		snprintf(name, sizeof(name), "s%d", i);
		s = sample(name, 0, 1, 0);
		slo_rawsamples_add(raw, &s);
	}
	ck_assert_int_eq(windows_count, 12);
	ck_assert_str_eq(services[0], "s0");
	slo_rawsamples_stats(raw, &st);
	ck_assert_uint_eq(st.early, 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rawsample");
	TCase *t = tcase_create("rawsample");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sample_becomes_four_records_that_say_where_from);
	tcase_add_test(t, windows_count_good_and_bad_by_the_objective);
	tcase_add_test(t, windows_of_services_and_sources_are_kept_apart_and_leave_in_order);
	tcase_add_test(t, too_many_services_close_early_and_are_counted);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
