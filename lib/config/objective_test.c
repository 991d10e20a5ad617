/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

START_TEST(the_derived_burn_rate_is_the_budget_over_the_window)
{
	struct slo_objective o;

	slo_objective_defaults(&o);
	ck_assert_double_eq_tol(slo_objective_burn(&o), 14.4, 1e-12);
	o.budget_pct = 5;
	o.long_s = 6 * 3600;
	ck_assert_double_eq_tol(slo_objective_burn(&o), 6, 1e-12);
	o.budget_pct = 10;
	o.long_s = 3 * 86400;
	ck_assert_double_eq_tol(slo_objective_burn(&o), 1, 1e-12);
	o.burn = 7.5;
	ck_assert_double_eq(slo_objective_burn(&o), 7.5);
}
END_TEST

START_TEST(every_part_of_the_option_is_read)
{
	struct slo_objective o;

	slo_objective_defaults(&o);
	ck_assert_int_eq(slo_objective_parse(&o, "request_latency_ms<=412.5,target=0.9,short=5s,long=2m,burn=2,min_events=3,"
						 "period=1h,service=chat", NULL), 0);
	ck_assert_int_eq(o.sli, SLO_SLI_LATENCY);
	ck_assert_double_eq(o.threshold, 412.5);
	ck_assert_double_eq(o.target, 0.9);
	ck_assert_int_eq(o.short_s, 5);
	ck_assert_int_eq(o.long_s, 120);
	ck_assert_double_eq(o.burn, 2);
	ck_assert_int_eq(o.min_events, 3);
	ck_assert_int_eq(o.period_s, 3600);
	ck_assert_str_eq(o.service, "chat");
	ck_assert_int_eq(slo_objective_parse(&o, "error_rate,budget=0.5", NULL), 0);
	ck_assert_int_eq(o.sli, SLO_SLI_ERROR_RATE);
	ck_assert_double_eq(o.threshold, 0);
	ck_assert_double_eq(o.target, 0.9);
	ck_assert(isnan(o.burn));
	ck_assert_double_eq_tol(slo_objective_burn(&o), 0.15, 1e-12);
	ck_assert_int_eq(slo_objective_parse(&o, "token_throughput_tps>=20,burn=3", NULL), 0);
	ck_assert_double_eq(o.threshold, 20);
	ck_assert_int_eq(slo_objective_parse(&o, "ttft_ms<=1,burn=auto", NULL), 0);
	ck_assert(isnan(o.burn));
}
END_TEST

static const struct {
	const char *text, *where, *what;
} refused[] = {
	{ "", "", "\"\": unknown SLI" },
	{ "ttft<=1", "", "\"ttft\": unknown SLI" },
	{ "ttft_ms", "", "want ttft_ms<= and a number" },
	{ "ttft_ms>=1", "", "want ttft_ms<= and a number" },
	{ "ttft_ms<=", "", "want ttft_ms<= and a number" },
	{ "ttft_ms<=-1", "", "want ttft_ms<= and a number" },
	{ "token_throughput_tps<=1", "", "want token_throughput_tps>= and a number" },
	{ "error_rate<=1", "", "error_rate takes no bound: a request failed or it did not" },
	{ "ttft_ms<=1,", "", "\"\": want NAME=VALUE" },
	{ "ttft_ms<=1,x=1", "", "\"x\": unknown part; known are service, target, short, long, burn, budget, period, min_events" },
	{ "ttft_ms<=1,target=2", "target", "want a number between 0 and 1, got 2" },
	{ "ttft_ms<=1,target=x", "target", "want a number, got \"x\"" },
	{ "ttft_ms<=1,short=1500ms", "short", "want whole seconds such as 30s, 5m or 1h, got \"1500ms\"" },
	{ "ttft_ms<=1,short=0", "short", "want an integer from 1 to 2678400, got 0" },
	{ "ttft_ms<=1,min_events=5s", "min_events", "want an integer, got \"5s\"" },
	{ "ttft_ms<=1,service=", "service", "must not be empty" },
	{ "ttft_ms<=1,short=2h", "", "the short window (7200 s) must not be longer than the long one (3600 s)" },
	{ "ttft_ms<=1,target=0.9", "",
	  "a burn rate of 14.4 can never be reached: with a target of 0.9 it is 10 when every request is bad" },
};

START_TEST(what_is_refused_says_why_and_changes_nothing)
{
	struct slo_objective o, before;
	struct slo_err err = { 0 };

	slo_objective_defaults(&o);
	before = o;
	ck_assert_int_eq(slo_objective_parse(&o, refused[_i].text, &err), -EINVAL);
	ck_assert_str_eq(err.where, refused[_i].where);
	ck_assert_str_eq(err.what, refused[_i].what);
	ck_assert_mem_eq(&o, &before, sizeof(o));
}
END_TEST

START_TEST(the_highest_reachable_burn_rate_is_accepted)
{
	struct slo_objective o;

	slo_objective_defaults(&o);
	ck_assert_int_eq(slo_objective_parse(&o, "ttft_ms<=1,target=0.95,burn=20", NULL), 0);
	ck_assert_int_eq(slo_objective_parse(&o, "ttft_ms<=1,target=0.95,burn=20.001", NULL), -EINVAL);
}
END_TEST

START_TEST(an_option_takes_the_place_of_its_objective_or_is_added)
{
	static struct slo_config c;
	const char *const specs[] = { "ttft_ms<=123", "ttft_ms<=77,service=chat" }, *const bad[] = { "nonsense" };
	struct slo_err err = { { 0 }, { 0 } };
	uint32_t before;

	slo_config_defaults(&c);
	before = c.objectives_count;
	ck_assert_int_eq(slo_config_override(&c, specs, 2, &err), 0);
	ck_assert_uint_eq(c.objectives_count, before + 1);
	ck_assert_double_eq(slo_config_objective(&c, slo_str("rag"), SLO_SLI_TTFT)->threshold, 123);
	ck_assert_double_eq(slo_config_objective(&c, slo_str("chat"), SLO_SLI_TTFT)->threshold, 77);
	ck_assert_int_eq(slo_config_override(&c, bad, 1, &err), -EINVAL);
	ck_assert_str_eq(err.where, "--objective");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("objective");
	TCase *t = tcase_create("objective");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, the_derived_burn_rate_is_the_budget_over_the_window);
	tcase_add_test(t, every_part_of_the_option_is_read);
	tcase_add_loop_test(t, what_is_refused_says_why_and_changes_nothing, 0, (int)SLO_ARRAY_LEN(refused));
	tcase_add_test(t, the_highest_reachable_burn_rate_is_accepted);
	tcase_add_test(t, an_option_takes_the_place_of_its_objective_or_is_added);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
