/* SPDX-License-Identifier: MIT */
#include "render/term.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	struct slo_term_facts facts;
	bool tty, utf8, colour;
	int width, height;
} cases[] = {
	/* nothing known: a pipe */
	{ { .isatty = false }, false, false, false, 80, 24 },
	{ { .isatty = true, .term = "xterm", .lang = "C.UTF-8", .columns = 120, .rows = 50 }, true, true, true, 120, 50 },
	{ { .isatty = true, .term = "xterm", .no_color = "1" }, true, false, false, 80, 24 },
	{ { .isatty = true, .term = "xterm", .no_color = "" }, true, false, true, 80, 24 },
	{ { .isatty = true, .term = "dumb" }, false, false, false, 80, 24 },
	{ { .isatty = true, .term = "" }, false, false, false, 80, 24 },
	{ { .isatty = true }, false, false, false, 80, 24 },
	{ { .isatty = false, .colour = SLO_COLOUR_ALWAYS, .no_color = "1" }, false, false, true, 80, 24 },
	{ { .isatty = true, .term = "xterm", .colour = SLO_COLOUR_NEVER }, true, false, false, 80, 24 },
	{ { .lang = "de_DE.utf8@euro", .want_width = 100, .columns = 60 }, false, true, false, 100, 24 },
	{ { .lang = "en_US.ISO-8859-1", .want_width = 1 }, false, false, false, SLO_TERM_WIDTH_MIN, 24 },
	{ { .lang = "C", .columns = 9999 }, false, false, false, SLO_TERM_WIDTH_MAX, 24 },
	{ { .lang = "UTF-8" }, false, false, false, 80, 24 },
};

START_TEST(the_facts_decide)
{
	struct slo_term t = slo_term_decide(&cases[_i].facts);

	ck_assert_int_eq(t.tty, cases[_i].tty);
	ck_assert_int_eq(t.utf8, cases[_i].utf8);
	ck_assert_int_eq(t.colour, cases[_i].colour);
	ck_assert_int_eq(t.width, cases[_i].width);
	ck_assert_int_eq(t.height, cases[_i].height);
}
END_TEST

START_TEST(a_frame_starts_at_home_and_never_scrolls)
{
	const struct slo_term t = { .width = 80, .height = 3 };
	struct slo_buf b;

	slo_buf_init(&b, 256);
	slo_screen_frame(&b, &t, slo_str("one\ntwo\n"));
	ck_assert_str_eq(b.data, "\033[Hone\033[K\r\ntwo\033[K\033[J");
	slo_buf_reset(&b);
	slo_screen_frame(&b, &t, slo_str("1\n2\n3\n4\n"));
	ck_assert_str_eq(b.data, "\033[H1\033[K\r\n2\033[K\r\n3\033[K\033[J");
	slo_buf_reset(&b);
	slo_screen_frame(&b, &t, slo_str(""));
	ck_assert_str_eq(b.data, "\033[H\033[J");
	slo_buf_fini(&b);
}
END_TEST

START_TEST(leaving_undoes_everything_entering_did)
{
	static const char *const undone[] = { "\033[?1049l", "\033[?25h", "\033[?7h", "\033[0m" };
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_screen_enter(&b);
	ck_assert_str_eq(b.data, "\033[?1049h\033[?25l\033[?7l");
	for (size_t i = 0; i < SLO_ARRAY_LEN(undone); i++)
		ck_assert_ptr_nonnull(strstr(slo_screen_leave, undone[i]));
	slo_buf_fini(&b);
}
END_TEST

START_TEST(styles_are_silent_without_colour)
{
	struct slo_term t = { .width = 80 };
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_style_on(&b, &t, SLO_STYLE_BAD);
	slo_style_off(&b, &t);
	ck_assert_uint_eq(b.len, 0);
	t.colour = true;
	slo_style_on(&b, &t, SLO_STYLE_BAD);
	slo_style_off(&b, &t);
	ck_assert_str_eq(b.data, "\033[31m\033[0m");
	slo_buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("render term");
	TCase *t = tcase_create("term");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, the_facts_decide, 0, (int)SLO_ARRAY_LEN(cases));
	tcase_add_test(t, a_frame_starts_at_home_and_never_scrolls);
	tcase_add_test(t, leaving_undoes_everything_entering_did);
	tcase_add_test(t, styles_are_silent_without_colour);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
