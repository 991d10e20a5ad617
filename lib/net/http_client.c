/* SPDX-License-Identifier: MIT */
#include "net/http_client.h"

#include "base/time.h"
#include "net/http_client_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum {
	BODY_MAX = 1 << 20,  /* bytes of a request: SLO_CLIENT_PROMPT_MAX words fit */
	RECEIVE = 8192,      /* bytes read at once, for each request under way */
	LINGER_MS = 250,     /* a server that keeps the stream open after [DONE] is not waited for longer */
};

typedef void done_fn(void *arg, const struct slo_client_result *r);

static bool size_valid(const struct slo_client_size *s)
{
	return s->prompt_tokens >= 1 && s->prompt_tokens <= SLO_CLIENT_PROMPT_MAX && s->max_tokens >= 1;
}

static int check_ca(const struct slo_client_opts *o, struct slo_err *err)
{
	int ret;

	if (!o->ca_file || !o->ca_file[0] || access(o->ca_file, R_OK) == 0)
		return 0;
	ret = -errno;
	return slo_err_set(err, ret, "%s: %s", o->ca_file, slo_strerror(ret));
}

static int init(struct slo_client *c, struct slo_err *err)
{
	const struct slo_client_size size = { c->o.prompt_tokens, c->o.max_tokens };
	int ret = slo_client_make_body(c, &size, &c->body);

	if (!ret)
		ret = check_ca(&c->o, err);
	if (!ret)
		ret = curl_global_init(CURL_GLOBAL_DEFAULT) ? -EIO : slo_client_loop_init(c);
	if (ret)
		return ret;
	c->slots = calloc(c->o.max_inflight, sizeof(*c->slots));
	c->free_list = calloc(c->o.max_inflight, sizeof(*c->free_list));
	if (!c->slots || !c->free_list)
		return -ENOMEM;
	return slo_client_set_url(c, err);
}

int slo_client_new(const struct slo_client_opts *o, struct slo_client **out, struct slo_err *err)
{
	const struct slo_client_size size = { o->prompt_tokens, o->max_tokens };
	struct slo_client *c;
	int ret;

	if (o->max_inflight < 1 || o->max_inflight > SLO_CLIENT_INFLIGHT_MAX || !size_valid(&size) ||
	    o->timeout_ns <= 0)
		return slo_err_set(err, -EINVAL, "a bound of the client is out of range");
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->o = *o;
	c->timer = c->epoll = -1;
	slo_buf_init(&c->body, BODY_MAX);
	slo_buf_init(&c->gaps, SLO_CLIENT_GAPS_MAX * sizeof(uint32_t));
	slo_rng_seed(&c->rng, o->id_seed);
	ret = init(c, err);
	if (ret) {
		slo_client_free(c);
		return ret;
	}
	*out = c;
	return 0;
}

static void slot_free(struct slo_client_slot *s)
{
	if (!s)
		return;
	if (s->busy)
		curl_multi_remove_handle(s->client->multi, s->easy);
	curl_easy_cleanup(s->easy);
	slo_answer_fini(&s->answer);
	slo_buf_fini(&s->body);
	free(s);
}

void slo_client_free(struct slo_client *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->made; i++)
		slot_free(c->slots[i]);
	slo_client_loop_fini(c);
	curl_slist_free_all(c->pin);
	slo_buf_fini(&c->body);
	slo_buf_fini(&c->gaps);
	free(c->slots);
	free(c->free_list);
	free(c);
}

static bool is_event_stream(CURL *easy)
{
	static const char want[] = "text/event-stream";
	char *type = NULL;

	return curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type &&
	       strncasecmp(type, want, sizeof(want) - 1) == 0;
}

