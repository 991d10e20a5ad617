/* SPDX-License-Identifier: MIT */
/* DNS messages of the stimulus program: written by hand, so that no decoder of ours judges itself. */
#ifndef SLO_PROBE_STIM_DNS_H
#define SLO_PROBE_STIM_DNS_H

#include <stddef.h>
#include <stdint.h>

enum { STIM_DNS_MAX = 512, STIM_DNS_HEADER = 12, STIM_DNS_A = 1, STIM_DNS_AAAA = 28 };

/** stim_dns_query - a query for @name, dotted. Return: its bytes; 0 when the name is too long or has an empty label. */
size_t stim_dns_query(uint8_t to[STIM_DNS_MAX], uint16_t id, const char *name, uint16_t type);

#endif
