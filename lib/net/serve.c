/* SPDX-License-Identifier: MIT */
#include "net/serve.h"

#include "base/num.h"
#include "net/listen.h"
#include "net/serve_pool.h"
#include "net/serve_reply.h"
#include "net/serve_timers.h"
#include "rec/rec.h"
#include "render/prom.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	WAIT_MS = 100,           /* between two looks at whether the client is still there */
	IDLE_S = 120,            /* a kept-alive connection without a request is closed after this */
	CHUNK = 16384,           /* bytes handed to the socket at once, at most */
	STACK = 256 * 1024,
	METRICS_MAX = 1 << 20,   /* bytes; what there is comes to some 5 KiB */
};

struct slo_serve {
	struct slo_serve_opts o;
	struct slo_dist ttft, gap;
	struct slo_spans *spans;
	struct slo_pool *pool;     /* of the workers, or */
	struct slo_timers *timers;
	struct MHD_Daemon *daemon;
	int port;
};

/* A request body on its way in. */
struct upload {
	struct slo_buf body;
	bool waited; /* a whole document whose time has come */
};

/* A stream on its way out. */
struct stream {
	struct slo_job *job;
	int fd;
};

/* With its writing end gone nobody waits for the answer: no chat client half-closes. */
static bool client_left(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return fd >= 0 && poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static int fd_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

static enum MHD_Result reply_error(const struct slo_serve *s, struct MHD_Connection *c, unsigned int status,
				   const char *type, const char *message)
{
	return slo_reply_error(c, status, type, message, s->o.retry_after_s);
}

static ssize_t read_stream(void *arg, uint64_t pos, char *to, size_t max)
{
	struct stream *st = arg;
	size_t got;

	(void)pos;
	for (;;) {
		enum slo_job_state state = slo_job_read(st->job, to, max, WAIT_MS, &got);

		if (got)
			return (ssize_t)got;
		if (state == SLO_JOB_DONE)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (state == SLO_JOB_CUT || client_left(st->fd))
			return MHD_CONTENT_READER_END_WITH_ERROR;
	}
}

static void free_stream(void *arg)
{
	struct stream *st = arg;

	slo_job_release(st->job);
	free(st);
}

static enum MHD_Result queue_stream(struct MHD_Connection *c, struct MHD_Response *r)
{
	enum MHD_Result ret;

	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream; charset=utf-8");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	ret = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return ret;
}

static enum MHD_Result answer_stream(struct MHD_Connection *c, struct slo_job *job)
{
	struct stream *st = malloc(sizeof(*st));
	struct MHD_Response *r;

	if (!st) {
		slo_job_release(job);
		return MHD_NO;
	}
	*st = (struct stream){ job, fd_of(c) };
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK, read_stream, st, free_stream);
	if (!r) {
		free_stream(st);
		return MHD_NO;
	}
	return queue_stream(c, r);
}

static enum MHD_Result answer_whole(struct MHD_Connection *c, struct slo_job *job)
{
	enum slo_job_state state = SLO_JOB_RUNNING;
	enum MHD_Result ret = MHD_NO;
	struct slo_buf b;
	int fd = fd_of(c);

	slo_buf_init(&b, SLO_SERVE_BODY_MAX);
	while (state == SLO_JOB_RUNNING) {
		char *to = slo_buf_room(&b, CHUNK);
		size_t got;

		if (!to)
			break;
		state = slo_job_read(job, to, CHUNK, WAIT_MS, &got);
		b.len += got;
		if (!got && state == SLO_JOB_RUNNING && client_left(fd))
			break;
	}
	if (state == SLO_JOB_DONE)
		ret = slo_reply(c, MHD_HTTP_OK, "application/json", b.data, b.len, NULL);
	slo_job_release(job);
	slo_buf_fini(&b);
	return ret;
}

static void count_bad(struct slo_serve *s)
{
	if (s->timers)
		slo_timers_count_bad(s->timers);
	else
		slo_pool_count_bad(s->pool);
}

