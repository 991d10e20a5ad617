/* SPDX-License-Identifier: MIT */
#include "net/http_client_internal.h"

#include "rec/rec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>

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

int slo_client_set_url(struct slo_client *c, struct slo_err *err)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL, *full = NULL, *scheme = NULL;
	int ret = 0;

	if (!u)
		return -ENOMEM;
	if (curl_url_set(u, CURLUPART_URL, c->o.url, 0) || curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) || curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
	    set_path(u) || curl_url_get(u, CURLUPART_URL, &full, 0) || strlen(full) >= sizeof(c->url))
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

int slo_client_make_body(const struct slo_client *c, const struct slo_client_size *size, struct slo_buf *b)
{
	static const char *const words[] = {
		"latency", "kernel", "token", "queue", "socket", "memory", "cache", "probe"
	};

	slo_buf_adds(b, "{\"model\":");
	slo_json_add_str(b, slo_str(c->o.model));
	slo_buf_addf(b, ",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":%lld,",
		     (long long)size->max_tokens);
	slo_buf_adds(b, "\"messages\":[{\"role\":\"user\",\"content\":\"");
	for (int64_t i = 0; i < size->prompt_tokens; i++) {
		if (i)
			slo_buf_addc(b, ' ');
		slo_buf_adds(b, words[i % (int64_t)SLO_ARRAY_LEN(words)]);
	}
	slo_buf_adds(b, "\"}]}");
	return b->err;
}
