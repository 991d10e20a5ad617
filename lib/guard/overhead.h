/* SPDX-License-Identifier: MIT */
/*
 * Overhead guard: when the process takes more than its share of one core, shed
 * work step by step; give it back, last first, when there is room again.
 *
 * Two evaluations in a row over the limit shed the next step; ten in a row under 60 % of
 * it restore the last one. Steps: six levels of flow sampling (level n keeps one
 * flow in 2^n), then the signals by the contract's cost order (slo_signal_info.cost_rank). Pure.
 */
#ifndef SLO_GUARD_OVERHEAD_H
#define SLO_GUARD_OVERHEAD_H

#include "event/enum.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_GUARD_FLOW_LEVELS = 6,
	SLO_GUARD_STEPS = SLO_GUARD_FLOW_LEVELS + SLO_SIGNAL__COUNT,
	SLO_GUARD_TRIP = 2,     /* evaluations over the limit before a step is shed */
	SLO_GUARD_RESTORE = 10, /* evaluations under SLO_GUARD_LOW of it before one is restored */
};
#define SLO_GUARD_LOW 0.6

enum slo_guard_kind {
	SLO_GUARD_NOTHING,
	SLO_GUARD_FLOWS,   /* arg = new flow sampling level, 0 (all flows) to 6 */
	SLO_GUARD_SIGNAL,  /* arg = signal (enum SLO_SIGNAL) */
};

/* What to do now. */
struct slo_guard_action {
	enum slo_guard_kind kind;
	int arg;
	bool shed; /* true: shed, false: restore */
};

struct slo_guard {
	double max_pct;   /* of one core; <= 0 = never shed */
	double pct;       /* of the last evaluation */
	struct slo_guard_action steps[SLO_GUARD_STEPS];
	int count;        /* steps in the table */
	int level;        /* of them, shed */
	int over, under;  /* evaluations in a row */
	uint64_t sheds, restores;
};

/**
 * slo_guard_init - all steps restored
 * @flows:  a packet source is there whose flows can be sampled
 * @wanted: signals that are on; the others are no steps. NULL = all
 */
void slo_guard_init(struct slo_guard *g, double max_pct, bool flows, const bool wanted[SLO_SIGNAL__COUNT]);

/**
 * slo_guard_update - one evaluation
 * @cpu_ns:  CPU time (user and system) this process took over the interval
 * @wall_ns: length of the interval; <= 0 is no evaluation
 *
 * Return: the one action to take now, kind SLO_GUARD_NOTHING for none.
 */
struct slo_guard_action slo_guard_update(struct slo_guard *g, int64_t cpu_ns, int64_t wall_ns);

#endif
