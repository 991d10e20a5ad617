/* SPDX-License-Identifier: MIT */
#include "attribute/argument.h"
#include "attribute/noisyor_model.h"
#include "base/rng.h"

#include <check.h>
#include <math.h>

static struct slo_noisyor_model model;
static struct slo_model_params params;
static struct slo_facts facts;
static struct slo_verdict verdict;
static struct slo_argument arg;
static struct slo_incident inc;

static void tell(int signal, int role, int state, double value)
{
	struct slo_fact *f = &facts.by_role[signal][role];

	*f = (struct slo_fact){ .state = state, .told = true, .value = value, .baseline = 0, .spread = 0, .iqr = 0,
				.source = SLO_EVIDENCE_EBPF, .threshold = slo_signal_info[signal].elevated };
	if (state == SLO_STATE_NOT_CAPTURED)
		f->value = NAN;
	slo_fact_judge(f);
}

static void calm(void)
{
	slo_facts_clear(&facts);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		tell(s, SLO_ROLE_OTHER, SLO_STATE_ZERO, 0);
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER, SLO_STATE_VALUE, 1);
}

static void up(int signal, int role)
{
	tell(signal, role, SLO_STATE_VALUE, 5 * slo_signal_info[signal].elevated);
}

static void argue(const struct slo_model *m)
{
	slo_facts_choose(&facts);
	slo_verdict_make(m, &facts, &verdict);
	slo_argument_make(&verdict, &facts, &arg);
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], &inc);
	slo_verdict_fill(&verdict, &facts, &inc);
}

static const struct slo_point *point(const char *name)
{
	for (uint32_t i = 0; i < arg.count; i++)
		if (strcmp(slo_point_name(&arg.points[i]), name) == 0)
			return &arg.points[i];
	return NULL;
}

static void setup(void)
{
	slo_params_expert(&params);
	slo_noisyor_model_init(&model, NULL);
	calm();
}

/* Detectors that were trained with what tracing measures. */
static void learn(void)
{
	params.soft = true;
	for (int j = 0; j < SLO_FINDING__COUNT; j++)
		if (slo_finding_info[j].kind != SLO_FINDING_APP)
			params.detector[j][SLO_EVIDENCE_EBPF] = (struct slo_detector){ -5.5, 4, .1, 100 };
	slo_noisyor_model_init(&model, &params);
}

static double logit_of(const struct slo_finding *x, int cause, double *p)
{
	struct slo_noisyor_posterior post;
	double q = 0, not_q = 0;

	slo_noisyor_posterior(&model.engine, x, &post);
	if (cause == SLO_DOMAIN_UNKNOWN)
		slo_platt_apply(&model.params.calibration, post.named, post.unnamed, &not_q, &q);
	else
		slo_platt_apply(&model.params.calibration, post.p[cause], post.not_p[cause], &q, &not_q);
	*p = q;
	return slo_logit(q, not_q);
}

/* Every weight of every finding for every domain, worked out the long way. */
static void check_weights(void)
{
	struct slo_measure measures[SLO_FINDING__COUNT];
	struct slo_finding x[SLO_FINDINGS_MAX];
	double p;

	slo_findings_measure(&facts, measures);
	for (uint32_t j = 0; j < SLO_FINDING__COUNT; j++)
		x[j] = slo_params_finding(&model.params, j, &measures[j]);
	for (uint32_t i = 0; i < arg.count; i++) {
		int j = slo_finding_find(slo_str(slo_point_name(&arg.points[i])));
		struct slo_finding one = x[j];

		for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
			double with, without;

			with = logit_of(x, d, &p);
			x[j].state = SLO_FINDING_NONE;
			without = logit_of(x, d, &p);
			x[j] = one;
			ck_assert_double_eq_tol(arg.points[i].weight[d], with - without, 1e-9);
		}
	}
}

START_TEST(a_weight_is_what_leaving_the_finding_out_changes)
{
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER);
	argue(&model.model);
	check_weights();
	ck_assert_double_gt(point("dns_latency_ms")->weight[SLO_DOMAIN_NETWORK_DNS], 2);
	ck_assert_double_lt(point("dns_latency_ms")->weight[SLO_DOMAIN_UNKNOWN], 0);
	/* Quiet evidence speaks against what it would have lifted. */
	ck_assert_double_lt(point("mem_reclaim_latency_ms")->weight[SLO_DOMAIN_MEMORY_PRESSURE], -1);
}
END_TEST

