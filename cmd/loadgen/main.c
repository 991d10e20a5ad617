/* SPDX-License-Identifier: MIT */
/* loadgen: load upon an LLM server, a stand-in for one, and request plans. */
#include "loadgen.h"

#include <sys/resource.h>

volatile sig_atomic_t loadgen_stop;

static void on_signal(int sig)
{
	(void)sig;
	loadgen_stop = 1;
}

void loadgen_catch_signals(void)
{
	const struct sigaction act = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

bool loadgen_raise_nofile(uint64_t want)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return false;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	return getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur >= want;
}

int main(int argc, char **argv)
{
	static const struct slo_cmd *const subs[] = { &loadgen_run, &loadgen_serve, &loadgen_plan, NULL };
	static struct slo_cmd tool = {
		.name = "loadgen",
		.summary = "measure an LLM server as its users see it",
		.subs = subs,
		.epilog = "Without a subcommand, loadgen is 'loadgen plan'.",
	};

	tool.opts = loadgen_plan.opts;
	tool.opts_size = loadgen_plan.opts_size;
	tool.run = loadgen_plan.run;
	return slo_cmd_main(&tool, argc, argv);
}
