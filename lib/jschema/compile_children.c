/* SPDX-License-Identifier: MIT */
/* Keywords about arrays and objects. */
#include "jschema/compile.h"

#include <errno.h>

static void compile_items(struct slo_jcompiler *c)
{
	json_t *items = slo_jcompile_get(c, SLO_JK_ITEMS), *prefix, *rest;
	struct slo_jitems *it;
	struct slo_jinsn *i;
	uint8_t prefix_kw = SLO_JK_PREFIX_ITEMS, rest_kw = SLO_JK_ITEMS;

	prefix = slo_jcompile_get(c, SLO_JK_PREFIX_ITEMS);
	rest = items;
	if (c->draft == SLO_JD_7 && json_is_array(items)) {
		prefix_kw = SLO_JK_ITEMS;
		rest_kw = SLO_JK_ADDITIONAL_ITEMS;
		prefix = items;
		rest = slo_jcompile_get(c, SLO_JK_ADDITIONAL_ITEMS);
	}
	if (!prefix && !rest)
		return;
	if (prefix && !json_is_array(prefix)) {
		slo_jcompile_fail(c, -EINVAL, prefix_kw, "want an array");
		return;
	}
	it = slo_jcompile_alloc(c, sizeof(*it));
	if (!it)
		return;
	it->prefix = slo_jcompile_list(c, prefix, prefix_kw);
	it->prefix_count = (uint32_t)json_array_size(prefix);
	it->rest = rest ? slo_jcompile_sub(c, rest, rest_kw, slo_str(NULL)) : SLO_JNONE;
	it->prefix_kw = prefix_kw;
	it->rest_kw = rest_kw;
	i = slo_jcompile_emit(c, SLO_JO_ITEMS, rest ? rest_kw : prefix_kw);
	if (i)
		i->u.items = it;
}

static void compile_contains(struct slo_jcompiler *c)
{
	json_t *v = slo_jcompile_get(c, SLO_JK_CONTAINS);
	struct slo_jcontains *k;
	struct slo_jinsn *i;

	k = v ? slo_jcompile_alloc(c, sizeof(*k)) : NULL;
	if (!k)
		return;
	*k = (struct slo_jcontains){ .min = 1, .max = UINT64_MAX, .min_kw = SLO_JK_CONTAINS };
	k->sub = slo_jcompile_sub(c, v, SLO_JK_CONTAINS, slo_str(NULL));
	if (slo_jcompile_count(c, SLO_JK_MIN_CONTAINS, &k->min))
		k->min_kw = SLO_JK_MIN_CONTAINS;
	slo_jcompile_count(c, SLO_JK_MAX_CONTAINS, &k->max);
	i = slo_jcompile_emit(c, SLO_JO_CONTAINS, SLO_JK_CONTAINS);
	if (i)
		i->u.contains = k;
}

void slo_jcompile_array(struct slo_jcompiler *c)
{
	json_t *unique = slo_jcompile_get(c, SLO_JK_UNIQUE_ITEMS);

	slo_jcompile_limit(c, SLO_JK_MAX_ITEMS, SLO_JO_MAX_ITEMS);
	slo_jcompile_limit(c, SLO_JK_MIN_ITEMS, SLO_JO_MIN_ITEMS);
	if (json_is_true(unique))
		slo_jcompile_emit(c, SLO_JO_UNIQUE, SLO_JK_UNIQUE_ITEMS);
	compile_items(c);
	compile_contains(c);
}

static bool want_object(struct slo_jcompiler *c, json_t *v, uint8_t kw)
{
	if (v && !json_is_object(v))
		slo_jcompile_fail(c, -EINVAL, kw, "want an object");
	return json_is_object(v);
}

/* The entry called @name, a new one when there is none yet. */
static struct slo_jmember *know(struct slo_jmembers *m, struct slo_str name)
{
	uint32_t hash = slo_jkey_hash(name.p, name.len), at = hash & m->mask;

	for (; m->slots[at]; at = (at + 1) & m->mask)
		if (slo_str_eq(m->known[m->slots[at] - 1].name, name))
			return &m->known[m->slots[at] - 1];
	m->known[m->known_count] = (struct slo_jmember){ name, hash, SLO_JNONE, false };
	m->slots[at] = ++m->known_count;
	return &m->known[m->known_count - 1];
}

static void fill_known(struct slo_jcompiler *c, struct slo_jmembers *m, json_t *properties, json_t *required)
{
	for (void *it = json_object_iter(properties); it && !c->ret; it = json_object_iter_next(properties, it)) {
		struct slo_str name = { json_object_iter_key(it), json_object_iter_key_len(it) };

		know(m, name)->sub = slo_jcompile_sub(c, json_object_iter_value(it), SLO_JK_PROPERTIES, name);
	}
	for (size_t i = 0; i < json_array_size(required) && !c->ret; i++) {
		json_t *v = json_array_get(required, i);
		struct slo_jmember *k;

		if (!json_is_string(v)) {
			slo_jcompile_fail(c, -EINVAL, SLO_JK_REQUIRED, "want strings");
			return;
		}
		k = know(m, slo_str_n(json_string_value(v), json_string_length(v)));
		m->required += !k->required;
		k->required = true;
	}
}

