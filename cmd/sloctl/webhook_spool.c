/* SPDX-License-Identifier: MIT */
/* sloctl webhook list, replay, purge: messages that wait, and those nobody took. */
#include "notify.h"
#include "webhook.h"

#include "base/log.h"
#include "io/spool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_BACKEND = 4 };

struct options {
	struct notify_target target;
	struct slo_opt_list ids;
	const char *since;
	int output;
	bool dead, waiting, send;
};

/* A spool and the messages in it that are meant. */
struct picked {
	const struct options *o;
	struct slo_config config;
	struct slo_webhook_opts w;
	struct slo_spool *spool;
	int64_t since_ns;
	struct slo_buf text, out;
	struct slo_spool_message m;   /* the one at hand */
	uint64_t count;
	int failed;                   /* first negative errno */
};

static int begin(struct picked *p, const struct options *o, struct slo_err *err)
{
	struct slo_spool_opts s = { .dir = NULL };
	int r;

	p->o = o;
	slo_buf_init(&p->text, 4 * SLO_SPOOL_MESSAGE_MAX);
	slo_buf_init(&p->out, 64 << 20);
	r = notify_target_set(&o->target, &p->config, &p->w, err);
	if (!r && o->since && slo_parse_rfc3339(slo_str(o->since), &p->since_ns))
		r = slo_err_set(err, -EINVAL, "--since: want a time like 2026-02-21T09:30:00Z");
	if (!r && !p->w.spool_dir[0])
		r = slo_err_set(err, -EINVAL, "no spool: give --spool-dir or webhook.spool_dir");
	/* A spool is made where it is missing; here that would only hide a mistyped name. */
	if (!r && access(p->w.spool_dir, F_OK))
		r = slo_err_set(err, -errno, "%s: %s", p->w.spool_dir, slo_strerror(-errno));
	s.dir = p->w.spool_dir;
	s.bytes_max = (uint64_t)p->w.spool_bytes;
	s.age_ns = p->w.spool_age_ns;
	return r ? r : slo_spool_open(&s, &p->spool, err);
}

static void finish(struct picked *p)
{
	slo_spool_close(p->spool);
	slo_buf_fini(&p->text);
	slo_buf_fini(&p->out);
}

static bool is_meant(const struct picked *p, const struct slo_spool_entry *e)
{
	if (e->time_ns < p->since_ns)
		return false;
	for (size_t i = 0; i < p->o->ids.count; i++)
		if (strcmp(p->o->ids.items[i], p->m.id) == 0 || strcmp(p->o->ids.items[i], p->m.key) == 0)
			return true;
	return p->o->ids.count == 0;
}

/* Each message of @w that is meant, oldest first. */
static void each(struct picked *p, enum slo_spool_where w,
		 int (*what)(struct picked *p, enum slo_spool_where w, const struct slo_spool_entry *e))
{
	struct slo_spool_entry *list = NULL;
	size_t n = 0;
	int r = slo_spool_list(p->spool, w, &list, &n);

	for (size_t i = 0; i < n && !r; i++) {
		p->m = (struct slo_spool_message){ .time_ns = list[i].time_ns };
		r = slo_spool_read(p->spool, w, list[i].name, &p->text, &p->m);
		if (r == -EBADMSG)
			(void)!snprintf(p->m.reason, sizeof(p->m.reason), "the file is damaged: %s", list[i].name);
		r = r == -EBADMSG ? 0 : r;
		if (r == 0 && is_meant(p, &list[i])) {
			r = what(p, w, &list[i]);
			p->count += r == 0;
		}
		r = r == -ENOENT ? 0 : r; /* somebody was quicker */
	}
	free(list);
	p->failed = p->failed ? p->failed : r;
}

