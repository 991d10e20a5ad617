/* SPDX-License-Identifier: MIT */
/* Shared by prober_judge.c (host checks) and prober_checks.c (hooks, signals, the published tool's list). */
#ifndef SLO_PROBE_PROBER_INTERNAL_H
#define SLO_PROBE_PROBER_INTERNAL_H

#include "probe/prober.h"

struct judging {
	const struct slo_prober *p;
	struct slo_check *out;
	size_t n;
};

/* What a check demands. Everything that does not depend on the host. */
struct demand {
	const char *name;
	enum slo_check_severity severity;
	const char *required, *remedy;
};

/** judge - add a check; @fmt says what there is. Return: it, for changes. */
struct slo_check *judge(struct judging *j, const struct demand *d, bool met, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** judge_skip - it could not be judged. */
void judge_skip(struct slo_check *c);

void judge_published(struct judging *j);
void judge_rights(struct judging *j);
void judge_host(struct judging *j);
void judge_hooks(struct judging *j);
void judge_signals(struct judging *j);

#endif
