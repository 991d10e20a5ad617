/* SPDX-License-Identifier: MIT */
/* One request: its route, its body, its answer. */
#include "net/httpd_internal.h"

#include "base/num.h"
#include "base/time.h"
#include "net/gzip.h"

#include <errno.h>
#include <stdlib.h>

struct request {
	struct MHD_Connection *c;
	const struct slo_httpd_route *route;
	unsigned int refuse; /* status it will be refused with; 0 = none */
	struct slo_buf body; /* as sent */
	size_t swallowed;    /* bytes of a refused body */
	size_t counted;      /* bytes of ours in slo_httpd.bodies */
};

static const struct {
	unsigned int status;
	const char *text;
} refusals[] = {
	{ MHD_HTTP_BAD_REQUEST, "the body is no good gzip\n" },
	{ MHD_HTTP_NOT_FOUND, "no such resource\n" },
	{ MHD_HTTP_METHOD_NOT_ALLOWED, "not with this method\n" },
	{ MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large\n" },
	{ MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unknown Content-Encoding: want gzip or none\n" },
	{ MHD_HTTP_TOO_MANY_REQUESTS, "too much at once: come back later\n" },
	{ MHD_HTTP_INTERNAL_SERVER_ERROR, "the answer could not be made\n" },
};

static bool method_is(const struct slo_httpd_route *r, const char *method)
{
	return strcmp(r->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0);
}

/* Sets the route, or the reason why there is none. */
static void find_route(const struct slo_httpd *h, struct request *rq, const char *url, const char *method)
{
	rq->refuse = MHD_HTTP_NOT_FOUND;
	for (const struct slo_httpd_route *r = h->routes; r->path; r++) {
		if (strcmp(r->path, url) != 0)
			continue;
		if (method_is(r, method)) {
			rq->route = r;
			rq->refuse = 0;
			return;
		}
		rq->refuse = MHD_HTTP_METHOD_NOT_ALLOWED;
	}
}

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* "GET, HEAD, POST": what @url can be asked with. */
static void add_allow(const struct slo_httpd *h, struct MHD_Response *r, const char *url)
{
	struct slo_buf b;

	slo_buf_init(&b, 256);
	for (const struct slo_httpd_route *i = h->routes; i->path; i++)
		if (strcmp(i->path, url) == 0)
			slo_buf_addf(&b, "%s%s%s", b.len ? ", " : "", i->method,
				     strcmp(i->method, "GET") == 0 ? ", HEAD" : "");
	if (b.data)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, b.data);
	slo_buf_fini(&b);
}

static enum MHD_Result queue(struct MHD_Connection *c, unsigned int status, const char *type, struct MHD_Response *r)
{
	enum MHD_Result ret;

	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type ? type : "text/plain; charset=utf-8");
	ret = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return ret;
}

static void count_refusal(struct slo_httpd *h, unsigned int status)
{
	atomic_fetch_add(&h->requests, 1);
	if (status == MHD_HTTP_INTERNAL_SERVER_ERROR)
		atomic_fetch_add(&h->failed, 1);
	else
		atomic_fetch_add(&h->refused, 1);
}

/* The words of a refusal as a response, as @h's owner wants them. */
static struct MHD_Response *refusal(const struct slo_httpd *h, const struct request *rq, const char *url,
				    unsigned int status, const char *text, const char **type)
{
	const char *sent = header(rq->c, MHD_HTTP_HEADER_CONTENT_TYPE);
	struct slo_httpd_request in = { "", url, { NULL, 0 }, sent ? sent : "", rq };
	struct slo_httpd_reply re = { .status = status };
	struct MHD_Response *r = NULL;

	slo_buf_init(&re.body, h->reply_max);
	slo_buf_adds(&re.body, text);
	if (h->on_refused)
		h->on_refused(h->arg, &in, &re);
	if (!re.body.err)
		r = MHD_create_response_from_buffer(re.body.len, re.body.data, MHD_RESPMEM_MUST_COPY);
	slo_buf_fini(&re.body);
	*type = re.content_type;
	return r;
}

static enum MHD_Result refuse(struct slo_httpd *h, struct request *rq, const char *url)
{
	struct MHD_Response *r;
	const char *type;
	size_t i = 0;

	while (refusals[i].status != rq->refuse && i + 1 < SLO_ARRAY_LEN(refusals))
		i++;
	count_refusal(h, refusals[i].status);
	r = refusal(h, rq, url, refusals[i].status, refusals[i].text, &type);
	if (!r)
		return MHD_NO;
	if (rq->refuse == MHD_HTTP_METHOD_NOT_ALLOWED)
		add_allow(h, r, url);
	if (rq->refuse == MHD_HTTP_TOO_MANY_REQUESTS)
		MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	return queue(rq->c, refusals[i].status, type, r);
}

/* The head is there. What is refused already is read on for a while: who is still sending does not hear an answer. */
static enum MHD_Result begin(struct slo_httpd *h, struct request *rq, const char *url, const char *method)
{
	const char *length = header(rq->c, MHD_HTTP_HEADER_CONTENT_LENGTH);
	int64_t declared = 0;

	find_route(h, rq, url, method);
	if (length && slo_parse_i64(slo_str(length), &declared) == -ERANGE)
		declared = INT64_MAX;
	if (!rq->refuse && (uint64_t)declared > h->body_max)
		rq->refuse = MHD_HTTP_CONTENT_TOO_LARGE;
	else if (!rq->refuse && h->bodies_max && (uint64_t)declared > h->bodies_max - h->bodies)
		rq->refuse = MHD_HTTP_TOO_MANY_REQUESTS;
	if (rq->refuse && (declared > SLO_HTTPD_SWALLOW || header(rq->c, MHD_HTTP_HEADER_EXPECT)))
		return refuse(h, rq, url);
	return MHD_YES;
}

