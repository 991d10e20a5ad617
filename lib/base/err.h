/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, for a person. Functions return 0 or a negative errno for
 * machines and fill a struct slo_err for whatever a user can cause. The
 * library never prints; a tool prints the error once.
 */
#ifndef SLO_BASE_ERR_H
#define SLO_BASE_ERR_H

#include <stdarg.h>

struct slo_err {
	char where[160]; /* "file:line" or "file:line: field"; "" = nowhere in particular */
	char what[320];  /* the reason; "" = no error recorded */
};

/**
 * slo_err_set - record a reason, unless one is recorded already
 * @err: NULL is allowed and ignored
 * @ret: negative errno to hand back
 *
 * Return: @ret, so that `return slo_err_set(err, -EINVAL, "...")` reads well.
 */
int slo_err_set(struct slo_err *err, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * slo_err_at - put a place in front of the place recorded so far
 *
 * "value" then "events.ndjson:17" gives where = "events.ndjson:17: value".
 * @err: NULL is allowed and ignored
 */
void slo_err_at(struct slo_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** slo_err_reset - forget what was recorded. */
void slo_err_reset(struct slo_err *err);

/** slo_strerror - the symbolic name and text of a negative errno ("ENOSPC: No space left on device"). */
const char *slo_strerror(int neg_errno);

#endif
