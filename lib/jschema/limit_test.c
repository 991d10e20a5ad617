/* SPDX-License-Identifier: MIT */
/* Hostile instances and schemas, and what a validation may cost. */
#include "jschema/testing.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

static struct slo_err err;

static int refused(const char *instance, size_t len, const char *why)
{
	int ret;

	slo_err_reset(&err);
	ret = verdict_n("true", instance, len, &err);
	ck_assert_msg(strstr(err.what, why) != NULL, "%d %s", ret, err.what);
	return ret;
}

static const struct {
	const char *text, *why;
} broken[] = {
	{ "{\"a\":1,\"a\":2}", "\"a\" is there twice, at byte 8" },
	{ "{\"a\":1,\"b\":{\"c\":0,\"d\":1,\"c\":2}}", "\"c\" is there twice" },
	{ "{\"a\":1,\"\\u0061\":2}", "\"a\" is there twice" },
	{ "\"\\ud800\"", "surrogate" },
	{ "\"\\udc00\\ud800\"", "surrogate" },
	{ "\"\xed\xa0\x80\"", "UTF-8" },
	{ "1e400", "largest double" },
	{ "[1", "" },
	{ "1 2", "follows" },
	{ "", "" },
};

START_TEST(refuses_what_is_not_json)
{
	ck_assert_int_eq(refused(broken[_i].text, strlen(broken[_i].text), broken[_i].why), -EINVAL);
}
END_TEST

/* Same names one level further in are no duplicates. */
START_TEST(accepts_what_only_looks_like_duplicates)
{
	ck_assert_int_eq(verdict("true", "{\"a\":{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]}},\"A\":1,\"\":2,\"aa\":3}"), 1);
	ck_assert_int_eq(verdict("{\"required\":[\"\"],\"additionalProperties\":false,\"properties\":{\"\":true}}",
				 "{\"\":2}"), 1);
}
END_TEST

START_TEST(finds_duplicates_in_large_objects)
{
	static char text[1 << 20];
	static const int sizes[] = { 31, 32, 33, 34, 100, 50000 };
	int count = sizes[_i];

	for (int last = 0; last < 2; last++) {
		size_t n = 0;

		text[n++] = '{';
		for (int i = 0; i < count; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "\"k%d\":%d,", i, i);
		/* Either a name of its own, or that of the first one. */
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\"k%d\":0}", last ? 0 : count);
		if (last)
			ck_assert_int_eq(refused(text, n, "\"k0\" is there twice"), -EINVAL);
		else
			ck_assert_int_eq(verdict_n("true", text, n, NULL), 1);
	}
}
END_TEST

START_TEST(bounds_nesting_and_size)
{
	static char text[(SLO_JSCHEMA_NODES + 8) * 2];
	size_t n = 0;

	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	ck_assert_int_eq(verdict_n("true", text, 128, NULL), 1);
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	ck_assert_int_eq(refused(text, 130, "64 levels"), -EINVAL);
	text[n++] = '[';
	for (int i = 0; i < SLO_JSCHEMA_NODES - 1; i++) {
		text[n++] = '0';
		text[n++] = ',';
	}
	text[n - 1] = ']';
	ck_assert_int_eq(verdict_n("{\"items\":{\"maximum\":0}}", text, n, NULL), 1);
	text[n - 1] = ',';
	text[n++] = '0';
	text[n++] = ']';
	ck_assert_int_eq(refused(text, n, "values"), -E2BIG);
}
END_TEST

static const struct {
	const char *schema, *instance, *why;
} endless[] = {
	{ "{\"$ref\":\"#\"}", "1", "without end" },
	{ "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},"
	  "\"b\":{\"allOf\":[{\"$ref\":\"#/$defs/a\"}]}}}",
	  "1", "without end" },
	{ "{\"not\":{\"$ref\":\"#\"}}", "1", "without end" },
	{ "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", "1", "without end" },
	{ "{\"$dynamicAnchor\":\"a\",\"$dynamicRef\":\"#a\"}", "1", "without end" },
	{ "{\"pattern\":\"^(([a-z])+.)+[A-Z]([a-z])+$\"}",
	  "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
	  "too many steps" },
};

