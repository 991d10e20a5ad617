/* SPDX-License-Identifier: MIT */
#include "net/serve.h"

#include "base/num.h"
#include "net/listen.h"
#include "net/serve_pool.h"
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
	struct slo_pool *pool;
	struct MHD_Daemon *daemon;
	int port;
};

/* A request body on its way in. */
struct upload {
	struct slo_buf body;
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

static enum MHD_Result reply(struct MHD_Connection *c, unsigned int status, const char *type, const char *text,
			     size_t len, const char *retry_after)
{
	struct MHD_Response *r;
	enum MHD_Result ret;
	union {
		const char *in;
		void *out;
	} body = { .in = text }; /* MHD copies, its prototype only lacks the const */

	r = MHD_create_response_from_buffer(len, body.out, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (retry_after)
		MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, retry_after);
	ret = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return ret;
}

static enum MHD_Result reply_json(struct MHD_Connection *c, unsigned int status, const char *text)
{
	return reply(c, status, "application/json", text, strlen(text), NULL);
}

static enum MHD_Result reply_error(const struct slo_serve *s, struct MHD_Connection *c, unsigned int status,
				   const char *type, const char *message)
{
	char retry[SLO_NUM_MAX + 1] = "";
	enum MHD_Result ret;
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	slo_buf_adds(&b, "{\"error\":{\"message\":");
	slo_json_add_str(&b, slo_str(message));
	slo_buf_addf(&b, ",\"type\":\"%s\",\"code\":%u}}\n", type, status);
	if (status == MHD_HTTP_TOO_MANY_REQUESTS)
		retry[slo_fmt_i64(retry, s->o.retry_after_s)] = '\0';
	ret = reply(c, status, "application/json", b.data ? b.data : "", b.len, retry[0] ? retry : NULL);
	slo_buf_fini(&b);
	return ret;
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

static enum MHD_Result answer_stream(struct MHD_Connection *c, struct slo_job *job)
{
	struct stream *st = malloc(sizeof(*st));
	struct MHD_Response *r;
	enum MHD_Result ret;

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
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream; charset=utf-8");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	ret = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return ret;
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
		ret = reply(c, MHD_HTTP_OK, "application/json", b.data, b.len, NULL);
	slo_job_release(job);
	slo_buf_fini(&b);
	return ret;
}

static enum MHD_Result complete_chat(struct slo_serve *s, struct MHD_Connection *c, const struct upload *up)
{
	struct slo_chat_answer a = { .model = s->o.model };
	struct slo_job *job;
	struct slo_err err = { .what = "" };
	int ret;

	if (up->body.err) {
		slo_pool_count_bad(s->pool);
		return reply_error(s, c, MHD_HTTP_CONTENT_TOO_LARGE, "invalid_request_error", "request too large");
	}
	if (slo_chat_parse(up->body.data ? up->body.data : "", up->body.len, s->o.tokens, SLO_SERVE_TOKENS_MAX, &a.req,
			   &err)) {
		slo_pool_count_bad(s->pool);
		return reply_error(s, c, MHD_HTTP_BAD_REQUEST, "invalid_request_error", err.what);
	}
	ret = slo_pool_submit(s->pool, &a, &job);
	if (ret == -EBUSY)
		return reply_error(s, c, MHD_HTTP_TOO_MANY_REQUESTS, "rate_limit_error", "too many requests waiting");
	if (ret) {
		slo_pool_count_failed(s->pool);
		return reply_error(s, c, MHD_HTTP_SERVICE_UNAVAILABLE, "server_error", "cannot take the request");
	}
	return a.req.stream ? answer_stream(c, job) : answer_whole(c, job);
}

static enum MHD_Result list_models(const struct slo_serve *s, struct MHD_Connection *c)
{
	enum MHD_Result ret;
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	slo_buf_adds(&b, "{\"object\":\"list\",\"data\":[{\"id\":");
	slo_json_add_str(&b, slo_str(s->o.model));
	slo_buf_adds(&b, ",\"object\":\"model\",\"created\":0,\"owned_by\":\"llm-slo\"}]}\n");
	ret = reply_json(c, MHD_HTTP_OK, b.data ? b.data : "");
	slo_buf_fini(&b);
	return ret;
}

static enum MHD_Result show_metrics(const struct slo_serve *s, struct MHD_Connection *c)
{
	struct slo_serve_picture p;
	enum MHD_Result ret = MHD_NO;
	struct slo_buf b;

	slo_pool_picture(s->pool, &p);
	slo_buf_init(&b, METRICS_MAX);
	slo_serve_write_metrics(&p, s->o.model, &b);
	if (!b.err)
		ret = reply(c, MHD_HTTP_OK, SLO_PROM_CONTENT_TYPE, b.data, b.len, NULL);
	slo_buf_fini(&b);
	return ret;
}

static enum MHD_Result route(struct slo_serve *s, struct MHD_Connection *c, const char *url, const char *method,
			     const struct upload *up)
{
	bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	if (strcmp(url, "/v1/chat/completions") == 0)
		return strcmp(method, "POST") == 0 ? complete_chat(s, c, up)
						   : reply_error(s, c, MHD_HTTP_METHOD_NOT_ALLOWED,
								 "invalid_request_error", "use POST");
	if (get && strcmp(url, "/health") == 0)
		return reply_json(c, MHD_HTTP_OK, "{\"status\":\"ok\"}\n");
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
	int fd;

	/* A stand-in is for whoever started it: every address is not what anybody means by a forgotten host. */
	if (s->o.listen[0] == ':')
		return slo_err_set(err, -EINVAL, "listen: %s: want HOST:PORT", s->o.listen);
	fd = slo_listen(s->o.listen, &s->port, err);
	if (fd < 0)
		return fd;
	s->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC,
				     0, NULL, NULL, on_request, s,
				     MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL,
				     MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned int)s->o.connections,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(4 * CHUNK),
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
	return o->workers >= 1 && o->workers <= SLO_SERVE_WORKERS_MAX && o->queue >= 1 && o->queue <= SLO_SERVE_QUEUE_MAX &&
	       o->connections >= 1 && o->connections <= SLO_SERVE_CONNECTIONS_MAX && o->tokens >= 1 &&
	       o->tokens <= SLO_SERVE_TOKENS_MAX && o->prefill_ms >= 0 && o->prefill_us_per_token >= 0 && o->token_ms >= 0;
}

int slo_serve_start(const struct slo_serve_opts *o, struct slo_serve **out, struct slo_err *err)
{
	struct slo_serve *s;
	struct slo_burn burn;
	int ret;

	if (!opts_valid(o))
		return slo_err_set(err, -EINVAL, "a bound of the server is out of range");
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->o = *o;
	slo_burn_calibrate(&burn);
	ret = slo_pool_start(&s->o, &burn, &s->pool);
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
	slo_pool_read_stats(s->pool, out);
}

void slo_serve_stop(struct slo_serve *s)
{
	if (!s)
		return;
	if (s->pool)
		slo_pool_stop(s->pool); /* first, so that no connection waits for output */
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	slo_pool_free(s->pool);
	free(s);
}
