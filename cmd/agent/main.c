/* SPDX-License-Identifier: MIT */
/* agent: watch the kernel and the service's own traffic, write what was measured as NDJSON. */
#include "metrics.h"

#include "base/log.h"
#include "base/time.h"
#include "io/reader.h"

#include <errno.h>
#include <stdlib.h>

volatile sig_atomic_t agent_stop;

static void on_signal(int sig)
{
	(void)sig;
	agent_stop = 1;
}

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* The signals of the configuration without those named in --disable-signals. */
static int choose_signals(struct agent *a, struct slo_err *err)
{
	const char *p = a->o->disable_signals;

	memcpy(a->enabled, a->config.signal_enabled, sizeof(a->enabled));
	while (*p) {
		size_t n = strcspn(p, ",");
		struct slo_str name = slo_str_n(p, n);
		int signal;

		while (name.len > 0 && name.p[0] == ' ')
			name = slo_str_n(name.p + 1, name.len - 1);
		signal = slo_enum_find(&slo_signal_enum, name);
		if (signal < 0 && name.len > 0) {
			slo_err_at(err, "--disable-signals");
			return slo_err_set(err, -EINVAL, "unknown signal %.*s", SLO_STR_ARG(name));
		}
		if (signal >= 0)
			a->enabled[signal] = false;
		p += n + (p[n] == ',');
	}
	for (int s = 0; a->o->mode >= AGENT_MODE_MIN && s < SLO_SIGNAL__COUNT; s++)
		a->enabled[s] &= s == SLO_SIGNAL_DNS_LATENCY || s == SLO_SIGNAL_TCP_RETRANSMITS;
	return 0;
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
	const char *path = a->o->config && a->o->config[0] ? a->o->config : NULL;
	int r = slo_config_find(&a->config, path, err);

	if (!r)
		r = slo_config_override(&a->config, a->o->objectives.items, a->o->objectives.count, err);
	if (!r)
		r = choose_signals(a, err);
	if (r || a->o->probe_smoke)
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

static int run(void *opts, int argc, char **argv)
{
	static struct agent a;
	struct slo_err err = { 0 };

	(void)argc;
	(void)argv;
	a.o = opts;
	slo_log_init("agent", a.o->quiet);
	catch_signals();
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
		.epilog = "Records go to standard output, one JSON object a line; schemas/ describes each kind.",
	};

	return slo_cmd_main(&agent, argc, argv);
}
