/* SPDX-License-Identifier: MIT */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "jschema/pattern.h"

#include "base/cleanup.h"
#include "jschema/jschema.h"
#include "jschema/pattern_fast.h"
#include "jschema/pattern_parse.h"

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
		return slo_pattern_fail(q, at, "lookbehind: each alternative must have one fixed length (a limit of PCRE2)");
	pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
	return slo_pattern_fail(q, at, "PCRE2 refuses this: %s", text);
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

static int compile(struct slo_pattern *p, struct slo_pattern_parse *q, struct slo_str source, bool engine,
		   struct slo_err *err)
{
	struct slo_buf text;
	int rc;

	rc = slo_pattern_parse(q, source, NULL, err);
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
