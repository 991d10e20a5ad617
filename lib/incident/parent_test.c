/* SPDX-License-Identifier: MIT */
/* Services of one node that suffer from one thing. */
#include "incident/test_world.h"

#include "base/buf.h"

/* One second of a service whose @signal is high where @bad, on @node. */
static void second(const char *service, const char *node, int signal, int64_t t, bool bad)
{
	struct slo_event ev = signal_window(service, signal, t, SLO_STATE_VALUE, bad ? 300 : 1);

	ev.window.node = slo_str(node);
	feed(ev);
	ev = requests(service, SLO_SLI_TTFT, t, 10, bad ? 6 : 0);
	ev.sli_window.node = slo_str(node);
	feed(ev);
}

static const struct line *first(const char *service, int status)
{
	for (size_t i = 0; i < w.n; i++)
		if (strcmp(w.lines[i].service, service) == 0 && w.lines[i].status == status)
			return &w.lines[i];
	return NULL;
}

static size_t lines_of(const char *service)
{
	size_t n = 0;

	for (size_t i = 0; i < w.n; i++)
		n += strcmp(w.lines[i].service, service) == 0;
	return n;
}

START_TEST(two_services_with_the_nodes_cause_have_a_parent)
{
	const struct line *p;
	struct slo_incidents_stats st;

	for (int t = 0; t < 100; t++) {
		second("chat", "n1", SLO_SIGNAL_MEM_RECLAIM, t, t >= 40 && t < 60);
		second("rag", "n1", SLO_SIGNAL_MEM_RECLAIM, t, t >= 44 && t < 70);
	}
	slo_incidents_drain(w.inc);
	p = first("node/n1", SLO_INCIDENT_STATUS_OPEN);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(p->domain, SLO_DOMAIN_MEMORY_PRESSURE);
	ck_assert_uint_eq(p->children, 2);
	ck_assert_int_eq(p->at_s, first("rag", SLO_INCIDENT_STATUS_OPEN)->at_s);
	ck_assert_int_eq(p->started_s, 40);
	ck_assert_str_eq(p->sli, "ttft_ms");
	ck_assert_str_eq(p->parent, "");
	ck_assert_str_eq(first("chat", SLO_INCIDENT_STATUS_OPEN)->parent, "");
	ck_assert_str_eq(first("chat", SLO_INCIDENT_STATUS_RESOLVED)->parent, p->id);
	ck_assert_str_eq(first("rag", SLO_INCIDENT_STATUS_RESOLVED)->parent, p->id);
	/* With the last of its children, and in the same tick. */
	ck_assert_int_eq(first("node/n1", SLO_INCIDENT_STATUS_RESOLVED)->at_s,
			 first("rag", SLO_INCIDENT_STATUS_RESOLVED)->at_s);
	ck_assert_int_gt(first("rag", SLO_INCIDENT_STATUS_RESOLVED)->at_s,
			 first("chat", SLO_INCIDENT_STATUS_RESOLVED)->at_s);
	ck_assert_uint_eq(lines_of("node/n1"), 2);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.parents, 1);
	ck_assert_uint_eq(st.parent_lines, 2);
}
END_TEST

START_TEST(another_node_another_cause_or_ones_own_quota_have_none)
{
	static const struct { const char *node; int signal, other; } rows[] = {
		{ "n2", SLO_SIGNAL_MEM_RECLAIM, SLO_SIGNAL_MEM_RECLAIM },
		{ "n1", SLO_SIGNAL_MEM_RECLAIM, SLO_SIGNAL_DNS_LATENCY },
		{ "n1", SLO_SIGNAL_CFS_THROTTLED, SLO_SIGNAL_CFS_THROTTLED },
	};

	for (int t = 0; t < 60; t++) {
		second("chat", "n1", rows[_i].signal, t, t >= 40);
		second("rag", rows[_i].node, rows[_i].other, t, t >= 40);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 2);
	ck_assert_uint_eq(lines_of("node/n1") + lines_of("node/n2"), 0);
}
END_TEST

