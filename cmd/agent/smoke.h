/* SPDX-License-Identifier: MIT */
/* --probe-smoke: loading every probe, and making it fire. */
#ifndef SLO_AGENT_SMOKE_H
#define SLO_AGENT_SMOKE_H

#include "bpf/event.h"

#include <stddef.h>

enum { SMOKE_WHY = 160 };

/* Something small and harmless that a probe must notice. Runs in a child: the agent itself is never observed. */
struct smoke_stimulus {
	const char *what;      /* "6 connects over loopback" */
	unsigned int at_least; /* observations it must cause */
	int limit_ms;          /* it is ended after so long */
	int (*fire)(char why[SMOKE_WHY]); /* 0, or negative errno with @why */
};

extern const struct smoke_stimulus smoke_stimuli[SLO_BPF__PROBES];

/* How the kinds that need a cgroup of their own do it (smoke_cgroup.c). */
int smoke_throttle(char why[SMOKE_WHY]);
int smoke_reclaim(char why[SMOKE_WHY]);

/** smoke_fail - fill @why. Return: @neg_errno. */
int smoke_fail(char why[SMOKE_WHY], int neg_errno, const char *what);

#endif
