/* SPDX-License-Identifier: MIT */
/* What the http*.c files share. Private to them. */
#ifndef SLO_DECODE_HTTP_INTERNAL_H
#define SLO_DECODE_HTTP_INTERNAL_H

#include "base/str.h"
#include "decode/http.h"

enum slo_http_state {
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

/* http_head.c */

/** slo_http_start_line - take the request or status line. Return: false when it is none. */
bool slo_http_start_line(struct slo_http *h, struct slo_str line);

/** slo_http_field - take one header line; those of no interest are ignored. */
void slo_http_field(struct slo_http *h, struct slo_str line);

/* http_body.c; functions that take bytes say in @used how many, and return the event they stopped at */

/** slo_http_add_line - add to the current line what fits; the rest only matters as "there was more". */
void slo_http_add_line(struct slo_http *h, const uint8_t *p, size_t n);

/** slo_http_take_line - the current line without its end; a new one begins. */
struct slo_str slo_http_take_line(struct slo_http *h);

/** slo_http_bad - wait for the next piece that starts a message. */
enum slo_http_event slo_http_bad(struct slo_http *h);

/** slo_http_lose_frames - a chunk frame is broken or missing: a response goes on somehow, a request does not. */
enum slo_http_event slo_http_lose_frames(struct slo_http *h);

/** slo_http_content - bytes of a body. Return: whether they brought content, with @used just after it. */
bool slo_http_content(struct slo_http *h, const uint8_t *p, size_t n, size_t *used);
enum slo_http_event slo_http_body(struct slo_http *h, const uint8_t *p, size_t n, size_t *used);
enum slo_http_event slo_http_size(struct slo_http *h, const uint8_t *p, size_t *used);
enum slo_http_event slo_http_extension(struct slo_http *h, const uint8_t *p, size_t n, size_t *used);
enum slo_http_event slo_http_chunk_end(struct slo_http *h, const uint8_t *p, size_t *used);
enum slo_http_event slo_http_trailer(struct slo_http *h, const uint8_t *p, size_t *used);
enum slo_http_event slo_http_lost_frames(struct slo_http *h, const uint8_t *p, size_t n, size_t *used);

#endif