START_TEST(weights_are_steps_between_calibrated_probabilities)
{
	params.calibration = (struct slo_platt){ -.4, .6, 10 };
	learn();
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	argue(&model.model);
	check_weights();
	ck_assert_double_gt(point("dns_latency_ms")->lambda, 1);
	ck_assert_double_gt(point("dns_latency_ms")->z, 50);
}
END_TEST

START_TEST(the_prior_is_what_is_said_without_evidence)
{
	struct slo_finding none[SLO_FINDINGS_MAX] = { { SLO_FINDING_NONE, 0 } };
	double p;

	params.calibration = (struct slo_platt){ -.4, .6, 10 };
	learn();
	argue(&model.model);
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		(void)logit_of(none, d, &p);
		ck_assert_double_eq_tol(arg.prior[d], p, 1e-12);
	}
	slo_noisyor_model_init(&model, NULL);
	argue(&model.model);
	ck_assert_double_eq_tol(arg.prior[SLO_DOMAIN_CPU_THROTTLE], .1, 1e-12);
	ck_assert_double_eq_tol(arg.prior[SLO_DOMAIN_UNKNOWN], pow(.9, 7), 1e-12);
	argue(&slo_model_naive);
	ck_assert_double_eq_tol(arg.prior[SLO_DOMAIN_UNKNOWN], .125, 1e-12);
	argue(&slo_model_rule);
	ck_assert(isnan(arg.prior[SLO_DOMAIN_UNKNOWN]));
}
END_TEST

START_TEST(the_three_states_of_a_signal_stay_apart)
{
	facts.by_role[SLO_SIGNAL_SYSCALL_LATENCY][SLO_ROLE_OTHER].why = "no tracing";
	tell(SLO_SIGNAL_SYSCALL_LATENCY, SLO_ROLE_OTHER, SLO_STATE_NOT_CAPTURED, 0);
	facts.by_role[SLO_SIGNAL_SYSCALL_LATENCY][SLO_ROLE_OTHER].why = "no tracing";
	facts.by_role[SLO_SIGNAL_CPU_STEAL][SLO_ROLE_OTHER].told = false;
	facts.by_role[SLO_SIGNAL_CPU_STEAL][SLO_ROLE_OTHER].state = SLO_STATE_NOT_CAPTURED;
	argue(&model.model);
	ck_assert_int_eq(point("connect_latency_ms@provider")->state, SLO_STATE_VALUE);
	ck_assert_int_eq(point("connect_latency_ms@provider")->role, SLO_ROLE_PROVIDER);
	ck_assert_int_eq(point("mem_reclaim_latency_ms")->state, SLO_STATE_ZERO);
	/* Nothing was heard of that peer, and its signal was watched: a count of nothing says more than no latency. */
	ck_assert_int_eq(point("connect_latency_ms@retrieval")->state, SLO_STATE_ZERO);
	ck_assert_str_eq(point("connect_latency_ms@retrieval")->why, "there was none to measure");
	ck_assert_int_eq(point("connect_errors_total@retrieval")->state, SLO_STATE_ZERO);
	ck_assert_ptr_null(point("connect_errors_total@retrieval")->why);
	ck_assert_double_ne(point("connect_errors_total@retrieval")->weight[SLO_DOMAIN_RETRIEVAL_BACKEND], 0);
	ck_assert_int_eq(point("syscall_latency_ms")->state, SLO_STATE_NOT_CAPTURED);
	ck_assert_ptr_null(point("cpu_steal_pct"));
	ck_assert_ptr_null(point("connect_latency_ms"));
	/* What is not captured comes last and says why. */
	ck_assert_ptr_eq(point("syscall_latency_ms"), &arg.points[arg.count - 1]);
	ck_assert(slo_str_is(inc.evidence[inc.evidence_count - 1].value.str, "no tracing"));
	ck_assert_int_eq(inc.evidence[inc.evidence_count - 1].state, SLO_STATE_NOT_CAPTURED);
	ck_assert(isnan(inc.evidence[inc.evidence_count - 1].weight));
}
END_TEST

