/* SPDX-License-Identifier: MIT */
/* DNS exchanges as the kernel's probe tells of them. Pure. */
#ifndef SLO_DECODE_KERNEL_DNS_H
#define SLO_DECODE_KERNEL_DNS_H

#include <stddef.h>
#include <stdint.h>

struct slo_bpf_dns_query;
struct slo_bpf_event;
struct slo_bpf_event_dns;

/** slo_kernel_dns_timeout - the event of a query that had no answer after @timeout_ns */
void slo_kernel_dns_timeout(const struct slo_bpf_dns_query *q, uint64_t timeout_ns, struct slo_bpf_event_dns *e);

#endif
