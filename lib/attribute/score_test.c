/* SPDX-License-Identifier: MIT */
#include "attribute/score.h"

#include <check.h>
#include <math.h>

#define BIT(id) (1u << SLO_DOMAIN_##id)

static struct slo_fault_sample sample(const char *label, const char *domain)
{
	return (struct slo_fault_sample){ .fault_label = slo_str(label), .expected_domain = slo_str(domain) };
}

START_TEST(truth_is_the_expected_domain_then_the_set_then_the_label)
{
	struct slo_fault_sample s = sample("dns_latency", "cpu_throttle");
	struct slo_truth t;

	ck_assert(slo_truth_read(&s, &t));
	ck_assert_int_eq(t.domain, SLO_DOMAIN_CPU_THROTTLE);
	ck_assert_uint_eq(t.set, BIT(CPU_THROTTLE));
	ck_assert(!t.has_set);
	s = sample("mixed", NULL);
	s.expected_domains[0] = slo_str("network_dns");
	s.expected_domains[1] = slo_str("memory_pressure");
	s.expected_domains_count = 2;
	ck_assert(slo_truth_read(&s, &t));
	ck_assert_int_eq(t.domain, SLO_DOMAIN_NETWORK_DNS);
	ck_assert_uint_eq(t.set, BIT(NETWORK_DNS) | BIT(MEMORY_PRESSURE));
	s = sample("retrieval_slowdown", NULL);
	ck_assert(slo_truth_read(&s, &t));
	ck_assert_int_eq(t.domain, SLO_DOMAIN_RETRIEVAL_BACKEND);
	s = sample("gremlins", NULL);
	ck_assert(slo_truth_read(&s, &t));
	ck_assert_int_eq(t.domain, SLO_DOMAIN_UNKNOWN);
	s = sample("dns_latency", "network_dsn");
	ck_assert(!slo_truth_read(&s, &t));
	ck_assert_int_eq(t.domain, SLO_DOMAIN_UNKNOWN);
}
END_TEST

START_TEST(partial_and_coverage_follow_the_published_definitions)
{
	struct slo_verdict v = { .domain = SLO_DOMAIN_NETWORK_EGRESS,
				 .causes = BIT(NETWORK_EGRESS) | BIT(RETRIEVAL_BACKEND) };
	struct slo_truth t = { .domain = SLO_DOMAIN_CPU_THROTTLE, .has_set = true,
			       .set = BIT(NETWORK_EGRESS) | BIT(CPU_THROTTLE) };
	struct slo_score s;

	slo_score_init(&s);
	ck_assert(isnan(slo_score_partial(&s)));
	slo_score_add(&s, &v, &t);
	ck_assert_double_eq(slo_score_accuracy(&s), 0);
	ck_assert_double_eq(slo_score_partial(&s), 1);
	ck_assert_double_eq(slo_score_coverage(&s), 0.5);
	t = (struct slo_truth){ .domain = SLO_DOMAIN_NETWORK_EGRESS, .set = BIT(NETWORK_EGRESS) };
	slo_score_add(&s, &v, &t);
	t = (struct slo_truth){ .domain = SLO_DOMAIN_UNKNOWN, .set = BIT(UNKNOWN) };
	slo_score_add(&s, &v, &t);
	ck_assert_double_eq_tol(slo_score_accuracy(&s), 1. / 3, 1e-15);
	ck_assert_double_eq_tol(slo_score_partial(&s), 2. / 3, 1e-15);
	ck_assert_double_eq_tol(slo_score_coverage(&s), (0.5 + 1 + 0) / 3, 1e-15);
	ck_assert(s.has_sets);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("score");
	TCase *t = tcase_create("score");

	tcase_add_test(t, truth_is_the_expected_domain_then_the_set_then_the_label);
	tcase_add_test(t, partial_and_coverage_follow_the_published_definitions);
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
