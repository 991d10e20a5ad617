/* SPDX-License-Identifier: MIT */
#ifndef LOADGEN_H
#define LOADGEN_H

#include "net/http_client_tally.h"
#include "opt/opt.h"

#include <signal.h>
#include <stdio.h>

extern const struct slo_cmd loadgen_run, loadgen_serve, loadgen_plan;

/* Options of run; its report repeats them. */
struct loadgen_run_opts {
	const char *target;
	double rate;
	int64_t duration_ns, warmup_ns, timeout_ns;
	int arrivals;
	int64_t seed, max_tokens, prompt_tokens, max_inflight;
	double slo_ttft_ms;
	bool allow_remote, quiet;
	int output;
	const char *events, *model;
	const char *cluster, *namespace, *workload, *service, *node;
};

/* What a run came to. */
struct loadgen_report {
	const struct loadgen_run_opts *o;
	const struct slo_load_tally *tally;
	const struct slo_client_stats *client;
	int64_t start_ns;      /* wall clock */
	double measured_s;     /* of the schedule, warm-up excluded; shorter when ended early */
	double elapsed_s;      /* until the last answer */
	double cpu_share;      /* own CPU time / elapsed time, in cores */
	bool ended_early;
	uint64_t events_dropped;
};

void loadgen_report_text(FILE *to, const struct loadgen_report *r);

/* Return: 0, or -ENOMEM. */
int loadgen_report_json(FILE *to, const struct loadgen_report *r);

/* loadgen_stop becomes 1 on SIGINT, SIGTERM and SIGHUP. */
extern volatile sig_atomic_t loadgen_stop;
void loadgen_catch_signals(void);

/* loadgen_raise_nofile - as many descriptors as the system allows, at least @want. Return: false when fewer. */
bool loadgen_raise_nofile(uint64_t want);

#endif
