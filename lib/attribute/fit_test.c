/* SPDX-License-Identifier: MIT */
/*
 * Everything here is simulated from the model itself, with parameters that are
 * known because the test chose them: it shows that learning finds them again, not
 * that real incidents look like this.
 */
#include "attribute/fit.h"
#include "attribute/noisyor_model.h"
#include "base/rng.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { FINDINGS = 6, CASES_MAX = 6000 };

/* ln(1 + z) is normal around these, standard deviation .5, for a quiet and an elevated finding. */
#define QUIET_MEAN    1.0
#define ELEVATED_MEAN 3.0
#define DEVIATION     0.5

static struct slo_model_params truth, prior, got;
static struct slo_fit_case cases[CASES_MAX];
static struct slo_measure measures[CASES_MAX][FINDINGS];
static struct slo_fit_opts opts;
static struct slo_fit_report report;
static struct slo_rng rng;

static double normal(double mean)
{
	double r = sqrt(-2 * log(1 - slo_rng_unit(&rng))), t = 6.283185307179586 * slo_rng_unit(&rng);

	return mean + DEVIATION * r * cos(t);
}

static void setup(void)
{
	static const double links[FINDINGS][SLO_CAUSES] = {
		{ .9, 0, 0, 0, 0, 0, 0, .1 }, { .6, .8, 0, 0, 0, 0, 0, .1 }, { 0, .7, .5, 0, 0, 0, 0, .1 },
		{ 0, 0, .9, 0, 0, 0, 0, .1 }, { .2, .2, .2, 0, 0, 0, 0, .8 }, { 0, 0, 0, .5, .5, .5, .5, .5 },
	};
	static const double leaks[FINDINGS] = { .02, .05, .1, .01, .05, .3 };

	slo_rng_seed(&rng, 42);
	truth = (struct slo_model_params){ .name = "truth", .nor = { .findings = FINDINGS },
					    .calibration = { 0, 1, 0 } };
	for (int k = 0; k < SLO_CAUSES; k++)
		truth.nor.prior[k] = k < 3 ? .3 : .05;
	for (int j = 0; j < FINDINGS; j++) {
		truth.nor.leak[j] = leaks[j];
		memcpy(truth.nor.link[j], links[j], sizeof(links[j]));
	}
	/* What an expert who knows nothing would say. */
	prior = truth;
	for (int j = 0; j < FINDINGS; j++) {
		prior.nor.leak[j] = .1;
		for (int k = 0; k < SLO_CAUSES; k++)
			prior.nor.link[j][k] = .3;
	}
	slo_fit_opts_default(&opts);
}

static uint32_t draw_causes(void)
{
	uint32_t set = 0;

	for (int k = 0; k < SLO_CAUSES; k++)
		set |= slo_rng_unit(&rng) < truth.nor.prior[k] ? 1u << k : 0;
	return set;
}

/* @n cases; every fourth is fault-free. */
static void simulate(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cases[i] = (struct slo_fit_case){ .truth = i % 4 ? draw_causes() : 0, .x = measures[i] };
		for (uint32_t j = 0; j < FINDINGS; j++) {
			bool e = slo_rng_unit(&rng) >= slo_noisyor_quiet(&truth.nor, j, cases[i].truth);

			measures[i][j] = (struct slo_measure){
				.state = SLO_MEASURE_TAKEN, .class = (int)(i % 2), .elevated = e,
				.z = exp(normal(e ? ELEVATED_MEAN : QUIET_MEAN)) - 1,
			};
		}
	}
}

static void fit(size_t n)
{
	ck_assert_int_eq(slo_fit_params(&prior, cases, n, &opts, &got, &report), 0);
}

