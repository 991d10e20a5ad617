/* SPDX-License-Identifier: MIT */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "jschema/format.h"

#include "jschema/format_idna.h"

#include <check.h>
#include <pcre2.h>
#include <stdlib.h>

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *format, *text;
	bool valid;
} cases[] = {
	{ "date", "2000-02-29", true }, { "date", "1900-02-29", false }, { "date", "0000-01-01", true },
	{ "date", "2024-1-01", false }, { "date", "2024-13-01", false }, { "date", "2024-00-10", false },
	{ "date", "2024-04-31", false }, { "date", "2024/04/30", false }, { "date", "+024-04-30", false },
	{ "time", "23:59:60Z", true }, { "time", "00:29:60+00:30", true }, { "time", "23:59:60+00:30", false },
	{ "time", "12:00:00.Z", false }, { "time", "12:00:00.0z", true }, { "time", "12:00:00+24:00", false },
	{ "time", "12:00:00+0100", false }, { "time", "12:00:00", false }, { "time", "1:00:00Z", false },
	{ "date-time", "2024-02-29t00:00:00z", true }, { "date-time", "2023-02-29T00:00:00Z", false },
	{ "date-time", "2024-02-29 00:00:00Z", false }, { "date-time", "2024-02-29T", false },
	{ "duration", "P1Y", true }, { "duration", "P1W", true }, { "duration", "PT1M1S", true },
	{ "duration", "P1M1DT1H", true },
	{ "duration", "P1Y1D", false }, { "duration", "PT1H1S", false }, { "duration", "P1W1D", false },
	{ "duration", "P", false },
	{ "duration", "PT", false }, { "duration", "P1DT", false }, { "duration", "P1", false },
	{ "duration", "P1D1D", false },
	{ "duration", "P1D1M", false }, { "duration", "p1D", false }, { "duration", "P1H", false },
	{ "email", "a@b", true }, { "email", "a.b+c@d.example", true }, { "email", "\"a\\\" @b\"@c", true },
	{ "email", "a@[1.2.3.4]", true }, { "email", "a@[IPv6:::1]", true }, { "email", "a@[::1]", false },
	{ "email", "a@[tag:x]", false }, { "email", "a@[1.2.3.4", false }, { "email", "a@[]", false },
	{ "email", "a@]", false },
	{ "email", "\"a\"b@c", false }, { "email", "\"a@c", false }, { "email", "\"a\\", false },
	{ "email", "a@b@c", false },
	{ "email", "a\xc3\xa9@b", false }, { "email", "a@\xc3\xa9", false }, { "email", "", false },
	{ "email", "@", false },
	{ "email", A63 "aa@b", false }, { "email", A63 "a@b", true },
	{ "idn-email", "a\xc3\xa9@\xc3\xa9", true }, { "idn-email", "\"\xc3\xa9\"@b", true },
	{ "hostname", "a.B-c.3", true }, { "hostname", A63, true }, { "hostname", A63 "a", false },
	{ "hostname", "a_b", false },
	{ "hostname", A63 "." A63 "." A63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
	{ "hostname", A63 "." A63 "." A63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	{ "hostname", "a..b", false }, { "hostname", "-a", false }, { "hostname", "a-", false },
	{ "hostname", "xn--", false },
	{ "hostname", "XN--STRAE-OQA", true }, { "hostname", "xn--strae-oqa", true },
	{ "hostname", "xn--99999999", false },
	{ "hostname", "\xc3\xa9", false },
	{ "idn-hostname", "stra\xc3\x9f" "e.example", true }, { "idn-hostname", "Stra\xc3\x9f" "e", false },
	{ "idn-hostname", "\xd7\x90\xca\xb9", false }, { "idn-hostname", "a\xca\xb9", true },
	{ "idn-hostname", "a\xca\xb9.\xd7\x90", false },
	{ "idn-hostname", "EXAMPLE", true }, { "idn-hostname", "\xe2\x98\x83", false },
	{ "idn-hostname", "\xc3\x89", false },
	{ "idn-hostname", "a\xe3\x80\x82\xd7\x90", true }, { "idn-hostname", "\xd7\x90\xd7\x91.1", false },
	{ "idn-hostname", "\xd7\x90-", false }, { "idn-hostname", "\xd7\x90" "1", true },
	{ "idn-hostname", "1\xd7\x90", false },
	{ "ipv4", "1.2.3.4", true }, { "ipv4", "01.2.3.4", false }, { "ipv4", "1.2.3", false },
	{ "ipv4", "1.2.3.4.", false },
	{ "ipv4", "1.2.3.0004", false }, { "ipv4", "0.0.0.00", false },
	{ "ipv6", "1:2:3:4:5:6:7::", true }, { "ipv6", "::2:3:4:5:6:7:8", true },
	{ "ipv6", "1:2:3:4:5:6:7:8::", false },
	{ "ipv6", "::1:2:3:4:5:6:7:8", false }, { "ipv6", "1:2:3:4:5:6:1.2.3.4", true }, { "ipv6", "::1.2.3.4", true },
	{ "ipv6", "::1:2:3:4:5:6:1.2.3.4", false }, { "ipv6", "1.2.3.4::", false }, { "ipv6", ":1::", false },
	{ "ipv6", ":", false }, { "ipv6", ":::", false }, { "ipv6", "", false }, { "ipv6", "1::2:", false },
	{ "uri", "a:", true }, { "uri", "a+-.1://h", true }, { "uri", "a:b:c@d", true },
	{ "uri", "http://[::1]x", false },
	{ "uri", "http://[::1", false }, { "uri", "http://[v1.a:b]", true }, { "uri", "http://[v.a]", false },
	{ "uri", "http://[v1.%41]", false }, { "uri", "http://h:", true }, { "uri", "http://a%4", false },
	{ "uri", "http://h#a#b", false }, { "uri", "http://h?a?b", true }, { "uri", "http://h/\x7f", false },
	{ "uri", "", false },
	{ "uri", "1a:b", false }, { "uri", "http://\xc3\xa9", false },
	{ "uri-reference", "a/b:c", true }, { "uri-reference", "a?b:c", true }, { "uri-reference", "a:1?b", true },
	{ "uri-reference", "a_:b", false }, { "uri-reference", "?b:c", true },
	{ "uri-reference", "%41:b", false }, { "uri-reference", "//h:1/p", true }, { "uri-reference", "[", false },
	{ "iri", "a:\xc3\xa9", true }, { "iri", "a:\xee\x80\x80", false }, { "iri", "a:?\xee\x80\x80", true },
	{ "iri", "a:\xc2\x85", false }, { "iri", "a:\xef\xbf\xbe", false }, { "iri-reference", "\xc3\xa9", true },
	{ "uri-template", "{+x,y*,z:3}", true }, { "uri-template", "{x:}", false }, { "uri-template", "{x*y}", false },
	{ "uri-template", "{x:10000}", false }, { "uri-template", "{=x}", true }, { "uri-template", "{$x}", false },
	{ "uri-template", "{{x}}", false }, { "uri-template", "{x", false }, { "uri-template", "%zz", false },
	{ "uri-template", "{.a.b}", true }, { "uri-template", "{a.}", false }, { "uri-template", "{}", false },
	{ "json-pointer", "/a/~0~1", true }, { "json-pointer", "a", false }, { "json-pointer", "/~", false },
	{ "relative-json-pointer", "0", true }, { "relative-json-pointer", "10#", true },
	{ "relative-json-pointer", "0#/a", false },
	{ "relative-json-pointer", "00", false }, { "relative-json-pointer", "#", false },
	{ "relative-json-pointer", "1a", false },
	{ "regex", "^a+$", true }, { "regex", "(?<=a+)b", true }, { "regex", "(?:(a)|b)*\\1", true },
	{ "regex", "a{99999}", true },
	{ "regex", "(", false }, { "regex", "\\a", false }, { "regex", "\\p{Greek}", false },
	{ "uuid", "2eb8aa08-AA98-11ea-b4aa-73b441d16380", true },
	{ "uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", false },
	{ "uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g", false },
	{ "uuid", "2eb8aa08+aa98-11ea-b4aa-73b441d16380", false },
};

START_TEST(a_string_has_the_format_or_not)
{
	slo_format_fn *check = slo_format_find(slo_str(cases[_i].format));

	ck_assert(check != NULL);
	ck_assert_msg(check(slo_str(cases[_i].text)) == cases[_i].valid, "%s: \"%s\"", cases[_i].format,
		      cases[_i].text);
}
END_TEST

START_TEST(other_names_have_no_check)
{
	ck_assert(!slo_format_find(slo_str("color")));
	ck_assert(!slo_format_find(slo_str("")));
	ck_assert(!slo_format_find(slo_str("dates")));
	ck_assert(!slo_format_find(slo_str(NULL)));
}
END_TEST

START_TEST(a_nul_ends_no_string)
{
	static const struct {
		const char *format;
		struct slo_str text;
	} nul[] = {
		{ "date", SLO_STR("2020-01-01\0") }, { "duration", SLO_STR("P1\0") }, { "email", SLO_STR("a\0@b") },
		{ "hostname", SLO_STR("a\0") }, { "uri", SLO_STR("a:\0") }, { "uri", SLO_STR("a\0:b") },
		{ "uri-template", SLO_STR("{\0x}") }, { "uri-template", SLO_STR("a\0") }, { "uuid", SLO_STR("\0") },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(nul); i++)
		ck_assert_msg(!slo_format_find(slo_str(nul[i].format))(nul[i].text), "%zu", i);
	ck_assert(slo_format_find(slo_str("json-pointer"))((struct slo_str)SLO_STR("/a\0b")));
}
END_TEST

/* RFC 3492, 7.1. */
static const struct {
	const char *text;
	uint32_t cp[LABEL_MAX];
} punycode[] = {
	{ "egbpdaj6bu4bxfgehfvwxn", { 0x644, 0x64a, 0x647, 0x645, 0x627, 0x628, 0x62a, 0x643, 0x644, 0x645, 0x648,
				      0x634, 0x639, 0x631, 0x628, 0x64a, 0x61f } },
	{ "ihqwcrb4cv8a8dqg056pqjye", { 0x4ed6, 0x4eec, 0x4e3a, 0x4ec0, 0x4e48, 0x4e0d, 0x8bf4, 0x4e2d, 0x6587 } },
	{ "3b-ww4c5e180e575a65lsy2b", { 0x33, 0x5e74, 0x62, 0x7d44, 0x91d1, 0x516b, 0x5148, 0x751f } },
	{ "d9juau41awczczp", { 0x305d, 0x306e, 0x30b9, 0x30d4, 0x30fc, 0x30c9, 0x3067 } },
	{ "-> $1.00 <--", { '-', '>', ' ', '$', '1', '.', '0', '0', ' ', '<', '-' } },
};

START_TEST(punycode_goes_both_ways)
{
	uint32_t cp[LABEL_MAX];
	char text[LABEL_MAX];
	size_t n = 0, len;

	while (punycode[_i].cp[n])
		n++;
	ck_assert_uint_eq(slo_punycode_decode(slo_str(punycode[_i].text), cp), n);
	ck_assert_mem_eq(cp, punycode[_i].cp, n * sizeof(*cp));
	len = slo_punycode_encode(punycode[_i].cp, n, text);
	ck_assert_uint_eq(len, strlen(punycode[_i].text));
	ck_assert_mem_eq(text, punycode[_i].text, len);
}
END_TEST

/* PCRE2's own tables, for what the set must agree with; of code points a label may hold and Unicode 14 has. */
static const struct {
	enum slo_idna_set set;
	const char *pattern;
} engine_sets[] = {
	{ IDNA_RTL, "\\p{bidi_class:R}|\\p{bidi_class:AL}" },
	{ IDNA_AN, "\\p{bidi_class:AN}" },
	{ IDNA_EN, "\\p{bidi_class:EN}" },
	{ IDNA_NSM, "\\p{bidi_class:NSM}" },
	{ IDNA_NEUTRAL,
	  "\\p{bidi_class:ES}|\\p{bidi_class:CS}|\\p{bidi_class:ET}|\\p{bidi_class:ON}|\\p{bidi_class:BN}" },
	{ IDNA_MARK, "\\p{M}" },
	{ IDNA_GREEK, "\\p{sc:Greek}" },
	{ IDNA_HEBREW, "\\p{sc:Hebrew}" },
	{ IDNA_KANA, "\\p{sc:Hiragana}|\\p{sc:Katakana}|\\p{sc:Han}" },
};

static size_t encode(uint32_t cp, char *text)
{
	if (cp < 0x80) {
		text[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		text[0] = (char)(0xc0 | cp >> 6);
		text[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		text[0] = (char)(0xe0 | cp >> 12);
		text[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		text[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	text[0] = (char)(0xf0 | cp >> 18);
	text[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	text[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	text[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

struct engine {
	pcre2_code *code;
	pcre2_match_data *data;
};

static struct engine engine_new(const char *pattern)
{
	struct engine e;
	PCRE2_SIZE at;
	int why;

	e.code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &why, &at, NULL);
	ck_assert_msg(e.code != NULL, "%s", pattern);
	pcre2_jit_compile(e.code, PCRE2_JIT_COMPLETE);
	e.data = pcre2_match_data_create(1, NULL);
	return e;
}

static void engine_free(struct engine e)
{
	pcre2_match_data_free(e.data);
	pcre2_code_free(e.code);
}

static bool engine_has(struct engine e, uint32_t cp)
{
	char text[4];
	size_t n = encode(cp, text);

	return pcre2_match(e.code, (PCRE2_SPTR)text, n, 0, PCRE2_NO_UTF_CHECK, e.data, NULL) >= 0;
}

START_TEST(the_tables_agree_with_the_engines)
{
	struct engine e = engine_new(engine_sets[_i].pattern);
	unsigned int checked = 0;

	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		if (!slo_idna_is(cp, IDNA_VALID))
			continue;
		checked++;
		ck_assert_msg(slo_idna_is(cp, engine_sets[_i].set) == engine_has(e, cp), "%s: U+%04X",
			      engine_sets[_i].pattern, (unsigned int)cp);
	}
	ck_assert_uint_gt(checked, 100000);
	engine_free(e);
}
END_TEST

/* RFC 5892: letters, digits and marks that case folding does not change, and its exceptions. */
START_TEST(valid_is_within_letters_digits_and_marks)
{
	struct engine e = engine_new("[\\p{Lu}\\p{Ll}\\p{Lo}\\p{Lm}\\p{Mn}\\p{Mc}\\p{Nd}]");
	struct engine cased = engine_new("\\p{Changes_When_Casefolded}|\\p{DI}|\\p{White_Space}|\\p{NChar}");
	static const uint32_t exceptions[] = { '-', 0x6fd, 0x6fe, 0xf0b, 0x3007 };
	static const uint32_t beyond_folding[] = { 0xdf, 0x3c2 };

	for (uint32_t cp = 0; cp < 0x110000; cp++) {
		bool valid = slo_idna_is(cp, IDNA_VALID), excepted = false, kept = false;

		for (size_t i = 0; i < SLO_ARRAY_LEN(exceptions); i++)
			excepted = excepted || cp == exceptions[i];
		for (size_t i = 0; i < SLO_ARRAY_LEN(beyond_folding); i++)
			kept = kept || cp == beyond_folding[i];
		if (cp >= 0xd800 && cp <= 0xdfff)
			ck_assert(!valid);
		else if (valid && !excepted)
			ck_assert_msg(engine_has(e, cp) && (kept || !engine_has(cased, cp)), "U+%04X",
				      (unsigned int)cp);
		else if (excepted)
			ck_assert(valid);
	}
	engine_free(e);
	engine_free(cased);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("format");
	TCase *t = tcase_create("format");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_string_has_the_format_or_not, 0, (int)SLO_ARRAY_LEN(cases));
	tcase_add_test(t, other_names_have_no_check);
	tcase_add_test(t, a_nul_ends_no_string);
	tcase_add_loop_test(t, punycode_goes_both_ways, 0, (int)SLO_ARRAY_LEN(punycode));
	tcase_add_loop_test(t, the_tables_agree_with_the_engines, 0, (int)SLO_ARRAY_LEN(engine_sets));
	tcase_add_test(t, valid_is_within_letters_digits_and_marks);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
