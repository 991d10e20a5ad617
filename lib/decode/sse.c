/* SPDX-License-Identifier: MIT */
#include "decode/sse.h"

#include <string.h>

static const struct slo_str framing_types[] = {
	SLO_STR("message_start"), SLO_STR("message_delta"), SLO_STR("message_stop"), SLO_STR("ping"),
	SLO_STR("content_block_start"), SLO_STR("content_block_stop"), SLO_STR("response.created"),
	SLO_STR("response.in_progress"), SLO_STR("response.queued"), SLO_STR("response.output_item.added"),
	SLO_STR("response.content_part.added"), SLO_STR("response.completed"),
};

static const struct slo_str text_keys[] = {
	SLO_STR("\"content\""), SLO_STR("\"text\""), SLO_STR("\"reasoning_content\""), SLO_STR("\"reasoning\""),
	SLO_STR("\"refusal\""), SLO_STR("\"arguments\""), SLO_STR("\"partial_json\""), SLO_STR("\"thinking\""),
};

static struct slo_str from(struct slo_str s, size_t n)
{
	return n < s.len ? slo_str_n(s.p + n, s.len - n) : slo_str_n("", 0);
}

static struct slo_str trim(struct slo_str s)
{
	while (s.len > 0 && (*s.p == ' ' || *s.p == '\t'))
		s = from(s, 1);
	return s;
}

static bool starts(struct slo_str s, struct slo_str with)
{
	return s.len >= with.len && memcmp(s.p, with.p, with.len) == 0;
}

/* What follows @key and its colon; absent when @key is not there. */
static struct slo_str value_of(struct slo_str s, struct slo_str key)
{
	while (s.len > 0) {
		const char *at = memmem(s.p, s.len, key.p, key.len);
		struct slo_str rest;

		if (!at)
			break;
		s = from(s, (size_t)(at - s.p) + key.len);
		rest = trim(s);
		if (rest.len > 0 && *rest.p == ':')
			return trim(from(rest, 1));
	}
	return (struct slo_str){ NULL, 0 };
}

/* A non-empty string. A list or an object under such a key (content parts) is not judged here. */
static bool has_text(struct slo_str value)
{
	return value.p && value.len >= 2 && value.p[0] == '"' && value.p[1] != '"';
}

static bool any_text(struct slo_str json)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(text_keys); i++)
		if (has_text(value_of(json, text_keys[i])))
			return true;
	return false;
}

static bool is_framing(struct slo_str json)
{
	struct slo_str type = value_of(json, (struct slo_str)SLO_STR("\"type\""));

	if (!type.p || type.len == 0 || *type.p != '"')
		return false;
	type = from(type, 1);
	for (size_t i = 0; i < SLO_ARRAY_LEN(framing_types); i++)
		if (starts(type, framing_types[i]) && type.len > framing_types[i].len &&
		    type.p[framing_types[i].len] == '"')
			return true;
	return false;
}

bool slo_sse_content(struct slo_str line, bool cut)
{
	static const struct slo_str data = SLO_STR("data:"), done = SLO_STR("[DONE]"), delta = SLO_STR("\"delta\""),
				    text = SLO_STR("\"text\""), calls = SLO_STR("\"tool_calls\"");
	struct slo_str v, d;

	if (!starts(line, data))
		return false;
	v = trim(from(line, data.len));
	if (v.len == 0 || starts(v, done))
		return false;
	if (*v.p != '{')
		return true;
	if (is_framing(v))
		return false;
	d = value_of(v, delta);
	if (d.p && d.len > 0 && *d.p == '"') /* OpenAI responses: the delta is the text */
		return has_text(d);
	if (d.p)
		return cut || any_text(d) || value_of(d, calls).p;
	d = value_of(v, text);
	if (d.p)
		return cut || has_text(d);
	return true;
}