START_TEST(what_nobody_trained_says_so)
{
	learn();
	facts.by_role[SLO_SIGNAL_DISK_IO][SLO_ROLE_OTHER].source = SLO_EVIDENCE_HOST;
	facts.by_role[SLO_SIGNAL_RUNQUEUE_DELAY][SLO_ROLE_OTHER].baseline = NAN;
	facts.app[SLO_APP_TIMEOUT] = (struct slo_fact){ .state = SLO_STATE_VALUE, .told = true, .value = .5, .threshold = .02,
							.baseline = 0, .source = SLO_EVIDENCE_APPLICATION };
	argue(&model.model);
	ck_assert_str_eq(point("disk_io_latency_ms")->why, "the model was not trained with this source");
	ck_assert_str_eq(point("runqueue_delay_ms")->why, "no baseline");
	/* The service's own errors are silent where the provider's answers are read. */
	facts.app[SLO_APP_SERVER_ERROR] = facts.app[SLO_APP_PROVIDER_FAILED] = facts.app[SLO_APP_TIMEOUT];
	argue(&model.model);
	ck_assert_str_eq(point("app.server_error")->why, "another finding speaks in its place");
	ck_assert_str_eq(point("app.timeout")->why, "the model was not trained with it");
	ck_assert_double_eq(point("app.timeout")->weight[SLO_DOMAIN_NETWORK_EGRESS], 0);
	ck_assert_ptr_null(point("mem_reclaim_latency_ms")->why);
	ck_assert_double_lt(arg.captured, 1);
}
END_TEST

/* The reasons for an answer, as they are written. */
static uint32_t reasons(void)
{
	uint32_t set = 0;

	for (uint32_t i = 0; i < inc.abstained_count; i++)
		set |= 1u << inc.abstained[i];
	ck_assert_uint_eq(set, arg.abstained);
	return set;
}

START_TEST(an_abstention_says_why)
{
	argue(&model.model);
	ck_assert_uint_eq(reasons(), 1u << SLO_ABSTENTION_NOTHING_NAMED);
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	argue(&model.model);
	ck_assert_uint_eq(reasons(), 0);
	params.abstain = (struct slo_abstain){ .tau = .9999, .captured = 1.1, .surprise = -100 };
	slo_noisyor_model_init(&model, &params);
	argue(&model.model);
	ck_assert_uint_eq(reasons(), 1u << SLO_ABSTENTION_LITTLE_CAPTURED | 1u << SLO_ABSTENTION_SURPRISING |
				     1u << SLO_ABSTENTION_BELOW_TAU);
	ck_assert_double_eq(inc.limits.tau, .9999);
	ck_assert_double_eq(inc.limits.surprise, -100);
	slo_facts_clear(&facts);
	argue(&model.model);
	ck_assert_uint_eq(reasons(), 1u << SLO_ABSTENTION_NOTHING_CAPTURED);
	ck_assert_uint_eq(inc.evidence_count, 0);
}
END_TEST

START_TEST(a_domain_nothing_elevated_speaks_for_has_no_support)
{
	/* All of the naive model's evidence against the others is quiet. */
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		if (slo_naive_likelihood(s, SLO_DOMAIN_CPU_THROTTLE) > .5)
			facts.by_role[s][SLO_ROLE_OTHER].state = SLO_STATE_NOT_CAPTURED;
	slo_facts_choose(&facts);
	slo_verdict_make(&slo_model_naive, &facts, &verdict);
	verdict.hypotheses[0].domain = SLO_DOMAIN_CPU_THROTTLE;
	slo_argument_make(&verdict, &facts, &arg);
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_uint_eq(arg.abstained, 1u << SLO_ABSTENTION_NO_SUPPORT);
}
END_TEST

