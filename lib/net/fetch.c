/* SPDX-License-Identifier: MIT */
#include "net/fetch_internal.h"

#include "base/num.h"
#include "base/time.h"
#include "base/version.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	LOOK_MS = 100,       /* between two looks at whether to stop */
	TIMEOUT_DEF_S = 10,
	TIMEOUT_MAX_S = 3600,
	CONNECTIONS = 8,     /* kept open */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global;

static void init_global(void)
{
	global = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* A file that is missing is the user's mistake, and is told before anything is sent. */
static int check_file(const char *path, struct slo_err *err)
{
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!path)
		return 0;
	if (!f) {
		int ret = -errno;

		return slo_err_set(err, ret, "%s: %s", path, slo_strerror(ret));
	}
	fclose(f);
	return 0;
}

static int check_opts(const struct slo_fetch_opts *o, struct slo_err *err)
{
	const char *const files[] = { o->ca_file, o->cert_file, o->key_file, o->bearer_file, o->basic_file };
	int ret = 0;

	if (o->timeout_ns < 0 || o->timeout_ns > TIMEOUT_MAX_S * SLO_NS_PER_S)
		return slo_err_set(err, -EINVAL, "the timeout is out of range");
	if (o->bearer_file && o->basic_file)
		return slo_err_set(err, -EINVAL, "a token and a password exclude each other");
	if (!o->cert_file != !o->key_file)
		return slo_err_set(err, -EINVAL, "a client certificate needs both its file and that of its key");
	for (size_t i = 0; i < SLO_ARRAY_LEN(files) && !ret; i++)
		ret = check_file(files[i], err);
	return ret;
}

int slo_fetch_new(const struct slo_fetch_opts *o, struct slo_fetch **out, struct slo_err *err)
{
	struct slo_fetch *f;
	int ret = check_opts(o, err);

	if (ret)
		return ret;
	pthread_once(&once, init_global);
	f = calloc(1, sizeof(*f));
	if (f) {
		f->o = *o;
		f->multi = global ? NULL : curl_multi_init();
		f->easy = global ? NULL : curl_easy_init();
	}
	if (!f || !f->multi || !f->easy) {
		slo_fetch_free(f);
		return slo_err_set(err, -ENOMEM, "out of memory");
	}
	if (!f->o.timeout_ns)
		f->o.timeout_ns = TIMEOUT_DEF_S * SLO_NS_PER_S;
	if (!f->o.body_max)
		f->o.body_max = SLO_FETCH_BODY_MAX;
	snprintf(f->user_agent, sizeof(f->user_agent), "llm-slo/%s", slo_version());
	if (!f->o.user_agent)
		f->o.user_agent = f->user_agent;
	curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
	*out = f;
	return 0;
}

void slo_fetch_free(struct slo_fetch *f)
{
	if (!f)
		return;
	curl_easy_cleanup(f->easy);
	curl_multi_cleanup(f->multi);
	free(f);
}

void slo_fetch_answer_init(struct slo_fetch_answer *a, size_t body_max)
{
	*a = (struct slo_fetch_answer){ .retry_after_s = -1 };
	slo_buf_init(&a->body, body_max ? body_max : SLO_FETCH_BODY_MAX);
}

void slo_fetch_answer_fini(struct slo_fetch_answer *a)
{
	slo_buf_fini(&a->body);
}

/* Judged where the socket is made: whatever a name resolved to, this is the address it leads to. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct exchange *x = arg;
	uint8_t addr[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	bool known = true;

	(void)purpose;
	if (to->family == AF_INET)
		memcpy(addr + 12, &((const struct sockaddr_in *)(const void *)&to->addr)->sin_addr, 4);
	else if (to->family == AF_INET6)
		memcpy(addr, &((const struct sockaddr_in6 *)(const void *)&to->addr)->sin6_addr, 16);
	else
		known = false;
	if (x->guarded && (!known || slo_fetch_refused(addr))) {
		x->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;

	n *= size;
	if (x->a->body.len + n > x->f->o.body_max) {
		x->over = true;
		return 0;
	}
	slo_buf_add(&x->a->body, p, n);
	x->over = x->a->body.err == -EMSGSIZE;
	return x->a->body.err ? 0 : n;
}

static size_t on_head(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;

	(void)p;
	x->head_bytes += size * n;
	x->over = x->over || x->head_bytes > FETCH_HEAD_MAX;
	return x->over ? 0 : size * n;
}

static void set_method(CURL *e, const struct slo_fetch_request *r)
{
	const char *method = r->method ? r->method : r->body.p ? "POST" : "GET";

	if (r->body.p || strcmp(method, "POST") == 0) {
		curl_easy_setopt(e, CURLOPT_POST, 1L);
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body.p ? r->body.p : "");
	}
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	else if (strcmp(method, "GET") != 0 || r->body.p)
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, method);
}

/* Of what has to hold, every call is looked at: a TLS option that is not there must not be passed over. */
static int set_safety(const struct slo_fetch *f)
{
	const struct slo_fetch_opts *o = &f->o;
	CURL *e = f->easy;

	if (curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") ||
	    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) || curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) ||
	    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) ||
	    curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2))
		return -EIO;
	/* Only the authority that was named: the system's directory would be searched besides. */
	if (o->ca_file &&
	    (curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file) || curl_easy_setopt(e, CURLOPT_CAPATH, NULL)))
		return -EIO;
	if (o->cert_file &&
	    (curl_easy_setopt(e, CURLOPT_SSLCERT, o->cert_file) || curl_easy_setopt(e, CURLOPT_SSLKEY, o->key_file)))
		return -EIO;
	/* Behind a proxy the address that is connected to would be the proxy's. */
	return o->refuse_internal && curl_easy_setopt(e, CURLOPT_PROXY, "") ? -EIO : 0;
}

