/* SPDX-License-Identifier: MIT */
#include "yaml/yaml.h"

#include "base/buf.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct slo_yaml *parse(const char *text)
{
	struct slo_yaml *y = NULL;
	struct slo_err err = { 0 };

	ck_assert_msg(slo_yaml_parse(text, strlen(text), "t.yaml", &y, &err) == 0, "%s: %s", err.where, err.what);
	return y;
}

/* A plain scalar and the JSON it becomes; NULL = refused. */
static const struct {
	const char *yaml, *json;
} scalars[] = {
	{ "true", "true" },
	{ "True", "true" },
	{ "FALSE", "false" },
	{ "tRUE", "\"tRUE\"" },
	{ "yes", "\"yes\"" },
	{ "no", "\"no\"" },
	{ "on", "\"on\"" },
	{ "y", "\"y\"" },
	{ "\"true\"", "\"true\"" },
	{ "'12'", "\"12\"" },
	{ "! 12", "\"12\"" },
	{ "!!str 12", "\"12\"" },
	{ "~", "null" },
	{ "", "null" },
	{ "Null", "null" },
	{ "nULL", "\"nULL\"" },
	{ "0", "0" },
	{ "-0", "0" },
	{ "+12", "12" },
	{ "010", "10" },
	{ "0o17", "15" },
	{ "0o18", "\"0o18\"" },
	{ "0xff", "255" },
	{ "-0xff", "\"-0xff\"" },
	{ "0x", "\"0x\"" },
	{ "1_000", "\"1_000\"" },
	{ "12:30:45", "\"12:30:45\"" },
	{ "2026-01-02", "\"2026-01-02\"" },
	{ "9223372036854775807", "9223372036854775807" },
	{ "-9223372036854775808", "-9223372036854775808" },
	{ "9223372036854775808", NULL },
	{ "-9223372036854775809", NULL },
	{ "0x7fffffffffffffff", "9223372036854775807" },
	{ "0x8000000000000000", NULL },
	{ "1.5", "1.5" },
	{ ".5", "0.5" },
	{ "-.5", "-0.5" },
	{ "5.", "5.0" },
	{ "+1e3", "1000.0" },
	{ "007.25", "7.25" },
	{ "1e", "\"1e\"" },
	{ "1.e2", "100.0" },
	{ ".", "\".\"" },
	{ "+", "\"+\"" },
	{ "- 5", "[5]" },
	{ "1.2.3", "\"1.2.3\"" },
	{ "1e999", NULL },
	{ ".inf", NULL },
	{ "-.Inf", NULL },
	{ ".NaN", NULL },
	{ "+.nanx", "\"+.nanx\"" },
};

START_TEST(a_plain_scalar_follows_the_core_schema)
{
	struct slo_yaml *y = NULL;
	struct slo_err err = { 0 };
	char text[128];
	char *json;
	int n = snprintf(text, sizeof(text), "%s\n", scalars[_i].yaml);
	int ret = slo_yaml_parse(text, (size_t)n, "t.yaml", &y, &err);

	if (!scalars[_i].json) {
		ck_assert_int_eq(ret, -EINVAL);
		ck_assert_str_eq(err.where, "t.yaml:1:1");
		return;
	}
	ck_assert_msg(ret == 0, "%s: %s", err.where, err.what);
	json = json_dumps(slo_yaml_root(y), JSON_ENCODE_ANY | JSON_COMPACT);
	ck_assert_str_eq(json, scalars[_i].json);
	free(json);
	slo_yaml_free(y);
}
END_TEST

