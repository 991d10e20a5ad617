/* SPDX-License-Identifier: MIT */
#include "faultinject.h"

#include "event/tables.h"

static void print_row(const struct slo_fault_info *f)
{
	char levels[64] = "";
	int n = 0;

	for (int i = 0; i < SLO_SEVERITIES; i++)
		n += snprintf(levels + n, sizeof(levels) - (size_t)n, "%s%g", i ? " " : "", f->levels[i]);
	printf("%-19s %-18s %-20s %-31s %-27s %s\n", slo_enum_name(&slo_fault_enum, f->fault),
	       slo_enum_name(&slo_domain_enum, slo_fault_domain(f->fault)), levels, f->unit, f->target, f->needs);
}

static int run(void *o, int argc, char **argv)
{
	(void)o;
	(void)argc;
	(void)argv;
	printf("%-19s %-18s %-20s %-31s %-27s %s\n", "FAULT", "DOMAIN", "SEVERITY 1 TO 5", "UNIT", "TARGET", "NEEDS");
	for (int f = 0; f < SLO_FAULT__COUNT; f++)
		if (slo_fault_find(f))
			print_row(slo_fault_find(f));
	return fflush(stdout) ? 1 : 0;
}

const struct slo_cmd faultinject_list = {
	.name = "list",
	.summary = "print the faults, their domains, severities, targets and needs",
	.run = run,
};