static void ck_near(double tolerance)
{
	for (int j = 0; j < FINDINGS; j++) {
		ck_assert_double_eq_tol(got.nor.leak[j], truth.nor.leak[j], tolerance);
		for (int k = 0; k < 3; k++) /* the causes with enough cases */
			ck_assert_msg(fabs(got.nor.link[j][k] - truth.nor.link[j][k]) < tolerance,
				      "link %d of cause %d: %g, not %g", j, k, got.nor.link[j][k],
				      truth.nor.link[j][k]);
	}
}

START_TEST(simulated_hard_evidence_gives_its_parameters_back)
{
	opts.hard = true;
	simulate(CASES_MAX);
	fit(CASES_MAX);
	ck_near(.06);
	ck_assert(!got.soft);
	ck_assert_uint_eq(got.detector[0][0].n, 0);
	ck_assert_uint_eq(report.unfinished, 0);
}
END_TEST

START_TEST(simulated_soft_evidence_gives_its_parameters_back)
{
	simulate(CASES_MAX);
	fit(CASES_MAX);
	ck_near(.08);
	ck_assert(got.soft);
}
END_TEST

/*
 * The bit a detector was never told, but the simulation knows. Of two normals four deviations
 * apart, the best that can be said has a Brier score of .015; half of all is .25.
 */
START_TEST(simulated_detectors_find_the_hidden_bit)
{
	simulate(CASES_MAX);
	fit(CASES_MAX);
	for (int j = 0; j < FINDINGS; j++) {
		double said = 0, was = 0, square = 0;

		for (int i = 0; i < CASES_MAX; i++) {
			const struct slo_measure *m = &measures[i][j];
			const struct slo_detector *d = &got.detector[j][m->class];
			double p = 1 / (1 + exp(-(d->a + d->b * slo_detector_scale(m->z))));

			said += p / CASES_MAX;
			was += (double)m->elevated / CASES_MAX;
			square += (p - m->elevated) * (p - m->elevated) / CASES_MAX;
		}
		/* The last one leaks a lot and no frequent cause lifts it: what causes tell of it is little. */
		ck_assert_double_eq_tol(said, was, j < 5 ? .03 : .1);
		ck_assert_double_lt(square, j < 5 ? .03 : .06);
		ck_assert_uint_eq(got.detector[j][0].n, CASES_MAX / 2);
		ck_assert_uint_eq(got.detector[j][2].n, 0); /* a class nobody measured with */
	}
}
END_TEST

START_TEST(the_same_cases_give_the_same_parameters_to_the_last_bit)
{
	struct slo_model_params *first = malloc(sizeof(*first));

	ck_assert_ptr_nonnull(first);
	simulate(500);
	fit(500);
	*first = got;
	fit(500);
	ck_assert_mem_eq(&first->nor, &got.nor, sizeof(got.nor));
	ck_assert_mem_eq(first->detector, got.detector, sizeof(got.detector));
	free(first);
}
END_TEST

/* With one cause at a time and threshold evidence EM has a closed form: p = c / N of the cases, w from it. */
START_TEST(single_causes_agree_with_the_share_of_elevated_cases)
{
	size_t n = 0;
	uint64_t up = 0, with = 0;
	double leak;

	simulate(2000);
	for (size_t i = 0; i < 2000; i++)
		if (!(cases[i].truth & (cases[i].truth - 1)))
			cases[n++] = cases[i];
	opts.hard = true;
	opts.pseudo = opts.pseudo_unmodelled = 1e-9;
	opts.steps = 2000;
	opts.enough = 1e-12;
	fit(n);
	for (size_t i = 0; i < n; i++)
		if (cases[i].truth == 1) {
			with++;
			up += cases[i].x[1].elevated;
		}
	leak = got.nor.leak[1];
	ck_assert_uint_gt(with, 50);
	ck_assert_uint_eq(with, got.link_n[1][0]);
	ck_assert_double_eq_tol(got.nor.link[1][0], slo_link_of((double)up / (double)with, leak), 1e-6);
}
END_TEST

