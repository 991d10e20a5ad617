/* SPDX-License-Identifier: MIT */
/*
 * A recorded trace of requests: when each came, how long its prompt and its answer were.
 *
 * CSV with a header that names the columns, in any order and case; other columns
 * are passed over:
 *
 *   timestamp                                          seconds, or a date and time
 *   input_tokens, ContextTokens, input_length          1 .. SLO_CLIENT_PROMPT_MAX
 *   output_tokens, GeneratedTokens, output_length      1 .. SLO_TRACE_OUTPUT_MAX
 *
 * The names are those of our own traces, of the Azure LLM inference traces and of
 * Mooncake. A date is "2023-11-16 18:17:03.9799600" or RFC 3339, taken as UTC
 * without a zone. All timestamps are of one kind and none is before the one above it.
 */
#ifndef SLO_NET_HTTP_CLIENT_TRACE_H
#define SLO_NET_HTTP_CLIENT_TRACE_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

enum {
	SLO_TRACE_ROWS_MAX = 1000000,
	SLO_TRACE_BYTES_MAX = 128 << 20,
	SLO_TRACE_OUTPUT_MAX = 1000000,
};

struct slo_trace_row {
	int64_t at_ns; /* after the first row, >= 0, never decreasing */
	int32_t prompt_tokens, max_tokens;
};

struct slo_trace {
	struct slo_trace_row *rows;
	size_t n; /* >= 1 */
};

/**
 * slo_trace_parse - the whole text of a trace
 * @name: of the file, for messages
 *
 * Return: 0, the caller frees with slo_trace_fini(); -EINVAL with @err naming file, line and field; -E2BIG
 * for more than SLO_TRACE_ROWS_MAX rows; -ENOMEM. @out is unchanged on failure. Pure.
 */
int slo_trace_parse(struct slo_str text, const char *name, struct slo_trace *out, struct slo_err *err);
void slo_trace_fini(struct slo_trace *t);

#endif
