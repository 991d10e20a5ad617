/* SPDX-License-Identifier: MIT */
#include "render/svg.h"

#include <check.h>
#include <math.h>
#include <string.h>

static struct slo_buf out;

static void setup(void)
{
	slo_buf_init(&out, 1 << 16);
}

static void teardown(void)
{
	slo_buf_fini(&out);
}

static const char *text(void)
{
	return out.data ? out.data : "";
}

START_TEST(a_scale_maps_both_ends_and_may_run_downwards)
{
	const struct slo_scale x = { 0, 2, 10, 110 }, y = { -1, 1, 200, 100 };

	ck_assert_double_eq(slo_scale_at(&x, 0), 10);
	ck_assert_double_eq(slo_scale_at(&x, 2), 110);
	ck_assert_double_eq(slo_scale_at(&x, 0.5), 35);
	ck_assert_double_eq(slo_scale_at(&y, -1), 200);
	ck_assert_double_eq(slo_scale_at(&y, 0), 150);
}
END_TEST

static const struct {
	double lo, hi;
	size_t most, n;
	double first, last;
} tick_cases[] = {
	{ 0, 1, 6, 6, 0, 1 }, /* 0.2 apart */
	{ 0, 1, 5, 3, 0, 1 }, /* 0.5 */
	{ 0, 0.5, 6, 6, 0, 0.5 },
	{ -15, 15, 7, 7, -15, 15 }, /* 5 */
	{ 3.2, 9.9, 4, 3, 4, 8 },   /* 2 */
	{ 0, 1e6, 2, 2, 0, 1e6 },
	{ 1, 1, 6, 0, 0, 0 },
	{ 2, 1, 6, 0, 0, 0 },
	{ NAN, 1, 6, 0, 0, 0 },
	{ 0, INFINITY, 6, 0, 0, 0 },
	{ 0, 1, 1, 0, 0, 0 },
	{ 0, 1, SLO_TICKS_MAX + 1, 0, 0, 0 },
};

START_TEST(ticks_are_round_and_no_more_than_asked_for)
{
	double tick[SLO_TICKS_MAX];
	size_t n = slo_ticks(tick_cases[_i].lo, tick_cases[_i].hi, tick_cases[_i].most, tick);

	ck_assert_uint_eq(n, tick_cases[_i].n);
	if (!n)
		return;
	ck_assert_double_eq_tol(tick[0], tick_cases[_i].first, 1e-9);
	ck_assert_double_eq_tol(tick[n - 1], tick_cases[_i].last, 1e-9);
}
END_TEST

START_TEST(shapes_are_written_with_a_tenth_of_a_pixel)
{
	slo_svg_line(&out, "grid", 0, 1.25, 10, 3.125);
	slo_svg_rect(&out, "heat", 1, 2, 3, 4, 1.5, "2 of <3>");
	slo_svg_mark(&out, "s1", SLO_SVG_CIRCLE, 5, 6, 8, NULL);
	slo_svg_mark(&out, "s2", SLO_SVG_DIAMOND, 0, 0, 10, NULL);
	ck_assert_str_eq(text(),
			 "<line class=\"grid\" x1=\"0.0\" y1=\"1.2\" x2=\"10.0\" y2=\"3.1\"/>\n"
			 "<rect class=\"heat\" x=\"1.0\" y=\"2.0\" width=\"3.0\" height=\"4.0\" fill-opacity=\"1.00\">"
			 "<title>2 of &lt;3&gt;</title></rect>\n"
			 "<circle class=\"s1\" cx=\"5.0\" cy=\"6.0\" r=\"4.0\"/>\n"
			 "<polygon class=\"s2\" points=\"0.0,-6.2 6.2,0.0 0.0,6.2 -6.2,0.0\"/>\n");
}
END_TEST

