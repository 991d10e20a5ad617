/* SPDX-License-Identifier: MIT */
/* What is news about an incident, and which alerts have to be repeated. */
#include "net/webhook_state.h"

#include "base/time.h"
#include "net/webhook_repeat.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPEN = SLO_INCIDENT_STATUS_OPEN, UPDATED = SLO_INCIDENT_STATUS_UPDATED, RESOLVED = SLO_INCIDENT_STATUS_RESOLVED,
       STALE = SLO_INCIDENT_STATUS_STALE };

static struct slo_webhook_states s;
static struct slo_incident inc;

static void set_up(int format)
{
	ck_assert_int_eq(slo_webhook_states_init(&s, format), 0);
}

/* A line about an incident; the second hypothesis has @second of the posterior. */
static const char *line(const char *id, int status, int domain, double second, double burn)
{
	static char text[64];
	enum slo_webhook_action a[2];
	int n;

	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], &inc);
	inc.incident_id = slo_str(id);
	inc.status = status;
	inc.predicted_fault_domain = domain;
	inc.slo_impact.burn_rate = burn;
	inc.fault_hypotheses[0] = (struct slo_hypothesis){ .domain = slo_str(slo_domain_enum.names[domain]),
							   .posterior = 1 - second };
	inc.fault_hypotheses[1] = (struct slo_hypothesis){ .domain = slo_str("memory_pressure"), .posterior = second };
	inc.fault_hypotheses_count = 2;
	n = slo_webhook_news(&s, &inc, a);
	text[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 slo_enum_name(&slo_webhook_action_enum, a[i]));
	return text;
}

static const int CPU = SLO_DOMAIN_CPU_THROTTLE, DNS = SLO_DOMAIN_NETWORK_DNS;

START_TEST(an_incident_is_told_of_once_and_new_numbers_are_no_news)
{
	set_up(SLO_WEBHOOK_GENERIC);
	ck_assert_str_eq(line("a", OPEN, CPU, 0.05, 3), "trigger");
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.04, 3.5), "");
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.06, 4.9), "");
	ck_assert_str_eq(line("b", OPEN, CPU, 0.05, 3), "trigger");
	ck_assert_str_eq(line("a", RESOLVED, CPU, 0.05, 0), "resolve");
	ck_assert_str_eq(line("a", RESOLVED, CPU, 0.05, 0), "");
	ck_assert_str_eq(line("b", UPDATED, CPU, 0.05, 3), "");
	slo_webhook_states_fini(&s);
}
END_TEST

START_TEST(a_change_of_the_cause_set_is_news)
{
	set_up(SLO_WEBHOOK_GENERIC);
	line("a", OPEN, CPU, 0.05, 3);
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.10, 3), "update");
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.45, 3), "");
	ck_assert_str_eq(line("a", UPDATED, DNS, 0.45, 3), "update");
	ck_assert_str_eq(line("a", UPDATED, DNS, 0.05, 3), "update");
	/* The same two, the other way round. */
	line("a", UPDATED, CPU, 0.2, 3);
	slo_webhook_states_fini(&s);
}
END_TEST

START_TEST(a_change_of_severity_is_news)
{
	set_up(_i);
	line("a", OPEN, CPU, 0.05, 3);
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.05, 5.1), "severity");
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.05, 1.5), "severity");
	/* Priorities know no difference between warning and info. */
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.05, 0.5),
			 _i == SLO_WEBHOOK_OPSGENIE || _i == SLO_WEBHOOK_JSM ? "" : "severity");
	ck_assert_str_eq(line("a", UPDATED, DNS, 0.05, 9),
			 _i == SLO_WEBHOOK_OPSGENIE ? "severity update" : "update");
	slo_webhook_states_fini(&s);
}
END_TEST

START_TEST(stale_is_neither_news_nor_resolved)
{
	set_up(SLO_WEBHOOK_GENERIC);
	line("a", OPEN, CPU, 0.05, 3);
	ck_assert_str_eq(line("a", STALE, CPU, 0.05, 3), "");
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.05, 3), "");
	ck_assert_str_eq(line("a", RESOLVED, CPU, 0.05, 0), "resolve");
	slo_webhook_states_fini(&s);
}
END_TEST

