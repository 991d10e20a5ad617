/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_latency_ms and connect_errors_total: from the moment a socket sends its SYN until it is connected
 * or given up. Whether the application waits in connect() or polls makes no difference.
 *
 * Who connects is known at the start, where current is the process; the addresses, the error and the
 * repeated SYNs at the end.
 * Nobody watches an attempt that gets no answer: the kernel's own repetitions tell when it is over the deadline.
 * An attempt refused before the socket changes state (no route) is not seen.
 *
 * info: SYN retransmissions, SYNs sent, enum slo_connect_by
 */
#include "sock.bpf.h"

#include "outcome.h"

struct start {
	__u64 ns;
	__u32 slot;
	__u32 told; /* counted as timed out already */
	struct opener by;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct start);
} sk_starts SEC(".maps");

/* For the rungs without socket storage; key: address of the socket. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SLO_BPF_STARTS);
	__type(key, __u64);
	__type(value, struct start);
} addr_starts SEC(".maps");

struct tcp_sock___fastopen {
	__u8 fastopen_connect : 1;
} CORE;

struct sock___soft {
	int sk_err, sk_err_soft;
} CORE;

/* @storage is a constant in every call: which map, is decided when this is compiled. */

static __always_inline struct start *start_of(void *sk, bool storage)
{
	__u64 key = (__u64)sk;

	return storage ? bpf_sk_storage_get(&sk_starts, sk, NULL, 0) : bpf_map_lookup_elem(&addr_starts, &key);
}

static __always_inline void forget(void *sk, bool storage)
{
	__u64 key = (__u64)sk;

	if ((storage ? bpf_sk_storage_delete(&sk_starts, sk) : bpf_map_delete_elem(&addr_starts, &key)) == 0)
		COUNT(CONNECT, removed);
}

static __always_inline void remember(void *sk, struct start *fresh, bool storage)
{
	__u64 key = (__u64)sk;
	struct start *s = start_of(sk, storage);

	if (s) {
		*s = *fresh;
		return;
	}
	if (storage ? !bpf_sk_storage_get(&sk_starts, sk, fresh, BPF_LOCAL_STORAGE_GET_F_CREATE) :
		      bpf_map_update_elem(&addr_starts, &key, fresh, BPF_ANY) != 0)
		COUNT(CONNECT, insert_failed);
	else
		COUNT(CONNECT, inserted);
}

static __always_inline void begin(const struct slo_bpf_config *c, void *sk, bool storage)
{
	struct start fresh = { 0 };

	opener_of_current(c, &fresh.by);
	fresh.slot = slot_of_ids(c, fresh.by.tgid, fresh.by.cgroup_id);
	fresh.ns = bpf_ktime_get_boot_ns();
	if (fresh.slot != SLO_BPF_NOBODY)
		remember(sk, &fresh, storage);
	else if (start_of(sk, storage))
		forget(sk, storage);
}

/* How an attempt ended. */
struct verdict {
	__u32 outcome; /* enum slo_bpf_outcome */
	__u32 err, by; /* enum slo_connect_by */
	__u32 syn_retransmits;
};

static __always_inline __u32 retransmits_of(const void *sk)
{
	return BPF_CORE_READ((const struct tcp_sock *)sk, total_retrans);
}

static __always_inline void emit(const struct slo_bpf_config *c, const struct start *s, const struct ends *ends,
				 __u64 now, const struct verdict *v)
{
	struct slo_bpf_event *e = emit_begin(SLO_BPF_CONNECT, s->slot, now);

	if (!e)
		return;
	e->value = now - s->ns;
	e->outcome = (__u8)v->outcome;
	e->err = (__s32)v->err;
	e->info[0] = v->syn_retransmits;
	e->info[1] = v->by == SLO_CONNECT_NEVER_SENT ? 0 : v->syn_retransmits + 1;
	e->info[2] = v->by;
	put_opener(e, &s->by);
	put_ends(e, ends);
	emit_end(c, e);
}

static __always_inline void failed(const struct slo_bpf_config *c, const void *sk, const struct start *s, __u64 now,
				   const struct verdict *v)
{
	struct slo_bpf_peer peer;
	struct ends ends;

	sock_ends(sk, &ends);
	peer_of(&peer, s->slot, &ends);
	observe_error(SLO_BPF_CONNECT, &peer);
	emit(c, s, &ends, now, v);
}

/* TCP_FASTOPEN_CONNECT: the SYN may leave with the first write only, and when that was is not known. */
static __always_inline bool deferred(const void *sk)
{
	const struct tcp_sock___fastopen *t = sk;

	return bpf_core_field_exists(t->fastopen_connect) && BPF_CORE_READ_BITFIELD_PROBED(t, fastopen_connect);
}

static __always_inline void succeeded(const struct slo_bpf_config *c, const void *sk, const struct start *s,
				      __u64 now)
{
	struct verdict v = { SLO_BPF_OK, 0, SLO_CONNECT_BY_KERNEL, retransmits_of(sk) };
	struct slo_bpf_peer peer;
	struct ends ends;

	if (deferred(sk))
		return;
	sock_ends(sk, &ends);
	peer_of(&peer, s->slot, &ends);
	if (observe(c, SLO_BPF_CONNECT, &peer, now - s->ns))
		emit(c, s, &ends, now, &v);
}

