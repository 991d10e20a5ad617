/* SPDX-License-Identifier: MIT */
/* collector: merges, normalises and forwards the streams of agents and services. */
#include "opt/opt.h"

struct options {
	const char *input, *out, *output_path; /* endpoints, and a file */
	int output;                            /* index into outputs */
	const char *otlp_endpoint, *otlp_listen;
	int64_t otlp_timeout_ns;
	bool strict;
	const char *reject;
	const char *cluster, *namespace, *workload, *service, *node;
	int scenario; /* index into scenarios */
	int64_t count, interval_ns;
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const outputs[] = { "stdout", "jsonl", "otlp", NULL };
static const char *const scenarios[] = { "baseline", "provider_throttle", "dns_latency", "cpu_throttle",
					 "memory_pressure", "network_partition", "mixed", "mixed_multi", NULL };

static const struct slo_opt opts[] = {
	{ .type = SLO_OPT_HELP, .help = "Input" },
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT",
	  .def = "-",
	  .help = "Records and raw samples, NDJSON: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "otlp-listen", .type = SLO_OPT_STR, .off = OFF(otlp_listen, const char *),
	  .metavar = "ADDR:PORT",
	  .help = "Also receive OTLP/HTTP logs and spans on this address." },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(strict, bool),
	  .help = "Exit 1 when a line of the input was malformed." },
	{ .name = "reject", .type = SLO_OPT_STR, .off = OFF(reject, const char *), .metavar = "FILE",
	  .help = "Keep malformed lines in this file." },
	{ .type = SLO_OPT_HELP, .help = "Output" },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .def = "stdout",
	  .choices = outputs,
	  .help = "NDJSON to --out, NDJSON to --output-path, or OTLP logs over HTTP." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Destination of --output=stdout: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "output-path", .type = SLO_OPT_STR, .off = OFF(output_path, const char *), .metavar = "FILE",
	  .def = "artifacts/collector/slo-events.jsonl",
	  .help = "Destination of --output=jsonl." },
	{ .name = "otlp-endpoint", .type = SLO_OPT_STR, .off = OFF(otlp_endpoint, const char *),
	  .metavar = "URL", .def = "http://otel-collector.observability.svc.cluster.local:4318/v1/logs",
	  .help = "Receiver of --output=otlp." },
	{ .name = "otlp-timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(otlp_timeout_ns, int64_t),
	  .metavar = "MS", .def = "5000", .lo = 1, .hi = 600000, .unit_ns = 1000000,
	  .help = "Longest wait for one OTLP request, in milliseconds." },
	{ .type = SLO_OPT_HELP, .help = "Synthetic samples, marked as such and never made unless --scenario is given" },
	{ .name = "scenario", .type = SLO_OPT_CHOICE, .off = OFF(scenario, int), .metavar = "NAME",
	  .def = "baseline", .choices = scenarios,
	  .help = "Make samples of this scenario in place of reading --input." },
	{ .name = "count", .type = SLO_OPT_INT, .off = OFF(count, int64_t), .metavar = "N", .def = "1", .lo = 0,
	  .hi = 1e9,
	  .help = "Samples to make; 0 = until stopped." },
	{ .name = "interval-ms", .type = SLO_OPT_DURATION, .off = OFF(interval_ns, int64_t), .metavar = "MS",
	  .def = "1000", .lo = 1, .hi = 86400000, .unit_ns = 1000000,
	  .help = "Time between two samples while --count is 0, in milliseconds." },
	{ .name = "cluster", .type = SLO_OPT_STR, .off = OFF(cluster, const char *), .metavar = "NAME",
	  .def = "local",
	  .help = "Cluster the samples name." },
	{ .name = "namespace", .type = SLO_OPT_STR, .off = OFF(namespace, const char *), .metavar = "NAME",
	  .def = "default",
	  .help = "Namespace the samples name." },
	{ .name = "workload", .type = SLO_OPT_STR, .off = OFF(workload, const char *), .metavar = "NAME",
	  .def = "gateway",
	  .help = "Workload the samples name." },
	{ .name = "service", .type = SLO_OPT_STR, .off = OFF(service, const char *), .metavar = "NAME",
	  .def = "chat",
	  .help = "Service the samples name." },
	{ .name = "k8s-node", .type = SLO_OPT_STR, .off = OFF(node, const char *), .metavar = "NAME",
	  .def = "unknown-node",
	  .help = "Node the samples name." },
	SLO_OPT_END,
};

static const struct slo_cmd collector = {
	.name = "collector",
	.summary = "Turn raw request samples, spans and the records of several agents into one stream of records.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "it will normalise raw samples into SLO records, merge the streams of several agents by event "
	             "time, join spans, and write NDJSON or OTLP.",
};

int main(int argc, char **argv)
{
	return slo_cmd_main(&collector, argc, argv);
}
