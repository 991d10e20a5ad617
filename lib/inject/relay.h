/* SPDX-License-Identifier: MIT */
/*
 * The proxy that faults put in the way of a named endpoint: passes UDP queries
 * and TCP streams on to it and does something to a share of the requests. It
 * is the body of a helper process, never of the injector itself.
 *
 * A TCP request begins when the client sends after the server has answered (or
 * first): so each request of a connection that is kept alive is one of its own,
 * as long as the client does not pipeline. Bodies are not parsed. What is no
 * plain HTTP (TLS) can be delayed or reset, not answered.
 */
#ifndef SLO_INJECT_RELAY_H
#define SLO_INJECT_RELAY_H

#include "inject/host_port.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_RELAY_UPSTREAMS_MAX = 4,
	SLO_RELAY_CONNS_MAX = 1024,   /* TCP connections at once; further ones are closed and counted */
	SLO_RELAY_QUERIES_MAX = 1024, /* UDP queries under way; further ones are dropped and counted */
};

enum slo_relay_act {
	SLO_RELAY_DELAY,    /* pass it on @delay_ns later */
	SLO_RELAY_DROP,     /* never answer */
	SLO_RELAY_SERVFAIL, /* DNS over UDP: answer with that code; over TCP: close */
	SLO_RELAY_THROTTLE, /* HTTP: 429 with Retry-After */
	SLO_RELAY_ERROR,    /* HTTP: 503, 500 and a connection reset in turn */
};

/* In memory shared with the injector. */
struct slo_relay_stats {
	atomic_uint_least64_t requests; /* seen */
	atomic_uint_least64_t acted;    /* delayed, dropped, answered or reset */
	atomic_uint_least64_t delay_ns; /* added, summed over requests */
	atomic_uint_least64_t not_http; /* meant to be answered, but passed on: no plain HTTP */
	atomic_uint_least64_t over;     /* turned away: a maximum above was reached */
	atomic_uint_least64_t failed;   /* the endpoint could not be reached */
};

struct slo_relay {
	struct slo_host_port upstream[SLO_RELAY_UPSTREAMS_MAX];
	int upstreams;
	struct slo_host_port listen; /* for the only upstream; no address = slo_relay_open() finds places */
	bool udp;                    /* UDP beside TCP, on the same port */
	int act;                     /* enum slo_relay_act */
	int share_pm;                /* of requests it happens to, per mille */
	int64_t delay_ns;
	int retry_after_s;
	uint32_t mark;               /* SO_MARK of what it sends to the endpoint; 0 = none */
	struct slo_relay_stats *stats;
};

/* Its sockets: one pair for each upstream. */
struct slo_relay_ports {
	int tcp[SLO_RELAY_UPSTREAMS_MAX], udp[SLO_RELAY_UPSTREAMS_MAX]; /* descriptors; -1 = none */
	int port[SLO_RELAY_UPSTREAMS_MAX];
};

/* Where queries over IPv4 are taken at port 53, with the number of the upstream, from 1. */
#define SLO_RELAY_DNS_ADDR "127.83.76.%d"

/**
 * slo_relay_open - listen
 *
 * Without a @listen: in the way of a resolver at port 53 over IPv4 at SLO_RELAY_DNS_ADDR, port 53, where that can be
 * had, so that queries are still queries to whoever watches that port; else at a free port of loopback.
 *
 * Return: 0; a negative errno, with nothing open.
 */
int slo_relay_open(const struct slo_relay *r, struct slo_relay_ports *p);

/**
 * slo_relay_transparent - whether TCP to upstream @i is taken without a change to its packets
 *
 * So it is in the way of an endpoint on loopback: its connections keep the address of the endpoint at both ends, and
 * live on when the way is taken down.
 */
bool slo_relay_transparent(const struct slo_relay *r, int i);

/** slo_relay_run - serve until the process ends. Return: a negative errno when it cannot. */
int slo_relay_run(const struct slo_relay *r, const struct slo_relay_ports *p);

/** slo_relay_chosen - whether request @n (from 0) is one of the share: exact over each 1000, evenly spread. */
bool slo_relay_chosen(uint64_t n, int share_pm);

#endif
