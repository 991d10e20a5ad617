/* SPDX-License-Identifier: MIT */
#ifndef LOADGEN_H
#define LOADGEN_H

#include "net/http_client_arrivals.h"
#include "net/http_client_tally.h"
#include "opt/opt.h"

#include <signal.h>
#include <stdio.h>

extern const struct slo_cmd loadgen_run, loadgen_serve, loadgen_plan;

/* What decides when the next request is sent. */
enum loadgen_mode {
	LOADGEN_RATE,   /* an open-loop schedule */
	LOADGEN_RAMP,   /* likewise, at a changing rate */
	LOADGEN_SWEEP,  /* a schedule at each of several rates */
	LOADGEN_TRACE,  /* a recorded schedule */
	LOADGEN_CLOSED, /* the end of the one before */
	LOADGEN_MODE__COUNT
};

/* Options of run; its report repeats them. */
struct loadgen_run_opts {
	const char *target, *ca_file, *trace;
	double rate, ramp_to, sweep_to, sweep_share, trace_speed;
	int64_t duration_ns, warmup_ns, cooldown_ns, timeout_ns;
	int arrivals, http;
	int64_t seed, max_tokens, prompt_tokens, max_inflight, max_requests, concurrency, sweep_steps, sweep_refine;
	struct slo_load_objectives objectives;
	bool allow_remote, quiet;
	int output;
	const char *events, *model;
	const char *cluster, *namespace, *workload, *service, *node;
	enum loadgen_mode mode;     /* from which of the options were given */
	struct slo_trace rows;      /* of the trace */
};

/* A run at one rate, or one step of a sweep, and what it came to. */
struct loadgen_step {
	double rate;           /* requested, per second; a ramp's is the mean; NaN in a closed loop */
	struct slo_load_tally tally;
	struct slo_client_stats client; /* of this step */
	int64_t start_ns;      /* wall clock */
	double measured_s;     /* of the schedule, warm-up and cool-down excluded; shorter when ended early */
	double elapsed_s;      /* until the last answer */
	double cpu_share;      /* own CPU time / elapsed time, in cores */
	double inflight[4];    /* mean under way in each quarter of the measured time */
	uint32_t inflight_max;
	bool ended_early;
	struct slo_load_verdict valid;
	const char *verdict;   /* of a sweep's step: "ok", "saturated", "inconclusive" */
	char why[200];         /* for the latter two */
};

struct loadgen_report {
	const struct loadgen_run_opts *o;
	const struct loadgen_step *steps; /* 1, or those of a sweep in the order they were run */
	size_t n;
	double sustained, saturated; /* of a sweep: highest rate held, lowest not; NaN = none */
	uint64_t events_dropped;
};

const char *loadgen_mode_name(enum loadgen_mode m);
void loadgen_report_text(FILE *to, const struct loadgen_report *r);

/* Return: 0, or -ENOMEM. */
int loadgen_report_json(FILE *to, const struct loadgen_report *r);

/* One header line, one line for each step. */
void loadgen_report_csv(FILE *to, const struct loadgen_report *r);

/* The quantiles every report shows. */
struct loadgen_quantile {
	double q;
	const char *name;
};
extern const struct loadgen_quantile loadgen_quantiles[5];

/* Nothing measured is no rate: 0 in tables, null in JSON. */
static inline double loadgen_per(double a, double b)
{
	return b > 0 ? a / b : 0;
}

/* loadgen_has_objectives - whether goodput is asked for. */
static inline bool loadgen_has_objectives(const struct slo_load_objectives *o)
{
	return o->ttft_ms > 0 || o->tpot_ms > 0 || o->e2e_ms > 0;
}

/* loadgen_stop becomes 1 on SIGINT, SIGTERM and SIGHUP. */
extern volatile sig_atomic_t loadgen_stop;
void loadgen_catch_signals(void);

/* loadgen_raise_nofile - as many descriptors as the system allows, at least @want. Return: false when fewer. */
bool loadgen_raise_nofile(uint64_t want);

#endif
