/* SPDX-License-Identifier: MIT */
/* One instance: its verdict, its envelope. */
#include "schemavalidate.h"

#include "event/event.h"
#include "rec/lex.h"

#include <errno.h>

struct envelope envelope_read(struct slo_str line, struct slo_buf *scratch)
{
	struct envelope e = { .kind = -1 };
	bool kind = false, payload = false;
	struct slo_lex_value v;
	struct slo_lex l;
	int token;

	slo_lex_init(&l, line.p, line.len, scratch);
	if (slo_lex_next(&l, &v) != SLO_LEX_OBJECT)
		return e;
	while ((token = slo_lex_next(&l, &v)) == SLO_LEX_KEY) {
		struct slo_lex value = l;

		payload = payload || slo_str_is(v.str, "payload");
		if (slo_str_is(v.str, "kind")) {
			kind = true;
			if (slo_lex_next(&value, &v) == SLO_LEX_STRING) {
				int found = slo_enum_find(&slo_kind_enum, v.str);

				e.name = v.str;
				e.kind = found < 0 ? -1 : KIND_FIRST + found;
				l.used = value.used;
			}
		}
		if (slo_lex_skip(&l, NULL))
			break;
	}
	e.is = kind && payload;
	e.bare = token == SLO_LEX_OBJECT_END && !kind && !payload;
	return e;
}

bool envelope_split(struct slo_str line, int *kind, struct slo_str *payload)
{
	static const char begin[] = "{\"kind\":\"", middle[] = "\",\"v\":\"1.0\",\"payload\":";
	const size_t b = sizeof(begin) - 1, m = sizeof(middle) - 1;
	const char *quote;
	int found;

	if (line.len < b + m + 1 || memcmp(line.p, begin, b) != 0 || line.p[line.len - 1] != '}')
		return false;
	quote = memchr(line.p + b, '"', line.len - b);
	if (!quote || (size_t)(line.p + line.len - quote) < m + 1 || memcmp(quote, middle, m) != 0)
		return false;
	found = slo_enum_find(&slo_kind_enum, slo_str_n(line.p + b, (size_t)(quote - line.p) - b));
	if (found < 0)
		return false;
	*kind = KIND_FIRST + found;
	*payload = slo_str_n(quote + m, (size_t)(line.p + line.len - 1 - (quote + m)));
	return true;
}

/* Writing failed: end quietly when the reader went away, with a message from whoever closes the writer otherwise. */
static void note_write(struct run *r, int ret)
{
	if (ret)
		r->broken = true;
}

void judge_unread(struct run *r, const struct instance *in, const struct slo_err *err)
{
	r->invalid++;
	if (!report_wants(&r->report) && r->o->output != OUTPUT_JSON)
		return;
	report_begin(&r->report, in);
	report_trouble(&r->report, err);
	note_write(r, report_end(&r->report, false));
}

/* An envelope of another kind than the one asked for. */
static bool other_kind(struct run *r, const struct instance *in, int kind)
{
	struct envelope e;
	struct slo_err err = { .what = "" };
	struct slo_jfail f = { .instance = slo_str("/kind"), .keyword = slo_str(""), .name = "const" };

	if (kind == KIND_ANY)
		return false;
	e = envelope_read(in->text, &r->scratch);
	if (!e.is || e.kind == kind)
		return false;
	slo_err_set(&err, 0, "want \"%s\", found \"%.*s\"", slo_enum_name(&slo_kind_enum, kind - KIND_FIRST),
		    (int)(e.name.len > 80 ? 80 : e.name.len), e.name.p ? e.name.p : "");
	f.what = slo_str(err.what);
	f.found = e.name;
	report_begin(&r->report, in);
	report_fail(&r->report, &f);
	note_write(r, report_end(&r->report, false));
	return true;
}

bool judge(struct run *r, const struct slo_jschema *s, const struct instance *in, int kind)
{
	struct slo_err err = { .what = "" };
	int ret = slo_jschema_validate(s, r->eval, in->text.p, in->text.len, NULL, NULL, &err);

	if (ret < 0) {
		slo_err_set(&err, ret, "%s", slo_strerror(ret));
		slo_err_at(&err, ret == -EINVAL ? "not JSON" : "not judged");
		judge_unread(r, in, &err);
		return false;
	}
	if (ret == 1 && !other_kind(r, in, kind)) {
		r->valid++;
		if (in->document) {
			report_begin(&r->report, in);
			note_write(r, report_end(&r->report, true));
		}
		return true;
	}
	r->invalid++;
	if (ret == 1 || (!report_wants(&r->report) && r->o->output != OUTPUT_JSON))
		return false;
	report_begin(&r->report, in);
	if (r->o->output != OUTPUT_JSON || r->o->detail != DETAIL_FLAG)
		slo_jschema_validate(s, r->eval, in->text.p, in->text.len, report_fail, &r->report, &err);
	note_write(r, report_end(&r->report, false));
	return false;
}
