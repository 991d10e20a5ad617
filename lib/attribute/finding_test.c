/* SPDX-License-Identifier: MIT */
#include "attribute/finding.h"

#include <check.h>
#include <math.h>

static struct slo_facts facts;
static struct slo_measure m[SLO_FINDING__COUNT];

static void none(void)
{
	slo_facts_clear(&facts);
}

static void tell(int signal, int role, double value, double baseline, double spread)
{
	struct slo_fact *f = &facts.by_role[signal][role];

	*f = (struct slo_fact){ .state = value > 0 ? SLO_STATE_VALUE : SLO_STATE_ZERO, .told = true, .value = value,
				.baseline = baseline, .spread = spread, .source = SLO_EVIDENCE_HOST,
				.threshold = slo_signal_info[signal].elevated };
	slo_fact_judge(f);
}

static void measure(void)
{
	slo_facts_choose(&facts);
	slo_findings_measure(&facts, m);
}

static const struct slo_measure *of(const char *name)
{
	int i = slo_finding_find(slo_str(name));

	ck_assert_msg(i >= 0, "no finding %s", name);
	return &m[i];
}

START_TEST(the_list_is_complete_and_names_are_unique)
{
	int host[SLO_SIGNAL__COUNT] = { 0 }, any[SLO_SIGNAL__COUNT] = { 0 }, peer[SLO_SIGNAL__COUNT] = { 0 };

	for (int i = 0; i < SLO_FINDING__COUNT; i++) {
		const struct slo_finding_info *f = &slo_finding_info[i];

		ck_assert_int_eq(slo_finding_find(slo_str(f->name)), i);
		ck_assert_double_gt(f->floor, 0);
		for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
			ck_assert(f->p[d] > 0 && f->p[d] < 1);
		if (f->signal < 0)
			continue;
		host[f->signal] += f->kind == SLO_FINDING_HOST;
		any[f->signal] += f->kind == SLO_FINDING_ANY;
		peer[f->signal] += f->kind == SLO_FINDING_PEER;
	}
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		ck_assert(host[s] ? host[s] == 1 && !any[s] && !peer[s] : any[s] == 1 && peer[s] == 3);
	ck_assert_int_eq(slo_finding_find(slo_str("connect_latency")), -1);
}
END_TEST

START_TEST(nothing_told_is_nothing_captured)
{
	none();
	measure();
	for (int i = 0; i < SLO_FINDING__COUNT; i++)
		ck_assert_int_eq(m[i].state, SLO_MEASURE_NONE);
}
END_TEST

START_TEST(connections_without_known_peers_are_one_finding)
{
	none();
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_OTHER, 200, 20, 2);
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_CLIENT, 5, 5, 1);
	measure();
	ck_assert_int_eq(of("connect_latency_ms")->state, SLO_MEASURE_TAKEN);
	ck_assert(of("connect_latency_ms")->elevated);
	/* (200 - 20) / max(spread 2, floor 4, 5 % of 20) */
	ck_assert_double_eq_tol(of("connect_latency_ms")->z, 45, 1e-12);
	ck_assert_int_eq(of("connect_latency_ms")->class, SLO_EVIDENCE_HOST);
	ck_assert_int_eq(of("connect_latency_ms@other")->state, SLO_MEASURE_NONE);
	ck_assert_int_eq(of("connect_latency_ms@provider")->state, SLO_MEASURE_NONE);
}
END_TEST

START_TEST(one_known_peer_splits_every_connection_signal)
{
	none();
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER, 20, 20, 2);
	tell(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_OTHER, 3, 0, 0);
	measure();
	ck_assert_int_eq(of("connect_latency_ms")->state, SLO_MEASURE_NONE);
	ck_assert_int_eq(of("connect_latency_ms@provider")->state, SLO_MEASURE_TAKEN);
	ck_assert(!of("connect_latency_ms@provider")->elevated);
	/* No window of that peer: watched, and there was nothing, of which a count is 0 and a latency unknown. */
	ck_assert_int_eq(of("connect_latency_ms@retrieval")->state, SLO_MEASURE_IDLE);
	ck_assert_int_eq(of("tcp_retransmits_total@retrieval")->state, SLO_MEASURE_TAKEN);
	ck_assert(!of("tcp_retransmits_total@retrieval")->elevated);
	ck_assert_double_eq(of("tcp_retransmits_total@retrieval")->z, 0);
	ck_assert_int_eq(of("connect_errors_total@retrieval")->state, SLO_MEASURE_NONE); /* in no role */
	ck_assert_int_eq(of("tcp_retransmits_total")->state, SLO_MEASURE_NONE);
	ck_assert(of("tcp_retransmits_total@other")->elevated);
	ck_assert_double_eq_tol(of("tcp_retransmits_total@other")->z, 30, 1e-12); /* 3 / floor 0.1 */
}
END_TEST

START_TEST(no_lookup_is_no_fast_lookup)
{
	none();
	tell(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 0, 5, 1);
	tell(SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER, 0, 0, 0);
	measure();
	ck_assert_int_eq(of("dns_latency_ms")->state, SLO_MEASURE_IDLE);
	ck_assert_int_eq(of("mem_reclaim_latency_ms")->state, SLO_MEASURE_TAKEN); /* that nobody had to wait says a lot */
}
END_TEST

