/* SPDX-License-Identifier: MIT */
/*
 * From windows to the one number that thresholds, models and benchmark samples
 * see. There is no other place where a signal becomes a number. Pure.
 *
 * latency:  p95 of the merged histograms when 5 or more were observed, else (and
 *           where a window came without its histogram) the maximum
 * _total and cfs_throttled_ms: sum per second of the time the signal was watched, by
 *           whatever peer role: a role may have windows only where something was seen
 * pct:      sum / count
 */
#ifndef SLO_ATTRIBUTE_SCALAR_H
#define SLO_ATTRIBUTE_SCALAR_H

#include "event/event.h"
#include "event/tables.h"

enum { SLO_SCALAR_P95_MIN = 5 };

/* Merged windows of one signal. A histogram hangs on a pointer, so that quiet signals stay small. */
struct slo_merged {
	uint64_t count;     /* observations */
	uint64_t lost;      /* known to be missing */
	uint64_t in_hist;   /* of count, those in @hist */
	double sum, min, max;
	int64_t time_ns;    /* window time watched, summed */
	int64_t watched_ns; /* at least that; more where windows of another role say the signal was watched */
	uint32_t windows;   /* windows that watched: state value or zero */
	uint32_t blind;     /* windows that were not captured */
	struct slo_hist *hist; /* caller's; NULL = none offered */
};

/** slo_merged_reset - nothing merged; keeps and empties the histogram that hangs on it. */
void slo_merged_reset(struct slo_merged *m);

/** slo_merged_add - add a window; one whose numbers contradict each other is left out. Return: false for that. */
bool slo_merged_add(struct slo_merged *m, const struct slo_window *w);

/** slo_merged_watch - a window of @ns is part of it. */
void slo_merged_watch(struct slo_merged *m, int64_t ns);

/** slo_merged_join - add everything of @from. */
void slo_merged_join(struct slo_merged *m, const struct slo_merged *from);

/** slo_merged_state - enum SLO_STATE; where nothing was watched, not even under another role, it is not captured. */
int slo_merged_state(const struct slo_merged *m);

/** slo_merged_scalar - the number, in the signal's unit; 0 in state zero, NaN when not captured. */
double slo_merged_scalar(const struct slo_merged *m, enum slo_scalar how);

/** slo_window_scalar - the same for a single window. */
double slo_window_scalar(const struct slo_window *w);

#endif
