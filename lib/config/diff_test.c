/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct slo_config a, b;
static char found[512];

static void note(void *arg, const char *path)
{
	size_t n = strlen(found);

	(void)arg;
	snprintf(found + n, sizeof(found) - n, "%s%s", n ? " " : "", path);
}

static void read_as(struct slo_config *c, const char *text, const char *name)
{
	struct slo_err err = { 0 };

	ck_assert_msg(slo_config_parse(c, text, strlen(text), name, &err) == 0, "%s: %s", err.where, err.what);
}

static void differ(const char *left, const char *right, const char *want)
{
	size_t n = 0;

	read_as(&a, left, "a");
	read_as(&b, right, "b");
	found[0] = '\0';
	for (const char *p = want; *p; p += strcspn(p, " ") + (p[strcspn(p, " ")] == ' '))
		n++;
	ck_assert_uint_eq(slo_config_diff(&a, &b, note, NULL), n);
	ck_assert_str_eq(found, want);
}

START_TEST(the_same_text_is_the_same_wherever_it_stands)
{
	static const char text[] = "objectives:\n  - {sli: ttft_ms, threshold: 300, budget_pct: 1}\n"
				   "peers:\n  - {role: provider, address: 10.0.0.0/8}\n  - {role: retrieval, port: 6333}\n";

	differ(text, text, "");
	differ("", "# nothing\n\n", "");
	differ("safety:\n  max_overhead_pct: 5\n", "", "");
}
END_TEST

START_TEST(each_kind_of_value_is_compared)
{
	differ("safety: {max_overhead_pct: 3}", "safety: {max_overhead_pct: 4}", "safety.max_overhead_pct");
	differ("sampling: {burst_limit: 9}", "sampling: {burst_limit: 9, events_per_second_limit: 7}",
	       "sampling.events_per_second_limit");
	differ("webhook: {url: \"http://a/\"}", "webhook: {url: \"http://b/\", timeout_ms: 77}", "webhook.url webhook.timeout_ms");
	differ("cdgate: {fail_open: true}", "", "cdgate.fail_open");
	differ("signal_set: [cpu_steal_pct]", "signal_set: []", "signal_set");
}
END_TEST

START_TEST(a_list_is_one_key_and_every_member_of_its_items_counts)
{
	static const char *const objectives[] = {
		"- {sli: ttft_ms, threshold: 301}", "- {sli: request_latency_ms, threshold: 300}",
		"- {sli: ttft_ms, threshold: 300, service: chat}", "- {sli: ttft_ms, threshold: 300, target: 0.97}",
		"- {sli: ttft_ms, threshold: 300, burn: 2}", "- {sli: ttft_ms, threshold: 300, min_events: 3}",
		"- {sli: ttft_ms, threshold: 300}\n- {sli: error_rate}\n", "[]",
	};
	static const char *const peers[] = {
		"- {role: retrieval, address: 10.0.0.0/8}", "- {role: provider, address: 10.0.0.0/9}",
		"- {role: provider, address: 11.0.0.0/8}", "- {role: provider, port: 80}",
		"- {role: provider, address: 10.0.0.0/8, port: 80}", "- {role: provider, address: 10.0.0.0/8, name: a.b}", "[]",
	};
	char text[128];

	for (size_t i = 0; i < SLO_ARRAY_LEN(objectives); i++) {
		snprintf(text, sizeof(text), "objectives:%s%s\n", objectives[i][0] == '[' ? " " : "\n", objectives[i]);
		differ("objectives:\n- {sli: ttft_ms, threshold: 300}\n", text, "objectives");
	}
	for (size_t i = 0; i < SLO_ARRAY_LEN(peers); i++) {
		snprintf(text, sizeof(text), "peers:%s%s\n", peers[i][0] == '[' ? " " : "\n", peers[i]);
		differ("peers:\n- {role: provider, address: 10.0.0.0/8}\n", text, "peers");
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("diff");
	TCase *t = tcase_create("diff");

	tcase_add_test(t, the_same_text_is_the_same_wherever_it_stands);
	tcase_add_test(t, each_kind_of_value_is_compared);
	tcase_add_test(t, a_list_is_one_key_and_every_member_of_its_items_counts);
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
