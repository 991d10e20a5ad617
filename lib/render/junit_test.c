/* SPDX-License-Identifier: MIT */
#include "render/junit.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct slo_junit junit;
static struct slo_buf out;

static void setup(void)
{
	slo_junit_init(&junit, 1 << 20);
	slo_buf_init(&out, 1 << 21);
}

static void teardown(void)
{
	slo_junit_fini(&junit);
	slo_buf_fini(&out);
}

static void add(const char *name, enum slo_junit_outcome outcome, const char *message)
{
	struct slo_junit_case c = { .name = slo_str(name), .outcome = outcome, .message = slo_str(message) };

	slo_junit_add(&junit, &c);
}

START_TEST(suites_and_their_counts_add_up)
{
	static const struct slo_junit_case failed = {
		.name = SLO_STR("line 3"), .classname = SLO_STR("probe"), .outcome = SLO_JUNIT_FAILED,
		.type = SLO_STR("required"), .message = SLO_STR("no unit"), .text = SLO_STR("more\n"),
	};

	slo_junit_suite(&junit, slo_str("a.ndjson"));
	add("line 1", SLO_JUNIT_PASSED, NULL);
	slo_junit_add(&junit, &failed);
	add("line 4", SLO_JUNIT_ERROR, "not JSON");
	slo_junit_suite(&junit, slo_str("b.ndjson"));
	add("line 1", SLO_JUNIT_SKIPPED, "later");
	ck_assert_int_eq(slo_junit_write(&junit, slo_str("check"), &out), 0);
	ck_assert_str_eq(out.data,
			 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<testsuites name=\"check\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\">\n"
			 "  <testsuite name=\"a.ndjson\" tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\">\n"
			 "    <testcase name=\"line 1\"/>\n"
			 "    <testcase name=\"line 3\" classname=\"probe\">\n"
			 "      <failure type=\"required\" message=\"no unit\">more&#10;</failure>\n"
			 "    </testcase>\n"
			 "    <testcase name=\"line 4\">\n"
			 "      <error message=\"not JSON\"></error>\n"
			 "    </testcase>\n"
			 "  </testsuite>\n"
			 "  <testsuite name=\"b.ndjson\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\">\n"
			 "    <testcase name=\"line 1\">\n"
			 "      <skipped message=\"later\"></skipped>\n"
			 "    </testcase>\n"
			 "  </testsuite>\n"
			 "</testsuites>\n");
}
END_TEST

START_TEST(a_report_without_suites_is_still_a_document)
{
	ck_assert_int_eq(slo_junit_write(&junit, slo_str("x"), &out), 0);
	ck_assert_str_eq(out.data, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				   "<testsuites name=\"x\" tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\">\n"
				   "</testsuites>\n");
}
END_TEST

static const struct {
	const char *text, *want;
} escapes[] = {
	{ "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&apos;" },
	{ "]]>", "]]&gt;" },
	{ "\t\r\n", "&#9;&#13;&#10;" },
	{ "\x01\x1b[31m\x7f", "\\x01\\x1b[31m\\x7f" },
	{ "\xff\xc3", "\\xff\\xc3" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	{ "\xc2\x85", "\\u0085" },
	{ "\xef\xbf\xbe\xef\xbf\xbf", "\\ufffe\\uffff" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
};

START_TEST(whatever_is_named_the_document_stays_well_formed)
{
	struct slo_str s = slo_str(escapes[_i].text);
	struct slo_junit_case c = { .name = s, .classname = s, .outcome = SLO_JUNIT_FAILED, .type = s, .message = s,
				    .text = s };
	const char *want = escapes[_i].want;
	char text[1024];

	slo_junit_suite(&junit, s);
	slo_junit_add(&junit, &c);
	ck_assert_int_eq(slo_junit_write(&junit, s, &out), 0);
	snprintf(text, sizeof(text), "<testsuites name=\"%s\" ", want);
	ck_assert_ptr_nonnull(strstr(out.data, text));
	snprintf(text, sizeof(text), "<testsuite name=\"%s\" ", want);
	ck_assert_ptr_nonnull(strstr(out.data, text));
	snprintf(text, sizeof(text),
		 "<testcase name=\"%s\" classname=\"%s\">\n      <failure type=\"%s\" message=\"%s\">%s</failure>", want, want,
		 want, want, want);
	ck_assert_ptr_nonnull(strstr(out.data, text));
}
END_TEST

START_TEST(cases_that_do_not_fit_are_left_out_whole_and_counted)
{
	char want[128], name[64];
	size_t shown = 0;

	slo_junit_fini(&junit);
	slo_junit_init(&junit, 4096);
	for (int suite = 0; suite < 2; suite++) {
		slo_junit_suite(&junit, slo_str("s"));
		for (int i = 0; i < 100; i++) {
			snprintf(name, sizeof(name), "case %d", i);
			add(name, SLO_JUNIT_FAILED, "because");
		}
	}
	ck_assert_int_eq(slo_junit_write(&junit, slo_str("x"), &out), 0);
	for (const char *p = out.data; (p = strstr(p, "<testcase ")); p++)
		shown++;
	ck_assert_uint_gt(shown, 10);
	ck_assert_uint_eq(shown + junit.all_dropped, 200);
	snprintf(want, sizeof(want), "<testsuites name=\"x\" tests=\"%zu\" failures=\"%zu\" ", shown, shown);
	ck_assert_ptr_nonnull(strstr(out.data, want));
	snprintf(want, sizeof(want), "<system-err>%zu more not shown</system-err>", 100 - shown);
	ck_assert_ptr_nonnull(strstr(out.data, want));
	ck_assert_ptr_nonnull(strstr(out.data, "  </testsuite>\n</testsuites>\n"));
	ck_assert_uint_le(out.len, 4096 + 512);
}
END_TEST

START_TEST(a_name_without_end_is_cut)
{
	static char name[100000];

	memset(name, '"', sizeof(name) - 1);
	slo_junit_suite(&junit, slo_str(name));
	add("x", SLO_JUNIT_PASSED, NULL);
	ck_assert_int_eq(slo_junit_write(&junit, slo_str("r"), &out), 0);
	ck_assert_uint_lt(out.len, 5000);
	ck_assert_ptr_nonnull(strstr(out.data, "&quot;\" tests=\"1\""));
}
END_TEST

START_TEST(an_output_that_is_full_is_an_error)
{
	struct slo_buf small;

	slo_buf_init(&small, 20);
	ck_assert_int_eq(slo_junit_write(&junit, slo_str("r"), &small), -EMSGSIZE);
	slo_buf_fini(&small);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("render/junit");
	TCase *t = tcase_create("junit");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, suites_and_their_counts_add_up);
	tcase_add_test(t, a_report_without_suites_is_still_a_document);
	tcase_add_loop_test(t, whatever_is_named_the_document_stays_well_formed, 0, SLO_ARRAY_LEN(escapes));
	tcase_add_test(t, cases_that_do_not_fit_are_left_out_whole_and_counted);
	tcase_add_test(t, a_name_without_end_is_cut);
	tcase_add_test(t, an_output_that_is_full_is_an_error);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
