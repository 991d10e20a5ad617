/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Index arithmetic of the log-linear histogram, shared by the BPF programs and
 * their reader. Values below 2^(SUB_BITS + 1) units have a bucket each; above,
 * each doubling is split into 2^SUB_BITS equal buckets, so a bucket is at most
 * 1/16 as wide as its lower edge and its middle at most 3.1 % off.
 */
#ifndef SLO_BPF_HIST_H
#define SLO_BPF_HIST_H

#include "event.h"

/* Position of the highest set bit; 0 for 0 and 1. Without a loop, for old verifiers. */
static inline __u32 slo_bpf_log2(__u64 v)
{
	__u32 r, shift;

	r = v > 0xffffffffULL ? 32 : 0;
	v >>= r;
	shift = v > 0xffff ? 16 : 0;
	v >>= shift;
	r |= shift;
	shift = v > 0xff ? 8 : 0;
	v >>= shift;
	r |= shift;
	shift = v > 0xf ? 4 : 0;
	v >>= shift;
	r |= shift;
	shift = v > 0x3 ? 2 : 0;
	v >>= shift;
	r |= shift;
	return r | (__u32)(v >> 1);
}

/* The bucket of @ns. Return: 0 .. SLO_BPF_BUCKETS - 1. */
static inline __u32 slo_bpf_bucket(__u64 ns)
{
	__u64 v = ns >> SLO_BPF_UNIT_SHIFT;
	__u32 shift = slo_bpf_log2(v | (1u << SLO_BPF_SUB_BITS)) - SLO_BPF_SUB_BITS;
	__u64 index = ((__u64)shift << SLO_BPF_SUB_BITS) + (v >> shift);

	return index < SLO_BPF_BUCKETS ? (__u32)index : SLO_BPF_BUCKETS - 1;
}

/* The lower edge of bucket @i in ns; that of SLO_BPF_BUCKETS is the upper edge of the last one. */
static inline __u64 slo_bpf_bucket_ns(__u32 i)
{
	__u32 shift = i < (2u << SLO_BPF_SUB_BITS) ? 0 : (i >> SLO_BPF_SUB_BITS) - 1;
	__u64 v = (__u64)(i - (shift << SLO_BPF_SUB_BITS)) << shift;

	return v << SLO_BPF_UNIT_SHIFT;
}

#endif
