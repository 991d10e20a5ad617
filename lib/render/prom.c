/* SPDX-License-Identifier: MIT */
#include "render/prom.h"

#include "base/num.h"
#include "render/text.h"

#include <math.h>

static const char *const types[] = {
	[SLO_PROM_COUNTER] = "counter",
	[SLO_PROM_GAUGE] = "gauge",
	[SLO_PROM_HISTOGRAM] = "histogram",
};

/* Bytes at the start of @s that are written as they are, which is nearly always all of them. */
static size_t plain(struct slo_str s)
{
	size_t n = 0;

	while (n < s.len && (unsigned char)(s.p[n] - ' ') < 0x60 && s.p[n] != '\\' && s.p[n] != '"')
		n++;
	return n;
}

/* In a label a quote ends the value; in help text it is a character like any other. */
static void add_escaped(struct slo_buf *out, struct slo_str s, bool quoted)
{
	while (s.len) {
		int32_t cp;
		size_t n = plain(s);

		slo_buf_add(out, s.p, n);
		s = slo_str_n(s.p + n, s.len - n);
		n = slo_utf8_next(s, &cp);
		if (n == 0)
			return;
		if (cp == '\n')
			slo_buf_adds(out, "\\n");
		else if (cp == '\\' || (cp == '"' && quoted))
			slo_buf_addf(out, "\\%c", (char)cp);
		else if (cp <= 0) /* not UTF-8, or a NUL, at which Prometheus' own parser stops */
			slo_utf8_put(out, 0xfffd);
		else
			slo_buf_add(out, s.p, n);
		s = slo_str_n(s.p + n, s.len - n);
	}
}

static void add_number(struct slo_buf *out, double v)
{
	char text[SLO_NUM_MAX];

	if (isnan(v))
		slo_buf_adds(out, "NaN");
	else if (isinf(v))
		slo_buf_adds(out, v > 0 ? "+Inf" : "-Inf");
	else
		slo_buf_add(out, text, slo_fmt_f64(text, v));
}

static void add_label(struct slo_buf *out, char before, const char *name, struct slo_str value)
{
	slo_buf_addc(out, before);
	slo_buf_adds(out, name);
	slo_buf_adds(out, "=\"");
	add_escaped(out, value, true);
	slo_buf_addc(out, '"');
}

/* "{a="…",b="…" without its end; nothing where there are no labels. */
static void add_labels(struct slo_buf *out, const struct slo_prom_label *labels)
{
	for (char before = '{'; labels && labels->name; labels++, before = ',')
		add_label(out, before, labels->name, labels->value);
}

static void add_count(const struct slo_prom *p, uint64_t n)
{
	char text[24];
	size_t at = sizeof(text);

	text[--at] = '\n';
	do
		text[--at] = (char)('0' + n % 10);
	while (n /= 10);
	slo_buf_add(p->out, text + at, sizeof(text) - at);
}

void slo_prom_family(struct slo_prom *p, const char *name, enum slo_prom_type type, const char *help)
{
	p->family = name;
	p->type = type;
	slo_buf_addf(p->out, "# HELP %s ", name);
	add_escaped(p->out, slo_str(help), false);
	slo_buf_addf(p->out, "\n# TYPE %s %s\n", name, types[type]);
}

void slo_prom_sample(struct slo_prom *p, const struct slo_prom_label *labels, double value)
{
	slo_buf_adds(p->out, p->family);
	add_labels(p->out, labels);
	slo_buf_adds(p->out, labels && labels->name ? "} " : " ");
	add_number(p->out, value);
	slo_buf_addc(p->out, '\n');
}

/* The labels of a histogram are the same on each of its lines: those of the first one are copied. */
struct copied {
	size_t at, len; /* in the buffer; the "{" included */
};

static void begin_copy(const struct slo_prom *p, const char *suffix, const struct copied *c)
{
	char *to;

	slo_buf_adds(p->out, p->family);
	slo_buf_adds(p->out, suffix);
	to = slo_buf_room(p->out, c->len);
	if (!to || c->len == 0)
		return;
	memcpy(to, p->out->data + c->at, c->len);
	p->out->len += c->len;
}

static void add_bucket(const struct slo_prom *p, const struct copied *c, double bound, uint64_t n)
{
	slo_buf_adds(p->out, c->len ? ",le=\"" : "{le=\"");
	add_number(p->out, bound);
	slo_buf_adds(p->out, "\"} ");
	add_count(p, n);
}

void slo_prom_histogram(struct slo_prom *p, const struct slo_prom_label *labels, const double *bounds,
			const uint64_t *cumulative, int n, double sum, uint64_t count)
{
	struct copied c;

	slo_buf_adds(p->out, p->family);
	slo_buf_adds(p->out, "_bucket");
	c.at = p->out->len;
	add_labels(p->out, labels);
	c.len = p->out->len - c.at;
	for (int i = 0; i < n; i++) {
		add_bucket(p, &c, bounds[i], cumulative[i]);
		begin_copy(p, "_bucket", &c);
	}
	add_bucket(p, &c, INFINITY, count);
	begin_copy(p, "_sum", &c);
	slo_buf_adds(p->out, c.len ? "} " : " ");
	add_number(p->out, sum);
	slo_buf_addc(p->out, '\n');
	begin_copy(p, "_count", &c);
	slo_buf_adds(p->out, c.len ? "} " : " ");
	add_count(p, count);
}
