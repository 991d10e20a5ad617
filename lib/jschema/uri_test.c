/* SPDX-License-Identifier: MIT */
#include "jschema/uri.h"

#include <check.h>
#include <errno.h>

/* RFC 3986 sections 5.4.1 and 5.4.2, in their order; the strict reading of the last. */
static const struct {
	const char *ref, *want;
} rfc[] = {
	{ "g:h", "g:h" },
	{ "g", "http://a/b/c/g" },
	{ "./g", "http://a/b/c/g" },
	{ "g/", "http://a/b/c/g/" },
	{ "/g", "http://a/g" },
	{ "//g", "http://g" },
	{ "?y", "http://a/b/c/d;p?y" },
	{ "g?y", "http://a/b/c/g?y" },
	{ "#s", "http://a/b/c/d;p?q#s" },
	{ "g#s", "http://a/b/c/g#s" },
	{ "g?y#s", "http://a/b/c/g?y#s" },
	{ ";x", "http://a/b/c/;x" },
	{ "g;x", "http://a/b/c/g;x" },
	{ "g;x?y#s", "http://a/b/c/g;x?y#s" },
	{ "", "http://a/b/c/d;p?q" },
	{ ".", "http://a/b/c/" },
	{ "./", "http://a/b/c/" },
	{ "..", "http://a/b/" },
	{ "../", "http://a/b/" },
	{ "../g", "http://a/b/g" },
	{ "../..", "http://a/" },
	{ "../../", "http://a/" },
	{ "../../g", "http://a/g" },
	{ "../../../g", "http://a/g" },
	{ "../../../../g", "http://a/g" },
	{ "/./g", "http://a/g" },
	{ "/../g", "http://a/g" },
	{ "g.", "http://a/b/c/g." },
	{ ".g", "http://a/b/c/.g" },
	{ "g..", "http://a/b/c/g.." },
	{ "..g", "http://a/b/c/..g" },
	{ "./../g", "http://a/b/g" },
	{ "./g/.", "http://a/b/c/g/" },
	{ "g/./h", "http://a/b/c/g/h" },
	{ "g/../h", "http://a/b/c/h" },
	{ "g;x=1/./y", "http://a/b/c/g;x=1/y" },
	{ "g;x=1/../y", "http://a/b/c/y" },
	{ "g?y/./x", "http://a/b/c/g?y/./x" },
	{ "g?y/../x", "http://a/b/c/g?y/../x" },
	{ "g#s/./x", "http://a/b/c/g#s/./x" },
	{ "g#s/../x", "http://a/b/c/g#s/../x" },
	{ "http:g", "http:g" },
};

static void check_resolve(const char *base, const char *ref, const char *want)
{
	struct slo_buf b;

	slo_buf_init(&b, 1024);
	slo_juri_resolve(slo_str(base), slo_str(ref), &b);
	ck_assert_int_eq(b.err, 0);
	ck_assert_msg(slo_str_is(slo_buf_str(&b), want), "%s: %.*s instead of %s", ref, SLO_STR_ARG(slo_buf_str(&b)),
		      want);
	slo_buf_fini(&b);
}

START_TEST(resolves_the_rfcs_examples)
{
	check_resolve("http://a/b/c/d;p?q", rfc[_i].ref, rfc[_i].want);
}
END_TEST

START_TEST(resolves_against_other_bases)
{
	check_resolve("urn:uuid:deadbeef-1234", "#/$defs/x", "urn:uuid:deadbeef-1234#/$defs/x");
	check_resolve("http://a", "g", "http://a/g");
	check_resolve("http://a#frag", "", "http://a");
	check_resolve("file:///a/b", "c", "file:///a/c");
	check_resolve("tag:x,2024:a", "http://b/", "http://b/");
}
END_TEST

START_TEST(splits_into_five_parts)
{
	struct slo_juri u;

	slo_juri_split(slo_str("s://h:1/p/q?a=b#f"), &u);
	ck_assert(slo_str_is(u.scheme, "s"));
	ck_assert(slo_str_is(u.authority, "h:1"));
	ck_assert(slo_str_is(u.path, "/p/q"));
	ck_assert(slo_str_is(u.query, "a=b"));
	ck_assert(slo_str_is(u.fragment, "f"));
	slo_juri_split(slo_str("a/b:c"), &u);
	ck_assert_ptr_null(u.scheme.p);
	ck_assert_ptr_null(u.authority.p);
	ck_assert(slo_str_is(u.path, "a/b:c"));
	slo_juri_split(slo_str("x#"), &u);
	ck_assert_ptr_nonnull(u.fragment.p);
	ck_assert_uint_eq(u.fragment.len, 0);
}
END_TEST

START_TEST(decodes_percent_signs)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	ck_assert_int_eq(slo_juri_decode(slo_str("a%25b%7Ec%c3%bc"), &b), 0);
	ck_assert(slo_str_is(slo_buf_str(&b), "a%b~c\xc3\xbc"));
	ck_assert_int_eq(slo_juri_decode(slo_str("%2"), &b), -EINVAL);
	ck_assert_int_eq(slo_juri_decode(slo_str("%"), &b), -EINVAL);
	ck_assert_int_eq(slo_juri_decode(slo_str("%zz"), &b), -EINVAL);
	ck_assert_int_eq(slo_juri_decode(slo_str("%00"), &b), -EINVAL);
	slo_buf_fini(&b);
}
END_TEST

/* The tokens of @pointer, each followed by '|'. */
static int walk(const char *pointer, struct slo_buf *out)
{
	struct slo_str rest = slo_str(pointer);
	int ret;

	slo_buf_reset(out);
	while ((ret = slo_jpointer_next(&rest, out)) == 1)
		slo_buf_addc(out, '|');
	return ret;
}

START_TEST(walks_pointers)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	ck_assert_int_eq(walk("/a~1b/m~0n//0/~01", &b), 0);
	ck_assert(slo_str_is(slo_buf_str(&b), "a/b|m~n||0|~1|"));
	ck_assert_int_eq(walk("", &b), 0);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(walk("a", &b), -EINVAL);
	ck_assert_int_eq(walk("/~2", &b), -EINVAL);
	ck_assert_int_eq(walk("/a~", &b), -EINVAL);
	slo_buf_reset(&b);
	slo_jpointer_add(&b, slo_str("a/b~c"));
	ck_assert(slo_str_is(slo_buf_str(&b), "/a~1b~0c"));
	slo_buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("jschema/uri");
	TCase *t = tcase_create("uri");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, resolves_the_rfcs_examples, 0, (int)SLO_ARRAY_LEN(rfc));
	tcase_add_test(t, resolves_against_other_bases);
	tcase_add_test(t, splits_into_five_parts);
	tcase_add_test(t, decodes_percent_signs);
	tcase_add_test(t, walks_pointers);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