START_TEST(the_record_lists_causes_and_the_most_probable_set)
{
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_RUNQUEUE_DELAY, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_CFS_THROTTLED, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER);
	argue(&model.model);
	ck_assert_uint_eq(inc.cause_set_count, 2);
	ck_assert_int_eq(inc.cause_set[0], SLO_DOMAIN_NETWORK_DNS);
	ck_assert_int_eq(inc.cause_set[1], SLO_DOMAIN_CPU_THROTTLE);
	ck_assert_uint_eq(inc.map_set_count, 2);
	ck_assert_int_eq(inc.map_set[1], SLO_DOMAIN_CPU_THROTTLE);
	ck_assert_double_gt(inc.map_probability, .3);
	ck_assert_double_eq_tol(inc.no_named_cause, arg.no_named_cause, 1e-9);
	ck_assert(slo_str_is(inc.model_version, "builtin-1"));
	/* The naive model leaves room for the unknown; beside a named cause it is none. */
	calm();
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	argue(&slo_model_naive);
	ck_assert(verdict.causes >> SLO_DOMAIN_UNKNOWN & 1);
	ck_assert_uint_eq(inc.cause_set_count, 1);
	ck_assert_int_eq(inc.cause_set[0], SLO_DOMAIN_NETWORK_DNS);
	ck_assert(isnan(inc.map_probability));
}
END_TEST

START_TEST(a_hypothesis_lists_its_weights_the_largest_first)
{
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER);
	argue(&model.model);
	ck_assert_uint_gt(inc.fault_hypotheses_count, 1);
	for (uint32_t i = 0; i < inc.fault_hypotheses_count; i++) {
		const struct slo_hypothesis *h = &inc.fault_hypotheses[i];
		int d = slo_enum_find(&slo_domain_enum, h->domain);

		ck_assert_uint_gt(h->weights_count, 0);
		for (uint32_t k = 0; k < h->weights_count; k++) {
			char name[64];

			slo_str_copy(name, sizeof(name), h->weights[k].finding);
			ck_assert_double_eq_tol(h->weights[k].weight, point(name)->weight[d], 1e-4);
			ck_assert_double_ge(fabs(h->weights[k].weight), .02);
			if (k)
				ck_assert_double_le(fabs(h->weights[k].weight), fabs(h->weights[k - 1].weight) + 2e-4);
		}
	}
	/* The evidence is in the order of its weight for the first of them. */
	for (uint32_t i = 1; i < inc.evidence_count && inc.evidence[i].state != SLO_STATE_NOT_CAPTURED; i++)
		ck_assert_double_le(fabs(inc.evidence[i].weight), fabs(inc.evidence[i - 1].weight) + 2e-4);
}
END_TEST

