/* SPDX-License-Identifier: MIT */
#include "rec/lex.h"

#include <check.h>
#include <errno.h>

static struct slo_buf scratch;

static void setup(void)
{
	slo_buf_init(&scratch, 1 << 16);
}

static void teardown(void)
{
	slo_buf_fini(&scratch);
}

static void start(struct slo_lex *l, const char *text)
{
	slo_lex_init(l, text, strlen(text), &scratch);
}

START_TEST(hands_out_tokens_in_order)
{
	static const int want[] = {
		SLO_LEX_OBJECT, SLO_LEX_KEY, SLO_LEX_ARRAY, SLO_LEX_NUMBER, SLO_LEX_STRING, SLO_LEX_TRUE, SLO_LEX_FALSE,
		SLO_LEX_NULL, SLO_LEX_OBJECT, SLO_LEX_OBJECT_END, SLO_LEX_ARRAY, SLO_LEX_ARRAY_END, SLO_LEX_ARRAY_END,
		SLO_LEX_KEY, SLO_LEX_NUMBER, SLO_LEX_OBJECT_END, SLO_LEX_END, SLO_LEX_END,
	};
	struct slo_lex_value v;
	struct slo_lex l;

	start(&l, " {\"a\" : [ 1 , \"s\",true,false,null,{},[ ] ],\"b\":-2.5e1}\n");
	for (size_t i = 0; i < SLO_ARRAY_LEN(want); i++)
		ck_assert_int_eq(slo_lex_next(&l, &v), want[i]);
}
END_TEST

static const struct {
	const char *text;
	bool integer, fits;
	int64_t i64;
	double f64;
} numbers[] = {
	{ "0", true, true, 0, 0 },
	{ "-0", true, true, 0, -0.0 },
	{ "9223372036854775807", true, true, INT64_MAX, 9223372036854775807.0 },
	{ "-9223372036854775808", true, true, INT64_MIN, -9223372036854775808.0 },
	{ "9223372036854775808", true, false, 0, 9223372036854775808.0 },
	{ "-9223372036854775809", true, false, 0, -9223372036854775808.0 },
	{ "18446744073709551616", true, false, 0, 18446744073709551616.0 },
	{ "123456789012345678901234567890", true, false, 0, 123456789012345678901234567890.0 },
	{ "1.0", false, false, 0, 1 },
	{ "1e2", false, false, 0, 100 },
	{ "0.1E-2", false, false, 0, 0.001 },
	{ "-12.50", false, false, 0, -12.5 },
};

START_TEST(tells_integers_from_other_numbers)
{
	struct slo_lex_value v;
	struct slo_lex l;
	double d;

	start(&l, numbers[_i].text);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_NUMBER);
	ck_assert(slo_str_is(v.num.text, numbers[_i].text));
	ck_assert_int_eq(v.num.integer, numbers[_i].integer);
	ck_assert_int_eq(v.num.fits, numbers[_i].fits);
	if (v.num.fits)
		ck_assert_int_eq(v.num.i64, numbers[_i].i64);
	ck_assert_int_eq(slo_number_f64(&v.num, &d), 0);
	ck_assert(memcmp(&d, &numbers[_i].f64, sizeof(d)) == 0);
}
END_TEST

START_TEST(skips_values_and_tells_their_bytes)
{
	struct slo_lex_value v;
	struct slo_str raw;
	struct slo_lex l;

	start(&l, "{\"a\":  {\"x\":[1,{}],\"y\":\"}\"} ,\"b\":12.5,\"c\":[[1],2]}");
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_OBJECT);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_KEY);
	ck_assert_int_eq(slo_lex_skip(&l, &raw), 0);
	ck_assert(slo_str_is(raw, "{\"x\":[1,{}],\"y\":\"}\"}"));
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_KEY);
	ck_assert_int_eq(slo_lex_skip(&l, &raw), 0);
	ck_assert(slo_str_is(raw, "12.5"));
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_KEY);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_ARRAY);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_ARRAY);
	ck_assert_int_eq(slo_lex_leave(&l), 0);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_NUMBER);
	ck_assert_int_eq(slo_lex_leave(&l), 0);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_OBJECT_END);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_END);
}
END_TEST

START_TEST(a_copy_goes_back)
{
	struct slo_lex_value v, w;
	struct slo_lex l, there;

	start(&l, "[\"\\u0061b\",\"c\\n\"]");
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_ARRAY);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_STRING);
	there = l;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(slo_lex_next(&l, &w), SLO_LEX_STRING);
		ck_assert(slo_str_is(w.str, "c\n"));
		ck_assert(slo_str_is(v.str, "ab"));
		l = there;
	}
}
END_TEST

