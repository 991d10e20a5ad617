/* SPDX-License-Identifier: MIT */
#include "stat/confusion.h"

#include <check.h>
#include <math.h>

static struct slo_confusion three_classes(void)
{
	/* Rows are actual: [5 1 0] [2 3 0] [0 4 0]. */
	static const uint64_t n[3][3] = { { 5, 1, 0 }, { 2, 3, 0 }, { 0, 4, 0 } };
	struct slo_confusion c;

	slo_confusion_init(&c, 4);
	for (int a = 0; a < 3; a++)
		for (int p = 0; p < 3; p++)
			for (uint64_t i = 0; i < n[a][p]; i++)
				slo_confusion_add(&c, a, p);
	return c;
}

START_TEST(accuracy_is_the_share_on_the_diagonal)
{
	struct slo_confusion c = three_classes();

	ck_assert_uint_eq(c.total, 15);
	ck_assert_double_eq_tol(slo_confusion_accuracy(&c), 8. / 15, 1e-15);
}
END_TEST

START_TEST(class_scores_follow_from_row_and_column)
{
	struct slo_confusion c = three_classes();
	struct slo_class_score s;

	slo_confusion_class(&c, 1, &s);
	ck_assert_uint_eq(s.support, 5);
	ck_assert_uint_eq(s.tp, 3);
	ck_assert_uint_eq(s.fp, 5);
	ck_assert_uint_eq(s.fn, 2);
	ck_assert_double_eq_tol(s.precision, 3. / 8, 1e-15);
	ck_assert_double_eq_tol(s.recall, 3. / 5, 1e-15);
	ck_assert_double_eq_tol(s.f1, 2 * (3. / 8) * (3. / 5) / (3. / 8 + 3. / 5), 1e-15);
}
END_TEST

START_TEST(a_class_never_predicted_has_no_precision_and_f1_zero)
{
	struct slo_confusion c = three_classes();
	struct slo_class_score s;

	slo_confusion_class(&c, 2, &s);
	ck_assert(isnan(s.precision));
	ck_assert_double_eq(s.recall, 0);
	ck_assert_double_eq(s.f1, 0);
}
END_TEST

START_TEST(macro_f1_is_over_classes_with_support_only)
{
	struct slo_confusion c = three_classes();

	/* F1: 10/13, 6/13, 0; the fourth class never occurs. */
	ck_assert_double_eq_tol(slo_confusion_macro_f1(&c), (10. / 13 + 6. / 13) / 3, 1e-15);
}
END_TEST

START_TEST(nothing_counted_is_not_a_number)
{
	struct slo_confusion c;

	slo_confusion_init(&c, 2);
	ck_assert(isnan(slo_confusion_accuracy(&c)));
	ck_assert(isnan(slo_confusion_macro_f1(&c)));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("confusion");
	TCase *t = tcase_create("confusion");

	tcase_add_test(t, accuracy_is_the_share_on_the_diagonal);
	tcase_add_test(t, class_scores_follow_from_row_and_column);
	tcase_add_test(t, a_class_never_predicted_has_no_precision_and_f1_zero);
	tcase_add_test(t, macro_f1_is_over_classes_with_support_only);
	tcase_add_test(t, nothing_counted_is_not_a_number);
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
