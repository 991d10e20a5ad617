/* SPDX-License-Identifier: MIT */
/*
 * Reference values were computed apart from this code, for two causes and two
 * findings. The oracle below is the definition written down again, slowly: no
 * tables, no running products, plain probabilities, one set after the other.
 */
#include "attribute/noisyor.h"
#include "base/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

enum { A, B };

/* pi = (.1, .05), leak = (.02, .01), w_A = (.9, .2), w_B = (.3, .8); the other causes never happen. */
static const struct slo_noisyor_params small = {
	.findings = 2, .prior = { .1, .05 }, .leak = { .02, .01 }, .link = { { .9, .3 }, { .2, .8 } },
};

#define NONE     { SLO_FINDING_NONE, 0 }
#define QUIET    { SLO_FINDING_QUIET, 0 }
#define ELEVATED { SLO_FINDING_ELEVATED, 0 }
#define SOFT(l)  { SLO_FINDING_SOFT, (l) }

static struct slo_noisyor engine;

static struct slo_noisyor_posterior judge(const struct slo_noisyor_params *p, const struct slo_finding *x)
{
	struct slo_noisyor_posterior out;

	slo_noisyor_init(&engine, p);
	slo_noisyor_posterior(&engine, x, &out);
	return out;
}

static const struct {
	struct slo_finding x[2];
	double a, b;
} reference[] = {
	{ { ELEVATED, NONE },     0.7431257557, 0.1545275833 },
	{ { ELEVATED, QUIET },    0.7766722347, 0.0400246035 },
	{ { ELEVATED, ELEVATED }, 0.6539968260, 0.4587481257 },
	{ { QUIET, QUIET },       0.0088105727, 0.0073145246 },
	{ { QUIET, ELEVATED },    0.0629250551, 0.7082882066 },
	{ { NONE, NONE },         .1, .05 },
	/* lambda = ln(3 / .2): (.1 * .95 * 13.628 + .1 * .05 * 14.0396) / Z, given to seven digits as 0.5051141. */
	{ { SOFT(2.70805020110221), NONE }, 0.505114212099, 0.115843436052 },
};

START_TEST(posteriors_are_the_reference_values)
{
	struct slo_noisyor_posterior p = judge(&small, reference[_i].x);

	ck_assert_double_eq_tol(p.p[A], reference[_i].a, 1e-9);
	ck_assert_double_eq_tol(p.p[B], reference[_i].b, 1e-9);
	ck_assert_double_eq_tol(p.p[A] + p.not_p[A], 1, 1e-14);
	ck_assert_double_eq(p.p[SLO_CAUSE_UNMODELLED], 0);
}
END_TEST

START_TEST(nothing_captured_gives_the_priors_exactly)
{
	static const struct slo_finding x[2] = { NONE, SOFT(NAN) };
	struct slo_noisyor_posterior p = judge(&small, x);

	ck_assert_double_eq_tol(p.p[A], .1, 1e-15);
	ck_assert_double_eq_tol(p.p[B], .05, 1e-15);
	ck_assert_double_eq_tol(p.log_evidence, 0, 1e-14);
	ck_assert_double_eq_tol(p.none, .9 * .95, 1e-15);
	ck_assert_uint_eq(p.captured, 0);
	ck_assert_uint_eq(p.map, 0);
}
END_TEST

START_TEST(evidence_of_the_first_row_has_the_reference_probability)
{
	static const struct slo_finding x[2] = { ELEVATED, NONE };
	struct slo_noisyor_posterior p = judge(&small, x);

	ck_assert_double_eq_tol(exp(p.log_evidence), 0.121577, 1e-12);
	ck_assert_uint_eq(p.captured, 1);
}
END_TEST

START_TEST(every_set_has_its_reference_probability)
{
	static const struct slo_finding x[2] = { ELEVATED, ELEVATED };
	struct slo_noisyor_posterior p = judge(&small, x);
	double set[SLO_CAUSE_SETS];

	slo_noisyor_sets(&engine, x, set);
	ck_assert_double_eq_tol(set[0], .005143, 5e-7);
	ck_assert_double_eq_tol(set[1 << B], .340860, 5e-7);
	ck_assert_double_eq_tol(set[1 << A], .536108, 5e-7);
	ck_assert_double_eq_tol(set[1 << A | 1 << B], .117888, 5e-7);
	ck_assert_uint_eq(p.map, 1 << A);
	ck_assert_double_eq(p.map_p, set[1 << A]);
	ck_assert_double_eq(p.none, set[0]);
	ck_assert_double_eq(p.unnamed, set[0]);
}
END_TEST

