/* SPDX-License-Identifier: MIT */
#include "rec/rec.h"
#include "rec/sink.h"

#include <check.h>
#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>

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

/* SINK_LEAST with the value of one member replaced, or a member added. */
static const char *with(const char *member, const char *value)
{
	static char text[4096];
	char key[64];
	const char *at, *end;

	snprintf(key, sizeof(key), "\"%s\":", member);
	at = strstr(SINK_LEAST, key);
	if (!at) {
		snprintf(text, sizeof(text), "{%s%s,%s", key, value, &SINK_LEAST[1]);
		return text;
	}
	at += strlen(key);
	end = at + strcspn(at, strcmp(member, "obj") == 0 ? "}" : strcmp(member, "u64s") == 0 ? "]" : ",");
	end += *end != ',';
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - SINK_LEAST), SINK_LEAST, value, end);
	return text;
}

static const char *const round_trips[] = { SINK_FULL, SINK_LEAST };

START_TEST(writes_what_it_read)
{
	struct sink s;
	struct slo_err err = { .what = "" };

	ck_assert_msg(decode(round_trips[_i], &s, &err) == 0, "%s: %s", err.where, err.what);
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), 0);
	ck_assert_str_eq(buf.data, round_trips[_i]);
	ck_assert_uint_eq(ctx.unknown, 0);
}
END_TEST

START_TEST(gives_absent_members_their_sentinels)
{
	struct sink s, cleared;

	memset(&s, 0x5a, sizeof(s));
	ck_assert_int_eq(decode(SINK_LEAST, &s, NULL), 0);
	ck_assert_ptr_null(s.s_opt.p);
	ck_assert_ptr_nonnull(s.s.p);
	ck_assert(isnan(s.f_opt));
	ck_assert_int_eq(s.i_opt, SLO_ABSENT_I64);
	ck_assert_int_eq(s.t_opt, SLO_ABSENT_I64);
	ck_assert_int_eq(s.n_opt, SLO_ABSENT_I32);
	ck_assert_int_eq(s.b_opt, -1);
	ck_assert_int_eq(s.e_opt, -1);
	ck_assert_int_eq(s.v_opt.type, SLO_VALUE_NONE);
	ck_assert(!s.has_obj_opt);
	ck_assert(isnan(s.obj.share));
	ck_assert_uint_eq(s.objs_count + s.strs_count + s.enums_count + s.u64s_count + s.map_count + s.nums_count, 0);
	memset(&cleared, 0x5a, sizeof(cleared));
	slo_rec_clear(&sink_rec, &cleared);
	ck_assert_ptr_null(cleared.s.p);
	ck_assert(isnan(cleared.f));
	ck_assert_int_eq(cleared.t, SLO_ABSENT_I64);
	ck_assert_uint_eq(cleared.u, 0);
	ck_assert_int_eq(cleared.e, -1);
	ck_assert(!cleared.has_obj_opt);
	ck_assert_ptr_null(cleared.obj.name.p);
	ck_assert_uint_eq(cleared.nums_count, 0);
}
END_TEST

START_TEST(reads_every_member_by_value)
{
	struct sink s;

	ck_assert_int_eq(decode(SINK_FULL, &s, NULL), 0);
	ck_assert(slo_str_is(s.s, "plain"));
	ck_assert_ptr_nonnull(s.s_opt.p);
	ck_assert(s.f == 0.1 && s.f_opt == -1.5);
	ck_assert_int_eq(s.i, -INT64_MAX);
	ck_assert_int_eq(s.t, INT64_C(1771666200123456789));
	ck_assert_int_eq(s.t_opt, -500000000);
	ck_assert_int_eq(s.n, 65535);
	ck_assert_int_eq(s.n_opt, -INT32_MAX);
	ck_assert_uint_eq(s.u, INT64_MAX);
	ck_assert_int_eq(s.b, 1);
	ck_assert_int_eq(s.b_opt, 0);
	ck_assert_int_eq(s.e, 3);
	ck_assert_int_eq(s.v.type, SLO_VALUE_NUM);
	ck_assert(s.v.num == 1e21);
	ck_assert_int_eq(s.v_opt.type, SLO_VALUE_BOOL);
	ck_assert(s.obj.share == 0.5 && s.has_obj_opt && isnan(s.obj_opt.share));
	ck_assert_uint_eq(s.objs_count, 2);
	ck_assert(slo_str_is(s.objs[1].name, "y") && s.objs[1].share == 1);
	ck_assert_int_eq(s.enums[0], 2);
	ck_assert_uint_eq(s.u64s[3], 3);
	ck_assert(slo_str_is(s.map[1].key, "") && slo_str_is(s.map[1].value, "w"));
	ck_assert(s.nums[1].value == 1e-7);
}
END_TEST

