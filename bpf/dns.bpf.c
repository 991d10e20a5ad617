/* SPDX-License-Identifier: MIT */
/*
 * dns_latency_ms: from the first send of a query to its answer, by socket and id, so that parallel queries of one
 * socket and answers read by another thread are told apart. An answer counts when it has id and name of the query.
 *
 * What each rung sees:
 * fentry, kprobe  the calls: from the entry of send to the moment the application takes the answer; a send that fails
 *                 never was. UDP, and TCP where a call carries a whole message or the length and the message apart. Not
 *                 queries whose name is split between buffers, nor answers in page fragments (see dns_losses).
 * tp_btf          UDP packets, by network namespace and addresses: to the arrival of the answer at the IP layer,
 *                 whether or not somebody reads it. Starts when the packet leaves, after any wait for a neighbour's
 *                 address.
 * cgroup_skb      packets, UDP and TCP, by socket cookie, to the arrival at the socket. Of TCP, segments with a whole
 *                 message only.
 *
 * Refused by ICMP: tp_btf sees the message, the calls what a connected socket hears of it, cgroup_skb nothing (a
 * query without an answer).
 * A query nobody answers is found by user space (bpf_dns.c). DNS over TLS or HTTPS is invisible to all of them.
 *
 * info: see bpf/dns.h
 */
#include "dns_call.bpf.h"

struct sock___net {
	struct sock_common___net __sk_common;
} CORE;

/* Rungs fentry and kprobe: the calls. */

SEC("?fentry/udp_sendmsg")
int BPF_PROG(fentry_udp, struct sock *sk, struct msghdr *msg)
{
	return send_udp(sk, msg, SENDING);
}

SEC("?fexit/udp_sendmsg")
int BPF_PROG(fexit_udp, struct sock *sk, struct msghdr *msg, __u64 len, int ret)
{
	return sent_udp(ret);
}

SEC("?fentry/udpv6_sendmsg")
int BPF_PROG(fentry_udp6, struct sock *sk, struct msghdr *msg)
{
	return send_udp(sk, msg, SENDING6);
}

SEC("?fexit/udpv6_sendmsg")
int BPF_PROG(fexit_udp6, struct sock *sk, struct msghdr *msg, __u64 len, int ret)
{
	return sent_udp(ret);
}

SEC("?fentry/skb_consume_udp")
int BPF_PROG(fentry_take, struct sock *sk, struct sk_buff *skb, int len)
{
	return take_udp(sk, (const void *)skb, len);
}

SEC("?fentry/sk_error_report")
int BPF_PROG(fentry_error, struct sock *sk)
{
	return udp_error(sk);
}

SEC("?fentry/tcp_sendmsg")
int BPF_PROG(fentry_tcp, struct sock *sk, struct msghdr *msg)
{
	return send_tcp(sk, msg);
}

SEC("?fentry/tcp_recvmsg")
int BPF_PROG(fentry_read, struct sock *sk, struct msghdr *msg, __u64 len, int flags)
{
	return read_tcp(sk, msg, flags);
}

/* Five arguments since 5.19, the result after them. */
SEC("?fexit/tcp_recvmsg")
int BPF_PROG(fexit_read, struct sock *sk, struct msghdr *msg, __u64 len, int flags, int *addr_len, int ret)
{
	return have_read_tcp(ret);
}

SEC("?kprobe/udp_sendmsg")
int BPF_KPROBE(kprobe_udp, struct sock *sk, struct msghdr *msg)
{
	return send_udp(sk, msg, SENDING);
}

SEC("?kretprobe/udp_sendmsg")
int BPF_KRETPROBE(kretprobe_udp, int ret)
{
	return sent_udp(ret);
}

SEC("?kprobe/udpv6_sendmsg")
int BPF_KPROBE(kprobe_udp6, struct sock *sk, struct msghdr *msg)
{
	return send_udp(sk, msg, SENDING6);
}

SEC("?kretprobe/udpv6_sendmsg")
int BPF_KRETPROBE(kretprobe_udp6, int ret)
{
	return sent_udp(ret);
}

SEC("?kprobe/skb_consume_udp")
int BPF_KPROBE(kprobe_take, struct sock *sk, struct sk_buff *skb, int len)
{
	return take_udp(sk, (const void *)skb, len);
}

