/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include "base/cleanup.h"
#include "config/keys.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static struct slo_config c;

static void parse(const char *text)
{
	struct slo_err err = { 0 };

	ck_assert_msg(slo_config_parse(&c, text, strlen(text), "t.yaml", &err) == 0, "%s: %s", err.where, err.what);
}

static char *print(const struct slo_config *from, bool origin)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	ck_assert_int_eq(slo_config_print(from, origin, f), 0);
	fclose(f);
	return text;
}

/* Everything but where the values were read from. */
static void forget_origins(struct slo_config *of)
{
	memset(of->origins, 0, sizeof(of->origins));
	of->origins_count = 0;
	memset(of->path, 0, sizeof(of->path));
}

START_TEST(the_defaults_are_the_documented_ones)
{
	slo_config_defaults(&c);
	ck_assert_str_eq(c.api_version, "toolkit.llm-slo.dev/v1alpha1");
	ck_assert_str_eq(c.kind, "ToolkitConfig");
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		ck_assert(c.signal_enabled[i]);
	ck_assert_int_eq(c.events_per_second_limit, 10000);
	ck_assert_int_eq(c.burst_limit, 20000);
	ck_assert_int_eq(c.correlation_window_ms, 2000);
	ck_assert_str_eq(c.otlp_endpoint, "http://otel-collector:4318");
	ck_assert_double_eq(c.max_overhead_pct, 5);
	ck_assert(!c.webhook.enabled);
	ck_assert_str_eq(c.webhook.format, "generic");
	ck_assert_int_eq(c.webhook.timeout_ms, 5000);
	ck_assert_str_eq(c.cdgate.prometheus_url, "http://prometheus:9090");
	ck_assert_double_eq(c.cdgate.ttft_p95_ms, 800);
	ck_assert_double_eq(c.cdgate.error_rate, 0.05);
	ck_assert_double_eq(c.cdgate.burn_rate, 2);
	ck_assert(!c.cdgate.fail_open);
	ck_assert_uint_eq(c.objectives_count, 2);
	ck_assert_int_eq(c.objectives[0].sli, SLO_SLI_TTFT);
	ck_assert_double_eq(c.objectives[0].threshold, 800);
	ck_assert_double_eq(c.objectives[0].target, 0.95);
	ck_assert_int_eq(c.objectives[0].short_s, 300);
	ck_assert_int_eq(c.objectives[0].long_s, 3600);
	ck_assert_int_eq(c.objectives[0].min_events, 20);
	ck_assert_int_eq(c.objectives[1].sli, SLO_SLI_ERROR_RATE);
	ck_assert_double_eq(c.objectives[1].target, 0.95);
	ck_assert_uint_eq(c.peers_count, 0);
	ck_assert_str_eq(c.path, "");
}
END_TEST

START_TEST(an_empty_file_is_the_defaults)
{
	struct slo_config defaults;

	slo_config_defaults(&defaults);
	parse("# nothing\n");
	ck_assert_str_eq(c.path, "t.yaml");
	forget_origins(&c);
	ck_assert_mem_eq(&c, &defaults, sizeof(c));
	parse("sampling:\nwebhook: {}\n");
	forget_origins(&c);
	ck_assert_mem_eq(&c, &defaults, sizeof(c));
}
END_TEST

