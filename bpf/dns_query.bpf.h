/* SPDX-License-Identifier: MIT */
/* The queries under way, what an answer does to them, and how both become observations. */
#ifndef SLO_BPF_DNS_QUERY_H
#define SLO_BPF_DNS_QUERY_H

#include "sock.bpf.h"

#include "dns.h"
#include "outcome.h"

enum { IPPROTO_UDP = 17 };

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SLO_BPF_DNS_QUERIES);
	__type(key, struct slo_bpf_dns_key);
	__type(value, struct slo_bpf_dns_query);
} dns_queries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLO_BPF_DNS__LOSSES);
	__type(key, __u32);
	__type(value, __u64);
} dns_losses SEC(".maps");

/* Room to work in, one for each kind of program: they may interrupt each other, but none itself. */
enum workplace { SENDING, SENDING6, SENDING_TCP, RECEIVING, RECEIVING_TCP, REFUSING, WORKPLACES };

struct work {
	__u8 bytes[SLO_BPF_DNS_WINDOW];
	struct slo_bpf_dns_msg m;
	struct slo_bpf_dns_key key;
	struct slo_bpf_dns_query q;
	__u32 err;   /* instead of an answer */
	__u32 place; /* enum workplace */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WORKPLACES);
	__type(key, __u32);
	__type(value, struct work);
} dns_work SEC(".maps");

/* What asking did. */
enum asked { NOT_ASKED, ASKED, REPEATED };

static __always_inline struct work *workplace(__u32 kind)
{
	struct work *w = bpf_map_lookup_elem(&dns_work, &kind);

	if (w)
		w->place = kind;
	return w;
}

/* Global, so that the verifier walks the loop over the name once, not at each place it is called from. */
__noinline int read_work(__u32 kind, __u32 len)
{
	struct work *w = bpf_map_lookup_elem(&dns_work, &kind);

	return w && slo_bpf_dns_read(w->bytes, len, &w->m);
}

static __always_inline bool is_dns_port(const struct slo_bpf_config *c, __u16 port)
{
	for (int i = 0; i < SLO_BPF_DNS_PORTS && c->dns_port[i]; i++)
		if (port == c->dns_port[i])
			return true;
	return false;
}

