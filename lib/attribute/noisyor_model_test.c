/* SPDX-License-Identifier: MIT */
#include "attribute/noisyor_model.h"
#include "base/rng.h"

#include <check.h>
#include <math.h>

static struct slo_noisyor_model model;
static struct slo_facts facts;
static struct slo_verdict verdict;

static void setup(void)
{
	slo_noisyor_model_init(&model, NULL);
	slo_facts_clear(&facts);
}

static void tell_at(int signal, int role, double value, double baseline)
{
	struct slo_fact *f = &facts.by_role[signal][role];

	*f = (struct slo_fact){ .state = value > 0 ? SLO_STATE_VALUE : SLO_STATE_ZERO, .told = true, .value = value,
				.baseline = baseline, .spread = isnan(baseline) ? NAN : 0,
				.source = SLO_EVIDENCE_EBPF, .threshold = slo_signal_info[signal].elevated };
	slo_fact_judge(f);
}

static void up(int signal, int role)
{
	tell_at(signal, role, 5 * slo_signal_info[signal].elevated, 0);
}

/* Everything captured and quiet, peers known. */
static void calm(void)
{
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		double usual = slo_signal_info[s].scalar == SLO_SCALAR_LATENCY;

		tell_at(s, SLO_ROLE_OTHER, usual, usual);
		if (slo_signal_info[s].scalar == SLO_SCALAR_MEAN || s == SLO_SIGNAL_DNS_LATENCY)
			continue;
		tell_at(s, SLO_ROLE_PROVIDER, usual, usual);
		tell_at(s, SLO_ROLE_RETRIEVAL, usual, usual);
	}
}

static void judge(void)
{
	slo_facts_choose(&facts);
	slo_verdict_make(&model.model, &facts, &verdict);
}

START_TEST(two_faults_are_named_at_once)
{
	calm();
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_RUNQUEUE_DELAY, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_CFS_THROTTLED, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER);
	judge();
	ck_assert_uint_eq(verdict.causes, 1u << SLO_DOMAIN_NETWORK_DNS | 1u << SLO_DOMAIN_CPU_THROTTLE);
	ck_assert(verdict.claimed);
	ck_assert_double_gt(verdict.hypotheses[1].posterior, .6);
	/* The exclusive model has to choose. */
	slo_verdict_make(&slo_model_naive, &facts, &verdict);
	ck_assert_double_lt(verdict.hypotheses[1].posterior, .05);
}
END_TEST

START_TEST(the_peer_tells_retrieval_from_provider)
{
	calm();
	up(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_RETRIEVAL);
	up(SLO_SIGNAL_CONNECT_ERRORS, SLO_ROLE_RETRIEVAL);
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_RETRIEVAL_BACKEND);
	calm();
	up(SLO_SIGNAL_CONNECT_ERRORS, SLO_ROLE_PROVIDER);
	up(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER);
	up(SLO_SIGNAL_TLS_FAILS, SLO_ROLE_PROVIDER);
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_PROVIDER_ERROR);
}
END_TEST

START_TEST(silence_is_unknown)
{
	calm();
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_uint_eq(verdict.causes, 1u << SLO_DOMAIN_UNKNOWN);
	ck_assert_double_gt(verdict.confidence, .8);
	ck_assert(!verdict.claimed);
}
END_TEST

START_TEST(nothing_captured_has_the_prior_of_no_named_cause)
{
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_double_eq_tol(verdict.confidence, pow(.9, 7), 1e-12);
	ck_assert_uint_eq(verdict.hypotheses_count, 0);
}
END_TEST

START_TEST(weights_are_of_whole_signals)
{
	struct slo_posterior with, without;

	calm();
	up(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_RETRIEVAL);
	up(SLO_SIGNAL_CONNECT_ERRORS, SLO_ROLE_RETRIEVAL);
	judge();
	model.model.posterior(&model.model, &facts, &with);
	for (int r = 0; r < SLO_ROLE__COUNT; r++)
		facts.by_role[SLO_SIGNAL_CONNECT_LATENCY][r].state = SLO_STATE_NOT_CAPTURED;
	slo_facts_choose(&facts);
	model.model.posterior(&model.model, &facts, &without);
	ck_assert_double_eq_tol(verdict.weight[SLO_SIGNAL_CONNECT_LATENCY],
				slo_logit(with.p[verdict.domain], with.not_p[verdict.domain]) -
				slo_logit(without.p[verdict.domain], without.not_p[verdict.domain]), 1e-9);
	ck_assert_double_gt(verdict.weight[SLO_SIGNAL_CONNECT_LATENCY], .5);
	ck_assert_double_lt(verdict.weight[SLO_SIGNAL_TLS_HANDSHAKE], 0);
}
END_TEST

