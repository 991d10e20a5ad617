/* SPDX-License-Identifier: MIT */
/* Values of SciPy 1.17 (scipy.stats, scipy.special). */
#include "base/str.h"
#include "stat/dist.h"

#include <check.h>
#include <math.h>

struct row {
	double p, a, b, want;
};

static void near(double got, double want)
{
	ck_assert_msg(fabs(got - want) <= 1e-10 * fmax(fabs(want), 1e-12), "%.17g is not %.17g", got, want);
}

START_TEST(normal_values)
{
	static const struct row rows[] = {
		{ 1e-12, 0, 0, -7.034483825301131 },  { .0005, 0, 0, -3.2905267314918945 },
		{ .025, 0, 0, -1.9599639845400545 },  { .95, 0, 0, 1.6448536269514722 },
		{ .999999, 0, 0, 4.753424308817087 },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++)
		near(slo_norm_quantile(rows[i].p), rows[i].want);
	ck_assert_double_eq_tol(slo_norm_quantile(0.5), 0, 1e-14);
	ck_assert(isinf(slo_norm_quantile(0)) && isinf(slo_norm_quantile(1)) && isnan(slo_norm_quantile(1.5)));
	near(slo_norm_sf(1.96), 0.024997895148220435);
	near(slo_norm_sf(-3), 0.9986501019683699);
	ck_assert_double_eq_tol(slo_norm_sf(35) / 1.1249107064724061e-268, 1, 1e-10);
}
END_TEST

START_TEST(student_values)
{
	static const struct row rows[] = {
		{ .975, 9, 0, 2.262157162798205 },    { .95, 1, 0, 6.313751514675037 },
		{ .999, 3, 0, 10.214531852407383 },   { .2, 7, 0, -0.8960296443137649 },
		{ .95, 14.5, 0, 1.7570285675013377 },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++)
		near(slo_t_quantile(rows[i].p, rows[i].a), rows[i].want);
	ck_assert_double_eq(slo_t_quantile(0.5, 4), 0);
}
END_TEST

START_TEST(chi_square_values)
{
	static const struct row rows[] = {
		{ .05, 2, 0, 0.10258658877510106 },   { .05, 4, 0, 0.7107230213973239 },
		{ .05, 9, 0, 3.325112843066815 },     { .95, 7, 0, 14.067140449340169 },
		{ .0005, 7, 0, 0.48487499102693593 }, { .999, 1, 0, 10.827566170662733 },
		{ .975, 300, 0, 349.87446882991526 },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++)
		near(slo_chi2_quantile(rows[i].p, rows[i].a), rows[i].want);
	ck_assert_double_eq(slo_chi2_quantile(0, 3), 0);
}
END_TEST

START_TEST(incomplete_beta_and_gamma_values)
{
	near(slo_beta_cdf(.3, 2, 5), 0.5798250000000003);
	near(slo_beta_cdf(.95, 95.95, 5.05), 0.4452559509318755);
	near(slo_beta_cdf(.001, .5, .5), 0.020135041633377492);
	near(slo_beta_cdf(.5, 1000, 1000), 0.5);
	ck_assert_double_eq(slo_beta_cdf(0, 2, 2), 0);
	ck_assert_double_eq(slo_beta_cdf(1, 2, 2), 1);
	near(slo_gamma_cdf(.5, .5), 0.6826894921370859);
	near(slo_gamma_cdf(3, 10), 0.0011024881301154815);
	near(slo_gamma_cdf(30, 10), 0.9999928782491372);
	near(slo_gamma_cdf(100, 100), 0.5132987982791487);
}
END_TEST

START_TEST(quantiles_invert_their_distributions)
{
	for (double p = 0.01; p < 1; p += 0.07) {
		ck_assert_double_eq_tol(slo_norm_sf(-slo_norm_quantile(p)), p, 1e-13);
		ck_assert_double_eq_tol(slo_beta_cdf(slo_beta_quantile(p, 3.5, 0.7), 3.5, 0.7), p, 1e-12);
		ck_assert_double_eq_tol(slo_gamma_cdf(slo_chi2_quantile(p, 5) / 2, 2.5), p, 1e-12);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("dist");
	TCase *t = tcase_create("dist");

	tcase_add_test(t, normal_values);
	tcase_add_test(t, student_values);
	tcase_add_test(t, chi_square_values);
	tcase_add_test(t, incomplete_beta_and_gamma_values);
	tcase_add_test(t, quantiles_invert_their_distributions);
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
