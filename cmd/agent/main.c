/* SPDX-License-Identifier: MIT */
/* agent: watch the kernel and the service's own traffic, write what was measured as NDJSON. */
#include "metrics.h"

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

	if (!r && a->o->user[0]) {
		r = slo_privs_user_find(a->o->user, &a->user, err);
		slo_err_at(r ? err : NULL, "--user %s", a->o->user);
	}
	if (r || a->o->probe_smoke || a->o->print_caps)
		return r;
	r = open_output(a, err);
	return r ? r : agent_metrics_open(a, err);
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
	int r;

	agent_metrics_stopping(a);
	r = slo_writer_close(a->out, &err);
	agent_metrics_close(a); /* the last one, so that whoever asks hears of the end */
	slo_buf_fini(&a->line);
	if (r && r != -EPIPE) {
		slo_warn_err(&err);
		return 1;
	}
	return status;
}

/* Of the published agent, which made incidents itself. From the environment they may be meant for the next in the pipe. */
static int refuse_webhook(struct slo_err *err)
{
	static const char *const options[] = { "webhook-url", "webhook-secret-file", "webhook-format",
					       "webhook-timeout-ms" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(options); i++)
		if (slo_opts_origin(options[i]) == SLO_ORIGIN_FLAG)
			return slo_err_set(err, -EINVAL,
					   "--%s: the agent makes no incidents: pipe into attributor and give it that option",
					   options[i]);
	return 0;
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
	if (refuse_webhook(&err) || setup(&a, &err)) {
		slo_warn_err(&err);
		return 2;
	}
	if (a.o->print_caps)
		return agent_print_caps(&a);
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
