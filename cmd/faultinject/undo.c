/* SPDX-License-Identifier: MIT */
#include "faultinject.h"

#include "base/log.h"
#include "inject/session.h"

struct undo_opts {
	bool force;
	const char *journal_dir;
};

static const struct slo_opt opts[] = {
	{ .name = "force", .type = SLO_OPT_FLAG, .off = offsetof(struct undo_opts, force),
	  .help = "Undo faults whose injector is still running, too." },
	{ .name = "journal-dir", .type = SLO_OPT_STR, .off = offsetof(struct undo_opts, journal_dir), .metavar = "DIR",
	  .def = SLO_JOURNAL_DIR, .help = "Where the undo journals are." },
	SLO_OPT_END,
};

static const char *const words[] = {
	[SLO_UNDO_DONE] = "undone",
	[SLO_UNDO_RUNNING] = "left alone: its injector is running",
	[SLO_UNDO_STALE] = "removed: from before the last boot",
	[SLO_UNDO_FAILED] = "not undone",
	[SLO_UNDO_BAD] = "not readable",
};

static void report(void *arg, const char *path, enum slo_undo_state state, const struct slo_err *err)
{
	int *count = arg;

	++*count;
	if (err->what[0])
		slo_warn("%s: %s: %s", path, words[state], err->what);
	else
		slo_info("%s: %s", path, words[state]);
}

static int run(void *o, int argc, char **argv)
{
	const struct undo_opts *u = o;
	int count = 0, bad = slo_journal_undo_all(u->journal_dir, u->force, report, &count);

	(void)argc;
	(void)argv;
	if (bad < 0) {
		slo_warn("%s: %s", u->journal_dir, slo_strerror(bad));
		return 2;
	}
	if (count == 0)
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
