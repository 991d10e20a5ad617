/* SPDX-License-Identifier: MIT */
/* faultinject: bring real faults upon a process, for a while, and say when. */
#include "faultinject.h"

#include "base/log.h"
#include "event/enum.h"

#include <stddef.h>

/* Flags of the published tool, which wrote invented samples under a fault's name. */
struct samples {
	int scenario;
	int64_t count;
	const char *out, *cluster, *namespace, *workload, *service, *node;
};

static const char *const scenarios[] = {
	"baseline", "provider_throttle", "dns_latency", "cpu_throttle", "memory_pressure", "network_partition",
	"mixed", "mixed_multi", NULL,
};

#define OFF(m) offsetof(struct samples, m)

static const struct slo_opt opts[] = {
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
	(void)o;
	(void)argc;
	(void)argv;
	slo_warn("not built yet: recorded incidents replace invented samples in a later release; "
		 "see 'faultinject run' for real faults");
	return 2;
}

/* What a fault that is not built would accept is not known yet: its options are not looked at, only its name. */
static bool names_unbuilt(int argc, char **argv)
{
	int fault = argc > 3 && strcmp(argv[1], "run") == 0 ? slo_enum_find(&slo_fault_enum, slo_str(argv[2])) : -1;

	return fault >= 0 && fault != SLO_FAULT_BASELINE && !faultinject_built(fault) && strcmp(argv[3], "--help") != 0;
}

int main(int argc, char **argv)
{
	static const struct slo_cmd *const subs[] = { &faultinject_run, &faultinject_list, &faultinject_undo, NULL };
	static const struct slo_cmd tool = {
		.name = "faultinject",
		.summary = "bring real faults upon a process, and take them back",
		.opts = opts,
		.opts_size = sizeof(struct samples),
		.subs = subs,
		.run = run,
		.epilog = "Without a subcommand the options above select the sample files of the published tool, which are not built yet.",
	};

	return slo_cmd_main(&tool, names_unbuilt(argc, argv) ? 3 : argc, argv);
}
