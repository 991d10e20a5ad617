/* SPDX-License-Identifier: MIT */
/* DNS messages in the calls that send and receive them. */
#ifndef SLO_BPF_DNS_CALL_H
#define SLO_BPF_DNS_CALL_H

#include "dns_packet.bpf.h"

enum { MSG_PEEK = 2 };

struct iovec {
	void *iov_base;
	__u64 iov_len;
};

/* The values change from kernel to kernel. */
enum iter_type {
	ITER_IOVEC = 1,
	ITER_UBUF = 0,
};

struct iov_iter {
	__u8 iter_type;
	__u64 iov_offset, count, nr_segs;
	const struct iovec *__iov;
	void *ubuf;
} CORE;

/* Before 6.4. */
struct iov_iter___old {
	const struct iovec *iov;
} CORE;

struct msghdr {
	void *msg_name;
	int msg_namelen;
	struct iov_iter msg_iter;
} CORE;

/* A call under way. */
struct sending {
	struct slo_bpf_dns_key key;
	__u32 asked; /* enum asked */
	__u32 zero;
};

struct reading {
	__u64 sk;
	const void *to;
	__u64 port;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct sending);
} dns_sending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct reading);
} dns_reading SEC(".maps");

/* The last two ids of a socket, (newer << 16) | older: an error does not say which query it is about. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32);
} dns_last SEC(".maps");

/*
 * Segment @i of what a call sends or receives. Return: whether there is one. A function, or the compiler moves the
 * relocation of the member this kernel does not have out of the loop around it and of the branch that is never taken.
 */
static __noinline bool segment(const struct msghdr *msg, __u32 i, struct iovec *v)
{
	const struct iov_iter *it = __builtin_preserve_access_index(&msg->msg_iter);
	__u32 type = BPF_CORE_READ(it, iter_type);
	__u64 skip = BPF_CORE_READ(it, iov_offset);
	const struct iovec *all;

	if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	    type == bpf_core_enum_value(enum iter_type, ITER_UBUF)) {
		v->iov_base = (__u8 *)BPF_CORE_READ(it, ubuf) + skip;
		v->iov_len = BPF_CORE_READ(it, count);
		return i == 0;
	}
	if (type != bpf_core_enum_value(enum iter_type, ITER_IOVEC) || i >= BPF_CORE_READ(it, nr_segs))
		return false;
	all = bpf_core_field_exists(it->__iov) ? BPF_CORE_READ(it, __iov) :
						 BPF_CORE_READ((const struct iov_iter___old *)it, iov);
	if (bpf_probe_read_kernel(v, sizeof(*v), all + i))
		return false;
	if (i == 0) {
		v->iov_base = (__u8 *)v->iov_base + skip;
		v->iov_len -= skip;
	}
	return true;
}

/* The message of @n bytes in user memory at @from. */
static __always_inline bool read_user(struct work *w, const void *from, __u64 n)
{
	__u32 len = n < SLO_BPF_DNS_WINDOW ? (__u32)n : SLO_BPF_DNS_WINDOW;

	barrier_var(len);
	if (len < SLO_BPF_DNS_HEADER || len > SLO_BPF_DNS_WINDOW)
		return false;
	return bpf_probe_read_user(w->bytes, len, from) == 0 && read_work(w->place, len);
}

/* The same over TCP, where the length comes first, unless it has a buffer of its own. */
static __always_inline bool read_user_tcp(struct work *w, const __u8 *from, __u64 n)
{
	__u8 raw[2] = { 0 };
	__u32 skip;

	if (n < SLO_BPF_DNS_HEADER || bpf_probe_read_user(raw, sizeof(raw), from))
		return false;
	skip = slo_bpf_dns_be16(raw) >= SLO_BPF_DNS_HEADER && slo_bpf_dns_be16(raw) <= n - 2 ? 2 : 0;
	return read_user(w, from + skip, n - skip);
}

/* To whom an unconnected socket sends: struct sockaddr_in or _in6. */
static __always_inline void read_name(const void *name, struct ends *to)
{
	__u8 raw[28] = { 0 };

	if (bpf_probe_read_kernel(raw, 16, name))
		return;
	to->dst_port = slo_bpf_dns_be16(raw + 2);
	if (*(__u16 *)raw == AF_INET) {
		__be32 addr;

		__builtin_memcpy(&addr, raw + 4, 4);
		map_v4(to->dst, addr);
		to->family = AF_INET;
	} else if (*(__u16 *)raw == AF_INET6 && bpf_probe_read_kernel(raw, sizeof(raw), name) == 0) {
		__builtin_memcpy(to->dst, raw + 8, 16);
		to->family = is_mapped(to->dst) ? AF_INET : AF_INET6;
	}
}

static __always_inline void send_ends(const struct sock *sk, const struct msghdr *msg, struct ends *e)
{
	const void *name = BPF_CORE_READ(msg, msg_name);

	read_ends(&sk->__sk_common, e);
	if (name)
		read_name(name, e);
}

static __always_inline void keep_id(__u64 sk, __u16 id)
{
	__u32 *last = bpf_map_lookup_elem(&dns_last, &sk), both = (__u32)id << 16 | id;

	if (last)
		*last = *last >> 16 | (__u32)id << 16;
	else
		bpf_map_update_elem(&dns_last, &sk, &both, BPF_ANY);
}

