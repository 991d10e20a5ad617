/* SPDX-License-Identifier: MIT */
/* Pieces of text about an incident that several views share. */
#ifndef SLOCTL_PIECE_H
#define SLOCTL_PIECE_H

#include "event/event.h"
#include "render/term.h"

enum { PIECE_MAX = 128 }; /* bytes of one formatted piece */

/** piece_time - "2026-11-23 01:38:00Z", whole seconds. */
const char *piece_time(char to[PIECE_MAX], int64_t ns);

/** piece_span - the time from @from to @to_ns; years apart further than int64 reaches are no time at all. */
const char *piece_span(char to[PIECE_MAX], int64_t from, int64_t to_ns);

/** piece_quantity - see slo_quantity_add() */
const char *piece_quantity(char to[PIECE_MAX], double v, struct slo_str unit, const struct slo_term *t);

/** piece_percent - see slo_percent_add() */
const char *piece_percent(char to[PIECE_MAX], double share);

/** piece_unit - the unit of an impact: its own, or its SLI's. */
struct slo_str piece_unit(const struct slo_impact *i);

/** piece_objective - "objective <= 140 ms for 95 %"; "" when the record does not say. */
const char *piece_objective(char to[PIECE_MAX], const struct slo_impact *i, const struct slo_term *t);

/** piece_measure - append a number of @e: some signals are rates, and their unit does not say so. */
void piece_measure(struct slo_buf *b, const struct slo_evidence *e, double v, const struct slo_term *t);

/** piece_value - append what @e observed, "not captured" included. */
void piece_value(struct slo_buf *b, const struct slo_evidence *e, const struct slo_term *t);

/** piece_is_error_rate - an SLI whose value is the share of its own bad requests. */
bool piece_is_error_rate(struct slo_str sli);

#endif
