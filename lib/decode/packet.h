/* SPDX-License-Identifier: MIT */
/*
 * One captured frame, dissected in place: link layer, VLAN tags, IPv4 or IPv6,
 * TCP, UDP or the ICMP errors that concern them. Nothing is read past the
 * captured length, which may be shorter than the packet was.
 */
#ifndef SLO_DECODE_PACKET_H
#define SLO_DECODE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a frame starts with. */
enum slo_link {
	SLO_LINK_IP,       /* the IP header (SOCK_DGRAM packet sockets, tunnels) */
	SLO_LINK_ETHERNET, /* also what loopback shows */
	SLO_LINK_SLL,      /* Linux cooked capture, 16 bytes */
	SLO_LINK_NULL,     /* BSD loopback, 4 bytes of address family */
	SLO_LINK__COUNT
};

/* As in <linux/if_packet.h>; only these two matter here. */
enum { SLO_PKT_HOST = 0, SLO_PKT_OUTGOING = 4 };

struct slo_frame {
	const uint8_t *data;
	uint32_t caplen;   /* bytes at @data */
	uint32_t wirelen;  /* bytes the frame had, >= caplen */
	int64_t ts_ns;     /* wall clock */
	uint32_t ifindex;
	uint8_t pkttype;   /* SLO_PKT_HOST, SLO_PKT_OUTGOING, or another PACKET_ value */
	uint8_t link;      /* enum slo_link */
};

enum { SLO_TCP_FIN = 1, SLO_TCP_SYN = 2, SLO_TCP_RST = 4, SLO_TCP_PSH = 8, SLO_TCP_ACK = 16 };

/* A view of one packet; pointers are into the frame. */
struct slo_packet {
	uint8_t src[16], dst[16];    /* IPv6, v4 mapped */
	uint16_t src_port, dst_port; /* host order; 0 for ICMP */
	uint8_t proto;               /* IPPROTO_TCP, _UDP, _ICMP, _ICMPV6 */
	uint8_t tcp_flags;           /* SLO_TCP_ */
	uint16_t window;             /* TCP, unscaled */
	uint32_t seq, ack;           /* TCP; @ack is 0 without the ACK flag */
	uint16_t ip_id;              /* IPv4; 0 for IPv6 */
	uint8_t icmp_type, icmp_code;
	const uint8_t *payload;      /* of TCP or UDP; for ICMP the packet it quotes */
	uint32_t cap;                /* payload bytes at @payload */
	uint32_t len;                /* payload bytes there were, >= cap */
};

enum slo_dissect {
	SLO_DISSECT_OK,
	SLO_DISSECT_OTHER,     /* well-formed as far as looked at, of no interest here */
	SLO_DISSECT_FRAGMENT,  /* part of a fragmented IP packet */
	SLO_DISSECT_MALFORMED, /* cut before the end of its headers, or lengths that contradict each other */
};

/** slo_packet_dissect - fill @p from @f. @p is only meaningful when the return value is SLO_DISSECT_OK. */
enum slo_dissect slo_packet_dissect(const struct slo_frame *f, struct slo_packet *p);

/**
 * slo_packet_quoted - the packet an ICMP error quotes, which may be cut after the ports
 *
 * Of TCP the sequence number is filled, flags and payload are not; of UDP the payload as far as it was quoted.
 */
enum slo_dissect slo_packet_quoted(const struct slo_packet *icmp, struct slo_packet *p);

#endif
