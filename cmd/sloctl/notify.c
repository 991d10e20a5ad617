/* SPDX-License-Identifier: MIT */
/* sloctl notify: incidents to a webhook. */
#include "sloctl.h"

struct options {
	const char *input, *config, *url, *secret, *secret_file, *spool_dir, *reject;
	int format;
	int64_t timeout_ms;
	bool strict, dry_run;
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const formats[] = { "generic", "pagerduty", "opsgenie", NULL };

static const struct slo_opt opts[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Where incidents come from: - (stdin), a path, unix:/path or unix-listen:/path." },
	{ .name = "config", .type = SLO_OPT_STR, .off = OFF(config, const char *), .metavar = "FILE",
	  .help = "Configuration; otherwise config/toolkit.yaml or /etc/llm-slo/toolkit.yaml, or else the defaults." },
	{ .name = "url", .type = SLO_OPT_STR, .off = OFF(url, const char *), .metavar = "URL",
	  .help = "Where to post. Otherwise webhook.url." },
	{ .name = "format", .type = SLO_OPT_CHOICE, .off = OFF(format, int), .choices = formats, .def = "generic",
	  .help = "What to post. Otherwise webhook.format." },
	{ .name = "secret", .type = SLO_OPT_STR, .flags = SLO_OPT_SECRET, .off = OFF(secret, const char *),
	  .metavar = "TEXT", .help = "Refused: secrets do not belong on a command line." },
	{ .name = "secret-file", .type = SLO_OPT_STR, .off = OFF(secret_file, const char *), .metavar = "FILE",
	  .help = "File that holds the secret. Otherwise webhook.secret_file." },
	{ .name = "timeout-ms", .type = SLO_OPT_INT, .off = OFF(timeout_ms, int64_t), .metavar = "MS", .def = "5000",
	  .lo = 1, .hi = 600000, .help = "Longest time of one attempt, in ms. Otherwise webhook.timeout_ms." },
	{ .name = "spool-dir", .type = SLO_OPT_STR, .off = OFF(spool_dir, const char *), .metavar = "DIR",
	  .help = "Keeps what could not be delivered. Otherwise webhook.spool_dir." },
	{ .name = "dry-run", .type = SLO_OPT_FLAG, .off = OFF(dry_run, bool),
	  .help = "Print what would be posted, without its secret." },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(strict, bool),
	  .help = "Exit with 1 when a line was malformed." },
	{ .name = "reject", .type = SLO_OPT_STR, .off = OFF(reject, const char *), .metavar = "FILE",
	  .help = "Where malformed lines go as they came." },
	SLO_OPT_END,
};

const struct slo_cmd notify_cmd = {
	.name = "notify",
	.summary = "Sends incidents to a webhook.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "webhook delivery",
};
