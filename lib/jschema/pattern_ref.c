/* SPDX-License-Identifier: MIT */
/*
 * Names of groups and references back to them. ECMA-262 forgets a capture when
 * the group around it begins its next round; PCRE2 keeps it. References where
 * that shows are refused, the rest mean the same in both.
 */
#include "jschema/pattern_parse.h"
#include "jschema/pattern_utf8.h"

static bool name_begins(uint32_t cp)
{
	return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') || cp == '$' || cp == '_' || cp >= 0x80;
}

int slo_pattern_name(struct slo_pattern_parse *p, size_t *at, size_t *len)
{
	size_t from = p->at, n;
	uint32_t cp;

	for (;; p->at += n) {
		n = slo_pattern_utf8(slo_str_n(p->src.p + p->at, p->src.len - p->at), &cp);
		if (!n || !(name_begins(cp) || (p->at > from && cp >= '0' && cp <= '9')))
			break;
	}
	if (slo_pattern_peek(p, 0) == '\\')
		return slo_pattern_fail(p, p->at, "escapes in the name of a group are not translated");
	if (p->at == from || slo_pattern_peek(p, 0) != '>')
		return slo_pattern_fail(p, from, "want the name of a group and >");
	*at = from;
	*len = p->at++ - from;
	return 0;
}

bool slo_pattern_name_eq(const struct slo_pattern_parse *p, size_t at, size_t len, const struct slo_pattern_group *g)
{
	return len == g->name_len && memcmp(p->src.p + at, p->src.p + g->name_at, len) == 0;
}

static const struct slo_pattern_group *around(const struct slo_pattern_parse *p, const struct slo_pattern_group *g)
{
	return g->kind == PATTERN_ALL ? NULL : &p->group[g->parent];
}

/*
 * After the rounds of a repeated group, does ECMA-262 remember what PCRE2 does? It forgets at the beginning of each
 * round, and undoes a last round that matched nothing; so every round must pass through @g, and none may be empty.
 */
static bool remembered(const struct slo_pattern_parse *p, const struct slo_pattern_group *g)
{
	bool skipped = false;

	for (; g; g = around(p, g)) {
		if (g->repeated && (skipped || g->empty))
			return false;
		skipped = skipped || g->optional || (around(p, g) && around(p, g)->branches);
	}
	return true;
}

/* An optional round that consumes nothing is undone in ECMA-262, with what it captured by looking around. */
static bool looked_at_in_a_round(const struct slo_pattern_parse *p, const struct slo_pattern_group *g)
{
	bool looked = false;

	for (; g; g = around(p, g)) {
		if (looked && (g->optional || g->repeated))
			return true;
		looked = looked || g->kind >= PATTERN_AHEAD;
	}
	return false;
}

int slo_pattern_reference(struct slo_pattern_parse *p, size_t at, uint16_t number)
{
	const struct slo_pattern_group *g = &p->group[1];

	if (!p->out)
		return 0;
	while (g->number != number)
		g++;
	for (const struct slo_pattern_group *in = &p->group[p->in]; in; in = around(p, in)) {
		if (in->kind == PATTERN_BEHIND)
			return slo_pattern_fail(p, at, "a reference inside a lookbehind cannot be translated");
	}
	/* ECMA-262 matches the empty string for what was not captured yet, or not yet in this round. */
	if (at < g->close) {
		slo_pattern_put(p, "(?:)");
		return 0;
	}
	if (!remembered(p, g) || looked_at_in_a_round(p, g))
		return slo_pattern_fail(p, at,
					"a reference to group %u, which a repeated group may skip, is not translated",
					number);
	p->referred = true;
	if (p->second)
		slo_buf_addf(p->out, "\\g{%u}", number);
	return 0;
}