START_TEST(every_key_can_be_set)
{
	parse("apiVersion: toolkit.llm-slo.dev/v1alpha1\n"
	      "kind: ToolkitConfig\n"
	      "signal_set: [cfs_throttled_ms, dns_latency_ms]\n"
	      "sampling: { events_per_second_limit: 7, burst_limit: 8 }\n"
	      "correlation: { window_ms: 9 }\n"
	      "otlp: { endpoint: 'https://c.example:4318' }\n"
	      "safety: { max_overhead_pct: 2.5 }\n"
	      "webhook: { enabled: true, url: 'https://h.example/x', secret_file: /run/s, format: opsgenie,\n"
	      "           timeout_ms: 10, spool_dir: /var/spool/x, url_file: /run/u, spool_max_bytes: 70000, spool_max_age_s: 60,\n"
	      "           ca_file: /run/ca, allow_http: true, allow_hosts: 'a,b' }\n"
	      "cdgate: { enabled: true, prometheus_url: 'http://p:1/pre', ttft_p95_ms: 11, error_rate: 0.5,\n"
	      "          burn_rate: 3, fail_open: true }\n"
	      "objectives:\n"
	      "  - { service: chat, sli: token_throughput_tps, threshold: 20, target: 0.9, short_s: 60, long_s: 600,\n"
	      "      burn: 4, period_s: 86400, min_events: 5 }\n"
	      "peers:\n"
	      "  - { role: provider, name: .example.com, port: 443, address: 192.0.2.0/24 }\n");
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		ck_assert_int_eq(c.signal_enabled[i], i == SLO_SIGNAL_CFS_THROTTLED || i == SLO_SIGNAL_DNS_LATENCY);
	ck_assert_int_eq(c.events_per_second_limit, 7);
	ck_assert_int_eq(c.burst_limit, 8);
	ck_assert_int_eq(c.correlation_window_ms, 9);
	ck_assert_str_eq(c.otlp_endpoint, "https://c.example:4318");
	ck_assert_double_eq(c.max_overhead_pct, 2.5);
	ck_assert(c.webhook.enabled);
	ck_assert_str_eq(c.webhook.url, "https://h.example/x");
	ck_assert_str_eq(c.webhook.secret_file, "/run/s");
	ck_assert_str_eq(c.webhook.format, "opsgenie");
	ck_assert_int_eq(c.webhook.timeout_ms, 10);
	ck_assert_str_eq(c.webhook.spool_dir, "/var/spool/x");
	ck_assert_str_eq(c.webhook.url_file, "/run/u");
	ck_assert_int_eq(c.webhook.spool_max_bytes, 70000);
	ck_assert_int_eq(c.webhook.spool_max_age_s, 60);
	ck_assert_str_eq(c.webhook.ca_file, "/run/ca");
	ck_assert(c.webhook.allow_http);
	ck_assert_str_eq(c.webhook.allow_hosts, "a,b");
	ck_assert(c.cdgate.enabled && c.cdgate.fail_open);
	ck_assert_str_eq(c.cdgate.prometheus_url, "http://p:1/pre");
	ck_assert_double_eq(c.cdgate.ttft_p95_ms, 11);
	ck_assert_double_eq(c.cdgate.error_rate, 0.5);
	ck_assert_double_eq(c.cdgate.burn_rate, 3);
	ck_assert_uint_eq(c.objectives_count, 1);
	ck_assert_str_eq(c.objectives[0].service, "chat");
	ck_assert_int_eq(c.objectives[0].sli, SLO_SLI_THROUGHPUT);
	ck_assert_double_eq(c.objectives[0].threshold, 20);
	ck_assert_double_eq(c.objectives[0].target, 0.9);
	ck_assert_int_eq(c.objectives[0].short_s, 60);
	ck_assert_int_eq(c.objectives[0].long_s, 600);
	ck_assert_double_eq(c.objectives[0].burn, 4);
	ck_assert_int_eq(c.objectives[0].period_s, 86400);
	ck_assert_int_eq(c.objectives[0].min_events, 5);
	ck_assert_uint_eq(c.peers_count, 1);
	ck_assert_int_eq(c.peers[0].role, SLO_ROLE_PROVIDER);
	ck_assert_uint_eq(c.peers[0].port, 443);
	ck_assert_uint_eq(c.peers[0].prefix, 120);
	ck_assert_str_eq(c.peers[0].name, ".example.com");
}
END_TEST

START_TEST(an_empty_signal_set_means_none)
{
	parse("signal_set: []\n");
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		ck_assert(!c.signal_enabled[i]);
}
END_TEST

