/* SPDX-License-Identifier: MIT */
/* A request on its way into libcurl: the URL, the headers, the secrets of files. */
#include "net/fetch_internal.h"

#include "base/cleanup.h"
#include "io/writer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

static const char secret_header[] = "Authorization";

static bool is_token(const char *p, size_t n)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)p[i]) && !strchr(others, p[i]))
			return false;
	}
	return n > 0;
}

/* The names of @allow_hosts come without brackets, or with them. */
static bool host_is(const char *name, const char *host)
{
	size_t len = strlen(host);

	if (strcasecmp(name, host) == 0)
		return true;
	return host[0] == '[' && strlen(name) == len - 2 && strncasecmp(name, host + 1, len - 2) == 0;
}

static bool is_exempt(const struct slo_fetch_opts *o, const char *host)
{
	for (size_t i = 0; i < SLO_FETCH_ALLOWED && o->allow_hosts[i]; i++) {
		if (host_is(o->allow_hosts[i], host))
			return true;
	}
	return false;
}

static int judge_url(struct exchange *x, const char *scheme, const char *host, const char *port, bool login,
		     struct slo_err *err)
{
	bool plain = strcmp(scheme, "http") == 0;

	if (!plain && strcmp(scheme, "https") != 0)
		return slo_err_set(err, -EPERM, "only http and https are spoken");
	if (login)
		return slo_err_set(err, -EINVAL, "a name or password in the address is not taken: put it into a file");
	snprintf(x->peer, sizeof(x->peer), "%.5s://%.255s:%.5s", scheme, host, port);
	if (plain && !x->f->o.allow_http)
		return slo_err_set(err, -EPERM, "%.200s: plain http is not allowed here", x->peer);
	x->guarded = x->f->o.refuse_internal && !is_exempt(&x->f->o, host);
	return 0;
}

int fetch_url(struct exchange *x, const struct slo_fetch_request *r, struct slo_err *err)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *user = NULL, *password = NULL;
	int ret;

	x->url = curl_url();
	if (!x->url)
		return slo_err_set(err, -ENOMEM, "out of memory");
	if (r->method && !is_token(r->method, strlen(r->method)))
		return slo_err_set(err, -EINVAL, "the method is no word");
	if (!r->url || strlen(r->url) > FETCH_URL_MAX)
		return slo_err_set(err, -EINVAL, "no address, or one over %d bytes", FETCH_URL_MAX);
	/* The address itself is not repeated: webhooks carry their secret in the path. */
	if (curl_url_set(x->url, CURLUPART_URL, r->url, CURLU_NON_SUPPORT_SCHEME) ||
	    curl_url_get(x->url, CURLUPART_SCHEME, &scheme, 0) || curl_url_get(x->url, CURLUPART_HOST, &host, 0) ||
	    (curl_url_get(x->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) && strncasecmp(scheme, "http", 4) == 0)) {
		ret = slo_err_set(err, -EINVAL, "not an absolute http:// or https:// address");
	} else {
		curl_url_get(x->url, CURLUPART_USER, &user, 0);
		curl_url_get(x->url, CURLUPART_PASSWORD, &password, 0);
		ret = judge_url(x, scheme, host, port ? port : "0", user || password, err);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(user);
	curl_free(password);
	return ret;
}

static bool is_field_value(const char *s)
{
	for (; *s; s++) {
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
			return false;
	}
	return true;
}

static int add_header(struct exchange *x, const char *line)
{
	struct curl_slist *more = curl_slist_append(x->headers, line);

	if (!more)
		return -ENOMEM;
	x->headers = more;
	return 0;
}