START_TEST(the_service_speaks_for_its_provider_only_where_nobody_reads_that)
{
	none();
	facts.app[SLO_APP_SERVER_ERROR] = (struct slo_fact){ .state = SLO_STATE_VALUE, .told = true, .value = 1,
							     .baseline = 0, .iqr = 0, .spread = 0, .threshold = .02 };
	measure();
	ck_assert_int_eq(of("app.server_error")->state, SLO_MEASURE_TAKEN);
	facts.app[SLO_APP_PROVIDER_FAILED].baseline = 0; /* nobody asks it now, but it was read before */
	measure();
	ck_assert_int_eq(of("app.server_error")->state, SLO_MEASURE_NONE);
	ck_assert_int_eq(of("provider.failed")->state, SLO_MEASURE_NONE);
}
END_TEST

START_TEST(a_peer_not_heard_of_before_had_no_events_but_an_unknown_latency)
{
	none();
	tell(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_OTHER, 0, 0, 0);
	tell(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_PROVIDER, 3, NAN, NAN);
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_OTHER, 20, 20, 1);
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER, 300, NAN, NAN);
	measure();
	ck_assert_double_eq_tol(of("tcp_retransmits_total@provider")->z, 30, 1e-12);
	ck_assert(of("tcp_retransmits_total@provider")->elevated);
	ck_assert(isnan(of("connect_latency_ms@provider")->z));
	/* Nobody watched before: then nothing is known of counts either. */
	tell(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_OTHER, 0, NAN, NAN);
	measure();
	ck_assert(isnan(of("tcp_retransmits_total@provider")->z));
}
END_TEST

START_TEST(the_loudest_of_the_other_peers_speaks_for_them)
{
	none();
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER, 20, 20, 2);
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_OTHER, 70, 60, 20);
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_CLIENT, 40, 4, 1);
	measure();
	ck_assert_double_eq_tol(of("connect_latency_ms@other")->z, 9, 1e-12);
	tell(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_OTHER, 300, 250, 1); /* elevated, though less of a change */
	measure();
	ck_assert_double_eq_tol(of("connect_latency_ms@other")->z, 4, 1e-12);
}
END_TEST

START_TEST(z_is_in_the_interquartile_range_where_that_is_wider)
{
	none();
	tell(SLO_SIGNAL_DISK_IO, SLO_ROLE_OTHER, 30, 10, 1);
	facts.by_role[SLO_SIGNAL_DISK_IO][SLO_ROLE_OTHER].iqr = 13.49;
	measure();
	ck_assert_double_eq_tol(of("disk_io_latency_ms")->z, 2, 1e-12);
}
END_TEST

START_TEST(the_application_has_its_own_lines)
{
	none();
	facts.app[SLO_APP_TIMEOUT] = (struct slo_fact){ .state = SLO_STATE_VALUE, .told = true, .value = .5,
							.baseline = 0, .iqr = .0269, .source = SLO_EVIDENCE_APPLICATION,
							.threshold = .02 };
	slo_fact_judge(&facts.app[SLO_APP_TIMEOUT]);
	measure();
	ck_assert_int_eq(of("app.timeout")->state, SLO_MEASURE_TAKEN);
	ck_assert(of("app.timeout")->elevated);
	ck_assert_int_eq(of("app.timeout")->class, SLO_EVIDENCE_APPLICATION);
	ck_assert_double_gt(of("app.timeout")->z, 20);
	ck_assert_int_eq(of("app.server_error")->state, SLO_MEASURE_NONE);
	for (int j = 0; j < SLO_FINDING__COUNT; j++) {
		int subject = slo_finding_subject(j);

		ck_assert_int_lt(subject, SLO_SUBJECT__COUNT);
		ck_assert(subject >= 0 || strcmp(slo_finding_info[j].name, "load.in_flight") == 0);
		if (subject >= SLO_SIGNAL__COUNT)
			ck_assert_str_eq(slo_subject_name(subject), slo_finding_info[j].name);
	}
}
END_TEST

START_TEST(a_quiet_signal_is_captured_and_one_nobody_watched_is_not)
{
	none();
	tell(SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER, 0, 0, 0);
	measure();
	ck_assert_int_eq(of("mem_reclaim_latency_ms")->state, SLO_MEASURE_TAKEN);
	ck_assert(!of("mem_reclaim_latency_ms")->elevated);
	ck_assert_double_eq(of("mem_reclaim_latency_ms")->z, 0);
	ck_assert_int_eq(of("disk_io_latency_ms")->state, SLO_MEASURE_NONE);
}
END_TEST

START_TEST(without_a_past_there_is_no_z_but_a_threshold)
{
	none();
	tell(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 90, NAN, NAN);
	measure();
	ck_assert(isnan(of("dns_latency_ms")->z));
	ck_assert(of("dns_latency_ms")->elevated);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("finding");
	TCase *t = tcase_create("finding");

	tcase_add_test(t, the_list_is_complete_and_names_are_unique);
	tcase_add_test(t, nothing_told_is_nothing_captured);
	tcase_add_test(t, connections_without_known_peers_are_one_finding);
	tcase_add_test(t, one_known_peer_splits_every_connection_signal);
	tcase_add_test(t, no_lookup_is_no_fast_lookup);
	tcase_add_test(t, the_service_speaks_for_its_provider_only_where_nobody_reads_that);
	tcase_add_test(t, a_peer_not_heard_of_before_had_no_events_but_an_unknown_latency);
	tcase_add_test(t, the_loudest_of_the_other_peers_speaks_for_them);
	tcase_add_test(t, z_is_in_the_interquartile_range_where_that_is_wider);
	tcase_add_test(t, the_application_has_its_own_lines);
	tcase_add_test(t, a_quiet_signal_is_captured_and_one_nobody_watched_is_not);
	tcase_add_test(t, without_a_past_there_is_no_z_but_a_threshold);
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
