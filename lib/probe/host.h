/* SPDX-License-Identifier: MIT */
/*
 * The sampler of procfs, cgroupfs and PSI: signals that need neither tracing
 * nor packets. Each call compares the kernel's counters with those of the call
 * before and hands the differences on as observations.
 *
 * signal                  provider    what one observation is
 * runqueue_delay_ms       schedstat   mean wait per time slice of one thread since the last look (sample or subsample);
 *                                     stands for as many observations as there were slices. Being a mean per thread, it hides single
 *                                     long waits. Time throttled by a quota counts as waiting too: the kernel does
 *                                     not tell them apart here. Threads that come and go between two samples are
 *                                     not seen
 * cfs_throttled_ms        cgroup1,    time one cgroup of the service was throttled in the interval, ms: one
 *                         cgroup2     observation per distinct cgroup (own, and ancestors with a quota) that was;
 *                                     their sum is the service's. On several CPUs it may exceed the interval
 * cpu_steal_pct           proc-stat   stolen share of the CPUs' time that was not idle, whole host. On bare metal
 *                                     the kernel shows 0 as well: zero does not prove a steal clock
 * mem_reclaim_latency_ms  cgroup2     time at least one task of the cgroup was stalled for memory in the interval, ms
 *                         psi-host    the same for the whole host, where the cgroup has no memory.pressure
 * disk_io_latency_ms      diskstats   mean time of an I/O of one whole device in the interval; stands for as many as
 *                                     were completed. Whole host; partitions, loop and RAM disks are left out,
 *                                     stacked devices (dm, md) stand beside what they are built on
 * tcp_retransmits_total   snmp        segments sent again in our network namespace, where packets are not captured
 *
 * Host-wide readings are repeated for every watched service, and carry
 * SLO_SERVICE_NONE when none is watched.
 */
#ifndef SLO_PROBE_HOST_H
#define SLO_PROBE_HOST_H

#include "base/err.h"
#include "decode/obs.h"
#include "event/enum.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_HOST_THREADS = 1024, /* most threads of one service; the rest is counted */
	SLO_HOST_SUBSAMPLED = 64, /* most threads of all services that slo_host_subsample() looks at */
	SLO_HOST_CGROUPS = 512,  /* most cgroups with a baseline */
	SLO_HOST_DISKS = 64,     /* most block devices */
};

struct slo_host_opts {
	const char *proc_root;     /* NULL = that of the target */
	const char *cgroup_prefix; /* put in front of cgroup mount points; NULL = none */
	const char *sys_root;      /* NULL = "/sys": tells whole devices from partitions */
};

/* Since the start. */
struct slo_host_counters {
	uint64_t samples;
	uint64_t observations;
	uint64_t threads;      /* sampled last time */
	uint64_t threads_over; /* beyond SLO_HOST_THREADS last time */
	uint64_t cgroups_over; /* cgroups that found no room for a baseline */
	uint64_t disks_over;
	uint64_t read_errors;  /* files that vanished or could not be read */
	uint64_t malformed;    /* files that could not be parsed */
};

struct slo_host;
struct slo_target;

/**
 * slo_host_new - a sampler of the processes of @target
 * @target: borrowed, must outlive the sampler
 * @sink:   copied; its request callback is never called
 * @opts:   strings are copied; NULL = all defaults
 */
int slo_host_new(struct slo_host **out, struct slo_target *target, const struct slo_obs_sink *sink,
		 const struct slo_host_opts *opts, struct slo_err *err);
void slo_host_free(struct slo_host *h);

/**
 * slo_host_sample - refresh the target, read the counters, hand on the differences
 * @wall_ns: stamp of the observations
 * @mono_ns: clock of the intervals
 *
 * The first call, and the first sight of each thread, cgroup or device, only
 * takes the baseline. A process that was moved into another cgroup: one we
 * know continues from its last reading; one made after our last look counts from 0;
 * any other starts from its present value.
 * Return: 0 or negative errno when proc_root cannot be read at all.
 */
int slo_host_sample(struct slo_host *h, int64_t wall_ns, int64_t mono_ns);

/**
 * slo_host_subsample - look at the run-queue delay of the threads known between two samples
 * @wall_ns: stamp of the observations
 *
 * A mean over a tenth of a second hides much less of one long wait than a mean over a
 * whole interval. Does nothing with more than SLO_HOST_SUBSAMPLED threads,
 * where it would cost too much.
 */
void slo_host_subsample(struct slo_host *h, int64_t wall_ns);

/** slo_host_enable - sample @signal or leave it alone (the overhead guard sheds signals). */
void slo_host_enable(struct slo_host *h, int signal, bool on);

/** slo_host_packets - whether packets are captured: what they show as well (TCP retransmits) is then not sampled. */
void slo_host_packets(struct slo_host *h, bool captured);

/**
 * slo_host_covers - can this source, in principle, measure @signal?
 *
 * True for the six signals above; the others belong to the packet source or to
 * tracing and slo_host_state() says so.
 */
bool slo_host_covers(int signal);

/**
 * slo_host_state - what the last sample knows about @signal of @service
 * @why: set to the reason when not captured, else to a note or ""; a string that lives until the next sample
 *
 * Return: enum SLO_STATE.
 */
int slo_host_state(const struct slo_host *h, int service, int signal, const char **why);

/** slo_host_provider - the rung that measures @signal of @service; "" when none does. Static string. */
const char *slo_host_provider(const struct slo_host *h, int service, int signal);

void slo_host_counters(const struct slo_host *h, struct slo_host_counters *out);

#endif
