/* SPDX-License-Identifier: MIT */
#include "jschema/pattern_fast.h"

#include "jschema/pattern_utf8.h"

struct reader {
	struct slo_str s;
	size_t at;
};

static int peek(const struct reader *r)
{
	return r->at < r->s.len ? (unsigned char)r->s.p[r->at] : -1;
}

static void add(struct slo_pattern_fast_item *c, unsigned int first, unsigned int last)
{
	for (unsigned int i = first; i <= last; i++)
		c->ascii[i >> 6] |= 1ULL << (i & 63);
}

static bool has(const struct slo_pattern_fast_item *c, unsigned char b)
{
	return b < 0x80 ? (c->ascii[b >> 6] >> (b & 63)) & 1 : c->others;
}

static void invert(struct slo_pattern_fast_item *c)
{
	c->ascii[0] = ~c->ascii[0];
	c->ascii[1] = ~c->ascii[1];
	c->others = !c->others;
}

/* \d \D \w \W, of which the letter is next; anything else is left to the engine or is a character. */
static bool read_set(struct reader *r, struct slo_pattern_fast_item *c)
{
	struct slo_pattern_fast_item set = { 0 };
	int letter = peek(r);

	if (letter != 'd' && letter != 'D' && letter != 'w' && letter != 'W')
		return false;
	r->at++;
	add(&set, '0', '9');
	if (letter == 'w' || letter == 'W') {
		add(&set, 'A', 'Z');
		add(&set, '_', '_');
		add(&set, 'a', 'z');
	}
	if (letter == 'D' || letter == 'W')
		invert(&set);
	c->ascii[0] |= set.ascii[0];
	c->ascii[1] |= set.ascii[1];
	c->others = c->others || set.others;
	return true;
}

/* The escape of an ASCII character that stands for itself; -1 = not that. */
static int read_escaped(struct reader *r)
{
	int c = peek(r);

	if (c <= 0 || !strchr("^$\\.*+?()[]{}|/-", c))
		return -1;
	r->at++;
	return c;
}

/* A character of a class: -1 for what is not plain ASCII, -2 for a set that was added to @c. */
static int read_member(struct reader *r, struct slo_pattern_fast_item *c)
{
	int b = peek(r);

	if (b < 0 || b >= 0x80)
		return -1;
	r->at++;
	if (b != '\\')
		return b;
	return read_set(r, c) ? -2 : read_escaped(r);
}

static bool read_class(struct reader *r, struct slo_pattern_fast_item *c)
{
	bool negated = peek(r) == '^';

	r->at += negated;
	while (peek(r) != ']') {
		int first = read_member(r, c), last = first;

		if (first == -1)
			return false;
		if (first == -2)
			continue;
		if (peek(r) == '-' && r->at + 1 < r->s.len && r->s.p[r->at + 1] != ']') {
			r->at++;
			last = read_member(r, c);
			if (last < 0)
				return false;
		}
		add(c, (unsigned int)first, (unsigned int)last);
	}
	r->at++;
	if (negated)
		invert(c);
	return true;
}

static uint32_t read_count(struct reader *r)
{
	uint64_t v = 0;

	for (int c; c = peek(r), c >= '0' && c <= '9'; r->at++) {
		v = v * 10 + (uint64_t)(c - '0');
		if (v > UINT32_MAX - 1)
			v = UINT32_MAX - 1;
	}
	return (uint32_t)v;
}

/* Greedy and lazy are the same where the next byte decides. */
static bool read_quantifier(struct reader *r, struct slo_pattern_fast_item *c)
{
	c->min = c->max = 1;
	switch (peek(r)) {
	case '*': c->min = 0; c->max = UINT32_MAX; break;
	case '+': c->max = UINT32_MAX; break;
	case '?': c->min = 0; break;
	case '{':
		r->at++;
		c->min = c->max = read_count(r);
		if (peek(r) == ',') {
			r->at++;
			c->max = peek(r) == '}' ? UINT32_MAX : read_count(r);
		}
		break;
	default:
		return false;
	}
	r->at++;
	r->at += peek(r) == '?';
	return true;
}

static bool put_literal(struct slo_pattern_fast *f, struct slo_str s)
{
	struct slo_pattern_fast_item *last = f->items ? &f->item[f->items - 1] : NULL;

	if (f->text_len + s.len > FAST_TEXT)
		return false;
	if (!last || !last->len) {
		if (f->items == FAST_ITEMS)
			return false;
		last = &f->item[f->items++];
		*last = (struct slo_pattern_fast_item){ .min = 1, .max = 1, .at = (uint16_t)f->text_len };
	}
	memcpy(f->text + f->text_len, s.p, s.len);
	f->text_len += s.len;
	last->len = (uint16_t)(last->len + s.len);
	return true;
}

static bool put_class(struct slo_pattern_fast *f, const struct slo_pattern_fast_item *c)
{
	if (f->items == FAST_ITEMS)
		return false;
	f->item[f->items++] = *c;
	return true;
}

