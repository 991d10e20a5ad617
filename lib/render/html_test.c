/* SPDX-License-Identifier: MIT */
#include "render/html.h"

#include "render/markup.h"

#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct slo_buf out;

static void setup(void)
{
	slo_buf_init(&out, 1 << 16);
}

static void teardown(void)
{
	slo_buf_fini(&out);
}

static bool holds(const char *what)
{
	return strstr(out.data, what) != NULL;
}

START_TEST(any_bytes_become_text)
{
	slo_markup_add(&out, slo_str_n("a<b>&\"'\n\0\xff\xc3\xa9", 12));
	ck_assert_str_eq(out.data, "a&lt;b&gt;&amp;&quot;&apos;&#10;\\x00\\xff\xc3\xa9");
}
END_TEST

START_TEST(formatted_text_is_escaped_after_formatting_and_cut_at_its_limit)
{
	char large[SLO_MARKUP_MAX + 100];

	slo_markup_addf(&out, "%s %d", "<i>", 7);
	ck_assert_str_eq(out.data, "&lt;i&gt; 7");
	slo_buf_reset(&out);
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	slo_markup_addf(&out, "%s", large);
	ck_assert_uint_eq(out.len, SLO_MARKUP_MAX);
}
END_TEST

START_TEST(a_page_needs_nothing_from_elsewhere)
{
	slo_html_begin(&out, "A <title>");
	slo_html_end(&out);
	ck_assert(holds("<title>A &lt;title&gt;</title>"));
	ck_assert(holds("<h1>A &lt;title&gt;</h1>"));
	ck_assert(holds("default-src 'none'"));
	ck_assert(holds("@media (prefers-color-scheme:dark)"));
	ck_assert(holds("@media print"));
	ck_assert(!holds("src="));
	ck_assert(!holds("href="));
	ck_assert(!holds("url("));
	ck_assert(!holds("@import"));
}
END_TEST

START_TEST(the_style_sheet_needs_no_escaping)
{
	const char *style, *end;

	slo_html_begin(&out, "");
	style = strstr(out.data, "<style>") + strlen("<style>");
	end = strstr(style, "</style>");
	ck_assert_ptr_nonnull(end);
	ck_assert_uint_eq(strcspn(style, "<&"), (size_t)(end - style));
}
END_TEST

START_TEST(a_table_has_heads_for_columns_and_rows)
{
	static const char *const heads[] = { "", "a&b" };

	slo_html_table(&out, heads, 2);
	slo_html_row(&out, "<x>", "why \"x\"");
	slo_html_cellf(&out, "%d < %d", 1, 2);
	slo_html_row_end(&out);
	slo_html_table_end(&out);
	ck_assert_str_eq(out.data,
			 "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\"></th><th scope=\"col\">a&amp;b</th>"
			 "</tr></thead>\n<tbody>\n<tr><th scope=\"row\" title=\"why &quot;x&quot;\">&lt;x&gt;</th>"
			 "<td>1 &lt; 2</td></tr>\n</tbody>\n</table></div>\n");
}
END_TEST

START_TEST(an_estimate_has_its_interval_or_says_why_not)
{
	slo_html_estimate(&out, .73249, .638, .8129, "never shown");
	ck_assert_str_eq(out.data, "<td>0.732 <small>[0.638, 0.813]</small></td>");
	slo_buf_reset(&out);
	slo_html_estimate(&out, .5, NAN, NAN, "too few");
	ck_assert_str_eq(out.data, "<td title=\"too few\">0.500</td>");
	slo_buf_reset(&out);
	slo_html_estimate(&out, NAN, 0, 1, NULL);
	ck_assert_str_eq(out.data, "<td><span class=\"none\">\xe2\x80\x93</span></td>");
}
END_TEST

START_TEST(data_is_still_json_and_cannot_end_its_element)
{
	static const char json[] = "{\"a\":\"</script><!-- & \",\"b\":[1,2]}";
	json_t *was = json_loads(json, 0, NULL), *is;
	char *body;

	slo_html_data(&out, "x\"y", json);
	ck_assert(holds(" id=\"x&quot;y\">"));
	body = strchr(out.data, '>') + 1;
	*strstr(body, "</script>\n") = '\0';
	ck_assert_uint_eq(strcspn(body, "<>&"), strlen(body));
	is = json_loads(body, 0, NULL);
	ck_assert(json_equal(was, is));
	json_decref(was);
	json_decref(is);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("html");
	TCase *t = tcase_create("html");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, any_bytes_become_text);
	tcase_add_test(t, formatted_text_is_escaped_after_formatting_and_cut_at_its_limit);
	tcase_add_test(t, a_page_needs_nothing_from_elsewhere);
	tcase_add_test(t, the_style_sheet_needs_no_escaping);
	tcase_add_test(t, a_table_has_heads_for_columns_and_rows);
	tcase_add_test(t, an_estimate_has_its_interval_or_says_why_not);
	tcase_add_test(t, data_is_still_json_and_cannot_end_its_element);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