static int print_text(struct picked *p, enum slo_spool_where w, const struct slo_spool_entry *e)
{
	char when[SLO_RFC3339_MAX];
	size_t len = slo_fmt_rfc3339(when, e->time_ns / SLO_NS_PER_S * SLO_NS_PER_S);

	slo_buf_addf(&p->out, "%-8s%-22.*s%-10s%-38s%s", w == SLO_SPOOL_DEAD ? "dead" : "waiting", (int)len, when, p->m.tag,
		     p->m.id, p->m.key);
	if (p->m.reason[0])
		slo_buf_addf(&p->out, "  %s", p->m.reason);
	slo_buf_addc(&p->out, '\n');
	return p->out.err;
}

static void add_text(struct slo_buf *b, const char *name, const char *text)
{
	slo_buf_addf(b, ",\"%s\":", name);
	slo_json_add_str(b, slo_str(text));
}

static void add_time(struct slo_buf *b, const char *name, int64_t ns)
{
	char when[SLO_RFC3339_MAX];

	slo_buf_addf(b, ",\"%s\":\"%.*s\"", name, (int)slo_fmt_rfc3339(when, ns), when);
}

static int print_json(struct picked *p, enum slo_spool_where w, const struct slo_spool_entry *e)
{
	slo_buf_addf(&p->out, "{\"state\":\"%s\"", w == SLO_SPOOL_DEAD ? "dead" : "waiting");
	add_text(&p->out, "id", p->m.id);
	add_text(&p->out, "action", p->m.tag);
	add_text(&p->out, "key", p->m.key);
	add_time(&p->out, "time", e->time_ns);
	slo_buf_addf(&p->out, ",\"bytes\":%" PRIu64, e->bytes);
	if (w == SLO_SPOOL_DEAD) {
		if (p->m.dead_ns)
			add_time(&p->out, "dead_since", p->m.dead_ns);
		slo_buf_addf(&p->out, ",\"status\":%ld", p->m.status);
		add_text(&p->out, "reason", p->m.reason);
	}
	slo_buf_adds(&p->out, "}\n");
	return p->out.err;
}

static int print_one(struct picked *p, enum slo_spool_where w, const struct slo_spool_entry *e)
{
	return p->o->output ? print_json(p, w, e) : print_text(p, w, e);
}

static int revive_one(struct picked *p, enum slo_spool_where w, const struct slo_spool_entry *e)
{
	(void)w;
	return slo_spool_revive(p->spool, e->name);
}

static int purge_one(struct picked *p, enum slo_spool_where w, const struct slo_spool_entry *e)
{
	return slo_spool_remove(p->spool, w, e->name);
}

static int start(struct picked *p, const struct options *o)
{
	struct slo_err err = { "", "" };

	if (begin(p, o, &err) == 0)
		return 0;
	slo_warn_err(&err);
	finish(p);
	return 2;
}

static int failed(const struct picked *p)
{
	if (p->failed)
		slo_warn("%s: %s", p->w.spool_dir, slo_strerror(p->failed));
	return p->failed ? EXIT_FAILURE : 0;
}

static int list_run(void *opts, int argc, char **argv)
{
	const struct options *o = opts;
	struct picked p = { .spool = NULL };
	int status, r = 0;

	(void)argc;
	(void)argv;
	if (start(&p, o))
		return 2;
	if (!o->dead)
		each(&p, SLO_SPOOL_WAITING, print_one);
	if (!o->waiting)
		each(&p, SLO_SPOOL_DEAD, print_one);
	status = failed(&p);
	if (!status && p.out.len)
		r = put_out(slo_buf_str(&p.out));
	status = r ? put_failed(r) : status;
	finish(&p);
	return status;
}

/* What was revived goes out now, if we know where to. */
static int send_now(struct picked *p)
{
	struct slo_webhook_stats s;
	struct slo_webhook *w = NULL;
	struct slo_err err = { "", "" };

	if (slo_webhook_new(&p->w, &w, &err)) {
		slo_warn_err(&err);
		slo_info("nothing was sent: what waits goes out with the next run that has an address");
		return 2;
	}
	slo_webhook_end(w, SLO_WEBHOOK_END_S * SLO_NS_PER_S, NULL);
	slo_webhook_stats(w, &s);
	notify_report(&s);
	slo_webhook_free(w);
	return s.dead + s.waiting + s.failed ? EXIT_BACKEND : 0;
}

