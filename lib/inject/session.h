/* SPDX-License-Identifier: MIT */
/*
 * One fault from its beginning to its end, undone whatever happens to the
 * injector: a journal on disk, a watcher process that undoes when the injector
 * dies, and the injector itself.
 */
#ifndef SLO_INJECT_SESSION_H
#define SLO_INJECT_SESSION_H

#include "inject/journal.h"

struct slo_session_opts {
	int64_t pid;      /* target process, > 1 */
	bool tree;        /* its descendants too */
	double severity;  /* 0 .. 1 */
	const char *journal_dir;
};

struct slo_session {
	struct slo_journal journal;
	char path[SLO_CG_PATH_MAX]; /* of the journal */
	int watcher_fd;             /* our end of the watcher's pipe; -1 = none */
	int watcher_pid;
};

/**
 * slo_session_begin - plan, write the journal, start the watcher, bring the quota into force
 *
 * On failure nothing is left behind. Return: 0 once the quota reads back as in
 * force; -EPERM for a process that must not be touched (init, a kernel thread,
 * ourselves); others with @err.
 */
int slo_session_begin(struct slo_session *s, const struct slo_session_opts *o, struct slo_err *err);

/**
 * slo_session_end - undo, check by reading back, remove the journal, dismiss the watcher
 *
 * Return: 0; a negative errno with @err when something is left: the journal then
 * stays and "faultinject undo" can try again.
 */
int slo_session_end(struct slo_session *s, struct slo_err *err);

/* What slo_journal_undo_all() did with one journal. */
enum slo_undo_state {
	SLO_UNDO_DONE,    /* undone now */
	SLO_UNDO_RUNNING, /* its injector is alive; left alone */
	SLO_UNDO_STALE,   /* from before the last boot; only the file was removed */
	SLO_UNDO_FAILED,  /* something is left, see the error */
	SLO_UNDO_BAD,     /* unreadable */
};

/**
 * slo_journal_undo_all - clean up after injectors that are gone
 * @force:  undo those whose injector is alive as well
 * @report: called once per journal
 *
 * Return: journals that could not be dealt with (FAILED, BAD), or a negative errno.
 */
int slo_journal_undo_all(const char *dir, bool force,
			 void (*report)(void *arg, const char *path, enum slo_undo_state state, const struct slo_err *err),
			 void *arg);

#endif
