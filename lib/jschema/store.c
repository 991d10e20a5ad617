/* SPDX-License-Identifier: MIT */
/* Documents and what they contribute. Only where a keyword says so is there a schema: an $id inside an enum is data. */
#include "jschema/store.h"

#include "base/table.h"
#include "jschema/keyword.h"
#include "jschema/uri.h"

#include <errno.h>
#include <stdlib.h>

enum { URI_MAX = 65536 };

struct scan {
	struct slo_jstore *s;
	struct slo_err *err;
	struct slo_buf pointer;  /* from the document's root */
	struct slo_str doc_uri;
	uint32_t doc;
	uint8_t draft;           /* of a document that does not say */
};

/* Where a schema stands. */
struct spot {
	uint32_t resource;
	size_t from;         /* of @scan.pointer: where the resource's root is */
	unsigned int depth;
};

int slo_jstore_new(struct slo_jstore **out)
{
	struct slo_jstore *s = calloc(1, sizeof(*s));

	if (s)
		s->meta = slo_jmeta_new();
	if (!s || !s->meta || slo_jstore_add_builtin(s)) {
		slo_jstore_free(s);
		return -ENOMEM;
	}
	*out = s;
	return 0;
}

void slo_jstore_free(struct slo_jstore *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->doc_count; i++)
		json_decref(s->docs[i].root);
	free(s->docs);
	free(s->resources);
	free(s->places);
	free(s->anchors);
	free(s->names);
	slo_jindex_fini(&s->by_uri);
	slo_jindex_fini(&s->by_json);
	slo_jindex_fini(&s->by_anchor);
	slo_jarena_fini(&s->arena);
	slo_jmeta_free(s->meta);
	free(s);
}

static uint64_t hash_uri(struct slo_str uri)
{
	return slo_hash(uri.p, uri.len, 0);
}

uint32_t slo_jstore_resource(const struct slo_jstore *s, struct slo_str uri)
{
	uint32_t at = UINT32_MAX, i;

	while ((i = slo_jindex_next(&s->by_uri, hash_uri(uri), &at)) != SLO_JNONE)
		if (slo_str_eq(s->names[i].uri, uri))
			return s->names[i].resource;
	return SLO_JNONE;
}

