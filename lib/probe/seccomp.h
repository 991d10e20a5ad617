/* SPDX-License-Identifier: MIT */
/*
 * The system calls the agent may make once it runs. It reads what strangers sent (packets, DNS, HTTP,
 * TLS) and holds capabilities while it does; whoever takes it over by a bad packet shall find as little as possible:
 *
 *   kills     a program started, another process traced or written to, a kernel module or kernel loaded
 *   EPERM     everything else that is not in the table, and arguments out of it: files opened to be written
 *             or made, memory made executable, processes (threads may be), signals to others, sockets but of unix, inet,
 *             netlink and packets, bpf(2) but for maps and links that are there already: no new program or map
 *   ENOSYS    calls newer than the table, so that a C library falls back to older ones
 *
 * It does not stop what the agent does itself: sending over sockets, reading files, attaching the loaded programs.
 */
#ifndef SLO_PROBE_SECCOMP_H
#define SLO_PROBE_SECCOMP_H

#include "base/err.h"

#include <linux/filter.h>

enum { SLO_SECCOMP_MAX = 640 };

/**
 * slo_seccomp_build - the filter, as classic BPF over struct seccomp_data
 *
 * Return: instructions; -EOPNOTSUPP on a processor there is no table for; -E2BIG.
 */
int slo_seccomp_build(struct sock_filter code[SLO_SECCOMP_MAX]);

/**
 * slo_seccomp_install - put it on every thread of this process, for good; sets no_new_privs
 *
 * Return: 0; -ENOSYS where the kernel has no seccomp filters, -EOPNOTSUPP under a sanitizer or a coverage
 * run (they do what is forbidden) or on another processor, another negative errno; all with @err.
 */
int slo_seccomp_install(struct slo_err *err);

#endif
