/* SPDX-License-Identifier: MIT */
#include "correlate/pairs.h"
#include "correlate/testing.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { MOST = 64 };

static struct slo_pairs *pairs;
static struct slo_pair_prediction pred[MOST];

static void setup(void)
{
	ck_assert_int_eq(slo_pairs_new(&pairs), 0);
}

static void teardown(void)
{
	slo_pairs_free(pairs);
}

static struct slo_pairs_run run_of(bool together, int only)
{
	struct slo_pairs_run r = { .join = plain_opts(), .together = together, .only = only, .window_ns = 2000 * MS };

	return r;
}

/* A request of 100 ms on a connection of its own, and an event 50 ms into it. */
static struct slo_labeled_pair pair_at(int64_t at_ms, const char *tuple)
{
	struct slo_labeled_pair p;

	slo_rec_clear(slo_event_rec[SLO_KIND_LABELED_PAIR], &p);
	p.case_id = slo_str("c");
	p.expected_match = 1;
	p.span.service = p.signal.service = slo_str("chat");
	p.span.node = p.signal.node = slo_str("node-a");
	p.span.pod = p.signal.pod = slo_str("chat-0");
	p.span.pid = p.signal.pid = 7;
	p.span.conn_tuple = p.signal.conn_tuple = slo_str(tuple);
	p.span.timestamp = T0 + at_ms * MS;
	p.span.duration_ms = 100;
	p.signal.timestamp = T0 + (at_ms + 50) * MS;
	p.signal.signal = slo_str("dns_latency_ms");
	p.signal.value = 20;
	return p;
}

static void add(const struct slo_labeled_pair *p)
{
	struct slo_err err = { .what = "" };

	ck_assert_msg(slo_pairs_add(pairs, p, &err) == 0, "%s: %s", err.where, err.what);
}

static struct slo_pairs_score score(bool together, int only)
{
	struct slo_pairs_run r = run_of(together, only);
	struct slo_pairs_score s;

	ck_assert_int_eq(slo_pairs_predict(pairs, &r, pred), 0);
	slo_pairs_score(pairs, pred, only < 0 ? 0.7 : 0, only, &s);
	return s;
}

START_TEST(what_one_tier_cannot_tell_apart_another_can)
{
	struct slo_labeled_pair a = pair_at(0, "10.0.0.1:4000->10.0.0.2:53/udp");
	struct slo_labeled_pair b = pair_at(20, "10.0.0.1:4001->10.0.0.2:53/udp");
	struct slo_pairs_score s;

	add(&a);
	add(&b);
	s = score(true, SLO_TIER_PROCESS);
	ck_assert_uint_eq(s.ambiguous, 2);
	ck_assert_uint_eq(s.tp, 0);
	ck_assert_uint_eq(slo_score_recall_sure(&s).n, 0);
	s = score(true, SLO_TIER_CONNECTION);
	ck_assert_uint_eq(s.tp, 2);
	s = score(true, -1);
	ck_assert_uint_eq(s.tp, 2);
	ck_assert_uint_eq(s.fp, 0);
	ck_assert_int_eq(pred[0].tier, SLO_TIER_CONNECTION);
	/* One by one there is nothing to confuse. */
	s = score(false, SLO_TIER_PROCESS);
	ck_assert_uint_eq(s.tp, 2);
	ck_assert_uint_eq(s.ambiguous, 0);
}
END_TEST

START_TEST(event_in_several_pairs_is_one_and_errs_once)
{
	struct slo_labeled_pair a = pair_at(0, "10.0.0.1:4000->10.0.0.2:53/udp"), far = a;
	struct slo_pairs_score s;

	/* The event carries the connection of another request, which is where it will be put. */
	far.span.conn_tuple = slo_str("10.0.0.1:4001->10.0.0.2:53/udp");
	far.span.span_id = slo_str("other");
	a.span.conn_tuple = slo_str("10.0.0.1:4002->10.0.0.2:53/udp");
	far.expected_match = 0;
	a.signal.conn_tuple = far.signal.conn_tuple = far.span.conn_tuple;
	a.signal.pid = far.signal.pid = SLO_ABSENT_I64;
	add(&a);
	add(&far);
	s = score(true, -1);
	ck_assert_uint_eq(s.n, 2);
	ck_assert_uint_eq(s.fp, 1);
	ck_assert_uint_eq(s.fn, 1);
	ck_assert_uint_eq(s.tn, 0);
	ck_assert(pred[0].other && pred[1].match);
}
END_TEST

START_TEST(trace_id_is_hidden_from_the_other_tiers)
{
	struct slo_labeled_pair a = pair_at(0, NULL);
	struct slo_pairs_score s;

	a.span.trace_id = a.signal.trace_id = slo_str("t");
	a.signal.pid = 8; /* another process did it */
	add(&a);
	s = score(true, SLO_TIER_TRACE);
	ck_assert_uint_eq(s.tp, 1);
	s = score(true, SLO_TIER_PROCESS);
	ck_assert_uint_eq(s.tp, 0);
	ck_assert_uint_eq(s.unmatched, 1);
	s = score(true, SLO_TIER_CONNECTION);
	ck_assert_uint_eq(s.n, 0); /* neither says anything about a connection */
}
END_TEST

