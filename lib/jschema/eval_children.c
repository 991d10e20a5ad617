/* SPDX-License-Identifier: MIT */
/* Arrays and objects, and what is in them. */
#include "jschema/eval.h"
#include "jschema/value.h"

#include <inttypes.h>

static const struct slo_str none = { NULL, 0 };

bool slo_jop_count(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		   const struct slo_jnode *n, struct slo_jtrack *t)
{
	bool max = i->op == SLO_JO_MAX_ITEMS || i->op == SLO_JO_MAX_PROPERTIES;

	(void)t;
	if (max ? n->count <= i->u.n : n->count >= i->u.n)
		return true;
	return slo_jfail(e, f, i->kw, n, "want at %s %" PRIu64 " %s, found %" PRIu32, max ? "most" : "least", i->u.n,
			 n->type == SLO_JT_ARRAY ? "items" : "members", n->count);
}

bool slo_jop_unique(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		    const struct slo_jnode *n, struct slo_jtrack *t)
{
	uint32_t a, b;
	int ret = slo_jnode_unique(&e->tape, n, &e->budget, &a, &b);

	(void)t;
	if (ret < 0)
		return slo_jgive_up(e, ret, "no memory to compare items");
	return ret || slo_jfail(e, f, i->kw, n, "want different items, %" PRIu32 " and %" PRIu32 " are equal", a, b);
}

bool slo_jop_items(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		   const struct slo_jnode *n, struct slo_jtrack *t)
{
	const struct slo_jitems *it = i->u.items;
	uint32_t k = 0;
	bool ok = true;

	SLO_JNODE_EACH(c, n) {
		if (k < it->prefix_count) {
			ok &= slo_japply(e, f, it->prefix[k], c, NULL, it->prefix_kw, none, k);
			slo_jtrack_mark(e, t, k);
		} else if (it->rest == SLO_JNONE) {
			break;
		} else {
			ok &= slo_japply(e, f, it->rest, c, NULL, it->rest_kw, none, SLO_JNONE);
		}
		if (!ok && !e->reporting)
			return false;
		k++;
	}
	if (t && it->rest != SLO_JNONE)
		t->all = true;
	return ok;
}

bool slo_jop_contains(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		      const struct slo_jnode *n, struct slo_jtrack *t)
{
	const struct slo_jcontains *k = i->u.contains;
	uint32_t child = 0;
	uint64_t hits = 0;

	e->report.quiet++;
	SLO_JNODE_EACH(c, n) {
		if (slo_japply(e, f, k->sub, c, NULL, i->kw, none, SLO_JNONE)) {
			hits++;
			slo_jtrack_mark(e, t, child);
		}
		child++;
		if (!t && !e->reporting && hits >= k->min && k->max == UINT64_MAX)
			break;
	}
	e->report.quiet--;
	if (hits < k->min)
		return slo_jfail(e, f, k->min_kw, n, "want at least %" PRIu64 " matching items, found %" PRIu64,
				 k->min, hits);
	return hits <= k->max || slo_jfail(e, f, SLO_JK_MAX_CONTAINS, n, "want at most %" PRIu64
					   " matching items, found %" PRIu64, k->max, hits);
}

bool slo_jop_names(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		   const struct slo_jnode *n, struct slo_jtrack *t)
{
	const struct slo_jnode *outer = e->name, *outer_of = e->name_of;
	const struct slo_jnode outer_node = e->name_node;
	bool ok = true;

	(void)t;
	SLO_JNODE_EACH(c, n) {
		e->name_node = (struct slo_jnode){ .type = SLO_JT_STRING, .p = c->key, .len = c->key_len, .skip = 1 };
		e->name_node.from = c->from;
		e->name = &e->name_node;
		e->name_of = n;
		ok &= slo_japply(e, f, i->a, e->name, NULL, i->kw, none, SLO_JNONE);
		if (!ok && !e->reporting)
			break;
	}
	e->name = outer;
	e->name_of = outer_of;
	e->name_node = outer_node;
	return ok;
}

static const struct slo_jmember *find(const struct slo_jmembers *m, const struct slo_jnode *c)
{
	uint32_t at = c->key_hash & m->mask;

	for (; m->slots[at]; at = (at + 1) & m->mask) {
		const struct slo_jmember *k = &m->known[m->slots[at] - 1];

		if (k->hash == c->key_hash && k->name.len == c->key_len && memcmp(k->name.p, c->key, c->key_len) == 0)
			return k;
	}
	return NULL;
}

