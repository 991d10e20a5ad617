/* SPDX-License-Identifier: MIT */
/* Private to fetch: the client, and what one exchange is made of. */
#ifndef SLO_NET_FETCH_INTERNAL_H
#define SLO_NET_FETCH_INTERNAL_H

#include "net/fetch.h"

#include <curl/curl.h>

enum {
	FETCH_SECRET_MAX = 16384, /* bytes of a file that holds a token or a password */
	FETCH_URL_MAX = 8192,
	FETCH_HEAD_MAX = 65536,   /* bytes of the header lines of an answer */
};

struct slo_fetch {
	struct slo_fetch_opts o;
	char user_agent[64];
	CURLM *multi;             /* holds the connections that are kept */
	CURL *easy;
};

/* One exchange. */
struct exchange {
	struct slo_fetch *f;
	struct slo_fetch_answer *a;
	CURLU *url;
	struct curl_slist *headers;
	char peer[300];           /* "https://host:port": all of a URL that may be said aloud */
	char curl_words[CURL_ERROR_SIZE];
	int64_t timeout_ns;
	size_t head_bytes;
	bool guarded;             /* the address rule holds for this host */
	bool refused;             /* and it refused an address */
	bool over;                /* the answer is over its bound */
};

/** fetch_url - parse and judge @r->url; fills x->url, x->peer and x->guarded. Return: 0, -EINVAL, -EPERM, -ENOMEM. */
int fetch_url(struct exchange *x, const struct slo_fetch_request *r, struct slo_err *err);

/** fetch_headers - the request's headers into x->headers, with those of ours. Return: 0, -EINVAL, -ENOMEM. */
int fetch_headers(struct exchange *x, const struct slo_fetch_request *r, struct slo_err *err);

/** fetch_auth - what the token or password file says now, into x. Return: 0, -EINVAL, -ENOMEM, errno of the file. */
int fetch_auth(struct exchange *x, struct slo_err *err);

/** fetch_failed - a negative errno and words for what libcurl returned. */
int fetch_failed(struct exchange *x, CURLcode rc, struct slo_err *err);

#endif