/* Trained parameters: detectors for what tracing measures. */
static void learn(void)
{
	static struct slo_model_params p;

	slo_params_expert(&p);
	p.soft = true;
	slo_str_copy(p.name, sizeof(p.name), slo_str("lab"));
	for (int j = 0; j < SLO_FINDING__COUNT; j++)
		if (slo_finding_info[j].kind != SLO_FINDING_APP)
			p.detector[j][SLO_EVIDENCE_EBPF] = (struct slo_detector){ -5.5, 4, .1, 100 };
	slo_noisyor_model_init(&model, &p);
}

START_TEST(a_learned_model_sees_below_the_threshold)
{
	learn();
	calm();
	tell_at(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER, 39, 2); /* threshold 40, z = 18.5 */
	judge();
	ck_assert(!slo_facts_of(&facts, SLO_SIGNAL_DNS_LATENCY)->elevated);
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_NETWORK_DNS);
	ck_assert(verdict.claimed);
	ck_assert_str_eq(verdict.model->name, "noisyor:lab");
}
END_TEST

START_TEST(a_learned_model_does_not_use_a_source_nobody_trained)
{
	learn();
	calm();
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	facts.by_role[SLO_SIGNAL_DNS_LATENCY][SLO_ROLE_OTHER].source = SLO_EVIDENCE_HOST;
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_UNKNOWN);
}
END_TEST

static void tell_app(enum slo_app app, double value, double baseline)
{
	struct slo_fact *f = &facts.app[app];

	f->state = SLO_STATE_VALUE;
	f->told = true;
	f->value = value;
	f->baseline = baseline;
	f->spread = 0;
	f->source = SLO_EVIDENCE_APPLICATION;
	slo_fact_judge(f);
}

/* Nobody watches connections or system calls. */
static void hosts_are_calm(void)
{
	tell_at(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 0, 0);
	tell_at(SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER, 0, 0);
	tell_at(SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER, 0, 0);
	tell_at(SLO_SIGNAL_CFS_THROTTLED, SLO_ROLE_OTHER, 0, 0);
}

START_TEST(statuses_tell_what_no_kernel_signal_can)
{
	struct slo_incident inc;

	hosts_are_calm();
	tell_app(SLO_APP_RATE_LIMITED, .4, 0);
	tell_app(SLO_APP_SERVER_ERROR, 0, 0);
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_PROVIDER_THROTTLE);
	ck_assert_int_eq(verdict.order[0], SLO_SIGNAL__COUNT + SLO_APP_RATE_LIMITED);
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], &inc);
	slo_verdict_fill(&verdict, &facts, &inc);
	ck_assert(slo_str_is(inc.evidence[0].signal, "app.rate_limited"));
	ck_assert(slo_str_is(inc.evidence[0].unit, "ratio"));
	ck_assert_int_eq(inc.evidence[0].source, SLO_EVIDENCE_APPLICATION);
	ck_assert_int_eq(inc.evidence[0].role, -1);
	ck_assert(slo_str_is(inc.fault_hypotheses[0].evidence[0], "app.rate_limited"));
	slo_facts_clear(&facts);
	tell_app(SLO_APP_SERVER_ERROR, .4, 0); /* and nothing of the kernel at all */
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_PROVIDER_ERROR);
	/* The published model knows signals only. */
	slo_verdict_make(&slo_model_naive, &facts, &verdict);
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_uint_eq(verdict.hypotheses_count, 0);
}
END_TEST

