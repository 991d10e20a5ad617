/* SPDX-License-Identifier: MIT */
/* Alternatives, terms, groups and quantifiers. */
#include "jschema/pattern_parse.h"

#include "jschema/pattern_utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static int read_alternatives(struct slo_pattern_parse *p);

int slo_pattern_fail(struct slo_pattern_parse *p, size_t at, const char *fmt, ...)
{
	char what[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return slo_err_set(p->err, -EINVAL, "byte %zu: %s", at, what);
}

void slo_pattern_put(struct slo_pattern_parse *p, const char *text)
{
	if (p->second && p->out)
		slo_buf_adds(p->out, text);
}

void slo_pattern_put_char(struct slo_pattern_parse *p, uint32_t cp)
{
	if (!p->second || !p->out)
		return;
	if ((cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z'))
		slo_buf_addc(p->out, (char)cp);
	else
		slo_buf_addf(p->out, "\\x{%x}", (unsigned int)cp);
}

static bool look(const struct slo_pattern_parse *p, const char *text)
{
	size_t n = strlen(text);

	return n <= p->src.len - p->at && memcmp(p->src.p + p->at, text, n) == 0;
}

static bool take(struct slo_pattern_parse *p, const char *text)
{
	if (!look(p, text))
		return false;
	p->at += strlen(text);
	return true;
}

/* The largest count stands for every larger one. */
static bool read_count(struct slo_pattern_parse *p, uint32_t *n)
{
	size_t from = p->at;
	uint64_t v = 0;

	for (int c; c = slo_pattern_peek(p, 0), c >= '0' && c <= '9'; p->at++) {
		v = v * 10 + (uint64_t)(c - '0');
		if (v > UINT32_MAX - 1)
			v = UINT32_MAX - 1;
	}
	*n = (uint32_t)v;
	return p->at > from;
}

struct quantifier {
	uint32_t min, max; /* UINT32_MAX = without end */
};

static int read_braces(struct slo_pattern_parse *p, struct quantifier *q)
{
	size_t from = p->at++;

	if (!read_count(p, &q->min))
		return slo_pattern_fail(p, from, "{ without a count");
	q->max = q->min;
	if (take(p, ",") && !read_count(p, &q->max))
		q->max = UINT32_MAX;
	if (!take(p, "}"))
		return slo_pattern_fail(p, from, "a count without }");
	if (q->min > q->max)
		return slo_pattern_fail(p, from, "a count whose least is above its most");
	return 0;
}

/*
 * What is repeated zero times is left out: PCRE2 10.42 takes \A in an alternative of it for an anchor of the whole.
 * Its captures stay, unset, since the later ones are numbered after them.
 */
static void put_never(struct slo_pattern_parse *p, const struct slo_pattern_group *g, size_t from)
{
	p->out->len = from;
	slo_buf_adds(p->out, "(?:)");
	if (!g)
		return;
	slo_buf_adds(p->out, "(?(DEFINE)");
	for (; g < &p->group[p->next]; g++)
		slo_buf_adds(p->out, g->number ? "()" : "");
	slo_buf_adds(p->out, ")");
}

static int put_quantifier(struct slo_pattern_parse *p, size_t at, const struct quantifier *q)
{
	char text[64];

	if (q->min > PATTERN_REPEAT_MAX || (q->max != UINT32_MAX && q->max > PATTERN_REPEAT_MAX))
		return slo_pattern_fail(p, at, "a count above %d", PATTERN_REPEAT_MAX);
	if (q->max == UINT32_MAX)
		snprintf(text, sizeof(text), "{%u,}", q->min);
	else
		snprintf(text, sizeof(text), "{%u,%u}", q->min, q->max);
	slo_pattern_put(p, text);
	return 0;
}

/*
 * @g: the group that may be repeated, or NULL
 * @from: byte of the translation where what is quantified begins
 * @consumes: it takes at least one character
 */
static int read_quantifier(struct slo_pattern_parse *p, struct slo_pattern_group *g, size_t from, bool consumes)
{
	struct quantifier q = { 1, 1 };
	size_t at = p->at;
	int rc = 0;

	switch (slo_pattern_peek(p, 0)) {
	case '*': q = (struct quantifier){ 0, UINT32_MAX }; break;
	case '+': q = (struct quantifier){ 1, UINT32_MAX }; break;
	case '?': q = (struct quantifier){ 0, 1 }; break;
	case '{': break;
	default:
		p->consumed = p->consumed || consumes;
		return 0;
	}
	if (look(p, "{")) {
		rc = read_braces(p, &q);
		if (rc)
			return rc;
	} else {
		p->at++;
	}
	if (g) {
		g->optional = q.min == 0;
		g->repeated = q.max > 1;
	}
	p->consumed = p->consumed || (consumes && q.min);
	if (p->second && p->out && !p->out->err) {
		if (q.max == 0)
			put_never(p, g, from);
		else
			rc = put_quantifier(p, at, &q);
	}
	if (!rc && take(p, "?"))
		slo_pattern_put(p, q.max ? "?" : "");
	return rc;
}

static const struct {
	const char *ecma, *pcre;
	enum slo_pattern_kind kind;
} openings[] = {
	{ "(?:", "(?:", PATTERN_PLAIN },
	{ "(?=", "(?=", PATTERN_AHEAD },
	{ "(?!", "(?!", PATTERN_AHEAD },
	{ "(?<=", "(?<=", PATTERN_BEHIND },
	{ "(?<!", "(?<!", PATTERN_BEHIND },
	{ "(?<", "(", PATTERN_CAPTURE },
	{ "(", "(", PATTERN_CAPTURE },
};

/* Two groups may have one name only where no match has both (ES2025): not in the same alternative; here, never. */
static int name_group(struct slo_pattern_parse *p, struct slo_pattern_group *g)
{
	size_t at, len;
	int rc = slo_pattern_name(p, &at, &len);

	if (rc)
		return rc;
	g->name_at = (uint32_t)at;
	g->name_len = (uint16_t)len;
	if (p->second)
		return 0;
	for (size_t i = 1; i < p->groups; i++) {
		if (&p->group[i] != g && p->group[i].name_len && slo_pattern_name_eq(p, at, len, &p->group[i]))
			return slo_pattern_fail(p, at, "a second group named \"%.*s\"", len > 60 ? 60 : (int)len,
						p->src.p + at);
	}
	return 0;
}

static int open_group(struct slo_pattern_parse *p, struct slo_pattern_group **out)
{
	struct slo_pattern_group *g;
	size_t i = 0, at = p->at;

	while (i < SLO_ARRAY_LEN(openings) && !look(p, openings[i].ecma))
		i++;
	if (p->next >= PATTERN_GROUPS)
		return slo_pattern_fail(p, at, "more than %d groups", PATTERN_GROUPS - 1);
	if (++p->depth > PATTERN_DEPTH)
		return slo_pattern_fail(p, at, "groups nested deeper than %d", PATTERN_DEPTH);
	p->at += strlen(openings[i].ecma);
	if (i == SLO_ARRAY_LEN(openings) - 1 && look(p, "?"))
		return slo_pattern_fail(p, at, "(? is not followed by : = ! <= <! or <name>");
	g = &p->group[p->next];
	if (!p->second) {
		*g = (struct slo_pattern_group){ .open = (uint32_t)at, .parent = p->in };
		g->kind = (uint8_t)openings[i].kind;
		if (g->kind == PATTERN_CAPTURE)
			g->number = ++p->captures;
		p->groups++;
	} else if (p->out) {
		g->out = (uint32_t)p->out->len;
	}
	p->in = p->next++;
	slo_pattern_put(p, openings[i].pcre);
	*out = g;
	return strcmp(openings[i].ecma, "(?<") == 0 ? name_group(p, g) : 0;
}

static int read_group(struct slo_pattern_parse *p, struct slo_pattern_group **quantified)
{
	struct slo_pattern_group *g = NULL;
	bool consumed = p->consumed;
	uint16_t outer = p->in;
	size_t at = p->at;
	int rc = open_group(p, &g);

	if (!rc)
		rc = read_alternatives(p);
	if (rc)
		return rc;
	if (!take(p, ")"))
		return slo_pattern_fail(p, at, "( without )");
	p->depth--;
	p->in = outer;
	p->consumed = consumed;
	g->close = (uint32_t)p->at;
	slo_pattern_put(p, ")");
	*quantified = g;
	return 0;
}

static int read_reference(struct slo_pattern_parse *p, size_t at)
{
	uint32_t n;

	read_count(p, &n);
	if (p->second && n > p->captures)
		return slo_pattern_fail(p, at, "\\%u, and there are %u capturing groups", n, p->captures);
	return p->second ? slo_pattern_reference(p, at, (uint16_t)n) : 0;
}

static int read_named_reference(struct slo_pattern_parse *p, size_t at)
{
	size_t name, len;
	int rc;

	if (!take(p, "k<"))
		return slo_pattern_fail(p, at, "\\k is not followed by <name>");
	rc = slo_pattern_name(p, &name, &len);
	if (rc || !p->second)
		return rc;
	for (size_t i = 1; i < p->groups; i++) {
		if (p->group[i].name_len && slo_pattern_name_eq(p, name, len, &p->group[i]))
			return slo_pattern_reference(p, at, p->group[i].number);
	}
	return slo_pattern_fail(p, at, "no group is named \"%.*s\"", len > 60 ? 60 : (int)len, p->src.p + name);
}

/* @assertion: \b and \B, which are not quantified; @consumes: not a reference, which may be to nothing. */
static int read_escape(struct slo_pattern_parse *p, bool *assertion, bool *consumes)
{
	size_t at = p->at++;
	int c = slo_pattern_peek(p, 0), rc;
	uint32_t cp;

	if (c == 'b' || c == 'B') {
		p->at++;
		*assertion = true;
		slo_pattern_put(p, c == 'b' ? "\\b" : "\\B");
		return 0;
	}
	*consumes = false;
	if (c >= '1' && c <= '9')
		return read_reference(p, at);
	if (c == 'k')
		return read_named_reference(p, at);
	*consumes = true;
	rc = slo_pattern_set(p, false);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = slo_pattern_escape(p, false, &cp);
	if (!rc)
		slo_pattern_put_char(p, cp);
	return rc;
}

static int read_literal(struct slo_pattern_parse *p)
{
	uint32_t cp;
	size_t n = slo_pattern_utf8(slo_str_n(p->src.p + p->at, p->src.len - p->at), &cp);

	if (!n)
		return slo_pattern_fail(p, p->at, "not UTF-8");
	p->at += n;
	slo_pattern_put_char(p, cp);
	return 0;
}

static int read_term(struct slo_pattern_parse *p)
{
	struct slo_pattern_group *g = NULL;
	int c = slo_pattern_peek(p, 0), rc = 0;
	bool assertion = c == '^' || c == '$', consumes = true;
	size_t from = p->out ? p->out->len : 0;

	switch (c) {
	case '^':
	case '$':
		p->at++;
		slo_pattern_put(p, c == '^' ? "\\A" : "\\z");
		break;
	case '(':
		rc = read_group(p, &g);
		assertion = !rc && g->kind >= PATTERN_AHEAD;
		consumes = !rc && !g->empty;
		break;
	case '.':
		p->at++;
		slo_pattern_put(p, "[^\\x{a}\\x{d}\\x{2028}\\x{2029}]");
		break;
	case '[':
		p->at++;
		rc = slo_pattern_class(p);
		break;
	case '\\':
		rc = read_escape(p, &assertion, &consumes);
		break;
	case '*':
	case '+':
	case '?':
	case '{':
		return slo_pattern_fail(p, p->at, "nothing that %c could repeat", c);
	case ']':
	case '}':
		return slo_pattern_fail(p, p->at, "%c without its opening; write \\%c for the character", c, c);
	default:
		rc = read_literal(p);
	}
	return rc || assertion ? rc : read_quantifier(p, g, from, consumes);
}

static int read_alternatives(struct slo_pattern_parse *p)
{
	struct slo_pattern_group *g = &p->group[p->in];

	g->empty = false;
	p->consumed = false;
	for (int c; c = slo_pattern_peek(p, 0), c >= 0 && c != ')';) {
		if (c == '|') {
			p->at++;
			g->branches = true;
			g->empty = g->empty || !p->consumed;
			p->consumed = false;
			slo_pattern_put(p, "|");
		} else {
			int rc = read_term(p);

			if (rc)
				return rc;
		}
	}
	g->empty = g->empty || !p->consumed;
	return 0;
}

static int go_over(struct slo_pattern_parse *p, bool second)
{
	int rc;

	p->at = 0;
	p->depth = 0;
	p->in = 0;
	p->next = 1;
	p->second = second;
	rc = read_alternatives(p);
	if (!rc && p->at < p->src.len)
		rc = slo_pattern_fail(p, p->at, ") without (");
	return rc;
}

int slo_pattern_parse(struct slo_pattern_parse *p, struct slo_str source, struct slo_buf *out, struct slo_err *err)
{
	int rc;

	p->src = source.p ? source : slo_str("");
	p->out = out;
	p->err = err;
	p->referred = false;
	p->groups = 1;
	p->captures = 0;
	p->group[0] = (struct slo_pattern_group){ .kind = PATTERN_ALL };
	if (source.len > PATTERN_SOURCE_MAX - 1)
		return slo_pattern_fail(p, PATTERN_SOURCE_MAX, "longer than %d bytes", PATTERN_SOURCE_MAX - 1);
	rc = go_over(p, false);
	if (!rc)
		rc = go_over(p, true);
	if (rc || !out || !out->err)
		return rc;
	return out->err == -ENOMEM ? -ENOMEM : slo_pattern_fail(p, 0, "its translation is too large");
}
