/* SPDX-License-Identifier: MIT */
/* How incidents went: of each line what changes, a bounded number of them. */
#ifndef SLOCTL_HISTORY_H
#define SLOCTL_HISTORY_H

#include "store.h"

enum { HISTORY_FIRST = 8, HISTORY_LAST = 120, HISTORY_MAX = HISTORY_FIRST + HISTORY_LAST };

struct moment {
	int64_t timestamp, update; /* ns; SLO_ABSENT_I64 = the record has no number */
	int status;                /* enum SLO_INCIDENT_STATUS; -1 = the record does not say */
	int domain;                /* enum SLO_DOMAIN */
	uint32_t causes;           /* bit set of enum SLO_DOMAIN */
	int abstained;             /* enum SLO_ABSTENTION, the first of its reasons; -1 = none */
	double confidence, brief, lengthy; /* burn rates; NaN = not told */
};

struct history {
	char id[STORE_ID_MAX];     /* key */
	uint64_t seen;             /* moments, those left out included */
	struct moment first[HISTORY_FIRST], last[HISTORY_LAST]; /* @last: moment n at n modulo HISTORY_LAST */
};

/** history_init - of at most STORE_MAX incidents; the table is the caller's. Return: 0 or -ENOMEM. */
int history_init(struct slo_table *t);

/** history_add - note one line; one that was seen before is passed over. */
void history_add(struct slo_table *t, const struct slo_incident *inc);

/**
 * history_list - the moments of incident @id by time, at most HISTORY_MAX
 * @left_out: of those in the middle that were not kept
 */
size_t history_list(const struct slo_table *t, struct slo_str id, struct moment out[HISTORY_MAX], uint64_t *left_out);

#endif