/* libcurl takes "Name:" for "leave it out", and sends an empty value for "Name;". */
static int take_header(struct exchange *x, const char *line, struct slo_err *err)
{
	static const char *const ours[] = { "Content-Length", "Transfer-Encoding", "Expect" };
	size_t name = strcspn(line, ":");
	char empty[260];

	if (line[name] != ':' || !is_token(line, name) || name > 256 || !is_field_value(line + name))
		return slo_err_set(err, -EINVAL, "a header is not of the form \"Name: value\"");
	for (size_t i = 0; i < SLO_ARRAY_LEN(ours); i++) {
		if (strlen(ours[i]) == name && strncasecmp(line, ours[i], name) == 0)
			return slo_err_set(err, -EINVAL, "the header %s is not the caller's", ours[i]);
	}
	if (strncasecmp(line, secret_header, name) == 0 && name == sizeof(secret_header) - 1 &&
	    (x->f->o.bearer_file || x->f->o.basic_file))
		return slo_err_set(err, -EINVAL, "the header Authorization comes from a file already");
	if (line[name + 1 + strspn(line + name + 1, " \t")])
		return add_header(x, line);
	snprintf(empty, sizeof(empty), "%.*s;", (int)name, line);
	return add_header(x, empty);
}

int fetch_headers(struct exchange *x, const struct slo_fetch_request *r, struct slo_err *err)
{
	bool typed = false;
	size_t n = 0;
	int ret = 0;

	for (; r->headers && r->headers[n] && !ret; n++) {
		if (n == SLO_FETCH_HEADERS)
			return slo_err_set(err, -EINVAL, "more than %d headers", SLO_FETCH_HEADERS);
		typed = typed || strncasecmp(r->headers[n], "Content-Type:", 13) == 0;
		ret = take_header(x, r->headers[n], err);
	}
	/* Neither asks to be asked first, nor calls a body a form that may be none. */
	if (!ret)
		ret = add_header(x, "Expect:");
	if (!ret && r->body.p && !typed)
		ret = add_header(x, "Content-Type:");
	return ret;
}

/* The file's text without its last newline. */
static int read_secret(const char *path, char **out, struct slo_err *err)
{
	size_t len;
	int ret = slo_file_read(path, FETCH_SECRET_MAX, out, &len, err);

	if (ret)
		return ret;
	while (len && ((*out)[len - 1] == '\n' || (*out)[len - 1] == '\r'))
		(*out)[--len] = '\0';
	if (len == 0 || strlen(*out) != len || !is_field_value(*out)) {
		slo_err_set(err, -EINVAL, "%s", len ? "want one line of text" : "is empty");
		slo_err_at(err, "%s", path);
		return -EINVAL;
	}
	return 0;
}

static int set_bearer(struct exchange *x, const char *token)
{
	slo_autofree char *line = NULL;
	int ret;

	if (asprintf(&line, "%s: Bearer %s", secret_header, token) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	ret = add_header(x, line);
	explicit_bzero(line, strlen(line));
	return ret;
}

static int set_basic(struct exchange *x, char *login, struct slo_err *err)
{
	char *colon = strchr(login, ':');

	if (!colon)
		return slo_err_set(err, -EINVAL, "%s: want user:password", x->f->o.basic_file);
	*colon = '\0';
	if (curl_easy_setopt(x->f->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC) ||
	    curl_easy_setopt(x->f->easy, CURLOPT_USERNAME, login) ||
	    curl_easy_setopt(x->f->easy, CURLOPT_PASSWORD, colon + 1))
		return -ENOMEM;
	explicit_bzero(colon + 1, strlen(colon + 1));
	return 0;
}

int fetch_auth(struct exchange *x, struct slo_err *err)
{
	const struct slo_fetch_opts *o = &x->f->o;
	const char *path = o->bearer_file ? o->bearer_file : o->basic_file;
	slo_autofree char *secret = NULL;
	int ret;

	if (!path)
		return 0;
	ret = read_secret(path, &secret, err);
	if (!ret)
		ret = o->bearer_file ? set_bearer(x, secret) : set_basic(x, secret, err);
	if (secret)
		explicit_bzero(secret, strlen(secret));
	return ret;
}

void slo_fetch_percent(struct slo_buf *to, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c))
			slo_buf_addc(to, *s);
		else
			slo_buf_addf(to, "%%%02X", c);
	}
}