static const struct {
	const char *text, *where, *what;
} refused[] = {
	{ "samplng:\n  burst_limit: 1\n", "t.yaml:1: samplng", "unknown key (did you mean sampling?)" },
	{ "\nsampling:\n  burst_limt: 1\n", "t.yaml:3: sampling.burst_limt", "unknown key (did you mean burst_limit?)" },
	{ "zzz: 1\n", "t.yaml:1: zzz", "unknown key" },
	{ "sampling.burst_limit: 1\n", "t.yaml:1: sampling.burst_limit", NULL },
	{ "\"a\\e[31m\": 1\n", "t.yaml:1: a?[31m", "unknown key" },
	{ "webhook:\n  url: http://x\n  secret: hush\n", "t.yaml:3: webhook.secret",
	  "secrets do not belong into this file: put it into a file of its own and name that with webhook.secret_file" },
	{ "sampling: 7\n", "t.yaml:1: sampling", "want a mapping, got 7" },
	{ "[]\n", "t.yaml:1", "want a mapping, got a list" },
	{ "apiVersion: toolkit.llm-slo.dev/v2\n", "t.yaml:1: apiVersion",
	  "want toolkit.llm-slo.dev/v1alpha1, got \"toolkit.llm-slo.dev/v2\"" },
	{ "sampling:\n  burst_limit: 0\n", "t.yaml:2: sampling.burst_limit", "want an integer from 1 to 1000000000, got 0" },
	{ "sampling:\n  burst_limit: 1.0\n", "t.yaml:2: sampling.burst_limit",
	  "want an integer from 1 to 1000000000, got 1" },
	{ "sampling:\n  burst_limit: \"9\"\n", "t.yaml:2: sampling.burst_limit",
	  "want an integer from 1 to 1000000000, got \"9\"" },
	{ "sampling:\n  burst_limit: 1000000001\n", "t.yaml:2: sampling.burst_limit",
	  "want an integer from 1 to 1000000000, got 1000000001" },
	{ "cdgate: {error_rate: 1.01}\n", "t.yaml:1: cdgate.error_rate", "want a number from 0 to 1, got 1.01" },
	{ "cdgate: {error_rate: }\n", "t.yaml:1: cdgate.error_rate", "want a number from 0 to 1, got nothing" },
	{ "cdgate: {enabled: yes}\n", "t.yaml:1: cdgate.enabled", "want true or false, got \"yes\"" },
	{ "cdgate: {prometheus_url: \"\"}\n", "t.yaml:1: cdgate.prometheus_url", "must not be empty" },
	{ "otlp: {endpoint: otel:4318}\n", "t.yaml:1: otlp.endpoint",
	  "want an http:// or https:// URL, got \"otel:4318\"" },
	{ "otlp: {endpoint: 4318}\n", "t.yaml:1: otlp.endpoint", "want a string, got 4318" },
	{ "otlp: {endpoint: \"http://x\\n\"}\n", "t.yaml:1: otlp.endpoint", "control character in a string" },
	{ "webhook: {format: teams}\n", "t.yaml:1: webhook.format",
	  "want one of generic, pagerduty, opsgenie, jsm, alertmanager, slack, got \"teams\"" },
	{ "webhook:\n  enabled: true\n", "t.yaml:2: webhook.enabled", "is true but webhook.url is empty" },
	{ "signal_set: all\n", "t.yaml:1: signal_set", "want a list of signal names, got \"all\"" },
	{ "signal_set:\n  - dns_latency_ms\n  - dns_latencyms\n", "t.yaml:3: signal_set",
	  "unknown signal (did you mean dns_latency_ms?)" },
	{ "signal_set:\n  - cpu_steal_pct\n  - cpu_steal_pct\n", "t.yaml:3: signal_set", "cpu_steal_pct: given twice" },
	{ "signal_set: [3]\n", "t.yaml:1: signal_set", NULL },
	{ "objectives: {}\n", "t.yaml:1: objectives", "want a list, got a mapping" },
	{ "objectives:\n  - ttft_ms\n", "t.yaml:2: objectives", "want a mapping, got \"ttft_ms\"" },
	{ "objectives:\n  - service: x\n", "t.yaml:2", "sli is missing" },
	{ "objectives:\n  - sli: ttft_ms\n", "t.yaml:2", "threshold is missing" },
	{ "objectives:\n  - sli: error_rate\n    tagret: 0.9\n", "t.yaml:3: objectives[0].tagret",
	  "unknown key (did you mean target?)" },
	{ "objectives:\n  - {sli: error_rate}\n  - {sli: error_rate, target: 1}\n", "t.yaml:3: objectives[1].target",
	  "want a number between 0 and 1, got 1" },
	{ "objectives:\n  - {sli: error_rate, short_s: 10, long_s: 5}\n", "t.yaml:2",
	  "the short window (10 s) must not be longer than the long one (5 s)" },
	{ "objectives:\n  - {sli: error_rate, target: 0.9}\n", "t.yaml:2",
	  "a burn rate of 14.4 can never be reached: with a target of 0.9 it is 10 when every request is bad" },
	{ "objectives:\n  - {sli: error_rate, burn: 1, budget_pct: 2}\n", "t.yaml:2",
	  "burn and budget_pct exclude each other" },
	{ "objectives:\n  - {sli: error_rate}\n  - {sli: error_rate}\n", "t.yaml:3",
	  "service * has an objective for error_rate already" },
	{ "peers:\n  - {role: provider}\n", "t.yaml:2", "want at least one of port, address and name" },
	{ "peers:\n  - {port: 1}\n", "t.yaml:2", "role is missing" },
	{ "peers:\n  - {role: boss, port: 1}\n", "t.yaml:2: peers[0].role",
	  "want one of other, client, provider, retrieval, resolver, got \"boss\"" },
	{ "peers:\n  - {role: client, port: 65536}\n", "t.yaml:2: peers[0].port",
	  "want an integer from 1 to 65535, got 65536" },
	{ "peers:\n  - {role: client, address: 10.0.0.0/33}\n", "t.yaml:2: peers[0].address",
	  "want an address such as 10.1.2.3 or 10.0.0.0/8, got \"10.0.0.0/33\"" },
	{ "peers:\n  - {role: client, name: \"*.example.com\"}\n", "t.yaml:2",
	  "name: write .example.com for every name below example.com" },
	{ "a: [\n", "t.yaml:2:1", NULL },
};

