/* SPDX-License-Identifier: MIT */
/* sloctl prereq: can this host run the agent, and how well. */
#include "sloctl.h"

struct options {
	int output;
	bool strict;
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const outputs[] = { "text", "json", NULL };

static const struct slo_opt opts[] = {
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .choices = outputs, .def = "text",
	  .help = "Form of the report." },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(strict, bool),
	  .help = "Warnings count as failures for the exit status." },
	SLO_OPT_END,
};

static const struct slo_cmd check_cmd = {
	.name = "check",
	.summary = "Checks kernel, privileges and tools of this host.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "the host checks",
};
static const struct slo_cmd *const subs[] = { &check_cmd, NULL };

const struct slo_cmd prereq_cmd = {
	.name = "prereq",
	.summary = "Checks whether this host can run the agent.",
	.subs = subs,
};
