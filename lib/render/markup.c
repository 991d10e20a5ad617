/* SPDX-License-Identifier: MIT */
#include "render/markup.h"

#include "render/text.h"

#include <stdarg.h>
#include <stdio.h>

/* What XML 1.0 section 2.2 allows in a document, without the discouraged C1 controls. */
static bool is_xml_char(int32_t cp)
{
	if (cp < 0x20)
		return cp == '\t' || cp == '\n' || cp == '\r';
	return cp < 0x7f || (cp > 0x9f && cp < 0xd800) || (cp > 0xdfff && cp < 0xfffe) || cp > 0xffff;
}

static const char *entity(int32_t cp)
{
	switch (cp) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;"; /* because of "]]>" */
	case '"': return "&quot;";
	case '\'': return "&apos;";
	case '\t': return "&#9;"; /* a parser would make blanks of these three in an attribute */
	case '\n': return "&#10;";
	case '\r': return "&#13;";
	default: return NULL;
	}
}

void slo_markup_add(struct slo_buf *out, struct slo_str s)
{
	while (s.len) {
		int32_t cp;
		size_t n = slo_utf8_next(s, &cp);
		const char *e = entity(cp);

		if (cp < 0 || (cp < 0x80 && !is_xml_char(cp)))
			slo_buf_addf(out, "\\x%02x", (unsigned int)(unsigned char)s.p[0]);
		else if (!is_xml_char(cp))
			slo_buf_addf(out, "\\u%04x", (unsigned int)cp);
		else if (e)
			slo_buf_adds(out, e);
		else
			slo_buf_add(out, s.p, n);
		s = slo_str_n(s.p + n, s.len - n);
	}
}

void slo_markup_addv(struct slo_buf *out, const char *fmt, va_list args)
{
	char text[SLO_MARKUP_MAX + 1];

	(void)!vsnprintf(text, sizeof(text), fmt, args);
	slo_markup_add(out, slo_str(text));
}

void slo_markup_addf(struct slo_buf *out, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	slo_markup_addv(out, fmt, args);
	va_end(args);
}
