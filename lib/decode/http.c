/* SPDX-License-Identifier: MIT */
#include "decode/http.h"

#include <string.h>

#include "decode/http_head.h"
#include "decode/sse.h"

enum state {
	UNSYNC,     /* a message is looked for at the start of each piece */
	IDLE,       /* between messages */
	TLS_SECOND, /* after what may be the first byte of a TLS record */
	START_LINE,
	FIELDS,
	BODY,       /* of known length */
	TO_CLOSE,   /* a body that ends with the connection */
	SIZE,       /* of a chunk */
	EXTENSION,  /* of a chunk, up to the end of its line */
	CHUNK,
	CHUNK_END,  /* the line end after a chunk */
	TRAILER,
	LOST,       /* in a chunked body, between unknown chunks */
	DONE,       /* the message is complete; END is due */
	RAW,        /* not HTTP any more */
};

enum { SIZE_DIGITS_MAX = 15 };

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

/* Add to the current line what fits; the rest only matters as "there was more". */
static void add_line(struct slo_http *h, const uint8_t *p, size_t n)
{
	size_t room = sizeof(h->line) - h->line_len;

	if (n > room) {
		n = room;
		h->line_cut = true;
	}
	memcpy(h->line + h->line_len, p, n);
	h->line_len = (uint16_t)(h->line_len + n);
}

static struct slo_str take_line(struct slo_http *h)
{
	size_t n = h->line_len;

	if (n > 0 && h->line[n - 1] == '\r' && !h->line_cut)
		n--;
	h->line_len = 0;
	return slo_str_n(h->line, n);
}

static enum slo_http_event bad(struct slo_http *h)
{
	h->state = UNSYNC;
	return SLO_HTTP_BAD;
}

/* What a broken or missing chunk frame means: a response goes on somehow, a request does not. */
static enum slo_http_event lose_frames(struct slo_http *h)
{
	if (!h->response)
		return bad(h);
	h->state = LOST;
	h->line_len = 0;
	h->line_void = true;
	return SLO_HTTP_MORE;
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
		return bad(h);
	if (h->response)
		return response_head(h);
	h->state = h->chunked ? SIZE : h->length > 0 ? BODY : DONE;
	return SLO_HTTP_HEAD;
}

static enum slo_http_event head_line(struct slo_http *h)
{
	struct slo_str line = take_line(h);
	enum slo_http_event ev = SLO_HTTP_MORE;

	if (h->state == START_LINE) {
		if (!h->response && slo_str_is(line, "PRI * HTTP/2.0")) {
			h->state = RAW;
			return SLO_HTTP_H2;
		}
		if (!slo_http_start_line(h, line))
			return bad(h);
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
		return bad(h);
	add_line(h, p, *used - (nl != NULL));
	if (h->state == START_LINE && !may_start(h))
		return bad(h);
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
		return bad(h);
	*used = 0;
	new_message(h);
	return SLO_HTTP_START;
}

static enum slo_http_event tls_second(struct slo_http *h, const uint8_t *p, size_t *used)
{
	*used = 1;
	if (*p != 0x03)
		return bad(h);
	h->state = RAW;
	return SLO_HTTP_TLS;
}

/* Bytes of an event stream, up to and including the first line that is content. */
static bool event_lines(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	const uint8_t *nl;

	for (*used = 0; *used < n && (nl = memchr(p + *used, '\n', n - *used)) != NULL;) {
		bool cut, hidden = h->line_void;
		size_t line = (size_t)(nl - p) - *used;

		add_line(h, p + *used, line);
		*used += line + 1;
		cut = h->line_cut;
		h->line_void = false;
		if (!hidden && slo_sse_content(take_line(h), cut)) {
			h->line_cut = false;
			h->content_seen = true;
			return true;
		}
		h->line_len = 0;
		h->line_cut = false;
	}
	add_line(h, p + *used, n - *used);
	*used = n;
	return false;
}

/* Bytes of a body. Return: whether they brought content, with @used just after it. */
static bool content(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
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

static enum slo_http_event body(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	bool first = content(h, p, n < h->left ? n : (size_t)h->left, used);

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

static enum slo_http_event size(struct slo_http *h, const uint8_t *p, size_t *used)
{
	int v = hex_value(*p);

	*used = 1;
	if (v >= 0 && h->digits < SIZE_DIGITS_MAX) {
		h->left = h->left << 4 | (uint64_t)v;
		h->digits++;
		return SLO_HTTP_MORE;
	}
	if (v >= 0 || h->digits == 0)
		return lose_frames(h);
	if (*p == '\n')
		size_end(h);
	else if (*p == '\r' || *p == ';' || *p == ' ' || *p == '\t')
		h->state = EXTENSION;
	else
		return lose_frames(h);
	return SLO_HTTP_MORE;
}

static enum slo_http_event extension(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	const uint8_t *nl = memchr(p, '\n', n);

	*used = nl ? (size_t)(nl - p) + 1 : n;
	if (nl)
		size_end(h);
	return SLO_HTTP_MORE;
}

static enum slo_http_event chunk_end(struct slo_http *h, const uint8_t *p, size_t *used)
{
	*used = 1;
	if (*p == '\n')
		h->state = SIZE;
	else if (*p != '\r')
		return lose_frames(h);
	return SLO_HTTP_MORE;
}

static enum slo_http_event trailer(struct slo_http *h, const uint8_t *p, size_t *used)
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

static enum slo_http_event lost(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
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
	return content(h, p, n, used) ? SLO_HTTP_CONTENT : SLO_HTTP_MORE;
}

static enum slo_http_event step(struct slo_http *h, const uint8_t *p, size_t n, size_t *used)
{
	switch ((enum state)h->state) {
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
		return body(h, p, n, used);
	case TO_CLOSE:
		return content(h, p, n, used) ? SLO_HTTP_CONTENT : SLO_HTTP_MORE;
	case SIZE:
		return size(h, p, used);
	case EXTENSION:
		return extension(h, p, n, used);
	case CHUNK_END:
		return chunk_end(h, p, used);
	case TRAILER:
		return trailer(h, p, used);
	case LOST:
		return lost(h, p, n, used);
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
	switch ((enum state)h->state) {
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
		return n > 0 ? bad(h) : SLO_HTTP_MORE;
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
	} else if (h->state != TO_CLOSE && h->state != LOST && lose_frames(h) == SLO_HTTP_BAD) {
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
