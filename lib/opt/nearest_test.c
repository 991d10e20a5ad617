/* SPDX-License-Identifier: MIT */
#include "opt/opt.h"

#include <check.h>
#include <stdlib.h>

START_TEST(nearest_word_within_a_third_of_its_letters)
{
	static const char *const words[] = { "check", "prereq", "cdgate", "report" };
	char line[2001];

	ck_assert_str_eq(slo_nearest("chekc", words, 4), "check");
	ck_assert_str_eq(slo_nearest("prerequ", words, 4), "prereq");
	ck_assert_str_eq(slo_nearest("cdgate", words, 4), "cdgate");
	ck_assert_str_eq(slo_nearest("cgate", words, 4), "cdgate");
	ck_assert_ptr_null(slo_nearest("chxyk", words, 4));
	ck_assert_ptr_null(slo_nearest("", words, 4));
	ck_assert_ptr_null(slo_nearest("check", words, 0));
	memset(line, 'a', 2000);
	line[2000] = '\0';
	ck_assert_ptr_null(slo_nearest(line, words, 4));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opt/nearest");
	TCase *t = tcase_create("nearest");
	SRunner *r;
	int failed;

	tcase_add_test(t, nearest_word_within_a_third_of_its_letters);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
