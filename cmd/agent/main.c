/* SPDX-License-Identifier: MIT */
/* agent: watch the kernel and the service's own traffic, write what was measured as NDJSON. */
#include "agent.h"

#include "base/log.h"
#include "base/time.h"
#include "io/reader.h"

#include <errno.h>
#include <stdlib.h>

volatile sig_atomic_t agent_stop, agent_hup;

static void on_signal(int sig)
{
	if (sig == SIGHUP)
		agent_hup = 1;
	else
		agent_stop = 1;
}

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static int open_output(struct agent *a, struct slo_err *err)
{
	const struct agent_opts *o = a->o;
	struct slo_writer_opts w = { .queued = true, .queue_bytes = (size_t)o->queue_kib * 1024 };
	const char *to = o->out;

	if (!to)
		to = o->output == AGENT_OUTPUT_JSONL ? o->output_path : "-";
	slo_buf_init(&a->line, SLO_LINE_MAX);
	return slo_writer_open(to, &w, &a->out, err);
}

static int setup(struct agent *a, struct slo_err *err)
{
	int r = agent_configure(a->o, &a->config, a->enabled, err);

	return r ? r : a->o->probe_smoke ? 0 : open_output(a, err);
}

static int run_source(struct agent *a)
{
	const char *source = a->o->source;

	if (a->o->scenario[0])
		return agent_run_synthetic(a, a->o->scenario);
	if (strncmp(source, "replay:", 7) == 0)
		return agent_run_replay(a, source + 7);
	if (strncmp(source, "synthetic:", 10) == 0)
		return agent_run_synthetic(a, source + 10);
	if (strcmp(source, "live") == 0)
		return agent_run_live(a);
	slo_warn("--source %s: want live, replay:FILE or synthetic:SCENARIO", source);
	return 2;
}

/* A reader that went away ends the agent quietly; any other failed write is exit status 1. */
static int close_output(struct agent *a, int status)
{
	struct slo_err err = { 0 };
	int r = slo_writer_close(a->out, &err);

	slo_buf_fini(&a->line);
	if (r && r != -EPIPE) {
		slo_warn_err(&err);
		return 1;
	}
	return status;
}

static int run(void *opts, int argc, char **argv)
{
	static struct agent a;
	struct slo_err err = { 0 };

	(void)argc;
	(void)argv;
	a.o = opts;
	slo_log_init("agent", a.o->quiet);
	a.started_ns = slo_now_wall_ns();
	if (setup(&a, &err)) {
		slo_warn_err(&err);
		return 2;
	}
	return a.o->probe_smoke ? agent_smoke(&a) : close_output(&a, run_source(&a));
}

extern const struct slo_opt agent_options[];

int main(int argc, char **argv)
{
	const struct slo_cmd agent = {
		.name = "agent",
		.summary = "Measure a service's requests and the kernel signals around them.",
		.opts = agent_options,
		.opts_size = sizeof(struct agent_opts),
		.run = run,
		.epilog = "SIGHUP: the configuration file is read again and followed from the next window on; see stderr.\n"
			  "Records go to standard output, one JSON object a line; schemas/ describes each kind.",
	};

	catch_signals(); /* SIGHUP must not end an agent that has not come so far yet */
	return slo_cmd_main(&agent, argc, argv);
}
