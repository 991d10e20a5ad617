/* SPDX-License-Identifier: MIT */
/* Verdicts for people and for Nagios. */
#include "cdgate.h"

#include "base/num.h"
#include "base/time.h"

#include <math.h>
#include <stdlib.h>

/* What each outcome means, for the last line. */
static const char *const results[] = {
	[SLO_GATE_PASS] = "PASS (all SLO metrics within thresholds)",
	[SLO_GATE_FAIL] = "FAIL (one or more SLO metrics exceeded thresholds)",
	[SLO_GATE_INCONCLUSIVE] = "INCONCLUSIVE (not every SLO metric could be judged)",
	[SLO_GATE_ERROR] = "ERROR (Prometheus could not be asked)",
};

static void add_number(struct slo_buf *out, double v)
{
	char text[SLO_NUM_MAX];

	if (isfinite(v))
		slo_buf_add(out, text, slo_fmt_f64(text, v));
	else
		slo_buf_adds(out, "-");
}

void cdgate_threshold(const struct slo_gate_metric *m, const struct slo_gate_measure *what, char *to, size_t size)
{
	if (isfinite(what->limit))
		snprintf(to, size, "%s %.6g", slo_gate_op_names[m->op], what->limit);
	else
		snprintf(to, size, "%s baseline", slo_gate_op_names[m->op]);
}

const char *cdgate_query(const struct cdgate_verdict *v, const struct slo_gate_metric *m)
{
	return v->plan.queries[m->value].data;
}

static void add_metric(const struct cdgate_verdict *v, size_t i, struct slo_buf *out)
{
	const struct slo_gate_metric *m = &v->plan.metrics[i];
	const struct slo_gate_measure *d = cdgate_decider(v, i);
	char limit[64];

	cdgate_threshold(m, d, limit, sizeof(limit));
	slo_buf_addf(out, "  - %s: %s value=", m->name, slo_gate_outcome_names[cdgate_verdict_of(v, i)]);
	if (isfinite(d->value))
		slo_buf_addf(out, "%.6g", d->value);
	else
		slo_buf_addc(out, '-');
	slo_buf_addf(out, " must be %s", limit);
	if (isfinite(d->base))
		slo_buf_addf(out, " baseline=%.6g", d->base);
	if (isfinite(d->burn_short) || isfinite(d->burn_long))
		slo_buf_addf(out, " short=%.4g long=%.4g", d->burn_short, d->burn_long);
	if (isfinite(d->samples))
		slo_buf_addf(out, " samples=%.0f", d->samples);
	slo_buf_addf(out, "\n    query: %s\n", cdgate_query(v, m));
	if (m->long_value != SLO_GATE_NONE)
		slo_buf_addf(out, "    and: %s\n", v->plan.queries[m->long_value].data);
	if (d->reason[0])
		slo_buf_addf(out, "    reason: %s\n", d->reason);
	if (d->warning[0])
		slo_buf_addf(out, "    warning: %s\n", d->warning);
	if (d->info[0])
		slo_buf_addf(out, "    info: %s\n", d->info);
}

static void add_error(const struct cdgate_verdict *v, struct slo_buf *out)
{
	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		const struct slo_gate_measure *d = cdgate_decider(v, i);

		if (cdgate_verdict_of(v, i) != SLO_GATE_ERROR)
			continue;
		slo_buf_addf(out, "error: query %s failed: %s%s\n", v->plan.metrics[i].name, d->reason,
			     v->result.degraded ? " (fail-open: passing despite query error)" : "");
		return;
	}
}

void cdgate_put_text(const struct cdgate_verdict *v, struct slo_buf *out)
{
	char at[SLO_RFC3339_MAX];

	slo_buf_adds(out, "timestamp: ");
	slo_buf_add(out, at, slo_fmt_rfc3339(at, v->finished_ns / SLO_NS_PER_S * SLO_NS_PER_S));
	slo_buf_addf(out, "\nprometheus: %s\n", v->gate->url);
	if (v->rounds > 1)
		slo_buf_addf(out, "measurements: %llu\n", (unsigned long long)v->rounds);
	add_error(v, out);
	slo_buf_adds(out, "\nmetrics:\n");
	for (size_t i = 0; i < v->plan.metrics_count; i++)
		add_metric(v, i, out);
	slo_buf_adds(out, "\nviolations:\n");
	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		const struct slo_gate_measure *d = cdgate_decider(v, i);

		if (cdgate_verdict_of(v, i) == SLO_GATE_FAIL)
			slo_buf_addf(out, "  - %s: actual=%.4f threshold=%.4f\n", v->plan.metrics[i].name, d->value,
				     d->limit);
	}
	slo_buf_addf(out, "\nresult: %s\n",
		     v->result.degraded ? "PASS, DEGRADED (Prometheus was unavailable: not checked)"
					: results[v->result.outcome]);
}

static void add_perf(const struct cdgate_verdict *v, struct slo_buf *out)
{
	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		const struct slo_gate_measure *d = cdgate_decider(v, i);

		if (!isfinite(d->value))
			continue;
		slo_buf_addf(out, " %s=", v->plan.metrics[i].name);
		add_number(out, d->value);
		slo_buf_adds(out, ";;");
		if (isfinite(d->limit))
			add_number(out, d->limit);
	}
}

/* One line, and what is measured behind a bar: the plugin interface of Nagios. */
void cdgate_put_nagios(const struct cdgate_verdict *v, struct slo_buf *out)
{
	static const char *const words[] = { "OK", "CRITICAL", "UNKNOWN", "UNKNOWN" };
	const char *before = " - ";

	slo_buf_addf(out, "CDGATE %s", v->result.degraded ? "WARNING" : words[v->result.outcome]);
	for (size_t i = 0; i < v->plan.metrics_count; i++) {
		const char *reason = cdgate_decider(v, i)->reason;

		if (cdgate_verdict_of(v, i) == SLO_GATE_PASS)
			continue;
		slo_buf_addf(out, "%s%s: ", before, v->plan.metrics[i].name);
		for (; *reason; reason++) /* the bar is taken, and so are line ends */
			slo_buf_addc(out, *reason == '|' || *reason == '\n' || *reason == '\r' ? ' ' : *reason);
		before = ", ";
	}
	if (before[0] == ' ')
		slo_buf_addf(out, " - %zu metrics within thresholds", v->plan.metrics_count);
	slo_buf_adds(out, " |");
	add_perf(v, out);
	slo_buf_addc(out, '\n');
}
