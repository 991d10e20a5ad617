/* SPDX-License-Identifier: MIT */
/* Where webhooks go to, as options of notify and of webhook replay. */
#ifndef SLOCTL_NOTIFY_H
#define SLOCTL_NOTIFY_H

#include "sloctl.h"

#include "base/time.h"
#include "net/webhook.h"
#include "net/webhook_format.h"
#include "net/webhook_state.h"

struct notify_target {
	const char *config, *url, *url_file, *secret, *secret_file, *spool_dir, *ca_file;
	int format;
	int64_t timeout_ms, backoff_ns;
	bool allow_http;
	struct slo_opt_list allow;
};

/* Members of the option table for the struct notify_target @m of @T. */
#define NOTIFY_TARGET_OPTS(T, m) \
	{ .name = "config", .type = SLO_OPT_STR, .off = SLO_OPT_OFF(T, m.config, const char *), .metavar = "FILE", \
	  .help = "Configuration; otherwise config/toolkit.yaml or /etc/llm-slo/toolkit.yaml, or else the defaults." }, \
	{ .name = "url", .type = SLO_OPT_STR, .off = SLO_OPT_OFF(T, m.url, const char *), .metavar = "URL", \
	  .help = "Where to post. Otherwise webhook.url, or the service's own address." }, \
	{ .name = "url-file", .type = SLO_OPT_STR, .off = SLO_OPT_OFF(T, m.url_file, const char *), .metavar = "FILE", \
	  .help = "File that holds the address, where that is a secret (slack). Otherwise webhook.url_file." }, \
	{ .name = "format", .type = SLO_OPT_CHOICE, .off = SLO_OPT_OFF(T, m.format, int), \
	  .choices = slo_webhook_formats, .def = "generic", .help = "What to post. Otherwise webhook.format." }, \
	{ .name = "secret", .type = SLO_OPT_STR, .flags = SLO_OPT_SECRET, \
	  .off = SLO_OPT_OFF(T, m.secret, const char *), .metavar = "TEXT", \
	  .help = "Refused: secrets do not belong on a command line." }, \
	{ .name = "secret-file", .type = SLO_OPT_STR, .off = SLO_OPT_OFF(T, m.secret_file, const char *), \
	  .metavar = "FILE", \
	  .help = "File that holds the secrets to sign with, or the key of the service. Otherwise webhook.secret_file." }, \
	{ .name = "timeout-ms", .type = SLO_OPT_INT, .off = SLO_OPT_OFF(T, m.timeout_ms, int64_t), .metavar = "MS", \
	  .def = "5000", .lo = 1, .hi = 600000, \
	  .help = "Longest time of one attempt, in ms. Otherwise webhook.timeout_ms." }, \
	{ .name = "backoff", .type = SLO_OPT_DURATION, .off = SLO_OPT_OFF(T, m.backoff_ns, int64_t), \
	  .metavar = "TIME", .def = "1s", .unit_ns = SLO_NS_PER_S, .lo = 0.001, .hi = 300, \
	  .help = "Wait before the second attempt, twice that before the third, and so on; a bare number is seconds." }, \
	{ .name = "spool-dir", .type = SLO_OPT_STR, .off = SLO_OPT_OFF(T, m.spool_dir, const char *), .metavar = "DIR", \
	  .help = "Keeps messages until they are delivered. Otherwise webhook.spool_dir." }, \
	{ .name = "ca-file", .type = SLO_OPT_STR, .off = SLO_OPT_OFF(T, m.ca_file, const char *), .metavar = "FILE", \
	  .help = "Authorities to believe, PEM. Otherwise webhook.ca_file, or the system's." }, \
	{ .name = "allow-http", .type = SLO_OPT_FLAG, .off = SLO_OPT_OFF(T, m.allow_http, bool), \
	  .help = "Allow an address without TLS. Otherwise webhook.allow_http." }, \
	{ .name = "allow-host", .type = SLO_OPT_LIST, .off = SLO_OPT_OFF(T, m.allow, struct slo_opt_list), \
	  .metavar = "NAME", \
	  .help = "Host that may have a loopback, link-local or metadata address. Otherwise webhook.allow_hosts." }

/** notify_target_set - the configuration, and the options over it. @c must outlive @w. */
int notify_target_set(const struct notify_target *t, struct slo_config *c, struct slo_webhook_opts *w,
		      struct slo_err *err);

/** notify_report - one line on standard error. */
void notify_report(const struct slo_webhook_stats *s);

#endif
