/* SPDX-License-Identifier: MIT */
/*
 * Pictures of numbers inside of an HTML page (see html.h, whose style sheet gives
 * the classes their colours, light and dark). A picture's units are pixels at its
 * natural size, x to the right and y down. A shape with a coordinate that is not
 * finite is left out, and so is one of a class that is not a plain name.
 *
 * Classes: "s1" to "s4" are series, told apart by colour and by the shape of their
 * marks; "heat" a cell; "grid", "axis", "guide" lines; of text "dim", and "m" and
 * "e" for its middle or end at the coordinate. Several are parted by blanks.
 */
#ifndef SLO_RENDER_SVG_H
#define SLO_RENDER_SVG_H

#include "base/buf.h"

/* A linear map: @lo lies at @from, @hi at @to. */
struct slo_scale {
	double lo, hi;    /* values; different */
	double from, to;  /* of the picture */
};

double slo_scale_at(const struct slo_scale *s, double v);

enum { SLO_TICKS_MAX = 16 };

/**
 * slo_ticks - round values from @lo to @hi: multiples of 1, 2 or 5 times a power of ten
 * @most: 2 .. SLO_TICKS_MAX
 *
 * Return: how many, at most @most; 0 where @lo < @hi does not hold or is not finite.
 */
size_t slo_ticks(double lo, double hi, size_t most, double out[SLO_TICKS_MAX]);

/** slo_svg_begin - @title is what a screen reader says. */
void slo_svg_begin(struct slo_buf *out, double width, double height, const char *title);
void slo_svg_end(struct slo_buf *out);

void slo_svg_line(struct slo_buf *out, const char *class, double x1, double y1, double x2, double y2);

/** slo_svg_path - through @n points; one that is not finite parts the line. */
void slo_svg_path(struct slo_buf *out, const char *class, const double *x, const double *y, size_t n);

/** slo_svg_rect - @strength: of the colour, 0 .. 1; @tip: what pointing at it says, or NULL */
void slo_svg_rect(struct slo_buf *out, const char *class, double x, double y, double width, double height,
		  double strength, const char *tip);

enum slo_svg_mark { SLO_SVG_CIRCLE, SLO_SVG_DIAMOND, SLO_SVG_SQUARE, SLO_SVG_TRIANGLE, SLO_SVG_MARK__COUNT };

/** slo_svg_mark - a shape around a point, @size across; @tip as above */
void slo_svg_mark(struct slo_buf *out, const char *class, enum slo_svg_mark mark, double x, double y, double size,
		  const char *tip);

/** slo_svg_textf - @turn: degrees, clockwise about the coordinate */
void slo_svg_textf(struct slo_buf *out, const char *class, double x, double y, double turn, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

/**
 * slo_svg_axis_x, _y - ticks with their values, a grid line at each, and a title
 * @from, @to: of the other direction: the grid lines' ends; the values stand at @from
 */
void slo_svg_axis_x(struct slo_buf *out, const struct slo_scale *x, double from, double to, const char *title);
void slo_svg_axis_y(struct slo_buf *out, const struct slo_scale *y, double from, double to, const char *title);

#endif
