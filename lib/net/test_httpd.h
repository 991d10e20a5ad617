/* SPDX-License-Identifier: MIT */
/* A server with something to ask for, and clients on real sockets; for the tests of httpd. */
#ifndef SLO_NET_TEST_HTTPD_H
#define SLO_NET_TEST_HTTPD_H

#include "net/httpd_internal.h"

#include "base/time.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_MAX = 65536, REPLY_MAX = 1 << 20, WAIT_MS = 10000 };

static struct slo_httpd *server;
static sem_t entered, leave;
static char got[REPLY_MAX + 4096];

static inline void hello(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	const char *name = slo_httpd_query(rq, "name"), *agent = slo_httpd_header(rq, "user-agent");

	(void)arg;
	slo_buf_addf(&re->body, "hello %s from %s by %s", name ? name : "?", agent ? agent : "?", rq->method);
	re->content_type = "text/x-hello";
	re->retry_after_s = 7;
}

static inline void echo(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	(void)arg;
	re->status = 201;
	slo_buf_addf(&re->body, "%s %zu %.20s", rq->content_type, rq->body.len, rq->body.p ? rq->body.p : "");
}

static inline void flood(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	(void)arg;
	(void)rq;
	for (int i = 0; i < 2 * REPLY_MAX / 1024; i++)
		slo_buf_addf(&re->body, "%1024d", i);
}

static inline void linger(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	(void)arg;
	(void)rq;
	sem_post(&entered);
	sem_wait(&leave);
	slo_buf_adds(&re->body, "done at last");
}

static const struct slo_httpd_route routes[] = {
	{ "GET", "/hello", hello }, { "POST", "/echo", echo },     { "PUT", "/echo", echo },
	{ "GET", "/flood", flood }, { "GET", "/linger", linger },  { NULL, NULL, NULL },
};

static inline void setup(void)
{
	const struct slo_httpd_opts o = { .listen = "127.0.0.1:0", .routes = routes, .body_max = BODY_MAX };
	struct slo_err err = { .what = "" };

	sem_init(&entered, 0, 0);
	sem_init(&leave, 0, 0);
	ck_assert_msg(slo_httpd_start(&o, &server, &err) == 0, "%s", err.what);
	ck_assert_int_gt(slo_httpd_port(server), 0);
}

static inline void teardown(void)
{
	slo_httpd_stop(server);
}

static inline int dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)slo_httpd_port(server)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval limit = { WAIT_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)), 0);
	return fd;
}

static inline void say(int fd, const void *text, size_t len)
{
	ck_assert_int_eq((int)send(fd, text, len, MSG_NOSIGNAL), (int)len);
}

/* Everything until the server closes, into got[]. Return: the status, 0 for none. */
static inline int hear(int fd)
{
	size_t n = 0;
	ssize_t r;

	while ((r = recv(fd, got + n, sizeof(got) - 1 - n, 0)) > 0)
		n += (size_t)r;
	got[n] = '\0';
	close(fd);
	return n > 12 ? atoi(got + 9) : 0;
}

static inline int ask(const char *text)
{
	int fd = dial();

	say(fd, text, strlen(text));
	return hear(fd);
}

#define CLOSE "Host: x\r\nConnection: close\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" CLOSE "\r\n"

#endif
