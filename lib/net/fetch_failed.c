/* SPDX-License-Identifier: MIT */
/* What went wrong with an exchange, in words that hold no path, no query and no secret. */
#include "net/fetch_internal.h"

#include "base/time.h"

#include <errno.h>

struct meaning {
	CURLcode code;
	int ret;
	const char *words; /* NULL = libcurl's own, which are about certificates and ciphers only */
};

static const struct meaning meanings[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH, "the name does not resolve" },
	{ CURLE_COULDNT_RESOLVE_PROXY, -EHOSTUNREACH, "the name of the proxy does not resolve" },
	{ CURLE_PARTIAL_FILE, -ECONNRESET, "the connection ended before the answer was whole" },
	{ CURLE_GOT_NOTHING, -ECONNRESET, "the connection ended without an answer" },
	{ CURLE_RECV_ERROR, -ECONNRESET, "the connection broke while the answer came" },
	{ CURLE_SEND_ERROR, -ECONNRESET, "the connection broke while the request went" },
	{ CURLE_FILESIZE_EXCEEDED, -EMSGSIZE, NULL },
	{ CURLE_OUT_OF_MEMORY, -ENOMEM, "out of memory" },
	{ CURLE_URL_MALFORMAT, -EINVAL, "not an absolute http:// or https:// address" },
	{ CURLE_UNSUPPORTED_PROTOCOL, -EIO, "the peer does not speak HTTP" },
	{ CURLE_WEIRD_SERVER_REPLY, -EIO, "the peer does not speak HTTP" },
	{ CURLE_PEER_FAILED_VERIFICATION, -EPROTO, NULL },
	{ CURLE_SSL_CONNECT_ERROR, -EPROTO, NULL },
	{ CURLE_SSL_CERTPROBLEM, -EPROTO, NULL },
	{ CURLE_SSL_CIPHER, -EPROTO, NULL },
	{ CURLE_SSL_CACERT_BADFILE, -EPROTO, NULL },
	{ CURLE_SSL_ISSUER_ERROR, -EPROTO, NULL },
	{ CURLE_USE_SSL_FAILED, -EPROTO, NULL },
};

static int not_connected(struct exchange *x, struct slo_err *err)
{
	long code = 0;

	if (x->refused)
		return slo_err_set(err, -EPERM, "%.200s: its address is internal, which is refused here", x->peer);
	curl_easy_getinfo(x->f->easy, CURLINFO_OS_ERRNO, &code);
	switch (code) {
	case ECONNREFUSED:
		return slo_err_set(err, -ECONNREFUSED, "%.200s: refuses connections", x->peer);
	case ETIMEDOUT:
		return slo_err_set(err, -ETIMEDOUT, "%.200s: does not answer", x->peer);
	case ECONNRESET:
		return slo_err_set(err, -ECONNRESET, "%.200s: ended the connection at once", x->peer);
	default:
		return slo_err_set(err, -EHOSTUNREACH, "%.200s: cannot be reached%s%s", x->peer, code ? ": " : "",
				   code ? slo_strerror(-(int)code) : "");
	}
}

int fetch_failed(struct exchange *x, CURLcode rc, struct slo_err *err)
{
	if (x->over || rc == CURLE_FILESIZE_EXCEEDED)
		return slo_err_set(err, -EMSGSIZE, "%.200s: the answer is over its bound of %zu bytes", x->peer,
				   x->f->o.body_max);
	if (rc == CURLE_COULDNT_CONNECT)
		return not_connected(x, err);
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return slo_err_set(err, -ETIMEDOUT, "%.200s: no whole answer within %.3g s", x->peer,
				   (double)x->timeout_ns / (double)SLO_NS_PER_S);
	if (x->a->body.err)
		return slo_err_set(err, x->a->body.err, "out of memory");
	for (size_t i = 0; i < SLO_ARRAY_LEN(meanings); i++) {
		const char *words = meanings[i].words;

		if (meanings[i].code != rc)
			continue;
		if (!words)
			words = x->curl_words[0] ? x->curl_words : curl_easy_strerror(rc);
		return slo_err_set(err, meanings[i].ret, "%.200s: %s%s", x->peer,
				   meanings[i].ret == -EPROTO ? "TLS: " : "", words);
	}
	return slo_err_set(err, -EIO, "%.200s: %s", x->peer, curl_easy_strerror(rc));
}
