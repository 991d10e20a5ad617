/* SPDX-License-Identifier: MIT */
/*
 * From what the BPF programs hand over (bpf/event.h) to observations. Pure.
 */
#ifndef SLO_DECODE_KERNEL_H
#define SLO_DECODE_KERNEL_H

#include "bpf/event.h"
#include "decode/obs.h"

/* Which signals a probe measures, and in what. */
struct slo_kernel_probe {
	const char *name;
	int signal;       /* of values (enum SLO_SIGNAL) */
	int errors;       /* of failed attempts; -1 = does not count them */
	double per_unit;  /* the signal's unit in the kernel's: 1e6 for ms from ns, 1 for counts */
	void (*detail)(const struct slo_bpf_event *e, char *to, size_t size);
	size_t event_size; /* of a longer event that begins with a struct slo_bpf_event; 0 = just that */
};

extern const struct slo_kernel_probe slo_kernel_probes[SLO_BPF__PROBES];

/**
 * slo_kernel_obs - one exemplar as an observation
 * @e:      as long as its probe's events are
 * @end_ns: its end on the wall clock
 *
 * Fills all but service, role and provider, which the caller knows. An event whose outcome is a failure is an observation of
 * the probe's error signal with the value 1.
 * Return: 0, or -EINVAL for an event no probe of ours makes.
 */
int slo_kernel_obs(const struct slo_bpf_event *e, int64_t end_ns, struct slo_obs *o);

/**
 * slo_kernel_add - add the values of one CPU's row to @to
 * @epoch: whose extremes count
 */
void slo_kernel_add(struct slo_bpf_hist *to, const struct slo_bpf_hist *from, uint32_t epoch);

/**
 * slo_kernel_delta - what was observed between two looks at a row
 * @probe:  enum slo_bpf_probe
 * @now, @before: sums over all CPUs; @now has the extremes of the interval in max[0] and min[0]
 * @hist:   filled, and pointed to by @s, for latencies
 * @s:      count, sum, min, max and hist are filled; count 0 = nothing
 * @errors: failed attempts
 */
void slo_kernel_delta(int probe, const struct slo_bpf_hist *now, const struct slo_bpf_hist *before,
		      struct slo_hist *hist, struct slo_obs_summary *s, uint64_t *errors);

/** slo_kernel_outcome - the name of an outcome (enum slo_bpf_outcome); "" for ok and what is not one. */
const char *slo_kernel_outcome(int outcome);

#endif
