/* SPDX-License-Identifier: MIT */
/* DNS messages in packets: for the rungs that see packets rather than calls. */
#ifndef SLO_BPF_DNS_PACKET_H
#define SLO_BPF_DNS_PACKET_H

#include "dns_query.bpf.h"

enum { IPPROTO_ICMP = 1, IPPROTO_ICMPV6 = 58, ETH_P_IP_ = 0x0800, ETH_P_IPV6_ = 0x86dd };

/* What a packet with a DNS port is. */
enum { OUT_OF_REACH = -1, NO_DNS = 0, IS_DNS = 1 };

struct net_device {
	int ifindex;
	struct {
		void *net;
	} nd_net;
} CORE;

struct sk_buff___packet {
	struct sock *sk;
	struct net_device *dev;
	unsigned int len, data_len;
	__be16 protocol;
	__u16 transport_header, network_header;
	unsigned char *head, *data;
} CORE;

/* A packet from its IP header on: in a socket buffer's linear part, or where only helpers reach it. */
struct packet {
	struct __sk_buff *ctx; /* NULL = at @l3 */
	const __u8 *l3;
	__u32 linear;          /* bytes at @l3 */
	/* filled by read_packet() */
	struct ends ends;      /* src is the sender */
	__u32 at, len;         /* of the message */
	bool tcp;
	bool udp_only;         /* leave TCP alone */
};

struct ipv4 {
	__u8 version_ihl, tos;
	__be16 total;
	__u16 id, fragment;
	__u8 ttl, proto;
	__u16 sum;
	__be32 src, dst;
};

struct ipv6 {
	__u32 version;
	__be16 payload;
	__u8 next, hops;
	__u8 src[16], dst[16];
};

/* @skb, whose IP header is at @l3. */
static __always_inline void of_buffer(struct packet *p, const struct sk_buff___packet *skb, const __u8 *l3)
{
	__u32 linear = BPF_CORE_READ(skb, len) - BPF_CORE_READ(skb, data_len);

	__builtin_memset(p, 0, sizeof(*p));
	p->l3 = l3;
	p->linear = (__u32)(BPF_CORE_READ(skb, data) + linear - l3);
	p->udp_only = true;
}

static __always_inline bool load(const struct packet *p, __u32 at, void *to, __u32 n)
{
	if (p->ctx)
		return bpf_skb_load_bytes(p->ctx, at, to, n) == 0;
	return at + n <= p->linear && bpf_probe_read_kernel(to, n, p->l3 + at) == 0;
}

static __always_inline bool read_v4(struct packet *p, __u8 *proto, __u32 *end)
{
	struct ipv4 h;

	if (!load(p, 0, &h, sizeof(h)) || (h.fragment & bpf_htons(0x1fff)))
		return false;
	map_v4(p->ends.src, h.src);
	map_v4(p->ends.dst, h.dst);
	p->ends.family = AF_INET;
	p->at = (h.version_ihl & 0xf) * 4;
	*end = bpf_ntohs(h.total);
	*proto = h.proto;
	return true;
}

/* Without extension headers, which DNS over UDP has none of in practice. */
static __always_inline bool read_v6(struct packet *p, __u8 *proto, __u32 *end)
{
	struct ipv6 h;

	if (!load(p, 0, &h, sizeof(h)))
		return false;
	__builtin_memcpy(p->ends.src, h.src, 16);
	__builtin_memcpy(p->ends.dst, h.dst, 16);
	p->ends.family = AF_INET6;
	p->at = sizeof(h);
	*end = sizeof(h) + bpf_ntohs(h.payload);
	*proto = h.next;
	return true;
}

/* Addresses, ports and where the message is. Return: whether it is UDP or TCP with something in it. */
static __always_inline bool read_packet(struct packet *p, __be16 protocol)
{
	__u8 proto = 0, offset = 0;
	__be16 ports[2];
	__u32 end = 0;

	if (protocol == bpf_htons(ETH_P_IP_) ? !read_v4(p, &proto, &end) :
	    protocol == bpf_htons(ETH_P_IPV6_) ? !read_v6(p, &proto, &end) : true)
		return false;
	if ((proto != IPPROTO_UDP && (proto != IPPROTO_TCP || p->udp_only)) || !load(p, p->at, ports, sizeof(ports)))
		return false;
	p->ends.src_port = bpf_ntohs(ports[0]);
	p->ends.dst_port = bpf_ntohs(ports[1]);
	p->tcp = proto == IPPROTO_TCP;
	if (p->tcp && !load(p, p->at + 12, &offset, 1))
		return false;
	p->at += p->tcp ? (offset >> 4) * 4 : 8;
	p->len = end > p->at ? end - p->at : 0;
	return p->len > 0;
}

