/* SPDX-License-Identifier: MIT */
#include "inject/session.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "inject/plan.h"
#include "inject/process.h"
#include "inject/watcher.h"
#include "io/writer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

static int write_journal(const struct slo_session *s, struct slo_err *err)
{
	struct slo_buf b;
	int ret;

	slo_buf_init(&b, SLO_JOURNAL_MAX);
	ret = slo_journal_encode(s->journal, &b);
	if (!ret)
		ret = slo_mkdirs(s->path);
	if (!ret)
		ret = slo_file_replace(s->path, slo_buf_str(&b), err);
	slo_buf_fini(&b);
	return ret ? slo_err_set(err, ret, "%s: %s", s->path, slo_strerror(ret)) : 0;
}

static int name_session(struct slo_session *s, int fault, const char *journal_dir, struct slo_err *err)
{
	static int begun; /* of this process */
	struct slo_journal *j = s->journal;
	bool kthread;
	int ret;

	j->pid = getpid();
	ret = slo_process_stat(j->pid, &j->start_ticks, &kthread);
	if (!ret)
		ret = slo_boot_id(j->boot_id);
	if (ret)
		return slo_err_set(err, ret, "/proc: %s", slo_strerror(ret));
	snprintf(j->label_id, sizeof(j->label_id), "%s-%lld-%lld-%d", slo_enum_name(&slo_fault_enum, fault), (long long)j->pid,
		 (long long)j->start_ticks, ++begun);
	if (snprintf(s->path, sizeof(s->path), "%s/%s.json", journal_dir, j->label_id) >= (int)sizeof(s->path))
		return slo_err_set(err, -ENAMETOOLONG, "the journal's path is too long");
	return 0;
}

static int make_room(struct slo_session *s)
{
	memset(s, 0, sizeof(*s));
	s->watcher_fd = -1;
	for (size_t i = 0; i < SLO_FAULT_JOBS_MAX; i++)
		s->helpers[i].fd = -1;
	s->plan = calloc(1, sizeof(*s->plan));
	s->journal = calloc(1, sizeof(*s->journal));
	s->stats = mmap(NULL, sizeof(*s->stats), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->stats == MAP_FAILED)
		s->stats = NULL;
	return s->plan && s->journal && s->stats ? 0 : -ENOMEM;
}

static void adopt(struct slo_session *s)
{
	s->journal->has_throttle = s->plan->has_throttle;
	s->journal->throttle = s->plan->throttle;
	memcpy(s->journal->steps, s->plan->steps, sizeof(s->journal->steps));
	s->journal->steps_count = s->plan->steps_count;
}

/* They wait until their numbers are in the journal. */
static int start_helpers(struct slo_session *s, struct slo_err *err)
{
	size_t job = 0;

	for (size_t i = 0; i < s->journal->steps_count; i++) {
		struct slo_step *step = &s->journal->steps[i];
		int ret;

		if (step->kind != SLO_STEP_HELPER)
			continue;
		s->plan->jobs[job].relay.stats = s->stats;
		ret = slo_helper_start(&s->plan->jobs[job], &s->helpers[job]);
		if (ret)
			return slo_err_set(err, ret, "the %s process does not start: %s", step->name, slo_strerror(ret));
		step->pid = s->helpers[job].pid;
		step->ticks = s->helpers[job].ticks;
		job++;
	}
	return job ? write_journal(s, err) : 0;
}

static int apply(struct slo_session *s, struct slo_err *err)
{
	struct slo_journal *j = s->journal;
	size_t job = 0;
	int ret = j->has_throttle ? slo_throttle_apply(slo_step_live.cg, &j->throttle, err) : 0;

	for (size_t i = 0; i < j->steps_count && !ret; i++) {
		struct slo_step *step = &j->steps[i];

		if (step->kind == SLO_STEP_HELPER) {
			ret = slo_helper_go(&s->helpers[job++], err);
			continue;
		}
		if (step->nat && job)
			ret = slo_plan_way(&s->plan->jobs[job - 1].relay, s->helpers[job - 1].ports, step, err);
		ret = ret ? ret : slo_step_apply(&slo_step_live, step, err);
	}
	return ret ? ret : slo_session_check(s, err);
}

static int begin(struct slo_session *s, const struct slo_fault_spec *spec, const char *dir, bool netem, struct slo_err *err)
{
	const struct slo_plan_env env = { &slo_step_live, netem, s->journal->label_id };
	int ret = name_session(s, spec->fault, dir, err);

	if (!ret)
		ret = slo_fault_plan(spec, &env, s->plan, err);
	if (ret)
		return ret;
	adopt(s);
	ret = write_journal(s, err);
	if (ret)
		return ret;
	ret = start_helpers(s, err);
	if (!ret) {
		ret = slo_watcher_start(s->path, &s->watcher_fd, &s->watcher_pid);
		if (ret)
			slo_err_set(err, ret, "the watcher does not start: %s", slo_strerror(ret));
	}
	if (!ret)
		ret = apply(s, err);
	if (ret) /* undoing settles what was done; what cannot be undone keeps its journal */
		slo_session_close(s, slo_session_undo(s, NULL) == 0);
	return ret;
}

int slo_session_begin(struct slo_session *s, const struct slo_fault_spec *spec, const char *journal_dir, bool netem,
		      struct slo_err *err)
{
	int ret = make_room(s);

	return ret ? slo_err_set(err, ret, "%s", slo_strerror(ret)) : begin(s, spec, journal_dir, netem, err);
}

int slo_session_check(const struct slo_session *s, struct slo_err *err)
{
	const struct slo_journal *j = s->journal;
	int ret = j->has_throttle ? slo_throttle_check(slo_step_live.cg, &j->throttle, err) : 0;

	for (size_t i = 0; i < j->steps_count && !ret; i++)
		ret = slo_step_check(&slo_step_live, &j->steps[i], err);
	return ret;
}

int slo_session_note(struct slo_session *s, struct slo_str label, const char *out, struct slo_err *err)
{
	if (label.len >= sizeof(s->journal->label) || strlen(out) >= sizeof(s->journal->out))
		return slo_err_set(err, -E2BIG, "the label does not fit the journal");
	slo_str_copy(s->journal->label, sizeof(s->journal->label), label);
	slo_str_copy(s->journal->out, sizeof(s->journal->out), slo_str(out));
	return write_journal(s, err);
}

int slo_session_undo(struct slo_session *s, struct slo_err *err)
{
	for (size_t i = 0; i < SLO_FAULT_JOBS_MAX; i++)
		if (s->helpers[i].fd >= 0)
			close(SLO_TAKE_FD(s->helpers[i].fd)); /* it never began */
	return slo_journal_undo(&slo_step_live, s->journal, err);
}

void slo_session_close(struct slo_session *s, bool undone)
{
	if (undone && s->path[0])
		unlink(s->path);
	if (!undone && s->watcher_fd >= 0)
		close(SLO_TAKE_FD(s->watcher_fd)); /* not dismissed: it goes on trying */
	slo_watcher_dismiss(&s->watcher_fd, s->watcher_pid);
	free(s->plan);
	free(s->journal);
	if (s->stats)
		munmap(s->stats, sizeof(*s->stats));
	s->plan = NULL;
	s->journal = NULL;
	s->stats = NULL;
	s->path[0] = '\0';
}
