/* SPDX-License-Identifier: MIT */
/* What tests of schemas share: is a JSON schema what a record's table says, both ways and nothing besides? */
#ifndef SLO_EVENT_TESTING_H
#define SLO_EVENT_TESTING_H

#include "rec/rec.h"

#include <jansson.h>
#include <stdio.h>

/* The first difference found, as "path: reason". */
static char difference[256];

static bool differs(const char *where, const char *what)
{
	(void)!snprintf(difference, sizeof(difference), "%s: %s", where, what);
	return true;
}

static bool is_text(const json_t *o, const char *key, const char *want)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && strcmp(s, want) == 0;
}

static bool enum_differs(const char *where, const json_t *o, const struct slo_enum *e)
{
	const json_t *names = json_object_get(o, "enum");

	if (!e)
		return names ? differs(where, "enum in the schema only") : false;
	if ((int)json_array_size(names) != e->count)
		return differs(where, "number of enum names");
	for (int i = 0; i < e->count; i++) {
		const char *s = json_string_value(json_array_get(names, (size_t)i));

		if (!s || strcmp(s, e->names[i]) != 0)
			return differs(where, e->names[i]);
	}
	return false;
}

static bool bound_differs(const char *where, const json_t *o, const char *key, bool want, double v)
{
	const json_t *b = json_object_get(o, key);

	if (!want)
		return b ? differs(where, "bound in the schema only") : false;
	return !json_is_number(b) || json_number_value(b) != v ? differs(where, key) : false;
}

static bool range_differs(const char *where, const json_t *o, const struct slo_rec_field *f)
{
	bool table = f->lo != 0 || f->hi != 0;
	double lo = f->lo, hi = f->hi;

	if (f->type == SLO_REC_U64 || f->type == SLO_REC_U64S) {
		table = true;
		hi = (double)INT64_MAX;
	} else if (f->type == SLO_REC_I32 && !table) {
		table = true;
		lo = -INT32_MAX;
		hi = INT32_MAX;
	}
	return bound_differs(where, o, "minimum", table, lo) || bound_differs(where, o, "maximum", table, hi);
}

static bool object_differs(const char *where, const json_t *o, const struct slo_rec *r);

static const char *scalar_type(const struct slo_rec_field *f)
{
	static const char *const types[SLO_REC__COUNT] = {
		[SLO_REC_STR] = "string",   [SLO_REC_STRS] = "string",   [SLO_REC_STRMAP] = "string",
		[SLO_REC_ENUM] = "string",  [SLO_REC_ENUMS] = "string",  [SLO_REC_TIME] = "string",
		[SLO_REC_F64] = "number",   [SLO_REC_NUMMAP] = "number", [SLO_REC_I64] = "integer",
		[SLO_REC_I32] = "integer",  [SLO_REC_U64] = "integer",   [SLO_REC_U64S] = "integer",
		[SLO_REC_BOOL] = "boolean",
	};

	return types[f->type];
}

static bool value_type_differs(const char *where, const json_t *o)
{
	static const char *const types[] = { "string", "number", "boolean" };
	const json_t *a = json_object_get(o, "type");

	for (size_t i = 0; i < SLO_ARRAY_LEN(types); i++) {
		const char *s = json_string_value(json_array_get(a, i));

		if (!s || strcmp(s, types[i]) != 0 || json_array_size(a) != SLO_ARRAY_LEN(types))
			return differs(where, "want the types string, number, boolean");
	}
	return false;
}

/* One value, or one element of an array or map. */
static bool one_differs(const char *where, const json_t *o, const struct slo_rec_field *f)
{
	bool time = f->type == SLO_REC_TIME;

	if (f->type == SLO_REC_OBJ || f->type == SLO_REC_OBJS)
		return object_differs(where, o, f->sub);
	if (f->type == SLO_REC_VALUE)
		return value_type_differs(where, o);
	if (!is_text(o, "type", scalar_type(f)))
		return differs(where, "type");
	if (time != is_text(o, "format", "date-time") || time != !!json_object_get(o, "format"))
		return differs(where, "format");
	return enum_differs(where, o, f->en) || range_differs(where, o, f);
}

/* A schema may not ask for more than the table does. */
static bool has_strange_keyword(const char *where, json_t *o)
{
	static const char *const known[] = { "type", "description", "format", "enum", "minimum", "maximum", "items",
					     "properties", "required", "additionalProperties", "$schema", "$id", "title",
					     "examples" };
	const char *key;
	json_t *v;

	json_object_foreach(o, key, v) {
		size_t i = 0;

		while (i < SLO_ARRAY_LEN(known) && strcmp(key, known[i]) != 0)
			i++;
		if (i == SLO_ARRAY_LEN(known))
			return differs(where, key);
	}
	return false;
}

static bool field_differs(const char *in, json_t *o, const struct slo_rec_field *f)
{
	bool map = f->type == SLO_REC_STRMAP || f->type == SLO_REC_NUMMAP;
	bool list = f->type >= SLO_REC_OBJS && !map;
	char where[200];
	const char *d;

	(void)!snprintf(where, sizeof(where), "%s.%s", in, f->key);
	if (!json_is_object(o))
		return differs(where, "in the table only");
	d = json_string_value(json_object_get(o, "description"));
	if (!d || !*d)
		return differs(where, "no description");
	if (has_strange_keyword(where, o))
		return true;
	if (!map && !list)
		return one_differs(where, o, f);
	if (!is_text(o, "type", map ? "object" : "array"))
		return differs(where, "type");
	o = json_object_get(o, map ? "additionalProperties" : "items");
	return !json_is_object(o) ? differs(where, "no element schema")
				  : has_strange_keyword(where, o) || one_differs(where, o, f);
}

static bool is_required(const json_t *o, const char *key)
{
	const json_t *list = json_object_get(o, "required");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), key) == 0)
			return true;
	return false;
}

static bool object_differs(const char *where, const json_t *o, const struct slo_rec *r)
{
	const json_t *props = json_object_get(o, "properties");
	size_t required = 0;

	if (!is_text(o, "type", "object") || !json_is_false(json_object_get(o, "additionalProperties")))
		return differs(where, "want a closed object");
	if (json_object_size(props) != r->count)
		return differs(where, "number of members");
	for (uint32_t i = 0; i < r->count; i++) {
		const struct slo_rec_field *f = &r->fields[i];
		bool want = !(f->flags & SLO_REC_OPT);

		required += want;
		if (is_required(o, f->key) != want)
			return differs(f->key, "required");
		if (field_differs(where, json_object_get(props, f->key), f))
			return true;
	}
	return json_array_size(json_object_get(o, "required")) != required ? differs(where, "required") : false;
}

#endif
