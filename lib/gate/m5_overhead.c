/* SPDX-License-Identifier: MIT */
/*
 * B5: what does the agent cost a node?
 *
 * The figure is the difference between a node with the agent and the same node without, run by
 * run: of the mean and of the p95 of the rows. Where both were measured on the whole node, that
 * is the difference of the node's CPU, in which the programs' time in the kernel is contained;
 * else it is the agent's process and its programs.
 */
#include "base/cleanup.h"
#include "gate/m5_internal.h"
#include "stat/dist.h"
#include "stat/quantile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double P95 = 0.95;

/* The figures of one node, run by run: filled and reduced again for each node. */
struct bench {
	double *on, *off;	/* rows of the run at hand */
	double *mean, *p95;	/* on minus off, of each run that has both */
	size_t runs, with_rows; /* runs that have both; runs with the agent on */
};

static double own_of(const struct slo_m5_cost *c)
{
	return c->own + (isnan(c->bpf) ? 0 : c->bpf);
}

/* What the difference can be of: the best that every row of the node has, on and off. */
static const char *measure_of(const struct slo_m5_costs *c, uint32_t node)
{
	bool total = true, own = true, on = false, off = false;

	for (size_t i = 0; i < c->count; i++) {
		const struct slo_m5_cost *row = &c->rows[i];

		if (row->node != node)
			continue;
		on |= !row->off;
		off |= row->off;
		total &= !isnan(row->total);
		own &= !isnan(row->own) && !isnan(row->bpf);
	}
	return !on || !off ? NULL : total ? "node" : own ? "agent" : NULL;
}

static void difference(struct bench *b, size_t on, size_t off)
{
	double mean = 0;

	for (size_t i = 0; i < on; i++)
		mean += b->on[i] / (double)on;
	for (size_t i = 0; i < off; i++)
		mean -= b->off[i] / (double)off;
	slo_sort_f64(b->on, on);
	slo_sort_f64(b->off, off);
	b->mean[b->runs] = mean;
	b->p95[b->runs++] = slo_quantile(b->on, on, P95) - slo_quantile(b->off, off, P95);
}

/* Rows come run by run, so each run is one stretch. */
static void reduce(const struct slo_m5_costs *c, uint32_t node, const char *measure, struct bench *b)
{
	bool total = measure && strcmp(measure, "node") == 0;

	b->runs = b->with_rows = 0;
	for (size_t i = 0; i < c->count;) {
		uint32_t run = c->rows[i].run;
		size_t on = 0, off = 0;

		for (; i < c->count && c->rows[i].run == run; i++) {
			const struct slo_m5_cost *row = &c->rows[i];
			double v = total ? row->total : own_of(row);

			if (row->node != node)
				continue;
			if (row->off)
				b->off[off++] = v;
			else
				b->on[on++] = v;
		}
		b->with_rows += on > 0;
		if (measure && on && off)
			difference(b, on, off);
	}
}

/* Student's interval for the mean over runs; @alpha at each end. */
static struct slo_interval bounds(const double *v, size_t n, double alpha, double *sd)
{
	double mean = 0, square = 0, half;

	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		square += (v[i] - mean) * (v[i] - mean);
	if (n < 2) {
		*sd = NAN;
		return (struct slo_interval){ n ? mean : NAN, NAN, NAN, 1 - 2 * alpha };
	}
	*sd = sqrt(square / (double)(n - 1));
	half = slo_t_quantile(1 - alpha, (double)n - 1) * *sd / sqrt((double)n);
	return (struct slo_interval){ mean, mean - half, mean + half, 1 - 2 * alpha };
}

static size_t needed(double sd, double room, double alpha)
{
	double n = room > 0 && !isnan(sd) ? 2 + pow(slo_norm_quantile(1 - alpha) * sd / room, 2) : INFINITY;

	return n < SLO_M5_NEED_MAX ? (size_t)ceil(n) : SLO_M5_NEED_MAX;
}

/* All rows with the agent on: the agent's own cost, which contains no other process. */
static void own_cost(const struct slo_m5_costs *c, uint32_t node, struct bench *b, struct slo_m5_node *out)
{
	double sum = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i].node == node && !c->rows[i].off) {
			b->on[out->rows++] = own_of(&c->rows[i]);
			sum += own_of(&c->rows[i]);
		}
	slo_sort_f64(b->on, out->rows);
	out->own_p95 = slo_quantile(b->on, out->rows, P95);
	out->own_mean = out->rows ? sum / (double)out->rows : NAN;
}

/* Shown to be too much: at alpha's share, divided by all that is looked at. */
static bool beyond(const struct bench *b, double limit, double alpha)
{
	double sd;

	return b->runs > 1 &&
	       (bounds(b->mean, b->runs, alpha, &sd).lo > limit || bounds(b->p95, b->runs, alpha, &sd).lo > limit);
}

