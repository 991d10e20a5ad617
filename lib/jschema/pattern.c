/* SPDX-License-Identifier: MIT */
/*
 * ECMA-262 (2023, u flag) to PCRE2 (10.40 or later; UTF without UCP, no MULTILINE, no CASELESS):
 *
 *   ECMA-262                     PCRE2
 *   letters and digits           themselves; every other literal character \x{...}
 *   ^  $                         \A  \z
 *   .                            [^\x{a}\x{d}\x{2028}\x{2029}]
 *   \b  \B                       the same: without UCP they know ASCII words only
 *   \d  \w  \s and opposites     classes spelled out: 0-9; 0-9A-Z_a-z; white space, Zs, U+FEFF, line ends
 *   \t \n \v \f \r \cX \0 \xHH   \x{...}
 *   \uHHHH  \u{...}              \x{...}; a pair of surrogates is one character, one alone matches nothing
 *   \^ \$ \\ \. \* ... \/       \x{...}; identity escapes are for syntax characters only; \- in classes
 *   [...]  [^...]                item by item; [] is [^\x{0}-\x{10ffff}], [^] is [\x{0}-\x{10ffff}]
 *   \p{L} \p{gc=L} \p{Letter}    \p{L}; names are exact, aliases those of the tables in pattern_prop.c
 *   \p{Script=x} \p{scx=x}       \p{sc:x}  \p{scx:x}
 *   \p{Alphabetic} ...           the same by their short names
 *   \p{ASCII} \p{Assigned}        [\x{0}-\x{7f}]  [\P{Cn}]
 *   (x) (?<n>x) (?:x)            (x) (x) (?:x); names never reach PCRE2
 *   \1  \k<n>                    \g{1}; (?:) where the group cannot have matched yet (it matches the empty string)
 *   (?=x) (?!x) (?<=x) (?<!x)    the same
 *   * + ? {n} {n,} {n,m}, lazy   {n,m}, {n,m}?; x{0} is left out
 *
 * Not ECMA-262, refused: what has no meaning under the u flag, such as lone { } ], \a, \-, (?i), (?#, (?>, (?P<, a++,
 * \p{greek}. ECMA-262, but refused since PCRE2 has it not, or not the same:
 *   - a lookbehind one of whose alternatives can have several lengths;
 *   - references inside a lookbehind, and to captures that ECMA-262 would have forgotten (pattern_ref.c);
 *   - counts above 65535 and what compiles to more than PCRE2's 64 KiB (not where the engine is not needed);
 *   - escapes in the names of groups; more than 999 groups, 200 levels, 64 KiB of source;
 *   - \p{Changes_When_NFKC_Casefolded}, \p{Script=Katakana_Or_Hiragana}.
 * The version of Unicode is the installed PCRE2's.
 *
 * The limit of matching steps is for each place where a match may begin. What needs more than that anywhere ends with
 * -E2BIG within milliseconds; what stays below it everywhere may still take time that grows with the square of the
 * subject's length, as [a-z]+[0-9a-z]+[!?] does. With more stack than the just-in-time code has (32 KiB) the
 * interpreter takes over, which may allocate, up to HEAP_LIMIT_KIB, and keeps the memory for the next match.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "jschema/pattern.h"

#include "base/cleanup.h"
#include "jschema/jschema.h"
#include "jschema/pattern_fast.h"
#include "jschema/pattern_parse.h"
#include "jschema/pattern_utf8.h"

#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>

enum { HEAP_LIMIT_KIB = 64 * 1024 };

struct slo_pattern {
	struct slo_pattern_fast fast; /* FAST_NONE: the engine's */
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

void slo_pattern_free(struct slo_pattern *p)
{
	if (!p)
		return;
	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->data);
	pcre2_code_free(p->code);
	free(p);
}

/* PCRE2's words for what the translation may still have, with the place in the source. */
static int refuse(struct slo_pattern_parse *q, int code, size_t out_at)
{
	char text[128];
	size_t at = 0;

	for (size_t i = 1; i < q->groups; i++) {
		if (q->group[i].out <= out_at)
			at = q->group[i].open;
	}
	if (code == PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH || code == PCRE2_ERROR_LOOKBEHIND_TOO_LONG)
		return slo_pattern_fail(q, at,
					"lookbehind: each alternative must have one fixed length (a limit of PCRE2)");
	pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
	return slo_pattern_fail(q, at, "PCRE2 refuses this: %s", text);
}

/*
 * PCRE2 10.42 skips places where a match cannot begin, and some where it can: just-in-time code with (b|)b*[bc]
 * (PCRE2 issue 336), both kinds with (?=b)a?b, whose b it wants twice.
 */
static bool may_skip_too_much(const struct slo_pattern_parse *q)
{
	for (size_t i = 0; i < q->groups; i++) {
		if (q->group[i].branches || q->group[i].kind >= PATTERN_AHEAD)
			return true;
	}
	return false;
}

