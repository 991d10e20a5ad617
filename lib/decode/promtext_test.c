/* SPDX-License-Identifier: MIT */
#include "decode/promtext.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *line, *name;
	uint32_t labels;
	double value;
} good[] = {
	{ "up 1", "up", 0, 1 },
	{ "up{} 1\n", "up", 0, 1 },
	{ "  up{a=\"b\"}\t2 1700000000000", "up", 1, 2 },
	{ "a:b_c{x=\"1\",y=\"2\",} 3.5e-1\r\n", "a:b_c", 2, 0.35 },
	{ "m{le=\"+Inf\"} 8.128902e+06", "m", 1, 8128902 },
	{ "m{ le = \"1\" , z=\"}{\\\"\\\\\" } -4", "m", 2, -4 },
	{ "m +Inf", "m", 0, (double)INFINITY },
	{ "m -Inf # {trace_id=\"x\"} 1", "m", 0, -(double)INFINITY },
	{ "# HELP m x\n# TYPE m counter\n\nm +5", "m", 0, 5 },
};

START_TEST(a_sample_is_read_with_its_labels_and_value)
{
	struct slo_promtext_sample s;
	struct slo_promtext p;

	slo_promtext_init(&p, slo_str(good[_i].line));
	ck_assert(slo_promtext_next(&p, &s));
	ck_assert(slo_str_is(s.name, good[_i].name));
	ck_assert_uint_eq(s.labels_count, good[_i].labels);
	ck_assert(!(s.value < good[_i].value) && !(s.value > good[_i].value));
	ck_assert(!slo_promtext_next(&p, &s));
	ck_assert_uint_eq(p.bad, 0);
	ck_assert_uint_eq(p.samples, 1);
}
END_TEST

static const char *const bad[] = {
	"up",
	"up ",
	"1up 1",
	"up{ 1",
	"up{a} 1",
	"up{a=b} 1",
	"up{a=\"b} 1",
	"up{a=\"b\"",
	"up{a=\"b\"} x",
	"up 1x",
	"up --1",
	"up 0x10",
	"up{a=\"b\" c=\"d\"} 1",
	"<html>",
	"{\"a\":1}",
	"up{a=\"\\\"} 1",
};

START_TEST(a_line_that_is_no_sample_is_counted_and_passed_over)
{
	char text[128];
	struct slo_promtext_sample s;
	struct slo_promtext p;

	snprintf(text, sizeof(text), "%s\nnext 7\n", bad[_i]);
	slo_promtext_init(&p, slo_str(text));
	ck_assert(slo_promtext_next(&p, &s));
	ck_assert(slo_str_is(s.name, "next"));
	ck_assert_uint_eq(p.bad, 1);
}
END_TEST

START_TEST(more_labels_or_a_longer_line_than_is_held_is_a_bad_line)
{
	static char text[2 * SLO_PROMTEXT_LINE_MAX];
	struct slo_promtext_sample s;
	struct slo_promtext p;
	size_t n = (size_t)snprintf(text, sizeof(text), "m{");

	for (int i = 0; i <= SLO_PROMTEXT_LABELS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "l%d=\"v\",", i);
	snprintf(text + n, sizeof(text) - n, "} 1\n");
	slo_promtext_init(&p, slo_str(text));
	ck_assert(!slo_promtext_next(&p, &s));
	ck_assert_uint_eq(p.bad, 1);
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 3, " 1\n", 3);
	slo_promtext_init(&p, slo_str_n(text, sizeof(text)));
	ck_assert(!slo_promtext_next(&p, &s));
	ck_assert_uint_eq(p.bad, 1);
}
END_TEST

START_TEST(a_label_is_found_by_its_name)
{
	struct slo_promtext_sample s;
	struct slo_promtext p;

	slo_promtext_init(&p, slo_str("m{a=\"1\",le=\"0.5\"} NaN"));
	ck_assert(slo_promtext_next(&p, &s));
	ck_assert(slo_str_is(slo_promtext_label(&s, "le"), "0.5"));
	ck_assert_ptr_null(slo_promtext_label(&s, "b").p);
	ck_assert(isnan(s.value));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("promtext");
	TCase *t = tcase_create("promtext");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, a_sample_is_read_with_its_labels_and_value, 0, (int)SLO_ARRAY_LEN(good));
	tcase_add_loop_test(t, a_line_that_is_no_sample_is_counted_and_passed_over, 0, (int)SLO_ARRAY_LEN(bad));
	tcase_add_test(t, more_labels_or_a_longer_line_than_is_held_is_a_bad_line);
	tcase_add_test(t, a_label_is_found_by_its_name);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