START_TEST(only_what_is_loud_calls_for_examples)
{
	up(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER);
	up(SLO_SIGNAL_CONNECT_ERRORS, SLO_ROLE_PROVIDER);
	argue(&model.model);
	ck_assert_int_ne(verdict.domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_double_gt(slo_point_for(&verdict, &facts, point("connect_errors_total@provider")), 0);
	ck_assert_double_eq(slo_point_for(&verdict, &facts, point("dns_latency_ms")), 0);
	ck_assert_double_eq(slo_point_for(&verdict, &facts, point("connect_latency_ms@retrieval")), 0);
	ck_assert_uint_eq(point("connect_errors_total@provider")->roles, 1u << SLO_ROLE_PROVIDER);
	ck_assert_uint_eq(point("connect_errors_total@other")->roles,
			  1u << SLO_ROLE_OTHER | 1u << SLO_ROLE_CLIENT | 1u << SLO_ROLE_RESOLVER);
	/* Rules have no weights, and yet know what speaks for what. */
	calm();
	up(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER);
	up(SLO_SIGNAL_DISK_IO, SLO_ROLE_OTHER);
	argue(&slo_model_rule);
	ck_assert_double_eq(slo_point_for(&verdict, &facts, point("dns_latency_ms")), 1);
	ck_assert_double_eq(slo_point_for(&verdict, &facts, point("disk_io_latency_ms")), 0);
	/* Nothing is blamed: look at everything that is high. */
	calm();
	up(SLO_SIGNAL_DISK_IO, SLO_ROLE_OTHER);
	argue(&slo_model_rule);
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_double_eq(slo_point_for(&verdict, &facts, point("disk_io_latency_ms")), 1);
}
END_TEST

START_TEST(a_model_file_is_named_by_its_hash)
{
	slo_str_copy(params.train_sha256, sizeof(params.train_sha256), slo_str("aa"));
	slo_noisyor_model_init(&model, &params);
	argue(&model.model);
	ck_assert_ptr_null(inc.model_version.p); /* nobody told */
	ck_assert(slo_str_is(inc.model_train_sha256, "aa"));
	slo_noisyor_model_file(&model, "0123");
	argue(&model.model);
	ck_assert(slo_str_is(inc.model_version, "sha256:0123"));
}
END_TEST

static double anything(struct slo_rng *rng)
{
	static const double odd[] = { 0, -1, 1e300, -1e300, NAN, INFINITY, -INFINITY, 1e-300 };

	if (slo_rng_below(rng, 4))
		return slo_rng_unit(rng) * 1000;
	return odd[slo_rng_below(rng, SLO_ARRAY_LEN(odd))];
}

static void invent(struct slo_rng *rng, struct slo_fact *f)
{
	f->told = slo_rng_below(rng, 4) > 0;
	f->state = f->told ? (int)slo_rng_below(rng, SLO_STATE__COUNT) : SLO_STATE_NOT_CAPTURED;
	f->value = f->state == SLO_STATE_NOT_CAPTURED ? NAN : anything(rng);
	f->baseline = anything(rng);
	f->spread = fabs(anything(rng));
	f->iqr = fabs(anything(rng));
	f->source = (int)slo_rng_below(rng, SLO_EVIDENCE__COUNT);
	slo_fact_judge(f);
}

static void check_record(const struct slo_model *m)
{
	struct slo_buf b;

	slo_buf_init(&b, 1 << 20);
	argue(m);
	for (uint32_t i = 0; i < arg.count; i++)
		for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
			ck_assert(isfinite(arg.points[i].weight[d]));
	ck_assert(isnan(arg.captured) || (arg.captured >= 0 && arg.captured <= 1));
	ck_assert((inc.predicted_fault_domain == SLO_DOMAIN_UNKNOWN) == (inc.abstained_count > 0));
	ck_assert(inc.predicted_fault_domain == SLO_DOMAIN_UNKNOWN || inc.evidence_count > 0);
	ck_assert_uint_gt(inc.cause_set_count, 0);
	inc.slo_impact = (struct slo_impact){ .sli = SLO_STR("x"), .window_minutes = 1, .window_seconds = NAN,
					      .burn_rate_short = NAN, .value = NAN, .baseline = NAN, .threshold = NAN,
					      .target = NAN, .short_seconds = NAN, .burn_need = NAN };
	inc.timestamp = 1;
	ck_assert_int_eq(slo_event_encode_payload(SLO_KIND_INCIDENT, &inc, &b), 0);
	slo_buf_fini(&b);
}

START_TEST(whatever_was_measured_makes_a_record)
{
	struct slo_rng rng;

	slo_rng_seed(&rng, (uint64_t)_i);
	slo_facts_clear(&facts);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			invent(&rng, &facts.by_role[s][r]);
	for (int a = 0; a < SLO_APP__COUNT; a++)
		invent(&rng, &facts.app[a]);
	check_record(&slo_model_naive);
	check_record(&slo_model_rule);
	check_record(&model.model);
	params.calibration = (struct slo_platt){ -.4, 2, 10 };
	params.abstain = (struct slo_abstain){ .tau = .5, .captured = .5, .surprise = 20 };
	learn();
	check_record(&model.model);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("argument");
	TCase *t = tcase_create("argument");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_weight_is_what_leaving_the_finding_out_changes);
	tcase_add_test(t, weights_are_steps_between_calibrated_probabilities);
	tcase_add_test(t, the_prior_is_what_is_said_without_evidence);
	tcase_add_test(t, the_three_states_of_a_signal_stay_apart);
	tcase_add_test(t, what_nobody_trained_says_so);
	tcase_add_test(t, an_abstention_says_why);
	tcase_add_test(t, a_domain_nothing_elevated_speaks_for_has_no_support);
	tcase_add_test(t, the_record_lists_causes_and_the_most_probable_set);
	tcase_add_test(t, a_hypothesis_lists_its_weights_the_largest_first);
	tcase_add_test(t, only_what_is_loud_calls_for_examples);
	tcase_add_test(t, a_model_file_is_named_by_its_hash);
	tcase_add_loop_test(t, whatever_was_measured_makes_a_record, 0, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
