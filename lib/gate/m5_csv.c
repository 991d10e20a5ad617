/* SPDX-License-Identifier: MIT */
#include "gate/m5_csv.h"

#include "base/num.h"

#include <errno.h>
#include <math.h>

enum { FIELD_MAX = 1024 };

static int refuse(struct slo_err *err, const char *where, const char *what)
{
	slo_err_set(err, -EINVAL, "%s", what);
	if (where)
		slo_err_at(err, "%s", where);
	return -EINVAL;
}

static int quoted_field(struct slo_str *rest, char *to, size_t *len)
{
	size_t i = 1;

	for (*len = 0; i < rest->len; i++) {
		if (rest->p[i] == '"' && (i + 1 >= rest->len || rest->p[i + 1] != '"'))
			break;
		i += rest->p[i] == '"';
		if (*len >= FIELD_MAX)
			return -EMSGSIZE;
		to[(*len)++] = rest->p[i];
	}
	if (i >= rest->len || (i + 1 < rest->len && rest->p[i + 1] != ','))
		return -EINVAL;
	*rest = slo_str_n(rest->p + i + 1, rest->len - i - 1);
	return 0;
}

static int plain_field(struct slo_str *rest, char *to, size_t *len)
{
	size_t i = 0;

	for (*len = 0; i < rest->len && rest->p[i] != ','; i++) {
		if (rest->p[i] == '"')
			return -EINVAL;
		if (*len >= FIELD_MAX)
			return -EMSGSIZE;
		to[(*len)++] = rest->p[i];
	}
	*rest = slo_str_n(rest->p + i, rest->len - i);
	return 0;
}

/* The next field into @to; @rest moves on to the comma after it. */
static int next_field(struct slo_str *rest, char *to, struct slo_str *field, struct slo_err *err)
{
	size_t len;
	int r = rest->len && rest->p[0] == '"' ? quoted_field(rest, to, &len) : plain_field(rest, to, &len);

	if (r)
		return refuse(err, NULL, r == -EMSGSIZE ? "a field is too long" : "misplaced quotes");
	*field = slo_str_n(to, len);
	return 0;
}

/* Past the comma. Return: false at the end of the line. */
static bool step(struct slo_str *rest)
{
	if (!rest->len)
		return false;
	*rest = slo_str_n(rest->p + 1, rest->len - 1);
	return true;
}

static int note_column(struct slo_str name, struct slo_m5_columns *c, struct slo_err *err)
{
	const struct {
		const char *name;
		int *at;
	} known[] = { { "node", &c->node },
		      { "collector_cpu_pct", &c->own },
		      { "bpf_cpu_pct", &c->bpf },
		      { "node_cpu_pct", &c->total } };

	for (size_t i = 0; i < SLO_ARRAY_LEN(known); i++)
		if (slo_str_is(name, known[i].name)) {
			if (*known[i].at >= 0)
				return refuse(err, known[i].name, "the column is there twice");
			*known[i].at = c->count;
		}
	c->count++;
	return 0;
}

int slo_m5_csv_head(struct slo_str line, bool need_own, struct slo_m5_columns *out, struct slo_err *err)
{
	struct slo_m5_columns c = { -1, -1, -1, -1, 0 };
	char text[FIELD_MAX];
	struct slo_str name;
	int r;

	if (line.len >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
		line = slo_str_n(line.p + 3, line.len - 3);
	do {
		if (c.count == SLO_M5_COLUMNS_MAX)
			return refuse(err, NULL, "too many columns");
		r = next_field(&line, text, &name, err);
		if (!r)
			r = note_column(name, &c, err);
	} while (!r && step(&line));
	if (!r && c.own < 0 && (need_own || c.total < 0))
		return refuse(err, "collector_cpu_pct", "no such column");
	if (!r)
		*out = c;
	return r;
}

static int number(struct slo_str s, const char *column, double *out, struct slo_err *err)
{
	double v;

	if (slo_parse_f64(s, &v) || !isfinite(v))
		return refuse(err, column, "want a number");
	if (v < 0)
		return refuse(err, column, "must not be negative");
	*out = v;
	return 0;
}

static int keep(int at, struct slo_str s, const struct slo_m5_columns *c, struct slo_m5_csv_row *out,
		struct slo_err *err)
{
	if (at == c->own)
		return number(s, "collector_cpu_pct", &out->own, err);
	if (at == c->bpf)
		return number(s, "bpf_cpu_pct", &out->bpf, err);
	if (at == c->total)
		return number(s, "node_cpu_pct", &out->total, err);
	if (at == c->node && memchr(s.p, '\0', s.len))
		return refuse(err, "node", "holds a NUL");
	if (at == c->node && s.len && !slo_str_copy(out->node, sizeof(out->node), s))
		return refuse(err, "node", "the name is too long");
	return 0;
}

int slo_m5_csv_row(struct slo_str line, const struct slo_m5_columns *c, struct slo_m5_csv_row *out, struct slo_err *err)
{
	char text[FIELD_MAX];
	struct slo_str field;
	int at = 0, r;

	*out = (struct slo_m5_csv_row){ .node = "unknown", .own = NAN, .bpf = NAN, .total = NAN };
	do {
		r = next_field(&line, text, &field, err);
		if (!r && at >= c->count)
			r = refuse(err, NULL, "more fields than the head names");
		if (!r)
			r = keep(at++, field, c, out, err);
	} while (!r && step(&line));
	if (!r && at < c->count)
		r = refuse(err, NULL, "fewer fields than the head names");
	return r;
}
