/* SPDX-License-Identifier: MIT */
/* Token bucket: @rate events per second on average, @burst at once. Pure: the caller brings the time. */
#ifndef SLO_BASE_BUCKET_H
#define SLO_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct slo_bucket {
	double rate;     /* tokens per second, > 0 */
	double burst;    /* most tokens, >= 1 */
	double tokens;
	int64_t last_ns; /* newest time seen */
	bool primed;
	uint64_t taken, dropped; /* events, since init */
};

/** slo_bucket_init - full; a @burst below 1 counts as 1. */
void slo_bucket_init(struct slo_bucket *b, double rate, double burst);

/** slo_bucket_change - another rate and burst from now on; tokens that are there stay, up to the new burst. */
void slo_bucket_change(struct slo_bucket *b, double rate, double burst);

/** slo_bucket_take - may one event pass at @now_ns? Time that goes backwards adds nothing. */
bool slo_bucket_take(struct slo_bucket *b, int64_t now_ns);

#endif
