/* SPDX-License-Identifier: MIT */
#include "rec/internal.h"

void slo_lex_init(struct slo_lex *l, const char *text, size_t len, struct slo_buf *scratch)
{
	*l = (struct slo_lex){ .p = text, .start = text, .end = text + len, .scratch = scratch };
	if (scratch)
		scratch->err = 0;
}

int slo_lex_refuse(struct slo_lex *l, const char *at, const char *why)
{
	if (!l->why) {
		l->why = why;
		l->ret = -EINVAL;
		l->p = at;
	}
	return l->ret;
}

int slo_lex_fail(const struct slo_lex *l, struct slo_err *err)
{
	return slo_err_set(err, l->ret, "%s at byte %zu", l->why ? l->why : "no error",
			   (size_t)(l->p - l->start) + 1);
}

int slo_lex_literal(struct slo_lex *l)
{
	static const struct {
		const char *text;
		size_t len;
		int token;
	} literals[] = { { "true", 4, SLO_LEX_TRUE }, { "false", 5, SLO_LEX_FALSE }, { "null", 4, SLO_LEX_NULL } };

	for (size_t i = 0; i < SLO_ARRAY_LEN(literals); i++) {
		size_t n = literals[i].len;

		if ((size_t)(l->end - l->p) >= n && memcmp(l->p, literals[i].text, n) == 0) {
			l->p += n;
			return literals[i].token;
		}
	}
	slo_lex_refuse(l, l->p, l->p == l->end ? "the text ends too early" : "want a value");
	return SLO_LEX_ERROR;
}

static void value_done(struct slo_lex *l)
{
	l->state = l->depth ? WANT_COMMA_OR_CLOSE : WANT_NOTHING;
}

static int open_container(struct slo_lex *l, bool object)
{
	if (slo_lex_open(l, object))
		return SLO_LEX_ERROR;
	l->state = object ? WANT_KEY_OR_CLOSE : WANT_VALUE_OR_CLOSE;
	return object ? SLO_LEX_OBJECT : SLO_LEX_ARRAY;
}

static int close_container(struct slo_lex *l, bool object)
{
	slo_lex_close(l);
	value_done(l);
	return object ? SLO_LEX_OBJECT_END : SLO_LEX_ARRAY_END;
}

/* Digits only, no leading zero, far from the largest double: nothing more to check. False: not that simple. */
static inline bool skip_integer(struct slo_lex *l)
{
	const char *p = l->p;

	while (p < l->end && (unsigned char)(*p - '0') <= 9)
		p++;
	if (p == l->p || p - l->p > 300 || (*l->p == '0' && p - l->p > 1))
		return false;
	if (p < l->end && (*p == '.' || *p == 'e' || *p == 'E'))
		return false;
	l->p = p;
	return true;
}

/* @v NULL: strings are checked, not unescaped. */
static inline int read_value(struct slo_lex *l, char c, struct slo_lex_value *v)
{
	struct slo_number num;
	int token;

	switch (c) {
	case '{':
	case '[':
		return open_container(l, c == '{');
	case '"':
		token = slo_lex_string(l, v ? &v->str : NULL) ? SLO_LEX_ERROR : SLO_LEX_STRING;
		break;
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		if (!v && skip_integer(l))
			token = SLO_LEX_NUMBER;
		else
			token = slo_lex_number(l, v ? &v->num : &num) ? SLO_LEX_ERROR : SLO_LEX_NUMBER;
		break;
	default:
		token = slo_lex_literal(l);
	}
	value_done(l);
	return token;
}

static inline int read_key(struct slo_lex *l, char c, struct slo_lex_value *v)
{
	if (c != '"') {
		slo_lex_refuse(l, l->p, "want a member name");
		return SLO_LEX_ERROR;
	}
	if (slo_lex_string(l, v ? &v->str : NULL))
		return SLO_LEX_ERROR;
	if (slo_lex_peek(l) != ':') {
		slo_lex_refuse(l, l->p, "want ':'");
		return SLO_LEX_ERROR;
	}
	l->p++;
	l->state = WANT_VALUE;
	return SLO_LEX_KEY;
}

static inline int next_token(struct slo_lex *l, struct slo_lex_value *v)
{
	bool object = l->depth && l->objects >> (l->depth - 1) & 1;
	char c;

	/* The place of the failure stays. */
	if (l->why)
		return SLO_LEX_ERROR;
	c = slo_lex_peek(l);
	if (l->state == WANT_NOTHING) {
		if (l->p == l->end)
			return SLO_LEX_END;
		slo_lex_refuse(l, l->p, "something follows the value");
		return SLO_LEX_ERROR;
	}
	if (v)
		v->from = l->p;
	if (l->state == WANT_COMMA_OR_CLOSE) {
		if (c == (object ? '}' : ']'))
			return close_container(l, object);
		if (c != ',') {
			slo_lex_refuse(l, l->p, object ? "want ',' or '}'" : "want ',' or ']'");
			return SLO_LEX_ERROR;
		}
		l->p++;
		c = slo_lex_peek(l);
		l->state = object ? WANT_KEY : WANT_VALUE;
		if (v)
			v->from = l->p;
	}
	if ((l->state == WANT_KEY_OR_CLOSE && c == '}') || (l->state == WANT_VALUE_OR_CLOSE && c == ']'))
		return close_container(l, object);
	if (l->state == WANT_KEY || l->state == WANT_KEY_OR_CLOSE)
		return read_key(l, c, v);
	return read_value(l, c, v);
}

int slo_lex_next(struct slo_lex *l, struct slo_lex_value *v)
{
	return next_token(l, v);
}

int slo_lex_skip(struct slo_lex *l, struct slo_str *raw)
{
	uint32_t depth = l->depth;
	const char *from;
	int token;

	slo_lex_peek(l);
	from = l->p;
	do
		token = next_token(l, NULL);
	while (token != SLO_LEX_ERROR && l->depth > depth);
	if (token == SLO_LEX_ERROR)
		return l->ret;
	if (raw)
		*raw = slo_str_n(from, (size_t)(l->p - from));
	return 0;
}

int slo_lex_leave(struct slo_lex *l)
{
	uint32_t depth = l->depth;

	while (l->depth >= depth && depth)
		if (next_token(l, NULL) == SLO_LEX_ERROR)
			return l->ret;
	return 0;
}

int slo_lex_validate(const char *text, size_t len, struct slo_err *err)
{
	struct slo_lex l;

	slo_lex_init(&l, text, len, NULL);
	if (slo_lex_skip(&l, NULL) || next_token(&l, NULL) != SLO_LEX_END)
		return slo_lex_fail(&l, err);
	return 0;
}
