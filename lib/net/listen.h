/* SPDX-License-Identifier: MIT */
/* A listening TCP socket from an address as people write it; nothing is looked up. */
#ifndef SLO_NET_LISTEN_H
#define SLO_NET_LISTEN_H

#include "base/err.h"

/**
 * slo_listen - listen on @where
 * @where: "host:port", "[v6]:port" or ":port" (every address, v6 and v4); host numeric or "localhost" (127.0.0.1);
 *         port 0 = any free one
 * @port:  the port in use
 *
 * Return: the socket (non-blocking, close-on-exec); -EINVAL for what is no such address; -EADDRINUSE, -EACCES and
 * other errnos of the socket; with @err.
 */
int slo_listen(const char *where, int *port, struct slo_err *err);

#endif
