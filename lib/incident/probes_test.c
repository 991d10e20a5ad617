/* SPDX-License-Identifier: MIT */
/* Kernel observations as examples: which are kept, for how long, and what they cost. */
#include "incident/internal.h"

#include "base/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define S INT64_C(1000000000)
#define T0 (INT64_C(1767225600) * S)

enum { ANY_ROLE = (1 << SLO_ROLE__COUNT) - 1, MAX = 16 };

static struct slo_track_budget budget;
static struct probes *probes;
static struct slo_exemplar shown[MAX];

static void setup(void)
{
	budget = (struct slo_track_budget){ .max = 1 << 20 };
	probes = probes_new(&budget, S);
	ck_assert_ptr_nonnull(probes);
}

static void teardown(void)
{
	probes_free(probes);
	ck_assert_uint_eq(budget.used, 0);
}

static struct slo_probe_event probe(int signal, int role, double at_s, double value)
{
	return (struct slo_probe_event){ .ts_unix_nano = T0 + (int64_t)(at_s * 1e9), .signal = signal, .role = role,
					 .pid = 7, .tid = 8, .value = value, .unit = SLO_STR("ms"),
					 .comm = SLO_STR("app"), .errno_ = SLO_ABSENT_I64, .source = -1,
					 .confidence = NAN };
}

static bool add(int signal, int role, double at_s, double value)
{
	struct slo_probe_event e = probe(signal, role, at_s, value);

	return probes_add(probes, &e);
}

static uint32_t fill(int signal, uint32_t roles, int64_t from_s, int64_t to_s)
{
	return probes_fill(probes, signal, roles, T0 + from_s * S, T0 + to_s * S, shown, MAX);
}

START_TEST(the_largest_since_the_onset_are_shown)
{
	add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 1.5, 900); /* before it */
	add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 3.1, 50);
	add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 3.2, 80);
	add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 3.3, 60);
	add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 5.0, 70);
	add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 6.5, 999); /* its second is not over */
	add(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER, 4, 5000);
	ck_assert_uint_eq(fill(SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, 2, 6), 3);
	ck_assert_double_eq(shown[0].value, 80);
	ck_assert_double_eq(shown[1].value, 70);
	ck_assert_double_eq(shown[2].value, 60); /* two of each second are kept */
	ck_assert_uint_eq(fill(SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, 2, 7), 3);
	ck_assert_double_eq(shown[0].value, 999);
	ck_assert_uint_eq(fill(SLO_SIGNAL_MEM_RECLAIM, ANY_ROLE, 2, 7), 0);
	/* Who of a second is the largest is only known at its end. */
	ck_assert_uint_eq(probes_fill(probes, SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, T0 + 6 * S, T0 + 7 * S - 1, shown, MAX), 0);
	ck_assert_uint_eq(probes_fill(probes, SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, T0, T0 + 9 * S, shown, 1), 1);
}
END_TEST

START_TEST(only_the_peers_that_are_asked_for)
{
	add(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER, 1, 100);
	add(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_RETRIEVAL, 1, 900);
	add(SLO_SIGNAL_CONNECT_LATENCY, -1, 1, 300);
	ck_assert_uint_eq(fill(SLO_SIGNAL_CONNECT_LATENCY, 1u << SLO_ROLE_PROVIDER, 0, 3), 1);
	ck_assert_double_eq(shown[0].value, 100);
	ck_assert_int_eq(shown[0].role, SLO_ROLE_PROVIDER);
	ck_assert_uint_eq(fill(SLO_SIGNAL_CONNECT_LATENCY, 1u << SLO_ROLE_OTHER, 0, 3), 1);
	ck_assert_double_eq(shown[0].value, 300);
}
END_TEST

START_TEST(everything_that_is_known_of_it_is_shown)
{
	struct slo_probe_event e = probe(SLO_SIGNAL_CONNECT_ERRORS, SLO_ROLE_PROVIDER, 1, 1);

	e.has_conn_tuple = true;
	e.conn_tuple = (struct slo_conn_tuple){ SLO_STR("fd00::1"), SLO_STR("fd00::2"), 40000, 443, SLO_STR("tcp") };
	e.trace_id = slo_str("0123456789abcdef0123456789abcdef");
	e.detail = slo_str("refused");
	e.errno_ = 111;
	ck_assert(probes_add(probes, &e));
	ck_assert_uint_eq(fill(SLO_SIGNAL_CONNECT_ERRORS, ANY_ROLE, 0, 3), 1);
	ck_assert_int_eq(shown[0].pid, 7);
	ck_assert_int_eq(shown[0].tid, 8);
	ck_assert(slo_str_is(shown[0].comm, "app"));
	ck_assert(slo_str_is(shown[0].unit, "ms"));
	ck_assert(shown[0].has_conn_tuple);
	ck_assert(slo_str_is(shown[0].conn_tuple.dst_ip, "fd00::2"));
	ck_assert_int_eq(shown[0].conn_tuple.dst_port, 443);
	ck_assert(slo_str_is(shown[0].trace_id, "0123456789abcdef0123456789abcdef"));
	ck_assert(slo_str_is(shown[0].detail, "refused"));
	ck_assert_int_eq(shown[0].errno_, 111);
	ck_assert_int_eq(shown[0].ts_unix_nano, T0 + S);
}
END_TEST

