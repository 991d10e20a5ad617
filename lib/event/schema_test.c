/* SPDX-License-Identifier: MIT */
/*
 * The schemas and the record tables say the same, both ways: members, required
 * ones, types, enums, ranges, nested objects, and nothing besides. Run from the
 * top of the tree, or with SLO_TOP naming it.
 */
#include "event/event.h"
#include "event/testing.h"

#include <check.h>
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
