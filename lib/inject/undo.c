/* SPDX-License-Identifier: MIT */
/* What injectors that are gone have left behind. */
#include "inject/session.h"

#include "base/cleanup.h"
#include "base/time.h"
#include "inject/process.h"
#include "io/writer.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <time.h>

enum { DRAFT_S = 10 }; /* a journal is written in far less */

static bool injector_lives(const struct slo_journal *j)
{
	int64_t ticks;
	bool kthread;

	return slo_process_stat(j->pid, &ticks, &kthread) == 0 && ticks == j->start_ticks;
}

static void end_label(const struct slo_journal *j, const char *undo, struct slo_buf *to)
{
	const struct slo_writer_opts o = { .append = true };
	size_t before = to->len;
	struct slo_writer *w;

	if (slo_journal_end_label(j, slo_now_wall_ns(), "injector_gone", undo, to) || !j->out[0] ||
	    slo_writer_open(j->out, &o, &w, NULL))
		return;
	slo_writer_line(w, slo_str_n(to->data + before, to->len - before), SLO_WRITE_WINDOW);
	slo_writer_close(w, NULL);
}

/* What a journal was being written to when its injector was killed; see slo_file_replace(). */
static void remove_drafts(const char *path)
{
	slo_autofree char *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	size_t len = slash ? strlen(slash + 1) : 0;
	DIR *d;

	if (!slash)
		return;
	*slash = '\0';
	d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d));)
		if (strncmp(e->d_name, slash + 1, len) == 0 && e->d_name[len] == '.' && strlen(e->d_name) == len + 7)
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}

/* The injector was killed before its first journal was in place: it had done nothing yet. */
static void remove_orphan(const char *dir, const char *name)
{
	const char *dot = strstr(name, ".json.");
	char path[SLO_CG_PATH_MAX];
	struct stat st;

	if (!dot || strlen(dot) != 12 ||
	    snprintf(path, sizeof(path), "%s/%.*s", dir, (int)(dot - name) + 5, name) >= (int)sizeof(path) || access(path, F_OK) == 0)
		return;
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path) && stat(path, &st) == 0 &&
	    st.st_mtime + DRAFT_S < time(NULL))
		unlink(path);
}

enum slo_undo_state slo_journal_undo_one(const char *path, bool force, struct slo_buf *label, struct slo_err *err)
{
	slo_autofree struct slo_journal *j = calloc(1, sizeof(*j));
	slo_autofree char *text = NULL;
	char boot[sizeof(j->boot_id)];
	struct slo_buf own;
	size_t len;

	if (!j || slo_file_read(path, SLO_JOURNAL_MAX, &text, &len, err) || slo_journal_decode(text, len, j, err))
		return SLO_UNDO_BAD;
	if (slo_boot_id(boot) == 0 && strcmp(boot, j->boot_id) != 0) {
		unlink(path);
		return SLO_UNDO_STALE;
	}
	if (!force && injector_lives(j))
		return SLO_UNDO_RUNNING;
	if (slo_journal_undo(&slo_step_live, j, err))
		return SLO_UNDO_FAILED;
	slo_buf_init(&own, 2 * SLO_JOURNAL_LABEL_MAX);
	end_label(j, "ok", label ? label : &own);
	slo_buf_fini(&own);
	unlink(path);
	remove_drafts(path);
	return SLO_UNDO_DONE;
}

static bool is_journal(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".json") == 0;
}

int slo_journal_undo_all(const char *dir, bool force, slo_undo_report_fn *report, void *arg)
{
	DIR *d = opendir(dir);
	struct slo_buf label;
	struct dirent *e;
	int bad = 0;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	slo_buf_init(&label, 2 * SLO_JOURNAL_LABEL_MAX);
	while ((e = readdir(d))) {
		struct slo_err err = { .what = "" };
		enum slo_undo_state state;
		char path[SLO_CG_PATH_MAX];

		remove_orphan(dir, e->d_name);
		if (!is_journal(e->d_name) || snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= (int)sizeof(path))
			continue;
		slo_buf_reset(&label);
		state = slo_journal_undo_one(path, force, &label, &err);
		bad += state == SLO_UNDO_FAILED || state == SLO_UNDO_BAD;
		report(arg, path, state, slo_buf_str(&label), &err);
	}
	slo_buf_fini(&label);
	closedir(d);
	return bad;
}
