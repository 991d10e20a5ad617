/* SPDX-License-Identifier: MIT */
#include "attribute/loudest.h"

#include "attribute/guess.h"

#include <check.h>
#include <math.h>

#define BIT(id) (1u << SLO_DOMAIN_##id)
#define S INT64_C(1000000000)

enum { FAULT_S = 20, END_S = 40 };

static struct slo_loudest l;

static void window(int signal, int role, int64_t at_s, double value)
{
	struct slo_window w = { .start_ns = at_s * S, .end_ns = (at_s + 1) * S, .signal = signal, .role = role,
				.state = value > 0 ? SLO_STATE_VALUE : SLO_STATE_ZERO, .count = value > 0, .sum = value,
				.min = value, .max = value };

	slo_loudest_add(&l, &w);
}

static void fresh(void)
{
	slo_loudest_init(&l, FAULT_S * S, END_S * S);
}

START_TEST(z_is_the_signed_maximum_against_median_and_spread)
{
	fresh();
	/* dns 10 20 30 40 50 ms: median 30, IQR 20, MAD 10 */
	for (int i = 0; i < 5; i++)
		window(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, i, 10 * (i + 1));
	ck_assert(isnan(slo_loudest_z(&l, SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER)));
	window(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 20, 20);
	window(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 39, 130);
	window(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 40, 999); /* after the fault */
	/* 1.4826 * 10 = 14.826 beats 20 / 1.349 = 14.8258 and the floors */
	ck_assert_double_eq_tol(slo_loudest_z(&l, SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER), 100 / 14.826, 1e-9);
	/* twice the same: nothing was disturbed by asking */
	ck_assert_double_eq_tol(slo_loudest_z(&l, SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER), 100 / 14.826, 1e-9);
}
END_TEST

START_TEST(a_signal_that_was_always_zero_has_a_floor)
{
	fresh();
	for (int i = 0; i < 5; i++)
		window(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_PROVIDER, i, 0);
	window(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_PROVIDER, 25, 3);
	/* elevated from 2 a second: floor 0.2 */
	ck_assert_double_eq_tol(slo_loudest_z(&l, SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_PROVIDER), 15, 1e-9);
}
END_TEST

START_TEST(too_short_a_past_and_windows_across_the_edge_say_nothing)
{
	fresh();
	for (int i = 0; i < SLO_LOUDEST_MIN - 1; i++)
		window(SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER, i, 1);
	window(SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER, 25, 90);
	ck_assert(isnan(slo_loudest_z(&l, SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER)));
	l.fault_start_ns += S / 2;
	window(SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER, FAULT_S, 1);
	ck_assert(isnan(slo_loudest_z(&l, SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER)));
	for (int i = 0; i < SLO_LOUDEST_PAST; i++)
		window(SLO_SIGNAL_CPU_STEAL, SLO_ROLE_OTHER, i % 19, 1);
	ck_assert_uint_eq(l.dropped, SLO_LOUDEST_MIN - 1);
}
END_TEST

START_TEST(a_signal_speaks_for_its_likeliest_domain_and_the_retrieval_role_for_its_backend)
{
	ck_assert_int_eq(slo_loudest_domain(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER), SLO_DOMAIN_NETWORK_DNS);
	ck_assert_int_eq(slo_loudest_domain(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_RETRIEVAL), SLO_DOMAIN_NETWORK_EGRESS);
	ck_assert_int_eq(slo_loudest_domain(SLO_SIGNAL_CONNECT_ERRORS, SLO_ROLE_PROVIDER), SLO_DOMAIN_PROVIDER_ERROR);
	ck_assert_int_eq(slo_loudest_domain(SLO_SIGNAL_CONNECT_ERRORS, SLO_ROLE_RETRIEVAL),
			 SLO_DOMAIN_RETRIEVAL_BACKEND);
	ck_assert_int_eq(slo_loudest_domain(SLO_SIGNAL_CFS_THROTTLED, SLO_ROLE_OTHER), SLO_DOMAIN_CPU_THROTTLE);
	ck_assert_int_eq(slo_loudest_domain(SLO_SIGNAL_DISK_IO, SLO_ROLE_OTHER), SLO_DOMAIN_MEMORY_PRESSURE);
}
END_TEST