START_TEST(weights_of_the_application_are_of_one_number_each)
{
	struct slo_posterior with, without;
	int subject = SLO_SIGNAL__COUNT + SLO_APP_RATE_LIMITED;

	hosts_are_calm();
	tell_app(SLO_APP_RATE_LIMITED, .4, 0);
	tell_app(SLO_APP_TIMEOUT, 0, 0);
	judge();
	model.model.posterior(&model.model, &facts, &with);
	facts.app[SLO_APP_RATE_LIMITED].state = SLO_STATE_NOT_CAPTURED;
	model.model.posterior(&model.model, &facts, &without);
	ck_assert_double_eq_tol(verdict.weight[subject], slo_logit(with.p[verdict.domain], with.not_p[verdict.domain]) -
				slo_logit(without.p[verdict.domain], without.not_p[verdict.domain]), 1e-9);
	ck_assert_double_gt(verdict.weight[subject], 2);
}
END_TEST

/* No threshold says how much load is too much: without learning it must not move anything. */
START_TEST(load_has_no_say_before_it_was_learned)
{
	double before;

	calm();
	up(SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER);
	judge();
	before = verdict.confidence;
	tell_app(SLO_APP_ARRIVALS, 1e6, 1);
	judge();
	ck_assert_double_eq_tol(verdict.confidence, before, 1e-12);
	ck_assert_double_eq_tol(verdict.weight[SLO_SIGNAL__COUNT + SLO_APP_ARRIVALS], 0, 1e-9);
}
END_TEST

static struct slo_noisyor_view judged(void)
{
	struct slo_measure m[SLO_FINDING__COUNT];
	struct slo_noisyor_view v;

	slo_facts_choose(&facts);
	slo_findings_measure(&facts, m);
	slo_noisyor_judge(&model, m, &v);
	return v;
}

START_TEST(the_captured_share_counts_a_signal_once)
{
	calm();
	ck_assert_double_eq_tol(judged().captured, 1, 1e-12);
	slo_facts_clear(&facts);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		tell_at(s, SLO_ROLE_OTHER, 0, 0); /* nobody knows the peers */
	ck_assert_double_eq_tol(judged().captured, 1, 1e-12);
	slo_facts_clear(&facts);
	ck_assert_double_eq(judged().captured, 0);
	tell_at(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER, 0, 0);
	ck_assert(judged().captured > .05 && judged().captured < .15);
}
END_TEST

START_TEST(each_reason_to_abstain_suffices)
{
	struct slo_noisyor_view v;

	calm();
	up(SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_DISK_IO, SLO_ROLE_OTHER);
	v = judged();
	ck_assert(!slo_noisyor_abstains(&model, &v));
	model.params.abstain.tau = v.marginal[SLO_DOMAIN_MEMORY_PRESSURE] + 1e-6;
	ck_assert(slo_noisyor_abstains(&model, &v));
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_int_eq(verdict.hypotheses[0].domain, SLO_DOMAIN_MEMORY_PRESSURE); /* what it would have been */
	ck_assert_uint_eq(verdict.causes, 1u << SLO_DOMAIN_UNKNOWN);
	model.params.abstain = (struct slo_abstain){ .captured = 1.1, .surprise = INFINITY };
	ck_assert(slo_noisyor_abstains(&model, &v));
	model.params.abstain = (struct slo_abstain){ .surprise = -v.posterior.log_evidence - 1e-6 };
	ck_assert(slo_noisyor_abstains(&model, &v));
	model.params.abstain.surprise = -v.posterior.log_evidence + 1e-6;
	ck_assert(!slo_noisyor_abstains(&model, &v));
	v.marginal[SLO_CAUSE_UNMODELLED] = 1;
	ck_assert(slo_noisyor_abstains(&model, &v));
}
END_TEST

START_TEST(calibration_moves_every_marginal)
{
	struct slo_noisyor_view raw, v;

	calm();
	up(SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER);
	raw = judged();
	model.params.calibration = (struct slo_platt){ 0, .5, 1 };
	v = judged();
	for (int k = 0; k < SLO_CAUSE_UNMODELLED; k++) {
		ck_assert_double_eq_tol(slo_logit(v.marginal[k], v.not_marginal[k]),
					slo_logit(raw.marginal[k], raw.not_marginal[k]) / 2, 1e-9);
		ck_assert_double_eq_tol(v.marginal[k] + v.not_marginal[k], 1, 1e-12);
	}
	ck_assert_double_eq_tol(slo_logit(v.marginal[7], v.not_marginal[7]),
				slo_logit(raw.marginal[7], raw.not_marginal[7]) / 2, 1e-9);
	ck_assert_double_eq(raw.marginal[7], raw.posterior.unnamed);
}
END_TEST