static const struct {
	const char *member, *value, *where, *what;
} refused[] = {
	{ "s", "1", "s", "want a string, found a number" },
	{ "s", "null", "s", "want a string, found null" },
	{ "f", "\"1\"", "f", "want a number, found a string" },
	{ "f", "[1]", "f", "want a number, found an array" },
	{ "f", "1e999", "f", "number beyond the largest double at byte 13" },
	{ "zz", "9223372036854775808.17976931348623158e292", "", "number beyond the largest double at byte 7" },
	{ "f_opt", "1000001", "f_opt", "want -1.5 to 1000000, found 1000001" },
	{ "i", "1.0", "i", "want an integer, found 1.0" },
	{ "i", "1e3", "i", "want an integer, found 1e3" },
	{ "i", "{}", "i", "want an integer, found an object" },
	{ "i", "9223372036854775808", "i",
	  "want -9223372036854775807 to 9223372036854775807, found 9223372036854775808" },
	{ "i", "-9223372036854775808", "i",
	  "want -9223372036854775807 to 9223372036854775807, found -9223372036854775808" },
	{ "i", "100000000000000000000000", "i",
	  "want -9223372036854775807 to 9223372036854775807, found 100000000000000000000000" },
	{ "i_opt", "-1", "i_opt", "want 0 to 9200000000000000000, found -1" },
	{ "t", "5", "t", "want a string, found a number" },
	{ "t", "\"yesterday\"", "t", "want an RFC 3339 time, found yesterday" },
	{ "t", "\"2025-02-29T00:00:00Z\"", "t", "want an RFC 3339 time, found 2025-02-29T00:00:00Z" },
	{ "t", "\"1500-01-01T00:00:00Z\"", "t", "1500-01-01T00:00:00Z is outside the years 1678 to 2261" },
	{ "n", "70000", "n", "want 0 to 65535, found 70000" },
	{ "n_opt", "2147483648", "n_opt", "want -2147483647 to 2147483647, found 2147483648" },
	{ "u", "-1", "u", "want 0 to 9223372036854775807, found -1" },
	{ "u", "18446744073709551615", "u", "want 0 to 9223372036854775807, found 18446744073709551615" },
	{ "b", "0", "b", "want a boolean, found a number" },
	{ "b", "tru", "b", "want a value at byte 64" },
	{ "e", "\"mauve\"", "e", "want one of red, green, blue, green-blue; found mauve" },
	{ "e", "\"gree\"", "e", "want one of red, green, blue, green-blue; found gree" },
	{ "v", "null", "v", "want a string, number or boolean, found null" },
	{ "v", "{}", "v", "want a string, number or boolean, found an object" },
	{ "obj", "[]", "obj", "want an object, found an array" },
	{ "obj", "{\"share\":1}", "obj.name", "required member is missing" },
	{ "obj", "{\"name\":\"\",\"share\":1.5}", "obj.share", "want 0 to 1, found 1.5" },
	{ "objs", "[{\"name\":\"\"},{\"name\":7}]", "objs[1].name", "want a string, found a number" },
	{ "objs", "[{\"name\":\"\"},[]]", "objs[1]", "want an object, found an array" },
	{ "strs", "[\"\",\"\",false]", "strs[2]", "want a string, found a boolean" },
	{ "enums", "[\"pink\"]", "enums[0]", "want one of red, green, blue, green-blue; found pink" },
	{ "u64s", "[1,-2]", "u64s[1]", "want 0 to 9223372036854775807, found -2" },
	{ "u64s", "{}", "u64s", "want an array, found an object" },
	{ "map", "{\"a\":1}", "map.a", "want a string, found a number" },
	{ "map", "{\"a\":\"\",\"a\":\"\"}", "map.a", "member is there twice" },
	{ "map", "[]", "map", "want an object, found an array" },
	{ "nums", "{\"a\":\"\"}", "nums.a", "want a number, found a string" },
	{ "s_opt", "\"a\\u0000b\"", "s_opt", "NUL in a string at byte 12" },
	{ "s_opt", "\"\\ud800\"", "s_opt", "half a surrogate pair at byte 11" },
	{ "s_opt", "\"\\udc00\"", "s_opt", "half a surrogate pair at byte 11" },
	{ "s_opt", "\"\\q\"", "s_opt", "invalid escape at byte 11" },
	{ "s_opt", "\"\x01\"", "s_opt", "control character in a string at byte 11" },
	{ "s_opt", "\"longer than eight \x1f bytes, and more\"", "s_opt", "control character in a string at byte 29" },
	{ "u64s", "[0,01,2,1000000000000000000000000]", "u64s[1]", "number with a leading zero at byte 115" },
	{ "u64s", "[1,2,100000000000000000000000000000]", "u64s[2]",
	  "want 0 to 9223372036854775807, found 100000000000000000000000000000" },
	{ "s_opt", "\"\xc3\x28\"", "s_opt", "invalid UTF-8 at byte 11" },
	{ "s_opt", "\"\xed\xa0\x80\"", "s_opt", "invalid UTF-8 at byte 11" },
	{ "s_opt", "01", "s_opt", "want a string, found a number" },
	{ "f", "01", "f", "number with a leading zero at byte 13" },
	{ "f", "1.", "f", "number without digits at byte 13" },
	{ "f", "1e", "f", "number without digits at byte 13" },
	{ "f", "-", "f", "'-' without a number at byte 13" },
	{ "f", "+1", "f", "want a value at byte 13" },
	{ "f", ".5", "f", "want a value at byte 13" },
	{ "f", "NaN", "f", "want a value at byte 13" },
	{ "f", "0x10", "", "want ',' or '}' at byte 14" },
	{ "zz", "[1,]", "", "want a value at byte 10" },
	{ "zz", "{\"a\" 1}", "", "want ':' at byte 12" },
};

