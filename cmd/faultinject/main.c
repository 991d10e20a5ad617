/* SPDX-License-Identifier: MIT */
/* faultinject: bring real faults upon a process, for a while, and say when. */
#include "faultinject.h"



static const char *const scenarios[] = {
	"baseline", "provider_throttle", "dns_latency", "cpu_throttle", "memory_pressure", "network_partition",
	"mixed", "mixed_multi", NULL,
};

static const char *const emits[] = { "raw", NULL };

#define OFF(m) offsetof(struct raw_opts, m)

static const struct slo_opt opts[] = {
	{ .name = "emit", .type = SLO_OPT_CHOICE, .off = OFF(emit), .metavar = "WHAT", .def = "raw",
	  .help = "What to write: raw samples of fixed profiles, synthetic, no measurements.", .choices = emits },
	{ .name = "scenario", .type = SLO_OPT_CHOICE, .off = OFF(scenario), .metavar = "NAME", .def = "mixed",
	  .help = "Fault whose samples to write.", .choices = scenarios },
	{ .name = "count", .type = SLO_OPT_INT, .off = OFF(count), .metavar = "N", .def = "24",
	  .help = "Samples to write.", .lo = 1, .hi = 1e6 },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out), .metavar = "FILE",
	  .def = "artifacts/fault-injection/raw_samples.jsonl", .help = "File to write." },
	{ .name = "cluster", .type = SLO_OPT_STR, .off = OFF(cluster), .metavar = "NAME", .def = "local",
	  .help = "Cluster named in the samples." },
	{ .name = "namespace", .type = SLO_OPT_STR, .off = OFF(namespace), .metavar = "NAME", .def = "default",
	  .help = "Namespace named in the samples." },
	{ .name = "workload", .type = SLO_OPT_STR, .off = OFF(workload), .metavar = "NAME", .def = "gateway",
	  .help = "Workload named in the samples." },
	{ .name = "service", .type = SLO_OPT_STR, .off = OFF(service), .metavar = "NAME", .def = "chat",
	  .help = "Service named in the samples." },
	{ .name = "node", .type = SLO_OPT_STR, .off = OFF(node), .metavar = "NAME", .def = "kind-control-plane",
	  .help = "Node named in the samples." },
	SLO_OPT_END,
};

static int run(void *o, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return faultinject_raw(o);
}

int main(int argc, char **argv)
{
	static const struct slo_cmd *const subs[] = { &faultinject_run, &faultinject_list, &faultinject_undo, NULL };
	static const struct slo_cmd tool = {
		.name = "faultinject",
		.summary = "bring real faults upon a process, and take them back",
		.opts = opts,
		.opts_size = sizeof(struct raw_opts),
		.subs = subs,
		.run = run,
		.epilog = "Without a subcommand the sample file of the published tool is written: fixed numbers for each fault, marked\n"
			  "synthetic. 'faultinject run' brings real faults.",
	};

	return slo_cmd_main(&tool, argc, argv);
}
