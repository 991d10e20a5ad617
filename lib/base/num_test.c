/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include "base/rng.h"

#include <check.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *text;
	int ret;
	int64_t v;
} ints[] = {
	{ "0", 0, 0 },
	{ "-0", 0, 0 },
	{ "007", 0, 7 },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "-9223372036854775808", 0, INT64_MIN },
	{ "9223372036854775808", -ERANGE, 0 },
	{ "-9223372036854775809", -ERANGE, 0 },
	{ "92233720368547758070", -ERANGE, 0 },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "-", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "1.0", -EINVAL, 0 },
	{ "0x1", -EINVAL, 0 },
	{ "1e3", -EINVAL, 0 },
};

START_TEST(parses_integers_exactly)
{
	int64_t v = 4711;

	ck_assert_int_eq(slo_parse_i64(slo_str(ints[_i].text), &v), ints[_i].ret);
	ck_assert_int_eq(v, ints[_i].ret ? 4711 : ints[_i].v);
}
END_TEST

static const char *const no_numbers[] = {
	"", "-", "+1", ".5", "1.", "01", "-01", "1e", "1e+", "1.e3", "0x10", "inf", "NaN", " 1", "1 ", "1,5", "1e3.5", "--1", "1f",
};

START_TEST(refuses_what_json_does_not_call_a_number)
{
	double v = 4711;

	ck_assert_int_eq(slo_parse_f64(slo_str(no_numbers[_i]), &v), -EINVAL);
	ck_assert(v == 4711);
}
END_TEST

static const struct {
	const char *text;
	double v;
} floats[] = {
	{ "0", 0 }, { "-0", -0.0 }, { "0.0e999", 0 }, { "0e-999", 0 }, { "1e22", 1e22 }, { "1E+23", 1e23 },
	{ "9007199254740993", 9007199254740992.0 }, { "9007199254740992.9", 9007199254740992.0 },
	{ "9007199254740993.00000000000000000001", 9007199254740994.0 },
	{ "1.7976931348623157e308", DBL_MAX }, { "17976931348623157e292", DBL_MAX }, { "5e-324", 5e-324 },
	{ "2.4703282292062327e-324", 0 }, { "2.4703282292062329e-324", 5e-324 }, { "1e-400", 0 },
	{ "2.2250738585072011e-308", 2.2250738585072011e-308 }, { "0.1", 0.1 }, { "123456789012345678", 123456789012345680.0 },
	{ "0.000000000000000000000000000000000000000000000001", 1e-48 },
	{ "100000000000000000000000000000000000000000000000", 1e47 },
	{ "6929495644600919.5", 6929495644600920.0 }, { "3.518437208883201171875e13", 35184372088832.01171875 },
};

START_TEST(rounds_to_the_nearest_double)
{
	double v = 4711;

	ck_assert_int_eq(slo_parse_f64(slo_str(floats[_i].text), &v), 0);
	ck_assert_msg(memcmp(&v, &floats[_i].v, sizeof(v)) == 0, "%s gave %.17g", floats[_i].text, v);
}
END_TEST

START_TEST(refuses_what_no_double_can_hold)
{
	char zeros[1200];
	double v = 4711;

	ck_assert_int_eq(slo_parse_f64(slo_str("1.8e308"), &v), -ERANGE);
	ck_assert_int_eq(slo_parse_f64(slo_str("-1e999999999999"), &v), -ERANGE);
	memset(zeros, '0', sizeof(zeros));
	zeros[0] = '1';
	ck_assert_int_eq(slo_parse_f64(slo_str_n(zeros, sizeof(zeros)), &v), -ERANGE);
	ck_assert(v == 4711);
	/* Long, yet small: digits beyond any buffer. */
	zeros[1] = '.';
	ck_assert_int_eq(slo_parse_f64(slo_str_n(zeros, sizeof(zeros)), &v), 0);
	ck_assert(v == 1);
}
END_TEST

static const struct {
	double v;
	const char *text;
} printed[] = {
	{ 0, "0" }, { -0.0, "-0" }, { 1, "1" }, { -17, "-17" }, { 0.1, "0.1" }, { 0.5, "0.5" }, { 1e21, "1e+21" },
	{ 123456789012345680000.0, "123456789012345680000" }, { 1e20, "100000000000000000000" },
	{ 999999999999999900000.0, "999999999999999900000" }, { 1e-6, "0.000001" }, { 1e-7, "1e-7" },
	{ 1.5e-9, "1.5e-9" }, { 5e-324, "5e-324" }, { DBL_MAX, "1.7976931348623157e+308" }, { 1e300, "1e+300" },
	{ 1.0 / 3, "0.3333333333333333" }, { 0.30000000000000004, "0.30000000000000004" }, { 4.35, "4.35" },
	{ 12345.678, "12345.678" }, { 9007199254740993.0, "9007199254740992" }, { 100, "100" }, { 1e15, "1000000000000000" },
	{ 0.00001234, "0.00001234" }, { 2.5e-5, "0.000025" }, { 12345678.900000002, "12345678.900000002" },
	{ 1.2345678901234567e16, "12345678901234568" }, { 1.7976931348623157e-5, "0.000017976931348623157" },
};

