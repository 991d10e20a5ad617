/* SPDX-License-Identifier: MIT */
/* Messages of the decoder. */
#include "base/num.h"
#include "rec/decode.h"

#include <stdio.h>

/* Texts from outside are shown up to this length. */
static struct slo_str excerpt(struct slo_str s)
{
	enum { SHOWN = 60 };

	if (s.len > SHOWN) {
		s.len = SHOWN;
		while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	return s;
}

static const char *type_of(char c)
{
	switch (c) {
	case '"':
		return "a string";
	case '{':
		return "an object";
	case '[':
		return "an array";
	case 't':
	case 'f':
		return "a boolean";
	case 'n':
		return "null";
	default:
		return c == '-' || (c >= '0' && c <= '9') ? "a number" : NULL;
	}
}

int slo_dec_mismatch(struct decoder *d, const char *want)
{
	const char *found = type_of(slo_lex_peek(d->lex));

	if (!found) {
		bool early = d->lex->p == d->lex->end;

		return slo_lex_refuse(d->lex, d->lex->p, early ? "the text ends too early" : "want a value");
	}
	return slo_err_set(d->err, -EINVAL, "want %s, found %s", want, found);
}

int slo_dec_mismatch_text(struct decoder *d, const char *want, struct slo_str found)
{
	found = excerpt(found);
	return slo_err_set(d->err, -EINVAL, "want %s, found %.*s", want, SLO_STR_ARG(found));
}

int slo_dec_refuse(struct decoder *d, struct slo_str found, const char *why)
{
	found = excerpt(found);
	return slo_err_set(d->err, -EINVAL, "%.*s %s", SLO_STR_ARG(found), why);
}

int slo_dec_out_of_range(struct decoder *d, const struct slo_rec_field *f, struct slo_str found)
{
	char lo[SLO_NUM_MAX], hi[SLO_NUM_MAX];
	int lo_len = (int)slo_fmt_f64(lo, f->lo), hi_len = (int)slo_fmt_f64(hi, f->hi);

	found = excerpt(found);
	return slo_err_set(d->err, -EINVAL, "want %.*s to %.*s, found %.*s", lo_len, lo, hi_len, hi,
			   SLO_STR_ARG(found));
}

int slo_dec_does_not_fit(struct decoder *d, struct slo_str found, int64_t lo, int64_t hi)
{
	found = excerpt(found);
	return slo_err_set(d->err, -EINVAL, "want %lld to %lld, found %.*s", (long long)lo, (long long)hi,
			   SLO_STR_ARG(found));
}

int slo_dec_not_in(struct decoder *d, const struct slo_enum *e, struct slo_str found)
{
	char names[200];
	size_t at = 0;

	if (!d->err)
		return -EINVAL;
	names[0] = '\0';
	for (int i = 0; i < e->count && at < sizeof(names) - 1; i++) {
		int n = snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "", e->names[i]);

		at += n > 0 ? (size_t)n : 0;
	}
	found = excerpt(found);
	return slo_err_set(d->err, -EINVAL, "want one of %s%s; found %.*s", names, at >= sizeof(names) ? "..." : "",
			   SLO_STR_ARG(found));
}

/* @step is an inner piece of the path already there when that starts with '['. */
static void put_in_front(struct slo_err *err, const char *step)
{
	char old[sizeof(err->where)];
	const char *dot = err->where[0] && err->where[0] != '[' ? "." : "";

	memcpy(old, err->where, sizeof(old));
	/* Too deep a path loses its innermost end. */
	(void)!snprintf(err->where, sizeof(err->where), "%s%s%.90s", step, dot, old);
}

int slo_dec_at_member(struct decoder *d, int r, struct slo_str key)
{
	char step[64];

	if (d->err) {
		key = excerpt(key);
		(void)!snprintf(step, sizeof(step), "%.*s", SLO_STR_ARG(key));
		put_in_front(d->err, step);
	}
	return r;
}

int slo_dec_inside(struct decoder *d, int r, uint32_t index)
{
	char step[16];

	if (d->err) {
		snprintf(step, sizeof(step), "[%u]", (unsigned int)index);
		put_in_front(d->err, step);
	}
	return r;
}
