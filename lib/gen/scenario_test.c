/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "event/tables.h"
#include "gen/scenario.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define T0 INT64_C(1767225600000000000)

static const struct slo_scenario_labels labels = { SLO_STR("c1"), SLO_STR("n1"), SLO_STR("ns"), SLO_STR("pod"),
						   SLO_STR("app"), SLO_STR("wl"), SLO_STR("chat") };
static char lines[64][1024];
static size_t count;

static void keep(void *arg, const struct slo_event *ev)
{
	struct slo_buf b;

	(void)arg;
	slo_buf_init(&b, sizeof(lines[0]) - 1);
	ck_assert_int_eq(slo_event_encode(ev, &b), 0);
	ck_assert_uint_lt(count, SLO_ARRAY_LEN(lines));
	memcpy(lines[count], b.data, b.len);
	lines[count++][b.len] = '\0';
	slo_buf_fini(&b);
}

static int scenario(const char *name)
{
	int s = slo_scenario_find(slo_str(name));

	ck_assert_int_ge(s, 0);
	return s;
}

START_TEST(eight_scenarios_are_found_by_their_names)
{
	for (int i = 0; i < SLO_SCENARIOS; i++)
		ck_assert_int_eq(slo_scenario_find(slo_str(slo_scenario_name(i))), i);
	ck_assert_ptr_null(slo_scenario_name(SLO_SCENARIOS));
	ck_assert_int_eq(slo_scenario_find(slo_str("disk_slow")), -1);
	ck_assert_str_eq(slo_scenario_name(0), "baseline");
}
END_TEST

START_TEST(mixed_takes_turns_and_mixed_multi_takes_two)
{
	static const int turns[] = { SLO_FAULT_PROVIDER_THROTTLE, SLO_FAULT_DNS_LATENCY, SLO_FAULT_CPU_THROTTLE,
				     SLO_FAULT_MEMORY_PRESSURE, SLO_FAULT_NETWORK_PARTITION };
	int second;

	for (uint64_t i = 0; i < 12; i++) {
		ck_assert_int_eq(slo_scenario_fault(scenario("mixed"), i, &second), turns[i % 5]);
		ck_assert_int_eq(second, -1);
	}
	ck_assert_int_eq(slo_scenario_fault(scenario("mixed_multi"), 5, &second), SLO_FAULT_CPU_THROTTLE);
	ck_assert_int_eq(second, SLO_FAULT_MEMORY_PRESSURE);
}
END_TEST

/* Corners of the contract's table 7.2; blank cells have the baseline's value. */
START_TEST(profiles_are_those_of_the_contract)
{
	static const struct {
		int signal, fault, second;
		double value;
	} cells[] = {
		{ SLO_SIGNAL_DNS_LATENCY, SLO_FAULT_BASELINE, -1, 12 },
		{ SLO_SIGNAL_DNS_LATENCY, SLO_FAULT_DNS_LATENCY, -1, 220 },
		{ SLO_SIGNAL_DNS_LATENCY, SLO_FAULT_NETWORK_PARTITION, -1, 180 },
		{ SLO_SIGNAL_DNS_LATENCY, SLO_FAULT_CPU_THROTTLE, -1, 12 },
		{ SLO_SIGNAL_CONNECT_ERRORS, SLO_FAULT_NETWORK_PARTITION, -1, 3 },
		{ SLO_SIGNAL_CFS_THROTTLED, SLO_FAULT_CPU_THROTTLE, -1, 170 },
		{ SLO_SIGNAL_CFS_THROTTLED, SLO_FAULT_MEMORY_PRESSURE, -1, 90 },
		{ SLO_SIGNAL_SYSCALL_LATENCY, SLO_FAULT_PROVIDER_THROTTLE, -1, 250 },
		{ SLO_SIGNAL_TLS_FAILS, SLO_FAULT_NETWORK_PARTITION, -1, 2 },
		/* two faults: the larger value, whichever comes first */
		{ SLO_SIGNAL_RUNQUEUE_DELAY, SLO_FAULT_CPU_THROTTLE, SLO_FAULT_MEMORY_PRESSURE, 28 },
		{ SLO_SIGNAL_DISK_IO, SLO_FAULT_CPU_THROTTLE, SLO_FAULT_MEMORY_PRESSURE, 60 },
		{ SLO_SIGNAL_CONNECT_LATENCY, SLO_FAULT_PROVIDER_THROTTLE, SLO_FAULT_NETWORK_PARTITION, 350 },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(cells); i++)
		ck_assert_double_eq(slo_scenario_signal(cells[i].signal, cells[i].fault, cells[i].second),
				    cells[i].value);
}
END_TEST

