/* SPDX-License-Identifier: MIT */
/* Bodies: their framing, and what in them is content. */
#include <string.h>

#include "decode/http_internal.h"
#include "decode/sse.h"

enum { SIZE_DIGITS_MAX = 15 };

/* Add to the current line what fits; the rest only matters as "there was more". */
void slo_http_add_line(struct slo_http *h, const uint8_t *p, size_t n)
{
	size_t room = sizeof(h->line) - h->line_len;

	if (n > room) {
		n = room;
		h->line_cut = true;
	}
	memcpy(h->line + h->line_len, p, n);
	h->line_len = (uint16_t)(h->line_len + n);
}

struct slo_str slo_http_take_line(struct slo_http *h)
{
	size_t n = h->line_len;

	if (n > 0 && h->line[n - 1] == '\r' && !h->line_cut)
		n--;
	h->line_len = 0;
	return slo_str_n(h->line, n);
}

enum slo_http_event slo_http_bad(struct slo_http *h)
{
	h->state = UNSYNC;
	return SLO_HTTP_BAD;
}

/* What a broken or missing chunk frame means: a response goes on somehow, a request does not. */
enum slo_http_event slo_http_lose_frames(struct slo_http *h)
{
	if (!h->response)
		return slo_http_bad(h);
	h->state = LOST;
	h->line_len = 0;
	h->line_void = true;
	return SLO_HTTP_MORE;
}

/* One line of an event stream is complete; its last @n bytes are at @p. Return: whether it is content. */
static bool event_line(struct slo_http *h, const uint8_t *p, size_t n)
{
	bool hidden = h->line_void, is;

	h->line_void = false;
	if (h->line_len == 0 && n <= SLO_HTTP_LINE_MAX) { /* all in one piece, as most are: judged where it lies */
		if (n > 0 && p[n - 1] == '\r')
			n--;
		h->line_cut = false;
		return !hidden && slo_sse_content(slo_str_n((const char *)p, n), false);
	}
	slo_http_add_line(h, p, n);
	is = !hidden && slo_sse_content(slo_http_take_line(h), h->line_cut);
	h->line_len = 0;
	h->line_cut = false;
	return is;
}

/* Bytes of an event stream, up to and including the first line that is content. */
static bool event_lines(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	const uint8_t *nl;

	for (*used = 0; *used < n && (nl = memchr(p + *used, '\n', n - *used)) != NULL;) {
		size_t at = *used;

		*used = (size_t)(nl - p) + 1;
		if (event_line(h, p + at, (size_t)(nl - p) - at)) {
			h->content_seen = true;
			return true;
		}
	}
	slo_http_add_line(h, p + *used, n - *used);
	*used = n;
	return false;
}

/* Bytes of a body. Return: whether they brought content, with @used just after it. */
bool slo_http_content(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	bool first;

	if (h->event_stream && !h->encoded) {
		first = event_lines(h, p, n, used);
	} else {
		first = !h->content_seen && n > 0;
		h->content_seen |= first;
		*used = n;
	}
	h->body_bytes += *used;
	return first;
}

enum slo_http_event slo_http_body(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	bool first = slo_http_content(h, p, n < h->left ? n : (size_t)h->left, used);

	h->left -= *used;
	if (h->left == 0)
		h->state = h->state == CHUNK ? CHUNK_END : DONE;
	return first ? SLO_HTTP_CONTENT : SLO_HTTP_MORE;
}

static void size_end(struct slo_http *h)
{
	h->state = h->left > 0 ? CHUNK : TRAILER;
	h->empty_line = true;
	h->digits = 0;
	h->content_seen = false;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum slo_http_event slo_http_size(struct slo_http *h, const uint8_t *p, size_t *used)
{
	int v = hex_value(*p);

	*used = 1;
	if (v >= 0 && h->digits < SIZE_DIGITS_MAX) {
		h->left = h->left << 4 | (uint64_t)v;
		h->digits++;
		return SLO_HTTP_MORE;
	}
	if (v >= 0 || h->digits == 0)
		return slo_http_lose_frames(h);
	if (*p == '\n')
		size_end(h);
	else if (*p == '\r' || *p == ';' || *p == ' ' || *p == '\t')
		h->state = EXTENSION;
	else
		return slo_http_lose_frames(h);
	return SLO_HTTP_MORE;
}

enum slo_http_event slo_http_extension(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	const uint8_t *nl = memchr(p, '\n', n);

	*used = nl ? (size_t)(nl - p) + 1 : n;
	if (nl)
		size_end(h);
	return SLO_HTTP_MORE;
}

enum slo_http_event slo_http_chunk_end(struct slo_http *h, const uint8_t *p, size_t *used)
{
	*used = 1;
	if (*p == '\n')
		h->state = SIZE;
	else if (*p != '\r')
		return slo_http_lose_frames(h);
	return SLO_HTTP_MORE;
}

enum slo_http_event slo_http_trailer(struct slo_http *h, const uint8_t *p, size_t *used)
{
	*used = 1;
	if (*p == '\n' && h->empty_line)
		h->state = DONE;
	else if (*p != '\r')
		h->empty_line = *p == '\n';
	return SLO_HTTP_MORE;
}

/* A chunk header at the start of a piece: 1 to 8 hex digits, CR LF. */
static bool chunk_header(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && i < 9 && hex_value(p[i]) >= 0)
		i++;
	return i > 0 && i < 9 && n - i >= 2 && p[i] == '\r' && p[i + 1] == '\n';
}

static bool last_chunk(const uint8_t *p, size_t n)
{
	return n >= 5 && memcmp(p + n - 5, "0\r\n\r\n", 5) == 0 && (n == 5 || p[n - 6] == '\n');
}

enum slo_http_event slo_http_lost_frames(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	bool at_piece = h->at_piece;

	if (at_piece && chunk_header(p, n)) {
		h->state = SIZE;
		h->left = h->digits = 0;
		*used = 0;
		return SLO_HTTP_RESYNC;
	}
	if (at_piece && h->piece_whole && last_chunk(p, n)) {
		h->state = DONE;
		h->body_bytes += n;
		*used = n;
		return SLO_HTTP_RESYNC;
	}
	if (at_piece)
		h->content_seen = false;
	return slo_http_content(h, p, n, used) ? SLO_HTTP_CONTENT : SLO_HTTP_MORE;
}
