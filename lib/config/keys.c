/* SPDX-License-Identifier: MIT */
#include "config/keys.h"

#include <stddef.h>

#define CONFIG(m)    .off = offsetof(struct slo_config, m), .size = sizeof(((struct slo_config *)0)->m)
#define OBJECTIVE(m) .off = offsetof(struct slo_objective, m), .size = sizeof(((struct slo_objective *)0)->m)
#define PEER(m)      .off = offsetof(struct slo_peer, m), .size = sizeof(((struct slo_peer *)0)->m)

static const char *const api_versions[] = { "toolkit.llm-slo.dev/v1alpha1", NULL };
static const char *const kinds[] = { "ToolkitConfig", NULL };
/* Those of gate/preset.h, which is above this module; its test holds the two together. */
static const char *const presets[] = { "llm-slo", "llm-slo-ms", "vllm", "otel", "tgi", "none", NULL };
static const char *const formats[] = { "generic", "pagerduty", "opsgenie", "jsm", "alertmanager", "slack", NULL };

const struct slo_config_key slo_config_keys[] = {
	{ "apiVersion", SLO_KEY_CHOICE, 0, CONFIG(api_version), .choices = api_versions,
	  .def = "\"toolkit.llm-slo.dev/v1alpha1\"", .doc = "Version of this format." },
	{ "kind", SLO_KEY_CHOICE, 0, CONFIG(kind), .choices = kinds, .def = "\"ToolkitConfig\"",
	  .doc = "Kind of document." },
	{ "signal_set", SLO_KEY_SIGNALS, 0, CONFIG(signal_enabled), .en = &slo_signal_enum,
	  .doc = "Signals to watch; an empty list means none, leaving it out means all twelve." },
	{ "sampling.events_per_second_limit", SLO_KEY_INT, 0, CONFIG(events_per_second_limit), 1, 1e9,
	  .def = "10000", .doc = "Most exemplar events the agent writes per second; windows are never limited." },
	{ "sampling.burst_limit", SLO_KEY_INT, 0, CONFIG(burst_limit), 1, 1e9,
	  .def = "20000", .doc = "Exemplar events that may exceed the limit in one burst." },
	{ "correlation.window_ms", SLO_KEY_INT, 0, CONFIG(correlation_window_ms), 1, 3600000,
	  .def = "2000", .doc = "Largest distance in time between a span and a kernel event that are joined, ms." },
	/* 4318 is the OTLP/HTTP port; the first version shipped 4317, which is the gRPC one. */
	{ "otlp.endpoint", SLO_KEY_URL, 0, CONFIG(otlp_endpoint),
	  .def = "\"http://otel-collector:4318\"", .doc = "Base URL of an OTLP/HTTP receiver." },
	{ "safety.max_overhead_pct", SLO_KEY_NUM, 0, CONFIG(max_overhead_pct), 0, 10000,
	  .def = "5", .doc = "Share of one core the agent may use before it sheds load, %." },
	{ "webhook.enabled", SLO_KEY_BOOL, 0, CONFIG(webhook.enabled),
	  .def = "false", .doc = "Send incidents to webhook.url." },
	{ "webhook.url", SLO_KEY_URL, SLO_KEY_EMPTY, CONFIG(webhook.url),
	  .def = "\"\"", .doc = "Where incidents are posted; needed when webhook.enabled is true, unless the format has an "
				"address of its own." },
	{ "webhook.url_file", SLO_KEY_STR, SLO_KEY_EMPTY, CONFIG(webhook.url_file),
	  .def = "\"\"", .doc = "File that holds the address instead, where that is a secret; empty means none." },
	{ "webhook.secret_file", SLO_KEY_STR, SLO_KEY_EMPTY, CONFIG(webhook.secret_file),
	  .def = "\"\"", .doc = "File that holds the secret of the webhook; empty means none." },
	{ "webhook.format", SLO_KEY_CHOICE, 0, CONFIG(webhook.format), .choices = formats,
	  .def = "\"generic\"", .doc = "What is posted: the incident record itself, or the event format of a service." },
	{ "webhook.timeout_ms", SLO_KEY_INT, 0, CONFIG(webhook.timeout_ms), 1, 600000,
	  .def = "5000", .doc = "Longest time of one delivery attempt, ms." },
	{ "webhook.spool_dir", SLO_KEY_STR, SLO_KEY_EMPTY, CONFIG(webhook.spool_dir),
	  .def = "\"\"", .doc = "Directory that keeps what could not be delivered; empty means none." },
	{ "webhook.spool_max_bytes", SLO_KEY_INT, 0, CONFIG(webhook.spool_max_bytes), 65536, 1e12,
	  .def = "67108864", .doc = "Most bytes that wait in the spool, and as many of dead letters; the oldest go first." },
	{ "webhook.spool_max_age_s", SLO_KEY_INT, 0, CONFIG(webhook.spool_max_age_s), 1, 31622400,
	  .def = "259200", .doc = "Age at which a message in the spool is given up, s." },
	{ "webhook.ca_file", SLO_KEY_STR, SLO_KEY_EMPTY, CONFIG(webhook.ca_file),
	  .def = "\"\"", .doc = "Certificates of the authorities to believe, PEM; empty means the system's." },
	{ "webhook.allow_http", SLO_KEY_BOOL, 0, CONFIG(webhook.allow_http),
	  .def = "false", .doc = "Allow an address without TLS." },
	{ "webhook.allow_hosts", SLO_KEY_STR, SLO_KEY_EMPTY, CONFIG(webhook.allow_hosts),
	  .def = "\"\"", .doc = "Hosts that may have a loopback, link-local or metadata address, by name, commas between." },
	{ "cdgate.enabled", SLO_KEY_BOOL, 0, CONFIG(cdgate.enabled),
	  .def = "false", .doc = "Whether the chart runs the gate as a Job with each release; sloctl cdgate judges either way." },
	{ "cdgate.prometheus_url", SLO_KEY_URL, 0, CONFIG(cdgate.prometheus_url),
	  .def = "\"http://prometheus:9090\"", .doc = "Base URL of the Prometheus the gate asks; a path prefix is kept." },
	{ "cdgate.ttft_p95_ms", SLO_KEY_NUM, 0, CONFIG(cdgate.ttft_p95_ms), 0, 1e9,
	  .def = "800", .doc = "Highest p95 of the time to the first token that passes, ms." },
	{ "cdgate.error_rate", SLO_KEY_NUM, 0, CONFIG(cdgate.error_rate), 0, 1,
	  .def = "0.05", .doc = "Highest share of failed requests that passes, 0 to 1." },
	{ "cdgate.burn_rate", SLO_KEY_NUM, 0, CONFIG(cdgate.burn_rate), 0, 1e6,
	  .def = "2", .doc = "Highest burn rate that passes; 1 spends the error budget exactly." },
	/* The first version passed by default when Prometheus did not answer: a gate that could not fail. */
	{ "cdgate.fail_open", SLO_KEY_BOOL, 0, CONFIG(cdgate.fail_open),
	  .def = "false", .doc = "Pass when Prometheus is unavailable; violations that were seen still fail." },
	{ "cdgate.preset", SLO_KEY_CHOICE, 0, CONFIG(cdgate.preset), .choices = presets,
	  .def = "\"llm-slo\"", .doc = "Whose metric names are asked for." },
	{ "cdgate.selector", SLO_KEY_STR, SLO_KEY_EMPTY, CONFIG(cdgate.selector),
	  .def = "\"\"", .doc = "Label matchers of every query of the preset, as service=chat,namespace=prod; empty means none." },
	{ "cdgate.window_s", SLO_KEY_INT, 0, CONFIG(cdgate.window_s), 1, 2678400,
	  .def = "300", .doc = "Window of rates and percentiles, and the short one of burn rates, s." },
	{ "cdgate.min_samples", SLO_KEY_INT, 0, CONFIG(cdgate.min_samples), 0, 1e9,
	  .def = "20", .doc = "Requests in the window without which there is no verdict." },
	{ "cdgate.bearer_token_file", SLO_KEY_STR, SLO_KEY_EMPTY, CONFIG(cdgate.bearer_token_file),
	  .def = "\"\"", .doc = "File that holds a bearer token for Prometheus; empty means none." },
	{ "cdgate.ca_file", SLO_KEY_STR, SLO_KEY_EMPTY, CONFIG(cdgate.ca_file),
	  .def = "\"\"", .doc = "File of the authorities believed for Prometheus in place of the system's; empty means the system's." },
	{ "objectives", SLO_KEY_OBJECTIVES, 0, CONFIG(objectives),
	  .doc = "What each service promises; a list given here replaces the default one." },
	{ "objectives[].service", SLO_KEY_STR, 0, OBJECTIVE(service),
	  .def = "\"*\"", .doc = "Service the objective is for; * is for every service without its own." },
	{ "objectives[].sli", SLO_KEY_ENUM, SLO_KEY_REQUIRED, OBJECTIVE(sli), .en = &slo_sli_enum,
	  .doc = "What is measured." },
	{ "objectives[].threshold", SLO_KEY_NUM, 0, OBJECTIVE(threshold), 0, 1e12,
	  .doc = "A request is good up to this value, for throughput from it on; in the unit of the SLI; "
		 "not used by error rates, needed by all others." },
	{ "objectives[].target", SLO_KEY_NUM, SLO_KEY_OPEN, OBJECTIVE(target), 0, 1,
	  .def = "0.95", .doc = "Share of valid requests that must be good, between 0 and 1, both excluded." },
	{ "objectives[].short_s", SLO_KEY_INT, 0, OBJECTIVE(short_s), 1, 2678400,
	  .def = "300", .doc = "Short window, s; not longer than the long one." },
	{ "objectives[].long_s", SLO_KEY_INT, 0, OBJECTIVE(long_s), 1, 2678400,
	  .def = "3600", .doc = "Long window, s." },
	{ "objectives[].burn", SLO_KEY_NUM, SLO_KEY_OPEN, OBJECTIVE(burn), 0, 1e6,
	  .doc = "Burn rate both windows must reach; left out, it is budget_pct / 100 * period_s / long_s." },
	{ "objectives[].budget_pct", SLO_KEY_NUM, SLO_KEY_OPEN, OBJECTIVE(budget_pct), 0, 100,
	  .def = "2", .doc = "Share of the error budget of a period that the long window may spend, %." },
	{ "objectives[].period_s", SLO_KEY_INT, 0, OBJECTIVE(period_s), 1, 31622400,
	  .def = "2592000", .doc = "Period of the error budget, s; the default is 30 days." },
	{ "objectives[].min_events", SLO_KEY_INT, 0, OBJECTIVE(min_events), 1, 1e9,
	  .def = "20", .doc = "Valid requests a short window needs to open an incident." },
	{ "peers", SLO_KEY_PEERS, 0, CONFIG(peers),
	  .doc = "Who the other ends of connections are; the first entry that matches decides." },
	{ "peers[].role", SLO_KEY_ENUM, SLO_KEY_REQUIRED, PEER(role), .en = &slo_role_enum,
	  .doc = "What the peer is to the service." },
	{ "peers[].port", SLO_KEY_PORT, 0, PEER(port), 1, 65535, .doc = "Port of the peer." },
	{ "peers[].address", SLO_KEY_NET, 0, PEER(net),
	  .doc = "Address of the peer, or a network in CIDR form; IPv4 or IPv6." },
	{ "peers[].name", SLO_KEY_STR, 0, PEER(name),
	  .doc = "DNS name of the peer; with a leading dot, every name below it." },
};

const size_t slo_config_keys_count = SLO_ARRAY_LEN(slo_config_keys);