START_TEST(slo_events_carry_the_row_and_say_they_are_synthetic)
{
	count = 0;
	slo_scenario_slo(scenario("mixed"), 6, &labels, T0, keep, NULL);
	ck_assert_uint_eq(count, 4);
	ck_assert_ptr_nonnull(strstr(lines[0], "\"event_id\":\"collector-req-0007-ttft_ms\""));
	ck_assert_ptr_nonnull(strstr(lines[0], "\"sli_value\":820,\"unit\":\"ms\",\"status\":\"warning\""));
	ck_assert_ptr_nonnull(strstr(lines[1], "\"sli_value\":1600,\"unit\":\"ms\",\"status\":\"breach\""));
	ck_assert_ptr_nonnull(strstr(lines[2], "\"token_throughput_tps\",\"sli_value\":18,\"unit\":\"tps\""));
	ck_assert_ptr_nonnull(strstr(lines[3], "\"error_rate\",\"sli_value\":0.03"));
	for (size_t i = 0; i < count; i++)
		ck_assert_ptr_nonnull(strstr(lines[i], "\"labels\":{\"source\":\"synthetic\",\"node\":\"n1\","
						       "\"fault_label\":\"dns_latency\"}"));
	count = 0;
	slo_scenario_slo(scenario("mixed_multi"), 0, &labels, T0, keep, NULL);
	ck_assert_ptr_nonnull(strstr(lines[0], "\"sli_value\":1450"));
	ck_assert_ptr_nonnull(strstr(lines[0], "\"fault_label\":\"mixed_multi\""));
}
END_TEST

START_TEST(probes_come_in_the_contracts_order_with_errno_where_it_has_one)
{
	bool wanted[SLO_SIGNAL__COUNT] = { [SLO_SIGNAL_DISK_IO] = true, [SLO_SIGNAL_CONNECT_ERRORS] = true };

	count = 0;
	slo_scenario_probes(scenario("network_partition"), 0, &labels, T0, NULL, keep, NULL);
	ck_assert_uint_eq(count, SLO_SIGNAL__COUNT);
	ck_assert_ptr_nonnull(strstr(lines[0], "\"signal\":\"dns_latency_ms\""));
	ck_assert_ptr_nonnull(strstr(lines[4], "\"signal\":\"connect_errors_total\""));
	ck_assert_ptr_nonnull(strstr(lines[4], "\"errno\":113"));
	ck_assert_ptr_nonnull(strstr(lines[4], "\"conn_tuple\":{\"src_ip\":\"10.244.0.10\",\"dst_ip\":\"10.244.0.53\","
					       "\"src_port\":42424,\"dst_port\":443,\"protocol\":\"tcp\"}"));
	ck_assert_ptr_null(strstr(lines[2], "conn_tuple"));
	ck_assert_ptr_nonnull(strstr(lines[11], "\"signal\":\"syscall_latency_ms\""));
	for (size_t i = 0; i < count; i++)
		ck_assert_ptr_nonnull(strstr(lines[i], "\"source\":\"synthetic\""));
	count = 0;
	slo_scenario_probes(scenario("baseline"), 0, &labels, T0, wanted, keep, NULL);
	ck_assert_uint_eq(count, 2);
	ck_assert_ptr_null(strstr(lines[0], "errno\":"));
}
END_TEST

START_TEST(windows_hold_one_observation_or_none)
{
	count = 0;
	slo_scenario_windows(scenario("baseline"), 0, &labels, T0, T0 + 1000000000, NULL, keep, NULL);
	ck_assert_uint_eq(count, SLO_SIGNAL__COUNT);
	for (size_t i = 0; i < count; i++) {
		bool zero = strstr(lines[i], "connect_errors_total") || strstr(lines[i], "tls_handshake_fail_total");

		ck_assert_ptr_nonnull(strstr(lines[i], zero ? "\"state\":\"zero\"" : "\"state\":\"value\""));
		ck_assert_ptr_nonnull(strstr(lines[i], zero ? "\"count\":0" : "\"count\":1"));
		ck_assert_ptr_nonnull(strstr(lines[i], "\"source\":\"synthetic\""));
	}
}
END_TEST

START_TEST(raw_samples_number_from_one)
{
	struct slo_raw_sample s;
	char ids[64];

	slo_scenario_raw(scenario("cpu_throttle"), 41, &labels, T0, ids, &s);
	ck_assert(slo_str_is(s.request_id, "collector-req-0042"));
	ck_assert(slo_str_is(s.trace_id, "collector-trace-0042"));
	ck_assert(slo_str_is(s.fault_label, "cpu_throttle"));
	ck_assert_double_eq(s.ttft_ms, 700);
	ck_assert_double_eq(s.request_latency_ms, 1350);
	ck_assert_double_eq(s.token_throughput_tps, 11);
	ck_assert_double_eq(s.error_rate, 0.05);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("scenario");
	TCase *t = tcase_create("scenario");

	tcase_add_test(t, eight_scenarios_are_found_by_their_names);
	tcase_add_test(t, mixed_takes_turns_and_mixed_multi_takes_two);
	tcase_add_test(t, profiles_are_those_of_the_contract);
	tcase_add_test(t, slo_events_carry_the_row_and_say_they_are_synthetic);
	tcase_add_test(t, probes_come_in_the_contracts_order_with_errno_where_it_has_one);
	tcase_add_test(t, windows_hold_one_observation_or_none);
	tcase_add_test(t, raw_samples_number_from_one);
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
