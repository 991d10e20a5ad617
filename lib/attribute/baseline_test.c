/* SPDX-License-Identifier: MIT */
#include "attribute/baseline.h"
#include "attribute/finding.h"

#include <check.h>
#include <math.h>

static struct slo_facts facts;
static struct slo_verdict verdict;

static void tell(int signal, int role, double value, double baseline)
{
	facts.by_role[signal][role] = (struct slo_fact){
		.state = SLO_STATE_VALUE, .told = true, .value = value, .baseline = baseline, .spread = 0, .iqr = 0,
		.threshold = slo_signal_info[signal].elevated, .source = SLO_EVIDENCE_HOST };
}

static void judge(void)
{
	slo_facts_choose(&facts);
	slo_verdict_make(&slo_model_largest_z, &facts, &verdict);
}

START_TEST(the_largest_z_names_the_domain)
{
	slo_facts_clear(&facts);
	tell(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 22, 2); /* z 10 */
	tell(SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER, 4, 0);       /* z 40 */
	tell(SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER, .5, 0);    /* z 2: no deviation */
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_CPU_THROTTLE);
	ck_assert_double_eq_tol(verdict.confidence, 40. / 53, 1e-12);
	ck_assert_int_eq(verdict.hypotheses[1].domain, SLO_DOMAIN_NETWORK_DNS);
	ck_assert_double_eq_tol(verdict.hypotheses[1].posterior, 10. / 53, 1e-12);
	ck_assert_uint_eq(verdict.hypotheses_count, 3);
	ck_assert_double_eq_tol(verdict.hypotheses[2].posterior, 3. / 53, 1e-12);
}
END_TEST

START_TEST(without_a_deviation_it_is_unknown)
{
	slo_facts_clear(&facts);
	tell(SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER, .29, 0); /* z 2.9 */
	tell(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 900, NAN); /* high, but nobody knows since when */
	judge();
	ck_assert_int_eq(verdict.domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_double_eq(verdict.confidence, 1);
}
END_TEST

START_TEST(findings_point_where_the_table_has_them_most_probable)
{
	static const struct { const char *finding; int domain; } rows[] = {
		{ "dns_latency_ms", SLO_DOMAIN_NETWORK_DNS },
		{ "tcp_retransmits_total@other", SLO_DOMAIN_NETWORK_EGRESS },
		{ "mem_reclaim_latency_ms", SLO_DOMAIN_MEMORY_PRESSURE },
		{ "tls_handshake_ms@provider", SLO_DOMAIN_PROVIDER_THROTTLE },
		{ "tls_handshake_ms@retrieval", SLO_DOMAIN_RETRIEVAL_BACKEND },
		{ "connect_errors_total@provider", SLO_DOMAIN_PROVIDER_ERROR },
		{ "load.arrivals", SLO_DOMAIN_UNKNOWN },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++)
		ck_assert_int_eq(slo_baseline_domain(slo_finding_find(slo_str(rows[i].finding))), rows[i].domain);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("baseline");
	TCase *t = tcase_create("baseline");

	tcase_add_test(t, the_largest_z_names_the_domain);
	tcase_add_test(t, without_a_deviation_it_is_unknown);
	tcase_add_test(t, findings_point_where_the_table_has_them_most_probable);
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
