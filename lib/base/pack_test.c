/* SPDX-License-Identifier: MIT */
#include "base/pack.h"

#include <check.h>

struct thing {
	int64_t time, never;
	double number;
	char text[8];
	bool yes;
	uint32_t count;
};

static void pack(struct thing *t, struct slo_pack *p)
{
	slo_pack_when(p, &t->time, 1);
	slo_pack_time(p, &t->never, 1000);
	SLO_PACK(p, t->number);
	slo_pack_text(p, t->text, sizeof(t->text));
	slo_pack_bool(p, &t->yes);
	t->count = slo_pack_count(p, t->count, 9);
}

START_TEST(what_was_written_is_read)
{
	struct thing a = { 1767225600000000000, SLO_PACK_NEVER, 0.1, "seven c", true, 9 }, b = { .time = 0 };
	struct slo_buf buf;
	struct slo_pack p = { .out = &buf };

	slo_buf_init(&buf, 1000);
	pack(&a, &p);
	p = (struct slo_pack){ .in = slo_buf_str(&buf) };
	pack(&b, &p);
	ck_assert(!p.bad);
	ck_assert_uint_eq(p.in.len, 0);
	ck_assert_int_eq(a.time, b.time);
	ck_assert_int_eq(a.never, b.never);
	ck_assert_double_eq(a.number, b.number);
	ck_assert_str_eq(a.text, b.text);
	ck_assert(b.yes);
	ck_assert_uint_eq(b.count, 9);
	for (size_t cut = 0; cut < buf.len; cut++) {
		p = (struct slo_pack){ .in = slo_str_n(buf.data, cut) };
		pack(&b, &p);
		ck_assert(p.bad);
	}
	slo_buf_fini(&buf);
}
END_TEST

START_TEST(impossible_values_are_bad_and_harmless)
{
	static const int64_t times[] = { INT64_MAX, -(INT64_C(1) << 40), SLO_PACK_NEVER };

	for (size_t i = 0; i < SLO_ARRAY_LEN(times); i++) {
		int64_t t = times[i];
		struct slo_pack p = { .in = slo_str_n((const char *)&t, sizeof(t)) };
		int64_t got = 1;

		slo_pack_when(&p, &got, 1);
		ck_assert(p.bad);
		ck_assert_int_eq(got, 0);
	}
	for (uint8_t b = 2; b; b++) {
		struct slo_pack p = { .in = slo_str_n((const char *)&b, 1) };
		bool got = true;

		ck_assert(!slo_pack_bool(&p, &got));
		ck_assert(p.bad);
	}
}
END_TEST

START_TEST(text_that_does_not_fit_is_bad)
{
	char text[16] = "twelve bytes";
	struct slo_buf buf;
	struct slo_pack p = { .out = &buf };

	slo_buf_init(&buf, 100);
	slo_pack_text(&p, text, sizeof(text));
	p = (struct slo_pack){ .in = slo_buf_str(&buf) };
	slo_pack_text(&p, text, 12);
	ck_assert(p.bad);
	ck_assert_str_eq(text, "");
	slo_buf_fini(&buf);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("pack");
	TCase *t = tcase_create("pack");

	tcase_add_test(t, what_was_written_is_read);
	tcase_add_test(t, impossible_values_are_bad_and_harmless);
	tcase_add_test(t, text_that_does_not_fit_is_bad);
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