static __always_inline int send_udp(const struct sock *sk, const struct msghdr *msg, __u32 place)
{
	const struct slo_bpf_config *c = config();
	struct work *w = workplace(place);
	struct sending s = { 0 };
	struct ends ends;
	struct iovec v;
	__u64 task;

	if (!c || !w)
		return 0;
	send_ends(sk, msg, &ends);
	if (!is_dns_port(c, ends.dst_port) || !segment(msg, 0, &v) || !read_user(w, v.iov_base, v.iov_len) ||
	    w->m.response)
		return 0;
	key_of_socket(w, (__u64)sk, ends.src_port, false);
	put_query_ends(w, &ends);
	w->q.device = 0;
	s.asked = asked(c, w, false);
	s.key = w->key;
	task = bpf_get_current_pid_tgid();
	if (s.asked != NOT_ASKED)
		bpf_map_update_elem(&dns_sending, &task, &s, BPF_ANY);
	if (s.asked == ASKED)
		keep_id(w->key.scope, w->key.id);
	return 0;
}

/* Connected sockets hear of ICMP errors; the others, like their applications, do not. */
static __always_inline int udp_error(const struct sock *sk)
{
	const struct slo_bpf_config *c = config();
	struct work *w = workplace(REFUSING);
	__u64 key = (__u64)sk;
	__u32 *ids = bpf_map_lookup_elem(&dns_last, &key), both;
	int err;

	if (!c || !w || !ids)
		return 0;
	err = BPF_CORE_READ(sk, sk_err);
	both = *ids;
	if (slo_connect_outcome_of((__u32)err) != SLO_BPF_REFUSED &&
	    slo_connect_outcome_of((__u32)err) != SLO_BPF_UNREACHABLE)
		return 0;
	key_of_socket(w, key, BPF_CORE_READ(sk, __sk_common.skc_num), false);
	refused(c, w, (__u16)(both >> 16), (__u32)err);
	refused(c, w, (__u16)both, (__u32)err);
	return 0;
}

static __always_inline void take_back(const struct sending *s, struct slo_bpf_dns_query *q)
{
	if (s->asked == REPEATED)
		__sync_fetch_and_add(&q->tries, -1);
	else if (bpf_map_delete_elem(&dns_queries, &s->key) == 0)
		COUNT(DNS, removed);
}

static __always_inline int sent_udp(int ret)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct sending *s = bpf_map_lookup_elem(&dns_sending, &task);
	struct slo_bpf_dns_query *q;

	if (!s)
		return 0;
	q = bpf_map_lookup_elem(&dns_queries, &s->key);
	if (q && ret < 0)
		take_back(s, q);
	else if (q)
		q->committed = 1;
	bpf_map_delete_elem(&dns_sending, &task);
	return 0;
}

/* A negative @len is a peek; nothing was taken with 0. */
static __always_inline int take_udp(const struct sock *sk, const struct sk_buff___packet *skb, int len)
{
	const struct slo_bpf_config *c = config();
	struct work *w = workplace(RECEIVING);
	struct packet p;
	int what;

	if (!c || !w || len <= 0)
		return 0;
	of_buffer(&p, skb, BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header));
	if (!read_packet(&p, BPF_CORE_READ(skb, protocol)) || !is_dns_port(c, p.ends.src_port))
		return 0;
	what = read_message(&p, w);
	if (what == OUT_OF_REACH)
		count_loss(SLO_BPF_DNS_UNREADABLE);
	if (what != IS_DNS || !w->m.response)
		return 0;
	key_of_socket(w, (__u64)sk, p.ends.dst_port, false);
	answered(c, w, p.ends.dst);
	return 0;
}

/* The length may be a segment of its own, and two queries one call. */
static __always_inline int send_tcp(const struct sock *sk, const struct msghdr *msg)
{
	const struct slo_bpf_config *c = config();
	struct work *w = workplace(SENDING_TCP);
	struct ends ends;
	struct iovec v;

	if (!c || !w || !is_dns_port(c, bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))))
		return 0;
	read_ends(&sk->__sk_common, &ends);
	for (__u32 i = 0; i < 4 && segment(msg, i, &v); i++) {
		if (!read_user_tcp(w, v.iov_base, v.iov_len) || w->m.response)
			continue;
		key_of_socket(w, (__u64)sk, ends.src_port, true);
		put_query_ends(w, &ends);
		w->q.device = 0;
		asked(c, w, true);
	}
	return 0;
}

static __always_inline int read_tcp(const struct sock *sk, const struct msghdr *msg, int flags)
{
	const struct slo_bpf_config *c = config();
	__u64 task = bpf_get_current_pid_tgid();
	struct reading r = { .sk = (__u64)sk };
	struct iovec v;

	if (!c || (flags & MSG_PEEK) || !is_dns_port(c, bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))) ||
	    !segment(msg, 0, &v))
		return 0;
	r.to = v.iov_base;
	r.port = BPF_CORE_READ(sk, __sk_common.skc_num);
	bpf_map_update_elem(&dns_reading, &task, &r, BPF_ANY);
	return 0;
}

static __always_inline int have_read_tcp(int ret)
{
	const struct slo_bpf_config *c = config();
	__u64 task = bpf_get_current_pid_tgid();
	struct reading *r = bpf_map_lookup_elem(&dns_reading, &task);
	struct work *w = workplace(RECEIVING_TCP);

	if (!c || !r || !w)
		return 0;
	if (ret > 0 && read_user_tcp(w, r->to, (__u32)ret) && w->m.response) {
		key_of_socket(w, r->sk, (__u16)r->port, true);
		answered(c, w, NULL);
	}
	bpf_map_delete_elem(&dns_reading, &task);
	return 0;
}

#endif