static int set_up(struct exchange *x, const struct slo_fetch_request *r, struct slo_err *err)
{
	const struct slo_fetch_opts *o = &x->f->o;
	CURL *e = x->f->easy;
	int ret;

	curl_easy_reset(e);
	ret = fetch_url(x, r, err);
	if (!ret)
		ret = fetch_headers(x, r, err);
	if (!ret)
		ret = fetch_auth(x, err);
	if (!ret)
		ret = set_safety(x->f);
	if (ret)
		return slo_err_set(err, ret, "%s", slo_strerror(ret));
	set_method(e, r);
	curl_easy_setopt(e, CURLOPT_CURLU, x->url);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(e, CURLOPT_USERAGENT, o->user_agent);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->curl_words);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* a resolver that hangs is not waited for */
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)((x->timeout_ns + SLO_NS_PER_MS - 1) / SLO_NS_PER_MS));
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)o->body_max);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, x);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
	return 0;
}

/* Return: a CURLcode, or the negative errno of who ended it. */
static int run(struct exchange *x, bool (*stop)(void *arg), void *arg)
{
	int64_t end_ns = slo_now_mono_ns() + x->timeout_ns + LOOK_MS * SLO_NS_PER_MS;
	int running = 1, left;

	while (running) {
		CURLMsg *m;

		if (stop && stop(arg))
			return -ECANCELED;
		if (slo_now_mono_ns() > end_ns) /* libcurl has its own; this is for where it does not look */
			return -ETIMEDOUT;
		if (curl_multi_perform(x->f->multi, &running))
			return -EIO;
		while ((m = curl_multi_info_read(x->f->multi, &left))) {
			if (m->msg == CURLMSG_DONE)
				return (int)m->data.result;
		}
		if (running && curl_multi_poll(x->f->multi, NULL, 0, LOOK_MS, NULL))
			return -EIO;
	}
	return -EIO;
}

static int64_t retry_after_s(CURL *e)
{
	struct curl_header *h;
	struct slo_str value;
	int64_t s, now_s = slo_now_wall_ns() / SLO_NS_PER_S;

	if (curl_easy_header(e, "Retry-After", 0, CURLH_HEADER, -1, &h))
		return -1;
	value = slo_str(h->value);
	while (value.len && (value.p[value.len - 1] == ' ' || value.p[value.len - 1] == '\t'))
		value.len--;
	if (value.len && isdigit((unsigned char)value.p[0]))
		return slo_parse_i64(value, &s) ? -1 : s;
	s = (int64_t)curl_getdate(h->value, NULL);
	if (s < 0)
		return -1;
	return s > now_s ? s - now_s : 0;
}

static void take_type(struct slo_fetch_answer *a, CURL *e)
{
	char *type = NULL;
	size_t len;

	a->content_type[0] = '\0';
	if (curl_easy_getinfo(e, CURLINFO_CONTENT_TYPE, &type) || !type)
		return;
	len = strcspn(type, "; \t");
	slo_str_copy(a->content_type, sizeof(a->content_type), slo_str_n(type, len));
	for (char *c = a->content_type; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

static void take_answer(struct slo_fetch_answer *a, CURL *e)
{
	long sent = 0;

	curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_getinfo(e, CURLINFO_REQUEST_SIZE, &sent);
	a->connected = sent > 0;
	a->retry_after_s = retry_after_s(e);
	take_type(a, e);
}

static int exchange(struct exchange *x, bool (*stop)(void *arg), void *arg, struct slo_err *err)
{
	int64_t began_ns = slo_now_mono_ns();
	int rc;

	if (curl_multi_add_handle(x->f->multi, x->f->easy))
		return slo_err_set(err, -EIO, "%.200s: libcurl does not take the request", x->peer);
	rc = run(x, stop, arg);
	take_answer(x->a, x->f->easy);
	curl_multi_remove_handle(x->f->multi, x->f->easy);
	x->a->elapsed_ns = slo_now_mono_ns() - began_ns;
	if (rc == -ECANCELED)
		return slo_err_set(err, rc, "%.200s: stopped before the answer", x->peer);
	if (rc == -ETIMEDOUT)
		rc = CURLE_OPERATION_TIMEDOUT;
	return rc ? fetch_failed(x, rc < 0 ? CURLE_FAILED_INIT : (CURLcode)rc, err) : 0;
}

int slo_fetch_do(struct slo_fetch *f, const struct slo_fetch_request *r, struct slo_fetch_answer *a,
		 bool (*stop)(void *arg), void *arg, struct slo_err *err)
{
	struct exchange x = { .f = f, .a = a, .timeout_ns = r->timeout_ns > 0 ? r->timeout_ns : f->o.timeout_ns };
	int ret;

	slo_buf_reset(&a->body);
	a->status = 0;
	a->content_type[0] = '\0';
	a->retry_after_s = -1;
	a->elapsed_ns = 0;
	a->connected = false;
	ret = set_up(&x, r, err);
	if (!ret)
		ret = exchange(&x, stop, arg, err);
	/* Nothing of this exchange stays in the handle: @x goes, and so do the secrets. */
	curl_easy_reset(f->easy);
	curl_slist_free_all(x.headers);
	curl_url_cleanup(x.url);
	return ret;
}
