/* SPDX-License-Identifier: MIT */
/*
 * From packets to observations: DNS latency, TCP connects and their errors,
 * TLS handshakes, retransmits, and the requests of watched HTTP/1.1 ports. A pure state
 * machine: frames and time go in, observations come out through a sink.
 *
 * One packet may be captured more than once (both directions of loopback, a
 * bridge and its port). Each direction of a flow has a home, the interface and
 * packet type it was first seen on; copies seen elsewhere that bring nothing
 * new are counted and ignored.
 *
 * All tables are bounded; the oldest entry goes when one is full, and is counted.
 */
#ifndef SLO_DECODE_FLOW_H
#define SLO_DECODE_FLOW_H

#include "decode/obs.h"
#include "decode/packet.h"

enum {
	SLO_FLOW_MAX_PORTS = 32,     /* watched ports, and DNS ports */
	SLO_FLOW_MAX_PIPELINE = 16,  /* unanswered requests of one connection */
	SLO_FLOW_MAX_HELD = 8,       /* segments of one connection held until an earlier one arrives */
};

/* Why a watched port's requests cannot be timed. */
enum slo_not_captured {
	SLO_CAPTURED,
	SLO_NOT_CAPTURED_TLS, /* a TLS record where a request should start */
	SLO_NOT_CAPTURED_H2,  /* an HTTP/2 preface */
	SLO_NOT_CAPTURED__COUNT
};

/* Why what is pending cannot be judged any more. */
enum slo_void {
	SLO_VOID_LOSS,  /* packets were lost, an answer perhaps among them: nothing pending becomes a timeout */
	SLO_VOID_CLOCK, /* the stamps' clock stepped: nothing pending has a duration */
};

struct slo_watch {
	uint16_t port;  /* of the service, host order */
	int service;    /* index into the agent's services */
	int64_t overdue_ns; /* a sent request without content for so long is told to the sink; 0 = never */
};

struct slo_flow_opts {
	struct slo_watch watch[SLO_FLOW_MAX_PORTS];
	uint32_t watch_count;
	uint16_t dns_port[SLO_FLOW_MAX_PORTS];
	uint32_t dns_count;
	int64_t dns_timeout_ns;      /* an unanswered query is reported after this long */
	int64_t connect_timeout_ns;
	int64_t request_timeout_ns;  /* from the first byte of a request to the first of its answer */
	uint32_t max_flows;          /* TCP connections whose sequence numbers are followed */
	uint32_t max_dns;            /* queries */
	uint32_t max_connects;       /* connects in progress */
	uint32_t max_exchanges;      /* exchanges with providers and retrieval backends, twice: waiting and answered */
	uint32_t max_conns;          /* connections of watched ports */
	uint32_t max_requests;       /* unanswered requests over all of them */
	uint32_t max_names;          /* addresses whose name is known from a DNS answer */
	uint32_t max_held;           /* segments held out of order, over all connections; 2 KiB each */
	uint64_t seed;               /* of the hashes; random in production, 0 in tests */
	void *arg;                   /* of the callbacks below */
	/*
	 * The role of a remote address and port; @name is what DNS answers called
	 * it, absent when not known. slo_config_role() is meant to stand behind
	 * this. NULL = everything is SLO_ROLE_OTHER.
	 */
	int (*role)(void *arg, const uint8_t addr[16], uint16_t port, struct slo_str name);
	/* The service that owns a tuple no watched port is part of, or SLO_SERVICE_NONE. NULL = none. */
	int (*owner)(void *arg, const struct slo_tuple *tuple);
	/*
	 * Whether @addr is this host's, so that a remote service on the same port
	 * number is not taken for the watched one. NULL = every address is.
	 */
	bool (*local)(void *arg, const uint8_t addr[16]);
	/* Called once for each watched port and reason. May be NULL. */
	void (*not_captured)(void *arg, int service, uint16_t port, enum slo_not_captured why);
};

