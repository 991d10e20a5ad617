/* SPDX-License-Identifier: MIT */
#include "render/bar.h"

#include "base/time.h"
#include "render/text.h"

#include <math.h>

enum { UNIT_COLUMNS = 16 }; /* of a unit nobody knows */

/* U+2588 FULL BLOCK minus k is a block of (8 - k) eighths from the left. */
static const char *const eighths[8] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
static const char *const heights[8] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char ascii_heights[] = "_.,-=+*#";

/* @share of @steps, but never 0 for something and never all for less than all. */
static int filled(double share, int steps)
{
	int n;

	if (!(share > 0))
		return 0;
	if (share >= 1)
		return steps;
	n = (int)lround(share * steps);
	if (n < 1)
		n = 1;
	return n >= steps && steps > 1 ? steps - 1 : n;
}

void slo_bar_add(struct slo_buf *out, double share, int width, const struct slo_term *t)
{
	int per = t->utf8 ? 8 : 1, n = filled(share, width * per), full = n / per, column = 0;

	for (; column < full; column++)
		slo_buf_adds(out, t->utf8 ? "█" : "#");
	if (n % per) {
		slo_buf_adds(out, eighths[n % per]);
		column++;
	}
	for (; column < width; column++)
		slo_buf_adds(out, t->utf8 ? "·" : ".");
}

void slo_spark_add(struct slo_buf *out, const double *values, size_t n, const struct slo_term *t)
{
	double lo = (double)INFINITY, hi = -(double)INFINITY;

	for (size_t i = 0; i < n; i++) {
		if (isfinite(values[i])) {
			lo = fmin(lo, values[i]);
			hi = fmax(hi, values[i]);
		}
	}
	for (size_t i = 0; i < n; i++) {
		int h = 0;

		if (!isfinite(values[i])) {
			slo_buf_addc(out, ' ');
			continue;
		}
		/* halves, so that the distance of two extremes does not overflow */
		if (hi > lo)
			h = (int)lround((values[i] / 2 - lo / 2) / (hi / 2 - lo / 2) * 7);
		if (t->utf8)
			slo_buf_adds(out, heights[h]);
		else
			slo_buf_addc(out, ascii_heights[h]);
	}
}

/* Three significant digits, without an exponent where a person would not write one. */
static void add_number(struct slo_buf *out, double v)
{
	double a = fabs(v);

	if (v == 0)
		slo_buf_addc(out, '0');
	else if (a >= 1e6 || a < 1e-3)
		slo_buf_addf(out, "%.2e", v);
	else
		slo_buf_addf(out, a < 999.5 ? "%.3g" : "%.0f", v);
}

struct step {
	double from;      /* used for values of at least this, in the base unit */
	double divide;
	const char *unit; /* with its leading blank */
	const char *ascii;
};

static const struct step ms_steps[] = {
	{ 119950, 60000, " min", " min" },
	{ 999.5, 1000, " s", " s" },
	{ 0.9995, 1, " ms", " ms" },
	{ 0, 0.001, " µs", " us" },
};
static const struct step byte_steps[] = {
	{ 1073741824.0, 1073741824.0, " GiB", " GiB" },
	{ 1048576.0, 1048576.0, " MiB", " MiB" },
	{ 1024, 1024, " KiB", " KiB" },
	{ 0, 1, " B", " B" },
};
static const struct step pct_steps[] = { { 0, 1, " %", " %" } };
static const struct step ratio_steps[] = { { 0, 0.01, " %", " %" } };
static const struct step tps_steps[] = { { 0, 1, " tok/s", " tok/s" } };
static const struct step count_steps[] = { { 0, 1, "", "" } };

static const struct {
	const char *unit;
	const struct step *steps;
	size_t n;
} units[] = {
	{ "ms", ms_steps, SLO_ARRAY_LEN(ms_steps) },
	{ "bytes", byte_steps, SLO_ARRAY_LEN(byte_steps) },
	{ "pct", pct_steps, SLO_ARRAY_LEN(pct_steps) },
	{ "ratio", ratio_steps, SLO_ARRAY_LEN(ratio_steps) },
	{ "tps", tps_steps, SLO_ARRAY_LEN(tps_steps) },
	{ "count", count_steps, SLO_ARRAY_LEN(count_steps) },
	{ "", count_steps, SLO_ARRAY_LEN(count_steps) },
};

static void add_stepped(struct slo_buf *out, double v, const struct step *s, size_t n, const struct slo_term *t)
{
	/* Zero has no size: it is 0 of the unit that was given. */
	while (n > 1 && (v == 0 ? s->divide != 1 : fabs(v) < s->from)) {
		s++;
		n--;
	}
	add_number(out, v / s->divide);
	slo_buf_adds(out, t->utf8 ? s->unit : s->ascii);
}

void slo_quantity_add(struct slo_buf *out, double v, struct slo_str unit, const struct slo_term *t)
{
	if (!isfinite(v)) {
		slo_buf_adds(out, "n/a");
		return;
	}
	for (size_t i = 0; i < SLO_ARRAY_LEN(units); i++) {
		if (slo_str_is(unit, units[i].unit)) {
			add_stepped(out, v, units[i].steps, units[i].n, t);
			return;
		}
	}
	add_number(out, v);
	slo_buf_addc(out, ' ');
	slo_text_add(out, unit, UNIT_COLUMNS, t);
}

void slo_percent_add(struct slo_buf *out, double share)
{
	double pct = share * 100;

	if (!isfinite(pct))
		slo_buf_adds(out, "n/a");
	else if (pct > 0 && pct < 1)
		slo_buf_adds(out, "<1 %");
	else if (pct > 99 && pct < 100)
		slo_buf_adds(out, ">99 %");
	else
		slo_buf_addf(out, "%.0f %%", pct);
}

void slo_span_add(struct slo_buf *out, int64_t ns)
{
	static const struct {
		int64_t s;
		const char *unit, *rest_unit;
		int64_t rest_s;
	} steps[] = {
		{ 86400, "d", "h", 3600 },
		{ 3600, "h", "min", 60 },
		{ 60, "min", "s", 1 },
	};
	int64_t s = ns > 0 ? ns / SLO_NS_PER_S : 0;

	for (size_t i = 0; i < SLO_ARRAY_LEN(steps); i++) {
		int64_t rest = s % steps[i].s / steps[i].rest_s;

		if (s < steps[i].s)
			continue;
		slo_buf_addf(out, "%lld %s", (long long)(s / steps[i].s), steps[i].unit);
		if (rest)
			slo_buf_addf(out, " %lld %s", (long long)rest, steps[i].rest_unit);
		return;
	}
	slo_buf_addf(out, "%lld s", (long long)s);
}
