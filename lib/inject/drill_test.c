/* SPDX-License-Identifier: MIT */
#include "inject/drill.h"

#include "base/str.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD "apiVersion: toolkit.llm-slo.dev/v1alpha1\nkind: IncidentScenario\nname: x\nsummary: y\n"
#define TAIL "expect:\n  objective_missed: true\n"

static int parse(const char *text, struct slo_drill *d, struct slo_err *err)
{
	return slo_drill_parse(text, strlen(text), "f.yaml", d, err);
}

START_TEST(reads_rounds_phases_and_expectations)
{
	static const char text[] = HEAD "phases:\n  fault_s: 7.5\nrounds:\n"
		"  - faults:\n    - {fault: dns_latency, severity: 2, target: resolver}\n    - {fault: cpu_throttle, strength: 12}\n"
		"  - faults: []\nexpect:\n  domains: [network_dns, cpu_throttle]\n  signals: [dns_latency_ms]\n  objective_missed: true\n";
	struct slo_err err = { .what = "" };
	struct slo_drill d;

	ck_assert_msg(parse(text, &d, &err) == 0, "%s: %s", err.where, err.what);
	ck_assert_str_eq(d.name, "x");
	ck_assert_double_eq(d.baseline_s, 20);
	ck_assert_double_eq(d.fault_s, 7.5);
	ck_assert_double_eq(d.recovery_s, 5);
	ck_assert_uint_eq(d.count, 2);
	ck_assert_uint_eq(d.rounds[0].count, 2);
	ck_assert_int_eq(d.rounds[0].faults[0].fault, SLO_FAULT_DNS_LATENCY);
	ck_assert_double_eq(d.rounds[0].faults[0].severity, 2);
	ck_assert_double_eq(d.rounds[0].faults[1].strength, 12);
	ck_assert_uint_eq(d.rounds[1].count, 0);
	ck_assert(d.domains[SLO_DOMAIN_NETWORK_DNS] && d.domains[SLO_DOMAIN_CPU_THROTTLE] && !d.domains[SLO_DOMAIN_UNKNOWN]);
	ck_assert(d.signals[SLO_SIGNAL_DNS_LATENCY] && d.missed);
}
END_TEST

static const struct {
	const char *text, *where, *what;
} bad[] = {
	{ HEAD "rounds:\n  - faults:\n      - fault: dns_latencies\n        severity: 3\n" TAIL, "f.yaml:7: fault", "faultinject list" },
	{ HEAD "rounds:\n  - faults:\n      - fault: dns_latency\n        severity: 6\n" TAIL, "f.yaml:8: severity", "1 to 5" },
	{ HEAD "rounds:\n  - faults:\n      - fault: dns_latency\n" TAIL, "f.yaml:7: fault", "either" },
	{ HEAD "rounds:\n  - faults:\n      - {fault: dns_latency, severity: 1, strength: 5}\n" TAIL, "f.yaml:7: fault", "either" },
	{ HEAD "rounds:\n  - faults:\n      - {fault: dns_latency, severity: 1, target: peer}\n" TAIL, "f.yaml:7: target", "another" },
	{ HEAD "rounds:\n  - faults:\n      - {fault: dns_drop, severity: 1}\n      - {fault: dns_drop, severity: 2}\n" TAIL,
	  "f.yaml:8: fault", "twice" },
	{ HEAD "rounds:\n  - faults:\n      - {fault: cpu_throttle, strength: 1}\n" TAIL, "f.yaml:7: strength", "2 to 100" },
	{ HEAD "rounds:\n  - faults:\n      - {fault: mixed, severity: 1}\n" TAIL, "f.yaml:7: fault", "faultinject list" },
	{ HEAD "rounds: []\n" TAIL, "f.yaml:5: rounds", "1 to 16" },
	{ HEAD "rounds:\n  - faults: 3\n" TAIL, "f.yaml:6: faults", "at most 4" },
	{ HEAD "rounds:\n  - fault: []\n" TAIL, "f.yaml:6: fault", "no such key" },
	{ HEAD "colour: red\nrounds:\n  - faults: []\n" TAIL, "f.yaml:5: colour", "no such key" },
	{ HEAD "phases:\n  fault_s: -1\nrounds:\n  - faults: []\n" TAIL, "f.yaml:6: fault_s", "0.1 to 3600" },
	{ HEAD "rounds:\n  - faults: []\nexpect:\n  domains: [dns]\n  objective_missed: true\n", "f.yaml:8: domains", "no such name" },
	{ HEAD "rounds:\n  - faults: []\nexpect:\n  objective_missed: maybe\n", "f.yaml:8: objective_missed", "true or false" },
	{ HEAD "rounds:\n  - faults: []\n", "", "expect is required" },
	{ "kind: IncidentScenario\nname: x\n", "", "apiVersion" },
	{ "apiVersion: v2\nkind: IncidentScenario\n", "f.yaml:1: apiVersion", "want" },
	{ "[]", "", "want a mapping" },
	{ "a: [", "f.yaml:", "" },
};

START_TEST(names_the_place_and_the_reason_of_what_is_wrong)
{
	struct slo_err err = { .what = "" };
	struct slo_drill d = { .fault_s = 77 };

	ck_assert_int_eq(parse(bad[_i].text, &d, &err), -EINVAL);
	ck_assert_msg(strncmp(err.where, bad[_i].where, strlen(bad[_i].where)) == 0, "%s", err.where);
	ck_assert_msg(strstr(err.what, bad[_i].what), "%s", err.what);
	ck_assert_double_eq(d.fault_s, 77);
}
END_TEST

START_TEST(every_shipped_scenario_is_read_under_its_own_name)
{
	DIR *dir = opendir("config/scenarios");
	struct dirent *e;
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((e = readdir(dir))) {
		struct slo_err err = { .what = "" };
		struct slo_drill d;
		char path[512], file[300];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "config/scenarios/%s", e->d_name);
		ck_assert_msg(slo_drill_read(path, &d, &err) == 0, "%s: %s", err.where, err.what);
		snprintf(file, sizeof(file), "%s.yaml", d.name);
		ck_assert_str_eq(file, e->d_name);
		n++;
	}
	closedir(dir);
	ck_assert_int_ge(n, 16);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("drill");
	TCase *c = tcase_create("drill");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, reads_rounds_phases_and_expectations);
	tcase_add_loop_test(c, names_the_place_and_the_reason_of_what_is_wrong, 0, (int)SLO_ARRAY_LEN(bad));
	tcase_add_test(c, every_shipped_scenario_is_read_under_its_own_name);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