START_TEST(one_cause_explains_the_other_away)
{
	static const struct slo_finding x[2] = { ELEVATED, NONE };
	double set[SLO_CAUSE_SETS], off, on;

	slo_noisyor_init(&engine, &small);
	slo_noisyor_sets(&engine, x, set);
	off = set[1 << A] / (set[0] + set[1 << A]);
	on = set[1 << A | 1 << B] / (set[1 << B] + set[1 << A | 1 << B]);
	ck_assert_double_eq_tol(off, 0.833641, 5e-7);
	ck_assert_double_eq_tol(on, 0.247884, 5e-7);
}
END_TEST

START_TEST(soft_evidence_becomes_hard_at_the_clip)
{
	static const struct slo_finding at[2] = { SOFT(6), SOFT(-6) }, beyond[2] = { SOFT(INFINITY), SOFT(-1e9) };
	struct slo_noisyor_posterior p = judge(&small, at), q = judge(&small, beyond);

	ck_assert_double_eq(p.p[A], q.p[A]);
	ck_assert_double_eq(p.log_evidence, q.log_evidence);
	ck_assert_double_eq_tol(p.p[A], 0.7766722347, .02); /* (1, 0) of the table */
}
END_TEST

/* The definition, for any evidence. */
static double slow_joint(const struct slo_noisyor_params *p, const struct slo_finding *x, uint32_t set)
{
	double product = 1;

	for (uint32_t k = 0; k < SLO_CAUSES; k++)
		product *= (set & 1u << k) ? p->prior[k] : 1 - p->prior[k];
	for (uint32_t j = 0; j < p->findings; j++) {
		double q = 1 - p->leak[j];

		for (uint32_t k = 0; k < SLO_CAUSES; k++)
			if (set & 1u << k)
				q *= 1 - p->link[j][k];
		if (x[j].state == SLO_FINDING_QUIET)
			product *= q;
		else if (x[j].state == SLO_FINDING_ELEVATED)
			product *= 1 - q;
		else if (x[j].state == SLO_FINDING_SOFT)
			product *= q + (1 - q) * exp(x[j].lambda);
	}
	return product;
}

static void slow_posterior(const struct slo_noisyor_params *p, const struct slo_finding *x,
			   struct slo_noisyor_posterior *out)
{
	double total = 0, best = -1;

	*out = (struct slo_noisyor_posterior){ .map = 0 };
	for (uint32_t set = 0; set < SLO_CAUSE_SETS; set++)
		total += slow_joint(p, x, set);
	for (uint32_t set = 0; set < SLO_CAUSE_SETS; set++) {
		double share = slow_joint(p, x, set) / total;

		for (uint32_t k = 0; k < SLO_CAUSES; k++)
			out->p[k] += (set & 1u << k) ? share : 0;
		if ((set & 0x7f) == 0)
			out->unnamed += share;
		if (share > best) {
			best = share;
			out->map = set;
		}
	}
	out->none = slow_joint(p, x, 0) / total;
	out->map_p = best;
	out->log_evidence = log(total);
}

static void ck_same(const struct slo_noisyor_posterior *p, const struct slo_noisyor_posterior *want)
{
	for (int k = 0; k < SLO_CAUSES; k++) {
		ck_assert_double_eq_tol(p->p[k], want->p[k], 1e-12);
		ck_assert_double_eq_tol(p->not_p[k], 1 - want->p[k], 1e-12);
	}
	ck_assert_double_eq_tol(p->none, want->none, 1e-12);
	ck_assert_double_eq_tol(p->unnamed, want->unnamed, 1e-12);
	ck_assert_double_eq_tol(p->named, 1 - want->unnamed, 1e-12);
	ck_assert_double_eq_tol(p->map_p, want->map_p, 1e-12);
	ck_assert_uint_eq(p->map, want->map);
	ck_assert_double_eq_tol(p->log_evidence, want->log_evidence, 1e-11);
}

static void draw_params(struct slo_noisyor_params *p, uint32_t findings, struct slo_rng *rng)
{
	*p = (struct slo_noisyor_params){ .findings = findings };
	for (int k = 0; k < SLO_CAUSES; k++)
		p->prior[k] = .02 + .3 * slo_rng_unit(rng);
	for (uint32_t j = 0; j < findings; j++) {
		p->leak[j] = .005 + .2 * slo_rng_unit(rng);
		for (int k = 0; k < SLO_CAUSES; k++)
			p->link[j][k] = slo_rng_unit(rng) < .5 ? 0 : .99 * slo_rng_unit(rng);
	}
}

