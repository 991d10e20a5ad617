/* SPDX-License-Identifier: MIT */
/*
 * A server for tests that does what it is told, byte by byte: each connection
 * gets the next part of a script, the last part serves all that follow.
 */
#ifndef SLO_NET_TESTING_HTTP_H
#define SLO_NET_TESTING_HTTP_H

#include "base/buf.h"

#include <check.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SCRIPT_PARTS = 16, SCRIPT_REQUEST_MAX = 65536 };

struct script_part {
	const char *say;      /* written at once; NULL = nothing */
	size_t len;           /* of @say; 0 = strlen */
	const char *drip;     /* then this, over and over, a byte each 20 ms until the peer goes */
	bool hang;            /* then nothing until the peer goes */
	bool stay;            /* serve another part on the same connection */
	bool drop;            /* close without reading a request */
};

struct script {
	struct script_part parts[SCRIPT_PARTS];
	size_t count;
	SSL_CTX *tls;         /* NULL = plain */
	int fd, port;
	pthread_t thread;
	atomic_bool stop;
	atomic_int connections, answered;
	struct slo_buf request; /* the last one, whole; read it after script_stop() or an answer */
};

struct script_peer {
	int fd;
	SSL *ssl;
};

static inline ssize_t script_read(struct script_peer *p, char *to, size_t n)
{
	return p->ssl ? SSL_read(p->ssl, to, (int)n) : recv(p->fd, to, n, 0);
}

static inline bool script_write(struct script_peer *p, const char *from, size_t n)
{
	while (n) {
		ssize_t w = p->ssl ? SSL_write(p->ssl, from, (int)n) : send(p->fd, from, n, MSG_NOSIGNAL);

		if (w <= 0)
			return false;
		from += w;
		n -= (size_t)w;
	}
	return true;
}

/* Up to the blank line and as many bytes after it as Content-Length says. */
static inline bool script_take_request(struct script *s, struct script_peer *p)
{
	for (bool first = true;; first = false) {
		char piece[4096], *end, *length;
		ssize_t n = script_read(p, piece, sizeof(piece));

		if (n <= 0)
			return false;
		if (first) /* not sooner: the test may be looking at the one before */
			slo_buf_reset(&s->request);
		slo_buf_add(&s->request, piece, (size_t)n);
		end = strstr(s->request.data, "\r\n\r\n");
		length = strcasestr(s->request.data, "\r\ncontent-length:");
		if (end && s->request.len >= (size_t)(end + 4 - s->request.data) +
						     (length && length < end ? (size_t)atol(length + 17) : 0))
			return true;
	}
}

/* Until the peer goes, or the test ends. */
static inline void script_wait(struct script *s, struct script_peer *p, const char *drip)
{
	for (size_t i = 0; !s->stop; i++) {
		struct pollfd look = { .fd = p->fd, .events = POLLRDHUP };

		if (poll(&look, 1, 20) > 0)
			return;
		if (drip && !script_write(p, drip + i % strlen(drip), 1))
			return;
	}
}

static inline void script_serve(struct script *s, struct script_peer *p, size_t *next)
{
	bool more = true;

	while (more && !s->stop) {
		const struct script_part *part = &s->parts[*next];

		if (part->drop) {
			*next += *next + 1 < s->count;
			return;
		}
		if (!script_take_request(s, p))
			return;
		*next += *next + 1 < s->count;
		more = part->stay;
		if (part->say && !script_write(p, part->say, part->len ? part->len : strlen(part->say)))
			return;
		s->answered++;
		if (part->hang || part->drip)
			script_wait(s, p, part->drip);
	}
}

static inline void *script_main(void *arg)
{
	struct script *s = arg;
	size_t next = 0;

	while (!s->stop) {
		struct pollfd look = { .fd = s->fd, .events = POLLIN };
		struct script_peer p = { .fd = -1 };
		struct timeval patience = { .tv_sec = 2 };

		if (poll(&look, 1, 20) <= 0)
			continue;
		p.fd = accept(s->fd, NULL, NULL);
		if (p.fd < 0)
			continue;
		s->connections++;
		setsockopt(p.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		if (s->tls) {
			p.ssl = SSL_new(s->tls);
			SSL_set_fd(p.ssl, p.fd);
		}
		if (!p.ssl || SSL_accept(p.ssl) == 1)
			script_serve(s, &p, &next);
		if (p.ssl) {
			SSL_shutdown(p.ssl);
			SSL_free(p.ssl);
		}
		close(p.fd);
	}
	return NULL;
}

/* @six: on ::1 in place of 127.0.0.1. */
static inline void script_start(struct script *s, bool six)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	void *a = six ? (void *)&a6 : (void *)&a4;
	socklen_t len = six ? sizeof(a6) : sizeof(a4);

	if (s->count == 0)
		s->count = 1;
	slo_buf_init(&s->request, SCRIPT_REQUEST_MAX);
	s->fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(s->fd, 0);
	ck_assert_int_eq(bind(s->fd, a, len), 0);
	ck_assert_int_eq(listen(s->fd, 16), 0);
	ck_assert_int_eq(getsockname(s->fd, a, &len), 0);
	s->port = ntohs(six ? a6.sin6_port : a4.sin_port);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, script_main, s), 0);
}

/* For "until the request has come". */
static inline bool script_asked(void *arg)
{
	const struct script *s = arg;

	return s->answered > 0;
}

static inline void script_stop(struct script *s)
{
	s->stop = true;
	pthread_join(s->thread, NULL);
	close(s->fd);
}

#endif
