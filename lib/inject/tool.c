/* SPDX-License-Identifier: MIT */
#include "inject/tool.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

enum { CANNOT_ENTER = 126, CANNOT_RUN = 127 };

int slo_tool_find(const char *name, char *to, size_t size)
{
	static const char *const places[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(places); i++)
		if (snprintf(to, size, "%s/%s", places[i], name) < (int)size && access(to, X_OK) == 0)
			return 0;
	return -ENOENT;
}

static int redirect(int in, int out)
{
	int null = open("/dev/null", O_RDWR);

	return null < 0 || dup2(in < 0 ? null : in, 0) < 0 || dup2(out < 0 ? null : out, 1) < 0 || dup2(1, 2) < 0 ||
	       close_range(3, ~0u, 0) ? -1 : 0;
}

static void __attribute__((noreturn)) become(int ns, const char *path, const char *const *argv, int in, int out)
{
	static char locale[] = "LC_ALL=C";
	char *env[] = { locale, NULL }, *args[SLO_TOOL_ARGS_MAX + 1] = { NULL };

	for (size_t i = 0; argv[i] && i < SLO_TOOL_ARGS_MAX; i++)
		args[i] = (char *)(uintptr_t)argv[i];
	if ((ns >= 0 && setns(ns, CLONE_NEWNET)) || redirect(in, out))
		_exit(CANNOT_ENTER);
	execve(path, args, env);
	_exit(CANNOT_RUN);
}

static void feed(int fd, const char *in)
{
	size_t len = strlen(in);

	while (len) {
		ssize_t n = write(fd, in, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		in += n;
		len -= (size_t)n;
	}
}

static void drain(int fd, char *out, size_t size)
{
	char waste[4096];
	size_t len = 0;

	for (;;) {
		bool room = out && len + 1 < size;
		ssize_t n = room ? read(fd, out + len, size - 1 - len) : read(fd, waste, sizeof(waste));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (room)
			len += (size_t)n;
	}
	if (out)
		out[len] = '\0';
}

static int collect(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status))
		return -EIO;
	if (WEXITSTATUS(status) == CANNOT_ENTER)
		return -EPERM;
	return WEXITSTATUS(status) == CANNOT_RUN ? -ENOENT : WEXITSTATUS(status);
}

int slo_tool_run(const struct slo_netns *ns, const char *const *argv, const char *in, char *out, size_t size)
{
	slo_autoclose int in_r = -1, in_w = -1, out_r = -1, out_w = -1, fd = -1;
	char path[128];
	int ends[2];
	pid_t pid;

	if (slo_tool_find(argv[0], path, sizeof(path)))
		return -ENOENT;
	if (ns && ns->ino && (fd = slo_netns_open(ns)) < 0)
		return fd;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	out_r = ends[0];
	out_w = ends[1];
	if (in && pipe2(ends, O_CLOEXEC) == 0) {
		in_r = ends[0];
		in_w = ends[1];
	}
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(fd, path, argv, in_r, out_w);
	close(SLO_TAKE_FD(out_w));
	if (in_r >= 0) {
		close(SLO_TAKE_FD(in_r));
		feed(in_w, in);
		close(SLO_TAKE_FD(in_w));
	}
	drain(out_r, out, size);
	return collect(pid);
}

static int tc(const char *words)
{
	const char *argv[SLO_TOOL_ARGS_MAX + 1] = { "tc" };
	char text[256], *save = NULL;
	size_t n = 1;

	snprintf(text, sizeof(text), "%s", words);
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	return slo_tool_run(NULL, argv, NULL, NULL, 0);
}

bool slo_tool_has_netem(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWNET) || tc("qdisc add dev lo root handle 1: prio bands 3") ||
		      tc("qdisc add dev lo parent 1:3 handle 3: netem delay 1ms") ||
		      tc("filter add dev lo parent 1: protocol ip prio 1 u32 match ip dport 53 0xffff flowid 1:3"));
	return pid > 0 && collect(pid) == 0;
}
