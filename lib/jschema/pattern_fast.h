/* SPDX-License-Identifier: MIT */
/*
 * Patterns that need no engine: a literal anywhere or at the end, and from the
 * beginning a sequence of literals and counted ASCII classes in which the next
 * byte always decides. Private to the module.
 */
#ifndef SLO_JSCHEMA_PATTERN_FAST_H
#define SLO_JSCHEMA_PATTERN_FAST_H

#include "base/str.h"
#include "jschema/pattern.h"

#include <assert.h>

enum {
	FAST_ITEMS = 12,
	FAST_TEXT = 128, /* bytes of all literals */
};

enum slo_pattern_fast_kind { FAST_NONE, FAST_CONTAINS, FAST_ENDS, FAST_BEGINS, FAST_WHOLE };

struct slo_pattern_fast_item {
	uint64_t ascii[2];   /* the class: a bit for each ASCII character */
	bool others;         /* and is everything else in it? */
	uint32_t min, max;   /* UINT32_MAX = without end */
	uint16_t at, len;    /* len > 0: a literal in @text instead */
};

struct slo_pattern_fast {
	enum slo_pattern_fast_kind kind;
	size_t items, text_len;
	struct slo_pattern_fast_item item[FAST_ITEMS];
	char text[FAST_TEXT];
	uint16_t in[256];    /* of a byte: a bit for each item whose class has it */
};

static_assert(FAST_ITEMS <= 16, "a bit for each item");

/** slo_pattern_fast_compile - is @source, which is valid ECMA-262, of that kind? */
bool slo_pattern_fast_compile(struct slo_pattern_fast *f, struct slo_str source);
bool slo_pattern_fast_match(const struct slo_pattern_fast *f, struct slo_str s);

/* For the tests: a pattern that uses the engine whatever its shape; whether it does without. */
int slo_pattern_new_with(struct slo_str source, bool engine, struct slo_pattern **out, struct slo_err *err);
bool slo_pattern_is_fast(const struct slo_pattern *p);

#endif
