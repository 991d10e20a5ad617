/* SPDX-License-Identifier: MIT */
/*
 * The probes: signals measured by BPF programs in the kernel.
 *
 * Each probe is an object of its own with a ladder of rungs, best first. A rung
 * is a set of programs that need one kind of hook; it is taken when all of them
 * load and attach, and given up with the kernel's reason when one does not. One probe
 * that fails never touches another.
 *
 * Every observation is counted in a histogram in the kernel, per owner; what
 * exceeds the signal's warning threshold comes out through a ring as well, as an example.
 */
#ifndef SLO_PROBE_BPF_H
#define SLO_PROBE_BPF_H

#include "base/err.h"
#include "bpf/event.h"
#include "decode/obs.h"

struct slo_target;

enum {
	SLO_BPF_RUNGS = 6, /* most rungs of one probe */
	SLO_BPF_MORE = 12, /* most counters of a probe's own */
	SLO_BPF_WHY = 192, /* bytes of a reason, its NUL included */
};

struct slo_bpf_opts {
	bool wanted[SLO_SIGNAL__COUNT]; /* probes of none of these are not loaded */
	const char *disable;  /* rungs not to try: "tp_btf,connect:raw_tp"; NULL = none; outlives it */
	uint32_t ring_bytes;  /* power of two, at least a page; 0 = 1 MiB */
	int64_t connect_timeout_ns; /* 0 = 30 s */
	int64_t dns_timeout_ns;     /* 0 = 5 s */
	uint16_t dns_port[SLO_BPF_DNS_PORTS]; /* up to the first 0; none = 53 */
	double threshold[SLO_SIGNAL__COUNT]; /* exemplars from this value on, in the signal's unit; 0 = where it is a warning */
	struct slo_target *target;  /* borrowed; NULL = watch everything as the host's */
	struct slo_obs_sink sink;   /* copied: summary and exemplar are called; obs for what user space found out itself */
	void *arg;                  /* of role */
	int (*role)(void *arg, const uint8_t addr[16], uint16_t port); /* enum SLO_ROLE of a peer; NULL = other */
};

/* Since the start; of one probe. */
struct slo_bpf_stats {
	struct slo_bpf_counters kernel; /* summed over CPUs */
	uint64_t evicted;      /* starts pushed out of a full map */
	uint64_t voided;       /* starts given up because what ended them may have been missed */
	uint64_t missed;       /* runs of a program the kernel skipped because it was running on that CPU already */
	struct {
		const char *name; /* static */
		uint64_t value;
	} more[SLO_BPF_MORE];  /* what only this probe counts */
	int more_count;
	uint64_t run_count, run_ns; /* of its programs, where the kernel counts them */
};

struct slo_bpf;

/**
 * slo_bpf_open - load and attach every wanted probe on the best rung that works
 *
 * That no probe works is not an error: slo_bpf_rung() tells. Return: 0; -EINVAL
 * with @err for a rung in @disable that nobody has; -ENOMEM.
 */
int slo_bpf_open(struct slo_bpf **out, const struct slo_bpf_opts *o, struct slo_err *err);
void slo_bpf_close(struct slo_bpf *b);

/** slo_bpf_fd - becomes readable when the ring fills up; -1 without any probe. Drain it often in any case. */
int slo_bpf_fd(const struct slo_bpf *b);

/** slo_bpf_drain - hand on what waits in the ring. Return: exemplars handed on. */
int slo_bpf_drain(struct slo_bpf *b);

/**
 * slo_bpf_flush - hand on what was counted since the last call, as summaries
 *
 * Follows the target's processes and the wall clock as well. Drain first.
 */
void slo_bpf_flush(struct slo_bpf *b, int64_t mono_ns);

/** slo_bpf_lost - exemplars that found no room in the ring, since the start. */
uint64_t slo_bpf_lost(const struct slo_bpf *b);

/** slo_bpf_enable - detach the probe of @signal, or attach it again (the overhead guard sheds signals). */
void slo_bpf_enable(struct slo_bpf *b, int signal, bool on);

/**
 * slo_bpf_want - signals that are asked for from now on
 *
 * Loads and attaches the probes nobody asked for so far, one after another in a thread, some tenths of a second for each;
 * slo_bpf_take_loaded() takes them in. Those that no signal in @wanted needs stay as they are, see slo_bpf_enable().
 */
