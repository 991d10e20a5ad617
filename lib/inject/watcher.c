/* SPDX-License-Identifier: MIT */
#include "inject/watcher.h"

#include "base/cleanup.h"
#include "inject/process.h"
#include "inject/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { TRIES = 10, PAUSE_MS = 100 };

static void __attribute__((noreturn)) watch(int fd, const char *journal)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	ssize_t n;
	char c;

	slo_process_detach(fd);
	do {
		n = read(3, &c, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(0); /* dismissed */
	for (int i = 0; i < TRIES; i++) {
		/* The injector may have given up without dying. */
		if (slo_journal_undo_one(journal, true, NULL, NULL) == SLO_UNDO_DONE || access(journal, F_OK))
			_exit(0);
		nanosleep(&pause, NULL);
	}
	_exit(1); /* the journal stays */
}

int slo_watcher_start(const char *journal, int *fd, int *pid)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	*pid = fork();
	if (*pid < 0) {
		int ret = -errno;

		close(ends[0]);
		close(ends[1]);
		return ret;
	}
	if (*pid == 0) {
		close(ends[1]);
		watch(ends[0], journal);
	}
	close(ends[0]);
	*fd = ends[1];
	return 0;
}

void slo_watcher_dismiss(int *fd, int pid)
{
	ssize_t n;

	if (*fd < 0)
		return;
	do {
		n = write(*fd, "x", 1);
	} while (n < 0 && errno == EINTR);
	close(*fd);
	*fd = -1;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
