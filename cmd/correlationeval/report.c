/* SPDX-License-Identifier: MIT */
#include "correlationeval.h"

#include "base/num.h"
#include "base/time.h"
#include "render/grid.h"

#include <inttypes.h>
#include <stdlib.h>

static int64_t generated_at(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	int64_t s;

	if (epoch && slo_parse_i64(slo_str(epoch), &s) == 0 && s >= 0 && s < INT64_C(9000000000))
		return s * SLO_NS_PER_S;
	return slo_now_wall_ns() / SLO_NS_PER_S * SLO_NS_PER_S;
}

static void number(struct slo_buf *b, const char *key, double v)
{
	slo_buf_addf(b, ",\n  \"%s\": ", key);
	slo_json_add_f64(b, v);
}

static void count(struct slo_buf *b, const char *key, uint64_t v)
{
	slo_buf_addf(b, ",\n  \"%s\": %" PRIu64, key, v);
}

static double f1(struct slo_share p, struct slo_share r)
{
	return p.value + r.value > 0 ? 2 * p.value * r.value / (p.value + r.value) : 0;
}

static double ratio(uint64_t k, uint64_t n)
{
	return n ? (double)k / (double)n : 0;
}

static double mean_confidence(const struct slo_pairs_score *s)
{
	return s->tp + s->fp ? s->confidence_sum / (double)(s->tp + s->fp) : 0;
}

static void share(struct slo_buf *b, const char *key, struct slo_share s)
{
	slo_buf_addf(b, ", \"%s\": ", key);
	slo_json_add_f64(b, s.value);
	slo_buf_addf(b, ", \"%s_lower\": ", key);
	slo_json_add_f64(b, s.lower);
}

/* (k + 1) / (n + 2): what the configuration should say of the tier's precision. */
static double smoothed(struct slo_share s)
{
	return ((double)s.k + 1) / ((double)s.n + 2);
}

static void tiers(const struct eval *e, struct slo_buf *b)
{
	slo_buf_adds(b, ",\n  \"tiers\": [");
	for (int t = 0; t < SLO_TIER__COUNT; t++) {
		const struct tier_score *s = &e->tiers[t];

		slo_buf_addf(b, "%s\n    {\"tier\": \"%s\", \"sample_size\": %" PRIu64 ", \"joined\": %" PRIu64, t ? "," : "",
			     slo_enum_name(&slo_tier_enum, t), s->score.n, s->precision.n);
		share(b, "precision", s->precision);
		slo_buf_adds(b, ", \"precision_smoothed\": ");
		slo_json_add_f64(b, smoothed(s->precision));
		slo_buf_adds(b, ", \"configured\": ");
		slo_json_add_f64(b, e->config.correlation.precision[t]);
		share(b, "recall", s->recall);
		slo_buf_addf(b, ", \"ambiguous\": %" PRIu64 ", \"unmatched\": %" PRIu64 ", \"gated\": %s}", s->score.ambiguous,
			     s->score.unmatched, s->gated ? "true" : "false");
	}
	slo_buf_adds(b, "\n  ]");
}

/* What is left when events show no trace id: the kernel's do not. */
static void untraced(const struct eval *e, struct slo_buf *b)
{
	const struct slo_pairs_score *s = &e->skew[NO_SKEW];

	slo_buf_addf(b, ",\n  \"without_trace_ids\": {\"joined\": %" PRIu64, s->tp + s->fp);
	share(b, "precision", slo_score_precision(s));
	share(b, "recall", slo_score_recall(s));
	share(b, "recall_unambiguous", slo_score_recall_sure(s));
	slo_buf_addf(b, ", \"ambiguous\": %" PRIu64 ", \"unmatched\": %" PRIu64 "}", s->ambiguous, s->unmatched);
}

static void skew(const struct eval *e, struct slo_buf *b)
{
	slo_buf_adds(b, ",\n  \"skew\": [");
	for (int i = 0; i < SKEWS; i++) {
		const struct slo_pairs_score *s = &e->skew[i];

		slo_buf_addf(b, "%s\n    {\"shift_ms\": %d, \"precision\": ", i ? "," : "", eval_skews_ms[i]);
		slo_json_add_f64(b, slo_score_precision(s).value);
		slo_buf_adds(b, ", \"recall\": ");
		slo_json_add_f64(b, slo_score_recall(s).value);
		slo_buf_addf(b, ", \"ambiguous\": %" PRIu64 ", \"unmatched\": %" PRIu64 "}", s->ambiguous, s->unmatched);
	}
	slo_buf_adds(b, "\n  ]");
}