START_TEST(refuses_with_a_place_and_a_reason)
{
	const char *text = with(refused[_i].member, refused[_i].value);
	struct slo_err err = { .what = "" };
	struct sink s;

	ck_assert_int_eq(decode(text, &s, &err), -EINVAL);
	ck_assert_str_eq(err.what, refused[_i].what);
	ck_assert_str_eq(err.where, refused[_i].where);
}
END_TEST

static const struct {
	const char *text, *where, *what;
} broken[] = {
	{ "", "", "the text ends too early at byte 1" },
	{ "  ", "", "the text ends too early at byte 3" },
	{ "[]", "", "want an object, found an array" },
	{ "x", "", "want a value at byte 1" },
	{ "{", "", "want a member name at byte 2" },
	{ "{}", "s", "required member is missing" },
	{ "{\"s\":\"\"", "", "want ',' or '}' at byte 8" },
	{ "{\"s\":\"\",}", "", "want a member name at byte 9" },
	{ "{\"s\":\"\",\"s\":\"\"}", "s", "member is there twice" },
	{ "{\"s\":\"", "s", "unterminated string at byte 7" },
	{ "{\"s\" \"\"}", "", "want ':' at byte 6" },
	{ SINK_LEAST " {}", "", "something follows the value at byte 116" },
};

START_TEST(refuses_broken_text)
{
	struct slo_err err = { .what = "" };
	struct sink s;

	ck_assert_int_eq(decode(broken[_i].text, &s, &err), -EINVAL);
	ck_assert_str_eq(err.where, broken[_i].where);
	ck_assert_str_eq(err.what, broken[_i].what);
}
END_TEST

START_TEST(keeps_the_first_error)
{
	struct slo_err err = { .where = "file:1", .what = "earlier" };
	struct sink s;

	ck_assert_int_eq(decode("{\"s\":1}", &s, &err), -EINVAL);
	ck_assert_str_eq(err.where, "file:1");
	ck_assert_str_eq(err.what, "earlier");
	ck_assert_int_eq(decode("{\"s\":1}", &s, NULL), -EINVAL);
}
END_TEST

