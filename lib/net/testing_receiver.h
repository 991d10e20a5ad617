/* SPDX-License-Identifier: MIT */
/*
 * A receiver of webhooks for tests: real TLS, every signature checked, answers drawn at random from all that a
 * receiver can do wrong. It knows each message by its id and counts what became of it.
 */
#ifndef SLO_NET_TESTING_RECEIVER_H
#define SLO_NET_TESTING_RECEIVER_H

#include "base/rng.h"
#include "base/time.h"
#include "net/testing_http.h"
#include "net/webhook_sign.h"

enum { MESSAGES_MAX = 1 << 14 };

/* What the receiver answers. */
enum fault {
	OK_200, ACCEPTED_202, BAD_400, GONE_410, BUSY_429, BROKEN_500, AWAY_503, HANG, CUT, REDIRECT, DRIP, FAULTS
};

static const struct {
	const char *say;
	int weight;   /* of all 100 */
} faults[FAULTS] = {
	[OK_200] = { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 42 },
	[ACCEPTED_202] = { "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 20 },
	[BAD_400] = { "HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\nnot today", 4 },
	[GONE_410] = { "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 2 },
	[BUSY_429] = { "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", 8 },
	[BROKEN_500] = { "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", 8 },
	[AWAY_503] = { "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 8 },
	[HANG] = { "", 1 },
	[CUT] = { "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly the beg", 4 },
	[REDIRECT] = { "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 2 },
	[DRIP] = { "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", 1 },
};

/* One message, known by its id. Written by the receiver's thread, read after it has ended. */
struct told {
	char id[80];
	bool promised;
	uint32_t delivered, refused;
	uint64_t first;      /* when, in requests */
};

static struct {
	struct script srv;
	struct told told[MESSAGES_MAX];
	size_t told_n;
	uint64_t requests, count[FAULTS], unknown, bad_signature, elsewhere;
	atomic_bool kind;    /* no more faults */
	struct slo_secrets secrets;
	struct slo_rng rng;
} rx;

static struct told *find(const char *id, size_t len)
{
	for (size_t i = 0; i < rx.told_n; i++)
		if (strlen(rx.told[i].id) == len && memcmp(rx.told[i].id, id, len) == 0)
			return &rx.told[i];
	return NULL;
}

static struct slo_str header(const char *name)
{
	const char *p = strcasestr(rx.srv.request.data, name);

	return p ? slo_str_n(p + strlen(name), strcspn(p + strlen(name), "\r")) : slo_str(NULL);
}

static void check_signature(void)
{
	const char *body = strstr(rx.srv.request.data, "\r\n\r\n") + 4;
	struct slo_signed in = {
		.body = slo_str_n(body, rx.srv.request.len - (size_t)(body - rx.srv.request.data)),
		.legacy = header("\r\nX-Webhook-Signature: "), .id = header("\r\nwebhook-id: "),
		.timestamp = header("\r\nwebhook-timestamp: "), .signature = header("\r\nwebhook-signature: "),
	};

	rx.bad_signature += !in.legacy.p || !in.signature.p ||
			    slo_sign_verify(&rx.secrets, &in, slo_now_wall_ns() / SLO_NS_PER_S, 60, NULL) != 0;
}

static enum fault draw(void)
{
	int at = (int)slo_rng_below(&rx.rng, 100), f = 0;

	while (f < FAULTS - 1 && (at -= faults[f].weight) >= 0)
		f++;
	return rx.kind ? OK_200 : (enum fault)f;
}

/* Return: the connection can go on. */
static bool answer(struct script_peer *p)
{
	struct slo_str id = header("\r\nwebhook-id: ");
	struct told *t = id.p ? find(id.p, id.len) : NULL;
	enum fault f = draw();
	bool said;

	rx.requests++;
	rx.count[f]++;
	rx.elsewhere += strncmp(rx.srv.request.data, "POST /elsewhere", 15) == 0;
	rx.unknown += t == NULL;
	check_signature();
	said = !faults[f].say[0] || script_write(p, faults[f].say, strlen(faults[f].say));
	if (t && said && f <= ACCEPTED_202) {
		t->first = t->delivered++ ? t->first : rx.requests;
		return true;
	}
	if (t && said)
		t->refused += f == BAD_400 || f == GONE_410 || f == REDIRECT;
	if (f == HANG || f == DRIP)
		script_wait(&rx.srv, p, f == DRIP ? "x" : NULL);
	return f != HANG && f != DRIP && f != CUT;
}

static void *receive(void *arg)
{
	(void)arg;
	while (!rx.srv.stop) {
		struct pollfd look = { .fd = rx.srv.fd, .events = POLLIN };
		struct script_peer p = { .fd = -1 };
		struct timeval patience = { .tv_sec = 2 };

		if (poll(&look, 1, 20) <= 0 || (p.fd = accept(rx.srv.fd, NULL, NULL)) < 0)
			continue;
		setsockopt(p.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		p.ssl = SSL_new(rx.srv.tls);
		SSL_set_fd(p.ssl, p.fd);
		while (SSL_is_init_finished(p.ssl) || SSL_accept(p.ssl) == 1) {
			look = (struct pollfd){ .fd = p.fd, .events = POLLIN };
			/* An idle connection makes room for the next process. */
			if (!SSL_pending(p.ssl) && poll(&look, 1, 300) <= 0)
				break;
			if (!script_take_request(&rx.srv, &p) || !answer(&p))
				break;
		}
		SSL_free(p.ssl);
		close(p.fd);
	}
	return NULL;
}

#endif