/* Since init; only gauges go down. */
struct slo_flow_counters {
	uint64_t packets;            /* frames given to slo_flow_packet() */
	uint64_t malformed;          /* headers cut short or contradicting each other */
	uint64_t fragments;          /* IP fragments: counted, not parsed */
	uint64_t ignored;            /* neither TCP, UDP nor ICMP, or of no interest */
	uint64_t duplicates;         /* further captures of one packet */
	uint64_t obs;                /* observations handed to the sink */
	uint64_t timeouts;           /* queries, connects and requests reported as unanswered */
	uint64_t voided;             /* queries, connects and requests withheld: void, a hole, ports reused */
	uint64_t evicted;            /* queries, connects and requests pushed out while pending */
	uint64_t evicted_flows;      /* open flows and connections pushed out of full tables */
	uint64_t backwards;          /* durations that would have been negative: not reported */
	/* DNS: queries = answers + timeouts + refused + voided + evicted + pending */
	uint64_t dns_queries, dns_answers, dns_timeouts, dns_refused, dns_voided, dns_evicted;
	uint64_t dns_retries;
	uint64_t dns_unmatched;      /* answers nobody had asked for, or a second time */
	uint64_t dns_malformed, dns_truncated;
	/* TCP: connects = answers + refused + unreachable + timeouts + voided + evicted + pending */
	uint64_t connects, connect_answers, connect_refused, connect_unreachable, connect_timeouts, connect_voided;
	uint64_t connect_evicted, syn_retries;
	uint64_t retransmits;        /* observations of tcp_retransmits_total */
	uint64_t reordered;          /* late segments with bytes not seen before: not retransmits */
	uint64_t keepalives;         /* keep-alive and zero-window probes: not retransmits */
	uint64_t tls_handshakes, tls_failures;
	/* HTTP of watched ports: requests = answered + timed_out + aborted + void + evicted + pending */
	uint64_t requests, answered, timed_out, aborted, request_void, requests_evicted;
	uint64_t overdue;            /* requests told to be overdue before their first content */
	uint64_t pipeline_overflow;  /* requests beyond SLO_FLOW_MAX_PIPELINE: not followed, not in @requests */
	uint64_t gaps;               /* holes in a watched stream (lost or never captured) */
	uint64_t resyncs;            /* message boundaries found again after a hole or a cut payload */
	uint64_t held;               /* segments that waited for an earlier one */
	uint64_t upgraded;           /* connections that left HTTP/1.1 */
	uint64_t not_captured[SLO_NOT_CAPTURED__COUNT]; /* connections, by reason */
	/* with peers: exchanges = exchange_answers + exchange_timeouts + exchange_aborted + _void + _evicted + pending */
	uint64_t exchanges, exchange_answers, exchange_timeouts, exchange_aborted, exchange_void, exchange_evicted;
	/* gauges */
	uint64_t pending_dns, pending_connects, pending_requests, pending_exchanges, flows, conns;
};

struct slo_flow_tracker;

/** slo_flow_opts_defaults - port 53; 5 s, 30 s, 30 s; tables that together stay under 12 MiB. */
void slo_flow_opts_defaults(struct slo_flow_opts *o);

/**
 * slo_flow_new - a tracker
 * @o:    copied
 * @sink: copied; either function may be NULL
 *
 * Return: 0, -EINVAL (too many ports, a size or timeout of zero) with @err, or -ENOMEM.
 */
int slo_flow_new(const struct slo_flow_opts *o, const struct slo_obs_sink *sink, struct slo_flow_tracker **out,
		 struct slo_err *err);
void slo_flow_free(struct slo_flow_tracker *t);

/** slo_flow_opts - the options the tracker runs with. */
const struct slo_flow_opts *slo_flow_opts(const struct slo_flow_tracker *t);

/** slo_flow_name - what a DNS answer last called @addr; absent when not known. Valid until the next packet. */
struct slo_str slo_flow_name(const struct slo_flow_tracker *t, const uint8_t addr[16]);

/** slo_flow_packet - take one captured frame; stamps should not go backwards without slo_flow_void(). */
void slo_flow_packet(struct slo_flow_tracker *t, const struct slo_frame *f);

/**
 * slo_flow_tick - report what got no answer in time
 * @now_ns: wall clock, the clock of the stamps
 *
 * Call it every 100 ms or so, after the packets up to then were given. Does a bounded
 * number of steps. Return: true when more is due (call again).
 */
bool slo_flow_tick(struct slo_flow_tracker *t, int64_t now_ns);

/** slo_flow_void - what is pending now must not become a timeout (@why LOSS) or a duration (CLOCK). */
void slo_flow_void(struct slo_flow_tracker *t, enum slo_void why);

/** slo_flow_counters - a copy of the counters. */
void slo_flow_counters(const struct slo_flow_tracker *t, struct slo_flow_counters *out);

/** slo_flow_not_captured - why requests of watched @port are not timed; SLO_CAPTURED when they are, or nothing came. */
enum slo_not_captured slo_flow_not_captured(const struct slo_flow_tracker *t, uint16_t port);

/** slo_flow_overdue - another overdue_ns (see struct slo_watch) for all ports of @service, for requests under way as well. */
void slo_flow_overdue(struct slo_flow_tracker *t, int service, int64_t overdue_ns);

/** slo_not_captured_name - "", "tls", "h2". */
const char *slo_not_captured_name(enum slo_not_captured why);

#endif
