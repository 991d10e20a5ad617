/* SPDX-License-Identifier: MIT */
#include "jschema/pattern.h"

#include "base/rng.h"
#include "jschema/pattern_fast.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct slo_pattern *compile(struct slo_str source, bool engine)
{
	struct slo_pattern *p = NULL;
	struct slo_err err = { 0 };

	ck_assert_msg(slo_pattern_new_with(source, engine, &p, &err) == 0, "%.*s: %s", SLO_STR_ARG(source), err.what);
	return p;
}

/* @yes and @no: subjects, separated by "~"; NULL = none. "" is the empty subject. */
static const struct {
	const char *source, *yes, *no;
} meanings[] = {
	/* where it matches */
	{ "", "~a", NULL },
	{ "b", "abc", "ac" },
	{ "^b", "bc", "ab~\nb" },
	{ "b$", "ab", "b\n~ba~b\r" },
	{ "^$", "", "\n~a" },
	{ "^ab|c$", "abx~xc", "xab~cx" },
	{ "(?:^|-)a", "a~b-a", "ba" },
	/* sets */
	{ "^.$", "a~\xc3\xa9~\xf0\x9f\x98\x80~\v~\xc2\x85", "\n~\r~\xe2\x80\xa8~\xe2\x80\xa9~~ab" },
	{ "^\\d$", "0~9", "a~\xdf\x80~\xd9\xa3" },
	{ "^\\D$", "a~\xdf\x80", "0~9" },
	{ "^\\w$", "a~Z~0~_", "-~\xc3\xa9~\xc5\xbf~\xe2\x84\xaa" },
	{ "^\\W$", "-~\xc3\xa9~\xe2\x84\xaa", "a~_" },
	{ "^\\s$", " ~\t~\n~\v~\f~\r~\xc2\xa0~\xef\xbb\xbf~\xe1\x9a\x80~\xe2\x80\x80~\xe2\x80\x8a~\xe2\x80\xa8~"
		   "\xe2\x80\xa9~\xe2\x80\xaf~\xe2\x81\x9f~\xe3\x80\x80", "a~\xc2\x85~\xe2\x80\x8b~\x1c~\xe1\xa0\x8e" },
	{ "^\\S$", "a~\xc2\x85~\xe2\x80\x8b~\x1c~\xe1\xa0\x8e~\xf0\x9f\x98\x80",
	  " ~\xc2\xa0~\xef\xbb\xbf~\xe3\x80\x80" },
	{ "^[\\d\\s]$", "1~ ~\xef\xbb\xbf", "a" },
	{ "^[^\\S]$", "\xc2\xa0", "a" },
	{ "^[^\\W_]$", "a~1", "_~-~\xc3\xa9" },
	{ "^[\\D]$", "\xc3\xa9~a", "1" },
	{ "a\\b", "a~a-~a\xc3\xa9", "ab~a_" },
	{ "a\\B", "ab~a1", "a~a-~a\xc3\xa9" },
	/* escapes */
	{ "^\\t\\n\\v\\f\\r$", "\t\n\v\f\r", "tnvfr" },
	{ "^\\cA\\cz$", "\x01\x1a", "cAcz" },
	{ "^\\x41\\u0042\\u{43}\\u{000044}$", "ABCD", "x41" },
	{ "^\\uD83D\\uDE00$", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81" },
	{ "^\\ud83d\\ude00{2}$", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	{ "\\uD83D", NULL, "\xf0\x9f\x98\x80~\xef\xbf\xbd" },
	{ "\\uDE00|a", "a", "\xf0\x9f\x98\x80" },
	{ "^\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/$", "^$\\.*+?()[]{}|/", "a" },
	{ "^a#b c$", "a#b c", "a" },
	/* classes */
	{ "^[]$", NULL, "~a" },
	{ "^[^]$", "a~\n~\xf0\x9f\x98\x80", "~ab" },
	{ "^[]*$", "", "a" },
	{ "^[a-c\\-\\]]$", "a~b~c~-~]", "d~\\" },
	{ "^[-a]$", "-~a", "b" },
	{ "^[a-]$", "-~a", "b" },
	{ "^[+--]$", "+~,~-", "." },
	{ "^[\\b]$", "\b", "b" },
	{ "^[a^]$", "a~^", "b" },
	{ "^[[:alpha]$", "[~:~a~l~p~h", "b~z" },
	{ "^[.*+?(){}|$/]$", ".~*~+~?~(~)~{~}~|~$~/", "a~\\" },
	{ "^[\xf0\x9f\x98\x80-\xf0\x9f\x98\x82]$", "\xf0\x9f\x98\x81", "\xf0\x9f\x98\x83~\xf0\x9f" },
	{ "^[\\u{1F600}-\\uD83D\\uDE02]$", "\xf0\x9f\x98\x81", "\xf0\x9f\x98\x83" },
	{ "^[^\\uD800-\\uDFFF]$", "a~\xf0\x9f\x98\x81", "" },
	{ "^[\\0\\x01\\cB]$", "\x01~\x02", "\x03~0" },
	/* properties */
	{ "^\\p{Letter}$", "a~\xcf\x80", "1~-" },
	{ "^\\P{L}$", "1~-", "a~\xcf\x80" },
	{ "^\\p{digit}$", "4~\xe0\xa7\xaa", "a" },
	{ "^\\p{Lu}\\p{gc=Ll}\\p{General_Category=Decimal_Number}$", "Aa1", "aA1" },
	{ "^[\\p{Lu}\\P{L}]$", "A~1", "a" },
	{ "^\\p{LC}$", "a~A", "\xd7\x90" },
	{ "^\\p{Script=Greek}$", "\xcf\x80", "a" },
	{ "^\\p{sc=Grek}\\p{scx=Greek}\\P{Script_Extensions=Greek}$", "\xcf\x80\xcf\x80" "a", "\xcf\x80" "aa" },
	{ "^\\p{scx=Deva}$", "\xe0\xa5\xa4", "a" },
	{ "^\\p{sc=Deva}$", "\xe0\xa4\x95", "\xe0\xa5\xa4" },
	{ "^\\p{ASCII}\\P{ASCII}$", "a\xc3\xa9", "ab" },
	{ "^[\\p{ASCII}\xc3\xa9]+$", "a\xc3\xa9", "\xc3\xa8" },
	{ "^\\p{Any}$", "\n~\xf0\x9f\x98\x80", "" },
	{ "^\\P{Any}$", NULL, "a~" },
	{ "^[\\P{Any}a]$", "a", "b" },
	{ "^[\\P{Any}][^\\P{Any}]?$", NULL, "a~" },
	{ "^\\p{Assigned}$", "a", "\xcd\xb8" },
	{ "^\\P{Assigned}$", "\xcd\xb8", "a" },
	{ "^\\p{Emoji_Presentation}\\p{Hex_Digit}\\p{White_Space}$", "\xf0\x9f\x98\x80" "f ", "a" },
	/* groups and references */
	{ "^(a)(?<n>b)(?:c)\\2\\1\\k<n>$", "abcbab", "abcbaa" },
	{ "^(?<\xc3\xa9$_1>a)\\k<\xc3\xa9$_1>$", "aa", "a" },
	{ "^\\k<n>(?<n>a)$", "a", "aa" },
	{ "^\\2(a)(b)$", "ab", "bab" },
	{ "^(a\\1)$", "a", "aa" },
	{ "^(a)?\\1$", "~aa", "a" },
	{ "^(?:(a)|b)\\1$", "aa~b", "ba~a" },
	{ "^(?:(['\"])x\\1,)+$", "'x',\"x\",", "'x\"," },
	{ "^(a)\\1{2}(?=b)b(?!c)(?<=b)(?<!a).$", "aaabd", "aaabc" },
	{ "(b|)b*[bc]", "b~bc~abb", "a~" },
	{ "(?:ax|)[a]*.*a", "ax", "x" },
	{ "(?:(?=b\\w))(?:a){0,2}b", "bc~aabc", "ab" },
	{ "(?<=ab|c)d", "abd~cd", "bd" },
	{ "^(?:a(?:b(?:c)?)?)?$", "~a~ab~abc", "ac" },
	{ "^((b)|^c|){0}$", "", "b" },
	{ "(|^c|){0}$", "ba~", NULL },
	{ "(\\1a|){0}(b)\\2$", "abb", "ab" },
	/* quantifiers */
	{ "^a{2}b{1,2}c{2,}d?$", "aabcc~aabbcccd", "abcc~aabc" },
	{ "^a*?b+?c??$", "b~aabbc", "a" },
	{ "^(?:ab){0,2}$", "~ab~abab", "ababab~a" },
	{ "^<.+?>$", "<a>~<a><b>", "<>" },
	{ "^a{0}b$", "b", "ab" },
	{ "^a{99999999999}$", NULL, "a" },
};

static void each_subject(const char *list, struct slo_pattern *p, struct slo_pattern *engine, const char *source,
			 int want)
{
	while (list) {
		const char *end = strchr(list, '~');
		struct slo_str s = slo_str_n(list, end ? (size_t)(end - list) : strlen(list));

		ck_assert_msg(slo_pattern_match(p, s) == want, "%s on \"%.*s\": not %d", source, SLO_STR_ARG(s), want);
		if (engine)
			ck_assert_msg(slo_pattern_match(engine, s) == want, "engine: %s on \"%.*s\": not %d", source,
				      SLO_STR_ARG(s), want);
		list = end ? end + 1 : NULL;
	}
}

START_TEST(a_construct_means_what_ecma_262_says)
{
	const char *source = meanings[_i].source;
	struct slo_pattern *p = compile(slo_str(source), false), *engine = NULL;
	struct slo_err err = { 0 };

	/* The engine may refuse a count that the fast path can do. */
	if (slo_pattern_new_with(slo_str(source), true, &engine, &err))
		ck_assert_msg(strstr(err.what, "a count above"), "%s", err.what);
	each_subject(meanings[_i].yes, p, engine, source, 1);
	each_subject(meanings[_i].no, p, engine, source, 0);
	slo_pattern_free(p);
	slo_pattern_free(engine);
}
END_TEST

static const struct {
	const char *source, *what;
} refused[] = {
	{ "a\\a", "byte 1: \\a" },
	{ "\\A", "\\A" }, { "\\z", "\\z" }, { "\\Z", "\\Z" }, { "\\Q.\\E", "\\Q" }, { "\\K", "\\K" }, { "\\G", "\\G" },
	{ "\\h", "\\h" }, { "\\R", "\\R" }, { "\\X", "\\X" }, { "\\N", "\\N" }, { "\\C", "\\C" }, { "\\e", "\\e" },
	{ "\\-", "\\-" }, { "\\_", "\\_" }, { "\\ ", "no escape" }, { "\\\xc3\xa9", "no escape" },
	{ "\\", "at the end" },
	{ "[\\B]", "\\B" }, { "[\\1]", "\\1" }, { "[\\k]", "\\k" }, { "[\\a]", "\\a" }, { "\\00", "\\0" },
	{ "\\01", "\\0" },
	{ "\\c1", "\\c" }, { "\\c", "\\c" }, { "\\x4", "\\x" }, { "\\xg0", "\\x" }, { "\\u12", "\\u" },
	{ "\\u{}", "\\u{" }, { "\\u{110000}", "\\u{" }, { "\\u{12", "\\u{" }, { "\\u{ffffffff61}", "\\u{" },
	{ "a{", "{" }, { "a{1", "}" }, { "a{,2}", "{" }, { "{1}", "nothing" }, { "}", "}" }, { "]", "]" },
	{ "a]", "byte 1" },
	{ "*", "nothing" }, { "a|*", "byte 2" }, { "+a", "nothing" }, { "?", "nothing" }, { "(*ACCEPT)a", "byte 1" },
	{ "a++", "byte 2" }, { "a*+", "byte 2" }, { "a??+", "byte 3" }, { "a{1}{2}", "byte 4" }, { "a{2,1}", "least" },
	{ "^*", "nothing" }, { "$+", "nothing" }, { "\\b+", "nothing" }, { "(?=a)*", "nothing" },
	{ "(?<=a)?", "nothing" },
	{ "(", "byte 0: ( without )" }, { "a)", "byte 1: ) without (" }, { "(?:a", "( without )" },
	{ "[a", "byte 0: [" },
	{ "(?i)a", "(?" }, { "(?i:a)", "(?" }, { "(?#a)", "(?" }, { "(?>a)", "(?" }, { "(?|a)", "(?" },
	{ "(?P<n>a)", "(?" },
	{ "(?P=n)", "(?" }, { "(?R)", "(?" }, { "(?1)", "(?" }, { "(?'n'a)", "(?" }, { "(?&n)", "(?" },
	{ "(?(1)a)", "(?" },
	{ "(?C)", "(?" }, { "(?", "(?" }, { "(?<>a)", "name" }, { "(?<1>a)", "name" }, { "(?<n", "name" },
	{ "(?<n>a)(?<n>b)", "second group named \"n\"" }, { "(?<a-b>a)", "name" },
	{ "(?<\xe2\x82\xac>a)", "cannot have" },
	{ "\\k", "\\k" }, { "\\k<", "name" }, { "\\k<n>", "no group" }, { "\\k{n}", "\\k" }, { "(?<n>a)\\k'n'", "\\k" },
	{ "\\1", "there are 0" }, { "(a)\\2", "byte 3: \\2, and there are 1" }, { "\\99999999999", "there are 0" },
	{ "[b-a]", "end is before" }, { "[a-\\d]", "between sets" }, { "[\\w-a]", "between sets" },
	{ "[[:alpha:]]", "]" }, { "\\p", "\\p" }, { "\\pL", "\\p" }, { "\\p{", "}" }, { "\\p{}", "no property" },
	{ "\\p{letter}", "no property \"letter\"" }, { "\\p{ L}", "no property" }, { "\\p{^L}", "no property" },
	{ "\\p{Greek}", "no property" }, { "\\p{sc=greek}", "no property" }, { "\\p{Script=}", "no property" },
	{ "\\p{IsGreek}", "no property" }, { "\\p{L&}", "no property" }, { "\\p{Xan}", "no property" },
	{ "\\p{Block=Thai}", "no property" }, { "\\p{gc=Greek}", "no property" }, { "\\p{ASCII=Y}", "no property" },
	{ "a\xff", "byte 1: not UTF-8" }, { "[\xc3]", "not UTF-8" }, { "\xed\xa0\x80", "not UTF-8" },
	/* ECMA-262, but not PCRE2's, or not the same there */
	{ "a(?<=b+)c", "byte 1: lookbehind" }, { "(?<=a(?:b|cd))", "byte 0: lookbehind" },
	{ "(x)(?<!a?)", "byte 3: lookbehind" },
	{ "(a)(?<=\\1)", "inside a lookbehind" },
	{ "(?:(a)|b)*\\1", "byte 10: a reference to group 1" }, { "(a*)+\\1", "may skip" },
	{ "(?:(a)?b)+\\1", "may skip" },
	{ "(?:(?=(a)))?a\\1", "may skip" }, { "(?:a|b){70000}", "above 65535" },
};

START_TEST(what_is_refused_names_its_byte_and_construct)
{
	struct slo_pattern *p = NULL;
	struct slo_err err = { 0 };

	ck_assert_msg(slo_pattern_new(slo_str(refused[_i].source), &p, &err) == -EINVAL, "%s", refused[_i].source);
	ck_assert_msg(strstr(err.what, refused[_i].what) && strncmp(err.what, "byte ", 5) == 0, "%s: %s",
		      refused[_i].source, err.what);
	ck_assert_ptr_null(p);
}
END_TEST

/* Every name of ECMA-262's tables, but the one PCRE2 does not have. */
static const char properties[] =
	"C Other Cc Control cntrl Cf Format Cn Unassigned Co Private_Use Cs Surrogate L Letter LC "
	"Cased_Letter Ll Lowercase_Letter Lm Modifier_Letter Lo Other_Letter Lt Titlecase_Letter Lu "
	"Uppercase_Letter M Mark Combining_Mark Mc Spacing_Mark Me Enclosing_Mark Mn Nonspacing_Mark N Number "
	"Nd Decimal_Number digit Nl Letter_Number No Other_Number P Punctuation punct Pc "
	"Connector_Punctuation Pd Dash_Punctuation Pe Close_Punctuation Pf Final_Punctuation Pi "
	"Initial_Punctuation Po Other_Punctuation Ps Open_Punctuation S Symbol Sc Currency_Symbol Sk "
	"Modifier_Symbol Sm Math_Symbol So Other_Symbol Z Separator Zl Line_Separator Zp Paragraph_Separator "
	"Zs Space_Separator ASCII Any Assigned ASCII_Hex_Digit AHex Alphabetic Alpha Bidi_Control Bidi_C "
	"Bidi_Mirrored Bidi_M Case_Ignorable CI Cased Changes_When_Casefolded CWCF Changes_When_Casemapped "
	"CWCM Changes_When_Lowercased CWL Changes_When_Titlecased CWT Changes_When_Uppercased CWU Dash "
	"Default_Ignorable_Code_Point DI Deprecated Dep Diacritic Dia Emoji Emoji_Component EComp "
	"Emoji_Modifier EMod Emoji_Modifier_Base EBase Emoji_Presentation EPres Extended_Pictographic ExtPict "
	"Extender Ext Grapheme_Base Gr_Base Grapheme_Extend Gr_Ext Hex_Digit Hex IDS_Binary_Operator IDSB "
	"IDS_Trinary_Operator IDST ID_Continue IDC ID_Start IDS Ideographic Ideo Join_Control Join_C "
	"Logical_Order_Exception LOE Lowercase Lower Math Noncharacter_Code_Point NChar Pattern_Syntax "
	"Pat_Syn Pattern_White_Space Pat_WS Quotation_Mark QMark Radical Regional_Indicator RI "
	"Sentence_Terminal STerm Soft_Dotted SD Terminal_Punctuation Term Unified_Ideograph UIdeo Uppercase "
	"Upper Variation_Selector VS White_Space space XID_Continue XIDC XID_Start XIDS sc=Latin sc=Latn "
	"Script=Zyyy Script=Common scx=Qaai scx=Zinh sc=Inherited sc=Han sc=Hani sc=Hira sc=Kana sc=Arab "
	"sc=Cyrl sc=Hebr sc=Thai sc=Hang sc=Qaac sc=Copt sc=Nkoo sc=Nko sc=Phags_Pa sc=Vith "
	"Script_Extensions=Vithkuqi sc=Adlm";

START_TEST(every_property_name_is_known_to_the_engine)
{
	char source[100];

	for (const char *name = properties; *name;) {
		size_t n = strcspn(name, " ");

		snprintf(source, sizeof(source), "\\p{%.*s}[^\\P{%.*s}]", (int)n, name, (int)n, name);
		slo_pattern_free(compile(slo_str(source), true));
		name += n + (name[n] == ' ');
	}
}
END_TEST

START_TEST(a_nul_is_a_character_like_any_other)
{
	static const struct slo_str source = SLO_STR("^a\0[\0-\1]$"), yes = SLO_STR("a\0\1"), no = SLO_STR("a\0\2");
	struct slo_pattern *p = compile(source, false), *escaped = compile(slo_str("a\\0\\x01$"), false);

	ck_assert_int_eq(slo_pattern_match(p, yes), 1);
	ck_assert_int_eq(slo_pattern_match(p, no), 0);
	ck_assert_int_eq(slo_pattern_match(escaped, yes), 1);
	slo_pattern_free(p);
	slo_pattern_free(escaped);
}
END_TEST

/* Each would run for longer than the universe has. */
static const char *const catastrophic[] = {
	"(a+)+$", "^(a+)+$", "^(?:a|aa)+$", "^(?:a|a)*$", "^(?:a*)*$|^(?:.*a){20}b", "^(a|a|b)*[cd]",
	"(?:.*,){5}[xy]", "^(([a-z])+.)+[A-Z]([a-z])+$",
};

START_TEST(a_catastrophic_pattern_ends_at_the_limit)
{
	struct slo_pattern *p = compile(slo_str(catastrophic[_i]), false);
	char text[3000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 && strchr(catastrophic[_i], ',') ? ',' : 'a';
	text[sizeof(text) - 1] = '!';
	ck_assert_int_eq(slo_pattern_match(p, slo_str_n(text, sizeof(text))), -E2BIG);
	ck_assert_int_eq(slo_pattern_match(p, slo_str("!")), slo_pattern_match(p, slo_str("!")));
	ck_assert_int_ge(slo_pattern_match(p, slo_str("!")), 0);
	slo_pattern_free(p);
}
END_TEST

START_TEST(more_than_the_stack_of_compiled_code_is_no_limit)
{
	struct slo_pattern *p = compile(slo_str("^(?:a|b)*$"), false);
	char text[20000];

	memset(text, 'b', sizeof(text));
	ck_assert_int_eq(slo_pattern_match(p, slo_str_n(text, sizeof(text))), 1);
	text[sizeof(text) - 1] = 'c';
	ck_assert_int_eq(slo_pattern_match(p, slo_str_n(text, sizeof(text))), 0);
	slo_pattern_free(p);
}
END_TEST

START_TEST(size_depth_and_groups_are_limited)
{
	static char text[1 << 17];
	struct slo_pattern *p = NULL;
	struct slo_err err = { 0 };

	memset(text, 'a', sizeof(text));
	ck_assert_int_eq(slo_pattern_new(slo_str_n(text, sizeof(text)), &p, &err), -EINVAL);
	ck_assert_msg(strstr(err.what, "longer than 65535 bytes"), "%s", err.what);
	slo_err_reset(&err);
	memset(text, '(', 1000);
	ck_assert_int_eq(slo_pattern_new(slo_str_n(text, 1000), &p, &err), -EINVAL);
	ck_assert_msg(strstr(err.what, "byte 200: groups nested deeper"), "%s", err.what);
	slo_err_reset(&err);
	for (size_t i = 0; i < 2000; i++)
		text[i] = "()"[i % 2];
	ck_assert_int_eq(slo_pattern_new(slo_str_n(text, 2000), &p, &err), -EINVAL);
	ck_assert_msg(strstr(err.what, "more than 999 groups"), "%s", err.what);
	slo_err_reset(&err);
	ck_assert_int_eq(slo_pattern_new(slo_str("(?:(?:a{1000}b){1000}){1000}"), &p, &err), -EINVAL);
	ck_assert_msg(strstr(err.what, "PCRE2 refuses this"), "%s", err.what);
	slo_pattern_free(compile(slo_str_n(text, 1998), false));
}
END_TEST

/* The shapes that need no engine, and some that look like them. */
static const struct {
	const char *source;
	bool fast;
} shapes[] = {
	{ "", true }, { "ab", true }, { "ab$", true }, { "^ab", true }, { "^ab$", true }, { "^$", true }, { "$", true },
	{ "a\\.b", true }, { "^x-", true }, { "\xc3\xa9", true }, { "^\xc3\xa9$", true },
	{ "^a\xf0\x9f\x98\x80", true },
	{ "^[a-c]+$", true }, { "^[a-c]*$", true }, { "^[a-c]{2,3}$", true }, { "^[a-c]{2,}$", true },
	{ "^[abc]$", true },
	{ "^[^a-c]{1,2}$", true }, { "^[^a]*$", true }, { "^\\d{2}-\\d{2}$", true }, { "^\\w+$", true },
	{ "^\\W+$", true },
	{ "^\\D?a{2}$", false }, { "^[a-c][a-c1-]*$", true }, { "^[a-c]+-[a-c]+$", true }, { "^[a-c]{0,2}1?-?$", true },
	{ "^a+b*c?$", true }, { "^a+b*c?", true }, { "^[\\d.\\-]+a$", true }, { "^[a-c]+?-", true }, { "^ab+$", true },
	{ "^[^-]+-[^-]+$", true }, { "^[^-]*\xc3\xa9$", false }, { "^a*a$", false }, { "^[a-c]?b$", false },
	{ "^a{1,2}b?a$", false }, { "[a-c]", false }, { "^a|b$", false }, { "^(a)$", false }, { "^.$", false },
	{ "^\\s$", false }, { "^[\xc3\xa9]$", false }, { "a$b", false }, { "a^", false }, { "^\xc3\xa9+$", false },
	{ "a*", false }, { "^[]$", true }, { "^[^]+$", true },
};

/* Characters, so that what comes out is UTF-8. */
static size_t random_subject(struct slo_rng *rng, char *text)
{
	static const char *const pieces[] = { "a", "b", "c", "1", "-", ".", "_", "a", "b", "\n", "\xc3\xa9",
					      "\xe2\x80\xa8", "\xf0\x9f\x98\x80", "x" };
	size_t len = 0;

	for (size_t n = slo_rng_below(rng, 7); n; n--) {
		const char *s = pieces[slo_rng_below(rng, SLO_ARRAY_LEN(pieces))];

		memcpy(text + len, s, strlen(s));
		len += strlen(s);
	}
	return len;
}

START_TEST(without_the_engine_the_verdict_is_the_engines)
{
	struct slo_pattern *p = compile(slo_str(shapes[_i].source), false);
	struct slo_pattern *engine = compile(slo_str(shapes[_i].source), true);
	struct slo_rng rng;
	char text[64];

	ck_assert_msg(slo_pattern_is_fast(p) == shapes[_i].fast, "%s", shapes[_i].source);
	ck_assert(!slo_pattern_is_fast(engine));
	slo_rng_seed(&rng, (uint64_t)_i);
	for (int i = 0; i < 3000; i++) {
		struct slo_str s = slo_str_n(text, random_subject(&rng, text));
		int a = slo_pattern_match(p, s), b = slo_pattern_match(engine, s);

		ck_assert_msg(a == b, "%s on \"%.*s\": %d, engine %d", shapes[_i].source, SLO_STR_ARG(s), a, b);
	}
	slo_pattern_free(p);
	slo_pattern_free(engine);
}
END_TEST

START_TEST(an_absent_subject_is_an_empty_one)
{
	struct slo_pattern *p = compile(slo_str("^$"), false), *q = compile(slo_str("^(?:a|b)*$"), false);

	ck_assert_int_eq(slo_pattern_match(p, slo_str(NULL)), 1);
	ck_assert_int_eq(slo_pattern_match(q, slo_str(NULL)), 1);
	slo_pattern_free(p);
	slo_pattern_free(q);
	slo_pattern_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pattern");
	TCase *t = tcase_create("pattern");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, a_construct_means_what_ecma_262_says, 0, (int)SLO_ARRAY_LEN(meanings));
	tcase_add_loop_test(t, what_is_refused_names_its_byte_and_construct, 0, (int)SLO_ARRAY_LEN(refused));
	tcase_add_test(t, every_property_name_is_known_to_the_engine);
	tcase_add_test(t, a_nul_is_a_character_like_any_other);
	tcase_add_loop_test(t, a_catastrophic_pattern_ends_at_the_limit, 0, (int)SLO_ARRAY_LEN(catastrophic));
	tcase_add_test(t, more_than_the_stack_of_compiled_code_is_no_limit);
	tcase_add_test(t, size_depth_and_groups_are_limited);
	tcase_add_loop_test(t, without_the_engine_the_verdict_is_the_engines, 0, (int)SLO_ARRAY_LEN(shapes));
	tcase_add_test(t, an_absent_subject_is_an_empty_one);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
