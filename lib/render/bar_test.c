/* SPDX-License-Identifier: MIT */
#include "render/bar.h"

#include "base/time.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static const struct slo_term utf8 = { .width = 80, .height = 24, .utf8 = true };
static const struct slo_term ascii = { .width = 80, .height = 24 };

static const struct {
	double share;
	const char *utf8, *ascii;
} bars[] = {
	{ 0, "····", "...." },
	{ -1, "····", "...." },
	{ (double)NAN, "····", "...." },
	{ 0.0001, "▏···", "#..." },
	{ 0.25, "█···", "#..." },
	{ 0.28125, "█▏··", "#..." },
	{ 0.5, "██··", "##.." },
	{ 0.984375, "███▉", "###." },
	{ 0.9999, "███▉", "###." },
	{ 1, "████", "####" },
	{ 7, "████", "####" },
};

START_TEST(a_bar_shows_its_share_and_never_lies_at_the_ends)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_bar_add(&b, bars[_i].share, 4, &utf8);
	ck_assert_str_eq(b.data, bars[_i].utf8);
	slo_buf_reset(&b);
	slo_bar_add(&b, bars[_i].share, 4, &ascii);
	ck_assert_str_eq(b.data, bars[_i].ascii);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(a_sparkline_spans_least_to_greatest)
{
	static const double values[] = { 0, 1, 2, 3, 4, 5, 6, 7, (double)NAN, 3.5 };
	static const double flat[] = { 5, 5 };
	static const double extremes[] = { -1.7e308, 1.7e308, 0 };
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_spark_add(&b, values, SLO_ARRAY_LEN(values), &utf8);
	ck_assert_str_eq(b.data, "▁▂▃▄▅▆▇█ ▅");
	slo_buf_reset(&b);
	slo_spark_add(&b, values, SLO_ARRAY_LEN(values), &ascii);
	ck_assert_str_eq(b.data, "_.,-=+*# =");
	slo_buf_reset(&b);
	slo_spark_add(&b, flat, 2, &utf8);
	ck_assert_str_eq(b.data, "▁▁");
	slo_buf_reset(&b);
	slo_spark_add(&b, extremes, 3, &utf8);
	ck_assert_str_eq(b.data, "▁█▅");
	slo_buf_fini(&b);
}
END_TEST

static const struct {
	double v;
	const char *unit, *text;
} quantities[] = {
	{ 0, "ms", "0 ms" },
	{ 0.2, "ms", "200 µs" },
	{ 0.0123, "ms", "12.3 µs" },
	{ 0.9996, "ms", "1 ms" },
	{ 1, "ms", "1 ms" },
	{ 3.1, "ms", "3.1 ms" },
	{ 212.4, "ms", "212 ms" },
	{ 999.4, "ms", "999 ms" },
	{ 999.6, "ms", "1 s" },
	{ 1843.2, "ms", "1.84 s" },
	{ 119000, "ms", "119 s" },
	{ 150000, "ms", "2.5 min" },
	{ -212, "ms", "-212 ms" },
	{ 0.81, "ratio", "81 %" },
	{ 0.0005, "ratio", "0.05 %" },
	{ 0, "ratio", "0 %" },
	{ 1, "ratio", "100 %" },
	{ 2.55, "pct", "2.55 %" },
	{ 8.4, "tps", "8.4 tok/s" },
	{ 0, "count", "0" },
	{ 4.25, "count", "4.25" },
	{ 12345, "count", "12345" },
	{ 1234567, "count", "1.23e+06" },
	{ 0.0001, "count", "1.00e-04" },
	{ 0, "bytes", "0 B" },
	{ 1536, "bytes", "1.5 KiB" },
	{ 3221225472.0, "bytes", "3 GiB" },
	{ 7, "", "7" },
	{ 7, "widgets", "7 widgets" },
	{ 7, "\033[2J", "7 \\x1b[2J" },
	{ 7, "an-endless-unit-name", "7 an-endless-unit…" },
	{ (double)NAN, "ms", "n/a" },
	{ (double)INFINITY, "ms", "n/a" },
};

START_TEST(a_number_reads_like_a_person_would_write_it)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_quantity_add(&b, quantities[_i].v, slo_str(quantities[_i].unit), &utf8);
	ck_assert_str_eq(b.data, quantities[_i].text);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(without_utf8_microseconds_are_us)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_quantity_add(&b, 0.2, slo_str("ms"), &ascii);
	ck_assert_str_eq(b.data, "200 us");
	slo_buf_fini(&b);
}
END_TEST

static const struct {
	double share;
	const char *text;
} percents[] = {
	{ 0, "0 %" },          { 1e-9, "<1 %" },     { 0.0099, "<1 %" }, { 0.01, "1 %" }, { 0.913, "91 %" },
	{ 0.99, "99 %" },      { 0.9951, ">99 %" },  { 0.999999, ">99 %" }, { 1, "100 %" },
	{ (double)NAN, "n/a" },
};

START_TEST(a_probability_is_certain_only_when_it_is)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_percent_add(&b, percents[_i].share);
	ck_assert_str_eq(b.data, percents[_i].text);
	slo_buf_fini(&b);
}
END_TEST

static const struct {
	int64_t s;
	const char *text;
} spans[] = {
	{ -5, "0 s" },          { 0, "0 s" },           { 59, "59 s" },         { 60, "1 min" },     { 200, "3 min 20 s" },
	{ 3599, "59 min 59 s" }, { 3600, "1 h" },        { 3660, "1 h 1 min" },  { 3601, "1 h" },     { 86400, "1 d" },
	{ 86400 * 3 + 4 * 3600 + 59, "3 d 4 h" },
};

START_TEST(a_length_of_time_has_its_two_largest_units)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_span_add(&b, spans[_i].s * SLO_NS_PER_S + 999999999 * (spans[_i].s >= 0));
	ck_assert_str_eq(b.data, spans[_i].text);
	slo_buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("render bar");
	TCase *t = tcase_create("bar");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, a_bar_shows_its_share_and_never_lies_at_the_ends, 0, (int)SLO_ARRAY_LEN(bars));
	tcase_add_test(t, a_sparkline_spans_least_to_greatest);
	tcase_add_loop_test(t, a_number_reads_like_a_person_would_write_it, 0, (int)SLO_ARRAY_LEN(quantities));
	tcase_add_test(t, without_utf8_microseconds_are_us);
	tcase_add_loop_test(t, a_probability_is_certain_only_when_it_is, 0, (int)SLO_ARRAY_LEN(percents));
	tcase_add_loop_test(t, a_length_of_time_has_its_two_largest_units, 0, (int)SLO_ARRAY_LEN(spans));
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
