/* SPDX-License-Identifier: MIT */
#include "attribute/outcome.h"

#include <check.h>
#include <math.h>

#define BIT(id) (1u << SLO_DOMAIN_##id)
#define S INT64_C(1000000000)

/* 20 s of baseline, 20 s of fault, 5 s of recovery. */
static struct slo_case incident(uint32_t truth)
{
	return (struct slo_case){ .truth = truth, .positive = truth != 0, .timed = true, .start_ns = 100 * S,
				  .fault_start_ns = 120 * S, .fault_end_ns = 140 * S, .end_ns = 145 * S };
}

static struct slo_incident line(int status, int64_t at_s, int domain, double p)
{
	static const struct slo_hypothesis none;
	struct slo_incident l = { .status = status, .timestamp = at_s * S, .predicted_fault_domain = domain,
				  .confidence = p };

	l.fault_hypotheses[0] = none;
	l.fault_hypotheses[0].domain = slo_str(slo_domain_enum.names[domain]);
	l.fault_hypotheses[0].posterior = p;
	l.fault_hypotheses_count = 1;
	return l;
}

static void also(struct slo_incident *l, int domain, double p)
{
	struct slo_hypothesis *h = &l->fault_hypotheses[l->fault_hypotheses_count++];

	h->domain = slo_str(slo_domain_enum.names[domain]);
	h->posterior = p;
}

static void take(struct slo_outcome *o, const struct slo_case *c, int status, int64_t at_s, int domain)
{
	struct slo_incident l = line(status, at_s, domain, 0.9);

	slo_outcome_take(o, c, &l);
}

enum {
	OPEN = SLO_INCIDENT_STATUS_OPEN,
	UPDATED = SLO_INCIDENT_STATUS_UPDATED,
	RESOLVED = SLO_INCIDENT_STATUS_RESOLVED
};

START_TEST(strata_count_distinct_domains)
{
	static const struct {
		uint32_t truth;
		bool positive;
		int want;
	} rows[] = {
		{ 0, false, SLO_CASE_HEALTHY },
		{ BIT(NETWORK_DNS), true, SLO_CASE_SINGLE },
		{ BIT(NETWORK_DNS), false, SLO_CASE_BELOW },
		{ BIT(NETWORK_DNS) | BIT(PROVIDER_ERROR), true, SLO_CASE_DUAL },
		{ BIT(NETWORK_DNS) | BIT(PROVIDER_ERROR) | BIT(CPU_THROTTLE), true, SLO_CASE_TRIPLE },
		{ BIT(UNKNOWN), true, SLO_CASE_OUTSIDE },
		{ BIT(UNKNOWN), false, SLO_CASE_BELOW },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++) {
		struct slo_case c = { .truth = rows[i].truth, .positive = rows[i].positive };

		ck_assert_int_eq(slo_case_kind(&c), rows[i].want);
	}
}
END_TEST

START_TEST(the_line_in_force_at_the_end_of_the_fault_is_the_answer)
{
	struct slo_case c = incident(BIT(CPU_THROTTLE));
	struct slo_outcome o;

	slo_outcome_init(&o);
	take(&o, &c, OPEN, 126, SLO_DOMAIN_NETWORK_DNS);
	take(&o, &c, UPDATED, 140, SLO_DOMAIN_CPU_THROTTLE);
	take(&o, &c, UPDATED, 141, SLO_DOMAIN_NETWORK_EGRESS);
	ck_assert(o.found);
	ck_assert_int_eq(o.domain, SLO_DOMAIN_CPU_THROTTLE);
	ck_assert_int_eq(o.at_ns, 140 * S);
	ck_assert_int_eq(o.opened_ns, 126 * S);
	ck_assert_double_eq(slo_outcome_delay_s(&o, &c), 6);
	ck_assert(!o.alarm[SLO_CALM_BASELINE] && !o.blamed[SLO_CALM_BASELINE]);
	ck_assert(slo_outcome_correct(&o, &c) && slo_outcome_exact(&o, &c));
}
END_TEST

START_TEST(an_incident_that_opens_after_the_fault_is_answered_by_its_last_line)
{
	struct slo_case c = incident(BIT(CPU_THROTTLE));
	struct slo_outcome o;

	slo_outcome_init(&o);
	ck_assert(isnan(slo_outcome_delay_s(&o, &c)));
	take(&o, &c, OPEN, 142, SLO_DOMAIN_NETWORK_DNS);
	take(&o, &c, UPDATED, 144, SLO_DOMAIN_CPU_THROTTLE);
	take(&o, &c, RESOLVED, 145, SLO_DOMAIN_UNKNOWN);
	ck_assert_int_eq(o.domain, SLO_DOMAIN_CPU_THROTTLE);
	ck_assert_double_eq(slo_outcome_delay_s(&o, &c), 22);
}
END_TEST

