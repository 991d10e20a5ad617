/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics of a tool, on stderr, one line each: "agent: message".
 * For cmd/ only: library code returns a struct slo_err instead of calling these.
 */
#ifndef SLO_BASE_LOG_H
#define SLO_BASE_LOG_H

#include "base/err.h"

#include <stdbool.h>

/** slo_log_init - name the tool whose lines these are. @tool must outlive the process. */
void slo_log_init(const char *tool, bool quiet);

/** slo_tool_name - the name given to slo_log_init(). */
const char *slo_tool_name(void);

/** slo_warn - print "tool: message". Errors are never silenced by quiet. */
void slo_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** slo_info - print "tool: message" unless quiet was asked for. */
void slo_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** slo_warn_err - print "tool: where: what". */
void slo_warn_err(const struct slo_err *err);

#endif
