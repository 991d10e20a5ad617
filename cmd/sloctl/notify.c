/* SPDX-License-Identifier: MIT */
/* sloctl notify: incidents to a webhook. */
#include "notify.h"

#include "base/log.h"
#include "io/filter.h"
#include "net/webhook_send.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

enum { WAIT_MS = 250, EXIT_BACKEND = 4 };

struct options {
	struct notify_target target;
	const char *input, *reject;
	bool strict, dry_run, tee;
};

struct notify {
	const struct options *o;
	struct slo_config config;
	struct slo_webhook_opts w;
	struct slo_webhook *webhook;
	struct slo_webhook_sender *sender;   /* of --dry-run */
	struct slo_webhook_states states;    /* likewise */
	struct slo_filter filter;
	struct slo_writer *out, *reject;
	struct slo_rec_ctx ctx;
	struct slo_event ev;
	struct slo_buf text, shown;
	uint64_t other;
	bool broken;                         /* the output takes no more */
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static bool hurry(void)
{
	return stop;
}

/* What would be posted, in place of posting it. */
static void show(struct notify *n, const struct slo_incident *inc)
{
	enum slo_webhook_action news[2];
	int count = slo_webhook_news(&n->states, inc, news);

	for (int i = 0; i < count; i++) {
		struct slo_err err = { "", "" };
		struct slo_spool_message m;
		int r = slo_webhook_message(inc, news[i], &n->text, &m);

		slo_buf_reset(&n->shown);
		r = r ? r : slo_webhook_show(n->sender, &m, slo_now_wall_ns(), &n->shown, &err);
		if (r)
			slo_warn("%.*s: %s", SLO_STR_ARG(inc->incident_id), err.what[0] ? err.what : slo_strerror(r));
		else if (slo_writer_line(n->out, slo_buf_str(&n->shown), SLO_WRITE_WINDOW))
			n->broken = true;
	}
}

/* A record is passed on only once it is in the spool or queue: who reads it may count on that. */
static void pass_on(struct notify *n, struct slo_str line)
{
	if (!n->o->tee)
		return;
	if (slo_writer_line(n->out, line, SLO_WRITE_WINDOW) || slo_writer_flush(n->out, 1000))
		n->broken = true;
}

/* Nobody is held up by us: better to wait for room than to lose what a file holds. */
static void offer(struct notify *n)
{
	while (!stop && !slo_webhook_wait(n->webhook, WAIT_MS * SLO_NS_PER_MS))
		;
	slo_webhook_offer(n->webhook, &n->ev.incident);
}

static void take_line(struct notify *n, struct slo_str line)
{
	struct slo_err err = { "", "" };
	int r = slo_event_decode(&n->ctx, line.p, line.len, SLO_KIND_INCIDENT, 1u << SLO_KIND_INCIDENT, &n->ev, &err);

	if (r < 0) {
		slo_filter_bad(&n->filter, line, &err);
		return;
	}
	if (r == SLO_EVENT_SKIPPED)
		n->other++;
	else if (n->o->dry_run)
		show(n, &n->ev.incident);
	else
		offer(n);
	pass_on(n, line);
}

static int read_all(struct notify *n)
{
	while (!stop && !n->broken) {
		struct slo_err err = { "", "" };
		struct slo_str line = { NULL, 0 };
		int r = slo_reader_next(n->filter.in, &line, WAIT_MS);

		if (r < 0) {
			slo_warn("%s: %s", slo_reader_name(n->filter.in), slo_reader_why(n->filter.in, r));
			return EXIT_FAILURE;
		}
		if (r == SLO_READ_EOF)
			break;
		if (r == SLO_READ_LINE)
			take_line(n, line);
		else if (r == SLO_READ_TOO_LONG)
			slo_filter_bad(&n->filter, line, &err);
	}
	return 0;
}

void notify_report(const struct slo_webhook_stats *s)
{
	slo_info("%" PRIu64 " sent, %" PRIu64 " waiting, %" PRIu64 " refused or given up, %" PRIu64
		 " lost; %" PRIu64 " attempts, %" PRIu64 " to be repeated",
		 s->sent, s->waiting, s->dead, s->failed + s->dropped, s->attempts, s->retries);
}

/* What is lost or refused is a failure of the backend; what the spool keeps is not, unless somebody is strict. */
static int end(struct notify *n)
{
	struct slo_webhook_stats s;
	uint64_t undelivered;

	if (n->o->dry_run)
		return 0;
	undelivered = slo_webhook_end(n->webhook, SLO_WEBHOOK_END_S * SLO_NS_PER_S, hurry);
	slo_webhook_stats(n->webhook, &s);
	if (undelivered || s.sent)
		notify_report(&s);
	if (n->o->strict && undelivered)
		return EXIT_FAILURE;
	return s.failed + s.dead + s.dropped + (n->w.spool_dir[0] ? 0 : s.waiting) ? EXIT_BACKEND : 0;
}

static int start(struct notify *n, struct slo_err *err)
{
	struct slo_writer_opts w = { .streaming = false };
	int r = notify_target_set(&n->o->target, &n->config, &n->w, err);

	r = r ? r : n->o->dry_run ? slo_webhook_sender_new(&n->w, &n->sender, err) :
				    slo_webhook_new(&n->w, &n->webhook, err);
	r = r ? r : slo_webhook_states_init(&n->states, n->w.format);
	r = r ? r : slo_reader_open(n->o->input, &n->filter.in, err);
	r = r ? r : slo_writer_open("-", &w, &n->out, err);
	if (!r && n->o->reject)
		r = slo_writer_open(n->o->reject, &w, &n->reject, err);
	n->filter.reject = n->reject;
	n->filter.strict = n->o->strict;
	n->filter.report = slo_warn_err;
	return r;
}

static int close_writer(struct slo_writer *w)
{
	struct slo_err err = { "", "" };
	int r = w ? slo_writer_close(w, &err) : 0;

	if (r && r != -EPIPE)
		slo_warn_err(&err);
	return r && r != -EPIPE ? EXIT_FAILURE : 0;
}

static int run(void *opts, int argc, char **argv)
{
	static struct notify n;
	struct slo_err err = { "", "" };
	struct sigaction on = { .sa_handler = on_signal };
	int status, ended;

	(void)argc;
	(void)argv;
	n.o = opts;
	sigaction(SIGTERM, &on, NULL);
	sigaction(SIGINT, &on, NULL);
	slo_rec_ctx_init(&n.ctx);
	slo_buf_init(&n.text, SLO_WEBHOOK_BODY_MAX);
	slo_buf_init(&n.shown, 2 * SLO_WEBHOOK_BODY_MAX);
	status = start(&n, &err) ? 2 : 0;
	if (status)
		slo_warn_err(&err);
	else {
		status = read_all(&n);
		ended = end(&n);
		status = status ? status : ended;
		ended = slo_filter_end(&n.filter);
		status = status ? status : ended;
	}
	status |= close_writer(n.out) | close_writer(n.reject);
	if (n.filter.in)
		slo_reader_close(n.filter.in);
	slo_webhook_free(n.webhook);
	slo_webhook_sender_free(n.sender);
	slo_webhook_states_fini(&n.states);
	slo_buf_fini(&n.text);
	slo_buf_fini(&n.shown);
	slo_rec_ctx_fini(&n.ctx);
	return status;
}

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const struct slo_opt opts[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Where incidents come from: - (stdin), a path, unix:/path or unix-listen:/path." },
	NOTIFY_TARGET_OPTS(struct options, target),
	{ .name = "dry-run", .type = SLO_OPT_FLAG, .off = OFF(dry_run, bool),
	  .help = "Print what would be posted, a line of JSON each, with stars for secrets." },
	{ .name = "tee", .type = SLO_OPT_FLAG, .off = OFF(tee, bool),
	  .help = "Pass the records on to standard output, each once the queue or the spool has it (or its loss was reported)." },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(strict, bool),
	  .help = "Exit with 1 when a line was malformed or anything is undelivered at the end of input." },
	{ .name = "reject", .type = SLO_OPT_STR, .off = OFF(reject, const char *), .metavar = "FILE",
	  .help = "Where malformed lines go as they came." },
	SLO_OPT_END,
};

const struct slo_cmd notify_cmd = {
	.name = "notify",
	.summary = "Sends incidents to a webhook.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.run = run,
	.epilog = "Sent are: an incident that opens, a change of its causes, of its severity, its resolution.\n"
		  "Opsgenie ends on 2027-04-05; jsm is its successor.\n"
		  "Exit status: 0 delivered or kept in the spool, 1 --strict, 2 usage or configuration, 4 lost or refused.\n",
};
