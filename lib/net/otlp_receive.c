/* SPDX-License-Identifier: MIT */
#include "net/otlp_receive.h"

#include "base/time.h"
#include "io/writer.h"
#include "net/httpd.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { TOKEN_MAX = 16384 };

struct slo_otlp_receive {
	struct slo_otlp_receive_opts o;
	struct slo_httpd *httpd;
	char *token;              /* NULL = nobody is asked for one */
	size_t token_len;
	/* written by the server's thread, read from others */
	_Atomic uint64_t requests[SLO_OTLP_SIGNAL__COUNT], bytes[SLO_OTLP_SIGNAL__COUNT];
	_Atomic uint64_t taken, partial, rejected_items, unreadable, busy, failed, wrong_type, unauthorized;
};

/* What each status means to gRPC, where OTLP comes from. */
static const struct {
	unsigned int status;
	int code; /* google.rpc.Code */
} codes[] = {
	{ 400, 3 },  /* INVALID_ARGUMENT */
	{ 401, 16 }, /* UNAUTHENTICATED */
	{ 404, 5 },  /* NOT_FOUND */
	{ 405, 12 }, /* UNIMPLEMENTED */
	{ 413, 8 },  /* RESOURCE_EXHAUSTED */
	{ 415, 3 },  { 429, 8 }, { 503, 14 }, /* UNAVAILABLE */
	{ 500, 13 }, /* INTERNAL */
};

static int code_of(unsigned int status)
{
	size_t i = 0;

	while (codes[i].status != status && i + 1 < SLO_ARRAY_LEN(codes))
		i++;
	return codes[i].code;
}

static int encoding_for(const char *content_type)
{
	return slo_otlp_encoding_of(slo_str(content_type)) == SLO_OTLP_JSON ? SLO_OTLP_JSON : SLO_OTLP_PROTOBUF;
}

/* The answer is @status, for the reason @why. */
static void refuse(const struct slo_httpd_request *rq, struct slo_httpd_reply *re, unsigned int status,
		   struct slo_str why)
{
	int e = encoding_for(rq->content_type);

	slo_buf_reset(&re->body);
	re->status = status;
	re->content_type = slo_otlp_content_type(e);
	slo_otlp_status_encode(e, code_of(status), why, &re->body);
}

/* What the server itself refuses has words already. */
static void on_refused(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	char why[128];
	size_t len = re->body.len;

	(void)arg;
	while (len && re->body.data[len - 1] == '\n')
		len--;
	slo_str_copy(why, sizeof(why), slo_str_n(re->body.data, len));
	refuse(rq, re, re->status, slo_str(why));
}

static bool is_authorized(const struct slo_otlp_receive *r, const struct slo_httpd_request *rq)
{
	const char *h = slo_httpd_header(rq, "Authorization");

	if (!r->token)
		return true;
	if (!h || strncasecmp(h, "Bearer ", 7) != 0)
		return false;
	h += 7 + strspn(h + 7, " ");
	return strlen(h) == r->token_len && CRYPTO_memcmp(h, r->token, r->token_len) == 0;
}

static void answer_taken(struct slo_otlp_receive *r, int signal, int e,
			 const struct slo_otlp_answer *a, struct slo_httpd_reply *re)
{
	bool all = a->rejected <= 0 && !a->message.len;

	atomic_fetch_add(all ? &r->taken : &r->partial, 1);
	atomic_fetch_add(&r->rejected_items, a->rejected > 0 ? (uint64_t)a->rejected : 0);
	re->content_type = slo_otlp_content_type(e);
	slo_otlp_answer_encode(signal, e, a, &re->body);
}

/* What a consumer's error is answered with; the last is for all others. */
static const struct {
	int error;
	unsigned int status;
	const char *why;
} refusals[] = {
	{ -EAGAIN, 429, "no room now: come back later" }, { -EBADMSG, 400, "the body cannot be read" },
	{ -EINVAL, 400, "the body cannot be read" },      { -EMSGSIZE, 413, "the body is too large" },
	{ 0, 503, "the batch could not be taken" },
};

static void answer_refused(struct slo_otlp_receive *r, int error, const struct slo_otlp_answer *a,
			   const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	size_t i = 0;

	while (refusals[i].error && refusals[i].error != error)
		i++;
	atomic_fetch_add(refusals[i].status == 429   ? &r->busy
			 : refusals[i].status == 503 ? &r->failed
						     : &r->unreadable,
			 1);
	if (refusals[i].status == 429)
		re->retry_after_s = r->o.retry_after_s;
	refuse(rq, re, refusals[i].status, a->message.len ? a->message : slo_str(refusals[i].why));
}

static void receive(struct slo_otlp_receive *r, int signal, const struct slo_httpd_request *rq,
		    struct slo_httpd_reply *re)
{
	struct slo_otlp_answer a = { .rejected = 0 };
	int e = slo_otlp_encoding_of(slo_str(rq->content_type)), ret;

