/* SPDX-License-Identifier: MIT */
/*
 * The release gate: is a candidate's benchmark as good as the baseline's?
 *
 * B5 overhead, D3 spread between runs, E3 regression. Each part answers PASS (shown to be
 * within the limit), FAIL (shown to be beyond it) or INCONCLUSIVE (neither; how many runs it
 * takes). The unit of inference is the run: requests of one run share what the machine did
 * meanwhile, so they are reduced to one value for each run before anything is tested.
 *
 * Alpha bounds the chance to find the time to first token worse in any scenario where nothing
 * changed; each other family of tests has a twentieth of it (slo_m5_share), so all of them
 * together fail such a candidate with a chance of at most 1.2 alpha. Within a family Holm's
 * procedure runs over the scenarios. A PASS needs every one-sided bound at 1 - alpha to be
 * within its limit, which needs no correction (intersection-union).
 *
 * Pure: no clock, no input or output; the seed of the bootstrap is an argument.
 */
#ifndef SLO_GATE_M5_H
#define SLO_GATE_M5_H

#include "stat/ranktest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SLO_M5_SCENARIOS_MAX = 64,
	SLO_M5_RUNS_MAX = 256,        /* of a scenario, on each side */
	SLO_M5_SAMPLES_MAX = 100000,  /* requests of a run */
	SLO_M5_NODES_MAX = 256,
	SLO_M5_ROWS_MAX = 4000000,    /* of overhead, all files together */
	SLO_M5_NEED_MAX = 10000,      /* runs needed are not counted further */
	SLO_M5_P95_MIN = 59,          /* values: the fewest with a one-sided 95 % bound for a p95 (0.95^59 < 0.05) */
	SLO_M5_RUNS_MIN = 5,          /* for any verdict: three runs that spread by 10 % are compatible with 44 % */
	SLO_M5_REASON_MAX = 200,
};

enum slo_m5_verdict { SLO_M5_PASS, SLO_M5_FAIL, SLO_M5_INCONCLUSIVE, SLO_M5_VERDICT__COUNT };

/** slo_m5_verdict_name - "PASS", "FAIL", "INCONCLUSIVE". */
const char *slo_m5_verdict_name(enum slo_m5_verdict v);

/** slo_m5_worse - FAIL before INCONCLUSIVE before PASS. */
enum slo_m5_verdict slo_m5_worse(enum slo_m5_verdict a, enum slo_m5_verdict b);

/* What each run is reduced to. */
enum slo_m5_metric {
	SLO_M5_TTFT,   /* p95 of the time to first token, ms; compared as a ratio */
	SLO_M5_TOKENS, /* median of tokens per second; compared as a ratio, lower is worse */
	SLO_M5_ERRORS, /* mean error rate, 0..1; compared as a difference */
	SLO_M5_METRIC__COUNT
};

/* Families of tests that share alpha. The first ones are the metrics of E3. */
enum { SLO_M5_FAMILY_VARIANCE = SLO_M5_METRIC__COUNT, SLO_M5_FAMILY_OVERHEAD, SLO_M5_FAMILY__COUNT };
extern const double slo_m5_share[SLO_M5_FAMILY__COUNT]; /* of alpha; they add up to 1.2 */
extern const char *const slo_m5_metric_name[SLO_M5_METRIC__COUNT];

struct slo_m5_limits {
	double overhead_pct;   /* of one core */
	double variance_pct;   /* spread between runs: CV in percent; for the error rate percentage points */
	double ttft_pct;       /* higher p95 than the baseline's */
	double tokens_pct;     /* lower median, below 100 */
	double errors_pp;      /* higher error rate, percentage points */
	double alpha;          /* (0, 0.5], see above */
	double min_delta;      /* smallest Cliff's delta between runs that fails */
	size_t min_runs;       /* of a scenario on each side for a PASS */
	size_t min_samples;    /* requests of each run */
	size_t bootstrap_iters; /* 0 = no bootstrap interval */
	uint64_t seed;
};

struct slo_m5_run {
	const char *name;       /* borrowed */
	double *ttft;           /* ms, > 0; sorted by slo_m5_summarise(); owned by the caller */
	double *tokens;         /* per second, > 0; sorted as well */
	size_t ttft_n, tokens_n, requests;
	double errors;          /* sum of the error rates of all requests */
	int64_t first_ns, last_ns; /* timestamps of the samples, wall clock */
	uint64_t content;       /* hash of the samples: equal = a copy */
	/* of slo_m5_summarise(): by metric, in its own unit, and the variance that the finite number of
	 * requests explains, on the scale of the test (log for ratios). NaN = not known. */
	double value[SLO_M5_METRIC__COUNT], within[SLO_M5_METRIC__COUNT];
};

struct slo_m5_side {
	struct slo_m5_run *runs;
	size_t count;
};

struct slo_m5_scenario {
	const char *name; /* borrowed */
	struct slo_m5_side candidate, baseline;
};

/* One row of CPU cost, percent of one core; NaN = the file has no such column. */
struct slo_m5_cost {
	uint32_t run, node; /* numbers */
	bool off;           /* measured without the agent */
	double own;         /* of the agent's process */
	double bpf;         /* of its programs in the kernel */
	double total;       /* of the whole node */
};

struct slo_m5_costs {
	const struct slo_m5_cost *rows;
	size_t count, files, runs; /* @runs of the candidate, @files read, the control's included */
	size_t absent;             /* runs without a file */
	const char *const *nodes; /* names by number */
	size_t nodes_count;
};