START_TEST(gives_up_on_what_does_not_end)
{
	slo_err_reset(&err);
	ck_assert_int_eq(verdict_n(endless[_i].schema, endless[_i].instance, strlen(endless[_i].instance), &err),
			 -E2BIG);
	ck_assert_msg(strstr(err.what, endless[_i].why) != NULL, "%s", err.what);
}
END_TEST

/* Eight to the tenth applications, none of them deep. */
START_TEST(gives_up_on_what_takes_too_long)
{
	char schema[4096];
	size_t n;

	n = (size_t)snprintf(schema, sizeof(schema), "{\"$ref\":\"#/$defs/s0\",\"$defs\":{");
	for (int level = 0; level < 10; level++) {
		n += (size_t)snprintf(schema + n, sizeof(schema) - n, "\"s%d\":{\"allOf\":[", level);
		for (int i = 0; i < 8; i++)
			n += (size_t)snprintf(schema + n, sizeof(schema) - n, "%s{\"$ref\":\"#/$defs/s%d\"}",
					      i ? "," : "", level + 1);
		n += (size_t)snprintf(schema + n, sizeof(schema) - n, "]},");
	}
	snprintf(schema + n, sizeof(schema) - n, "\"s10\":{\"minimum\":0}}}");
	slo_err_reset(&err);
	ck_assert_int_eq(verdict_n(schema, "1", 1, &err), -E2BIG);
	ck_assert_ptr_nonnull(strstr(err.what, "too many steps"));
}
END_TEST

START_TEST(follows_recursion_that_the_instance_ends)
{
	char text[129];

	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	ck_assert_int_eq(verdict_n("{\"items\":{\"allOf\":[{\"$ref\":\"#\"}]},\"type\":\"array\"}", text, 128,
				   NULL), 1);
}
END_TEST

START_TEST(compares_large_values_without_end_in_sight)
{
	static char text[1 << 20];
	size_t n = 0;

	/* Two objects of equal members, one the other way round: too expensive to see one by one. */
	n += (size_t)snprintf(text, sizeof(text), "[{");
	for (int i = 0; i < 20000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"k%d\":%d", i ? "," : "", i, i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "},{");
	for (int i = 19999; i >= 0; i--)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\"k%d\":%d%s", i, i, i ? "," : "");
	n += (size_t)snprintf(text + n, sizeof(text) - n, "}]");
	slo_err_reset(&err);
	ck_assert_int_eq(verdict_n("{\"uniqueItems\":true}", text, n, &err), -E2BIG);
}
END_TEST

/* What is kept track of for one value is given back before the next one. */
START_TEST(tracks_any_number_of_values)
{
	enum { COUNT = 600000 };
	static char text[3 * COUNT + 2];

	for (int i = 0; i < COUNT; i++)
		memcpy(text + 1 + (size_t)i * 3, "{},", 3);
	text[0] = '[';
	text[3 * COUNT] = ']';
	ck_assert_int_eq(verdict_n("{\"items\":{\"allOf\":[{\"minProperties\":0},{\"minProperties\":0},"
				   "{\"minProperties\":0},{\"minProperties\":0},{\"minProperties\":0},"
				   "{\"minProperties\":0},{\"minProperties\":0}],\"unevaluatedProperties\":false}}",
				   text, 3 * COUNT + 1, NULL), 1);
}
END_TEST

