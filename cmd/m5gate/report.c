/* SPDX-License-Identifier: MIT */
/* The summary as text, JUnit XML and GitHub annotations. */
#include "m5gate.h"

#include "render/github.h"
#include "render/junit.h"
#include "render/text.h"

#include <math.h>

static const struct slo_term plain = { .utf8 = false };

static void note(struct slo_buf *to, const char *s)
{
	slo_buf_adds(to, "note: ");
	slo_text_add(to, slo_str(s), LIST_MAX, &plain);
	slo_buf_addc(to, '\n');
}

static void drift_notes(struct slo_buf *to, const struct report *r)
{
	for (size_t i = 0; i < r->b->count; i++)
		if (!r->result.regression[i].interleaved && r->b->scenarios[i].candidate.count &&
		    r->b->scenarios[i].baseline.count)
			slo_buf_addf(to,
				     "note: %s: runs of candidate and baseline do not overlap in time; a drift of the "
				     "machine "
				     "counts as a change\n",
				     r->b->scenarios[i].name);
}

void report_text(struct slo_buf *to, const struct report *r)
{
	const struct slo_m5_overhead *o = &r->result.overhead;
	struct slo_buf line;

	slo_buf_addf(to, "m5 gate: %s\nsummary json: %s\nsummary md: %s\n", slo_m5_verdict_name(r->verdict),
		     r->o->out_json, r->o->out_md);
	if (o->nodes && !isnan(o->max_p95)) {
		slo_buf_addf(to, "B5 overhead node p95 max: %.4f%% on ", o->max_p95);
		slo_text_add(to, slo_str(r->b->nodes[o->max_node]), LIST_MAX, &plain);
		slo_buf_addf(to, " (limit %.4f%%)\n", r->limits->overhead_pct);
	}
	if (r->from->verdict == SLO_M5_PASS && r->from->reason[0])
		note(to, r->from->reason);
	drift_notes(to, r);
	slo_buf_init(&line, REPORT_MAX);
	for (size_t i = 0; i < r->found_count; i++) {
		slo_buf_reset(&line);
		finding_add(&line, &r->found[i]);
		slo_buf_adds(to, "- ");
		slo_text_add(to, slo_buf_str(&line), LIST_MAX, &plain);
		slo_buf_addc(to, '\n');
	}
	slo_buf_fini(&line);
}

/* Inconclusive is an error there: something that has no answer is not shown green. */
static enum slo_junit_outcome outcome_of(enum slo_m5_verdict v)
{
	static const enum slo_junit_outcome of[SLO_M5_VERDICT__COUNT] = {
		[SLO_M5_PASS] = SLO_JUNIT_PASSED,
		[SLO_M5_FAIL] = SLO_JUNIT_FAILED,
		[SLO_M5_INCONCLUSIVE] = SLO_JUNIT_ERROR,
	};

	return of[v];
}

static void junit_case(struct slo_junit *j, const char *class, const char *name, enum slo_m5_verdict v,
		       const char *reason)
{
	slo_junit_add(j, &(struct slo_junit_case){ .name = slo_str(name),
						   .classname = slo_str(class),
						   .outcome = outcome_of(v),
						   .type = slo_str(v == SLO_M5_PASS ? NULL : slo_m5_verdict_name(v)),
						   .message = slo_str(v == SLO_M5_PASS ? NULL : reason) });
}

static void junit_metrics(struct slo_junit *j, const struct report *r, bool regression)
{
	char name[256];

	for (size_t i = 0; i < r->b->count; i++)
		for (int m = 0; m < SLO_M5_METRIC__COUNT; m++) {
			const struct slo_m5_spread *v = &r->result.variance[i].metric[m];
			const struct slo_m5_compare *c = &r->result.regression[i].metric[m];

			snprintf(name, sizeof(name), "%s %s", r->b->scenarios[i].name, slo_m5_metric_name[m]);
			if (regression)
				junit_case(j, "m5gate.significance", name, c->verdict, c->reason);
			else
				junit_case(j, "m5gate.variance", name, v->verdict, v->reason);
		}
}

void report_junit(struct slo_buf *to, const struct report *r)
{
	const struct slo_m5_overhead *o = &r->result.overhead;
	struct slo_junit j;

	slo_junit_init(&j, REPORT_MAX);
	slo_junit_suite(&j, slo_str("Baseline provenance"));
	junit_case(&j, "m5gate.baseline", "source", r->from->verdict, r->from->reason);
	slo_junit_suite(&j, slo_str("B5 overhead"));
	if (!o->nodes || r->b->costs.absent)
		junit_case(&j, "m5gate.overhead", "all nodes", o->verdict, o->reason);
	for (size_t i = 0; o->nodes && i < r->b->costs.nodes_count; i++)
		junit_case(&j, "m5gate.overhead", r->b->nodes[i], o->nodes[i].verdict, o->nodes[i].reason);
	slo_junit_suite(&j, slo_str("D3 rerun variance"));
	junit_metrics(&j, r, false);
	slo_junit_suite(&j, slo_str("E3 significance"));
	junit_metrics(&j, r, true);
	slo_junit_write(&j, slo_str("m5gate"), to);
	slo_junit_fini(&j);
}

void report_github(struct slo_buf *to, const struct report *r)
{
	struct slo_buf line;

	slo_buf_init(&line, REPORT_MAX);
	for (size_t i = 0; i < r->found_count; i++) {
		bool failed = r->found[i].verdict == SLO_M5_FAIL || r->o->on_inconclusive == MAP_FAIL;

		slo_buf_reset(&line);
		finding_add(&line, &r->found[i]);
		slo_github_add(to, &(struct slo_github_note){ .level = failed ? SLO_GITHUB_ERROR : SLO_GITHUB_WARNING,
							      .title = slo_str("m5 gate"),
							      .message = slo_buf_str(&line) });
	}
	slo_buf_reset(&line);
	slo_buf_addf(&line, "%s", slo_m5_verdict_name(r->verdict));
	slo_github_add(to, &(struct slo_github_note){ .level = SLO_GITHUB_NOTICE,
						      .title = slo_str("m5 gate"),
						      .message = slo_buf_str(&line) });
	slo_buf_fini(&line);
}
