/* SPDX-License-Identifier: MIT */
/*
 * One fault from its beginning to its end, undone whatever happens to the
 * injector: a journal on disk, a watcher process that undoes when the injector
 * dies, and the injector itself.
 */
#ifndef SLO_INJECT_SESSION_H
#define SLO_INJECT_SESSION_H

#include "inject/fault.h"
#include "inject/journal.h"

struct slo_session {
	struct slo_plan *plan;       /* until slo_session_close() */
	struct slo_journal *journal;
	char path[SLO_CG_PATH_MAX];  /* of the journal */
	struct slo_helper helpers[SLO_FAULT_JOBS_MAX];
	struct slo_relay_stats *stats; /* shared with the proxy; all zero when there is none */
	int watcher_fd;              /* our end of the watcher's pipe; -1 = none */
	int watcher_pid;
};

/**
 * slo_session_begin - plan, write the journal, start the watcher, bring the fault into force
 * @netem: the kernel has it, see slo_tool_has_netem()
 *
 * On failure nothing is left behind. Return: 0 once everything reads back as in
 * force; what slo_fault_plan() returns; others with @err. In every case
 * slo_session_close() is due.
 */
int slo_session_begin(struct slo_session *s, const struct slo_fault_spec *spec, const char *journal_dir, bool netem,
		      struct slo_err *err);

/** slo_session_check - it is still in force. Return: 0; -ESTALE with @err. */
int slo_session_check(const struct slo_session *s, struct slo_err *err);

/**
 * slo_session_note - put the label that was written into the journal, so that whoever undoes can end it
 * @out: the file it was written to, "" for anything else
 */
int slo_session_note(struct slo_session *s, struct slo_str label, const char *out, struct slo_err *err);

/**
 * slo_session_undo - undo, and check by reading back
 *
 * Return: 0; a negative errno with @err when something is left: the journal then
 * stays and "faultinject undo" can try again.
 */
int slo_session_undo(struct slo_session *s, struct slo_err *err);

/** slo_session_close - @undone: remove the journal and dismiss the watcher; else the watcher goes on trying. */
void slo_session_close(struct slo_session *s, bool undone);

/* What slo_journal_undo_all() did with one journal. */
enum slo_undo_state {
	SLO_UNDO_DONE,    /* undone now */
	SLO_UNDO_RUNNING, /* its injector is alive; left alone */
	SLO_UNDO_STALE,   /* from before the last boot; only the file was removed */
	SLO_UNDO_FAILED,  /* something is left, see the error */
	SLO_UNDO_BAD,     /* unreadable */
};

/**
 * slo_journal_undo_one - undo what the journal @path lists, end its label, remove it
 * @force: also when its injector is alive
 * @label: an end label, for whoever has another place for it; may be NULL
 *
 * The end label is appended to the file the start label went to, when that was a file.
 */
enum slo_undo_state slo_journal_undo_one(const char *path, bool force, struct slo_buf *label, struct slo_err *err);

typedef void slo_undo_report_fn(void *arg, const char *path, enum slo_undo_state state, struct slo_str label,
				const struct slo_err *err);

/**
 * slo_journal_undo_all - clean up after injectors that are gone
 * @force:  undo those whose injector is alive as well
 * @report: called once per journal
 *
 * Return: journals that could not be dealt with (FAILED, BAD), or a negative errno.
 */
int slo_journal_undo_all(const char *dir, bool force, slo_undo_report_fn *report, void *arg);

#endif