/* patternProperties on one member. Return: whether all that match say yes; @matched: whether any does. */
static bool apply_patterns(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jmembers *m,
			   const struct slo_jnode *c, bool *matched)
{
	bool ok = true;

	for (uint32_t k = 0; k < m->pattern_count; k++) {
		const struct slo_jpatternsub *p = &m->patterns[k];
		int ret = slo_pattern_match(p->pattern, slo_jnode_key(c));

		if (ret < 0)
			return slo_jgive_up(e, ret, "a pattern takes too many steps");
		if (!ret)
			continue;
		*matched = true;
		ok &= slo_japply(e, f, p->sub, c, NULL, SLO_JK_PATTERN_PROPERTIES, p->source, SLO_JNONE);
	}
	return ok;
}

static void report_missing(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jmembers *m,
			   const struct slo_jnode *n)
{
	for (uint32_t k = 0; k < m->known_count; k++)
		if (m->known[k].required && !slo_jnode_member(n, m->known[k].name, m->known[k].hash))
			slo_jfail(e, f, SLO_JK_REQUIRED, n, "the member \"%.*s\" is missing",
				  SLO_STR_ARG(m->known[k].name));
}

/* A member that neither properties nor patternProperties knows. */
static bool apply_additional(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jmembers *m,
			     const struct slo_jnode *c)
{
	const struct slo_jsub *s = &e->s->subs[m->additional];

	/* The common case deserves the name in its message. */
	if (s->at[SLO_JC__COUNT] == 1 && e->s->code[s->code].op == SLO_JO_FALSE)
		return slo_jfail(e, f, SLO_JK_ADDITIONAL_PROPERTIES, c, "the member \"%.*s\" is not known",
				 SLO_STR_ARG(slo_jnode_key(c)));
	return slo_japply(e, f, m->additional, c, NULL, SLO_JK_ADDITIONAL_PROPERTIES, none, SLO_JNONE);
}

bool slo_jop_members(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		     const struct slo_jnode *n, struct slo_jtrack *t)
{
	const struct slo_jmembers *m = i->u.members;
	uint32_t child = 0, required = 0;
	bool ok = true;

	/* Names are there once, so counting is enough. */
	SLO_JNODE_EACH(c, n) {
		const struct slo_jmember *k = find(m, c);
		bool matched = k && k->sub != SLO_JNONE;

		required += k && k->required;
		if (matched)
			ok &= slo_japply(e, f, k->sub, c, NULL, SLO_JK_PROPERTIES, k->name, SLO_JNONE);
		if (m->pattern_count)
			ok &= apply_patterns(e, f, m, c, &matched);
		if (!matched && m->additional != SLO_JNONE)
			ok &= apply_additional(e, f, m, c);
		if (matched)
			slo_jtrack_mark(e, t, child);
		if (!ok && !e->reporting)
			return false;
		child++;
	}
	if (t && m->additional != SLO_JNONE)
		t->all = true;
	if (required == m->required)
		return ok;
	if (e->reporting)
		report_missing(e, f, m, n);
	return false;
}

static bool has_names(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		      const struct slo_jdependent *d, const struct slo_jnode *n)
{
	bool ok = true;

	for (uint32_t k = 0; k < d->name_count; k++)
		if (!slo_jnode_member(n, d->names[k].name, d->names[k].hash))
			ok = slo_jfail(e, f, i->kw, n, "the member \"%.*s\" is missing, which \"%.*s\" needs",
				       SLO_STR_ARG(d->names[k].name), SLO_STR_ARG(d->name));
	return ok;
}

bool slo_jop_dependent(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		       const struct slo_jnode *n, struct slo_jtrack *t)
{
	bool ok = true;

	for (uint32_t k = 0; k < i->a; k++) {
		const struct slo_jdependent *d = &i->u.dependents[k];

		if (!slo_jnode_member(n, d->name, d->hash))
			continue;
		if (d->sub == SLO_JNONE)
			ok &= has_names(e, f, i, d, n);
		else
			ok &= slo_japply_here(e, f, d->sub, n, t, i->kw, d->name, SLO_JNONE);
		if (!ok && !e->reporting)
			break;
	}
	return ok;
}
