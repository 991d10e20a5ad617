/* SPDX-License-Identifier: MIT */
/* m5gate: compares the benchmark of a candidate with a baseline. */
#include "opt/opt.h"

struct options {
	const char *candidate_root, *baseline_root, *baseline_manifest;
	const char *candidate_ref, *candidate_commit; /* NULL = from the environment */
	bool require_manifest;
	const char *scenarios; /* comma-separated */
	double max_overhead_pct, max_variance_pct, ttft_regression_pct;
	int64_t min_runs, min_samples, bootstrap_iters, seed;
	double alpha, min_cliffs_delta;
	const char *out_json, *out_md;
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const struct slo_opt opts[] = {
	{ .type = SLO_OPT_HELP, .help = "Input" },
	{ .name = "candidate-root", .type = SLO_OPT_STR, .off = OFF(candidate_root, const char *),
	  .metavar = "DIR", .def = "artifacts/weekly-benchmark",
	  .help = "Directory of the candidate: <scenario>/run-*/raw_samples.jsonl." },
	{ .name = "baseline-root", .type = SLO_OPT_STR, .off = OFF(baseline_root, const char *),
	  .metavar = "DIR", .def = "artifacts/weekly-benchmark/baseline",
	  .help = "Directory of the baseline, laid out alike." },
	{ .name = "baseline-manifest", .type = SLO_OPT_STR, .off = OFF(baseline_manifest, const char *),
	  .metavar = "FILE", .def = "artifacts/weekly-benchmark/baseline/manifest.json",
	  .help = "Where the baseline comes from: source_ref, source_commit." },
	{ .name = "require-baseline-manifest", .type = SLO_OPT_FLAG, .off = OFF(require_manifest, bool),
	  .help = "Fail when the manifest is missing or empty." },
	{ .name = "candidate-ref", .type = SLO_OPT_STR, .off = OFF(candidate_ref, const char *),
	  .metavar = "REF",
	  .help = "Git reference of the candidate; otherwise $GITHUB_REF_NAME, $GITHUB_REF or local." },
	{ .name = "candidate-commit", .type = SLO_OPT_STR, .off = OFF(candidate_commit, const char *),
	  .metavar = "COMMIT",
	  .help = "Commit of the candidate; otherwise $GITHUB_SHA or local." },
	{ .name = "scenarios", .type = SLO_OPT_STR, .off = OFF(scenarios, const char *), .metavar = "LIST",
	  .def = "dns_latency,cpu_throttle,provider_throttle,memory_pressure,network_partition,mixed,mixed_multi",
	  .help = "Scenarios to compare, separated by commas." },
	{ .type = SLO_OPT_HELP, .help = "Overhead (B5)" },
	{ .name = "max-overhead-pct", .type = SLO_OPT_NUM, .off = OFF(max_overhead_pct, double),
	  .metavar = "PCT", .def = "3.0", .lo = 0, .hi = 10000,
	  .help = "Most CPU of the collector, as the p95 of any node and as the mean of all, in percent of a core." },
	{ .type = SLO_OPT_HELP, .help = "Variance between runs (D3)" },
	{ .name = "max-variance-pct", .type = SLO_OPT_NUM, .off = OFF(max_variance_pct, double),
	  .metavar = "PCT", .def = "10.0", .lo = 0, .hi = 10000,
	  .help = "Largest coefficient of variation between the runs of a scenario, in percent." },
	{ .name = "min-runs", .type = SLO_OPT_INT, .off = OFF(min_runs, int64_t), .metavar = "N", .def = "3",
	  .lo = 2, .hi = 100000,
	  .help = "Fewest runs of each scenario." },
	{ .type = SLO_OPT_HELP, .help = "Regression of time to first token (E3)" },
	{ .name = "ttft-regression-pct", .type = SLO_OPT_NUM, .off = OFF(ttft_regression_pct, double),
	  .metavar = "PCT", .def = "5.0", .lo = 0, .hi = 10000,
	  .help = "Largest regression of the p95 against the baseline, in percent." },
	{ .name = "alpha", .type = SLO_OPT_NUM, .off = OFF(alpha, double), .metavar = "X", .def = "0.05",
	  .lo = 1e-9, .hi = 0.5,
	  .help = "Significance level of the Mann-Whitney test, a ratio." },
	{ .name = "bootstrap-iters", .type = SLO_OPT_INT, .off = OFF(bootstrap_iters, int64_t), .metavar = "N",
	  .def = "1000", .lo = 10, .hi = 1000000,
	  .help = "Resamplings for the confidence interval of the difference." },
	{ .name = "seed", .type = SLO_OPT_INT, .off = OFF(seed, int64_t), .metavar = "N", .def = "42",
	  .help = "Seed of the resampling." },
	{ .name = "min-samples", .type = SLO_OPT_INT, .off = OFF(min_samples, int64_t), .metavar = "N",
	  .def = "30", .lo = 2, .hi = 1e9,
	  .help = "Fewest samples on either side; with fewer the answer is inconclusive." },
	{ .name = "min-cliffs-delta", .type = SLO_OPT_NUM, .off = OFF(min_cliffs_delta, double), .metavar = "X",
	  .def = "0.147", .lo = 0, .hi = 1,
	  .help = "Smallest effect (Cliff's delta, absolute) that fails." },
	{ .type = SLO_OPT_HELP, .help = "Output" },
	{ .name = "out-json", .type = SLO_OPT_STR, .off = OFF(out_json, const char *), .metavar = "FILE",
	  .def = "artifacts/weekly-benchmark/m5_gate_summary.json",
	  .help = "Summary, JSON." },
	{ .name = "out-md", .type = SLO_OPT_STR, .off = OFF(out_md, const char *), .metavar = "FILE",
	  .def = "artifacts/weekly-benchmark/m5_gate_summary.md",
	  .help = "Summary, Markdown." },
	SLO_OPT_END,
};

static const struct slo_cmd m5gate = {
	.name = "m5gate",
	.summary = "Gate a release: compare the benchmark of a candidate with that of a baseline.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "it will check provenance, overhead, variance between runs and TTFT regression, and exit 0 "
	             "pass, 1 fail or 3 inconclusive.",
	.epilog = "Environment:\n"
		  "  GITHUB_REF_NAME, GITHUB_REF  reference of the candidate when --candidate-ref is not given\n"
		  "  GITHUB_SHA                   commit of the candidate when --candidate-commit is not given\n",
};

int main(int argc, char **argv)
{
	return slo_cmd_main(&m5gate, argc, argv);
}
