/* SPDX-License-Identifier: MIT */
/*
 * Server-sent events, parsed byte by byte from whatever pieces a socket gives.
 *
 * Pure: no clock, no I/O. Lines end in LF, CRLF or CR; comments (":…") are
 * counted and dropped; several "data:" lines of one event are joined by LF; a
 * UTF-8 byte order mark before the first line is skipped. Bytes are passed on as
 * they came: a sequence split between two reads is whole again in the event.
 * Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream".
 */
#ifndef SLO_NET_SSE_H
#define SLO_NET_SSE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_SSE_EVENT_MAX = 1 << 20, /* bytes of data of one event unless slo_sse_init() says otherwise */
	SLO_SSE_NAME_MAX = 64,       /* bytes of an event name; longer ones are cut */
};

struct slo_sse_event {
	struct slo_str name; /* "event:" field; "message" when there was none */
	struct slo_str data; /* "data:" lines joined by LF; valid during the callback */
};

struct slo_sse {
	uint64_t events;    /* handed to the callback */
	uint64_t comments;  /* comment lines */
	uint64_t oversized; /* events dropped because they exceeded the bound */
	uint64_t cut;       /* events cut off by the end of the stream, dropped */
	/* private */
	struct slo_buf line, data;
	char name[SLO_SSE_NAME_MAX];
	uint8_t bom;        /* bytes of the byte order mark seen; 3 = past it */
	char first;         /* of the current line; tells a comment even when the line is too long */
	bool after_cr, has_data, too_long;
};

/** slo_sse_init - a parser at the start of a stream whose events hold at most @max bytes (0 = SLO_SSE_EVENT_MAX). */
void slo_sse_init(struct slo_sse *s, size_t max);
void slo_sse_fini(struct slo_sse *s);

/** slo_sse_reset - start a new stream, keep the memory, clear the counters. */
void slo_sse_reset(struct slo_sse *s);

/**
 * slo_sse_feed - the next @len bytes of the stream
 * @on_event: called once per complete event, in order; a non-zero return stops the feeding
 *
 * Return: 0, or what @on_event returned (the rest of @p is then not looked at).
 * Events without data are not dispatched, as the standard says.
 */
int slo_sse_feed(struct slo_sse *s, const char *p, size_t len,
		 int (*on_event)(void *arg, const struct slo_sse_event *ev), void *arg);

/** slo_sse_end - the stream is over: an unfinished event is counted in @cut and dropped. */
void slo_sse_end(struct slo_sse *s);

#endif
