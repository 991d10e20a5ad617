/* SPDX-License-Identifier: MIT */
/* References, combinations of schemas, unevaluated*. */
#include "jschema/compile.h"
#include "jschema/uri.h"

#include <errno.h>

/* Where a reference leads. False: nowhere, recorded. */
static bool resolve(struct slo_jcompiler *c, json_t *ref, uint8_t kw, struct slo_jtarget *out)
{
	struct slo_buf uri;
	int ret;

	if (!json_is_string(ref)) {
		slo_jcompile_fail(c, -EINVAL, kw, "want a string");
		return false;
	}
	slo_buf_init(&uri, SLO_JURI_MAX);
	slo_juri_resolve(c->store->resources[c->resource].uri,
			 slo_str_n(json_string_value(ref), json_string_length(ref)), &uri);
	ret = uri.err;
	if (!ret)
		ret = slo_jstore_resolve(c->store, slo_buf_str(&uri), &c->p->arena, out, c->err);
	slo_buf_fini(&uri);
	if (ret)
		slo_jcompile_fail(c, ret == -EMSGSIZE ? -E2BIG : ret, kw, NULL);
	return !ret;
}

static void compile_ref(struct slo_jcompiler *c, json_t *ref, uint8_t kw)
{
	struct slo_jtarget t;
	struct slo_jinsn *i;
	uint32_t sub;

	if (!ref || !resolve(c, ref, kw, &t))
		return;
	sub = slo_jcompile_target(c, &t);
	/* Dynamic only where the reference names a dynamic anchor to begin with. */
	i = slo_jcompile_emit(c, kw == SLO_JK_DYNAMIC_REF && t.anchor && t.anchor->dynamic ? SLO_JO_DYNAMIC_REF :
			      SLO_JO_REF, kw);
	if (!i)
		return;
	i->a = sub;
	if (i->op == SLO_JO_DYNAMIC_REF)
		i->text = slo_jarena_str(&c->p->arena, t.anchor->name);
}

static void compile_list(struct slo_jcompiler *c, uint8_t kw, uint8_t op)
{
	json_t *v = slo_jcompile_get(c, kw);
	uint32_t *list;
	struct slo_jinsn *i;

	if (!v)
		return;
	if (!json_is_array(v)) {
		slo_jcompile_fail(c, -EINVAL, kw, "want an array");
		return;
	}
	list = slo_jcompile_list(c, v, kw);
	i = slo_jcompile_emit(c, op, kw);
	if (!i)
		return;
	i->u.list = list;
	i->a = (uint32_t)json_array_size(v);
}

/* The subschema at a keyword, or SLO_JNONE. */
static uint32_t sub_at(struct slo_jcompiler *c, uint8_t kw)
{
	json_t *v = slo_jcompile_get(c, kw);

	return v ? slo_jcompile_sub(c, v, kw, slo_str(NULL)) : SLO_JNONE;
}

static void compile_if(struct slo_jcompiler *c)
{
	uint32_t test = sub_at(c, SLO_JK_IF), yes, no;
	struct slo_jinsn *i;

	if (test == SLO_JNONE)
		return;
	yes = sub_at(c, SLO_JK_THEN);
	no = sub_at(c, SLO_JK_ELSE);
	i = slo_jcompile_emit(c, SLO_JO_IF, SLO_JK_IF);
	if (!i)
		return;
	i->a = test;
	i->b = yes;
	i->c = no;
}

static void compile_single(struct slo_jcompiler *c, uint8_t kw, uint8_t op)
{
	uint32_t sub = sub_at(c, kw);
	struct slo_jinsn *i;

	i = sub == SLO_JNONE ? NULL : slo_jcompile_emit(c, op, kw);
	if (i)
		i->a = sub;
}

void slo_jcompile_any(struct slo_jcompiler *c)
{
	json_t *ref = slo_jcompile_get(c, SLO_JK_REF);

	if (json_is_false(c->json))
		slo_jcompile_emit(c, SLO_JO_FALSE, SLO_JK_FALSE);
	if (c->draft == SLO_JD_7 && ref) {
		compile_ref(c, ref, SLO_JK_REF);
		return;
	}
	slo_jcompile_values(c);
	compile_ref(c, ref, SLO_JK_REF);
	compile_ref(c, slo_jcompile_get(c, SLO_JK_DYNAMIC_REF), SLO_JK_DYNAMIC_REF);
	compile_list(c, SLO_JK_ALL_OF, SLO_JO_ALL_OF);
	compile_list(c, SLO_JK_ANY_OF, SLO_JO_ANY_OF);
	compile_list(c, SLO_JK_ONE_OF, SLO_JO_ONE_OF);
	compile_single(c, SLO_JK_NOT, SLO_JO_NOT);
	compile_if(c);
}

void slo_jcompile_last(struct slo_jcompiler *c)
{
	json_t *properties = slo_jcompile_get(c, SLO_JK_UNEVALUATED_PROPERTIES);

	compile_single(c, SLO_JK_UNEVALUATED_ITEMS, SLO_JO_UNEVALUATED_ITEMS);
	if (!(json_is_false(properties) && c->opts.forward_compatible))
		compile_single(c, SLO_JK_UNEVALUATED_PROPERTIES, SLO_JO_UNEVALUATED_PROPERTIES);
}
