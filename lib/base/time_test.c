/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include "base/rng.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

static const struct {
	const char *text;
	int ret;
	int64_t ns;
} times[] = {
	{ "1970-01-01T00:00:00Z", 0, 0 },
	{ "1970-01-01t00:00:00z", 0, 0 },
	{ "1970-01-01 00:00:01Z", 0, SLO_NS_PER_S },
	{ "1969-12-31T23:59:59.5Z", 0, -500000000 },
	{ "2026-02-21T09:30:00.123456789Z", 0, INT64_C(1771666200123456789) },
	{ "2026-02-21T09:30:00.1234567899Z", 0, INT64_C(1771666200123456789) },
	{ "2026-02-21T15:00:00+05:30", 0, INT64_C(1771666200000000000) },
	{ "2026-02-21T01:30:00-08:00", 0, INT64_C(1771666200000000000) },
	{ "2024-02-29T00:00:00Z", 0, INT64_C(1709164800000000000) },
	{ "2000-02-29T12:00:00Z", 0, INT64_C(951825600000000000) },
	{ "2016-12-31T23:59:60Z", 0, INT64_C(1483228800000000000) },
	{ "1678-01-01T00:00:00Z", 0, INT64_C(-9214560000000000000) },
	{ "2261-12-31T23:59:59Z", 0, INT64_C(9214646399000000000) },
	{ "2023-02-29T00:00:00Z", -EINVAL, 0 },
	{ "1900-02-29T00:00:00Z", -EINVAL, 0 },
	{ "2023-04-31T00:00:00Z", -EINVAL, 0 },
	{ "2023-13-01T00:00:00Z", -EINVAL, 0 },
	{ "2023-00-01T00:00:00Z", -EINVAL, 0 },
	{ "2023-01-01T24:00:00Z", -EINVAL, 0 },
	{ "2023-01-01T00:60:00Z", -EINVAL, 0 },
	{ "2023-01-01T00:00:61Z", -EINVAL, 0 },
	{ "2023-01-01T00:00:00", -EINVAL, 0 },
	{ "2023-01-01T00:00:00.Z", -EINVAL, 0 },
	{ "2023-01-01T00:00:00+0100", -EINVAL, 0 },
	{ "2023-01-01T00:00:00+24:00", -EINVAL, 0 },
	{ "2023-01-01T00:00:00Zx", -EINVAL, 0 },
	{ "2023-01-01", -EINVAL, 0 },
	{ "2023/01/01T00:00:00Z", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ "1677-12-31T23:59:59Z", -ERANGE, 0 },
	{ "2262-01-01T00:00:00Z", -ERANGE, 0 },
};

START_TEST(reads_rfc3339)
{
	int64_t ns = 4711;

	ck_assert_int_eq(slo_parse_rfc3339(slo_str(times[_i].text), &ns), times[_i].ret);
	ck_assert_int_eq(ns, times[_i].ret ? 4711 : times[_i].ns);
}
END_TEST

START_TEST(reads_no_byte_past_the_end)
{
	/* The digits go on behind the view. */
	const char *text = "2026-02-21T09:30:00Z2345";
	int64_t ns;

	for (size_t n = 0; n < 20; n++)
		ck_assert_int_eq(slo_parse_rfc3339(slo_str_n(text, n), &ns), -EINVAL);
	ck_assert_int_eq(slo_parse_rfc3339(slo_str_n(text, 20), &ns), 0);
	ck_assert_int_eq(slo_parse_rfc3339(slo_str_n("2026-02-21T09:30:00.5", 20), &ns), -EINVAL);
}
END_TEST

static const struct {
	int64_t ns;
	const char *text;
} prints[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ 1, "1970-01-01T00:00:00.000000001Z" },
	{ -1, "1969-12-31T23:59:59.999999999Z" },
	{ -SLO_NS_PER_S, "1969-12-31T23:59:59Z" },
	{ INT64_C(1709164800000000000) - 100000000, "2024-02-28T23:59:59.9Z" },
	{ INT64_C(1709164800000000000), "2024-02-29T00:00:00Z" },
	{ INT64_C(1771666200123000000), "2026-02-21T09:30:00.123Z" },
};

START_TEST(prints_utc_without_trailing_zeros)
{
	char text[SLO_RFC3339_MAX];

	text[slo_fmt_rfc3339(text, prints[_i].ns)] = '\0';
	ck_assert_str_eq(text, prints[_i].text);
}
END_TEST

START_TEST(agrees_with_the_c_library_and_reads_back)
{
	struct slo_rng rng;

	slo_rng_seed(&rng, 3);
	for (int i = 0; i < 20000; i++) {
		int64_t ns = (int64_t)slo_rng_below(&rng, UINT64_C(9200000000000000000)) * (i & 1 ? -1 : 1), back;
		time_t s = ns / SLO_NS_PER_S - (ns % SLO_NS_PER_S < 0);
		char text[SLO_RFC3339_MAX], want[32];
		struct tm tm;
		size_t n = slo_fmt_rfc3339(text, ns);

		ck_assert_ptr_nonnull(gmtime_r(&s, &tm));
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm);
		ck_assert_int_eq(memcmp(text, want, 19), 0);
		ck_assert_int_eq(slo_parse_rfc3339(slo_str_n(text, n), &back), 0);
		ck_assert_int_eq(back, ns);
	}
}
END_TEST

static const struct {
	const char *text;
	int ret;
	int64_t ns;
} durations[] = {
	{ "1500", 0, 1500 * SLO_NS_PER_MS }, { "1500ms", 0, 1500 * SLO_NS_PER_MS }, { "2s", 0, 2 * SLO_NS_PER_S },
	{ "5m", 0, 300 * SLO_NS_PER_S }, { "1h", 0, 3600 * SLO_NS_PER_S }, { "1.5s", 0, 1500 * SLO_NS_PER_MS },
	{ "7us", 0, 7000 }, { "3ns", 0, 3 }, { "2d", 0, 172800 * SLO_NS_PER_S }, { "0", 0, 0 },
	{ "", -EINVAL, 0 }, { "s", -EINVAL, 0 }, { "5 s", -EINVAL, 0 }, { "5x", -EINVAL, 0 }, { "-5s", -EINVAL, 0 },
	{ "1e3", -EINVAL, 0 }, { "1.2.3s", -EINVAL, 0 }, { "300000000000s", -ERANGE, 0 },
};

START_TEST(reads_durations)
{
	int64_t ns = 4711;

	ck_assert_int_eq(slo_parse_duration(slo_str(durations[_i].text), SLO_NS_PER_MS, &ns), durations[_i].ret);
	ck_assert_int_eq(ns, durations[_i].ret ? 4711 : durations[_i].ns);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/time");
	TCase *t = tcase_create("time");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, reads_rfc3339, 0, SLO_ARRAY_LEN(times));
	tcase_add_test(t, reads_no_byte_past_the_end);
	tcase_add_loop_test(t, prints_utc_without_trailing_zeros, 0, SLO_ARRAY_LEN(prints));
	tcase_add_test(t, agrees_with_the_c_library_and_reads_back);
	tcase_add_loop_test(t, reads_durations, 0, SLO_ARRAY_LEN(durations));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
