/* SPDX-License-Identifier: MIT */
#include "attribute/facts.h"

#include <check.h>
#include <math.h>

#define S INT64_C(1000000000)

static struct slo_fact fact(double value, double threshold, double baseline, double spread)
{
	return (struct slo_fact){ .state = SLO_STATE_VALUE, .value = value, .threshold = threshold,
				  .baseline = baseline, .spread = spread };
}

START_TEST(elevated_needs_the_threshold_and_a_rise_over_the_past)
{
	static const struct { double value, baseline, spread; bool elevated; } rows[] = {
		{ 39.9, NAN, NAN, false }, { 40, NAN, NAN, true }, /* no past: the threshold decides */
		{ 40, 5, 1, true },        { 39.9, 5, 1, false },
		{ 300, 300, 0, false },    { 315, 300, 0, false }, { 315.1, 300, 0, true },  /* 5 % */
		{ 329, 300, 10, false },   { 331, 300, 10, true },                           /* 3 spreads */
		{ 40, 0, 0, true },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++) {
		struct slo_fact f = fact(rows[i].value, 40, rows[i].baseline, rows[i].spread);

		slo_fact_judge(&f);
		ck_assert_msg(f.elevated == rows[i].elevated, "row %zu", i);
	}
}
END_TEST

START_TEST(what_was_not_captured_is_never_elevated)
{
	struct slo_fact f = fact(500, 40, NAN, NAN);

	f.state = SLO_STATE_NOT_CAPTURED;
	slo_fact_judge(&f);
	ck_assert(!f.elevated);
}
END_TEST

START_TEST(the_role_that_rose_speaks_for_the_signal)
{
	struct slo_facts f;
	struct slo_fact *connect;

	slo_facts_clear(&f);
	connect = f.by_role[SLO_SIGNAL_CONNECT_LATENCY];
	connect[SLO_ROLE_PROVIDER] = fact(900, 80, 890, 0); /* larger, but as always */
	connect[SLO_ROLE_RETRIEVAL] = fact(200, 80, 10, 0);
	connect[SLO_ROLE_OTHER] = fact(0, 80, NAN, NAN);
	for (int r = 0; r < SLO_ROLE__COUNT; r++)
		slo_fact_judge(&connect[r]);
	slo_facts_choose(&f);
	ck_assert_int_eq(f.role[SLO_SIGNAL_CONNECT_LATENCY], SLO_ROLE_RETRIEVAL);
	ck_assert(f.captured);
}
END_TEST

START_TEST(a_sample_signal_that_is_missing_is_not_quiet)
{
	const struct slo_num_pair signals[] = {
		{ SLO_STR("dns_latency_ms"), 220 }, { SLO_STR("tcp_retransmits_total"), 0 },
		{ SLO_STR("cpu_steal_pct"), 0.6 },  { SLO_STR("warp_core_ms"), 1 },
	};
	struct slo_facts f;

	ck_assert_uint_eq(slo_facts_from_sample(signals, SLO_ARRAY_LEN(signals), &f), 1);
	ck_assert(slo_facts_of(&f, SLO_SIGNAL_DNS_LATENCY)->elevated);
	ck_assert_int_eq(slo_facts_of(&f, SLO_SIGNAL_TCP_RETRANSMITS)->state, SLO_STATE_ZERO);
	ck_assert_int_eq(slo_facts_of(&f, SLO_SIGNAL_CPU_STEAL)->state, SLO_STATE_VALUE);
	ck_assert(!slo_facts_of(&f, SLO_SIGNAL_CPU_STEAL)->elevated);
	ck_assert_int_eq(slo_facts_of(&f, SLO_SIGNAL_DISK_IO)->state, SLO_STATE_NOT_CAPTURED);
}
END_TEST

START_TEST(a_sample_without_signals_has_captured_nothing)
{
	struct slo_facts f;

	ck_assert_uint_eq(slo_facts_from_sample(NULL, 0, &f), 0);
	ck_assert(!f.captured);
}
END_TEST

