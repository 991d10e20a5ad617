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

static int open_source(struct collector *c, const struct source_kind *kind, const char *where, struct slo_err *err)
{
	struct source *s = &c->sources[c->sources_count];
	int r;

	*s = (struct source){ .kind = kind, .where = where, .frontier_ns = SLO_ABSENT_I64, .heard_ns = slo_now_mono_ns() };
	r = kind->open(c, s, err);
	s->open = r == 0;
	c->sources_count += r == 0;
	return r;
}

static int open_inputs(struct collector *c, struct slo_err *err)
{
	const struct slo_opt_list *l = &c->o->inputs;
	bool stdin_used = false;

	if (slo_opts_origin("input") == SLO_ORIGIN_DEFAULT && isatty(STDIN_FILENO))
		return slo_err_set(err, -EINVAL, "standard input is a terminal: name an --input or pipe records in");
	for (size_t i = 0; i < l->count; i++) {
		bool is_stdin = strcmp(l->items[i], "-") == 0;
		int r = is_stdin && stdin_used ? slo_err_set(err, -EINVAL, "standard input is named twice") :
						 open_source(c, &source_ndjson, l->items[i], err);

		stdin_used |= is_stdin;
		if (r)
			return r;
	}
	return 0;
}

/* With a receiver or a scrape, standard input is only read when it is named. */
static int open_sources(struct collector *c, struct slo_err *err)
{
	bool other = c->o->otlp_listen[0] || c->o->scrapes.count;
	int r = other && slo_opts_origin("input") == SLO_ORIGIN_DEFAULT ? 0 : open_inputs(c, err);

	if (!r && c->o->otlp_listen[0])
		r = open_source(c, &source_otlp, c->o->otlp_listen, err);
	for (size_t i = 0; i < c->o->scrapes.count && !r; i++)
		r = open_source(c, &source_scrape, c->o->scrapes.items[i], err);
	return r;
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
	slo_buf_init(&c->made, 2 * SLO_LINE_MAX);
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
	c->sink = c->o->output == OUTPUT_OTLP ? &sink_otlp : &sink_ndjson;
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
	slo_buf_fini(&c->made);
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
	for (size_t i = 0; i < c.sources_count; i++)
		c.status |= c.sources[i].kind->close(&c, &c.sources[i]);
	otlp_lines_end(&c);
	collector_settle(&c);
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
