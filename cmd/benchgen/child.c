/* SPDX-License-Identifier: MIT */
/*
 * An attributor as a process that can learn nothing but what it is given: its
 * standard input is a file in memory without a telling name, its directory is
 * the root, its environment has none of ours.
 */
#include "benchgen.h"

#include "base/cleanup.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static bool runnable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* The attributor installed beside this program: the same name with the other ending. */
static char *beside(void)
{
	static const char ours[] = "benchgen", theirs[] = "attributor";
	char self[PATH_MAX], *path;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t keep;

	if (n < (ssize_t)sizeof(ours) - 1)
		return NULL;
	self[n] = '\0';
	keep = (size_t)n - (sizeof(ours) - 1);
	if (strcmp(self + keep, ours) != 0 || asprintf(&path, "%.*s%s", (int)keep, self, theirs) < 0)
		return NULL;
	if (runnable(path))
		return path;
	free(path);
	return NULL;
}

static char *in_path(const char *name)
{
	const char *dirs = getenv("PATH");
	char *path;

	while (dirs && *dirs) {
		size_t n = strcspn(dirs, ":");

		if (n && asprintf(&path, "%.*s/%s", (int)n, dirs, name) >= 0) {
			if (runnable(path))
				return path;
			free(path);
		}
		dirs += n + (dirs[n] == ':');
	}
	return NULL;
}

static char *program(const char *word)
{
	if (strchr(word, '/'))
		return runnable(word) ? realpath(word, NULL) : NULL;
	return in_path(word);
}

static int split(struct command *c, const char *given, struct slo_err *err)
{
	char *save = NULL;

	c->text = strdup(given);
	if (!c->text)
		return slo_err_set(err, -ENOMEM, "out of memory");
	/* Words of ours follow. */
	for (char *w = strtok_r(c->text, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
		if (c->argc >= ARGS_MAX / 2)
			return slo_err_set(err, -EINVAL, "--attributor: more than %d words", ARGS_MAX / 2);
		c->argv[c->argc++] = w;
	}
	return c->argc ? 0 : slo_err_set(err, -EINVAL, "--attributor: names no program");
}

static int command_set(struct command *c, char *path, const char *name, struct slo_err *err)
{
	struct slo_err ignored = { .what = "" };

	if (!path) {
		slo_err_at(err, "--attributor");
		return slo_err_set(err, -EINVAL, "%s: no such program", name);
	}
	c->argv[0] = c->path = path;
	c->argc = c->argc ? c->argc : 1;
	if (slo_sha256_file(path, c->sha256, &ignored))
		(void)!snprintf(c->sha256, sizeof(c->sha256), "unknown");
	return 0;
}

int command_find(struct command *c, const char *given, struct slo_err *err)
{
	char *path = given[0] ? NULL : beside();
	int r = 0;

	if (given[0]) {
		r = split(c, given, err);
		return r ? r : command_set(c, program(c->argv[0]), c->argv[0], err);
	}
	path = path ? path : in_path("slo-attributor");
	path = path ? path : in_path("attributor");
	return command_set(c, path, "attributor", err);
}

/* What a program needs to run at all; nothing a setting could come from. */
static void clean_environment(char *env[], size_t max)
{
	static const char *const kept[] = { "PATH=", "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=" };
	static char locale[] = "LC_ALL=C", zone[] = "TZ=UTC";
	size_t n = 0;

	env[n++] = locale;
	env[n++] = zone;
	for (char **e = environ; *e; e++)
		for (size_t i = 0; i < SLO_ARRAY_LEN(kept) && n + 1 < max; i++)
			if (strncmp(*e, kept[i], strlen(kept[i])) == 0)
				env[n++] = *e;
	env[n] = NULL;
}

int child_plain_file(void)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Objectives are separated by ";"; each becomes an option. */
static size_t add_objectives(char *text, const char **argv, size_t n)
{
	char *save = NULL;

	for (char *one = strtok_r(text, ";", &save); one && n + 2 < ARGS_MAX; one = strtok_r(NULL, ";", &save)) {
		argv[n++] = "--objective";
		argv[n++] = one;
	}
	return n;
}

static int spawn(const char *const *argv, int in, int out, int errors, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t all;
	char *env[16];
	int r;

	clean_environment(env, SLO_ARRAY_LEN(env));
	sigfillset(&all);
	if (posix_spawn_file_actions_init(&fa))
		return -ENOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&fa);
		return -ENOMEM;
	}
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn_file_actions_adddup2(&fa, in, 0);
	r = r ? r : posix_spawn_file_actions_adddup2(&fa, out, 1);
	r = r ? r : posix_spawn_file_actions_adddup2(&fa, errors, 2);
	r = r ? r : posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	r = r ? r : posix_spawn_file_actions_addchdir_np(&fa, "/");
	r = r ? r : posix_spawn(pid, argv[0], &fa, &attr, (char *const *)(uintptr_t)argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return -r;
}

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void child_init(struct child *k)
{
	*k = (struct child){ .pidfd = -1, .out = -1, .errors = -1 };
}