	if (!is_authorized(r, rq)) {
		atomic_fetch_add(&r->unauthorized, 1);
		refuse(rq, re, 401, slo_str("want a bearer token"));
		return;
	}
	if (e < 0) {
		atomic_fetch_add(&r->wrong_type, 1);
		refuse(rq, re, 415, slo_str("want application/x-protobuf or application/json"));
		return;
	}
	atomic_fetch_add(&r->requests[signal], 1);
	atomic_fetch_add(&r->bytes[signal], rq->body.len);
	ret = r->o.consume(r->o.arg, signal, e, rq->body, &a);
	if (ret)
		answer_refused(r, ret, &a, rq, re);
	else
		answer_taken(r, signal, e, &a, re);
}

static void on_logs(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	receive(arg, SLO_OTLP_LOGS, rq, re);
}

static void on_metrics(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	receive(arg, SLO_OTLP_METRICS, rq, re);
}

static void on_traces(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	receive(arg, SLO_OTLP_TRACES, rq, re);
}

static const struct slo_httpd_route routes[] = {
	{ "POST", "/v1/logs", on_logs }, { "POST", "/v1/metrics", on_metrics }, { "POST", "/v1/traces", on_traces },
	{ NULL, NULL, NULL },
};

static int read_token(struct slo_otlp_receive *r, struct slo_err *err)
{
	int ret;

	if (!r->o.token_file || !r->o.token_file[0])
		return 0;
	ret = slo_file_read(r->o.token_file, TOKEN_MAX, &r->token, &r->token_len, err);
	if (ret)
		return ret;
	while (r->token_len && (r->token[r->token_len - 1] == '\n' || r->token[r->token_len - 1] == '\r'))
		r->token[--r->token_len] = '\0';
	if (r->token_len && strlen(r->token) == r->token_len)
		return 0;
	return slo_err_set(err, -EINVAL, "%s: want one line with a token", r->o.token_file);
}

int slo_otlp_receive_start(const struct slo_otlp_receive_opts *o, struct slo_otlp_receive **out, struct slo_err *err)
{
	struct slo_otlp_receive *r = calloc(1, sizeof(*r));
	struct slo_httpd_opts h = { .routes = routes, .arg = r, .cert_file = o->cert_file, .key_file = o->key_file,
				    .held = o->held, .refused = on_refused };
	int ret;

	if (!r)
		return slo_err_set(err, -ENOMEM, "out of memory");
	r->o = *o;
	r->o.retry_after_s = o->retry_after_s ? o->retry_after_s : SLO_OTLP_RETRY_AFTER_S;
	h.listen = o->listen && o->listen[0] ? o->listen : ":4318";
	h.body_max = o->body_max ? o->body_max : SLO_OTLP_BODY_MAX;
	h.bodies_max = o->bodies_max ? o->bodies_max : SLO_OTLP_BODIES_MAX;
	h.bodies_max = h.bodies_max > h.body_max ? h.bodies_max : h.body_max;
	h.request_ns = o->request_ns ? o->request_ns : SLO_OTLP_REQUEST_S * SLO_NS_PER_S;
	ret = read_token(r, err);
	ret = ret ? ret : slo_httpd_start(&h, &r->httpd, err);
	if (ret) {
		slo_otlp_receive_stop(r);
		return ret;
	}
	*out = r;
	return 0;
}

int slo_otlp_receive_run(struct slo_otlp_receive *r)
{
	return slo_httpd_run(r->httpd);
}

int slo_otlp_receive_port(const struct slo_otlp_receive *r)
{
	return slo_httpd_port(r->httpd);
}

void slo_otlp_receive_stats(const struct slo_otlp_receive *r, struct slo_otlp_receive_stats *out)
{
	struct slo_httpd_stats h;

	slo_httpd_stats(r->httpd, &h);
	*out = (struct slo_otlp_receive_stats){
		.taken = atomic_load(&r->taken), .partial = atomic_load(&r->partial),
		.rejected_items = atomic_load(&r->rejected_items), .unreadable = atomic_load(&r->unreadable),
		.busy = atomic_load(&r->busy), .failed = atomic_load(&r->failed) + h.failed,
		.wrong_type = atomic_load(&r->wrong_type), .unauthorized = atomic_load(&r->unauthorized),
		.refused = h.refused, .cut = h.cut,
	};
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++) {
		out->requests[s] = atomic_load(&r->requests[s]);
		out->bytes[s] = atomic_load(&r->bytes[s]);
	}
}

void slo_otlp_receive_stop(struct slo_otlp_receive *r)
{
	if (!r)
		return;
	slo_httpd_stop(r->httpd);
	if (r->token)
		OPENSSL_cleanse(r->token, r->token_len);
	free(r->token);
	free(r);
}
