/* SPDX-License-Identifier: MIT */
#include "attributor.h"

#include "net/webhook_format.h"

#include <stddef.h>

#define OFF(m, C) SLO_OPT_OFF(struct attributor_opts, m, C)

static const char *const modes[] = { "bayes", "rule", NULL };
static const char *const models[] = { "auto", "naive", "noisyor", NULL };

const struct slo_opt attributor_options[] = {
	{ .type = SLO_OPT_HELP, .help = "Input" },
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Records, or fault samples, NDJSON: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(strict, bool),
	  .help = "Exit 1 when a line of the input was malformed." },
	{ .name = "reject", .type = SLO_OPT_STR, .off = OFF(reject, const char *), .metavar = "FILE", .def = "",
	  .help = "Keep malformed lines in this file." },
	{ .type = SLO_OPT_HELP, .help = "Objectives" },
	{ .name = "config", .type = SLO_OPT_STR, .off = OFF(config, const char *), .metavar = "FILE", .def = "",
	  .help = "Configuration; config/toolkit.yaml or /etc/llm-slo/toolkit.yaml when there is one." },
	{ .name = "objective", .type = SLO_OPT_LIST, .off = OFF(objectives, struct slo_opt_list), .metavar = "SPEC",
	  .help = "An objective in place of the configured one: ttft_ms<=400,target=0.95,short=5s,long=30s,burn=2,"
		  "min_events=20,service=chat." },
	{ .name = "lateness", .type = SLO_OPT_DURATION, .off = OFF(lateness_ns, int64_t), .metavar = "DURATION",
	  .def = "2s", .lo = 0, .hi = 3600, .unit_ns = 1000000000,
	  .help = "How far records may be out of order, in seconds; later ones are counted, not used." },
	{ .name = "update-every", .type = SLO_OPT_DURATION, .off = OFF(update_every_ns, int64_t),
	  .metavar = "DURATION", .def = "10s", .lo = 0, .hi = 86400, .unit_ns = 1000000000,
	  .help = "Least event time between two updates that only bring new numbers, in seconds." },
	{ .name = "stale-after", .type = SLO_OPT_DURATION, .off = OFF(stale_after_ns, int64_t),
	  .metavar = "DURATION", .def = "0", .lo = 0, .hi = 86400, .unit_ns = 1000000000,
	  .help = "An incident is stale after this long without requests, in seconds; 0 = the objective's long "
		  "window, at least 60." },
	{ .type = SLO_OPT_HELP, .help = "Attribution" },
	{ .name = "attribution-mode", .type = SLO_OPT_CHOICE, .off = OFF(mode, int), .metavar = "MODE", .def = "bayes",
	  .choices = modes, .help = "Posterior over all fault domains, or the first matching threshold rule." },
	{ .name = "bayes-model", .type = SLO_OPT_CHOICE, .off = OFF(bayes_model, int), .metavar = "MODEL",
	  .def = "auto", .choices = models,
	  .help = "Probability model of --attribution-mode=bayes: naive names one exclusive domain, noisyor several causes "
		  "at once; auto is noisyor as it was learned, and naive for fault samples, which have no past." },
	{ .name = "model", .type = SLO_OPT_STR, .off = OFF(model, const char *), .metavar = "FILE", .def = "",
	  .help = "Parameters of --bayes-model=noisyor, JSON, in place of the shipped ones; \"expert\" is a table made by "
		  "hand." },
	{ .type = SLO_OPT_HELP, .help = "Output" },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Incidents, NDJSON: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "summary-out", .type = SLO_OPT_STR, .off = OFF(summary_out, const char *), .metavar = "FILE",
	  .def = "", .help = "Of fault samples: counts and accuracy, JSON." },
	{ .name = "confusion-out", .type = SLO_OPT_STR, .off = OFF(confusion_out, const char *), .metavar = "FILE",
	  .def = "", .help = "Of fault samples: actual,predicted,count, CSV." },
	{ .name = "schema", .type = SLO_OPT_STR, .flags = SLO_OPT_NOT_BUILT, .off = OFF(schema, const char *),
	  .metavar = "FILE", .def = "", .help = "Check incidents against this schema before writing them." },
	{ .name = "stats", .type = SLO_OPT_FLAG, .off = OFF(stats, bool),
	  .help = "Print the counters on standard error at the end." },
	{ .type = SLO_OPT_HELP, .help = "Webhook (by default as configured)" },
	{ .name = "webhook-enabled", .type = SLO_OPT_FLAG, .off = OFF(webhook_enabled, bool),
	  .help = "Post incidents to a webhook; --webhook-url and --webhook-url-file imply it." },
	{ .name = "webhook-url", .type = SLO_OPT_STR, .off = OFF(webhook_url, const char *), .metavar = "URL",
	  .help = "Where to post incidents; https only, unless --allow-http." },
	{ .name = "webhook-url-file", .type = SLO_OPT_STR, .off = OFF(webhook_url_file, const char *),
	  .metavar = "FILE", .help = "File that holds the address, where that is a secret (slack)." },
	{ .name = "webhook-secret", .type = SLO_OPT_STR, .flags = SLO_OPT_SECRET,
	  .off = OFF(webhook_secret, const char *), .metavar = "KEY",
	  .help = "Refused: a key on the command line is visible to everybody; see --webhook-secret-file." },
	{ .name = "webhook-secret-file", .type = SLO_OPT_STR, .off = OFF(webhook_secret_file, const char *),
	  .metavar = "FILE",
	  .help = "File that holds the signing keys, a line each, or the key of pagerduty, opsgenie or jsm." },
	{ .name = "webhook-format", .type = SLO_OPT_CHOICE, .off = OFF(webhook_format, int),
	  .metavar = "FORMAT", .choices = slo_webhook_formats,
	  .help = "Form of the posted document. opsgenie ends on 2027-04-05; jsm is its successor." },
	{ .name = "webhook-timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(webhook_timeout_ns, int64_t),
	  .metavar = "MS", .lo = 1, .hi = 600000, .unit_ns = 1000000,
	  .help = "Longest time of one attempt, in milliseconds." },
	{ .name = "webhook-spool", .type = SLO_OPT_STR, .off = OFF(webhook_spool, const char *), .metavar = "DIR",
	  .help = "Keep messages here until they are delivered; without it they are lost after three attempts." },
	{ .name = "webhook-ca-file", .type = SLO_OPT_STR, .off = OFF(webhook_ca_file, const char *), .metavar = "FILE",
	  .help = "Authorities to believe, PEM, in place of the system's." },
	{ .name = "webhook-strict", .type = SLO_OPT_FLAG, .off = OFF(webhook_strict, bool),
	  .help = "Exit 1 when anything is undelivered at the end of the input." },
	{ .name = "allow-http", .type = SLO_OPT_FLAG, .off = OFF(allow_http, bool),
	  .help = "Allow a webhook without TLS." },
	{ .name = "allow-host", .type = SLO_OPT_LIST, .off = OFF(allow_hosts, struct slo_opt_list), .metavar = "NAME",
	  .help = "Webhook host that may have a loopback, link-local or metadata address." },
	SLO_OPT_END,
};
