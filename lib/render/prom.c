/* SPDX-License-Identifier: MIT */
#include "render/prom.h"

#include "base/num.h"
#include "render/text.h"

#include <inttypes.h>
#include <math.h>

static const char *const types[] = {
	[SLO_PROM_COUNTER] = "counter",
	[SLO_PROM_GAUGE] = "gauge",
	[SLO_PROM_HISTOGRAM] = "histogram",
};

/* In a label a quote ends the value; in help text it is a character like any other. */
static void add_escaped(struct slo_buf *out, struct slo_str s, bool quoted)
{
	while (s.len) {
		int32_t cp;
		size_t n = slo_utf8_next(s, &cp);

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

/* "name_suffix{labels,le="…"} ": everything of a line but its value. @le NULL = no such label. */
static void begin_line(const struct slo_prom *p, const char *suffix, const struct slo_prom_label *labels,
		       const double *le)
{
	char before = '{';

	slo_buf_adds(p->out, p->family);
	slo_buf_adds(p->out, suffix);
	for (; labels && labels->name; labels++, before = ',')
		add_label(p->out, before, labels->name, labels->value);
	if (le) {
		slo_buf_addc(p->out, before);
		slo_buf_adds(p->out, "le=\"");
		add_number(p->out, *le);
		slo_buf_addc(p->out, '"');
		before = ',';
	}
	slo_buf_adds(p->out, before == ',' ? "} " : " ");
}

static void add_count(const struct slo_prom *p, uint64_t n)
{
	slo_buf_addf(p->out, "%" PRIu64 "\n", n);
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
	begin_line(p, "", labels, NULL);
	add_number(p->out, value);
	slo_buf_addc(p->out, '\n');
}

void slo_prom_histogram(struct slo_prom *p, const struct slo_prom_label *labels, const double *bounds,
			const uint64_t *cumulative, int n, double sum, uint64_t count)
{
	static const double inf = INFINITY;

	for (int i = 0; i < n; i++) {
		begin_line(p, "_bucket", labels, &bounds[i]);
		add_count(p, cumulative[i]);
	}
	begin_line(p, "_bucket", labels, &inf);
	add_count(p, count);
	begin_line(p, "_sum", labels, NULL);
	add_number(p->out, sum);
	slo_buf_addc(p->out, '\n');
	begin_line(p, "_count", labels, NULL);
	add_count(p, count);
}
