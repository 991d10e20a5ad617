/* SPDX-License-Identifier: MIT */
/* Bodies of HTTP messages in gzip (RFC 1952), never larger than the reader allows. */
#ifndef SLO_NET_GZIP_H
#define SLO_NET_GZIP_H

#include "base/buf.h"

/**
 * slo_gunzip - append what @in holds in gzip, of all its members, to @out
 *
 * Stops at @out's maximum, however much more @in would give. Return: 0; -EMSGSIZE when it is more than that;
 * -EBADMSG when @in is no gzip, or ends early; -ENOMEM.
 */
int slo_gunzip(struct slo_str in, struct slo_buf *out);

/**
 * slo_gzip - append @in in gzip, of one member, to @out
 *
 * Fast rather than small. Return: 0; -EMSGSIZE when it does not fit (or @in has 4 GiB and more); -ENOMEM.
 */
int slo_gzip(struct slo_str in, struct slo_buf *out);

#endif
