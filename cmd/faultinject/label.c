/* SPDX-License-Identifier: MIT */
/* The labels of a fault: one once it is in force, one after it was undone. */
#include "faultinject.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "event/event.h"
#include "event/tables.h"

#include <errno.h>

/* A label, with the texts its views point to. */
struct label {
	struct slo_fault_label l;
	char numbers[SLO_MAX_LABELS][SLO_NUM_MAX + 1];
};

static void add_param(struct label *b, const char *key, const char *value)
{
	if (b->l.params_count < SLO_MAX_LABELS)
		b->l.params[b->l.params_count++] = (struct slo_pair){ slo_str(key), slo_str(value) };
}

static void add_number(struct label *b, const char *key, double value)
{
	char *text = b->numbers[b->l.params_count % SLO_MAX_LABELS];

	text[slo_fmt_f64(text, value)] = '\0';
	add_param(b, key, text);
}

static void add_throttle(struct label *b, const struct slo_throttle *t)
{
	add_param(b, "cgroup", t->dir);
	add_number(b, "quota_us", (double)t->quota_us);
	add_number(b, "period_us", (double)t->period_us);
	add_number(b, "processes", (double)t->moves_count);
}

/* The values that were written and read back. */
static void add_files(struct label *b, const struct slo_journal *j)
{
	for (size_t i = 0; i < j->steps_count; i++) {
		const char *file = strrchr(j->steps[i].path, '/');

		if (j->steps[i].kind == SLO_STEP_FILE && strcmp(file, "/cgroup.subtree_control") != 0)
			add_param(b, file + 1, j->steps[i].value);
		else if (j->steps[i].kind == SLO_STEP_NETEM && (i == 0 || j->steps[i - 1].kind != SLO_STEP_NETEM))
			add_param(b, "netem", j->steps[i].value);
	}
}

static void fill(struct label *b, const struct running *r)
{
	const struct slo_fault_info *f = slo_fault_find(r->spec.fault);
	double strength = r->spec.strength > 0 ? r->spec.strength : slo_fault_strength(f, r->spec.severity);
	double level = slo_fault_severity(f, strength);

	slo_rec_clear(slo_event_rec[SLO_KIND_FAULT_LABEL], &b->l);
	b->l.label_id = slo_str(r->label_id);
	b->l.fault = r->spec.fault;
	b->l.domain = slo_fault_domain(r->spec.fault);
	if (r->spec.fault == SLO_FAULT_CPU_THROTTLE)
		b->l.detail = SLO_DETAIL_QUOTA;
	if (r->spec.fault == SLO_FAULT_CPU_CONTENTION)
		b->l.detail = SLO_DETAIL_CONTENTION;
	b->l.severity = level / SLO_SEVERITIES;
	b->l.start_ns = r->start_ns;
	b->l.target = slo_str(r->s.plan->target);
	b->l.mechanism = slo_str(r->s.plan->mechanism);
	if (r->service[0])
		b->l.service = slo_str(r->service);
	add_number(b, "level", level);
	add_number(b, "strength", strength);
	add_param(b, "unit", r->s.plan->unit ? r->s.plan->unit : f->unit);
	if (r->s.journal->has_throttle)
		add_throttle(b, &r->s.journal->throttle);
	add_files(b, r->s.journal);
}

static int encode(const struct label *b, struct slo_buf *line)
{
	slo_buf_init(line, 1 << 16);
	return slo_event_encode_payload(SLO_KIND_FAULT_LABEL, &b->l, line);
}

static int write_line(struct slo_writer *w, const struct slo_buf *line)
{
	int ret = slo_writer_line(w, slo_buf_str(line), SLO_WRITE_WINDOW);

	return ret ? ret : slo_writer_flush(w, 1000);
}

/* The label into the journal, and where an undo after our death can append: other endpoints than files end with us. */
static int note(struct running *r, struct slo_str label, const char *out)
{
	bool is_file = strcmp(out, "-") != 0 && strncmp(out, "unix", 4) != 0;
	slo_autofree char *path = is_file ? realpath(out, NULL) : NULL;
	struct slo_err err = { .what = "" };
	int ret = slo_session_note(&r->s, label, path ? path : "", &err);

	if (ret)
		slo_warn_err(&err);
	return ret;
}

int running_start(struct running *r, const char *out, struct slo_writer *w)
{
	struct label b;
	struct slo_buf line;
	int ret;

	r->start_ns = slo_now_wall_ns();
	slo_measure_take(&r->s, &r->before);
	slo_str_copy(r->label_id, sizeof(r->label_id), slo_str(r->s.journal->label_id));
	fill(&b, r);
	ret = encode(&b, &line);
	/* Into the journal first: killed between the two, the end label still tells both times. */
	if (!ret)
		note(r, slo_buf_str(&line), out);
	if (!ret)
		ret = write_line(w, &line);
	slo_buf_fini(&line);
	return ret;
}

int running_end(struct running *r, const char *ended_by, struct slo_writer *w)
{
	struct slo_err err = { .what = "" }, gone = { .what = "" };
	struct slo_measure now;
	struct label b;
	struct slo_buf line;
	int ret;

	if (slo_session_check(&r->s, &gone))
		slo_warn("%s was not in force to the end: %s", r->label_id, gone.what);
	slo_measure_take(&r->s, &now);
	fill(&b, r);
	ret = slo_session_undo(&r->s, &err);
	b.l.end_ns = slo_now_wall_ns();
	b.l.undo = slo_str(ret ? err.what : "ok");
	add_param(&b, "ended_by", ended_by);
	if (gone.what[0])
		add_param(&b, "lost", gone.what);
	for (size_t i = 0; i < now.count; i++) {
		double delta = now.v[i].value - slo_measure_find(&r->before, now.v[i].name);

		if (delta > 0 || i < 2)
			add_number(&b, now.v[i].name, delta);
	}
	if (w && encode(&b, &line) == 0)
		write_line(w, &line);
	if (w)
		slo_buf_fini(&line);
	if (ret)
		slo_warn("the fault could not be undone: %s; try 'faultinject undo'", err.what);
	slo_session_close(&r->s, ret == 0);
	return ret ? 1 : 0;
}