static int status_of(CURL *easy)
{
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

/* All linger equally long, so that the end of the list is where a new one belongs. */
static void linger_begin(struct slo_client_slot *s, int64_t now_ns)
{
	struct slo_client *c = s->client;

	s->linger_ns = now_ns + LINGER_MS * SLO_NS_PER_MS;
	s->linger_prev = c->linger_last;
	s->linger_next = NULL;
	*(c->linger_last ? &c->linger_last->linger_next : &c->linger_first) = s;
	c->linger_last = s;
}

static void linger_end(struct slo_client_slot *s)
{
	struct slo_client *c = s->client;

	if (!s->linger_ns)
		return;
	*(s->linger_prev ? &s->linger_prev->linger_next : &c->linger_first) = s->linger_next;
	*(s->linger_next ? &s->linger_next->linger_prev : &c->linger_last) = s->linger_prev;
	s->linger_ns = 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	int64_t now = slo_now_mono_ns(); /* before anything else */
	struct slo_client_slot *s = arg;

	slo_answer_data(&s->answer, now, status_of(s->easy), is_event_stream(s->easy), p, size * n);
	if (s->answer.done && !s->linger_ns)
		linger_begin(s, now);
	return size * n;
}

static void set_headers(struct slo_client_slot *s)
{
	static char json[] = "Content-Type: application/json";
	char *const text[SLO_CLIENT_HEADERS] = { json, s->request_id, s->traceparent };

	for (size_t i = 0; i < SLO_CLIENT_HEADERS; i++)
		s->headers[i] = (struct curl_slist){ text[i], i + 1 < SLO_CLIENT_HEADERS ? &s->headers[i + 1] : NULL };
}

static void set_http(const struct slo_client *c, CURL *easy)
{
	bool tls = strncmp(c->url, "https:", 6) == 0;

	if (c->o.http == SLO_HTTP_1_1) {
		curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	} else {
		curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
				 (long)(tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
		curl_easy_setopt(easy, CURLOPT_PIPEWAIT,
				 1L); /* a stream of the connection there is, not a second one */
	}
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (c->o.ca_file && c->o.ca_file[0])
		curl_easy_setopt(easy, CURLOPT_CAINFO, c->o.ca_file);
}

static void set_options(struct slo_client *c, struct slo_client_slot *s)
{
	set_headers(s);
	set_http(c, s->easy);
	curl_easy_setopt(s->easy, CURLOPT_URL, c->url);
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
	curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, (long)(c->o.timeout_ns / SLO_NS_PER_MS));
	curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(s->easy, CURLOPT_BUFFERSIZE, (long)RECEIVE);
	curl_easy_setopt(s->easy, CURLOPT_USERAGENT, "llm-slo-loadgen");
	if (c->pin) {
		curl_easy_setopt(s->easy, CURLOPT_RESOLVE, c->pin);
		curl_easy_setopt(s->easy, CURLOPT_PROXY, ""); /* a proxy would leave the loopback */
	}
}

static struct slo_client_slot *slot_get(struct slo_client *c)
{
	struct slo_client_slot *s;

	if (c->free_count)
		return c->slots[c->free_list[--c->free_count]];
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->client = c;
	s->easy = curl_easy_init();
	slo_answer_init(&s->answer);
	slo_buf_init(&s->body, BODY_MAX);
	if (!s->easy) {
		slot_free(s);
		return NULL;
	}
	set_options(c, s);
	s->index = c->made;
	c->slots[c->made++] = s;
	return s;
}

static void slot_release(struct slo_client *c, struct slo_client_slot *s)
{
	c->free_list[c->free_count++] = s->index;
	linger_end(s);
	s->busy = false;
	c->busy--;
}

static void name_request(struct slo_client *c, struct slo_client_slot *s, uint64_t seq)
{
	struct slo_client_result *r = &s->answer.r;
	unsigned long long hi = slo_rng_u64(&c->rng), lo = slo_rng_u64(&c->rng), span = slo_rng_u64(&c->rng);

	snprintf(r->request_id, sizeof(r->request_id), "load-%08llx-%06llu",
		 (unsigned long long)c->o.id_seed & 0xffffffff, (unsigned long long)seq);
	snprintf(r->trace_id, sizeof(r->trace_id), "%016llx%016llx", hi, lo);
	snprintf(s->request_id, sizeof(s->request_id), "X-Request-Id: %s", r->request_id);
	snprintf(s->traceparent, sizeof(s->traceparent), "traceparent: 00-%s-%016llx-01", r->trace_id, span);
}

/* Return: the body to send; NULL when there is no memory for it. */
static const struct slo_buf *body_of(struct slo_client *c, struct slo_client_slot *s,
				     const struct slo_client_size *size)
{
	if (!size) {
		slo_buf_fini(&s->body); /* a long one is not kept for those that do not need it */
		return &c->body;
	}
	slo_buf_reset(&s->body);
	return slo_client_make_body(c, size, &s->body) ? NULL : &s->body;
}

static int start(struct slo_client *c, struct slo_client_slot *s, uint64_t seq, int64_t intended_ns,
		 const struct slo_client_size *size)
{
	const struct slo_buf *body = body_of(c, s, size);

	s->busy = true;
	c->busy++;
	if (!body) {
		slot_release(c, s);
		return -ENOMEM;
	}
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, body->data);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
	slo_answer_begin(&s->answer);
	s->answer.r.seq = seq;
	s->answer.r.intended_ns = intended_ns;
	name_request(c, s, seq);
	s->answer.r.sent_ns = slo_now_mono_ns();
	if (curl_multi_add_handle(c->multi, s->easy) != CURLM_OK) {
		slot_release(c, s);
		return -EIO;
	}
	c->stats.sent++;
	slo_client_loop_kick(c); /* out now, not when the caller polls; that would report a failure again */
	return 0;
}

