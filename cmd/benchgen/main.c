/* SPDX-License-Identifier: MIT */
/* benchgen: scores incidents against the faults that were really injected. */
#include "opt/opt.h"

struct options {
	const char *input, *out; /* endpoint, directory */
	int scenario;            /* index into scenarios */
	const char *workload;
	int mode; /* index into modes */
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const scenarios[] = { "dns_latency", "egress_loss", "network_partition", "cpu_throttle",
					 "memory_pressure", "provider_throttle", "provider_error",
					 "retrieval_slowdown", "mixed_faults", "mixed_multi", NULL };
static const char *const modes[] = { "bayes", "rule", NULL };

static const struct slo_opt opts[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT",
	  .def = "-",
	  .help = "Fault samples, or incidents and fault labels, NDJSON: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "DIR",
	  .def = "artifacts/benchmarks",
	  .help = "Directory the artifacts are written to; made when it does not exist." },
	{ .name = "scenario", .type = SLO_OPT_CHOICE, .off = OFF(scenario, int), .metavar = "NAME",
	  .def = "provider_throttle", .choices = scenarios,
	  .help = "Scenario the artifacts are filed under." },
	{ .name = "workload", .type = SLO_OPT_STR, .off = OFF(workload, const char *), .metavar = "NAME",
	  .def = "rag_mixed",
	  .help = "Workload profile the artifacts name." },
	{ .name = "attribution-mode", .type = SLO_OPT_CHOICE, .off = OFF(mode, int), .def = "bayes",
	  .choices = modes,
	  .help = "How fault samples are attributed: posterior over all domains, or first matching rule." },
	SLO_OPT_END,
};

static const struct slo_cmd benchgen = {
	.name = "benchgen",
	.summary = "Score attributed incidents against injected faults and write a benchmark bundle.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "it will match incidents with fault labels, compute accuracy, detection delay and overhead "
	             "from measurements, and write predictions, confusion matrix, summary, report and provenance.",
	.epilog = "Environment (recorded in the provenance; unknown when not set):\n"
		  "  RUNNER_MODE             kind of machine the benchmark ran on\n"
		  "  RELEASE_GRADE           true or false; otherwise, whether RUNNER_MODE is full-self-hosted-ebpf\n"
		  "  GIT_COMMIT              commit under test\n"
		  "  COLLECTOR_IMAGE_DIGEST  digest of the image under test\n"
		  "  KERNEL_CONFIG_HASH      hash of the configuration of the kernel\n",
};

int main(int argc, char **argv)
{
	return slo_cmd_main(&benchgen, argc, argv);
}
