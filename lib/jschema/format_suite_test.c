/* SPDX-License-Identifier: MIT */
/*
 * The cases of the JSON Schema test suite that need no validator: formats and patterns on strings.
 * SLO_JSON_SCHEMA_SUITE names its directory.
 */
#include "base/buf.h"
#include "jschema/format.h"
#include "jschema/pattern.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const drafts[] = { "draft2020-12", "draft7" };

static const struct {
	const char *path;
	bool only_2020;
} files[] = {
	{ "pattern", false },
	{ "patternProperties", false },
	{ "optional/ecmascript-regex", false },
	{ "optional/non-bmp-regex", false },
	{ "optional/format/date", false },
	{ "optional/format/date-time", false },
	{ "optional/format/duration", true },
	{ "optional/format/ecmascript-regex", false },
	{ "optional/format/email", false },
	{ "optional/format/hostname", false },
	{ "optional/format/idn-email", false },
	{ "optional/format/idn-hostname", false },
	{ "optional/format/ipv4", false },
	{ "optional/format/ipv6", false },
	{ "optional/format/iri", false },
	{ "optional/format/iri-reference", false },
	{ "optional/format/json-pointer", false },
	{ "optional/format/regex", false },
	{ "optional/format/relative-json-pointer", false },
	{ "optional/format/time", false },
	{ "optional/format/unknown", false },
	{ "optional/format/uri", false },
	{ "optional/format/uri-reference", false },
	{ "optional/format/uri-template", false },
	{ "optional/format/uuid", true },
};

static struct slo_str string_of(const json_t *v)
{
	return slo_str_n(json_string_value(v), json_string_length(v));
}

static bool matches(const char *source, struct slo_str subject)
{
	struct slo_pattern *p = NULL;
	struct slo_err err = { 0 };
	int rc;

	ck_assert_msg(slo_pattern_new(slo_str(source), &p, &err) == 0, "%s: %s", source, err.what);
	rc = slo_pattern_match(p, subject);
	slo_pattern_free(p);
	ck_assert_int_ge(rc, 0);
	return rc;
}

/* Every name matches one of the patterns: what additionalProperties: false asks for. */
static bool names_match(json_t *patterns, json_t *data)
{
	const char *source, *name;
	json_t *value;
	size_t n;

	json_object_keylen_foreach(data, name, n, value) {
		bool found = false;
		json_t *schema;

		json_object_foreach(patterns, source, schema)
			found = found || matches(source, slo_str_n(name, n));
		if (!found)
			return false;
	}
	return true;
}

/* -1: nothing that can be judged without a validator. */
static int verdict(json_t *schema, json_t *data)
{
	const json_t *format = json_object_get(schema, "format"), *pattern = json_object_get(schema, "pattern");
	json_t *patterns = json_object_get(schema, "patternProperties");

	if (patterns && json_is_object(data) && json_is_false(json_object_get(schema, "additionalProperties")))
		return names_match(patterns, data);
	if (!json_is_string(data))
		return -1;
	if (pattern)
		return matches(json_string_value(pattern), string_of(data));
	if (format) {
		slo_format_fn *check = slo_format_find(string_of(format));

		return !check || check(string_of(data));
	}
	return -1;
}

static void run_group(json_t *group, unsigned int *passed, struct slo_buf *failed)
{
	json_t *schema = json_object_get(group, "schema"), *test, *unused;
	const char *source;
	size_t i;

	json_object_foreach(json_object_get(schema, "patternProperties"), source, unused)
		matches(source, slo_str("")); /* compiles */
	json_array_foreach(json_object_get(group, "tests"), i, test) {
		int got = verdict(schema, json_object_get(test, "data"));

		if (got < 0)
			continue;
		if (got == json_is_true(json_object_get(test, "valid")))
			++*passed;
		else
			slo_buf_addf(failed, "\n  %s: %s", json_string_value(json_object_get(group, "description")),
				     json_string_value(json_object_get(test, "description")));
	}
}

START_TEST(every_case_of_the_suite_has_its_verdict)
{
	const char *dir = getenv("SLO_JSON_SCHEMA_SUITE"), *draft = drafts[(size_t)_i / SLO_ARRAY_LEN(files)];
	size_t file = (size_t)_i % SLO_ARRAY_LEN(files), i;
	struct slo_buf failed;
	unsigned int passed = 0;
	json_error_t error;
	char path[4096];
	json_t *groups, *group;

	if (!dir) {
		puts("SKIP: SLO_JSON_SCHEMA_SUITE does not name the JSON Schema test suite");
		return;
	}
	if (files[file].only_2020 && _i >= (int)SLO_ARRAY_LEN(files))
		return;
	snprintf(path, sizeof(path), "%s/tests/%s/%s.json", dir, draft, files[file].path);
	groups = json_load_file(path, JSON_ALLOW_NUL, &error);
	ck_assert_msg(json_is_array(groups), "%s: %s", path, error.text);
	slo_buf_init(&failed, 1 << 16);
	json_array_foreach(groups, i, group)
		run_group(group, &passed, &failed);
	printf("%s/%s: %u passed\n", draft, files[file].path, passed);
	ck_assert_msg(failed.len == 0, "%s:%s", path, failed.len ? failed.data : "");
	ck_assert_msg(passed > 0 || strcmp(files[file].path, "patternProperties") == 0, "%s: nothing ran", path);
	slo_buf_fini(&failed);
	json_decref(groups);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("format_suite");
	TCase *t = tcase_create("format_suite");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, every_case_of_the_suite_has_its_verdict, 0,
			    (int)(SLO_ARRAY_LEN(files) * SLO_ARRAY_LEN(drafts)));
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