START_TEST(every_key_and_item_knows_its_line)
{
	struct slo_yaml *y = parse("# comment\n"
				   "a: true\n"
				   "b:\n"
				   "  c: true\n"
				   "\n"
				   "  d: [1,\n"
				   "      true, true]\n"
				   "e:\n"
				   "  - x: 1\n"
				   "    y: 2\n"
				   "  - null\n");
	const json_t *root = slo_yaml_root(y);
	const json_t *b = json_object_get(root, "b"), *d = json_object_get(b, "d"), *e = json_object_get(root, "e");

	ck_assert_int_eq(slo_yaml_key_line(y, root, "a"), 2);
	ck_assert_int_eq(slo_yaml_key_line(y, root, "b"), 3);
	ck_assert_int_eq(slo_yaml_key_line(y, b, "c"), 4);
	ck_assert_int_eq(slo_yaml_key_line(y, b, "d"), 6);
	ck_assert_int_eq(slo_yaml_item_line(y, d, 0), 6);
	ck_assert_int_eq(slo_yaml_item_line(y, d, 1), 7);
	ck_assert_int_eq(slo_yaml_item_line(y, d, 2), 7);
	ck_assert_int_eq(slo_yaml_item_line(y, e, 0), 9);
	ck_assert_int_eq(slo_yaml_item_line(y, e, 1), 11);
	ck_assert_int_eq(slo_yaml_key_line(y, json_array_get(e, 0), "y"), 10);
	ck_assert_int_eq(slo_yaml_key_line(y, root, "z"), 0);
	ck_assert_int_eq(slo_yaml_item_line(y, e, 2), 0);
	slo_yaml_free(y);
}
END_TEST

START_TEST(an_empty_document_is_null)
{
	static const char *const texts[] = { "", "# nothing\n", "---\n", "\xef\xbb\xbf" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(texts); i++) {
		struct slo_yaml *y = parse(texts[i]);

		ck_assert(json_is_null(slo_yaml_root(y)));
		slo_yaml_free(y);
	}
}
END_TEST

static const struct {
	const char *text, *where, *what;
} refused[] = {
	{ "a: 1\nb: 2\na: 3\n", "t.yaml:3:1", "a: given twice, first on line 1" },
	{ "x:\n  k: 1\n  k: 2\n", "t.yaml:3:3", "k: given twice, first on line 2" },
	{ "a: &x 1\n", "t.yaml:1:4", "anchors are not supported: write the value out" },
	{ "a: &x [1]\n", "t.yaml:1:4", "anchors are not supported: write the value out" },
	{ "&x a: 1\n", "t.yaml:1:1", "anchors are not supported: write the value out" },
	{ "a: *x\n", "t.yaml:1:4", "aliases are not supported: write the value out" },
	{ "*x : 1\n", "t.yaml:1:1", "aliases are not supported: write the value out" },
	{ "a: !!int 3\n", "t.yaml:1:4", "tags are not supported" },
	{ "a: !mine 3\n", "t.yaml:1:4", "tags are not supported" },
	{ "a: !!map {}\n", "t.yaml:1:4", "tags are not supported" },
	{ "a: !!str {}\n", "t.yaml:1:4", "!!str on something that is not a scalar" },
	{ "? [1, 2]\n: 3\n", "t.yaml:1:3", "a key must be a scalar" },
	{ "a: 1\n---\nb: 2\n", "t.yaml:2:1", "more than one document" },
	{ "a: \"x\\0y\"\n", "t.yaml:1:4", "NUL in a string" },
	{ "\"x\\0y\": 1\n", "t.yaml:1:1", "NUL in a key" },
	{ "a: [1, 2\n", "t.yaml:2:1", "did not find expected ',' or ']' while parsing a flow sequence" },
	{ "\tb: 2\n", "t.yaml:1:1", "found character that cannot start any token while scanning for the next token" },
	{ "a: b: c\n", "t.yaml:1:5", "mapping values are not allowed in this context" },
	{ "a: \"x\n", "t.yaml:2:1", "found unexpected end of stream while scanning a quoted scalar" },
};

START_TEST(what_is_refused_names_its_place_and_reason)
{
	struct slo_yaml *y = NULL;
	struct slo_err err = { 0 };

	ck_assert_int_eq(slo_yaml_parse(refused[_i].text, strlen(refused[_i].text), "t.yaml", &y, &err), -EINVAL);
	ck_assert_str_eq(err.where, refused[_i].where);
	ck_assert_str_eq(err.what, refused[_i].what);
	ck_assert_ptr_null(y);
}
END_TEST