START_TEST(what_is_refused_names_its_place_and_reason)
{
	struct slo_err err = { 0 };

	memset(&c, 0x5a, sizeof(c));
	ck_assert_int_eq(slo_config_parse(&c, refused[_i].text, strlen(refused[_i].text), "t.yaml", &err), -EINVAL);
	ck_assert_str_eq(err.where, refused[_i].where);
	if (refused[_i].what)
		ck_assert_str_eq(err.what, refused[_i].what);
	ck_assert(err.what[0] && c.kind[0] == 0x5a);
}
END_TEST

START_TEST(too_many_list_entries_are_refused)
{
	char text[8192] = "peers:\n";
	struct slo_err err = { 0 };

	for (int i = 0; i <= SLO_MAX_PEERS; i++)
		strcat(text, "  - {role: client, port: 1}\n");
	ck_assert_int_eq(slo_config_parse(&c, text, strlen(text), "t.yaml", &err), -EINVAL);
	ck_assert_str_eq(err.what, "more than 64 entries");
	text[strlen(text) - strlen("  - {role: client, port: 1}\n")] = '\0';
	ck_assert_int_eq(slo_config_parse(&c, text, strlen(text), "t.yaml", NULL), 0);
	ck_assert_uint_eq(c.peers_count, SLO_MAX_PEERS);
}
END_TEST

