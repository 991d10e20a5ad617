/* SPDX-License-Identifier: MIT */
#include "decode/packet.h"

#include <netinet/in.h>
#include <string.h>

enum {
	ETH_IP4 = 0x0800, ETH_IP6 = 0x86dd, ETH_VLAN = 0x8100, ETH_QINQ = 0x88a8, ETH_QINQ_OLD = 0x9100,
	MAX_VLAN = 4,       /* tags looked through */
	MAX_EXTENSIONS = 8, /* IPv6 extension headers looked through */
	QUOTED = 8,         /* bytes of a transport header an ICMP error always quotes */
};

/* What is left of a frame: @cap bytes are there, @len were. */
struct rest {
	const uint8_t *p;
	uint32_t cap, len;
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static bool skip(struct rest *r, uint32_t n)
{
	if (n > r->cap)
		return false;
	r->p += n;
	r->cap -= n;
	r->len -= n;
	return true;
}

/* An IP header says how long the packet is; a frame may be padded, and offloads may leave 0. */
static void trim(struct rest *r, uint32_t len)
{
	if (len < r->len)
		r->len = len;
	if (r->cap > r->len)
		r->cap = r->len;
}

static void map_v4(uint8_t to[16], const uint8_t *from)
{
	memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	memcpy(to + 12, from, 4);
}

static enum slo_dissect tcp(struct rest *r, struct slo_packet *p)
{
	uint32_t header;

	if (r->cap < 20)
		return SLO_DISSECT_MALFORMED;
	p->src_port = be16(r->p);
	p->dst_port = be16(r->p + 2);
	p->seq = be32(r->p + 4);
	p->tcp_flags = r->p[13] & 0x1f;
	p->ack = p->tcp_flags & SLO_TCP_ACK ? be32(r->p + 8) : 0;
	p->window = be16(r->p + 14);
	header = (uint32_t)(r->p[12] >> 4) * 4;
	if (header < 20 || header > r->len)
		return SLO_DISSECT_MALFORMED;
	if (!skip(r, header)) { /* options cut by the snap length: no payload to look at */
		r->len -= header;
		r->p += r->cap;
		r->cap = 0;
	}
	p->payload = r->p;
	p->cap = r->cap;
	p->len = r->len;
	return SLO_DISSECT_OK;
}

static enum slo_dissect udp(struct rest *r, struct slo_packet *p)
{
	uint32_t len;

	if (r->cap < 8)
		return SLO_DISSECT_MALFORMED;
	p->src_port = be16(r->p);
	p->dst_port = be16(r->p + 2);
	len = be16(r->p + 4);
	if (len != 0 && (len < 8 || len > r->len)) /* 0 only in jumbograms and large offloads */
		return SLO_DISSECT_MALFORMED;
	if (len != 0)
		trim(r, len);
	skip(r, 8);
	p->payload = r->p;
	p->cap = r->cap;
	p->len = r->len;
	return SLO_DISSECT_OK;
}

static enum slo_dissect icmp(struct rest *r, struct slo_packet *p)
{
	if (r->cap < 8)
		return SLO_DISSECT_MALFORMED;
	p->icmp_type = r->p[0];
	p->icmp_code = r->p[1];
	skip(r, 8);
	p->payload = r->p;
	p->cap = r->cap;
	p->len = r->len;
	return SLO_DISSECT_OK;
}

static enum slo_dissect transport(struct rest *r, uint8_t proto, struct slo_packet *p)
{
	p->proto = proto;
	switch (proto) {
	case IPPROTO_TCP:
		return tcp(r, p);
	case IPPROTO_UDP:
		return udp(r, p);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return icmp(r, p);
	default:
		return SLO_DISSECT_OTHER;
	}
}

/* The IP header; leaves @r at what follows it and says which protocol that is. */
static enum slo_dissect ip4(struct rest *r, struct slo_packet *p, uint8_t *proto)
{
	uint32_t header, total;

	if (r->cap < 20)
		return SLO_DISSECT_MALFORMED;
	header = (uint32_t)(r->p[0] & 0xf) * 4;
	total = be16(r->p + 2);
	if (header < 20 || (total != 0 && total < header) || header > r->cap)
		return SLO_DISSECT_MALFORMED;
	if (total != 0)
		trim(r, total);
	map_v4(p->src, r->p + 12);
	map_v4(p->dst, r->p + 16);
	p->ip_id = be16(r->p + 4);
	*proto = r->p[9];
	if (be16(r->p + 6) & 0x3fff) /* more fragments, or an offset */
		return SLO_DISSECT_FRAGMENT;
	return skip(r, header) ? SLO_DISSECT_OK : SLO_DISSECT_MALFORMED;
}

static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS || next == IPPROTO_AH ||
	       next == IPPROTO_FRAGMENT;
}