void slo_bpf_want(struct slo_bpf *b, const bool wanted[SLO_SIGNAL__COUNT]);

/** slo_bpf_take_loaded - take in a probe that is loaded by now; slo_bpf_rung() tells what came of it. Return: whether one was. */
bool slo_bpf_take_loaded(struct slo_bpf *b);

/** slo_bpf_loading - a probe is being loaded. */
bool slo_bpf_loading(const struct slo_bpf *b);

/**
 * slo_bpf_cost - what each signal's probe costs in the kernel
 * @per_s: run time, ns per second of wall time, as of the last look (one second in ten); entries of probes that are
 *         not attached are left alone. A probe of two signals is told under its first one
 *
 * Return: 0, or the negative errno for which the kernel does not count (-EPERM without CAP_SYS_ADMIN).
 */
int slo_bpf_cost(const struct slo_bpf *b, int64_t per_s[SLO_SIGNAL__COUNT]);

/** slo_bpf_attached - the probe of @signal is at work. */
bool slo_bpf_attached(const struct slo_bpf *b, int signal);

/**
 * slo_bpf_looked - what the hooks of @signal's probe told of since the start, whoever's it was
 *
 * Connection attempts begun and segments sent again in the namespaces of slo_bpf_netns(), I/Os completed, direct
 * reclaims. To compare with what the kernel counts itself; 0 for other signals, whose probes do not count it.
 */
uint64_t slo_bpf_looked(const struct slo_bpf *b, int signal);

/** slo_bpf_netns - the network namespaces (inodes) slo_bpf_looked() is about from now on; the first SLO_BPF_NETNS count. */
void slo_bpf_netns(struct slo_bpf *b, const uint64_t *inodes, size_t n);

/** slo_bpf_waits - system calls of @service that were waits and no latency, since the start. */
uint64_t slo_bpf_waits(const struct slo_bpf *b, int service);

/** slo_bpf_stop - detach every probe for good; what was counted so far can still be read. */
void slo_bpf_stop(struct slo_bpf *b);

/** slo_bpf_can - a probe exists for @signal; whether it works here is another matter. */
bool slo_bpf_can(int signal);

/**
 * slo_bpf_best_rung - the best rung of @signal's probe but for those in @disable: "tp_btf"; "" when none is left
 *
 * What would be tried first; whether the kernel grants it is another matter. Static string.
 */
const char *slo_bpf_best_rung(int signal, const char *disable);

/** slo_bpf_check_disabled - whether every item of such a list means something. Return: 0, -EINVAL with @err. */
int slo_bpf_check_disabled(const char *list, struct slo_err *err);

/** slo_bpf_settle - wait for what is still being detached (0.1 s at most): no thread of ours runs afterwards. */
void slo_bpf_settle(struct slo_bpf *b);

/** slo_bpf_rung - the rung that measures @signal ("tp_btf"), "" when none does. Static string. */
const char *slo_bpf_rung(const struct slo_bpf *b, int signal);

/**
 * slo_bpf_applies - whether the probe of @signal can see @service's processes at all
 *
 * False for TLS where none of them has a library that is probed (Go, Java, a stripped static one): packets
 * see more there. True for SLO_SERVICE_NONE and for every other probe; false when no rung holds.
 */
bool slo_bpf_applies(const struct slo_bpf *b, int service, int signal);

/**
 * slo_bpf_why - why rung @i of @signal was not taken
 * @rung: its name
 *
 * Return: the reason, "" for the rung that was taken and those below it, NULL when there are no more. Valid until close.
 */
const char *slo_bpf_why(const struct slo_bpf *b, int signal, int i, const char **rung);

/** slo_bpf_watch_over - processes and cgroups of services that were too many to be told apart, when last looked at. */
uint64_t slo_bpf_watch_over(const struct slo_bpf *b);

/** slo_bpf_stats - counters of @probe (enum slo_bpf_probe). Return: 0, or -ENOENT when it is not loaded. */
int slo_bpf_stats(const struct slo_bpf *b, int probe, struct slo_bpf_stats *out);

#endif
