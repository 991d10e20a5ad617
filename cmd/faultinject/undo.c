/* SPDX-License-Identifier: MIT */
#include "faultinject.h"

#include "base/log.h"

struct undo_opts {
	bool force;
	const char *journal_dir, *out;
};

struct undone {
	int count;
	struct slo_writer *w; /* NULL = none */
};

static const struct slo_opt opts[] = {
	{ .name = "force", .type = SLO_OPT_FLAG, .off = offsetof(struct undo_opts, force),
	  .help = "Undo faults whose injector is still running, too." },
	{ .name = "journal-dir", .type = SLO_OPT_STR, .off = offsetof(struct undo_opts, journal_dir), .metavar = "DIR",
	  .def = SLO_JOURNAL_DIR, .help = "Where the undo journals are." },
	{ .name = "out", .type = SLO_OPT_STR, .off = offsetof(struct undo_opts, out), .metavar = "ENDPOINT", .def = "",
	  .help = "Where end labels go as well; those whose start went to a file are appended there in any case." },
	SLO_OPT_END,
};

static const char *const words[] = {
	[SLO_UNDO_DONE] = "undone",
	[SLO_UNDO_RUNNING] = "left alone: its injector is running",
	[SLO_UNDO_STALE] = "removed: from before the last boot",
	[SLO_UNDO_FAILED] = "not undone",
	[SLO_UNDO_BAD] = "not readable",
};

static void report(void *arg, const char *path, enum slo_undo_state state, struct slo_str label,
		   const struct slo_err *err)
{
	struct undone *u = arg;

	u->count++;
	if (u->w && label.len)
		slo_writer_line(u->w, label, SLO_WRITE_WINDOW);
	if (err->what[0])
		slo_warn("%s: %s: %s", path, words[state], err->what);
	else
		slo_info("%s: %s", path, words[state]);
}

static int run(void *o, int argc, char **argv)
{
	const struct undo_opts *u = o;
	const struct slo_writer_opts wo = { .append = true };
	struct slo_err err = { .what = "" };
	struct undone done = { 0, NULL };
	int bad;

	(void)argc;
	(void)argv;
	if (u->out[0] && slo_writer_open(u->out, &wo, &done.w, &err)) {
		slo_warn_err(&err);
		return 2;
	}
	bad = slo_journal_undo_all(u->journal_dir, u->force, report, &done);
	if (done.w && slo_writer_close(done.w, &err)) {
		slo_warn_err(&err);
		bad = bad ? bad : 1;
	}
	if (bad < 0) {
		slo_warn("%s: %s", u->journal_dir, slo_strerror(bad));
		return 2;
	}
	if (done.count == 0)
		slo_info("nothing to undo");
	return bad ? 1 : 0;
}

const struct slo_cmd faultinject_undo = {
	.name = "undo",
	.summary = "take back faults whose injector and watcher were both killed",
	.opts = opts,
	.opts_size = sizeof(struct undo_opts),
	.run = run,
};
