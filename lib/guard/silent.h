/* SPDX-License-Identifier: MIT */
/*
 * Is a probe that sees nothing blind? What it saw is compared with what a
 * counter of the kernel's own counted of the same thing over the same time.
 *
 * Deltas are put together until the counter has moved by SLO_SILENT_EVENTS: that is a span, and its ratio
 * seen / counted is known. SLO_SILENT_SPANS spans in a row under SLO_SILENT_SHARE make the probe silent: one alone may be
 * what was counted before an edge and seen after it. It is heard again at the first span
 * from SLO_SILENT_HEARD on; between the two nothing changes. Pure.
 */
#ifndef SLO_GUARD_SILENT_H
#define SLO_GUARD_SILENT_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_SILENT_EVENTS = 20, /* least that must have been counted to say anything */
	SLO_SILENT_SPANS = 3,   /* bad spans in a row */
	SLO_SILENT_STALE = 12,  /* looks a span may take; then it starts afresh and the ratio is forgotten */
};
#define SLO_SILENT_SHARE 0.05 /* under it a probe is as good as blind */
#define SLO_SILENT_HEARD 0.2  /* from it on it is not */

/* One probe, or one probe and owner. Zero but for @ratio; see slo_silent_init(). */
struct slo_silent {
	double seen, counted;         /* of the span under way */
	int looks;                    /* it has taken so far */
	double ratio;                 /* seen / counted of the last full span; NaN = none yet, or too long ago */
	int bad;                      /* spans in a row under the share */
	double bad_seen, bad_counted; /* in them */
	bool silent;
	uint64_t trips;               /* times it fell silent */
};

enum slo_silent_change { SLO_SILENT_SAME, SLO_SILENT_FELL, SLO_SILENT_RECOVERED };

void slo_silent_init(struct slo_silent *s);

/**
 * slo_silent_look - what was seen and what was counted since the last look
 *
 * Deltas. A negative one is a counter that began afresh: the span under way is thrown away, the verdict stays.
 * Return: whether the verdict changed.
 */
enum slo_silent_change slo_silent_look(struct slo_silent *s, double seen, double counted);

/** slo_silent_pause - the probe is not at work: forget the span, the ratio and the spans in a row. */
void slo_silent_pause(struct slo_silent *s);

#endif
