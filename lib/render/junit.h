/* SPDX-License-Identifier: MIT */
/*
 * A JUnit XML report: suites of cases, as continuous integration servers read
 * them. Any bytes may be handed in: markup is escaped, and what XML 1.0 cannot
 * hold (control characters, invalid UTF-8) is written out as \x1b, \xff, ...
 */
#ifndef SLO_RENDER_JUNIT_H
#define SLO_RENDER_JUNIT_H

#include "base/buf.h"

#include <stdint.h>

enum slo_junit_outcome { SLO_JUNIT_PASSED, SLO_JUNIT_FAILED, SLO_JUNIT_ERROR, SLO_JUNIT_SKIPPED, SLO_JUNIT__COUNT };

/* One case. Absent strings are left out, a missing name is "". */
struct slo_junit_case {
	struct slo_str name, classname;
	enum slo_junit_outcome outcome;
	struct slo_str type, message; /* of what went wrong: short; not for passed cases */
	struct slo_str text;          /* the same at length */
};

struct slo_junit {
	struct slo_buf suites;  /* complete */
	struct slo_buf cases;   /* of the suite being written */
	struct slo_buf name;    /* of the suite being written, escaped */
	size_t max;             /* bytes of report */
	uint64_t suite[SLO_JUNIT__COUNT], total[SLO_JUNIT__COUNT]; /* cases in the report, by outcome */
	uint64_t dropped;       /* cases of the suite being written that did not fit */
	uint64_t all_dropped;   /* cases that did not fit */
	bool open;              /* a suite is being written */
};

/** slo_junit_init - an empty report of at most @max bytes (and 512 for what encloses the suites). */
void slo_junit_init(struct slo_junit *j, size_t max);
void slo_junit_fini(struct slo_junit *j);

/** slo_junit_suite - begin a suite, ending the one before. */
void slo_junit_suite(struct slo_junit *j, struct slo_str name);

/**
 * slo_junit_add - a case of the suite begun last
 *
 * One that does not fit is left out whole, is in none of the counts of the
 * report, and is counted in @j->all_dropped; its suite says how many there were.
 */
void slo_junit_add(struct slo_junit *j, const struct slo_junit_case *c);

/**
 * slo_junit_write - end the last suite and append the whole report
 * @name: of the report
 *
 * Return: 0, or the sticky error of @out or of the report (-ENOMEM).
 */
int slo_junit_write(struct slo_junit *j, struct slo_str name, struct slo_buf *out);

#endif
