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

#include "attribute/scalar.h"

enum {
	SLO_TRACK_RECENT = 12,    /* chunks an incident can look back over */
	SLO_TRACK_AHEAD = 4,      /* chunks that may be newer than the instant looked at */
	SLO_TRACK_PAST = 120,     /* numbers in the baseline */
	SLO_TRACK_PAST_MIN = 5,   /* fewer are no baseline */
	SLO_TRACK_RING = SLO_TRACK_RECENT + SLO_TRACK_AHEAD,
};

/* Memory that all tracks of one engine share. */
struct slo_track_budget {
	size_t used, max;   /* bytes */
	uint64_t refused;   /* allocations that did not fit: windows taken without them */
};

struct slo_track {
	int64_t chunk_ns;   /* width; chunks are aligned to the epoch */
	enum slo_scalar how;
	int64_t first;      /* index of the oldest chunk in the ring; SLO_ABSENT_I64 = none */
	struct slo_merged ring[SLO_TRACK_RING]; /* chunk i is at i modulo SLO_TRACK_RING */
	struct slo_merged trouble; /* chunks of [onset_ns, until_ns) that left the ring */
	int64_t onset_ns, until_ns; /* the beginning of the trouble */
	double past[SLO_TRACK_PAST];
	int64_t past_end[SLO_TRACK_PAST]; /* ns; when the chunk of each ended */
	uint32_t past_n, past_at;
	int64_t calm_ns;    /* recent chunks that ended by then are past; 0 = none */
	double median, spread, iqr; /* of the past, while @known */
	uint32_t known_n;   /* numbers they are of */
	bool known;
	int source;         /* enum SLO_EVIDENCE: who measured the newest window */
	char why[48];       /* reason of the newest window that was not captured */
	struct slo_track_budget *budget;
};

/** slo_track_new - NULL when the budget or memory is spent. */
struct slo_track *slo_track_new(int64_t chunk_ns, enum slo_scalar how, struct slo_track_budget *budget);
void slo_track_free(struct slo_track *t);

/** slo_track_add - add a window to the chunk its end falls into. Return: false when that is gone or @w invalid. */
bool slo_track_add(struct slo_track *t, const struct slo_window *w);

/** slo_track_add_hist - the same for @count observations as a histogram (may be NULL) with their sum, min, max. */
bool slo_track_add_hist(struct slo_track *t, int64_t start_ns, int64_t end_ns, uint64_t count, double sum, double min,
			double max, const struct slo_hist *hist);

/** slo_track_add_value - one observation that was made at @ts_ns. */
bool slo_track_add_value(struct slo_track *t, int64_t ts_ns, double value);

/** slo_track_watched - watched time of the chunk that @end_ns falls into, ns; 0 when it is gone. */
int64_t slo_track_watched(const struct slo_track *t, int64_t end_ns);

/** slo_track_watch - that chunk was watched for at least @ns, whether it has windows or not. */
void slo_track_watch(struct slo_track *t, int64_t end_ns, int64_t ns);

/** slo_track_quiet - @t is new: nothing was seen of it while @like, the same signal, was watched. */
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

/** slo_track_iqr - interquartile range of the past (type 7), or NaN where there is no baseline. */
double slo_track_iqr(struct slo_track *t);

#endif