/* The message of a packet with a DNS port; over TCP after its length, unless that went ahead in its own segment. */
static __always_inline int read_message(const struct packet *p, struct work *w)
{
	__u32 at = p->at, n = p->len;
	__be16 prefix = 0;
	bool cut = false;

	if (p->tcp && n >= 2 && load(p, at, &prefix, 2) && bpf_ntohs(prefix) >= SLO_BPF_DNS_HEADER &&
	    bpf_ntohs(prefix) + 2u <= n) {
		at += 2;
		n = bpf_ntohs(prefix);
	}
	if (n < SLO_BPF_DNS_HEADER)
		return NO_DNS;
	if (n > SLO_BPF_DNS_WINDOW)
		n = SLO_BPF_DNS_WINDOW;
	if (!p->ctx && at + n > p->linear) {
		n = at < p->linear ? p->linear - at : 0;
		cut = true;
	}
	barrier_var(n);
	if (n < SLO_BPF_DNS_HEADER || n > SLO_BPF_DNS_WINDOW)
		return OUT_OF_REACH;
	if (p->ctx ? bpf_skb_load_bytes(p->ctx, at, w->bytes, n) : bpf_probe_read_kernel(w->bytes, n, p->l3 + at))
		return OUT_OF_REACH;
	if (read_work(w->place, n))
		return IS_DNS;
	return cut ? OUT_OF_REACH : NO_DNS;
}

/*
 * An ICMP message about a query of ours, which it quotes. Return: the errno it stands for, with @quoted and @id filled;
 * 0 for anything else.
 */
static __always_inline __u32 read_refusal(const struct packet *p, __be16 protocol, struct packet *quoted, __u16 *id)
{
	bool v6 = protocol == bpf_htons(ETH_P_IPV6_);
	__u8 first, proto, icmp[2];
	__u32 at = sizeof(struct ipv6);
	__be16 raw;

	if ((!v6 && protocol != bpf_htons(ETH_P_IP_)) || !load(p, v6 ? 6 : 9, &proto, 1) ||
	    proto != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) || !load(p, 0, &first, 1))
		return 0;
	if (!v6)
		at = (first & 0xf) * 4;
	if (!load(p, at, icmp, 2) || icmp[0] != (v6 ? 1 : 3) || p->linear < at + 8)
		return 0;
	*quoted = (struct packet){ .l3 = p->l3 + at + 8, .linear = p->linear - at - 8, .udp_only = true };
	if (!read_packet(quoted, protocol) || !load(quoted, quoted->at, &raw, 2))
		return 0;
	*id = bpf_ntohs(raw);
	return slo_bpf_dns_refusal(v6, icmp[1]);
}

/* The sender's view of a query in w->q: addresses and ports. */
static __always_inline void put_query_ends(struct work *w, const struct ends *e)
{
	__builtin_memcpy(w->q.src, e->src, 16);
	__builtin_memcpy(w->q.dst, e->dst, 16);
	w->q.src_port = e->src_port;
	w->q.dst_port = e->dst_port;
	w->q.family = (__u8)e->family;
}

/* A key of addresses in network namespace @net. */
static __always_inline void key_of_ends(struct work *w, __u64 net, const struct packet *p, bool answer)
{
	const struct ends *e = &p->ends;

	w->key.scope = net;
	__builtin_memcpy(w->key.local, answer ? e->dst : e->src, 16);
	__builtin_memcpy(w->key.peer, answer ? e->src : e->dst, 16);
	w->key.local_port = answer ? e->dst_port : e->src_port;
	w->key.peer_port = answer ? e->src_port : e->dst_port;
	w->key.tcp = p->tcp;
}

#endif
