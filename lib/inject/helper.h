/* SPDX-License-Identifier: MIT */
/*
 * Processes a fault needs while it is in force. A helper is forked first and
 * waits, so that it can be written to the journal before it does anything; it
 * dies with the injector, however that dies.
 */
#ifndef SLO_INJECT_HELPER_H
#define SLO_INJECT_HELPER_H

#include "inject/cgroup.h"
#include "inject/relay.h"
#include "inject/tool.h"

#include <sched.h>

enum slo_helper_kind {
	SLO_HELPER_SPIN,  /* burns CPUs */
	SLO_HELPER_RELAY, /* the proxy of relay.h */
};

struct slo_helper_job {
	int kind;                      /* enum slo_helper_kind */
	char cgroup[SLO_CG_PATH_MAX];  /* joined before it begins; "" = none */
	cpu_set_t cpus;                /* SPIN: one thread stays on each */
	struct slo_netns ns;           /* RELAY: entered before it listens */
	struct slo_relay relay;        /* stats in memory shared with it */
};

struct slo_helper {
	int fd; /* our end; -1 = none */
	int64_t pid, ticks;
	int ports[SLO_RELAY_UPSTREAMS_MAX]; /* RELAY: where it listens */
};

/** slo_helper_start - fork it; it waits. Call before other threads exist. Return: 0 or a negative errno. */
int slo_helper_start(const struct slo_helper_job *job, struct slo_helper *h);

/** slo_helper_go - let it begin, and wait until it has. Return: 0; a negative errno with @err. */
int slo_helper_go(struct slo_helper *h, struct slo_err *err);

#endif
