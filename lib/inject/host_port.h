/* SPDX-License-Identifier: MIT */
/* Numeric addresses with an optional prefix length and port, as the faults take them. */
#ifndef SLO_INJECT_HOST_PORT_H
#define SLO_INJECT_HOST_PORT_H

#include "base/err.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct slo_host_port {
	int family;                  /* AF_INET, AF_INET6; 0 = no address, a port only */
	char addr[INET6_ADDRSTRLEN]; /* as inet_ntop() writes it */
	int bits;                    /* of the prefix */
	int port;                    /* 0 = none */
};

/**
 * slo_host_port_parse - "10.0.0.1", "10.0.0.0/8", "10.0.0.1:53", "[fd00::1]:53", "fd00::/8", ":8080"
 *
 * Return: 0; -EINVAL with @err.
 */
int slo_host_port_parse(const char *text, struct slo_host_port *out, struct slo_err *err);

/** slo_host_port_sock - the socket address. Return: its length; 0 when @h has no address. */
socklen_t slo_host_port_sock(const struct slo_host_port *h, struct sockaddr_storage *to);

#endif
