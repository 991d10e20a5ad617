/* SPDX-License-Identifier: MIT */
/* m5gate: compares the benchmark of a candidate with a baseline. */
#include "m5gate.h"

static const struct slo_cmd m5gate = {
	.name = "m5gate",
	.summary = "Gate a release: compare the benchmark of a candidate with that of a baseline.",
	.opts = m5gate_options,
	.opts_size = sizeof(struct options),
	.run = m5gate_run,
	.epilog = "Environment:\n"
		  "  GITHUB_REF_NAME, GITHUB_REF  reference of the candidate when --candidate-ref is not given\n"
		  "  GITHUB_SHA                   commit of the candidate when --candidate-commit is not given\n"
		  "\n"
		  "Exit status: 0 pass, 1 fail or unreadable data, 2 usage, 3 inconclusive.\n",
};

int main(int argc, char **argv)
{
	return slo_cmd_main(&m5gate, argc, argv);
}
