/* SPDX-License-Identifier: MIT */
/* What an event of the network probes says in words. Pure. */
#ifndef SLO_DECODE_KERNEL_NET_H
#define SLO_DECODE_KERNEL_NET_H

#include <stddef.h>

struct slo_bpf_event;

/** slo_kernel_connect_detail - "refused", "ok after 1 SYN retransmission", "timeout after 3 SYN, over the deadline" */
void slo_kernel_connect_detail(const struct slo_bpf_event *e, char *to, size_t size);

/** slo_kernel_retransmit_detail - "established, 2 timeouts in a row, 1200 segments out" */
void slo_kernel_retransmit_detail(const struct slo_bpf_event *e, char *to, size_t size);

#endif
