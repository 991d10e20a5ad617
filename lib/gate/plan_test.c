/* SPDX-License-Identifier: MIT */
#include "gate/plan.h"

#include "base/time.h"
#include "config/keys.h"
#include "gate/preset.h"
#include "gate/selector.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static const struct {
	const char *text, *want; /* NULL = refused */
} selectors[] = {
	{ "", "" },
	{ "{}", "" },
	{ " { } ", "" },
	{ "service=chat", "service=\"chat\"" },
	{ "service=chat,pod=~chat-.*", "service=\"chat\",pod=~\"chat-.*\"" },
	{ "{service=\"chat\", pod !~ \"a,b}\"}", "service=\"chat\",pod!~\"a,b}\"" },
	{ "a!=b,", "a!=\"b\"" },
	{ "a=", "a=\"\"" },
	{ "a=x\"y", "a=\"x\\\"y\"" },
	{ "a=x\\d+", "a=\"x\\\\d+\"" },
	{ "a=x\ny", "a=\"x\\ny\"" },
	{ "a=\"x\\\"} or vector(1) #\"", "a=\"x\\\"} or vector(1) #\"" },
	{ "a=\"x\\\\y\\n\"", "a=\"x\\\\y\\n\"" },
	{ "a", NULL },
	{ "=b", NULL },
	{ "1a=b", NULL },
	{ "a b=c", NULL },
	{ "a=\"b", NULL },
	{ "{a=b", NULL },
	{ "a=b}", NULL },
	{ "{a=b}}", NULL },
	{ "a=\"b\"c=d", NULL },
	{ "a=\"\\x\"", NULL },
	{ "__name__=up", NULL },
	{ ",a=b", NULL },
	{ "a==b", "a=\"=b\"" },
	{ "a-b=c", NULL },
};

START_TEST(makes_selectors_safe)
{
	char got[SLO_GATE_SELECTOR_MAX] = "unchanged";
	struct slo_err err = { "", "" };
	int ret = slo_gate_selector(selectors[_i].text, got, &err);

	if (selectors[_i].want) {
		ck_assert_msg(ret == 0, "%s: %s", selectors[_i].text, err.what);
		ck_assert_str_eq(got, selectors[_i].want);
	} else {
		ck_assert_msg(ret == -EINVAL, "%s gave %s", selectors[_i].text, got);
		ck_assert_str_eq(got, "unchanged");
		ck_assert_str_ne(err.what, "");
	}
}
END_TEST

START_TEST(bounds_selectors)
{
	char text[3000], got[SLO_GATE_SELECTOR_MAX];

	memset(text, 'x', sizeof(text));
	text[1] = '=';
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(slo_gate_selector(text, got, NULL), -EINVAL);
}
END_TEST

static const struct {
	const char *text, *selector;
	int64_t window_ns;
	const char *want;
} expansions[] = {
	{ "sum(rate(m{$selector}[$window]))", "a=\"b\"", 300 * SLO_NS_PER_S, "sum(rate(m{a=\"b\"}[5m]))" },
	{ "sum(rate(m{$selector}[$window]))", "", 90 * SLO_NS_PER_S, "sum(rate(m[90s]))" },
	{ "m{x=\"y\",$selector}", "", 1, "m{x=\"y\"}" },
	{ "m{x=\"y\",$selector}[$window]", "a=\"b\"", 7200 * SLO_NS_PER_S, "m{x=\"y\",a=\"b\"}[2h]" },
	{ "m[$window]", "", 1500 * SLO_NS_PER_MS, "m[1500ms]" },
	{ "$selector", "", 1, "" },
};

START_TEST(fills_in_selector_and_window)
{
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	slo_gate_expand(&b, expansions[_i].text, expansions[_i].selector, expansions[_i].window_ns);
	slo_buf_addc(&b, '.');
	b.data[--b.len] = '\0';
	ck_assert_str_eq(b.data, expansions[_i].want);
	slo_buf_fini(&b);
}
END_TEST

static struct slo_gate_opts usual(void)
{
	return (struct slo_gate_opts){ .selector = "",
				       .window_ns = 300 * SLO_NS_PER_S,
				       .long_window_ns = 3600 * SLO_NS_PER_S,
				       .ttft_p95_ms = 800,
				       .error_rate = 0.05,
				       .burn_rate = 2,
				       .target = 0.95,
				       .min_samples = 20,
				       .max_age_ns = 60 * SLO_NS_PER_S,
				       .tolerance = 0.25 };
}

