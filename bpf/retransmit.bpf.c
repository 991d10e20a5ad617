/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * tcp_retransmits_total: every segment sent again, whatever made the kernel do it (timer, duplicate
 * acknowledgements, loss probe), SYN and SYN-ACK included: what RetransSegs of /proc/net/snmp counts, less
 * what could not be sent.
 *
 * Most of this happens in interrupts, where current is whoever was running. Whose segment it is, the socket says:
 * its local port is a watched one, or we saw its process connect, or the cgroup it was made in (version 2) is watched.
 * Of sockets older than the probe only port and cgroup are known, and of accepted ones never a process.
 *
 * The value of an exemplar is the number of segments in the second that began with the socket's first one.
 * info: TCP state, flags (outcome.h), segments out, timeouts in a row
 */
#include "sock.bpf.h"

#include "outcome.h"

enum { SECOND = 1000000000 };

struct tcp_skb_cb {
	__u16 tcp_gso_segs;
} CORE;

struct record {
	struct opener by; /* tgid 0 = we did not see it connect */
	__u64 made;
	__u64 second;     /* when the one under way began */
	__u32 segments;   /* in it */
	__u32 told;
	__u32 total;      /* total_retrans when the last one was counted, where two hooks may see the same one */
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct record);
} sk_records SEC(".maps");

