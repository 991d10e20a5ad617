/* SPDX-License-Identifier: MIT */
/* What an event of the TLS probe says in words. Pure. */
#ifndef SLO_DECODE_KERNEL_TLS_H
#define SLO_DECODE_KERNEL_TLS_H

#include <stddef.h>

struct slo_bpf_event;

/**
 * slo_kernel_tls_detail - "client, full, 3 calls, 4.1 ms in calls",
 * "client, protocol error, certificate self-signed, 1 call, 0.8 ms in calls"
 *
 * What is not known (session, side, certificate) is left out.
 */
void slo_kernel_tls_detail(const struct slo_bpf_event *e, char *to, size_t size);

#endif
