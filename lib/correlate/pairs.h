/* SPDX-License-Identifier: MIT */
/*
 * Labelled pairs of a span and a kernel event: what the join says of them, and how often
 * it is right.
 *
 * Spans and events that occur in several pairs are one. Judged together, each event can
 * fit any span of the set, so that concurrent requests, connections used again and skewed
 * clocks count. Judged one by one, as the first version of this format was meant, a pair
 * knows nothing of the others; a span without a duration is then an instant, and the contract's
 * distances (section 10) take the place of clock error: 2000, 100, 250 and 500 ms. Pure.
 */
#ifndef SLO_CORRELATE_PAIRS_H
#define SLO_CORRELATE_PAIRS_H

#include "correlate/join.h"

enum { SLO_PAIRS_MAX = 1 << 17 };

struct slo_pairs;

/** slo_pairs_new - an empty set. Return: 0 or -ENOMEM. */
int slo_pairs_new(struct slo_pairs **out);
void slo_pairs_free(struct slo_pairs *p);

/**
 * slo_pairs_add - keep a copy of @pair
 *
 * Return: 0; -EINVAL with @err for an unknown signal or tier or a connection that cannot be read; -E2BIG, -ENOMEM.
 */
int slo_pairs_add(struct slo_pairs *p, const struct slo_labeled_pair *pair, struct slo_err *err);

uint32_t slo_pairs_count(const struct slo_pairs *p);

/** slo_pairs_get - one of them, as it was added. */
const struct slo_labeled_pair *slo_pairs_get(const struct slo_pairs *p, uint32_t i);

/** slo_pairs_tier - what @name stands for: our names and the contract's (pod_pid_100ms, …); -1 = nothing. */
int slo_pairs_tier(struct slo_str name);

/** slo_pairs_have_durations - some span of the set is more than an instant. */
bool slo_pairs_have_durations(const struct slo_pairs *p);

/* What the events may show, and how the set is judged. */
struct slo_pairs_run {
	struct slo_join_opts join; /* hold, slack, precision, fan_out; the rest is set here */
	bool together;
	int only;                  /* enum SLO_TIER: of trace, process and connection the events show this only; -1 = all */
	bool untraced;             /* events do not show their trace id, as the kernel's do not */
	int64_t shift_ns;          /* added to the times of events */
	int64_t window_ns;         /* one by one: largest distance of any tier */
};

/* What is said of one pair. */
struct slo_pair_prediction {
	int tier;            /* enum SLO_TIER of the event's decision; -1 = fits no span */
	uint32_t candidates;
	double confidence;
	bool match;          /* joined to this span */
	bool other;          /* joined to another span */
	bool first;          /* of its event's pairs */
	bool right;          /* of the first: joined to a span that one of its pairs says it belongs to */
};

/** slo_pairs_predict - @out has one for each pair. Return: 0, -ENOMEM or -EINVAL (options). */
int slo_pairs_predict(const struct slo_pairs *p, const struct slo_pairs_run *run, struct slo_pair_prediction *out);

/* How often it was right. */
struct slo_pairs_score {
	uint64_t n;                  /* pairs */
	uint64_t positive;           /* that belong together */
	uint64_t tp, fn, tn;
	uint64_t fp;                 /* events joined to a span they do not belong to */
	uint64_t ambiguous;          /* positive pairs whose event fits several spans */
	uint64_t unmatched;          /* positive pairs whose event fits none */
	uint64_t tier_right, tiers;  /* of those predicted rightly with an expected tier, by that tier */
	double confidence_sum;       /* of predicted pairs */
};

/**
 * slo_pairs_score - compare with the truth
 * @threshold: confidence from which a join counts
 * @tier:      only pairs decided by this tier, or not by it though both sides have what it takes; -1 = all
 */
void slo_pairs_score(const struct slo_pairs *p, const struct slo_pair_prediction *pred, double threshold, int tier,
		     struct slo_pairs_score *out);

/* A share and how sure it is. */
struct slo_share {
	uint64_t k, n;
	double value; /* k / n; 0 for n = 0 */
	double lower; /* one-sided 95 % bound (Clopper and Pearson); 0 for n = 0 */
};

struct slo_share slo_share_of(uint64_t k, uint64_t n);

/** slo_score_precision - of events joined, those joined rightly. */
struct slo_share slo_score_precision(const struct slo_pairs_score *s);

/** slo_score_recall - of pairs that belong together, those joined. */
struct slo_share slo_score_recall(const struct slo_pairs_score *s);

/** slo_score_recall_sure - the same over pairs whose event fits one span at most. */
struct slo_share slo_score_recall_sure(const struct slo_pairs_score *s);

#endif
