/* SPDX-License-Identifier: MIT */
/*
 * The injectors: one row for each fault with what its severities mean, and the
 * planning of what will be done. Planning reads only; its result is data that a
 * session (session.h) applies and undoes.
 */
#ifndef SLO_INJECT_FAULT_H
#define SLO_INJECT_FAULT_H

#include "event/enum.h"
#include "inject/helper.h"
#include "inject/step.h"
#include "inject/throttle.h"

enum {
	SLO_SEVERITIES = 5,
	SLO_FAULT_PEERS_MAX = SLO_RELAY_UPSTREAMS_MAX,
	SLO_FAULT_JOBS_MAX = 1,
};

enum slo_fault_via { SLO_VIA_AUTO, SLO_VIA_NETEM, SLO_VIA_NFT, SLO_VIA_FORWARDER, SLO_VIA__COUNT };

struct slo_fault_spec {
	int fault;                     /* enum SLO_FAULT */
	double severity;               /* 1 .. 5 */
	double strength;               /* in the fault's unit; wins over severity when > 0 */
	int64_t pid;                   /* target process; 0 = none */
	bool tree;                     /* its descendants too (cpu_throttle) */
	char cgroup[SLO_CG_PATH_MAX];  /* target cgroup; "" = that of @pid */
	struct slo_netns ns;           /* target network namespace; ino 0 = ours */
	const char *resolv_conf;       /* where its resolvers are named */
	struct slo_host_port peers[SLO_FAULT_PEERS_MAX]; /* resolvers, peers or the endpoint, whichever the fault has */
	int peers_count;
	struct slo_host_port listen;   /* proxies: where to listen instead of being put in the way */
	const char *device;            /* network device; NULL = every one of the namespace */
	const char *disk;              /* device, or a file on it */
	int retry_after_s;
	int via;                       /* enum slo_fault_via */
	bool yes_this_host;            /* what is not the target's alone may be touched */
};

/* What will be done. */
struct slo_plan {
	struct slo_step steps[SLO_STEPS_MAX];
	size_t steps_count;
	struct slo_helper_job jobs[SLO_FAULT_JOBS_MAX]; /* of the HELPER steps, in their order */
	size_t jobs_count;
	bool has_throttle;             /* the target is moved to a cgroup with a quota */
	struct slo_throttle throttle;
	const char *mechanism;         /* static text for the label */
	const char *unit;              /* of its strength, where the mechanism makes it another; NULL = the fault's */
	char target[160];              /* what it is done to, for the label */
};

/* What planning acts through and has to know. */
struct slo_plan_env {
	const struct slo_step_io *io;
	bool netem;       /* the kernel has it */
	const char *name; /* unique; letters, digits and '-', at most 40 bytes */
};

struct slo_fault_info {
	int fault;
	const char *unit;              /* of a strength: "ms added to each query", … */
	double levels[SLO_SEVERITIES]; /* the strength of each severity; rising or falling */
	double lo, hi;                 /* a strength given by hand lies within */
	const char *target;            /* what has to be named: "netns", "cgroup", … */
	const char *needs;             /* of the kernel and the system */
	int (*plan)(const struct slo_fault_spec *spec, double strength, const struct slo_plan_env *env,
		    struct slo_plan *out, struct slo_err *err);
};

/** slo_fault_find - the row of a fault; NULL for those that are none (baseline, mixed, …). */
const struct slo_fault_info *slo_fault_find(int fault);

/** slo_fault_strength - of @severity (1 .. 5, between two of them in proportion), in the fault's unit. */
double slo_fault_strength(const struct slo_fault_info *f, double severity);

/** slo_fault_severity - the reverse, 1 .. 5; strengths beyond the table get its ends. */
double slo_fault_severity(const struct slo_fault_info *f, double strength);

/**
 * slo_fault_plan - what @spec comes to on this machine, reads only
 *
 * Return: 0; -EPERM with @err for what is not the target's alone when @spec does not say
 * yes_this_host, and always for init, kernel threads and root cgroups; -ENOTSUP naming
 * what is missing; -EINVAL for what has to be named and is not.
 */
int slo_fault_plan(const struct slo_fault_spec *spec, const struct slo_plan_env *env, struct slo_plan *out,
		   struct slo_err *err);

#endif