START_TEST(invalid_utf8_is_refused)
{
	struct slo_yaml *y = NULL;
	struct slo_err err = { 0 };

	ck_assert_int_eq(slo_yaml_parse("a: \xff\n", 5, "t.yaml", &y, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.what, "UTF-8"));
}
END_TEST

static int parse_nested(int depth, struct slo_err *err)
{
	struct slo_yaml *y = NULL;
	struct slo_buf b;
	int ret;

	slo_buf_init(&b, 1 << 16);
	for (int i = 0; i < depth; i++)
		slo_buf_addc(&b, '[');
	for (int i = 0; i < depth; i++)
		slo_buf_addc(&b, ']');
	ret = slo_yaml_parse(b.data, b.len, "t.yaml", &y, err);
	slo_yaml_free(y);
	slo_buf_fini(&b);
	return ret;
}

START_TEST(depth_is_limited)
{
	struct slo_err err = { 0 };

	ck_assert_int_eq(parse_nested(SLO_YAML_MAX_DEPTH, &err), 0);
	ck_assert_int_eq(parse_nested(SLO_YAML_MAX_DEPTH + 1, &err), -E2BIG);
	ck_assert_str_eq(err.where, "t.yaml:1:33");
	ck_assert_str_eq(err.what, "nested too deeply");
	ck_assert_int_eq(parse_nested(20000, NULL), -E2BIG);
}
END_TEST

START_TEST(depth_counts_what_is_open_and_not_what_was)
{
	struct slo_buf b;
	struct slo_yaml *y = NULL;

	slo_buf_init(&b, 1 << 16);
	for (int i = 0; i < 3 * SLO_YAML_MAX_DEPTH; i++)
		slo_buf_adds(&b, "- [{}]\n");
	ck_assert_int_eq(slo_yaml_parse(b.data, b.len, "t.yaml", &y, NULL), 0);
	ck_assert_uint_eq(json_array_size(slo_yaml_root(y)), 3 * SLO_YAML_MAX_DEPTH);
	slo_yaml_free(y);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(size_and_node_count_are_limited)
{
	struct slo_err err = { 0 };
	struct slo_yaml *y = NULL;
	struct slo_buf b;

	slo_buf_init(&b, 2 << 20);
	for (int i = 0; i < SLO_YAML_MAX_NODES; i++)
		slo_buf_adds(&b, "- 1\n");
	ck_assert_int_eq(slo_yaml_parse(b.data, b.len, "t.yaml", &y, &err), -E2BIG);
	ck_assert_str_eq(err.what, "too many values in one document");
	slo_buf_reset(&b);
	while (b.len <= SLO_YAML_MAX_BYTES)
		slo_buf_adds(&b, "#\n");
	slo_err_reset(&err);
	ck_assert_int_eq(slo_yaml_parse(b.data, b.len, "t.yaml", &y, &err), -E2BIG);
	ck_assert_str_eq(err.where, "t.yaml");
	ck_assert_int_eq(slo_yaml_parse(b.data, SLO_YAML_MAX_BYTES, "t.yaml", &y, &err), 0);
	slo_yaml_free(y);
	slo_buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("yaml");
	TCase *t = tcase_create("yaml");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, a_plain_scalar_follows_the_core_schema, 0, (int)SLO_ARRAY_LEN(scalars));
	tcase_add_test(t, every_key_and_item_knows_its_line);
	tcase_add_test(t, an_empty_document_is_null);
	tcase_add_loop_test(t, what_is_refused_names_its_place_and_reason, 0, (int)SLO_ARRAY_LEN(refused));
	tcase_add_test(t, invalid_utf8_is_refused);
	tcase_add_test(t, depth_is_limited);
	tcase_add_test(t, depth_counts_what_is_open_and_not_what_was);
	tcase_add_test(t, size_and_node_count_are_limited);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