static uint64_t hash_json(const json_t *json)
{
	return (uintptr_t)json * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

uint32_t slo_jstore_place(const struct slo_jstore *s, const json_t *json)
{
	uint32_t at = UINT32_MAX, i;

	while ((i = slo_jindex_next(&s->by_json, hash_json(json), &at)) != SLO_JNONE)
		if (s->places[i].json == json)
			return i;
	return SLO_JNONE;
}

const struct slo_janchor *slo_jstore_anchor(const struct slo_jstore *s, uint32_t resource, struct slo_str name)
{
	uint64_t hash = slo_hash(name.p, name.len, resource);
	uint32_t at = UINT32_MAX, i;

	while ((i = slo_jindex_next(&s->by_anchor, hash, &at)) != SLO_JNONE)
		if (s->anchors[i].resource == resource && slo_str_eq(s->anchors[i].name, name))
			return &s->anchors[i];
	return NULL;
}

static int add_name(struct slo_jstore *s, struct slo_str uri, uint32_t resource, struct slo_err *err)
{
	void *v;

	if (slo_jstore_resource(s, uri) != SLO_JNONE)
		return slo_err_set(err, -EINVAL, "two schemas are called %.*s", SLO_STR_ARG(uri));
	v = slo_jgrow(s->names, s->name_count, &s->name_cap, sizeof(*s->names));
	if (!v)
		return -ENOMEM;
	s->names = v;
	s->names[s->name_count] = (struct slo_juriname){ uri, resource };
	return slo_jindex_add(&s->by_uri, hash_uri(uri), s->name_count++);
}

static int add_anchor(struct scan *c, const struct spot *at, json_t *json, struct slo_str name, bool dynamic)
{
	struct slo_jstore *s = c->s;
	void *v;

	if (slo_jstore_anchor(s, at->resource, name))
		return slo_err_set(c->err, -EINVAL, "two anchors are called %.*s", SLO_STR_ARG(name));
	v = slo_jgrow(s->anchors, s->anchor_count, &s->anchor_cap, sizeof(*s->anchors));
	if (!v)
		return -ENOMEM;
	s->anchors = v;
	s->anchors[s->anchor_count] = (struct slo_janchor){ at->resource, name, json, dynamic };
	return slo_jindex_add(&s->by_anchor, slo_hash(name.p, name.len, at->resource), s->anchor_count++);
}

static struct slo_str string_of(json_t *json, const char *key)
{
	json_t *v = json_object_get(json, key);

	return json_is_string(v) ? slo_str_n(json_string_value(v), json_string_length(v)) : slo_str(NULL);
}

/* Which rules the $schema names, if any. */
static void set_dialect(const struct scan *c, struct slo_jresource *r, const struct slo_jresource *outer)
{
	static const struct {
		const char *uri;
		uint8_t draft, dialect;
	} known[] = {
		{ "https://json-schema.org/draft/2020-12/schema", SLO_JD_2020, SLO_JDIALECT_2020 },
		{ "http://json-schema.org/draft-07/schema", SLO_JD_7, SLO_JDIALECT_7 },
		{ "https://json-schema.org/draft/2019-09/schema", SLO_JD_2020, SLO_JDIALECT_UNKNOWN },
		{ "http://json-schema.org/draft-06/schema", SLO_JD_7, SLO_JDIALECT_UNKNOWN },
		{ "http://json-schema.org/draft-04/schema", SLO_JD_7, SLO_JDIALECT_UNKNOWN },
		{ "http://json-schema.org/draft-03/schema", SLO_JD_7, SLO_JDIALECT_UNKNOWN },
	};
	struct slo_str meta = string_of(r->root, "$schema");
	uint32_t i;

	if (!meta.p && outer) {
		r->draft = outer->draft;
		r->dialect = outer->dialect;
		r->meta = outer->meta;
		return;
	}
	r->draft = c->draft;
	if (!meta.p)
		meta = slo_str(known[c->draft == SLO_JD_7].uri);
	r->meta = meta = slo_juri_cut(meta, NULL);
	for (size_t k = 0; k < SLO_ARRAY_LEN(known); k++)
		if (slo_str_is(meta, known[k].uri)) {
			r->draft = known[k].draft;
			r->dialect = known[k].dialect;
			return;
		}
	r->dialect = SLO_JDIALECT_CUSTOM;
	i = slo_jstore_resource(c->s, meta);
	if (i != SLO_JNONE)
		r->draft = c->s->resources[i].draft;
}

static int add_resource(struct scan *c, struct slo_str uri, json_t *root, uint32_t outer, uint32_t *out)
{
	struct slo_jstore *s = c->s;
	struct slo_jresource *r;
	void *v = slo_jgrow(s->resources, s->resource_count, &s->resource_cap, sizeof(*s->resources));

	if (!v)
		return -ENOMEM;
	s->resources = v;
	r = &s->resources[s->resource_count];
	*r = (struct slo_jresource){ .uri = uri, .root = root, .doc = c->doc };
	set_dialect(c, r, outer == SLO_JNONE ? NULL : &s->resources[outer]);
	*out = s->resource_count++;
	return add_name(s, uri, *out, c->err);
}

/* Return: the URI @ref means in @base without fragment, in the store's memory; {NULL, 0} without memory. */
static struct slo_str resolve_id(struct slo_jstore *s, struct slo_str base, struct slo_str ref)
{
	struct slo_buf b;
	struct slo_str out = { NULL, 0 };

	slo_buf_init(&b, URI_MAX);
	slo_juri_resolve(base, ref, &b);
	if (!b.err)
		out = slo_jarena_str(&s->arena, slo_juri_cut(slo_buf_str(&b), NULL));
	slo_buf_fini(&b);
	return out;
}

/* $id: in draft 7 not beside $ref, and "#name" is an anchor. */
static int take_id(struct scan *c, json_t *json, struct spot *at)
{
	struct slo_jresource *r = &c->s->resources[at->resource];
	struct slo_str id = string_of(json, "$id"), fragment, uri;
	bool seven = r->draft == SLO_JD_7;
	int ret = 0;

	if (!id.p || (seven && json_object_get(json, "$ref")))
		return 0;
	uri = slo_juri_cut(id, &fragment);
	if (uri.len && r->root != json) {
		uri = resolve_id(c->s, r->uri, id);
		if (!uri.p)
			return -ENOMEM;
		ret = add_resource(c, uri, json, at->resource, &at->resource);
		at->from = c->pointer.len;
	}
	if (!ret && seven && fragment.len)
		ret = add_anchor(c, at, json, fragment, false);
	return ret;
}

static int take_anchors(struct scan *c, json_t *json, const struct spot *at)
{
	struct slo_str name = string_of(json, "$anchor"), dynamic = string_of(json, "$dynamicAnchor");
	int ret = 0;

	if (c->s->resources[at->resource].draft == SLO_JD_7)
		return 0;
	if (name.p)
		ret = add_anchor(c, at, json, name, false);
	if (!ret && dynamic.p)
		ret = add_anchor(c, at, json, dynamic, true);
	return ret;
}

static int add_place(struct scan *c, json_t *json, const struct spot *at)
{
	struct slo_jstore *s = c->s;
	struct slo_str pointer = slo_buf_str(&c->pointer);
	void *v = slo_jgrow(s->places, s->place_count, &s->place_cap, sizeof(*s->places));

	if (!v)
		return -ENOMEM;
	s->places = v;
	pointer = slo_jarena_str(&s->arena, slo_str_n(pointer.len ? pointer.p + at->from : "", pointer.len - at->from));
	if (!pointer.p)
		return -ENOMEM;
	s->places[s->place_count] = (struct slo_jplace){ json, at->resource, pointer };
	return slo_jindex_add(&s->by_json, hash_json(json), s->place_count++);
}

static int scan_schema(struct scan *c, json_t *json, struct spot at);

static int scan_under(struct scan *c, json_t *json, struct slo_str token, const struct spot *at)
{
	size_t len = c->pointer.len;
	int ret;

	slo_jpointer_add(&c->pointer, token);
	ret = c->pointer.err ? c->pointer.err : scan_schema(c, json, *at);
	if (!ret)
		c->pointer.len = len;
	return ret;
}

static int scan_list(struct scan *c, json_t *list, const struct spot *at)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < json_array_size(list); i++) {
		char index[24];

		snprintf(index, sizeof(index), "%zu", i);
		ret = scan_under(c, json_array_get(list, i), slo_str(index), at);
	}
	return ret;
}

