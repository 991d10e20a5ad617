/* SPDX-License-Identifier: MIT */
/*
 * The latest state of each incident, at most STORE_MAX of them. What is kept is
 * the record as text: small, and free of the line buffer it came in.
 */
#ifndef SLOCTL_STORE_H
#define SLOCTL_STORE_H

#include "base/table.h"
#include "event/event.h"

enum {
	STORE_MAX = 256,
	STORE_ID_MAX = 128,           /* bytes of an incident id, its NUL included */
	STORE_RECORD_MAX = 64 * 1024, /* bytes of one record; larger ones are refused */
};

struct kept {
	char id[STORE_ID_MAX]; /* key */
	char *record;          /* payload, JSON */
	size_t len;
	int64_t timestamp;     /* ns, of the latest update */
	int status;            /* enum SLO_INCIDENT_STATUS; open when the record says nothing */
	uint32_t causes;       /* bits of enum SLO_DOMAIN: the prediction and all at 50 % or more */
	uint64_t first;        /* order of appearance */
	uint64_t latest;       /* order of the latest update */
};

struct store {
	struct slo_table table;
	struct slo_buf scratch;
	uint64_t seen;     /* incident records */
	uint64_t outdated; /* of those, older than what is kept: ignored */
	uint64_t evicted_open; /* unresolved incidents pushed out because the store was full */
};

/** store_init - Return: 0 or -ENOMEM. */
int store_init(struct store *s);
void store_fini(struct store *s);

/**
 * store_put - keep @inc as the latest state of its incident
 * @changed: set when it is new, or its status or its set of causes differs from before
 *
 * Return: the entry; NULL with @err when the record is larger than the limits,
 * or without one (err->what empty) when it is outdated.
 */
const struct kept *store_put(struct store *s, const struct slo_incident *inc, bool *changed, struct slo_err *err);

/** store_sorted - all entries by appearance, or by latest update with unresolved ones first. Return: how many. */
size_t store_sorted(const struct store *s, bool urgent_first, const struct kept *out[STORE_MAX]);

/** kept_is_over - nothing burns any more. A stale incident is not over: nobody knows. */
bool kept_is_over(const struct kept *k);

#endif