START_TEST(joins_below_the_threshold_do_not_count)
{
	struct slo_labeled_pair a = pair_at(0, NULL);
	struct slo_pairs_score s;

	a.span.pid = SLO_ABSENT_I64; /* service and node are left: 0.65 */
	add(&a);
	s = score(true, -1);
	ck_assert_int_eq(pred[0].tier, SLO_TIER_SERVICE);
	ck_assert(pred[0].match);
	ck_assert_uint_eq(s.tp, 0);
	ck_assert_uint_eq(s.fn, 1);
	ck_assert_uint_eq(s.fp, 0);
	s = score(true, SLO_TIER_SERVICE);
	ck_assert_uint_eq(s.tp, 1);
}
END_TEST

START_TEST(shifted_clocks_lose_the_event)
{
	struct slo_pairs_run r = run_of(true, -1);
	struct slo_labeled_pair a = pair_at(0, NULL);

	add(&a);
	r.shift_ns = 70 * MS; /* [100, 120] still touches [0, 100] */
	ck_assert_int_eq(slo_pairs_predict(pairs, &r, pred), 0);
	ck_assert(pred[0].match);
	r.shift_ns++;
	ck_assert_int_eq(slo_pairs_predict(pairs, &r, pred), 0);
	ck_assert(!pred[0].match);
	ck_assert_int_eq(pred[0].tier, -1);
}
END_TEST

static const struct {
	const char *text;
	bool good;
} tuples[] = {
	{ "10.0.0.1:1->10.0.0.2:65535/tcp", true },  { "[fe80::1]:4242->[::1]:53/udp", true },
	{ "10.0.0.1:1->10.0.0.2:65536/tcp", false }, { "10.0.0.1->10.0.0.2:1/tcp", false },
	{ "10.0.0.1:1->10.0.0.2:1", false },         { "->", false },
	{ "/", false },                              { "10.0.0.1:1->/tcp", false },
	{ "10.0.0.1:1-10.0.0.2:1/tcp", false },      { "a:1->:2/tcp", false },
};

START_TEST(connections_are_read_strictly)
{
	struct slo_labeled_pair p = pair_at(0, tuples[_i].text);
	struct slo_err err = { .what = "" };

	ck_assert_msg(slo_pairs_add(pairs, &p, &err) == (tuples[_i].good ? 0 : -EINVAL), "%s", tuples[_i].text);
	if (!tuples[_i].good)
		ck_assert_str_eq(err.where, "span.conn_tuple");
}
END_TEST

START_TEST(tiers_have_the_names_of_both_versions)
{
	ck_assert_int_eq(slo_pairs_tier(slo_str("trace_id_exact")), SLO_TIER_TRACE);
	ck_assert_int_eq(slo_pairs_tier(slo_str("pod_pid_100ms")), SLO_TIER_PROCESS);
	ck_assert_int_eq(slo_pairs_tier(slo_str("pod_conn_250ms")), SLO_TIER_CONNECTION);
	ck_assert_int_eq(slo_pairs_tier(slo_str("service_node_500ms")), SLO_TIER_SERVICE);
	ck_assert_int_eq(slo_pairs_tier(slo_str("connection")), SLO_TIER_CONNECTION);
	ck_assert_int_eq(slo_pairs_tier(slo_str("pod")), -1);
}
END_TEST

/* Clopper and Pearson: even 20 of 20 only support 0.861; 40 of 40 0.928, 99 of 100 0.953, 100 of 100 0.970. */
START_TEST(share_says_no_more_than_its_numbers_allow)
{
	static const struct {
		uint64_t k, n;
		double lower;
	} known[] = { { 20, 20, 0.861 }, { 40, 40, 0.928 }, { 99, 100, 0.953 }, { 100, 100, 0.970 } };

	for (size_t i = 0; i < SLO_ARRAY_LEN(known); i++)
		ck_assert_double_eq_tol(slo_share_of(known[i].k, known[i].n).lower, known[i].lower, 6e-4);
	ck_assert_double_eq(slo_share_of(0, 0).lower, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pairs");
	TCase *t = tcase_create("pairs");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_one_tier_cannot_tell_apart_another_can);
	tcase_add_test(t, event_in_several_pairs_is_one_and_errs_once);
	tcase_add_test(t, trace_id_is_hidden_from_the_other_tiers);
	tcase_add_test(t, joins_below_the_threshold_do_not_count);
	tcase_add_test(t, shifted_clocks_lose_the_event);
	tcase_add_loop_test(t, connections_are_read_strictly, 0, (int)SLO_ARRAY_LEN(tuples));
	tcase_add_test(t, tiers_have_the_names_of_both_versions);
	tcase_add_test(t, share_says_no_more_than_its_numbers_allow);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
