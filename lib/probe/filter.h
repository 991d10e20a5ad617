/* SPDX-License-Identifier: MIT */
/*
 * The classic BPF program in front of the packet ring. It runs on packets that
 * start at the IP header (SOCK_DGRAM packet socket: the same for every link
 * type; the kernel has taken off the VLAN tag) and keeps
 *
 *   TCP with a watched port on either end   up to snap_watched bytes
 *   UDP with a DNS port on either end       up to snap_watched bytes
 *   any other TCP                           up to snap_other bytes (headers, for SYN, RST and retransmits)
 *   ICMP and ICMPv6 unreachable             up to snap_other bytes
 *   IPv6 with extension headers             up to snap_other bytes
 *
 * and drops everything else, later fragments, and loopback's outgoing copies
 * (loopback shows every packet twice).
 */
#ifndef SLO_PROBE_FILTER_H
#define SLO_PROBE_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLO_FILTER_MAX = 512, SLO_FILTER_MAX_PORTS = 32, SLO_FILTER_MAX_LEVEL = 8 };

struct slo_filter_opts {
	const uint16_t *watch;     /* TCP ports, host order */
	size_t watch_count;        /* <= SLO_FILTER_MAX_PORTS */
	const uint16_t *dns;       /* UDP ports */
	size_t dns_count;          /* <= SLO_FILTER_MAX_PORTS */
	uint32_t snap_watched, snap_other; /* bytes, > 0 */
	uint32_t lo_ifindex;       /* interface whose outgoing copies are dropped; 0 = none */
	unsigned int level;        /* keep flows whose hash is 0 modulo 2^level */
	bool complement;           /* keep exactly the packets that @level sheds, 1 byte each */
};

/**
 * slo_filter_build - write the program
 * @code: room for SLO_FILTER_MAX instructions
 *
 * Return: instructions written, or -EINVAL.
 */
int slo_filter_build(const struct slo_filter_opts *o, struct sock_filter code[SLO_FILTER_MAX]);

/** slo_filter_hash - the hash of a flow that the program computes; the same for both directions. */
uint32_t slo_filter_hash(uint16_t src_port, uint16_t dst_port);

#endif
