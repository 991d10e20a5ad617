/* SPDX-License-Identifier: MIT */
#include "correlationeval.h"

#define OFF(m, C) SLO_OPT_OFF(struct eval_opts, m, C)

static const char *const candidates[] = { "auto", "all", "pair", NULL };
static const char *const gates[] = { "tiers", "overall", NULL };
static const char *const formats[] = { "text", "json", NULL };

const struct slo_opt eval_options[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT",
	  .def = "testdata/correlation/pairs.ndjson",
	  .help = "Labeled pairs, NDJSON: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(strict, bool),
	  .help = "Exit 1 when a line of the input was malformed." },
	{ .name = "config", .type = SLO_OPT_STR, .off = OFF(config, const char *), .metavar = "FILE", .def = "",
	  .help = "Configuration; config/toolkit.yaml or /etc/llm-slo/toolkit.yaml when there is one." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "FILE",
	  .def = "artifacts/correlation/eval_summary.json",
	  .help = "Summary, JSON." },
	{ .name = "predictions-out", .type = SLO_OPT_STR, .off = OFF(predictions_out, const char *),
	  .metavar = "FILE", .def = "artifacts/correlation/predictions.csv",
	  .help = "One row for each pair, CSV." },
	{ .name = "format", .type = SLO_OPT_CHOICE, .off = OFF(format, int), .def = "text", .choices = formats,
	  .help = "Report on standard output." },
	{ .name = "candidates", .type = SLO_OPT_CHOICE, .off = OFF(candidates, int), .metavar = "WHICH", .def = "auto",
	  .choices = candidates,
	  .help = "Spans an event is compared with: all of the input, or that of its pair; auto: all where spans "
		  "have durations." },
	{ .name = "window-ms", .type = SLO_OPT_DURATION, .off = OFF(window_ns, int64_t), .metavar = "MS",
	  .def = "2000", .lo = 1, .hi = 3600000, .unit_ns = 1000000,
	  .help = "Longest time between a span without duration and a signal that may belong together, in "
		  "milliseconds." },
	{ .name = "threshold", .type = SLO_OPT_NUM, .off = OFF(threshold, double), .metavar = "X", .def = "0.7",
	  .lo = 0, .hi = 1,
	  .help = "Confidence from which a pair counts as matched, a ratio." },
	{ .name = "gate", .type = SLO_OPT_CHOICE, .off = OFF(gate, int), .def = "tiers", .choices = gates,
	  .help = "What must reach the minimum: each tier whose configured precision reaches --threshold as well, or "
		  "the whole only." },
	{ .name = "min-precision", .type = SLO_OPT_NUM, .off = OFF(min_precision, double), .metavar = "X",
	  .def = "0.90", .lo = 0, .hi = 1,
	  .help = "Lower bound of precision below which the gate does not pass, a ratio." },
	{ .name = "min-recall", .type = SLO_OPT_NUM, .off = OFF(min_recall, double), .metavar = "X",
	  .def = "0.85", .lo = 0, .hi = 1,
	  .help = "Lower bound of recall, of events that fit one span at most, below which the gate does not pass, a "
		  "ratio." },
	SLO_OPT_END,
};
