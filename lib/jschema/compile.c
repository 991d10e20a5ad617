/* SPDX-License-Identifier: MIT */
/*
 * The compiler's frame: a work list of subschemas, each compiled into one run of
 * instructions. References only name numbers, so loops need no care here.
 */
#include "jschema/compile.h"

#include "base/table.h"
#include "jschema/uri.h"

#include <errno.h>
#include <stdlib.h>

int slo_jcompile_fail(struct slo_jcompiler *c, int ret, uint8_t kw, const char *what)
{
	struct slo_err *err = c->err;

	if (c->ret)
		return c->ret;
	c->ret = ret;
	if (what)
		slo_err_set(err, ret, "%s", what);
	if (!c->json)
		return ret;
	slo_err_at(err, "%.*s#%.*s%s%s", SLO_STR_ARG(c->store->resources[c->resource].uri), SLO_STR_ARG(c->pointer),
		   slo_jkeywords[kw].name[0] ? "/" : "", slo_jkeywords[kw].name);
	return ret;
}

json_t *slo_jcompile_get(const struct slo_jcompiler *c, uint8_t kw)
{
	const struct slo_jkeyword_info *k = &slo_jkeywords[kw];

	if (!(k->drafts & c->draft) || !(k->vocabulary & c->vocabulary))
		return NULL;
	return json_object_get(c->json, k->name);
}

void *slo_jcompile_alloc(struct slo_jcompiler *c, size_t n)
{
	void *p = slo_jarena_get(&c->p->arena, n ? n : 1);

	if (!p)
		slo_jcompile_fail(c, -ENOMEM, SLO_JK_FALSE, NULL);
	return p;
}

struct slo_jinsn *slo_jcompile_emit(struct slo_jcompiler *c, uint8_t op, uint8_t kw)
{
	struct slo_jschema *p = c->p;
	void *v;

	if (c->ret)
		return NULL;
	if (p->code_count >= SLO_JSCHEMA_PROGRAM) {
		slo_jcompile_fail(c, -E2BIG, kw, "the schema needs too many instructions");
		return NULL;
	}
	v = slo_jgrow(p->code, p->code_count, &p->code_cap, sizeof(*p->code));
	if (!v) {
		slo_jcompile_fail(c, -ENOMEM, kw, NULL);
		return NULL;
	}
	p->code = v;
	p->code[p->code_count] = (struct slo_jinsn){ .op = op, .kw = kw };
	return &p->code[p->code_count++];
}

struct slo_pattern *slo_jcompile_pattern(struct slo_jcompiler *c, struct slo_str source, uint8_t kw)
{
	struct slo_jschema *p = c->p;
	void *v = slo_jgrow(p->patterns, p->pattern_count, &p->pattern_cap, sizeof(struct slo_pattern *));
	int ret;

	if (!v) {
		slo_jcompile_fail(c, -ENOMEM, kw, NULL);
		return NULL;
	}
	p->patterns = v;
	ret = slo_pattern_new(source, &p->patterns[p->pattern_count], c->err);
	if (ret) {
		slo_jcompile_fail(c, ret, kw, NULL);
		return NULL;
	}
	return p->patterns[p->pattern_count++];
}

/* A number for a subschema, which goes onto the work list. */
static uint32_t add_sub(struct slo_jcompiler *c, const struct slo_jwork *w)
{
	struct slo_jschema *p = c->p;
	void *subs, *work;

	if (c->ret)
		return 0;
	if (p->sub_count >= SLO_JSCHEMA_PROGRAM) {
		slo_jcompile_fail(c, -E2BIG, SLO_JK_FALSE, "too many subschemas");
		return 0;
	}
	subs = slo_jgrow(p->subs, p->sub_count, &p->sub_cap, sizeof(*p->subs));
	if (subs)
		p->subs = subs;
	work = slo_jgrow(c->work, c->work_count, &c->work_cap, sizeof(*c->work));
	if (work)
		c->work = work;
	if (!subs || !work) {
		slo_jcompile_fail(c, -ENOMEM, SLO_JK_FALSE, NULL);
		return 0;
	}
	p->subs[p->sub_count] = (struct slo_jsub){ .types = 0xff, .leaf = true };
	c->work[c->work_count++] = *w;
	return p->sub_count++;
}

