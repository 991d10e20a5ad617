/* SPDX-License-Identifier: MIT */
/* Coefficients come from a damped Newton iteration written apart from this code, run to a fixed point. */
#include "attribute/fit.h"

#include <check.h>
#include <math.h>

static const double x[] = { 0, 1, 2, 3, 4, 5 };

static const struct {
	double y[6];
	size_t n;
	double a0, b0, sd, a, b;
} fits[] = {
	{ { 0, 0, 1, 0, 1, 1 }, 6, 0, 0, INFINITY, -3.0350689646285502, 1.21402758585142 },
	{ { 0, .25, .5, .5, .75, 1 }, 6, 0, 0, INFINITY, -2.5833092849663952, 1.033323713986558 },
	{ { 0, 0, 1, 0, 1, 1 }, 6, -5.5, 4, 2, -5.322966337146874, 2.09192407446146 },
	{ { 0, 0, 1, 1 }, 4, 0, 0, 1, -0.44316483666689765, 0.6322301456295132 }, /* separable: the prior bounds it */
};

START_TEST(coefficients_are_those_of_the_optimum)
{
	struct slo_logistic fit = slo_logistic_fit(x, fits[_i].y, fits[_i].n,
						   (struct slo_logistic){ .a = fits[_i].a0, .b = fits[_i].b0 },
						   fits[_i].sd, fits[_i].sd);

	ck_assert(fit.settled);
	ck_assert_double_eq_tol(fit.a, fits[_i].a, 1e-7);
	ck_assert_double_eq_tol(fit.b, fits[_i].b, 1e-7);
}
END_TEST

START_TEST(without_data_the_prior_stays)
{
	struct slo_logistic fit = slo_logistic_fit(x, x, 0, (struct slo_logistic){ .a = -5.5, .b = 4 }, 2, 2);

	ck_assert(fit.settled);
	ck_assert_double_eq(fit.a, -5.5);
	ck_assert_double_eq(fit.b, 4);
}
END_TEST

START_TEST(separable_data_without_prior_stay_finite)
{
	static const double y[] = { 0, 0, 0, 1, 1, 1 };
	struct slo_logistic fit = slo_logistic_fit(x, y, 6, (struct slo_logistic){ .a = 0 }, INFINITY, INFINITY);

	ck_assert(isfinite(fit.a) && isfinite(fit.b));
	ck_assert_double_gt(fit.b, 1);
	ck_assert_double_eq_tol(-fit.a / fit.b, 2.5, .1);
}
END_TEST

static const double said[] = { .9, .8, .7, .6, .4, .3, .2, .1 };
static const double unsaid[] = { .1, .2, .3, .4, .6, .7, .8, .9 };

START_TEST(platt_shrinks_the_overconfident)
{
	static const bool y[] = { true, true, false, true, false, true, false, false };
	struct slo_platt c;

	ck_assert_int_eq(slo_fit_platt(said, unsaid, y, 8, &c), 0);
	ck_assert_double_eq_tol(c.a, 0, 1e-9);
	ck_assert_double_eq_tol(c.b, 0.6068919329174359, 1e-7);
	ck_assert_uint_eq(c.n, 8);
}
END_TEST

START_TEST(platt_of_one_kind_only_changes_nothing)
{
	static const bool y[8] = { false };
	struct slo_platt c = { 9, 9, 9 };

	ck_assert_int_eq(slo_fit_platt(said, unsaid, y, 8, &c), 0);
	ck_assert(c.a == 0 && c.b == 1);
	ck_assert_int_eq(slo_fit_platt(said, unsaid, y, 0, &c), 0);
	ck_assert(c.a == 0 && c.b == 1);
}
END_TEST

/* Said the wrong way round: no slope, and the mean for all. */
START_TEST(platt_never_turns_evidence_around)
{
	static const bool y[] = { false, false, false, false, true, true, false, true };
	struct slo_platt c;

	ck_assert_int_eq(slo_fit_platt(said, unsaid, y, 8, &c), 0);
	ck_assert_double_eq(c.b, 0);
	ck_assert_double_eq_tol(1 / (1 + exp(-c.a)), 3. / 8, 1e-12);
}
END_TEST

static const struct {
	bool wrong[8];
	double risk, tau;
} thresholds[] = {
	{ { false, false, false, false, false, false, false, false }, .05, 0 },     /* nothing to abstain from */
	{ { false, false, false, false, true, true, true, true }, .05, .6 },        /* the four best */
	{ { false, false, false, false, true, true, true, true }, .2, .4 },         /* one of five is tolerated */
	{ { true, false, false, false, false, false, false, false }, .13, 0 },      /* the first is wrong, 1 of 8 */
	{ { true, true, true, false, false, true, true, true }, .05, .4 },          /* impossible: 3/5 is the least */
	{ { true, false, false, true, true, true, true, true }, .05, .6 },          /* 1/3 answers too few */
};

START_TEST(the_threshold_answers_as_much_as_the_risk_allows)
{
	double tau;

	ck_assert_int_eq(slo_fit_tau(said, thresholds[_i].wrong, 8, thresholds[_i].risk, &tau), 0);
	ck_assert_double_eq(tau, thresholds[_i].tau);
}
END_TEST

START_TEST(equal_confidences_stand_or_fall_together)
{
	static const double same[] = { .9, .5, .5, .5 };
	static const bool wrong[] = { false, false, true, true };
	double tau;

	/* Behind the first .5 the risk would still be 0, but no threshold separates it from the other two. */
	ck_assert_int_eq(slo_fit_tau(same, wrong, 4, .1, &tau), 0);
	ck_assert_double_eq(tau, .9);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("logistic");
	TCase *t = tcase_create("logistic");

	tcase_add_loop_test(t, coefficients_are_those_of_the_optimum, 0, (int)(sizeof(fits) / sizeof(fits[0])));
	tcase_add_test(t, without_data_the_prior_stays);
	tcase_add_test(t, separable_data_without_prior_stay_finite);
	tcase_add_test(t, platt_shrinks_the_overconfident);
	tcase_add_test(t, platt_of_one_kind_only_changes_nothing);
	tcase_add_test(t, platt_never_turns_evidence_around);
	tcase_add_loop_test(t, the_threshold_answers_as_much_as_the_risk_allows, 0,
			    (int)(sizeof(thresholds) / sizeof(thresholds[0])));
	tcase_add_test(t, equal_confidences_stand_or_fall_together);
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
