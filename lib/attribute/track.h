/* SPDX-License-Identifier: MIT */
/*
 * One measured quantity over event time: the last few chunks in full, so that
 * they can be merged over the interval of an incident, and behind them a ring
 * of one number per chunk, the quantity's own past.
 *
 * The chunks of an incident's beginning are merged into one more when they leave
 * the ring, so that it stays explained by what happened at its onset: what a
 * fault leaves behind, a queue that drains, is no evidence against the fault.
 *
 * A chunk becomes part of the past only when it drops out of the recent ring,
 * that is about SLO_TRACK_RECENT chunks after it ended, and not while the
 * service is in trouble: a fault does not become its own baseline. Once it is
 * known when the trouble began, chunks that ended before are past at once.
 */
#ifndef SLO_ATTRIBUTE_TRACK_H
#define SLO_ATTRIBUTE_TRACK_H

#include "attribute/chunk.h"
#include "attribute/past.h"
#include "base/pack.h"

enum {
	SLO_TRACK_RECENT = 12, /* chunks an incident can look back over */
	SLO_TRACK_AHEAD = 8, /* chunks that may be newer than the instant looked at: 5 s of lateness in chunks of 1 s */
	SLO_TRACK_PAST_MIN = 5, /* fewer numbers are no baseline */
	SLO_TRACK_RING = SLO_TRACK_RECENT + SLO_TRACK_AHEAD,
	SLO_TRACK_WHY = 48, /* bytes kept of a reason, NUL included */
};

struct slo_track {
	int64_t chunk_ns;   /* width; chunks are aligned to the epoch */
	int64_t first;      /* index of the oldest chunk in the ring; SLO_ABSENT_I64 = none */
	int64_t onset_ns, until_ns; /* the beginning of the trouble */
	int64_t calm_ns;    /* recent chunks that ended by then are past; 0 = none */
	struct slo_track_budget *budget;
	struct slo_past *past; /* made with its first number */
	char *why;          /* reason of the newest window that was not captured; NULL = none came */
	struct slo_chunk trouble; /* chunks of [onset_ns, until_ns) that left the ring */
	double median, spread, iqr; /* of the past, while @known */
	uint8_t how;        /* enum slo_scalar */
	uint8_t known_n;    /* numbers the median is of */
	bool known;
	uint8_t ring_n;     /* chunks in the ring */
	int32_t source;     /* enum SLO_EVIDENCE: who measured the newest window */
	struct slo_chunk ring[]; /* chunk i is at i modulo ring_n */
};

/**
 * slo_track_new - nothing known yet
 * @ahead: chunks that may be newer than the instant looked at, 1 .. SLO_TRACK_AHEAD
 *
 * Return: NULL when the budget or memory is spent.
 */
struct slo_track *slo_track_new(int64_t chunk_ns, uint32_t ahead, enum slo_scalar how,
				struct slo_track_budget *budget);
void slo_track_free(struct slo_track *t);

/** slo_track_add - add a window to the chunk its end falls into. Return: false when that is gone or @w invalid. */
bool slo_track_add(struct slo_track *t, const struct slo_window *w);

/** slo_track_add_hist - the same for @count observations as a histogram (may be NULL) with their sum, min, max. */
bool slo_track_add_hist(struct slo_track *t, int64_t start_ns, int64_t end_ns, uint64_t count, double sum, double min,
			double max, const struct slo_hist *hist);

/** slo_track_add_value - one observation that was made at @ts_ns. */
bool slo_track_add_value(struct slo_track *t, int64_t ts_ns, double value);

/** slo_track_place - where in the ring the chunk @index is. */
static inline size_t slo_track_place(const struct slo_track *t, int64_t index)
{
	int64_t i = index % t->ring_n;

	return (size_t)(i < 0 ? i + t->ring_n : i);
}

/** slo_track_why - keep @why as the reason why the newest window was not captured. */
void slo_track_why(struct slo_track *t, struct slo_str why);

/** slo_track_watched - watched time of a rate's chunk that @end_ns falls into, s; 0 when it is gone. */
float slo_track_watched(const struct slo_track *t, int64_t end_ns);

/** slo_track_watch - that chunk was watched for at least @s, whether it has windows or not. */
void slo_track_watch(struct slo_track *t, int64_t end_ns, float s);

/** slo_track_quiet - the rate @t is new: nothing was seen of it while @like, the same signal, was watched. */
void slo_track_quiet(struct slo_track *t, const struct slo_track *like);

/**
 * slo_track_age - let chunks that ended more than SLO_TRACK_RECENT chunks before @at_ns go
 * @skip_from, @skip_to: chunks that overlap this interval do not become past; equal = none
 */
void slo_track_age(struct slo_track *t, int64_t at_ns, int64_t skip_from, int64_t skip_to);

/** slo_track_onset - new trouble has its beginning in [@onset_ns, @until_ns): forget that of the last one. */
void slo_track_onset(struct slo_track *t, int64_t onset_ns, int64_t until_ns);

/** slo_track_calm - trouble began at @before_ns: recent chunks that ended by then are its past. */
void slo_track_calm(struct slo_track *t, int64_t before_ns);

/** slo_track_beginning - all of that interval up to @at_ns, as slo_track_merge(); nothing when no trouble was told. */
void slo_track_beginning(const struct slo_track *t, int64_t at_ns, struct slo_merged *out);

/** slo_track_clear - drop the recent chunks that overlap [@from_ns, @to_ns): trouble that is over, and no past. */
void slo_track_clear(struct slo_track *t, int64_t from_ns, int64_t to_ns);

/**
 * slo_track_forget - take out of the past what ended after @from_ns
 *
 * For an onset that turns out to be older than the recent chunks: a breach may
 * last long before it is noticed, and must not be its own baseline then either.
 */
void slo_track_forget(struct slo_track *t, int64_t from_ns);

/**
 * slo_track_merge - the recent chunks that lie in [@from_ns, @to_ns)
 * @out: reset first; its histogram, if any, is filled
 *
 * The chunk @from_ns falls into counts when at least half of it is inside;
 * at least the newest chunk that ended by @to_ns always counts.
 */
void slo_track_merge(const struct slo_track *t, int64_t from_ns, int64_t to_ns, struct slo_merged *out);

/**
 * slo_track_baseline - median of the past and its spread
 * @spread: 1.4826 * median absolute deviation, the standard deviation of normal noise; may be NULL
 *
 * Return: the median, or NaN when fewer than SLO_TRACK_PAST_MIN numbers are known.
 */
double slo_track_baseline(struct slo_track *t, double *spread);

/**
 * slo_track_pack - write a track, or read it into @t, which is new
 *
 * Return: whether what was read is of the same width of chunks; if not, or where
 * it is of another kind of scalar, @t stays new. True when writing.
 */
bool slo_track_pack(struct slo_track *t, struct slo_pack *p);

/** slo_track_iqr - interquartile range of the past (type 7), or NaN where there is no baseline. */
double slo_track_iqr(struct slo_track *t);

#endif
