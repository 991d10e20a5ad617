/* SPDX-License-Identifier: MIT */
/* stim: a TCP server of both families, with faults to choose, and the addresses of its clients' options. */
#include "probe/stim.h"

#include "base/num.h"
#include "probe/stim_addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 1024, READ_SIZE = 65536, POLL_MS = 200 };

struct serve_options {
	int64_t port, backlog, seconds_ns;
	bool sink, no_accept;
};

/* pollfds[0] is the listening socket. */
struct server {
	struct pollfd fds[MAX_CONNECTIONS + 1];
	nfds_t used;
	int64_t accepted, bytes, no_room;
	bool sink;
};

int stim_addr_parse(const char *text, struct stim_addr *out)
{
	const char *colon = text ? strrchr(text, ':') : NULL;
	char host[INET6_ADDRSTRLEN + 2];
	size_t len = colon ? (size_t)(colon - text) : 0;
	int64_t port;

	memset(out, 0, sizeof(*out));
	if (!colon || len >= sizeof(host) || slo_parse_i64(slo_str(colon + 1), &port) || port < 1 || port > 65535)
		goto bad;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)port);
		out->len = sizeof(out->v4);
		return 0;
	}
	if (len < 3 || host[0] != '[' || host[len - 1] != ']')
		goto bad;
	host[len - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &out->v6.sin6_addr) != 1)
		goto bad;
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons((uint16_t)port);
	out->len = sizeof(out->v6);
	return 0;
bad:
	fprintf(stderr, "stim: --to: an address and port is wanted, such as 127.0.0.1:80 or [::1]:80\n");
	return -EINVAL;
}

static int bind_any(int family, int64_t port)
{
	struct stim_addr a = { .len = family == AF_INET6 ? sizeof(a.v6) : sizeof(a.v4) };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, off = 0;

	if (fd < 0)
		return -1;
	a.any.sa_family = (sa_family_t)family;
	if (family == AF_INET6)
		a.v6.sin6_port = htons((uint16_t)port);
	else
		a.v4.sin_port = htons((uint16_t)port);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off))) ||
	    bind(fd, &a.any, a.len)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Both families on one socket; IPv4 alone where there is no IPv6. */
static int listen_any(const struct serve_options *o)
{
	int fd = bind_any(AF_INET6, o->port);

	if (fd < 0 && errno != EADDRINUSE)
		fd = bind_any(AF_INET, o->port);
	if (fd >= 0 && listen(fd, (int)o->backlog)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void accept_all(struct server *s)
{
	int fd;

	while ((fd = accept4(s->fds[0].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		s->accepted++;
		if (s->sink && s->used <= MAX_CONNECTIONS) {
			s->fds[s->used++] = (struct pollfd){ .fd = fd, .events = POLLIN };
			continue;
		}
		s->no_room += s->sink;
		close(fd);
	}
}

/* Return: whether the connection goes on. */
static bool discard(struct server *s, int fd)
{
	static char data[READ_SIZE];
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) > 0)
		s->bytes += n;
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void serve_ready(struct server *s)
{
	for (nfds_t i = s->used - 1; i > 0; i--) {
		if (!s->fds[i].revents || discard(s, s->fds[i].fd))
			continue;
		close(s->fds[i].fd);
		s->fds[i] = s->fds[--s->used];
	}
	if (s->fds[0].revents)
		accept_all(s);
}

static int run_serve(void *opts, int argc, char **argv)
{
	static struct server s;
	const struct serve_options *o = opts;
	int64_t began = stim_now(), left;
	int fd = listen_any(o);

	(void)argc, (void)argv;
	if (fd < 0)
		return stim_error("listen");
	s.sink = o->sink;
	s.fds[0] = (struct pollfd){ .fd = fd, .events = o->no_accept ? 0 : POLLIN };
	s.used = 1;
	fprintf(stderr, "stim: listening on port %" PRId64 "\n", o->port);
	while (!stim_stop && (left = began + o->seconds_ns - stim_now()) > 0) {
		if (poll(s.fds, s.used, left < POLL_MS * SLO_NS_PER_MS ? (int)(left / SLO_NS_PER_MS) + 1 : POLL_MS) > 0)
			serve_ready(&s);
	}
	stim_open("serve", began);
	stim_ms("wall_ms", stim_now() - began);
	stim_int("accepted", s.accepted);
	stim_int("bytes", s.bytes);
	stim_int("closed_for_want_of_room", s.no_room);
	return stim_close();
}

#define OFF(m, C) SLO_OPT_OFF(struct serve_options, m, C)

static const struct slo_opt serve_opts[] = {
	{ .name = "port", .type = SLO_OPT_INT, .off = OFF(port, int64_t), .metavar = "P", .def = "8080", .lo = 1,
	  .hi = 65535, .help = "TCP port, on every address of both families." },
	{ .name = "backlog", .type = SLO_OPT_INT, .off = OFF(backlog, int64_t), .metavar = "N", .def = "128",
	  .hi = 65535, .help = "Connections the kernel keeps for us before we take them." },
	{ .name = "sink", .type = SLO_OPT_FLAG, .off = OFF(sink, bool),
	  .help = "Read and discard until the client ends, rather than close at once." },
	{ .name = "no-accept", .type = SLO_OPT_FLAG, .off = OFF(no_accept, bool),
	  .help = "Never take a connection: with a small backlog clients time out." },
	{ .name = "seconds", .type = SLO_OPT_DURATION, .off = OFF(seconds_ns, int64_t), .metavar = "S", .def = "60",
	  .lo = 0.001, .hi = STIM_MAX_SECONDS, .unit_ns = SLO_NS_PER_S, .help = "How long; SIGTERM ends it too." },
	SLO_OPT_END,
};
const struct slo_cmd stim_cmd_serve = {
	.name = "serve",
	.summary = "a TCP server that answers nothing",
	.opts = serve_opts,
	.opts_size = sizeof(struct serve_options),
	.run = run_serve,
};
