/* SPDX-License-Identifier: MIT */
#include "render/prom.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct slo_buf b;
static struct slo_prom p;

static void setup(void)
{
	slo_buf_init(&b, 65536);
	p = slo_prom_begin(&b);
}

static void teardown(void)
{
	slo_buf_fini(&b);
}

static const struct {
	struct slo_str value;
	const char *want;
} values[] = {
	{ SLO_STR("plain"), "m{l=\"plain\"} 1\n" },
	{ SLO_STR(""), "m{l=\"\"} 1\n" },
	{ { NULL, 0 }, "m{l=\"\"} 1\n" },
	{ SLO_STR("say \"hi\"\n"), "m{l=\"say \\\"hi\\\"\\n\"} 1\n" },
	{ SLO_STR("C:\\x"), "m{l=\"C:\\\\x\"} 1\n" },
	{ SLO_STR("}{,= \t"), "m{l=\"}{,= \t\"} 1\n" },
	{ SLO_STR("\xe2\x82\xac"), "m{l=\"\xe2\x82\xac\"} 1\n" },
	{ SLO_STR("a\xff\xc3"), "m{l=\"a\xef\xbf\xbd\xef\xbf\xbd\"} 1\n" },
	{ SLO_STR("a\0b"), "m{l=\"a\xef\xbf\xbd"
			   "b\"} 1\n" },
};

START_TEST(no_label_value_ends_its_quotes_or_its_line)
{
	const struct slo_prom_label labels[] = { { "l", values[_i].value }, { .name = NULL } };

	p.family = "m";
	slo_prom_sample(&p, labels, 1);
	ck_assert_str_eq(b.data, values[_i].want);
}
END_TEST

static const struct {
	double value;
	const char *want;
} numbers[] = {
	{ 0, "m 0\n" },	    { 0.1, "m 0.1\n" },	      { -3, "m -3\n" },		 { 1e21, "m 1e+21\n" },
	{ NAN, "m NaN\n" }, { INFINITY, "m +Inf\n" }, { -INFINITY, "m -Inf\n" }, { 1763845200, "m 1763845200\n" },
};

START_TEST(values_are_written_as_the_format_has_them)
{
	const struct slo_prom_label none[] = { { .name = NULL } };

	p.family = "m";
	slo_prom_sample(&p, _i % 2 ? none : NULL, numbers[_i].value);
	ck_assert_str_eq(b.data, numbers[_i].want);
}
END_TEST

START_TEST(a_family_begins_with_its_help_and_its_type)
{
	slo_prom_family(&p, "up", SLO_PROM_GAUGE, "one\ntwo \\ \"three\"");
	slo_prom_sample(&p, NULL, 1);
	slo_prom_family(&p, "x_total", SLO_PROM_COUNTER, "h");
	ck_assert_str_eq(b.data, "# HELP up one\\ntwo \\\\ \"three\"\n# TYPE up gauge\nup 1\n"
				 "# HELP x_total h\n# TYPE x_total counter\n");
}
END_TEST

START_TEST(a_histogram_ends_in_infinity_sum_and_count)
{
	const struct slo_prom_label labels[] = { { "s", SLO_STR("a") }, { "r", SLO_STR("b") }, { .name = NULL } };
	const double bounds[] = { 0.5, 10 };
	const uint64_t cumulative[] = { 3, UINT64_C(18446744073709551614) };

	slo_prom_family(&p, "h", SLO_PROM_HISTOGRAM, "t");
	slo_prom_histogram(&p, labels, bounds, cumulative, 2, 12.5, UINT64_MAX);
	slo_prom_histogram(&p, NULL, bounds, cumulative, 1, 0, 3);
	ck_assert_str_eq(b.data, "# HELP h t\n# TYPE h histogram\n"
				 "h_bucket{s=\"a\",r=\"b\",le=\"0.5\"} 3\n"
				 "h_bucket{s=\"a\",r=\"b\",le=\"10\"} 18446744073709551614\n"
				 "h_bucket{s=\"a\",r=\"b\",le=\"+Inf\"} 18446744073709551615\n"
				 "h_sum{s=\"a\",r=\"b\"} 12.5\n"
				 "h_count{s=\"a\",r=\"b\"} 18446744073709551615\n"
				 "h_bucket{le=\"0.5\"} 3\nh_bucket{le=\"+Inf\"} 3\nh_sum 0\nh_count 3\n");
}
END_TEST

START_TEST(what_does_not_fit_is_told_by_the_buffer)
{
	slo_buf_fini(&b);
	slo_buf_init(&b, 40);
	slo_prom_family(&p, "up", SLO_PROM_GAUGE, "a long text that does not fit into it");
	ck_assert_int_ne(b.err, 0);
	ck_assert_uint_le(b.len, 40);
}
END_TEST

START_TEST(a_histogram_may_be_cut_anywhere)
{
	const struct slo_prom_label labels[] = { { "s", SLO_STR("a\"b\xff") }, { .name = NULL } };
	const double bounds[] = { 0.5, 10 };
	const uint64_t cumulative[] = { 1, 2 };

	slo_buf_fini(&b);
	slo_buf_init(&b, (size_t)_i);
	p.family = "h";
	slo_prom_histogram(&p, labels, bounds, cumulative, 2, 12.5, 3);
	ck_assert_int_ne(b.err, 0);
	ck_assert_uint_le(b.len, (size_t)_i);
}
END_TEST

/* The judge that is not ours. */
START_TEST(promtool_reads_all_of_it)
{
	const double bounds[] = { 0.005, 1 };
	const uint64_t cumulative[] = { 1, 2 };
	FILE *tool;

	if (system("command -v promtool >/dev/null 2>&1")) {
		puts("SKIP: promtool is not installed (Debian package prometheus)");
		return;
	}
	slo_prom_family(&p, "slo_test_info", SLO_PROM_GAUGE, "Label values of every kind.");
	for (size_t i = 0; i < SLO_ARRAY_LEN(values); i++) {
		const char n[2] = { (char)('a' + i), '\0' };
		const struct slo_prom_label labels[] = { { "l", values[i].value },
							 { "n", slo_str(n) },
							 { .name = NULL } };

		slo_prom_sample(&p, labels, numbers[i % SLO_ARRAY_LEN(numbers)].value);
	}
	slo_prom_family(&p, "slo_test_seconds", SLO_PROM_HISTOGRAM, "A \\ histogram\nof two lines.");
	slo_prom_histogram(&p, NULL, bounds, cumulative, 2, 7.25, 3);
	tool = popen("promtool check metrics 2>&1", "w");
	ck_assert_ptr_nonnull(tool);
	ck_assert_uint_eq(fwrite(b.data, 1, b.len, tool), b.len);
	ck_assert_int_eq(pclose(tool), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("render/prom");
	TCase *t = tcase_create("prom");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, no_label_value_ends_its_quotes_or_its_line, 0, SLO_ARRAY_LEN(values));
	tcase_add_loop_test(t, values_are_written_as_the_format_has_them, 0, SLO_ARRAY_LEN(numbers));
	tcase_add_test(t, a_family_begins_with_its_help_and_its_type);
	tcase_add_test(t, a_histogram_ends_in_infinity_sum_and_count);
	tcase_add_test(t, what_does_not_fit_is_told_by_the_buffer);
	tcase_add_loop_test(t, a_histogram_may_be_cut_anywhere, 1, 140);
	tcase_add_test(t, promtool_reads_all_of_it);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
