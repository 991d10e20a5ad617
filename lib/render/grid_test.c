/* SPDX-License-Identifier: MIT */
#include "render/grid.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static const struct slo_column columns[] = {
	{ "name", SLO_ALIGN_LEFT, 4 },
	{ "value", SLO_ALIGN_RIGHT, 0 },
	{ "note", SLO_ALIGN_LEFT, 3 },
};
static const struct slo_column bare[] = { { NULL, SLO_ALIGN_LEFT, 0 }, { NULL, SLO_ALIGN_LEFT, 0 } };

static struct slo_grid g;
static struct slo_buf out;

static void setup(void)
{
	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	slo_buf_init(&out, 1 << 20);
}

static void teardown(void)
{
	slo_grid_fini(&g);
	slo_buf_fini(&out);
}

static void row(const char *a, const char *b, const char *c)
{
	slo_grid_cell(&g, slo_str(a));
	slo_grid_cell(&g, slo_str(b));
	slo_grid_cell(&g, slo_str(c));
}

static const char *draw(int width, bool utf8, bool colour)
{
	const struct slo_term t = { .width = width, .height = 24, .utf8 = utf8, .colour = colour };

	slo_buf_reset(&out);
	ck_assert_int_eq(slo_grid_draw(&g, 2, &t, &out), 0);
	return out.len ? out.data : "";
}

START_TEST(columns_are_as_wide_as_their_widest_cell)
{
	row("dns", "12", "x");
	row("東京", "3", "");
	row("a", "", "long note");
	ck_assert_str_eq(draw(80, true, false), "  name  value  note\n"
						"  dns      12  x\n"
						"  東京      3\n"
						"  a            long note\n");
}
END_TEST

START_TEST(flexible_columns_give_way_until_it_fits)
{
	row("a-long-name", "12345", "a note");
	ck_assert_str_eq(draw(80, true, false) + strlen("  name         value  note\n"), "  a-long-name  12345  a note\n");
	ck_assert_str_eq(draw(24, true, false), "  name     value  note\n"
						"  a-long…  12345  a note\n");
	ck_assert_str_eq(draw(18, true, false), "  name  value  no…\n"
						"  a-l…  12345  a …\n");
	ck_assert_str_eq(draw(18, false, false), "  name  value  ...\n"
						 "  a...  12345  ...\n");
}
END_TEST

START_TEST(data_cannot_leave_its_cell)
{
	row("a\nb\033[2J", "1", "x");
	ck_assert_ptr_nonnull(strstr(draw(80, true, false), "a\\x0ab\\x1b[2J"));
	ck_assert_ptr_null(strchr(out.data, '\033'));
}
END_TEST

START_TEST(a_nul_ends_a_cell)
{
	slo_grid_cell(&g, slo_str_n("ab\0cd", 5));
	slo_grid_cellf(&g, "%d", 7);
	slo_grid_cell(&g, (struct slo_str){ NULL, 0 });
	ck_assert_str_eq(draw(80, true, false), "  name  value  note\n  ab        7\n");
}
END_TEST

START_TEST(styles_surround_cells_only_when_colour_is_on)
{
	slo_grid_style(&g, 0, SLO_STYLE_BOLD);
	row("a", "1", "n");
	ck_assert_ptr_nonnull(strstr(draw(80, true, true), "\033[1ma   \033[0m"));
	ck_assert_ptr_null(strchr(draw(80, true, false), '\033'));
}
END_TEST

START_TEST(a_table_without_titles_has_no_heading)
{
	slo_grid_init(&g, bare, 2);
	ck_assert_str_eq(draw(80, true, false), "");
	slo_grid_cell(&g, slo_str("a"));
	slo_grid_cell(&g, slo_str("b"));
	slo_grid_cell(&g, slo_str("incomplete row"));
	ck_assert_str_eq(draw(80, true, false), "  a  b\n");
}
END_TEST

START_TEST(rows_over_the_limit_are_counted)
{
	for (int i = 0; i < SLO_GRID_MAX_ROWS + 3; i++)
		row("a", "b", "c");
	ck_assert_uint_eq(g.dropped, 3);
	draw(80, true, false);
	ck_assert_uint_eq(out.len, (SLO_GRID_MAX_ROWS) * strlen("  a         b  c\n") + strlen("  name  value  note\n"));
}
END_TEST

START_TEST(too_much_text_is_an_error)
{
	const struct slo_term t = { .width = 80, .height = 24 };
	char *big = calloc(1, SLO_GRID_MAX_BYTES + 1);

	memset(big, 'x', SLO_GRID_MAX_BYTES);
	row(big, "b", "c");
	ck_assert_int_eq(slo_grid_draw(&g, 0, &t, &out), -EMSGSIZE);
	free(big);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("render grid");
	TCase *t = tcase_create("grid");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, columns_are_as_wide_as_their_widest_cell);
	tcase_add_test(t, flexible_columns_give_way_until_it_fits);
	tcase_add_test(t, data_cannot_leave_its_cell);
	tcase_add_test(t, a_nul_ends_a_cell);
	tcase_add_test(t, styles_surround_cells_only_when_colour_is_on);
	tcase_add_test(t, a_table_without_titles_has_no_heading);
	tcase_add_test(t, rows_over_the_limit_are_counted);
	tcase_add_test(t, too_much_text_is_an_error);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