START_TEST(prints_the_shortest_text_that_reads_back)
{
	char text[SLO_NUM_MAX + 1];
	size_t n = slo_fmt_f64(text, printed[_i].v);

	ck_assert_uint_le(n, SLO_NUM_MAX);
	text[n] = '\0';
	ck_assert_str_eq(text, printed[_i].text);
}
END_TEST

/* Significant digits of a printed number. */
static int significant(const char *text)
{
	int n = 0, zeros = 0;

	for (; *text && *text != 'e'; text++) {
		if (*text < '0' || *text > '9' || (*text == '0' && n == 0))
			continue;
		zeros = *text == '0' ? zeros + 1 : 0;
		n++;
	}
	return n - zeros;
}

static void check_print(double v)
{
	char text[SLO_NUM_MAX + 1], fewer[64];
	size_t n = slo_fmt_f64(text, v);
	double back;
	int digits;

	ck_assert_uint_le(n, SLO_NUM_MAX);
	text[n] = '\0';
	ck_assert_int_eq(slo_parse_f64(slo_str(text), &back), 0);
	ck_assert_msg(memcmp(&back, &v, sizeof(v)) == 0, "%.17g printed as %s", v, text);
	ck_assert(strtod(text, NULL) == v);
	digits = significant(text);
	ck_assert_int_le(digits, 17);
	if (digits > 1) {
		snprintf(fewer, sizeof(fewer), "%.*e", digits - 2, v);
		ck_assert_msg(strtod(fewer, NULL) != v, "%s is shorter than %s", fewer, text);
	}
}

START_TEST(prints_any_double_shortest)
{
	struct slo_rng rng;
	double v;

	slo_rng_seed(&rng, 7);
	for (int i = 0; i < 30000; i++) {
		uint64_t bits = slo_rng_u64(&rng);

		memcpy(&v, &bits, sizeof(v));
		if (isfinite(v))
			check_print(v);
		check_print(slo_rng_exp(&rng, 50));
		check_print((double)(int64_t)(slo_rng_unit(&rng) * 1e10) / 1e6);
		check_print(ldexp(slo_rng_unit(&rng), (int)slo_rng_below(&rng, 120) - 40));
	}
}
END_TEST

START_TEST(prints_integers)
{
	static const int64_t values[] = { 0, 9, 10, 99, 100, 12345, -1, -100, INT64_MAX, INT64_MIN };
	char text[SLO_NUM_MAX + 1], want[32];

	for (size_t i = 0; i < SLO_ARRAY_LEN(values); i++) {
		text[slo_fmt_i64(text, values[i])] = '\0';
		snprintf(want, sizeof(want), "%lld", (long long)values[i]);
		ck_assert_str_eq(text, want);
	}
}
END_TEST

START_TEST(rounds_to_significant_digits)
{
	static const struct {
		double v;
		int digits;
		double want;
	} cases[] = {
		{ 1.0 / 3, 6, 0.333333 }, { 19.999999999999982, 6, 20 }, { -1234567.8, 6, -1234570 }, { 0, 6, 0 },
		{ 1e-320, 6, 1e-320 }, { 0.00012345678, 3, 0.000123 }, { 99.9996, 4, 100 }, { 1.5, 15, 1.5 },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++)
		ck_assert_double_eq(slo_round_digits(cases[i].v, cases[i].digits), cases[i].want);
	ck_assert(isnan(slo_round_digits(NAN, 6)));
	ck_assert(isinf(slo_round_digits(INFINITY, 6)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/num");
	TCase *t = tcase_create("num");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, parses_integers_exactly, 0, SLO_ARRAY_LEN(ints));
	tcase_add_loop_test(t, refuses_what_json_does_not_call_a_number, 0, SLO_ARRAY_LEN(no_numbers));
	tcase_add_loop_test(t, rounds_to_the_nearest_double, 0, SLO_ARRAY_LEN(floats));
	tcase_add_test(t, refuses_what_no_double_can_hold);
	tcase_add_loop_test(t, prints_the_shortest_text_that_reads_back, 0, SLO_ARRAY_LEN(printed));
	tcase_add_test(t, prints_any_double_shortest);
	tcase_add_test(t, prints_integers);
	tcase_add_test(t, rounds_to_significant_digits);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
