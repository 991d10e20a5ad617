/* SPDX-License-Identifier: MIT */
/*
 * The packet source: one AF_PACKET ring over all interfaces of this network
 * namespace, a classic BPF filter in front of it (filter.h), the flow tracker
 * (decode/flow.h) behind it. Works without any tracing right; needs CAP_NET_RAW.
 */
#ifndef SLO_PROBE_PACKET_H
#define SLO_PROBE_PACKET_H

#include "base/err.h"
#include "decode/flow.h"

enum { SLO_PACKET_MAX_SHED = 8 };

struct slo_packet_opts {
	uint32_t block_size;    /* bytes, a power of two >= 16 KiB */
	uint32_t block_count;   /* ring = block_size * block_count, at most 64 MiB */
	uint32_t retire_ms;     /* a block that is not full is handed over after this long */
	uint32_t snap_watched;  /* bytes kept of a packet of a watched or DNS port, from the IP header */
	uint32_t snap_other;    /* bytes kept of any other TCP packet */
	unsigned int ifindex;   /* 0 = all interfaces */
};

/* Since open. */
struct slo_packet_stats {
	uint64_t received;      /* packets that passed the filter (ring_dropped included) */
	uint64_t ring_dropped;  /* of those, lost because the ring was full */
	uint64_t ring_freezes;  /* times the ring filled up */
	uint64_t seen;          /* packets given to the tracker */
	uint64_t shed;          /* wanted packets of flows shed by slo_packet_shed() */
	uint64_t clock_steps;   /* wall clock steps over 100 ms */
	uint64_t loss_events;   /* times new ring drops were found */
	unsigned int shed_level;
	size_t ring_bytes;
	uint32_t blocks, blocks_waiting; /* of the ring; those ready to be read, right now */
};

struct slo_packet_src;

/** slo_packet_opts_defaults - 16 blocks of 256 KiB, 50 ms, 1600 and 128 bytes, all interfaces. */
void slo_packet_opts_defaults(struct slo_packet_opts *o);

/**
 * slo_packet_open - start capturing into @tracker
 * @o:       NULL = defaults
 * @tracker: borrowed until slo_packet_close(); watched and DNS ports are taken from its options
 *
 * Return: 0; -EPERM ("need CAP_NET_RAW") and other errno with @err.
 */
int slo_packet_open(const struct slo_packet_opts *o, struct slo_flow_tracker *tracker, struct slo_packet_src **out,
		    struct slo_err *err);
void slo_packet_close(struct slo_packet_src *s);

/** slo_packet_fd - poll this for POLLIN; packets are then ready for slo_packet_poll(). */
int slo_packet_fd(const struct slo_packet_src *s);

/**
 * slo_packet_poll - give ready packets to the tracker
 * @max: most packets to handle in this call
 *
 * Also looks for ring drops and steps of the wall clock, and voids what is
 * pending in the tracker on either. Never blocks. Call slo_flow_tick() after it.
 * Return: packets handled (@max = there may be more), or a negative errno.
 */
int slo_packet_poll(struct slo_packet_src *s, uint32_t max);

/**
 * slo_packet_shed - keep one in 2^@level flows (0 = all), chosen by a hash of the two ports
 *
 * Both directions of a flow are kept or shed together. What is pending is
 * voided, because its answers may be shed. Return: 0, -EINVAL, or another errno.
 */
int slo_packet_shed(struct slo_packet_src *s, unsigned int level);

/** slo_packet_stats - counters up to now (asks the kernel). */
void slo_packet_stats(struct slo_packet_src *s, struct slo_packet_stats *out);

#endif
