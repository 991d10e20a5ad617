/* SPDX-License-Identifier: MIT */
#include "decode/http.h"

#include <string.h>

#include "decode/http_internal.h"

void slo_http_init(struct slo_http *h, bool response, bool synced)
{
	memset(h, 0, sizeof(*h));
	h->response = response;
	h->state = synced ? IDLE : UNSYNC;
}

void slo_http_piece(struct slo_http *h, bool whole)
{
	h->at_piece = true;
	h->piece_whole = whole;
}

bool slo_http_idle(const struct slo_http *h)
{
	return h->state == IDLE || h->state == UNSYNC;
}

bool slo_http_lost(const struct slo_http *h)
{
	return h->state == LOST;
}

void slo_http_desync(struct slo_http *h)
{
	h->state = UNSYNC;
	h->at_piece = false;
}

static void new_message(struct slo_http *h)
{
	h->status = 0;
	h->is_head = h->is_connect = h->chunked = h->event_stream = h->encoded = h->upgrade = h->has_length = false;
	h->line_cut = h->line_void = h->content_seen = h->bad_length = false;
	h->length = h->body_bytes = h->left = 0;
	h->head_bytes = h->line_len = h->digits = 0;
	h->trace_id[0] = '\0';
	h->state = START_LINE;
}

static enum slo_http_event response_head(struct slo_http *h)
{
	if (h->status == 101 || (h->to_connect && h->status / 100 == 2)) {
		h->upgrade = true;
		h->state = RAW;
		return SLO_HTTP_UPGRADED;
	}
	if (h->status / 100 == 1) {
		h->state = IDLE;
		return SLO_HTTP_INTERIM;
	}
	if (h->to_head || h->status == 204 || h->status == 304)
		h->state = DONE;
	else if (h->chunked)
		h->state = SIZE;
	else if (h->has_length)
		h->state = h->length > 0 ? BODY : DONE;
	else
		h->state = TO_CLOSE;
	return SLO_HTTP_HEAD;
}

static enum slo_http_event head_end(struct slo_http *h)
{
	h->left = h->chunked ? 0 : h->length;
	h->digits = 0;
	if (h->bad_length && !h->chunked)
		return slo_http_bad(h);
	if (h->response)
		return response_head(h);
	h->state = h->chunked ? SIZE : h->length > 0 ? BODY : DONE;
	return SLO_HTTP_HEAD;
}

static enum slo_http_event head_line(struct slo_http *h)
{
	struct slo_str line = slo_http_take_line(h);
	enum slo_http_event ev = SLO_HTTP_MORE;

	if (h->state == START_LINE) {
		if (!h->response && slo_str_is(line, "PRI * HTTP/2.0")) {
			h->state = RAW;
			return SLO_HTTP_H2;
		}
		if (!slo_http_start_line(h, line))
			return slo_http_bad(h);
		h->state = FIELDS;
	} else if (line.len == 0) {
		ev = head_end(h);
	} else {
		slo_http_field(h, line);
	}
	h->line_cut = false;
	return ev;
}

/* Whether what is there of a start line can become one, so that something else is not waited through. */
static bool may_start(const struct slo_http *h)
{
	static const char version[] = "HTTP/1.";
	size_t n = h->line_len < sizeof(version) - 1 ? h->line_len : sizeof(version) - 1;

	if (h->response)
		return memcmp(h->line, version, n) == 0;
	for (size_t i = 0; i < h->line_len && h->line[i] != ' '; i++)
		if (i >= 20 || (!(h->line[i] >= 'A' && h->line[i] <= 'Z') && h->line[i] != '-' && h->line[i] != '_'))
			return false;
	return true;
}

static enum slo_http_event head(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	const uint8_t *nl = memchr(p, '\n', n);

	*used = nl ? (size_t)(nl - p) + 1 : n;
	h->head_bytes += (uint32_t)(*used < SLO_HTTP_HEAD_MAX ? *used : SLO_HTTP_HEAD_MAX);
	if (h->head_bytes > SLO_HTTP_HEAD_MAX)
		return slo_http_bad(h);
	slo_http_add_line(h, p, *used - (nl != NULL));
	if (h->state == START_LINE && !may_start(h))
		return slo_http_bad(h);
	return nl ? head_line(h) : SLO_HTTP_MORE;
}

