/* SPDX-License-Identifier: MIT */
#include "net/listen.h"

#include "base/cleanup.h"
#include "base/num.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static bool parse_host(struct slo_str text, in_port_t port, union address *to)
{
	bool bracketed = text.len > 2 && text.p[0] == '[' && text.p[text.len - 1] == ']';
	char host[INET6_ADDRSTRLEN];

	memset(to, 0, sizeof(*to));
	if (text.len == 0) {
		to->six = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port };
		return true;
	}
	if (!slo_str_copy(host, sizeof(host), bracketed ? slo_str_n(text.p + 1, text.len - 2) : text))
		return false;
	if (bracketed) {
		to->six = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port };
		return inet_pton(AF_INET6, host, &to->six.sin6_addr) == 1;
	}
	to->four = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
	return inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &to->four.sin_addr) == 1;
}

static int bind_to(const union address *a, int *port)
{
	socklen_t len = a->any.sa_family == AF_INET ? sizeof(a->four) : sizeof(a->six);
	slo_autoclose int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	union address got;
	const int on = 1, off = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, &a->any, len) || listen(fd, SOMAXCONN))
		return -errno;
	len = sizeof(got);
	if (getsockname(fd, &got.any, &len))
		return -errno;
	*port = ntohs(got.any.sa_family == AF_INET ? got.four.sin_port : got.six.sin6_port);
	return SLO_TAKE_FD(fd);
}

int slo_listen(const char *where, int *port, struct slo_err *err)
{
	const char *colon = strrchr(where, ':');
	union address a;
	int64_t number;
	int fd;

	if (!colon || slo_parse_i64(slo_str(colon + 1), &number) || number < 0 || number > 65535)
		return slo_err_set(err, -EINVAL, "listen: %s: want HOST:PORT", where);
	if (!parse_host(slo_str_n(where, (size_t)(colon - where)), htons((in_port_t)number), &a))
		return slo_err_set(err, -EINVAL, "listen: %s: want a numeric address", where);
	fd = bind_to(&a, port);
	if (colon == where && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)) {
		/* A kernel without IPv6 has every IPv4 address all the same. */
		a.four = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((in_port_t)number) };
		fd = bind_to(&a, port);
	}
	return fd < 0 ? slo_err_set(err, fd, "listen: %s: %s", where, slo_strerror(fd)) : fd;
}