static enum MHD_Result answer_in_time(struct slo_serve *s, struct MHD_Connection *c, const struct slo_chat_answer *a,
				      bool *waited)
{
	struct MHD_Response *r;
	enum MHD_Result ret;
	struct slo_buf b;

	if (a->req.stream) {
		r = slo_timers_stream(s->timers, c, a);
		return r ? queue_stream(c, r)
			 : reply_error(s, c, MHD_HTTP_TOO_MANY_REQUESTS, "rate_limit_error",
				       "too many requests under way");
	}
	if (!slo_timers_whole(s->timers, c, a->req.tokens, waited))
		return MHD_YES;
	if (!*waited)
		return reply_error(s, c, MHD_HTTP_TOO_MANY_REQUESTS, "rate_limit_error", "too many requests under way");
	slo_buf_init(&b, SLO_SERVE_BODY_MAX);
	slo_chat_add_whole(a, &b);
	ret = slo_reply(c, MHD_HTTP_OK, "application/json", b.data ? b.data : "", b.len, NULL);
	slo_buf_fini(&b);
	return ret;
}

/* Before anything is answered the calls must have gone well: a status cannot be taken back. */
static enum MHD_Result answer_job(struct slo_serve *s, struct MHD_Connection *c, struct slo_job *job, bool stream)
{
	int64_t retry = s->o.retry_after_s;
	const char *why = "";
	enum MHD_Result ret = MHD_NO;
	int status = slo_calls_any(&s->o.calls) ? 0 : 200, fd = fd_of(c);

	while (!status && !client_left(fd))
		status = slo_job_status(job, WAIT_MS, &why, &retry);
	if (status == 200)
		return stream ? answer_stream(c, job) : answer_whole(c, job);
	if (status > 0)
		ret = slo_reply_error(c, (unsigned int)status, status == 429 ? "rate_limit_error" : "server_error", why,
				      retry);
	slo_job_release(job);
	return ret;
}

static enum MHD_Result complete_chat(struct slo_serve *s, struct MHD_Connection *c, struct upload *up)
{
	struct slo_chat_answer a = { .model = s->o.model };
	struct slo_trace_context parent;
	struct slo_ends ends;
	struct slo_job *job;
	struct slo_err err = { .what = "" };
	int ret;

	if (up->body.err) {
		count_bad(s);
		return reply_error(s, c, MHD_HTTP_CONTENT_TOO_LARGE, "invalid_request_error", "request too large");
	}
	if (slo_chat_parse(up->body.data ? up->body.data : "", up->body.len, s->o.tokens, SLO_SERVE_TOKENS_MAX, &a.req,
			   &err)) {
		count_bad(s);
		return reply_error(s, c, MHD_HTTP_BAD_REQUEST, "invalid_request_error", err.what);
	}
	if (s->timers)
		return answer_in_time(s, c, &a, &up->waited);
	slo_trace_parse_parent(MHD_lookup_connection_value(c, MHD_HEADER_KIND, "traceparent"), &parent);
	slo_ends_of(fd_of(c), true, &ends);
	ret = slo_pool_submit(s->pool, &a, &parent, &ends, &job);
	if (ret == -EBUSY)
		return reply_error(s, c, MHD_HTTP_TOO_MANY_REQUESTS, "rate_limit_error", "too many requests waiting");
	if (ret) {
		slo_pool_count_failed(s->pool);
		return reply_error(s, c, MHD_HTTP_SERVICE_UNAVAILABLE, "server_error", "cannot take the request");
	}
	return answer_job(s, c, job, a.req.stream);
}

static enum MHD_Result list_models(const struct slo_serve *s, struct MHD_Connection *c)
{
	enum MHD_Result ret;
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	slo_buf_adds(&b, "{\"object\":\"list\",\"data\":[{\"id\":");
	slo_json_add_str(&b, slo_str(s->o.model));
	slo_buf_adds(&b, ",\"object\":\"model\",\"created\":0,\"owned_by\":\"llm-slo\"}]}\n");
	ret = slo_reply_json(c, MHD_HTTP_OK, b.data ? b.data : "");
	slo_buf_fini(&b);
	return ret;
}

