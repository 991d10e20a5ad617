/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * How a connection attempt ended, from what the kernel says of its socket.
 * Shared by the BPF program and its unit test.
 */
#ifndef SLO_BPF_OUTCOME_H
#define SLO_BPF_OUTCOME_H

#include "event.h"

#include <linux/errno.h>

/* Who ended it: slo_bpf_event.info[2] of SLO_BPF_CONNECT. */
enum slo_connect_by {
	SLO_CONNECT_BY_KERNEL,   /* an answer, or the kernel's own limit */
	SLO_CONNECT_BY_CALLER,   /* the application closed the socket first */
	SLO_CONNECT_BY_DEADLINE, /* over connect_timeout_ns, perhaps still being tried */
	SLO_CONNECT_NEVER_SENT,  /* connect() failed before a SYN left: no port free, no memory, forbidden */
};

/* slo_bpf_event.info[1] of SLO_BPF_RETRANSMIT. */
enum {
	SLO_RETRANSMIT_SYN = 1,     /* of a handshake: SYN or SYN-ACK */
	SLO_RETRANSMIT_SYNACK = 2,
};

/* A socket that left SYN_SENT without a connection. */
struct slo_connect_end {
	__u32 err;             /* sk_err: positive errno, 0 = none */
	__u32 soft;            /* sk_err_soft: likewise; what the network said last, while the kernel went on trying */
	__u32 syn_retransmits;
	__u32 segs_out;        /* segments the socket ever sent */
};

static inline __u32 slo_connect_outcome_of(__u32 err)
{
	switch (err) {
	case ECONNREFUSED:
		return SLO_BPF_REFUSED;
	case ETIMEDOUT:
		return SLO_BPF_TIMED_OUT;
	case ECONNRESET:
		return SLO_BPF_RESET;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case ENONET: /* what ICMP codes become; see icmp_err_convert in the kernel's net/ipv4/icmp.c */
	case EACCES: /* ICMPv6: administratively prohibited */
		return SLO_BPF_UNREACHABLE;
	default:
		return SLO_BPF_FAILED;
	}
}

static inline enum slo_connect_by slo_connect_by(const struct slo_connect_end *end)
{
	if (end->err)
		return SLO_CONNECT_BY_KERNEL;
	return end->segs_out ? SLO_CONNECT_BY_CALLER : SLO_CONNECT_NEVER_SENT;
}

/*
 * Without an error of the socket the application closed it. That is no failure, as of the loser of two
 * addresses tried at once, unless the network had said no, or a SYN had been repeated: then nobody had
 * answered for at least a second.
 * Return: enum slo_bpf_outcome, never SLO_BPF_OK.
 */
static inline __u32 slo_connect_outcome(const struct slo_connect_end *end)
{
	if (slo_connect_by(end) == SLO_CONNECT_NEVER_SENT)
		return SLO_BPF_FAILED;
	if (end->err || end->soft)
		return slo_connect_outcome_of(end->err ? end->err : end->soft);
	return end->syn_retransmits ? SLO_BPF_TIMED_OUT : SLO_BPF_ABORTED;
}

/* Return: positive errno; that of a timeout when the application stopped waiting before the kernel did. */
static inline __u32 slo_connect_errno(const struct slo_connect_end *end)
{
	if (end->err || end->soft)
		return end->err ? end->err : end->soft;
	return slo_connect_outcome(end) == SLO_BPF_TIMED_OUT ? ETIMEDOUT : 0;
}

#endif
