/* SPDX-License-Identifier: MIT */
/* The detail functions of probes that have a file of their own. */
#ifndef SLO_DECODE_KERNEL_INTERNAL_H
#define SLO_DECODE_KERNEL_INTERNAL_H

#include "decode/kernel.h"

/** kernel_disk_detail - "nullb0 read 4096 bytes, queued 0.1 ms" */
void kernel_disk_detail(const struct slo_bpf_event *e, char *to, size_t size);

/** kernel_throttle_detail - "web on cpu 1, quota 20 of 100 ms" */
void kernel_throttle_detail(const struct slo_bpf_event *e, char *to, size_t size);

#endif
