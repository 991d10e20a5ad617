/* SPDX-License-Identifier: MIT */
/* Values by hand, beside each. */
#include "stat/labelset.h"

#include <check.h>
#include <math.h>

enum { A = 1, B = 2, C = 4 };

/* Truth and prediction: AB/A (one missed), C/C, A/AB (one too many), B/C (both wrong), none/none. */
static struct slo_labelset five(void)
{
	struct slo_labelset s;

	slo_labelset_init(&s, 3);
	slo_labelset_add(&s, A | B, A);
	slo_labelset_add(&s, C, C);
	slo_labelset_add(&s, A, A | B);
	slo_labelset_add(&s, B, C);
	slo_labelset_add(&s, 0, 0);
	return s;
}

START_TEST(exact_is_all_of_the_set_and_nothing_else)
{
	struct slo_labelset s = five();

	ck_assert_double_eq_tol(slo_labelset_exact(&s), 2. / 5, 1e-15);
}
END_TEST

START_TEST(f1_of_each_label_and_their_means)
{
	struct slo_labelset s = five();

	ck_assert_double_eq_tol(slo_labelset_f1(&s, 0), 1, 1e-15);        /* tp 2 */
	ck_assert_double_eq_tol(slo_labelset_f1(&s, 1), 0, 1e-15);        /* fn 2, fp 1 */
	ck_assert_double_eq_tol(slo_labelset_f1(&s, 2), 2. / 3, 1e-15);   /* tp 1, fp 1 */
	ck_assert_double_eq_tol(slo_labelset_macro_f1(&s), 5. / 9, 1e-15);
	ck_assert_double_eq_tol(slo_labelset_micro_f1(&s), 6. / 10, 1e-15); /* tp 3, fp 2, fn 2 */
}
END_TEST

START_TEST(pairs_of_truth_and_prediction_are_counted)
{
	struct slo_labelset s = five();

	ck_assert_uint_eq(s.both[0][0], 2);
	ck_assert_uint_eq(s.both[1][0], 1); /* B was true beside A, and A was said */
	ck_assert_uint_eq(s.both[1][2], 1);
	ck_assert_uint_eq(s.both[2][1], 0);
}
END_TEST

START_TEST(a_label_never_true_is_not_in_the_macro_mean_but_in_the_micro)
{
	struct slo_labelset s;

	slo_labelset_init(&s, 2);
	slo_labelset_add(&s, A, A | B);
	ck_assert_double_eq(slo_labelset_macro_f1(&s), 1);
	ck_assert_double_eq_tol(slo_labelset_micro_f1(&s), 2. / 3, 1e-15);
}
END_TEST

START_TEST(nothing_gives_no_score)
{
	struct slo_labelset s;

	slo_labelset_init(&s, 2);
	ck_assert(isnan(slo_labelset_exact(&s)));
	ck_assert(isnan(slo_labelset_micro_f1(&s)));
	ck_assert(isnan(slo_labelset_macro_f1(&s)));
	slo_labelset_add(&s, 8, 16); /* labels beyond: an empty truth, rightly predicted */
	ck_assert_double_eq(slo_labelset_exact(&s), 1);
	ck_assert(isnan(slo_labelset_f1(&s, 0)));
}
END_TEST

START_TEST(precision_at_k_is_of_the_smaller_of_k_and_the_truth)
{
	static const int ranked[] = { 2, 0, 1 };

	ck_assert_double_eq(slo_pr_at_k(ranked, 3, A, 1), 0);
	ck_assert_double_eq(slo_pr_at_k(ranked, 3, A, 2), 1);
	ck_assert_double_eq(slo_pr_at_k(ranked, 3, A | C, 1), 1);
	ck_assert_double_eq(slo_pr_at_k(ranked, 3, A | B, 2), .5);
	ck_assert_double_eq(slo_pr_at_k(ranked, 1, A | C, 2), .5); /* only one was named */
	ck_assert(isnan(slo_pr_at_k(ranked, 3, 0, 2)));
	ck_assert(isnan(slo_pr_at_k(ranked, 3, A, 0)));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("labelset");
	TCase *t = tcase_create("labelset");

	tcase_add_test(t, exact_is_all_of_the_set_and_nothing_else);
	tcase_add_test(t, f1_of_each_label_and_their_means);
	tcase_add_test(t, pairs_of_truth_and_prediction_are_counted);
	tcase_add_test(t, a_label_never_true_is_not_in_the_macro_mean_but_in_the_micro);
	tcase_add_test(t, nothing_gives_no_score);
	tcase_add_test(t, precision_at_k_is_of_the_smaller_of_k_and_the_truth);
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