static __always_inline void count_loss(__u32 kind)
{
	__u64 *n = bpf_map_lookup_elem(&dns_losses, &kind);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* A key of @sk, or of anything else that is one socket; @port is its own, where @sk alone may be another one soon. */
static __always_inline void key_of_socket(struct work *w, __u64 sk, __u16 port, bool tcp)
{
	__builtin_memset(&w->key, 0, sizeof(w->key));
	w->key.scope = sk;
	w->key.local_port = port;
	w->key.tcp = tcp;
}

/* Current is whoever sends; not so for packets that waited for a neighbour's address. */
static __always_inline void owner_of_current(const struct slo_bpf_config *c, struct slo_bpf_dns_query *q)
{
	const struct task_struct *p = (const struct task_struct *)bpf_get_current_task();

	q->tgid = BPF_CORE_READ(p, tgid);
	q->tid = BPF_CORE_READ(p, pid);
	q->cgroup_id = task_cgroup_id(c, p);
	q->slot = slot_of_ids(c, q->tgid, q->cgroup_id);
	BPF_CORE_READ_STR_INTO(&q->comm, p, comm);
}

static __always_inline void keep_question(struct work *w)
{
	__u32 kind = SLO_BPF_DNS_UNREADABLE;
	__u64 *unreadable = bpf_map_lookup_elem(&dns_losses, &kind);

	w->q.hash = w->m.hash;
	w->q.name_len = w->m.name_len;
	w->q.unreadable = unreadable ? *unreadable : 0;
	w->q.tcp = (__u8)w->key.tcp;
	w->q.zero = 0;
	__builtin_memcpy(w->q.wire, w->bytes + SLO_BPF_DNS_HEADER, sizeof(w->q.wire));
}

/*
 * The query in w->m leaves by w->key; the caller has filled addresses and
 * w->q.device. The first of several tries is the one that counts.
 */
static __always_inline int asked(const struct slo_bpf_config *c, struct work *w, bool committed)
{
	struct slo_bpf_dns_query *old;

	w->key.id = w->m.id;
	old = bpf_map_lookup_elem(&dns_queries, &w->key);
	if (old && old->hash == w->m.hash) {
		if (old->device != w->q.device)
			return NOT_ASKED; /* the same packet, on its way through another device */
		__sync_fetch_and_add(&old->tries, 1);
		return REPEATED;
	}
	owner_of_current(c, &w->q);
	if (w->q.slot == SLO_BPF_NOBODY)
		return NOT_ASKED;
	keep_question(w);
	w->q.tries = 1;
	w->q.committed = committed;
	w->q.ns = bpf_ktime_get_boot_ns();
	if (bpf_map_update_elem(&dns_queries, &w->key, &w->q, BPF_ANY)) {
		COUNT(DNS, insert_failed);
		return NOT_ASKED;
	}
	if (old)
		count_loss(SLO_BPF_DNS_REPLACED);
	else
		COUNT(DNS, inserted);
	return ASKED;
}

static __always_inline void emit(const struct slo_bpf_config *c, const struct work *w, __u64 now)
{
	struct slo_bpf_event_dns *e = bpf_ringbuf_reserve(&slo_ring, sizeof(*e), 0);
	const struct slo_bpf_dns_query *q = &w->q;

	if (!e) {
		COUNT(DNS, ring_full);
		return;
	}
	COUNT(DNS, emitted);
	__builtin_memset(&e->e, 0, sizeof(e->e));
	e->e.end_ns = now;
	e->e.value = now - q->ns;
	e->e.probe = SLO_BPF_DNS;
	e->e.slot = q->slot;
	e->e.cgroup_id = q->cgroup_id;
	e->e.tgid = q->tgid;
	e->e.tid = q->tid;
	e->e.family = q->family;
	e->e.src_port = q->src_port;
	e->e.dst_port = q->dst_port;
	__builtin_memcpy(e->e.src, q->src, sizeof(q->src));
	__builtin_memcpy(e->e.dst, q->dst, sizeof(q->dst));
	__builtin_memcpy(e->e.comm, q->comm, sizeof(q->comm));
	e->e.err = (__s32)w->err;
	e->e.outcome = (__u8)slo_connect_outcome_of(w->err);
	e->e.info[0] = w->m.rcode;
	e->e.info[1] = (w->m.truncated ? SLO_BPF_DNS_TRUNCATED : 0) | (q->tcp ? SLO_BPF_DNS_TCP : 0);
	e->e.info[2] = q->tries - 1;
	e->e.info[3] = q->name_len;
	__builtin_memcpy(e->wire, q->wire, sizeof(e->wire));
	emit_end(c, &e->e);
}

/* One row for each owner: whoever is asked, it is its resolver. */
static __always_inline void count_end(const struct slo_bpf_config *c, const struct work *w, __u64 now, bool failed)
{
	struct slo_bpf_peer peer = { .slot = w->q.slot, .port = w->q.dst_port };

	if (w->q.ns < c->since[SLO_BPF_DNS] || now < w->q.ns)
		return;
	if (observe(c, SLO_BPF_DNS, &peer, now - w->q.ns))
		emit(c, w, now);
	if (failed)
		observe_failed(SLO_BPF_DNS, &peer);
}

/* Take a query out. Whoever does tells of it: user space looks for those without an answer. */
static __always_inline bool take(struct work *w, const struct slo_bpf_dns_query *q)
{
	__builtin_memcpy(&w->q, q, sizeof(w->q));
	if (bpf_map_delete_elem(&dns_queries, &w->key))
		return false;
	COUNT(DNS, removed);
	return true;
}

/* The answer in w->m has come for w->key; @local is its receiver's address, NULL = as at the start. */
static __always_inline void answered(const struct slo_bpf_config *c, struct work *w, const __u8 *local)
{
	struct slo_bpf_dns_query *q;

	w->key.id = w->m.id;
	q = bpf_map_lookup_elem(&dns_queries, &w->key);
	if (!q || (w->m.name_len && w->m.hash != q->hash)) {
		if (c->all)
			COUNT(DNS, unmatched);
		return;
	}
	if (!take(w, q))
		return;
	if (local)
		__builtin_memcpy(w->q.src, local, sizeof(w->q.src));
	w->err = 0;
	/* That there is no such name is an answer. */
	count_end(c, w, bpf_ktime_get_boot_ns(), w->m.rcode != 0 && w->m.rcode != SLO_BPF_NXDOMAIN);
}

/* The network says that nobody will answer query @id of w->key. */
static __always_inline void refused(const struct slo_bpf_config *c, struct work *w, __u16 id, __u32 err)
{
	struct slo_bpf_dns_query *q;

	w->key.id = id;
	q = bpf_map_lookup_elem(&dns_queries, &w->key);
	if (!q || !take(w, q))
		return;
	w->m.rcode = 0;
	w->m.truncated = false;
	w->err = err;
	count_end(c, w, bpf_ktime_get_boot_ns(), true);
}

#endif