/* For the rungs without socket storage; key: address of the socket. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SLO_BPF_STARTS);
	__type(key, __u64);
	__type(value, struct record);
} addr_records SEC(".maps");

/* What a function was called with, for the rung that sees only its return. Key: see call_key(). */
struct call {
	__u64 sk, what;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

/* The last argument is new: without it only what was sent is traced, with it the rest as well, with its error. */
typedef void (*btf_trace_tcp_retransmit_skb)(void *, const struct sock *, const struct sk_buff *, int);

/* @storage is a constant in every call: which map, is decided when this is compiled. */

/* What is kept by address and is older than this probe's attachment may be of another socket. */
static __always_inline struct record *record_at(const struct slo_bpf_config *c, __u64 key)
{
	struct record *r = bpf_map_lookup_elem(&addr_records, &key);

	if (!r || r->made >= c->since[SLO_BPF_RETRANSMIT])
		return r;
	if (bpf_map_delete_elem(&addr_records, &key) == 0)
		COUNT(RETRANSMIT, removed);
	return NULL;
}

/* The socket's record; with @fresh it is made where there is none. */
static __always_inline struct record *record_of(const struct slo_bpf_config *c, void *sk, struct record *fresh,
						bool storage)
{
	__u64 key = (__u64)sk;
	struct record *r;

	if (storage)
		return bpf_sk_storage_get(&sk_records, sk, fresh, fresh ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	r = record_at(c, key);
	if (r || !fresh)
		return r;
	if (bpf_map_update_elem(&addr_records, &key, fresh, BPF_NOEXIST) == 0)
		COUNT(RETRANSMIT, inserted);
	return bpf_map_lookup_elem(&addr_records, &key);
}

/* A socket connects: current is its process. */
static __always_inline int changed(void *sk, int newstate, bool storage)
{
	const struct slo_bpf_config *c = config();
	struct record fresh = { .made = bpf_ktime_get_boot_ns() }, *r;
	__u64 key = (__u64)sk;

	if (!c)
		return 0;
	if (newstate == TCP_CLOSE && !storage && bpf_map_delete_elem(&addr_records, &key) == 0)
		COUNT(RETRANSMIT, removed);
	if (newstate != TCP_SYN_SENT || !is_tcp(sk))
		return 0;
	opener_of_current(c, &fresh.by);
	r = record_of(c, sk, &fresh, storage);
	if (r)
		*r = fresh; /* of a socket that connects a second time */
	else
		COUNT(RETRANSMIT, insert_failed);
	return 0;
}

/* Whose socket? Sets whether its peer is a client of ours. */
static __always_inline __u32 whose(const struct slo_bpf_config *c, const void *sk, const struct record *r,
				   const struct ends *ends, bool *client)
{
	__u32 port = ends->src_port, *slot = bpf_map_lookup_elem(&slo_ports, &port);
	__u64 cgroup;

	if (slot) {
		*client = true;
		return *slot;
	}
	if (r && r->by.tgid)
		return slot_of_ids(c, r->by.tgid, r->by.cgroup_id);
	if (c->all)
		return 0;
	cgroup = sock_cgroup_id(c, sk);
	slot = cgroup ? bpf_map_lookup_elem(&slo_cgroups, &cgroup) : NULL;
	return slot ? *slot : SLO_BPF_NOBODY;
}

/* Clients share a row, and so do peers that may be clients of an unwatched server: there are too many of them. */
static __always_inline void row_for(struct slo_bpf_peer *row, __u32 slot, const struct record *r,
				    const struct ends *ends, bool client)
{
	if (!client && ((r && r->by.tgid) || ends->dst_port < EPHEMERAL)) {
		peer_of(row, slot, ends);
		return;
	}
	__builtin_memset(row, 0, sizeof(*row));
	row->slot = slot;
	row->client = client;
}

static __always_inline void count(const struct slo_bpf_peer *row, __u32 segments)
{
	struct slo_bpf_hist *h = row_or_rest(SLO_BPF_RETRANSMIT, row);
	struct slo_bpf_counters *n = counters(SLO_BPF_RETRANSMIT);

	if (n)
		n->seen += segments;
	if (!h)
		return;
	__sync_fetch_and_add(&h->count, segments);
	__sync_fetch_and_add(&h->sum, segments);
}

/* Return: segments of the socket in this second when it is time to tell, else 0. */
static __always_inline __u32 too_many(const struct slo_bpf_config *c, struct record *r, __u32 segments, __u64 now)
{
	if (now - r->second >= SECOND) {
		r->second = now;
		r->segments = r->told = 0;
	}
	r->segments += segments;
	if (r->told || r->segments < c->threshold[SLO_BPF_RETRANSMIT])
		return 0;
	r->told = 1;
	return r->segments;
}

static __always_inline void emit(const struct slo_bpf_config *c, const void *sk, const struct record *r,
				 const struct ends *ends, const struct slo_bpf_peer *row, __u32 flags, __u64 now)
{
	struct slo_bpf_event *e = emit_begin(SLO_BPF_RETRANSMIT, row->slot, now);

	if (!e)
		return;
	e->value = r->segments;
	e->direction = row->client ? SLO_BPF_INGRESS : SLO_BPF_EGRESS;
	e->info[0] = sock_state(sk);
	e->info[1] = flags;
	e->info[2] = BPF_CORE_READ((const struct tcp_sock *)sk, segs_out);
	e->info[3] = BPF_CORE_READ((const struct inet_connection_sock *)sk, icsk_retransmits);
	put_opener(e, &r->by);
	if (!e->cgroup_id)
		e->cgroup_id = sock_cgroup_id(c, sk);
	put_ends(e, ends);
	emit_end(c, e);
}

/* @segments of @sk went out again, on the connection @ends. @total: see struct record; 0 = seen once only. */
static __always_inline void again(void *sk, const struct ends *ends, __u32 segments, __u32 flags, __u32 total,
				  bool storage)
{
	struct slo_bpf_counters *n = counters(SLO_BPF_RETRANSMIT);
	const struct slo_bpf_config *c = config();
	__u64 now = bpf_ktime_get_boot_ns();
	struct record fresh = { .made = now }, *r;
	struct slo_bpf_peer row;
	bool client = flags & SLO_RETRANSMIT_SYNACK;
	__u32 slot;

	if (!c)
		return;
	r = record_of(c, sk, NULL, storage);
	if (r && total && r->total == total)
		return;
	if (n && in_counted_netns(c, sk))
		n->looked += segments;
	slot = whose(c, sk, r, ends, &client);
	if (slot == SLO_BPF_NOBODY)
		return;
	row_for(&row, slot, r, ends, client);
	count(&row, segments);
	if (!r)
		r = record_of(c, sk, &fresh, storage);
	if (!r) {
		COUNT(RETRANSMIT, insert_failed);
		return;
	}
	r->total = total;
	if (too_many(c, r, segments, now))
		emit(c, sk, r, ends, &row, flags, now);
}

static __always_inline int skb_again_of(void *sk, const struct sk_buff *skb, __u32 total, bool storage)
{
	const struct tcp_skb_cb *cb = (const void *)__builtin_preserve_access_index(&skb->cb[0]);
	__u32 state = sock_state(sk), segments = BPF_CORE_READ(cb, tcp_gso_segs);
	struct ends ends;

	sock_ends(sk, &ends);
	again(sk, &ends, segments ? segments : 1,
	      state == TCP_SYN_SENT || state == TCP_SYN_RECV ? SLO_RETRANSMIT_SYN : 0, total, storage);
	return 0;
}

static __always_inline int skb_again(void *sk, const struct sk_buff *skb, bool storage)
{
	return skb_again_of(sk, skb, 0, storage);
}

/* Seen by two hooks perhaps, one inside the other: total_retrans tells. */
static __always_inline int skb_again_once(void *sk, const struct sk_buff *skb, bool storage)
{
	return skb_again_of(sk, skb, BPF_CORE_READ((const struct tcp_sock *)sk, total_retrans), storage);
}

/* A listening socket repeats its answer to a SYN; the connection is only a request so far. */
static __always_inline int synack_again(void *sk, const struct request_sock *req, bool storage)
{
	struct ends ends;

	read_ends(__builtin_preserve_access_index(&req->__req_common), &ends);
	again(sk, &ends, 1, SLO_RETRANSMIT_SYN | SLO_RETRANSMIT_SYNACK, 0, storage);
	return 0;
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(btf_state, struct sock *sk, int oldstate, int newstate)
{
	return changed(sk, newstate, true);
}

SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(btf_retransmit, struct sock *sk, struct sk_buff *skb)
{
	if (bpf_core_type_matches(btf_trace_tcp_retransmit_skb) && (int)ctx[2])
		return 0;
	return skb_again(sk, skb, true);
}

SEC("?tp_btf/tcp_retransmit_synack")
int BPF_PROG(btf_synack, struct sock *sk, struct request_sock *req)
{
	return synack_again(sk, req, true);
}

SEC("?raw_tp/inet_sock_set_state")
int BPF_PROG(raw_state, struct sock *sk, int oldstate, int newstate)
{
	return changed(sk, newstate, false);
}

SEC("?raw_tp/tcp_retransmit_skb")
int BPF_PROG(raw_retransmit, struct sock *sk, struct sk_buff *skb)
{
	if (bpf_core_type_matches(btf_trace_tcp_retransmit_skb) && (int)ctx[2])
		return 0;
	return skb_again(sk, skb, false);
}

SEC("?raw_tp/tcp_retransmit_synack")
int BPF_PROG(raw_synack, struct sock *sk, struct request_sock *req)
{
	return synack_again(sk, req, false);
}

/*
 * Rungs fentry and kprobe: the functions themselves. The loss probe calls the inner one; the outer one may have
 * a copy of it of its own (as in 6.1), so that both have to be watched.
 */

SEC("?fentry/tcp_set_state")
int BPF_PROG(fentry_state, struct sock *sk, int newstate)
{
	return changed(sk, newstate, true);
}

SEC("?fexit/tcp_retransmit_skb")
int BPF_PROG(fexit_retransmit, struct sock *sk, struct sk_buff *skb, int segs, int ret)
{
	return ret ? 0 : skb_again_once(sk, skb, true);
}

SEC("?fexit/__tcp_retransmit_skb")
int BPF_PROG(fexit_inner, struct sock *sk, struct sk_buff *skb, int segs, int ret)
{
	return ret ? 0 : skb_again_once(sk, skb, true);
}

SEC("?fexit/tcp_rtx_synack")
int BPF_PROG(fexit_synack, struct sock *sk, struct request_sock *req, int ret)
{
	return ret ? 0 : synack_again(sk, req, true);
}

SEC("?kprobe/tcp_set_state")
int BPF_KPROBE(kprobe_state, struct sock *sk, int newstate)
{
	return changed(sk, newstate, false);
}

enum { INNER, OUTER };

/* The thread that runs the function, or the CPU whose idle thread was interrupted for it. */
static __always_inline __u32 call_key(__u32 which)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	return (tid ? tid : 0x80000000 | bpf_get_smp_processor_id()) | which << 30;
}

static __always_inline int enter(const void *sk, const void *what, __u32 which)
{
	struct call call = { (__u64)sk, (__u64)what };
	__u32 key = call_key(which);

	bpf_map_update_elem(&calls, &key, &call, BPF_ANY);
	return 0;
}

/* Return: whether there is a call to go with this return; @call is what it was made with. */
static __always_inline bool leave(struct call *call, __u32 which)
{
	__u32 key = call_key(which);
	struct call *made = bpf_map_lookup_elem(&calls, &key);

	if (!made) {
		COUNT(RETRANSMIT, unmatched);
		return false;
	}
	*call = *made;
	bpf_map_delete_elem(&calls, &key);
	return true;
}

SEC("?kprobe/tcp_retransmit_skb")
int BPF_KPROBE(kprobe_retransmit, struct sock *sk, struct sk_buff *skb)
{
	return enter(sk, skb, OUTER);
}

SEC("?kretprobe/tcp_retransmit_skb")
int BPF_KRETPROBE(kretprobe_retransmit, int ret)
{
	struct call call;

	return leave(&call, OUTER) && !ret ? skb_again_once((void *)call.sk, (const void *)call.what, false) : 0;
}

SEC("?kprobe/__tcp_retransmit_skb")
int BPF_KPROBE(kprobe_inner, struct sock *sk, struct sk_buff *skb)
{
	return enter(sk, skb, INNER);
}

SEC("?kretprobe/__tcp_retransmit_skb")
int BPF_KRETPROBE(kretprobe_inner, int ret)
{
	struct call call;

	return leave(&call, INNER) && !ret ? skb_again_once((void *)call.sk, (const void *)call.what, false) : 0;
}

SEC("?kprobe/tcp_rtx_synack")
int BPF_KPROBE(kprobe_synack, struct sock *sk, struct request_sock *req)
{
	return enter(sk, req, INNER);
}

SEC("?kretprobe/tcp_rtx_synack")
int BPF_KRETPROBE(kretprobe_synack, int ret)
{
	struct call call;

	return leave(&call, INNER) && !ret ? synack_again((void *)call.sk, (const void *)call.what, false) : 0;
}

SEC("?tp/sock/inet_sock_set_state")
int tp_state(struct trace_event_raw_inet_sock_set_state *ctx)
{
	return changed((void *)BPF_CORE_READ(ctx, skaddr), BPF_CORE_READ(ctx, newstate), false);
}

SEC("?tp/tcp/tcp_retransmit_skb")
int tp_retransmit(void *ctx)
{
	const struct trace_event_raw_tcp_retransmit_skb *own = ctx;

	if (bpf_core_field_exists(own->err) && BPF_CORE_READ(own, err))
		return 0;
	return skb_again(retransmit_sock(ctx), retransmit_skb(ctx), false);
}

SEC("?tp/tcp/tcp_retransmit_synack")
int tp_synack(struct trace_event_raw_tcp_retransmit_synack *ctx)
{
	return synack_again((void *)BPF_CORE_READ(ctx, skaddr), BPF_CORE_READ(ctx, req), false);
}
