/* SPDX-License-Identifier: MIT */
/* faultreplay: writes fault samples of known scenarios for the scorers. */
#include "opt/opt.h"

struct options {
	int scenario; /* index into scenarios */
	int64_t count;
	const char *out; /* endpoint */
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const scenarios[] = { "provider_throttle", "dns_latency", "cpu_throttle", "memory_pressure",
					 "network_partition", "mixed", "mixed_multi", NULL };

static const struct slo_opt opts[] = {
	{ .name = "scenario", .type = SLO_OPT_CHOICE, .off = OFF(scenario, int), .metavar = "NAME",
	  .def = "mixed", .choices = scenarios,
	  .help = "Fault the samples carry; mixed takes turns, mixed_multi has two at once." },
	{ .name = "count", .type = SLO_OPT_INT, .off = OFF(count, int64_t), .metavar = "N", .def = "30",
	  .lo = 1, .hi = 1e9,
	  .help = "Samples to write." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "ENDPOINT",
	  .def = "artifacts/fault-replay/fault_samples.jsonl",
	  .help = "Fault samples, NDJSON: -, a file, unix:PATH or unix-listen:PATH." },
	SLO_OPT_END,
};

static const struct slo_cmd faultreplay = {
	.name = "faultreplay",
	.summary = "Write a reproducible series of fault samples for testing the attributor and benchgen.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "it will write fault samples, each with its label, expected domains and the signals that fault "
	             "raises.",
};

int main(int argc, char **argv)
{
	return slo_cmd_main(&faultreplay, argc, argv);
}
