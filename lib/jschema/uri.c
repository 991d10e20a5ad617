/* SPDX-License-Identifier: MIT */
#include "jschema/uri.h"

#include <errno.h>

static bool is_alpha(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

/* Bytes of "scheme:" at the start, or 0. */
static size_t scheme_len(struct slo_str s)
{
	size_t i = 0;

	if (!s.len || !is_alpha(s.p[0]))
		return 0;
	while (i < s.len && (is_alpha(s.p[i]) || is_digit(s.p[i]) || strchr("+-.", s.p[i])))
		i++;
	return i < s.len && s.p[i] == ':' ? i + 1 : 0;
}

/* What stands behind the first @c; @s loses it and @c. */
static struct slo_str cut_at(struct slo_str *s, char c)
{
	const char *at = s->len ? memchr(s->p, c, s->len) : NULL;
	struct slo_str tail = { NULL, 0 };

	if (at) {
		tail = slo_str_n(at + 1, s->len - (size_t)(at + 1 - s->p));
		s->len = (size_t)(at - s->p);
	}
	return tail;
}

static void skip(struct slo_str *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

void slo_juri_split(struct slo_str text, struct slo_juri *out)
{
	size_t n;

	*out = (struct slo_juri){ .fragment = cut_at(&text, '#') };
	out->query = cut_at(&text, '?');
	n = scheme_len(text);
	if (n) {
		out->scheme = slo_str_n(text.p, n - 1);
		skip(&text, n);
	}
	if (text.len >= 2 && memcmp(text.p, "//", 2) == 0) {
		skip(&text, 2);
		for (n = 0; n < text.len && text.p[n] != '/';)
			n++;
		out->authority = slo_str_n(text.p, n);
		skip(&text, n);
	}
	out->path = slo_str_n(text.p ? text.p : "", text.len);
}

static bool starts(struct slo_str s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && memcmp(s.p, with, n) == 0;
}

/* Drop the last segment of what was added since @from, its '/' included. */
static void drop_segment(struct slo_buf *out, size_t from)
{
	while (out->len > from)
		if (out->data[--out->len] == '/')
			break;
}

/* RFC 3986 section 5.2.4. */
static void remove_dots(struct slo_str in, struct slo_buf *out)
{
	size_t from = out->len, n;

	while (in.len) {
		if (starts(in, "../")) {
			skip(&in, 3);
		} else if (starts(in, "./") || starts(in, "/./")) {
			skip(&in, 2);
		} else if (slo_str_is(in, "/.")) {
			in = slo_str("/");
		} else if (starts(in, "/../") || slo_str_is(in, "/..")) {
			if (in.len == 3)
				in = slo_str("/");
			else
				skip(&in, 3);
			drop_segment(out, from);
		} else if (slo_str_is(in, ".") || slo_str_is(in, "..")) {
			in.len = 0;
		} else {
			for (n = 1; n < in.len && in.p[n] != '/';)
				n++;
			slo_buf_add(out, in.p, n);
			skip(&in, n);
		}
	}
}

/* RFC 3986 section 5.2.3. */
static void merge(const struct slo_juri *base, struct slo_str path, struct slo_buf *out)
{
	size_t n = base->path.len;

	if (base->authority.p && n == 0) {
		slo_buf_addc(out, '/');
	} else {
		while (n && base->path.p[n - 1] != '/')
			n--;
		slo_buf_add(out, base->path.p, n);
	}
	slo_buf_add(out, path.p, path.len);
}

static void recompose(const struct slo_juri *u, struct slo_str path, struct slo_buf *out)
{
	if (u->scheme.p) {
		slo_buf_add(out, u->scheme.p, u->scheme.len);
		slo_buf_addc(out, ':');
	}
	if (u->authority.p) {
		slo_buf_adds(out, "//");
		slo_buf_add(out, u->authority.p, u->authority.len);
	}
	remove_dots(path, out);
	if (u->query.p) {
		slo_buf_addc(out, '?');
		slo_buf_add(out, u->query.p, u->query.len);
	}
	if (u->fragment.p) {
		slo_buf_addc(out, '#');
		slo_buf_add(out, u->fragment.p, u->fragment.len);
	}
}

void slo_juri_resolve(struct slo_str base, struct slo_str ref, struct slo_buf *out)
{
	struct slo_juri b, r;
	struct slo_buf merged;

	slo_juri_split(base, &b);
	slo_juri_split(ref, &r);
	if (r.scheme.p) {
		recompose(&r, r.path, out);
		return;
	}
	r.scheme = b.scheme;
	if (r.authority.p || (r.path.len && r.path.p[0] == '/')) {
		if (!r.authority.p)
			r.authority = b.authority;
		recompose(&r, r.path, out);
		return;
	}
	r.authority = b.authority;
	if (!r.path.len) {
		if (!r.query.p)
			r.query = b.query;
		recompose(&r, b.path, out);
		return;
	}
	slo_buf_init(&merged, out->max);
	merge(&b, r.path, &merged);
	recompose(&r, slo_buf_str(&merged), out);
	if (merged.err && !out->err)
		out->err = merged.err;
	slo_buf_fini(&merged);
}

struct slo_str slo_juri_cut(struct slo_str uri, struct slo_str *fragment)
{
	struct slo_str tail = cut_at(&uri, '#');

	if (fragment)
		*fragment = tail;
	return uri;
}

static int hex(char c)
{
	if (is_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int slo_juri_decode(struct slo_str s, struct slo_buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		int hi, lo;

		if (s.p[i] != '%') {
			slo_buf_addc(out, s.p[i]);
			continue;
		}
		hi = s.len - i > 2 ? hex(s.p[i + 1]) : -1;
		lo = s.len - i > 2 ? hex(s.p[i + 2]) : -1;
		if (hi < 0 || lo < 0 || hi + lo == 0)
			return -EINVAL;
		slo_buf_addc(out, (char)(hi << 4 | lo));
		i += 2;
	}
	return 0;
}

int slo_jpointer_next(struct slo_str *rest, struct slo_buf *token)
{
	if (!rest->len)
		return 0;
	if (rest->p[0] != '/')
		return -EINVAL;
	skip(rest, 1);
	while (rest->len && rest->p[0] != '/') {
		char c = rest->p[0];

		if (c == '~') {
			if (rest->len < 2 || (rest->p[1] != '0' && rest->p[1] != '1'))
				return -EINVAL;
			c = rest->p[1] == '0' ? '~' : '/';
			skip(rest, 1);
		}
		slo_buf_addc(token, c);
		skip(rest, 1);
	}
	return 1;
}

void slo_jpointer_add(struct slo_buf *out, struct slo_str token)
{
	slo_buf_addc(out, '/');
	for (size_t i = 0; i < token.len; i++) {
		if (token.p[i] == '~')
			slo_buf_adds(out, "~0");
		else if (token.p[i] == '/')
			slo_buf_adds(out, "~1");
		else
			slo_buf_addc(out, token.p[i]);
	}
}
