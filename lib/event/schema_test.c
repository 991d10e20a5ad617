/* SPDX-License-Identifier: MIT */
/*
 * The schemas and the record tables say the same, both ways: members, required
 * ones, types, enums, ranges, nested objects, and nothing besides. Run from the
 * top of the tree, or with SLO_TOP naming it.
 */
#include "event/event.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const files[SLO_KIND__COUNT] = {
	[SLO_KIND_SLO] = "slo-event.v1",
	[SLO_KIND_SLI_WINDOW] = "sli-window.v1alpha1",
	[SLO_KIND_PROBE] = "probe-event.v1alpha1",
	[SLO_KIND_WINDOW] = "signal-window.v1alpha1",
	[SLO_KIND_SPAN] = "span.v1alpha1",
	[SLO_KIND_INCIDENT] = "incident-attribution.v1",
	[SLO_KIND_FAULT_LABEL] = "fault-label.v1alpha1",
	[SLO_KIND_FAULT_SAMPLE] = "fault-sample.v1alpha1",
	[SLO_KIND_RAW_SAMPLE] = "raw-sample.v1alpha1",
	[SLO_KIND_LABELED_PAIR] = "labeled-pair.v1alpha1",
	[SLO_KIND_STATS] = "stats.v1alpha1",
};

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

static json_t *load(int kind)
{
	const char *top = getenv("SLO_TOP");
	char path[512];
	json_error_t err;
	json_t *j;

	snprintf(path, sizeof(path), "%s/schemas/%s.schema.json", top ? top : ".", files[kind]);
	j = json_load_file(path, JSON_REJECT_DUPLICATES, &err);
	ck_assert_msg(j != NULL, "%s:%d: %s", path, err.line, err.text);
	return j;
}

START_TEST(schema_and_table_agree)
{
	json_t *j = load(_i);

	ck_assert_msg(!object_differs(files[_i], j, slo_event_rec[_i]), "%s", difference);
	ck_assert(!has_strange_keyword(files[_i], j));
	ck_assert(is_text(j, "$schema", "https://json-schema.org/draft/2020-12/schema"));
	ck_assert(json_is_string(json_object_get(j, "$id")) && json_is_string(json_object_get(j, "title")));
	ck_assert(json_is_string(json_object_get(j, "description")));
	json_decref(j);
}
END_TEST

START_TEST(every_example_reads_as_its_kind)
{
	json_t *j = load(_i), *examples = json_object_get(j, "examples");
	struct slo_rec_ctx ctx;
	struct slo_event ev;

	slo_rec_ctx_init(&ctx);
	ck_assert_uint_gt(json_array_size(examples), 0);
	for (size_t n = 0; n < json_array_size(examples); n++) {
		char *text = json_dumps(json_array_get(examples, n), JSON_COMPACT);
		struct slo_err err = { .what = "" };
		int r = slo_event_decode(&ctx, text, strlen(text), _i, 1u << _i, &ev, &err);

		ck_assert_msg(r == 0, "%s: examples[%zu]: %s: %s", files[_i], n, err.where, err.what);
		free(text);
	}
	ck_assert_uint_eq(ctx.unknown, 0);
	slo_rec_ctx_fini(&ctx);
	json_decref(j);
}
END_TEST

/* Each takes a piece away from the incident's schema or changes it; the comparison must see it. */
static const struct {
	const char *path[6]; /* object members down to the place */
	const char *key, *json; /* json NULL: delete */
} damages[] = {
	{ { "properties" }, "cluster", NULL },
	{ { "properties" }, "extra", "{\"type\":\"string\",\"description\":\"x\"}" },
	{ { NULL }, "required", "[\"incident_id\"]" },
	{ { NULL }, "additionalProperties", "true" },
	{ { "properties", "confidence" }, "maximum", "2" },
	{ { "properties", "confidence" }, "minimum", NULL },
	{ { "properties", "model" }, "pattern", "\"^a\"" },
	{ { "properties", "model" }, "enum", "[\"a\"]" },
	{ { "properties", "timestamp" }, "format", NULL },
	{ { "properties", "status" }, "enum", "[\"open\",\"updated\",\"stale\",\"resolved\"]" },
	{ { "properties", "trace_ids", "items" }, "type", "\"integer\"" },
	{ { "properties", "evidence", "items", "properties", "value" }, "type", "[\"string\",\"number\"]" },
	{ { "properties", "evidence", "items", "properties" }, "source", NULL },
	{ { "properties", "slo_impact" }, "required", "[\"sli\"]" },
	{ { "properties", "slo_impact", "properties", "window_minutes" }, "type", "\"number\"" },
	{ { "properties", "update" }, "minimum", "0" },
	{ { "properties", "update" }, "description", "\"\"" },
};

START_TEST(a_damaged_schema_is_noticed)
{
	json_t *j = load(SLO_KIND_INCIDENT), *at = j;

	for (size_t i = 0; i < SLO_ARRAY_LEN(damages[_i].path) && damages[_i].path[i]; i++)
		at = json_object_get(at, damages[_i].path[i]);
	ck_assert_ptr_nonnull(at);
	if (damages[_i].json)
		json_object_set_new(at, damages[_i].key, json_loads(damages[_i].json, JSON_DECODE_ANY, NULL));
	else
		ck_assert_int_eq(json_object_del(at, damages[_i].key), 0);
	ck_assert(object_differs("incident", j, slo_event_rec[SLO_KIND_INCIDENT]));
	json_decref(j);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event/schema");
	TCase *t = tcase_create("schema");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, schema_and_table_agree, 0, SLO_KIND__COUNT);
	tcase_add_loop_test(t, every_example_reads_as_its_kind, 0, SLO_KIND__COUNT);
	tcase_add_loop_test(t, a_damaged_schema_is_noticed, 0, SLO_ARRAY_LEN(damages));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
