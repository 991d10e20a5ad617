/* SPDX-License-Identifier: MIT */
/* Keywords about one value: type, numbers, strings, enum, const. */
#include "jschema/compile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static struct slo_jnode *constant(struct slo_jcompiler *c, json_t *json, uint8_t kw, uint32_t *at)
{
	int ret = slo_jtape_add(&c->p->consts, json, at);

	if (ret) {
		slo_jcompile_fail(c, ret, kw, "a value that is too large");
		return NULL;
	}
	return &c->p->consts.nodes[*at];
}

static void compile_bound(struct slo_jcompiler *c, uint8_t kw, uint8_t op)
{
	json_t *v = slo_jcompile_get(c, kw);
	struct slo_jdec *dec;
	struct slo_jinsn *i;
	struct slo_jnode *n;
	uint32_t at;

	if (!v)
		return;
	if (!json_is_number(v)) {
		slo_jcompile_fail(c, -EINVAL, kw, "want a number");
		return;
	}
	n = constant(c, v, kw, &at);
	dec = n ? slo_jcompile_alloc(c, sizeof(*dec)) : NULL;
	if (!dec)
		return;
	slo_jdec_init(dec, n);
	if (op == SLO_JO_MULTIPLE_OF && (!dec->head || dec->neg)) {
		slo_jcompile_fail(c, -EINVAL, kw, "want a number greater than 0");
		return;
	}
	i = slo_jcompile_emit(c, op, kw);
	if (!i)
		return;
	i->u.dec = dec;
	i->a = at;
	/* For the usual case of integers on both sides. */
	i->b = n->fits && op != SLO_JO_MULTIPLE_OF;
}

void slo_jcompile_number(struct slo_jcompiler *c)
{
	compile_bound(c, SLO_JK_MULTIPLE_OF, SLO_JO_MULTIPLE_OF);
	compile_bound(c, SLO_JK_MAXIMUM, SLO_JO_MAXIMUM);
	compile_bound(c, SLO_JK_EXCLUSIVE_MAXIMUM, SLO_JO_EXCLUSIVE_MAXIMUM);
	compile_bound(c, SLO_JK_MINIMUM, SLO_JO_MINIMUM);
	compile_bound(c, SLO_JK_EXCLUSIVE_MINIMUM, SLO_JO_EXCLUSIVE_MINIMUM);
}

bool slo_jcompile_count(struct slo_jcompiler *c, uint8_t kw, uint64_t *out)
{
	json_t *v = slo_jcompile_get(c, kw);
	double d = json_is_real(v) ? json_real_value(v) : 0;

	if (!v)
		return false;
	if (json_is_integer(v) && json_integer_value(v) >= 0)
		*out = (uint64_t)json_integer_value(v);
	else if (json_is_real(v) && d >= 0 && d == floor(d))
		*out = d < 1e18 ? (uint64_t)d : UINT64_MAX;
	else
		slo_jcompile_fail(c, -EINVAL, kw, "want an integer of at least 0");
	return !c->ret;
}

void slo_jcompile_limit(struct slo_jcompiler *c, uint8_t kw, uint8_t op)
{
	struct slo_jinsn *i;
	uint64_t n;

	if (!slo_jcompile_count(c, kw, &n))
		return;
	i = slo_jcompile_emit(c, op, kw);
	if (i)
		i->u.n = n;
}

/* The string at a keyword, or {NULL, 0}. */
static struct slo_str string_at(struct slo_jcompiler *c, uint8_t kw)
{
	json_t *v = slo_jcompile_get(c, kw);

	if (v && !json_is_string(v))
		slo_jcompile_fail(c, -EINVAL, kw, "want a string");
	return json_is_string(v) ? slo_str_n(json_string_value(v), json_string_length(v)) : slo_str(NULL);
}