static const struct {
	const char *text, *what;
} invalid[] = {
	{ "", "the text ends too early at byte 1" },
	{ "[", "the text ends too early at byte 2" },
	{ "[1", "want ',' or ']' at byte 3" },
	{ "[1 2]", "want ',' or ']' at byte 4" },
	{ "[1,]", "want a value at byte 4" },
	{ "[,1]", "want a value at byte 2" },
	{ "]", "want a value at byte 1" },
	{ "[1}", "want ',' or ']' at byte 3" },
	{ "{\"a\":1]", "want ',' or '}' at byte 7" },
	{ "{\"a\"}", "want ':' at byte 5" },
	{ "{1:2}", "want a member name at byte 2" },
	{ "{\"a\":1,}", "want a member name at byte 8" },
	{ "{\"a\":1}{}", "something follows the value at byte 8" },
	{ "nul", "want a value at byte 1" },
	{ "TRUE", "want a value at byte 1" },
	{ "\xef\xbb\xbf{}", "want a value at byte 1" },
	{ "00", "number with a leading zero at byte 1" },
	{ "[00]", "number with a leading zero at byte 2" },
	{ "1e309", "number beyond the largest double at byte 1" },
	{ "\"a\nb\"", "control character in a string at byte 3" },
	{ "\"\\ud800\\u0041\"", "half a surrogate pair at byte 2" },
	{ "\"\xf0\x9f\x98", "invalid UTF-8 at byte 2" },
};

START_TEST(refuses_and_stays_refused)
{
	struct slo_err err = { .what = "" }, again = { .what = "" };
	struct slo_lex_value v;
	struct slo_lex l;
	int token;

	ck_assert_int_eq(slo_lex_validate(invalid[_i].text, strlen(invalid[_i].text), &err), -EINVAL);
	ck_assert_str_eq(err.what, invalid[_i].what);
	start(&l, invalid[_i].text);
	do
		token = slo_lex_next(&l, &v);
	while (token > SLO_LEX_END);
	ck_assert_int_eq(token, SLO_LEX_ERROR);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_ERROR);
	ck_assert_int_eq(slo_lex_fail(&l, &again), -EINVAL);
	ck_assert_str_eq(again.what, invalid[_i].what);
}
END_TEST

START_TEST(nests_64_deep_and_no_deeper)
{
	char text[2 * 65];

	for (size_t depth = 64; depth <= 65; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		ck_assert_int_eq(slo_lex_validate(text, 2 * depth, NULL), depth == 64 ? 0 : -EINVAL);
	}
}
END_TEST

START_TEST(says_so_when_scratch_is_too_small)
{
	struct slo_lex_value v;
	struct slo_buf small;
	struct slo_lex l;

	slo_buf_init(&small, 4);
	slo_lex_init(&l, "\"\\n456789\"", 10, &small);
	ck_assert_int_eq(slo_lex_next(&l, &v), SLO_LEX_ERROR);
	ck_assert_int_eq(slo_lex_fail(&l, NULL), -ENOMEM);
	slo_buf_fini(&small);
}
END_TEST

START_TEST(takes_nul_only_when_told)
{
	struct slo_lex_value v;
	struct slo_lex l;

	for (int nul = 0; nul < 2; nul++) {
		slo_lex_init(&l, "\"a\\u0000b\"", 10, &scratch);
		l.nul = nul;
		ck_assert_int_eq(slo_lex_next(&l, &v), nul ? SLO_LEX_STRING : SLO_LEX_ERROR);
	}
	ck_assert_uint_eq(v.str.len, 3);
	ck_assert_int_eq(memcmp(v.str.p, "a\0b", 3), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rec/lex");
	TCase *t = tcase_create("lex");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, hands_out_tokens_in_order);
	tcase_add_loop_test(t, tells_integers_from_other_numbers, 0, SLO_ARRAY_LEN(numbers));
	tcase_add_test(t, skips_values_and_tells_their_bytes);
	tcase_add_test(t, a_copy_goes_back);
	tcase_add_loop_test(t, refuses_and_stays_refused, 0, SLO_ARRAY_LEN(invalid));
	tcase_add_test(t, nests_64_deep_and_no_deeper);
	tcase_add_test(t, says_so_when_scratch_is_too_small);
	tcase_add_test(t, takes_nul_only_when_told);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
