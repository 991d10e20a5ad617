/* SPDX-License-Identifier: MIT */
/*
 * Overhead guard: when measuring takes more than its share of one core, shed
 * the costliest work step by step; give it back, last first, when there is room again.
 *
 * What counts is what measuring costs the machine: the agent's own CPU time and
 * the run time of its programs in the kernel, which is charged to whoever they interrupt.
 *
 * Two evaluations in a row over the limit shed the costliest of: one more level of flow sampling (level
 * n keeps one flow in 2^n; its cost is the agent's own), or one signal, by what its probe costs. Where no cost is known, the
 * contract's order decides (slo_signal_info.cost_rank). Ten in a row under 60 % of the limit restore the last step, if what it
 * cost then would fit; that memory halves each time it stands in the way. Pure.
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

/* What measuring took over one interval. */
struct slo_guard_cost {
	int64_t own_ns;                       /* user and system time of the process */
	int64_t signal_ns[SLO_SIGNAL__COUNT]; /* run time in the kernel of each signal's probe; 0 = none, or not known */
};

struct slo_guard_step {
	struct slo_guard_action action;
	double pct;       /* what it cost when it was shed */
};

struct slo_guard {
	double max_pct;   /* of one core; <= 0 = never shed */
	double pct;       /* of the last evaluation */
	bool flows;       /* flows can be sampled */
	int flow_level;
	bool sheddable[SLO_SIGNAL__COUNT]; /* wanted, and not shed */
	struct slo_guard_step shed[SLO_GUARD_STEPS]; /* the last one is restored first */
	int level;        /* of them in use */
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
 * slo_guard_change - another limit, other signals; what is shed stays shed until there is room for it
 * @max_pct: <= 0 = never shed any more; what is shed then is restored at the next evaluations, one at each
 */
void slo_guard_change(struct slo_guard *g, double max_pct, const bool wanted[SLO_SIGNAL__COUNT]);

/** slo_guard_shed - whether @signal is shed at present. */
bool slo_guard_shed(const struct slo_guard *g, int signal);

/**
 * slo_guard_update - one evaluation
 * @wall_ns: length of the interval; <= 0 is no evaluation
 *
 * Return: the one action to take now, kind SLO_GUARD_NOTHING for none.
 */
struct slo_guard_action slo_guard_update(struct slo_guard *g, const struct slo_guard_cost *cost, int64_t wall_ns);

#endif
