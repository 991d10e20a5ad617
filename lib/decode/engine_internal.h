/* SPDX-License-Identifier: MIT */
/* What the scrapes (engine.c) and the windows made of them (engine_window.c) share. */
#ifndef SLO_DECODE_ENGINE_INTERNAL_H
#define SLO_DECODE_ENGINE_INTERNAL_H

#include "base/table.h"
#include "decode/engine.h"

enum engine_shape {
	ENGINE_SECONDS,   /* histogram of seconds per request */
	ENGINE_PER_TOKEN, /* histogram of seconds per output token of a request */
	ENGINE_REQUESTS,  /* counter of requests by what became of them */
};

/* Beside enum SLO_BAD: what became of a request that a counter counts. */
enum { ENGINE_GOOD = -1, ENGINE_NOT_COUNTED = -2 };

struct engine_family {
	const char *engine, *name;
	int sli;                  /* enum SLO_SLI; of one engine's for the same SLI the first that is there counts */
	enum engine_shape shape;
	const char *by;           /* label that says what became of a request; NULL = all were good */
};

/* One series as a scrape has it. */
struct engine_shot {
	double le[SLO_ENGINE_BUCKETS];     /* ascending */
	uint64_t upto[SLO_ENGINE_BUCKETS]; /* observations <= le[i] */
	uint32_t n;
	double sum;                        /* NaN = none */
	uint64_t count;
	bool seen, has_count, bad;
};

struct engine_series {
	uint64_t key;             /* hash of family and labels */
	const struct engine_family *family;
	int outcome;              /* enum SLO_BAD, ENGINE_GOOD, ENGINE_NOT_COUNTED */
	bool known;               /* @before holds something */
	bool missed;              /* it was there and not taken: what it has now need not have come since */
	struct engine_shot now, before;
};

/* What one SLI came to between two scrapes. */
struct engine_sum {
	uint64_t valid;
	double good;              /* a threshold may split a bucket */
	struct slo_bad_counts bad_by;
	double sum;
	struct slo_hist hist;
};

struct slo_engine {
	struct slo_engine_opts o;
	struct slo_table series;
	int64_t at_ns;            /* of the last scrape; 0 = none */
	double started;           /* process_start_time_seconds; NaN = unknown */
	const char *name;
	bool has[SLO_SLI__COUNT];
	struct engine_sum sums[SLO_SLI__COUNT];
	struct slo_engine_stats n;
};

/** engine_settle - whether what a scrape says of a series is one thing. */
bool engine_settle(struct engine_shot *s, enum engine_shape shape);

/** engine_begun_anew - the process counts from zero again: @now is not what @before became. */
bool engine_begun_anew(const struct engine_shot *now, const struct engine_shot *before);

/** engine_add - what @s grew by since @before (NULL = zero) into its SLI's sum. Return: false: it makes no sense. */
bool engine_add(struct slo_engine *e, const struct engine_series *s, const struct engine_shot *before);

/** engine_emit - the windows from @start_ns to @end_ns. */
void engine_emit(struct slo_engine *e, int64_t start_ns, int64_t end_ns, slo_emit_fn *emit, void *arg);

#endif
