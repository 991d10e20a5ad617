/* SPDX-License-Identifier: MIT */
/* sloctl: what people and deployment jobs ask the toolkit. */
#include "sloctl.h"

#include <signal.h>
#include <unistd.h>

static const struct slo_cmd *const subs[] = { &report_cmd, &explain_cmd, &config_cmd, &prereq_cmd, &cdgate_cmd,
					      &notify_cmd, &webhook_cmd, NULL };

static struct slo_cmd sloctl = {
	.name = "sloctl",
	.summary = "Shows and explains incidents, checks configuration and hosts, gates deployments.",
	.subs = subs,
	.epilog = "Without a command, sloctl behind a pipe is sloctl report.",
};

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	sloctl.opts = report_cmd.opts;
	sloctl.opts_size = report_cmd.opts_size;
	sloctl.run = report_run;
	if (argc < 2 && isatty(STDIN_FILENO)) {
		slo_opts_help(stdout, &sloctl, sloctl.name);
		return 2;
	}
	return slo_cmd_main(&sloctl, argc, argv);
}
