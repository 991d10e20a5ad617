/* SPDX-License-Identifier: MIT */
/* What an event says in words, for the probes whose words are more than a line. Pure. */
#ifndef SLO_DECODE_KERNEL_INTERNAL_H
#define SLO_DECODE_KERNEL_INTERNAL_H

#include "decode/kernel.h"

/** kernel_disk_detail - "nullb0 read 4096 bytes, queued 0.1 ms" */
void kernel_disk_detail(const struct slo_bpf_event *e, char *to, size_t size);

/** kernel_throttle_detail - "web on cpu 1, quota 20 of 100 ms" */
void kernel_throttle_detail(const struct slo_bpf_event *e, char *to, size_t size);

/** kernel_connect_detail - "refused", "ok after 1 SYN retransmission", "timeout after 3 SYN, over the deadline" */
void kernel_connect_detail(const struct slo_bpf_event *e, char *to, size_t size);

/** kernel_retransmit_detail - "established, 2 timeouts in a row, 1200 segments out" */
void kernel_retransmit_detail(const struct slo_bpf_event *e, char *to, size_t size);

/** kernel_reclaim_detail - "memcg reclaim, 120 pages"; "memory.high sleep, 3.1 ms of it reclaim, 0 pages" */
void kernel_reclaim_detail(const struct slo_bpf_event *e, char *to, size_t size);

/** kernel_syscall_detail - "sync (74) of journal.db, descriptor 7" */
void kernel_syscall_detail(const struct slo_bpf_event *e, char *to, size_t size);

/**
 * kernel_tls_detail - "client, full, 3 calls, 4.1 ms in calls",
 * "client, protocol error, certificate self-signed, 1 call, 0.8 ms in calls"
 *
 * What is not known (session, side, certificate) is left out.
 */
void kernel_tls_detail(const struct slo_bpf_event *e, char *to, size_t size);

/**
 * kernel_dns_detail - "api.example.com SERVFAIL tc stub retries=1": name and what is worth a word,
 * as observations made from packets have it; "tcp" as well, which those never see
 * @e: of a struct slo_bpf_event_dns
 */
void kernel_dns_detail(const struct slo_bpf_event *e, char *to, size_t size);

#endif
