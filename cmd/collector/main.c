/* SPDX-License-Identifier: MIT */
/* collector: joins, normalises and forwards the records of the agents. */
#include "opt/opt.h"

#include <math.h>

struct options {
	const char *input, *out;
	int output;
	const char *output_path;
	const char *otlp_endpoint;
	int64_t otlp_timeout_ns;
	const char *cluster, *namespace, *workload, *service, *node;
	const char *scenario;
	int64_t count;
	int64_t interval_ns;
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const outputs[] = { "stdout", "jsonl", "otlp", NULL };

static const struct slo_opt opts[] = {
	{ .type = SLO_OPT_HELP, .help = "Input and output" },
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Where records come from: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Where records go with --output=stdout: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .def = "stdout", .choices = outputs,
	  .help = "Form of the output: NDJSON to --out, NDJSON to --output-path, or OTLP logs over HTTP." },
	{ .name = "output-path", .type = SLO_OPT_STR, .off = OFF(output_path, const char *), .metavar = "FILE",
	  .def = "artifacts/collector/slo-events.jsonl", .help = "File written with --output=jsonl." },
	{ .name = "otlp-endpoint", .type = SLO_OPT_STR, .off = OFF(otlp_endpoint, const char *), .metavar = "URL",
	  .def = "http://otel-collector.observability.svc.cluster.local:4318/v1/logs",
	  .help = "Receiver used with --output=otlp." },
	{ .name = "otlp-timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(otlp_timeout_ns, int64_t), .metavar = "MS",
	  .def = "5000", .lo = 1, .hi = 600000, .unit_ns = 1000000, .help = "Longest wait for one OTLP request." },
	SLO_OPT_END,
};

static const struct slo_cmd collector = {
	.name = "collector",
	.summary = "Join what the agents, services and tracers say, and pass it on as one stream of records.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "it will merge the streams of several agents by event time, normalise raw samples into SLO "
		     "records, join spans, and write NDJSON or OTLP.",
};

int main(int argc, char **argv)
{
	return slo_cmd_main(&collector, argc, argv);
}