static int replay_run(void *opts, int argc, char **argv)
{
	struct picked p = { .spool = NULL };
	const struct options *o = opts;
	int status;

	(void)argc;
	(void)argv;
	if (start(&p, o))
		return 2;
	each(&p, SLO_SPOOL_DEAD, revive_one);
	slo_info("%" PRIu64 " wait again", p.count);
	status = failed(&p);
	if (!status && o->send)
		status = send_now(&p);
	finish(&p);
	return status;
}

static int purge_run(void *opts, int argc, char **argv)
{
	struct picked p = { .spool = NULL };
	const struct options *o = opts;
	int status;

	(void)argc;
	(void)argv;
	if (start(&p, o))
		return 2;
	each(&p, SLO_SPOOL_DEAD, purge_one);
	if (o->waiting)
		each(&p, SLO_SPOOL_WAITING, purge_one);
	slo_info("%" PRIu64 " removed", p.count);
	status = failed(&p);
	finish(&p);
	return status;
}

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)
#define PICK_OPTS \
	{ .name = "id", .type = SLO_OPT_LIST, .off = OFF(ids, struct slo_opt_list), .metavar = "ID", \
	  .help = "Only the message, or the messages of the incident, of this id; may be given several times." }, \
	{ .name = "since", .type = SLO_OPT_STR, .off = OFF(since, const char *), .metavar = "TIME", \
	  .help = "Only messages that arrived at this time or later, RFC 3339." }
#define SPOOL_OPTS \
	{ .name = "config", .type = SLO_OPT_STR, .off = OFF(target.config, const char *), .metavar = "FILE", \
	  .help = "Configuration; otherwise config/toolkit.yaml or /etc/llm-slo/toolkit.yaml, or else the defaults." }, \
	{ .name = "spool-dir", .type = SLO_OPT_STR, .off = OFF(target.spool_dir, const char *), .metavar = "DIR", \
	  .help = "The spool. Otherwise webhook.spool_dir." }

static const char *const outputs[] = { "text", "json", NULL };

static const struct slo_opt list_opts[] = {
	SPOOL_OPTS,
	PICK_OPTS,
	{ .name = "dead", .type = SLO_OPT_FLAG, .off = OFF(dead, bool), .help = "Dead letters only." },
	{ .name = "waiting", .type = SLO_OPT_FLAG, .off = OFF(waiting, bool), .help = "Waiting messages only." },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .choices = outputs, .def = "text",
	  .help = "Lines for people, or an object of JSON a line." },
	SLO_OPT_END,
};
static const struct slo_opt replay_opts[] = {
	NOTIFY_TARGET_OPTS(struct options, target),
	PICK_OPTS,
	{ .name = "send", .type = SLO_OPT_FLAG, .off = OFF(send, bool), .def = "true",
	  .help = "Deliver now; --no-send leaves that to whoever uses the spool next." },
	SLO_OPT_END,
};
static const struct slo_opt purge_opts[] = {
	SPOOL_OPTS,
	PICK_OPTS,
	{ .name = "waiting", .type = SLO_OPT_FLAG, .off = OFF(waiting, bool),
	  .help = "Waiting messages as well, not only dead letters." },
	SLO_OPT_END,
};

const struct slo_cmd webhook_list_cmd = {
	.name = "list",
	.summary = "Shows what waits in a spool, and the dead letters with their reasons.",
	.opts = list_opts,
	.opts_size = sizeof(struct options),
	.run = list_run,
};
const struct slo_cmd webhook_replay_cmd = {
	.name = "replay",
	.summary = "Makes dead letters wait again, and delivers what waits.",
	.opts = replay_opts,
	.opts_size = sizeof(struct options),
	.run = replay_run,
	.epilog = "Exit status: 0 delivered, 1 failed, 2 usage or configuration, 4 something was not delivered.\n",
};
const struct slo_cmd webhook_purge_cmd = {
	.name = "purge",
	.summary = "Deletes dead letters.",
	.opts = purge_opts,
	.opts_size = sizeof(struct options),
	.run = purge_run,
};
