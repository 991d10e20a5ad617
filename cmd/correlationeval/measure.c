/* SPDX-License-Identifier: MIT */
#include "correlationeval.h"

#include "base/time.h"

#include <errno.h>
#include <stdlib.h>

const int eval_skews_ms[SKEWS] = { -500, -200, -100, -50, -20, 0, 20, 50, 100, 200, 500 };

static int predict(struct eval *e, int only, bool untraced, int64_t shift_ns, struct slo_pair_prediction *out,
		   struct slo_err *err)
{
	struct slo_pairs_run run = { .together = e->together, .only = only, .untraced = untraced, .shift_ns = shift_ns,
				     .window_ns = e->o->window_ns };
	int r;

	slo_join_opts_default(&run.join, &e->config);
	r = slo_pairs_predict(e->pairs, &run, out);
	return r ? slo_err_set(err, r, "the join: %s", slo_strerror(r)) : 0;
}

static int measure_tier(struct eval *e, int tier, struct slo_pair_prediction *scratch, struct slo_err *err)
{
	struct tier_score *t = &e->tiers[tier];
	int r = predict(e, tier, false, 0, scratch, err);

	if (r)
		return r;
	slo_pairs_score(e->pairs, scratch, 0, tier, &t->score);
	t->precision = slo_score_precision(&t->score);
	t->recall = slo_score_recall_sure(&t->score);
	t->gated = e->config.correlation.precision[tier] >= e->o->threshold;
	return 0;
}

int eval_measure(struct eval *e, struct slo_err *err)
{
	uint32_t n = slo_pairs_count(e->pairs);
	struct slo_pair_prediction *scratch = calloc(n + 1, sizeof(*scratch));
	int r = 0;

	e->pred = calloc(n + 1, sizeof(*e->pred));
	if (!scratch || !e->pred)
		r = slo_err_set(err, -ENOMEM, "out of memory");
	e->together = e->o->candidates == CANDIDATES_ALL ||
		      (e->o->candidates == CANDIDATES_AUTO && slo_pairs_have_durations(e->pairs));
	r = r ? r : predict(e, -1, false, 0, e->pred, err);
	for (int t = 0; !r && t < SLO_TIER__COUNT; t++)
		r = measure_tier(e, t, scratch, err);
	for (int i = 0; !r && i < SKEWS; i++) {
		r = predict(e, -1, true, eval_skews_ms[i] * SLO_NS_PER_MS, scratch, err);
		if (!r)
			slo_pairs_score(e->pairs, scratch, e->o->threshold, -1, &e->skew[i]);
	}
	free(scratch);
	if (r)
		return r;
	slo_pairs_score(e->pairs, e->pred, e->o->threshold, -1, &e->score);
	e->precision = slo_score_precision(&e->score);
	e->recall = slo_score_recall(&e->score);
	e->recall_sure = slo_score_recall_sure(&e->score);
	return 0;
}

/* The worse of what was found so far and what @share says of @min. */
static void judge(struct eval *e, const char *of, const char *what, struct slo_share share, double min)
{
	enum verdict v = share.n && share.value < min ? VERDICT_FAIL : VERDICT_INCONCLUSIVE;

	if (share.lower >= min && share.n)
		return;
	if (e->verdict == VERDICT_FAIL || e->verdict == v)
		return;
	e->verdict = v;
	slo_err_reset(&e->why);
	if (v == VERDICT_FAIL)
		slo_err_set(&e->why, 0, "%s gate failed: got %.4f required %.4f%s%s", what, share.value, min, of[0] ? ", tier " : "",
			    of);
	else
		slo_err_set(&e->why, 0,
			    "%s gate open: %llu of %llu show no more than %.4f, required %.4f%s%s", what,
			    (unsigned long long)share.k, (unsigned long long)share.n, share.lower, min, of[0] ? ", tier " : "", of);
}

void eval_judge(struct eval *e)
{
	judge(e, "", "precision", e->precision, e->o->min_precision);
	judge(e, "", "recall", e->recall_sure, e->o->min_recall);
	for (int t = 0; t < SLO_TIER__COUNT && e->o->gate == GATE_TIERS; t++) {
		const struct tier_score *s = &e->tiers[t];

		/* A tier that no pair of the set has anything for is not part of the question. */
		if (!s->gated || !s->score.n)
			continue;
		judge(e, slo_enum_name(&slo_tier_enum, t), "precision", s->precision, e->o->min_precision);
		judge(e, slo_enum_name(&slo_tier_enum, t), "recall", s->recall, e->o->min_recall);
	}
}

const char *eval_verdict_name(const struct eval *e)
{
	static const char *const names[] = { "PASS", "FAIL", "INCONCLUSIVE" };

	return names[e->verdict];
}
