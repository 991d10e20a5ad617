/* SPDX-License-Identifier: MIT */
/* m5gate: options, the two benchmarks, what was found, and how it is written. */
#ifndef M5GATE_H
#define M5GATE_H

#include "base/buf.h"
#include "base/err.h"
#include "gate/m5.h"
#include "opt/opt.h"

enum { EXIT_PASS, EXIT_NO, EXIT_USAGE, EXIT_INCONCLUSIVE };

enum {
	TOTAL_MAX = 8000000,      /* values of all runs together */
	REF_MAX = 256,            /* bytes of a reference or a commit */
	MANIFEST_MAX = 64 << 10,  /* bytes */
	REPORT_MAX = 16 << 20,    /* bytes of one output */
	LIST_MAX = 8 << 10,       /* bytes of --scenarios */
};

enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_MARKDOWN, OUTPUT_JUNIT, OUTPUT_GITHUB };
enum mapping { MAP_INCONCLUSIVE, MAP_FAIL, MAP_PASS, MAP_WARN };

struct options {
	const char *candidate_root, *baseline_root, *baseline_manifest;
	const char *candidate_ref, *candidate_commit; /* NULL = from the environment */
	bool require_manifest, allow_same_source;
	const char *scenarios; /* comma-separated */
	double max_overhead_pct, max_variance_pct, ttft_regression_pct, tokens_regression_pct, error_increase_pp;
	int64_t min_runs, min_samples, bootstrap_iters, seed;
	double alpha, min_cliffs_delta;
	const char *out_json, *out_md, *out_junit;
	int output, on_inconclusive;
};

/* Both sides of all scenarios, and what the agent cost the candidate's nodes. */
struct benchmark {
	char list[LIST_MAX];  /* names of the scenarios, each NUL-terminated */
	struct slo_m5_scenario scenarios[SLO_M5_SCENARIOS_MAX];
	size_t count;
	size_t total;         /* values held */
	struct slo_m5_weights weights;
	struct slo_m5_costs costs;
	struct slo_m5_cost *rows;
	size_t rows_room;
	char *nodes[SLO_M5_NODES_MAX];
};

/* Where both sides come from. */
struct provenance {
	char candidate_root[4096], baseline_root[4096], manifest[4096];
	char candidate_ref[REF_MAX], candidate_commit[REF_MAX];
	char baseline_ref[REF_MAX], baseline_commit[REF_MAX];
	bool known;       /* the manifest names a reference or a commit */
	bool same_source;
	enum slo_m5_verdict verdict;
	char reason[SLO_M5_REASON_MAX];
};

/* What did not pass: one line for a person. */
struct finding {
	enum slo_m5_verdict verdict;
	const char *gate;     /* "B5 overhead", ... */
	const char *scenario; /* a scenario or a node; NULL = none */
	const char *reason;
	size_t more_runs;     /* that are likely to settle it; 0 = not said */
	bool both;            /* of candidate and baseline */
};

enum { FINDINGS_MAX = 1 + SLO_M5_NODES_MAX + 2 * SLO_M5_SCENARIOS_MAX * SLO_M5_METRIC__COUNT };

struct report {
	const struct options *o;
	const struct provenance *from;
	const struct benchmark *b;
	const struct slo_m5_limits *limits;
	struct slo_m5_result result;
	struct finding found[FINDINGS_MAX];
	size_t found_count;
	enum slo_m5_verdict verdict; /* of everything */
	int status;                  /* exit status, --on-inconclusive applied */
	int64_t now_ns;
};

extern const struct slo_opt m5gate_options[];

/* The tool; returns the exit status. */
int m5gate_run(void *opts, int argc, char **argv);

/* Cut --scenarios into names. Return: 0 or -EINVAL with @err. */
int benchmark_init(struct benchmark *b, const char *scenarios, struct slo_err *err);

/* Read every run of both roots. Return: 0 or negative errno with @err ("file:line: field"). */
int benchmark_load(struct benchmark *b, const char *candidate_root, const char *baseline_root, struct slo_err *err);
void benchmark_free(struct benchmark *b);

/* Read raw_samples.jsonl of a run of @b into @run. */
int samples_load(struct benchmark *b, const char *path, struct slo_m5_run *run, struct slo_err *err);

/* Append the rows of a file of overhead. Return: 0, -ENOENT without @err when there is none, or with @err. */
int overhead_load(struct benchmark *b, const char *path, size_t run, bool off, struct slo_err *err);

/* Which sources these are, and whether they may be compared. Return: 0 or -errno with @err. */
int provenance_find(struct provenance *p, const struct options *o, struct slo_err *err);

void findings_collect(struct report *r);

/* "B5 overhead gate failed: local: costs more ...; about 12 more runs" */
void finding_add(struct slo_buf *to, const struct finding *f);

/* Each appends to @to. */
void report_json(struct slo_buf *to, const struct report *r);
void report_markdown(struct slo_buf *to, const struct report *r);
void report_junit(struct slo_buf *to, const struct report *r);
void report_github(struct slo_buf *to, const struct report *r);
void report_text(struct slo_buf *to, const struct report *r);

#endif
