/* SPDX-License-Identifier: MIT */
#include <check.h>

#include "io/filter.h"
#include "io/internal.h"
#include "io/testing.h"

static struct slo_err reported[32];
static size_t reports;

static void report(const struct slo_err *err)
{
	ck_assert_uint_lt(reports, SLO_ARRAY_LEN(reported));
	reported[reports++] = *err;
}

/* A filter that finds every line malformed that starts with "bad". */
static void run(struct slo_filter *f, const char *text)
{
	struct slo_str line;
	int rc;

	ck_assert_int_eq(slo_file_replace(in_dir("", "in"), slo_str(text), NULL), 0);
	ck_assert_int_eq(slo_reader_open(in_dir("", "in"), &f->in, NULL), 0);
	ck_assert_int_eq(slo_reader_limit(f->in, 20, 22), 0);
	reports = 0;
	while ((rc = slo_reader_next(f->in, &line, -1)) != SLO_READ_EOF) {
		struct slo_err err = { .what = "" };

		if (rc == SLO_READ_LINE && strncmp(line.p, "bad", 3) != 0)
			continue;
		if (rc == SLO_READ_LINE) {
			slo_err_set(&err, 0, "want a number");
			slo_err_at(&err, "value");
		}
		slo_filter_bad(f, line, &err);
	}
}

static void expect_report(size_t i, const char *where, const char *what)
{
	char want[200];

	snprintf(want, sizeof(want), "%s%s", in_dir("", "in"), where);
	ck_assert_str_eq(reported[i].where, want);
	ck_assert_str_eq(reported[i].what, what);
}

START_TEST(a_malformed_line_is_reported_with_its_place_and_kept)
{
	struct slo_filter f = { .report = report };
	char *kept;
	size_t len;

	ck_assert_int_eq(slo_writer_open(in_dir("", "reject"), NULL, &f.reject, NULL), 0);
	run(&f, "good\n\nbad one\r\ngood\nbad two, and far too long\nbad three");
	ck_assert_uint_eq(f.malformed, 3);
	expect_report(0, ":3: value", "want a number");
	expect_report(1, ":5", "line longer than 1048576 bytes");
	expect_report(2, ":6: value", "want a number");
	ck_assert_int_eq(slo_filter_end(&f), 0);
	expect_report(3, "", "3 malformed lines skipped");
	ck_assert_uint_eq(reports, 4);
	ck_assert_int_eq(slo_writer_close(f.reject, NULL), 0);
	ck_assert_int_eq(slo_file_read(in_dir("", "reject"), 1000, &kept, &len, NULL), 0);
	ck_assert_str_eq(kept, "bad one\nbad three\n");
	free(kept);
	slo_reader_close(f.in);
}
END_TEST

START_TEST(ten_are_reported_and_then_the_total)
{
	struct slo_filter f = { .report = report, .strict = true };
	char text[200] = "";

	for (int i = 0; i < 12; i++)
		strcat(text, "bad\n");
	run(&f, text);
	ck_assert_uint_eq(reports, 10);
	expect_report(9, ":10: value", "want a number");
	ck_assert_int_eq(slo_filter_end(&f), 1);
	expect_report(10, "", "12 malformed lines skipped (first 10 shown)");
	slo_reader_close(f.in);
}
END_TEST

START_TEST(one_line_is_one_line)
{
	struct slo_filter f = { .report = report };

	run(&f, "bad\n");
	ck_assert_int_eq(slo_filter_end(&f), 0);
	expect_report(1, "", "1 malformed line skipped");
	slo_reader_close(f.in);
}
END_TEST

START_TEST(good_input_is_silent_and_strict_accepts_it)
{
	struct slo_filter f = { .report = report, .strict = true };

	run(&f, "good\n");
	ck_assert_int_eq(slo_filter_end(&f), 0);
	ck_assert_uint_eq(reports, 0);
	slo_reader_close(f.in);
}
END_TEST

START_TEST(a_silent_filter_still_counts)
{
	struct slo_filter f = { .strict = true };

	run(&f, "bad\nbad\n");
	ck_assert_uint_eq(f.malformed, 2);
	ck_assert_int_eq(slo_filter_end(&f), 1);
	slo_reader_close(f.in);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("io/filter");
	TCase *t = tcase_create("filter");

	tcase_add_checked_fixture(t, make_test_dir, remove_test_dir);
	tcase_add_test(t, a_malformed_line_is_reported_with_its_place_and_kept);
	tcase_add_test(t, ten_are_reported_and_then_the_total);
	tcase_add_test(t, one_line_is_one_line);
	tcase_add_test(t, good_input_is_silent_and_strict_accepts_it);
	tcase_add_test(t, a_silent_filter_still_counts);
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