static enum MHD_Result show_metrics(const struct slo_serve *s, struct MHD_Connection *c)
{
	struct slo_serve_picture p;
	enum MHD_Result ret = MHD_NO;
	struct slo_buf b;

	if (s->timers)
		slo_timers_picture(s->timers, &p);
	else
		slo_pool_picture(s->pool, &p);
	slo_buf_init(&b, METRICS_MAX);
	slo_serve_write_metrics(&p, s->o.model, &b);
	if (!b.err)
		ret = slo_reply(c, MHD_HTTP_OK, SLO_PROM_CONTENT_TYPE, b.data, b.len, NULL);
	slo_buf_fini(&b);
	return ret;
}

static enum MHD_Result route(struct slo_serve *s, struct MHD_Connection *c, const char *url, const char *method,
			     struct upload *up)
{
	bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	if (strcmp(url, "/v1/chat/completions") == 0)
		return strcmp(method, "POST") == 0 ? complete_chat(s, c, up)
						   : reply_error(s, c, MHD_HTTP_METHOD_NOT_ALLOWED,
								 "invalid_request_error", "use POST");
	if (get && strcmp(url, "/health") == 0)
		return slo_reply_json(c, MHD_HTTP_OK, "{\"status\":\"ok\"}\n");
	if (get && strcmp(url, "/v1/models") == 0)
		return list_models(s, c);
	if (get && strcmp(url, "/metrics") == 0)
		return show_metrics(s, c);
	return reply_error(s, c, MHD_HTTP_NOT_FOUND, "invalid_request_error", "no such resource");
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
				  const char *version, const char *data, size_t *len, void **own)
{
	struct upload *up = *own;

	(void)version;
	if (!up) {
		up = malloc(sizeof(*up));
		if (!up)
			return MHD_NO;
		slo_buf_init(&up->body, SLO_SERVE_BODY_MAX);
		up->waited = false;
		*own = up;
		return MHD_YES;
	}
	if (*len) {
		slo_buf_add(&up->body, data, *len); /* beyond the bound: the sticky error becomes a 413 */
		*len = 0;
		return MHD_YES;
	}
	return route(arg, c, url, method, up);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **own, enum MHD_RequestTerminationCode why)
{
	struct upload *up = *own;

	(void)arg;
	(void)c;
	(void)why;
	if (up)
		slo_buf_fini(&up->body);
	free(up);
	*own = NULL;
}

static void quiet(void *arg, const char *fmt, va_list ap)
{
	(void)arg;
	(void)fmt;
	(void)ap;
}

static int start_http(struct slo_serve *s, struct slo_err *err)
{
	unsigned int how = s->timers ? MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME
				     : MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
					       MHD_USE_ITC;
	int fd;

	/* A stand-in is for whoever started it: every address is not what anybody means by a forgotten host. */
	if (s->o.listen[0] == ':')
		return slo_err_set(err, -EINVAL, "listen: %s: want HOST:PORT", s->o.listen);
	fd = slo_listen(s->o.listen, &s->port, err);
	if (fd < 0)
		return fd;
	s->daemon = MHD_start_daemon(how, 0, NULL, NULL, on_request, s,
				     MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL,
				     MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned int)s->o.connections,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(s->timers ? CHUNK : 4 * CHUNK),
				     MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
				     MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
				     MHD_OPTION_END);
	if (s->daemon)
		return 0;
	close(fd);
	return slo_err_set(err, -EIO, "the HTTP server does not start");
}

static bool opts_valid(const struct slo_serve_opts *o)
{
	return o->workers >= 1 && o->workers <= SLO_SERVE_WORKERS_MAX && o->queue >= 1 &&
	       o->queue <= SLO_SERVE_QUEUE_MAX && o->connections >= 1 && o->connections <= SLO_SERVE_CONNECTIONS_MAX &&
	       o->tokens >= 1 && o->tokens <= SLO_SERVE_TOKENS_MAX && o->prefill_ms >= 0 &&
	       o->prefill_us_per_token >= 0 && o->token_ms >= 0;
}

