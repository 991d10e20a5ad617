/* SPDX-License-Identifier: MIT */
/* Stores, compilation, verdicts and what is said about failures. */
#include "jschema/testing.h"

START_TEST(says_where_and_what)
{
	check_failures("{\"type\":\"object\",\"properties\":{\"a/b\":{\"items\":{\"$ref\":\"#/$defs/n\"}}},"
		       "\"$defs\":{\"n\":{\"maximum\":5}}}",
		       "{\"a/b\":[1, 70]}",
		       "/a~1b/1 /properties/a~1b/items/$ref/maximum "
		       "https://t.invalid/s#/$defs/n/maximum maximum 70 @11\n");
}
END_TEST

START_TEST(names_missing_and_unknown_members)
{
	check_failures("{\"required\":[\"a\",\"b\"],\"properties\":{\"a\":true},\"additionalProperties\":false}",
		       "{\"c\":1,\"a\":2}",
		       "- /required https://t.invalid/s#/required required {\"c\":1,\"a\":2} @0\n"
		       "/c /additionalProperties "
		       "https://t.invalid/s#/additionalProperties additionalProperties 1 @5\n");
	ck_assert_ptr_nonnull(strstr(said, "\"b\" is missing"));
	ck_assert_ptr_nonnull(strstr(said, "\"c\" is not known"));
}
END_TEST

START_TEST(reports_in_the_order_of_the_instance)
{
	check_failures("{\"allOf\":[{\"properties\":{\"b\":{\"type\":\"null\"}}},"
		       "{\"properties\":{\"a\":{\"type\":\"null\"}}}],\"minProperties\":9}",
		       "{\"a\":1,\"b\":2}",
		       "- /minProperties https://t.invalid/s#/minProperties minProperties {\"a\":1,\"b\":2} @0\n"
		       "/a /allOf/1/properties/a/type https://t.invalid/s#/allOf/1/properties/a/type type 1 @5\n"
		       "/b /allOf/0/properties/b/type https://t.invalid/s#/allOf/0/properties/b/type type 2 @11\n");
}
END_TEST

START_TEST(explains_a_failed_choice_after_it)
{
	check_failures("{\"anyOf\":[{\"type\":\"null\"},{\"oneOf\":[{\"const\":1},false]}]}", "2",
		       "- /anyOf https://t.invalid/s#/anyOf anyOf 2 @0\n"
		       " - /anyOf/0/type https://t.invalid/s#/anyOf/0/type type 2 @0\n"
		       " - /anyOf/1/oneOf https://t.invalid/s#/anyOf/1/oneOf oneOf 2 @0\n"
		       "  - /anyOf/1/oneOf/0/const https://t.invalid/s#/anyOf/1/oneOf/0/const const 2 @0\n"
		       "  - /anyOf/1/oneOf/1 https://t.invalid/s#/anyOf/1/oneOf/1  2 @0\n");
}
END_TEST

START_TEST(keeps_quiet_about_branches_that_do_not_matter)
{
	check_failures("{\"anyOf\":[{\"type\":\"null\"},true],\"if\":{\"type\":\"string\"},\"not\":{\"const\":2},"
		       "\"else\":{\"minimum\":3}}", "1",
		       "- /else/minimum https://t.invalid/s#/else/minimum minimum 1 @0\n");
	check_failures("{\"oneOf\":[{\"type\":\"null\"},true,{\"minimum\":0}]}", "1",
		       "- /oneOf https://t.invalid/s#/oneOf oneOf 1 @0\n");
	ck_assert_ptr_nonnull(strstr(said, "1 and 2"));
}
END_TEST

START_TEST(says_which_values_are_wanted)
{
	ck_assert_int_eq(verdict("{\"enum\":[\"ok\",\"w\\\"n\",-0.5,12,1e300,null,[1]]}", "\"bad\""), 0);
	ck_assert_str_eq(said, "want one of \"ok\", \"w\\\"n\", -0.5, 12, 1e300, null, an array, found \"bad\"\n");
	ck_assert_int_eq(verdict("{\"const\":0.001}", "1"), 0);
	ck_assert_str_eq(said, "want 0.001, found 1\n");
	ck_assert_int_eq(verdict("{\"maximum\":1.25}", "1.5"), 0);
	ck_assert_str_eq(said, "want at most 1.25, found 1.5\n");
}
END_TEST

START_TEST(reports_names_at_their_object)
{
	check_failures("{\"properties\":{\"o\":{\"propertyNames\":{\"maxLength\":2}}}}", "{\"o\":{\"abc\":1}}",
		       "/o /properties/o/propertyNames/maxLength "
		       "https://t.invalid/s#/properties/o/propertyNames/maxLength maxLength abc @12\n");
}
END_TEST