START_TEST(all_4096_evidence_vectors_agree_with_the_definition)
{
	struct slo_noisyor_params p;
	struct slo_rng rng;
	double total = 0;

	slo_rng_seed(&rng, 20261123);
	draw_params(&p, 12, &rng);
	slo_noisyor_init(&engine, &p);
	for (uint32_t bits = 0; bits < 1u << 12; bits++) {
		struct slo_finding x[12];
		struct slo_noisyor_posterior got, want;

		for (uint32_t j = 0; j < 12; j++)
			x[j] = (struct slo_finding){ bits >> j & 1 ? SLO_FINDING_ELEVATED : SLO_FINDING_QUIET, 0 };
		slo_noisyor_posterior(&engine, x, &got);
		slow_posterior(&p, x, &want);
		ck_same(&got, &want);
		total += exp(got.log_evidence);
	}
	ck_assert_double_eq_tol(total, 1, 1e-12); /* one of the vectors is the case */
}
END_TEST

START_TEST(mixed_evidence_on_any_number_of_findings_agrees_with_the_definition)
{
	struct slo_rng rng;

	slo_rng_seed(&rng, 7);
	for (uint32_t round = 0; round < 200; round++) {
		struct slo_finding x[SLO_FINDINGS_MAX];
		struct slo_noisyor_posterior got, want;
		struct slo_noisyor_params p;

		draw_params(&p, (uint32_t)slo_rng_below(&rng, SLO_FINDINGS_MAX + 1), &rng);
		for (uint32_t j = 0; j < SLO_FINDINGS_MAX; j++)
			x[j] = (struct slo_finding){ (int)slo_rng_below(&rng, 4), 12 * slo_rng_unit(&rng) - 6 };
		got = judge(&p, x);
		slow_posterior(&p, x, &want);
		ck_same(&got, &want);
	}
}
END_TEST

START_TEST(what_is_not_captured_has_no_effect)
{
	struct slo_noisyor_params p, q;
	struct slo_finding x[12], y[6];
	struct slo_noisyor_posterior with, without;
	struct slo_rng rng;

	slo_rng_seed(&rng, 11);
	draw_params(&p, 12, &rng);
	q = p;
	q.findings = 6;
	for (uint32_t j = 0; j < 12; j++)
		x[j] = (struct slo_finding){ j < 6 ? SLO_FINDING_SOFT : SLO_FINDING_NONE, 3 };
	for (uint32_t j = 0; j < 6; j++)
		y[j] = x[j];
	with = judge(&p, x);
	without = judge(&q, y);
	for (int k = 0; k < SLO_CAUSES; k++)
		ck_assert_double_eq(with.p[k], without.p[k]);
	ck_assert_uint_eq(with.captured, 6);
}
END_TEST

START_TEST(weights_are_the_change_of_log_odds)
{
	static const struct slo_finding x[2] = { ELEVATED, QUIET }, rest[2] = { ELEVATED, NONE };
	double w[2][SLO_CAUSES];

	slo_noisyor_init(&engine, &small);
	slo_noisyor_weigh(&engine, x, w);
	/* From the reference rows (1, 0) and (1, -). */
	ck_assert_double_eq_tol(w[1][A], log(0.7766722347 / 0.2233277653) - log(0.7431257557 / 0.2568742443), 1e-8);
	ck_assert_double_eq_tol(w[1][B], log(0.0400246035 / 0.9599753965) - log(0.1545275833 / 0.8454724167), 1e-8);
	ck_assert_double_lt(w[1][B], 0);
	ck_assert_double_gt(w[0][A], 0);
	slo_noisyor_weigh(&engine, rest, w);
	ck_assert_double_eq(w[1][A], 0);
	ck_assert_double_eq_tol(w[0][A], log(0.7431257557 / 0.2568742443) - log(.1 / .9), 1e-8);
}
END_TEST