START_TEST(what_is_not_finite_is_not_drawn)
{
	slo_svg_line(&out, "grid", 0, NAN, 1, 1);
	slo_svg_rect(&out, "heat", 1, 2, INFINITY, 4, 1, NULL);
	slo_svg_rect(&out, "heat", 1, 2, 3, 4, NAN, NULL);
	slo_svg_mark(&out, "s1", SLO_SVG_CIRCLE, NAN, 6, 8, NULL);
	slo_svg_mark(&out, "s1", SLO_SVG_TRIANGLE, 1, 6, NAN, NULL);
	slo_svg_textf(&out, "", 1, -INFINITY, 0, "x");
	ck_assert_str_eq(text(), "");
}
END_TEST

START_TEST(a_path_is_parted_where_a_value_is_missing)
{
	const double x[] = { 0, 1, NAN, 3, 4 }, y[] = { 5, 6, 7, 8, 9 };

	slo_svg_path(&out, "s1", x, y, 5);
	ck_assert_str_eq(text(), "<path class=\"s1\" d=\"M0.0 5.0L1.0 6.0M3.0 8.0L4.0 9.0\"/>\n");
}
END_TEST

START_TEST(no_class_and_no_text_can_end_an_element)
{
	slo_svg_line(&out, "a\" onload=\"x", 0, 0, 1, 1);
	slo_svg_mark(&out, "a<b", SLO_SVG_SQUARE, 0, 0, 1, NULL);
	ck_assert_str_eq(text(), "");
	slo_svg_begin(&out, 10, 20, "</title><script>");
	slo_svg_textf(&out, "m", 1, 2, -90, "%s", "<&\"\x01");
	slo_svg_end(&out);
	ck_assert_str_eq(
		text(),
		"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"10\" height=\"20\" "
		"viewBox=\"0 0 10 20\"><title>&lt;/title&gt;&lt;script&gt;</title>\n"
		"<text class=\"m\" x=\"1.0\" y=\"2.0\" transform=\"rotate(-90 1.0 2.0)\">&lt;&amp;&quot;\\x01</text>\n"
		"</svg>\n");
}
END_TEST

static int count(const char *what)
{
	int n = 0;

	for (const char *p = text(); (p = strstr(p, what)); p++)
		n++;
	return n;
}

START_TEST(an_axis_has_a_grid_line_and_a_value_at_each_tick)
{
	const struct slo_scale x = { 0, 1, 0, 100 }, y = { -1, 1, 100, 0 };

	slo_svg_axis_x(&out, &x, 100, 0, "share");
	ck_assert_int_eq(count("class=\"grid\""), 6);
	ck_assert_int_eq(count("class=\"dim m\""), 6);
	ck_assert_ptr_nonnull(strstr(text(), "<text class=\"dim m\" x=\"20.0\" y=\"116.0\">0.2</text>"));
	ck_assert_ptr_nonnull(strstr(text(), ">share</text>"));
	slo_buf_reset(&out);
	slo_svg_axis_y(&out, &y, 0, 100, "change");
	ck_assert_int_eq(count("class=\"grid\""), 5);
	ck_assert_ptr_nonnull(strstr(text(), ">-1</text>"));
	ck_assert_ptr_nonnull(strstr(text(), ">0</text>"));
	ck_assert_ptr_null(strstr(text(), ">-0</text>"));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("svg");
	TCase *t = tcase_create("svg");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_scale_maps_both_ends_and_may_run_downwards);
	tcase_add_loop_test(t, ticks_are_round_and_no_more_than_asked_for, 0, (int)SLO_ARRAY_LEN(tick_cases));
	tcase_add_test(t, shapes_are_written_with_a_tenth_of_a_pixel);
	tcase_add_test(t, what_is_not_finite_is_not_drawn);
	tcase_add_test(t, a_path_is_parted_where_a_value_is_missing);
	tcase_add_test(t, no_class_and_no_text_can_end_an_element);
	tcase_add_test(t, an_axis_has_a_grid_line_and_a_value_at_each_tick);
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
