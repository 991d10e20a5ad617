/* SPDX-License-Identifier: MIT */
/* sloctl cdgate: may a deployment go on, judged by what Prometheus knows. */
#include "sloctl.h"

#include "base/time.h"

struct options {
	const char *config, *prometheus_url, *listen;
	double ttft_p95_ms, error_rate, burn_rate;
	bool fail_open;
	int output;
	int64_t timeout_ns;
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const outputs[] = { "text", "json", NULL };

/* What both ways of asking share. */
#define GATE_OPTS \
	{ .name = "config", .type = SLO_OPT_STR, .off = OFF(config, const char *), .metavar = "FILE", \
	  .help = "Configuration; otherwise config/toolkit.yaml or /etc/llm-slo/toolkit.yaml, or else the defaults." }, \
	{ .name = "prometheus-url", .type = SLO_OPT_STR, .off = OFF(prometheus_url, const char *), .metavar = "URL", \
	  .help = "Prometheus to ask; a path prefix is kept. Otherwise cdgate.prometheus_url." }, \
	{ .name = "ttft-p95-ms", .type = SLO_OPT_NUM, .off = OFF(ttft_p95_ms, double), .metavar = "MS", .lo = 0, \
	  .hi = 1e9, \
	  .help = "Highest p95 of the time to the first token that passes, in ms. Otherwise cdgate.ttft_p95_ms." }, \
	{ .name = "error-rate", .type = SLO_OPT_NUM, .off = OFF(error_rate, double), .metavar = "RATIO", .lo = 0, \
	  .hi = 1, .help = "Highest share of failed requests that passes, 0 to 1. Otherwise cdgate.error_rate." }, \
	{ .name = "burn-rate", .type = SLO_OPT_NUM, .off = OFF(burn_rate, double), .metavar = "X", .lo = 0, .hi = 1e6, \
	  .help = "Highest burn rate that passes. Otherwise cdgate.burn_rate." }, \
	{ .name = "fail-open", .type = SLO_OPT_FLAG, .off = OFF(fail_open, bool), \
	  .help = "Pass when Prometheus cannot be asked; seen violations still fail. Otherwise cdgate.fail_open." }, \
	{ .name = "timeout", .type = SLO_OPT_DURATION, .off = OFF(timeout_ns, int64_t), .metavar = "TIME", .def = "10s", \
	  .unit_ns = SLO_NS_PER_S, .lo = 0.001, .hi = 3600, .help = "Longest time for one verdict; a bare number is seconds." }

static const struct slo_opt check_opts[] = {
	GATE_OPTS,
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .choices = outputs, .def = "text",
	  .help = "Form of the verdict." },
	SLO_OPT_END,
};
static const struct slo_opt serve_opts[] = {
	GATE_OPTS,
	{ .name = "listen", .type = SLO_OPT_STR, .off = OFF(listen, const char *), .metavar = "HOST:PORT",
	  .def = "127.0.0.1:8089", .help = "Where to answer deployment controllers over HTTP." },
	SLO_OPT_END,
};

static const struct slo_cmd check_cmd = {
	.name = "check",
	.summary = "Asks once: 0 pass, 1 violation, 3 no data, 4 Prometheus failed.",
	.opts = check_opts,
	.opts_size = sizeof(struct options),
	.not_built = "the Prometheus gate",
};
static const struct slo_cmd serve_cmd = {
	.name = "serve",
	.summary = "Answers deployment controllers over HTTP.",
	.opts = serve_opts,
	.opts_size = sizeof(struct options),
	.not_built = "the Prometheus gate as a server",
};
static const struct slo_cmd *const subs[] = { &check_cmd, &serve_cmd, NULL };

const struct slo_cmd cdgate_cmd = {
	.name = "cdgate",
	.summary = "Gates a deployment on its objectives.",
	.subs = subs,
};