START_TEST(unescapes_strings)
{
	struct sink s;
	const char *text = with("s", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\uDE00 \xe2\x82\xac\"");

	ck_assert_int_eq(decode(text, &s, NULL), 0);
	ck_assert(slo_str_is(s.s, "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xe2\x82\xac"));
	ck_assert_int_eq(slo_rec_encode(&sink_rec, &s, &buf), 0);
	ck_assert_ptr_nonnull(strstr(buf.data, "\"\\\"\\\\/\\b\\f\\n\\r\\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xe2\x82\xac\""));
}
END_TEST

START_TEST(keeps_unescaped_views_valid_through_the_line)
{
	struct slo_buf text;
	struct sink s;
	const char *first;

	/* Long enough that scratch would have to grow several times. */
	slo_buf_init(&text, 1 << 20);
	slo_buf_adds(&text, "{\"s\":\"\\u0061first\",\"strs\":[");
	for (int i = 0; i < 3; i++) {
		slo_buf_adds(&text, i ? ",\"\\n" : "\"\\n");
		for (int k = 0; k < 20000; k++)
			slo_buf_addc(&text, (char)('a' + i));
		slo_buf_addc(&text, '"');
	}
	slo_buf_adds(&text, "],");
	slo_buf_adds(&text, strchr(SINK_LEAST, ',') + 1);
	ck_assert_int_eq(slo_rec_decode(&ctx, &sink_rec, text.data, text.len, &s, NULL), 0);
	first = s.s.p;
	ck_assert(first >= ctx.scratch.data && first < ctx.scratch.data + ctx.scratch.cap);
	ck_assert(slo_str_is(s.s, "afirst"));
	ck_assert_uint_eq(s.strs[2].len, 20001);
	ck_assert(s.strs[0].p[20000] == 'a' && s.strs[2].p[1] == 'c');
	slo_buf_fini(&text);
}
END_TEST

START_TEST(takes_members_in_any_order_and_counts_unknown_ones)
{
	struct sink s;

	ck_assert_int_eq(decode(" {\"u64s\" : [ ] ,\"later\":{\"s\":[1,{\"s\":2}]},\"obj\":{\"x\":null,\"name\":\"o\"},\n"
				"\"v\":\"\",\"e\":\"red\",\"b\":true,\"u\":7,\"n\":0,\"t\":\"1970-01-01T00:00:00Z\","
				"\"i\":5,\"f\":1,\"\\u0073\":\"esc\"}\t",
				&s, NULL),
			 0);
	ck_assert(slo_str_is(s.s, "esc"));
	ck_assert_uint_eq(s.u, 7);
	ck_assert(slo_str_is(s.obj.name, "o"));
	ck_assert_uint_eq(ctx.unknown, 2);
}
END_TEST

START_TEST(keeps_the_first_elements_and_counts_the_rest)
{
	struct sink s;

	ck_assert_int_eq(decode(with("u64s", "[1,2,3,4,5,\"six\"]"), &s, NULL), 0);
	ck_assert_uint_eq(s.u64s_count, 4);
	ck_assert_uint_eq(s.u64s[3], 4);
	ck_assert_uint_eq(ctx.truncated, 2);
	ck_assert_int_eq(decode(with("map", "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"4\"}"), &s, NULL), 0);
	ck_assert_uint_eq(s.map_count, 3);
	ck_assert(slo_str_is(s.map[2].value, "3"));
	ck_assert_uint_eq(ctx.truncated, 3);
}
END_TEST

START_TEST(refuses_nesting_over_64_levels)
{
	struct slo_err err = { .what = "" };
	char value[200];
	struct sink s;

	for (int depth = 63; depth <= 64; depth++) {
		memset(value, '[', (size_t)depth);
		memset(value + depth, ']', (size_t)depth);
		value[2 * depth] = '\0';
		/* The record's own object is one level. */
		ck_assert_int_eq(decode(with("zz", value), &s, &err), depth == 63 ? 0 : -EINVAL);
	}
	ck_assert_str_eq(err.what, "nesting over 64 levels at byte 70");
}
END_TEST

static const double doubles[] = {
	0.1, 1e21, 1e-7, 5e-324, DBL_MAX, DBL_MIN, -2.5, 123456789012345680.0, 0.30000000000000004, 1.0 / 3,
	9007199254740993.0, 1e22, 1e23, 4.35, 2.2250738585072011e-308, 18014398509481985.0, 0.000123456789012345678,
	8.5899345920000001e9, 12345.678901234567, 9.5e-6, 1e300,
};

