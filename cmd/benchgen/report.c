/* SPDX-License-Identifier: MIT */
/* report.md, and the table on standard output: every method on the same incidents. */
#include "benchgen.h"

#include "base/time.h"
#include "render/grid.h"

#include <inttypes.h>
#include <math.h>

enum { GROUPS_MAX = 64 }; /* places and profiles together */

/* A name from outside in a cell or a list: nothing in it may end the cell or begin markup. */
static void text(struct slo_buf *to, struct slo_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] && strchr("|\\`*_<>[]&", s.p[i]))
			slo_buf_addc(to, '\\');
		if ((unsigned char)s.p[i] < ' ')
			slo_buf_addc(to, ' ');
		else
			slo_buf_addc(to, s.p[i]);
	}
}

static void name(struct slo_buf *to, const char *s)
{
	text(to, slo_str(s));
}

static void bullet(struct slo_buf *to, const char *title, const char *value)
{
	slo_buf_addf(to, "- %s: ", title);
	name(to, value);
	slo_buf_addc(to, '\n');
}

static void number(struct slo_buf *to, double v)
{
	slo_buf_addf(to, isinf(v) ? "%.0f" : "%.3f", v);
}

static void figure(struct slo_buf *to, const struct figure *f)
{
	if (f->why) {
		slo_buf_adds(to, "n/a");
		return;
	}
	number(to, f->value);
	if (isnan(f->lo) || isnan(f->hi))
		return;
	slo_buf_adds(to, " [");
	number(to, f->lo);
	slo_buf_adds(to, ", ");
	number(to, f->hi);
	slo_buf_addc(to, ']');
}

static void head(struct slo_buf *to, const struct bench *b)
{
	const struct options *o = b->o;
	char when[SLO_RFC3339_MAX + 1];

	when[slo_fmt_rfc3339(when, b->started_ns)] = '\0';
	slo_buf_adds(to, "# Attribution benchmark\n\n");
	bullet(to, "run", when);
	bullet(to, "scenario", benchgen_scenarios[o->scenario]);
	bullet(to, "workload profile", o->workload);
	bullet(to, "attribution mode", benchgen_modes[o->mode]);
	bullet(to, "model", b->model[0] ? b->model : "not named by the answers");
	if (b->recorded) {
		bullet(to, "split", benchgen_splits[o->split]);
		bullet(to, "stream", slo_enum_name(&slo_stream_enum, o->stream));
	} else {
		bullet(to, "input", "fault samples");
	}
	bullet(to, "data set sha256", b->dataset_sha256);
	bullet(to, "attributor sha256", b->command.sha256);
	slo_buf_addf(to, "- seed: %" PRId64 "\n", o->seed);
	bullet(to, "runner mode", b->runner_mode);
	slo_buf_addf(to, "- release grade: %s%s%s\n", b->release_grade ? "true" : "false",
		     b->release_why[0] ? ", " : "", b->release_why);
	bullet(to, "git commit", b->git_commit);
}

static void sizes(struct slo_buf *to, const struct bench *b)
{
	static const char *const what[SLO_CASE__COUNT] = {
		[SLO_CASE_SINGLE] = "one fault", [SLO_CASE_DUAL] = "two faults",
		[SLO_CASE_TRIPLE] = "three faults or more", [SLO_CASE_OUTSIDE] = "a fault outside the domains",
		[SLO_CASE_HEALTHY] = "healthy", [SLO_CASE_BELOW] = "a fault, and the objective was met (not scored)",
	};
	const struct slo_tally *t = &b->result[METHOD_OURS].tally;

	slo_buf_adds(to, "\n## Incidents\n\n| what | incidents | answered | correct | exact set |\n"
			 "|---|---|---|---|---|\n");
	for (int k = 0; k < SLO_CASE__COUNT; k++)
		slo_buf_addf(to, "| %s | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " |\n", what[k],
			     t->cases[k], t->cases[k] - t->missed[k], t->correct[k], t->exact[k]);
	slo_buf_addf(to, "\n%" PRIu64 " calm windows: %" PRIu64 " with an incident opened, %" PRIu64
			 " with a domain blamed.\n",
		     t->calm, t->alarms, t->blamed);
	if (b->without_stream)
		slo_buf_addf(to, "\n%" PRIu64 " chosen incidents have no such stream and are left out.\n",
			     b->without_stream);
}

