/* SPDX-License-Identifier: MIT */
#include "probe/filter.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>

/* 2^32 / golden ratio: spreads ports, of which client kernels use every other one, over the upper bits. */
#define HASH_MUL 0x9e3779b1u
enum { HASH_SHIFT = 24 };

/*
 * Jumps name a label; a second pass turns labels into distances. A label is
 * defined once, after all its uses, as classic BPF only jumps forward.
 */
enum label { NEXT, DROP, V4, V6, TCP, UDP, ICMP4, ICMP6, TCP_WATCHED, WATCHED, OTHER, PLAIN_OTHER, IPV6_OTHER, LABELS };

struct gen {
	struct sock_filter *code;
	uint8_t jt[SLO_FILTER_MAX], jf[SLO_FILTER_MAX]; /* labels */
	int at[LABELS];
	int n;
	bool full;
};

static void put(struct gen *g, int code, uint32_t k, enum label jt, enum label jf)
{
	if (g->n == SLO_FILTER_MAX) {
		g->full = true;
		return;
	}
	g->code[g->n] = (struct sock_filter){ .code = (uint16_t)code, .k = k };
	g->jt[g->n] = (uint8_t)jt;
	g->jf[g->n++] = (uint8_t)jf;
}

static void op(struct gen *g, int code, uint32_t k)
{
	put(g, code, k, NEXT, NEXT);
}

static void jump_eq(struct gen *g, uint32_t k, enum label then, enum label otherwise)
{
	put(g, BPF_JMP | BPF_JEQ | BPF_K, k, then, otherwise);
}

static void ancillary(struct gen *g, int what)
{
	op(g, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + what));
}

static void label(struct gen *g, enum label l)
{
	g->at[l] = g->n;
}

static void ret(struct gen *g, uint32_t bytes)
{
	op(g, BPF_RET | BPF_K, bytes);
}

/*
 * A conditional jump reaches 255 instructions ahead; ports that match go through a "ja",
 * which reaches everywhere.
 */
static void match_ports(struct gen *g, const uint16_t *ports, size_t count, enum label then)
{
	for (uint32_t side = 0; side < 4; side += 2) {
		if (count > 0)
			op(g, BPF_LD | BPF_H | BPF_IND, side);
		for (size_t i = 0; i < count; i++) {
			jump_eq(g, ports[i], NEXT, NEXT);
			g->code[g->n - 1].jf = 1; /* over the "ja" */
			put(g, BPF_JMP | BPF_JA, 0, then, NEXT);
		}
	}
}

/* Keep @bytes of a packet whose flow's hash says so; X = offset of the ports. */
static void verdict(struct gen *g, const struct slo_filter_opts *o, uint32_t bytes)
{
	if (o->level > 0) {
		op(g, BPF_LD | BPF_H | BPF_IND, 0);
		op(g, BPF_ST, 0);
		op(g, BPF_LD | BPF_H | BPF_IND, 2);
		op(g, BPF_LDX | BPF_W | BPF_MEM, 0);
		op(g, BPF_ALU | BPF_XOR | BPF_X, 0);
		op(g, BPF_ALU | BPF_MUL | BPF_K, HASH_MUL);
		op(g, BPF_ALU | BPF_RSH | BPF_K, HASH_SHIFT);
		op(g, BPF_ALU | BPF_AND | BPF_K, (1u << o->level) - 1);
		jump_eq(g, 0, NEXT, NEXT);
		g->code[g->n - 1].jf = 1;
		ret(g, o->complement ? 0 : bytes);
	}
	ret(g, !o->complement ? (o->level > 0 ? 0 : bytes) : (o->level > 0 ? 1 : 0));
}

uint32_t slo_filter_hash(uint16_t src_port, uint16_t dst_port)
{
	return (uint32_t)(src_port ^ dst_port) * HASH_MUL >> HASH_SHIFT;
}

