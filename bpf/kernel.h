/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel types the probes read, with only the members they use. Offsets
 * are relocated at load time against the running kernel's BTF, so nothing
 * here has to agree with any one kernel's layout.
 */
#ifndef SLO_BPF_KERNEL_H
#define SLO_BPF_KERNEL_H

#include <linux/types.h>

#include <stdbool.h>

#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#define CORE __attribute__((preserve_access_index))

enum { AF_INET = 2, AF_INET6 = 10 };

struct kernfs_node {
	__u64 id;
} CORE;

struct cgroup {
	struct kernfs_node *kn;
} CORE;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
} CORE;

/* The index of each controller depends on the kernel's configuration. */
enum cgroup_subsys_id {
	cpu_cgrp_id = 1,
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
} CORE;

struct task_struct {
	unsigned int __state;
	int pid, tgid;
	unsigned int flags;
	struct css_set *cgroups;
	char comm[16];
} CORE;

/* Before 5.14. */
struct task_struct___before_state {
	long state;
} CORE;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
} CORE;

struct sock_common {
	unsigned short skc_family;
	unsigned char skc_state;
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
} CORE;

struct sock_cgroup_data {
	struct cgroup *cgroup;
} CORE;

struct sock {
	struct sock_common __sk_common;
	struct sock_cgroup_data sk_cgrp_data;
	__u16 sk_protocol;
	int sk_err;
} CORE;

#endif
