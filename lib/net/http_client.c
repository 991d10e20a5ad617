/* SPDX-License-Identifier: MIT */
#include "net/http_client.h"

#include "base/cleanup.h"
#include "base/rng.h"
#include "base/time.h"
#include "net/http_client_answer.h"
#include "rec/rec.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/timerfd.h>

enum {
	INFLIGHT_MAX = 16384,
	PROMPT_MAX = 65536,  /* words */
	LINGER_MS = 250,     /* a server that keeps the stream open after [DONE] is not waited for longer */
	HEADERS = 3,
};

struct slot {
	struct slo_client *client;
	CURL *easy;
	struct slo_answer answer;
	struct curl_slist headers[HEADERS]; /* ours, so that a request allocates none */
	char request_id[80], traceparent[80];
	uint32_t index;      /* in the client's slots */
	int64_t linger_ns;   /* when to give up on the transport after [DONE]; 0 = not there yet */
	bool busy;
};

struct slo_client {
	struct slo_client_opts o;
	char url[1024];
	char resolve[320];        /* "host:port:address", pins a target that must be loopback */
	struct curl_slist *pin;
	struct slo_buf body;      /* the request, the same each time */
	CURLM *multi;
	int timer;
	struct slot **slots;      /* max_inflight; made when first needed */
	uint32_t made, busy, lingering;
	uint32_t *free_list, free_count;
	struct slo_rng rng;
	struct slo_client_stats stats;
};

typedef void done_fn(void *arg, const struct slo_client_result *r);

static bool is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr) >> 24 == 127;
	if (sa->sa_family == AF_INET6) {
		const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;

		return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
	}
	return false;
}

/* Resolved once and pinned: a name must not lead elsewhere later in the run. */
static int pin_loopback(struct slo_client *c, const char *host, const char *port, struct slo_err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	char bare[256], addr[NI_MAXHOST];
	size_t len = strlen(host);
	int ret = 0, rc;

	slo_str_copy(bare, sizeof(bare), host[0] == '[' && len > 2 ? slo_str_n(host + 1, len - 2) : slo_str(host));
	rc = getaddrinfo(bare, port, &hints, &list);
	if (rc)
		return slo_err_set(err, -EINVAL, "cannot resolve %s: %s", host, gai_strerror(rc));
	for (ai = list; ai && !ret; ai = ai->ai_next)
		if (!is_loopback(ai->ai_addr))
			ret = slo_err_set(err, -EPERM, "%s is not a loopback address", host);
	if (!ret && getnameinfo(list->ai_addr, list->ai_addrlen, addr, sizeof(addr), NULL, 0, NI_NUMERICHOST))
		ret = slo_err_set(err, -EINVAL, "cannot print the address of %s", host);
	freeaddrinfo(list);
	if (ret)
		return ret;
	if (snprintf(c->resolve, sizeof(c->resolve), strchr(addr, ':') ? "%s:%s:[%s]" : "%s:%s:%s", host, port, addr) >=
	    (int)sizeof(c->resolve))
		return slo_err_set(err, -EINVAL, "host name too long");
	c->pin = curl_slist_append(NULL, c->resolve);
	return c->pin ? 0 : -ENOMEM;
}

static int set_path(CURLU *u)
{
	char *path = NULL;
	int ret = 0;

	if (curl_url_get(u, CURLUPART_PATH, &path, 0) || !path[0] || strcmp(path, "/") == 0)
		ret = curl_url_set(u, CURLUPART_PATH, "/v1/chat/completions", 0) ? -EINVAL : 0;
	curl_free(path);
	return ret;
}

static int set_url(struct slo_client *c, struct slo_err *err)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL, *full = NULL, *scheme = NULL;
	int ret = 0;

	if (!u)
		return -ENOMEM;
	if (curl_url_set(u, CURLUPART_URL, c->o.url, 0) || curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) || curl_url_get(u, CURLUPART_HOST, &host, 0) ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) || set_path(u) ||
	    curl_url_get(u, CURLUPART_URL, &full, 0) || strlen(full) >= sizeof(c->url))
		ret = slo_err_set(err, -EINVAL, "%s is no http:// or https:// address", c->o.url);
	if (!ret)
		slo_str_copy(c->url, sizeof(c->url), slo_str(full));
	if (!ret && c->o.loopback_only)
		ret = pin_loopback(c, host, port, err);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(full);
	curl_url_cleanup(u);
	return ret;
}