static const char full[] = "signal_set: [cfs_throttled_ms, dns_latency_ms]\n"
			   "sampling:\n"
			   "  burst_limit: 77\n"
			   "safety: { max_overhead_pct: 0.1 }\n"
			   "webhook: { secret_file: \"/a \\\\ \\\" b # c: d\" }\n"
			   "objectives:\n"
			   "  - { service: \"*\", sli: ttft_ms, threshold: 412.5, target: 0.999, burn: 3.25 }\n"
			   "  - { service: chat, sli: provider_error_rate, budget_pct: 1.5 }\n"
			   "peers:\n"
			   "  - { role: resolver, port: 53 }\n"
			   "  - { role: retrieval, address: 10.1.2.3 }\n"
			   "  - { role: retrieval, address: 10.1.2.3/8 }\n"
			   "  - { role: provider, address: \"2001:db8::1\" }\n"
			   "  - { role: provider, address: \"2001:db8::/33\", port: 1 }\n"
			   "  - { role: provider, address: \"::/0\" }\n"
			   "  - { role: client, name: api.example.com }\n";

START_TEST(what_is_printed_reads_back_equal)
{
	static const char *const texts[] = { "", full, "signal_set: []\nobjectives: []\npeers: []\n" };
	static struct slo_config first;
	slo_autofree char *plain = NULL, *origin = NULL;

	parse(texts[_i]);
	first = c;
	plain = print(&first, false);
	origin = print(&first, true);
	forget_origins(&first);
	parse(plain);
	forget_origins(&c);
	ck_assert_mem_eq(&c, &first, sizeof(c));
	parse(origin);
	forget_origins(&c);
	ck_assert_mem_eq(&c, &first, sizeof(c));
}
END_TEST

START_TEST(the_origin_of_every_line_is_named)
{
	slo_autofree char *text = NULL;

	parse(full);
	text = print(&c, true);
	ck_assert_ptr_nonnull(strstr(text, "  burst_limit: 77                                   # t.yaml:3\n"));
	ck_assert_ptr_nonnull(strstr(text, "  events_per_second_limit: 10000                    # default\n"));
	ck_assert_ptr_nonnull(strstr(text, "    threshold: 412.5                                # t.yaml:7\n"));
	ck_assert_ptr_nonnull(strstr(text, "    short_s: 300                                    # default\n"));
	ck_assert_ptr_nonnull(strstr(text, "    # burn: 10.8 (derived: budget_pct / 100 * period_s / long_s)\n"));
	ck_assert_ptr_nonnull(strstr(text, "    address: \"10.0.0.0/8\"                           # t.yaml:12\n"));
}
END_TEST

START_TEST(full_lists_keep_the_origin_of_every_member)
{
	char *text = calloc(1, 1 << 17);

	strcat(text, "objectives:\n");
	for (int i = 0; i < SLO_MAX_OBJECTIVES; i++)
		sprintf(text + strlen(text), "  - { service: s%d, sli: ttft_ms, threshold: 1, target: 0.99, short_s: 1, "
					     "long_s: 2, burn: 1, period_s: 5, min_events: 6 }\n", i);
	strcat(text, "peers:\n");
	for (int i = 0; i < SLO_MAX_PEERS; i++)
		strcat(text, "  - { role: client, port: 1, address: 10.0.0.1, name: x }\n");
	parse(text);
	ck_assert_uint_lt(c.origins_count, SLO_MAX_CONFIG_KEYS);
	ck_assert_str_eq(c.origins[c.origins_count - 1].key, "peers[63].name");
	ck_assert_int_eq(c.origins[c.origins_count - 1].line, 2 + SLO_MAX_OBJECTIVES + SLO_MAX_PEERS);
	free(text);
}
END_TEST

