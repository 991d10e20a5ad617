/* SPDX-License-Identifier: MIT */
#include "render/text.h"

#include <check.h>
#include <stdlib.h>

static const struct slo_term utf8 = { .width = 80, .height = 24, .utf8 = true };
static const struct slo_term ascii = { .width = 80, .height = 24 };

static const struct {
	const char *in, *utf8, *ascii;
	int utf8_columns;
} texts[] = {
	{ "plain", "plain", "plain", 5 },
	{ "", "", "", 0 },
	{ "caf\xc3\xa9", "caf\xc3\xa9", "caf\\u00e9", 4 },
	{ "e\xcc\x81x", "e\xcc\x81x", "e\\u0301x", 2 },
	{ "\xe6\x9d\xb1", "\xe6\x9d\xb1", "\\u6771", 2 },
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\\U0001f600", 2 },
	{ "\033[31m", "\\x1b[31m", "\\x1b[31m", 8 },
	{ "a\r\nb\tc\x7f", "a\\x0d\\x0ab\\x09c\\x7f", "a\\x0d\\x0ab\\x09c\\x7f", 19 },
	{ "\xc2\x9b" "31m", "\\u009b31m", "\\u009b31m", 9 },
	{ "x\xe2\x80\xaey", "x\\u202ey", "x\\u202ey", 8 },
	{ "x\xe2\x80\x8by", "x\\u200by", "x\\u200by", 8 },
	{ "\xef\xbb\xbfz", "\\ufeffz", "\\ufeffz", 7 },
	{ "\xf3\xa0\x80\x81", "\\U000e0001", "\\U000e0001", 10 },
	/* invalid: lone continuation, cut off, overlong, surrogate, beyond the last */
	{ "\x80", "\\x80", "\\x80", 4 },
	{ "\xe2\x82", "\\xe2\\x82", "\\xe2\\x82", 8 },
	{ "\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf", 8 },
	{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\xe0\\x80\\xaf", 12 },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80", 12 },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80", 16 },
	{ "\xff", "\\xff", "\\xff", 4 },
};

START_TEST(data_is_made_safe_and_measured)
{
	struct slo_buf b;

	slo_buf_init(&b, 256);
	ck_assert_int_eq(slo_text_add(&b, slo_str(texts[_i].in), 80, &utf8), texts[_i].utf8_columns);
	ck_assert_str_eq(b.len ? b.data : "", texts[_i].utf8);
	ck_assert_int_eq(slo_text_width(slo_str(texts[_i].in), &utf8), texts[_i].utf8_columns);
	slo_buf_reset(&b);
	ck_assert_int_eq(slo_text_add(&b, slo_str(texts[_i].in), 80, &ascii), (int)strlen(texts[_i].ascii));
	ck_assert_str_eq(b.len ? b.data : "", texts[_i].ascii);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(nothing_but_printable_text_comes_out_of_any_two_bytes)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	for (int i = 0; i < 65536; i++) {
		const char in[2] = { (char)(i >> 8), (char)i };

		slo_buf_reset(&b);
		slo_text_add(&b, slo_str_n(in, 2), 80, &utf8);
		for (size_t k = 0; k < b.len; k++) {
			unsigned char c = (unsigned char)b.data[k];

			ck_assert(c >= 0x20 && c != 0x7f);
			ck_assert(!(c == 0xc2 && (unsigned char)b.data[k + 1] < 0xa0));
		}
	}
	slo_buf_fini(&b);
}
END_TEST

static const struct {
	const char *in, *out;
	int max, columns;
	bool utf8;
} cuts[] = {
	{ "abcdef", "abcdef", 6, 6, true },
	{ "abcdef", "abcd…", 5, 5, true },
	{ "abcdef", "…", 1, 1, true },
	{ "abcdef", "", 0, 0, true },
	{ "abcdef", "ab...", 5, 5, false },
	{ "abcdef", "..", 2, 2, false },
	{ "abcdef", "", 0, 0, false },
	{ "東京都", "東京都", 6, 6, true },
	{ "東京都", "東京…", 5, 5, true },
	{ "東京都", "東…", 4, 3, true },
	{ "ab\033cd", "ab…", 5, 3, true },
	{ "ab\033", "ab\\x1b", 6, 6, true },
};

START_TEST(what_is_too_long_is_cut_between_characters)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_buf_addc(&b, '>');
	ck_assert_int_eq(slo_text_add(&b, slo_str(cuts[_i].in), cuts[_i].max, cuts[_i].utf8 ? &utf8 : &ascii),
			 cuts[_i].columns);
	ck_assert_str_eq(b.data + 1, cuts[_i].out);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(a_cell_has_exactly_its_width)
{
	struct slo_buf b;

	slo_buf_init(&b, 64);
	slo_text_cell(&b, slo_str("ab"), 4, SLO_ALIGN_LEFT, &utf8);
	slo_buf_addc(&b, '|');
	slo_text_cell(&b, slo_str("ab"), 4, SLO_ALIGN_RIGHT, &utf8);
	slo_buf_addc(&b, '|');
	slo_text_cell(&b, slo_str("東京"), 5, SLO_ALIGN_RIGHT, &utf8);
	slo_buf_addc(&b, '|');
	slo_text_cell(&b, slo_str("東京東京"), 6, SLO_ALIGN_LEFT, &utf8);
	slo_buf_addc(&b, '|');
	ck_assert_str_eq(b.data, "ab  |  ab| 東京|東京… |");
	slo_buf_fini(&b);
}
END_TEST

START_TEST(code_points_survive_the_way_there_and_back)
{
	static const int32_t cps[] = { 0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff };
	struct slo_buf b;

	slo_buf_init(&b, 64);
	for (size_t i = 0; i < SLO_ARRAY_LEN(cps); i++) {
		int32_t cp = -2;

		slo_buf_reset(&b);
		slo_utf8_put(&b, cps[i]);
		ck_assert_uint_eq(slo_utf8_next(slo_buf_str(&b), &cp), b.len);
		ck_assert_int_eq(cp, cps[i]);
	}
	slo_buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("render text");
	TCase *t = tcase_create("text");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, data_is_made_safe_and_measured, 0, (int)SLO_ARRAY_LEN(texts));
	tcase_add_test(t, nothing_but_printable_text_comes_out_of_any_two_bytes);
	tcase_add_loop_test(t, what_is_too_long_is_cut_between_characters, 0, (int)SLO_ARRAY_LEN(cuts));
	tcase_add_test(t, a_cell_has_exactly_its_width);
	tcase_add_test(t, code_points_survive_the_way_there_and_back);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