static int make_body(struct slo_client *c)
{
	static const char *const words[] = { "latency", "kernel", "token", "queue", "socket", "memory", "cache", "probe" };
	struct slo_buf *b = &c->body;

	slo_buf_init(b, 1 << 20);
	slo_buf_adds(b, "{\"model\":");
	slo_json_add_str(b, slo_str(c->o.model));
	slo_buf_addf(b, ",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":%lld,",
		     (long long)c->o.max_tokens);
	slo_buf_adds(b, "\"messages\":[{\"role\":\"user\",\"content\":\"");
	for (int64_t i = 0; i < c->o.prompt_tokens; i++) {
		if (i)
			slo_buf_addc(b, ' ');
		slo_buf_adds(b, words[i % (int64_t)SLO_ARRAY_LEN(words)]);
	}
	slo_buf_adds(b, "\"}]}");
	return b->err;
}

static int init_transport(struct slo_client *c)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -EIO;
	c->multi = curl_multi_init();
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	c->slots = calloc(c->o.max_inflight, sizeof(*c->slots));
	c->free_list = calloc(c->o.max_inflight, sizeof(*c->free_list));
	if (c->timer < 0)
		return -errno;
	if (!c->multi || !c->slots || !c->free_list)
		return -ENOMEM;
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)c->o.max_inflight);
	return 0;
}

int slo_client_new(const struct slo_client_opts *o, struct slo_client **out, struct slo_err *err)
{
	struct slo_client *c;
	int ret;

	if (o->max_inflight < 1 || o->max_inflight > INFLIGHT_MAX || o->prompt_tokens < 1 ||
	    o->prompt_tokens > PROMPT_MAX || o->timeout_ns <= 0)
		return slo_err_set(err, -EINVAL, "a bound of the client is out of range");
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->o = *o;
	c->timer = -1;
	slo_rng_seed(&c->rng, o->id_seed);
	ret = make_body(c);
	if (!ret)
		ret = init_transport(c);
	if (!ret)
		ret = set_url(c, err);
	if (ret) {
		slo_client_free(c);
		return ret;
	}
	*out = c;
	return 0;
}

static void slot_free(struct slot *s)
{
	if (!s)
		return;
	if (s->busy)
		curl_multi_remove_handle(s->client->multi, s->easy);
	curl_easy_cleanup(s->easy);
	slo_answer_fini(&s->answer);
	free(s);
}

void slo_client_free(struct slo_client *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->made; i++)
		slot_free(c->slots[i]);
	curl_multi_cleanup(c->multi);
	curl_slist_free_all(c->pin);
	if (c->timer >= 0)
		close(c->timer);
	slo_buf_fini(&c->body);
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

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	int64_t now = slo_now_mono_ns(); /* before anything else */
	struct slot *s = arg;

	slo_answer_data(&s->answer, now, status_of(s->easy), is_event_stream(s->easy), p, size * n);
	if (s->answer.done && !s->linger_ns) {
		s->linger_ns = now + LINGER_MS * SLO_NS_PER_MS;
		s->client->lingering++;
	}
	return size * n;
}

static void set_headers(struct slot *s)
{
	static char json[] = "Content-Type: application/json";
	char *const text[HEADERS] = { json, s->request_id, s->traceparent };

	for (size_t i = 0; i < HEADERS; i++)
		s->headers[i] = (struct curl_slist){ text[i], i + 1 < HEADERS ? &s->headers[i + 1] : NULL };
}

static void set_options(struct slo_client *c, struct slot *s)
{
	set_headers(s);
	curl_easy_setopt(s->easy, CURLOPT_URL, c->url);
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, c->body.data);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
	curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, (long)(c->o.timeout_ns / SLO_NS_PER_MS));
	curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(s->easy, CURLOPT_USERAGENT, "llm-slo-loadgen");
	if (c->pin) {
		curl_easy_setopt(s->easy, CURLOPT_RESOLVE, c->pin);
		curl_easy_setopt(s->easy, CURLOPT_PROXY, ""); /* a proxy would leave the loopback */
	}
}

static struct slot *slot_get(struct slo_client *c)
{
	struct slot *s;

	if (c->free_count)
		return c->slots[c->free_list[--c->free_count]];
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->client = c;
	s->easy = curl_easy_init();
	slo_answer_init(&s->answer);
	if (!s->easy) {
		slot_free(s);
		return NULL;
	}
	set_options(c, s);
	s->index = c->made;
	c->slots[c->made++] = s;
	return s;
}

static void slot_release(struct slo_client *c, struct slot *s)
{
	c->free_list[c->free_count++] = s->index;
	if (s->linger_ns)
		c->lingering--;
	s->linger_ns = 0;
	s->busy = false;
	c->busy--;
}