/* Forty findings that all shout: e^240 or so for the full set, far more than any one factor. */
START_TEST(extreme_evidence_stays_finite)
{
	static const struct slo_finding kinds[] = { SOFT(6), SOFT(-6), ELEVATED, QUIET };
	struct slo_noisyor_params p = { .findings = SLO_FINDINGS_MAX };
	struct slo_finding x[SLO_FINDINGS_MAX];
	double w[SLO_FINDINGS_MAX][SLO_CAUSES];

	for (int k = 0; k < SLO_CAUSES; k++)
		p.prior[k] = 1e-6;
	for (uint32_t j = 0; j < SLO_FINDINGS_MAX; j++) {
		p.leak[j] = 1e-9;
		x[j] = kinds[_i];
		for (int k = 0; k < SLO_CAUSES; k++)
			p.link[j][k] = 1 - 1e-15;
	}
	struct slo_noisyor_posterior got = judge(&p, x);
	ck_assert(isfinite(got.log_evidence));
	for (int k = 0; k < SLO_CAUSES; k++) {
		ck_assert(got.p[k] >= 0 && got.p[k] <= 1);
		ck_assert_double_eq_tol(got.p[k] + got.not_p[k], 1, 1e-12);
	}
	/* One cause is enough for all that is elevated, and none for quiet. */
	ck_assert_double_eq_tol(got.unnamed, kinds[_i].lambda > 0 || kinds[_i].state == SLO_FINDING_ELEVATED ?
				1. / 8 : 1, 1e-5);
	slo_noisyor_weigh(&engine, x, w);
	for (int k = 0; k < SLO_CAUSES; k++)
		ck_assert(isfinite(w[0][k]));
}
END_TEST

/* The logarithm of the evidence where the product itself would leave a double's range, against a sum of logarithms. */
START_TEST(products_beyond_a_doubles_range_keep_their_logarithm)
{
	struct slo_noisyor_params p = { .findings = SLO_FINDINGS_MAX };
	struct slo_finding x[SLO_FINDINGS_MAX];
	double want = 0;

	for (uint32_t j = 0; j < SLO_FINDINGS_MAX; j++) {
		x[j] = (struct slo_finding){ SLO_FINDING_ELEVATED, 0 };
		p.leak[j] = 1e-12;
		want += log(1e-12);
	}
	ck_assert_double_lt(want, -745); /* else the test shows nothing */
	ck_assert_double_eq_tol(judge(&p, x).log_evidence, want, 1e-3); /* 1 - (1 - 1e-12) has four digits */
}
END_TEST

START_TEST(impossible_evidence_leaves_the_prior)
{
	struct slo_noisyor_params p = small;
	static const struct slo_finding x[2] = { ELEVATED, NONE };
	struct slo_noisyor_posterior got;

	p.leak[0] = p.link[0][A] = p.link[0][B] = 0;
	got = judge(&p, x);
	ck_assert_double_eq_tol(got.p[A], .1, 1e-15);
	ck_assert_double_eq_tol(got.p[B], .05, 1e-15);
	ck_assert(got.log_evidence == -INFINITY);
	ck_assert_uint_eq(got.map, 0);
}
END_TEST

START_TEST(of_equally_probable_sets_the_smaller_bit_set_is_named)
{
	struct slo_noisyor_params p = { .findings = 0, .prior = { .5, 0, .5 } };

	ck_assert_uint_eq(judge(&p, NULL).map, 0);
	ck_assert_double_eq_tol(judge(&p, NULL).map_p, .25, 1e-15);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("noisyor");
	TCase *t = tcase_create("noisyor");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, posteriors_are_the_reference_values, 0,
			    (int)(sizeof(reference) / sizeof(reference[0])));
	tcase_add_test(t, nothing_captured_gives_the_priors_exactly);
	tcase_add_test(t, evidence_of_the_first_row_has_the_reference_probability);
	tcase_add_test(t, every_set_has_its_reference_probability);
	tcase_add_test(t, one_cause_explains_the_other_away);
	tcase_add_test(t, soft_evidence_becomes_hard_at_the_clip);
	tcase_add_test(t, all_4096_evidence_vectors_agree_with_the_definition);
	tcase_add_test(t, mixed_evidence_on_any_number_of_findings_agrees_with_the_definition);
	tcase_add_test(t, what_is_not_captured_has_no_effect);
	tcase_add_test(t, weights_are_the_change_of_log_odds);
	tcase_add_loop_test(t, extreme_evidence_stays_finite, 0, 4);
	tcase_add_test(t, products_beyond_a_doubles_range_keep_their_logarithm);
	tcase_add_test(t, of_equally_probable_sets_the_smaller_bit_set_is_named);
	tcase_add_test(t, impossible_evidence_leaves_the_prior);
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
