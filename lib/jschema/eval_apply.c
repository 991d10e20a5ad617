/* SPDX-License-Identifier: MIT */
/* Other schemas on the same instance, and what none of them looked at. */
#include "jschema/eval.h"

#include <inttypes.h>

static const struct slo_str none = { NULL, 0 };

bool slo_japply_here(struct slo_jeval *e, const struct slo_jframe *up, uint32_t sub, const struct slo_jnode *n,
		     struct slo_jtrack *t, uint8_t kw, struct slo_str token, uint32_t index)
{
	struct slo_jtrack own;
	bool ok;

	if (!t)
		return slo_japply(e, up, sub, n, NULL, kw, token, index);
	if (!slo_jtrack_begin(e, n, &own))
		return false;
	ok = slo_japply(e, up, sub, n, &own, kw, token, index);
	if (ok)
		slo_jtrack_merge(e, t, &own);
	slo_jtrack_end(e, &own);
	return ok;
}

bool slo_jop_ref(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		 const struct slo_jnode *n, struct slo_jtrack *t)
{
	return slo_japply_here(e, f, i->a, n, t, i->kw, none, SLO_JNONE);
}

/* The outermost resource of the dynamic scope that has the anchor decides. */
bool slo_jop_dynamic_ref(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
			 const struct slo_jnode *n, struct slo_jtrack *t)
{
	const struct slo_jschema *s = e->s;
	uint32_t sub = i->a, last = SLO_JNONE;

	for (const struct slo_jframe *at = f; at; at = at->up) {
		const struct slo_jscope *scope = &s->scopes[at->resource];

		if (at->resource == last)
			continue;
		last = at->resource;
		for (uint32_t k = 0; k < scope->count; k++)
			if (slo_str_eq(s->dynamic[scope->first + k].name, i->text))
				sub = s->dynamic[scope->first + k].sub;
	}
	return slo_japply_here(e, f, sub, n, t, i->kw, none, SLO_JNONE);
}

bool slo_jop_all_of(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		    const struct slo_jnode *n, struct slo_jtrack *t)
{
	bool ok = true;

	for (uint32_t k = 0; k < i->a && (ok || e->reporting); k++)
		ok &= slo_japply_here(e, f, i->u.list[k], n, t, i->kw, none, k);
	return ok;
}

bool slo_jop_any_of(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		    const struct slo_jnode *n, struct slo_jtrack *t)
{
	struct slo_jmark mark = slo_jreport_open(e);
	bool ok = false;

	/* Under tracking, every branch that says yes counts. */
	for (uint32_t k = 0; k < i->a && (!ok || t); k++)
		ok |= slo_japply_here(e, f, i->u.list[k], n, t, i->kw, none, k);
	if (!ok)
		slo_jfail(e, f, i->kw, n, "none of %" PRIu32 " alternatives matches", i->a);
	slo_jreport_close(e, mark, !ok);
	return ok;
}

bool slo_jop_one_of(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		    const struct slo_jnode *n, struct slo_jtrack *t)
{
	struct slo_jmark mark = slo_jreport_open(e);
	uint32_t hits = 0, first = 0, second = 0;

	for (uint32_t k = 0; k < i->a && hits < 2; k++) {
		if (!slo_japply_here(e, f, i->u.list[k], n, t, i->kw, none, k))
			continue;
		hits++;
		first = hits == 1 ? k : first;
		second = k;
	}
	if (!hits)
		slo_jfail(e, f, i->kw, n, "none of %" PRIu32 " alternatives matches", i->a);
	slo_jreport_close(e, mark, !hits);
	if (hits > 1)
		slo_jfail(e, f, i->kw, n, "want one match, alternatives %" PRIu32 " and %" PRIu32 " both do", first,
			  second);
	return hits == 1;
}

bool slo_jop_not(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		 const struct slo_jnode *n, struct slo_jtrack *t)
{
	bool ok;

	(void)t;
	e->report.quiet++;
	ok = !slo_japply(e, f, i->a, n, NULL, i->kw, none, SLO_JNONE);
	e->report.quiet--;
	return ok || slo_jfail(e, f, i->kw, n, "matches what it must not, found %.*s", SLO_STR_ARG(slo_jshow(e, n)));
}

bool slo_jop_if(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		const struct slo_jnode *n, struct slo_jtrack *t)
{
	bool yes;
	uint32_t sub;

	e->report.quiet++;
	yes = slo_japply_here(e, f, i->a, n, t, i->kw, none, SLO_JNONE);
	e->report.quiet--;
	sub = yes ? i->b : i->c;
	return sub == SLO_JNONE || slo_japply_here(e, f, sub, n, t, yes ? SLO_JK_THEN : SLO_JK_ELSE, none, SLO_JNONE);
}

bool slo_jop_unevaluated(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
			 const struct slo_jnode *n, struct slo_jtrack *t)
{
	uint8_t type = i->op == SLO_JO_UNEVALUATED_ITEMS ? SLO_JT_ARRAY : SLO_JT_OBJECT;
	uint32_t child = 0;
	bool ok = true;

	if (n->type != type)
		return true;
	SLO_JNODE_EACH(c, n) {
		if (!slo_jtrack_has(e, t, child++))
			ok &= slo_japply(e, f, i->a, c, NULL, i->kw, none, SLO_JNONE);
		if (!ok && !e->reporting)
			break;
	}
	t->all = true;
	return ok;
}
