/* SPDX-License-Identifier: MIT */
/*
 * A child in a session of its own that waits for the injector to die and then
 * undoes what the injector did. It outlives SIGKILL of the injector, of its
 * process group and of its terminal.
 */
#ifndef SLO_INJECT_WATCHER_H
#define SLO_INJECT_WATCHER_H

/**
 * slo_watcher_start - fork the watcher
 * @journal: what it undoes, see slo_journal_undo_one()
 * @fd:      its pipe; closing it without slo_watcher_dismiss() means "undo"
 *
 * The watcher keeps no descriptor but the pipe, so it holds no pipeline open.
 * Call before other threads exist. Return: 0 or a negative errno.
 */
int slo_watcher_start(const char *journal, int *fd, int *pid);

/** slo_watcher_dismiss - it is not needed any more: end it and collect it. Sets *@fd to -1. */
void slo_watcher_dismiss(int *fd, int pid);

#endif