static struct slo_gate_plan plan;
static struct slo_err err;

START_TEST(asks_each_question_once)
{
	struct slo_gate_opts o = usual();

	ck_assert_msg(slo_gate_plan(&plan, &o, &err) == 0, "%s", err.what);
	ck_assert_int_eq((int)plan.metrics_count, 3);
	/* p95, its count, its age; the ratio of two windows, the count, the age. */
	ck_assert_int_eq((int)plan.queries_count, 7);
	ck_assert_int_eq(plan.metrics[2].value, plan.metrics[1].value);
	ck_assert_int_eq(plan.metrics[2].samples, plan.metrics[1].samples);
	ck_assert_str_eq(plan.queries[plan.metrics[0].value].data,
			 "1000 * histogram_quantile(0.95, sum by (le) "
			 "(rate(llm_slo_ttft_seconds_bucket{source!~\"replay|synthetic\"}[5m])))");
	ck_assert_str_eq(plan.queries[plan.metrics[1].value].data,
			 "sum(rate(llm_slo_errors_total{source!~\"replay|synthetic\"}[5m])) / "
			 "sum(rate(llm_slo_requests_total{source!~\"replay|synthetic\"}[5m]))");
	ck_assert_str_eq(plan.queries[plan.metrics[2].long_value].data,
			 "sum(rate(llm_slo_errors_total{source!~\"replay|synthetic\"}[1h])) / "
			 "sum(rate(llm_slo_requests_total{source!~\"replay|synthetic\"}[1h]))");
	ck_assert_str_eq(plan.queries[plan.metrics[1].samples].data,
			 "sum(increase(llm_slo_requests_total{source!~\"replay|synthetic\"}[5m]))");
	ck_assert_str_eq(plan.queries[plan.metrics[1].age].data,
			 "time() - max(timestamp(llm_slo_requests_total{source!~\"replay|synthetic\"}))");
	slo_gate_plan_fini(&plan);
}
END_TEST

START_TEST(puts_the_selector_into_every_metric)
{
	struct slo_gate_opts o = usual();

	o.selector = "service=\"chat\"";
	for (const struct slo_gate_preset *s = slo_gate_presets; s->name; s++) {
		if (!s->ttft)
			continue;
		o.preset = s->name;
		ck_assert_msg(slo_gate_plan(&plan, &o, &err) == 0, "%s: %s", s->name, err.what);
		for (size_t i = 0; i < plan.queries_count; i++) {
			ck_assert_ptr_null(strchr(plan.queries[i].data, '$'));
			ck_assert_msg(strstr(plan.queries[i].data, "service=\"chat\"}") != NULL, "%s: %s", s->name,
				      plan.queries[i].data);
		}
		slo_gate_plan_fini(&plan);
	}
}
END_TEST

START_TEST(compares_with_the_baseline)
{
	struct slo_gate_opts o = usual();

	o.selector = "track=\"canary\"";
	o.baseline = "track=\"stable\"";
	o.custom[0] = (struct slo_gate_custom){
		.name = "p50", .promql = "x{$selector}", .samples = "n{$selector}", .threshold = 1
	};
	o.custom[1] = (struct slo_gate_custom){ .name = "fixed", .promql = "y", .threshold = 1 };
	o.custom_count = 2;
	ck_assert_msg(slo_gate_plan(&plan, &o, &err) == 0, "%s", err.what);
	ck_assert_int_eq((int)plan.metrics_count, 8); /* three, two of the user, and three that are compared */
	ck_assert_str_eq(plan.metrics[5].name, "ttft_p95_ms_vs_baseline");
	ck_assert_str_eq(plan.metrics[6].name, "error_rate_vs_baseline");
	ck_assert_str_eq(plan.metrics[7].name, "p50_vs_baseline");
	ck_assert_str_eq(plan.queries[plan.metrics[7].base_value].data, "x{track=\"stable\"}");
	ck_assert_str_eq(plan.queries[plan.metrics[7].base_samples].data, "n{track=\"stable\"}");
	ck_assert_ptr_nonnull(strstr(plan.queries[plan.metrics[5].base_value].data, "stable"));
	slo_gate_plan_fini(&plan);
}
END_TEST