START_TEST(the_order_they_come_in_does_not_matter)
{
	enum { N = 200 };
	struct slo_probe_event all[N];
	struct slo_exemplar first[MAX];
	struct slo_rng rng;
	uint32_t n = 0;

	slo_rng_seed(&rng, 7);
	for (int i = 0; i < N; i++) {
		/* Few values, so that many are equal. */
		all[i] = probe(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 10 * slo_rng_unit(&rng),
			       (double)slo_rng_below(&rng, 6));
		all[i].pid = (int64_t)slo_rng_below(&rng, 3);
	}
	for (int round = 0; round < 20; round++) {
		for (int i = N - 1; i > 0; i--) {
			uint64_t k = slo_rng_below(&rng, (uint64_t)i + 1);
			struct slo_probe_event one = all[i];

			all[i] = all[k];
			all[k] = one;
		}
		teardown();
		setup();
		for (int i = 0; i < N; i++)
			ck_assert(probes_add(probes, &all[i]));
		n = fill(SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, 2, 9);
		ck_assert_uint_eq(n, 3);
		for (uint32_t i = 0; i < n && round; i++) {
			ck_assert_int_eq(shown[i].ts_unix_nano, first[i].ts_unix_nano);
			ck_assert_int_eq(shown[i].pid, first[i].pid);
			ck_assert_double_eq(shown[i].value, first[i].value);
		}
		memcpy(first, shown, sizeof(first));
	}
}
END_TEST

START_TEST(an_incident_keeps_its_largest_however_long_it_lasts)
{
	size_t empty;

	add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 1, 950); /* before the onset */
	for (int t = 2; t < 300; t++) {
		ck_assert(add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, t, t == 20 ? 800 : t == 40 ? 700 : 100 + t / 10.));
		probes_age(probes, T0 + (t + 1) * S, T0 + 2 * S);
	}
	ck_assert_uint_eq(fill(SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, 2, 300), 3);
	ck_assert_double_eq(shown[0].value, 800);
	ck_assert_double_eq(shown[1].value, 700);
	ck_assert_double_eq(shown[2].value, 129.9);
	/* Over: nothing is left but what came lately, and then nothing. */
	probes_age(probes, T0 + 300 * S, INT64_MAX);
	ck_assert_uint_eq(fill(SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, 2, 300), 3);
	ck_assert_double_eq(shown[0].value, 129.9);
	empty = budget.used;
	probes_age(probes, T0 + 400 * S, INT64_MAX);
	ck_assert_uint_eq(fill(SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, 2, 400), 0);
	ck_assert_uint_lt(budget.used, empty);
}
END_TEST

START_TEST(a_flood_takes_no_more_memory)
{
	size_t used;

	ck_assert(add(SLO_SIGNAL_RUNQUEUE_DELAY, SLO_ROLE_OTHER, 1, 10));
	used = budget.used;
	for (int i = 0; i < 100000; i++)
		ck_assert(add(SLO_SIGNAL_RUNQUEUE_DELAY, SLO_ROLE_OTHER, 1.5, i % 977));
	ck_assert_uint_eq(budget.used, used);
	ck_assert(add(SLO_SIGNAL_RUNQUEUE_DELAY, SLO_ROLE_OTHER, 1.5, NAN));
	ck_assert(add(SLO_SIGNAL_RUNQUEUE_DELAY, SLO_ROLE_OTHER, 1.5, INFINITY));
	ck_assert_uint_eq(fill(SLO_SIGNAL_RUNQUEUE_DELAY, ANY_ROLE, 0, 3), 2);
	ck_assert_double_eq(shown[0].value, 976);
}
END_TEST

START_TEST(what_one_service_keeps_is_bounded)
{
	size_t used;
	int refused = 0;

	for (int t = 0; t < 12; t++)
		for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
			refused += !add(s, SLO_ROLE_OTHER, t, 100);
	ck_assert_int_gt(refused, 0);
	used = budget.used;
	ck_assert_uint_le(used, 40 * 1024);
	/* There is room again once time has passed. */
	probes_age(probes, T0 + 40 * S, INT64_MAX);
	ck_assert(add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 40, 100));
	ck_assert_uint_lt(budget.used, used);
}
END_TEST

START_TEST(no_memory_is_a_refusal)
{
	budget.max = budget.used;
	ck_assert(!add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 1, 100));
	ck_assert_ptr_null(probes_new(&budget, S));
	ck_assert_uint_eq(fill(SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, 0, 3), 0);
	budget.max = budget.used + 200; /* a ring, no bucket */
	ck_assert(!add(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 1, 100));
	ck_assert_uint_eq(fill(SLO_SIGNAL_DNS_LATENCY, ANY_ROLE, 0, 3), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes");
	TCase *t = tcase_create("probes");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_largest_since_the_onset_are_shown);
	tcase_add_test(t, only_the_peers_that_are_asked_for);
	tcase_add_test(t, everything_that_is_known_of_it_is_shown);
	tcase_add_test(t, the_order_they_come_in_does_not_matter);
	tcase_add_test(t, an_incident_keeps_its_largest_however_long_it_lasts);
	tcase_add_test(t, a_flood_takes_no_more_memory);
	tcase_add_test(t, what_one_service_keeps_is_bounded);
	tcase_add_test(t, no_memory_is_a_refusal);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
