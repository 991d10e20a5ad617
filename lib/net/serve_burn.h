/* SPDX-License-Identifier: MIT */
/*
 * CPU work in measured amounts: integer arithmetic counted in iterations, so
 * that a thread which is not let run takes longer instead of doing less.
 */
#ifndef SLO_NET_SERVE_BURN_H
#define SLO_NET_SERVE_BURN_H

#include <stdint.h>

struct slo_burn {
	double iterations_per_ms; /* of the calling thread's CPU time, median of the rounds */
	double spread;            /* (slowest - fastest) / fastest round; above ~0.2 the machine was unsteady */
};

/** slo_burn_calibrate - measure this machine against CLOCK_THREAD_CPUTIME_ID; burns about 100 ms. */
void slo_burn_calibrate(struct slo_burn *b);

/** slo_burn_iterations - how many make @ms milliseconds of CPU time (@ms <= 0 gives 0). */
uint64_t slo_burn_iterations(const struct slo_burn *b, double ms);

/** slo_burn_run - do them. */
void slo_burn_run(uint64_t iterations);

/** slo_thread_cpu_ns - CPU time of the calling thread. */
int64_t slo_thread_cpu_ns(void);

#endif
