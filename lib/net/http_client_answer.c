/* SPDX-License-Identifier: MIT */
#include "net/http_client_answer.h"

#include "base/time.h"

#include <jansson.h>
#include <stdio.h>

void slo_answer_init(struct slo_answer *a)
{
	memset(a, 0, sizeof(*a));
	slo_sse_init(&a->sse, 0);
	slo_buf_init(&a->body, SLO_ANSWER_BODY_MAX);
	slo_buf_init(&a->gaps, SLO_CLIENT_GAPS_MAX * sizeof(uint32_t));
}

void slo_answer_fini(struct slo_answer *a)
{
	slo_sse_fini(&a->sse);
	slo_buf_fini(&a->body);
	slo_buf_fini(&a->gaps);
}

void slo_answer_begin(struct slo_answer *a)
{
	memset(&a->r, 0, sizeof(a->r));
	slo_sse_reset(&a->sse);
	slo_buf_reset(&a->body);
	slo_buf_reset(&a->gaps);
	a->bad_events = 0;
	a->done = a->stream = a->finish_reason = a->failed = false;
}

static bool has_text(const json_t *delta, const char *key)
{
	return json_string_length(json_object_get(delta, key)) > 0;
}

/* Reasoning models stream their thoughts under one of two names before any content. */
static bool carries_token(const json_t *delta)
{
	return has_text(delta, "content") || has_text(delta, "reasoning") || has_text(delta, "reasoning_content") ||
	       json_array_size(json_object_get(delta, "tool_calls")) > 0;
}

static void take_usage(struct slo_answer *a, const json_t *doc)
{
	const json_t *n = json_object_get(json_object_get(doc, "usage"), "completion_tokens");

	if (json_is_integer(n) && json_integer_value(n) >= 0) {
		a->r.tokens = (uint64_t)json_integer_value(n);
		a->r.tokens_from_usage = true;
	}
}

static void take_error(struct slo_answer *a, const json_t *error)
{
	const char *msg = json_string_value(json_is_object(error) ? json_object_get(error, "message") : error);

	if (!a->r.error[0])
		slo_str_copy(a->r.error, sizeof(a->r.error), slo_str(msg ? msg : "error in the answer"));
}

static void note_gap(struct slo_answer *a)
{
	int64_t us = (a->now_ns - a->r.last_token_ns) / SLO_NS_PER_US;
	uint32_t gap = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us; /* over an hour is as good as an hour */

	slo_buf_add(&a->gaps, &gap, sizeof(gap));
	a->r.gaps_lost += a->gaps.err != 0;
}

static void take_choices(struct slo_answer *a, const json_t *doc, const char *member)
{
	const json_t *choices = json_object_get(doc, "choices");

	for (size_t i = 0; i < json_array_size(choices); i++) {
		const json_t *choice = json_array_get(choices, i);

		if (carries_token(json_object_get(choice, member))) {
			if (!a->r.first_token_ns)
				a->r.first_token_ns = a->now_ns;
			else
				note_gap(a);
			a->r.last_token_ns = a->now_ns;
			a->r.chunks++;
		}
		if (json_is_string(json_object_get(choice, "finish_reason")))
			a->finish_reason = true;
	}
}

static void take_document(struct slo_answer *a, const json_t *doc, const char *member)
{
	const json_t *error = json_object_get(doc, "error");

	if (error && !json_is_null(error)) {
		a->failed = true;
		take_error(a, error);
	}
	take_choices(a, doc, member);
	take_usage(a, doc);
}

static int on_event(void *arg, const struct slo_sse_event *ev)
{
	struct slo_answer *a = arg;
	json_t *doc;

	if (!a->r.first_event_ns)
		a->r.first_event_ns = a->now_ns;
	if (slo_str_is(ev->data, "[DONE]")) {
		a->done = true;
		return 1;
	}
	doc = json_loadb(ev->data.p, ev->data.len, 0, NULL);
	if (slo_str_is(ev->name, "error")) {
		a->failed = true;
		take_error(a, json_object_get(doc, "error"));
	}
	if (json_is_object(doc))
		take_document(a, doc, "delta");
	else
		a->bad_events++;
	json_decref(doc);
	return 0;
}

void slo_answer_data(struct slo_answer *a, int64_t now_ns, int status, bool stream, const char *p, size_t len)
{
	if (len == 0 || a->done)
		return;
	a->now_ns = now_ns;
	if (!a->r.first_byte_ns)
		a->r.first_byte_ns = now_ns;
	a->stream = stream && status >= 200 && status <= 299;
	if (a->stream)
		slo_sse_feed(&a->sse, p, len, on_event, a);
	else
		slo_buf_add(&a->body, p, len);
}

/* A whole document: its tokens are seen when it is complete. */
static void take_body(struct slo_answer *a, int64_t now_ns)
{
	json_t *doc = a->body.err ? NULL : json_loadb(a->body.data ? a->body.data : "", a->body.len, 0, NULL);

	a->now_ns = now_ns;
	if (json_is_object(doc))
		take_document(a, doc, "message");
	json_decref(doc);
}

static enum slo_outcome of_status(int status)
{
	if (status == 429)
		return SLO_OUTCOME_RATE_LIMITED;
	return status >= 500 && status <= 599 ? SLO_OUTCOME_SERVER_ERROR : SLO_OUTCOME_CLIENT_ERROR;
}

static enum slo_outcome settle(const struct slo_answer *a, int status, enum slo_transport_end end)
{
	if (a->done)
		return a->failed ? SLO_OUTCOME_SERVER_ERROR : SLO_OUTCOME_OK;
	if (end == SLO_TRANSPORT_CANCELLED)
		return SLO_OUTCOME_CANCELLED;
	if (end == SLO_TRANSPORT_TIMEOUT)
		return SLO_OUTCOME_TIMEOUT;
	if (end == SLO_TRANSPORT_FAILED)
		return SLO_OUTCOME_ABORTED;
	if (status < 200 || status > 299)
		return of_status(status);
	if (a->failed)
		return SLO_OUTCOME_SERVER_ERROR;
	return a->finish_reason ? SLO_OUTCOME_OK : SLO_OUTCOME_ABORTED;
}

void slo_answer_finish(struct slo_answer *a, int64_t now_ns, int status, enum slo_transport_end end, const char *why)
{
	slo_sse_end(&a->sse);
	if (!a->stream && end == SLO_TRANSPORT_OK)
		take_body(a, now_ns);
	a->r.gaps_us = (const uint32_t *)(const void *)a->gaps.data;
	a->r.gaps = a->gaps.len / sizeof(uint32_t);
	a->r.end_ns = now_ns;
	a->r.status = status;
	a->r.outcome = settle(a, status, end);
	if (!a->r.tokens_from_usage)
		a->r.tokens = a->r.chunks;
	if (a->r.outcome == SLO_OUTCOME_OK) {
		a->r.error[0] = '\0';
	} else if (why && !a->r.error[0]) {
		slo_str_copy(a->r.error, sizeof(a->r.error), slo_str(why));
	} else if (!a->r.error[0]) {
		if (status >= 200 && status <= 299)
			snprintf(a->r.error, sizeof(a->r.error), "the answer ended before it was complete");
		else
			snprintf(a->r.error, sizeof(a->r.error), "HTTP status %d", status);
	}
}
