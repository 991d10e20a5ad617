/* SPDX-License-Identifier: MIT */
#include "inject/watcher.h"

#include "base/cleanup.h"
#include "inject/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { TRIES = 10, PAUSE_MS = 100 };

static void keep_only(int fd)
{
	int null;

	dup2(fd, 3);
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	close_range(4, ~0u, 0);
}

/* Signals meant for the injector must not end its watcher. */
static void ignore_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t none;

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn)) watch(int fd, const char *journal)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	ssize_t n;
	char c;

	setsid();
	ignore_signals();
	keep_only(fd);
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