void child_drop(struct child *k)
{
	if (k->pid) {
		kill((pid_t)k->pid, SIGKILL);
		waitpid((pid_t)k->pid, NULL, 0);
	}
	drop(&k->pidfd);
	drop(&k->out);
	drop(&k->errors);
	k->pid = 0;
}

static size_t arguments(const struct command *c, const struct task *t, char *objectives, const char **argv)
{
	size_t n = c->argc;

	memcpy(argv, c->argv, n * sizeof(argv[0]));
	argv[n++] = "--config";
	argv[n++] = "/dev/null";
	argv[n++] = "--attribution-mode";
	argv[n++] = benchgen_modes[t->mode];
	if (t->mode == MODE_BAYES && t->bayes_model[0]) {
		argv[n++] = "--bayes-model";
		argv[n++] = t->bayes_model;
	}
	n = add_objectives(objectives, argv, n);
	argv[n] = NULL;
	return n;
}

int child_start(struct child *k, const struct command *c, const struct task *t, struct slo_err *err)
{
	slo_autofree char *objectives = strndup(t->objectives.p ? t->objectives.p : "", t->objectives.len);
	static const struct rlimit most = { ANSWER_MAX, ANSWER_MAX };
	const char *argv[ARGS_MAX + 1];
	pid_t pid = 0;
	int r = objectives ? 0 : -ENOMEM;

	child_init(k);
	k->out = child_plain_file();
	k->errors = child_plain_file();
	if (k->out < 0 || k->errors < 0)
		r = -ENOMEM;
	else if (!r && lseek(t->in, 0, SEEK_SET) < 0)
		r = -errno;
	if (!r) {
		arguments(c, t, objectives, argv);
		r = spawn(argv, t->in, k->out, k->errors, &pid);
	}
	k->pid = pid;
	if (!r && prlimit(pid, RLIMIT_FSIZE, &most, NULL) < 0)
		r = -errno;
	k->deadline_ns = slo_now_mono_ns() + TIMEOUT_S * SLO_NS_PER_S;
	if (!r && (k->pidfd = pidfd_open(pid, 0)) < 0)
		r = -errno;
	if (!r)
		return 0;
	child_drop(k);
	slo_err_at(err, "%s", c->argv[0]);
	return slo_err_set(err, r, "%s", slo_strerror(r));
}

int child_check(const struct child *k, const struct command *c, struct slo_err *err)
{
	struct stat st;
	int r = 0;

	if (fstat(k->out, &st) == 0 && st.st_size >= ANSWER_MAX)
		r = slo_err_set(err, -EMSGSIZE, "writes more than %d MiB", ANSWER_MAX >> 20);
	else if (slo_now_mono_ns() > k->deadline_ns)
		r = slo_err_set(err, -ETIMEDOUT, "no end within %d s", TIMEOUT_S);
	if (r)
		slo_err_at(err, "%s", c->argv[0]);
	return r;
}

static int judge(const struct child *k, const struct command *c, int status, struct slo_err *err)
{
	char text[200];
	ssize_t n = pread(k->errors, text, sizeof(text) - 1, 0);
	size_t len;

	text[n > 0 ? n : 0] = '\0';
	len = strcspn(text, "\n");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		slo_err_set(err, -EIO, "exit status %d%s%.*s", WEXITSTATUS(status), len ? ": " : "", (int)len, text);
	else
		slo_err_set(err, -EIO, "ended by signal %d%s%.*s", WTERMSIG(status), len ? ": " : "", (int)len, text);
	slo_err_at(err, "%s", c->argv[0]);
	return -EIO;
}

int child_end(struct child *k, const struct command *c, struct slo_err *err)
{
	int status, r;

	while (waitpid((pid_t)k->pid, &status, 0) < 0)
		if (errno != EINTR)
			return slo_err_set(err, -errno, "waitpid: %s", slo_strerror(-errno));
	r = child_check(k, c, err);
	k->pid = 0;
	drop(&k->pidfd);
	r = r == -EMSGSIZE ? r : judge(k, c, status, err);
	drop(&k->errors);
	return r;
}
