/* SPDX-License-Identifier: MIT */
#include "rec/rec.h"
#include "rec/sink.h"

#include <check.h>
#include <errno.h>

static struct slo_rec_ctx ctx;
static struct slo_buf buf;

static void setup(void)
{
	slo_rec_ctx_init(&ctx);
	slo_buf_init(&buf, 1 << 20);
}

static void teardown(void)
{
	slo_rec_ctx_fini(&ctx);
	slo_buf_fini(&buf);
}

static int decode(const char *text, struct sink *out, struct slo_err *err)
{
	return slo_rec_decode(&ctx, &sink_rec, text, strlen(text), out, err);
}

START_TEST(refuses_to_write_what_nobody_could_read)
{
	struct sink s;

	ck_assert_int_eq(decode(SINK_LEAST, &s, NULL), 0);
	slo_buf_adds(&buf, "kept");
	s.f = NAN;
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), -EDOM);
	s.f = INFINITY;
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), -EDOM);
	s.f = 0;
	s.f_opt = INFINITY;
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), -EDOM);
	s.f_opt = NAN;
	s.e = 4;
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), -EDOM);
	s.e = 0;
	s.u = UINT64_MAX;
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), -EDOM);
	s.u = 0;
	s.t = SLO_ABSENT_I64;
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), -EDOM);
	s.t = 0;
	s.strs_count = 4;
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), -EDOM);
	ck_assert_str_eq(buf.data, "kept");
	s.strs_count = 0;
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), 0);
	ck_assert_str_eq(buf.data, "kept" SINK_LEAST);
}
END_TEST

static const struct {
	struct slo_str in;
	const char *out;
} strings[] = {
	{ { NULL, 0 }, "\"\"" },
	{ SLO_STR(""), "\"\"" },
	{ SLO_STR("plain & <html> / 'quotes' \x7f"), "\"plain & <html> / 'quotes' \x7f\"" },
	{ SLO_STR("\"\\\b\f\n\r\t\x01\x1f"), "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\"" },
	{ SLO_STR("\xc3\xa9\xf0\x9f\x98\x80"), "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
	{ SLO_STR("a\xff\xfe" "b"), "\"a\xef\xbf\xbd\xef\xbf\xbd" "b\"" },
	{ SLO_STR("cut \xe2\x82"), "\"cut \xef\xbf\xbd\xef\xbf\xbd\"" },
	{ SLO_STR("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ SLO_STR("nul\0nul"), "\"nul\xef\xbf\xbdnul\"" },
};

START_TEST(escapes_no_more_than_needed_and_never_writes_invalid_text)
{
	slo_json_add_str(&buf, strings[_i].in);
	ck_assert_int_eq(buf.err, 0);
	ck_assert_str_eq(buf.data, strings[_i].out);
}
END_TEST

START_TEST(respects_the_maximum_of_the_buffer)
{
	size_t need = strlen(SINK_FULL);
	struct slo_buf small;
	struct sink s;

	ck_assert_int_eq(decode(SINK_FULL, &s, NULL), 0);
	for (size_t max = 0; max <= need; max++) {
		slo_buf_init(&small, max);
		ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &small), max < need ? -EMSGSIZE : 0);
		ck_assert_uint_le(small.len, max);
		if (max == need)
			ck_assert_str_eq(small.data, SINK_FULL);
		slo_buf_fini(&small);
	}
}
END_TEST

START_TEST(writes_null_for_what_is_no_number)
{
	slo_json_add_f64(&buf, NAN);
	slo_json_add_f64(&buf, -INFINITY);
	slo_json_add_f64(&buf, -0.0);
	ck_assert_str_eq(buf.data, "nullnull-0");
}
END_TEST

START_TEST(finds_enum_names_exactly)
{
	ck_assert_int_eq(slo_enum_find(&sink_enum, slo_str("green")), 1);
	ck_assert_int_eq(slo_enum_find(&sink_enum, slo_str("green-blue")), 3);
	ck_assert_int_eq(slo_enum_find(&sink_enum, slo_str("green-")), -1);
	ck_assert_int_eq(slo_enum_find(&sink_enum, slo_str("")), -1);
	ck_assert_int_eq(slo_enum_find(&sink_enum, slo_str_n("red\0x", 5)), -1);
	ck_assert_str_eq(slo_enum_name(&sink_enum, 2), "blue");
	ck_assert_str_eq(slo_enum_name(&sink_enum, 4), "?");
	ck_assert_str_eq(slo_enum_name(&sink_enum, -1), "?");
}
END_TEST

static TCase *encoding(void)
{
	TCase *t = tcase_create("encode");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, refuses_to_write_what_nobody_could_read);
	tcase_add_loop_test(t, escapes_no_more_than_needed_and_never_writes_invalid_text, 0, SLO_ARRAY_LEN(strings));
	tcase_add_test(t, respects_the_maximum_of_the_buffer);
	tcase_add_test(t, writes_null_for_what_is_no_number);
	tcase_add_test(t, finds_enum_names_exactly);
	return t;
}

int main(void)
{
	Suite *s = suite_create("rec/encode");
	SRunner *r;
	int failed;

	suite_add_tcase(s, encoding());
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
