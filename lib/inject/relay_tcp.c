/* SPDX-License-Identifier: MIT */
/* One TCP connection through the proxy, on a thread of its own. */
#include "inject/relay_internal.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/time.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { CHUNK = 16384, IDLE_MS = 600000, DRAIN_MS = 2000, STACK = 128 << 10, SEND_S = 30 };

struct conn {
	const struct slo_relay *r;
	int i;               /* upstream */
	int client, server;  /* server -1 = not dialled yet */
	bool asking;         /* the client speaks: what it sends belongs to the request that has begun */
	bool client_done, server_done;
};

static atomic_int open_conns;

static void pause_ns(int64_t ns)
{
	struct timespec t = { .tv_sec = ns / SLO_NS_PER_S, .tv_nsec = ns % SLO_NS_PER_S };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static bool send_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* A method name and a blank; a TLS record begins with a byte below ' '. */
static bool is_http(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && n < 16 && p[n] >= 'A' && p[n] <= 'Z')
		n++;
	return n >= 3 && n < len && p[n] == ' ';
}

/* Answered: wait for the client to have read it before the connection goes, or the reset would overtake it. */
static void say(const struct conn *c, const char *status, const char *header, const char *error)
{
	char text[512], body[128], waste[CHUNK];
	struct pollfd p = { c->client, POLLIN, 0 };
	int n = snprintf(body, sizeof(body), "{\"error\":{\"message\":\"%s\",\"type\":\"injected\"}}", error);

	n = snprintf(text, sizeof(text),
		     "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%sConnection: close\r\n\r\n%s",
		     status, n, header, body);
	send_all(c->client, text, (size_t)n);
	shutdown(c->client, SHUT_WR);
	while (poll(&p, 1, DRAIN_MS) > 0 && recv(c->client, waste, sizeof(waste), 0) > 0)
		;
}

static void reset(const struct conn *c)
{
	const struct linger now = { 1, 0 };

	setsockopt(c->client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void fail_one(const struct conn *c, bool http)
{
	static atomic_uint turn;
	unsigned int how = atomic_fetch_add(&turn, 1) % 3;

	if (!http || how == 2)
		reset(c);
	else
		say(c, how ? "500 Internal Server Error" : "503 Service Unavailable", "", how ? "server error" : "overloaded");
}

static void throttle(const struct conn *c)
{
	char header[48];

	snprintf(header, sizeof(header), "Retry-After: %d\r\n", c->r->retry_after_s);
	say(c, "429 Too Many Requests", header, "rate limit reached");
}

static void swallow(const struct conn *c)
{
	struct pollfd p = { c->client, POLLIN, 0 };
	char waste[CHUNK];

	while (poll(&p, 1, IDLE_MS) > 0 && recv(c->client, waste, sizeof(waste), 0) > 0)
		;
}

/* A request begins with these bytes. Return: false when the connection ends here. */
static bool begin(const struct conn *c, const char *p, size_t len)
{
	bool http = is_http(p, len);

	if (!relay_count(c->r))
		return true;
	switch ((enum slo_relay_act)c->r->act) {
	case SLO_RELAY_DELAY:
		pause_ns(c->r->delay_ns);
		return true;
	case SLO_RELAY_DROP:
		swallow(c);
		return false;
	case SLO_RELAY_SERVFAIL:
		return false;
	case SLO_RELAY_THROTTLE:
		if (http) {
			throttle(c);
			return false;
		}
		atomic_fetch_add(&c->r->stats->not_http, 1);
		atomic_fetch_sub(&c->r->stats->acted, 1);
		return true;
	case SLO_RELAY_ERROR:
		fail_one(c, http);
		return false;
	}
	return true;
}

static bool from_client(struct conn *c)
{
	char bytes[CHUNK];
	ssize_t n = recv(c->client, bytes, sizeof(bytes), 0);

	if (n < 0)
		return errno == EINTR;
	if (n == 0) {
		c->client_done = true;
		return c->server >= 0 && shutdown(c->server, SHUT_WR) == 0 && !c->server_done;
	}
	if (!c->asking && !begin(c, bytes, (size_t)n))
		return false;
	c->asking = true;
	if (c->server < 0)
		c->server = relay_dial(c->r, c->i, SOCK_STREAM);
	if (c->server < 0) {
		atomic_fetch_add(&c->r->stats->failed, 1);
		reset(c);
		return false;
	}
	return send_all(c->server, bytes, (size_t)n);
}

static bool from_server(struct conn *c)
{
	char bytes[CHUNK];
	ssize_t n = recv(c->server, bytes, sizeof(bytes), 0);

	if (n < 0) {
		if (errno == ECONNRESET)
			reset(c);
		return errno == EINTR;
	}
	if (n == 0) {
		c->server_done = true;
		return shutdown(c->client, SHUT_WR) == 0 && !c->client_done;
	}
	c->asking = false;
	return send_all(c->client, bytes, (size_t)n);
}

static void carry(struct conn *c)
{
	for (;;) {
		struct pollfd fds[2] = { { c->client_done ? -1 : c->client, POLLIN, 0 },
					 { c->server_done ? -1 : c->server, POLLIN, 0 } };
		int n = poll(fds, 2, IDLE_MS);

		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		/* The answer first: a request that is seen together with its end would else count as the same one. */
		if (fds[1].revents && !from_server(c))
			return;
		if (fds[0].revents && !from_client(c))
			return;
	}
}

static void *serve(void *arg)
{
	struct conn *c = arg;

	carry(c);
	if (c->server >= 0)
		close(c->server);
	close(c->client);
	free(c);
	atomic_fetch_sub(&open_conns, 1);
	return NULL;
}

void relay_serve_tcp(const struct slo_relay *r, int i, int fd)
{
	const struct timeval stall = { .tv_sec = SEND_S };
	struct conn *c = fd >= 0 ? malloc(sizeof(*c)) : NULL;
	pthread_attr_t attr;
	pthread_t thread;

	if (fd < 0)
		return;
	if (!c || atomic_load(&open_conns) >= SLO_RELAY_CONNS_MAX) {
		atomic_fetch_add(&r->stats->over, 1);
		free(c);
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
	*c = (struct conn){ .r = r, .i = i, .client = fd, .server = -1 };
	atomic_fetch_add(&open_conns, 1);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	if (pthread_create(&thread, &attr, serve, c)) {
		atomic_fetch_sub(&open_conns, 1);
		atomic_fetch_add(&r->stats->over, 1);
		close(fd);
		free(c);
	}
	pthread_attr_destroy(&attr);
}
