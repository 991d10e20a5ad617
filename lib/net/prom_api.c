/* SPDX-License-Identifier: MIT */
#include "net/prom_api.h"

#include "base/time.h"

#include <errno.h>

enum { FORM_MAX = 65536 };

/* Seconds with three digits, as the API keeps its times. */
static void add_time(struct slo_buf *b, const char *name, int64_t ns)
{
	int64_t ms = ns / SLO_NS_PER_MS;

	slo_buf_addf(b, "&%s=%lld.%03lld", name, (long long)(ms / 1000), (long long)(ms % 1000));
}

static void add_form(struct slo_buf *b, const struct slo_prom_api_query *q)
{
	slo_buf_adds(b, "query=");
	slo_fetch_percent(b, q->promql);
	if (q->step_ns > 0) {
		add_time(b, "start", q->start_ns);
		add_time(b, "end", q->end_ns);
		add_time(b, "step", q->step_ns);
	} else if (q->time_ns > 0) {
		add_time(b, "time", q->time_ns);
	}
}

/* The base with its path, without what came after it. */
static void add_endpoint(struct slo_buf *b, const struct slo_prom_api_query *q)
{
	size_t len = strcspn(q->base, "?#");

	while (len && q->base[len - 1] == '/')
		len--;
	slo_buf_add(b, q->base, len);
	slo_buf_adds(b, q->step_ns > 0 ? "/api/v1/query_range" : "/api/v1/query");
}

static int fetch_it(struct slo_fetch *f, const struct slo_prom_api_query *q, struct slo_buf *url, struct slo_buf *form,
		    struct slo_fetch_answer *body, struct slo_err *err)
{
	const char *headers[SLO_FETCH_HEADERS + 1] = { "Accept: application/json" };
	struct slo_fetch_request r = { .headers = headers, .timeout_ns = q->timeout_ns };
	bool post = q->method == SLO_PROM_API_POST;
	size_t n = 1;

	for (size_t i = 0; q->headers && q->headers[i]; i++) {
		if (n + 1 >= SLO_FETCH_HEADERS)
			return slo_err_set(err, -EINVAL, "more than %d headers", SLO_FETCH_HEADERS - 2);
		headers[n++] = q->headers[i];
	}
	if (q->method == SLO_PROM_API_AUTO)
		post = url->len + 1 + form->len > SLO_PROM_API_URL;
	if (post) {
		headers[n++] = "Content-Type: application/x-www-form-urlencoded";
		r.body = slo_buf_str(form);
	} else {
		slo_buf_addc(url, '?');
		slo_buf_add(url, form->data, form->len);
	}
	headers[n] = NULL;
	if (url->err || form->err)
		return slo_err_set(err, -EINVAL, "the query is over %d bytes", FORM_MAX);
	r.url = url->data;
	return slo_fetch_do(f, &r, body, NULL, NULL, err);
}

static bool may_pass(int ret)
{
	return ret == -ETIMEDOUT || ret == -ECONNREFUSED || ret == -EHOSTUNREACH || ret == -ECONNRESET;
}

/* An answer in JSON says more than its status. */
static int judge(const struct slo_fetch_answer *body, struct slo_prom_api_answer *a, int *failure, struct slo_err *err)
{
	struct slo_err why = { "", "" };
	int ret = slo_prom_api_parse(body->body.data ? body->body.data : "", body->body.len, a, &why);

	*failure = body->status == 429 || body->status >= 500 ? SLO_PROM_API_UNAVAILABLE : SLO_PROM_API_REFUSED;
	if (ret == -ENOMEM)
		return slo_err_set(err, ret, "out of memory");
	if (ret == 0 && !a->success)
		return slo_err_set(err, -EIO, "HTTP %ld: %s%s%s", body->status, a->error_type,
				   a->error_type[0] ? ": " : "", a->error);
	if (body->status >= 300 && body->status < 400)
		return slo_err_set(err, -EIO, "HTTP %ld: a redirect, which is not followed", body->status);
	if (body->status != 200)
		return slo_err_set(err, -EIO, "HTTP %ld, and no answer of the Prometheus API", body->status);
	if (ret)
		return slo_err_set(err, ret, "%s", why.what);
	*failure = SLO_PROM_API_OK;
	return 0;
}

int slo_prom_api_ask(struct slo_fetch *f, const struct slo_prom_api_query *q, struct slo_fetch_answer *body,
		     struct slo_prom_api_answer *a, int *failure, struct slo_err *err)
{
	struct slo_buf url, form;
	int ret;

	slo_buf_init(&url, FORM_MAX);
	slo_buf_init(&form, FORM_MAX);
	add_endpoint(&url, q);
	add_form(&form, q);
	ret = fetch_it(f, q, &url, &form, body, err);
	*failure = may_pass(ret) ? SLO_PROM_API_UNAVAILABLE : SLO_PROM_API_REFUSED;
	if (!ret)
		ret = judge(body, a, failure, err);
	slo_buf_fini(&url);
	slo_buf_fini(&form);
	return ret;
}