static enum slo_dissect extensions(struct rest *r, uint8_t *next)
{
	for (int i = 0; is_extension(*next); i++) {
		uint8_t kind = *next;

		if (i == MAX_EXTENSIONS)
			return SLO_DISSECT_OTHER;
		if (r->cap < 8)
			return SLO_DISSECT_MALFORMED;
		/* an "atomic" fragment, offset 0 and nothing more to come, is a whole packet */
		if (kind == IPPROTO_FRAGMENT && (be16(r->p + 2) & 0xfff9))
			return SLO_DISSECT_FRAGMENT;
		*next = r->p[0];
		if (!skip(r, kind == IPPROTO_FRAGMENT ? 8 :
			     kind == IPPROTO_AH ? ((uint32_t)r->p[1] + 2) * 4 : ((uint32_t)r->p[1] + 1) * 8))
			return SLO_DISSECT_MALFORMED;
	}
	return SLO_DISSECT_OK;
}

static enum slo_dissect ip6(struct rest *r, struct slo_packet *p, uint8_t *proto)
{
	uint32_t payload;

	if (r->cap < 40)
		return SLO_DISSECT_MALFORMED;
	payload = be16(r->p + 4);
	memcpy(p->src, r->p + 8, 16);
	memcpy(p->dst, r->p + 24, 16);
	*proto = r->p[6];
	skip(r, 40);
	if (payload != 0) /* 0: a jumbogram or a large offload */
		trim(r, payload);
	return extensions(r, proto);
}

static enum slo_dissect network(struct rest *r, struct slo_packet *p, uint8_t *proto)
{
	if (r->cap < 1)
		return SLO_DISSECT_MALFORMED;
	switch (r->p[0] >> 4) {
	case 4:
		return ip4(r, p, proto);
	case 6:
		return ip6(r, p, proto);
	default:
		return SLO_DISSECT_OTHER;
	}
}

/* Leaves @r at the IP header. */
static enum slo_dissect ethernet(struct rest *r)
{
	uint16_t type;

	if (r->cap < 14)
		return SLO_DISSECT_MALFORMED;
	type = be16(r->p + 12);
	skip(r, 14);
	for (int i = 0; i < MAX_VLAN && (type == ETH_VLAN || type == ETH_QINQ || type == ETH_QINQ_OLD); i++) {
		if (r->cap < 4)
			return SLO_DISSECT_MALFORMED;
		type = be16(r->p + 2);
		skip(r, 4);
	}
	return type == ETH_IP4 || type == ETH_IP6 ? SLO_DISSECT_OK : SLO_DISSECT_OTHER;
}

static enum slo_dissect cooked(struct rest *r)
{
	uint16_t type;

	if (r->cap < 16)
		return SLO_DISSECT_MALFORMED;
	type = be16(r->p + 14);
	skip(r, 16);
	return type == ETH_IP4 || type == ETH_IP6 ? SLO_DISSECT_OK : SLO_DISSECT_OTHER;
}

enum slo_dissect slo_packet_dissect(const struct slo_frame *f, struct slo_packet *p)
{
	struct rest r = { f->data, f->caplen, f->wirelen };
	enum slo_dissect d = SLO_DISSECT_OK;
	uint8_t proto = 0;

	memset(p, 0, sizeof(*p));
	if (f->caplen > f->wirelen)
		return SLO_DISSECT_MALFORMED;
	if (f->link == SLO_LINK_ETHERNET)
		d = ethernet(&r);
	else if (f->link == SLO_LINK_SLL)
		d = cooked(&r);
	else if (f->link == SLO_LINK_NULL)
		d = skip(&r, 4) ? SLO_DISSECT_OK : SLO_DISSECT_MALFORMED;
	if (d == SLO_DISSECT_OK)
		d = network(&r, p, &proto);
	return d == SLO_DISSECT_OK ? transport(&r, proto, p) : d;
}

enum slo_dissect slo_packet_quoted(const struct slo_packet *icmp_error, struct slo_packet *p)
{
	struct rest r = { icmp_error->payload, icmp_error->cap, icmp_error->len };
	enum slo_dissect d;

	memset(p, 0, sizeof(*p));
	d = network(&r, p, &p->proto);
	if (d != SLO_DISSECT_OK)
		return d;
	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return SLO_DISSECT_OTHER;
	if (r.cap < QUOTED)
		return SLO_DISSECT_MALFORMED;
	p->src_port = be16(r.p);
	p->dst_port = be16(r.p + 2);
	if (p->proto == IPPROTO_TCP)
		p->seq = be32(r.p + 4);
	skip(&r, QUOTED);
	p->payload = r.p;
	p->cap = r.cap;
	p->len = r.len;
	return SLO_DISSECT_OK;
}
