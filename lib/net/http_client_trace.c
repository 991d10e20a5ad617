/* SPDX-License-Identifier: MIT */
#include "net/http_client_trace.h"

#include "base/num.h"
#include "base/time.h"
#include "net/http_client.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

enum { COLUMNS_MAX = 64, STAMP_MAX = 64 };
enum field { FIELD_TIME, FIELD_INPUT, FIELD_OUTPUT, FIELD__COUNT };
enum stamp { STAMP_UNKNOWN, STAMP_SECONDS, STAMP_DATE };

static const char *const field_names[FIELD__COUNT] = { "timestamp", "input_tokens", "output_tokens" };

static const struct {
	const char *name;
	enum field field;
} columns[] = {
	{ "timestamp", FIELD_TIME },       { "input_tokens", FIELD_INPUT },    { "contexttokens", FIELD_INPUT },
	{ "input_length", FIELD_INPUT },   { "output_tokens", FIELD_OUTPUT },  { "generatedtokens", FIELD_OUTPUT },
	{ "output_length", FIELD_OUTPUT },
};

struct parser {
	const char *name;
	struct slo_err *err;
	struct slo_str rest;
	size_t line;
	int column[FIELD__COUNT]; /* which of the line; -1 = not named */
	enum stamp stamp;
	int64_t first_ns;
	size_t cap;
	struct slo_trace t;
};

static int refuse(struct parser *p, enum field f, int ret, const char *why)
{
	slo_err_set(p->err, ret, "%s", why);
	slo_err_at(p->err, "%s:%zu: %s", p->name, p->line, field_names[f]);
	return ret;
}

static struct slo_str trim(struct slo_str s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t' || s.p[s.len - 1] == '\r'))
		s.len--;
	if (s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"') {
		s.p++;
		s.len -= 2;
	}
	return s;
}

/* What comes before the next @c, which is passed over. */
static struct slo_str cut(struct slo_str *rest, char c)
{
	const char *at = rest->len ? memchr(rest->p, c, rest->len) : NULL;
	struct slo_str head = { rest->p, at ? (size_t)(at - rest->p) : rest->len };
	size_t used = head.len + (at != NULL);

	rest->p += used;
	rest->len -= used;
	return head;
}

static bool next_line(struct parser *p, struct slo_str *line)
{
	while (p->rest.len) {
		*line = trim(cut(&p->rest, '\n'));
		p->line++;
		if (line->len)
			return true;
	}
	return false;
}

static void take_column(struct parser *p, struct slo_str name, int i)
{
	for (size_t k = 0; k < SLO_ARRAY_LEN(columns); k++)
		if (name.len == strlen(columns[k].name) && strncasecmp(name.p, columns[k].name, name.len) == 0 &&
		    p->column[columns[k].field] < 0)
			p->column[columns[k].field] = i;
}