static bool read_literal(struct slo_pattern_fast *f, struct reader *r)
{
	struct slo_pattern_fast_item c = { 0 };
	struct slo_str s = slo_str_n(r->s.p + r->at, r->s.len - r->at);
	uint32_t cp = 0;
	char byte;

	if (peek(r) == '\\') {
		r->at++;
		cp = (uint32_t)read_escaped(r);
		s.len = 1;
	} else {
		s.len = slo_pattern_utf8(s, &cp);
		r->at += s.len;
	}
	if (cp < 0x80) {
		byte = (char)cp;
		s.p = &byte;
		add(&c, cp, cp);
	}
	if (cp == (uint32_t)-1)
		return false;
	if (!read_quantifier(r, &c))
		return put_literal(f, s);
	return cp < 0x80 && put_class(f, &c);
}

static bool read_item(struct slo_pattern_fast *f, struct reader *r)
{
	struct slo_pattern_fast_item c = { 0 };
	int b = peek(r);
	bool set = false;

	if (strchr("^.(|$", b))
		return false;
	if (b == '[') {
		r->at++;
		if (!read_class(r, &c))
			return false;
		set = true;
	} else if (b == '\\') {
		r->at++;
		set = read_set(r, &c);
		r->at -= !set;
	}
	if (!set)
		return read_literal(f, r);
	read_quantifier(r, &c);
	return put_class(f, &c);
}

static bool apart(const struct slo_pattern_fast *f, const struct slo_pattern_fast_item *a,
		  const struct slo_pattern_fast_item *b)
{
	if (b->len)
		return !has(a, (unsigned char)f->text[b->at]);
	return !(a->ascii[0] & b->ascii[0]) && !(a->ascii[1] & b->ascii[1]) && !(a->others && b->others);
}

/* Where @i stops is clear from the next byte: nothing that may follow it begins with what it takes. */
static bool decided(const struct slo_pattern_fast *f, size_t i)
{
	for (size_t k = i + 1; f->item[i].min != f->item[i].max && k < f->items; k++) {
		if (!apart(f, &f->item[i], &f->item[k]))
			return false;
		if (f->item[k].min)
			break;
	}
	return true;
}

static bool one_literal(const struct slo_pattern_fast *f)
{
	return f->items == 0 || (f->items == 1 && f->item[0].len);
}

static void fill_table(struct slo_pattern_fast *f)
{
	memset(f->in, 0, sizeof(f->in));
	for (size_t i = 0; i < f->items; i++) {
		for (unsigned int b = 0; b < 256 && !f->item[i].len; b++) {
			if (has(&f->item[i], (unsigned char)b))
				f->in[b] = (uint16_t)(f->in[b] | 1U << i);
		}
	}
}

bool slo_pattern_fast_compile(struct slo_pattern_fast *f, struct slo_str source)
{
	struct reader r = { source, 0 };
	bool begins = peek(&r) == '^', ends = false;

	f->kind = FAST_NONE;
	f->items = f->text_len = 0;
	r.at += begins;
	while (peek(&r) >= 0 && !ends) {
		if (peek(&r) == '$' && r.at + 1 == source.len)
			ends = true;
		else if (!peek(&r) || !read_item(f, &r))
			return false;
	}
	if (!begins && !one_literal(f))
		return false;
	for (size_t i = 0; i < f->items; i++) {
		if (!decided(f, i))
			return false;
	}
	if (begins)
		f->kind = ends ? FAST_WHOLE : FAST_BEGINS;
	else
		f->kind = ends ? FAST_ENDS : FAST_CONTAINS;
	fill_table(f);
	return true;
}

/* How many bytes of @s, from @at, item @k takes; SIZE_MAX when too few characters are in it. */
static size_t take_class(const struct slo_pattern_fast *f, size_t k, struct slo_str s, size_t at)
{
	const struct slo_pattern_fast_item *c = &f->item[k];
	const unsigned char *p = (const unsigned char *)s.p + at, *end = p + (s.len - at), *from = p;
	unsigned int bit = 1U << k;
	uint32_t n = 0;

	if (!c->others) {
		if (c->max < (size_t)(end - p))
			end = p + c->max;
		while (p < end && (f->in[*p] & bit))
			p++;
		return (size_t)(p - from) < c->min ? SIZE_MAX : (size_t)(p - from);
	}
	for (; n < c->max && p < end && (f->in[*p] & bit); n++) {
		if (*p++ >= 0x80) {
			while (p < end && (*p & 0xc0) == 0x80)
				p++;
		}
	}
	return n < c->min ? SIZE_MAX : (size_t)(p - from);
}

static bool match_items(const struct slo_pattern_fast *f, struct slo_str s)
{
	size_t at = 0;

	for (size_t i = 0; i < f->items; i++) {
		const struct slo_pattern_fast_item *c = &f->item[i];
		size_t n = c->len;

		if (n && (n > s.len - at || memcmp(s.p + at, f->text + c->at, n) != 0))
			return false;
		if (!n)
			n = take_class(f, i, s, at);
		if (n == SIZE_MAX)
			return false;
		at += n;
	}
	return f->kind == FAST_BEGINS || at == s.len;
}

bool slo_pattern_fast_match(const struct slo_pattern_fast *f, struct slo_str s)
{
	size_t n = f->text_len;

	if (f->kind == FAST_BEGINS || f->kind == FAST_WHOLE)
		return match_items(f, s);
	if (n == 0)
		return true;
	if (n > s.len)
		return false;
	if (f->kind == FAST_ENDS)
		return memcmp(s.p + s.len - n, f->text, n) == 0;
	return memmem(s.p, s.len, f->text, n) != NULL;
}
