/* SPDX-License-Identifier: MIT */
#include "guard/overhead.h"

#include <check.h>
#include <string.h>

#define S INT64_C(1000000000)

/* @pct of one core for one second. */
static struct slo_guard_action eval(struct slo_guard *g, double pct)
{
	struct slo_guard_cost c = { .own_ns = (int64_t)(pct / 100 * (double)S) };

	return slo_guard_update(g, &c, S);
}

/* The same with @signal's probe taking @pct and the agent itself 1 %. */
static struct slo_guard_action eval_probe(struct slo_guard *g, int signal, double pct)
{
	struct slo_guard_cost c = { .own_ns = S / 100 };

	c.signal_ns[signal] = (int64_t)(pct / 100 * (double)S);
	return slo_guard_update(g, &c, S);
}

START_TEST(one_spike_sheds_nothing_two_in_a_row_do)
{
	struct slo_guard g;

	slo_guard_init(&g, 5, true, NULL);
	ck_assert_int_eq(eval(&g, 9).kind, SLO_GUARD_NOTHING);
	ck_assert_int_eq(eval(&g, 4).kind, SLO_GUARD_NOTHING);
	ck_assert_int_eq(eval(&g, 9).kind, SLO_GUARD_NOTHING);
	ck_assert_int_eq(eval(&g, 9).kind, SLO_GUARD_FLOWS);
	ck_assert_int_eq(g.level, 1);
	ck_assert_double_eq_tol(g.pct, 9, 1e-9);
}
END_TEST

START_TEST(the_limit_itself_is_not_over_it)
{
	struct slo_guard g;

	slo_guard_init(&g, 5, true, NULL);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(eval(&g, 5).kind, SLO_GUARD_NOTHING);
}
END_TEST

START_TEST(flows_are_shed_before_signals_and_signals_by_cost)
{
	static const int order[] = {
		SLO_SIGNAL_TLS_HANDSHAKE, SLO_SIGNAL_SYSCALL_LATENCY, SLO_SIGNAL_RUNQUEUE_DELAY, SLO_SIGNAL_DISK_IO,
		SLO_SIGNAL_CONNECT_LATENCY, SLO_SIGNAL_MEM_RECLAIM, SLO_SIGNAL_CPU_STEAL, SLO_SIGNAL_DNS_LATENCY,
		SLO_SIGNAL_TCP_RETRANSMITS, SLO_SIGNAL_CFS_THROTTLED, SLO_SIGNAL_CONNECT_ERRORS, SLO_SIGNAL_TLS_FAILS,
	};
	struct slo_guard g;

	slo_guard_init(&g, 5, true, NULL);
	for (int i = 0; i < SLO_GUARD_STEPS; i++) {
		struct slo_guard_action a;

		eval(&g, 50);
		a = eval(&g, 50);
		ck_assert(a.shed);
		ck_assert_int_eq(a.kind, i < 6 ? SLO_GUARD_FLOWS : SLO_GUARD_SIGNAL);
		ck_assert_int_eq(a.arg, i < 6 ? i + 1 : order[i - 6]);
	}
	eval(&g, 50);
	ck_assert_int_eq(eval(&g, 50).kind, SLO_GUARD_NOTHING);
}
END_TEST

START_TEST(ten_quiet_evaluations_restore_the_last_step)
{
	struct slo_guard g;
	struct slo_guard_action a = { .kind = SLO_GUARD_NOTHING };

	slo_guard_init(&g, 5, true, NULL);
	for (int i = 0; i < 4; i++)
		eval(&g, 6);
	ck_assert_int_eq(g.level, 2);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(eval(&g, 1).kind, SLO_GUARD_NOTHING);
	a = eval(&g, 1);
	ck_assert_int_eq(a.kind, SLO_GUARD_FLOWS);
	ck_assert(!a.shed);
	ck_assert_int_eq(a.arg, 1);
	for (int i = 0; i < 9; i++)
		eval(&g, 1);
	ck_assert_int_eq(eval(&g, 4).kind, SLO_GUARD_NOTHING); /* between 60 % and the limit: starts over */
	for (int i = 0; i < 9; i++)
		eval(&g, 1);
	a = eval(&g, 1);
	ck_assert_int_eq(a.arg, 0);
	ck_assert_int_eq(g.level, 0);
	ck_assert_uint_eq(g.restores, 2);
}
END_TEST

START_TEST(signals_that_are_off_are_no_steps)
{
	bool wanted[SLO_SIGNAL__COUNT] = { [SLO_SIGNAL_DNS_LATENCY] = true };
	struct slo_guard g;
	struct slo_guard_action a;

	slo_guard_init(&g, 5, false, wanted);
	eval(&g, 6);
	a = eval(&g, 6);
	ck_assert_int_eq(a.kind, SLO_GUARD_SIGNAL);
	ck_assert_int_eq(a.arg, SLO_SIGNAL_DNS_LATENCY);
	eval(&g, 6);
	ck_assert_int_eq(eval(&g, 6).kind, SLO_GUARD_NOTHING);
}
END_TEST