START_TEST(without_cases_of_a_cause_the_expert_is_believed)
{
	int faulty = 0;

	simulate(400);
	for (size_t i = 0; i < 400; i++) {
		cases[i].truth &= 3;
		faulty += cases[i].truth != 0;
	}
	prior.nor.link[2][5] = .77;
	fit(400);
	ck_assert_double_eq_tol(got.nor.link[2][5], .77, 1e-12);
	ck_assert_uint_eq(got.link_n[2][5], 0);
	ck_assert_double_eq_tol(got.nor.prior[5], 1. / (faulty + 10), 1e-12); /* fault-free cases have no say */
}
END_TEST

START_TEST(what_the_expert_does_not_believe_in_can_be_learned)
{
	opts.hard = true;
	prior.nor.link[0][0] = 0; /* truth: .9 */
	simulate(2000);
	fit(2000);
	ck_assert_double_gt(got.nor.link[0][0], .8);
}
END_TEST

START_TEST(shrinkage_has_the_weight_of_its_pseudo_counts)
{
	/* One case with cause 0 and nothing elevated: w = m w0 / (m + 1). */
	struct slo_measure x[FINDINGS] = { { .state = SLO_MEASURE_TAKEN } };
	struct slo_fit_case one = { .truth = 1, .x = x };

	opts.hard = true;
	opts.pseudo = 4;
	ck_assert_int_eq(slo_fit_params(&prior, &one, 1, &opts, &got, &report), 0);
	ck_assert_double_eq_tol(got.nor.link[0][0], 4 * .3 / 5, 1e-9);
	ck_assert_double_eq_tol(got.nor.leak[0], .1, 1e-9);       /* no fault-free case */
	ck_assert_double_eq_tol(got.nor.link[1][0], .3, 1e-9);    /* not captured */
	ck_assert_double_eq_tol(got.nor.prior[0], 2. / 11, 1e-12);
	ck_assert_double_eq_tol(got.nor.prior[1], 1. / 11, 1e-12);
	ck_assert_uint_eq(got.train_n, 1);
}
END_TEST

START_TEST(what_was_not_captured_teaches_nothing)
{
	static struct slo_model_params without;

	simulate(600);
	fit(300);
	without = got;
	for (size_t i = 300; i < 600; i++)
		for (int j = 0; j < FINDINGS; j++)
			measures[i][j].state = SLO_MEASURE_NONE;
	fit(600);
	ck_assert_mem_eq(without.nor.link, got.nor.link, sizeof(got.nor.link));
	ck_assert_mem_eq(without.nor.leak, got.nor.leak, sizeof(got.nor.leak));
	ck_assert_mem_eq(without.detector, got.detector, sizeof(got.detector));
}
END_TEST

static double brier_of(const struct slo_model_params *p, size_t from, size_t to)
{
	static struct slo_noisyor_model n;
	double total = 0;

	slo_noisyor_model_init(&n, p);
	for (size_t i = from; i < to; i++) {
		struct slo_noisyor_view v;

		slo_noisyor_judge(&n, cases[i].x, &v);
		for (int k = 0; k < SLO_CAUSE_UNMODELLED; k++)
			total += pow(v.marginal[k] - (cases[i].truth >> k & 1), 2);
	}
	return total / (double)(to - from) / SLO_CAUSE_UNMODELLED;
}

/* On simulated cases that were not learned from. */
START_TEST(simulated_learning_judges_better_than_the_ignorant_expert)
{
	static struct slo_model_params ignorant;

	simulate(1200);
	fit(800);
	ignorant = got;
	memcpy(&ignorant.nor.link, &prior.nor.link, sizeof(prior.nor.link));
	memcpy(&ignorant.nor.leak, &prior.nor.leak, sizeof(prior.nor.leak));
	ck_assert_double_lt(brier_of(&got, 800, 1200), .8 * brier_of(&ignorant, 800, 1200));
}
END_TEST

