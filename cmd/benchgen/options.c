/* SPDX-License-Identifier: MIT */
#include "benchgen.h"

#include <stddef.h>

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

const char *const benchgen_scenarios[] = {
	[SCENARIO_ALL] = "all", [SCENARIO_MIXED_FAULTS] = "mixed_faults", [SCENARIO_MIXED_MULTI] = "mixed_multi",
	"dns_latency", "dns_drop", "dns_servfail", "egress_loss", "egress_drop", "egress_delay", "network_partition",
	"cpu_throttle", "cpu_contention", "memory_pressure", "provider_throttle", "provider_error",
	"retrieval_slowdown", "disk_slow", NULL
};
const char *const benchgen_splits[] = { "train", "validation", "test", "all", NULL };
const char *const benchgen_modes[] = { [MODE_BAYES] = "bayes", [MODE_RULE] = "rule", NULL };
static const char *const streams[] = { "tracing", "host", NULL };

const struct slo_opt benchgen_options[] = {
	{ .type = SLO_OPT_HELP, .help = "What is scored" },
	{ .name = "incidents", .type = SLO_OPT_STR, .off = OFF(incidents, const char *), .metavar = "DIR",
	  .def = "testdata/incidents",
	  .help = "Recorded incidents: a directory with manifest.jsonl and the streams it names." },
	{ .name = "split", .type = SLO_OPT_CHOICE, .off = OFF(split, int), .metavar = "NAME", .def = "test",
	  .choices = benchgen_splits, .help = "Part of the recorded set." },
	{ .name = "stream", .type = SLO_OPT_CHOICE, .off = OFF(stream, int), .metavar = "NAME", .def = "tracing",
	  .choices = streams,
	  .help = "Which of the two agents that saw each incident: with the best probes, or without tracing." },
	{ .name = "scenario", .type = SLO_OPT_CHOICE, .off = OFF(scenario, int), .metavar = "NAME",
	  .def = "provider_throttle", .choices = benchgen_scenarios,
	  .help = "Incidents of this one fault, of any one fault (mixed_faults), of several at once (mixed_multi), "
		  "or all. Healthy runs always come along." },
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT", .def = "",
	  .help = "Score fault samples, NDJSON, in place of recorded incidents: -, a file, unix:PATH or "
		  "unix-listen:PATH." },
	{ .type = SLO_OPT_HELP, .help = "Who is scored" },
	{ .name = "attributor", .type = SLO_OPT_STR, .off = OFF(attributor, const char *), .metavar = "COMMAND",
	  .def = "",
	  .help = "Attributor to run, words separated by blanks; by default the one beside this program, else that "
		  "of PATH." },
	{ .name = "attribution-mode", .type = SLO_OPT_CHOICE, .off = OFF(mode, int), .metavar = "MODE", .def = "bayes",
	  .choices = benchgen_modes,
	  .help = "How it attributes: posterior over all domains, or first matching rule." },
	{ .name = "bayes-model", .type = SLO_OPT_STR, .off = OFF(bayes_model, const char *), .metavar = "MODEL",
	  .def = "", .help = "Probability model it is told to use; by default its own choice." },
	{ .name = "seed", .type = SLO_OPT_INT, .off = OFF(seed, int64_t), .metavar = "N", .def = "42", .lo = 0,
	  .hi = 9007199254740991.0, .help = "Seed of random guesses and of bootstrap intervals." },
	{ .name = "jobs", .type = SLO_OPT_INT, .off = OFF(jobs, int64_t), .metavar = "N", .def = "0", .lo = 0,
	  .hi = JOBS_MAX, .help = "Attributors run at once; 0 = one for each processor." },
	{ .type = SLO_OPT_HELP, .help = "Output" },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "DIR",
	  .def = "artifacts/benchmarks",
	  .help = "Directory the artifacts are written to; made when it does not exist." },
	{ .name = "workload", .type = SLO_OPT_STR, .off = OFF(workload, const char *), .metavar = "NAME",
	  .def = "rag_mixed", .help = "Workload profile the artifacts name." },
	SLO_OPT_END,
};
