/* SPDX-License-Identifier: MIT */
#include "decode/http_internal.h"

#include <string.h>
#include <strings.h>

#include "base/num.h"

enum { METHOD_MAX = 20, TRACEPARENT = 55 };

static struct slo_str trim(struct slo_str s)
{
	while (s.len > 0 && (*s.p == ' ' || *s.p == '\t'))
		s.p++, s.len--;
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool same(struct slo_str s, const char *lower)
{
	return s.len == strlen(lower) && strncasecmp(s.p, lower, s.len) == 0;
}

static bool starts(struct slo_str s, const char *lower)
{
	size_t n = strlen(lower);

	return s.len >= n && strncasecmp(s.p, lower, n) == 0;
}

static bool ends(struct slo_str s, const char *lower)
{
	size_t n = strlen(lower);

	return s.len >= n && strncasecmp(s.p + s.len - n, lower, n) == 0;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_version(struct slo_str s)
{
	return s.len == 8 && memcmp(s.p, "HTTP/1.", 7) == 0 && digit(s.p[7]);
}

static bool request_line(struct slo_http *h, struct slo_str line)
{
	const char *sp = memchr(line.p, ' ', line.len), *last = memrchr(line.p, ' ', line.len);
	struct slo_str method;

	if (!sp)
		return false;
	method = slo_str_n(line.p, (size_t)(sp - line.p));
	if (method.len == 0 || method.len > METHOD_MAX)
		return false;
	for (size_t i = 0; i < method.len; i++)
		if (!(method.p[i] >= 'A' && method.p[i] <= 'Z') && method.p[i] != '-' && method.p[i] != '_')
			return false;
	/* the end of a line that is longer than we keep is not there to be looked at */
	if (!h->line_cut &&
	    (last <= sp + 1 || !is_version(slo_str_n(last + 1, (size_t)(line.p + line.len - last - 1)))))
		return false;
	h->is_head = slo_str_is(method, "HEAD");
	h->is_connect = slo_str_is(method, "CONNECT");
	return true;
}

static bool status_line(struct slo_http *h, struct slo_str line)
{
	if (line.len < 12 || !is_version(slo_str_n(line.p, 8)) || line.p[8] != ' ' || line.p[9] < '1' ||
	    line.p[9] > '9' || !digit(line.p[10]) || !digit(line.p[11]) || (line.len > 12 && line.p[12] != ' '))
		return false;
	h->status = (line.p[9] - '0') * 100 + (line.p[10] - '0') * 10 + (line.p[11] - '0');
	return true;
}

bool slo_http_start_line(struct slo_http *h, struct slo_str line)
{
	return h->response ? status_line(h, line) : request_line(h, line);
}

/* Lists ("5, 5") and signs are refused; two different lengths as well (RFC 9112, 6.3). */
static void content_length(struct slo_http *h, struct slo_str v)
{
	int64_t n;

	if (v.len == 0 || !digit(*v.p) || slo_parse_i64(v, &n) != 0 || (h->has_length && h->length != (uint64_t)n)) {
		h->bad_length = true;
		return;
	}
	h->has_length = true;
	h->length = (uint64_t)n;
}

static bool hex(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!digit(p[i]) && !(p[i] >= 'a' && p[i] <= 'f'))
			return false;
	return true;
}

static void take_id(const char *p, size_t n, char *to)
{
	memcpy(to, p, n);
	to[strspn(p, "0") < n ? n : 0] = '\0';
}

bool slo_traceparent_parse(struct slo_str v, char trace_id[33], char parent_id[17])
{
	if (v.len < TRACEPARENT || !hex(v.p, 2) || memcmp(v.p, "ff", 2) == 0 || v.p[2] != '-' || !hex(v.p + 3, 32) ||
	    v.p[35] != '-' || !hex(v.p + 36, 16) || v.p[52] != '-' || !hex(v.p + 53, 2))
		return false;
	take_id(v.p + 3, 32, trace_id);
	take_id(v.p + 36, 16, parent_id);
	return true;
}

/* One that is malformed, or has no trace, leaves what was there. */
static void traceparent(struct slo_http *h, struct slo_str v)
{
	char trace_id[33], parent_id[17];

	if (slo_traceparent_parse(v, trace_id, parent_id) && trace_id[0])
		memcpy(h->trace_id, trace_id, sizeof(h->trace_id));
}

void slo_http_field(struct slo_http *h, struct slo_str line)
{
	const char *colon = memchr(line.p, ':', line.len);
	struct slo_str name, v;

	if (!colon)
		return;
	name = slo_str_n(line.p, (size_t)(colon - line.p));
	v = trim(slo_str_n(colon + 1, line.len - name.len - 1));
	if (same(name, "content-length"))
		content_length(h, v);
	else if (same(name, "transfer-encoding"))
		h->chunked = ends(v, "chunked");
	else if (same(name, "content-type"))
		h->event_stream = starts(v, "text/event-stream");
	else if (same(name, "content-encoding"))
		h->encoded = v.len > 0 && !same(v, "identity");
	else if (same(name, "traceparent"))
		traceparent(h, v);
}
