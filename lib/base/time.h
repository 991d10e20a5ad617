/* SPDX-License-Identifier: MIT */
/*
 * Time as int64 nanoseconds since the Unix epoch (wall) or since an arbitrary
 * start (monotonic). Pure stages take it as an argument; only cmd and the I/O
 * modules read a clock.
 */
#ifndef SLO_BASE_TIME_H
#define SLO_BASE_TIME_H

#include "base/str.h"

#define SLO_NS_PER_US INT64_C(1000)
#define SLO_NS_PER_MS INT64_C(1000000)
#define SLO_NS_PER_S  INT64_C(1000000000)

enum { SLO_RFC3339_MAX = 40 };

/**
 * slo_parse_rfc3339 - "2026-02-21T09:30:00.123456789Z" or with ±hh:mm
 * @out: nanoseconds since the epoch
 *
 * Years 1678 to 2261, up to 9 fraction digits (further ones are cut), a leap
 * second ":60" becomes the following second.
 * Return: 0, -EINVAL or -ERANGE; @out is unchanged on failure.
 */
int slo_parse_rfc3339(struct slo_str s, int64_t *out);

/** slo_fmt_rfc3339 - UTC with "Z", trailing zeros of the fraction trimmed. Return: bytes written to @to. */
size_t slo_fmt_rfc3339(char *to, int64_t ns);

/**
 * slo_parse_duration - "1500", "1500ms", "2s", "5m", "1h"; a bare number is
 * in @unit_ns units.
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int slo_parse_duration(struct slo_str s, int64_t unit_ns, int64_t *out_ns);

/** slo_now_wall_ns - CLOCK_REALTIME. */
int64_t slo_now_wall_ns(void);

/** slo_now_mono_ns - CLOCK_MONOTONIC. */
int64_t slo_now_mono_ns(void);

#endif