void eval_summary(const struct eval *e, struct slo_buf *b)
{
	const struct slo_pairs_score *s = &e->score;
	char when[SLO_RFC3339_MAX];

	slo_buf_addf(b, "{\n  \"generated_at\": \"%.*s\"", (int)slo_fmt_rfc3339(when, generated_at()), when);
	count(b, "sample_size", s->n);
	count(b, "true_positive", s->tp);
	count(b, "false_positive", s->fp);
	count(b, "false_negative", s->fn);
	count(b, "true_negative", s->tn);
	number(b, "precision", e->precision.value);
	number(b, "recall", e->recall.value);
	number(b, "f1", f1(e->precision, e->recall));
	number(b, "tier_accuracy", ratio(s->tier_right, s->tiers));
	number(b, "mean_confidence", mean_confidence(s));
	number(b, "window_ms", (double)e->o->window_ns / 1e6);
	number(b, "threshold", e->o->threshold);
	number(b, "min_precision_required", e->o->min_precision);
	number(b, "min_recall_required", e->o->min_recall);
	slo_buf_addf(b, ",\n  \"passed_gate\": %s", e->verdict == VERDICT_PASS ? "true" : "false");
	slo_buf_addf(b, ",\n  \"verdict\": \"%s\"", eval_verdict_name(e));
	slo_buf_addf(b, ",\n  \"candidates\": \"%s\"", e->together ? "all" : "pair");
	number(b, "precision_lower", e->precision.lower);
	number(b, "recall_unambiguous", e->recall_sure.value);
	number(b, "recall_unambiguous_lower", e->recall_sure.lower);
	count(b, "ambiguous", s->ambiguous);
	number(b, "ambiguous_ratio", ratio(s->ambiguous, s->positive));
	count(b, "unmatched", s->unmatched);
	number(b, "unmatched_ratio", ratio(s->unmatched, s->positive));
	count(b, "malformed_lines", e->malformed);
	untraced(e, b);
	tiers(e, b);
	skew(e, b);
	slo_buf_adds(b, "\n}");
}

/* A field of CSV; quoted where it has to be. */
static void field(struct slo_buf *b, struct slo_str s)
{
	bool plain = true;

	for (size_t i = 0; i < s.len; i++)
		plain = plain && s.p[i] != ',' && s.p[i] != '"' && s.p[i] != '\n' && s.p[i] != '\r';
	if (plain) {
		slo_buf_add(b, s.p ? s.p : "", s.len);
		return;
	}
	slo_buf_addc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"')
			slo_buf_addc(b, '"');
		slo_buf_addc(b, s.p[i]);
	}
	slo_buf_addc(b, '"');
}

void eval_predictions(const struct eval *e, struct slo_buf *b)
{
	slo_buf_adds(b, "case_id,signal,expected_match,predicted_match,confidence,tier,expected_tier,is_correct\n");
	for (uint32_t i = 0; i < slo_pairs_count(e->pairs); i++) {
		const struct slo_labeled_pair *p = slo_pairs_get(e->pairs, i);
		const struct slo_pair_prediction *q = &e->pred[i];
		bool predicted = q->match && q->confidence >= e->o->threshold, expected = p->expected_match > 0;

		field(b, p->case_id);
		slo_buf_addc(b, ',');
		field(b, p->signal.signal);
		slo_buf_addf(b, ",%s,%s,%.4f,%s,", expected ? "true" : "false", predicted ? "true" : "false", q->confidence,
			     q->tier >= 0 ? slo_enum_name(&slo_tier_enum, q->tier) : "");
		field(b, p->expected_tier);
		slo_buf_addf(b, ",%s\n", predicted == expected ? "true" : "false");
	}
}

static void cell(struct slo_grid *g, double v, uint64_t n)
{
	if (n)
		slo_grid_cellf(g, "%.4f", v);
	else
		slo_grid_cell(g, slo_str("-"));
}

