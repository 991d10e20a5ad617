/* SPDX-License-Identifier: MIT */
/* faultinject run cpu_throttle: a CFS quota on a running process, labelled and undone. */
#include "cpu_throttle.h"

#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "event/event.h"
#include "event/tables.h"
#include "inject/session.h"
#include "io/writer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>

struct throttle_opts {
	int64_t pid;
	double severity;
	int64_t duration_ns, start_after_ns;
	const char *service, *out, *journal_dir;
	bool tree;
};

#define OFF(m) offsetof(struct throttle_opts, m)

static const struct slo_opt opts[] = {
	{ .name = "pid", .type = SLO_OPT_INT, .off = OFF(pid), .metavar = "PID",
	  .help = "Process to throttle, all its threads; required.", .lo = 0, .hi = 4194304 },
	{ .name = "tree", .type = SLO_OPT_FLAG, .off = OFF(tree), .help = "Throttle its descendants together with it." },
	{ .name = "severity", .type = SLO_OPT_NUM, .off = OFF(severity), .metavar = "0..1", .def = "0.8",
	  .help = "Leaves (1 - severity) of one core, at least 2 %.", .lo = 0, .hi = 1 },
	{ .name = "duration", .type = SLO_OPT_DURATION, .off = OFF(duration_ns), .metavar = "S",
	  .help = "How long, in seconds, at most 24 h; required.", .lo = 0, .hi = 86400, .unit_ns = SLO_NS_PER_S },
	{ .name = "start-after", .type = SLO_OPT_DURATION, .off = OFF(start_after_ns), .metavar = "S", .def = "0",
	  .help = "Wait this long first, in seconds.", .lo = 0, .hi = 86400, .unit_ns = SLO_NS_PER_S },
	{ .name = "service", .type = SLO_OPT_STR, .off = OFF(service), .metavar = "NAME", .def = "",
	  .help = "Service named in the fault label." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out), .metavar = "ENDPOINT", .def = "-",
	  .help = "Where the fault labels go." },
	{ .name = "journal-dir", .type = SLO_OPT_STR, .off = OFF(journal_dir), .metavar = "DIR", .def = SLO_JOURNAL_DIR,
	  .help = "Where the undo journal is kept while the fault is in force." },
	SLO_OPT_END,
};

enum ended { ENDED_DURATION, ENDED_SIGNAL, ENDED_TARGET, ENDED_OUTPUT };
static const char *const ended_names[] = { "duration", "signal", "target_exit", "output_closed" };

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* Delivered only inside ppoll(), so that none is lost between a check and a wait. */
static void catch_signals(sigset_t *while_waiting)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction act = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < SLO_ARRAY_LEN(sigs); i++) {
		sigaddset(&blocked, sigs[i]);
		sigaction(sigs[i], &act, NULL);
	}
	sigaction(SIGPIPE, &ignore, NULL);
	sigprocmask(SIG_BLOCK, &blocked, while_waiting);
	for (size_t i = 0; i < SLO_ARRAY_LEN(sigs); i++)
		sigdelset(while_waiting, sigs[i]); /* however we were started */
}

/* Wait, ended early by a signal or by the target's end. */
static enum ended wait_for(int64_t ns, int pidfd, const sigset_t *mask)
{
	int64_t until = slo_now_mono_ns() + ns;

	while (!stop) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };
		int64_t left = until - slo_now_mono_ns();
		struct timespec t = { .tv_sec = left / SLO_NS_PER_S, .tv_nsec = left % SLO_NS_PER_S };

		if (left <= 0)
			return ENDED_DURATION;
		if (ppoll(&p, 1, &t, mask) > 0)
			return ENDED_TARGET;
	}
	return ENDED_SIGNAL;
}

/* A label, with the texts its views point to. */
struct label {
	struct slo_fault_label l;
	char target[32];
	char numbers[SLO_MAX_LABELS][SLO_NUM_MAX + 1];
};

static void add_param(struct label *b, const char *key, const char *value)
{
	b->l.params[b->l.params_count++] = (struct slo_pair){ slo_str(key), slo_str(value) };
}

static void add_number(struct label *b, const char *key, double value)
{
	char *text = b->numbers[b->l.params_count];

	text[slo_fmt_f64(text, value)] = '\0';
	add_param(b, key, text);
}

