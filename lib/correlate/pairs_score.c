/* SPDX-License-Identifier: MIT */
#include "correlate/pairs_internal.h"
#include "stat/proportion.h"

/* Both sides carry what joining by @tier takes. */
static bool carries(const struct pair_item *item, int tier)
{
	const struct slo_pair_side *a = &item->pair.span, *b = &item->pair.signal;

	switch (tier) {
	case SLO_TIER_TRACE:
		return a->trace_id.len && b->trace_id.len;
	case SLO_TIER_PROCESS:
		return a->pid > 0 && b->pid > 0;
	case SLO_TIER_CONNECTION:
		return a->conn_tuple.len && b->conn_tuple.len;
	default:
		return a->service.len && b->service.len && a->node.len && b->node.len;
	}
}

static void count_positive(const struct pair_item *item, const struct slo_pair_prediction *q, bool predicted,
			   struct slo_pairs_score *s)
{
	s->positive++;
	s->tp += predicted;
	s->fn += !predicted;
	s->ambiguous += q->candidates > 1;
	s->unmatched += q->candidates == 0;
	if (predicted && item->tier >= 0) {
		s->tiers++;
		s->tier_right += item->tier == q->tier;
	}
}

void slo_pairs_score(const struct slo_pairs *p, const struct slo_pair_prediction *pred, double threshold, int tier,
		     struct slo_pairs_score *out)
{
	*out = (struct slo_pairs_score){ .n = 0 };
	for (uint32_t i = 0; i < p->count; i++) {
		const struct pair_item *item = &p->items[i];
		const struct slo_pair_prediction none = { .tier = -1 };
		/* What a weaker tier says is nothing that this one has found. */
		const struct slo_pair_prediction *q = tier < 0 || pred[i].tier == tier ? &pred[i] : &none;
		bool counts = q->confidence >= threshold, predicted = q->match && counts;

		if (tier >= 0 && q->tier < 0 && !carries(item, tier))
			continue;
		out->n++;
		out->confidence_sum += predicted ? q->confidence : 0;
		/* An event joined wrongly counts once, in however many pairs it occurs. */
		out->fp += counts && q->first && (q->match || q->other) && !q->right;
		if (item->pair.expected_match > 0)
			count_positive(item, q, predicted, out);
		else
			out->tn += !predicted;
	}
}

struct slo_share slo_share_of(uint64_t k, uint64_t n)
{
	struct slo_share s = { .k = k, .n = n };
	double upper;

	if (!n)
		return s;
	s.value = (double)k / (double)n;
	/* Both tails of 90 % are 5 % each. */
	slo_clopper_pearson(k, n, 0.90, &s.lower, &upper);
	return s;
}

struct slo_share slo_score_precision(const struct slo_pairs_score *s)
{
	return slo_share_of(s->tp, s->tp + s->fp);
}

struct slo_share slo_score_recall(const struct slo_pairs_score *s)
{
	return slo_share_of(s->tp, s->positive);
}

struct slo_share slo_score_recall_sure(const struct slo_pairs_score *s)
{
	return slo_share_of(s->tp, s->positive - s->ambiguous);
}
