/* SPDX-License-Identifier: MIT */
/*
 * tsckhz: how fast this machine's time stamp counter runs, in kHz, over 100 ms
 * of the monotonic clock. An emulated machine has the same counter, but measures
 * it at boot against an emulated timer: on a busy host several times wrong.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

/* Counter and clock, read together: of some tries the one that took least. */
static void both(uint64_t *ticks, int64_t *ns)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 50; i++) {
		uint64_t from = __rdtsc(), to;
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		to = __rdtsc();
		if (to - from >= best)
			continue;
		best = to - from;
		*ticks = from + best / 2;
		*ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	}
}

int main(void)
{
	const struct timespec wait = { .tv_nsec = 100000000 };
	uint64_t t0 = 0, t1 = 0;
	int64_t n0 = 0, n1 = 0;

	both(&t0, &n0);
	nanosleep(&wait, NULL);
	both(&t1, &n1);
	printf("%.0f\n", (double)(t1 - t0) * 1e6 / (double)(n1 - n0));
	return 0;
}