static void fill_patterns(struct slo_jcompiler *c, struct slo_jmembers *m, json_t *patterns)
{
	m->patterns = slo_jcompile_alloc(c, json_object_size(patterns) * sizeof(*m->patterns));
	for (void *it = json_object_iter(patterns); it && !c->ret; it = json_object_iter_next(patterns, it)) {
		struct slo_jpatternsub *p = &m->patterns[m->pattern_count++];

		p->source = slo_str_n(json_object_iter_key(it), json_object_iter_key_len(it));
		p->pattern = slo_jcompile_pattern(c, p->source, SLO_JK_PATTERN_PROPERTIES);
		p->sub = slo_jcompile_sub(c, json_object_iter_value(it), SLO_JK_PATTERN_PROPERTIES, p->source);
	}
}

static void compile_members(struct slo_jcompiler *c)
{
	json_t *properties = slo_jcompile_get(c, SLO_JK_PROPERTIES);
	json_t *patterns = slo_jcompile_get(c, SLO_JK_PATTERN_PROPERTIES);
	json_t *additional = slo_jcompile_get(c, SLO_JK_ADDITIONAL_PROPERTIES);
	json_t *required = slo_jcompile_get(c, SLO_JK_REQUIRED);
	size_t names = json_object_size(properties) + json_array_size(required);
	struct slo_jmembers *m;
	struct slo_jinsn *i;

	if (required && !json_is_array(required))
		slo_jcompile_fail(c, -EINVAL, SLO_JK_REQUIRED, "want an array");
	want_object(c, properties, SLO_JK_PROPERTIES);
	want_object(c, patterns, SLO_JK_PATTERN_PROPERTIES);
	if (c->ret || (!properties && !patterns && !additional && !required))
		return;
	m = slo_jcompile_alloc(c, sizeof(*m));
	if (!m)
		return;
	for (m->mask = 1; m->mask < names * 2; m->mask = m->mask * 2 + 1)
		;
	m->slots = slo_jcompile_alloc(c, ((size_t)m->mask + 1) * sizeof(*m->slots));
	m->known = slo_jcompile_alloc(c, names * sizeof(*m->known));
	if (c->ret)
		return;
	fill_known(c, m, properties, required);
	fill_patterns(c, m, patterns);
	m->additional = SLO_JNONE;
	if (additional && !(json_is_false(additional) && c->opts.forward_compatible))
		m->additional = slo_jcompile_sub(c, additional, SLO_JK_ADDITIONAL_PROPERTIES, slo_str(NULL));
	i = slo_jcompile_emit(c, SLO_JO_MEMBERS, SLO_JK_PROPERTIES);
	if (i)
		i->u.members = m;
}

static bool fill_names(struct slo_jcompiler *c, struct slo_jdependent *d, json_t *list, uint8_t kw)
{
	d->names = slo_jcompile_alloc(c, json_array_size(list) * sizeof(*d->names));
	for (size_t i = 0; d->names && i < json_array_size(list); i++) {
		struct slo_str name = slo_str(json_string_value(json_array_get(list, i)));

		if (!name.p) {
			slo_jcompile_fail(c, -EINVAL, kw, "want strings");
			return false;
		}
		name.len = json_string_length(json_array_get(list, i));
		d->names[d->name_count++] =
			(struct slo_jmember){ .name = name, .hash = slo_jkey_hash(name.p, name.len), .sub = SLO_JNONE };
	}
	return d->names != NULL;
}

/* dependencies is both of its successors; with an array it means names, else a schema. */
static void compile_dependent(struct slo_jcompiler *c, uint8_t kw)
{
	json_t *v = slo_jcompile_get(c, kw);
	struct slo_jdependent *list;
	uint32_t n = 0;
	struct slo_jinsn *i;

	if (!want_object(c, v, kw))
		return;
	list = slo_jcompile_alloc(c, json_object_size(v) * sizeof(*list));
	for (void *it = json_object_iter(v); it && list && !c->ret; it = json_object_iter_next(v, it)) {
		json_t *value = json_object_iter_value(it);
		struct slo_jdependent *d = &list[n++];

		d->name = slo_str_n(json_object_iter_key(it), json_object_iter_key_len(it));
		d->hash = slo_jkey_hash(d->name.p, d->name.len);
		d->sub = SLO_JNONE;
		if (kw != SLO_JK_DEPENDENT_SCHEMAS && json_is_array(value))
			fill_names(c, d, value, kw);
		else if (kw == SLO_JK_DEPENDENT_REQUIRED)
			slo_jcompile_fail(c, -EINVAL, kw, "want arrays");
		else
			d->sub = slo_jcompile_sub(c, value, kw, d->name);
	}
	i = slo_jcompile_emit(c, SLO_JO_DEPENDENT, kw);
	if (!i)
		return;
	i->u.dependents = list;
	i->a = n;
}

void slo_jcompile_object(struct slo_jcompiler *c)
{
	json_t *names = slo_jcompile_get(c, SLO_JK_PROPERTY_NAMES);
	struct slo_jinsn *i;
	uint32_t sub;

	slo_jcompile_limit(c, SLO_JK_MAX_PROPERTIES, SLO_JO_MAX_PROPERTIES);
	slo_jcompile_limit(c, SLO_JK_MIN_PROPERTIES, SLO_JO_MIN_PROPERTIES);
	if (names) {
		sub = slo_jcompile_sub(c, names, SLO_JK_PROPERTY_NAMES, slo_str(NULL));
		i = slo_jcompile_emit(c, SLO_JO_NAMES, SLO_JK_PROPERTY_NAMES);
		if (i)
			i->a = sub;
	}
	compile_members(c);
	compile_dependent(c, SLO_JK_DEPENDENT_REQUIRED);
	compile_dependent(c, SLO_JK_DEPENDENT_SCHEMAS);
	compile_dependent(c, SLO_JK_DEPENDENCIES);
}