/* The shipped list, few simulated cases, one source: what is learned is what a file may say, and says the same. */
START_TEST(what_is_learned_survives_its_file)
{
	static struct slo_measure full[60][SLO_FINDING__COUNT];
	static struct slo_model_params expert, back;
	struct slo_err err = { .what = "" };
	struct slo_buf text;

	slo_params_expert(&expert);
	for (size_t i = 0; i < 60; i++) {
		cases[i] = (struct slo_fit_case){ .truth = i % 3 ? 1u << i % SLO_CAUSES : 0, .x = full[i] };
		for (uint32_t j = 0; j < SLO_FINDING__COUNT; j++) {
			bool e = slo_rng_unit(&rng) >= slo_noisyor_quiet(&expert.nor, j, cases[i].truth);

			full[i][j] = (struct slo_measure){ .state = slo_finding_info[j].signal >= 0, .class = 4,
							   .z = e ? 1e6 : 0 }; /* as far apart as can be */
		}
	}
	ck_assert_int_eq(slo_fit_params(&expert, cases, 60, &opts, &got, &report), 0);
	slo_str_copy(got.name, sizeof(got.name), slo_str("simulated"));
	memset(got.train_sha256, 'a', SLO_PARAMS_HASH_MAX - 1);
	slo_buf_init(&text, SLO_PARAMS_FILE_MAX);
	ck_assert_int_eq(slo_params_write(&got, &text), 0);
	ck_assert_msg(slo_params_read(slo_buf_str(&text), &back, &err) == 0, "%s: %s", err.where, err.what);
	ck_assert_mem_eq(&back.nor, &got.nor, sizeof(got.nor));
	ck_assert_mem_eq(back.detector, got.detector, sizeof(got.detector));
	ck_assert_double_eq(brier_of(&back, 0, 60), brier_of(&got, 0, 60));
	slo_buf_fini(&text);
}
END_TEST

START_TEST(bad_cases_are_refused)
{
	struct slo_measure x[FINDINGS] = { { 0 } };
	struct slo_fit_case bad = { .truth = 1u << SLO_CAUSES, .x = x };

	ck_assert_int_eq(slo_fit_params(&prior, NULL, 0, &opts, &got, &report), -EINVAL);
	ck_assert_int_eq(slo_fit_params(&prior, &bad, 1, &opts, &got, &report), -EINVAL);
}
END_TEST

START_TEST(surprise_is_a_quantile_of_the_cases_own)
{
	double most, median;

	simulate(200);
	fit(200);
	ck_assert_int_eq(slo_fit_surprise(&got, cases, 200, 1, &most), 0);
	ck_assert_int_eq(slo_fit_surprise(&got, cases, 200, .5, &median), 0);
	ck_assert(isfinite(most) && median < most);
	ck_assert_int_eq(slo_fit_surprise(&got, cases, 0, .5, &median), -EINVAL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fit");
	TCase *t = tcase_create("fit");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, simulated_hard_evidence_gives_its_parameters_back);
	tcase_add_test(t, simulated_soft_evidence_gives_its_parameters_back);
	tcase_add_test(t, simulated_detectors_find_the_hidden_bit);
	tcase_add_test(t, the_same_cases_give_the_same_parameters_to_the_last_bit);
	tcase_add_test(t, single_causes_agree_with_the_share_of_elevated_cases);
	tcase_add_test(t, without_cases_of_a_cause_the_expert_is_believed);
	tcase_add_test(t, what_the_expert_does_not_believe_in_can_be_learned);
	tcase_add_test(t, shrinkage_has_the_weight_of_its_pseudo_counts);
	tcase_add_test(t, what_was_not_captured_teaches_nothing);
	tcase_add_test(t, simulated_learning_judges_better_than_the_ignorant_expert);
	tcase_add_test(t, what_is_learned_survives_its_file);
	tcase_add_test(t, bad_cases_are_refused);
	tcase_add_test(t, surprise_is_a_quantile_of_the_cases_own);
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