static void check_double(double v)
{
	struct sink s;
	char text[64];

	slo_buf_reset(&buf);
	slo_json_add_f64(&buf, v);
	ck_assert_int_eq(decode(with("f", buf.data), &s, NULL), 0);
	ck_assert_msg(memcmp(&s.f, &v, sizeof(v)) == 0, "%.17g became %s, then %.17g", v, buf.data, s.f);
	/* And without our writer. */
	snprintf(text, sizeof(text), "%.17g", v);
	ck_assert_int_eq(decode(with("f", text), &s, NULL), 0);
	ck_assert_msg(memcmp(&s.f, &v, sizeof(v)) == 0, "%s read as %.17g", text, s.f);
}

START_TEST(doubles_read_back_equal)
{
	uint64_t x = 88172645463325252;
	double v;

	for (size_t i = 0; i < SLO_ARRAY_LEN(doubles); i++)
		check_double(doubles[i]);
	for (int i = 0; i < 20000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(&v, &x, sizeof(v));
		if (isfinite(v))
			check_double(v);
		/* The middle range, where real measurements are. */
		check_double((double)(x >> 11) / (double)(1 + (x & 0xfffff)));
	}
}
END_TEST

/* Just above the middle between two doubles, by less than one part in 2^64. */
static const struct {
	const char *text;
	double v;
} hard[] = {
	{ "0.2235675524064465597", 0.22356755240644657 }, { "0.7166846275759178320", 0.71668462757591789 },
	{ "0.1933144634723137495", 0.19331446347231376 }, { "0.1337406203526623344", 0.13374062035266235 },
};

START_TEST(rounds_hard_decimals_to_the_nearest_double)
{
	struct sink s;

	for (size_t i = 0; i < SLO_ARRAY_LEN(hard); i++) {
		ck_assert_int_eq(decode(with("f", hard[i].text), &s, NULL), 0);
		ck_assert_msg(s.f == hard[i].v, "%s read as %.17g", hard[i].text, s.f);
	}
}
END_TEST

START_TEST(reads_decimals_as_strtod_does)
{
	uint64_t x = 424242424242;
	struct sink s;
	char text[64];
	double v;

	for (int i = 0; i < 50000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		snprintf(text, sizeof(text), "%llu.%0*llue%d", (unsigned long long)(x >> (x & 63)),
			 (int)(1 + x % 17), (unsigned long long)(x % 1000003), (int)(x % 50) - 25);
		ck_assert_int_eq(decode(with("f", text), &s, NULL), 0);
		v = strtod(text, NULL);
		ck_assert_msg(memcmp(&s.f, &v, sizeof(v)) == 0, "%s read as %.17g, not %.17g", text, s.f, v);
	}
}
END_TEST

static TCase *decoding(void)
{
	TCase *t = tcase_create("decode");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, writes_what_it_read, 0, SLO_ARRAY_LEN(round_trips));
	tcase_add_test(t, gives_absent_members_their_sentinels);
	tcase_add_test(t, reads_every_member_by_value);
	tcase_add_loop_test(t, refuses_with_a_place_and_a_reason, 0, SLO_ARRAY_LEN(refused));
	tcase_add_loop_test(t, refuses_broken_text, 0, SLO_ARRAY_LEN(broken));
	tcase_add_test(t, keeps_the_first_error);
	tcase_add_test(t, unescapes_strings);
	tcase_add_test(t, keeps_unescaped_views_valid_through_the_line);
	tcase_add_test(t, takes_members_in_any_order_and_counts_unknown_ones);
	tcase_add_test(t, keeps_the_first_elements_and_counts_the_rest);
	tcase_add_test(t, refuses_nesting_over_64_levels);
	tcase_add_test(t, doubles_read_back_equal);
	tcase_add_test(t, rounds_hard_decimals_to_the_nearest_double);
	tcase_add_test(t, reads_decimals_as_strtod_does);
	return t;
}

int main(void)
{
	Suite *s = suite_create("rec/rec");
	SRunner *r;
	int failed;

	suite_add_tcase(s, decoding());
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
