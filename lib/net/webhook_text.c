/* SPDX-License-Identifier: MIT */
#include "net/webhook_text.h"

#include "base/num.h"
#include "base/table.h"
#include "base/time.h"
#include "render/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	REPLACEMENT = 0xfffd,
	ELLIPSIS = 0x2026,
	TEXT_MAX = 1 << 17, /* bytes; above every limit of every service */
	HASH_CHARS = 17,
};

static size_t units(int32_t cp)
{
	return cp > 0xffff ? 2 : 1;
}

/* One character of @s, made harmless. */
static int32_t next(struct slo_str *s)
{
	int32_t cp;
	size_t n = slo_utf8_next(*s, &cp);

	s->p += n;
	s->len -= n;
	if (cp < 0)
		return REPLACEMENT;
	return (cp < ' ' && cp != '\n') || cp == 127 ? ' ' : cp;
}

static bool fits(struct slo_str s, size_t max)
{
	size_t n = 0;

	while (s.len && n <= max)
		n += units(next(&s));
	return n <= max;
}

void slo_webhook_cut(struct slo_buf *to, struct slo_str s, size_t max)
{
	bool whole = fits(s, max);
	size_t left = whole ? max : max - 1;

	while (s.len) {
		int32_t cp = next(&s);

		if (units(cp) > left)
			break;
		left -= units(cp);
		slo_utf8_put(to, cp);
	}
	if (!whole)
		slo_utf8_put(to, ELLIPSIS);
}

static json_t *to_json(struct slo_buf *b)
{
	json_t *j = b->err ? NULL : json_stringn(b->data ? b->data : "", b->len);

	slo_buf_fini(b);
	return j;
}

json_t *slo_webhook_text(struct slo_str s, size_t max)
{
	struct slo_buf b;

	slo_buf_init(&b, TEXT_MAX);
	slo_webhook_cut(&b, s, max);
	return to_json(&b);
}

json_t *slo_webhook_id(struct slo_str id, size_t max)
{
	struct slo_buf b;
	struct slo_str rest = id;
	size_t left = max - HASH_CHARS;

	if (fits(id, max))
		return slo_webhook_text(id, max);
	slo_buf_init(&b, TEXT_MAX);
	for (;;) {
		int32_t cp = next(&rest);

		if (units(cp) > left)
			break;
		left -= units(cp);
		slo_utf8_put(&b, cp);
	}
	slo_buf_addf(&b, "-%016" PRIx64, slo_hash(id.p, id.len, 1));
	return to_json(&b);
}

json_t *slo_webhook_textf(size_t max, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)!vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return slo_webhook_text(slo_str(text), max);
}

json_t *slo_webhook_time(int64_t ns)
{
	char text[SLO_RFC3339_MAX];
	size_t n = slo_fmt_rfc3339(text, ns);

	return json_stringn(text, n);
}

const char *slo_webhook_domain(const struct slo_incident *inc)
{
	return slo_enum_name(&slo_domain_enum, inc->predicted_fault_domain);
}

json_t *slo_webhook_summary(const struct slo_incident *inc, size_t max)
{
	struct slo_buf b;
	json_t *j;

	slo_buf_init(&b, TEXT_MAX);
	if (inc->source == SLO_SOURCE_SYNTHETIC)
		slo_buf_adds(&b, "[synthetic] ");
	slo_buf_addc(&b, '[');
	slo_webhook_cut(&b, inc->service, 80); /* a long name must not push out the rest */
	slo_buf_addf(&b, "] %s fault detected (confidence=%.2f)", slo_webhook_domain(inc), inc->confidence);
	j = slo_webhook_text(slo_buf_str(&b), max);
	slo_buf_fini(&b);
	return j;
}

static void add_value(const struct slo_value *v, struct slo_buf *to)
{
	char number[SLO_NUM_MAX];

	if (v->type == SLO_VALUE_NUM)
		slo_buf_add(to, number, slo_fmt_f64(number, v->num));
	else if (v->type == SLO_VALUE_BOOL)
		slo_buf_adds(to, v->boolean ? "true" : "false");
	else
		slo_webhook_cut(to, v->str, 80);
}

void slo_webhook_evidence(const struct slo_incident *inc, struct slo_buf *to)
{
	const char *between = "";

	for (uint32_t i = 0; i < inc->evidence_count; i++) {
		const struct slo_evidence *e = &inc->evidence[i];

		if (e->state == SLO_STATE_NOT_CAPTURED)
			continue;
		slo_buf_adds(to, between);
		slo_webhook_cut(to, e->signal, 80);
		slo_buf_addc(to, '=');
		add_value(&e->value, to);
		between = "; ";
	}
}