START_TEST(locates_failures_in_embedded_resources)
{
	check_failures("{\"$ref\":\"inner\","
		       "\"$defs\":{\"x\":{\"$id\":\"inner\",\"prefixItems\":[true,{\"type\":\"null\"}]}}}",
		       "[0,0]",
		       "/1 /$ref/prefixItems/1/type https://t.invalid/inner#/prefixItems/1/type type 0 @3\n");
}
END_TEST

START_TEST(cuts_what_was_found_at_a_character)
{
	char text[256] = "\"";

	for (int i = 0; i < 30; i++)
		strcat(text, "\xe2\x82\xac");
	strcat(text, "\"");
	ck_assert_int_eq(verdict("{\"type\":\"null\"}", text), 0);
	/* The quote and 26 characters of three bytes are 79; a 27th would be cut. */
	ck_assert_uint_eq(last_found, 79);
}
END_TEST

START_TEST(lists_at_most_4096_failures)
{
	static char text[40000];
	size_t n = 0;

	text[n++] = '[';
	for (int i = 0; i < 10000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s1", i ? "," : "");
	text[n++] = ']';
	text[n] = '\0';
	ck_assert_int_eq(verdict("{\"items\":{\"type\":\"null\"}}", text), 0);
	ck_assert_uint_eq(failures, SLO_JSCHEMA_FAILURES);
	ck_assert_uint_eq(slo_jeval_dropped(eval), 10000 - SLO_JSCHEMA_FAILURES);
}
END_TEST

static const struct {
	const char *schema, *instance;
	bool strict, forward;
} lenient[] = {
	{ "{\"properties\":{\"a\":{\"type\":\"null\"}},\"additionalProperties\":false}", "{\"b\":1}", false, true },
	{ "{\"properties\":{\"a\":{\"type\":\"null\"}},\"additionalProperties\":false}", "{\"a\":1}", false, false },
	{ "{\"properties\":{\"a\":true},\"unevaluatedProperties\":false}", "{\"b\":1}", false, true },
	{ "{\"additionalProperties\":{\"type\":\"null\"}}", "{\"b\":1}", false, false },
	{ "{\"unevaluatedItems\":false}", "[1]", false, false },
};

START_TEST(forward_compatible_allows_unknown_members_only)
{
	ck_assert_int_eq(verdict(lenient[_i].schema, lenient[_i].instance), lenient[_i].strict);
	options.forward_compatible = true;
	ck_assert_int_eq(verdict(lenient[_i].schema, lenient[_i].instance), lenient[_i].forward);
}
END_TEST

START_TEST(formats_are_asserted_only_when_asked)
{
	ck_assert_int_eq(verdict("{\"format\":\"ipv4\"}", "\"x\""), 1);
	options.assert_formats = true;
	ck_assert_int_eq(verdict("{\"format\":\"ipv4\"}", "\"x\""), 0);
	ck_assert_int_eq(verdict("{\"format\":\"ipv4\"}", "\"10.0.0.1\""), 1);
	ck_assert_int_eq(verdict("{\"format\":\"no such\"}", "\"x\""), 1);
}
END_TEST

static const struct {
	const char *schema;
	int ret;
	const char *where, *what;
} refused[] = {
	{ "{\"properties\":{\"a\":{\"type\":\"intger\"}}}", -EINVAL, "s#/properties/a/type", "" },
	{ "{\"minLength\":-1}", -EINVAL, "/minLength", "at least 0" },
	{ "{\"$ref\":\"https://elsewhere.invalid/x\"}", -ENOENT, "#/$ref", "elsewhere.invalid/x" },
	{ "{\"$ref\":\"#/nowhere\"}", -EINVAL, "#/$ref", "nowhere" },
	{ "{\"$ref\":\"#name\"}", -EINVAL, "#/$ref", "no anchor" },
	{ "{\"allOf\":[{\"pattern\":\"(\"}]}", -EINVAL, "/allOf/0/pattern", "" },
	{ "{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}", -EINVAL, "s#", "not supported" },
	{ "{\"$schema\":\"https://mine.invalid/meta\"}", -ENOENT, "s#", "not in the store" },
	{ "{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}", -EINVAL, "/$defs/b", "anchors" },
	{ "{\"$defs\":{\"a\":{\"$id\":\"x\"},\"b\":{\"$id\":\"x\"}}}", -EINVAL, "/$defs/b", "two schemas" },
	{ "{\"items\":[true]}", -EINVAL, "/items", "" },
	{ "{\"multipleOf\":0}", -EINVAL, "/multipleOf", "" },
};

START_TEST(refuses_schemas_and_says_where)
{
	struct slo_jschema *s = NULL;
	struct slo_err err = { "", "" };
	int ret = compile(refused[_i].schema, &s, &err);

	ck_assert_msg(ret == refused[_i].ret, "%d %s: %s", ret, err.where, err.what);
	ck_assert_ptr_null(s);
	ck_assert_msg(strstr(err.where, refused[_i].where) && strstr(err.what, refused[_i].what), "%s: %s", err.where,
		      err.what);
}
END_TEST

START_TEST(stores_refuse_what_they_cannot_name)
{
	struct slo_err err = { "", "" };
	struct slo_jstore *s;
	json_t *doc = json_object();

	ck_assert_int_eq(slo_jstore_new(&s), 0);
	ck_assert_int_eq(slo_jstore_add(s, "relative", doc, SLO_JDRAFT_AUTO, &err), -EINVAL);
	ck_assert_int_eq(slo_jstore_add(s, "https://a.invalid/#x", doc, SLO_JDRAFT_AUTO, NULL), -EINVAL);
	ck_assert_int_eq(slo_jstore_add(s, "https://a.invalid/", doc, SLO_JDRAFT_AUTO, NULL), 0);
	ck_assert_int_eq(slo_jstore_add(s, "https://a.invalid/", doc, SLO_JDRAFT_AUTO, NULL), -EINVAL);
	json_decref(doc);
	doc = json_array();
	ck_assert_int_eq(slo_jstore_add(s, "https://b.invalid/", doc, SLO_JDRAFT_AUTO, NULL), -EINVAL);
	json_decref(doc);
	slo_jstore_free(s);
}
END_TEST

START_TEST(compiles_from_a_fragment_and_outlives_its_store)
{
	struct slo_jschema *schema = NULL;
	struct slo_jstore *s;
	json_t *doc = json_loads("{\"$id\":\"https://r.invalid/root\",\"$defs\":{\"a b\":{\"enum\":[\"x\"]},"
				 "\"n\":{\"$anchor\":\"here\",\"properties\":{\"m\":"
				 "{\"const\":{\"k\":[1,\"two\"]}}}}}}", 0, NULL);
	int ok;

	ck_assert_int_eq(slo_jstore_new(&s), 0);
	ck_assert_int_eq(slo_jstore_add(s, "https://t.invalid/s", doc, SLO_JDRAFT_AUTO, NULL), 0);
	json_decref(doc);
	ck_assert_int_eq(slo_jschema_compile(s, "https://t.invalid/s#/$defs/a%20b", NULL, &schema, NULL), 0);
	ck_assert_int_eq(slo_jschema_validate(schema, eval, "\"x\"", 3, NULL, NULL, NULL), 1);
	ck_assert_int_eq(slo_jschema_validate(schema, eval, "\"y\"", 3, NULL, NULL, NULL), 0);
	slo_jschema_free(schema);
	ck_assert_int_eq(slo_jschema_compile(s, "https://r.invalid/root#here", NULL, &schema, NULL), 0);
	slo_jstore_free(s);
	ok = slo_jschema_validate(schema, eval, "{\"m\":{\"k\":[1.0,\"two\"]}}", 23, NULL, NULL, NULL);
	ck_assert_int_eq(ok, 1);
	slo_jschema_free(schema);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("jschema/jschema");
	TCase *t = tcase_create("jschema");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, testing_begin, testing_end);
	tcase_add_test(t, says_where_and_what);
	tcase_add_test(t, names_missing_and_unknown_members);
	tcase_add_test(t, reports_in_the_order_of_the_instance);
	tcase_add_test(t, explains_a_failed_choice_after_it);
	tcase_add_test(t, keeps_quiet_about_branches_that_do_not_matter);
	tcase_add_test(t, says_which_values_are_wanted);
	tcase_add_test(t, reports_names_at_their_object);
	tcase_add_test(t, locates_failures_in_embedded_resources);
	tcase_add_test(t, cuts_what_was_found_at_a_character);
	tcase_add_test(t, lists_at_most_4096_failures);
	tcase_add_loop_test(t, forward_compatible_allows_unknown_members_only, 0, (int)SLO_ARRAY_LEN(lenient));
	tcase_add_test(t, formats_are_asserted_only_when_asked);
	tcase_add_loop_test(t, refuses_schemas_and_says_where, 0, (int)SLO_ARRAY_LEN(refused));
	tcase_add_test(t, stores_refuse_what_they_cannot_name);
	tcase_add_test(t, compiles_from_a_fragment_and_outlives_its_store);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