static void methods(struct slo_buf *to, const struct bench *b)
{
	slo_buf_addf(to, "\n## Methods\n\nOn the same incidents; in brackets the interval that holds the truth with "
			 "95 %%: Clopper and Pearson for shares, else %d bootstrap draws of whole incidents (none "
			 "where all draws agree), for random where 95 %% of the draws fall.\n\n| metric |",
		     BOOT_ITERATIONS);
	for (int m = 0; m < METHOD__COUNT; m++) {
		slo_buf_addc(to, ' ');
		name(to, method_name[m]);
		slo_buf_adds(to, " |");
	}
	slo_buf_adds(to, "\n|---|");
	for (int m = 0; m < METHOD__COUNT; m++)
		slo_buf_adds(to, "---|");
	for (int k = 0; k < SLO_METRIC__COUNT; k++) {
		slo_buf_addf(to, "\n| %s |", slo_metric_info[k].title);
		for (int m = 0; m < METHOD__COUNT; m++) {
			slo_buf_addc(to, ' ');
			figure(to, &b->result[m].metric[k]);
			slo_buf_adds(to, " |");
		}
	}
	slo_buf_adds(to, "\n\n");
	for (int m = 0; m < METHOD__COUNT; m++) {
		slo_buf_adds(to, "- ");
		name(to, method_name[m]);
		slo_buf_addf(to, ": %s%s%s\n", method_about[m], b->result[m].absent ? "; not available: " : "",
			     b->result[m].absent ? b->result[m].absent : "");
	}
}

struct group {
	struct slo_str place, profile;
	uint64_t positives, correct, missed, calm, alarms;
};

static void count_into(struct group *g, const struct slo_case *c, const struct slo_outcome *o)
{
	int kind = slo_case_kind(c);

	g->calm += kind == SLO_CASE_HEALTHY ? SLO_CALM__COUNT : 1;
	g->alarms += o->alarm[SLO_CALM_BASELINE];
	g->alarms += o->alarm[SLO_CALM_CONTROL];
	if (kind == SLO_CASE_HEALTHY || kind == SLO_CASE_BELOW)
		return;
	g->positives++;
	g->correct += slo_outcome_correct(o, c);
	g->missed += !o->found;
}

/* One figure over all can hide that a place or a workload goes wrong. */
static void groups(struct slo_buf *to, const struct bench *b)
{
	struct group all[GROUPS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct slo_recorded *r = b->items[i].rec;
		size_t k = 0;

		while (k < n && !(slo_str_eq(all[k].place, r->place) && slo_str_eq(all[k].profile, r->profile)))
			k++;
		if (k == GROUPS_MAX)
			continue;
		if (k == n)
			all[n++] = (struct group){ .place = r->place, .profile = r->profile };
		count_into(&all[k], &b->cases[i], &b->out[METHOD_OURS][i]);
	}
	slo_buf_adds(to, "\n## Places and workloads\n\n| place | profile | positives | correct | missed | calm "
			 "windows | false alarms |\n|---|---|---|---|---|---|---|\n");
	for (size_t k = 0; k < n; k++) {
		slo_buf_adds(to, "| ");
		text(to, all[k].place);
		slo_buf_adds(to, " | ");
		text(to, all[k].profile);
		slo_buf_addf(to, " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " |\n",
			     all[k].positives, all[k].correct, all[k].missed, all[k].calm, all[k].alarms);
	}
}

static void rate(struct slo_buf *to, double v)
{
	if (isnan(v))
		slo_buf_adds(to, " n/a |");
	else
		slo_buf_addf(to, " %.3f |", v);
}

static void classes(struct slo_buf *to, const struct bench *b)
{
	const struct slo_tally *t = &b->result[METHOD_OURS].tally;

	slo_buf_adds(to, "\n## Domains\n\nOne fault at a time, by the domain blamed first; and whole cause sets, over "
			 "all positives and healthy runs.\n\n| domain | precision | recall | F1 | support | "
			 "set precision | set recall | set F1 | set support |\n"
			 "|---|---|---|---|---|---|---|---|---|\n");
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		const struct slo_class_score *set = &t->set[d];
		struct slo_class_score one;

		slo_confusion_class(&t->single, d, &one);
		slo_buf_addf(to, "| %s |", slo_domain_enum.names[d]);
		rate(to, one.precision);
		rate(to, one.recall);
		rate(to, one.f1);
		slo_buf_addf(to, " %" PRIu64 " |", one.support);
		rate(to, set->precision);
		rate(to, set->recall);
		rate(to, set->f1);
		slo_buf_addf(to, " %" PRIu64 " |\n", set->support);
	}
}

