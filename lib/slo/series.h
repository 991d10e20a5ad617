/* SPDX-License-Identifier: MIT */
/*
 * One objective of one service: a ring of time slots in event time, and the two
 * burn rates over its short and long window.
 *
 * A record belongs to the slot its end falls into, so records should not be
 * longer than the short window. Slots are aligned to the epoch. Slot width is
 * the long window / SLO_SERIES_SLOTS, rounded up to whole seconds, at least 1 s
 * and at most the short window; where long / short exceeds SLO_SERIES_SLOTS the
 * short window is one slot and the long window that many slots.
 */
#ifndef SLO_SLO_SERIES_H
#define SLO_SLO_SERIES_H

#include "config/config.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_SERIES_SLOTS = 360,     /* most slots in the long window */
	SLO_SERIES_AHEAD_MAX = 360, /* most slots between the evaluated time and the newest record */
};

/* What one window holds. */
struct slo_burn {
	double rate;        /* burn rate; 0 while valid is 0 */
	uint64_t valid, bad;
	uint64_t bad_by[SLO_BAD__COUNT]; /* as far as the records said */
};

/* Both windows at one instant. */
struct slo_burn_state {
	struct slo_burn brief, lengthy; /* short and long window */
	double need;        /* burn rate both must reach */
	bool data;          /* the short window holds a valid request */
	bool burning;       /* both windows reach @need; false without data */
	bool enough;        /* the short window holds the objective's min_events */
};

struct slo_series_stats {
	uint64_t records;   /* sli_window and slo records taken */
	uint64_t late;      /* came after their slot was evaluated; not counted in */
	uint64_t ahead;     /* too far in the future of the evaluated time; not counted in */
	uint64_t invalid;   /* bad > valid or the like; not counted in */
	uint64_t rejudged;  /* judged again from the histogram by the objective's threshold */
	uint64_t foreign;   /* judged by another or unknown threshold, no histogram: used as it was */
};

struct slo_slot;

struct slo_series {
	struct slo_objective objective;
	int64_t width_ns;       /* of a slot */
	uint32_t short_slots, long_slots, ring_slots;
	struct slo_slot *ring;  /* ring_slots of them */
	int64_t done_ns;        /* slots that end by then are evaluated; SLO_ABSENT_I64 = none */
	int64_t data_ns;        /* end of the newest slot with a valid request; SLO_ABSENT_I64 = none */
	bool windows;           /* an sli_window was seen: slo records are ignored */
	struct slo_series_stats stats;
};

/** slo_series_width_ns - the slot width an objective gets, ns. */
int64_t slo_series_width_ns(const struct slo_objective *o);

/**
 * slo_series_init - no records yet
 * @lateness_ns: how far behind the newest record time is evaluated; sizes the ring
 *
 * Return: 0, -EINVAL for an objective without a target in (0, 1) or with windows
 * that are not 0 < short <= long, -ENOMEM.
 */
int slo_series_init(struct slo_series *s, const struct slo_objective *o, int64_t lateness_ns);
void slo_series_fini(struct slo_series *s);

/**
 * slo_series_add - count an sli_window record of this service and SLI in
 *
 * Judged by another threshold than the objective's, a latency or throughput
 * record with a histogram is judged again: requests that failed (every class but
 * "slow") stay bad, the others by their value. Ratio SLIs use good and bad as given.
 */
void slo_series_add(struct slo_series *s, const struct slo_sli_window *w);

/** slo_series_add_event - count one slo record as one request; of use only where no sli_window ever comes. */
void slo_series_add_event(struct slo_series *s, const struct slo_sli_event *e);

/** slo_series_bad_event - whether the objective counts this observation as bad. */
bool slo_series_bad_event(const struct slo_series *s, const struct slo_sli_event *e);

/**
 * slo_series_eval - both windows as they end at @at_ns
 *
 * @at_ns is rounded down to a slot's end. Records of those slots that come later
 * are late. Must not go backwards.
 */
void slo_series_eval(struct slo_series *s, int64_t at_ns, struct slo_burn_state *out);

/**
 * slo_series_onset - when the breach that is in the windows now began
 *
 * The most likely change point of the share of bad requests over the slots of the
 * long window: each side has a rate of its own, the later one the higher (Hinkley 1970). Where nothing came
 * before, the oldest slot with a bad request. The change begins where the records of its slot do.
 * Return: ns, or SLO_ABSENT_I64.
 */
int64_t slo_series_onset(const struct slo_series *s);

#endif
