/* SPDX-License-Identifier: MIT */
/* Requests and answers of one connection, from the events of its two parsers. */
#include <string.h>

#include "decode/flow_conn.h"
#include "decode/flow_wait.h"

static uint16_t bit(uint64_t no)
{
	return (uint16_t)(1u << (no % SLO_FLOW_MAX_PIPELINE));
}

static void set_answering(struct slo_flow_tracker *t, struct conn *c, bool answering, bool silent)
{
	if (c->answering && !c->silent)
		t->active_answers--;
	c->answering = answering;
	c->silent = silent;
	if (c->answering && !c->silent)
		t->active_answers++;
}

/* The answer in progress is over. */
static void finish(struct slo_flow_tracker *t, struct conn *c, int outcome, int64_t end_ns)
{
	if (!c->answering)
		return;
	c->answer.body_bytes = c->s[RESPONSES].http.body_bytes;
	if (c->current.sent_ns == 0) /* answered before it was sent in full */
		c->current.sent_ns = c->s[REQUESTS].last_ns;
	if (!c->silent)
		flow_request_done(t, &c->current, &c->answer, outcome, end_ns);
	set_answering(t, c, false, false);
}

/* Nothing waits for an answer any more. @report: tell that the connection ended on them. */
static void drop_waiting(struct slo_flow_tracker *t, struct conn *c, bool report, uint64_t *count, int64_t end_ns)
{
	static const struct answer none;
	struct request r;

	for (; c->first_no < c->next_no; c->first_no++) {
		if (!flow_request_take(t, c->id, c->first_no, &r))
			continue;
		if (report) {
			flow_request_done(t, &r, &none, SLO_BAD_ABORTED, end_ns);
		} else {
			flow_wait_end(t, &r.key);
			(*count)++;
		}
	}
	c->overflow = 0;
	c->last_kept = false;
}

static void give_up(struct slo_flow_tracker *t, struct conn *c, uint64_t *count)
{
	if (c->answering && !c->silent) {
		flow_wait_end(t, &c->current.key);
		(*count)++;
	}
	set_answering(t, c, false, false);
	drop_waiting(t, c, false, count, 0);
}

void flow_exchange_void(struct slo_flow_tracker *t, struct conn *c)
{
	/* With more than one waiting, which of them the next answer belongs to is not known. */
	if (c->next_no - c->first_no + c->overflow > 1)
		c->dead = true;
	give_up(t, c, &t->c.request_void);
}

void flow_exchange_evict(struct slo_flow_tracker *t, struct conn *c)
{
	give_up(t, c, &t->c.requests_evicted);
}

/* A request's head is complete. */
static void requested(struct slo_flow_tracker *t, struct conn *c)
{
	const struct slo_http *h = &c->s[REQUESTS].http;
	struct request r = {
		.key = { c->id, c->next_no }, .start_ns = c->request_ns, .watch = c->watch, .tuple = c->tuple
	};

	/* The client goes on, so the answer whose end could not be seen is over. */
	if (c->answering && c->first_no == c->next_no && slo_http_lost(&c->s[RESPONSES].http)) {
		finish(t, c, -1, c->s[RESPONSES].last_ns);
		slo_http_desync(&c->s[RESPONSES].http);
		t->c.resyncs++;
	}
	c->last_kept = c->overflow == 0 && c->next_no - c->first_no < SLO_FLOW_MAX_PIPELINE;
	if (!c->last_kept) {
		c->overflow++;
		t->c.pipeline_overflow++;
		return;
	}
	memcpy(r.trace_id, h->trace_id, sizeof(r.trace_id));
	c->head_mask = (uint16_t)((c->head_mask & ~bit(c->next_no)) | (h->is_head ? bit(c->next_no) : 0));
	c->connect_mask = (uint16_t)((c->connect_mask & ~bit(c->next_no)) | (h->is_connect ? bit(c->next_no) : 0));
	flow_request_new(t, &r);
	c->next_no++;
}

/* A request is complete. */
static void request_sent(struct slo_flow_tracker *t, struct conn *c, int64_t ts_ns)
{
	struct request *r = c->last_kept ? flow_request_find(t, c->id, c->next_no - 1) : NULL;

	if (r) {
		r->sent_ns = ts_ns;
		flow_wait_new(t, r);
	} else if (c->last_kept && c->answering && c->first_no == c->next_no && c->current.sent_ns == 0) {
		c->current.sent_ns = ts_ns;
	}
}

static void not_captured(struct slo_flow_tracker *t, struct conn *c, enum slo_not_captured why)
{
	const struct slo_watch *w = &t->o.watch[c->watch];

	c->dead = true;
	t->c.not_captured[why]++;
	if (t->why[c->watch] == why)
		return;
	t->why[c->watch] = (uint8_t)why;
	if (t->o.not_captured)
		t->o.not_captured(t->o.arg, w->service, w->port, why);
}

static void request_event(struct slo_flow_tracker *t, struct conn *c, enum slo_http_event ev, int64_t ts_ns)
{
	switch (ev) {
	case SLO_HTTP_START:
		c->request_ns = ts_ns;
		t->c.resyncs += c->lost_sync;
		c->lost_sync = false;
		break;
	case SLO_HTTP_HEAD:
		requested(t, c);
		break;
	case SLO_HTTP_END:
		request_sent(t, c, ts_ns);
		break;
	case SLO_HTTP_TLS:
		not_captured(t, c, SLO_NOT_CAPTURED_TLS);
		break;
	case SLO_HTTP_H2:
		not_captured(t, c, SLO_NOT_CAPTURED_H2);
		break;
	default:
		break;
	}
}