START_TEST(speakers_need_evidence_and_a_link)
{
	int who[SLO_SUBJECT__COUNT];

	calm();
	up(SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	slo_facts_choose(&facts);
	ck_assert_uint_eq(slo_verdict_speakers(&model.model, &facts, SLO_DOMAIN_MEMORY_PRESSURE, who), 1);
	ck_assert_int_eq(who[0], SLO_SIGNAL_MEM_RECLAIM);
	ck_assert_uint_eq(slo_verdict_speakers(&model.model, &facts, SLO_DOMAIN_UNKNOWN, who), 0);
}
END_TEST

static void any_fact(struct slo_rng *rng, struct slo_fact *f)
{
	static const double values[] = { 0, 1e-300, 0.5, 40, 1e6, 1e300, INFINITY, -1, -INFINITY, NAN };

	f->state = (int)slo_rng_below(rng, SLO_STATE__COUNT);
	f->told = slo_rng_below(rng, 2);
	f->value = values[slo_rng_below(rng, SLO_ARRAY_LEN(values))];
	f->baseline = values[slo_rng_below(rng, SLO_ARRAY_LEN(values))];
	f->spread = values[slo_rng_below(rng, SLO_ARRAY_LEN(values))];
	f->iqr = values[slo_rng_below(rng, SLO_ARRAY_LEN(values))];
	f->source = (int)slo_rng_below(rng, SLO_EVIDENCE__COUNT);
	slo_fact_judge(f);
}

/* Numbers no agent sends, in every combination: nothing of it may show in a verdict. */
START_TEST(no_facts_make_a_verdict_that_is_no_number)
{
	struct slo_rng rng;

	slo_rng_seed(&rng, 99);
	if (_i)
		learn();
	for (int round = 0; round < 2000; round++) {
		double at_most = 1 + 1e-12;

		slo_facts_clear(&facts);
		for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
			for (int r = 0; r < SLO_ROLE__COUNT; r++)
				any_fact(&rng, &facts.by_role[s][r]);
		judge();
		ck_assert(verdict.confidence >= 0 && verdict.confidence <= at_most);
		for (uint32_t h = 0; h < verdict.hypotheses_count; h++)
			ck_assert(verdict.hypotheses[h].posterior >= 0 && verdict.hypotheses[h].posterior <= at_most);
		for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
			ck_assert(isfinite(verdict.weight[s]));
		/* Who is blamed is blamed for something. */
		if (verdict.claimed) {
			int who[SLO_SUBJECT__COUNT];

			ck_assert_uint_gt(slo_verdict_speakers(&model.model, &facts, verdict.domain, who), 0);
		}
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("noisyor_model");
	TCase *t = tcase_create("noisyor_model");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, two_faults_are_named_at_once);
	tcase_add_test(t, the_peer_tells_retrieval_from_provider);
	tcase_add_test(t, silence_is_unknown);
	tcase_add_test(t, nothing_captured_has_the_prior_of_no_named_cause);
	tcase_add_test(t, weights_are_of_whole_signals);
	tcase_add_test(t, a_learned_model_sees_below_the_threshold);
	tcase_add_test(t, a_learned_model_does_not_use_a_source_nobody_trained);
	tcase_add_test(t, statuses_tell_what_no_kernel_signal_can);
	tcase_add_test(t, weights_of_the_application_are_of_one_number_each);
	tcase_add_test(t, load_has_no_say_before_it_was_learned);
	tcase_add_test(t, the_captured_share_counts_a_signal_once);
	tcase_add_test(t, each_reason_to_abstain_suffices);
	tcase_add_test(t, calibration_moves_every_marginal);
	tcase_add_loop_test(t, no_facts_make_a_verdict_that_is_no_number, 0, 2);
	tcase_add_test(t, speakers_need_evidence_and_a_link);
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