static __always_inline void given_up(const struct slo_bpf_config *c, const void *sk, const struct start *s, __u64 now)
{
	struct slo_connect_end end = {
		.err = (__u32)BPF_CORE_READ((const struct sock___soft *)sk, sk_err),
		.soft = (__u32)BPF_CORE_READ((const struct sock___soft *)sk, sk_err_soft),
		.syn_retransmits = retransmits_of(sk),
		.segs_out = BPF_CORE_READ((const struct tcp_sock *)sk, segs_out),
	};
	struct verdict v = {
		slo_connect_outcome(&end), slo_connect_errno(&end), slo_connect_by(&end), end.syn_retransmits,
	};

	/* Nothing has been sent yet, and nothing went wrong. */
	if (!end.err && deferred(sk))
		return;
	if (v.outcome != SLO_BPF_ABORTED)
		failed(c, sk, s, now, &v);
}

static __always_inline void end(const struct slo_bpf_config *c, void *sk, int oldstate, int newstate, bool storage)
{
	struct start *s = start_of(sk, storage);
	__u64 now = bpf_ktime_get_boot_ns();

	if (!s) {
		/* Where some are watched only, most attempts are nobody's and have no start. */
		if (c->all && oldstate == TCP_SYN_SENT)
			COUNT(CONNECT, unmatched);
		return;
	}
	if (s->ns >= c->since[SLO_BPF_CONNECT] && now >= s->ns && !s->told) {
		if (newstate == TCP_ESTABLISHED)
			succeeded(c, sk, s, now);
		else
			given_up(c, sk, s, now);
	}
	forget(sk, storage);
}

static __always_inline int changed(void *sk, int oldstate, int newstate, bool storage)
{
	const struct slo_bpf_config *c = config();

	if (!c || !is_tcp(sk))
		return 0;
	if (newstate == TCP_SYN_SENT) {
		if (in_counted_netns(c, sk))
			COUNT(CONNECT, looked);
		begin(c, sk, storage);
	} else if ((oldstate == TCP_SYN_SENT && newstate != TCP_SYN_RECV) || oldstate == TCP_SYN_RECV) {
		/* Two ends that connect to each other at once meet in SYN_RECV; accepted sockets come from there too. */
		end(c, sk, oldstate, newstate, storage);
	}
	return 0;
}

/*
 * The kernel repeats a SYN: the moment to notice that the attempt takes too long.
 * @uncounted: 1 where the SYN is about to be sent and total_retrans does not have it yet
 */
static __always_inline int repeated(void *sk, __u32 uncounted, bool storage)
{
	const struct slo_bpf_config *c = config();
	struct verdict v = { SLO_BPF_TIMED_OUT, ETIMEDOUT, SLO_CONNECT_BY_DEADLINE, 0 };
	struct start *s;
	__u64 now;

	if (!c || sock_state(sk) != TCP_SYN_SENT)
		return 0;
	s = start_of(sk, storage);
	now = bpf_ktime_get_boot_ns();
	if (!s || s->told || s->ns < c->since[SLO_BPF_CONNECT] || now < s->ns + c->connect_timeout_ns)
		return 0;
	s->told = 1;
	v.syn_retransmits = retransmits_of(sk) + uncounted;
	failed(c, sk, s, now, &v);
	return 0;
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(btf_state, struct sock *sk, int oldstate, int newstate)
{
	return changed(sk, oldstate, newstate, true);
}

SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(btf_retransmit, struct sock *sk)
{
	return repeated(sk, 0, true);
}

SEC("?raw_tp/inet_sock_set_state")
int BPF_PROG(raw_state, struct sock *sk, int oldstate, int newstate)
{
	return changed(sk, oldstate, newstate, false);
}

SEC("?raw_tp/tcp_retransmit_skb")
int BPF_PROG(raw_retransmit, struct sock *sk)
{
	return repeated(sk, 0, false);
}

SEC("?fentry/tcp_set_state")
int BPF_PROG(fentry_state, struct sock *sk, int newstate)
{
	return changed(sk, (int)sock_state(sk), newstate, true);
}

SEC("?fentry/tcp_retransmit_skb")
int BPF_PROG(fentry_retransmit, struct sock *sk)
{
	return repeated(sk, 1, true);
}

SEC("?kprobe/tcp_set_state")
int BPF_KPROBE(kprobe_state, struct sock *sk, int newstate)
{
	return changed(sk, (int)sock_state(sk), newstate, false);
}

SEC("?kprobe/tcp_retransmit_skb")
int BPF_KPROBE(kprobe_retransmit, struct sock *sk)
{
	return repeated(sk, 1, false);
}

SEC("?tp/sock/inet_sock_set_state")
int tp_state(struct trace_event_raw_inet_sock_set_state *ctx)
{
	return changed((void *)BPF_CORE_READ(ctx, skaddr), BPF_CORE_READ(ctx, oldstate), BPF_CORE_READ(ctx, newstate),
		       false);
}

SEC("?tp/tcp/tcp_retransmit_skb")
int tp_retransmit(void *ctx)
{
	return repeated(retransmit_sock(ctx), 0, false);
}
