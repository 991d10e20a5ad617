/* SPDX-License-Identifier: MIT */
#include "net/http_client_trace.h"

#include "base/time.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define OURS "timestamp,input_tokens,output_tokens\n"

static struct slo_trace t;
static struct slo_err err;

static int parse(const char *text)
{
	t = (struct slo_trace){ NULL, 0 };
	slo_err_reset(&err);
	return slo_trace_parse(slo_str(text), "t.csv", &t, &err);
}

static const struct {
	const char *text;
	size_t n;
	int64_t last_ns;
	int32_t input, output; /* of the last row */
} good[] = {
	{ OURS "0,10,5\n0.25,2000,7\n", 2, 250 * SLO_NS_PER_MS, 2000, 7 },
	{ OURS "1700000000.5,1,1\n1700000002,65536,1000000", 2, 1500 * SLO_NS_PER_MS, 65536, 1000000 },
	{ "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 "
	  "18:15:50.9951690,396,109\r\n",
	  2, INT64_C(4314579000), 396, 109 },
	{ "\xef\xbb\xbfoutput_length,x,\"input_length\", timestamp\n5,,6,2026-01-01T00:00:00+01:00\n\n1,,2,2025-12-31 "
	  "23:00:01\n",
	  2, SLO_NS_PER_S, 2, 1 },
	{ OURS "3,1,1\n3,2,2\n", 2, 0, 2, 2 },
};

START_TEST(reads_the_traces_people_have)
{
	ck_assert_msg(parse(good[_i].text) == 0, "%s: %s", err.where, err.what);
	ck_assert_int_eq((int)t.n, (int)good[_i].n);
	ck_assert_int_eq(t.rows[0].at_ns, 0);
	ck_assert_int_eq(t.rows[t.n - 1].at_ns, good[_i].last_ns);
	ck_assert_int_eq(t.rows[t.n - 1].prompt_tokens, good[_i].input);
	ck_assert_int_eq(t.rows[t.n - 1].max_tokens, good[_i].output);
	slo_trace_fini(&t);
}
END_TEST

static const struct {
	const char *text, *where;
} bad[] = {
	{ "", "t.csv:1: timestamp" },
	{ "\n\n", "t.csv:1: timestamp" },
	{ "timestamp,input_tokens\n0,1\n", "t.csv:1: output_tokens" },
	{ "0,10,5\n", "t.csv:1: timestamp" },
	{ OURS, "t.csv:1: timestamp" },
	{ OURS "0,10,5\nsoon,10,5\n", "t.csv:3: timestamp" },
	{ OURS "0,10,5\n2023-11-16 18:15:46,10,5\n", "t.csv:3: timestamp" },
	{ OURS "1,10,5\n0.5,10,5\n", "t.csv:3: timestamp" },
	{ OURS "0,0,5\n", "t.csv:2: input_tokens" },
	{ OURS "0,65537,5\n", "t.csv:2: input_tokens" },
	{ OURS "0,1.5,5\n", "t.csv:2: input_tokens" },
	{ OURS "0,5,-1\n", "t.csv:2: output_tokens" },
	{ OURS "0,5\n", "t.csv:2: output_tokens" },
	{ "output_tokens,input_tokens,timestamp\n5,5,1\n5\n", "t.csv:3: timestamp" },
	{ OURS "1e300,5,5\n", "t.csv:2: timestamp" },
};

START_TEST(names_file_line_and_field_of_what_is_wrong)
{
	ck_assert_int_eq(parse(bad[_i].text), -EINVAL);
	ck_assert_str_eq(err.where, bad[_i].where);
	ck_assert(err.what[0]);
	ck_assert_ptr_null(t.rows);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_client_trace");
	TCase *c = tcase_create("trace");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_loop_test(c, reads_the_traces_people_have, 0, (int)SLO_ARRAY_LEN(good));
	tcase_add_loop_test(c, names_file_line_and_field_of_what_is_wrong, 0, (int)SLO_ARRAY_LEN(bad));
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
