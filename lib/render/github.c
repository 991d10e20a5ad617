/* SPDX-License-Identifier: MIT */
#include "render/github.h"

#include "render/text.h"

#include <inttypes.h>

static void add_escaped(struct slo_buf *out, struct slo_str s, bool property)
{
	while (s.len) {
		int32_t cp;
		size_t n = slo_utf8_next(s, &cp);

		if (cp == '%' || cp == '\r' || cp == '\n' || (property && (cp == ':' || cp == ',')))
			slo_buf_addf(out, "%%%02X", (unsigned int)cp);
		else if (cp < 0x20 || cp == 0x7f)
			slo_buf_addf(out, "\\x%02x", (unsigned int)(unsigned char)s.p[0]);
		else if (cp > 0x7f && cp < 0xa0)
			slo_buf_addf(out, "\\u%04x", (unsigned int)cp);
		else
			slo_buf_add(out, s.p, n);
		s = slo_str_n(s.p + n, s.len - n);
	}
}

/* The first property follows a blank, the others a comma. */
static void begin_property(struct slo_buf *out, const char *name, char *before)
{
	slo_buf_addc(out, *before);
	*before = ',';
	slo_buf_addf(out, "%s=", name);
}

static void add_text(struct slo_buf *out, const char *name, struct slo_str value, char *before)
{
	if (!value.p)
		return;
	begin_property(out, name, before);
	add_escaped(out, value, true);
}

static void add_number(struct slo_buf *out, const char *name, uint64_t value, char *before)
{
	if (!value)
		return;
	begin_property(out, name, before);
	slo_buf_addf(out, "%" PRIu64, value);
}

void slo_github_add(struct slo_buf *out, const struct slo_github_note *n)
{
	static const char *const levels[SLO_GITHUB__COUNT] = { "notice", "warning", "error" };
	char before = ' ';

	slo_buf_addf(out, "::%s", levels[n->level]);
	add_text(out, "file", n->file, &before);
	add_number(out, "line", n->line, &before);
	add_number(out, "col", n->column, &before);
	add_text(out, "title", n->title, &before);
	slo_buf_adds(out, "::");
	add_escaped(out, n->message, false);
	slo_buf_addc(out, '\n');
}
