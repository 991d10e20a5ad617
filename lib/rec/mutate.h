/* SPDX-License-Identifier: MIT */
/* For tests only: seeded mutations of JSON text, and soup made of JSON's pieces. */
#ifndef SLO_REC_MUTATE_H
#define SLO_REC_MUTATE_H

#include "base/buf.h"
#include "base/rng.h"

#include <stdlib.h>

enum { MUTATE_MAX = 8192 };

static const struct slo_str mutate_pieces[] = {
	SLO_STR("{"), SLO_STR("}"), SLO_STR("["), SLO_STR("]"), SLO_STR(","), SLO_STR(":"), SLO_STR("\""), SLO_STR("\\"),
	SLO_STR("\"\""), SLO_STR("{}"), SLO_STR("[]"), SLO_STR("null"), SLO_STR("true"), SLO_STR("false"), SLO_STR("-"),
	SLO_STR("0"), SLO_STR("-0"), SLO_STR("1"), SLO_STR("9"), SLO_STR("."), SLO_STR("e"), SLO_STR("E+"), SLO_STR("e-7"),
	SLO_STR("1.5"), SLO_STR("1e400"), SLO_STR("-1e-400"), SLO_STR("9223372036854775807"),
	SLO_STR("9223372036854775808"), SLO_STR("-9223372036854775808"), SLO_STR("123456789012345678901234567890"),
	SLO_STR("0.30000000000000004"), SLO_STR("5e-324"), SLO_STR("1.7976931348623157e308"), SLO_STR("17976931348623158e292"),
	SLO_STR("2147483648"), SLO_STR("9007199254740993"), SLO_STR("0.000000000000000000012345678901234567"),
	SLO_STR("\\u0000"), SLO_STR("\\u0041"), SLO_STR("\\ud83d\\ude00"), SLO_STR("\\ud800"), SLO_STR("\\udc00"),
	SLO_STR("\\uD83D\\u0041"), SLO_STR("\\n"), SLO_STR("\\/"), SLO_STR("\\x"), SLO_STR("\\u12g4"), SLO_STR("\\\""),
	SLO_STR("\xc3\xa9"), SLO_STR("\xe2\x82\xac"), SLO_STR("\xf0\x9f\x98\x80"), SLO_STR("\xff"), SLO_STR("\xc0\x80"),
	SLO_STR("\xed\xa0\x80"), SLO_STR("\xf4\x90\x80\x80"), SLO_STR("\xe2\x82"), SLO_STR("\x7f"), SLO_STR("\x1f"),
	SLO_STR(" "), SLO_STR("\t"), SLO_STR("\r\n"), SLO_STR("\0"), SLO_STR("\xef\xbb\xbf"), SLO_STR("\"a\":"),
	SLO_STR("\"unknown\":{\"a\":[1,2,{}]},"), SLO_STR("[[[[[[[[[[[[[[[["), SLO_STR("]]]]]]]]]]]]]]]]"),
};

static inline struct slo_str mutate_piece(struct slo_rng *rng)
{
	return mutate_pieces[slo_rng_below(rng, SLO_ARRAY_LEN(mutate_pieces))];
}

/* Replace @cut bytes at @at by @s; nothing when the result would be too long. */
static inline void mutate_splice(struct slo_buf *b, size_t at, size_t cut, struct slo_str s)
{
	size_t tail = b->len - at - cut;

	if (b->len - cut + s.len > MUTATE_MAX || !slo_buf_room(b, s.len))
		return;
	memmove(b->data + at + s.len, b->data + at + cut, tail);
	if (s.len)
		memcpy(b->data + at, s.p, s.len);
	b->len = at + s.len + tail;
}

/* A range of @b, mostly short. */
static inline void mutate_range(const struct slo_buf *b, struct slo_rng *rng, size_t *at, size_t *n)
{
	size_t most;

	*at = slo_rng_below(rng, b->len + 1);
	most = b->len - *at;
	if (slo_rng_below(rng, 4) && most > 8)
		most = 8;
	*n = slo_rng_below(rng, most + 1);
}

static inline void mutate_once(struct slo_buf *b, struct slo_rng *rng, struct slo_str other)
{
	char copy[MUTATE_MAX];
	size_t at, n, from;

	mutate_range(b, rng, &at, &n);
	switch (slo_rng_below(rng, 7)) {
	case 0:
		mutate_splice(b, at, n, slo_str_n("", 0));
		break;
	case 1:
		memcpy(copy, b->data + at, n);
		mutate_splice(b, at, 0, slo_str_n(copy, n));
		break;
	case 2:
		if (at < b->len)
			b->data[at] = (char)(b->data[at] ^ (1 << slo_rng_below(rng, 8)));
		break;
	case 3:
		if (at < b->len)
			b->data[at] = (char)slo_rng_below(rng, 256);
		break;
	case 4:
		from = slo_rng_below(rng, other.len + 1);
		mutate_splice(b, at, n, slo_str_n(other.p + from, slo_rng_below(rng, other.len - from + 1)));
		break;
	default:
		mutate_splice(b, at, n * slo_rng_below(rng, 2), mutate_piece(rng));
	}
}

/* Nothing but pieces. */
static inline void mutate_soup(struct slo_buf *b, struct slo_rng *rng)
{
	uint64_t n = 1 + slo_rng_below(rng, 12);

	slo_buf_reset(b);
	for (uint64_t i = 0; i < n; i++) {
		struct slo_str s = mutate_piece(rng);

		slo_buf_add(b, s.p, s.len);
	}
}

/* The next input: soup now and then, else one of @seeds with one to four mutations. */
static inline void mutate_next(struct slo_buf *b, struct slo_rng *rng, const struct slo_str *seeds, size_t count)
{
	struct slo_str seed = seeds[slo_rng_below(rng, count)];
	uint64_t times = 1 + slo_rng_below(rng, 4);

	if (slo_rng_below(rng, 8) == 0) {
		mutate_soup(b, rng);
		return;
	}
	slo_buf_reset(b);
	slo_buf_add(b, seed.p, seed.len);
	for (uint64_t i = 0; i < times; i++)
		mutate_once(b, rng, seeds[slo_rng_below(rng, count)]);
}

/* How many inputs to try: SLO_DIFF_RUNS, or @quick. */
static inline uint64_t mutate_runs(uint64_t quick)
{
	const char *text = getenv("SLO_DIFF_RUNS");

	return text ? strtoull(text, NULL, 10) : quick;
}

#endif