static int take_header(struct parser *p)
{
	struct slo_str line;

	if (p->rest.len >= 3 && memcmp(p->rest.p, "\xef\xbb\xbf", 3) == 0) {
		p->rest.p += 3;
		p->rest.len -= 3;
	}
	if (!next_line(p, &line)) {
		p->line = 1;
		return refuse(p, FIELD_TIME, -EINVAL, "an empty trace");
	}
	for (int i = 0; line.len && i < COLUMNS_MAX; i++)
		take_column(p, trim(cut(&line, ',')), i);
	for (int f = 0; f < FIELD__COUNT; f++)
		if (p->column[f] < 0)
			return refuse(p, (enum field)f, -EINVAL, "no such column in the header");
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "2023-11-16 18:17:03.97" is made RFC 3339. */
static int parse_date(struct slo_str s, int64_t *ns)
{
	char text[STAMP_MAX + 2];
	size_t n = s.len;

	if (n < sizeof("2023-11-16 18:17:03") - 1 || n > STAMP_MAX)
		return -EINVAL;
	memcpy(text, s.p, n);
	if (text[10] == ' ')
		text[10] = 'T';
	/* Without a zone the fraction or the seconds come last, and no sign follows the date. */
	if (is_digit(text[n - 1]) && !memchr(text + 10, '+', n - 10) && !memchr(text + 10, '-', n - 10))
		text[n++] = 'Z';
	return slo_parse_rfc3339(slo_str_n(text, n), ns);
}

static int parse_seconds(struct slo_str s, int64_t *ns)
{
	double v;
	int ret = slo_parse_f64(s, &v);

	if (ret)
		return ret;
	if (!(v >= -9e9 && v <= 9e9))
		return -ERANGE;
	*ns = (int64_t)(v * (double)SLO_NS_PER_S);
	return 0;
}

static int take_time(struct parser *p, struct slo_str s, int64_t *at_ns)
{
	int64_t ns;
	int ret;

	if (p->stamp == STAMP_UNKNOWN)
		p->stamp = parse_seconds(s, &ns) == 0 ? STAMP_SECONDS : STAMP_DATE;
	ret = p->stamp == STAMP_SECONDS ? parse_seconds(s, &ns) : parse_date(s, &ns);
	if (ret)
		return refuse(p, FIELD_TIME, -EINVAL,
			      p->stamp == STAMP_SECONDS ? "want seconds" : "want seconds, or a date and time");
	if (p->t.n == 0)
		p->first_ns = ns;
	if (__builtin_sub_overflow(ns, p->first_ns, at_ns))
		return refuse(p, FIELD_TIME, -EINVAL, "too far from the first row");
	if (*at_ns < (p->t.n ? p->t.rows[p->t.n - 1].at_ns : 0))
		return refuse(p, FIELD_TIME, -EINVAL, "before the row above it");
	return 0;
}

static int take_count(struct parser *p, enum field f, struct slo_str s, int32_t max, int32_t *out)
{
	int64_t v;

	if (slo_parse_i64(s, &v) || v < 1 || v > max)
		return refuse(p, f, -EINVAL,
			      f == FIELD_INPUT ? "want an integer, 1 to 65536" : "want an integer, 1 to 1000000");
	*out = (int32_t)v;
	return 0;
}

static int room(struct parser *p)
{
	struct slo_trace_row *rows;

	if (p->t.n < p->cap)
		return 0;
	if (p->t.n >= SLO_TRACE_ROWS_MAX)
		return refuse(p, FIELD_TIME, -E2BIG, "more than 1000000 rows");
	p->cap = p->cap ? 2 * p->cap : 1024;
	rows = realloc(p->t.rows, p->cap * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	p->t.rows = rows;
	return 0;
}

static int take_row(struct parser *p, struct slo_str line)
{
	struct slo_str value[FIELD__COUNT] = { SLO_STR(""), SLO_STR(""),
					       SLO_STR("") }; /* what a short row leaves out */
	struct slo_trace_row row;
	int ret;

	for (int i = 0; line.len && i < COLUMNS_MAX; i++) {
		struct slo_str s = trim(cut(&line, ','));

		for (int f = 0; f < FIELD__COUNT; f++)
			if (p->column[f] == i)
				value[f] = s;
	}
	ret = room(p);
	if (!ret)
		ret = take_time(p, value[FIELD_TIME], &row.at_ns);
	if (!ret)
		ret = take_count(p, FIELD_INPUT, value[FIELD_INPUT], SLO_CLIENT_PROMPT_MAX, &row.prompt_tokens);
	if (!ret)
		ret = take_count(p, FIELD_OUTPUT, value[FIELD_OUTPUT], SLO_TRACE_OUTPUT_MAX, &row.max_tokens);
	if (!ret)
		p->t.rows[p->t.n++] = row;
	return ret;
}

int slo_trace_parse(struct slo_str text, const char *name, struct slo_trace *out, struct slo_err *err)
{
	struct parser p = { .name = name, .err = err, .rest = text, .column = { -1, -1, -1 } };
	struct slo_str line;
	int ret = take_header(&p);

	while (!ret && next_line(&p, &line))
		ret = take_row(&p, line);
	if (!ret && p.t.n == 0)
		ret = refuse(&p, FIELD_TIME, -EINVAL, "no rows");
	if (ret)
		slo_trace_fini(&p.t);
	else
		*out = p.t;
	return ret;
}

void slo_trace_fini(struct slo_trace *t)
{
	free(t->rows);
	*t = (struct slo_trace){ NULL, 0 };
}