/* One metric of one scenario, candidate against baseline. Positive = worse. */
struct slo_m5_compare {
	enum slo_m5_verdict verdict;
	bool missing;               /* inconclusive for want of data rather than of evidence */
	char reason[SLO_M5_REASON_MAX];
	size_t n, m;                /* runs with a value: candidate, baseline */
	struct slo_rank_test test;  /* over the runs; p_greater is the p of "worse" */
	double p_adjusted;          /* Holm, over the scenarios */
	struct slo_interval change; /* Hodges-Lehmann, percent (errors: points); each end one-sided at 1 - alpha */
	struct slo_interval delta;  /* Cliff's, over the runs, 95 % */
	double sd;                  /* between runs, pooled over the sides, scale of the test */
	double min_detectable;      /* percent or points: what this many runs find with 80 % chance */
	size_t runs_needed;         /* on each side; 0 = it is decided; SLO_M5_NEED_MAX = that many or more */
};

struct slo_m5_regression {
	enum slo_m5_verdict verdict;
	size_t candidate_n, baseline_n;  /* requests with a time to first token */
	double candidate_p95, baseline_p95, regression_pct; /* pooled over the runs */
	double candidate_tokens, baseline_tokens;           /* pooled medians */
	struct slo_interval bootstrap;   /* of the pooled difference of p95, ms; NaN = none */
	uint64_t bootstrap_seed;
	double pooled_delta;             /* Cliff's, over requests: for information */
	bool interleaved;                /* runs of both sides alternate in time */
	struct slo_m5_compare metric[SLO_M5_METRIC__COUNT];
};

/* The spread of one metric between the candidate's runs. */
struct slo_m5_spread {
	enum slo_m5_verdict verdict;
	bool missing;
	char reason[SLO_M5_REASON_MAX];
	size_t n;
	double mean, sd, cv_pct;    /* as measured, with n - 1; cv_pct 0 where the mean is */
	double within_pct;          /* part of it that the number of requests explains */
	double between_pct;         /* the rest; points for the error rate */
	double lower_pct, upper_pct; /* one-sided bounds of the rest at 1 - alpha */
	double p, p_adjusted;       /* of "beyond the limit and the baseline's spread" */
	bool beyond;                /* the limit alone is exceeded at alpha */
	size_t runs_needed;
};

struct slo_m5_variance {
	enum slo_m5_verdict verdict;
	struct slo_m5_spread metric[SLO_M5_METRIC__COUNT];
};

struct slo_m5_node {
	enum slo_m5_verdict verdict;
	bool missing;
	char reason[SLO_M5_REASON_MAX];
	size_t rows, runs;          /* runs with the agent on (and off, where there is a control) */
	double own_p95, own_mean;   /* agent and its programs, all rows */
	const char *measure;        /* what the difference is of: "node", "agent", or NULL without a control */
	struct slo_interval mean, p95; /* on minus off, over the runs, one-sided at 1 - alpha each; NaN = none */
	size_t runs_needed;
};

struct slo_m5_overhead {
	enum slo_m5_verdict verdict;
	bool missing;
	char reason[SLO_M5_REASON_MAX];
	double max_p95, mean;       /* agent and its programs: largest node, all rows */
	size_t max_node;            /* number; the first by name among equals */
	bool bpf_counted;           /* every row says what the programs cost */
	struct slo_m5_node *nodes;  /* costs->nodes_count of them */
};

struct slo_m5_result {
	enum slo_m5_verdict overhead_verdict, variance_verdict, regression_verdict, verdict;
	bool missing;               /* some of it for want of data */
	size_t scenarios;
	struct slo_m5_overhead overhead;
	struct slo_m5_variance *variance;     /* by scenario */
	struct slo_m5_regression *regression; /* by scenario */
};

/* Weights of the order statistics, kept from run to run: they depend on the number of values only. */
struct slo_m5_weights {
	double *of[SLO_M5_METRIC__COUNT];
	size_t n[SLO_M5_METRIC__COUNT];
};
void slo_m5_weights_fini(struct slo_m5_weights *w);

/**
 * slo_m5_summarise - sort the samples of a run and reduce them to one value for each metric
 * @w: zeroed before the first run
 *
 * Return: 0 or -ENOMEM.
 */
int slo_m5_summarise(struct slo_m5_run *run, struct slo_m5_weights *w);

/**
 * slo_m5_evaluate - all three gates
 * @s: scenarios, their runs summarised
 *
 * Return: 0, and the caller owes slo_m5_result_fini(); -EINVAL over a maximum; -ENOMEM.
 */
int slo_m5_evaluate(const struct slo_m5_limits *l, const struct slo_m5_scenario *s, size_t scenarios,
		    const struct slo_m5_costs *costs, struct slo_m5_result *out);
void slo_m5_result_fini(struct slo_m5_result *r);

/**
 * slo_m5_same_source - is the candidate what the baseline was made from?
 *
 * Commits decide where both are known, else references. "" and "local" are not known.
 */
bool slo_m5_same_source(const char *candidate_ref, const char *candidate_commit, const char *baseline_ref,
			const char *baseline_commit);

/** slo_m5_copied_run - a run of the candidate with the samples of one of the baseline, or NULL. */
const char *slo_m5_copied_run(const struct slo_m5_scenario *s);

#endif
