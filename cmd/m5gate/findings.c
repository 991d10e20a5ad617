/* SPDX-License-Identifier: MIT */
/* What did not pass, as a list of lines: every output is made from it. */
#include "m5gate.h"

#include <inttypes.h>

static const char overhead[] = "B5 overhead", variance[] = "D3 rerun variance", significance[] = "E3 significance";

/* What is wrong with the runs is wrong for each metric; it is said once. */
static bool said(const struct report *r, const struct finding *f)
{
	for (size_t i = r->found_count; i-- > 0;)
		if (r->found[i].gate == f->gate && r->found[i].scenario == f->scenario &&
		    strcmp(r->found[i].reason, f->reason) == 0)
			return true;
	return false;
}

static void add(struct report *r, const struct finding *f)
{
	if (f->verdict != SLO_M5_PASS && r->found_count < FINDINGS_MAX && !said(r, f))
		r->found[r->found_count++] = *f;
}

static size_t more(size_t needed, size_t have)
{
	return needed > have ? needed - have : 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void collect_overhead(struct report *r)
{
	const struct slo_m5_overhead *o = &r->result.overhead;
	bool told = false;

	for (size_t i = 0; o->nodes && i < r->b->costs.nodes_count; i++) {
		const struct slo_m5_node *n = &o->nodes[i];

		told |= n->verdict == o->verdict;
		add(r, &(struct finding){ n->verdict, overhead, r->b->nodes[i], n->reason,
					  more(n->runs_needed, n->runs), false });
	}
	if (!told || r->b->costs.absent)
		add(r, &(struct finding){ o->verdict, overhead, NULL, o->reason, 0, false });
}

static void collect_variance(struct report *r, size_t i)
{
	for (int m = 0; m < SLO_M5_METRIC__COUNT; m++) {
		const struct slo_m5_spread *v = &r->result.variance[i].metric[m];

		add(r, &(struct finding){ v->verdict, variance, r->b->scenarios[i].name, v->reason,
					  more(v->runs_needed, v->n), false });
	}
}

static void collect_regression(struct report *r, size_t i)
{
	for (int m = 0; m < SLO_M5_METRIC__COUNT; m++) {
		const struct slo_m5_compare *c = &r->result.regression[i].metric[m];

		add(r, &(struct finding){ c->verdict, significance, r->b->scenarios[i].name, c->reason,
					  more(c->runs_needed, smaller(c->n, c->m)), true });
	}
}

void findings_collect(struct report *r)
{
	r->found_count = 0;
	add(r, &(struct finding){ r->from->verdict, "baseline", NULL, r->from->reason, 0, false });
	collect_overhead(r);
	for (size_t i = 0; i < r->b->count; i++)
		collect_variance(r, i);
	for (size_t i = 0; i < r->b->count; i++)
		collect_regression(r, i);
}

void finding_add(struct slo_buf *to, const struct finding *f)
{
	slo_buf_addf(to, "%s gate %s: ", f->gate, f->verdict == SLO_M5_FAIL ? "failed" : "inconclusive");
	if (f->scenario)
		slo_buf_addf(to, "%s: ", f->scenario);
	slo_buf_adds(to, f->reason);
	if (f->more_runs >= SLO_M5_NEED_MAX / 2)
		slo_buf_adds(to, "; no number of runs is likely to settle it");
	else if (f->more_runs)
		slo_buf_addf(to, "; about %zu more run%s%s", f->more_runs, f->more_runs == 1 ? "" : "s",
			     f->both ? " on each side" : "");
}