static int scan_map(struct scan *c, json_t *map, const struct spot *at)
{
	int ret = 0;

	for (void *it = json_object_iter(map); it && !ret; it = json_object_iter_next(map, it))
		ret = scan_under(c, json_object_iter_value(it),
				 slo_str_n(json_object_iter_key(it), json_object_iter_key_len(it)), at);
	return ret;
}

static int scan_keyword(struct scan *c, json_t *value, const struct slo_jkeyword_info *k, const struct spot *at)
{
	size_t len = c->pointer.len;
	int ret = 0;

	slo_jpointer_add(&c->pointer, slo_str(k->name));
	if (json_is_array(value) && (k->shape == SLO_JS_LIST || k->shape == SLO_JS_ONE_OR_LIST))
		ret = scan_list(c, value, at);
	else if (json_is_object(value) && (k->shape == SLO_JS_MAP || k->shape == SLO_JS_MAP_SOME))
		ret = scan_map(c, value, at);
	else if (k->shape == SLO_JS_ONE || k->shape == SLO_JS_ONE_OR_LIST)
		ret = scan_schema(c, value, *at);
	if (!ret)
		c->pointer.len = len;
	return ret;
}

static int scan_schema(struct scan *c, json_t *json, struct spot at)
{
	uint8_t draft;
	int ret;

	if (!json_is_object(json))
		return 0;
	if (at.depth++ > SLO_JSCHEMA_CALLS)
		return slo_err_set(c->err, -E2BIG, "schemas nested over %d levels", SLO_JSCHEMA_CALLS);
	ret = take_id(c, json, &at);
	if (!ret)
		ret = take_anchors(c, json, &at);
	if (!ret)
		ret = add_place(c, json, &at);
	draft = c->s->resources[at.resource].draft;
	for (size_t k = 0; !ret && k < SLO_JK__COUNT; k++) {
		json_t *value = slo_jkeywords[k].shape == SLO_JS_NONE || !(slo_jkeywords[k].drafts & draft) ?
			NULL : json_object_get(json, slo_jkeywords[k].name);

		if (value)
			ret = scan_keyword(c, value, &slo_jkeywords[k], &at);
	}
	return ret;
}