static uint64_t hash_json(const json_t *json)
{
	return (uintptr_t)json * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

/* true and false are one value each to jansson, so they are never found again. */
static uint32_t find_or_add(struct slo_jcompiler *c, const struct slo_jwork *w)
{
	uint32_t at = UINT32_MAX, i;

	if (!json_is_object(w->json))
		return add_sub(c, w);
	while ((i = slo_jindex_next(&c->by_json, hash_json(w->json), &at)) != SLO_JNONE)
		if (c->work[i].json == w->json)
			return i;
	i = add_sub(c, w);
	if (!c->ret && slo_jindex_add(&c->by_json, hash_json(w->json), i))
		slo_jcompile_fail(c, -ENOMEM, SLO_JK_FALSE, NULL);
	return i;
}

uint32_t slo_jcompile_target(struct slo_jcompiler *c, const struct slo_jtarget *t)
{
	struct slo_jwork w = { t->json, t->resource, t->pointer };

	return find_or_add(c, &w);
}

uint32_t slo_jcompile_sub(struct slo_jcompiler *c, json_t *json, uint8_t kw, struct slo_str token)
{
	uint32_t place = json_is_object(json) ? slo_jstore_place(c->store, json) : SLO_JNONE;
	struct slo_jwork w = { json, c->resource, { NULL, 0 } };
	struct slo_buf b;

	if (c->ret)
		return 0;
	if (place != SLO_JNONE) {
		w.resource = c->store->places[place].resource;
		w.pointer = c->store->places[place].pointer;
		return find_or_add(c, &w);
	}
	slo_buf_init(&b, SLO_JURI_MAX);
	slo_buf_add(&b, c->pointer.p, c->pointer.len);
	slo_jpointer_add(&b, slo_str(slo_jkeywords[kw].name));
	if (token.p)
		slo_jpointer_add(&b, token);
	if (b.err)
		slo_jcompile_fail(c, -E2BIG, kw, "a pointer that is too long");
	else
		w.pointer = slo_jarena_str(&c->p->arena, slo_buf_str(&b));
	slo_buf_fini(&b);
	if (!w.pointer.p)
		return (uint32_t)(slo_jcompile_fail(c, -ENOMEM, kw, NULL) & 0);
	return find_or_add(c, &w);
}

uint32_t *slo_jcompile_list(struct slo_jcompiler *c, json_t *list, uint8_t kw)
{
	uint32_t *v = slo_jcompile_alloc(c, json_array_size(list) * sizeof(*v));

	for (size_t i = 0; v && i < json_array_size(list); i++) {
		char index[24];

		snprintf(index, sizeof(index), "%zu", i);
		v[i] = slo_jcompile_sub(c, json_array_get(list, i), kw, slo_str(index));
	}
	return v;
}

/* The program's number of a resource of the store. */
static uint32_t enter_scope(struct slo_jcompiler *c, uint32_t resource)
{
	if (c->scope_of[resource] == SLO_JNONE) {
		c->scope_resource[c->p->scope_count] = resource;
		c->scope_of[resource] = c->p->scope_count++;
		c->docs[c->store->resources[resource].doc] = true;
	}
	return c->scope_of[resource];
}

static void compile_classes(struct slo_jcompiler *c)
{
	static void (*const parts[SLO_JC__COUNT])(struct slo_jcompiler *c) = {
		slo_jcompile_number, slo_jcompile_string, slo_jcompile_array,
		slo_jcompile_object, slo_jcompile_any, slo_jcompile_last,
	};
	uint32_t first = c->p->code_count;

	c->p->subs[c->sub].code = first;
	for (int i = 0; i < SLO_JC__COUNT; i++) {
		c->p->subs[c->sub].at[i] = (uint8_t)(c->p->code_count - first);
		/* In draft 7, $ref is alone, whatever stands beside it. */
		if (i == SLO_JC_ANY || c->draft != SLO_JD_7 || !json_object_get(c->json, "$ref"))
			parts[i](c);
	}
	c->p->subs[c->sub].at[SLO_JC__COUNT] = (uint8_t)(c->p->code_count - first);
	c->p->subs[c->sub].last = c->p->subs[c->sub].at[SLO_JC_LAST] != c->p->subs[c->sub].at[SLO_JC__COUNT];
	c->p->subs[c->sub].leaf = c->p->code_count == first;
}

static void compile_one(struct slo_jcompiler *c, uint32_t sub)
{
	const struct slo_jwork *w = &c->work[sub];
	struct slo_jsub *s = &c->p->subs[sub];

	c->sub = sub;
	c->json = w->json;
	c->resource = w->resource;
	c->draft = c->store->resources[w->resource].draft;
	c->pointer = slo_jarena_str(&c->p->arena, w->pointer);
	s->uri = slo_jarena_str(&c->p->arena, c->store->resources[w->resource].uri);
	if (!c->pointer.p || !s->uri.p) {
		slo_jcompile_fail(c, -ENOMEM, SLO_JK_FALSE, NULL);
		return;
	}
	s->pointer = c->pointer;
	s->resource = enter_scope(c, w->resource);
	c->vocabulary = slo_jcompile_vocabulary(c, w->resource);
	if (c->ret)
		return;
	if (!json_is_object(w->json) && !json_is_boolean(w->json))
		slo_jcompile_fail(c, -EINVAL, SLO_JK_FALSE, "a schema is an object or a boolean");
	else
		compile_classes(c);
}

/* Dynamic anchors can be met from anywhere, so a resource that is used brings all of its own. */
static void add_dynamic(struct slo_jcompiler *c)
{
	for (uint32_t i = 0; i < c->store->anchor_count; i++) {
		const struct slo_janchor *a = &c->store->anchors[i];
		uint32_t place;

		if (!a->dynamic || c->scope_of[a->resource] == SLO_JNONE)
			continue;
		place = slo_jstore_place(c->store, a->json);
		find_or_add(c, &(struct slo_jwork){ a->json, a->resource, c->store->places[place].pointer });
	}
}

static void fill_scope(struct slo_jcompiler *c, uint32_t scope)
{
	struct slo_jschema *p = c->p;

	p->scopes[scope].first = p->dynamic_count;
	for (uint32_t i = 0; i < c->store->anchor_count; i++) {
		const struct slo_janchor *a = &c->store->anchors[i];
		void *v;

		if (!a->dynamic || a->resource != c->scope_resource[scope])
			continue;
		v = slo_jgrow(p->dynamic, p->dynamic_count, &p->dynamic_cap, sizeof(*p->dynamic));
		if (!v) {
			slo_jcompile_fail(c, -ENOMEM, SLO_JK_FALSE, NULL);
			return;
		}
		p->dynamic = v;
		p->dynamic[p->dynamic_count].name = slo_jarena_str(&p->arena, a->name);
		p->dynamic[p->dynamic_count++].sub =
			find_or_add(c, &(struct slo_jwork){ .json = a->json, .resource = a->resource });
	}
	p->scopes[scope].count = p->dynamic_count - p->scopes[scope].first;
}

static void compile_all(struct slo_jcompiler *c, const struct slo_jtarget *root)
{
	uint32_t done = 0;

	c->p->root = slo_jcompile_target(c, root);
	while (!c->ret && done < c->p->sub_count) {
		while (!c->ret && done < c->p->sub_count)
			compile_one(c, done++);
		if (!c->ret)
			add_dynamic(c);
	}
	c->json = NULL;
	if (c->ret)
		return;
	c->p->scopes = slo_jcompile_alloc(c, c->p->scope_count * sizeof(*c->p->scopes));
	for (uint32_t i = 0; !c->ret && i < c->p->scope_count; i++)
		fill_scope(c, i);
	for (uint32_t i = 0; !c->ret && i < c->store->doc_count; i++)
		if (c->docs[i] && json_array_append(c->p->docs, c->store->docs[i].root))
			slo_jcompile_fail(c, -ENOMEM, SLO_JK_FALSE, NULL);
}

static int prepare(struct slo_jcompiler *c)
{
	const struct slo_jstore *s = c->store;

	c->scope_of = malloc(s->resource_count * sizeof(*c->scope_of));
	c->scope_resource = malloc(s->resource_count * sizeof(*c->scope_resource));
	c->docs = calloc(s->doc_count, sizeof(*c->docs));
	c->vocabularies = calloc(s->resource_count, sizeof(*c->vocabularies));
	c->p = calloc(1, sizeof(*c->p));
	if (c->p) {
		slo_jtape_init(&c->p->consts);
		c->p->docs = json_array();
	}
	if (!c->scope_of || !c->scope_resource || !c->docs || !c->vocabularies || !c->p || !c->p->docs)
		return -ENOMEM;
	memset(c->scope_of, 0xff, s->resource_count * sizeof(*c->scope_of));
	return 0;
}

static void release(struct slo_jcompiler *c)
{
	free(c->scope_of);
	free(c->scope_resource);
	free(c->docs);
	free(c->vocabularies);
	free(c->work);
	slo_jindex_fini(&c->by_json);
	slo_jschema_free(c->p);
}

/* Documents of the store's own need no checking, nor does what the caller vouches for. */
static int check_documents(struct slo_jcompiler *c)
{
	int ret = 0;

	if (c->opts.skip_metaschema)
		return 0;
	for (uint32_t i = 0; !ret && i < c->store->doc_count; i++)
		if (c->docs[i] && !c->store->docs[i].builtin)
			ret = slo_jmeta_check(c->store, i, c->err);
	return ret;
}

int slo_jcompile_run(const struct slo_jstore *s, struct slo_str uri, const struct slo_jschema_opts *o,
		     struct slo_jschema **out, struct slo_err *err)
{
	struct slo_jcompiler c = { .store = s, .err = err, .opts = o ? *o : (struct slo_jschema_opts){ 0 } };
	struct slo_err why = { "", "" };
	struct slo_jtarget root;
	int ret, check;

	c.err = &why;
	ret = prepare(&c);
	if (!ret)
		ret = slo_jstore_resolve(s, uri, &c.p->arena, &root, &why);
	if (!ret) {
		compile_all(&c, &root);
		ret = c.ret;
		/* What the meta-schema has to say is said better than what the compiler stumbled over. */
		c.err = err;
		check = ret == -ENOMEM ? 0 : check_documents(&c);
		ret = check ? check : ret;
	}
	if (ret && why.what[0]) {
		slo_err_set(err, ret, "%s", why.what);
		if (err && !err->where[0] && why.where[0])
			slo_err_at(err, "%s", why.where);
	}
	if (!ret)
		*out = c.p;
	if (!ret)
		c.p = NULL;
	release(&c);
	return ret;
}

void slo_jschema_free(struct slo_jschema *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->pattern_count; i++)
		slo_pattern_free(s->patterns[i]);
	free(s->patterns);
	free(s->subs);
	free(s->code);
	free(s->dynamic);
	slo_jtape_fini(&s->consts);
	slo_jarena_fini(&s->arena);
	json_decref(s->docs);
	free(s);
}

int slo_jschema_compile(const struct slo_jstore *s, const char *uri, const struct slo_jschema_opts *o,
			struct slo_jschema **out, struct slo_err *err)
{
	return slo_jcompile_run(s, slo_str(uri), o, out, err);
}
