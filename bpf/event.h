/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the kernel side and the user side of the probes agree on: exemplars,
 * histograms, settings and counters. Included by BPF programs and by libslo;
 * every struct has a fixed size, natural alignment and no padding, and both
 * sides assert the sizes.
 */
#ifndef SLO_BPF_EVENT_H
#define SLO_BPF_EVENT_H

#include <linux/types.h>

/* One object file each. Values are keys of maps: append only. */
enum slo_bpf_probe {
	SLO_BPF_RUNQUEUE,   /* runqueue_delay_ms */
	SLO_BPF_CONNECT,    /* connect_latency_ms, connect_errors_total */
	SLO_BPF_RETRANSMIT, /* tcp_retransmits_total */
	SLO_BPF_DISK,       /* disk_io_latency_ms */
	SLO_BPF_THROTTLE,   /* cfs_throttled_ms */
	SLO_BPF_DNS,        /* dns_latency_ms */
	SLO_BPF_TLS,        /* tls_handshake_ms, tls_handshake_fail_total */
	SLO_BPF_RECLAIM,    /* mem_reclaim_latency_ms */
	SLO_BPF_SYSCALL,    /* syscall_latency_ms */
	SLO_BPF__PROBES
};

/* How what was timed ended. */
enum slo_bpf_outcome {
	SLO_BPF_OK,
	SLO_BPF_REFUSED,     /* the peer said no */
	SLO_BPF_TIMED_OUT,   /* nobody answered */
	SLO_BPF_UNREACHABLE, /* the network said no */
	SLO_BPF_RESET,
	SLO_BPF_ABORTED,     /* the application gave up; no failure of the peer's */
	SLO_BPF_FAILED,      /* any other error */
	SLO_BPF__OUTCOMES
};

/* One observation over its threshold. */
struct slo_bpf_event {
	__u64 end_ns;    /* boot clock */
	__u64 value;     /* ns; a number for counters */
	__u64 part;      /* ns of value that have a cause of their own: throttled, queued */
	__u64 cgroup_id; /* 0 = not known */
	__u32 tgid, tid; /* in the host's namespace; 0 = not known */
	__s32 err;       /* positive errno, 0 = none */
	__u32 slot;      /* whose histogram it went to */
	__u8 probe;      /* enum slo_bpf_probe */
	__u8 family;     /* AF_INET, AF_INET6; 0 = no addresses */
	__u8 direction;  /* enum SLO_DIRECTION, where it applies */
	__u8 outcome;    /* enum slo_bpf_outcome */
	__u16 src_port, dst_port; /* host order */
	__u8 src[16], dst[16];    /* v4 as ::ffff:a.b.c.d; src is the local end */
	__u32 info[4];   /* the probe's own; see its source */
	char comm[16];   /* of tgid */
	char other[16];  /* somebody else's name: who held the CPU, which disk */
};

/*
 * Log-linear histogram: 2^SUB_BITS buckets to each doubling, values in units of
 * 2^UNIT_SHIFT ns. See hist.h.
 */
enum {
	SLO_BPF_SUB_BITS = 4,
	SLO_BPF_UNIT_SHIFT = 10,
	SLO_BPF_MAX_BITS = 32, /* values from 2^32 units (73 minutes) on share the last bucket */
	SLO_BPF_BUCKETS = (SLO_BPF_MAX_BITS - SLO_BPF_SUB_BITS) * (1 << SLO_BPF_SUB_BITS) + (1 << SLO_BPF_SUB_BITS),
};

/*
 * All observations of one owner since the probe was loaded; only ever grows, so
 * that a reader takes differences and never races a reset. Extremes cannot be
 * differenced: they are kept for the present epoch and the one before.
 */
struct slo_bpf_hist {
	__u64 count;
	__u64 sum;        /* ns, or a number for counters */
	__u64 errors;     /* failed attempts, not in count; of probes of one signal only, those in count that failed */
	__u64 max[2], min[2]; /* by parity of the epoch */
	__u32 epoch[2];
	__u32 bucket[SLO_BPF_BUCKETS]; /* wraps */
};

/* Key of the histograms of network probes: one row per owner and peer. */
struct slo_bpf_peer {
	__u32 slot;
	__u16 port;      /* of the peer, host order; 0 = any */
	__u16 client;    /* 1: the peer is a client of ours (its address is not kept) */
	__u8 addr[16];
};

enum {
	SLO_BPF_SLOTS = 64,     /* owners with a histogram of their own; 0 = everybody else */
	SLO_BPF_PEERS = 512,    /* rows of the network histograms */
	SLO_BPF_STARTS = 16384, /* observations under way, where no storage map holds them */
	SLO_BPF_DNS_PORTS = 32, /* ports of DNS servers */
	SLO_BPF_NETNS = 32,     /* network namespaces whose counters are compared with what is seen */
};

/* Settings; user space writes them at any time. */
struct slo_bpf_config {
	__u64 threshold[SLO_BPF__PROBES]; /* exemplars from this value on */
	__u64 since[SLO_BPF__PROBES]; /* boot clock when it was attached: what began before was not seen in full */
	__u64 connect_timeout_ns;  /* an attempt without an answer for so long has failed */
	__u64 wakeup_bytes;  /* wake the reader when so much waits in the ring */
	__u32 epoch;         /* of min and max */
	__u32 self;          /* tgid of the agent, never observed */
	__u32 all;           /* 1: nobody in particular is watched, everything counts for slot 0 */
	__u32 cgroup_v1;     /* 1: cgroup ids are those of the cpu hierarchy of version 1 */
	__u16 dns_port[SLO_BPF_DNS_PORTS]; /* host order; 0 = none */
	__u32 netns[SLO_BPF_NETNS]; /* inodes of the namespaces that slo_bpf_counters.looked is about; up to the first 0 */
};

/* Per probe and CPU. */
struct slo_bpf_counters {
	__u64 seen;          /* observations */
	__u64 emitted;       /* exemplars */
	__u64 ring_full;     /* exemplars that found no room */
	__u64 inserted;      /* starts remembered */
	__u64 insert_failed; /* starts that could not be */
	__u64 removed;       /* starts taken out again */
	__u64 unmatched;     /* ends without a start: begun before we looked, or evicted */
	__u64 rows_over;     /* observations whose row found no room; counted in row "everybody" */
	__u64 looked;        /* what the hook told of, whoever's it was: to compare with a counter of the kernel's own;
			      * of connections those in slo_bpf_config.netns */
};

_Static_assert(sizeof(struct slo_bpf_event) == 136, "event layout");
_Static_assert(sizeof(struct slo_bpf_hist) == 64 + 4 * SLO_BPF_BUCKETS, "histogram layout");
_Static_assert(SLO_BPF_BUCKETS == 464, "buckets");
_Static_assert(sizeof(struct slo_bpf_peer) == 24, "peer layout");
_Static_assert(sizeof(struct slo_bpf_config) == 16 * SLO_BPF__PROBES + 32 + 2 * SLO_BPF_DNS_PORTS +
	4 * SLO_BPF_NETNS, "config layout");
_Static_assert(sizeof(struct slo_bpf_counters) == 72, "counter layout");

#endif