/* The cost of the agent with the control taken as free: it cannot be less. */
static bool own_beyond(const struct slo_m5_costs *c, uint32_t node, double limit, double alpha, struct bench *b)
{
	b->runs = 0;
	for (size_t i = 0; i < c->count;) {
		uint32_t run = c->rows[i].run;
		size_t on = 0;

		for (; i < c->count && c->rows[i].run == run; i++)
			if (c->rows[i].node == node && !c->rows[i].off && !isnan(c->rows[i].own))
				b->on[on++] = own_of(&c->rows[i]);
		b->off[0] = 0;
		if (on)
			difference(b, on, 1);
	}
	return beyond(b, limit, alpha);
}

static void decide(const struct slo_m5_limits *l, const struct slo_m5_costs *c, uint32_t node, struct bench *b,
		   struct slo_m5_node *out)
{
	double limit = l->overhead_pct, sd_mean, sd_p95, room;
	double alpha = l->alpha * slo_m5_share[SLO_M5_FAMILY_OVERHEAD] / (4 * (double)c->nodes_count);

	out->verdict = SLO_M5_INCONCLUSIVE;
	own_cost(c, node, b, out);
	out->measure = measure_of(c, node);
	reduce(c, node, out->measure, b);
	out->runs = out->measure ? b->runs : b->with_rows;
	out->mean = bounds(b->mean, b->runs, l->alpha, &sd_mean);
	out->p95 = bounds(b->p95, b->runs, l->alpha, &sd_p95);
	room = limit - fmax(out->mean.estimate, out->p95.estimate);
	if (beyond(b, limit, alpha) || own_beyond(c, node, limit, alpha, b)) {
		out->verdict = SLO_M5_FAIL;
		slo_m5_reason(out->reason, "costs more than %g %% of a core: own p95 %.2f, own mean %.2f", limit,
			      out->own_p95, out->own_mean);
	} else if (!out->measure) {
		out->missing = true;
		slo_m5_reason(out->reason, "no control without the agent that can be compared (node_cpu_pct, or "
					   "collector_cpu_pct and bpf_cpu_pct, in both files)");
	} else if (b->runs < 2) {
		out->runs_needed = l->min_runs;
		slo_m5_reason(out->reason, "%zu run%s with and without the agent, a bound takes two", b->runs,
			      b->runs == 1 ? "" : "s");
	} else if (out->mean.hi <= limit && out->p95.hi <= limit) {
		out->verdict = SLO_M5_PASS;
	} else {
		out->runs_needed = needed(fmax(sd_mean, sd_p95), room, l->alpha);
		slo_m5_reason(out->reason, "may cost up to %.2f %% of a core (limit %g) after %zu runs",
			      fmax(out->mean.hi, out->p95.hi), limit, out->runs);
	}
}

static void overall(const struct slo_m5_costs *c, struct slo_m5_overhead *out)
{
	double sum = 0;
	size_t n = 0;

	out->verdict = SLO_M5_PASS;
	out->bpf_counted = true;
	out->max_p95 = NAN;
	for (size_t i = 0; i < c->count; i++)
		if (!c->rows[i].off) {
			sum += own_of(&c->rows[i]);
			out->bpf_counted &= !isnan(c->rows[i].bpf);
			n++;
		}
	out->mean = n ? sum / (double)n : NAN;
	for (size_t i = 0; i < c->nodes_count; i++) {
		out->verdict = slo_m5_worse(out->verdict, out->nodes[i].verdict);
		out->missing |= out->nodes[i].missing;
		if (!(out->nodes[i].own_p95 < out->max_p95 ||
		      (out->nodes[i].own_p95 == out->max_p95 && strcmp(c->nodes[i], c->nodes[out->max_node]) > 0))) {
			out->max_p95 = out->nodes[i].own_p95;
			out->max_node = i;
		}
		if (out->nodes[i].verdict == out->verdict && out->verdict != SLO_M5_PASS && !out->reason[0])
			slo_m5_reason(out->reason, "%.60s: %.130s", c->nodes[i], out->nodes[i].reason);
	}
	if (c->absent && out->verdict != SLO_M5_FAIL) {
		out->verdict = SLO_M5_INCONCLUSIVE;
		out->missing = true;
		out->reason[0] = '\0';
		slo_m5_reason(out->reason, "%zu of %zu runs have no figures of overhead", c->absent, c->runs);
	}
}

int slo_m5_overheads(const struct slo_m5_limits *l, const struct slo_m5_costs *c, struct slo_m5_overhead *out)
{
	slo_autofree double *space = NULL;
	struct bench b = { 0 };

	*out = (struct slo_m5_overhead){ .verdict = SLO_M5_INCONCLUSIVE, .missing = true, .max_p95 = NAN, .mean = NAN };
	if (c->count == 0 || c->nodes_count == 0) {
		slo_m5_reason(out->reason, "no overhead was measured");
		return 0;
	}
	out->nodes = calloc(c->nodes_count, sizeof(*out->nodes));
	space = malloc((2 * (c->count + 1) + 2 * (c->runs + 1)) * sizeof(*space));
	if (!out->nodes || !space)
		return -ENOMEM;
	b.on = space;
	b.off = b.on + c->count + 1;
	b.mean = b.off + c->count + 1;
	b.p95 = b.mean + c->runs + 1;
	out->missing = false;
	for (size_t i = 0; i < c->nodes_count; i++)
		decide(l, c, (uint32_t)i, &b, &out->nodes[i]);
	overall(c, out);
	return 0;
}