static void tier_table(const struct eval *e, struct slo_buf *b)
{
	static const struct slo_column columns[] = {
		{ "TIER", SLO_ALIGN_LEFT, 0 },       { "PAIRS", SLO_ALIGN_RIGHT, 0 },
		{ "PRECISION", SLO_ALIGN_RIGHT, 0 }, { "AT LEAST", SLO_ALIGN_RIGHT, 0 },
		{ "CONFIGURED", SLO_ALIGN_RIGHT, 0 }, { "RECALL", SLO_ALIGN_RIGHT, 0 },
		{ "AT LEAST", SLO_ALIGN_RIGHT, 0 },  { "AMBIGUOUS", SLO_ALIGN_RIGHT, 0 },
		{ "UNMATCHED", SLO_ALIGN_RIGHT, 0 }, { "GATED", SLO_ALIGN_LEFT, 0 },
	};	const struct slo_term plain = { .width = 200 };
	struct slo_grid g;

	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (int t = 0; t < SLO_TIER__COUNT; t++) {
		const struct tier_score *s = &e->tiers[t];

		slo_grid_cell(&g, slo_str(slo_enum_name(&slo_tier_enum, t)));
		slo_grid_cellf(&g, "%" PRIu64, s->score.n);
		cell(&g, s->precision.value, s->precision.n);
		cell(&g, s->precision.lower, s->precision.n);
		slo_grid_cellf(&g, "%.4f", e->config.correlation.precision[t]);
		cell(&g, s->recall.value, s->recall.n);
		cell(&g, s->recall.lower, s->recall.n);
		slo_grid_cellf(&g, "%" PRIu64, s->score.ambiguous);
		slo_grid_cellf(&g, "%" PRIu64, s->score.unmatched);
		slo_grid_cell(&g, slo_str(s->gated ? "yes" : "no"));
	}
	slo_grid_draw(&g, 0, &plain, b);
	slo_grid_fini(&g);
}

static void skew_line(const struct eval *e, struct slo_buf *b)
{
	slo_buf_adds(b, "clocks apart, ms, without trace ids: precision/recall");
	for (int i = 0; i < SKEWS; i++) {
		struct slo_share p = slo_score_precision(&e->skew[i]), r = slo_score_recall(&e->skew[i]);

		slo_buf_addf(b, "%s %+d: ", i ? "," : "", eval_skews_ms[i]);
		if (p.n)
			slo_buf_addf(b, "%.3f", p.value);
		else
			slo_buf_addc(b, '-');
		slo_buf_addf(b, "/%.3f", r.value);
	}
	slo_buf_addc(b, '\n');
}

void eval_text(const struct eval *e, struct slo_buf *b)
{
	const struct slo_pairs_score *s = &e->score, *bare = &e->skew[NO_SKEW];

	slo_buf_addf(b, "correlation gate: %s | precision=%.4f recall=%.4f f1=%.4f sample_size=%" PRIu64 "\n",
		     eval_verdict_name(e), e->precision.value, e->recall.value, f1(e->precision, e->recall), s->n);
	if (e->o->out[0])
		slo_buf_addf(b, "summary: %s\n", e->o->out);
	if (e->o->predictions_out[0])
		slo_buf_addf(b, "predictions: %s\n", e->o->predictions_out);
	slo_buf_addf(b,
		     "precision at least %.4f, recall at least %.4f of pairs that fit one span at most (95 %%, "
		     "one-sided)\n",
		     e->precision.lower, e->recall_sure.lower);
	slo_buf_addf(b,
		     "ambiguous %" PRIu64 " and unmatched %" PRIu64 " of %" PRIu64
		     " pairs that belong together; compared with %s\n",
		     s->ambiguous, s->unmatched, s->positive, e->together ? "all spans" : "the span of the pair only");
	slo_buf_addf(b,
		     "without trace ids: precision=%.4f recall=%.4f, %.4f of pairs that fit one span at most; ambiguous %" PRIu64
		     ", unmatched %" PRIu64 "\n",
		     slo_score_precision(bare).value, slo_score_recall(bare).value, slo_score_recall_sure(bare).value,
		     bare->ambiguous, bare->unmatched);
	tier_table(e, b);
	skew_line(e, b);
}
