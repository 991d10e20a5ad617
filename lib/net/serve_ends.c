/* SPDX-License-Identifier: MIT */
#include "net/serve_ends.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static bool text_of(const struct sockaddr_storage *a, char ip[INET6_ADDRSTRLEN], int32_t *port)
{
	const struct sockaddr_in6 *v6 = (const void *)a;
	const struct sockaddr_in *v4 = (const void *)a;

	if (a->ss_family == AF_INET) {
		*port = ntohs(v4->sin_port);
		return inet_ntop(AF_INET, &v4->sin_addr, ip, INET6_ADDRSTRLEN) != NULL;
	}
	if (a->ss_family != AF_INET6)
		return false;
	*port = ntohs(v6->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, ip, INET6_ADDRSTRLEN) != NULL;
	return inet_ntop(AF_INET6, &v6->sin6_addr, ip, INET6_ADDRSTRLEN) != NULL;
}

bool slo_ends_of(int fd, bool accepted, struct slo_ends *out)
{
	struct sockaddr_storage here = { .ss_family = AF_UNSPEC }, there = { .ss_family = AF_UNSPEC };
	socklen_t here_len = sizeof(here), there_len = sizeof(there), type_len = sizeof(int);
	int type = SOCK_STREAM;

	memset(out, 0, sizeof(*out));
	if (getsockname(fd, (struct sockaddr *)(void *)&here, &here_len) ||
	    getpeername(fd, (struct sockaddr *)(void *)&there, &there_len) ||
	    !text_of(accepted ? &there : &here, out->src_ip, &out->src_port) ||
	    !text_of(accepted ? &here : &there, out->dst_ip, &out->dst_port)) {
		memset(out, 0, sizeof(*out));
		return false;
	}
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len);
	out->udp = type == SOCK_DGRAM;
	return true;
}