static void fill_label(struct label *b, const struct throttle_opts *o, const struct slo_session *s)
{
	const struct slo_throttle *t = &s->journal.throttle;

	slo_rec_clear(slo_event_rec[SLO_KIND_FAULT_LABEL], &b->l);
	snprintf(b->target, sizeof(b->target), "pid:%lld", (long long)o->pid);
	b->l.label_id = slo_str(s->journal.label_id);
	b->l.fault = SLO_FAULT_CPU_THROTTLE;
	b->l.domain = slo_fault_domain(SLO_FAULT_CPU_THROTTLE);
	b->l.detail = SLO_DETAIL_QUOTA;
	b->l.severity = o->severity;
	b->l.target = slo_str(b->target);
	b->l.mechanism = slo_str(t->home.version == 2 ? "cgroup2 cpu.max" : "cgroup1 cpu.cfs_quota_us");
	if (o->service[0])
		b->l.service = slo_str(o->service);
	add_param(b, "cgroup", t->dir);
	add_number(b, "quota_us", (double)t->quota_us);
	add_number(b, "period_us", (double)t->period_us);
	add_number(b, "processes", (double)t->moves_count);
}

static int write_label(struct slo_writer *w, const struct label *b)
{
	struct slo_buf line;
	int ret;

	slo_buf_init(&line, 1 << 16);
	ret = slo_event_encode_payload(SLO_KIND_FAULT_LABEL, &b->l, &line);
	if (!ret)
		ret = slo_writer_line(w, slo_buf_str(&line), SLO_WRITE_WINDOW);
	if (!ret)
		ret = slo_writer_flush(w, 1000);
	slo_buf_fini(&line);
	return ret;
}

/* The fault is in force: say so, wait, undo, say how that went. Return: 0, or 1 when something is left. */
static int in_force(const struct throttle_opts *o, struct slo_session *s, struct slo_writer *w, int pidfd,
		    const sigset_t *mask)
{
	struct slo_throttle_stat stat = { 0 };
	struct label b;
	struct slo_err err = { .what = "" };
	enum ended why = ENDED_OUTPUT;
	int ret;

	fill_label(&b, o, s);
	b.l.start_ns = slo_now_wall_ns();
	if (write_label(w, &b) == 0)
		why = wait_for(o->duration_ns, pidfd, mask);
	if (slo_throttle_read_stat(&slo_cg_live, &s->journal.throttle, &stat) == 0) {
		add_number(&b, "nr_periods", (double)stat.periods);
		add_number(&b, "nr_throttled", (double)stat.throttled);
		add_number(&b, "throttled_ms", (double)stat.throttled_ns / (double)SLO_NS_PER_MS);
	}
	ret = slo_session_end(s, &err);
	b.l.end_ns = slo_now_wall_ns();
	b.l.undo = slo_str(ret ? err.what : "ok");
	add_param(&b, "ended_by", ended_names[why]);
	if (why != ENDED_OUTPUT)
		write_label(w, &b);
	if (ret)
		slo_warn("the fault could not be undone: %s; try 'faultinject undo'", err.what);
	return ret ? 1 : 0;
}

static int inject(const struct throttle_opts *o, struct slo_writer *w, int pidfd, const sigset_t *mask)
{
	static struct slo_session s;
	const struct slo_session_opts so = { o->pid, o->tree, o->severity, o->journal_dir };
	struct slo_err err = { .what = "" };

	if (wait_for(o->start_after_ns, pidfd, mask) != ENDED_DURATION) {
		slo_info("ended before the fault began");
		return 0;
	}
	if (slo_session_begin(&s, &so, &err)) {
		slo_warn_err(&err);
		return 1;
	}
	return in_force(o, &s, w, pidfd, mask);
}

static int run(void *opt, int argc, char **argv)
{
	const struct throttle_opts *o = opt;
	const struct slo_writer_opts wo = { .streaming = true, .append = true };
	struct slo_err err = { .what = "" };
	struct slo_writer *w;
	sigset_t mask;
	int pidfd, ret, closed;

	(void)argc;
	(void)argv;
	if (o->pid < 1 || o->duration_ns <= 0) {
		slo_warn("--%s is required", o->pid < 1 ? "pid" : "duration");
		return 2;
	}
	pidfd = pidfd_open((pid_t)o->pid, 0);
	if (pidfd < 0) {
		slo_warn("--pid %lld: %s", (long long)o->pid, slo_strerror(-errno));
		return 2;
	}
	catch_signals(&mask);
	if (slo_writer_open(o->out, &wo, &w, &err)) {
		slo_warn_err(&err);
		return 2;
	}
	ret = inject(o, w, pidfd, &mask);
	closed = slo_writer_close(w, &err);
	if (closed && closed != -EPIPE) {
		slo_warn_err(&err);
		ret = 1;
	}
	close(pidfd);
	return ret;
}

const struct slo_cmd faultinject_cpu_throttle = {
	.name = "cpu_throttle",
	.summary = "cut the CPU quota of a process",
	.opts = opts,
	.opts_size = sizeof(struct throttle_opts),
	.run = run,
	.epilog = "The fault is undone at the end, on SIGINT, SIGTERM and SIGHUP, when the target exits, and when this\n"
		  "process is killed. What was done is kept in the journal directory for 'faultinject undo' until then.",
};