static bool is_anchored(const pcre2_code *code)
{
	uint32_t options = 0;

	pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
	return options & PCRE2_ANCHORED;
}

static int compile_engine(struct slo_pattern *p, struct slo_pattern_parse *q, struct slo_str text)
{
	uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	PCRE2_SIZE at = 0;
	int code = 0;

	if (!c)
		return -ENOMEM;
	pcre2_set_compile_extra_options(c, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
	if (!q->referred)
		options |= PCRE2_NO_AUTO_CAPTURE;
	p->code = pcre2_compile((PCRE2_SPTR)text.p, text.len, options, &code, &at, c);
	if (p->code && may_skip_too_much(q) && !is_anchored(p->code)) {
		pcre2_code_free(p->code);
		options |= PCRE2_NO_START_OPTIMIZE;
		p->code = pcre2_compile((PCRE2_SPTR)text.p, text.len, options, &code, &at, c);
	}
	pcre2_compile_context_free(c);
	if (!p->code)
		return code == PCRE2_ERROR_HEAP_FAILED ? -ENOMEM : refuse(q, code, at);
	/* Without just-in-time code the interpreter does the work. */
	pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	p->data = pcre2_match_data_create(1, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->data || !p->limits)
		return -ENOMEM;
	pcre2_set_match_limit(p->limits, SLO_JSCHEMA_MATCHES);
	pcre2_set_depth_limit(p->limits, SLO_JSCHEMA_MATCHES);
	pcre2_set_heap_limit(p->limits, HEAP_LIMIT_KIB);
	return 0;
}

/* Names beyond ASCII are identifiers of Unicode. Return: 0, -EINVAL, -ENOMEM. */
static int check_names(struct slo_pattern_parse *q)
{
	static const char name[] = "\\A[$_\\p{ID_Start}][$\\x{200c}\\x{200d}\\p{ID_Continue}]*\\z";
	pcre2_code *code = NULL;
	pcre2_match_data *data = NULL;
	PCRE2_SIZE at;
	int rc = 0, why;

	for (size_t i = 1; i < q->groups && !rc; i++) {
		struct slo_str n = slo_str_n(q->src.p + q->group[i].name_at, q->group[i].name_len);

		if (!n.len || slo_pattern_ascii(n))
			continue;
		if (!code) {
			code = pcre2_compile((PCRE2_SPTR)name, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &why, &at, NULL);
			data = pcre2_match_data_create(1, NULL);
		}
		if (!code || !data)
			rc = -ENOMEM;
		else if (pcre2_match(code, (PCRE2_SPTR)n.p, n.len, 0, PCRE2_NO_UTF_CHECK, data, NULL) < 0)
			rc = slo_pattern_fail(q, q->group[i].name_at,
					      "a character that the name of a group cannot have");
	}
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return rc;
}

static int compile(struct slo_pattern *p, struct slo_pattern_parse *q, struct slo_str source, bool engine,
		   struct slo_err *err)
{
	struct slo_buf text;
	int rc;

	rc = slo_pattern_parse(q, source, NULL, err);
	if (!rc)
		rc = check_names(q);
	if (rc || (!engine && slo_pattern_fast_compile(&p->fast, source)))
		return rc;
	slo_buf_init(&text, PATTERN_OUT_MAX);
	rc = slo_pattern_parse(q, source, &text, err);
	if (!rc)
		rc = compile_engine(p, q, text.len ? slo_buf_str(&text) : slo_str(""));
	slo_buf_fini(&text);
	return rc;
}

int slo_pattern_new_with(struct slo_str source, bool engine, struct slo_pattern **out, struct slo_err *err)
{
	slo_autofree struct slo_pattern_parse *q = malloc(sizeof(*q));
	struct slo_pattern *p = calloc(1, sizeof(*p));
	int rc = q && p ? compile(p, q, source, engine, err) : -ENOMEM;

	if (rc)
		slo_pattern_free(p);
	else
		*out = p;
	return rc;
}

int slo_pattern_new(struct slo_str source, struct slo_pattern **out, struct slo_err *err)
{
	return slo_pattern_new_with(source, false, out, err);
}

bool slo_pattern_is_fast(const struct slo_pattern *p)
{
	return !p->code;
}

int slo_pattern_match(struct slo_pattern *p, struct slo_str subject)
{
	PCRE2_SPTR text;
	int rc;

	if (!subject.p)
		subject = slo_str("");
	text = (PCRE2_SPTR)subject.p;
	if (!p->code)
		return slo_pattern_fast_match(&p->fast, subject);
	rc = pcre2_match(p->code, text, subject.len, 0, PCRE2_NO_UTF_CHECK, p->data, p->limits);
	/* Its stack is small; the interpreter's is the heap, which is as large as its limit. */
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(p->code, text, subject.len, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, p->data, p->limits);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	return rc >= 0 ? 1 : -E2BIG;
}
