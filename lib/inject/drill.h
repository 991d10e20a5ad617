/* SPDX-License-Identifier: MIT */
/*
 * Scenario files (config/scenarios): which faults, how strong, for how long,
 * what is expected to come of them. What they are done to is said on the
 * command line: a file is good for any machine.
 */
#ifndef SLO_INJECT_DRILL_H
#define SLO_INJECT_DRILL_H

#include "base/err.h"
#include "event/enum.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	SLO_DRILL_FAULTS_MAX = 4,  /* at once */
	SLO_DRILL_ROUNDS_MAX = 16,
	SLO_DRILL_NAME_MAX = 64,
};

/* What a fault is aimed at; the fault decides. */
enum slo_drill_target { SLO_AIM_SERVICE, SLO_AIM_RESOLVER, SLO_AIM_PEER, SLO_AIM_PROVIDER, SLO_AIM_RETRIEVAL, SLO_AIM__COUNT };

struct slo_drill_fault {
	int fault;       /* enum SLO_FAULT */
	double severity; /* 1 .. 5; 0 = the caller's default */
	double strength; /* 0 = by severity */
};

struct slo_drill_round {
	struct slo_drill_fault faults[SLO_DRILL_FAULTS_MAX];
	size_t count; /* in force together; 0 = none, a healthy round */
};

struct slo_drill {
	char name[SLO_DRILL_NAME_MAX];
	char summary[256];
	double baseline_s, fault_s, recovery_s; /* of each round */
	struct slo_drill_round rounds[SLO_DRILL_ROUNDS_MAX]; /* one after another */
	size_t count;
	bool domains[SLO_DOMAIN__COUNT];   /* expected */
	bool signals[SLO_SIGNAL__COUNT];   /* expected to rise */
	bool missed;                       /* the objective is expected to be missed */
};

/**
 * slo_drill_parse - read a scenario
 * @name: of the file, for messages
 *
 * Return: 0; -EINVAL with @err, its place as "file:line: field".
 */
int slo_drill_parse(const char *text, size_t len, const char *name, struct slo_drill *out, struct slo_err *err);

/** slo_drill_read - the same from a file. Return: as above; others when it cannot be read. */
int slo_drill_read(const char *path, struct slo_drill *out, struct slo_err *err);

/** slo_drill_aim - what @fault is aimed at (enum slo_drill_target). */
int slo_drill_aim(int fault);

extern const char *const slo_drill_aims[SLO_AIM__COUNT];

#endif
