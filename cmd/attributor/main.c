/* SPDX-License-Identifier: MIT */
/* attributor: from requests and kernel windows to incidents, or from fault samples to verdicts. */
#include "attributor.h"
#include "learn.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

volatile sig_atomic_t attributor_stop;

static void on_signal(int sig)
{
	(void)sig;
	attributor_stop = 1;
}

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

bool attributor_write(struct attributor *a, const struct slo_incident *inc)
{
	int r;

	/* First: what somebody reads in the output is in the queue or the spool already. */
	if (a->webhook)
		slo_webhook_offer(a->webhook, inc);
	slo_buf_reset(&a->line);
	r = slo_event_encode_payload(SLO_KIND_INCIDENT, inc, &a->line);
	if (r) {
		slo_warn("incident %.*s: cannot be written: %s", SLO_STR_ARG(inc->incident_id), slo_strerror(r));
		a->status = 1;
		return false;
	}
	r = slo_writer_line(a->out, slo_buf_str(&a->line), SLO_WRITE_WINDOW);
	if (!r && a->live)
		r = slo_writer_flush(a->out, 1000);
	return r == 0; /* why not, the writer says when it is closed */
}

void attributor_note(struct attributor *a, struct slo_str line, struct slo_err *err)
{
	slo_filter_bad(&a->filter, line, err);
	slo_err_reset(err);
}

static bool is_live(const char *input)
{
	struct stat st;

	if (strncmp(input, "unix:", 5) == 0 || strncmp(input, "unix-listen:", 12) == 0)
		return true;
	if (strcmp(input, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(input, &st))
		return false;
	return !S_ISREG(st.st_mode);
}

static int setup(struct attributor *a, struct slo_err *err)
{
	const struct attributor_opts *o = a->o;
	struct slo_writer_opts w = { .streaming = false };
	int r;

	if (strcmp(o->input, "-") == 0 && slo_opts_origin("input") == SLO_ORIGIN_DEFAULT && isatty(STDIN_FILENO))
		return slo_err_set(err, -EINVAL, "standard input is a terminal: name an --input or pipe records in");
	r = slo_config_find(&a->config, o->config[0] ? o->config : NULL, err);
	r = r ? r : slo_config_override(&a->config, a->o->objectives.items, a->o->objectives.count, err);
	r = r ? r : model_choose(a, err);
	r = r ? r : webhook_start(a, err);
	r = r ? r : slo_reader_open(o->input, &a->filter.in, err);
	r = r ? r : slo_writer_open(o->out, &w, &a->out, err);
	if (!r && o->reject[0])
		r = slo_writer_open(o->reject, &w, &a->reject, err);
	a->filter.reject = a->reject;
	a->filter.strict = o->strict;
	a->filter.report = slo_warn_err;
	a->live = is_live(o->input);
	return r;
}

/* Kinds a file without envelopes may hold. */
static const int bare_kinds[] = { SLO_KIND_FAULT_SAMPLE, SLO_KIND_SLI_WINDOW, SLO_KIND_WINDOW, SLO_KIND_SLO,
				  SLO_KIND_PROBE };

static const uint32_t first_kinds = 1u << SLO_KIND_FAULT_SAMPLE | 1u << SLO_KIND_SLI_WINDOW | 1u << SLO_KIND_WINDOW |
				    1u << SLO_KIND_SLO | 1u << SLO_KIND_PROBE;

/* The first record tells what the input is. Return: true when there is one in @a->ev. */
static bool first_record(struct attributor *a, int *bare)
{
	struct slo_err err = { .what = "" }, ignored;
	struct slo_str line;
	int r;

	*bare = -1;
	while (!attributor_stop && (r = slo_reader_next(a->filter.in, &line, 1000)) != SLO_READ_EOF) {
		if (r < 0) {
			slo_warn("%s: %s", slo_reader_name(a->filter.in), slo_reader_why(a->filter.in, r));
			a->status = 1;
			return false;
		}
		if (r == SLO_READ_TOO_LONG)
			attributor_note(a, slo_str(NULL), &err);
		if (r != SLO_READ_LINE)
			continue;
		r = slo_event_decode(&a->ctx, line.p, line.len, -1, first_kinds, &a->ev, &err);
		a->skipped += r == SLO_EVENT_SKIPPED;
		if (r >= 0 && r != SLO_EVENT_SKIPPED)
			return true;
		if (r == SLO_EVENT_SKIPPED)
			continue;
		for (size_t i = 0; i < SLO_ARRAY_LEN(bare_kinds); i++) {
			slo_err_reset(&ignored);
			*bare = bare_kinds[i];
			if (slo_event_decode(&a->ctx, line.p, line.len, *bare, first_kinds, &a->ev, &ignored) == 0)
				return true;
		}
		*bare = -1;
		attributor_note(a, line, &err);
	}
	return false;
}

/* A reader that went away ends the tool quietly; any other failed write is exit status 1. */
static void close_writer(struct attributor *a, struct slo_writer *w)
{
	struct slo_err err = { .what = "" };
	int r = w ? slo_writer_close(w, &err) : 0;

	if (r && r != -EPIPE) {
		slo_warn_err(&err);
		a->status = 1;
	}
}

static int run(void *opts, int argc, char **argv)
{
	static struct attributor a;
	struct slo_err err = { .what = "" };
	int bare;

	(void)argc;
	(void)argv;
	a.o = opts;
	slo_log_init("attributor", false);
	catch_signals();
	if (setup(&a, &err)) {
		slo_warn_err(&err);
		slo_webhook_free(a.webhook);
		return 2;
	}
	slo_rec_ctx_init(&a.ctx);
	slo_buf_init(&a.line, SLO_LINE_MAX);
	if (!first_record(&a, &bare))
		a.status |= samples_run(&a, bare, true);
	else if (a.ev.kind == SLO_KIND_FAULT_SAMPLE)
		a.status |= samples_run(&a, bare, false);
	else
		a.status |= stream_run(&a, bare);
	webhook_end(&a);
	a.status |= slo_filter_end(&a.filter);
	close_writer(&a, a.out);
	close_writer(&a, a.reject);
	slo_reader_close(a.filter.in);
	slo_rec_ctx_fini(&a.ctx);
	slo_buf_fini(&a.line);
	return a.status;
}

int main(int argc, char **argv)
{
	static const struct slo_cmd *const subs[] = { &fit_cmd, &evaluate_cmd, NULL };
	static const struct slo_cmd attributor = {
		.name = "attributor",
		.summary = "Turn requests and kernel windows into incidents that say what is to blame.",
		.opts = attributor_options,
		.opts_size = sizeof(struct attributor_opts),
		.subs = subs,
		.run = run,
		.epilog = "Exit status: 0 ended as asked, 1 failed, 2 usage or configuration.\n",
	};

	return slo_cmd_main(&attributor, argc, argv);
}
