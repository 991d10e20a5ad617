/* SPDX-License-Identifier: MIT */
#include "faultinject.h"

#include "event/tables.h"

static int run(void *o, int argc, char **argv)
{
	(void)o;
	(void)argc;
	(void)argv;
	printf("%-20s %-20s %s\n", "FAULT", "DOMAIN", "STATE");
	for (int f = 0; f < SLO_FAULT__COUNT; f++) {
		if (f == SLO_FAULT_BASELINE)
			continue;
		printf("%-20s %-20s %s\n", slo_enum_name(&slo_fault_enum, f),
		       slo_enum_name(&slo_domain_enum, slo_fault_domain(f)), faultinject_built(f) ? "built" : "not built yet");
	}
	return fflush(stdout) ? 1 : 0;
}

const struct slo_cmd faultinject_list = {
	.name = "list",
	.summary = "print the faults, their domains, and which are built",
	.run = run,
};