static enum slo_http_event idle(struct slo_http *h, const uint8_t *p, size_t *used)
{
	*used = 1;
	if (*p == '\r' || *p == '\n') /* tolerated before a message: RFC 9112, 2.2 */
		return SLO_HTTP_MORE;
	if (*p == 0x16 && !h->response && !h->hunting) {
		h->state = TLS_SECOND;
		return SLO_HTTP_MORE;
	}
	if (h->response ? *p != 'H' : !(*p >= 'A' && *p <= 'Z'))
		return slo_http_bad(h);
	*used = 0;
	new_message(h);
	return SLO_HTTP_START;
}

static enum slo_http_event tls_second(struct slo_http *h, const uint8_t *p, size_t *used)
{
	*used = 1;
	if (*p != 0x03)
		return slo_http_bad(h);
	h->state = RAW;
	return SLO_HTTP_TLS;
}

static enum slo_http_event step(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	switch ((enum slo_http_state)h->state) {
	case UNSYNC:
		h->hunting = h->at_piece;
		if (h->at_piece)
			h->state = IDLE;
		else
			*used = n;
		return SLO_HTTP_MORE;
	case IDLE:
		return idle(h, p, used);
	case TLS_SECOND:
		return tls_second(h, p, used);
	case START_LINE:
	case FIELDS:
		return head(h, p, n, used);
	case BODY:
	case CHUNK:
		return slo_http_body(h, p, n, used);
	case TO_CLOSE:
		return slo_http_content(h, p, n, used) ? SLO_HTTP_CONTENT : SLO_HTTP_MORE;
	case SIZE:
		return slo_http_size(h, p, used);
	case EXTENSION:
		return slo_http_extension(h, p, n, used);
	case CHUNK_END:
		return slo_http_chunk_end(h, p, used);
	case TRAILER:
		return slo_http_trailer(h, p, used);
	case LOST:
		return slo_http_lost_frames(h, p, n, used);
	case DONE:
	case RAW:
		break;
	}
	*used = n;
	return SLO_HTTP_MORE;
}

static enum slo_http_event message_end(struct slo_http *h)
{
	h->state = IDLE;
	h->hunting = false;
	return SLO_HTTP_END;
}

enum slo_http_event slo_http_feed(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	enum slo_http_event ev = SLO_HTTP_MORE;

	*used = 0;
	while (ev == SLO_HTTP_MORE) {
		size_t took = 0;

		if (h->state == DONE)
			return message_end(h);
		if (*used == n)
			return SLO_HTTP_MORE;
		ev = step(h, p + *used, n - *used, &took);
		*used += took;
		if (took > 0)
			h->at_piece = false;
	}
	return ev;
}

enum slo_http_event slo_http_skip(struct slo_http *h, uint64_t n, uint64_t *used)
{
	bool first;

	*used = h->state == BODY && h->left < n ? h->left : n;
	h->at_piece = false;
	switch ((enum slo_http_state)h->state) {
	case DONE:
		*used = 0;
		return message_end(h);
	case UNSYNC:
	case RAW:
		return SLO_HTTP_MORE;
	case IDLE:
	case TLS_SECOND:
	case START_LINE:
	case FIELDS:
		return n > 0 ? slo_http_bad(h) : SLO_HTTP_MORE;
	default:
		break;
	}
	if (n == 0)
		return SLO_HTTP_MORE;
	first = !h->content_seen || (h->event_stream && !h->encoded);
	h->content_seen = true;
	h->body_bytes += *used;
	h->line_len = 0;
	h->line_void = true;
	if (h->state == BODY || (h->state == CHUNK && n <= h->left)) {
		h->left -= *used;
		if (h->left == 0)
			h->state = h->state == CHUNK ? CHUNK_END : DONE;
	} else if (h->state != TO_CLOSE && h->state != LOST && slo_http_lose_frames(h) == SLO_HTTP_BAD) {
		return SLO_HTTP_BAD;
	}
	if (first)
		return SLO_HTTP_CONTENT;
	return h->state == DONE ? message_end(h) : SLO_HTTP_MORE;
}

bool slo_http_close(struct slo_http *h)
{
	bool proper = h->state == TO_CLOSE || h->state == LOST || h->state == DONE;

	h->state = UNSYNC;
	h->at_piece = false;
	return proper;
}