static void confusion(struct slo_buf *to, const struct bench *b)
{
	const struct slo_confusion *m = &b->result[METHOD_OURS].tally.all;

	slo_buf_adds(to, "\n## Confusion\n\nRows: what happened (none: a healthy run). Columns: what was blamed first "
			 "(none: no incident was opened).\n\n| |");
	for (int k = 0; k < SLO_TALLY_CLASSES; k++)
		slo_buf_addf(to, " %s |", class_name(k));
	slo_buf_adds(to, "\n|---|");
	for (int k = 0; k < SLO_TALLY_CLASSES; k++)
		slo_buf_adds(to, "---|");
	for (int i = 0; i < SLO_TALLY_CLASSES; i++) {
		slo_buf_addf(to, "\n| %s |", class_name(i));
		for (int k = 0; k < SLO_TALLY_CLASSES; k++)
			slo_buf_addf(to, " %" PRIu64 " |", m->count[i][k]);
	}
	slo_buf_addc(to, '\n');
}

static void definitions(struct slo_buf *to)
{
	slo_buf_adds(
		to,
		"\n## How it was scored\n\n"
		"- The answer is the incident line in force at the end of the fault: the last one, open or updated, "
		"not later; where there is none, the last one before the end of the recording. An incident resolved "
		"before it spoke of the fault does not count.\n"
		"- The cause set is the domain blamed first and every named hypothesis of 0.10 and more; an answer "
		"of unknown is an abstention.\n"
		"- Correct: of one fault the domain blamed first; of several the exact set. Partial: the domain "
		"blamed first is among the true ones. Coverage: the share of the true domains that were listed.\n"
		"- Missed: no incident was opened. It counts against recall, accuracy and every set.\n"
		"- A calm window is the time before a fault, and each half of a healthy run. A false alarm is an "
		"incident opened in one.\n"
		"- Detection delay: from the label's start to the event time of the opening.\n"
		"- Every attributor ran as a process of its own on a copy of the stream without a name, in a bare "
		"environment; labels and manifest were not in its reach by name.\n");
}

void write_report(struct slo_buf *to, const struct bench *b)
{
	head(to, b);
	sizes(to, b);
	methods(to, b);
	classes(to, b);
	confusion(to, b);
	if (b->recorded)
		groups(to, b);
	definitions(to);
	slo_buf_adds(to, "\n## Bundle\n\n"
			 "- incident_predictions.csv\n- confusion-matrix.csv\n- class_metrics.csv\n"
			 "- collector_overhead.csv\n- attribution_summary.json\n- provenance.json\n- report.md\n");
}

void write_table(struct slo_buf *to, const struct bench *b)
{
	static const struct slo_column columns[] = {
		{ "metric", SLO_ALIGN_LEFT, 0 },     { "attributor", SLO_ALIGN_RIGHT, 0 },
		{ "rules", SLO_ALIGN_RIGHT, 0 },     { "largest_z", SLO_ALIGN_RIGHT, 0 },
		{ "majority", SLO_ALIGN_RIGHT, 0 },  { "random", SLO_ALIGN_RIGHT, 0 },
	};
	struct slo_term t = { .width = 120, .height = 24 };
	struct slo_grid g;

	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (int k = 0; k < SLO_METRIC__COUNT; k++) {
		slo_grid_cell(&g, slo_str(slo_metric_info[k].title));
		for (int m = 0; m < METHOD__COUNT; m++) {
			const struct figure *f = &b->result[m].metric[k];

			if (f->why)
				slo_grid_cell(&g, slo_str("n/a"));
			else
				slo_grid_cellf(&g, "%.3f", f->value);
		}
	}
	(void)slo_grid_draw(&g, 0, &t, to);
	slo_grid_fini(&g);
}