static const struct {
	const char *schema, *instance;
	int valid;
} values[] = {
	{ "{\"uniqueItems\":true}", "[1,true,\"1\",[1],{\"a\":1},null,false,0,\"\",[],{}]", 1 },
	{ "{\"uniqueItems\":true}", "[1,2,3,4,5,6,7,8,9,10,1.0]", 0 },
	{ "{\"uniqueItems\":true}", "[1,2,3,4,5,6,7,{\"a\":[1],\"b\":2},9,10,{\"b\":2.0,\"a\":[1e0]}]", 0 },
	{ "{\"uniqueItems\":true}", "[{\"a\":[1],\"b\":2},{\"b\":2.0,\"a\":[1e0]}]", 0 },
	{ "{\"uniqueItems\":true}", "[\"a\",\"\\u0061\"]", 0 },
	{ "{\"const\":\"a\\u0000b\"}", "\"a\\u0000b\"", 1 },
	{ "{\"const\":\"a\\u0000b\"}", "\"a\"", 0 },
	{ "{\"maxLength\":2}", "\"\\ud83d\\ude00\\ud83d\\ude00\"", 1 },
	{ "{\"minLength\":3}", "\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"", 0 },
	{ "{\"maximum\":9007199254740992}", "9007199254740993", 0 },
	{ "{\"exclusiveMinimum\":0}", "1e-400", 1 },
	{ "{\"enum\":[0.1]}", "0.1000000000000000000000000001", 0 },
	{ "{\"type\":\"integer\"}", "12345678901234567890123.0", 1 },
};

START_TEST(judges_edge_cases)
{
	ck_assert_int_eq(verdict(values[_i].schema, values[_i].instance), values[_i].valid);
}
END_TEST

#ifndef SANITIZED
static size_t allocations;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	allocations++;
	return __libc_realloc(p, n);
}

/* Every kind of keyword, with tracking, escapes, sorting and patterns. */
START_TEST(a_valid_instance_costs_no_allocation)
{
	static const char schema[] =
		"{\"$ref\":\"#/$defs/o\",\"unevaluatedProperties\":{\"type\":\"string\"},"
		"\"$defs\":{\"o\":{\"properties\":{"
		"\"a\":{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"multipleOf\":0.5}},\"t\":{\"format\":\"date\"},"
		"\"s\":{\"anyOf\":[{\"const\":\"x\"},{\"pattern\":\"^[a-z ]+\\\\p{L}$\"}]}},\"required\":[\"a\"],"
		"\"propertyNames\":{\"maxLength\":3},"
		"\"patternProperties\":{\"^z.*z$\":{\"contains\":{\"const\":1}}}}}}";
	static const char text[] = "{\"a\":[1,2,3,4,5,6,7,8,9,10.5,1e1,"
				   "12345678901234567890123],\"s\":\"ab\\u0020c\\u00e4\","
				   "\"t\":\"2024-02-29\",\"u\":\"free\",\"zz\":[0,1]}";
	struct slo_jschema *s = NULL;
	size_t before, i;

	options.assert_formats = true;
	ck_assert_int_eq(compile(schema, &s, &err), 0);
	ck_assert_int_eq(slo_jschema_validate(s, eval, text, sizeof(text) - 1, NULL, NULL, &err), 1);
	/* The assertion allocates. */
	ck_assert_uint_gt(allocations, 0);
	before = allocations;
	for (i = 0; i < 10; i++)
		if (slo_jschema_validate(s, eval, text, sizeof(text) - 1, note, NULL, NULL) != 1)
			break;
	before = allocations - before;
	ck_assert_uint_eq(i, 10);
	ck_assert_uint_eq(before, 0);
	slo_jschema_free(s);
}
END_TEST
#endif

int main(void)
{
	Suite *s = suite_create("jschema/limit");
	TCase *t = tcase_create("limit");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, testing_begin, testing_end);
	tcase_add_loop_test(t, refuses_what_is_not_json, 0, (int)SLO_ARRAY_LEN(broken));
	tcase_add_test(t, accepts_what_only_looks_like_duplicates);
	tcase_add_loop_test(t, finds_duplicates_in_large_objects, 0, 6);
	tcase_add_test(t, bounds_nesting_and_size);
	tcase_add_loop_test(t, gives_up_on_what_does_not_end, 0, (int)SLO_ARRAY_LEN(endless));
	tcase_add_test(t, gives_up_on_what_takes_too_long);
	tcase_add_test(t, follows_recursion_that_the_instance_ends);
	tcase_add_test(t, compares_large_values_without_end_in_sight);
	tcase_add_test(t, tracks_any_number_of_values);
	tcase_add_loop_test(t, judges_edge_cases, 0, (int)SLO_ARRAY_LEN(values));
#ifndef SANITIZED
	tcase_add_test(t, a_valid_instance_costs_no_allocation);
#endif
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
