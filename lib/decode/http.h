/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1 messages (RFC 9112) of one direction of a connection, from pieces
 * of any size, some of which may be missing. The reader calls slo_http_feed()
 * until it has taken everything; each call stops at the next event.
 *
 * Missing bytes (beyond the snap length, or a hole in the stream) are told to
 * slo_http_skip(). A body of known length and one that ends with the connection stay in step;
 * so does a chunked body while the missing bytes lie inside one chunk. Otherwise the
 * framing of a chunked body is lost: the message is then followed from piece
 * to piece, until a piece starts with a chunk header, or a complete piece ends with
 * the last chunk. A missing byte of a head or of a request's framing ends the message (BAD).
 *
 * What counts as content, i.e. as the answer's first token:
 *   text/event-stream without Content-Encoding: a complete "data:" line that is not
 *     empty, not "[DONE]", and not one of the recognised empty deltas (sse.h)
 *   other chunked bodies: the first byte of each non-empty chunk
 *   other bodies: the first byte
 */
#ifndef SLO_DECODE_HTTP_H
#define SLO_DECODE_HTTP_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum slo_http_event {
	SLO_HTTP_MORE,     /* everything was taken */
	SLO_HTTP_START,    /* first byte of a message */
	SLO_HTTP_HEAD,     /* head complete: the fields below are valid */
	SLO_HTTP_INTERIM,  /* head of a 1xx answer: the real answer follows */
	SLO_HTTP_CONTENT,  /* content, see above */
	SLO_HTTP_END,      /* message complete */
	SLO_HTTP_UPGRADED, /* 101, or 2xx to CONNECT: no HTTP from here on */
	SLO_HTTP_RESYNC,   /* framing found again */
	SLO_HTTP_BAD,      /* not HTTP, or a head with missing bytes; waits for the next piece that starts a message */
	SLO_HTTP_TLS,      /* a TLS record where the first request should start */
	SLO_HTTP_H2,       /* an HTTP/2 preface */
};

enum { SLO_HTTP_LINE_MAX = 512, SLO_HTTP_HEAD_MAX = 65536 };

struct slo_http {
	/* set by the owner */
	bool response;      /* the messages are responses */
	bool to_head;       /* the next response answers a HEAD request */
	bool to_connect;    /* the next response answers a CONNECT request */
	/* of the current message, valid from HEAD on */
	int status;
	bool is_head, is_connect; /* method of a request */
	bool chunked, event_stream, encoded, upgrade;
	bool has_length;
	uint64_t length;
	uint64_t body_bytes; /* so far, without chunk framing */
	char trace_id[33];   /* of traceparent; "" = none */
	/* private */
	uint8_t state;
	bool hunting;        /* the current message was found at the start of a piece, not after another */
	bool at_piece;       /* nothing of the current piece has been taken */
	bool piece_whole;    /* no byte of the current piece is missing */
	bool line_cut, line_void, content_seen, bad_length;
	bool empty_line;
	uint8_t digits;
	uint16_t line_len;
	uint32_t head_bytes;
	uint64_t left;       /* of the body or the chunk */
	char line[SLO_HTTP_LINE_MAX];
};

/** slo_http_init - @synced: the next byte starts a message; otherwise one is looked for at the start of each piece. */
void slo_http_init(struct slo_http *h, bool response, bool synced);

/** slo_http_piece - a new piece (TCP segment) begins; @whole: all of it was captured. */
void slo_http_piece(struct slo_http *h, bool whole);

/**
 * slo_http_feed - take bytes up to the next event
 * @used: how many were taken
 *
 * Call again with the rest, also when nothing is left, until it returns SLO_HTTP_MORE.
 */
enum slo_http_event slo_http_feed(struct slo_http *h, const uint8_t *p, size_t n, size_t *used);

/** slo_http_skip - the same for @n bytes that nobody saw. */
enum slo_http_event slo_http_skip(struct slo_http *h, uint64_t n, uint64_t *used);

/** slo_http_close - the connection ended. Return: true when that ends the current message properly. */
bool slo_http_close(struct slo_http *h);

/** slo_http_idle - between messages. */
bool slo_http_idle(const struct slo_http *h);

/** slo_http_lost - inside a chunked body whose framing is lost. */
bool slo_http_lost(const struct slo_http *h);

/**
 * slo_traceparent_parse - the value of a traceparent header: version "-" trace id "-" parent id "-" flags
 * @trace_id, @parent_id: "" where they are all zero, which means none; unchanged on false
 *
 * Source: W3C Trace Context, 3.2. Return: false when it is malformed.
 */
bool slo_traceparent_parse(struct slo_str v, char trace_id[33], char parent_id[17]);

/** slo_http_desync - drop the current message; look for the next one at the start of each piece. */
void slo_http_desync(struct slo_http *h);

#endif
