/* SPDX-License-Identifier: MIT */
#include "render/svg.h"

#include "render/markup.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { AXIS_TICKS = 6, VALUE_ROOM = 16, TITLE_ROOM = 34 };

#define CLASS_CHARS "abcdefghijklmnopqrstuvwxyz0123456789- "

double slo_scale_at(const struct slo_scale *s, double v)
{
	return s->from + (v - s->lo) / (s->hi - s->lo) * (s->to - s->from);
}

/* The least of 1, 2, 5, 10, ... that needs no more than @most ticks. */
static double tick_step(double lo, double hi, size_t most)
{
	static const double of_ten[] = { 1, 2, 5, 10 };
	double ten = pow(10, floor(log10((hi - lo) / (double)most)));
	size_t i = 0;

	while (i + 1 < SLO_ARRAY_LEN(of_ten) &&
	       floor(hi / (ten * of_ten[i]) + 1e-9) - ceil(lo / (ten * of_ten[i]) - 1e-9) + 1 > (double)most)
		i++;
	return ten * of_ten[i];
}

size_t slo_ticks(double lo, double hi, size_t most, double out[SLO_TICKS_MAX])
{
	double step;
	size_t n = 0;

	if (!isfinite(lo) || !isfinite(hi) || !(lo < hi) || most < 2 || most > SLO_TICKS_MAX)
		return 0;
	step = tick_step(lo, hi, most);
	for (double k = ceil(lo / step - 1e-9); k * step <= hi + step * 1e-9 && n < most; k++)
		out[n++] = k * step;
	return n;
}

static bool finite4(double a, double b, double c, double d)
{
	return isfinite(a) && isfinite(b) && isfinite(c) && isfinite(d);
}

static bool plain(const char *class)
{
	return strspn(class, CLASS_CHARS) == strlen(class);
}

void slo_svg_begin(struct slo_buf *out, double width, double height, const char *title)
{
	slo_buf_addf(out,
		     "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"%.0f\" height=\"%.0f\" "
		     "viewBox=\"0 0 %.0f %.0f\"><title>",
		     width, height, width, height);
	slo_markup_add(out, slo_str(title));
	slo_buf_adds(out, "</title>\n");
}

void slo_svg_end(struct slo_buf *out)
{
	slo_buf_adds(out, "</svg>\n");
}

void slo_svg_line(struct slo_buf *out, const char *class, double x1, double y1, double x2, double y2)
{
	if (finite4(x1, y1, x2, y2) && plain(class))
		slo_buf_addf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1,
			     y1, x2, y2);
}

void slo_svg_path(struct slo_buf *out, const char *class, const double *x, const double *y, size_t n)
{
	bool drawing = false;

	if (!plain(class))
		return;
	slo_buf_addf(out, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i < n; i++) {
		bool there = isfinite(x[i]) && isfinite(y[i]);

		if (there)
			slo_buf_addf(out, "%c%.1f %.1f", drawing ? 'L' : 'M', x[i], y[i]);
		drawing = there;
	}
	slo_buf_adds(out, "\"/>\n");
}

static void end_shape(struct slo_buf *out, const char *name, const char *tip)
{
	if (!tip) {
		slo_buf_adds(out, "/>\n");
		return;
	}
	slo_buf_adds(out, "><title>");
	slo_markup_add(out, slo_str(tip));
	slo_buf_addf(out, "</title></%s>\n", name);
}

void slo_svg_rect(struct slo_buf *out, const char *class, double x, double y, double width, double height,
		  double strength, const char *tip)
{
	if (!finite4(x, y, width, height) || !isfinite(strength) || !plain(class))
		return;
	slo_buf_addf(out,
		     "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill-opacity=\"%.2f\"",
		     class, x, y, width, height, fmin(fmax(strength, 0), 1));
	end_shape(out, "rect", tip);
}

/* Corners around (0, 0), of a shape 1 across; as much ink as a circle of that width. */
static const struct {
	int n;
	double x[4], y[4];
} corners[SLO_SVG_MARK__COUNT] = {
	[SLO_SVG_DIAMOND] = { 4, { 0, .62, 0, -.62 }, { -.62, 0, .62, 0 } },
	[SLO_SVG_SQUARE] = { 4, { -.44, .44, .44, -.44 }, { -.44, -.44, .44, .44 } },
	[SLO_SVG_TRIANGLE] = { 3, { 0, .58, -.58 }, { -.6, .42, .42 } },
};

void slo_svg_mark(struct slo_buf *out, const char *class, enum slo_svg_mark mark, double x, double y, double size,
		  const char *tip)
{
	if (!finite4(x, y, size, 0) || !plain(class))
		return;
	if (mark == SLO_SVG_CIRCLE) {
		slo_buf_addf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"", class, x, y, size / 2);
		end_shape(out, "circle", tip);
		return;
	}
	slo_buf_addf(out, "<polygon class=\"%s\" points=\"", class);
	for (int i = 0; i < corners[mark].n; i++)
		slo_buf_addf(out, "%s%.1f,%.1f", i ? " " : "", x + size * corners[mark].x[i],
			     y + size * corners[mark].y[i]);
	slo_buf_addc(out, '"');
	end_shape(out, "polygon", tip);
}

void slo_svg_textf(struct slo_buf *out, const char *class, double x, double y, double turn, const char *fmt, ...)
{
	va_list args;

	if (!finite4(x, y, turn, 0) || !plain(class))
		return;
	slo_buf_addf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\"", class, x, y);
	if (turn != 0)
		slo_buf_addf(out, " transform=\"rotate(%.0f %.1f %.1f)\"", turn, x, y);
	slo_buf_addc(out, '>');
	va_start(args, fmt);
	slo_markup_addv(out, fmt, args);
	va_end(args);
	slo_buf_adds(out, "</text>\n");
}

void slo_svg_axis_x(struct slo_buf *out, const struct slo_scale *x, double from, double to, const char *title)
{
	double tick[SLO_TICKS_MAX];
	size_t n = slo_ticks(x->lo, x->hi, AXIS_TICKS, tick);

	for (size_t i = 0; i < n; i++) {
		double at = slo_scale_at(x, tick[i]);

		slo_svg_line(out, "grid", at, from, at, to);
		slo_svg_textf(out, "dim m", at, from + VALUE_ROOM, 0, "%.4g", fabs(tick[i]) < 1e-12 ? 0 : tick[i]);
	}
	slo_svg_line(out, "axis", x->from, from, x->to, from);
	slo_svg_textf(out, "m", (x->from + x->to) / 2, from + TITLE_ROOM, 0, "%s", title);
}

void slo_svg_axis_y(struct slo_buf *out, const struct slo_scale *y, double from, double to, const char *title)
{
	double tick[SLO_TICKS_MAX], middle = (y->from + y->to) / 2;
	size_t n = slo_ticks(y->lo, y->hi, AXIS_TICKS, tick);

	for (size_t i = 0; i < n; i++) {
		double at = slo_scale_at(y, tick[i]);

		slo_svg_line(out, "grid", from, at, to, at);
		slo_svg_textf(out, "dim e", from - 6, at + 4, 0, "%.4g", fabs(tick[i]) < 1e-12 ? 0 : tick[i]);
	}
	slo_svg_line(out, "axis", from, y->from, from, y->to);
	slo_svg_textf(out, "m", from - TITLE_ROOM - 4, middle, -90, "%s", title);
}
