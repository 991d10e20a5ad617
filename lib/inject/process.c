/* SPDX-License-Identifier: MIT */
#include "inject/process.h"

#include "base/str.h"
#include "inject/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { KTHREAD = 0x00200000 }; /* PF_KTHREAD of the flags field, include/linux/sched.h */

int slo_process_stat(int64_t pid, int64_t *start_ticks, bool *kernel_thread)
{
	char path[64], text[2048], state;
	const char *p;
	unsigned int flags;
	long long start;
	int ret;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	ret = slo_cg_live.read(NULL, path, text, sizeof(text));
	if (ret < 0)
		return ret == -ESRCH ? -ENOENT : ret;
	p = strrchr(text, ')'); /* the name before it may hold anything */
	/* fields 3, 9 and 22 of proc(5) */
	if (!p || sscanf(p + 1, " %c %*s %*s %*s %*s %*s %u %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lld", &state,
			 &flags, &start) != 3)
		return -EIO;
	if (state == 'Z' || state == 'X')
		return -ENOENT;
	*start_ticks = start;
	*kernel_thread = flags & KTHREAD;
	return 0;
}

int slo_boot_id(char *out)
{
	char text[64];
	int ret = slo_cg_live.read(NULL, "/proc/sys/kernel/random/boot_id", text, sizeof(text));

	if (ret < 0)
		return ret;
	text[strcspn(text, "\n")] = '\0';
	return slo_str_copy(out, 40, slo_str(text)) ? 0 : -EIO;
}

void slo_process_detach(int fd)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t none;
	int null;

	setsid();
	for (size_t i = 0; i < SLO_ARRAY_LEN(sigs); i++)
		sigaction(sigs[i], &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(fd, 3);
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	close_range(4, ~0u, 0);
}
