/* SPDX-License-Identifier: MIT */
#include "inject/step.h"

#include "inject/step_net.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { END_TRIES = 200, END_PAUSE_MS = 10, EMPTY_PASSES = 32 };

static int live_run(void *arg, const struct slo_netns *ns, const char *const *argv, const char *in, char *out, size_t size)
{
	(void)arg;
	return slo_tool_run(ns, argv, in, out, size);
}

static int live_flush(void *arg, const struct slo_netns *ns, uint32_t mark)
{
	(void)arg;
	return slo_tool_flush_conntrack(ns, mark);
}

static int live_end(void *arg, int64_t pid, int64_t ticks)
{
	const struct timespec pause = { .tv_nsec = END_PAUSE_MS * 1000000L };

	(void)arg;
	if (!slo_step_is_helper(pid, ticks))
		return 0;
	kill((pid_t)pid, SIGKILL);
	for (int i = 0; i < END_TRIES; i++) {
		waitpid((pid_t)pid, NULL, WNOHANG); /* ours, or somebody else's to collect */
		if (!slo_step_is_helper(pid, ticks))
			return 0;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

const struct slo_step_io slo_step_live = {
	.cg = &slo_cg_live, .run = live_run, .flush = live_flush, .end = live_end,
};

static bool file_has(const struct slo_step_io *io, const struct slo_step *s, const char *want)
{
	char text[4096];

	if (io->cg->read(io->cg->arg, s->path, text, sizeof(text)) < 0)
		return false;
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = strstr(line, want);

		if (at && at < line + strcspn(line, "\n") && (at == line || at[-1] == ' ') &&
		    strchr(" \n", at[strlen(want)]))
			return true;
	}
	return false;
}

static int file_apply(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	int ret = io->cg->write(io->cg->arg, s->path, s->value);

	return ret ? slo_err_set(err, ret, "%s: cannot write %s: %s", s->path, s->value, slo_strerror(ret)) : 0;
}

static int file_check(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	return file_has(io, s, s->want) ? 0 : slo_err_set(err, -ESTALE, "%s does not read back as %s", s->path, s->want);
}

static int file_undo(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	int ret;

	if (!file_has(io, s, s->want))
		return 0; /* never written, somebody else's by now, or gone with its cgroup */
	ret = io->cg->write(io->cg->arg, s->path, s->back);
	if (ret)
		return slo_err_set(err, ret, "%s: cannot write %s: %s", s->path, s->back, slo_strerror(ret));
	return file_has(io, s, s->want) && strcmp(s->value, s->back) != 0
		       ? slo_err_set(err, -EBUSY, "%s still reads %s", s->path, s->want)
		       : 0;
}

static int cgroup_apply(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	int ret = io->cg->mkdir(io->cg->arg, s->path);

	return ret ? slo_err_set(err, ret, "%s: cannot make it: %s", s->path, slo_strerror(ret)) : 0;
}

static int cgroup_check(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	char text[4096];

	return slo_cg_read(io->cg, s->path, "cgroup.procs", text, sizeof(text)) < 0
		       ? slo_err_set(err, -ESTALE, "%s is not there", s->path)
		       : 0;
}

static int cgroup_undo(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	int ret = io->cg->rmdir(io->cg->arg, s->path);

	return ret && ret != -ENOENT ? slo_err_set(err, ret, "%s: cannot remove it: %s", s->path, slo_strerror(ret)) : 0;
}

static int nothing(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	(void)io;
	(void)s;
	(void)err;
	return 0;
}

static int helper_check(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	(void)io;
	return slo_step_is_helper(s->pid, s->ticks) ? 0 : slo_err_set(err, -ESTALE, "the %s process is gone", s->name);
}

static int helper_undo(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	int ret = s->pid > 0 ? io->end(io->arg, s->pid, s->ticks) : 0;

	return ret ? slo_err_set(err, ret, "the %s process %lld does not end", s->name, (long long)s->pid) : 0;
}

typedef int step_fn(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);

static const struct {
	step_fn *apply, *check, *undo;
} kinds[SLO_STEP__COUNT] = {
	[SLO_STEP_FILE] = { file_apply, file_check, file_undo },
	[SLO_STEP_CGROUP] = { cgroup_apply, cgroup_check, cgroup_undo },
	[SLO_STEP_NFT] = { slo_step_nft_apply, slo_step_nft_check, slo_step_nft_undo },
	[SLO_STEP_NETEM] = { slo_step_netem_apply, slo_step_netem_check, slo_step_netem_undo },
	[SLO_STEP_HELPER] = { nothing, helper_check, helper_undo },
};

int slo_step_apply(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	int ret = kinds[s->kind].apply(io, s, err);

	return ret || s->kind == SLO_STEP_HELPER ? ret : kinds[s->kind].check(io, s, err);
}

int slo_step_check(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	return kinds[s->kind].check(io, s, err);
}

int slo_step_undo(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	return kinds[s->kind].undo(io, s, err);
}
