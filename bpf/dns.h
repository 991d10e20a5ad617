/* SPDX-License-Identifier: MIT */
/*
 * DNS messages as the probe reads them (RFC 1035, section 4.1), and the queries it remembers. Pure: shared by the
 * BPF programs, the reader in user space and their tests. Takes what slo_dns_parse()
 * takes, so that probe and packet source tell of the same exchanges.
 */
#ifndef SLO_BPF_DNS_H
#define SLO_BPF_DNS_H

#include "event.h"

#include <linux/errno.h>
#include <stdbool.h>

enum {
	SLO_BPF_DNS_HEADER = 12,
	SLO_BPF_DNS_NAME = 255,   /* longest name in wire form */
	SLO_BPF_DNS_LABEL = 63,
	SLO_BPF_DNS_WINDOW = 272, /* bytes of a message that are looked at: header, name, type and class */
	SLO_BPF_DNS_WIRE = 64,    /* bytes of a name that are kept: what makes 62 characters of text */
	SLO_BPF_DNS_QUERIES = 16384, /* unanswered ones remembered */
};

enum { SLO_BPF_NXDOMAIN = 3 }; /* code of an answer: no such name */

/* enum slo_bpf_event info[1] of DNS events. */
enum {
	SLO_BPF_DNS_TRUNCATED = 1,
	SLO_BPF_DNS_TCP = 2,
};

struct slo_bpf_dns_msg {
	__u64 hash;      /* of the name in lower case; 0 without a question */
	__u16 id;
	__u8 rcode;
	bool response, truncated;
	__u8 name_len;   /* bytes of the name in wire form, its final 0 included; 0 without a question */
};

/* Which query: the socket, or whatever stands for it, and the id. */
struct slo_bpf_dns_key {
	__u64 scope;     /* address or cookie of the socket; network namespace, for rungs that go by addresses */
	__u8 local[16], peer[16]; /* zero for those that go by sockets */
	__u16 local_port, peer_port; /* the former with addresses of sockets as well, which are soon used again */
	__u16 id;
	__u16 tcp;
};

/* A query without an answer. */
struct slo_bpf_dns_query {
	__u64 ns;        /* boot clock, of the first try */
	__u64 hash;
	__u64 cgroup_id;
	__u64 unreadable; /* answers nobody could read before it was sent */
	__u32 tgid, tid;
	__u32 slot;
	__u32 tries;
	__u32 device;    /* it was first seen leaving by; 0 = not known */
	__u16 src_port, dst_port;
	__u8 src[16], dst[16];
	__u8 family;
	__u8 tcp;
	__u8 committed;  /* the call that sends it has not failed */
	__u8 name_len;
	__u32 zero;
	char comm[16];
	__u8 wire[SLO_BPF_DNS_WIRE];
};

/* What may hide the answer to a query, or its lack: indices of map dns_losses. */
enum slo_bpf_dns_loss {
	SLO_BPF_DNS_UNREADABLE, /* answers whose bytes were out of reach: queries under way then may have had one */
	SLO_BPF_DNS_REPLACED,   /* queries without an answer whose socket and id another one has taken */
	SLO_BPF_DNS__LOSSES
};

/* An exemplar with the name it is about: info[0] rcode, [1] flags above, [2] retries, [3] name_len. */
struct slo_bpf_event_dns {
	struct slo_bpf_event e;
	__u8 wire[SLO_BPF_DNS_WIRE];
};

_Static_assert(sizeof(struct slo_bpf_dns_key) == 48, "key layout");
_Static_assert(sizeof(struct slo_bpf_dns_query) == 176, "query layout");
_Static_assert(sizeof(struct slo_bpf_event_dns) == sizeof(struct slo_bpf_event) + SLO_BPF_DNS_WIRE, "event layout");

static inline __u16 slo_bpf_dns_be16(const __u8 *p)
{
	return (__u16)(p[0] << 8 | p[1]);
}

/* The lengths of labels are below 'A': a name can be folded byte by byte. */
static inline __u8 slo_bpf_dns_fold(__u8 c)
{
	return (__u8)(c + ((__u8)(c - 'A') < 26 ? 32 : 0));
}

/*
 * Read the name in @p[SLO_BPF_DNS_HEADER..], which must not be compressed.
 * FNV-1a over the folded bytes. Return: whether it ends before @len.
 */
static inline bool slo_bpf_dns_name(const __u8 p[SLO_BPF_DNS_WINDOW], __u32 len, struct slo_bpf_dns_msg *m)
{
	__u64 hash = 0xcbf29ce484222325ULL;
	__u32 left = 0; /* bytes of the label */

	for (__u32 i = 0; i < SLO_BPF_DNS_NAME; i++) {
		__u8 c = p[SLO_BPF_DNS_HEADER + i];

		if (SLO_BPF_DNS_HEADER + i >= len)
			return false;
		hash = (hash ^ slo_bpf_dns_fold(c)) * 0x100000001b3ULL;
		if (left) {
			left--;
			continue;
		}
		if (c == 0) {
			m->hash = hash;
			m->name_len = (__u8)(i + 1);
			return true;
		}
		if (c > SLO_BPF_DNS_LABEL)
			return false;
		left = c;
	}
	return false;
}

/*
 * Read the first @len bytes of a message; there is room for SLO_BPF_DNS_WINDOW at @p, and what is
 * beyond @len is not trusted.
 * Return: whether it is a standard query with one question, or an answer to one.
 */
static inline bool slo_bpf_dns_read(const __u8 p[SLO_BPF_DNS_WINDOW], __u32 len, struct slo_bpf_dns_msg *m)
{
	__u16 flags = slo_bpf_dns_be16(p + 2), questions = slo_bpf_dns_be16(p + 4);

	m->hash = 0;
	m->name_len = 0;
	m->id = slo_bpf_dns_be16(p);
	m->rcode = flags & 0xf;
	m->response = flags >> 15;
	m->truncated = flags >> 9 & 1;
	if (len < SLO_BPF_DNS_HEADER || (flags >> 11 & 0xf) != 0 || questions > 1)
		return false;
	if (questions == 0)
		return m->response;
	return slo_bpf_dns_name(p, len, m) && SLO_BPF_DNS_HEADER + m->name_len + 4u <= len;
}

/* The errno an ICMP message "unreachable" with @code stands for; 0 = it says nothing of the query (too big). */
static inline __u32 slo_bpf_dns_refusal(bool v6, __u8 code)
{
	if (code == 0)
		return ENETUNREACH;
	if (code == (v6 ? 4 : 3))
		return ECONNREFUSED;
	if (v6)
		return code == 1 || code > 4 ? EACCES : EHOSTUNREACH;
	return code == 4 ? 0 : EHOSTUNREACH;
}

#endif
