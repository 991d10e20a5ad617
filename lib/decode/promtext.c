/* SPDX-License-Identifier: MIT */
#include "decode/promtext.h"

#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <strings.h>

void slo_promtext_init(struct slo_promtext *p, struct slo_str text)
{
	*p = (struct slo_promtext){ .rest = text };
}

static void skip(struct slo_str *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

static void skip_blanks(struct slo_str *s)
{
	while (s->len && (s->p[0] == ' ' || s->p[0] == '\t'))
		skip(s, 1);
}

/* [a-zA-Z_:][a-zA-Z0-9_:]*; labels have no colons, but nobody is hurt by one. */
static bool take_name(struct slo_str *s, struct slo_str *out)
{
	size_t n = 0;

	while (n < s->len && (isalnum((unsigned char)s->p[n]) || s->p[n] == '_' || s->p[n] == ':'))
		n++;
	*out = slo_str_n(s->p, n);
	if (n == 0 || isdigit((unsigned char)s->p[0]))
		return false;
	skip(s, n);
	return true;
}

static bool take_char(struct slo_str *s, char c)
{
	skip_blanks(s);
	if (!s->len || s->p[0] != c)
		return false;
	skip(s, 1);
	skip_blanks(s);
	return true;
}

/* What stands between quotes; a backslash takes the next byte with it. */
static bool take_quoted(struct slo_str *s, struct slo_str *out)
{
	size_t n = 1;

	if (!s->len || s->p[0] != '"')
		return false;
	while (n < s->len && s->p[n] != '"')
		n += s->p[n] == '\\' ? 2 : 1;
	if (n >= s->len)
		return false;
	*out = slo_str_n(s->p + 1, n - 1);
	skip(s, n + 1);
	return true;
}

static bool take_labels(struct slo_str *s, struct slo_promtext_sample *out)
{
	out->labels_count = 0;
	if (!take_char(s, '{'))
		return true;
	while (!take_char(s, '}')) {
		struct slo_promtext_label *l = &out->labels[out->labels_count];

		if (out->labels_count == SLO_PROMTEXT_LABELS || !take_name(s, &l->name) || !take_char(s, '=') ||
		    !take_quoted(s, &l->value))
			return false;
		out->labels_count++;
		if (!take_char(s, ',') && (!s->len || s->p[0] != '}'))
			return false;
	}
	return true;
}

int slo_promtext_number(struct slo_str s, double *out)
{
	double sign = 1;

	if (s.len && (s.p[0] == '+' || s.p[0] == '-')) {
		sign = s.p[0] == '-' ? -1 : 1;
		skip(&s, 1);
	}
	if (s.len == 3 && (strncasecmp(s.p, "inf", 3) == 0 || strncasecmp(s.p, "nan", 3) == 0)) {
		*out = (s.p[0] | 32) == 'i' ? sign * (double)INFINITY : (double)NAN;
		return 0;
	}
	if (!s.len || s.p[0] == '-' || slo_parse_f64(s, out))
		return -EINVAL;
	*out *= sign;
	return 0;
}

static bool take_sample(struct slo_str line, struct slo_promtext_sample *out)
{
	size_t n = 0;

	if (!take_name(&line, &out->name) || !take_labels(&line, out))
		return false;
	skip_blanks(&line);
	while (n < line.len && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	return slo_promtext_number(slo_str_n(line.p, n), &out->value) == 0;
}

static struct slo_str take_line(struct slo_str *rest)
{
	const char *end = memchr(rest->p, '\n', rest->len);
	struct slo_str line = slo_str_n(rest->p, end ? (size_t)(end - rest->p) : rest->len);

	skip(rest, end ? line.len + 1 : line.len);
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	skip_blanks(&line);
	return line;
}

bool slo_promtext_next(struct slo_promtext *p, struct slo_promtext_sample *out)
{
	while (p->rest.len) {
		struct slo_str line = take_line(&p->rest);

		if (!line.len || line.p[0] == '#')
			continue;
		if (line.len <= SLO_PROMTEXT_LINE_MAX && take_sample(line, out)) {
			p->samples++;
			return true;
		}
		p->bad++;
	}
	return false;
}

struct slo_str slo_promtext_label(const struct slo_promtext_sample *s, const char *name)
{
	for (uint32_t i = 0; i < s->labels_count; i++)
		if (slo_str_is(s->labels[i].name, name))
			return s->labels[i].value;
	return slo_str(NULL);
}