static void name_request(struct slo_client *c, struct slot *s, uint64_t seq)
{
	struct slo_client_result *r = &s->answer.r;
	unsigned long long hi = slo_rng_u64(&c->rng), lo = slo_rng_u64(&c->rng), span = slo_rng_u64(&c->rng);

	snprintf(r->request_id, sizeof(r->request_id), "load-%08llx-%06llu", (unsigned long long)c->o.id_seed & 0xffffffff,
		 (unsigned long long)seq);
	snprintf(r->trace_id, sizeof(r->trace_id), "%016llx%016llx", hi, lo);
	snprintf(s->request_id, sizeof(s->request_id), "X-Request-Id: %s", r->request_id);
	snprintf(s->traceparent, sizeof(s->traceparent), "traceparent: 00-%s-%016llx-01", r->trace_id, span);
}

int slo_client_send(struct slo_client *c, uint64_t seq, int64_t intended_ns)
{
	struct slot *s;
	int running;

	if (c->busy >= c->o.max_inflight) {
		c->stats.refused++;
		return -EAGAIN;
	}
	s = slot_get(c);
	if (!s)
		return -ENOMEM;
	slo_answer_begin(&s->answer);
	s->answer.r.seq = seq;
	s->answer.r.intended_ns = intended_ns;
	name_request(c, s, seq);
	s->busy = true;
	c->busy++;
	s->answer.r.sent_ns = slo_now_mono_ns();
	if (curl_multi_add_handle(c->multi, s->easy) != CURLM_OK) {
		slot_release(c, s);
		return -EIO;
	}
	c->stats.sent++;
	curl_multi_perform(c->multi, &running); /* out now, not when the caller polls */
	return 0;
}

static enum slo_transport_end end_of(CURLcode code)
{
	if (code == CURLE_OK)
		return SLO_TRANSPORT_OK;
	return code == CURLE_OPERATION_TIMEDOUT ? SLO_TRANSPORT_TIMEOUT : SLO_TRANSPORT_FAILED;
}

static void finish(struct slo_client *c, struct slot *s, enum slo_transport_end end, const char *why, done_fn *on_done,
		   void *arg)
{
	struct slo_client_result r;
	long made = 0;

	slo_answer_finish(&s->answer, slo_now_mono_ns(), status_of(s->easy), end, why);
	curl_easy_getinfo(s->easy, CURLINFO_NUM_CONNECTS, &made);
	c->stats.connections += made > 0 ? (uint64_t)made : 0;
	c->stats.bad_events += s->answer.bad_events;
	c->stats.oversized += s->answer.sse.oversized;
	c->stats.done++;
	r = s->answer.r;
	curl_multi_remove_handle(c->multi, s->easy);
	slot_release(c, s);
	on_done(arg, &r);
}

static bool drain(struct slo_client *c, done_fn *on_done, void *arg)
{
	CURLMsg *msg;
	bool any = false;
	int left;

	while ((msg = curl_multi_info_read(c->multi, &left))) {
		struct slot *s = NULL;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE || curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&s) || !s)
			continue;
		finish(c, s, end_of(code), code ? curl_easy_strerror(code) : NULL, on_done, arg);
		any = true;
	}
	for (uint32_t i = 0; c->lingering && i < c->made; i++) {
		struct slot *s = c->slots[i];

		if (s->busy && s->linger_ns && slo_now_mono_ns() >= s->linger_ns) {
			finish(c, s, SLO_TRANSPORT_OK, NULL, on_done, arg);
			any = true;
		}
	}
	return any;
}

static int wait_io(struct slo_client *c, int64_t until_ns)
{
	struct curl_waitfd timer = { .fd = c->timer, .events = CURL_WAIT_POLLIN };
	struct itimerspec at = { .it_value = { .tv_sec = until_ns / SLO_NS_PER_S, .tv_nsec = until_ns % SLO_NS_PER_S } };
	int64_t left_ms = (until_ns - slo_now_mono_ns()) / SLO_NS_PER_MS + 1;

	if (c->lingering && left_ms > LINGER_MS)
		left_ms = LINGER_MS;
	/* The timer gives the exact moment; poll's own timeout counts whole milliseconds. */
	if (timerfd_settime(c->timer, TFD_TIMER_ABSTIME, &at, NULL))
		return -errno;
	return curl_multi_poll(c->multi, &timer, 1, left_ms > 1000 ? 1000 : (int)left_ms, NULL) == CURLM_OK ? 0 : -EIO;
}

int slo_client_poll(struct slo_client *c, int64_t until_ns,
		    void (*on_done)(void *arg, const struct slo_client_result *r), void *arg)
{
	int running, ret;

	if (curl_multi_perform(c->multi, &running) != CURLM_OK)
		return -EIO;
	if (drain(c, on_done, arg) || slo_now_mono_ns() >= until_ns)
		return 0;
	ret = wait_io(c, until_ns);
	if (ret)
		return ret;
	if (curl_multi_perform(c->multi, &running) != CURLM_OK)
		return -EIO;
	drain(c, on_done, arg);
	return 0;
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
