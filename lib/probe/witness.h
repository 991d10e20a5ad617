/* SPDX-License-Identifier: MIT */
/*
 * Witnesses: counters that the kernel keeps by itself of what a probe should see. Each look gives how far they moved
 * since the one before.
 *
 * signal                  counter                                             scope
 * runqueue_delay_ms       slices of /proc/PID/task/TID/schedstat              service; threads there at both looks
 *                         slices of /proc/schedstat, else ctxt of /proc/stat  machine, where no service is watched. The
 *                                                                             latter counts switches to idle too
 * connect_latency_ms      Tcp ActiveOpens of /proc/net/snmp                   the network namespaces of the agent, of
 *                                                                             process 1 and of watched processes
 * tcp_retransmits_total   Tcp RetransSegs less TcpExt TCPRetransFail          the same
 * disk_io_latency_ms      reads, writes and discards of /proc/diskstats       machine; whole devices that none is stacked on
 * mem_reclaim_latency_ms  allocstall_* of /proc/vmstat                        machine; direct reclaim only: that of a
 *                                                                             cgroup's limit has no counter
 * syscall_latency_ms      syscr + syscw of /proc/PID/io                       service; sockets and pipes included
 * cfs_throttled_ms        throttled time of cpu.stat, ms                      service
 *
 * The others have none: the kernel counts neither DNS exchanges nor TLS handshakes, and steal is a counter itself.
 */
#ifndef SLO_PROBE_WITNESS_H
#define SLO_PROBE_WITNESS_H

#include "base/err.h"
#include "event/enum.h"
#include "probe/target.h"

enum {
	SLO_WITNESS_NETNS = 32,   /* network namespaces; the rest is not counted */
	SLO_WITNESS_PROCS = 1024, /* processes of all services */
};

struct slo_witness_opts {
	const char *proc_root;     /* NULL = that of the target */
	const char *cgroup_prefix; /* put in front of cgroup mount points; NULL = none */
	const char *sys_root;      /* NULL = "/sys" */
};

/* How far the counters moved; NaN = there is none, or nothing to compare with yet. Negative: one began afresh. */
struct slo_witness_counts {
	double of[SLO_TARGET_SERVICES + 1][SLO_SIGNAL__COUNT]; /* [0]: the machine, or nobody's; then by service */
	bool at_most[SLO_SIGNAL__COUNT]; /* counted is more than there is to be seen: no ratio, though silence shows */
};

struct slo_witness;

/** slo_witness_new - of the services of @target (borrowed); strings of @opts are copied. Nothing is read yet. */
int slo_witness_new(struct slo_witness **out, struct slo_target *target, const struct slo_witness_opts *opts,
		    struct slo_err *err);
void slo_witness_free(struct slo_witness *w);

/**
 * slo_witness_look - read the counters
 * @want: signals whose counters matter; the others are not read
 */
void slo_witness_look(struct slo_witness *w, const bool want[SLO_SIGNAL__COUNT], int64_t wall_ns, int64_t mono_ns,
		      struct slo_witness_counts *out);

/**
 * slo_witness_netns - the network namespaces counted at the last look, as inodes, at most SLO_WITNESS_NETNS
 *
 * In the order they were first seen in. Return: how many.
 */
size_t slo_witness_netns(const struct slo_witness *w, uint64_t to[SLO_WITNESS_NETNS]);

/** slo_witness_of_machine - @signal's counter is not one of a service. */
bool slo_witness_of_machine(int signal);

/** slo_witness_name - what @signal is compared with; "" = nothing. Static string. */
const char *slo_witness_name(int signal);

#endif