static void moved(int signal, int role, double to)
{
	for (int i = 0; i < 10; i++)
		window(signal, role, i, 0);
	window(signal, role, 30, to);
}

START_TEST(the_largest_z_is_blamed_and_what_is_near_it_belongs_to_the_set)
{
	struct slo_outcome o;

	fresh();
	slo_outcome_init(&o);
	slo_loudest_answer(&l, &o);
	ck_assert_int_eq(o.domain, SLO_DOMAIN_UNKNOWN);
	moved(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 11.9); /* floor 4: z 2.975 */
	slo_loudest_answer(&l, &o);
	ck_assert_int_eq(o.domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_uint_eq(o.named, BIT(UNKNOWN));
	moved(SLO_SIGNAL_CFS_THROTTLED, SLO_ROLE_OTHER, 40); /* floor 4: z 10 */
	moved(SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER, 2.5);  /* floor .5: z 5 */
	moved(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_OTHER, 0.9); /* floor .2: z 4.5 */
	slo_loudest_answer(&l, &o);
	ck_assert_int_eq(o.domain, SLO_DOMAIN_CPU_THROTTLE);
	ck_assert_uint_eq(o.named, BIT(CPU_THROTTLE) | BIT(MEMORY_PRESSURE));
	ck_assert(o.found && isnan(o.confidence));
}
END_TEST

START_TEST(the_majority_is_the_most_frequent_positive_truth)
{
	struct slo_case c[] = {
		{ .truth = BIT(CPU_THROTTLE), .positive = true },
		{ .truth = BIT(NETWORK_DNS) | BIT(NETWORK_EGRESS), .positive = true },
		{ .truth = BIT(MEMORY_PRESSURE), .positive = false },
		{ .truth = BIT(MEMORY_PRESSURE), .positive = false },
		{ .truth = 0 },
		{ .truth = BIT(NETWORK_DNS) | BIT(NETWORK_EGRESS), .positive = true },
	};
	struct slo_outcome o;
	uint32_t set = 77;

	ck_assert(!slo_guess_majority(c, 0, &set));
	ck_assert(!slo_guess_majority(&c[2], 3, &set));
	ck_assert_uint_eq(set, 77);
	ck_assert(slo_guess_majority(c, 2, &set));
	ck_assert_uint_eq(set, BIT(CPU_THROTTLE)); /* equally often: fewer domains */
	ck_assert(slo_guess_majority(c, 6, &set));
	ck_assert_uint_eq(set, BIT(NETWORK_DNS) | BIT(NETWORK_EGRESS));
	slo_outcome_init(&o);
	slo_guess_set(set, &o);
	ck_assert_int_eq(o.domain, SLO_DOMAIN_NETWORK_DNS);
	ck_assert_uint_eq(o.named, set);
}
END_TEST

START_TEST(a_random_guess_takes_every_domain_about_as_often)
{
	uint32_t seen[SLO_DOMAIN__COUNT] = { 0 };
	struct slo_rng rng;
	struct slo_outcome o;

	slo_rng_seed(&rng, 42);
	for (int i = 0; i < 8000; i++) {
		slo_outcome_init(&o);
		slo_guess_random(&rng, &o);
		ck_assert_uint_eq(o.named, 1u << o.domain);
		seen[o.domain]++;
	}
	/* 1000 expected, standard deviation 29.6: five of them */
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		ck_assert_msg(seen[d] > 850 && seen[d] < 1150, "%s: %u", slo_domain_enum.names[d], seen[d]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("loudest");
	TCase *t = tcase_create("loudest");

	tcase_add_test(t, z_is_the_signed_maximum_against_median_and_spread);
	tcase_add_test(t, a_signal_that_was_always_zero_has_a_floor);
	tcase_add_test(t, too_short_a_past_and_windows_across_the_edge_say_nothing);
	tcase_add_test(t, a_signal_speaks_for_its_likeliest_domain_and_the_retrieval_role_for_its_backend);
	tcase_add_test(t, the_largest_z_is_blamed_and_what_is_near_it_belongs_to_the_set);
	tcase_add_test(t, the_majority_is_the_most_frequent_positive_truth);
	tcase_add_test(t, a_random_guess_takes_every_domain_about_as_often);
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