static struct slo_window window(int signal, int role, int64_t at_s, int state, double value, uint64_t count)
{
	struct slo_window w = { .start_ns = at_s * S, .end_ns = (at_s + 1) * S, .signal = signal, .role = role,
				.state = state, .count = count, .sum = value * (double)count, .min = value,
				.max = value, .provider = SLO_STR("packet") };

	if (state != SLO_STATE_VALUE)
		w.sum = w.min = w.max = NAN;
	return w;
}

START_TEST(the_store_tells_value_zero_and_blind_apart)
{
	struct slo_track_budget budget = { .max = 1 << 22 };
	struct slo_window w;
	struct slo_store s;
	struct slo_facts f;

	slo_store_init(&s, S, &budget);
	w = window(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 10, SLO_STATE_VALUE, 90, 8);
	slo_store_add(&s, &w);
	w = window(SLO_SIGNAL_CONNECT_ERRORS, SLO_ROLE_PROVIDER, 10, SLO_STATE_ZERO, 0, 0);
	slo_store_add(&s, &w);
	w = window(SLO_SIGNAL_SYSCALL_LATENCY, SLO_ROLE_OTHER, 10, SLO_STATE_NOT_CAPTURED, 0, 0);
	w.why = slo_str("no tracing");
	slo_store_add(&s, &w);
	slo_store_facts(&s, 10 * S, 11 * S, &f);
	ck_assert_int_eq(slo_facts_of(&f, SLO_SIGNAL_DNS_LATENCY)->state, SLO_STATE_VALUE);
	ck_assert_double_eq(slo_facts_of(&f, SLO_SIGNAL_DNS_LATENCY)->value, 90);
	ck_assert(isnan(slo_facts_of(&f, SLO_SIGNAL_DNS_LATENCY)->baseline));
	ck_assert(slo_facts_of(&f, SLO_SIGNAL_DNS_LATENCY)->elevated);
	ck_assert_int_eq(slo_facts_of(&f, SLO_SIGNAL_DNS_LATENCY)->source, SLO_EVIDENCE_HOST);
	ck_assert_int_eq(f.role[SLO_SIGNAL_DNS_LATENCY], SLO_ROLE_RESOLVER);
	ck_assert_int_eq(slo_facts_of(&f, SLO_SIGNAL_CONNECT_ERRORS)->state, SLO_STATE_ZERO);
	ck_assert_int_eq(slo_facts_of(&f, SLO_SIGNAL_SYSCALL_LATENCY)->state, SLO_STATE_NOT_CAPTURED);
	ck_assert_str_eq(slo_facts_of(&f, SLO_SIGNAL_SYSCALL_LATENCY)->why, "no tracing");
	ck_assert(slo_facts_of(&f, SLO_SIGNAL_SYSCALL_LATENCY)->told);
	ck_assert(!slo_facts_of(&f, SLO_SIGNAL_DISK_IO)->told);
	slo_store_fini(&s);
	ck_assert_uint_eq(budget.used, 0);
}
END_TEST

START_TEST(a_signal_that_was_always_high_is_no_evidence)
{
	struct slo_track_budget budget = { .max = 1 << 22 };
	struct slo_store s;
	struct slo_facts f;

	slo_store_init(&s, S, &budget);
	for (int i = 0; i < 40; i++) {
		struct slo_window always = window(SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER, i, SLO_STATE_VALUE,
						  200, 8);
		struct slo_window new = window(SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, i, SLO_STATE_VALUE,
					       i < 35 ? 50 : 300, 8);

		slo_store_add(&s, &always);
		slo_store_add(&s, &new);
		slo_store_age(&s, (i + 1) * S, 0, 0);
	}
	slo_store_facts(&s, 35 * S, 40 * S, &f);
	ck_assert_double_eq(slo_facts_of(&f, SLO_SIGNAL_CONNECT_LATENCY)->baseline, 200);
	ck_assert(!slo_facts_of(&f, SLO_SIGNAL_CONNECT_LATENCY)->elevated);
	ck_assert_double_eq(slo_facts_of(&f, SLO_SIGNAL_DNS_LATENCY)->baseline, 50);
	ck_assert(slo_facts_of(&f, SLO_SIGNAL_DNS_LATENCY)->elevated);
	slo_store_fini(&s);
}
END_TEST

