/* SPDX-License-Identifier: MIT */
#include "net/sse.h"

static const char utf8_bom[3] = { '\xef', '\xbb', '\xbf' };

void slo_sse_init(struct slo_sse *s, size_t max)
{
	memset(s, 0, sizeof(*s));
	if (!max)
		max = SLO_SSE_EVENT_MAX;
	slo_buf_init(&s->line, max + 16); /* field name, colon and space beside the data */
	slo_buf_init(&s->data, max);
}

void slo_sse_fini(struct slo_sse *s)
{
	slo_buf_fini(&s->line);
	slo_buf_fini(&s->data);
}

static void event_clear(struct slo_sse *s)
{
	slo_buf_reset(&s->data);
	s->name[0] = '\0';
	s->has_data = false;
	s->too_long = false;
}

void slo_sse_reset(struct slo_sse *s)
{
	event_clear(s);
	slo_buf_reset(&s->line);
	s->events = s->comments = s->oversized = s->cut = 0;
	s->bom = 0;
	s->after_cr = false;
}

static int dispatch(struct slo_sse *s, int (*on_event)(void *, const struct slo_sse_event *), void *arg)
{
	struct slo_sse_event ev;
	int ret = 0;

	if (s->too_long) {
		s->oversized++;
	} else if (s->has_data) {
		ev.name = slo_str(s->name[0] ? s->name : "message");
		ev.data = s->data.len ? slo_buf_str(&s->data) : slo_str("");
		s->events++;
		ret = on_event(arg, &ev);
	}
	event_clear(s);
	return ret;
}

static void take_field(struct slo_sse *s, struct slo_str line)
{
	const char *colon = memchr(line.p, ':', line.len);
	struct slo_str name = line, value = { "", 0 };

	if (colon == line.p) {
		s->comments++;
		return;
	}
	if (colon) {
		name.len = (size_t)(colon - line.p);
		value = slo_str_n(colon + 1, line.len - name.len - 1);
		if (value.len && value.p[0] == ' ') {
			value.p++;
			value.len--;
		}
	}
	if (slo_str_is(name, "data")) {
		if (s->has_data)
			slo_buf_addc(&s->data, '\n');
		slo_buf_add(&s->data, value.p, value.len);
		s->has_data = true;
		s->too_long |= s->data.err != 0;
	} else if (slo_str_is(name, "event")) {
		slo_str_copy(s->name, sizeof(s->name), value);
	}
}

static int end_line(struct slo_sse *s, int (*on_event)(void *, const struct slo_sse_event *), void *arg)
{
	int ret = 0;

	if (s->line.err && s->first == ':')
		s->comments++;
	else if (s->line.err)
		s->too_long = true;
	else if (s->line.len)
		take_field(s, slo_buf_str(&s->line));
	else
		ret = dispatch(s, on_event, arg);
	slo_buf_reset(&s->line);
	return ret;
}

/* The mark counts only as the very first three bytes; a partial one is content. */
static bool skip_bom(struct slo_sse *s, char c)
{
	if (s->bom >= sizeof(utf8_bom))
		return false;
	if (c == utf8_bom[s->bom]) {
		s->bom++;
		return true;
	}
	slo_buf_add(&s->line, utf8_bom, s->bom);
	s->bom = sizeof(utf8_bom);
	return false;
}

int slo_sse_feed(struct slo_sse *s, const char *p, size_t len,
		 int (*on_event)(void *arg, const struct slo_sse_event *ev), void *arg)
{
	size_t i = 0;

	while (i < len) {
		size_t from = i;
		int ret;

		if (skip_bom(s, p[i])) {
			i++;
			continue;
		}
		if (s->after_cr && p[i] == '\n') {
			s->after_cr = false;
			i++;
			continue;
		}
		s->after_cr = false;
		while (i < len && p[i] != '\n' && p[i] != '\r')
			i++;
		if (i > from && !s->line.len && !s->line.err)
			s->first = p[from];
		if (i > from)
			slo_buf_add(&s->line, p + from, i - from);
		if (i == len)
			break;
		s->after_cr = p[i++] == '\r';
		ret = end_line(s, on_event, arg);
		if (ret)
			return ret;
	}
	return 0;
}

void slo_sse_end(struct slo_sse *s)
{
	if (s->line.len || s->line.err || s->has_data || s->too_long)
		s->cut++;
	event_clear(s);
	slo_buf_reset(&s->line);
}
