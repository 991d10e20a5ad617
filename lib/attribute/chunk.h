/* SPDX-License-Identifier: MIT */
/*
 * What is kept of one quantity over one stretch of time, small: there are
 * sixteen for each signal and role of each service. Which numbers are needed
 * depends on how the quantity becomes a scalar, so only those are there.
 */
#ifndef SLO_ATTRIBUTE_CHUNK_H
#define SLO_ATTRIBUTE_CHUNK_H

#include "attribute/scalar.h"

enum { SLO_CHUNK_HIST_MAX = 112 }; /* bytes; a broader histogram becomes coarser: to 4.3 % in place of 2.2 %, mostly */

#define SLO_CHUNK_TIME_MAX_S 1e8f /* three years of windows in one chunk are enough for a rate */

/* Memory that all tracks of one engine share. */
struct slo_track_budget {
	size_t used, max;   /* bytes */
	uint64_t refused;   /* allocations that did not fit: windows taken without them */
};

/** slo_budget_take - zeroed memory within the budget; NULL, counted, when that or memory is spent. */
void *slo_budget_take(struct slo_track_budget *b, size_t size);

/** slo_budget_give - give memory of @size bytes back; @p may be NULL. */
void slo_budget_give(struct slo_track_budget *b, void *p, size_t size);

/* A packed histogram and the least value in it. */
struct slo_packed {
	double min;
	uint16_t room, len; /* bytes there are, bytes in use; 0 = no observation */
	uint8_t bytes[];
};

struct slo_chunk {
	uint32_t count;           /* observations; this and the next two stop at their maximum */
	uint16_t windows, blind;  /* that watched; that were not captured */
	union {
		struct { double max; struct slo_packed *hist; } latency; /* hist NULL until needed */
		struct { double sum; float time_s, watched_s; } amount;  /* rates and means; see slo_merged */
	};
};

/** slo_chunk_reset - empty it and give its histogram's memory back. One of zeros is empty but for a latency. */
void slo_chunk_reset(struct slo_chunk *c, enum slo_scalar how, struct slo_track_budget *budget);

/** slo_chunk_put - add @m and, for a latency, the histogram of its observations (may be NULL). */
void slo_chunk_put(struct slo_chunk *c, enum slo_scalar how, const struct slo_merged *m, const struct slo_hist *hist,
		   struct slo_track_budget *budget);

/** slo_chunk_keep - make @len packed bytes (at most SLO_CHUNK_HIST_MAX) the histogram of a latency's chunk. */
void slo_chunk_keep(struct slo_chunk *c, double min, const uint8_t *bytes, size_t len,
		    struct slo_track_budget *budget);

/** slo_chunk_join - add everything of the chunk to @out; its histogram, if any, to that of @out, if any. */
void slo_chunk_join(const struct slo_chunk *c, enum slo_scalar how, struct slo_merged *out);

/** slo_chunk_scalar - see slo_merged_scalar(). */
double slo_chunk_scalar(const struct slo_chunk *c, enum slo_scalar how);

#endif
