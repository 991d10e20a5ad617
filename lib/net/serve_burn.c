/* SPDX-License-Identifier: MIT */
#include "net/serve_burn.h"

#include "base/time.h"
#include "stat/quantile.h"

#include <time.h>

enum { ROUNDS = 5, ROUND_MS = 15 };

int64_t slo_thread_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * SLO_NS_PER_S + t.tv_nsec;
}

void slo_burn_run(uint64_t iterations)
{
	uint64_t x = 88172645463325252u;

	for (uint64_t i = 0; i < iterations; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		__asm__ volatile("" : "+r"(x)); /* keeps the loop without costing a memory access */
	}
}

static int64_t timed(uint64_t iterations)
{
	int64_t from = slo_thread_cpu_ns();

	slo_burn_run(iterations);
	return slo_thread_cpu_ns() - from;
}

void slo_burn_calibrate(struct slo_burn *b)
{
	double rate[ROUNDS];
	uint64_t n = 1 << 16;

	/* The doubling also gives the clock governor time to leave its idle frequency. */
	while (timed(n) < ROUND_MS * SLO_NS_PER_MS)
		n *= 2;
	for (int i = 0; i < ROUNDS; i++)
		rate[i] = (double)n / ((double)timed(n) / (double)SLO_NS_PER_MS);
	slo_sort_f64(rate, ROUNDS);
	b->iterations_per_ms = slo_quantile(rate, ROUNDS, 0.5);
	b->spread = rate[ROUNDS - 1] / rate[0] - 1;
}

uint64_t slo_burn_iterations(const struct slo_burn *b, double ms)
{
	return ms > 0 ? (uint64_t)(b->iterations_per_ms * ms + 0.5) : 0;
}
