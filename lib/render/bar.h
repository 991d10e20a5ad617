/* SPDX-License-Identifier: MIT */
/* Numbers as pictures and as text that a person reads at a glance. */
#ifndef SLO_RENDER_BAR_H
#define SLO_RENDER_BAR_H

#include "render/term.h"

/**
 * slo_bar_add - a horizontal bar of @width columns, @share of it filled
 * @share: clamped to 0 .. 1; NaN draws an empty bar
 *
 * In eighths of a column with UTF-8, else whole columns of "#" and ".". A
 * share above zero never looks empty and one below one never looks full.
 */
void slo_bar_add(struct slo_buf *out, double share, int width, const struct slo_term *t);

/**
 * slo_spark_add - one column per value, its height between the least and greatest
 *
 * NaN is a gap. Equal values are drawn at the lowest height.
 */
void slo_spark_add(struct slo_buf *out, const double *values, size_t n, const struct slo_term *t);

/**
 * slo_quantity_add - a number with its unit, three significant digits
 * @unit: "ms" (becomes µs, s, min as fits; us without UTF-8), "pct" (%), "ratio" (as %),
 *        "tps" (tok/s), "count" (nothing), "bytes" (KiB, MiB, …), other = written after it, made safe; "" = none
 *
 * "4.25 ms", "1.84 s", "2.6 %", "12 tok/s", "n/a" for NaN and infinities.
 */
void slo_quantity_add(struct slo_buf *out, double v, struct slo_str unit, const struct slo_term *t);

/** slo_percent_add - a probability for reading: "<1 %", "97 %", ">99 %"; never 0 % or 100 % unless exact. */
void slo_percent_add(struct slo_buf *out, double share);

/** slo_span_add - a length of time: "0 s", "45 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"; negative as "0 s". */
void slo_span_add(struct slo_buf *out, int64_t ns);

#endif
