/* SPDX-License-Identifier: MIT */
/* Verdicts for what runs pipelines: JUnit reports, annotations and summaries of GitHub Actions. */
#include "cdgate.h"

#include "render/github.h"
#include "render/junit.h"

#include <math.h>

enum { NOTES_MAX = 10 }; /* GitHub shows ten of a kind for a step */

void cdgate_put_junit(const struct cdgate_verdict *v, struct slo_buf *out)
{
	static const enum slo_junit_outcome outcomes[] = { SLO_JUNIT_PASSED, SLO_JUNIT_FAILED, SLO_JUNIT_ERROR,
							   SLO_JUNIT_ERROR };
	struct slo_junit j;
	int ret;

	slo_junit_init(&j, CDGATE_REPORT_MAX / 2);
	slo_junit_suite(&j, slo_str("cdgate"));
	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		const struct slo_gate_metric *m = &v->plan.metrics[i];
		const struct slo_gate_measure *d = cdgate_decider(v, i);
		int verdict = cdgate_verdict_of(v, i);

		slo_junit_add(&j, &(struct slo_junit_case){ .name = slo_str(m->name),
							    .classname = slo_str("cdgate"),
							    .outcome = outcomes[verdict],
							    .type = slo_str(slo_gate_outcome_names[verdict]),
							    .message = slo_str(d->reason),
							    .text = slo_str(cdgate_query(v, m)) });
	}
	ret = slo_junit_write(&j, slo_str("sloctl cdgate"), out);
	if (ret && !out->err)
		out->err = ret;
	slo_junit_fini(&j);
}

void cdgate_put_github(const struct cdgate_verdict *v, struct slo_buf *out)
{
	int notes = 0;

	for (size_t i = 0; i < v->plan.metrics_count && notes < NOTES_MAX; i++) {
		const struct slo_gate_metric *m = &v->plan.metrics[i];
		const struct slo_gate_measure *d = cdgate_decider(v, i);
		int verdict = cdgate_verdict_of(v, i);
		char title[128], text[700];

		if (verdict == SLO_GATE_PASS && !d->warning[0])
			continue;
		snprintf(title, sizeof(title), "%s: %s", m->name, slo_gate_outcome_names[verdict]);
		snprintf(text, sizeof(text), "%s", d->reason[0] ? d->reason : d->warning);
		slo_github_add(out, &(struct slo_github_note){ .level = verdict == SLO_GATE_FAIL ? SLO_GITHUB_ERROR :
									SLO_GITHUB_WARNING,
							       .title = slo_str(title), .message = slo_str(text) });
		notes++;
	}
	slo_buf_addf(out, "cdgate: %s%s\n", slo_gate_outcome_names[v->result.outcome],
		     v->result.degraded ? " (degraded: not checked)" : "");
}

/* A cell of a Markdown table: a bar or a line end would end it, "<" would begin markup. */
static void add_cell(struct slo_buf *out, const char *s)
{
	slo_buf_addc(out, ' ');
	for (; *s; s++) {
		if (*s == '|' || *s == '`')
			slo_buf_addf(out, "\\%c", *s);
		else if (*s == '<')
			slo_buf_adds(out, "&lt;");
		else
			slo_buf_addc(out, *s == '\n' || *s == '\r' ? ' ' : *s);
	}
	slo_buf_adds(out, " |");
}

void cdgate_put_summary(const struct cdgate_verdict *v, struct slo_buf *out)
{
	slo_buf_addf(out,
		     "### cdgate: %s%s\n\n| metric | verdict | value | must be | samples | reason "
		     "|\n|---|---|---|---|---|---|\n",
		     slo_gate_outcome_names[v->result.outcome], v->result.degraded ? " (degraded: not checked)" : "");
	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		const struct slo_gate_measure *d = cdgate_decider(v, i);
		char limit[64], value[32] = "-", samples[32] = "-";

		cdgate_threshold(&v->plan.metrics[i], d, limit, sizeof(limit));
		if (isfinite(d->value))
			snprintf(value, sizeof(value), "%.6g", d->value);
		if (isfinite(d->samples))
			snprintf(samples, sizeof(samples), "%.0f", d->samples);
		slo_buf_addc(out, '|');
		add_cell(out, v->plan.metrics[i].name);
		add_cell(out, slo_gate_outcome_names[cdgate_verdict_of(v, i)]);
		add_cell(out, value);
		add_cell(out, limit);
		add_cell(out, samples);
		add_cell(out, d->reason);
		slo_buf_addc(out, '\n');
	}
	slo_buf_addc(out, '\n');
}