void slo_jcompile_string(struct slo_jcompiler *c)
{
	struct slo_str pattern, format;
	slo_format_fn *check;
	struct slo_jinsn *i;

	slo_jcompile_limit(c, SLO_JK_MAX_LENGTH, SLO_JO_MAX_LENGTH);
	slo_jcompile_limit(c, SLO_JK_MIN_LENGTH, SLO_JO_MIN_LENGTH);
	pattern = string_at(c, SLO_JK_PATTERN);
	if (pattern.p) {
		struct slo_pattern *p = slo_jcompile_pattern(c, pattern, SLO_JK_PATTERN);

		i = p ? slo_jcompile_emit(c, SLO_JO_PATTERN, SLO_JK_PATTERN) : NULL;
		if (!i)
			return;
		i->u.pattern = p;
		i->text = pattern;
	}
	format = string_at(c, SLO_JK_FORMAT);
	if (!format.p || !(c->opts.assert_formats || c->vocabulary & SLO_JV_FORMAT_ASSERTION))
		return;
	check = slo_format_find(format);
	i = check ? slo_jcompile_emit(c, SLO_JO_FORMAT, SLO_JK_FORMAT) : NULL;
	if (i) {
		i->u.format = check;
		i->text = format;
	}
}

static uint8_t type_bits(const char *name)
{
	static const struct {
		const char *name;
		uint8_t bits;
	} types[] = {
		{ "null", 1 << SLO_JT_NULL }, { "boolean", 1 << SLO_JT_FALSE | 1 << SLO_JT_TRUE },
		{ "integer", 1 << SLO_JT_INTEGER }, { "number", 1 << SLO_JT_INTEGER | 1 << SLO_JT_NUMBER },
		{ "string", 1 << SLO_JT_STRING }, { "array", 1 << SLO_JT_ARRAY }, { "object", 1 << SLO_JT_OBJECT },
	};

	for (size_t i = 0; name && i < SLO_ARRAY_LEN(types); i++)
		if (strcmp(name, types[i].name) == 0)
			return types[i].bits;
	return 0;
}

static void compile_type(struct slo_jcompiler *c)
{
	json_t *v = slo_jcompile_get(c, SLO_JK_TYPE);
	struct slo_jsub *s = &c->p->subs[c->sub];
	uint8_t bits;
	size_t n = json_is_array(v) ? json_array_size(v) : 1;

	if (!v)
		return;
	s->types = 0;
	for (size_t i = 0; i < n; i++) {
		bits = type_bits(json_string_value(json_is_array(v) ? json_array_get(v, i) : v));
		if (!bits) {
			slo_jcompile_fail(c, -EINVAL, SLO_JK_TYPE, "not the name of a type");
			return;
		}
		s->types |= bits;
	}
	s->integral = s->types >> SLO_JT_INTEGER & 1 && !(s->types >> SLO_JT_NUMBER & 1);
}

static void compile_enum(struct slo_jcompiler *c)
{
	json_t *v = slo_jcompile_get(c, SLO_JK_ENUM);
	struct slo_jinsn *i;
	uint32_t *list;

	if (!v)
		return;
	if (!json_is_array(v)) {
		slo_jcompile_fail(c, -EINVAL, SLO_JK_ENUM, "want an array");
		return;
	}
	list = slo_jcompile_alloc(c, json_array_size(v) * sizeof(*list));
	for (size_t k = 0; list && k < json_array_size(v); k++)
		if (!constant(c, json_array_get(v, k), SLO_JK_ENUM, &list[k]))
			return;
	i = slo_jcompile_emit(c, SLO_JO_ENUM, SLO_JK_ENUM);
	if (!i)
		return;
	i->u.list = list;
	i->a = (uint32_t)json_array_size(v);
}

void slo_jcompile_values(struct slo_jcompiler *c)
{
	json_t *v = slo_jcompile_get(c, SLO_JK_CONST);
	struct slo_jinsn *i;
	uint32_t *at;

	compile_type(c);
	compile_enum(c);
	at = v ? slo_jcompile_alloc(c, sizeof(*at)) : NULL;
	if (!at || !constant(c, v, SLO_JK_CONST, at))
		return;
	i = slo_jcompile_emit(c, SLO_JO_CONST, SLO_JK_CONST);
	if (!i)
		return;
	i->u.list = at;
	i->a = 1;
}