/* Of all bodies that are being read, this one's bytes are gone. */
static void uncount(struct slo_httpd *h, struct request *rq)
{
	h->bodies -= rq->counted;
	rq->counted = 0;
}

static void keep_piece(struct slo_httpd *h, struct request *rq, const char *data, size_t len)
{
	if (h->bodies_max && len > h->bodies_max - h->bodies) {
		rq->refuse = MHD_HTTP_TOO_MANY_REQUESTS;
	} else {
		slo_buf_add(&rq->body, data, len);
		rq->refuse = rq->body.err ? MHD_HTTP_CONTENT_TOO_LARGE : 0;
	}
	if (rq->refuse) {
		slo_buf_fini(&rq->body);
		uncount(h, rq);
	} else {
		rq->counted += len;
		h->bodies += len;
	}
}

static enum MHD_Result take(struct slo_httpd *h, struct request *rq, const char *data, size_t len)
{
	if (!rq->refuse)
		keep_piece(h, rq, data, len);
	if (!rq->refuse)
		return MHD_YES;
	rq->swallowed += len;
	return rq->swallowed > SLO_HTTPD_SWALLOW ? MHD_NO : MHD_YES;
}

/* Return: 0, or the status that says why the body cannot be had. */
static unsigned int decode(const struct slo_httpd *h, struct request *rq)
{
	const char *how = header(rq->c, MHD_HTTP_HEADER_CONTENT_ENCODING);
	struct slo_buf plain;
	int r;

	if (!how || !how[0] || strcasecmp(how, "identity") == 0)
		return 0;
	if (strcasecmp(how, "gzip") != 0 && strcasecmp(how, "x-gzip") != 0)
		return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
	slo_buf_init(&plain, h->body_max);
	r = slo_gunzip(slo_buf_str(&rq->body), &plain);
	slo_buf_fini(&rq->body);
	rq->body = plain;
	return r == -EMSGSIZE  ? MHD_HTTP_CONTENT_TOO_LARGE
	       : r == -EBADMSG ? MHD_HTTP_BAD_REQUEST
	       : r	       ? MHD_HTTP_INTERNAL_SERVER_ERROR
			       : 0;
}

static enum MHD_Result send_reply(struct slo_httpd *h, struct request *rq, struct slo_httpd_reply *re)
{
	char seconds[SLO_NUM_MAX + 1];
	struct MHD_Response *r;

	if (re->body.err) {
		rq->refuse = MHD_HTTP_INTERNAL_SERVER_ERROR;
		return refuse(h, rq, rq->route->path);
	}
	atomic_fetch_add(&h->requests, 1);
	r = MHD_create_response_from_buffer(re->body.len, re->body.data, MHD_RESPMEM_MUST_FREE);
	if (!r)
		return MHD_NO;
	slo_buf_init(&re->body, 0); /* it is the response's now */
	if (re->retry_after_s > 0) {
		seconds[slo_fmt_i64(seconds, re->retry_after_s)] = '\0';
		MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	}
	return queue(rq->c, re->status, re->content_type, r);
}

static enum MHD_Result answer(struct slo_httpd *h, struct request *rq, const char *url, const char *method)
{
	const char *type = header(rq->c, MHD_HTTP_HEADER_CONTENT_TYPE);
	struct slo_httpd_request in = { method, url, { NULL, 0 }, type ? type : "", rq };
	struct slo_httpd_reply re = { .status = MHD_HTTP_OK };
	enum MHD_Result ret;

	if (!rq->refuse)
		rq->refuse = decode(h, rq);
	if (rq->refuse)
		return refuse(h, rq, url);
	in.body = slo_buf_str(&rq->body);
	slo_buf_init(&re.body, h->reply_max);
	rq->route->fn(h->arg, &in, &re);
	ret = send_reply(h, rq, &re);
	slo_buf_fini(&re.body);
	return ret;
}

enum MHD_Result slo_httpd_on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
				     const char *version, const char *data, size_t *len, void **own)
{
	struct slo_httpd *h = arg;
	struct request *rq = *own;
	size_t n = *len;

	(void)version;
	if (!rq) {
		rq = calloc(1, sizeof(*rq));
		if (!rq)
			return MHD_NO;
		rq->c = c;
		slo_buf_init(&rq->body, h->body_max);
		h->under_way++;
		*own = rq;
		return begin(h, rq, url, method);
	}
	if (n) {
		*len = 0;
		return take(h, rq, data, n);
	}
	return answer(h, rq, url, method);
}

void slo_httpd_on_completed(void *arg, struct MHD_Connection *c, void **own, enum MHD_RequestTerminationCode why)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct slo_httpd *h = arg;
	struct request *rq = *own;

	(void)why;
	if (!rq)
		return;
	h->under_way--;
	if (info && info->socket_context)
		((struct slo_httpd_client *)info->socket_context)->since_ns = slo_now_mono_ns();
	uncount(h, rq);
	slo_buf_fini(&rq->body);
	free(rq);
	*own = NULL;
}

static struct MHD_Connection *connection_of(const struct slo_httpd_request *rq)
{
	return ((const struct request *)rq->connection)->c;
}

const char *slo_httpd_header(const struct slo_httpd_request *rq, const char *name)
{
	return header(connection_of(rq), name);
}

const char *slo_httpd_query(const struct slo_httpd_request *rq, const char *name)
{
	return MHD_lookup_connection_value(connection_of(rq), MHD_GET_ARGUMENT_KIND, name);
}
