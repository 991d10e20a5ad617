/* SPDX-License-Identifier: MIT */
/* For tests only: random valid records of any kind. */
#ifndef SLO_NET_TEST_RECORDS_H
#define SLO_NET_TEST_RECORDS_H

#include "base/rng.h"
#include "event/event.h"

#include <stdio.h>

/* Strings live as long as this. */
struct records {
	struct slo_rng rng;
	char text[4096][48];
	unsigned int n;
	bool hex_ids; /* trace and span ids are what they should be */
};

static inline bool records_coin(struct records *w, unsigned int of)
{
	return slo_rng_below(&w->rng, of) == 0;
}

static inline struct slo_str records_hex(struct records *w, size_t digits)
{
	char *to = w->text[w->n++ % 4096];

	for (size_t i = 0; i < digits; i++)
		to[i] = "0123456789abcdef"[slo_rng_below(&w->rng, 16)];
	to[0] = 'a';
	return slo_str_n(to, digits);
}

static inline struct slo_str records_text(struct records *w)
{
	static const char *const odd[] = { "", "a", "\"\\\n\t", "\xc3\xa9\xe2\x82\xac", "llm_slo.x", "process.pid",
					   "0", "{}", "label.", "\xf0\x9f\x98\x80", "net.transport", "\x01\x1f" };
	char *to = w->text[w->n++ % 4096];

	if (records_coin(w, 4))
		return slo_str(odd[slo_rng_below(&w->rng, SLO_ARRAY_LEN(odd))]);
	if (records_coin(w, 8))
		return records_hex(w, 32);
	return slo_str_n(to, (size_t)snprintf(to, sizeof(w->text[0]), "text-%llu",
					      (unsigned long long)slo_rng_below(&w->rng, 1000)));
}

static inline double records_num(struct records *w, const struct slo_rec_field *f)
{
	double share = slo_rng_unit(&w->rng);

	if (records_coin(w, 8) && f->lo <= 0 && f->hi >= 0)
		return 0;
	if (f->lo == 0 && f->hi == 0)
		return records_coin(w, 3) ? (share - 0.5) * 1e9 : records_coin(w, 2) ? share * 1e-7 : share * 1000 - 20;
	return f->lo + share * (f->hi < 1e12 ? f->hi - f->lo : 1e12);
}

static inline void records_fill(struct records *w, const struct slo_rec *r, char *out);

static inline void records_one(struct records *w, const struct slo_rec_field *f, void *at)
{
	struct slo_value *v = at;

	switch (f->type) {
	case SLO_REC_STR: case SLO_REC_STRS:
		*(struct slo_str *)at = w->hex_ids && strcmp(f->key, "trace_id") == 0 ? records_hex(w, 32)
				      : w->hex_ids && strcmp(f->key, "span_id") == 0  ? records_hex(w, 16)
										      : records_text(w);
		break;
	case SLO_REC_F64:
		*(double *)at = records_num(w, f);
		break;
	case SLO_REC_I64:
		*(int64_t *)at = (int64_t)records_num(w, f);
		if (records_coin(w, 4) && f->hi > 1e18)
			*(int64_t *)at = (int64_t)slo_rng_below(&w->rng, INT64_C(9199999999999999999));
		break;
	case SLO_REC_TIME:
		*(int64_t *)at = INT64_C(1771666200123000000) + (int64_t)slo_rng_below(&w->rng, 1u << 30);
		if (records_coin(w, 16))
			*(int64_t *)at = -(int64_t)slo_rng_below(&w->rng, 1u << 30);
		break;
	case SLO_REC_I32:
		*(int32_t *)at = (int32_t)records_num(w, f);
		break;
	case SLO_REC_U64: case SLO_REC_U64S:
		*(uint64_t *)at = records_coin(w, 3) ? 0 : slo_rng_u64(&w->rng) >> (1 + slo_rng_below(&w->rng, 63));
		break;
	case SLO_REC_BOOL:
		*(int *)at = (int)slo_rng_below(&w->rng, 2);
		break;
	case SLO_REC_ENUM: case SLO_REC_ENUMS:
		*(int *)at = (int)slo_rng_below(&w->rng, (uint64_t)f->en->count);
		break;
	case SLO_REC_VALUE:
		v->type = SLO_VALUE_STR + (int)slo_rng_below(&w->rng, 3);
		v->boolean = (int)slo_rng_below(&w->rng, 2);
		v->num = records_num(w, f);
		v->str = records_text(w);
		break;
	case SLO_REC_STRMAP:
		*(struct slo_pair *)at = (struct slo_pair){ records_text(w), records_text(w) };
		break;
	case SLO_REC_NUMMAP:
		*(struct slo_num_pair *)at = (struct slo_num_pair){ records_text(w), records_num(w, f) };
		break;
	default:
		records_fill(w, f->sub, at);
	}
}

static inline void records_hist(struct records *w, struct slo_hist *h)
{
	slo_hist_init(h);
	if (records_coin(w, 8))
		return;
	for (uint64_t i = slo_rng_below(&w->rng, 40); i > 0; i--)
		slo_hist_add(h, slo_rng_exp(&w->rng, 50) - 1, 1 + slo_rng_below(&w->rng, 5));
}

/* A map has each key once. */
static inline void records_unique(char *pairs, uint32_t *count, size_t stride)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < *count; i++) {
		const struct slo_str *key = (const struct slo_str *)(void *)(pairs + i * stride);
		bool twice = false;

		for (uint32_t k = 0; k < kept; k++)
			twice |= slo_str_eq(*key, *(const struct slo_str *)(void *)(pairs + k * stride));
		if (!twice)
			memmove(pairs + kept++ * stride, pairs + i * stride, stride);
	}
	*count = kept;
}

static inline void records_fill(struct records *w, const struct slo_rec *r, char *out)
{
	slo_rec_clear(r, out);
	if (strcmp(r->name, "hist") == 0) {
		records_hist(w, (struct slo_hist *)(void *)out);
		return;
	}
	for (uint32_t i = 0; i < r->count; i++) {
		const struct slo_rec_field *f = &r->fields[i];
		uint32_t n;

		if (f->flags & SLO_REC_OPT && records_coin(w, 3))
			continue;
		if (f->type < SLO_REC_OBJS) {
			records_one(w, f, out + f->off);
			if (f->type == SLO_REC_OBJ && f->flags & SLO_REC_OPT)
				*(bool *)(out + f->count_off) = true;
			continue;
		}
		n = (uint32_t)slo_rng_below(&w->rng, records_coin(w, 8) ? f->max + 1 : 4);
		*(uint32_t *)(void *)(out + f->count_off) = n;
		for (uint32_t k = 0; k < n; k++)
			records_one(w, f, out + f->off + (size_t)k * f->stride);
		if (f->type == SLO_REC_STRMAP || f->type == SLO_REC_NUMMAP)
			records_unique(out + f->off, (uint32_t *)(void *)(out + f->count_off), f->stride);
	}
}

/* Those that OTLP can hold: spans with ids, stats after 1970. */
static inline void records_event(struct records *w, int kind, struct slo_event *ev)
{
	w->n = 0;
	w->hex_ids = kind == SLO_KIND_SPAN || records_coin(w, 2);
	ev->kind = kind;
	records_fill(w, slo_event_rec[kind], (char *)&ev->slo);
	if (kind == SLO_KIND_STATS && ev->stats.timestamp < 0)
		ev->stats.timestamp = -ev->stats.timestamp;
}

#endif
