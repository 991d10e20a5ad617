/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the network probes read from a socket. Everything here works on trusted and plain pointers alike. */
#ifndef SLO_BPF_SOCK_H
#define SLO_BPF_SOCK_H

#include "peers.bpf.h"

#include <bpf/bpf_endian.h>

enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_CLOSE = 7,
};

enum {
	IPPROTO_TCP = 6,
	SLO_BPF_EGRESS = 0, /* enum SLO_DIRECTION */
	SLO_BPF_INGRESS = 1,
	EPHEMERAL = 32768, /* ports from here on are handed out to clients: ip_local_port_range */
};

struct inet_sock {
	__be16 inet_sport;
} CORE;

struct inet_connection_sock {
	__u8 icsk_retransmits;
} CORE;

struct tcp_sock {
	__u32 segs_out, total_retrans;
} CORE;

struct sk_buff {
	char cb[48];
} CORE;

struct request_sock {
	struct sock_common __req_common;
} CORE;

/* 4.16 .. : the kernel's own tracepoint records, for the rung that has nothing better. */
struct trace_event_raw_inet_sock_set_state {
	const void *skaddr;
	int oldstate, newstate;
} CORE;

/* A class of several events at first, later a record of its own. */
struct trace_event_raw_tcp_event_sk_skb {
	const void *skbaddr, *skaddr;
} CORE;

struct trace_event_raw_tcp_retransmit_skb {
	const void *skbaddr, *skaddr;
	int err;
} CORE;

struct trace_event_raw_tcp_retransmit_synack {
	const void *skaddr, *req;
} CORE;

struct ns_common {
	unsigned int inum;
} CORE;

struct net {
	struct ns_common ns;
} CORE;

struct sock_common___net {
	struct {
		struct net *net;
	} skc_net;
} CORE;

/* The two ends of a connection, as an event carries them. */
struct ends {
	__u8 src[16], dst[16];
	__u16 src_port, dst_port; /* host order */
	__u32 family;             /* what is on the wire; 0 = neither IPv4 nor IPv6 */
};

static __always_inline void map_v4(__u8 to[16], __be32 addr)
{
	__builtin_memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, &addr, 4);
}

static __always_inline bool is_mapped(const __u8 addr[16])
{
	const __u32 *words = (const __u32 *)addr;

	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* Of a socket or a request for one. A v6 socket that speaks IPv4 holds mapped addresses by itself. */
static __always_inline void read_ends(const struct sock_common *c, struct ends *e)
{
	__u16 family = BPF_CORE_READ(c, skc_family);

	__builtin_memset(e, 0, sizeof(*e));
	e->src_port = BPF_CORE_READ(c, skc_num);
	e->dst_port = bpf_ntohs(BPF_CORE_READ(c, skc_dport));
	if (family == AF_INET) {
		map_v4(e->src, BPF_CORE_READ(c, skc_rcv_saddr));
		map_v4(e->dst, BPF_CORE_READ(c, skc_daddr));
		e->family = AF_INET;
	} else if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&e->src, c, skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&e->dst, c, skc_v6_daddr.in6_u.u6_addr8);
		e->family = is_mapped(e->dst) ? AF_INET : AF_INET6;
	}
}

/* On the way to TCP_CLOSE the port may have been given back already; inet_sport still has it. */
static __always_inline void sock_ends(const void *sk, struct ends *e)
{
	read_ends(sk, e);
	if (e->src_port == 0)
		e->src_port = bpf_ntohs(BPF_CORE_READ((const struct inet_sock *)sk, inet_sport));
}

static __always_inline void put_ends(struct slo_bpf_event *to, const struct ends *e)
{
	__builtin_memcpy(to->src, e->src, sizeof(to->src));
	__builtin_memcpy(to->dst, e->dst, sizeof(to->dst));
	to->src_port = e->src_port;
	to->dst_port = e->dst_port;
	to->family = (__u8)e->family;
}

static __always_inline void peer_of(struct slo_bpf_peer *to, __u32 slot, const struct ends *e)
{
	__builtin_memset(to, 0, sizeof(*to));
	to->slot = slot;
	to->port = e->dst_port;
	__builtin_memcpy(to->addr, e->dst, sizeof(to->addr));
}

static __always_inline bool is_tcp(const void *sk)
{
	return BPF_CORE_READ((const struct sock *)sk, sk_protocol) == IPPROTO_TCP;
}

/* The socket's namespace is one whose counters are compared with ours. */
static __always_inline bool in_counted_netns(const struct slo_bpf_config *c, const void *sk)
{
	const struct sock_common___net *s = sk;
	__u32 inode;

	if (!bpf_core_field_exists(s->skc_net))
		return true;
	inode = BPF_CORE_READ(s, skc_net.net, ns.inum);
	for (int i = 0; i < SLO_BPF_NETNS && c->netns[i]; i++)
		if (c->netns[i] == inode)
			return true;
	return false;
}

static __always_inline __u32 sock_state(const void *sk)
{
	return BPF_CORE_READ((const struct sock *)sk, __sk_common.skc_state);
}

/* The socket in a record of tracepoint tcp/tcp_retransmit_skb. */
static __always_inline void *retransmit_sock(const void *record)
{
	const struct trace_event_raw_tcp_event_sk_skb *old = record;
	const struct trace_event_raw_tcp_retransmit_skb *own = record;

	if (bpf_core_type_exists(struct trace_event_raw_tcp_retransmit_skb))
		return (void *)BPF_CORE_READ(own, skaddr);
	return (void *)BPF_CORE_READ(old, skaddr);
}

static __always_inline const struct sk_buff *retransmit_skb(const void *record)
{
	const struct trace_event_raw_tcp_event_sk_skb *old = record;
	const struct trace_event_raw_tcp_retransmit_skb *own = record;

	if (bpf_core_type_exists(struct trace_event_raw_tcp_retransmit_skb))
		return BPF_CORE_READ(own, skbaddr);
	return BPF_CORE_READ(old, skbaddr);
}

/* The cgroup (version 2) that made the socket; 0 = not known. */
static __always_inline __u64 sock_cgroup_id(const struct slo_bpf_config *c, const void *sk)
{
	const struct sock *s = sk;

	if (c->cgroup_v1 || !bpf_core_field_exists(s->sk_cgrp_data.cgroup))
		return 0;
	return BPF_CORE_READ(s, sk_cgrp_data.cgroup, kn, id);
}

/* Who opened a socket, taken down where current is its process. */
struct opener {
	__u64 cgroup_id;
	__u32 tgid, tid; /* 0 = not known */
	char comm[16];
};

static __always_inline void opener_of_current(const struct slo_bpf_config *c, struct opener *o)
{
	__u64 id = bpf_get_current_pid_tgid();

	o->tgid = id >> 32;
	o->tid = (__u32)id;
	o->cgroup_id = task_cgroup_id(c, (const struct task_struct *)bpf_get_current_task());
	bpf_get_current_comm(o->comm, sizeof(o->comm));
}

static __always_inline void put_opener(struct slo_bpf_event *to, const struct opener *o)
{
	to->tgid = o->tgid;
	to->tid = o->tid;
	to->cgroup_id = o->cgroup_id;
	__builtin_memcpy(to->comm, o->comm, sizeof(to->comm));
}

#endif