/* A wait that is not named is none, or for the timers, which burn nothing, the CPU time in its place. */
static int parse_wait(const struct slo_serve *s, const char *name, const char *spec, double ms, struct slo_dist *d,
		      struct slo_err *err)
{
	int ret = 0;

	*d = (struct slo_dist){ .kind = SLO_DIST_FIXED, .a = s->o.engine == SLO_ENGINE_TIMERS ? ms : 0 };
	if (spec && spec[0])
		ret = slo_dist_parse(spec, d, err);
	if (ret)
		slo_err_at(err, "%s", name);
	return ret;
}

static int start_engine(struct slo_serve *s, struct slo_err *err)
{
	const struct slo_timers_opts to = {
		.ttft = &s->ttft, .gap = &s->gap, .seed = (uint64_t)s->o.seed, .most = (uint32_t)s->o.connections,
		.role_at_start = s->o.role == SLO_ROLE_AT_START,
	};
	const struct slo_spans_opts so = { s->o.spans, s->o.otlp, s->o.calls.ca_file, s->o.service };
	struct slo_burn burn;
	struct slo_pool_opts po = { .serve = &s->o, .burn = &burn, .ttft = &s->ttft, .gap = &s->gap };
	int ret = parse_wait(s, "ttft", s->o.ttft, s->o.prefill_ms, &s->ttft, err);

	if (!ret)
		ret = parse_wait(s, "gap", s->o.gap, s->o.token_ms, &s->gap, err);
	if (ret)
		return ret;
	if (s->o.engine == SLO_ENGINE_TIMERS)
		return slo_timers_start(&to, &s->timers);
	if (s->o.spans[0] || s->o.otlp[0])
		ret = slo_spans_open(&so, &s->spans, err);
	if (ret)
		return ret;
	po.spans = s->spans;
	slo_burn_calibrate(&burn);
	return slo_pool_start(&po, &s->pool, err);
}

static void fill_in(struct slo_serve_opts *o)
{
	const char **const texts[] = {
		&o->ttft,
		&o->gap,
		&o->spans,
		&o->otlp,
		&o->service,
		&o->calls.resolver,
		&o->calls.lookup,
		&o->calls.retrieval,
		&o->calls.provider,
		&o->calls.ca_file,
		&o->calls.read_file,
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(texts); i++)
		if (!*texts[i])
			*texts[i] = "";
}

int slo_serve_start(const struct slo_serve_opts *o, struct slo_serve **out, struct slo_err *err)
{
	struct slo_serve *s;
	int ret;

	if (!opts_valid(o))
		return slo_err_set(err, -EINVAL, "a bound of the server is out of range");
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->o = *o;
	fill_in(&s->o);
	if (s->o.engine == SLO_ENGINE_TIMERS && (slo_calls_any(&s->o.calls) || s->o.spans[0] || s->o.otlp[0])) {
		free(s);
		return slo_err_set(err, -EINVAL,
				   "calls, files, memory and spans are the workers' business, not the timers'");
	}
	ret = start_engine(s, err);
	if (!ret)
		ret = start_http(s, err);
	if (ret) {
		slo_serve_stop(s);
		return ret;
	}
	*out = s;
	return 0;
}

int slo_serve_port(const struct slo_serve *s)
{
	return s->port;
}

void slo_serve_read_stats(struct slo_serve *s, struct slo_serve_stats *out)
{
	struct slo_spans_stats spans;

	if (s->timers)
		slo_timers_read_stats(s->timers, out);
	else
		slo_pool_read_stats(s->pool, out);
	if (!s->spans)
		return;
	slo_spans_read_stats(s->spans, &spans);
	out->spans = spans.spans;
	out->spans_dropped = spans.dropped;
}

void slo_serve_stop(struct slo_serve *s)
{
	if (!s)
		return;
	if (s->pool)
		slo_pool_stop(s->pool); /* first, so that no connection waits for output */
	if (s->timers)
		slo_timers_stop(s->timers);
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	slo_pool_free(s->pool);
	slo_timers_free(s->timers);
	slo_spans_close(s->spans);
	slo_dist_fini(&s->ttft);
	slo_dist_fini(&s->gap);
	free(s);
}
