/* SPDX-License-Identifier: MIT */
/*
 * One name looked up at one resolver: a query for its IPv4 address over UDP, asked
 * again when nothing comes. Nothing is cached and no system configuration is read,
 * so that each call is one exchange with the resolver named.
 */
#ifndef SLO_NET_SERVE_LOOKUP_H
#define SLO_NET_SERVE_LOOKUP_H

#include "base/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include "net/serve_ends.h"

#include <stdint.h>

enum { SLO_LOOKUP_TRIES = 2 };

struct slo_lookup {
	struct sockaddr_storage to; /* of the resolver */
	socklen_t to_len;
	int64_t timeout_ns;         /* of each of SLO_LOOKUP_TRIES tries */
	bool (*wanted)(void *arg);  /* asked ten times a second; false ends it. NULL = always */
	void *arg;
	struct slo_ends *ends;      /* set to those of the query's socket; NULL = nobody wants them */
};

/** slo_lookup_resolver - "HOST:PORT" or "[v6]:PORT", numeric. Return: 0 or -EINVAL with @err. */
int slo_lookup_resolver(struct slo_lookup *l, const char *address, struct slo_err *err);

/**
 * slo_lookup_do - the first IPv4 address of @name
 * @id: of the query; draw it anew for each
 *
 * Return: 0; -EINVAL (@name is no host name); -ENOENT (no such name, or no IPv4 address); -EREMOTEIO (SERVFAIL
 * and the like, an answer cut short); -ETIMEDOUT; -ECONNREFUSED and other errnos of the socket; -ECANCELED; with @err.
 */
int slo_lookup_do(const struct slo_lookup *l, const char *name, uint16_t id, struct in_addr *out, struct slo_err *err);

#endif
