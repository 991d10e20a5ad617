/* SPDX-License-Identifier: MIT */
/* Text inside of XML and HTML. */
#ifndef SLO_RENDER_MARKUP_H
#define SLO_RENDER_MARKUP_H

#include "base/buf.h"

#include <stdarg.h>

/**
 * slo_markup_add - append any bytes as text that is text in an element and in a quoted attribute
 *
 * Markup is escaped, and what XML 1.0 cannot hold (control characters, invalid UTF-8) is
 * written out as \x1b, \xff, ...
 */
void slo_markup_add(struct slo_buf *out, struct slo_str s);

/** slo_markup_addf - the same, formatted; text beyond SLO_MARKUP_MAX bytes is cut. */
void slo_markup_addf(struct slo_buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void slo_markup_addv(struct slo_buf *out, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

enum { SLO_MARKUP_MAX = 1024 };

#endif
