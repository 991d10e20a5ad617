/* SPDX-License-Identifier: MIT */
/* Addresses of the stimulus program's TCP commands. */
#ifndef SLO_PROBE_STIM_ADDR_H
#define SLO_PROBE_STIM_ADDR_H

#include <netinet/in.h>
#include <sys/socket.h>

struct stim_addr {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

/**
 * stim_addr_parse - "127.0.0.1:80" or "[::1]:80"
 * @text: or NULL, when the option was not given
 *
 * Return: 0; -EINVAL, having said on stderr what is wanted.
 */
int stim_addr_parse(const char *text, struct stim_addr *out);

#endif
