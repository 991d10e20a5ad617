/* SPDX-License-Identifier: MIT */
#include "net/serve_spans.h"

#include "base/num.h"
#include "base/time.h"
#include "event/event.h"
#include "io/writer.h"
#include "net/serve_otlp.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct slo_spans {
	struct slo_spans_opts o;
	pthread_mutex_t lock; /* of what follows */
	struct slo_writer *w;
	struct slo_buf line;
	struct slo_otlp *otlp;
	uint64_t spans, failed;
};

int slo_spans_open(const struct slo_spans_opts *o, struct slo_spans **out, struct slo_err *err)
{
	const struct slo_writer_opts wo = { .streaming = true, .queued = true };
	struct slo_spans *s = calloc(1, sizeof(*s));
	int ret = 0;

	if (!s)
		return -ENOMEM;
	s->o = *o;
	pthread_mutex_init(&s->lock, NULL);
	slo_buf_init(&s->line, 1 << 16);
	if (o->endpoint[0])
		ret = slo_writer_open(o->endpoint, &wo, &s->w, err);
	if (!ret && o->otlp[0])
		ret = slo_otlp_start(o->otlp, o->ca_file, o->service, SLO_SPANS_QUEUE_BYTES, &s->otlp, err);
	if (ret) {
		slo_spans_close(s);
		return ret;
	}
	*out = s;
	return 0;
}

static void put(struct slo_spans *s, const struct slo_span *span)
{
	bool ok = true;

	pthread_mutex_lock(&s->lock);
	s->spans++;
	if (s->w) {
		slo_buf_reset(&s->line);
		ok = slo_event_encode_payload(SLO_KIND_SPAN, span, &s->line) == 0 &&
		     slo_writer_line(s->w, slo_buf_str(&s->line), SLO_WRITE_EXEMPLAR) == 0;
		slo_writer_pump(s->w);
	}
	s->failed += !ok;
	pthread_mutex_unlock(&s->lock);
	if (s->otlp)
		slo_otlp_add(s->otlp, span);
}

/* What tells a span's kernel events apart from others'. */
static void place(struct slo_span *span, const struct slo_ends *e)
{
	span->pid = getpid();
	span->has_conn_tuple = e && e->src_ip[0];
	if (span->has_conn_tuple)
		span->conn_tuple = (struct slo_conn_tuple){ slo_str(e->src_ip), slo_str(e->dst_ip), e->src_port,
							    e->dst_port, slo_str(e->udp ? "udp" : "tcp") };
}

static void attribute(struct slo_span *span, const char *key, const char *value)
{
	if (value[0] && span->attributes_count < SLO_MAX_SPAN_ATTRS)
		span->attributes[span->attributes_count++] = (struct slo_pair){ slo_str(key), slo_str(value) };
}

static const char *number(char text[SLO_NUM_MAX + 1], int64_t v)
{
	text[slo_fmt_i64(text, v)] = '\0';
	return text;
}

static void put_call(struct slo_spans *s, const struct slo_spans_request *r, const struct slo_calls_span *c)
{
	bool client =
		strcmp(c->name, "lookup") == 0 || strcmp(c->name, "retrieval") == 0 || strcmp(c->name, "provider") == 0;
	char status[SLO_NUM_MAX + 1];
	struct slo_span span;

	slo_rec_clear(slo_event_rec[SLO_KIND_SPAN], &span);
	span.trace_id = slo_str(r->context.trace_id);
	span.span_id = slo_str(c->span_id);
	span.parent_span_id = slo_str(r->context.parent_id);
	span.name = slo_str(c->name);
	span.span_kind = slo_str(client ? "client" : "internal");
	span.start_ns = c->start_ns;
	span.end_ns = c->end_ns > c->start_ns ? c->end_ns : c->start_ns;
	span.status = slo_str(c->ok ? "ok" : "error");
	span.service = slo_str(s->o.service);
	place(&span, &c->ends);
	attribute(&span, strcmp(c->name, "lookup") == 0 ? "dns.question.name" : "server.address", c->peer);
	if (c->status)
		attribute(&span, "http.response.status_code", number(status, c->status));
	put(s, &span);
}

void slo_spans_add(struct slo_spans *s, const struct slo_spans_request *r)
{
	char status[SLO_NUM_MAX + 1], tokens[SLO_NUM_MAX + 1];
	struct slo_span span;

	slo_rec_clear(slo_event_rec[SLO_KIND_SPAN], &span);
	span.trace_id = slo_str(r->context.trace_id);
	span.span_id = slo_str(r->context.parent_id);
	if (r->parent_id[0])
		span.parent_span_id = slo_str(r->parent_id);
	span.name = slo_str("POST /v1/chat/completions");
	span.span_kind = slo_str("server");
	span.start_ns = r->start_ns;
	span.end_ns = r->end_ns;
	span.status = slo_str(r->status == 200 && r->complete ? "ok" : "error");
	span.service = slo_str(s->o.service);
	place(&span, r->ends);
	attribute(&span, "http.response.status_code", number(status, r->status));
	attribute(&span, "gen_ai.usage.output_tokens", number(tokens, r->tokens));
	put(s, &span);
	for (size_t i = 0; r->calls && i < r->calls->n; i++)
		put_call(s, r, &r->calls->spans[i]);
}

void slo_spans_read_stats(struct slo_spans *s, struct slo_spans_stats *out)
{
	pthread_mutex_lock(&s->lock);
	*out = (struct slo_spans_stats){ s->spans, s->failed };
	for (int c = 0; s->w && c < SLO_WRITE_CLASS__COUNT; c++)
		out->dropped += slo_writer_stats(s->w)->dropped[c];
	pthread_mutex_unlock(&s->lock);
	out->dropped += s->otlp ? slo_otlp_dropped(s->otlp) : 0;
}

void slo_spans_close(struct slo_spans *s)
{
	if (!s)
		return;
	slo_otlp_stop(s->otlp);
	if (s->w) {
		slo_writer_flush(s->w, 1000);
		slo_writer_close(s->w, NULL);
	}
	slo_buf_fini(&s->line);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
