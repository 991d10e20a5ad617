/* SPDX-License-Identifier: MIT */
/* Private to the module. */
#ifndef SLO_INJECT_RELAY_INTERNAL_H
#define SLO_INJECT_RELAY_INTERNAL_H

#include "inject/relay.h"

/** relay_dial - a socket of @type (SOCK_STREAM, SOCK_DGRAM) connected to upstream @i. Return: it or a negative errno. */
int relay_dial(const struct slo_relay *r, int i, int type);

/** relay_serve_tcp - carry the connection @fd for upstream @i on a thread of its own; owns @fd. */
void relay_serve_tcp(const struct slo_relay *r, int i, int fd);

/** relay_count - a request: whether it is one of the share. */
bool relay_count(const struct slo_relay *r);

#endif
