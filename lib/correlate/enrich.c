/* SPDX-License-Identifier: MIT */
#include "correlate/join.h"

#include "base/num.h"
#include "event/tables.h"

struct writer {
	struct slo_span *span;
	char *text;
	size_t used;
	uint32_t refused;
};

static struct slo_pair *find(struct slo_span *s, const char *key)
{
	for (uint32_t i = 0; i < s->attributes_count; i++)
		if (slo_str_is(s->attributes[i].key, key))
			return &s->attributes[i];
	return NULL;
}

static void put(struct writer *w, const char *key, struct slo_str value)
{
	struct slo_pair *at = find(w->span, key);

	if (!at && w->span->attributes_count == SLO_MAX_SPAN_ATTRS) {
		w->refused++;
		return;
	}
	if (!at) {
		at = &w->span->attributes[w->span->attributes_count++];
		at->key = slo_str(key);
	}
	at->value = value;
}

static void put_number(struct writer *w, const char *key, double v)
{
	const struct slo_pair *at = find(w->span, key);
	char *to = w->text + w->used;
	double old;

	if (at && slo_parse_f64(at->value, &old) == 0 && old >= v)
		return;
	if (w->used + SLO_NUM_MAX > SLO_JOIN_ATTRS_BYTES) {
		w->refused++;
		return;
	}
	w->used += slo_fmt_f64(to, v);
	put(w, key, slo_str_n(to, (size_t)(w->text + w->used - to)));
}

/* What is not from a live source says so beside its numbers. */
static void put_source(struct writer *w, uint32_t sources)
{
	if (sources & 1u << SLO_SOURCE_SYNTHETIC)
		put(w, "llm.ebpf.source", slo_str("synthetic"));
	else if (sources & 1u << SLO_SOURCE_REPLAY)
		put(w, "llm.ebpf.source", slo_str("replay"));
}

uint32_t slo_join_enrich(const struct slo_join_result *r, struct slo_span *s, char text[SLO_JOIN_ATTRS_BYTES])
{
	struct writer w = { .span = s, .text = text };

	for (int g = 0; g < SLO_SIGNAL__COUNT; g++)
		if (r->has[g])
			put_number(&w, slo_signal_info[g].attribute, r->value[g]);
	if (r->retrieval_ms > 0)
		put_number(&w, "llm.ebpf.retrieval.kernel_attributed_ms", r->retrieval_ms);
	if (r->retry_storm)
		put(&w, "llm.ebpf.tcp.retry_storm", slo_str("true"));
	put_source(&w, r->sources);
	if (r->tier >= 0) {
		put_number(&w, "llm.ebpf.correlation_confidence", r->confidence);
		put(&w, "llm.ebpf.correlation_tier", slo_str(slo_enum_name(&slo_tier_enum, r->tier)));
		s->tier = r->tier;
		s->confidence = r->confidence;
	}
	if (r->candidates)
		s->candidates = r->candidates;
	if (r->ambiguous)
		s->ambiguous = r->ambiguous;
	return w.refused;
}
