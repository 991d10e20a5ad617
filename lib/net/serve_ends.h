/* SPDX-License-Identifier: MIT */
/* Both ends of a connection as spans name them. */
#ifndef SLO_NET_SERVE_ENDS_H
#define SLO_NET_SERVE_ENDS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct slo_ends {
	char src_ip[INET6_ADDRSTRLEN], dst_ip[INET6_ADDRSTRLEN]; /* "" = not known; src opened it or asked */
	int32_t src_port, dst_port;
	bool udp;
};

/**
 * slo_ends_of - of the connected socket @fd
 * @accepted: the other side opened it
 *
 * An IPv4 address within IPv6 is written as IPv4. Return: whether they are known; @out is empty if not.
 */
bool slo_ends_of(int fd, bool accepted, struct slo_ends *out);

#endif
