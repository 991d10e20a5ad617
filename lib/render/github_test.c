/* SPDX-License-Identifier: MIT */
#include "render/github.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	struct slo_github_note note;
	const char *want;
} cases[] = {
	{ { .level = SLO_GITHUB_ERROR, .file = SLO_STR("a/b.json"), .line = 3, .column = 7, .title = SLO_STR("type"),
	    .message = SLO_STR("want a number") },
	  "::error file=a/b.json,line=3,col=7,title=type::want a number\n" },
	{ { .level = SLO_GITHUB_NOTICE, .message = SLO_STR("hello") }, "::notice::hello\n" },
	{ { .level = SLO_GITHUB_WARNING, .line = 2, .message = SLO_STR("") }, "::warning line=2::\n" },
	{ { .level = SLO_GITHUB_WARNING, .file = SLO_STR(""), .title = SLO_STR("t"), .message = SLO_STR("m") },
	  "::warning file=,title=t::m\n" },
	/* Neither a name nor a message begins another command. */
	{ { .level = SLO_GITHUB_ERROR, .file = SLO_STR("a,line=9::x%\r\n"), .message = SLO_STR("m") },
	  "::error file=a%2Cline=9%3A%3Ax%25%0D%0A::m\n" },
	{ { .level = SLO_GITHUB_ERROR, .message = SLO_STR("100%\n::set-env a,b: c\r") },
	  "::error::100%25%0A::set-env a,b: c%0D\n" },
	/* Nothing reaches the terminal of whoever reads the log. */
	{ { .level = SLO_GITHUB_ERROR, .title = SLO_STR("\x1b[31m"), .message = SLO_STR("\x7f\xff\xc2\x85\t\xe2\x82\xac") },
	  "::error title=\\x1b[31m::\\x7f\\xff\\u0085\\x09\xe2\x82\xac\n" },
};

START_TEST(a_note_is_one_command_on_one_line)
{
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	slo_github_add(&b, &cases[_i].note);
	ck_assert_str_eq(b.data, cases[_i].want);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(a_nul_does_not_end_a_message)
{
	struct slo_github_note n = { .level = SLO_GITHUB_ERROR, .message = slo_str_n("a\0b", 3) };
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	slo_github_add(&b, &n);
	ck_assert_str_eq(b.data, "::error::a\\x00b\n");
	slo_buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("render/github");
	TCase *t = tcase_create("github");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, a_note_is_one_command_on_one_line, 0, SLO_ARRAY_LEN(cases));
	tcase_add_test(t, a_nul_does_not_end_a_message);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
