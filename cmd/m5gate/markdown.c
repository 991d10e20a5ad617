/* SPDX-License-Identifier: MIT */
#include "m5gate.h"

#include <math.h>

/* A name from outside in a cell: nothing in it may end the cell or begin markup. */
static void cell(struct slo_buf *to, const char *s)
{
	for (; *s; s++) {
		if (strchr("|\\`*_<>[]&", *s))
			slo_buf_addc(to, '\\');
		slo_buf_addc(to, (unsigned char)*s < ' ' ? ' ' : *s);
	}
}

static void field(struct slo_buf *to, const char *name, const char *value)
{
	slo_buf_addf(to, "- %s: ", name);
	cell(to, value[0] ? value : "not known");
	slo_buf_addc(to, '\n');
}

static void figure(struct slo_buf *to, double v)
{
	if (isnan(v))
		slo_buf_adds(to, " n/a |");
	else if (isinf(v))
		slo_buf_adds(to, v > 0 ? " unbounded |" : " -unbounded |");
	else
		slo_buf_addf(to, " %.4g |", v);
}

static void head(struct slo_buf *to, const char *title, enum slo_m5_verdict v)
{
	slo_buf_addf(to, "\n## %s\n\n%s\n\n", title, slo_m5_verdict_name(v));
}

static void baseline(struct slo_buf *to, const struct report *r)
{
	const struct provenance *p = r->from;

	head(to, "Baseline Provenance", p->verdict);
	field(to, "candidate ref", p->candidate_ref);
	field(to, "candidate commit", p->candidate_commit);
	field(to, "baseline ref", p->baseline_ref);
	field(to, "baseline commit", p->baseline_commit);
	if (p->reason[0])
		field(to, "note", p->reason);
}

static void overhead(struct slo_buf *to, const struct report *r)
{
	const struct slo_m5_overhead *o = &r->result.overhead;

	head(to, "B5 Overhead", o->verdict);
	slo_buf_addf(
		to,
		"Percent of one core, limit %g. Difference: with the agent minus without, upper bounds at %g %%.\n\n",
		r->limits->overhead_pct, 100 * (1 - r->limits->alpha));
	slo_buf_adds(
		to,
		"| node | verdict | runs | own p95 | own mean | difference mean | upper | difference p95 | upper |\n"
		"|---|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; o->nodes && i < r->b->costs.nodes_count; i++) {
		const struct slo_m5_node *n = &o->nodes[i];

		slo_buf_adds(to, "| ");
		cell(to, r->b->nodes[i]);
		slo_buf_addf(to, " | %s | %zu |", slo_m5_verdict_name(n->verdict), n->runs);
		figure(to, n->own_p95);
		figure(to, n->own_mean);
		figure(to, n->mean.estimate);
		figure(to, n->mean.hi);
		figure(to, n->p95.estimate);
		figure(to, n->p95.hi);
		slo_buf_addc(to, '\n');
	}
}

static void variance(struct slo_buf *to, const struct report *r)
{
	head(to, "D3 Rerun Variance", r->result.variance_verdict);
	slo_buf_addf(to, "Spread between runs in percent (error rate: points), limit %g, bound at %g %%.\n\n",
		     r->limits->variance_pct, 100 * (1 - r->limits->alpha));
	slo_buf_adds(to, "| scenario | metric | verdict | runs | mean | cv | within runs | between runs | upper | runs "
			 "needed |\n"
			 "|---|---|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < r->b->count; i++)
		for (int m = 0; m < SLO_M5_METRIC__COUNT; m++) {
			const struct slo_m5_spread *v = &r->result.variance[i].metric[m];

			slo_buf_adds(to, "| ");
			cell(to, r->b->scenarios[i].name);
			slo_buf_addf(to, " | %s | %s | %zu |", slo_m5_metric_name[m], slo_m5_verdict_name(v->verdict),
				     v->n);
			figure(to, v->mean);
			figure(to, v->cv_pct);
			figure(to, v->within_pct);
			figure(to, v->between_pct);
			figure(to, v->upper_pct);
			slo_buf_addf(to, " %zu |\n", v->runs_needed);
		}
}

static void significance(struct slo_buf *to, const struct report *r)
{
	head(to, "E3 Significance", r->result.regression_verdict);
	slo_buf_addf(to,
		     "Change for the worse between runs in percent (error rate: points), limits %g / %g / %g. "
		     "One-sided Mann-Whitney over runs, Holm over scenarios, alpha %g.\n\n",
		     r->limits->ttft_pct, r->limits->tokens_pct, r->limits->errors_pp, r->limits->alpha);
	slo_buf_adds(
		to,
		"| scenario | metric | verdict | runs | change | lower | upper | p | p (Holm) | delta | detectable | "
		"runs needed |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < r->b->count; i++)
		for (int m = 0; m < SLO_M5_METRIC__COUNT; m++) {
			const struct slo_m5_compare *c = &r->result.regression[i].metric[m];

			slo_buf_adds(to, "| ");
			cell(to, r->b->scenarios[i].name);
			slo_buf_addf(to, " | %s | %s | %zu / %zu |", slo_m5_metric_name[m],
				     slo_m5_verdict_name(c->verdict), c->n, c->m);
			figure(to, c->change.estimate);
			figure(to, c->change.lo);
			figure(to, c->change.hi);
			figure(to, c->test.p_greater);
			figure(to, c->p_adjusted);
			figure(to, c->delta.estimate);
			figure(to, c->min_detectable);
			slo_buf_addf(to, " %zu |\n", c->runs_needed);
		}
	slo_buf_addf(
		to, "\nBootstrap: percentile, %zu resamplings of runs and then of requests, xoshiro256**, seed %llu.\n",
		r->limits->bootstrap_iters, (unsigned long long)r->limits->seed);
}

static void findings(struct slo_buf *to, const struct report *r, enum slo_m5_verdict v, const char *title)
{
	bool any = false;
	struct slo_buf line;

	slo_buf_init(&line, REPORT_MAX);
	for (size_t i = 0; i < r->found_count; i++) {
		if (r->found[i].verdict != v)
			continue;
		if (!any)
			slo_buf_addf(to, "\n## %s\n\n", title);
		any = true;
		slo_buf_reset(&line);
		finding_add(&line, &r->found[i]);
		slo_buf_adds(to, "- ");
		if (line.data)
			cell(to, line.data);
		slo_buf_addc(to, '\n');
	}
	slo_buf_fini(&line);
}

void report_markdown(struct slo_buf *to, const struct report *r)
{
	slo_buf_addf(to, "# M5 Gate Summary\n\n**%s**\n", slo_m5_verdict_name(r->verdict));
	baseline(to, r);
	overhead(to, r);
	variance(to, r);
	significance(to, r);
	findings(to, r, SLO_M5_FAIL, "Failures");
	findings(to, r, SLO_M5_INCONCLUSIVE, "Inconclusive");
}
