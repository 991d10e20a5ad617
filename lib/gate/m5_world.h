/* SPDX-License-Identifier: MIT */
/* Benchmarks made up for tests: lognormal requests in runs that differ. For tests of this folder. */
#ifndef SLO_GATE_M5_WORLD_H
#define SLO_GATE_M5_WORLD_H

#include "base/rng.h"
#include "gate/m5.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

enum { WORLD_SCENARIOS = 7, WORLD_RUNS = 64, WORLD_REQUESTS = 400, WORLD_ROWS = 6 };

struct world {
	size_t scenarios, runs, requests;
	double cv;                      /* between runs, of the time to first token */
	double candidate_cv;            /* of the candidate's, where they differ; 0 = as @cv */
	double ttft[WORLD_SCENARIOS];	/* factor on the candidate's times, 1 = unchanged */
	double errors[WORLD_SCENARIOS]; /* added to the candidate's error rate of 1 % */
	double cost;			/* of the agent, percent of a core */
	bool no_control, no_bpf;
	/* filled */
	struct slo_m5_scenario s[WORLD_SCENARIOS];
	struct slo_m5_run run[WORLD_SCENARIOS][2][WORLD_RUNS];
	double values[WORLD_SCENARIOS][2][WORLD_RUNS][2][WORLD_REQUESTS];
	struct slo_m5_cost rows[WORLD_SCENARIOS * WORLD_RUNS * WORLD_ROWS * 2];
	struct slo_m5_costs costs;
	struct slo_m5_weights weights;
};

static inline double world_normal(struct slo_rng *rng)
{
	/* Box and Muller */
	return sqrt(2 * slo_rng_exp(rng, 1)) * cos(2 * M_PI * slo_rng_unit(rng));
}

/* One run: sigma .35 gives a p95 of 533 ms about a median of 300 ms. */
static inline void world_run(struct world *w, struct slo_rng *rng, size_t s, int side, size_t k)
{
	double cv = side == 0 && w->candidate_cv > 0 ? w->candidate_cv : w->cv;
	double factor = exp(sqrt(log1p(cv * cv)) * world_normal(rng)) * (side == 0 ? w->ttft[s] : 1);
	double error = 0.01 + (side == 0 ? w->errors[s] : 0);
	struct slo_m5_run *run = &w->run[s][side][k];

	*run = (struct slo_m5_run){ .name = "run",
				    .requests = w->requests,
				    .content = slo_rng_u64(rng),
				    .ttft = w->values[s][side][k][0],
				    .tokens = w->values[s][side][k][1],
				    .ttft_n = w->requests,
				    .tokens_n = w->requests };
	for (size_t i = 0; i < w->requests; i++) {
		double radius = sqrt(2 * slo_rng_exp(rng, 1)), angle = 2 * M_PI * slo_rng_unit(rng);

		run->ttft[i] = 300 * factor * exp(0.35 * radius * cos(angle));
		run->tokens[i] = 40 / sqrt(factor) * exp(0.15 * radius * sin(angle));
		run->errors += slo_rng_unit(rng) < error;
	}
	ck_assert_int_eq(slo_m5_summarise(run, &w->weights), 0);
}

static inline void world_costs(struct world *w, struct slo_rng *rng)
{
	static const char *const nodes[] = { "node-a" };
	size_t n = 0;

	for (uint32_t run = 0; run < w->scenarios * w->runs; run++)
		for (int i = 0; i < 2 * WORLD_ROWS; i++) {
			bool off = i >= WORLD_ROWS;
			double base = off ? 0 : w->cost;

			if (off && w->no_control)
				continue;
			w->rows[n++] = (struct slo_m5_cost){ .run = run,
							     .off = off,
							     .own = fabs(base + 0.1 * world_normal(rng)),
							     .bpf = w->no_bpf ? NAN : base / 4,
							     .total = NAN };
		}
	w->costs = (struct slo_m5_costs){ .rows = w->rows,
					  .count = n,
					  .files = w->scenarios * w->runs,
					  .runs = w->scenarios * w->runs,
					  .nodes = nodes,
					  .nodes_count = 1 };
}

static inline void world_fill(struct world *w, struct slo_rng *rng)
{
	static const char *const names[WORLD_SCENARIOS] = { "dns_latency", "cpu_throttle", "provider_throttle",
							    "memory_pressure", "network_partition", "mixed",
							    "mixed_multi" };

	for (size_t s = 0; s < w->scenarios; s++) {
		for (int side = 0; side < 2; side++)
			for (size_t k = 0; k < w->runs; k++)
				world_run(w, rng, s, side, k);
		w->s[s] = (struct slo_m5_scenario){ names[s], { w->run[s][0], w->runs }, { w->run[s][1], w->runs } };
	}
	world_costs(w, rng);
}

static inline void world_init(struct world *w, size_t scenarios, size_t runs, size_t requests, double cv)
{
	w->scenarios = scenarios;
	w->runs = runs;
	w->requests = requests;
	w->cv = cv;
	w->candidate_cv = 0;
	w->cost = 1;
	w->no_control = w->no_bpf = false;
	for (size_t s = 0; s < WORLD_SCENARIOS; s++) {
		w->ttft[s] = 1;
		w->errors[s] = 0;
	}
}

/* The tool's defaults, without the bootstrap, which decides nothing. */
static inline struct slo_m5_limits world_limits(void)
{
	return (struct slo_m5_limits){ .overhead_pct = 3,
				       .variance_pct = 10,
				       .ttft_pct = 5,
				       .tokens_pct = 10,
				       .errors_pp = 1,
				       .alpha = 0.05,
				       .min_delta = 0.147,
				       .min_runs = 8,
				       .min_samples = 100,
				       .seed = 42 };
}

#endif