/* The head of an answer is complete: it belongs to the oldest request that waits. */
static void answer_starts(struct slo_flow_tracker *t, struct conn *c)
{
	const struct slo_http *h = &c->s[RESPONSES].http;
	bool known = false;

	if (c->first_no < c->next_no)
		known = flow_request_take(t, c->id, c->first_no++, &c->current);
	else if (c->overflow > 0)
		c->overflow--;
	memset(&c->answer, 0, sizeof(c->answer));
	c->answer.status = h->status;
	c->answer.streaming = h->chunked || h->event_stream;
	set_answering(t, c, true, !known);
}

static void content(struct slo_flow_tracker *t, struct conn *c, int64_t ts_ns)
{
	struct answer *a = &c->answer;

	if (a->first_ns == 0) {
		a->first_ns = ts_ns;
		if (!c->silent)
			flow_wait_content(t, &c->current, a->status, ts_ns);
	}
	if (!a->streaming)
		return;
	if (a->chunks++ == 0)
		a->first_chunk_ns = ts_ns;
	a->last_chunk_ns = ts_ns;
}

static void response_event(struct slo_flow_tracker *t, struct conn *c, enum slo_http_event ev, int64_t ts_ns)
{
	switch (ev) {
	case SLO_HTTP_HEAD:
		answer_starts(t, c);
		break;
	case SLO_HTTP_UPGRADED:
		answer_starts(t, c);
		finish(t, c, -1, ts_ns);
		drop_waiting(t, c, false, &t->c.request_void, ts_ns);
		t->c.upgraded++;
		c->dead = true;
		break;
	case SLO_HTTP_CONTENT:
		content(t, c, ts_ns);
		break;
	case SLO_HTTP_END:
		finish(t, c, -1, ts_ns);
		break;
	case SLO_HTTP_RESYNC:
		t->c.resyncs++;
		break;
	case SLO_HTTP_BAD:
		flow_exchange_void(t, c);
		break;
	default:
		break;
	}
}

static void event(struct slo_flow_tracker *t, struct conn *c, unsigned int which, enum slo_http_event ev, int64_t ts_ns)
{
	if (which == REQUESTS)
		request_event(t, c, ev, ts_ns);
	else
		response_event(t, c, ev, ts_ns);
}

/* Tell the response parser what it cannot see. Return: false when nobody asked for what comes. */
static bool prepare(struct conn *c, unsigned int which)
{
	struct slo_http *h = &c->s[which].http;

	if (which == REQUESTS)
		return true;
	h->to_head = c->head_mask & bit(c->first_no) && c->first_no < c->next_no;
	h->to_connect = c->connect_mask & bit(c->first_no) && c->first_no < c->next_no;
	return c->answering || !slo_http_idle(h) || c->first_no < c->next_no || c->overflow > 0;
}

static void skip(struct slo_flow_tracker *t, struct conn *c, unsigned int which, uint64_t n, int64_t ts_ns)
{
	enum slo_http_event ev;
	uint64_t used;

	do {
		if (c->dead || !prepare(c, which))
			return;
		ev = slo_http_skip(&c->s[which].http, n, &used);
		n -= used;
		event(t, c, which, ev, ts_ns);
	} while (ev != SLO_HTTP_MORE || n > 0);
}

void flow_exchange_bytes(struct slo_flow_tracker *t, struct conn *c, unsigned int which, const struct run *r)
{
	struct slo_http *h = &c->s[which].http;
	enum slo_http_event ev;
	size_t at = 0, used;

	slo_http_piece(h, r->cap == r->len);
	do {
		if (c->dead)
			return;
		if (!prepare(c, which)) {
			slo_http_desync(h);
			return;
		}
		ev = slo_http_feed(h, r->data + at, r->cap - at, &used);
		at += used;
		event(t, c, which, ev, r->ts_ns);
	} while (ev != SLO_HTTP_MORE);
	if (r->cap < r->len)
		skip(t, c, which, r->len - r->cap, r->ts_ns);
}

void flow_exchange_gap(struct slo_flow_tracker *t, struct conn *c, unsigned int which, uint32_t len, int64_t ts_ns)
{
	t->c.gaps++;
	c->lost_sync |= which == REQUESTS;
	skip(t, c, which, len, ts_ns);
}

void flow_exchange_end(struct slo_flow_tracker *t, struct conn *c, unsigned int which, bool reset, int64_t ts_ns)
{
	struct slo_http *h = &c->s[RESPONSES].http;
	bool lost = slo_http_lost(h);

	c->dead = true;
	if (which == RESPONSES && !reset && slo_http_close(h))
		finish(t, c, -1, lost ? c->s[RESPONSES].last_ns : ts_ns);
	else if (lost)
		give_up(t, c, &t->c.request_void);
	else
		finish(t, c, SLO_BAD_ABORTED, ts_ns);
	drop_waiting(t, c, true, NULL, ts_ns);
}
