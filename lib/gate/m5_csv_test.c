/* SPDX-License-Identifier: MIT */
#include "gate/m5_csv.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct slo_m5_columns c;
static struct slo_m5_csv_row row;
static struct slo_err err;

static int head(const char *line)
{
	slo_err_reset(&err);
	return slo_m5_csv_head(slo_str(line), true, &c, &err);
}

static int one(const char *line)
{
	slo_err_reset(&err);
	return slo_m5_csv_row(slo_str(line), &c, &row, &err);
}

START_TEST(reads_the_published_columns)
{
	ck_assert_int_eq(head("timestamp,node,collector_cpu_pct,collector_memory_mb,events_per_second,dropped_events"),
			 0);
	ck_assert_int_eq(one("2026-01-01T00:00:00Z,node-1,2.20,120.00,900,0"), 0);
	ck_assert_str_eq(row.node, "node-1");
	ck_assert_double_eq(row.own, 2.2);
	ck_assert(isnan(row.bpf) && isnan(row.total));
}
END_TEST

START_TEST(reads_kernel_and_node_time_in_any_order)
{
	ck_assert_int_eq(head("\xef\xbb\xbf"
			      "bpf_cpu_pct,node_cpu_pct,collector_cpu_pct"),
			 0);
	ck_assert_int_eq(one("0.5,31,1e0"), 0);
	ck_assert_str_eq(row.node, "unknown");
	ck_assert_double_eq(row.own, 1);
	ck_assert_double_eq(row.bpf, 0.5);
	ck_assert_double_eq(row.total, 31);
}
END_TEST

START_TEST(quotes_hold_commas_and_quotes)
{
	ck_assert_int_eq(head("\"node\",collector_cpu_pct"), 0);
	ck_assert_int_eq(one("\"a, \"\"b\"\"\",\"3\""), 0);
	ck_assert_str_eq(row.node, "a, \"b\"");
	ck_assert_double_eq(row.own, 3);
	ck_assert_int_eq(one("\"a,3"), -EINVAL);
	ck_assert_int_eq(one("\"a\"x,3"), -EINVAL);
	ck_assert_int_eq(one("a\"x,3"), -EINVAL);
	ck_assert_str_eq(err.what, "misplaced quotes");
}
END_TEST

START_TEST(an_empty_node_is_unknown)
{
	ck_assert_int_eq(head("node,collector_cpu_pct"), 0);
	ck_assert_int_eq(one(",3"), 0);
	ck_assert_str_eq(row.node, "unknown");
}
END_TEST

START_TEST(names_the_field_of_a_bad_value)
{
	static const char *const bad[] = { "", "x", "NaN", "inf", "-1", " 1", "1 ", "0x10", "1e999" };

	ck_assert_int_eq(head("node,collector_cpu_pct"), 0);
	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++) {
		char line[32] = "n,";

		strcat(line, bad[i]);
		ck_assert_int_eq(one(line), -EINVAL);
		ck_assert_str_eq(err.where, "collector_cpu_pct");
	}
}
END_TEST

START_TEST(rows_have_as_many_fields_as_the_head)
{
	ck_assert_int_eq(head("node,collector_cpu_pct"), 0);
	ck_assert_int_eq(one("n"), -EINVAL);
	ck_assert_str_eq(err.what, "fewer fields than the head names");
	ck_assert_int_eq(one("n,1,2"), -EINVAL);
	ck_assert_str_eq(err.what, "more fields than the head names");
}
END_TEST

START_TEST(the_column_must_be_there_once)
{
	ck_assert_int_eq(head("node,cpu"), -EINVAL);
	ck_assert_str_eq(err.where, "collector_cpu_pct");
	ck_assert_int_eq(head("collector_cpu_pct,collector_cpu_pct"), -EINVAL);
	ck_assert_str_eq(err.what, "the column is there twice");
	ck_assert_int_eq(head(""), -EINVAL);
	slo_err_reset(&err);
	ck_assert_int_eq(slo_m5_csv_head(slo_str("node,node_cpu_pct"), false, &c, &err), 0);
	ck_assert_int_eq(slo_m5_csv_head(slo_str("node,bpf_cpu_pct"), false, &c, &err), -EINVAL);
}
END_TEST

START_TEST(a_name_holds_no_nul)
{
	ck_assert_int_eq(head("node,collector_cpu_pct"), 0);
	slo_err_reset(&err);
	ck_assert_int_eq(slo_m5_csv_row(slo_str_n("\0a,1", 4), &c, &row, &err), -EINVAL);
	ck_assert_str_eq(err.where, "node");
}
END_TEST

START_TEST(columns_and_fields_have_a_limit)
{
	char line[4096], *p = line;

	for (int i = 0; i < 65; i++)
		p += sprintf(p, "c%d,", i);
	strcpy(p, "collector_cpu_pct");
	ck_assert_int_eq(head(line), -EINVAL);
	ck_assert_str_eq(err.what, "too many columns");
	ck_assert_int_eq(head("node,collector_cpu_pct"), 0);
	memset(line, 'x', 2000);
	strcpy(line + 2000, ",1");
	ck_assert_int_eq(one(line), -EINVAL);
	strcpy(line + 300, ",1");
	ck_assert_int_eq(one(line), -EINVAL);
	ck_assert_str_eq(err.where, "node");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("m5_csv");
	TCase *t = tcase_create("m5_csv");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, reads_the_published_columns);
	tcase_add_test(t, reads_kernel_and_node_time_in_any_order);
	tcase_add_test(t, quotes_hold_commas_and_quotes);
	tcase_add_test(t, an_empty_node_is_unknown);
	tcase_add_test(t, names_the_field_of_a_bad_value);
	tcase_add_test(t, rows_have_as_many_fields_as_the_head);
	tcase_add_test(t, the_column_must_be_there_once);
	tcase_add_test(t, a_name_holds_no_nul);
	tcase_add_test(t, columns_and_fields_have_a_limit);
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
