/* SPDX-License-Identifier: MIT */
/* collector: merges, normalises, joins and forwards the streams of agents and services. */
#include "collector.h"

#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <unistd.h>

volatile sig_atomic_t collector_stop;

static void on_signal(int sig)
{
	(void)sig;
	collector_stop = 1;
}

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static bool is_synthetic(void)
{
	return slo_opts_origin("scenario") != SLO_ORIGIN_DEFAULT;
}

static int open_sources(struct collector *c, struct slo_err *err)
{
	const struct slo_opt_list *l = &c->o->inputs;
	bool stdin_used = false;

	if (slo_opts_origin("input") == SLO_ORIGIN_DEFAULT && isatty(STDIN_FILENO))
		return slo_err_set(err, -EINVAL, "standard input is a terminal: name an --input or pipe records in");
	for (size_t i = 0; i < l->count; i++) {
		struct source *s = &c->sources[i];
		int r;

		if (strcmp(l->items[i], "-") == 0 && stdin_used)
			return slo_err_set(err, -EINVAL, "standard input is named twice");
		stdin_used |= strcmp(l->items[i], "-") == 0;
		*s = (struct source){ .kind = &source_ndjson, .where = l->items[i], .frontier_ns = SLO_ABSENT_I64,
				      .heard_ns = slo_now_mono_ns() };
		r = s->kind->open(c, s, err);
		if (r)
			return r;
		s->open = true;
		c->sources_count++;
	}
	return 0;
}

static int setup(struct collector *c, struct slo_err *err)
{
	const struct slo_writer_opts w = { .streaming = false };
	int r;

	c->released_ns = SLO_ABSENT_I64;
	slo_rec_ctx_init(&c->in_ctx);
	slo_rec_ctx_init(&c->out_ctx);
	slo_buf_init(&c->line, 2 * SLO_LINE_MAX);
	slo_buf_init(&c->wrapped, 2 * SLO_LINE_MAX);
	r = slo_config_find(&c->config, c->o->config[0] ? c->o->config : NULL, err);
	c->lateness_ns = slo_opts_origin("lateness") == SLO_ORIGIN_DEFAULT ? c->config.correlation_window_ms * SLO_NS_PER_MS :
									     c->o->lateness_ns;
	if (!r && (order_init(&c->order) ||
		   slo_rawsamples_new(&c->config, c->o->window_ns, collector_event, c, &c->raw)))
		r = slo_err_set(err, -ENOMEM, "out of memory");
	if (!r && c->o->reject[0])
		r = slo_writer_open(c->o->reject, &w, &c->reject, err);
	if (!r && !is_synthetic())
		r = open_sources(c, err);
	r = r ? r : join_start(c, err);
	c->sink = &sink_ndjson;
	return r ? r : c->sink->open(c, err);
}

static int close_reject(struct collector *c)
{
	struct slo_err err = { .what = "" };

	if (!c->reject || !slo_writer_close(c->reject, &err))
		return 0;
	slo_warn_err(&err);
	return 1;
}

static void release(struct collector *c)
{
	slo_join_free(c->join);
	slo_rawsamples_free(c->raw);
	order_fini(&c->order);
	slo_rec_ctx_fini(&c->in_ctx);
	slo_rec_ctx_fini(&c->out_ctx);
	slo_buf_fini(&c->line);
	slo_buf_fini(&c->wrapped);
}

static int run(void *opts, int argc, char **argv)
{
	static struct collector c;
	struct slo_err err = { .what = "" };

	(void)argc;
	(void)argv;
	c.o = opts;
	slo_log_init("collector", false);
	catch_signals();
	if (setup(&c, &err)) {
		slo_warn_err(&err);
		return 2;
	}
	if (is_synthetic())
		scenario_run(&c);
	else
		collector_follow(&c);
	collector_settle(&c);
	for (size_t i = 0; i < c.sources_count; i++)
		c.status |= c.sources[i].kind->close(&c.sources[i]);
	c.status |= c.sink->close(&c);
	c.status |= close_reject(&c);
	if (c.o->stats || collector_stop)
		collector_report(&c);
	release(&c);
	return c.status;
}

int main(int argc, char **argv)
{
	static const struct slo_cmd collector = {
		.name = "collector",
		.summary = "Turn raw request samples, spans and the records of several agents into one stream of records.",
		.opts = collector_options,
		.opts_size = sizeof(struct collector_opts),
		.run = run,
		.epilog = "Exit status: 0 ended as asked, 1 failed, 2 usage or configuration.\n",
	};

	return slo_cmd_main(&collector, argc, argv);
}