START_TEST(an_opening_before_the_fault_is_a_false_alarm_and_answers_only_while_in_force)
{
	struct slo_case c = incident(BIT(CPU_THROTTLE));
	struct slo_outcome o;

	slo_outcome_init(&o);
	take(&o, &c, OPEN, 120, SLO_DOMAIN_NETWORK_DNS); /* the tick of the beginning saw nothing of the fault */
	ck_assert(o.alarm[SLO_CALM_BASELINE] && o.blamed[SLO_CALM_BASELINE]);
	ck_assert(o.found);
	take(&o, &c, RESOLVED, 125, SLO_DOMAIN_NETWORK_DNS);
	ck_assert(!o.found);
	ck_assert(isnan(slo_outcome_delay_s(&o, &c)));
	take(&o, &c, OPEN, 130, SLO_DOMAIN_UNKNOWN); /* the same incident again */
	ck_assert(o.found);
	ck_assert_int_eq(o.named, BIT(UNKNOWN));
	ck_assert_double_eq(slo_outcome_delay_s(&o, &c), 10);
	take(&o, &c, RESOLVED, 138, SLO_DOMAIN_UNKNOWN); /* it spoke of the fault: what it said stands */
	ck_assert(o.found);
}
END_TEST

START_TEST(a_healthy_run_has_two_calm_phases)
{
	struct slo_case c = incident(0);
	struct slo_outcome o;

	slo_outcome_init(&o);
	take(&o, &c, OPEN, 143, SLO_DOMAIN_UNKNOWN);
	ck_assert(!o.alarm[SLO_CALM_BASELINE] && o.alarm[SLO_CALM_CONTROL]);
	ck_assert(!o.blamed[SLO_CALM_CONTROL]);
	take(&o, &c, UPDATED, 144, SLO_DOMAIN_MEMORY_PRESSURE);
	ck_assert(o.blamed[SLO_CALM_CONTROL]);
	ck_assert(!slo_outcome_correct(&o, &c));
}
END_TEST

START_TEST(hypotheses_of_a_tenth_make_the_cause_set_and_unknown_is_alone)
{
	struct slo_case c = incident(BIT(CPU_THROTTLE) | BIT(NETWORK_DNS));
	struct slo_incident l = line(OPEN, 130, SLO_DOMAIN_CPU_THROTTLE, 0.7);
	struct slo_outcome o;

	also(&l, SLO_DOMAIN_NETWORK_DNS, 0.1);
	also(&l, SLO_DOMAIN_UNKNOWN, 0.11);
	also(&l, SLO_DOMAIN_PROVIDER_ERROR, 0.0999);
	l.fault_hypotheses[l.fault_hypotheses_count++] =
		(struct slo_hypothesis){ .domain = SLO_STR("gremlins"), .posterior = 1 };
	slo_outcome_init(&o);
	slo_outcome_take(&o, &c, &l);
	ck_assert_uint_eq(o.named, BIT(CPU_THROTTLE) | BIT(NETWORK_DNS));
	ck_assert_uint_eq(o.listed, BIT(CPU_THROTTLE) | BIT(NETWORK_DNS) | BIT(UNKNOWN));
	ck_assert(slo_outcome_exact(&o, &c) && slo_outcome_correct(&o, &c));
	l.predicted_fault_domain = SLO_DOMAIN_UNKNOWN;
	slo_outcome_take(&o, &c, &l);
	ck_assert_uint_eq(o.named, BIT(UNKNOWN));
	ck_assert_uint_eq(o.listed, BIT(CPU_THROTTLE) | BIT(NETWORK_DNS) | BIT(UNKNOWN));
	ck_assert(!slo_outcome_correct(&o, &c));
}
END_TEST

START_TEST(one_true_domain_blamed_first_is_correct_even_where_the_set_is_not_exact)
{
	struct slo_case c = incident(BIT(CPU_THROTTLE));
	struct slo_incident l = line(OPEN, 130, SLO_DOMAIN_CPU_THROTTLE, 0.7);
	struct slo_outcome o;

	also(&l, SLO_DOMAIN_NETWORK_DNS, 0.3);
	slo_outcome_init(&o);
	ck_assert(!slo_outcome_correct(&o, &c));
	slo_outcome_take(&o, &c, &l);
	ck_assert(slo_outcome_correct(&o, &c) && !slo_outcome_exact(&o, &c));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("outcome");
	TCase *t = tcase_create("outcome");

	tcase_add_test(t, strata_count_distinct_domains);
	tcase_add_test(t, the_line_in_force_at_the_end_of_the_fault_is_the_answer);
	tcase_add_test(t, an_incident_that_opens_after_the_fault_is_answered_by_its_last_line);
	tcase_add_test(t, an_opening_before_the_fault_is_a_false_alarm_and_answers_only_while_in_force);
	tcase_add_test(t, a_healthy_run_has_two_calm_phases);
	tcase_add_test(t, hypotheses_of_a_tenth_make_the_cause_set_and_unknown_is_alone);
	tcase_add_test(t, one_true_domain_blamed_first_is_correct_even_where_the_set_is_not_exact);
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
