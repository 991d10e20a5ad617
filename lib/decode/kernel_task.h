/* SPDX-License-Identifier: MIT */
/* What an event of the reclaim and the system call probe says in words. Pure. */
#ifndef SLO_DECODE_KERNEL_TASK_H
#define SLO_DECODE_KERNEL_TASK_H

#include <stddef.h>

struct slo_bpf_event;

/** slo_kernel_reclaim_detail - "memcg reclaim, 120 pages"; "memory.high sleep, 3.1 ms of it reclaim, 0 pages" */
void slo_kernel_reclaim_detail(const struct slo_bpf_event *e, char *to, size_t size);

/** slo_kernel_syscall_detail - "sync (74) of journal.db, descriptor 7" */
void slo_kernel_syscall_detail(const struct slo_bpf_event *e, char *to, size_t size);

#endif