static int scan_document(struct scan *c, json_t *root)
{
	struct slo_str id = json_is_object(root) ? string_of(root, "$id") : slo_str(NULL), uri = c->doc_uri;
	struct spot at = { 0 };
	bool named = id.p && slo_juri_cut(id, NULL).len;
	int ret;

	/* Beside $ref a draft 7 $id says nothing; which draft it is, only the resource knows. */
	if (named && json_object_get(root, "$ref")) {
		struct slo_jresource probe = { .root = root };

		set_dialect(c, &probe, NULL);
		named = probe.draft != SLO_JD_7;
	}
	if (named)
		uri = resolve_id(c->s, c->doc_uri, id);
	if (!uri.p)
		return -ENOMEM;
	ret = add_resource(c, uri, root, SLO_JNONE, &at.resource);
	if (!ret && !slo_str_eq(uri, c->doc_uri))
		ret = add_name(c->s, c->doc_uri, at.resource, c->err);
	c->s->docs[c->doc].resource = at.resource;
	return ret ? ret : scan_schema(c, root, at);
}

int slo_jstore_put(struct slo_jstore *s, struct slo_str uri, json_t *doc, enum slo_jdraft draft, bool builtin,
		   struct slo_err *err)
{
	struct scan c = { .s = s, .err = err, .draft = draft == SLO_JDRAFT_7 ? SLO_JD_7 : SLO_JD_2020 };
	void *v;
	int ret;

	if (s->doc_count >= SLO_JSCHEMA_STORE)
		return slo_err_set(err, -E2BIG, "more than %d documents", SLO_JSCHEMA_STORE);
	v = slo_jgrow(s->docs, s->doc_count, &s->doc_cap, sizeof(*s->docs));
	if (!v)
		return -ENOMEM;
	s->docs = v;
	c.doc_uri = slo_jarena_str(&s->arena, slo_juri_cut(uri, NULL));
	/* A tree of its own: identity says where a subschema stands, and nobody changes it later. */
	doc = json_deep_copy(doc);
	if (!doc || !c.doc_uri.p) {
		json_decref(doc);
		return -ENOMEM;
	}
	c.doc = s->doc_count++;
	s->docs[c.doc] = (struct slo_jdocument){ doc, c.doc_uri, SLO_JNONE, builtin };
	slo_buf_init(&c.pointer, URI_MAX);
	ret = scan_document(&c, doc);
	if (ret)
		slo_err_at(err, "%.*s#%.*s", SLO_STR_ARG(c.doc_uri), SLO_STR_ARG(slo_buf_str(&c.pointer)));
	slo_buf_fini(&c.pointer);
	return ret;
}

int slo_jstore_add(struct slo_jstore *s, const char *uri, json_t *doc, enum slo_jdraft draft, struct slo_err *err)
{
	struct slo_juri u;

	slo_juri_split(slo_str(uri), &u);
	if (!u.scheme.p || u.fragment.len)
		return slo_err_set(err, -EINVAL, "%s: want an absolute URI without fragment", uri);
	if (!json_is_object(doc) && !json_is_boolean(doc))
		return slo_err_set(err, -EINVAL, "%s: a schema is an object or a boolean", uri);
	return slo_jstore_put(s, slo_str(uri), doc, draft, false, err);
}
