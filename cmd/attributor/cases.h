/* SPDX-License-Identifier: MIT */
/*
 * Recorded incidents as cases to learn from and to score: each stream is followed by
 * the engine of incidents as a live one would be, and what it knew is kept.
 */
#ifndef ATTRIBUTOR_CASES_H
#define ATTRIBUTOR_CASES_H

#include "attribute/evaluate.h"
#include "attribute/loudest.h"
#include "attribute/outcome.h"
#include "gen/recorded.h"
#include "net/digest.h"

enum {
	CASES_MOMENTS_MAX = 64,   /* judgements kept of one incident */
	CASES_QUIET_S = 5,        /* length of a quiet window */
	CASES_QUIETS_MAX = 16,    /* of them in one recording */
	CASES_SHIFTS_MAX = 8,
};

/* What was known at one time. */
struct moment {
	int64_t at_ns, onset_ns;
	struct slo_facts facts;
};

/* One incident as one of its two agents saw it. */
struct item {
	const struct slo_recorded *rec;
	int stream;               /* enum SLO_STREAM */
	struct slo_case truth;
	struct moment *moments;   /* while it burned, from the opening to the end of the fault */
	uint32_t count;
	uint64_t unkept;          /* moments beyond CASES_MOMENTS_MAX, quiet windows beyond CASES_QUIETS_MAX */
	struct moment *early;     /* while an incident burned that was opened before anything was done: a false alarm */
	uint32_t early_count;
	struct moment *quiet;     /* windows in which nothing was wrong */
	uint32_t quiet_count;
	struct slo_outcome loudest; /* answer of the largest z, which is told when the fault was */
};

struct cases {
	struct slo_recorded_set set;
	struct item *items;
	size_t count;
	char sha256[SLO_SHA256_HEX]; /* of the ids and the checksums of their streams, in order of id */
};

struct cases_want {
	const char *dir;          /* of the recorded set */
	int split;                /* enum SLO_SPLIT */
	int stream;               /* enum SLO_STREAM, -1 = both */
	bool quiet;               /* quiet windows as well */
};

/** cases_read - Return: 0; a negative errno with @err. The caller calls cases_fini() either way. */
int cases_read(struct cases *c, const struct cases_want *w, struct slo_err *err);

/**
 * cases_read_shifted - the same, as many times as there are onset shifts, in one reading
 * @all: @n sets, 1 .. CASES_SHIFTS_MAX; loudest and quiet windows are of the first only
 */
int cases_read_shifted(struct cases *all, const int64_t *shift_ns, size_t n, const struct cases_want *w,
		       struct slo_err *err);
void cases_fini(struct cases *c);

/** cases_sha256 - the hash struct cases would have for another part of the same set. */
int cases_sha256(const struct slo_recorded_set *set, int split, char out[SLO_SHA256_HEX]);

#endif