START_TEST(each_cause_of_the_node_can_be_the_parents)
{
	static const struct { int signal, domain; } rows[] = {
		{ SLO_SIGNAL_DNS_LATENCY, SLO_DOMAIN_NETWORK_DNS },
		{ SLO_SIGNAL_TCP_RETRANSMITS, SLO_DOMAIN_NETWORK_EGRESS },
		{ SLO_SIGNAL_CPU_STEAL, SLO_DOMAIN_CPU_THROTTLE },
		{ SLO_SIGNAL_MEM_RECLAIM, SLO_DOMAIN_MEMORY_PRESSURE },
	};

	for (int t = 0; t < 60; t++) {
		second("chat", "n1", rows[_i].signal, t, t >= 40);
		second("rag", "n1", rows[_i].signal, t, t >= 40);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_gt(lines_of("node/n1"), 0);
	ck_assert_int_eq(first("node/n1", SLO_INCIDENT_STATUS_OPEN)->domain, rows[_i].domain);
}
END_TEST

START_TEST(who_joins_later_is_told_and_who_is_silent_keeps_it_open)
{
	const struct line *last_of = NULL;

	for (int t = 0; t < 240; t++) {
		second("chat", "n1", SLO_SIGNAL_MEM_RECLAIM, t, t >= 40 && t < 60);
		if (t < 70) /* then it says nothing any more */
			second("rag", "n1", SLO_SIGNAL_MEM_RECLAIM, t, t >= 40);
		second("web", "n1", SLO_SIGNAL_MEM_RECLAIM, t, t >= 50 && t < 60);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(first("node/n1", SLO_INCIDENT_STATUS_OPEN)->children, 2);
	ck_assert_uint_eq(first("node/n1", SLO_INCIDENT_STATUS_UPDATED)->children, 3);
	ck_assert_ptr_nonnull(first("web", SLO_INCIDENT_STATUS_RESOLVED));
	for (size_t i = 0; i < w.n; i++)
		if (strcmp(w.lines[i].service, "node/n1") == 0)
			last_of = &w.lines[i];
	ck_assert_int_eq(last_of->status, SLO_INCIDENT_STATUS_STALE);
	ck_assert_int_eq(last_of->at_s, first("rag", SLO_INCIDENT_STATUS_STALE)->at_s);
}
END_TEST

START_TEST(a_relapse_opens_the_same_parent_again)
{
	const struct line *again = NULL;

	for (int t = 0; t < 160; t++) {
		bool bad = (t >= 40 && t < 60) || (t >= 110 && t < 130);

		second("chat", "n1", SLO_SIGNAL_MEM_RECLAIM, t, bad);
		second("rag", "n1", SLO_SIGNAL_MEM_RECLAIM, t, bad);
	}
	slo_incidents_drain(w.inc);
	for (size_t i = 0; i < w.n; i++)
		if (strcmp(w.lines[i].service, "node/n1") == 0 && w.lines[i].status == SLO_INCIDENT_STATUS_OPEN)
			again = &w.lines[i];
	ck_assert_uint_eq(lines_of("node/n1"), 4);
	ck_assert_int_eq(again->update, 2);
	ck_assert_str_eq(again->id, first("node/n1", SLO_INCIDENT_STATUS_OPEN)->id);
}
END_TEST

START_TEST(parents_are_not_made_where_nobody_wants_them)
{
	struct slo_incidents_opts o;

	teardown();
	slo_incidents_opts_default(&o);
	o.config = &w.config;
	o.emit = on_line;
	o.arg = &w;
	o.parents = false;
	ck_assert_int_eq(slo_incidents_new(&o, &w.inc, NULL), 0);
	for (int t = 0; t < 60; t++) {
		second("chat", "n1", SLO_SIGNAL_MEM_RECLAIM, t, t >= 40);
		second("rag", "n1", SLO_SIGNAL_MEM_RECLAIM, t, t >= 40);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(lines_of("node/n1"), 0);
}
END_TEST

/* Three services, the second half in another engine, which had it from a checkpoint. */
static void run(int cut)
{
	struct slo_incidents_loaded loaded;
	struct slo_incidents *old;
	struct slo_buf state;

	for (int t = 0; t < 150; t++) {
		bool bad = (t >= 40 && t < 60) || (t >= 110 && t < 130);

		if (t == cut) {
			slo_buf_init(&state, 1 << 24);
			ck_assert_int_eq(slo_incidents_save(w.inc, &state), 0);
			old = w.inc;
			begin();
			ck_assert_int_eq(slo_incidents_load(w.inc, slo_buf_str(&state), &loaded, NULL), 0);
			slo_incidents_free(old);
			slo_buf_fini(&state);
		}
		second("chat", "n1", SLO_SIGNAL_MEM_RECLAIM, t, bad);
		second("rag", "n1", SLO_SIGNAL_MEM_RECLAIM, t, bad && t > 45);
		second("web", "n1", SLO_SIGNAL_MEM_RECLAIM, t, bad && t > 50);
	}
	slo_incidents_drain(w.inc);
}

START_TEST(a_checkpoint_keeps_parents)
{
	static struct line want[LINES_MAX];
	size_t n;

	run(-1);
	n = w.n;
	memcpy(want, w.lines, sizeof(want));
	for (int cut = 30; cut < 150; cut += 7) {
		teardown();
		setup();
		run(cut);
		ck_assert_uint_eq(w.n, n);
		for (size_t i = 0; i < n; i++) {
			ck_assert_str_eq(w.lines[i].id, want[i].id);
			ck_assert_str_eq(w.lines[i].parent, want[i].parent);
			ck_assert_int_eq(w.lines[i].update, want[i].update);
			ck_assert_int_eq(w.lines[i].status, want[i].status);
			ck_assert_uint_eq(w.lines[i].children, want[i].children);
			ck_assert_double_eq(w.lines[i].burn, want[i].burn);
			ck_assert_double_eq(w.lines[i].confidence, want[i].confidence);
		}
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("parent");
	TCase *t = tcase_create("parent");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, two_services_with_the_nodes_cause_have_a_parent);
	tcase_add_loop_test(t, another_node_another_cause_or_ones_own_quota_have_none, 0, 3);
	tcase_add_loop_test(t, each_cause_of_the_node_can_be_the_parents, 0, 4);
	tcase_add_test(t, who_joins_later_is_told_and_who_is_silent_keeps_it_open);
	tcase_add_test(t, a_relapse_opens_the_same_parent_again);
	tcase_add_test(t, parents_are_not_made_where_nobody_wants_them);
	tcase_add_test(t, a_checkpoint_keeps_parents);
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
