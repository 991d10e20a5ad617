/* SPDX-License-Identifier: MIT */
/*
 * The stimulus program of the kernel tests: makes one kind of load or fault,
 * bounded in time and count, and prints what it saw of it from its own side, as
 * one JSON object. Those numbers are the truth the probes are judged by, so
 * nothing here asks a probe, or shares its arithmetic. Not part of the library.
 */
#ifndef SLO_PROBE_STIM_H
#define SLO_PROBE_STIM_H

#include "base/time.h"
#include "opt/opt.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	STIM_MAX_SECONDS = 600,
	STIM_MAX_THREADS = 64,
	STIM_MAX_COUNT = 10000000,
};

extern const struct slo_cmd stim_cmd_spin, stim_cmd_burn, stim_cmd_pingpong, stim_cmd_preempt, stim_cmd_serve,
	stim_cmd_connect, stim_cmd_send, stim_cmd_odirect, stim_cmd_memory, stim_cmd_tls, stim_cmd_dns,
	stim_cmd_dns_serve;

/** stim_stop - set by SIGTERM and SIGINT; every loop ends at it and prints what it has. */
extern volatile sig_atomic_t stim_stop;

/** stim_now - CLOCK_MONOTONIC, ns. */
int64_t stim_now(void);

/** stim_cpu_now - CPU time of the calling thread, ns. */
int64_t stim_cpu_now(void);

/** stim_sleep_until - sleep to @when (CLOCK_MONOTONIC, ns), or until stim_stop. */
void stim_sleep_until(int64_t when);

/** stim_error - "stim: WHAT: REASON" on stderr, REASON from errno. Return: 1, the exit status. */
int stim_error(const char *what);

/** stim_pin - tie the calling thread to @cpu; below 0: leave it free. Return: 0, or negative errno. */
int stim_pin(int64_t cpu);

/* What the scheduler accounts for one thread: /proc/self/task/TID/schedstat. */
struct stim_sched {
	int64_t run_ns;   /* on a CPU */
	int64_t delay_ns; /* runnable, waiting for one */
	int64_t slices;   /* times it was put on one */
};

/** stim_sched_read - of the calling thread. Return: 0, or negative errno; @out is zero then. */
int stim_sched_read(struct stim_sched *out);

/** stim_sched_since - @now less @before, member by member. */
struct stim_sched stim_sched_since(const struct stim_sched *now, const struct stim_sched *before);

/* Durations: how many, and their extremes. Zero-initialise. */
struct stim_times {
	int64_t count, sum_ns, min_ns, max_ns;
};

void stim_times_add(struct stim_times *t, int64_t ns);
void stim_times_merge(struct stim_times *to, const struct stim_times *from);

/*
 * The JSON object on standard output: stim_open(command) writes "command" and
 * "start_ns", stim_close() writes "end_ns" (both wall clock at that moment for
 * the end, and @start_ns for the start) and the newline.
 */
void stim_open(const char *command, int64_t start_ns);
void stim_int(const char *key, int64_t v);
void stim_ms(const char *key, int64_t ns);
void stim_num(const char *key, double v);
void stim_str(const char *key, const char *v);
void stim_list_open(const char *key);
void stim_item_open(void);
void stim_item_close(void);
void stim_list_close(void);

/** stim_put_times - members PREFIX_min_ms, PREFIX_mean_ms, PREFIX_max_ms; none when @t is empty. */
void stim_put_times(const char *prefix, const struct stim_times *t);

/** stim_put_sched - members run_ms, run_delay_ms, slices. */
void stim_put_sched(const struct stim_sched *s);

/** stim_close - end of the object. Return: 0, or 1 when standard output could not be written. */
int stim_close(void);

#endif