/* Retransmits of 40 s: the usual role has a window each second, the provider only where @seen says so. */
static void retransmits(struct slo_store *s, bool provider_first, bool (*seen)(int), struct slo_facts *f)
{
	for (int i = 0; i < 40; i++) {
		struct slo_window usual = window(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_OTHER, i, SLO_STATE_ZERO, 0, 0);
		struct slo_window peer = window(SLO_SIGNAL_TCP_RETRANSMITS, SLO_ROLE_PROVIDER, i, SLO_STATE_VALUE, 1, 6);

		if (seen(i) && provider_first)
			slo_store_add(s, &peer);
		slo_store_add(s, &usual);
		if (seen(i) && !provider_first)
			slo_store_add(s, &peer);
		slo_store_age(s, (i + 1) * S, 0, 0);
	}
	slo_store_facts(s, 34 * S, 40 * S, f);
}

static bool every_third(int i)
{
	return i % 3 == 0;
}

static bool once_lately(int i)
{
	return i == 37;
}

static bool once_long_ago(int i)
{
	return i == 5;
}

START_TEST(a_peers_rate_is_over_the_time_its_signal_was_watched)
{
	struct slo_track_budget budget = { .max = 1 << 22 };
	const struct slo_fact *peer;
	struct slo_store s;
	struct slo_facts f;

	slo_store_init(&s, S, &budget);
	retransmits(&s, _i, every_third, &f);
	peer = &f.by_role[SLO_SIGNAL_TCP_RETRANSMITS][SLO_ROLE_PROVIDER];
	ck_assert_double_eq_tol(peer->value, 2, 1e-12);   /* 6 in each of the seconds 36 and 39 of six */
	ck_assert_double_eq_tol(peer->baseline, 0, 1e-12); /* two of three seconds were quiet */
	slo_store_fini(&s);
	slo_store_init(&s, S, &budget);
	retransmits(&s, _i, once_lately, &f); /* new, but what it was before is known */
	ck_assert_double_eq_tol(peer->value, 1, 1e-12);
	ck_assert_double_eq(peer->baseline, 0);
	slo_store_fini(&s);
	slo_store_init(&s, S, &budget);
	retransmits(&s, _i, once_long_ago, &f);
	ck_assert_int_eq(peer->state, SLO_STATE_ZERO);
	ck_assert_double_eq(peer->value, 0);
	slo_store_fini(&s);
}
END_TEST

static struct slo_sli_window requests(int sli, int64_t at_s, uint64_t valid, uint64_t limited)
{
	struct slo_sli_window w;

	slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], &w);
	w.start_ns = at_s * S;
	w.end_ns = (at_s + 1) * S;
	w.sli = sli;
	w.valid = valid;
	w.bad = limited;
	w.has_bad_by = true;
	w.bad_by = (struct slo_bad_counts){ .rate_limited = limited };
	return w;
}

START_TEST(the_applications_answers_become_shares_and_a_rate)
{
	struct slo_track_budget budget = { .max = 1 << 22 };
	struct slo_sli_window w;
	struct slo_store s;
	struct slo_facts f;

	slo_store_init(&s, S, &budget);
	for (int i = 0; i < 40; i++) {
		w = requests(SLO_SLI_ERROR_RATE, i, i < 35 ? 10 : 30, i < 35 ? 0 : 12);
		slo_store_add_sli(&s, &w);
		w = requests(SLO_SLI_TTFT, i, 1000, 1000); /* the same requests, not counted again */
		slo_store_add_sli(&s, &w);
		slo_store_age(&s, (i + 1) * S, 0, 0);
	}
	slo_store_facts(&s, 35 * S, 40 * S, &f);
	ck_assert_double_eq_tol(f.app[SLO_APP_RATE_LIMITED].value, .4, 1e-12);
	ck_assert_double_eq(f.app[SLO_APP_RATE_LIMITED].baseline, 0);
	ck_assert(f.app[SLO_APP_RATE_LIMITED].elevated);
	ck_assert_int_eq(f.app[SLO_APP_RATE_LIMITED].source, SLO_EVIDENCE_APPLICATION);
	ck_assert_double_eq(f.app[SLO_APP_SERVER_ERROR].value, 0);
	ck_assert_double_eq_tol(f.app[SLO_APP_ARRIVALS].value, 30, 1e-12);
	ck_assert_double_eq_tol(f.app[SLO_APP_ARRIVALS].baseline, 10, 1e-12);
	ck_assert(!f.app[SLO_APP_ARRIVALS].elevated);
	ck_assert_int_eq(f.app[SLO_APP_RETRIEVAL].state, SLO_STATE_NOT_CAPTURED);
	slo_store_fini(&s);
	ck_assert_uint_eq(budget.used, 0);
}
END_TEST

