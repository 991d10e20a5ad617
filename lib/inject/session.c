/* SPDX-License-Identifier: MIT */
#include "inject/session.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "inject/process.h"
#include "inject/watcher.h"
#include "io/writer.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

static int check_target(int64_t pid, struct slo_err *err)
{
	int64_t ticks;
	bool kthread;
	int ret;

	if (pid <= 1 || pid == getpid())
		return slo_err_set(err, -EPERM, "process %lld must not be throttled", (long long)pid);
	ret = slo_process_stat(pid, &ticks, &kthread);
	if (ret)
		return slo_err_set(err, ret, "process %lld: %s", (long long)pid,
				   ret == -ENOENT ? "no such process" : slo_strerror(ret));
	return kthread ? slo_err_set(err, -EPERM, "process %lld is a kernel thread", (long long)pid) : 0;
}

static int write_journal(const struct slo_session *s, struct slo_err *err)
{
	struct slo_buf b;
	int ret;

	slo_buf_init(&b, SLO_JOURNAL_MAX);
	ret = slo_journal_encode(&s->journal, &b);
	if (!ret)
		ret = slo_mkdirs(s->path);
	if (!ret)
		ret = slo_file_replace(s->path, slo_buf_str(&b), err);
	slo_buf_fini(&b);
	return ret ? slo_err_set(err, ret, "%s: %s", s->path, slo_strerror(ret)) : 0;
}

static int name_session(struct slo_session *s, const struct slo_session_opts *o, struct slo_err *err)
{
	struct slo_journal *j = &s->journal;
	bool kthread;
	int ret;

	j->pid = getpid();
	ret = slo_process_stat(j->pid, &j->start_ticks, &kthread);
	if (!ret)
		ret = slo_boot_id(j->boot_id);
	if (ret)
		return slo_err_set(err, ret, "/proc: %s", slo_strerror(ret));
	snprintf(j->label_id, sizeof(j->label_id), "cpu_throttle-%lld-%lld-%lld", (long long)o->pid, (long long)j->pid,
		 (long long)j->start_ticks);
	if (snprintf(s->path, sizeof(s->path), "%s/%s.json", o->journal_dir, j->label_id) >= (int)sizeof(s->path))
		return slo_err_set(err, -ENAMETOOLONG, "the journal's path is too long");
	return 0;
}

int slo_session_begin(struct slo_session *s, const struct slo_session_opts *o, struct slo_err *err)
{
	struct slo_throttle *t = &s->journal.throttle;
	int ret;

	memset(s, 0, sizeof(*s));
	s->watcher_fd = -1;
	ret = check_target(o->pid, err);
	if (!ret)
		ret = name_session(s, o, err);
	if (!ret)
		ret = slo_throttle_plan(&slo_cg_live, o->pid, o->tree, o->severity, s->journal.label_id, t, err);
	if (!ret)
		ret = write_journal(s, err);
	if (ret)
		return ret;
	ret = slo_watcher_start(s->path, t, &s->watcher_fd, &s->watcher_pid);
	if (ret)
		slo_err_set(err, ret, "the watcher does not start: %s", slo_strerror(ret));
	else
		ret = slo_throttle_apply(&slo_cg_live, t, err);
	if (ret) {
		/* Nothing was applied, or it was undone; undoing again settles which, and keeps the journal if not. */
		slo_session_end(s, NULL);
	}
	return ret;
}

int slo_session_end(struct slo_session *s, struct slo_err *err)
{
	int ret = slo_throttle_undo(&slo_cg_live, &s->journal.throttle, err);

	if (!ret && unlink(s->path) && errno != ENOENT)
		ret = slo_err_set(err, -errno, "%s: %s", s->path, slo_strerror(-errno));
	if (ret && s->watcher_fd >= 0) {
		close(s->watcher_fd); /* not dismissed: it goes on trying */
		s->watcher_fd = -1;
	}
	slo_watcher_dismiss(&s->watcher_fd, s->watcher_pid);
	return ret;
}

static bool injector_lives(const struct slo_journal *j)
{
	int64_t ticks;
	bool kthread;

	return slo_process_stat(j->pid, &ticks, &kthread) == 0 && ticks == j->start_ticks;
}

static enum slo_undo_state undo_one(const char *path, bool force, struct slo_err *err)
{
	slo_autofree struct slo_journal *j = calloc(1, sizeof(*j));
	slo_autofree char *text = NULL;
	char boot[sizeof(j->boot_id)];
	size_t len;

	if (!j || slo_file_read(path, SLO_JOURNAL_MAX, &text, &len, err) || slo_journal_decode(text, len, j, err))
		return SLO_UNDO_BAD;
	if (slo_boot_id(boot) == 0 && strcmp(boot, j->boot_id) != 0) {
		unlink(path);
		return SLO_UNDO_STALE;
	}
	if (!force && injector_lives(j))
		return SLO_UNDO_RUNNING;
	if (slo_throttle_undo(&slo_cg_live, &j->throttle, err))
		return SLO_UNDO_FAILED;
	unlink(path);
	return SLO_UNDO_DONE;
}

static bool is_journal(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".json") == 0;
}

int slo_journal_undo_all(const char *dir, bool force,
			 void (*report)(void *arg, const char *path, enum slo_undo_state state, const struct slo_err *err),
			 void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int bad = 0;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while ((e = readdir(d))) {
		struct slo_err err = { .what = "" };
		enum slo_undo_state state;
		char path[SLO_CG_PATH_MAX];

		if (!is_journal(e->d_name) || snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= (int)sizeof(path))
			continue;
		state = undo_one(path, force, &err);
		bad += state == SLO_UNDO_FAILED || state == SLO_UNDO_BAD;
		report(arg, path, state, &err);
	}
	closedir(d);
	return bad;
}
