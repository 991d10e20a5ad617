/* SPDX-License-Identifier: MIT */
#include "gate/m5_internal.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const double slo_m5_share[SLO_M5_FAMILY__COUNT] = {
	[SLO_M5_TTFT] = 1,
	[SLO_M5_TOKENS] = 0.05,
	[SLO_M5_ERRORS] = 0.05,
	[SLO_M5_FAMILY_VARIANCE] = 0.05,
	[SLO_M5_FAMILY_OVERHEAD] = 0.05,
};

const char *const slo_m5_metric_name[SLO_M5_METRIC__COUNT] = {
	[SLO_M5_TTFT] = "ttft_p95",
	[SLO_M5_TOKENS] = "tokens_p50",
	[SLO_M5_ERRORS] = "error_rate",
};

const char *slo_m5_verdict_name(enum slo_m5_verdict v)
{
	static const char *const names[SLO_M5_VERDICT__COUNT] = {
		[SLO_M5_PASS] = "PASS",
		[SLO_M5_FAIL] = "FAIL",
		[SLO_M5_INCONCLUSIVE] = "INCONCLUSIVE",
	};

	return names[v];
}

enum slo_m5_verdict slo_m5_worse(enum slo_m5_verdict a, enum slo_m5_verdict b)
{
	if (a == SLO_M5_FAIL || b == SLO_M5_FAIL)
		return SLO_M5_FAIL;
	return a == SLO_M5_INCONCLUSIVE ? a : b;
}

double slo_m5_alpha_of(const struct slo_m5_limits *l, int family, size_t members)
{
	return l->alpha * slo_m5_share[family] / (double)(members ? members : 1);
}

void slo_m5_reason(char *reason, const char *fmt, ...)
{
	va_list ap;

	if (reason[0])
		return;
	va_start(ap, fmt);
	vsnprintf(reason, SLO_M5_REASON_MAX, fmt, ap);
	va_end(ap);
}

static bool known(const char *s)
{
	return s && s[0] && strcmp(s, "local") != 0;
}

bool slo_m5_same_source(const char *candidate_ref, const char *candidate_commit, const char *baseline_ref,
			const char *baseline_commit)
{
	if (known(candidate_commit) && known(baseline_commit))
		return strcmp(candidate_commit, baseline_commit) == 0;
	return known(candidate_ref) && known(baseline_ref) && strcmp(candidate_ref, baseline_ref) == 0;
}

const char *slo_m5_copied_run(const struct slo_m5_scenario *s)
{
	for (size_t i = 0; i < s->candidate.count; i++)
		for (size_t j = 0; j < s->baseline.count; j++)
			if (s->candidate.runs[i].content == s->baseline.runs[j].content)
				return s->candidate.runs[i].name;
	return NULL;
}

static void total_up(struct slo_m5_result *out)
{
	out->overhead_verdict = out->overhead.verdict;
	out->missing = out->overhead.missing;
	out->variance_verdict = out->regression_verdict = SLO_M5_PASS;
	for (size_t i = 0; i < out->scenarios; i++) {
		out->variance_verdict = slo_m5_worse(out->variance_verdict, out->variance[i].verdict);
		out->regression_verdict = slo_m5_worse(out->regression_verdict, out->regression[i].verdict);
		for (int m = 0; m < SLO_M5_METRIC__COUNT; m++)
			out->missing |= out->variance[i].metric[m].missing || out->regression[i].metric[m].missing;
	}
	out->verdict =
		slo_m5_worse(out->overhead_verdict, slo_m5_worse(out->variance_verdict, out->regression_verdict));
}

static bool within_maxima(const struct slo_m5_scenario *s, size_t n, const struct slo_m5_costs *c)
{
	if (n == 0 || n > SLO_M5_SCENARIOS_MAX || c->nodes_count > SLO_M5_NODES_MAX || c->count > SLO_M5_ROWS_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i].candidate.count > SLO_M5_RUNS_MAX || s[i].baseline.count > SLO_M5_RUNS_MAX)
			return false;
	return true;
}

int slo_m5_evaluate(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, size_t scenarios,
		    const struct slo_m5_costs *costs, struct slo_m5_result *out)
{
	int r;

	*out = (struct slo_m5_result){ .scenarios = scenarios };
	if (!within_maxima(s, scenarios, costs))
		return -EINVAL;
	out->variance = calloc(scenarios, sizeof(*out->variance));
	out->regression = calloc(scenarios, sizeof(*out->regression));
	r = out->variance && out->regression ? 0 : -ENOMEM;
	if (!r)
		r = slo_m5_overheads(l, costs, &out->overhead);
	if (!r)
		r = slo_m5_variances(l, s, scenarios, out->variance);
	if (!r)
		r = slo_m5_regressions(l, s, scenarios, out->regression);
	if (r)
		slo_m5_result_fini(out);
	else
		total_up(out);
	return r;
}

void slo_m5_result_fini(struct slo_m5_result *r)
{
	free(r->overhead.nodes);
	free(r->variance);
	free(r->regression);
	*r = (struct slo_m5_result){ 0 };
}
