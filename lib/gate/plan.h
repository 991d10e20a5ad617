/* SPDX-License-Identifier: MIT */
/*
 * What a gate asks and what it holds the answers to: metrics, and the queries
 * they need, each asked once however many metrics look at it. Pure.
 */
#ifndef SLO_GATE_PLAN_H
#define SLO_GATE_PLAN_H

#include "base/buf.h"
#include "base/err.h"

enum {
	SLO_GATE_CUSTOM = 16,          /* queries of the user */
	SLO_GATE_METRICS = 40,
	SLO_GATE_QUERIES = 96,
	SLO_GATE_QUERY_MAX = 16384,    /* bytes of one */
	SLO_GATE_NAME_MAX = 64,
	SLO_GATE_NONE = -1,
};

enum slo_gate_kind { SLO_GATE_TTFT, SLO_GATE_ERROR_RATE, SLO_GATE_BURN_RATE, SLO_GATE_OWN };

/* "value OP threshold" is what passes. */
enum slo_gate_op { SLO_GATE_LE, SLO_GATE_LT, SLO_GATE_GE, SLO_GATE_GT, SLO_GATE_EQ, SLO_GATE_NE, SLO_GATE__OPS };

/* A query of the user. */
struct slo_gate_custom {
	const char *name, *promql;     /* $selector and $window are filled in */
	const char *samples;           /* a query for how many samples it rests on; NULL = not known */
	int op;
	double threshold;
};

struct slo_gate_opts {
	const char *preset;            /* NULL = "llm-slo" */
	const char *selector;          /* as slo_gate_selector() writes it; "" = none */
	const char *baseline;          /* the same for what to compare with; NULL = nothing */
	double tolerance;              /* how much worse than the baseline still passes, as a share: 0.25 = a quarter */
	int64_t window_ns;             /* of rates and percentiles, and the short one of burn rates */
	int64_t long_window_ns;        /* the long one of burn rates */
	double ttft_p95_ms, error_rate, burn_rate; /* highest that pass */
	double target;                 /* share of requests that must not fail, in (0, 1) */
	double min_samples; /* requests in the window without which there is no verdict; 0 = any number but none */
	int64_t max_age_ns;            /* of the newest sample; 0 = not looked at */
	const char *const *skip;       /* names of metrics to leave out; ends with NULL; may be NULL */
	struct slo_gate_custom custom[SLO_GATE_CUSTOM];
	size_t custom_count;
};

/* The members named after queries are indices, or SLO_GATE_NONE. */
struct slo_gate_metric {
	char name[SLO_GATE_NAME_MAX];
	int kind;                      /* enum slo_gate_kind */
	int op;                        /* enum slo_gate_op */
	double threshold;
	bool compared;                 /* with the baseline: threshold is not used */
	int value, long_value, samples, age;
	int base_value, base_samples;
};

struct slo_gate_plan {
	struct slo_gate_metric metrics[SLO_GATE_METRICS];
	size_t metrics_count;
	struct slo_buf queries[SLO_GATE_QUERIES]; /* PromQL, NUL-terminated */
	size_t queries_count;
	double target, min_samples, tolerance;
	int64_t max_age_ns;
};

extern const char *const slo_gate_op_names[]; /* "<=", "<", … */

/**
 * slo_gate_custom_threshold - "NAME<=1.5" into a name and what it must be
 * @name: SLO_GATE_NAME_MAX bytes
 *
 * Return: 0; -EINVAL with the reason.
 */
int slo_gate_custom_threshold(const char *text, char *name, int *op, double *threshold, struct slo_err *err);

/**
 * slo_gate_plan - options into metrics and queries
 *
 * Return: 0; -EINVAL with the reason (unknown preset or name, no metric left, a name twice); -ENOMEM.
 */
int slo_gate_plan(struct slo_gate_plan *p, const struct slo_gate_opts *o, struct slo_err *err);
void slo_gate_plan_fini(struct slo_gate_plan *p);

#endif