SEC("?kprobe/sk_error_report")
int BPF_KPROBE(kprobe_error, struct sock *sk)
{
	return udp_error(sk);
}

SEC("?kprobe/tcp_sendmsg")
int BPF_KPROBE(kprobe_tcp, struct sock *sk, struct msghdr *msg)
{
	return send_tcp(sk, msg);
}

SEC("?kprobe/tcp_recvmsg")
int BPF_KPROBE(kprobe_read, struct sock *sk, struct msghdr *msg, __u64 len, int flags)
{
	return read_tcp(sk, msg, flags);
}

SEC("?kretprobe/tcp_recvmsg")
int BPF_KRETPROBE(kretprobe_read, int ret)
{
	return have_read_tcp(ret);
}

/* Rung tp_btf: packets on devices of the socket's own network namespace. */

SEC("?tp_btf/net_dev_queue")
int BPF_PROG(btf_leave, struct sk_buff___packet *skb)
{
	const struct slo_bpf_config *c = config();
	const struct sock *sk = skb->sk;
	struct work *w = workplace(SENDING);
	struct packet p;
	__u64 net;

	if (!c || !w || !sk)
		return 0;
	of_buffer(&p, skb, skb->head + skb->network_header);
	if (!read_packet(&p, skb->protocol) || !is_dns_port(c, p.ends.dst_port))
		return 0;
	net = (__u64)BPF_CORE_READ(skb, dev, nd_net.net);
	if (net != (__u64)BPF_CORE_READ((const struct sock___net *)sk, __sk_common.skc_net.net) ||
	    read_message(&p, w) != IS_DNS || w->m.response)
		return 0;
	key_of_ends(w, net, &p, false);
	put_query_ends(w, &p.ends);
	w->q.device = BPF_CORE_READ(skb, dev, ifindex);
	asked(c, w, true);
	return 0;
}

SEC("?tp_btf/netif_receive_skb")
int BPF_PROG(btf_arrive, struct sk_buff___packet *skb)
{
	const struct slo_bpf_config *c = config();
	struct work *w = workplace(RECEIVING);
	struct packet p;
	__u64 net;
	int what;

	if (!c || !w)
		return 0;
	of_buffer(&p, skb, skb->data);
	net = (__u64)BPF_CORE_READ(skb, dev, nd_net.net);
	if (!read_packet(&p, skb->protocol)) {
		struct packet quoted;
		__u16 id;
		__u32 err = read_refusal(&p, skb->protocol, &quoted, &id);

		if (err && is_dns_port(c, quoted.ends.dst_port)) {
			key_of_ends(w, net, &quoted, false);
			refused(c, w, id, err);
		}
		return 0;
	}
	if (!is_dns_port(c, p.ends.src_port))
		return 0;
	what = read_message(&p, w);
	if (what == OUT_OF_REACH)
		count_loss(SLO_BPF_DNS_UNREADABLE);
	if (what != IS_DNS || !w->m.response)
		return 0;
	key_of_ends(w, net, &p, true);
	answered(c, w, NULL);
	return 0;
}

/* Rung cgroup_skb: packets of the sockets of all cgroups. Neither program ever stops one. */

static __always_inline int packet_of_cgroup(struct __sk_buff *ctx, bool leaving)
{
	const struct slo_bpf_config *c = config();
	struct work *w = workplace(leaving ? SENDING : RECEIVING);
	struct packet p = { .ctx = ctx };

	if (!c || !w || !read_packet(&p, (__be16)ctx->protocol) ||
	    !is_dns_port(c, leaving ? p.ends.dst_port : p.ends.src_port) || read_message(&p, w) != IS_DNS ||
	    w->m.response == leaving)
		return 1;
	key_of_socket(w, bpf_get_socket_cookie(ctx), 0, p.tcp);
	if (!leaving) {
		answered(c, w, NULL);
		return 1;
	}
	put_query_ends(w, &p.ends);
	w->q.device = ctx->ifindex;
	asked(c, w, true);
	return 1;
}

SEC("?cgroup_skb/egress")
int cgroup_leave(struct __sk_buff *ctx)
{
	return packet_of_cgroup(ctx, true);
}

SEC("?cgroup_skb/ingress")
int cgroup_arrive(struct __sk_buff *ctx)
{
	return packet_of_cgroup(ctx, false);
}
