/* SPDX-License-Identifier: MIT */
/*
 * One HTTP exchange at a time: what webhooks, Prometheus queries, scrapes and
 * OTLP exports have in common. libcurl underneath, connections kept between calls.
 *
 * Redirects are never followed. Peer and host of a TLS connection are always
 * verified, TLS 1.2 at least. Only http and https are spoken, and http only where it is allowed.
 * Times are bounded as a whole (slow drips included), bodies and headers in bytes.
 * Errors name scheme, host and port only: a path or query may hold a secret.
 * The process ignores SIGPIPE: OpenSSL writes to sockets without MSG_NOSIGNAL.
 */
#ifndef SLO_NET_FETCH_H
#define SLO_NET_FETCH_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_FETCH_HEADERS = 32,        /* most request headers of one exchange */
	SLO_FETCH_BODY_MAX = 1 << 20,  /* default bound of an answer, bytes */
	SLO_FETCH_ALLOWED = 16,        /* names exempt from the address rule */
};

struct slo_fetch_opts {
	const char *user_agent;   /* NULL = "llm-slo/VERSION" */
	const char *ca_file;      /* believed in place of the system's; NULL = the system's */
	const char *cert_file, *key_file; /* client certificate; NULL = none */
	const char *bearer_file;  /* token, trailing newline dropped; NULL = none; read anew for each exchange */
	const char *basic_file;   /* "user:password"; likewise */
	bool allow_http;          /* plain text is allowed */
	/*
	 * Refuse loopback, link-local, unspecified, multicast, and cloud metadata addresses, v4, v6 and v4 in v6, as
	 * judged on the address that is about to be connected to (after resolution), unless the host part of
	 * the URL is one of @allow_hosts (case-insensitive, without port). Proxies from the
	 * environment are not used then.
	 */
	bool refuse_internal;
	const char *allow_hosts[SLO_FETCH_ALLOWED];
	int64_t timeout_ns;       /* of one whole exchange; 0 = 10 s */
	size_t body_max;          /* of an answer; 0 = SLO_FETCH_BODY_MAX. What is over is -EMSGSIZE */
};

struct slo_fetch_request {
	const char *method;       /* "GET", "POST", … ; NULL = GET, or POST with a body */
	const char *url;          /* absolute, at most 8192 bytes, without user and password (-EINVAL) */
	const char *const
		*headers;	  /* "Name: value", ends with NULL; may be NULL. No CR or LF in any; not Content-Length,
				      * Transfer-Encoding or Expect; no Content-Type is sent unless it is here */
	struct slo_str body;      /* sent as is, with Content-Length; p NULL = none */
	int64_t timeout_ns;       /* of this exchange; 0 = the client's */
};

/* What came back. A status is not an error of the exchange: 500 is result 0, status 500. */
struct slo_fetch_answer {
	long status;
	struct slo_buf body;      /* kept between exchanges, freed by slo_fetch_answer_fini() */
	char content_type[64];    /* lower case, without parameters; "" = none */
	int64_t retry_after_s;    /* of Retry-After, seconds or date made relative to now; -1 = none or unreadable */
	int64_t elapsed_ns;
	bool connected;           /* the request may have reached the peer */
};

struct slo_fetch;

/**
 * slo_fetch_new - a client
 *
 * The strings of @o must outlive it. Return: 0; -EINVAL (an option makes no sense); -ENOENT or
 * another errno with the file's name (a file cannot be read); -ENOMEM. Not to be shared between threads.
 * A connection that was kept and turns out closed is tried once more on a new one: a POST may arrive twice.
 */
int slo_fetch_new(const struct slo_fetch_opts *o, struct slo_fetch **out, struct slo_err *err);
void slo_fetch_free(struct slo_fetch *f);

void slo_fetch_answer_init(struct slo_fetch_answer *a, size_t body_max);
void slo_fetch_answer_fini(struct slo_fetch_answer *a);

/**
 * slo_fetch_do - one exchange, start to end
 * @stop: looked at ten times a second, true ends the exchange; NULL = never
 *
 * Return: 0 with @a filled; -EINVAL (the URL or a header is not usable), -EPERM (plain http, another scheme,
 * or an address that is refused), -ETIMEDOUT, -ECONNREFUSED, -EHOSTUNREACH (does not resolve, no route),
 * -EPROTO (TLS: the certificate or the handshake), -EMSGSIZE (the answer is over its bound), -ECANCELED (@stop),
 * -ECONNRESET (ended before the answer was whole), -EIO (anything else), each with words in @err that never hold a secret.
 */
int slo_fetch_do(struct slo_fetch *f, const struct slo_fetch_request *r, struct slo_fetch_answer *a,
		 bool (*stop)(void *arg), void *arg, struct slo_err *err);

/** slo_fetch_percent - append @s percent-encoded, all but letters, digits and -._~ (RFC 3986, 2.3). Pure. */
void slo_fetch_percent(struct slo_buf *to, const char *s);

/** slo_fetch_refused - whether the rule of @refuse_internal refuses this address (v4 mapped to v6, network order). Pure. */
bool slo_fetch_refused(const uint8_t addr[16]);

#endif