START_TEST(the_shipped_file_is_the_defaults)
{
	static struct slo_config defaults;
	slo_autofree char *text = calloc(1, 1 << 16);
	slo_autofclose FILE *f = fopen("config/toolkit.yaml", "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, (1 << 16) - 1, f), 100);
	parse(text);
	ck_assert_uint_gt(c.origins_count, 30);
	forget_origins(&c);
	slo_config_defaults(&defaults);
	ck_assert_mem_eq(&c, &defaults, sizeof(c));
}
END_TEST

START_TEST(a_service_has_its_own_objective_or_everybodys)
{
	const struct slo_str chat = SLO_STR("chat"), other = SLO_STR("other");

	parse("objectives:\n"
	      "  - { service: chat, sli: ttft_ms, threshold: 1 }\n"
	      "  - { sli: ttft_ms, threshold: 2 }\n"
	      "  - { service: other, sli: error_rate }\n");
	ck_assert_double_eq(slo_config_objective(&c, chat, SLO_SLI_TTFT)->threshold, 1);
	ck_assert_double_eq(slo_config_objective(&c, other, SLO_SLI_TTFT)->threshold, 2);
	ck_assert_ptr_eq(slo_config_objective(&c, other, SLO_SLI_ERROR_RATE), &c.objectives[2]);
	ck_assert_ptr_null(slo_config_objective(&c, chat, SLO_SLI_ERROR_RATE));
}
END_TEST

static int role(const char *addr, uint16_t port, const char *name)
{
	uint8_t a[16] = { 0 };

	if (inet_pton(AF_INET6, addr, a) != 1)
		ck_abort_msg("%s", addr);
	return slo_config_role(&c, a, port, slo_str(name));
}

START_TEST(the_first_peer_whose_conditions_all_hold_decides)
{
	parse("peers:\n"
	      "  - { role: retrieval, address: 10.20.0.0/15, port: 6333 }\n"
	      "  - { role: resolver, port: 53 }\n"
	      "  - { role: provider, name: .example.com }\n"
	      "  - { role: client, address: \"2001:db8::/33\" }\n"
	      "  - { role: provider, name: api.test }\n"
	      "  - { role: client, address: 192.0.2.7 }\n");
	ck_assert_int_eq(role("::ffff:10.21.1.2", 6333, NULL), SLO_ROLE_RETRIEVAL);
	ck_assert_int_eq(role("::ffff:10.22.1.2", 6333, NULL), SLO_ROLE_OTHER);
	ck_assert_int_eq(role("::ffff:10.21.1.2", 6334, NULL), SLO_ROLE_OTHER);
	ck_assert_int_eq(role("::ffff:10.21.1.2", 53, "a.example.com"), SLO_ROLE_RESOLVER);
	ck_assert_int_eq(role("::1", 443, "a.EXAMPLE.com."), SLO_ROLE_PROVIDER);
	ck_assert_int_eq(role("::1", 443, "example.com"), SLO_ROLE_OTHER);
	ck_assert_int_eq(role("::1", 443, "badexample.com"), SLO_ROLE_OTHER);
	ck_assert_int_eq(role("::1", 443, ".example.com"), SLO_ROLE_OTHER);
	ck_assert_int_eq(role("::1", 443, "api.test"), SLO_ROLE_PROVIDER);
	ck_assert_int_eq(role("::1", 443, "x.api.test"), SLO_ROLE_OTHER);
	ck_assert_int_eq(role("::1", 443, NULL), SLO_ROLE_OTHER);
	ck_assert_int_eq(role("2001:db8:7fff::1", 1, NULL), SLO_ROLE_CLIENT);
	ck_assert_int_eq(role("2001:db8:8000::1", 1, NULL), SLO_ROLE_OTHER);
	ck_assert_int_eq(role("::ffff:192.0.2.7", 1, NULL), SLO_ROLE_CLIENT);
	ck_assert_int_eq(role("::ffff:192.0.2.6", 1, NULL), SLO_ROLE_OTHER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, the_defaults_are_the_documented_ones);
	tcase_add_test(t, an_empty_file_is_the_defaults);
	tcase_add_test(t, every_key_can_be_set);
	tcase_add_test(t, an_empty_signal_set_means_none);
	tcase_add_loop_test(t, what_is_refused_names_its_place_and_reason, 0, (int)SLO_ARRAY_LEN(refused));
	tcase_add_test(t, too_many_list_entries_are_refused);
	tcase_add_loop_test(t, what_is_printed_reads_back_equal, 0, 3);
	tcase_add_test(t, the_origin_of_every_line_is_named);
	tcase_add_test(t, full_lists_keep_the_origin_of_every_member);
	tcase_add_test(t, the_shipped_file_is_the_defaults);
	tcase_add_test(t, a_service_has_its_own_objective_or_everybodys);
	tcase_add_test(t, the_first_peer_whose_conditions_all_hold_decides);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