START_TEST(a_share_of_no_request_or_without_classes_is_not_known)
{
	struct slo_track_budget budget = { .max = 1 << 22 };
	struct slo_sli_window w = requests(SLO_SLI_ERROR_RATE, 10, 0, 0);
	struct slo_store s;
	struct slo_facts f;

	slo_store_init(&s, S, &budget);
	slo_store_add_sli(&s, &w);
	w = requests(SLO_SLI_ERROR_RATE, 10, 5, 9); /* contradicts itself */
	slo_store_add_sli(&s, &w);
	w = requests(SLO_SLI_ERROR_RATE, 10, 5, 0);
	w.has_bad_by = false;
	slo_store_add_sli(&s, &w);
	slo_store_facts(&s, 10 * S, 11 * S, &f);
	ck_assert_int_eq(f.app[SLO_APP_RATE_LIMITED].state, SLO_STATE_NOT_CAPTURED);
	ck_assert_int_eq(f.app[SLO_APP_ARRIVALS].state, SLO_STATE_VALUE);
	ck_assert(!f.captured); /* of signals there were none */
	slo_store_fini(&s);
}
END_TEST

START_TEST(retrieval_latency_is_one_of_the_applications_numbers)
{
	struct slo_track_budget budget = { .max = 1 << 22 };
	struct slo_sli_window w = requests(SLO_SLI_RETRIEVAL, 10, 8, 0);
	struct slo_store s;
	struct slo_facts f;

	w.has_hist = true;
	slo_hist_init(&w.hist);
	slo_hist_add(&w.hist, 700, 39);
	slo_hist_add(&w.hist, 9000, 1); /* the p95 counts, not the maximum */
	w.sum = 39 * 700 + 9000;
	w.min = 700;
	w.max = 9000;
	slo_store_init(&s, S, &budget);
	slo_store_add_sli(&s, &w);
	slo_store_facts(&s, 10 * S, 11 * S, &f);
	ck_assert_double_eq_tol(f.app[SLO_APP_RETRIEVAL].value, 700, 10);
	ck_assert(f.app[SLO_APP_RETRIEVAL].elevated);
	slo_store_fini(&s);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("facts");
	TCase *t = tcase_create("facts");

	tcase_add_test(t, elevated_needs_the_threshold_and_a_rise_over_the_past);
	tcase_add_test(t, what_was_not_captured_is_never_elevated);
	tcase_add_test(t, the_role_that_rose_speaks_for_the_signal);
	tcase_add_test(t, a_sample_signal_that_is_missing_is_not_quiet);
	tcase_add_test(t, a_sample_without_signals_has_captured_nothing);
	tcase_add_test(t, the_store_tells_value_zero_and_blind_apart);
	tcase_add_loop_test(t, a_peers_rate_is_over_the_time_its_signal_was_watched, 0, 2);
	tcase_add_test(t, the_applications_answers_become_shares_and_a_rate);
	tcase_add_test(t, a_share_of_no_request_or_without_classes_is_not_known);
	tcase_add_test(t, retrieval_latency_is_one_of_the_applications_numbers);
	tcase_add_test(t, a_signal_that_was_always_high_is_no_evidence);
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