static void network(struct gen *g, const struct slo_filter_opts *o)
{
	if (o->lo_ifindex != 0) {
		ancillary(g, SKF_AD_IFINDEX);
		jump_eq(g, o->lo_ifindex, NEXT, NEXT);
		g->code[g->n - 1].jf = 2;
		ancillary(g, SKF_AD_PKTTYPE);
		jump_eq(g, PACKET_OUTGOING, DROP, NEXT);
	}
	ancillary(g, SKF_AD_PROTOCOL);
	jump_eq(g, ETH_P_IP, V4, NEXT);
	jump_eq(g, ETH_P_IPV6, V6, DROP);
	label(g, DROP);
	ret(g, 0);

	label(g, V4);
	op(g, BPF_LD | BPF_H | BPF_ABS, 6);
	put(g, BPF_JMP | BPF_JSET | BPF_K, 0x1fff, NEXT, NEXT); /* later fragments have no ports */
	g->code[g->n - 1].jf = 1;
	ret(g, 0);
	op(g, BPF_LDX | BPF_B | BPF_MSH, 0);
	op(g, BPF_LD | BPF_B | BPF_ABS, 9);
	jump_eq(g, IPPROTO_ICMP, ICMP4, NEXT);
	jump_eq(g, IPPROTO_TCP, TCP, UDP);

	label(g, V6);
	op(g, BPF_LDX | BPF_W | BPF_IMM, 40);
	op(g, BPF_LD | BPF_B | BPF_ABS, 6);
	jump_eq(g, IPPROTO_ICMPV6, ICMP6, NEXT);
	jump_eq(g, IPPROTO_TCP, TCP, NEXT);
	jump_eq(g, IPPROTO_UDP, UDP, IPV6_OTHER);
}

/* The protocol is in A, where the ports are in X. */
static void transport(struct gen *g, const struct slo_filter_opts *o)
{
	label(g, UDP);
	jump_eq(g, IPPROTO_UDP, NEXT, NEXT);
	g->code[g->n - 1].jt = 1;
	ret(g, 0);
	match_ports(g, o->dns, o->dns_count, WATCHED);
	ret(g, 0);

	label(g, ICMP4);
	op(g, BPF_LD | BPF_B | BPF_IND, 0);
	jump_eq(g, 3, PLAIN_OTHER, NEXT);
	ret(g, 0);
	label(g, ICMP6);
	op(g, BPF_LD | BPF_B | BPF_IND, 0);
	jump_eq(g, 1, PLAIN_OTHER, NEXT);
	ret(g, 0);
	label(g, IPV6_OTHER);
	for (int i = 0; i < 4; i++) {
		static const uint32_t extension[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS, IPPROTO_AH };

		jump_eq(g, extension[i], PLAIN_OTHER, NEXT);
	}
	ret(g, 0);
	label(g, PLAIN_OTHER); /* belongs to no flow that could be shed */
	ret(g, o->complement ? 0 : o->snap_other);

	label(g, TCP);
	match_ports(g, o->watch, o->watch_count, WATCHED);
	verdict(g, o, o->snap_other);
	label(g, WATCHED);
	verdict(g, o, o->snap_watched);
}

/* Labels to distances. Return: false when one is too far for a conditional jump. */
static bool resolve(struct gen *g)
{
	for (int i = 0; i < g->n; i++) {
		struct sock_filter *f = &g->code[i];
		int t = g->jt[i] == NEXT ? 0 : g->at[g->jt[i]] - i - 1,
		    e = g->jf[i] == NEXT ? 0 : g->at[g->jf[i]] - i - 1;

		if (f->code == (BPF_JMP | BPF_JA)) {
			f->k = (uint32_t)t;
			continue;
		}
		if (t < 0 || t > 255 || e < 0 || e > 255)
			return false;
		if (g->jt[i] != NEXT)
			f->jt = (uint8_t)t;
		if (g->jf[i] != NEXT)
			f->jf = (uint8_t)e;
	}
	return true;
}

int slo_filter_build(const struct slo_filter_opts *o, struct sock_filter code[SLO_FILTER_MAX])
{
	struct gen g = { .code = code };

	if (o->watch_count > SLO_FILTER_MAX_PORTS || o->dns_count > SLO_FILTER_MAX_PORTS ||
	    o->level > SLO_FILTER_MAX_LEVEL || o->snap_other == 0 || o->snap_watched == 0)
		return -EINVAL;
	network(&g, o);
	transport(&g, o);
	return !g.full && resolve(&g) ? g.n : -EINVAL;
}