START_TEST(leaves_out_what_it_is_told_to)
{
	const char *const skip[] = { "ttft_p95_ms", "burn_rate", NULL };
	struct slo_gate_opts o = usual();

	o.skip = skip;
	ck_assert_int_eq(slo_gate_plan(&plan, &o, &err), 0);
	ck_assert_int_eq((int)plan.metrics_count, 1);
	ck_assert_str_eq(plan.metrics[0].name, "error_rate");
	slo_gate_plan_fini(&plan);
	o.preset = "none";
	ck_assert_int_eq(slo_gate_plan(&plan, &o, &err), -EINVAL);
}
END_TEST

START_TEST(refuses_plans_that_make_no_sense)
{
	struct slo_gate_opts o = usual();

	switch (_i) {
	case 0:
		o.preset = "vlmm";
		break;
	case 1:
		o.target = 1;
		break;
	case 2:
		o.long_window_ns = o.window_ns - 1;
		break;
	case 3:
		o.custom[o.custom_count++] = (struct slo_gate_custom){ .name = "burn_rate", .promql = "x" };
		break;
	case 4:
		o.custom[o.custom_count++] = (struct slo_gate_custom){ .name = "a-b", .promql = "x" };
		break;
	default:
		o.custom[o.custom_count++] = (struct slo_gate_custom){ .name = "a", .promql = "" };
	}
	ck_assert_int_eq(slo_gate_plan(&plan, &o, &err), -EINVAL);
	ck_assert_str_ne(err.what, "");
}
END_TEST

/* The configuration is below this module, and so has a list of its own. */
START_TEST(knows_the_presets_the_configuration_names)
{
	const struct slo_config_key *k = slo_config_keys;
	size_t n = 0;

	while (strcmp(k->path, "cdgate.preset") != 0)
		ck_assert(++k < slo_config_keys + slo_config_keys_count);
	for (; slo_gate_presets[n].name; n++) {
		ck_assert_ptr_nonnull(k->choices[n]);
		ck_assert_str_eq(k->choices[n], slo_gate_presets[n].name);
	}
	ck_assert_ptr_null(k->choices[n]);
}
END_TEST

static const struct {
	const char *text, *name;
	int op;
	double threshold;
} thresholds[] = {
	{ "a<=1.5", "a", SLO_GATE_LE, 1.5 },
	{ "a<1", "a", SLO_GATE_LT, 1 },
	{ "a>=0", "a", SLO_GATE_GE, 0 },
	{ "a_b2>-1", "a_b2", SLO_GATE_GT, -1 },
	{ "a==1e3", "a", SLO_GATE_EQ, 1000 },
	{ "a!=0", "a", SLO_GATE_NE, 0 },
	{ "a", NULL, 0, 0 },
	{ "a=1", NULL, 0, 0 },
	{ "<=1", NULL, 0, 0 },
	{ "a<=", NULL, 0, 0 },
	{ "a<=NaN", NULL, 0, 0 },
	{ "a<=1x", NULL, 0, 0 },
	{ "a b<=1", NULL, 0, 0 },
	{ "1a<=1", NULL, 0, 0 },
};

START_TEST(reads_thresholds)
{
	char name[SLO_GATE_NAME_MAX] = "";
	double t = 0;
	int op = -1, ret = slo_gate_custom_threshold(thresholds[_i].text, name, &op, &t, NULL);

	ck_assert_int_eq(ret, thresholds[_i].name ? 0 : -EINVAL);
	if (!thresholds[_i].name)
		return;
	ck_assert_str_eq(name, thresholds[_i].name);
	ck_assert_int_eq(op, thresholds[_i].op);
	ck_assert_double_eq(t, thresholds[_i].threshold);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gate/plan");
	TCase *t = tcase_create("plan");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, makes_selectors_safe, 0, (int)SLO_ARRAY_LEN(selectors));
	tcase_add_test(t, bounds_selectors);
	tcase_add_loop_test(t, fills_in_selector_and_window, 0, (int)SLO_ARRAY_LEN(expansions));
	tcase_add_test(t, asks_each_question_once);
	tcase_add_test(t, puts_the_selector_into_every_metric);
	tcase_add_test(t, compares_with_the_baseline);
	tcase_add_test(t, knows_the_presets_the_configuration_names);
	tcase_add_test(t, leaves_out_what_it_is_told_to);
	tcase_add_loop_test(t, refuses_plans_that_make_no_sense, 0, 6);
	tcase_add_loop_test(t, reads_thresholds, 0, (int)SLO_ARRAY_LEN(thresholds));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
