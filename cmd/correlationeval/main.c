/* SPDX-License-Identifier: MIT */
/* correlationeval: measures the correlation tiers against labeled pairs. */
#include "opt/opt.h"

struct options {
	const char *input, *out, *predictions_out; /* endpoints */
	int64_t window_ns;
	double threshold, min_precision, min_recall;
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const struct slo_opt opts[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT",
	  .def = "pkg/correlation/testdata/labeled_pairs.jsonl",
	  .help = "Labeled pairs, NDJSON: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "FILE",
	  .def = "artifacts/correlation/eval_summary.json",
	  .help = "Summary, JSON." },
	{ .name = "predictions-out", .type = SLO_OPT_STR, .off = OFF(predictions_out, const char *),
	  .metavar = "FILE", .def = "artifacts/correlation/predictions.csv",
	  .help = "One row for each pair, CSV." },
	{ .name = "window-ms", .type = SLO_OPT_DURATION, .off = OFF(window_ns, int64_t), .metavar = "MS",
	  .def = "2000", .lo = 1, .hi = 3600000, .unit_ns = 1000000,
	  .help = "Longest time between a span and a signal that may belong together, in milliseconds." },
	{ .name = "threshold", .type = SLO_OPT_NUM, .off = OFF(threshold, double), .metavar = "X", .def = "0.7",
	  .lo = 0, .hi = 1,
	  .help = "Confidence from which a pair counts as matched, a ratio." },
	{ .name = "min-precision", .type = SLO_OPT_NUM, .off = OFF(min_precision, double), .metavar = "X",
	  .def = "0.90", .lo = 0, .hi = 1,
	  .help = "Precision below which the gate fails, a ratio." },
	{ .name = "min-recall", .type = SLO_OPT_NUM, .off = OFF(min_recall, double), .metavar = "X",
	  .def = "0.85", .lo = 0, .hi = 1,
	  .help = "Recall below which the gate fails, a ratio." },
	SLO_OPT_END,
};

static const struct slo_cmd correlationeval = {
	.name = "correlationeval",
	.summary = "Measure how well spans and kernel signals are correlated, and gate on precision and recall.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "it will correlate labeled pairs, write a summary and the predictions, and exit 1 below the "
	             "required precision or recall.",
};

int main(int argc, char **argv)
{
	return slo_cmd_main(&correlationeval, argc, argv);
}