START_TEST(what_a_probe_costs_in_the_kernel_counts_and_the_costliest_goes_first)
{
	struct slo_guard g;
	struct slo_guard_action a;

	slo_guard_init(&g, 5, true, NULL);
	ck_assert_int_eq(eval_probe(&g, SLO_SIGNAL_DISK_IO, 7).kind, SLO_GUARD_NOTHING);
	a = eval_probe(&g, SLO_SIGNAL_DISK_IO, 7);
	ck_assert_double_eq_tol(g.pct, 8, 1e-9);
	ck_assert_int_eq(a.kind, SLO_GUARD_SIGNAL);
	ck_assert_int_eq(a.arg, SLO_SIGNAL_DISK_IO);
	ck_assert(a.shed);
}
END_TEST

START_TEST(what_would_not_fit_is_not_restored_until_that_was_long_ago)
{
	struct slo_guard g;
	int blocked = 0;

	slo_guard_init(&g, 5, true, NULL);
	eval_probe(&g, SLO_SIGNAL_DISK_IO, 14);
	eval_probe(&g, SLO_SIGNAL_DISK_IO, 14);
	ck_assert_int_eq(g.level, 1);
	/* 14, 7, 3.5: only the third try fits beside 1 %. */
	while (g.level == 1 && blocked < 100)
		blocked += eval(&g, 1).kind == SLO_GUARD_NOTHING;
	ck_assert_int_eq(blocked, 3 * SLO_GUARD_RESTORE - 1);
	ck_assert(g.sheddable[SLO_SIGNAL_DISK_IO]);
}
END_TEST

START_TEST(no_limit_and_no_interval_shed_nothing)
{
	struct slo_guard g;

	slo_guard_init(&g, 0, true, NULL);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(eval(&g, 90).kind, SLO_GUARD_NOTHING);
	slo_guard_init(&g, 5, true, NULL);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(slo_guard_update(&g, &(struct slo_guard_cost){ .own_ns = S }, 0).kind, SLO_GUARD_NOTHING);
}
END_TEST

START_TEST(another_limit_holds_from_the_next_evaluation_on)
{
	bool all[SLO_SIGNAL__COUNT];
	struct slo_guard g;

	memset(all, true, sizeof(all));
	slo_guard_init(&g, 50, false, NULL);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(eval(&g, 20).kind, SLO_GUARD_NOTHING);
	slo_guard_change(&g, 10, all);
	ck_assert_int_eq(eval(&g, 20).kind, SLO_GUARD_NOTHING);
	ck_assert_int_eq(eval(&g, 20).kind, SLO_GUARD_SIGNAL);
	ck_assert(slo_guard_shed(&g, SLO_SIGNAL_TLS_HANDSHAKE));
	ck_assert(!slo_guard_shed(&g, SLO_SIGNAL_DISK_IO));
	slo_guard_change(&g, 10, all); /* what is shed is not shed twice */
	ck_assert_int_eq(eval(&g, 20).kind, SLO_GUARD_NOTHING);
	ck_assert_int_eq(eval(&g, 20).arg, SLO_SIGNAL_SYSCALL_LATENCY);
}
END_TEST

START_TEST(signals_that_were_left_out_meanwhile_are_no_steps_and_a_limit_of_zero_gives_all_back)
{
	bool wanted[SLO_SIGNAL__COUNT] = { [SLO_SIGNAL_DISK_IO] = true };
	struct slo_guard_action a;
	struct slo_guard g;

	slo_guard_init(&g, 10, false, NULL);
	eval(&g, 20);
	eval(&g, 20);
	slo_guard_change(&g, 10, wanted);
	eval(&g, 20);
	ck_assert_int_eq(eval(&g, 20).arg, SLO_SIGNAL_DISK_IO);
	eval(&g, 20);
	ck_assert_int_eq(eval(&g, 20).kind, SLO_GUARD_NOTHING);
	slo_guard_change(&g, 0, wanted);
	a = eval(&g, 200);
	ck_assert(a.kind == SLO_GUARD_SIGNAL && !a.shed && a.arg == SLO_SIGNAL_DISK_IO);
	a = eval(&g, 200);
	ck_assert(a.kind == SLO_GUARD_SIGNAL && !a.shed && a.arg == SLO_SIGNAL_TLS_HANDSHAKE);
	ck_assert_int_eq(eval(&g, 200).kind, SLO_GUARD_NOTHING);
	ck_assert_int_eq(g.level, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("overhead");
	TCase *t = tcase_create("overhead");

	tcase_add_test(t, one_spike_sheds_nothing_two_in_a_row_do);
	tcase_add_test(t, the_limit_itself_is_not_over_it);
	tcase_add_test(t, flows_are_shed_before_signals_and_signals_by_cost);
	tcase_add_test(t, ten_quiet_evaluations_restore_the_last_step);
	tcase_add_test(t, signals_that_are_off_are_no_steps);
	tcase_add_test(t, what_a_probe_costs_in_the_kernel_counts_and_the_costliest_goes_first);
	tcase_add_test(t, what_would_not_fit_is_not_restored_until_that_was_long_ago);
	tcase_add_test(t, no_limit_and_no_interval_shed_nothing);
	tcase_add_test(t, another_limit_holds_from_the_next_evaluation_on);
	tcase_add_test(t, signals_that_were_left_out_meanwhile_are_no_steps_and_a_limit_of_zero_gives_all_back);
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