int slo_client_send_sized(struct slo_client *c, uint64_t seq, int64_t intended_ns, const struct slo_client_size *size)
{
	struct slo_client_slot *s;

	if (size && !size_valid(size))
		return -EINVAL;
	if (c->busy >= c->o.max_inflight) {
		c->stats.refused++;
		return -EAGAIN;
	}
	s = slot_get(c);
	return s ? start(c, s, seq, intended_ns, size) : -ENOMEM;
}

int slo_client_send(struct slo_client *c, uint64_t seq, int64_t intended_ns)
{
	return slo_client_send_sized(c, seq, intended_ns, NULL);
}

static enum slo_transport_end end_of(CURLcode code)
{
	if (code == CURLE_OK)
		return SLO_TRANSPORT_OK;
	return code == CURLE_OPERATION_TIMEDOUT ? SLO_TRANSPORT_TIMEOUT : SLO_TRANSPORT_FAILED;
}

static void count(struct slo_client *c, const struct slo_client_slot *s)
{
	long made = 0, version = 0;

	curl_easy_getinfo(s->easy, CURLINFO_NUM_CONNECTS, &made);
	curl_easy_getinfo(s->easy, CURLINFO_HTTP_VERSION, &version);
	c->stats.connections += made > 0 ? (uint64_t)made : 0;
	c->stats.http2 += version == CURL_HTTP_VERSION_2_0;
	c->stats.bad_events += s->answer.bad_events;
	c->stats.oversized += s->answer.sse.oversized;
	c->stats.done++;
}

static void finish(struct slo_client *c, struct slo_client_slot *s, enum slo_transport_end end, const char *why,
		   done_fn *on_done, void *arg)
{
	struct slo_client_result r;
	struct slo_buf gaps = c->gaps;

	slo_answer_finish(&s->answer, slo_now_mono_ns(), status_of(s->easy), end, why);
	count(c, s);
	curl_multi_remove_handle(c->multi, s->easy);
	r = s->answer.r;
	c->gaps = s->answer.gaps; /* the callback reads them and may give the slot a new request */
	s->answer.gaps = gaps;
	slot_release(c, s);
	on_done(arg, &r);
}

static bool drain(struct slo_client *c, done_fn *on_done, void *arg)
{
	CURLMsg *msg;
	bool any = false;
	int left;

	while ((msg = curl_multi_info_read(c->multi, &left))) {
		struct slo_client_slot *s = NULL;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE || curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&s) ||
		    !s)
			continue;
		finish(c, s, end_of(code), code ? curl_easy_strerror(code) : NULL, on_done, arg);
		any = true;
	}
	while (c->linger_first && slo_now_mono_ns() >= c->linger_first->linger_ns) {
		finish(c, c->linger_first, SLO_TRANSPORT_OK, NULL, on_done, arg);
		any = true;
	}
	return any;
}

int slo_client_poll(struct slo_client *c, int64_t until_ns,
		    void (*on_done)(void *arg, const struct slo_client_result *r), void *arg)
{
	int ret = 0;

	/* What is ready is moved once even when the time is up, or a caller in arrears would starve its answers. */
	for (bool moved = false; !ret; moved = true) {
		if (c->curl_due_ns && slo_now_mono_ns() >= c->curl_due_ns)
			ret = slo_client_loop_kick(c);
		if (ret || drain(c, on_done, arg) || (moved && slo_now_mono_ns() >= until_ns))
			return ret;
		ret = slo_client_loop_wait(c, until_ns);
	}
	drain(c, on_done, arg);
	return ret == -EINTR ? 0 : ret;
}

void slo_client_cancel(struct slo_client *c, void (*on_done)(void *arg, const struct slo_client_result *r), void *arg)
{
	for (uint32_t i = 0; i < c->made; i++)
		if (c->slots[i]->busy)
			finish(c, c->slots[i], SLO_TRANSPORT_CANCELLED, "cancelled", on_done, arg);
}

uint32_t slo_client_inflight(const struct slo_client *c)
{
	return c->busy;
}

const struct slo_client_stats *slo_client_stats(const struct slo_client *c)
{
	return &c->stats;
}