START_TEST(what_opens_again_under_its_id_is_news)
{
	set_up(SLO_WEBHOOK_GENERIC);
	line("a", OPEN, CPU, 0.05, 3);
	line("a", RESOLVED, CPU, 0.05, 0);
	ck_assert_str_eq(line("a", OPEN, CPU, 0.05, 3), "trigger");
	ck_assert_str_eq(line("a", RESOLVED, CPU, 0.05, 0), "resolve");
	slo_webhook_states_fini(&s);
}
END_TEST

START_TEST(after_a_restart_everything_is_told_again)
{
	set_up(SLO_WEBHOOK_GENERIC);
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.05, 3), "trigger");
	ck_assert_str_eq(line("b", RESOLVED, CPU, 0.05, 0), "resolve");
	ck_assert_str_eq(line("c", STALE, CPU, 0.05, 3), "trigger");
	/* A record of the first version has no status. */
	ck_assert_str_eq(line("d", -1, CPU, 0.05, 3), "trigger");
	slo_webhook_states_fini(&s);
}
END_TEST

START_TEST(what_got_lost_is_news_again)
{
	set_up(SLO_WEBHOOK_GENERIC);
	line("a", OPEN, CPU, 0.05, 3);
	slo_webhook_forget(&s, &inc);
	ck_assert_str_eq(line("a", UPDATED, CPU, 0.05, 3), "trigger");
	slo_webhook_states_fini(&s);
}
END_TEST

START_TEST(the_memory_is_bounded_and_counts_what_it_forgot)
{
	char id[32];

	set_up(SLO_WEBHOOK_GENERIC);
	for (int i = 0; i < SLO_WEBHOOK_KNOWN_MAX + 10; i++) {
		snprintf(id, sizeof(id), "inc-%d", i);
		ck_assert_str_eq(line(id, OPEN, CPU, 0.05, 3), "trigger");
	}
	ck_assert_uint_eq(s.table.evicted, 10);
	ck_assert_str_eq(line(id, UPDATED, CPU, 0.05, 3), "");
	slo_webhook_states_fini(&s);
}
END_TEST

START_TEST(alerts_are_repeated_until_they_are_over)
{
	struct slo_repeats r;
	int64_t next = INT64_MAX;
	char *text;

	ck_assert_int_eq(slo_repeats_init(&r, 2, 60 * SLO_NS_PER_S), 0);
	slo_repeats_set(&r, slo_str("a"), slo_str("A"), 0);
	slo_repeats_set(&r, slo_str("b"), slo_str("B"), 0);
	slo_repeats_set(&r, slo_str("c"), slo_str("C"), 0);
	ck_assert_uint_eq(r.refused, 1);
	ck_assert_ptr_null(slo_repeats_due(&r, 59 * SLO_NS_PER_S, &next));
	ck_assert_int_eq(next, 60 * SLO_NS_PER_S);
	slo_repeats_set(&r, slo_str("b"), slo_str(NULL), 0);
	text = slo_repeats_due(&r, 60 * SLO_NS_PER_S, &next);
	ck_assert_str_eq(text, "A");
	free(text);
	ck_assert_ptr_null(slo_repeats_due(&r, 60 * SLO_NS_PER_S, &next));
	slo_repeats_set(&r, slo_str("a"), slo_str("A2"), 70 * SLO_NS_PER_S);
	text = slo_repeats_due(&r, 130 * SLO_NS_PER_S, &next);
	ck_assert_str_eq(text, "A2");
	free(text);
	/* Nobody spoke of it for a day. */
	ck_assert_ptr_null(slo_repeats_due(&r, (70 + SLO_REPEAT_FOR_S) * SLO_NS_PER_S, &next));
	ck_assert_uint_eq(r.table.count, 0);
	ck_assert_uint_eq(r.bytes, 0);
	slo_repeats_fini(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("webhook state");
	TCase *t = tcase_create("state");
	SRunner *r = srunner_create(suite);
	int failed;

	tcase_add_test(t, an_incident_is_told_of_once_and_new_numbers_are_no_news);
	tcase_add_test(t, a_change_of_the_cause_set_is_news);
	tcase_add_loop_test(t, a_change_of_severity_is_news, 0, SLO_WEBHOOK_FORMAT__COUNT);
	tcase_add_test(t, stale_is_neither_news_nor_resolved);
	tcase_add_test(t, what_opens_again_under_its_id_is_news);
	tcase_add_test(t, after_a_restart_everything_is_told_again);
	tcase_add_test(t, what_got_lost_is_news_again);
	tcase_add_test(t, the_memory_is_bounded_and_counts_what_it_forgot);
	tcase_add_test(t, alerts_are_repeated_until_they_are_over);
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
