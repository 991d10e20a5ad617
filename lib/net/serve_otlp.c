/* SPDX-License-Identifier: MIT */
#include "net/serve_otlp.h"

#include "base/time.h"
#include "net/fetch.h"
#include "rec/rec.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { TIMEOUT_MS = 1000, TRIES = 2 };

struct slo_otlp {
	const char *service;
	const char *url;
	struct slo_fetch *fetch; /* of the thread */
	struct slo_fetch_answer answer;
	pthread_t thread;
	bool started;
	struct slo_buf body;   /* of the thread */
	pthread_mutex_t lock;  /* of what follows */
	pthread_cond_t stop;
	struct slo_buf queue;  /* span objects, a comma after each */
	uint64_t queued, dropped;
	bool stopping;
};

static const struct {
	const char *name;
	int number; /* SpanKind */
} kinds[] = { { "internal", 1 }, { "server", 2 }, { "client", 3 }, { "producer", 4 }, { "consumer", 5 } };

static int kind_of(struct slo_str name)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(kinds); i++)
		if (slo_str_is(name, kinds[i].name))
			return kinds[i].number;
	return 0;
}

void slo_otlp_encode(const struct slo_span *s, struct slo_buf *b)
{
	slo_buf_adds(b, "{\"traceId\":");
	slo_json_add_str(b, s->trace_id);
	slo_buf_adds(b, ",\"spanId\":");
	slo_json_add_str(b, s->span_id);
	if (s->parent_span_id.len) {
		slo_buf_adds(b, ",\"parentSpanId\":");
		slo_json_add_str(b, s->parent_span_id);
	}
	slo_buf_adds(b, ",\"name\":");
	slo_json_add_str(b, s->name);
	slo_buf_addf(b, ",\"kind\":%d,\"startTimeUnixNano\":\"%lld\",\"endTimeUnixNano\":\"%lld\",\"attributes\":[",
		     kind_of(s->span_kind), (long long)s->start_ns, (long long)s->end_ns);
	for (uint32_t i = 0; i < s->attributes_count; i++) {
		slo_buf_adds(b, i ? ",{\"key\":" : "{\"key\":");
		slo_json_add_str(b, s->attributes[i].key);
		slo_buf_adds(b, ",\"value\":{\"stringValue\":");
		slo_json_add_str(b, s->attributes[i].value);
		slo_buf_adds(b, "}}");
	}
	slo_buf_addf(b, "],\"status\":{\"code\":%d}}",
		     slo_str_is(s->status, "ok")      ? 1
		     : slo_str_is(s->status, "error") ? 2
						      : 0);
}

/* Return: true when the collector has it; @again: whether OTLP allows another try. */
static bool post(struct slo_otlp *o, bool *again)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	const struct slo_fetch_request r = { .url = o->url, .headers = headers, .body = slo_buf_str(&o->body) };
	int ret = slo_fetch_do(o->fetch, &r, &o->answer, NULL, NULL, NULL);
	long status = o->answer.status;

	*again = ret || status == 429 || (status >= 502 && status <= 504);
	return !ret && status >= 200 && status <= 299;
}

/* The queue becomes a request. Return: how many spans are in it. */
static uint64_t take_batch(struct slo_otlp *o)
{
	uint64_t n = o->queued;

	slo_buf_reset(&o->body);
	if (!n)
		return 0;
	slo_buf_adds(&o->body, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
			       "{\"stringValue\":");
	slo_json_add_str(&o->body, slo_str(o->service));
	slo_buf_adds(&o->body, "}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"llm-slo/loadgen\"},\"spans\":[");
	slo_buf_add(&o->body, o->queue.data, o->queue.len - 1);
	slo_buf_adds(&o->body, "]}]}]}");
	slo_buf_reset(&o->queue);
	o->queued = 0;
	return n;
}

static void send_batch(struct slo_otlp *o)
{
	bool there = false, again = true;
	uint64_t n;

	pthread_mutex_lock(&o->lock);
	n = take_batch(o);
	pthread_mutex_unlock(&o->lock);
	if (!n)
		return;
	for (int i = 0; i < TRIES && !there && again && !o->body.err; i++)
		there = post(o, &again);
	if (there)
		return;
	pthread_mutex_lock(&o->lock);
	o->dropped += n;
	pthread_mutex_unlock(&o->lock);
}

static void *exporter(void *arg)
{
	struct slo_otlp *o = arg;
	bool stopping = false;

	while (!stopping) {
		struct timespec at;

		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_sec++;
		pthread_mutex_lock(&o->lock);
		while (!o->stopping && pthread_cond_timedwait(&o->stop, &o->lock, &at) != ETIMEDOUT)
			;
		stopping = o->stopping;
		pthread_mutex_unlock(&o->lock);
		send_batch(o);
	}
	return NULL;
}

static int setup(struct slo_otlp *o, const char *ca_file, struct slo_err *err)
{
	const struct slo_fetch_opts f = { .ca_file = ca_file[0] ? ca_file : NULL, .allow_http = true,
					  .timeout_ns = TIMEOUT_MS * SLO_NS_PER_MS };
	int ret = slo_fetch_new(&f, &o->fetch, err);

	if (ret)
		return ret;
	o->started = pthread_create(&o->thread, NULL, exporter, o) == 0;
	return o->started ? 0 : -EAGAIN;
}

int slo_otlp_start(const char *url, const char *ca_file, const char *service, size_t queue_bytes, struct slo_otlp **out,
		   struct slo_err *err)
{
	struct slo_otlp *o;
	pthread_condattr_t attr;
	int ret;

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return slo_err_set(err, -EINVAL, "%s is no http:// or https:// address", url);
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->service = service;
	o->url = url;
	slo_fetch_answer_init(&o->answer, 0);
	slo_buf_init(&o->queue, queue_bytes);
	slo_buf_init(&o->body, queue_bytes + 65536);
	pthread_mutex_init(&o->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&o->stop, &attr);
	pthread_condattr_destroy(&attr);
	ret = setup(o, ca_file, err);
	if (ret) {
		slo_otlp_stop(o);
		return ret;
	}
	*out = o;
	return 0;
}

void slo_otlp_add(struct slo_otlp *o, const struct slo_span *span)
{
	size_t before;

	pthread_mutex_lock(&o->lock);
	before = o->queue.len;
	slo_otlp_encode(span, &o->queue);
	slo_buf_addc(&o->queue, ',');
	if (o->queue.err) {
		o->queue.err = 0; /* what was there stays whole */
		o->queue.len = before;
		o->dropped++;
	} else {
		o->queued++;
	}
	pthread_mutex_unlock(&o->lock);
}

uint64_t slo_otlp_dropped(struct slo_otlp *o)
{
	uint64_t n;

	pthread_mutex_lock(&o->lock);
	n = o->dropped;
	pthread_mutex_unlock(&o->lock);
	return n;
}

void slo_otlp_stop(struct slo_otlp *o)
{
	if (!o)
		return;
	if (o->started) {
		pthread_mutex_lock(&o->lock);
		o->stopping = true;
		pthread_cond_signal(&o->stop);
		pthread_mutex_unlock(&o->lock);
		pthread_join(o->thread, NULL);
	}
	slo_fetch_free(o->fetch);
	slo_fetch_answer_fini(&o->answer);
	slo_buf_fini(&o->queue);
	slo_buf_fini(&o->body);
	pthread_cond_destroy(&o->stop);
	pthread_mutex_destroy(&o->lock);
	free(o);
}
